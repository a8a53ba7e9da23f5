"""Asks a hub thousands of things, right and wrong, by HTTP and over its WebSockets.

    python -m benchmarks.hub_fuzz [--cases 5000] [--frames 20000] [--seed 1]
                                  [--only http|frames] [--json]

A hub with all its routes runs in this process on a loopback address. Requests are made
up from its own description: each answer must be one that the description allows, and
none an error of the server. Frames come from a device and a page that are let in, good
ones of the wrong kind, odd ones and nonsense, while others call each other: no call of
theirs may fail, and the hub logs no error. The end is 1 otherwise. About a minute for
1,000 cases, and for 20,000 frames.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from calls.hub.signalling import signalling
from tests.calls.hub.chaos import Storm, storm
from tests.calls.hub.fuzzing import Outcome, fuzz

PROMISED_CASES = 5_000
FRAMES = 20_000

# Few of each in a round: chance mixes who is logged in and what was done before.
EACH = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, tell, and end with 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=PROMISED_CASES)
    parser.add_argument("--frames", type=int, default=FRAMES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("http", "frames"))
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    found: dict[str, object] = {}
    said: list[str] = []
    is_wrong = False
    if chosen.only != "frames":
        outcome, took_s = ask(chosen.cases, chosen.seed)
        found |= as_json(outcome, took_s)
        said += lines(outcome, took_s)
        is_wrong = bool(outcome.problems or outcome.server_errors)
    if chosen.only != "http":
        raged = rage(chosen.frames, chosen.seed)
        found |= {"frames": asdict(raged)}
        said.append(
            f"{raged.frames} frames, {len(raged.errors)} errors of the hub, "
            f"{raged.calls} calls of others meanwhile"
        )
        said += raged.errors[:20]
        is_wrong = is_wrong or bool(raged.errors)
    print(json.dumps(found) if chosen.json else "\n".join(said))
    return int(is_wrong)


def ask(cases: int, number: int) -> tuple[Outcome, float]:
    """By HTTP; how long it took, in seconds."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        outcome = fuzz(Path(folder), [signalling()], cases, EACH, number)
    return outcome, time.monotonic() - began


def rage(frames: int, number: int) -> Storm:
    """Over WebSockets."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(storm(Path(folder), frames, number))


def as_json(outcome: Outcome, took_s: float) -> dict[str, object]:
    """What machines read."""
    return {
        "cases": outcome.cases,
        "server_errors": outcome.server_errors,
        "problems": outcome.problems,
        "seconds": round(took_s, 1),
        "statuses": {
            f"{method} {path} {status}": count
            for (method, path, status), count in sorted(outcome.statuses.items())
        },
    }


def lines(outcome: Outcome, took_s: float) -> list[str]:
    """What people read."""
    by_path: dict[str, list[str]] = {}
    for (method, path, status), count in sorted(outcome.statuses.items()):
        by_path.setdefault(f"{method} {path}", []).append(f"{status}: {count}")
    return [
        *(f"{name:<40} {', '.join(counts)}" for name, counts in by_path.items()),
        f"{outcome.cases} cases in {took_s:.0f} s, "
        f"{outcome.server_errors} server errors, "
        f"{len(outcome.problems)} answers beside the description",
        *outcome.problems[:20],
    ]


if __name__ == "__main__":
    sys.exit(main())
