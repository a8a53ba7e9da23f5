"""Asks a hub thousands of things that its own description makes up, right and wrong.

    python -m benchmarks.hub_fuzz [--cases 5000] [--seed 1] [--json]

A hub with all its routes runs in this process on a loopback address. Each answer must
be one that the description allows, and none an error of the server; the end is 1
otherwise. About a minute for 1,000 cases.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from calls.hub.signalling import signalling
from tests.calls.hub.fuzzing import Outcome, fuzz

PROMISED_CASES = 5_000

# Few of each in a round: chance mixes who is logged in and what was done before.
EACH = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, tell, and end with 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=PROMISED_CASES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        outcome = fuzz(Path(folder), [signalling()], chosen.cases, EACH, chosen.seed)
    took_s = time.monotonic() - began
    if chosen.json:
        print(json.dumps(as_json(outcome, took_s)))
    else:
        print("\n".join(lines(outcome, took_s)))
    return int(bool(outcome.problems or outcome.server_errors))


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
