"""What the tests of importers share: a context, and files out of texts."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from companion.activities.problems import Outcome, Reason
from companion.activities.reading import Context, Importer, Read, Today
from companion.activities.record import Activity
from companion.activities.when import Occurrence

ZONE = "Europe/Amsterdam"
AMSTERDAM = ZoneInfo(ZONE)
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 12, tzinfo=AMSTERDAM)
CONTEXT = Context("Voorbeelddorp", "CC0-1.0", ZONE, Today(TODAY))


def wall(text: str) -> datetime:
    """A moment on a wall clock, without a zone."""
    return datetime.fromisoformat(text)


def read(importer: Importer, folder: Path, content: str | bytes) -> list[Read]:
    """Everything that an importer finds in a text."""
    path = folder / "source"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(importer(path, CONTEXT))


def activities(reads: Iterable[Read]) -> list[Activity]:
    return [it.activity for it in reads if it.activity is not None]


def only(reads: Iterable[Read]) -> Activity:
    (activity,) = activities(reads)
    return activity


def noted(reads: Iterable[Read], outcome: Outcome | None = None) -> list[Reason]:
    """The reasons of all problems, or of those of one outcome."""
    return [
        problem.reason
        for it in reads
        for problem in it.problems
        if outcome is None or problem.outcome is outcome
    ]


def set_aside(reads: Iterable[Read]) -> list[Reason]:
    return noted(reads, Outcome.SET_ASIDE)


def starts(activity: Activity, since: date, until: date) -> list[str]:
    """When it takes place, on the wall clock of Amsterdam."""
    return [
        f"{it.start.astimezone(AMSTERDAM):%Y-%m-%d %H:%M}"
        for it in occurrences(activity, since, until)
    ]


def occurrences(activity: Activity, since: date, until: date) -> list[Occurrence]:
    low = datetime(since.year, since.month, since.day, tzinfo=AMSTERDAM)
    high = datetime(until.year, until.month, until.day, tzinfo=AMSTERDAM)
    return [it for times in activity.times for it in times.occurrences(low, high)]
