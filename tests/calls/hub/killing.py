"""A hub that tells alarms is killed again and again; what it told is kept outside.

Time goes 400 times as fast: a push is waited for 0.3 s, a lease lasts 0.3 s.
"""

import asyncio
import multiprocessing
import os
import random
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from calls.call_messages import RingsBy
from calls.hub.alarms import JOB, Alarms, News, Told
from calls.hub.jobs import Jobs, Worker
from calls.hub.store import open_store
from calls.hub.tables import account, household, member
from calls.messages import Alarm

SPEED = 400
LEASE_S = 0.3 * SPEED
TELL_S = 0.005

LIFE_S = (0.02, 0.45)
"""The shortest and the longest that a hub lives before it is killed."""

MEMBERS = ("m-anna", "m-piet")


def now() -> float:
    """The same clock for all processes."""
    return time.time() * SPEED


class Hub:
    """What of a hub works on alarms, in a process that will be killed.

    Args:
        folder: With the database, and the files of what was told and kept.
        number: Of the process.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        self._number = number

    async def tell(self, way: RingsBy, news: News) -> Told:
        """Takes a moment, in which it may be killed."""
        _append(self._folder / "told", f"{news.alarm} {news.step} {self._number}")
        await asyncio.sleep(TELL_S)
        return Told.SENT

    async def changed(self, _: str) -> None:
        """Nobody is connected."""

    async def run(self, unacked: list[str]) -> None:
        """Take what the device has no ack for yet, and tell until killed."""
        store = await open_store(self._folder / "hub.db", datetime.now(UTC))
        jobs = Jobs(store, now, lease_s=LEASE_S)
        alarms = Alarms(store, jobs, now, self, self.changed, lambda: worker.wake())
        # Nothing hangs here but the machine, which shall not look like a job that does.
        worker = Worker(jobs, {JOB: alarms.escalate}, now, patience_s=60.0)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(worker.run())
            for each in unacked:
                alarm = Alarm(f"i-{each}", each, "missed_check_in", 0.0, MEMBERS)
                await alarms.keep("home", alarm)
                _append(self._folder / "kept", each)


def _append(path: Path, line: str) -> None:
    """One write: a kill tears none apart."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def work(folder: Path, number: int, unacked: list[str]) -> None:
    """Of a process."""
    asyncio.run(Hub(folder, number).run(unacked))


async def begin(folder: Path) -> None:
    """A household with two members that have joined."""
    store = await open_store(folder / "hub.db", datetime.now(UTC))
    async with store.writing() as connection:
        await connection.execute(
            sa.insert(household).values(id="home", name="Test", created_at=0)
        )
        for key in MEMBERS:
            name = key.removeprefix("m-")
            await connection.execute(
                sa.insert(account).values(
                    id=name, name=name, email="", language="nl", created_at=0
                )
            )
            await connection.execute(
                sa.insert(member).values(
                    id=key, household="home", account=name, name=name, role="family",
                    sees_presence=False, sees_use=False, created_at=0,
                )
            )  # fmt: skip
    await store.close()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was told though the hub was killed.

    Attributes:
        kills: How often it was.
        lost: Alarms of which a step was left out, or that were not told at all.
        told: Steps that were told, each time counted.
        doubles: By the number of the kill: steps told before it and once more later.
    """

    kills: int
    lost: tuple[str, ...]
    told: int
    doubles: Counter[int]

    @property
    def most_doubles(self) -> int:
        """Of one kill."""
        return max(self.doubles.values(), default=0)


def kill_again_and_again(folder: Path, count: int, kills: int, seed: int) -> Outcome:
    """Tell so many alarms while the hub is killed so often, until all went on.

    Raises:
        TimeoutError: If they are told no more.
    """
    asyncio.run(begin(folder))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    rng = random.Random(seed)
    alarms = [f"a{number}" for number in range(count)]
    for number in range(kills + 1):
        # The device has an outbox: what was not acked it sends again.
        kept = set(_lines(folder / "kept"))
        unacked = [each for each in alarms if each not in kept]
        process = context.Process(target=work, args=(folder, number, unacked))
        process.start()
        try:
            if number < kills:
                time.sleep(rng.uniform(*LIFE_S))
            else:
                _wait_until_all_went_on(folder, alarms)
        finally:
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
    return _outcome(folder, alarms, kills)


def _told_by(folder: Path) -> dict[str, list[tuple[int, int]]]:
    """By alarm: each step that was told, and by which process."""
    found = defaultdict(list)
    for line in _lines(folder / "told"):
        alarm, step, number = line.split()
        found[alarm].append((int(step), int(number)))
    return found


def _wait_until_all_went_on(folder: Path, alarms: Sequence[str]) -> None:
    """Until each has got two steps further than at the last kill."""
    before = {
        alarm: len({step for step, _ in steps})
        for alarm, steps in _told_by(folder).items()
    }
    give_up = time.monotonic() + 240
    while time.monotonic() < give_up:
        told = _told_by(folder)
        if all(
            len({step for step, _ in told[alarm]}) >= before.get(alarm, 0) + 2
            for alarm in alarms
        ):
            return
        time.sleep(0.05)
    raise TimeoutError("alarms are told no more")


def _outcome(folder: Path, alarms: Sequence[str], kills: int) -> Outcome:
    told = _told_by(folder)
    lost = []
    doubles: Counter[int] = Counter()
    for alarm in alarms:
        steps = told.get(alarm, [])
        done = {step for step, _ in steps}
        if not done or done != set(range(len(done))):
            lost.append(alarm)
        last: dict[int, int] = {}
        for step, number in steps:
            if step in last:
                doubles[last[step]] += 1
            last[step] = number
    return Outcome(kills, tuple(lost), sum(map(len, told.values())), doubles)
