"""What is read and written of an alarm, within a transaction of somebody else."""

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from calls.call_messages import RingsBy
from calls.hub.tables import alarm as alarms
from calls.hub.tables import member as members

WAYS = (RingsBy.PUSH, RingsBy.MAIL)
"""Somebody is told by the one, then by the other."""


async def find_alarm(connection: AsyncConnection, alarm: str) -> sa.Row[Any] | None:
    """The one with this id."""
    found = await connection.execute(sa.select(alarms).where(alarms.c.id == alarm))
    return found.one_or_none()


async def members_of(
    connection: AsyncConnection, household: str, asked: tuple[str, ...]
) -> list[str]:
    """Those that are members, each once, in the order in which they were named."""
    found = await connection.execute(
        sa.select(members.c.id)
        .where(members.c.household == household, members.c.id.in_(asked))
        .where(members.c.withdrawn_at.is_(None))
    )
    theirs = {row.id for row in found}
    return [each for each in dict.fromkeys(asked) if each in theirs]


async def take_off(
    connection: AsyncConnection, row: sa.Row[Any], named: tuple[str, ...]
) -> bool:
    """Ask only those who are still named; whether somebody is asked no more."""
    before = json.loads(row.members)
    left = [each for each in before if each in named]
    if left == before:
        return False
    await connection.execute(
        sa.update(alarms).where(alarms.c.id == row.id).values(members=json.dumps(left))
    )
    return True


async def note_told(
    connection: AsyncConnection, row: sa.Row[Any], member: str, way: RingsBy
) -> None:
    """This member was asked in this way, once at least."""
    told = json.loads(row.told)
    if [member, way.value] not in told:
        told.append([member, way.value])
        await connection.execute(
            sa.update(alarms).where(alarms.c.id == row.id).values(told=json.dumps(told))
        )


def who_expects_more(row: sa.Row[Any]) -> list[tuple[str, RingsBy]]:
    """Who was asked, in which ways; also who took care without being asked."""
    found = [(member, RingsBy(way)) for member, way in json.loads(row.told)]
    by = row.acknowledged_by
    if by is not None and by not in {member for member, _ in found}:
        found += [(by, way) for way in WAYS]
    return found
