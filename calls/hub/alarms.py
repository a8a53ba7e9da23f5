"""An alarm is told to one member after the other until somebody takes care of it.

It is kept with its first job in one transaction before the device hears that it came;
each step writes the next one when it is done. So a hub that is killed at any moment
goes on with it, and tells one step twice at most. Who was told is told as well that the
person was heard again.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from calls.call_messages import RingsBy
from calls.hub.alarm_rows import (
    WAYS,
    find_alarm,
    members_of,
    note_told,
    take_off,
    who_expects_more,
)
from calls.hub.jobs import Job, Jobs, enqueue, retry_after_s
from calls.hub.store import Store
from calls.hub.tables import alarm as alarms
from calls.hub.tables import household as households
from calls.hub.tables import member as members
from calls.messages import Acknowledged, Alarm, AlarmOver

logger = logging.getLogger(__name__)

JOB = "alarm"
OVER_JOB = "alarm_over"

PUSH_ANSWERED_WITHIN_S = 120.0
"""Somebody who saw the push has touched it by then; else they get a mail."""

MAIL_READ_WITHIN_S = 600.0
"""Then the next member is told."""

FAILED_WAIT_S = 10.0
"""Nothing went out: the next step is taken almost at once."""

SHORTEST_ROUND_S = 120.0
"""However little there is to try, it is not tried more often."""

LONGEST_WAIT_S = 4 * 3600.0
"""Each round waits twice as long as the one before, up to this."""

OVER_AFTER_S = 7 * 86_400.0
"""Who has not reacted in a week does not; the device has reported more since."""

TOLD_AGAIN_S = 3 * 86_400.0
"""How long a device that was away is told who took care."""

OVER_TRIES = 8
"""That it is over is told by then, or nobody waits for it any more: some 10 minutes."""


class Told(StrEnum):
    """What came of telling a member."""

    SENT = "sent"
    FAILED = "failed"  # perhaps next time
    NO_WAY = "no_way"  # they gave no address for it, or follow no longer


# -- the plan (pure) --------------------------------------------------------------


def step_at(level: int, count: int) -> tuple[int, RingsBy]:
    """Whom to tell, and by what, at this step of the ladder.

    Args:
        level: From 0; after the last member it begins anew with the first.
        count: Of members, at least 1.

    Returns:
        Place of the member in the list, and the way.
    """
    which, way = divmod(level % (count * len(WAYS)), len(WAYS))
    return which, WAYS[way]


def wait_s(level: int, count: int, told: Told) -> float:
    """How long to wait after this step before the next.

    Args:
        level: Of the step that was taken.
        count: Of members, at least 1.
        told: What came of it.
    """
    which, way = step_at(level, count)
    rounds = level // (count * len(WAYS))
    if told is Told.SENT:
        first_s = PUSH_ANSWERED_WITHIN_S if way is RingsBy.PUSH else MAIL_READ_WITHIN_S
    elif which == count - 1 and way is WAYS[-1]:
        first_s = SHORTEST_ROUND_S
    else:
        first_s = FAILED_WAIT_S if told is Told.FAILED else 0.0
    return min(LONGEST_WAIT_S, first_s * 2.0 ** min(rounds, 16))


# -- at the database --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class News:
    """What a member is told.

    Attributes:
        alarm: Which.
        kind: Of the alarm.
        member: Whom, as which member.
        account: Theirs.
        name: Of the older person.
        step: Of the ladder; the same one is told once, or once more after a kill.
        is_over: Whether the person was heard again.
    """

    alarm: str
    kind: str
    member: str
    account: str
    name: str
    step: int
    is_over: bool = False

    def __repr__(self) -> str:
        """Without ids and names."""
        return "News()"


class Teller(Protocol):
    """Tells a member."""

    async def tell(self, way: RingsBy, news: News) -> Told:
        """Send it, or say why not; within 15 s."""


Changed = Callable[[str], Awaitable[None]]
"""Told the household of which an alarm changed."""


class Alarms:
    """Keeps alarms and works through their ladders.

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

    async def keep(self, household: str, alarm: Alarm) -> None:
        """It came; it is on the disk with its first job when this returns.

        The same again may name fewer: the others are told no more.

        Raises:
            StoreError: If it could not be kept: the device sends it again.
        """
        now = self._now()
        async with self._store.writing() as connection:
            known = await find_alarm(connection, alarm.alarm)
            if known is None:
                is_news = True
                theirs = await members_of(connection, household, alarm.members)
                await connection.execute(
                    sa.insert(alarms).values(
                        id=alarm.alarm,
                        household=household,
                        kind=alarm.kind[:40],
                        members=json.dumps(theirs),
                        told="[]",
                        at=alarm.at,
                        created_at=now,
                    )
                )
                if theirs:
                    await _plan(connection, alarm.alarm, 0, now)
            else:
                # Sent again because the answer was lost; or over before it came.
                is_news = known.household == household and await take_off(
                    connection, known, alarm.members
                )
        if is_news:
            logger.info("an alarm came")
            self._wake()
            await self._changed(household)

    async def over(self, household: str, over: AlarmOver) -> None:
        """The person was heard; nobody is asked any more, and who was is told so.

        Raises:
            StoreError: If it could not be kept: the device sends it again.
        """
        now = self._now()
        async with self._store.writing() as connection:
            row = await find_alarm(connection, over.alarm)
            if row is None:
                # It overtook its alarm, which must not begin any more.
                await connection.execute(
                    sa.insert(alarms).values(
                        id=over.alarm,
                        household=household,
                        kind="",
                        members="[]",
                        told="[]",
                        at=now,
                        created_at=now,
                        over_at=now,
                    )
                )
                return
            if row.household != household or row.over_at is not None:
                return
            await connection.execute(
                sa.update(alarms).where(alarms.c.id == row.id).values(over_at=now)
            )
            for member, way in who_expects_more(row):
                await _plan_over(connection, row.id, member, way, now)
        self._wake()
        await self._changed(household)

    async def acknowledge(self, alarm: str, household: str, member: str) -> bool:
        """This member takes care; who may was checked. False: somebody did before.

        Raises:
            StoreError: If it could not be kept.
        """
        async with self._store.writing() as connection:
            done = await connection.execute(
                sa.update(alarms)
                .where(alarms.c.id == alarm, alarms.c.household == household)
                .where(alarms.c.acknowledged_at.is_(None), alarms.c.over_at.is_(None))
                .values(acknowledged_by=member, acknowledged_at=self._now())
            )
        is_first = done.rowcount == 1
        if is_first:
            await self._changed(household)
        return is_first

    async def waiting(self, household: str) -> dict[str, tuple[str, ...]]:
        """The alarms that nobody took care of yet, and the members that are told."""
        async with self._store.reading() as connection:
            rows = await connection.execute(
                sa.select(alarms.c.id, alarms.c.members)
                .where(alarms.c.household == household)
                .where(alarms.c.acknowledged_at.is_(None), alarms.c.over_at.is_(None))
                .where(alarms.c.created_at > self._now() - OVER_AFTER_S)
                .order_by(alarms.c.created_at, alarms.c.id)
            )
            return {row.id: tuple(json.loads(row.members)) for row in rows}

    async def acknowledged(self, household: str) -> list[Acknowledged]:
        """What the device must be told, and perhaps was told already.

        The id is the same each time, so that it acts on it once.
        """
        async with self._store.reading() as connection:
            rows = await connection.execute(
                sa.select(alarms.c.id, alarms.c.acknowledged_by)
                .where(alarms.c.household == household, alarms.c.over_at.is_(None))
                .where(alarms.c.acknowledged_at > self._now() - TOLD_AGAIN_S)
                .where(alarms.c.acknowledged_by.is_not(None))
                .order_by(alarms.c.acknowledged_at)
                .limit(50)
            )
            return [
                Acknowledged(told_id(row.id), row.id, row.acknowledged_by)
                for row in rows
            ]

    async def escalate(self, job: Job) -> None:
        """Take one step, and plan the next.

        Raises:
            StoreError: If the next one could not be kept: this one is taken again.
        """
        alarm, level = str(job.payload["alarm"]), int(job.payload["level"])
        facts = await self._facts(alarm)
        if facts is None:
            async with self._store.writing() as connection:
                if await self._jobs.finish(connection, job) and job.tries > 1:
                    await _tell_perhaps_asked(connection, alarm, level, self._now())
            return
        count = len(facts.members)
        which, way = step_at(level, count)
        member = facts.members[which]
        account = facts.accounts.get(member)
        told = Told.NO_WAY
        if account is not None:
            news = News(alarm, facts.kind, member, account, facts.name, level)
            told = await self._teller.tell(way, news)
        logger.info("step %d of an alarm, by %s: %s", level, way, told)
        due_at = self._now() + wait_s(level, count, told)
        async with self._store.writing() as connection:
            if not await self._jobs.finish(connection, job):
                return
            row = await find_alarm(connection, alarm)
            assert row is not None
            if told is Told.SENT:
                await note_told(connection, row, member, way)
            if row.over_at is None:
                await _plan(connection, alarm, level + 1, due_at)
            elif told is Told.SENT:
                # They were asked in the moment in which it was over.
                await _plan_over(connection, alarm, member, way, self._now())

    async def tell_over(self, job: Job) -> None:
        """Tell somebody who was asked to look in that the person was heard.

        Raises:
            StoreError: If it could not be kept that they were: they are told again.
        """
        alarm, member = str(job.payload["alarm"]), str(job.payload["member"])
        way = RingsBy(job.payload["way"])
        facts = await self._facts_of(alarm, (member,))
        told = Told.NO_WAY
        if facts is not None and member in facts.accounts:
            news = News(
                alarm, facts.kind, member, facts.accounts[member], facts.name, 0, True
            )
            told = await self._teller.tell(way, news)
        logger.info("an alarm is over, by %s: %s", way, told)
        if told is Told.FAILED and job.tries < OVER_TRIES:
            await self._jobs.postpone(job, retry_after_s(job.tries))
            return
        async with self._store.writing() as connection:
            await self._jobs.finish(connection, job)

    async def _facts(self, alarm: str) -> "_Facts | None":
        """What is needed for a step; None: it needs no more."""
        async with self._store.reading() as connection:
            row = await find_alarm(connection, alarm)
        if (
            row is None
            or row.over_at is not None
            or row.acknowledged_at is not None
            or row.created_at < self._now() - OVER_AFTER_S
        ):
            return None
        members = tuple(json.loads(row.members))
        return await self._facts_of(alarm, members) if members else None

    async def _facts_of(self, alarm: str, told: tuple[str, ...]) -> "_Facts | None":
        """What is needed to tell these members; None: there is no such alarm."""
        async with self._store.reading() as connection:
            row = await find_alarm(connection, alarm)
            if row is None:
                return None
            accounts = await connection.execute(
                sa.select(members.c.id, members.c.account)
                .where(members.c.id.in_(told), members.c.withdrawn_at.is_(None))
                .where(members.c.account.is_not(None))
            )
            name = await connection.execute(
                sa.select(households.c.name).where(households.c.id == row.household)
            )
            return _Facts(
                row.kind,
                told,
                {each.id: each.account for each in accounts},
                str(name.scalar_one()),
            )


@dataclass(frozen=True, slots=True)
class _Facts:
    kind: str
    members: tuple[str, ...]
    accounts: dict[str, str]
    name: str


def told_id(alarm: str) -> str:
    """Of the message that tells the device who takes care of this alarm."""
    return f"took-{alarm}"[:64]


async def _tell_perhaps_asked(
    connection: AsyncConnection, alarm: str, level: int, now: float
) -> None:
    """A hub that was killed at this step may have asked somebody before it was over."""
    row = await find_alarm(connection, alarm)
    told = json.loads(row.members) if row is not None else []
    if row is not None and row.over_at is not None and told:
        which, way = step_at(level, len(told))
        await _plan_over(connection, alarm, told[which], way, now)


async def _plan(
    connection: AsyncConnection, alarm: str, level: int, due_at: float
) -> None:
    await enqueue(
        connection, JOB, f"{alarm}/{level}", {"alarm": alarm, "level": level}, due_at
    )


async def _plan_over(
    connection: AsyncConnection, alarm: str, member: str, way: RingsBy, now: float
) -> None:
    payload = {"alarm": alarm, "member": member, "way": way.value}
    await enqueue(connection, OVER_JOB, f"{alarm}/over/{member}/{way}", payload, now)
