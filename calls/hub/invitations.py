"""How family comes to follow a household: a link that is used once."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from calls.hub import tokens
from calls.hub.errors import Refusal
from calls.hub.members import forget_followers_of_nobody
from calls.hub.sessions import NewSession, add_account, add_session
from calls.hub.store import Store
from calls.hub.tables import household, invitation, member
from calls.messages import Role

# For so long it is said why an invitation lets nobody in.
KEPT_S = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the device shows as a QR code.

    Attributes:
        url: To be opened once. The token stands behind the #, which browsers send
            to no server (RFC 9110, 7.1): it is in no log.
        expires: In seconds since 1970.
        home: Name of the person who invites, for the mail.
    """

    url: str
    expires: float
    home: str

    def __repr__(self) -> str:
        """Without the token: it ends up in logs."""
        return "Invitation()"


@dataclass(frozen=True, slots=True)
class Offered:
    """What an invitation is for.

    Attributes:
        household: Name of the person who invites.
        name: Of who is invited, as that person names them.
        role: What they may do.
        expires: In seconds since 1970.
    """

    household: str
    name: str
    role: Role
    expires: float


@dataclass(frozen=True, slots=True)
class Joined:
    """An invitation was accepted.

    Attributes:
        session: The browser is logged in; None where it was already.
        household: That is followed now.
        left: Accounts that lost it: the member was somebody else's before.
    """

    session: NewSession | None
    household: str
    left: tuple[str, ...]


async def create_invitation(
    store: Store,
    hub_url: str,
    household_id: str,
    member_id: str,
    name: str,
    role: Role,
    email: str,
    now: float,
) -> Invitation:
    """Let somebody follow a household once they accept.

    Who joined already may be invited again, to come back with another browser.

    Args:
        store: Where it is kept.
        hub_url: Where the page is (`HubState.url`).
        household_id: Whose device asks.
        member_id: Made by the device.
        name: As the person names them.
        role: What they may do.
        email: Where the invitation also goes, and later mails; empty: nowhere.
        now: Seconds since 1970.

    Raises:
        Refusal: "no_member" where the id is another household's, "withdrawn".
    """
    token = tokens.new_token()
    expires = now + tokens.INVITATION_S
    async with store.writing() as connection:
        query = sa.select(member).where(member.c.id == member_id)
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            await connection.execute(
                member.insert().values(
                    id=member_id,
                    household=household_id,
                    name=name,
                    role=role.value,
                    sees_presence=False,
                    sees_use=False,
                    created_at=now,
                )
            )
        elif row.household != household_id:
            raise Refusal("no_member", 404)
        elif row.withdrawn_at is not None:
            raise Refusal("withdrawn", 410)
        else:
            await connection.execute(
                member.update()
                .where(member.c.id == member_id)
                .values(name=name, role=role.value)
            )
        await connection.execute(
            invitation.delete().where(invitation.c.expires_at < now - KEPT_S)
        )
        await connection.execute(
            invitation.insert().values(
                token_hash=tokens.hash_of(token),
                member=member_id,
                email=email.lower(),
                created_at=now,
                expires_at=expires,
            )
        )
        home = await connection.execute(
            sa.select(household.c.name).where(household.c.id == household_id)
        )
        return Invitation(f"{hub_url}/join#{token}", expires, home.scalar_one())


async def look(store: Store, token: str, now: float) -> Offered:
    """What an invitation is for; it is not used by that.

    Raises:
        Refusal: "unknown_invitation", "expired_invitation", "used_invitation",
            "withdrawn_invitation".
    """
    async with store.reading() as connection:
        row = await _find(connection, token, now)
    return Offered(row.home, row.name, Role(row.role), row.expires_at)


async def accept(
    store: Store,
    token: str,
    language: str,
    email: str,
    now: float,
    account_id: str | None = None,
) -> Joined:
    """Follow the household from now on; the invitation is used.

    Args:
        store: Where it is kept.
        token: Of the invitation.
        language: Of mails.
        email: Where mails go; empty: where the invitation went.
        now: Seconds since 1970.
        account_id: Who is logged in already, and follows one household more.

    Raises:
        Refusal: As `look`.
    """
    async with store.writing() as connection:
        row = await _find(connection, token, now)
        new = None
        if account_id is None:
            account_id = await add_account(
                connection, row.name, email or row.email, language, now
            )
            new = await add_session(connection, account_id, now)
        # All of this member: who has joined needs no other one any more.
        await connection.execute(
            invitation.update()
            .where(invitation.c.member == row.member, invitation.c.used_at.is_(None))
            .values(used_at=now)
        )
        await connection.execute(
            member.update().where(member.c.id == row.member).values(account=account_id)
        )
        left = () if row.account in (None, account_id) else (str(row.account),)
        await forget_followers_of_nobody(connection, left)
    return Joined(new, row.household, left)


async def _find(
    connection: AsyncConnection, token: str, now: float
) -> sa.Row[tuple[object, ...]]:
    query = (
        sa.select(
            invitation,
            member.c.account,
            member.c.household,
            member.c.name,
            member.c.role,
            member.c.withdrawn_at,
            household.c.name.label("home"),
        )
        .join(member, member.c.id == invitation.c.member)
        .join(household, household.c.id == member.c.household)
        .where(invitation.c.token_hash == tokens.hash_of(token))
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise Refusal("unknown_invitation", 404)
    if row.withdrawn_at is not None:
        raise Refusal("withdrawn_invitation", 410)
    if row.used_at is not None:
        raise Refusal("used_invitation", 410)
    if not tokens.is_good(now, row.expires_at, tokens.INVITATION_S):
        raise Refusal("expired_invitation", 410)
    return row
