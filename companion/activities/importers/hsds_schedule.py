"""When a service of HSDS is there: one table for opening hours and for moments.

Fields: docs.openreferral.org, HSDS 3.0, `schedule`; those that repeat are named and
meant as in RFC 5545.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from companion.activities.problems import Notes, Reason, SetAside
from companion.activities.reading import Context
from companion.activities.repeating import CODES, first_day
from companion.activities.texts import clean
from companion.activities.values import parse_date, parse_time
from companion.activities.when import Opening, Span, Times, make_rule, rule_parts

Json = Mapping[str, Any]


class Schedule:
    """One `schedule`: opening hours of a week, or a series of moments."""

    def __init__(self, item: Json, notes: Notes, context: Context) -> None:
        self._item = item
        self._notes = notes
        self._context = context
        self._valid_from = self._date("valid_from")
        self._valid_to = self._date("valid_to")
        self._opens = self._time("opens_at")
        self._closes = self._time("closes_at")

    def is_over(self) -> bool:
        """Whether it says something about the past only."""
        last = self._valid_to
        return last is not None and self._context.today.is_past(last)

    def times(self) -> Times | None:
        """The series; None if these are opening hours.

        HSDS has one table for both. What begins on a day of its own, or does not
        come back each week, is a series.

        Raises:
            WrongRule: If it cannot be followed.
            SetAside: If it says when, but not enough.
        """
        first = self._date("dtstart")
        frequency = self._text("freq").upper()
        interval = self._text("interval") or "1"
        is_weekly = frequency in ("", "WEEKLY") and interval == "1"
        if self._opens is None or (first is None and is_weekly):
            return None
        first = first or self._valid_from
        if first is None:
            raise SetAside(Reason.RULE_WITHOUT_DATE, "schedules.dtstart")
        parts = self._rule(frequency, interval)
        day = first_day(parts, first)
        start = datetime.combine(day, self._opens)
        end = None
        if self._closes is not None:
            end = datetime.combine(day, self._closes)
            end = end if end > start else end + timedelta(days=1)
        rule = make_rule(parts, start) if parts else ""
        return Times(Span(start, end), self._context.zone, rule=rule)

    def _rule(self, frequency: str, interval: str) -> dict[str, str]:
        if not frequency:
            return {}
        parts = {"FREQ": frequency}
        if interval != "1":
            parts["INTERVAL"] = interval
        names = ["bymonthday", "byweekno", "byday", "wkst", "count"]
        if frequency == "WEEKLY":
            # RFC 5545, 3.3.10: neither has a meaning in a week.
            names = ["byday", "wkst", "count"]
        for name in names:
            if text := self._text(name).replace(" ", ""):
                parts[name.upper()] = text.upper()
        if until := self._date("until") or self._valid_to:
            parts["UNTIL"] = f"{until:%Y%m%d}"
            parts.pop("COUNT", None)
        return rule_parts(";".join(f"{k}={v}" for k, v in parts.items()))

    def opening(self) -> Iterator[Opening]:
        """The hours of each weekday that is named."""
        if self._opens is None or self._closes is None:
            return
        days = self._text("byday") or self._text("weekday")
        codes = [it.strip().upper()[:2] for it in days.split(",") if it.strip()]
        if not codes or any(code not in CODES for code in codes):
            self._notes.left_out(Reason.NOT_HOURS, "schedules.byday", days)
            return
        if self._closes <= self._opens and self._closes != time.min:
            found = f"{self._opens:%H:%M}-{self._closes:%H:%M}"
            self._notes.left_out(Reason.NOT_HOURS, "schedules.closes_at", found)
            return
        # A first day in the past says nothing that matters any more.
        since = self._valid_from
        if since is not None and not self._context.today.is_ahead(since):
            since = None
        for code in codes:
            yield Opening(
                CODES.index(code), self._opens, self._closes, since, self._valid_to
            )

    def _text(self, name: str) -> str:
        value = self._item.get(name)
        if isinstance(value, list):
            value = ",".join(str(it) for it in value)
        return clean(value, self._notes, f"schedules.{name}")

    def _date(self, name: str) -> date | None:
        text = self._text(name)
        field = f"schedules.{name}"
        try:
            return parse_date(text[:10], self._notes, field, self._context.today)
        except SetAside as error:
            # Feeds say "no end" with the year 2099 or 9999.
            if error.reason is Reason.FAR_YEAR and name in ("valid_to", "until"):
                return None
            raise

    def _time(self, name: str) -> time | None:
        """A time on the wall clock.

        The UK variant writes "10:00Z" all year for what is at ten on the wall, also
        in summer: so the zone behind it is left off.
        """
        text = self._text(name)
        for end in ("Z", "+00:00"):
            text = text.removesuffix(end)
        return parse_time(text, self._notes, f"schedules.{name}")
