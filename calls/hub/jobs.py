"""Work that is done although the hub is killed: leased, and done again when it was not.

A job is written in the transaction that makes it necessary. Who does it holds a lease;
only the holder may finish it, and what follows is written in the transaction that
finishes it. So after a kill each job is done once, or once more at most; and as they
are done one after the other, one of them.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from calls.hub.errors import StoreError
from calls.hub.store import Store
from calls.hub.tables import job as jobs
from calls.wire import new_id

logger = logging.getLogger(__name__)

LEASE_S = 30.0
"""Longer than any job takes; after a kill somebody else does it after so long."""

WORK_S = 20.0
"""A job that takes longer is tried again later."""

POLL_S = 2.0
"""Jobs of another process (the command line) are seen after so long."""

PATIENCE_S = 0.5
"""A job that takes longer is waited for no longer by the others: a push service that
hangs keeps no other alarm waiting. Most take a tenth of it."""

MOST_AT_ONCE = 50
"""Of those that hang."""

LATE_S = 20.0
"""A job that waits so long: the hub does no work any more, and says so."""

KEEP_S = 7 * 86_400.0
"""How long it is known what was done."""

LONGEST_WAIT_S = 86_400.0
"""Nothing is planned further ahead."""

FIRST_RETRY_S = 5.0
LONGEST_RETRY_S = 600.0


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done, leased to us.

    Attributes:
        id: Row of the table.
        kind: Who does it.
        key: What is done once.
        payload: What it needs to know; plain JSON.
        tries: How often it was begun, with this time.
    """

    id: int
    kind: str
    key: str
    payload: Mapping[str, Any]
    tries: int


def retry_after_s(tries: int) -> float:
    """How long to wait after a failure (pure).

    Args:
        tries: How often it was begun.
    """
    return min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(tries - 1, 16))


async def enqueue(
    connection: AsyncConnection,
    kind: str,
    key: str,
    payload: Mapping[str, Any],
    due_at: float,
) -> bool:
    """Have it done; in the caller's transaction. False: it is known already.

    Args:
        connection: In a transaction that writes.
        kind: Who does it.
        key: The same one is done once.
        payload: Plain JSON.
        due_at: In seconds since 1970.
    """
    known = await connection.execute(select(jobs.c.id).where(jobs.c.key == key))
    if known.first() is not None:
        return False
    await connection.execute(
        insert(jobs).values(
            kind=kind, key=key, payload=json.dumps(payload), due_at=due_at, tries=0
        )
    )
    return True


class Jobs:
    """Takes jobs, and finishes them.

    Args:
        store: Where they are.
        now: Seconds since 1970.
        holder: Who we are; another one for each process.
        lease_s: How long a job is ours.
    """

    def __init__(
        self,
        store: Store,
        now: Callable[[], float],
        holder: str = "",
        lease_s: float = LEASE_S,
    ) -> None:
        self._store = store
        self._now = now
        self._holder = holder or new_id()
        self._lease_s = lease_s

    async def claim(self, most: int = 1) -> list[Job]:
        """Lease so many of what is due, oldest first.

        Raises:
            StoreError: If the database cannot be used.
        """
        now = self._now()
        # Most of the time nothing is due: then nobody waits for a writer.
        async with self._store.reading() as connection:
            first = await connection.execute(
                select(jobs.c.id).where(_is_due(now, self._lease_s)).limit(1)
            )
            if first.first() is None:
                return []
        async with self._store.writing() as connection:
            due = await connection.execute(
                select(jobs)
                .where(_is_due(now, self._lease_s))
                .order_by(jobs.c.due_at, jobs.c.id)
                .limit(most)
            )
            rows = due.all()
            await connection.execute(
                update(jobs)
                .where(jobs.c.id.in_([row.id for row in rows]))
                .values(
                    lease_until=now + self._lease_s,
                    lease_holder=self._holder,
                    tries=jobs.c.tries + 1,
                )
            )
        return [
            Job(row.id, row.kind, row.key, json.loads(row.payload), row.tries + 1)
            for row in rows
        ]

    async def finish(self, connection: AsyncConnection, job: Job) -> bool:
        """It is done; in the caller's transaction. False: it is not ours any more.

        Then somebody else does it, and nothing that follows from it may be written.
        """
        done = await connection.execute(
            update(jobs)
            .where(
                jobs.c.id == job.id,
                jobs.c.lease_holder == self._holder,
                jobs.c.done_at.is_(None),
            )
            .values(done_at=self._now(), lease_until=None)
        )
        return done.rowcount == 1

    async def postpone(self, job: Job, wait_s: float) -> None:
        """Try it again later, if it is still ours.

        Raises:
            StoreError: If the database cannot be used; then after the lease.
        """
        async with self._store.writing() as connection:
            await connection.execute(
                update(jobs)
                .where(jobs.c.id == job.id, jobs.c.lease_holder == self._holder)
                .values(
                    due_at=self._now() + wait_s, lease_until=None, lease_holder=None
                )
            )

    async def next_at(self) -> float | None:
        """When the next one is to be done; None: there is none.

        Raises:
            StoreError: If the database cannot be read.
        """
        # Leased ones are due when the lease ends, should their holder be gone.
        due = case(
            (jobs.c.lease_until > jobs.c.due_at, jobs.c.lease_until),
            else_=jobs.c.due_at,
        )
        async with self._store.reading() as connection:
            found = await connection.execute(
                select(func.min(due)).where(jobs.c.done_at.is_(None))
            )
            at: float | None = found.scalar()
            return at

    async def late_s(self) -> float:
        """How long the oldest job has waited for somebody; 0 when none waits.

        Raises:
            StoreError: If the database cannot be read.
        """
        at = await self.next_at()
        return 0.0 if at is None else max(0.0, self._now() - at)

    async def sweep(self) -> None:
        """Forget what was done a week ago.

        Raises:
            StoreError: If the database cannot be written.
        """
        is_old = jobs.c.done_at < self._now() - KEEP_S
        # Most of the time nothing is: then nobody waits for a writer.
        async with self._store.reading() as connection:
            first = await connection.execute(select(jobs.c.id).where(is_old).limit(1))
            if first.first() is None:
                return
        async with self._store.writing() as connection:
            await connection.execute(delete(jobs).where(is_old))


def _is_due(now: float, lease_s: float) -> ColumnElement[bool]:
    """Due and free. Due in years, or leased for as long, was written by a clock that
    was wrong.
    """
    return and_(
        jobs.c.done_at.is_(None),
        or_(jobs.c.due_at <= now, jobs.c.due_at > now + LONGEST_WAIT_S),
        or_(
            jobs.c.lease_until.is_(None),
            jobs.c.lease_until <= now,
            jobs.c.lease_until > now + 2 * lease_s,
        ),
    )


Work = Callable[[Job], Awaitable[None]]
"""Does a job and finishes it; what it raises has it done again later."""


class Worker:
    """Does jobs as they are due, one after the other, until cancelled.

    Args:
        jobs: Where they come from.
        work: Who does which kind.
        now: Seconds since 1970.
        patience_s: How long the others wait for one.
    """

    def __init__(
        self,
        jobs: Jobs,
        work: Mapping[str, Work],
        now: Callable[[], float],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._jobs = jobs
        self._work = dict(work)
        self._now = now
        self._patience_s = patience_s
        self._woken = asyncio.Event()
        self._turned_s: float | None = None

    def wake(self) -> None:
        """A job may be due now."""
        self._woken.set()

    async def run(self) -> None:
        """Do what is due, for ever."""
        loop = asyncio.get_running_loop()
        under_way: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._turned_s = loop.time()
                self._woken.clear()
                wait_s = POLL_S
                try:
                    if await self._begin_one(tasks, under_way):
                        continue
                    next_at = await self._jobs.next_at()
                    if next_at is not None:
                        wait_s = max(0.0, min(POLL_S, next_at - self._now()))
                except StoreError as error:
                    # A full disk, a locked database: the jobs stay where they are.
                    logger.error("jobs wait: %s", error)
                except Exception:
                    # Whatever it is: nobody else does the jobs.
                    logger.exception("jobs wait")
                await self._rest(wait_s)

    async def _begin_one(
        self, tasks: asyncio.TaskGroup, under_way: set[asyncio.Task[None]]
    ) -> bool:
        """Do one, or leave it behind if it takes long; False: there is none."""
        if len(under_way) >= MOST_AT_ONCE:
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        claimed = await self._jobs.claim(1)
        for job in claimed:
            doing = tasks.create_task(self._do(job), name=f"job {job.kind}")
            under_way.add(doing)
            doing.add_done_callback(under_way.discard)
            await asyncio.wait([doing], timeout=self._patience_s)
        return bool(claimed)

    async def is_late(self) -> bool:
        """Whether nobody does the jobs any more, though there are some.

        Raises:
            StoreError: If the database cannot be read.
        """
        now_s = asyncio.get_running_loop().time()
        # Full of jobs that hang, it turns again when the first of them is given up.
        stands = self._turned_s is not None and now_s - self._turned_s > LATE_S + WORK_S
        return stands or await self._jobs.late_s() > LATE_S

    async def watch(self) -> None:
        """Say it when nobody does the jobs any more; beside `run`, for ever."""
        while True:
            await asyncio.sleep(LATE_S)
            try:
                if await self.is_late():
                    logger.error("alarms wait: nobody does the jobs")
                await self._jobs.sweep()
            except StoreError as error:
                logger.error("nobody knows whether jobs wait: %s", error)

    async def _rest(self, wait_s: float) -> None:
        try:
            async with asyncio.timeout(wait_s):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _do(self, job: Job) -> None:
        work = self._work.get(job.kind)
        try:
            if work is None:
                raise LookupError(f"nobody does {job.kind}")
            async with asyncio.timeout(WORK_S):
                await work(job)
        except Exception:
            # One job that fails keeps no other one from being done.
            logger.exception("job %s failed, try %d", job.kind, job.tries)
            await self._put_back(job)

    async def _put_back(self, job: Job) -> None:
        try:
            await self._jobs.postpone(job, retry_after_s(job.tries))
        except StoreError as error:
            logger.error("job %s waits for its lease to end: %s", job.kind, error)
