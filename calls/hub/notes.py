"""A question to one member: kept, made known once, and its answer brought back.

It is kept with what makes it known in one transaction, before the device hears that it
came. Push, mail and text message tell only that there is something; each is sent once
at most, so each is written off before it is sent. What it says is deleted as soon as it
is over, and all of it a month after it came.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from calls.call_messages import RingsBy
from calls.hub.alarms import Told
from calls.hub.errors import Refusal, StoreError
from calls.hub.jobs import Job, Jobs, enqueue
from calls.hub.note_rows import find_note, has_room, is_member
from calls.hub.store import Store
from calls.hub.tables import household as households
from calls.hub.tables import member as members
from calls.hub.tables import note as notes
from calls.note_messages import (
    LONGEST_OPEN_S,
    REPLIES,
    About,
    NoteAnswer,
    NoteOver,
    Over,
    PutNote,
    Reply,
)

logger = logging.getLogger(__name__)

JOB = "note"

MAIL_AFTER_S = 900.0
"""Who saw the push has looked by then, and needs no mail."""

TRIES = 4
"""Of a way that fails: a push service or a mail server that is away for an hour."""

AGAIN_S = (60.0, 600.0, 3_600.0)
"""After each try that failed."""

KEPT_S = LONGEST_OPEN_S + 86_400.0
"""A device never sends one that is older again."""

TIDY_EVERY_S = 600.0


@dataclass(frozen=True, slots=True)
class NoteNews:
    """That there is something for a member; not what.

    Attributes:
        note: Which.
        member: Whom, as which member.
        account: Theirs.
        name: Of the older person.
        key: Of what is told once.
    """

    note: str
    member: str
    account: str
    name: str
    key: str

    def __repr__(self) -> str:
        """Without ids and names."""
        return "NoteNews()"


class Teller(Protocol):
    """Tells a member."""

    async def tell_note(self, way: RingsBy, news: NoteNews) -> Told:
        """Send it, or say why not; within 15 s."""


Changed = Callable[[str], Awaitable[None]]
"""Told the household of which something changed."""


class Notes:
    """Keeps notes, and what was answered.

    Args:
        store: Where they are.
        jobs: Of this process.
        now: Seconds since 1970.
        teller: Tells a member.
        changed: Told after each change.
        wake: Called when there is a job to do now.
    """

    def __init__(
        self,
        store: Store,
        jobs: Jobs,
        now: Callable[[], float],
        teller: Teller,
        changed: Changed,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._now = now
        self._teller = teller
        self._changed = changed
        self._wake = wake

    # -- of the device ----------------------------------------------------------------

    async def keep(self, household: str, put: PutNote) -> None:
        """It came; it is on the disk, with what makes it known, when this returns.

        The same again changes nothing. For who does not follow, or where there is too
        much already, nothing is kept.

        Raises:
            StoreError: If it could not be kept: the device sends it again.
        """
        now = self._now()
        until = min(put.until, now + LONGEST_OPEN_S)
        async with self._store.writing() as connection:
            if await find_note(connection, put.note) is not None or until <= now:
                return
            if not await is_member(connection, household, put.member):
                logger.info("a note is for somebody who does not follow")
                return
            if not await has_room(connection, household, now):
                logger.warning("a household has too many notes")
                return
            await connection.execute(
                sa.insert(notes).values(
                    id=put.note,
                    household=household,
                    member=put.member,
                    about=put.about.value,
                    text=put.text,
                    until=until,
                    created_at=now,
                )
            )
            await _make_known(connection, put.note, "new", now)
        logger.info("a note came")
        self._wake()
        await self._changed(household)

    async def over(self, household: str, over: NoteOver) -> None:
        """No answer is needed any more, unless another one came than was told.

        Who said yes to what does not take place is told that there is news.

        Raises:
            StoreError: If it could not be kept: the device sends it again.
        """
        now = self._now()
        async with self._store.writing() as connection:
            row = await find_note(connection, over.note)
            if row is None:
                await _mark_over(connection, household, over, now)
                return
            is_changed = row.household == household and (
                row.over is None
                or (row.over == Over.TOLD and over.reason is Over.WITHDRAWN)
            )
            is_other = over.reason is Over.TOLD and row.reply != over.reply
            if is_changed and not is_other:
                await self._end(connection, row, over.reason)
        if is_changed:
            self._wake()
            # What was answered meanwhile is sent once more with this.
            await self._changed(household)

    async def _end(
        self, connection: AsyncConnection, row: sa.Row[Any], reason: Over
    ) -> None:
        now = self._now()
        said_yes = row.reply == Reply.YES and reason is Over.WITHDRAWN
        values: dict[str, Any] = {"over": reason.value, "over_at": now}
        if reason is not Over.TOLD and not said_yes:
            values |= {"text": "", "said": ""}
        if said_yes:
            values["seen_at"] = None
            await _make_known(connection, row.id, "over", now)
        await connection.execute(
            sa.update(notes).where(notes.c.id == row.id).values(**values)
        )

    async def answers(self, household: str) -> list[NoteAnswer]:
        """What the device must be told, and perhaps was told already.

        The id is the same for the same answer, so that it acts on it once.
        """
        async with self._store.reading() as connection:
            rows = await connection.execute(
                sa.select(notes.c.id, notes.c.reply, notes.c.said, notes.c.answers)
                .where(notes.c.household == household, notes.c.over.is_(None))
                .where(notes.c.reply.is_not(None), notes.c.until > self._now())
                .order_by(notes.c.created_at, notes.c.id)
            )
            return [
                NoteAnswer(
                    told_id(row.id, row.answers),
                    row.id,
                    Reply(row.reply),
                    row.said,
                    row.answers,
                )
                for row in rows
            ]

    # -- of the member ----------------------------------------------------------------

    async def answer(self, note: str, reply: Reply, said: str) -> None:
        """Keep what its member answers; who may was checked (`member_of_note`).

        Raises:
            Refusal: "note_over", "wrong_reply".
            StoreError: If it could not be kept.
        """
        now = self._now()
        async with self._store.writing() as connection:
            row = await find_note(connection, note)
            if row is None or row.over is not None or row.until <= now:
                raise Refusal("note_over", 409)
            if reply not in REPLIES[About(row.about)]:
                raise Refusal("wrong_reply")
            if (row.reply, row.said) == (reply, said):
                return
            await connection.execute(
                sa.update(notes)
                .where(notes.c.id == note)
                .values(
                    reply=reply.value,
                    said=said,
                    answers=row.answers + 1,
                    seen_at=row.seen_at or now,
                )
            )
        logger.info("a note was answered")
        await self._changed(row.household)

    async def seen(self, note: str) -> None:
        """Its member has it before their eyes: no mail is needed.

        Raises:
            StoreError: If it could not be kept.
        """
        async with self._store.writing() as connection:
            await connection.execute(
                sa.update(notes)
                .where(notes.c.id == note, notes.c.seen_at.is_(None))
                .values(seen_at=self._now())
            )

    # -- making it known --------------------------------------------------------------

    async def make_known(self, job: Job) -> None:
        """Send a push or a mail, once at most.

        Raises:
            StoreError: If it could not be written off: nothing was sent.
        """
        payload = job.payload
        note, way = str(payload["note"]), RingsBy(payload["way"])
        async with self._store.writing() as connection:
            if not await self._jobs.finish(connection, job):
                return
            news = await self._news(connection, note, str(payload["key"]))
        if news is None:
            return
        told = await self._teller.tell_note(way, news)
        logger.info("a note is made known, by %s: %s", way, told)
        tries = int(payload["tries"]) + 1
        if told is not Told.FAILED or tries >= TRIES:
            return
        again = {**payload, "tries": tries}
        async with self._store.writing() as connection:
            due_at = self._now() + AGAIN_S[tries - 1]
            await enqueue(connection, JOB, f"{payload['key']}/{tries}", again, due_at)
        self._wake()

    async def _news(
        self, connection: AsyncConnection, note: str, key: str
    ) -> NoteNews | None:
        """Whom to tell; None: nobody needs to be told any more."""
        query = (
            sa.select(notes, members.c.account, households.c.name.label("home"))
            .join(members, members.c.id == notes.c.member)
            .join(households, households.c.id == notes.c.household)
            .where(notes.c.id == note, members.c.withdrawn_at.is_(None))
            .where(notes.c.until > self._now(), notes.c.seen_at.is_(None))
        )
        row = (await connection.execute(query)).one_or_none()
        if row is None or row.account is None:
            return None
        is_news = row.over is None or row.over == Over.WITHDRAWN
        if not is_news or (row.over is None) != (_KEY_NEW in key):
            return None
        return NoteNews(note, row.member, row.account, row.home, key)

    # -- tidying ----------------------------------------------------------------------

    async def watch(self) -> None:
        """End notes of which the time came, and forget old ones; for ever."""
        while True:
            try:
                await self.tidy()
            except StoreError as error:
                logger.error("old notes could not be forgotten: %s", error)
            await asyncio.sleep(TIDY_EVERY_S)

    async def tidy(self) -> None:
        """Delete what notes said of which the time came, and all of old ones.

        Raises:
            StoreError: If that could not be kept.
        """
        now = self._now()
        is_past = sa.and_(
            notes.c.until <= now, sa.or_(notes.c.over.is_(None), notes.c.text != "")
        )
        is_old = notes.c.created_at <= now - KEPT_S
        # Most of the time there is nothing: then nobody waits for a writer.
        async with self._store.reading() as connection:
            rows = await connection.execute(
                sa.select(notes.c.household).where(is_past | is_old).distinct()
            )
            concerned = [str(row.household) for row in rows]
        if not concerned:
            return
        async with self._store.writing() as connection:
            await connection.execute(sa.delete(notes).where(is_old))
            await connection.execute(
                sa.update(notes)
                .where(is_past)
                .values(
                    over=sa.func.coalesce(notes.c.over, Over.EXPIRED.value),
                    over_at=sa.func.coalesce(notes.c.over_at, now),
                    text="",
                    said="",
                )
            )
        for household in concerned:
            await self._changed(household)


_KEY_NEW = "/new/"


def told_id(note: str, answers: int) -> str:
    """Of the message that tells the device this answer to this note."""
    return hashlib.sha256(f"{note} {answers}".encode()).hexdigest()[:32]


async def _make_known(
    connection: AsyncConnection, note: str, what: str, now: float
) -> None:
    """Have it told by push now, and by mail and text message later."""
    for way, after_s in ((RingsBy.PUSH, 0.0), (RingsBy.MAIL, MAIL_AFTER_S)):
        key = f"note/{note}/{what}/{way}"
        payload = {"note": note, "way": way.value, "key": key, "tries": 0}
        await enqueue(connection, JOB, key, payload, now + after_s)


async def _mark_over(
    connection: AsyncConnection, household: str, over: NoteOver, now: float
) -> None:
    """It overtook its note, which must not begin any more."""
    await connection.execute(
        sa.insert(notes).values(
            id=over.note,
            household=household,
            about=About.VISIT.value,
            text="",
            until=now,
            created_at=now,
            over=over.reason.value,
            over_at=now,
        )
    )
