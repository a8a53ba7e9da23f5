"""What every importer is told, and what it gives."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from companion.activities.problems import Outcome, Problem, Reason, shorten
from companion.activities.record import Activity


@dataclass(frozen=True, slots=True)
class Context:
    """What is known about a source before it is read.

    Attributes:
        source: Its name.
        licence: Where a record does not name its own.
        zone: IANA name of the zone that is meant where a source names none.
        today: On the wall calendar of that zone.
    """

    source: str
    licence: str
    zone: str
    today: date


@dataclass(frozen=True, slots=True)
class Read:
    """One record of a source.

    Attributes:
        activity: None if it was set aside.
        problems: Everything that was found out about it.
        line: On which it begins; None where lines mean nothing.
    """

    activity: Activity | None
    problems: tuple[Problem, ...] = ()
    line: int | None = None


Importer = Callable[[Path, Context], Iterator[Read]]
"""Reads one file, record by record, and raises nothing but what is below."""


class NotRead(Exception):
    """The file is not of this form, or cannot be read at all.

    Attributes:
        problem: Why, for the table.
    """

    def __init__(self, reason: Reason, found: object = "") -> None:
        super().__init__(reason)
        self.problem = Problem(reason, Outcome.SET_ASIDE, found=shorten(found))


def about_file(
    reason: Reason, outcome: Outcome, line: int | None = None, **facts: object
) -> Read:
    """Something about the file, or a part of it that is no record."""
    texts = {name: shorten(value) for name, value in facts.items()}
    return Read(None, (Problem(reason, outcome, line, **texts),))
