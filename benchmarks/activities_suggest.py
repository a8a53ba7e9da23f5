"""How long a suggestion takes, as the social map grows.

    python -m benchmarks.activities_suggest [--counts 1000,100000] [--json]
        [--plot FILE.svg]

The records are those of the made-up village over and over, with other names: a village
of some 250 records every few kilometres ("country"), and all of them in one town of
three kilometres across ("town"), which is the worst that can be. Each map is measured
in a process of its own, which tells the most memory of making the index and of asking.

"scan" is what nobody could do without: reading every record in Python and ranking it
with the same code, with nothing kept in between; "held" the same with every candidate
already in memory. "as scan" tells how often the two things from the index have
as many points together as those of the scan, which looks at all; "lost" how many points
they have less on average where they do not. Some 12 minutes for all.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from math import log10
from pathlib import Path
from zoneinfo import ZoneInfo

from companion.activities.candidates import Candidate, candidate_of
from companion.activities.catalogue import Catalogue, Source, open_catalogue
from companion.activities.histories import look_back
from companion.activities.limits import Request
from companion.activities.ranking import AHEAD, Ranked, rank
from companion.activities.reading import Read
from companion.activities.record import Activity, Category
from companion.activities.suggesting import Wish
from companion.activities.tastes import (
    Aid,
    Home,
    Opinion,
    OpinionKind,
    PartOfDay,
    Tastes,
)
from companion.activities.upcoming import Suggester, choose
from companion.activities.upcoming_index import Index, build, index_path
from companion.activities.whereabouts import Whereabouts

COUNTS = (1_000, 10_000, 100_000)
LAYOUTS = ("country", "town")
PROMISED_MS, PROMISED_MB = 50.0, 100.0
QUESTIONS, EACH_HOME = 60, 6
COMPARED = 12

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 11, 22, 10, tzinfo=ZONE)
EACH_VILLAGE = 250
# South-west and north-east of where people live, in degrees.
COUNTRY = ((51.4, 4.4), (53.1, 6.8))
TOWN = ((52.53, 5.18), (52.56, 5.22))


@dataclass(frozen=True, slots=True)
class Figures:
    """What one map took.

    Attributes:
        layout: How its records lie.
        count: Records in it.
        index_s: Making the index, in seconds on the wall.
        index_mb: The most memory of the process that made it, in MB of 2**20 bytes.
        file_mb: Size of the index, in MB of 10**6 bytes.
        cold_ms: The first question of a process, with opening all.
        half_ms: Half of the next questions take less.
        most_ms: Of twenty, nineteen take less.
        worst_ms: The longest of them.
        ask_mb: How much more memory asking took, at most.
        scan_s: One question by reading every record.
        held_s: One question with every candidate in memory.
        as_scan: Of a hundred questions, how many are answered as well.
        lost: Points less where they are not, on average.
    """

    layout: str
    count: int
    index_s: float
    index_mb: float
    file_mb: float
    cold_ms: float
    half_ms: float
    most_ms: float
    worst_ms: float
    ask_mb: float
    scan_s: float
    held_s: float
    as_scan: float
    lost: float


# -- maps -----------------------------------------------------------------------------


def village() -> list[Activity]:
    """The records of the made-up village."""
    # Here, since what writes workbooks takes memory, which is measured elsewhere.
    from companion.activities.example.making import write_example
    from companion.activities.importing import Wanted, import_file

    with tempfile.TemporaryDirectory() as folder:
        with open_catalogue(Path(folder) / "map.db", NOW) as catalogue:
            for path in write_example(Path(folder), NOW.date()):
                wanted = Wanted(path.name, str(path), "CC0")
                import_file(catalogue, path, wanted, NOW, str(ZONE))
            return [it.activity for it in catalogue.records()]


def activities(layout: str, count: int) -> Iterator[Read]:
    """As many records as are wanted, no two the same."""
    chance = random.Random(count)
    (south, west), (north, east) = COUNTRY if layout == "country" else TOWN
    known = village()
    middle = (south, west)
    for number in range(count):
        if layout == "town" or number % EACH_VILLAGE == 0:
            middle = chance.uniform(south, north), chance.uniform(west, east)
        it = known[number % len(known)]
        place = it.place
        if place.latitude is not None and place.longitude is not None:
            spread = 0.01 if layout == "country" else 0.0
            place = replace(
                place,
                address=f"Straat {number}",
                latitude=middle[0] + chance.uniform(-spread, spread),
                longitude=middle[1] + chance.uniform(-spread, spread),
                postcode=f"{1000 + number // 100 % 9000} AB",
            )
        made = replace(
            it,
            id=str(number),
            source="map",
            title=f"{it.title} {number}",
            organisation=f"{it.organisation} {number % 997}",
            place=place,
        )
        yield Read(made, (), number)


def make(folder: Path, layout: str, count: int) -> Path:
    """A catalogue of such records."""
    path = folder / "activities.db"
    with open_catalogue(path, NOW) as catalogue:
        reads = activities(layout, count)
        catalogue.take_in(Source("map", "map"), reads, NOW, is_trial=False)
    return path


# -- questions ----------------------------------------------------------------------


def questions(path: Path, number: int) -> list[Request]:
    """People of all kinds, at home near one of the records."""
    index = Index(index_path(path))
    homes = index.connection.execute(
        "SELECT latitude, longitude FROM thing WHERE latitude NOT NULL LIMIT 5000"
    ).fetchall()
    index.close()
    chance = random.Random(number)
    return [_question(chance, homes) for _ in range(number)]


def _question(chance: random.Random, homes: Sequence[tuple[float, float]]) -> Request:
    latitude, longitude = chance.choice(homes)
    tastes = Tastes(
        home=Home(latitude, longitude),
        walks_m=chance.choice((None, None, 400, 1_000, 3_000)),
        aid=chance.choice((Aid.NONE, Aid.NONE, Aid.ROLLATOR, Aid.WHEELCHAIR)),
        parts=chance.choice((frozenset(), frozenset({PartOfDay.AFTERNOON}))),
        most_cents=chance.choice((None, None, 500)),
        wants_company=chance.choice((None, True)),
        languages=chance.choice((("nl",), ("nl",), ("tr", "nl"))),
    )
    for category in chance.sample(tuple(Category), chance.randrange(4)):
        tastes = tastes.liking(category)
    wish = chance.choice(
        (
            Wish(),
            Wish(),
            Wish(is_near=True),
            Wish(is_free=True),
            Wish(days=((NOW + timedelta(days=2)).date(),)),
            Wish(categories=frozenset({Category.MUSIC})),
        )
    )
    history = look_back(_opinions(chance), NOW)
    return Request(tastes, history, NOW, wish)


def _opinions(chance: random.Random) -> list[Opinion]:
    return [
        Opinion(
            "map",
            str(chance.randrange(1_000)),
            chance.choice(tuple(OpinionKind)),
            NOW - timedelta(days=chance.randrange(1, 90)),
            category=chance.choice(tuple(Category)),
        )
        for _ in range(chance.randrange(30))
    ]


# -- measuring ------------------------------------------------------------------------


def peak_mb() -> float:
    """The most memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_index(path: Path) -> dict[str, float]:
    """Make the index, in this process."""
    with open_catalogue(path, NOW) as catalogue:
        began_s = time.perf_counter()
        build(catalogue, NOW)
        index_s = time.perf_counter() - began_s
    file_mb = index_path(path).stat().st_size / 1e6
    return {"index_s": index_s, "index_mb": peak_mb(), "file_mb": file_mb}


class _Person:
    """Remembers what a question says, and has a clock that stands still."""

    def __init__(self, request: Request) -> None:
        self.request = request

    async def tastes(self) -> Tastes:
        """As the question says."""
        return self.request.tastes

    async def opinions(self) -> Sequence[Opinion]:
        """As the question says."""
        return [it for found in self.request.history.by_key.values() for it in found]

    def now(self) -> datetime:
        """Always the same."""
        return NOW


async def measure_asking(path: Path) -> dict[str, float]:
    """Ask, in this process, which did nothing else before."""
    requests = questions(path, QUESTIONS)
    took_ms = []
    before_mb = peak_mb()
    for number, request in enumerate(requests):
        if number % EACH_HOME == 0:
            # Another home, whose first question opens the files again.
            person, home = _Person(request), request.tastes.home
            assert home is not None
            where = Whereabouts(latitude=home.latitude, longitude=home.longitude)
            suggester = Suggester(path, person, person, where)
        person.request = request
        began_s = time.perf_counter()
        await suggester.suggest(request.wish)
        took_ms.append(1000 * (time.perf_counter() - began_s))
    warm = sorted(took_ms[1:])
    return {
        "cold_ms": took_ms[0],
        "half_ms": statistics.median(warm),
        "most_ms": warm[int(0.95 * len(warm))],
        "worst_ms": warm[-1],
        "ask_mb": peak_mb() - before_mb,
    }


def measure_scan(path: Path) -> dict[str, float]:
    """Ask by looking at all, and compare."""
    requests = questions(path, COMPARED)
    with open_catalogue(path, NOW) as catalogue:
        began_s = time.perf_counter()
        rank(_candidates(catalogue), requests[0])
        scan_s = time.perf_counter() - began_s
        held = list(_candidates(catalogue))
    index = Index(index_path(path))
    held_s, missed = [], []
    for request in requests:
        began_s = time.perf_counter()
        best = rank(held, request)
        held_s.append(time.perf_counter() - began_s)
        missed.append(_points(best) - _points(choose(index, request)))
    index.close()
    worse = [it for it in missed if it > 0]
    return {
        "scan_s": scan_s,
        "held_s": statistics.median(held_s),
        "as_scan": 100 * (len(missed) - len(worse)) / len(missed),
        "lost": statistics.mean(worse) if worse else 0.0,
    }


def _candidates(catalogue: Catalogue) -> Iterator[Candidate]:
    since = NOW.replace(hour=0)
    read_on = NOW.date()
    for it in catalogue.records():
        yield candidate_of(it.activity, since, NOW + AHEAD, it.sources, read_on)


def _points(ranked: Ranked) -> int:
    return sum(it.points for it in ranked.choices)


def measure_apart(layout: str, count: int) -> Figures:
    """Make a map, and have other processes ask it."""
    with tempfile.TemporaryDirectory() as folder:
        path = make(Path(folder), layout, count)
        found: dict[str, float] = {}
        for step in ("index", "ask", "scan"):
            command = [sys.executable, "-m", __spec__.name]
            command += ["--one", step, str(path)]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            found |= json.loads(done.stdout)
    return Figures(layout=layout, count=count, **found)


# -- telling -----------------------------------------------------------------------


def table(found: Sequence[Figures]) -> list[str]:
    """Lines for people."""
    lines = [
        f"{'layout':9}{'records':>9}{'index s':>9}{'MB':>6}{'file MB':>9}"
        f"{'cold ms':>9}{'half ms':>9}{'95% ms':>8}{'worst':>7}{'MB':>6}"
        f"{'scan s':>8}{'held s':>8}{'as scan':>9}{'lost':>6}"
    ]
    for it in found:
        lines.append(
            f"{it.layout:9}{it.count:>9,}{it.index_s:>9.1f}{it.index_mb:>6.0f}"
            f"{it.file_mb:>9.1f}{it.cold_ms:>9.1f}{it.half_ms:>9.1f}{it.most_ms:>8.1f}"
            f"{it.worst_ms:>7.1f}{it.ask_mb:>6.0f}{it.scan_s:>8.1f}{it.held_s:>8.2f}"
            f"{it.as_scan:>8.0f}%{it.lost:>6.1f}"
        )
    for layout in dict.fromkeys(it.layout for it in found):
        of_layout = [it for it in found if it.layout == layout]
        first, last = of_layout[0], of_layout[-1]
        if first is not last:
            lines.append(
                f"{layout}: {last.count / first.count:,.0f} times the records take"
                f" {last.half_ms / first.half_ms:.1f} times as long"
            )
    lines.append(f"promised: {PROMISED_MS:.0f} ms and {PROMISED_MB:.0f} MB to make it")
    return lines


def bars(found: Sequence[Figures]) -> list[str]:
    """Lines that show the growth: a mark for each tenth of a decade from 1 ms."""
    lines = []
    for it in found:
        for name, ms in (("index", it.half_ms), ("scan", 1000 * it.scan_s)):
            length = max(1, round(10 * _decades(ms)))
            lines.append(f"{it.layout:8}{it.count:>8,} {name:6}{'#' * length} {ms:.0f}")
    return lines


def _decades(ms: float) -> float:
    return log10(max(ms, 1.0))


def plot(found: Sequence[Figures], file: Path) -> None:
    """Draw the time of a question by number of records."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for number, layout in enumerate(dict.fromkeys(it.layout for it in found)):
        of_layout = [it for it in found if it.layout == layout]
        counts = [it.count for it in of_layout]
        colour = f"C{number}"
        half = [it.half_ms for it in of_layout]
        axes.loglog(counts, half, "o-", color=colour, label=layout)
        scan = [1000 * it.scan_s for it in of_layout]
        axes.loglog(counts, scan, ":", color=colour)
    axes.plot([COUNTS[-1]], [PROMISED_MS], "kv")
    axes.set_ylabel("ms; dotted: plain scan; triangle: promised")
    axes.set_xlabel("records")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(file)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", default=",".join(map(str, COUNTS)))
    parser.add_argument("--layout", action="append", choices=LAYOUTS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path, help="a picture, .svg or .png")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        step, path = chosen.one
        print(json.dumps(_one(step, Path(path))))
        return 0
    load = os.getloadavg()[0]
    found = []
    for layout in chosen.layout or LAYOUTS:
        for count in chosen.counts.split(","):
            sys.stderr.write(f"{layout} {int(count):,}\n")
            found.append(measure_apart(layout, int(count)))
    if chosen.plot is not None:
        plot(found, chosen.plot)
    if chosen.json:
        print(
            json.dumps({"load": load, "maps": [asdict(it) for it in found]}, indent=1)
        )
        return 0
    print(f"load {load:.1f} at the start")
    print("\n".join([*table(found), *bars(found)]))
    return 0


def _one(step: str, path: Path) -> dict[str, float]:
    match step:
        case "index":
            return measure_index(path)
        case "ask":
            return asyncio.run(measure_asking(path))
        case _:
            return measure_scan(path)


if __name__ == "__main__":
    sys.exit(main())
