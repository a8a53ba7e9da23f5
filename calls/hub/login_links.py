"""Logging in by mail: a link that is used once, for who has no passkey at hand."""

from dataclasses import dataclass

import sqlalchemy as sa

from calls.hub import tokens
from calls.hub.errors import Refusal
from calls.hub.sessions import NewSession, add_session
from calls.hub.store import Store
from calls.hub.tables import account, household, link, member

# Each is a mail; more accounts with one address are somebody's play.
MOST_LINKS = 5

KEPT_S = 30 * 86_400


@dataclass(frozen=True, slots=True)
class LoginLink:
    """The link of one mail.

    Attributes:
        url: To be opened, and confirmed there: who only looks at it, such as a mail
            scanner, uses nothing.
        homes: Names of the households that the account follows.
    """

    url: str
    homes: tuple[str, ...]

    def __repr__(self) -> str:
        """Without the token: it ends up in logs."""
        return "LoginLink()"


async def create_links(
    store: Store, hub_url: str, email: str, now: float
) -> tuple[LoginLink, ...]:
    """A link for each account with this address; none where there is none."""
    query = (
        sa.select(account.c.id, household.c.name)
        .join(member, member.c.account == account.c.id)
        .join(household, household.c.id == member.c.household)
        .where(account.c.email == email.lower(), account.c.email != "")
        .order_by(account.c.created_at.desc(), account.c.id, household.c.name)
    )
    homes: dict[str, list[str]] = {}
    links = []
    async with store.writing() as connection:
        for id, home in (await connection.execute(query)).all():
            homes.setdefault(id, []).append(home)
        await connection.execute(link.delete().where(link.c.expires_at < now - KEPT_S))
        for id in list(homes)[:MOST_LINKS]:
            token = tokens.new_token()
            await connection.execute(
                link.insert().values(
                    token_hash=tokens.hash_of(token),
                    account=id,
                    created_at=now,
                    expires_at=now + tokens.LINK_S,
                )
            )
            links.append(LoginLink(f"{hub_url}/login#{token}", tuple(homes[id])))
    return tuple(links)


async def use_link(store: Store, token: str, now: float) -> NewSession:
    """Log a browser in.

    Raises:
        Refusal: "unknown_link", "expired_link", "used_link".
    """
    hashed = tokens.hash_of(token)
    query = sa.select(link).where(link.c.token_hash == hashed)
    async with store.writing() as connection:
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise Refusal("unknown_link", 404)
        if row.used_at is not None:
            raise Refusal("used_link", 410)
        if not tokens.is_good(now, row.expires_at, tokens.LINK_S):
            raise Refusal("expired_link", 410)
        # The others of the same mail, and of mails before, go with it.
        await connection.execute(
            link.update()
            .where(link.c.account == row.account, link.c.used_at.is_(None))
            .values(used_at=now)
        )
        return await add_session(connection, row.account, now)
