"""The agenda as a calendar file (iCalendar, RFC 5545)."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from icalendar import Calendar, Event

from companion.agenda import Change, Entry, moment
from companion.agenda_ical import KIND_PROPERTY, TIME_OF_DAY, WITHIN
from companion.understanding.recurrence import wall_times


def write_calendar(entries: Iterable[Entry], zone: tzinfo, now: datetime) -> bytes:
    """A calendar file that other programs read, and `read_calendar` too.

    Args:
        entries: What to write.
        zone: Of the person's wall clock.
        now: When it is written.
    """
    calendar = Calendar()
    calendar.add("PRODID", "-//Praatpaal//agenda//NL")
    calendar.add("VERSION", "2.0")
    for entry in entries:
        for number, at in enumerate(entry.times or (None,)):
            calendar.add_component(_event(entry, number, at, zone, now))
            for change in _changes_of(entry, at):
                if change.moved_to is not None:
                    calendar.add_component(
                        _moved_event(entry, number, at, change, zone, now)
                    )
    # Other programs know the zone by its name; this is for those that do not.
    calendar.add_missing_timezones(
        first_date=date(now.year - 1, 1, 1), last_date=date(now.year + 10, 1, 1)
    )
    return bytes(calendar.to_ical())


def uid_of(entry: Entry, number: int = 0) -> str:
    """The name of an entry in a calendar file; of its second time with `number` 1."""
    uid = entry.uid or f"{entry.created_at:%Y%m%dT%H%M%S}-{entry.id}@praatpaal"
    return uid if number == 0 else f"{uid}{TIME_OF_DAY}{number}"


def _event(
    entry: Entry, number: int, at: time | None, zone: tzinfo, now: datetime
) -> Event:
    event = _bare_event(entry, number, now)
    event.add("DTSTART", _start(entry, at, zone))
    if entry.rule:
        event.add("RRULE", _rule_for(entry, at, zone))
    gone = [c.original for c in _changes_of(entry, at) if c.moved_to is None]
    if gone:
        days = [g.date() if at is None else _aware(g, zone) for g in gone]
        event.add("EXDATE", days)
    return event


def _bare_event(entry: Entry, number: int, now: datetime) -> Event:
    event = Event()
    event.add("UID", uid_of(entry, number))
    event.add("DTSTAMP", now.astimezone(UTC))
    event.add("SUMMARY", entry.what)
    event.add(KIND_PROPERTY, entry.kind.value)
    if entry.place:
        event.add("LOCATION", entry.place)
    return event


def _moved_event(
    entry: Entry,
    number: int,
    at: time | None,
    change: Change,
    zone: tzinfo,
    now: datetime,
) -> Event:
    assert change.moved_to is not None
    event = _bare_event(entry, number, now)
    if at is None:
        event.add("RECURRENCE-ID", change.original.date())
        event.add("DTSTART", change.moved_to.date())
    else:
        event.add("RECURRENCE-ID", _aware(change.original, zone))
        event.add("DTSTART", _aware(change.moved_to, zone))
    return event


def _start(entry: Entry, at: time | None, zone: tzinfo) -> date | datetime:
    first = entry.day
    if entry.rule:
        # A first time that the rule does not give is one that others would add.
        start = datetime.combine(entry.day, time.min)
        days = wall_times(entry.rule, start, entry.day, entry.day + WITHIN)
        first = days[0].date() if days else entry.day
    return first if at is None else _aware(datetime.combine(first, at), zone)


def _rule_for(entry: Entry, at: time | None, zone: tzinfo) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for part in entry.rule.split(";"):
        name, value = part.split("=", 1)
        if name == "UNTIL":
            last = datetime.strptime(value[:8], "%Y%m%d")  # noqa: DTZ007
            ends = datetime.combine(last, time(23, 59, 59))
            until = last.date() if at is None else moment(ends, zone).astimezone(UTC)
            parts[name] = [until]
        elif name in ("INTERVAL", "COUNT"):
            parts[name] = [int(value)]
        else:
            parts[name] = value.split(",")
    return parts


def _changes_of(entry: Entry, at: time | None) -> Sequence[Change]:
    return [c for c in entry.changes if at is None or c.original.time() == at]


def _aware(wall: datetime, zone: tzinfo) -> datetime:
    return wall.replace(tzinfo=zone)
