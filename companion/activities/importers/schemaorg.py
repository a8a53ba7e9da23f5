"""schema.org Events as JSON-LD: a file of them, or within a page.

Terms: schema.org/Event, /Schedule, /Place, /Offer. Pages write them in many ways: one
event, a list, a `@graph`, an `ItemList`; with `http` or `https` before the names.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from companion.activities.importers.json_records import Broken, json_records
from companion.activities.problems import Notes, Outcome, Reason, SetAside
from companion.activities.reading import Context, NotRead, Read, about_file
from companion.activities.record import Activity, Contact, Cost, Place, Status
from companion.activities.repeating import CODES, first_day
from companion.activities.texts import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    clean,
    email,
    phone,
    postcode,
    web_address,
)
from companion.activities.values import (
    coordinates,
    made_id,
    parse_access,
    parse_audience,
    parse_category,
    parse_cost,
    parse_date,
    parse_languages,
    parse_time,
)
from companion.activities.when import Span, Times, WrongRule, make_rule

LISTS = ("@graph", "itemListElement", "events", "event")

LARGEST_PAGE_BYTES = 20_000_000

# Deeper than a list in a list in a graph is a loop.
_DEEPEST = 6

_STATUS = {
    "eventcancelled": Status.CANCELLED,
    "eventpostponed": Status.CANCELLED,
    "eventscheduled": Status.OPEN,
    "eventrescheduled": Status.OPEN,
    "eventmovedonline": Status.OPEN,
}

Json = Mapping[str, Any]


def read_schemaorg(path: Path, context: Context) -> Iterator[Read]:
    """Read events of a JSON-LD file, or of the scripts in a page.

    Raises:
        NotRead: If there is no event in it.
        OSError: If the file cannot be read.
    """
    found_any = False
    items = _in_page(path) if is_page(path) else json_records(path, LISTS)
    for line, item in items:
        if isinstance(item, Broken):
            reason = Reason.ENDS_EARLY if item.is_end else Reason.NOT_A_RECORD
            yield about_file(reason, Outcome.SET_ASIDE, line, found=item.found)
            continue
        for event in _events(item):
            found_any = True
            notes = Notes(line, str(event.get("name") or event.get("@id") or ""))
            try:
                activity = _Event(event, notes, context).activity()
            except SetAside as error:
                notes.set_aside(error)
                activity = None
            yield Read(activity, tuple(notes.problems), line)
    if not found_any:
        raise NotRead(Reason.NOTHING_KNOWN, "Event")


def is_page(path: Path) -> bool:
    """Whether a file is HTML, by its first sign."""
    with path.open("rb") as file:
        return file.read(1000).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


class _Scripts(HTMLParser):
    """Collects the JSON-LD scripts of a page, with their lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self._is_in = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = (dict(attrs).get("type") or "").split(";")[0].strip().lower()
        if tag == "script" and kind == "application/ld+json":
            self._is_in = True
            self.found.append((self.getpos()[0], ""))

    def handle_data(self, data: str) -> None:
        if self._is_in:
            line, text = self.found[-1]
            self.found[-1] = (line, text + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._is_in = False


def _in_page(path: Path) -> Iterator[tuple[int, Any]]:
    if path.stat().st_size > LARGEST_PAGE_BYTES:
        raise NotRead(Reason.TOO_LARGE, f"{path.stat().st_size / 1e6:.0f} MB")
    parser = _Scripts()
    parser.feed(path.read_text(encoding="utf-8", errors="replace"))
    parser.close()
    for line, text in parser.found:
        # Some publishers put the script between comment signs.
        text = re.sub(r"^\s*(<!--|//<!\[CDATA\[)|(-->|//\]\]>)\s*$", "", text)
        try:
            yield line, json.loads(text, strict=False)
        except (ValueError, RecursionError):
            yield line, Broken(text[:100])


def _kinds(item: Json) -> list[str]:
    value = item.get("@type")
    kinds = value if isinstance(value, list) else [value]
    return [re.split(r"[/#:]", str(kind))[-1] for kind in kinds if kind]


def _events(item: Any, depth: int = 0) -> Iterator[Json]:
    """The events in a value, and those within events, such as single performances."""
    if depth > _DEEPEST:
        return
    if isinstance(item, list):
        for one in item:
            yield from _events(one, depth + 1)
    if not isinstance(item, Mapping):
        return
    # `SocialEvent`, `ExhibitionEvent`, and also `Festival`.
    kinds = _kinds(item)
    is_event = any(it.endswith(("Event", "Festival", "CourseInstance")) for it in kinds)
    is_single = bool(item.get("startDate") or item.get("eventSchedule"))
    parts = item.get("subEvent")
    if is_event and (is_single or not parts):
        yield item
    inner = [item.get(name) for name in (*LISTS, "item", "mainEntity")]
    if not is_single:
        # A festival or a series, of which the parts can be gone to.
        inner.append(parts)
    for one in inner:
        if isinstance(one, (list, Mapping)):
            yield from _events(one, depth + 1)


def _first(value: Any) -> Any:
    """JSON-LD writes one thing as such, or as a list of one."""
    if isinstance(value, list):
        return value[0] if value else None
    return value


def _named(value: Any) -> Any:
    """The text of "x", {"name": "x"} or {"@value": "x"}."""
    value = _first(value)
    if isinstance(value, Mapping):
        return _first(value.get("name") or value.get("@value"))
    return value


class _Event:
    def __init__(self, item: Json, notes: Notes, context: Context) -> None:
        self._item = item
        self._notes = notes
        self._context = context
        self._zone = ZoneInfo(context.zone)

    def _text(self, name: str, longest: int = 500) -> str:
        value = _named(self._item.get(name))
        if isinstance(value, (list, Mapping)):
            self._notes.left_out(Reason.WRONG_TYPE, name, value)
            return ""
        return clean(value, self._notes, name, longest)

    def _object(self, name: str) -> Json:
        value = _first(self._item.get(name))
        return value if isinstance(value, Mapping) else {}

    def activity(self) -> Activity:
        title = self._text("name", LONGEST_TITLE)
        if not title:
            raise SetAside(Reason.MISSING, "name")
        times = tuple(self._times())
        if not times:
            raise SetAside(Reason.MISSING, "startDate")
        organiser = self._object("organizer")
        access = self._text("accessibilitySummary")
        subject = self._text("keywords") or self._text("about")
        return Activity(
            id=self._id(title, times[0]),
            source=self._context.source,
            title=title,
            organisation=self._text("organizer") or self._context.source,
            licence=self._text("license") or self._context.licence,
            checked_on=self._checked_on(),
            description=self._text("description", LONGEST_TEXT),
            category=parse_category(subject, title, self._notes, "keywords"),
            subject=subject,
            audience=self._audience(),
            cost=self._cost(),
            contact=Contact(
                "",
                phone(_first(organiser.get("telephone")), self._notes, "telephone"),
                email(_first(organiser.get("email")), self._notes, "email"),
            ),
            url=web_address(self._text("url"), self._notes, "url"),
            place=self._place(),
            times=times,
            accessibility=parse_access(access),
            accessibility_note=access,
            languages=parse_languages(
                self._text("inLanguage"), self._notes, "inLanguage"
            ),
            status=self._status(),
        )

    def _id(self, title: str, times: Times) -> str:
        named = self._item.get("@id") or self._text("identifier")
        if isinstance(named, str) and named and not named.startswith("_:"):
            return clean(named, self._notes, "@id")
        # Not the address of a page: many events share one.
        return made_id(title, self._text("organizer"), times.first.start.isoformat())

    # -- parts ----------------------------------------------------------------------

    def _status(self) -> Status:
        said = self._text("eventStatus")
        word = re.split(r"[/#:]", said)[-1].casefold()
        if word and word not in _STATUS:
            raise SetAside(Reason.NOT_A_STATUS, "eventStatus", said)
        status = _STATUS.get(word, Status.OPEN)
        offers = self._offers()
        is_sold_out = offers and all(
            str(it.get("availability") or "").endswith("SoldOut") for it in offers
        )
        return Status.FULL if is_sold_out and status is Status.OPEN else status

    def _offers(self) -> list[Json]:
        value = self._item.get("offers")
        every = value if isinstance(value, list) else [value]
        return [it for it in every if isinstance(it, Mapping)]

    def _cost(self) -> Cost:
        if self._item.get("isAccessibleForFree") in (True, "true", "True"):
            return Cost(0, 0)
        cents: list[int] = []
        for offer in self._offers():
            currency = str(offer.get("priceCurrency") or "EUR").upper()
            for name in ("price", "lowPrice", "highPrice"):
                value = _first(offer.get(name))
                if value in (None, ""):
                    continue
                if currency != "EUR":
                    found = f"{value} {currency}"
                    self._notes.left_out(Reason.OTHER_CURRENCY, "offers.price", found)
                    continue
                # A price in JSON has a point (schema.org/price).
                cost = parse_cost(_as_number(value), self._notes, "offers.price")
                if cost.lowest_cents is not None:
                    cents.append(cost.lowest_cents)
        return Cost(min(cents), max(cents)) if cents else Cost()

    def _audience(self) -> Any:
        audience = self._object("audience")
        text = _named(audience.get("audienceType") or self._item.get("audience"))
        ages = re.fullmatch(r"\s*(\d*)\s*-?\s*(\d*)\s*", self._text("typicalAgeRange"))
        return parse_audience(
            clean(text if isinstance(text, str) else None, self._notes, "audience"),
            ages[1] if ages else "",
            ages[2] if ages else "",
            self._notes,
            "typicalAgeRange",
        )

    def _place(self) -> Place:
        value = _first(self._item.get("location"))
        if isinstance(value, str):
            return Place(name=clean(value, self._notes, "location"))
        place = value if isinstance(value, Mapping) else {}
        at = _first(place.get("address"))
        address = at if isinstance(at, Mapping) else {"streetAddress": at}
        geo = _first(place.get("geo"))
        geo = geo if isinstance(geo, Mapping) else {}
        where = coordinates(
            _first(geo.get("latitude")),
            _first(geo.get("longitude")),
            self._notes,
            "location.geo",
        )

        def text(name: str) -> str:
            found = _named(address.get(name))
            return clean(found if isinstance(found, str) else None, self._notes, name)

        name = _named(place)
        return Place(
            name=clean(
                name if isinstance(name, str) else None, self._notes, "location"
            ),
            address=text("streetAddress"),
            postcode=postcode(text("postalCode"), self._notes, "postalCode"),
            town=text("addressLocality"),
            latitude=where[0] if where else None,
            longitude=where[1] if where else None,
        )

    def _checked_on(self) -> date | None:
        for name in ("sdDatePublished", "dateModified"):
            try:
                day = parse_date(
                    self._text(name)[:10], self._notes, name, self._context.today
                )
            except SetAside as error:
                self._notes.left_out(error.reason, name, error.found)
                continue
            if day is not None and not self._context.today.is_ahead(day):
                return day
        return None

    # -- when -------------------------------------------------------------------------

    def _times(self) -> Iterator[Times]:
        value = self._item.get("eventSchedule")
        schedules = value if isinstance(value, list) else [value]
        series = [self._series(it) for it in schedules if isinstance(it, Mapping)]
        if series:
            yield from series
            return
        start, has_time = self._moment(self._item.get("startDate"), "startDate")
        if start is None:
            return
        end, has_end_time = self._moment(self._item.get("endDate"), "endDate")
        if not has_time:
            last = end or start
            if last < start:
                raise SetAside(Reason.ENDS_BEFORE_START, "endDate", last)
            midnight = datetime.combine(last.date(), time.min)
            # The last day is a day on which it takes place (schema.org/endDate).
            span = Span(start, midnight + timedelta(days=1))
            yield Times(span, self._context.zone, is_all_day=True)
            return
        if end is not None and not has_end_time:
            # Only the day of the end is known.
            end = None if end.date() <= start.date() else end + timedelta(days=1)
        if end is not None and end < start:
            raise SetAside(Reason.ENDS_BEFORE_START, "endDate", end)
        yield Times(Span(start, end if end != start else None), self._context.zone)

    def _moment(self, value: Any, field: str) -> tuple[datetime | None, bool]:
        """A moment on the wall clock of our zone, and whether it has a time."""
        value = _first(value)
        if isinstance(value, Mapping):
            value = value.get("@value")
        text = clean(value, self._notes, field)
        if not text:
            return None, False
        if "T" not in text and " " not in text:
            day = parse_date(text, self._notes, field, self._context.today)
            assert day is not None
            return datetime.combine(day, time.min), False
        # "+0100" and hours of one digit are in pages, and mean one thing.
        text = re.sub(r"([+-]\d{2})(\d{2})$", r"\1:\2", text.replace(" ", "T", 1))
        text = re.sub(r"T(\d):", r"T0\1:", text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise SetAside(Reason.NOT_A_DATE, field, text) from error
        parse_date(moment, self._notes, field, self._context.today)
        if moment.tzinfo is None:
            self._notes.repaired(Reason.NO_TIME_ZONE, field, text, self._context.zone)
            return moment.replace(second=0, microsecond=0), True
        moment = moment.astimezone(self._zone)
        return moment.replace(tzinfo=None, second=0, microsecond=0), True

    def _series(self, schedule: Json) -> Times:
        """A schema.org/Schedule."""
        notes, today = self._notes, self._context.today

        def text(name: str) -> str:
            value = schedule.get(name)
            if isinstance(value, list):
                value = ",".join(str(_named(it)) for it in value)
            return clean(_named(value), notes, f"eventSchedule.{name}")

        day = parse_date(
            (text("startDate") or self._text("startDate"))[:10],
            notes,
            "startDate",
            today,
        )
        if day is None:
            raise SetAside(Reason.RULE_WITHOUT_DATE, "eventSchedule.startDate")
        zone = text("scheduleTimezone") or self._context.zone
        try:
            ZoneInfo(zone)
        except (ValueError, OSError, LookupError) as error:
            field = "eventSchedule.scheduleTimezone"
            raise SetAside(Reason.UNKNOWN_ZONE, field, zone) from error
        starts = parse_time(_wall(text("startTime")), notes, "eventSchedule.startTime")
        ends = parse_time(_wall(text("endTime")), notes, "eventSchedule.endTime")
        parts = _repeats(text("repeatFrequency"), text("byDay"))
        if (count := text("repeatCount")).isdecimal():
            parts["COUNT"] = count
        until = parse_date(text("endDate")[:10], notes, "eventSchedule.endDate", today)
        if until is not None and parts:
            parts["UNTIL"] = f"{until:%Y%m%d}"
        try:
            day = first_day(parts, day)
            start = datetime.combine(day, starts or time.min)
            rule = make_rule(parts, start) if parts else ""
        except WrongRule as error:
            field = "eventSchedule.repeatFrequency"
            raise SetAside(Reason.NOT_A_RULE, field, error) from error
        end = datetime.combine(day, ends) if ends else None
        if starts is None:
            end = start + timedelta(days=1)
        elif end is not None and end <= start:
            end += timedelta(days=1)
        except_on = [
            parse_date(it[:10], notes, "eventSchedule.exceptDate", today)
            for it in text("exceptDate").split(",")
        ]
        return Times(
            Span(start, end),
            zone,
            is_all_day=starts is None,
            rule=rule,
            without=tuple(
                datetime.combine(it, start.time()) for it in except_on if it is not None
            ),
        )


def _as_number(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\s*\d+(\.\d+)?\s*", value):
        return float(value)
    return value


def _wall(text: str) -> str:
    """A time of a Schedule is on the wall clock of its zone, whatever follows it."""
    return re.sub(r"(Z|[+-]\d{2}:?\d{2})$", "", text)


# ISO 8601 durations, as schema.org/repeatFrequency wants them, and its older words.
_FREQUENCIES = {
    "daily": "P1D",
    "weekly": "P1W",
    "biweekly": "P2W",
    "monthly": "P1M",
    "yearly": "P1Y",
}
_UNITS = {"D": "DAILY", "W": "WEEKLY", "M": "MONTHLY", "Y": "YEARLY"}


def _repeats(frequency: str, days: str) -> dict[str, str]:
    """The parts of a rule.

    Raises:
        SetAside: If the frequency cannot be read.
    """
    if not frequency and not days:
        return {}
    said = _FREQUENCIES.get(frequency.casefold(), frequency or "P1W").upper()
    found = re.fullmatch(r"P(\d{1,3})([DWMY])", said)
    if not found:
        raise SetAside(Reason.NOT_A_RULE, "eventSchedule.repeatFrequency", frequency)
    parts = {"FREQ": _UNITS[found[2]]}
    if found[1] != "1":
        parts["INTERVAL"] = found[1]
    codes = [re.split(r"[/#:]", it)[-1].strip().upper()[:2] for it in days.split(",")]
    if codes := [code for code in codes if code in CODES]:
        parts["BYDAY"] = ",".join(codes)
    return parts
