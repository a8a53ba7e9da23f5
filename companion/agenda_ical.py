"""The agenda from calendar files (iCalendar, RFC 5545); `agenda_export` writes them.

A bad entry is set aside with its reason and the others are kept. Times with a zone
become times by the person's wall clock; floating times are that already.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from icalendar import Calendar
from icalendar.cal.component import Component

from companion.agenda import (
    LONGEST,
    Change,
    Entry,
    Kind,
    next_of,
)
from companion.understanding.recurrence import wall_times

# A family's calendar of many years is smaller.
MOST_BYTES = 5_000_000
MOST_EVENTS = 5_000

# What only comes back after that is not to come.
WITHIN = timedelta(days=800)

_FREQUENCIES: Final = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
# Times of day in a rule: what nobody's calendar writes.
_NOT_UNDERSTOOD: Final = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})
KIND_PROPERTY: Final = "X-PRAATPAAL-KIND"
_BIRTHDAY = re.compile(
    r"^(?:de )?verjaardag(?: van)? |(?: is)? jarig$|'s birthday$|^birthday (?:of )?",
    re.IGNORECASE,
)
# Several times a day are several events, which come back as one.
TIME_OF_DAY: Final = "#praatpaal-"
_AHEAD_MIN: Final = range(5, 24 * 60)


class NoCalendar(Exception):
    """The file is no calendar.

    Attributes:
        reason: Name of its sentence: "no_calendar", "too_large" or "too_many".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SetAside:
    """An event that was not kept.

    Attributes:
        number: Which event of the file, from 1.
        what: Its title, as far as it has one.
        reason: Name of its sentence.
    """

    number: int
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Read:
    """What a calendar holds.

    Attributes:
        entries: What is to come.
        set_aside: What could not be used.
        over: How many events were over, or cancelled.
    """

    entries: tuple[Entry, ...]
    set_aside: tuple[SetAside, ...]
    over: int


class _Unusable(Exception):
    """Why an event cannot be used."""


def read_calendar(data: bytes, now: datetime) -> Read:
    """What is to come in a calendar file.

    Args:
        data: The file.
        now: Local and aware; its zone is the person's.

    Raises:
        NoCalendar: If it is none, or is larger than any family's.
    """
    if len(data) > MOST_BYTES:
        raise NoCalendar("too_large")
    events = _events(data)
    if len(events) > MOST_EVENTS:
        raise NoCalendar("too_many")
    entries: dict[str, Entry] = {}
    aside: list[SetAside] = []
    over = 0
    moved: list[tuple[int, Component]] = []
    for number, event in enumerate(events, start=1):
        if "RECURRENCE-ID" in event:
            moved.append((number, event))
            continue
        try:
            entry = _entry(event, now)
        except _Unusable as problem:
            aside.append(SetAside(number, _title(event), str(problem)))
            continue
        if entry is None:
            over += 1
        else:
            entries[entry.uid or f"?{number}"] = entry
    for number, event in moved:
        try:
            _apply(event, entries, now)
        except _Unusable as problem:
            aside.append(SetAside(number, _title(event), str(problem)))
    merged = _merge(entries.values())
    to_come = tuple(e for e in merged if _is_to_come(e, now))
    over += len(merged) - len(to_come)
    return Read(to_come, tuple(sorted(aside, key=lambda a: a.number)), over)


def _events(data: bytes) -> list[Component]:
    try:
        calendars = Calendar.from_ical(data.decode("utf-8-sig"), multiple=True)
        found = [event for one in calendars for event in one.walk("VEVENT")]
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        # What the library raises on nonsense is not told anywhere.
        raise NoCalendar("no_calendar") from error
    if not calendars:
        raise NoCalendar("no_calendar")
    return found


def _merge(entries: Iterable[Entry]) -> list[Entry]:
    """Several times a day that we wrote, as the one entry that they were."""
    merged: dict[str, Entry] = {}
    for number, entry in enumerate(entries):
        uid, is_more, _ = entry.uid.partition(TIME_OF_DAY)
        first = merged.get(uid) if is_more else None
        if first is None:
            merged[entry.uid or f"?{number}"] = entry
        else:
            times = tuple(sorted({*first.times, *entry.times}))
            changes = (*first.changes, *entry.changes)
            merged[uid] = replace(first, times=times, changes=changes)
    return list(merged.values())


def _is_to_come(entry: Entry, now: datetime) -> bool:
    return next_of(entry, now, WITHIN) is not None


def _entry(event: Component, now: datetime) -> Entry | None:
    """One event; None if it was cancelled."""
    if _text(event, "STATUS").upper() == "CANCELLED":
        return None
    what = _text(event, "SUMMARY")
    if not what:
        raise _Unusable("no_title")
    if "RDATE" in event:
        raise _Unusable("rdate")
    start, is_all_day = _wall(event, "DTSTART", now)
    rule = _rule(event, now)
    kind = _kind(event, what, is_all_day, rule)
    if kind is Kind.BIRTHDAY:
        what = _BIRTHDAY.sub("", what).strip() or what
    entry = Entry(
        id=None,
        kind=kind,
        what=what[:LONGEST],
        day=start.date(),
        created_at=now,
        times=() if is_all_day else (start.time(),),
        rule=rule,
        ahead_min=_ahead_min(event),
        place=_text(event, "LOCATION")[:LONGEST],
        uid=_text(event, "UID")[:LONGEST],
        changes=tuple(Change(at) for at in _exceptions(event, is_all_day, now)),
    )
    if rule:
        _require_days(entry)
    return entry


def _require_days(entry: Entry) -> None:
    """That its rule can be reckoned with at all."""
    start = datetime.combine(entry.day, time.min)
    until = entry.day + timedelta(days=366)
    try:
        wall_times(entry.rule, start, entry.day, until)
    except (ValueError, OverflowError, TypeError, IndexError) as error:
        raise _Unusable("rule") from error


def _value(event: Component, name: str) -> Any:
    try:
        found: Any = event[name]
        return found.dt
    except (AttributeError, KeyError, ValueError, TypeError) as error:
        raise _Unusable("no_start" if name == "DTSTART" else "time") from error


def _wall(event: Component, name: str, now: datetime) -> tuple[datetime, bool]:
    """A moment by the person's wall clock, and whether it is a whole day."""
    return _as_wall(_value(event, name), now)


def _as_wall(value: object, now: datetime) -> tuple[datetime, bool]:
    try:
        if isinstance(value, datetime):
            local = value if value.tzinfo is None else value.astimezone(now.tzinfo)
            return local.replace(tzinfo=None, second=0, microsecond=0), False
        if isinstance(value, date):
            return datetime.combine(value, time.min), True
    except (ValueError, OverflowError) as error:
        raise _Unusable("time") from error
    raise _Unusable("time")


def _rule(event: Component, now: datetime) -> str:
    found = event.get("RRULE")
    if found is None:
        return ""
    if isinstance(found, list) or "EXRULE" in event:
        raise _Unusable("rule")
    try:
        text = found.to_ical().decode("ascii")
        parts = dict(part.split("=", 1) for part in text.upper().split(";") if part)
    except (AttributeError, ValueError) as error:
        raise _Unusable("rule") from error
    if parts.get("FREQ") not in _FREQUENCIES or _NOT_UNDERSTOOD & parts.keys():
        raise _Unusable("rule")
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], now)
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _until(text: str, now: datetime) -> str:
    """The last day, to its end: a rule is reckoned in days here."""
    try:
        if text.endswith("Z"):
            last = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            day = last.astimezone(now.tzinfo).date()
        else:
            day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except (ValueError, OverflowError) as error:
        raise _Unusable("rule") from error
    return f"{day:%Y%m%d}T235959"


def _exceptions(event: Component, is_all_day: bool, now: datetime) -> list[datetime]:
    rows = event.get("EXDATE", [])
    found = []
    for row in rows if isinstance(rows, list) else [rows]:
        try:
            values = [each.dt for each in row.dts]
        except (AttributeError, ValueError, TypeError) as error:
            raise _Unusable("time") from error
        found += [_as_wall(value, now)[0] for value in values]
    midnight = time.min
    return [datetime.combine(at, midnight) if is_all_day else at for at in found]


def _kind(event: Component, what: str, is_all_day: bool, rule: str) -> Kind:
    told = _text(event, KIND_PROPERTY)
    if told in [kind.value for kind in Kind]:
        return Kind(told)
    is_birthday = is_all_day and "YEARLY" in rule and _BIRTHDAY.search(what)
    return Kind.BIRTHDAY if is_birthday else Kind.APPOINTMENT


def _ahead_min(event: Component) -> int:
    """Of its first alarm, where that is a sensible time before."""
    for alarm in event.walk("VALARM"):
        try:
            trigger = _value(alarm, "TRIGGER")
        except _Unusable:
            continue
        if isinstance(trigger, timedelta):
            minutes = round(-trigger.total_seconds() / 60)
            if minutes in _AHEAD_MIN:
                return minutes
    return 60


def _apply(event: Component, entries: dict[str, Entry], now: datetime) -> None:
    """One time of something that comes back is otherwise."""
    entry = entries.get(_text(event, "UID")[:LONGEST])
    if entry is None:
        raise _Unusable("no_series")
    if "THISANDFUTURE" in event["RECURRENCE-ID"].params.values():
        raise _Unusable("this_and_future")
    original, is_day = _wall(event, "RECURRENCE-ID", now)
    if is_day and entry.times:
        original = datetime.combine(original, entry.times[0])
    to: datetime | None = None
    if _text(event, "STATUS").upper() != "CANCELLED":
        to, _ = _wall(event, "DTSTART", now)
    others = (c for c in entry.changes if c.original != original)
    entries[entry.uid] = replace(entry, changes=(*others, Change(original, to)))


def _text(event: Component, name: str) -> str:
    found = event.get(name)
    if found is None or isinstance(found, list):
        return ""
    return " ".join(str(found).split())


def _title(event: Component) -> str:
    return _text(event, "SUMMARY")[:LONGEST]
