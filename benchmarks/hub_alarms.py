"""Kills a hub again and again while it tells alarms; counts what was lost or doubled.

    python -m benchmarks.hub_alarms [--alarms 300] [--kills 200] [--seed 1]
                                    [--only kills|late] [--json]

Killed with SIGKILL at a moment drawn by chance; the clock of the ladder goes 400 times
as fast. After the last kill all alarms must go on two steps. Then, with nobody killed
and on the real clock: how late the second step of a ladder is told, and how soon the
last of many alarms that come at one moment. The end is 1 if an alarm was lost, or a
kill doubled more than one. Some three minutes each.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from calls.call_messages import RingsBy
from calls.hub.alarms import (
    JOB,
    PUSH_ANSWERED_WITHIN_S,
    Alarms,
    News,
    Told,
    wait_s,
)
from calls.hub.jobs import Jobs, Worker
from calls.hub.store import open_store
from calls.messages import Alarm
from tests.calls.hub.killing import MEMBERS, begin, kill_again_and_again

LATE_ALARMS = 20
LATE_EVERY_S = 0.7
AT_ONCE = 100

LADDER_S = PUSH_ANSWERED_WITHIN_S + 10.0
"""Until the second step of the last one was told."""

PUSH_TAKES_S = 0.05
"""What a push service in Europe takes to answer."""


@dataclass(slots=True)
class Punctual:
    """Tells alarms, and notes when, in seconds that everybody has."""

    due_s: dict[tuple[str, int], float] = field(default_factory=dict)
    late_s: list[float] = field(default_factory=list)

    async def changed(self, _: str) -> None:
        """Nobody is connected."""

    async def tell(self, way: RingsBy, news: News) -> Told:
        """Takes as long as a push."""
        due_s = self.due_s.pop((news.alarm, news.step), None)
        if due_s is not None:
            self.late_s.append(time.time() - due_s)
        await asyncio.sleep(PUSH_TAKES_S)
        wait = wait_s(news.step, len(MEMBERS), Told.SENT)
        self.due_s[news.alarm, news.step + 1] = time.time() + wait
        return Told.SENT

    async def run(
        self, folder: Path, count: int, every_s: float, seconds: float
    ) -> None:
        """Tell so many, each so much later than the one before, for so long."""
        await begin(folder)
        store = await open_store(folder / "hub.db", datetime.now(UTC))
        jobs = Jobs(store, time.time)
        alarms = Alarms(
            store, jobs, time.time, self, self.changed, lambda: worker.wake()
        )
        worker = Worker(jobs, {JOB: alarms.escalate}, time.time)
        running = asyncio.create_task(worker.run())
        for number in range(count):
            key = f"a{number}"
            alarm = Alarm(f"i-{key}", key, "missed_check_in", 0.0, MEMBERS)
            self.due_s[key, 0] = time.time()
            await alarms.keep("home", alarm)
            await asyncio.sleep(every_s)
        await asyncio.sleep(seconds)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await store.close()


def kills(count: int, times: int, number: int) -> dict[str, float]:
    """What a hub that is killed loses, and tells twice."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = kill_again_and_again(Path(folder), count, times, number)
    return {
        "alarms": count,
        "kills": outcome.kills,
        "lost": len(outcome.lost),
        "told": outcome.told,
        "doubles": outcome.doubles.total(),
        "most_doubles_of_a_kill": outcome.most_doubles,
    }


def lateness() -> dict[str, float]:
    """How late steps are told, in seconds."""
    second, crowd = Punctual(), Punctual()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(second.run(Path(folder), LATE_ALARMS, LATE_EVERY_S, LADDER_S))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(crowd.run(Path(folder), AT_ONCE, 0.0, 0.15 * AT_ONCE))
    return {
        "steps": len(second.late_s),
        "late_s_median": round(statistics.median(second.late_s), 3),
        "late_s_most": round(max(second.late_s), 3),
        "at_once": AT_ONCE,
        "at_once_last_s": round(sorted(crowd.late_s)[AT_ONCE - 1], 3),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill, count, tell; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alarms", type=int, default=300)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("kills", "late"))
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    found: dict[str, float] = {}
    if chosen.only != "late":
        found |= kills(chosen.alarms, chosen.kills, chosen.seed)
    if chosen.only != "kills":
        found |= lateness()
    if chosen.json:
        print(json.dumps(found))
    else:
        print("\n".join(f"{name:<24} {value}" for name, value in found.items()))
    is_broken = found.get("lost", 0) > 0 or found.get("most_doubles_of_a_kill", 0) > 1
    return int(is_broken)


if __name__ == "__main__":
    sys.exit(main())
