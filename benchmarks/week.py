"""How long a week of check-ins takes on the virtual clock.

Run from the checkout: python -m benchmarks.week [--json]

The baseline is the same week without check-ins, in the same run: what the clock,
the screen and the daily rhythm take by themselves.
"""

import argparse
import dataclasses
import json
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from companion.settings import CheckInSettings, Settings
from tests.stories.person import Answers, living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run

START = datetime(2026, 3, 23, 8, 55, tzinfo=AMSTERDAM)
RUNS = 5


def week_s(settings: Settings) -> float:
    """Live through a week; returns the processor time, in seconds."""

    async def story(folder: Path) -> None:
        async with living(folder, START, Answers({}), settings=settings) as home:
            await home.until(START + timedelta(days=7))

    with tempfile.TemporaryDirectory() as folder:
        begun_s = time.process_time()
        run(story(Path(folder)), VirtualLoop())
        return time.process_time() - begun_s


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    asking = Settings()
    silent = dataclasses.replace(asking, checkin=CheckInSettings(is_on=False))
    first_s = week_s(asking)
    figures = {
        "first_week_s": first_s,
        "week_s": min(week_s(asking) for _ in range(RUNS)),
        "week_without_check_ins_s": min(week_s(silent) for _ in range(RUNS)),
    }
    figures["ratio"] = figures["week_s"] / figures["week_without_check_ins_s"]
    if as_json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        print(f"{name:26} {figure:6.2f}")


if __name__ == "__main__":
    main()
