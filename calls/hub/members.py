"""Who follows which household, and so may reach whom: all access checks are here."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from calls.hub.agenda_rows import forget_unshared
from calls.hub.errors import Refusal
from calls.hub.note_rows import forget_notes_of
from calls.hub.store import Store
from calls.hub.tables import account, alarm, household, invitation, member, note
from calls.messages import Role


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Somebody who follows a household, or may once they accept.

    Attributes:
        id: Made by the device.
        household: That they follow.
        account: With which they log in; None until they accepted, and after a
            withdrawal.
        name: As the older person names them.
        role: What they may do.
        sees_presence: Whether the device is online.
        sees_use: Whether it was used today.
        sees_agenda: What is to come.
        is_withdrawn: They follow no longer.
    """

    id: str
    household: str
    account: str | None
    name: str
    role: Role
    sees_presence: bool
    sees_use: bool
    sees_agenda: bool
    is_withdrawn: bool

    @property
    def has_joined(self) -> bool:
        """Whether the invitation was used."""
        return self.account is not None

    def __repr__(self) -> str:
        """Without ids and names: it ends up in logs."""
        return "MemberRow()"


@dataclass(frozen=True, slots=True)
class Followed:
    """A household as one of its members sees it.

    Attributes:
        member: As whom.
        name: Of the older person.
    """

    member: MemberRow
    name: str


# -- reading ----------------------------------------------------------------------


async def members(store: Store, household_id: str) -> tuple[MemberRow, ...]:
    """Those who follow a household or are invited to, in the order they were."""
    query = (
        sa.select(member)
        .where(member.c.household == household_id, member.c.withdrawn_at.is_(None))
        .order_by(member.c.created_at, member.c.id)
    )
    async with store.reading() as connection:
        rows = (await connection.execute(query)).all()
    return tuple(_member(row) for row in rows)


async def households(store: Store, account_id: str) -> tuple[Followed, ...]:
    """What an account follows, in the order it came to."""
    query = (
        sa.select(member, household.c.name.label("home"))
        .join(household, household.c.id == member.c.household)
        .where(member.c.account == account_id, member.c.withdrawn_at.is_(None))
        .order_by(member.c.created_at, member.c.id)
    )
    async with store.reading() as connection:
        rows = (await connection.execute(query)).all()
    return tuple(Followed(_member(row), row.home) for row in rows)


async def member_of_household(
    store: Store, household_id: str, member_id: str
) -> MemberRow:
    """The member that a device means; asked for each message of it that names one.

    Raises:
        Refusal: "no_member" where it is none of this household, "withdrawn".
    """
    async with store.reading() as connection:
        return await _owned(connection, member_id, member.c.household == household_id)


async def member_of_account(store: Store, account_id: str, member_id: str) -> MemberRow:
    """The member as which a page acts; asked for each message of it that names one.

    Raises:
        Refusal: "no_member" where it is none of this account. Who was withdrawn has
            no account any more.
    """
    async with store.reading() as connection:
        return await _owned(connection, member_id, member.c.account == account_id)


async def member_of_alarm(store: Store, account_id: str, alarm_id: str) -> MemberRow:
    """The member as which an account may take care of an alarm of its household.

    Raises:
        Refusal: "no_alarm" where there is none for this account.
    """
    query = (
        sa.select(member)
        .join(alarm, alarm.c.household == member.c.household)
        .where(alarm.c.id == alarm_id, member.c.account == account_id)
        .where(member.c.withdrawn_at.is_(None))
        .limit(1)
    )
    async with store.reading() as connection:
        row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise Refusal("no_alarm", 404)
    return _member(row)


async def check_note(store: Store, account_id: str, note_id: str) -> None:
    """Whether this account is the one that a note is for.

    Raises:
        Refusal: "no_note" where it is for somebody else, or for nobody.
    """
    query = (
        sa.select(member.c.id)
        .join(note, note.c.member == member.c.id)
        .where(note.c.id == note_id, member.c.account == account_id)
        .where(member.c.withdrawn_at.is_(None))
    )
    async with store.reading() as connection:
        if (await connection.execute(query)).one_or_none() is None:
            raise Refusal("no_note", 404)


async def _owned(
    connection: AsyncConnection, member_id: str, owner: sa.ColumnElement[bool]
) -> MemberRow:
    query = sa.select(member).where(member.c.id == member_id, owner)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        # The same whether it is somebody else's or nobody's.
        raise Refusal("no_member", 404)
    found = _member(row)
    if found.is_withdrawn:
        raise Refusal("withdrawn", 410)
    return found


def _member(row: sa.Row[tuple[object, ...]]) -> MemberRow:
    return MemberRow(
        id=row.id,
        household=row.household,
        account=row.account,
        name=row.name,
        role=Role(row.role),
        sees_presence=row.sees_presence,
        sees_use=row.sees_use,
        sees_agenda=row.sees_agenda,
        is_withdrawn=row.withdrawn_at is not None,
    )


# -- changing ---------------------------------------------------------------------


async def agree(
    store: Store,
    household_id: str,
    member_id: str,
    role: Role,
    *,
    sees_presence: bool,
    sees_use: bool,
    sees_agenda: bool = False,
) -> MemberRow:
    """Keep what the person agreed that a member may do and see.

    What nobody may see any more is deleted with it.

    Raises:
        Refusal: "no_member", "withdrawn".
    """
    async with store.writing() as connection:
        owner = member.c.household == household_id
        await _owned(connection, member_id, owner)
        await connection.execute(
            member.update()
            .where(member.c.id == member_id)
            .values(
                role=role.value,
                sees_presence=sees_presence,
                sees_use=sees_use,
                sees_agenda=sees_agenda,
            )
        )
        await forget_unshared(connection, household_id)
        return await _owned(connection, member_id, owner)


async def withdraw(
    store: Store, household_id: str, member_id: str, now: float
) -> str | None:
    """Let a member follow no longer, from this moment on.

    Their name and what they were asked are forgotten, and an account that follows
    nobody any more with all that belongs to it. Asked again, it changes nothing.

    Returns:
        The account that they had, if any: whose pages must be told.

    Raises:
        Refusal: "no_member".
    """
    async with store.writing() as connection:
        query = sa.select(member).where(
            member.c.id == member_id, member.c.household == household_id
        )
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise Refusal("no_member", 404)
        if row.withdrawn_at is not None:
            return None
        await connection.execute(
            member.update()
            .where(member.c.id == member_id)
            .values(
                withdrawn_at=now,
                account=None,
                name="",
                sees_presence=False,
                sees_use=False,
                sees_agenda=False,
            )
        )
        await forget_unshared(connection, household_id)
        await forget_notes_of(connection, member_id)
        # One not yet used lets nobody in; where it was sent is nobody's affair now.
        await connection.execute(
            invitation.update().where(invitation.c.member == member_id).values(email="")
        )
        await forget_followers_of_nobody(connection, [row.account])
    return None if row.account is None else str(row.account)


async def forget_followers_of_nobody(
    connection: AsyncConnection, accounts: Iterable[str | None]
) -> None:
    """Delete those of these accounts that follow no household; sessions go along."""
    for each in {a for a in accounts if a is not None}:
        follows = sa.exists().where(member.c.account == each)
        await connection.execute(account.delete().where(account.c.id == each, ~follows))
