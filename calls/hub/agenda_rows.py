"""What is read and deleted of shared agendas, within a transaction of somebody else."""

import hashlib
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from calls.hub.tables import member as members
from calls.hub.tables import proposal as proposals
from calls.hub.tables import shared_agenda


async def forget_unshared(connection: AsyncConnection, household: str) -> None:
    """Delete what nobody may see any more: at once, when that was taken back."""
    seeing = sa.select(members.c.id).where(
        members.c.household == household,
        members.c.sees_agenda,
        members.c.withdrawn_at.is_(None),
    )
    await connection.execute(
        sa.delete(proposals)
        .where(proposals.c.household == household)
        .where(proposals.c.member.not_in(seeing))
    )
    await connection.execute(
        sa.delete(shared_agenda)
        .where(shared_agenda.c.household == household)
        .where(~sa.exists(seeing))
    )


async def mark_of(connection: AsyncConnection, household: str, member: str) -> str:
    """Another one whenever this member would see something else in the agenda."""
    kept_at = await connection.execute(
        sa.select(shared_agenda.c.kept_at).where(shared_agenda.c.household == household)
    )
    theirs = await connection.execute(
        sa.select(sa.func.count(), sa.func.max(proposals.c.changed_at)).where(
            proposals.c.member == member
        )
    )
    seen = (kept_at.scalar_one_or_none(), tuple(theirs.one()))
    # Not the time itself: it would tell when the device was there.
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


async def find_proposal(
    connection: AsyncConnection, proposal: str, owner: sa.ColumnElement[bool]
) -> sa.Row[Any] | None:
    """The one with this id, if it is theirs."""
    found = await connection.execute(
        sa.select(proposals).where(proposals.c.id == proposal, owner)
    )
    return found.one_or_none()
