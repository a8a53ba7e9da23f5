"""Kills a device and its hub again and again while check-ins are missed.

    python -m benchmarks.device_alarms [--alarms 200] [--kills 60] [--seed 1] [--json]

Killed with SIGKILL at a moment drawn by chance: the device, the hub, or both. What
either promised before (an alarm will be told, it is over, somebody takes care) must be
known to both in the end. The end is 1 if it is not. Some forty seconds.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.companion.alarm_killing import kill_again_and_again


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill, compare, tell; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alarms", type=int, default=200)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        outcome = kill_again_and_again(
            Path(folder), chosen.alarms, chosen.kills, chosen.seed
        )
    found = asdict(outcome)
    if chosen.json:
        print(json.dumps(found))
    else:
        print("\n".join(f"{name:<8} {value}" for name, value in found.items()))
    return int(bool(outcome.wrong))


if __name__ == "__main__":
    sys.exit(main())
