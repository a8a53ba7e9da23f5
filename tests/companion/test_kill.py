"""Killed at any moment: nothing acknowledged is lost, and it starts again."""

import os
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from companion.store import open_store

KILLS = 100

# Loads the program once, which takes half a second, and gives birth to a device for
# each line: the journal, its first answer, and where to tell. A device answers as fast
# as it can, and tells each answer that `record` has returned from.
PARENT = """
import asyncio, os, sys
from datetime import UTC, datetime
from pathlib import Path
from companion.journal import Answer, Journal
from companion.store import open_store
from companion.understanding.intents import Intent

async def live(path, first, told):
    journal = Journal(open_store(path, datetime.now(UTC)))
    if journal._store.was_damaged:
        raise SystemExit("damaged")
    day = datetime.now(UTC)
    checkin = await journal.begin_checkin(day.date(), day)
    print(os.getpid(), file=told, flush=True)
    number = first
    while True:
        at = datetime.fromtimestamp(number, UTC)
        await journal.record(
            Answer("kill", Intent.NUMBER, number, 1.0, None, at, checkin)
        )
        print(number, file=told, flush=True)
        number += 1

for line in sys.stdin:
    path, first, pipe = line.split()
    child = os.fork()
    if child == 0:
        asyncio.run(live(Path(path), int(first), open(pipe, "w")))
    os.waitpid(child, 0)
    print("gone", flush=True)
"""


def run_until_killed(
    parent: subprocess.Popen[str], path: Path, first: int, after: int
) -> list[int]:
    """Kill a device after so many acknowledgements; returns all it gave."""
    assert parent.stdin is not None and parent.stdout is not None
    pipe = path.with_name("told")
    print(path, first, pipe, file=parent.stdin, flush=True)
    with pipe.open() as told:
        pid = int(told.readline())
        lines = [told.readline() for _ in range(after)]
        os.kill(pid, signal.SIGKILL)
        # What was under way when the signal came was acknowledged too.
        lines += told.readlines()
    assert parent.stdout.readline() == "gone\n"
    # The last line may be torn; a torn one was not told.
    return [int(line) for line in lines if line.endswith("\n")]


def test_a_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    chance = random.Random(20261122)
    acknowledged: list[int] = []
    os.mkfifo(path.with_name("told"))
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        for _ in range(KILLS):
            first = acknowledged[-1] + 100 if acknowledged else 1
            acknowledged += run_until_killed(
                parent, path, first, after=chance.randrange(1, 12)
            )
            store = open_store(path, datetime.now(UTC))
            assert store.was_damaged is None
            kept = {int(row.value or 0) for row in store.answers(0, 1e9)}
            store.close()
            assert kept.issuperset(acknowledged)
            # At most the one answer that was under way may be there beyond.
            assert len(kept) - len(acknowledged) <= KILLS
    assert len(acknowledged) > KILLS
