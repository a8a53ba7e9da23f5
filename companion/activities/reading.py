"""What every importer is told, and what it gives."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from companion.activities.problems import Outcome, Problem, Reason, shorten
from companion.activities.record import Activity


class Today:
    """The day on which a source is read, and until when it would be read the same.

    What makes a difference between days is asked here and nowhere else, so that it is
    known on which day the same file begins to say something else.
    """

    def __init__(self, day: date) -> None:
        """Begin with nothing asked.

        Args:
            day: On the wall calendar of the zone of the source.
        """
        self._day = day
        # Which years can be meant is another matter each year.
        self._same_until = date(day.year, 12, 31)

    @property
    def same_until(self) -> date:
        """The last day on which all answers are the same."""
        return self._same_until

    @property
    def year(self) -> int:
        """On the calendar."""
        return self._day.year

    def is_past(self, day: date) -> bool:
        """Whether it is over on this day."""
        if day >= self._day:
            self._same_until = min(self._same_until, day)
        return day < self._day

    def is_ahead(self, day: date) -> bool:
        """Whether this day is still to come."""
        if day > self._day:
            self._same_until = min(self._same_until, day - timedelta(days=1))
        return day > self._day


@dataclass(frozen=True, slots=True)
class Context:
    """What is known about a source before it is read.

    Attributes:
        source: Its name.
        licence: Where a record does not name its own.
        zone: IANA name of the zone that is meant where a source names none.
        today: When it is read.
    """

    source: str
    licence: str
    zone: str
    today: Today


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
