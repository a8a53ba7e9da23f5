"""Calendars (iCalendar, RFC 5545): events with their series, exceptions and moves."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from companion.activities.importers.ical_blocks import (
    Block,
    Calendar,
    events,
    survey,
    unescaped,
)
from companion.activities.importers.ical_changes import Change, apply
from companion.activities.importers.ical_moments import (
    Zones,
    parsed,
    simple_moments,
    with_zones,
)
from companion.activities.problems import Notes, Outcome, Reason, SetAside
from companion.activities.reading import Context, NotRead, Read, about_file
from companion.activities.record import Activity, Contact, Place, Status
from companion.activities.texts import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    clean,
    email,
    postcode,
    web_address,
)
from companion.activities.values import (
    coordinates,
    made_id,
    parse_access,
    parse_category,
    parse_date,
)
from companion.activities.when import Span, Times, WrongRule, make_rule, rule_parts

DAY = timedelta(days=1)


def read_ical(path: Path, context: Context) -> Iterator[Read]:
    """Read the events of a calendar.

    Raises:
        NotRead: If it is no calendar.
        OSError: If the file cannot be read.
    """
    calendar = survey(path)
    if not calendar.is_calendar:
        raise NotRead(Reason.NOTHING_KNOWN, "BEGIN:VCALENDAR")
    if calendar.ends_early:
        yield about_file(Reason.ENDS_EARLY, Outcome.SET_ASIDE, found="END:VCALENDAR")
    zone = Zones(calendar, context)
    taken: set[str] = set()
    for block in events(path):
        uid = block.value("UID")
        if block.value("RECURRENCE-ID"):
            continue
        if uid in calendar.latest:
            sequence = block.value("SEQUENCE") or "0"
            if uid in taken or sequence != str(calendar.latest[uid]):
                yield about_file(
                    Reason.SAME_ID, Outcome.REPAIRED, block.line, found=uid
                )
                continue
            taken.add(uid)
        moved = calendar.overrides.pop(uid, [])
        yield from _read_event(block, moved, calendar, zone, context)
    # Programs that export one changed meeting leave out the series it belongs to.
    for blocks in calendar.overrides.values():
        for block in blocks:
            yield from _read_event(block, [], calendar, zone, context)


def _read_event(
    block: Block,
    moved: list[Block],
    calendar: Calendar,
    zones: Zones,
    context: Context,
) -> Iterator[Read]:
    notes = Notes(block.line, block.text("SUMMARY") or block.value("UID"))
    try:
        activity = _Event(block, notes, calendar, zones, context).activity()
        (times,) = activity.times
        changes = [
            _Event(it, notes, calendar, zones, context).change_of(
                times.zone, times.first.start.time()
            )
            for it in moved
        ]
        activity, others = apply(activity, changes) if changes else (activity, [])
    except SetAside as error:
        notes.set_aside(error)
        yield Read(None, tuple(notes.problems))
        return
    yield Read(activity, tuple(notes.problems), block.line)
    yield from (Read(it, line=block.line) for it in others)


class _Event:
    """One VEVENT, parsed."""

    def __init__(
        self,
        block: Block,
        notes: Notes,
        calendar: Calendar,
        zones: Zones,
        context: Context,
    ) -> None:
        if not block.is_whole:
            raise SetAside(Reason.ENDS_EARLY, "END:VEVENT", block.value("UID"))
        text = with_zones(block, zones, notes)
        simple = simple_moments(text)
        self._event: Mapping[str, Any] = simple or parsed(text, block)
        self._block = block
        self._notes = notes
        self._calendar = calendar
        self._zones = zones
        self._context = context

    def _one(self, name: str) -> Any:
        value = self._event.get(name)
        return value[0] if isinstance(value, list) and value else value

    def _text(self, name: str, longest: int = 500) -> str:
        return clean(self._block.text(name), self._notes, name, longest)

    def activity(self) -> Activity:
        title = self._text("SUMMARY", LONGEST_TITLE)
        if not title:
            raise SetAside(Reason.MISSING, "SUMMARY")
        times = self._times()
        calendar_name = unescaped(self._calendar.name)
        subject = ", ".join(self._categories())
        description = self._text("DESCRIPTION", LONGEST_TEXT)
        return Activity(
            id=self._text("UID") or made_id(title, times.first.start.isoformat()),
            source=self._context.source,
            title=title,
            organisation=self._organiser()
            or clean(calendar_name, self._notes, "X-WR-CALNAME")
            or self._context.source,
            licence=self._context.licence,
            checked_on=self._checked_on(),
            description=description,
            category=parse_category(subject, title, self._notes, "CATEGORIES"),
            subject=subject,
            contact=Contact(self._text("CONTACT"), email=self._email()),
            url=web_address(self._text("URL"), self._notes, "URL"),
            place=self._place(),
            times=(times,),
            accessibility=parse_access(description),
            status=self._status(),
        )

    # -- parts ----------------------------------------------------------------------

    def _categories(self) -> Iterator[str]:
        for value in self._block.values("CATEGORIES"):
            for text in re.split(r"(?<!\\),", value):
                yield clean(unescaped(text), self._notes, "CATEGORIES")

    def _organiser(self) -> str:
        for line in self._block.lines.get("ORGANIZER", ()):
            if found := _COMMON_NAME.search(line):
                return clean(found[1] or found[2], self._notes, "ORGANIZER")
        return ""

    def _email(self) -> str:
        text = self._block.value("ORGANIZER")
        if not text.lower().startswith("mailto:"):
            return ""
        return email(text[7:], self._notes, "ORGANIZER")

    def _status(self) -> Status:
        is_cancelled = self._text("STATUS").upper() == "CANCELLED"
        return Status.CANCELLED if is_cancelled else Status.OPEN

    def _checked_on(self) -> date | None:
        """Whoever changed it looked at it then."""
        try:
            day = parse_date(
                self._text("LAST-MODIFIED")[:8],
                self._notes,
                "LAST-MODIFIED",
                self._context.today,
            )
        except SetAside as error:
            self._notes.left_out(error.reason, error.field, error.found)
            return None
        if day is None or self._context.today.is_ahead(day):
            return None
        return day

    def _place(self) -> Place:
        place = split_address(self._text("LOCATION"), self._notes)
        latitude, _, longitude = self._text("GEO").partition(";")
        where = coordinates(latitude, longitude, self._notes, "GEO")
        if where is None:
            return place
        return replace(place, latitude=where[0], longitude=where[1])

    # -- when -------------------------------------------------------------------------

    def _times(self) -> Times:
        start = self._one("DTSTART")
        if start is None:
            raise SetAside(Reason.MISSING, "DTSTART")
        parse_date(start.dt, self._notes, "DTSTART", self._context.today)
        zone = self._zone_of(start)
        first, is_all_day = _wall(start.dt, zone), not isinstance(start.dt, datetime)
        end = self._end(first, is_all_day, zone)
        if not is_all_day and end is not None and _is_midnight(first, end):
            is_all_day = True
        rule = self._rule(first, zone)
        length = None if end is None else end - first
        return Times(
            Span(first, end),
            zone,
            is_all_day=is_all_day,
            rule=rule,
            without=tuple(
                it.start for it in self._dates("EXDATE", first, length, zone)
            ),
            also=tuple(
                it
                for it in self._dates("RDATE", first, length, zone)
                if it.start != first
            ),
        )

    def _zone_of(self, start: Any) -> str:
        """The zone in which a series stays at the same time of day."""
        if name := start.params.get("TZID"):
            return str(name)
        if not isinstance(start.dt, datetime):
            return self._zones.own
        if start.dt.tzinfo is None:
            # Floating: the time on whatever wall it hangs (RFC 5545, 3.3.5).
            zone = self._zones.named or self._zones.own
            self._notes.repaired(Reason.NO_TIME_ZONE, "DTSTART", start.dt, zone)
            return zone
        # UTC. What happens once is told in our own zone; a series of a calendar that
        # names its zone was entered there; else it is at that time in UTC, as it says.
        if self._zones.named or not self._block.value("RRULE"):
            return self._zones.named or self._zones.own
        return "UTC"

    def _end(self, first: datetime, is_all_day: bool, zone: str) -> datetime | None:
        end = self._one("DTEND")
        if end is None:
            duration = self._one("DURATION")
            if duration is None:
                return first + DAY if is_all_day else None
            made: datetime = first + duration.dt
            if made < first:
                raise SetAside(Reason.ENDS_BEFORE_START, "DURATION", duration.dt)
            return made
        made = _wall(end.dt, zone)
        if made < first:
            raise SetAside(Reason.ENDS_BEFORE_START, "DTEND", end.dt)
        if not is_all_day:
            return made if made > first else None
        # DTEND is the day after the last one (RFC 5545, 3.6.1); some write the last.
        if made == first:
            self._notes.repaired(
                Reason.END_ON_START_DAY, "DTEND", end.dt, (made + DAY).date()
            )
            return made + DAY
        if self._calendar.ends_a_day_late and made - first == 2 * DAY:
            self._notes.repaired(
                Reason.END_DAY_TOO_LATE, "DTEND", end.dt, (made - DAY).date()
            )
            return made - DAY
        return made

    def _rule(self, first: datetime, zone: str) -> str:
        raw, *more = [*self._block.values("RRULE")] or [""]
        if more or self._block.value("EXRULE"):
            # RFC 5545, 3.8.5.3: more than one has no meaning that all agree on.
            raise SetAside(Reason.NOT_A_RULE, "RRULE", raw)
        if not raw:
            return ""
        try:
            parts = rule_parts(raw)
            until = parts.get("UNTIL", "")
            if until.endswith("Z"):
                at = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
                parts["UNTIL"] = f"{at.astimezone(ZoneInfo(zone)):%Y%m%dT%H%M%S}"
            return make_rule(parts, first)
        except (WrongRule, ValueError, OverflowError) as error:
            raise SetAside(Reason.NOT_A_RULE, "RRULE", raw) from error

    def _dates(
        self, name: str, first: datetime, length: timedelta | None, zone: str
    ) -> list[Span]:
        """The moments of EXDATE or RDATE, on the wall clock of the series."""
        value = self._event.get(name)
        found: set[Span] = set()
        for group in value if isinstance(value, list) else [value]:
            for one in getattr(group, "dts", []):
                moment = one.dt
                end = None
                if isinstance(moment, tuple):
                    # A PERIOD: from when, and until when or how long.
                    moment, end = moment
                start = _wall(moment, zone)
                if not isinstance(moment, datetime) and first.time() != time.min:
                    # Only the day is named: that of the series on this day.
                    start = datetime.combine(start.date(), first.time())
                    self._notes.repaired(Reason.NOT_A_TIME, name, moment, start)
                if isinstance(end, timedelta):
                    found.add(Span(start, start + end))
                elif end is not None:
                    found.add(Span(start, _wall(end, zone)))
                else:
                    found.add(Span(start, None if length is None else start + length))
        return sorted(found, key=lambda span: span.start)

    # -- times that were changed ---------------------------------------------------

    def change_of(self, zone: str, clock: time) -> Change:
        """The change that this event is to a series.

        Args:
            zone: Of the series.
            clock: Its time of day, where only the day is named.
        """
        which = self._one("RECURRENCE-ID")
        start = _wall(which.dt, zone)
        if not isinstance(which.dt, datetime):
            start = datetime.combine(start.date(), clock)
        # The only range that is left (RFC 5545, 3.2.13).
        goes_on = str(which.params.get("RANGE", "")).upper() == "THISANDFUTURE"
        if "RANGE" in which.params and not goes_on:
            raise SetAside(Reason.NOT_A_RULE, "RECURRENCE-ID", "RANGE")
        is_cancelled = self._status() is Status.CANCELLED
        return Change(start, None if is_cancelled else self.activity(), goes_on)


def _wall(moment: date, zone: str) -> datetime:
    """The moment on the wall clock of a zone."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time.min)
    if moment.tzinfo is not None:
        moment = moment.astimezone(ZoneInfo(zone))
    return moment.replace(tzinfo=None, microsecond=0)


def _is_midnight(start: datetime, end: datetime) -> bool:
    return start.time() == end.time() == time.min


_COMMON_NAME = re.compile(r';CN=(?:"([^"]*)"|([^";:,]*))', re.IGNORECASE)

_ADDRESS = re.compile(
    r"(?:(?P<name>.*?),\s*)??(?P<street>[^,]*\d[^,]*?),?\s+"
    r"(?P<code>[1-9]\d{3}\s?[A-Z]{2})\b,?\s*(?P<town>[^,]*)(?:,.*)?"
)


def split_address(text: str, notes: Notes) -> Place:
    """ "Dorpshuis, Dorpsstraat 1, 1234 AB Voorbeelddorp" in its parts.

    What is written otherwise is the name as a whole.
    """
    found = _ADDRESS.fullmatch(text)
    if not found:
        return Place(name=text)
    return Place(
        name=(found["name"] or "").strip(),
        address=found["street"].strip(),
        postcode=postcode(found["code"], notes, "LOCATION"),
        town=found["town"].strip(),
    )
