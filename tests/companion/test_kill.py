"""Killed at any moment: nothing acknowledged is lost, and it starts again."""

import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from companion.store import open_store

KILLS = 100

# Answers as fast as it can, and tells each one that `record` has returned from.
CHILD = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from companion.journal import Answer, Journal
from companion.store import open_store
from companion.understanding.intents import Intent

async def main(path, first):
    journal = Journal(open_store(path, datetime.now(UTC)))
    if journal._store.was_damaged:
        raise SystemExit("damaged")
    day = datetime.now(UTC)
    checkin = await journal.begin_checkin(day.date(), day)
    sys.stdout.write("ready\\n")
    sys.stdout.flush()
    number = first
    while True:
        at = datetime.fromtimestamp(number, UTC)
        await journal.record(
            Answer("kill", Intent.NUMBER, number, 1.0, None, at, checkin)
        )
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()
        number += 1

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""


def run_until_killed(path: Path, first: int, after: int) -> list[int]:
    """Kill a child after so many acknowledgements; returns all it gave."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), str(first)],
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        told = [child.stdout.readline() for _ in range(after)]
        child.kill()
        # What was under way when the signal came was acknowledged too.
        told += child.stdout.readlines()
    # The last line may be torn; a torn one was not told.
    return [int(line) for line in told if line.endswith("\n")]


def test_a_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    chance = random.Random(20261122)
    acknowledged: list[int] = []
    for _ in range(KILLS):
        first = acknowledged[-1] + 100 if acknowledged else 1
        acknowledged += run_until_killed(path, first, after=chance.randrange(1, 12))

        store = open_store(path, datetime.now(UTC))
        assert store.was_damaged is None
        kept = {int(row.value or 0) for row in store.answers(0, 1e9)}
        store.close()
        assert kept.issuperset(acknowledged)
        # At most the one answer that was under way may be there beyond.
        assert len(kept) - len(acknowledged) <= KILLS
    assert len(acknowledged) > KILLS
