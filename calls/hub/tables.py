"""What the hub keeps: its tables (SQLAlchemy Core).

Times are seconds since 1970, as in `calls.messages`. Of what lets somebody in, only
SHA-256 hashes are kept, so that who reads the database gets in nowhere.
Changed here, a table needs a migration beside it (`calls/hub/migrations`).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[str]:
    return Column("id", String(64), primary_key=True)


def _of(table: str, *, is_optional: bool = False) -> Column[str]:
    """A row of another table, with which this one goes."""
    return Column(
        table,
        String(64),
        ForeignKey(f"{table}.id", ondelete="SET NULL" if is_optional else "CASCADE"),
        nullable=is_optional,
        index=True,
    )


household = Table(
    "household",
    metadata,
    _id(),
    # Of the older person, as family sees it.
    Column("name", String(200), nullable=False),
    Column("created_at", Float, nullable=False),
)

device = Table(
    "device",
    metadata,
    _id(),
    _of("household"),
    # SubjectPublicKeyInfo, DER, base64url (`calls.keys`).
    Column("public_key", String(200), nullable=False, unique=True),
    Column("created_at", Float, nullable=False),
    Column("removed_at", Float),
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("code_hash", LargeBinary(32), primary_key=True),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("used_at", Float),
)

account = Table(
    "account",
    metadata,
    _id(),
    Column("name", String(200), nullable=False),
    # In lower case; empty: none. More than one account may have the same.
    Column("email", String(254), nullable=False, index=True),
    Column("language", String(2), nullable=False),
    Column("created_at", Float, nullable=False),
    # For text messages (E.164); empty: none.
    Column("phone", String(16), nullable=False, server_default=""),
)

# Its id is made by the device.
member = Table(
    "member",
    metadata,
    _id(),
    _of("household"),
    # None until the invitation was accepted, and after a withdrawal.
    _of("account", is_optional=True),
    # As the older person names them.
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("sees_presence", Boolean(create_constraint=False), nullable=False),
    Column("sees_use", Boolean(create_constraint=False), nullable=False),
    Column(
        "sees_agenda",
        Boolean(create_constraint=False),
        nullable=False,
        server_default="0",
    ),
    Column("created_at", Float, nullable=False),
    Column("withdrawn_at", Float),
)

invitation = Table(
    "invitation",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    _of("member"),
    # Where it was sent; empty: nowhere.
    Column("email", String(254), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("used_at", Float),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    _of("account"),
    Column("csrf", String(64), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
)

link = Table(
    "link",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    _of("account"),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("used_at", Float),
)

passkey = Table(
    "passkey",
    metadata,
    # The credential id, base64url (WebAuthn: up to 1,023 bytes).
    Column("id", String(1_364), primary_key=True),
    _of("account"),
    # COSE_Key (RFC 9052, 7).
    Column("public_key", LargeBinary, nullable=False),
    # 32 bits without a sign (WebAuthn, 6.1).
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String(200), nullable=False),
    Column("created_at", Float, nullable=False),
)

push = Table(
    "push",
    metadata,
    Column("endpoint", String(1_000), primary_key=True),
    _of("account"),
    # Keys of the browser (RFC 8291, 3.1), base64url.
    Column("p256dh", String(200), nullable=False),
    Column("auth", String(100), nullable=False),
    Column("created_at", Float, nullable=False),
)

# The last day on which a device of the household was used, as YYYY-MM-DD.
used = Table(
    "used",
    metadata,
    Column(
        "household",
        String(64),
        ForeignKey("household.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("day", String(10), nullable=False),
)

# What a household shares of its agenda, whole; the newest only.
shared_agenda = Table(
    "shared_agenda",
    metadata,
    Column(
        "household",
        String(64),
        ForeignKey("household.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    # Of the older person's wall clock (IANA).
    Column("zone", String(64), nullable=False),
    # A JSON list of objects: kind, what, day, time, place.
    Column("entries", Text, nullable=False),
    Column("left_out", Integer, nullable=False),
    Column("kept_at", Float, nullable=False),
)

# What a member proposes for an agenda; kept until the device has told how it stands,
# and a while to be seen.
proposal = Table(
    "proposal",
    metadata,
    _id(),
    _of("household"),
    _of("member"),
    Column("what", String(80), nullable=False),
    # By the older person's wall clock: YYYY-MM-DD, and HH:MM or empty.
    Column("day", String(10), nullable=False),
    Column("time", String(5), nullable=False),
    Column("place", String(80), nullable=False),
    Column("repeats", String(10), nullable=False),
    Column("state", String(20), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    # The member took it back, and the device does not know it yet.
    Column("withdrawn_at", Float),
)

# A question to one member. Its id is made by the device: the same may come twice.
note = Table(
    "note",
    metadata,
    _id(),
    _of("household"),
    # None: it was over before it came.
    Column(
        "member",
        String(64),
        ForeignKey("member.id", ondelete="CASCADE"),
        nullable=True,
        index=True,
    ),
    Column("about", String(20), nullable=False),
    # Empty once it is over; so is what was said.
    Column("text", String(200), nullable=False),
    Column("until", Float, nullable=False),
    Column("created_at", Float, nullable=False),
    # A page of theirs showed it: nobody needs to be told any more.
    Column("seen_at", Float),
    Column("reply", String(20)),
    Column("said", String(200), nullable=False, server_default=""),
    # How often something else was answered.
    Column("answers", Integer, nullable=False, server_default="0"),
    # Why no answer is needed any more.
    Column("over", String(20)),
    Column("over_at", Float),
)

# Its id is made by the device: the same alarm may come more than once.
alarm = Table(
    "alarm",
    metadata,
    _id(),
    _of("household"),
    Column("kind", String(40), nullable=False),
    # A JSON list of member ids, in the order in which they are told.
    Column("members", Text, nullable=False),
    # A JSON list of [member id, way] of those who were asked to look in.
    Column("told", Text, nullable=False, server_default="[]"),
    # When it happened, by the device's clock.
    Column("at", Float, nullable=False),
    Column("created_at", Float, nullable=False),
    # The person was heard; nobody needs to look any more.
    Column("over_at", Float),
    Column("acknowledged_by", String(64), ForeignKey("member.id", ondelete="SET NULL")),
    Column("acknowledged_at", Float),
)

# Work that must be done though the hub is killed; leased while somebody does it.
job = Table(
    "job",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(40), nullable=False),
    # What is done once: "ALARM/LEVEL".
    Column("key", String(200), nullable=False, unique=True),
    # JSON.
    Column("payload", Text, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("lease_until", Float),
    Column("lease_holder", String(64)),
    Column("tries", Integer, nullable=False),
    Column("done_at", Float),
    Index("ix_job_due", "done_at", "due_at"),
)
