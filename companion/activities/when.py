"""When something takes place: at moments that repeat, or during opening hours.

Times are kept as a clock on the wall shows them, with the name of the zone beside
them: "every Tuesday at ten" stays at ten when summer time begins. That is also how
RFC 5545 (3.3.10) reads a rule with a time zone.
"""

from calendar import isleap, monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

# A rule that first comes true later than this is a mistake of whoever wrote it, such
# as the 30th of February; the longest honest wait is that of a leap day.
FIRST_WITHIN = timedelta(days=9 * 366)

# Nobody announces something for older people further ahead, and a mistyped year
# such as 2062 must not stand in the way for ever.
YEARS_AHEAD = 10

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
"""What may repeat. RFC 5545 also has hours, minutes and seconds; no activity does."""

_PARTS = frozenset(
    "FREQ UNTIL COUNT INTERVAL BYDAY BYMONTHDAY BYYEARDAY BYWEEKNO BYMONTH BYSETPOS"
    " WKST".split()
)


# Highest number of each part (RFC 5545, 3.3.10); of the first two it names none, and
# nobody means more.
_HIGHEST = {
    "INTERVAL": 1_000,
    "COUNT": 10_000,
    "BYMONTH": 12,
    "BYMONTHDAY": 31,
    "BYYEARDAY": 366,
    "BYWEEKNO": 53,
}
_FROM_THE_END = frozenset({"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"})

# What RFC 5545 (3.3.10) does not let stand beside a frequency.
_NOT_BESIDE = {
    "DAILY": {"BYYEARDAY", "BYWEEKNO"},
    "WEEKLY": {"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"},
    "MONTHLY": {"BYYEARDAY", "BYWEEKNO"},
    "YEARLY": set[str](),
}
# So many days are in one round: no position (BYSETPOS) is higher.
_DAYS = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}


class WrongRule(ValueError):
    """A rule of repetition that cannot be followed."""


@dataclass(frozen=True, slots=True)
class Span:
    """One time that it takes place, on the wall clock of its zone.

    Attributes:
        start: Without a zone of its own.
        end: As `start`; None where the source does not say it.
    """

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that it takes place, anywhere in the world.

    Attributes:
        start: Aware of its zone.
        end: As `start`; None where the source does not say it.
        is_all_day: Whether only the day counts.
    """

    start: datetime
    end: datetime | None
    is_all_day: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """A moment, or a series of them.

    Attributes:
        first: The moment, or the first of the series (DTSTART and DTEND).
        zone: IANA name of the zone of all times here.
        is_all_day: Whether only the days count; then times are midnights, and the
            end is the midnight after the last day.
        rule: How it repeats (RFC 5545, 3.3.10, RRULE), with UNTIL on the same wall
            clock; empty: it does not.
        without: Starts in the series that are left out (EXDATE).
        also: Times besides the series, or in place of one left out (RDATE).
    """

    first: Span
    zone: str
    is_all_day: bool = False
    rule: str = ""
    without: tuple[datetime, ...] = ()
    also: tuple[Span, ...] = ()

    def occurrences(self, since: datetime, until: datetime) -> Iterator[Occurrence]:
        """Every time that starts from `since` to before `until`, in their order.

        Args:
            since: Aware of its zone.
            until: Aware of its zone.
        """
        zone = ZoneInfo(self.zone)
        # A day wider on both sides, since the wall clock may differ from theirs.
        low = since.astimezone(zone).replace(tzinfo=None) - timedelta(days=1)
        high = until.astimezone(zone).replace(tzinfo=None) + timedelta(days=1)
        for span in self._spans(low, high):
            start = span.start.replace(tzinfo=zone)
            if since <= start < until:
                end = None if span.end is None else span.end.replace(tzinfo=zone)
                yield Occurrence(start, end, self.is_all_day)

    def last_start(self) -> datetime | None:
        """When it takes place for the last time; None for a series without end."""
        ends = [self.first.start, *(span.start for span in self.also)]
        if self.rule:
            parts = rule_parts(self.rule)
            if "UNTIL" in parts:
                ends.append(datetime.strptime(parts["UNTIL"], _UNTIL))  # noqa: DTZ007
            elif "COUNT" in parts:
                ends.append(_last_of(self.rule, self.first.start))
            else:
                return None
        return max(ends)

    def _spans(self, low: datetime, high: datetime) -> Iterator[Span]:
        length = None
        if self.first.end is not None:
            length = self.first.end - self.first.start
        starts = {self.first.start}
        if self.rule:
            starts.update(_between(self.rule, self.first.start, low, high))
        starts.difference_update(self.without)
        spans = {
            start: Span(start, None if length is None else start + length)
            for start in starts
        }
        spans.update((span.start, span) for span in self.also)
        for start in sorted(spans):
            if low <= start <= high:
                yield spans[start]


@dataclass(frozen=True, slots=True)
class Opening:
    """One part of a week in which it is open.

    Attributes:
        weekday: 0 is Monday.
        opens: On the wall clock of the place.
        closes: As `opens`; midnight is the end of that day.
        since: First day on which this holds; None: always did.
        until: Last day on which this holds; None: without end.
    """

    weekday: int
    opens: time
    closes: time
    since: date | None = None
    until: date | None = None


_UNTIL = "%Y%m%dT%H%M%S"


def rule_parts(rule: str) -> dict[str, str]:
    """The parts of a rule by name, in capitals.

    Raises:
        WrongRule: If it is not made of such parts.
    """
    parts: dict[str, str] = {}
    for part in rule.strip().rstrip(";").split(";"):
        name, is_part, value = part.partition("=")
        name = name.strip().upper()
        if not is_part or name not in _PARTS or name in parts or not value.strip():
            raise WrongRule(part)
        parts[name] = value.strip().upper()
    return parts


def make_rule(parts: dict[str, str], first: datetime) -> str:
    """Write a rule down in one way, once it is known to work.

    Args:
        parts: By name; UNTIL as YYYYMMDD or YYYYMMDDTHHMMSS on the wall clock.
        first: The first moment of the series.

    Raises:
        WrongRule: If it cannot be followed, or never comes true.
    """
    often = parts.get("FREQ", "")
    if often not in FREQUENCIES or parts.keys() & _NOT_BESIDE[often]:
        raise WrongRule(often)
    for name, highest in (_HIGHEST | {"BYSETPOS": _days_in_round(parts)}).items():
        _check_numbers(name, parts.get(name, "1"), highest)
    made = dict(parts)
    if "UNTIL" in made:
        until = made["UNTIL"].removesuffix("Z")
        made["UNTIL"] = until if "T" in until else f"{until}T235959"
        # RFC 5545 forbids both; the date is what people look at.
        made.pop("COUNT", None)
    rule = ";".join(f"{name}={value}" for name, value in made.items())
    try:
        if not _is_plain(made) or _earlier(rule, first) < first:
            first_start(rule, first)
    except (ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise WrongRule(rule) from error
    return rule


def _days_in_round(parts: Mapping[str, str]) -> int:
    """How many days a rule can name at most each time that it comes round."""
    often = parts["FREQ"]
    if often == "WEEKLY":
        return len(set(parts.get("BYDAY", "MO").split(",")))
    return _DAYS[often]


def _is_plain(parts: dict[str, str]) -> bool:
    """Whether a rule surely comes true: most are weekly ones.

    To follow each of a hundred thousand would take half of the time of an import.
    """
    if parts["FREQ"] == "WEEKLY" and set(_WEEKDAYS).issuperset(
        parts.get("BYDAY", "MO").split(",")
    ):
        return parts.keys() <= {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY"}
    return parts.keys() <= {"FREQ", "INTERVAL", "COUNT", "UNTIL"}


_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def _check_numbers(name: str, value: str, highest: int) -> None:
    """Refuse what dateutil would follow for ever, such as an interval of 0."""
    for text in value.split(","):
        digits = text.removeprefix("-") if name in _FROM_THE_END else text
        is_number = digits.isascii() and digits.isdecimal() and len(digits) < 6
        if not is_number or not 1 <= int(digits) <= highest:
            raise WrongRule(f"{name}={value}")


@lru_cache(maxsize=2048)
def first_start(rule: str, since: datetime) -> datetime:
    """The first moment at or after another that a rule of `make_rule` names.

    Raises:
        WrongRule: If there is none.
    """
    if not _may_come_true(rule_parts(rule), since.date()):
        raise WrongRule(rule)
    for start in _bounded(rule, since, since + FIRST_WITHIN):
        return start
    raise WrongRule(rule)


def _may_come_true(parts: dict[str, str], since: date) -> bool:
    """Whether any day is among all of the months and days that are named.

    One that never comes true dateutil follows day by day until the year 9999, which
    takes seconds; a file may hold thousands of them.
    """
    named: dict[str, set[int]] = {
        name: {int(it) for it in parts[name].split(",")}
        for name in ("BYMONTH", "BYMONTHDAY", "BYYEARDAY")
        if name in parts
    }
    is_daily = parts["FREQ"] == "DAILY"
    if named.keys() <= {"BYMONTH"} and not is_daily:
        return True
    step = int(parts.get("INTERVAL", "1")) if is_daily else 1
    days = (since + timedelta(days=it) for it in range(0, FIRST_WITHIN.days, step))
    weekdays = {it[-2:] for it in parts["BYDAY"].split(",")} if "BYDAY" in parts else ()
    return any(
        _is_named(day, named) and (not weekdays or _WEEKDAYS[day.weekday()] in weekdays)
        for day in days
    )


def _is_named(day: date, named: dict[str, set[int]]) -> bool:
    length = monthrange(day.year, day.month)[1]
    number = day.timetuple().tm_yday
    year = 366 if isleap(day.year) else 365
    of_day = {
        "BYMONTH": {day.month},
        "BYMONTHDAY": {day.day, day.day - length - 1},
        "BYYEARDAY": {number, number - year - 1},
    }
    return all(numbers & of_day[name] for name, numbers in named.items())


def _bounded(rule: str, first: datetime, high: datetime) -> rrule:
    """The series until a moment, so that a search through it always ends.

    COUNT is left to who counts: dateutil takes only one of the two.
    """
    parts = rule_parts(rule)
    parts.pop("COUNT", None)
    parts["UNTIL"] = f"{_earlier(rule, high):{_UNTIL}}"
    made = rrulestr(";".join(f"{k}={v}" for k, v in parts.items()), dtstart=first)
    assert isinstance(made, rrule)
    return made


def _earlier(rule: str, high: datetime) -> datetime:
    until = rule_parts(rule).get("UNTIL")
    if until is None:
        return high
    return min(high, datetime.strptime(until, _UNTIL))  # noqa: DTZ007


def _between(
    rule: str, first: datetime, low: datetime, high: datetime
) -> Iterator[datetime]:
    if high < first:
        return
    parts = rule_parts(rule)
    count = parts.get("COUNT")
    begin = first if count is not None else _skip_past(parts, first, low)
    series: Iterator[datetime] = iter(_bounded(rule, begin, high))
    if count is not None:
        series = islice(series, int(count))
    for start in series:
        if start >= low:
            yield start


def _skip_past(parts: dict[str, str], first: datetime, low: datetime) -> datetime:
    """The first moment, moved on by whole rounds to shortly before another.

    A weekly group that has met for years would else be counted from its first week.
    """
    days = {"DAILY": 1, "WEEKLY": 7}.get(parts["FREQ"])
    # The first round may be a part of one, in which a place counts otherwise.
    if days is None or low <= first or "BYSETPOS" in parts:
        return first
    each = timedelta(days=days * int(parts.get("INTERVAL", "1")))
    return first + (low - first) // each * each


def _last_of(rule: str, first: datetime) -> datetime:
    high = first + timedelta(days=366 * YEARS_AHEAD)
    return max(_between(rule, first, first, high), default=first)
