"""One row of a table, by the fields of the template, made into a record.

The columns are explained to those who publish in docs/gemeenten.md.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from companion.activities.cells import Cells, untangle
from companion.activities.problems import Notes, Reason, SetAside
from companion.activities.reading import Context, Read
from companion.activities.record import Activity, Contact, Place
from companion.activities.repeating import (
    first_day,
    parse_dates,
    parse_opening,
    parse_repeats,
)
from companion.activities.texts import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    clean,
    email,
    neighbourhood,
    phone,
    postcode,
    town,
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
    parse_status,
    parse_time,
    yes_or_no,
)
from companion.activities.when import Opening, Span, Times, WrongRule, make_rule
from companion.activities.words import load_words


def read_row(cells: Cells, line: int, context: Context) -> Read:
    """Make a record of a row, or say why that cannot be done."""
    title = cells.get("title") or cells.get("id") or ""
    notes = Notes(line, str(title))
    cells = untangle(cells, notes, load_words().column_names)
    try:
        activity = _Row(cells, notes, context).activity()
    except SetAside as error:
        notes.set_aside(error)
        return Read(None, tuple(notes.problems))
    return Read(activity, tuple(notes.problems), line)


class _Row:
    """The cells of a row, each with the name of its column for who has to repair it."""

    def __init__(self, cells: Cells, notes: Notes, context: Context) -> None:
        self._cells = cells
        self._notes = notes
        self._context = context
        self._names = load_words().column_names

    def _text(self, field: str, longest: int = 500) -> str:
        return clean(self._cells.get(field), self._notes, self._names[field], longest)

    def _of(self, field: str) -> tuple[object, Notes, str]:
        """What most of the functions that read a value take."""
        return self._cells.get(field), self._notes, self._names[field]

    def activity(self) -> Activity:
        title = self._text("title", LONGEST_TITLE)
        if not title:
            raise SetAside(Reason.MISSING, self._names["title"])
        organisation = self._text("organisation")
        if not organisation:
            raise SetAside(Reason.MISSING, self._names["organisation"])
        times = self._times()
        opening = self._opening(times)
        access = self._text("accessibility")
        place = self._place()
        category_text = self._text("category")
        return Activity(
            id=self._text("id") or self._made_id(title, organisation, place),
            source=self._context.source,
            title=title,
            organisation=organisation,
            licence=self._text("licence") or self._context.licence,
            checked_on=self._checked_on(),
            description=self._text("description", LONGEST_TEXT),
            category=parse_category(
                category_text, title, self._notes, self._names["category"]
            ),
            subject=category_text,
            audience=parse_audience(
                self._text("audience"),
                self._cells.get("lowest_age"),
                self._cells.get("highest_age"),
                self._notes,
                self._names["lowest_age"],
            ),
            cost=parse_cost(*self._of("cost")),
            conditions=self._text("conditions"),
            must_sign_up=yes_or_no(*self._of("sign_up")),
            contact=Contact(
                self._text("contact"),
                phone(*self._of("phone")),
                email(*self._of("email")),
            ),
            url=web_address(*self._of("url")),
            place=place,
            times=times,
            opening_hours=opening,
            accessibility=parse_access(access),
            accessibility_note=access,
            languages=parse_languages(*self._of("language")),
            bring=self._text("bring"),
            status=parse_status(*self._of("status")),
        )

    def _made_id(self, title: str, organisation: str, place: Place) -> str:
        # What people correct, such as an end time or a price, is no part of it; what
        # tells two groups of the same name apart is.
        when = [self._text(it) for it in ("days", "repeats", "date", "starts")]
        where = (place.name, place.address, place.town)
        return made_id(title, organisation, *where, *when)

    def _place(self) -> Place:
        where = coordinates(
            self._cells.get("latitude"),
            self._cells.get("longitude"),
            self._notes,
            f"{self._names['latitude']} / {self._names['longitude']}",
        )
        return Place(
            name=self._text("place"),
            address=self._text("address"),
            postcode=postcode(*self._of("postcode")),
            town=town(*self._of("town")),
            latitude=where[0] if where else None,
            longitude=where[1] if where else None,
            neighbourhood=neighbourhood(*self._of("neighbourhood")),
        )

    def _date(self, field: str) -> date | None:
        value, notes, name = self._of(field)
        return parse_date(value, notes, name, self._context.today)

    def _checked_on(self) -> date | None:
        try:
            day = self._date("checked_on")
        except SetAside as error:
            # It says nothing about when to come: the record is only not as fresh.
            self._notes.left_out(error.reason, error.field, error.found)
            return None
        if day is not None and self._context.today.is_ahead(day):
            name = self._names["checked_on"]
            self._notes.left_out(Reason.FAR_YEAR, name, day)
            return None
        return day

    # -- when ---------------------------------------------------------------------

    def _times(self) -> tuple[Times, ...]:
        day = self._date("date")
        repeats = parse_repeats(
            self._text("repeats"), self._text("days"), self._names["repeats"]
        )
        starts = parse_time(*self._of("starts"))
        if day is None:
            value = self._cells.get("date")
            if repeats and starts is not None and value in (None, ""):
                # "Elke dinsdag om tien uur" needs no first day; every second week does.
                if repeats.get("INTERVAL", "1") != "1":
                    raise SetAside(Reason.RULE_WITHOUT_DATE, self._names["date"])
                # The same on every day on which it is read, so that nothing changes.
                day = date(self._context.today.year, 1, 1)
            elif self._cells.get("opening_hours") or not (repeats or starts):
                return ()
            else:
                lacking = "date" if starts is not None else "starts"
                raise SetAside(Reason.MISSING, self._names[lacking])
        return (self._series(day, starts, repeats),)

    def _series(
        self, day: date, starts: time | None, repeats: Mapping[str, str]
    ) -> Times:
        parts = dict(repeats)
        last = self._date("end_date")
        if last is not None and last < day:
            raise SetAside(Reason.ENDS_BEFORE_START, self._names["end_date"], last)
        if parts and last is not None and "UNTIL" not in parts:
            parts["UNTIL"] = f"{last:%Y%m%d}"
        try:
            day = first_day(parts, day)
            span = self._span(day, starts, None if parts else last)
            rule = make_rule(parts, span.start) if parts else ""
        except WrongRule as error:
            raise SetAside(
                Reason.REPEATS_NEVER, self._names["repeats"], self._text("repeats")
            ) from error
        clock = span.start.time()
        without = parse_dates(*self._of("without"), self._context.today)
        also = parse_dates(*self._of("also"), self._context.today)
        length = span.end - span.start if span.end is not None else None
        return Times(
            span,
            self._context.zone,
            is_all_day=starts is None,
            rule=rule,
            without=tuple(datetime.combine(it, clock) for it in without),
            also=tuple(
                Span(start, None if length is None else start + length)
                for start in (datetime.combine(it, clock) for it in also)
                if start != span.start
            ),
        )

    def _span(self, day: date, starts: time | None, last: date | None) -> Span:
        """The first time; `last` is its last day where it does not repeat."""
        ends = parse_time(*self._of("ends"))
        name = self._names["ends"]
        last = last or day
        if starts is None:
            if ends is not None:
                raise SetAside(Reason.MISSING, self._names["starts"], "")
            midnight = datetime.combine(day, time.min)
            return Span(midnight, datetime.combine(last, time.min) + timedelta(days=1))
        start = datetime.combine(day, starts)
        if ends is None:
            return Span(start)
        end = datetime.combine(last, ends)
        if end <= start:
            # Until midnight, or past it; a whole night is a mistake.
            later = end + timedelta(days=1)
            if later - start > timedelta(hours=9):
                raise SetAside(Reason.ENDS_BEFORE_START, name, f"{ends:%H:%M}")
            if ends != time.min:
                self._notes.repaired(
                    Reason.ENDS_NEXT_DAY, name, f"{ends:%H:%M}", later.date()
                )
            end = later
        return Span(start, end)

    def _opening(self, times: tuple[Times, ...]) -> tuple[Opening, ...]:
        found = parse_opening(
            self._text("opening_hours"), self._notes, self._names["opening_hours"]
        )
        if found or times:
            return found
        days = self._text("days")
        starts, ends = self._text("starts"), self._text("ends")
        if days and starts and ends:
            text = f"{days} {starts}-{ends}"
            return parse_opening(text, self._notes, self._names["days"])
        return ()
