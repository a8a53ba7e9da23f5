"""Who is logged in: accounts, and the sessions of their browsers."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from calls.hub import tokens
from calls.hub.store import Store
from calls.hub.tables import account, session
from calls.wire import new_id

# Somebody has a few browsers; beyond this the one unused longest is logged out.
MOST_SESSIONS = 20

# A session is renewed when it is used, but not written for each request.
RENEW_S = 86_400


@dataclass(frozen=True, slots=True)
class NewSession:
    """A browser that was just let in.

    Attributes:
        token: Its cookie.
        account: Who is logged in.
    """

    token: str
    account: str

    def __repr__(self) -> str:
        return "NewSession()"


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is logged in.

    Attributes:
        token_hash: By which it is known.
        account: Who is.
        name: Of them.
        email: Where mails go; empty: nowhere.
        phone: Where text messages go; empty: nowhere.
        language: Of mails.
        csrf: Sent along by our own page with what changes something.
        must_renew: It was used for the first time in a day.
    """

    token_hash: bytes
    account: str
    name: str
    email: str
    phone: str
    language: str
    csrf: str
    must_renew: bool

    def __repr__(self) -> str:
        return "Session()"


async def add_account(
    connection: AsyncConnection, name: str, email: str, language: str, now: float
) -> str:
    """Add one; returns its id."""
    id = new_id()
    await connection.execute(
        account.insert().values(
            id=id, name=name, email=email.lower(), language=language, created_at=now
        )
    )
    return id


async def add_session(
    connection: AsyncConnection, account_id: str, now: float
) -> NewSession:
    """Log a browser in; too many others of the account are logged out."""
    token = tokens.new_secret()
    await connection.execute(
        session.insert().values(
            token_hash=tokens.hash_of(token),
            account=account_id,
            csrf=tokens.new_secret(),
            created_at=now,
            seen_at=now,
            expires_at=now + tokens.SESSION_S,
        )
    )
    newest = (
        sa.select(session.c.token_hash)
        .where(session.c.account == account_id)
        .order_by(session.c.seen_at.desc(), session.c.created_at.desc())
        .limit(MOST_SESSIONS)
    )
    await connection.execute(
        session.delete().where(
            session.c.account == account_id, session.c.token_hash.not_in(newest)
        )
    )
    return NewSession(token, account_id)


async def find_session(store: Store, token: str, now: float) -> Session | None:
    """The session with this cookie; None if it is over or never was.

    What expires is not deleted here: a clock that is wrong today may be right
    tomorrow.
    """
    query = (
        sa.select(
            session,
            account.c.name,
            account.c.email,
            account.c.phone,
            account.c.language,
        )
        .join(account, account.c.id == session.c.account)
        .where(session.c.token_hash == tokens.hash_of(token))
    )
    async with store.reading() as connection:
        row = (await connection.execute(query)).one_or_none()
    if row is None or now >= row.expires_at:
        return None
    return Session(
        token_hash=row.token_hash,
        account=row.account,
        name=row.name,
        email=row.email,
        phone=row.phone,
        language=row.language,
        csrf=row.csrf,
        # Either way: the clock may have been wrong when it was seen last.
        must_renew=abs(now - row.seen_at) > RENEW_S,
    )


async def renew_session(store: Store, token_hash: bytes, now: float) -> None:
    """Let it last half a year from now.

    Never shorter than before: the clock may be behind for a while.
    """
    until = now + tokens.SESSION_S
    longer = sa.case((session.c.expires_at > until, session.c.expires_at), else_=until)
    async with store.writing() as connection:
        await connection.execute(
            session.update()
            .where(session.c.token_hash == token_hash)
            .values(seen_at=now, expires_at=longer)
        )


async def end_session(store: Store, token_hash: bytes) -> None:
    """Log a browser out."""
    async with store.writing() as connection:
        await connection.execute(
            session.delete().where(session.c.token_hash == token_hash)
        )
