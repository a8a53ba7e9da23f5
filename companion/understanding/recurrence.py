"""What happens again and again: "elke dinsdag", "om de week", "elke derde dinsdag".

`Recurrence` is what people say; its `rule` is what calendars write down (RFC 5545,
3.3.10). A calendar can mean more than anybody says: `read_rule` returns None then.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from dateutil.rrule import rrule, rruleset, rrulestr

_CODES: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

# Every month has a 28th; a later day is the last of the month in a shorter one.
_IN_EVERY_MONTH: Final = 28

# "Om de honderd jaar" is misheard.
MOST_INTERVAL: Final = 99

LAST: Final = -1


class Every(StrEnum):
    """The unit of a recurrence; the values are those of RFC 5545."""

    DAY = "DAILY"
    WEEK = "WEEKLY"
    MONTH = "MONTHLY"
    YEAR = "YEARLY"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How something comes back.

    Attributes:
        every: The unit.
        interval: So many units lie between; 2 for "om de week".
        weekdays: 0 for Monday; of a week, or with `nth` the one of a month. Empty: as
            the first day.
        nth: Which of those weekdays in a month, from 1; `LAST` for the last one.
        month_day: Day of the month, or `LAST`; 0: as the first day.
        until: The last day that it may fall on; None: without end.
    """

    every: Every
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    nth: int = 0
    month_day: int = 0
    until: date | None = None

    @property
    def rule(self) -> str:
        """The value of RRULE, without the first day."""
        parts = [f"FREQ={self.every.value}"]
        if self.interval > 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.weekdays:
            nth = str(self.nth) if self.nth else ""
            days = (nth + _CODES[weekday] for weekday in self.weekdays)
            parts.append(f"BYDAY={','.join(days)}")
        if self.month_day > _IN_EVERY_MONTH:
            days = (str(d) for d in range(_IN_EVERY_MONTH, self.month_day + 1))
            parts += [f"BYMONTHDAY={','.join(days)}", "BYSETPOS=-1"]
        elif self.month_day:
            parts.append(f"BYMONTHDAY={self.month_day}")
        if self.until is not None:
            parts.append(f"UNTIL={self.until:%Y%m%d}T235959")
        return ";".join(parts)

    def first(self, since: date) -> date:
        """The first day from `since` on, if it began no earlier than that day.

        Raises:
            ValueError: If there is none, such as after its end.
        """
        start = datetime.combine(since, time.min)
        # Of every other week the first is the next, however much is left of this one.
        each = replace(self, interval=1) if self.every is Every.WEEK else self
        found = _read(each.rule, start).after(start, inc=True)
        if found is None:
            raise ValueError("it never happens")
        return found.date()


def read_rule(rule: str) -> Recurrence | None:
    """The recurrence that a calendar wrote down; None if nobody would say it so."""
    parts = dict(part.split("=", 1) for part in rule.split(";") if "=" in part)
    try:
        every = Every(parts.pop("FREQ"))
        interval = int(parts.pop("INTERVAL", "1"))
        weekdays, nth = _read_days(parts.pop("BYDAY", ""))
        position = parts.pop("BYSETPOS", "")
        month_days = [int(day) for day in parts.pop("BYMONTHDAY", "0").split(",")]
        until = parts.pop("UNTIL", "")
        parts.pop("WKST", "")
        last_day = datetime.strptime(until[:8], "%Y%m%d").date() if until else None  # noqa: DTZ007
    except (KeyError, ValueError):
        return None
    found = Recurrence(every, interval, weekdays, nth, month_days[-1], last_day)
    is_said = (
        not parts
        and found.interval in range(1, MOST_INTERVAL + 1)
        and (position == "-1") == (len(month_days) > 1)
        and (not nth or (every is Every.MONTH and len(weekdays) == 1))
        and (not weekdays or every in (Every.WEEK, Every.MONTH))
        and (not found.month_day or every is Every.MONTH)
    )
    return found if is_said else None


def _read_days(text: str) -> tuple[tuple[int, ...], int]:
    if not text:
        return (), 0
    days = text.split(",")
    nths = {day[:-2] for day in days}
    weekdays = tuple(_CODES.index(day[-2:]) for day in days)
    if len(nths) > 1:
        raise ValueError("several places in a month")
    nth = nths.pop()
    return weekdays, int(nth) if nth else 0


def _read(rule: str, start: datetime) -> rrule | rruleset:
    return rrulestr(rule, dtstart=start)


@lru_cache(maxsize=512)
def wall_times(
    rule: str, start: datetime, since: date, until: date
) -> tuple[datetime, ...]:
    """When it happens by the wall clock, both days included.

    Kept, for it counts from the first time on and is asked for each minute.

    Args:
        rule: As `Recurrence.rule`, or any other RRULE; its UNTIL without zone.
        start: The first time, without zone.
        since: First day of interest.
        until: Last day of interest.

    Raises:
        ValueError: If the rule cannot be read.
    """
    begin = datetime.combine(since, time.min)
    end = datetime.combine(until + timedelta(days=1), time.min)
    found = _read(rule, start).between(begin, end, inc=True)
    return tuple(at for at in found if at < end)
