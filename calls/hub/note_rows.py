"""What is read and written of notes, within a transaction of somebody else."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from calls.hub.tables import member as members
from calls.hub.tables import note as notes
from calls.note_messages import (
    MOST_OPEN,
    MOST_SHOWN,
    About,
    Over,
    Reply,
    ShownNote,
    ShownNotes,
)


async def find_note(connection: AsyncConnection, note: str) -> sa.Row[Any] | None:
    """The one with this id."""
    found = await connection.execute(sa.select(notes).where(notes.c.id == note))
    return found.one_or_none()


async def is_member(connection: AsyncConnection, household: str, member: str) -> bool:
    """Whether they follow this household, or were invited to."""
    found = await connection.execute(
        sa.select(members.c.id)
        .where(members.c.id == member, members.c.household == household)
        .where(members.c.withdrawn_at.is_(None))
    )
    return found.one_or_none() is not None


async def has_room(connection: AsyncConnection, household: str, now: float) -> bool:
    """Whether one more may be open; a device of ours keeps to fewer by itself."""
    found = await connection.execute(
        sa.select(sa.func.count())
        .where(notes.c.household == household, notes.c.over.is_(None))
        .where(notes.c.until > now)
    )
    return int(found.scalar_one()) < 2 * MOST_OPEN


async def forget_notes_of(connection: AsyncConnection, member: str) -> None:
    """Delete all that was asked of who follows no longer."""
    await connection.execute(sa.delete(notes).where(notes.c.member == member))


async def shown_to(connection: AsyncConnection, member: str, now: float) -> ShownNotes:
    """What a member sees: what they may answer, and what still holds for them."""
    may_see = sa.or_(
        notes.c.over.is_(None),
        notes.c.over == Over.TOLD,
        # Who said yes must be able to read that it does not take place.
        sa.and_(notes.c.over == Over.WITHDRAWN, notes.c.reply == Reply.YES),
    )
    rows = await connection.execute(
        sa.select(notes)
        .where(notes.c.member == member, notes.c.until > now, may_see)
        .order_by(notes.c.created_at.desc(), notes.c.id)
        .limit(MOST_SHOWN)
    )
    return ShownNotes(member, tuple(_shown(row) for row in rows))


def _shown(row: sa.Row[Any]) -> ShownNote:
    return ShownNote(
        note=row.id,
        about=About(row.about),
        text=row.text,
        at=row.created_at,
        reply=Reply(row.reply) if row.reply else None,
        said=row.said,
        over=Over(row.over) if row.over else None,
    )
