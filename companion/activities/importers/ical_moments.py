"""Moments of a calendar: in which zone they are, and what is read of them how."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from companion.activities.importers.ical_blocks import Block, Calendar
from companion.activities.problems import Notes, Reason, SetAside
from companion.activities.reading import Context

# What the library reads: it knows the many ways of writing a moment. Texts, which are
# simple and most of an event, are taken as they stand; so a calendar takes half the
# time.
MOMENTS = ("DTSTART", "DTEND", "DURATION", "EXDATE", "RDATE", "RECURRENCE-ID")

# All of western Europe but Great Britain, Ireland and Portugal changes its clocks as
# Amsterdam does.
CENTRAL_EUROPE = ("Europe/Amsterdam", {"+0100", "+0200"})


class Zones:
    """Which zone of the world a TZID means."""

    def __init__(self, calendar: Calendar, context: Context) -> None:
        self._calendar = calendar
        self._known: dict[str, tuple[str, bool]] = {}
        self.own = context.zone
        self.named = ""
        if calendar.zone:
            try:
                self.named = self.find(calendar.zone)[0]
            except LookupError:
                self.named = ""

    def find(self, name: str) -> tuple[str, bool]:
        """IANA name, and whether that is a guess.

        Raises:
            LookupError: If nobody knows it.
        """
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: str) -> tuple[str, bool]:
        plain = name.strip().strip('"')
        tail = "/".join(plain.split("/")[-2:])
        for known in (plain, tail, WINDOWS_TO_OLSON.get(plain, "")):
            if known and _is_zone(known):
                return known, False
        for line in (lines := self._calendar.zones.get(name, [])):
            key, _, value = line.partition(":")
            if key.upper() == "X-LIC-LOCATION" and _is_zone(value.strip()):
                return value.strip(), False
        offsets = {
            line.partition(":")[2].strip()
            for line in lines
            if line.upper().startswith("TZOFFSETTO")
        }
        if offsets == CENTRAL_EUROPE[1]:
            return CENTRAL_EUROPE[0], True
        raise LookupError(name)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def with_zones(block: Block, zones: Zones, notes: Notes) -> str:
    """The moments of an event, with names of zones that everybody knows.

    Raises:
        SetAside: If a zone is one that nobody knows.
    """

    def known(found: re.Match[str]) -> str:
        name = found[2].strip('"')
        try:
            zone, is_guess = zones.find(name)
        except LookupError as error:
            raise SetAside(Reason.UNKNOWN_ZONE, "TZID", name) from error
        if is_guess:
            notes.repaired(Reason.ZONE_GUESSED, "TZID", name, zone)
        return f"{found[1]}{zone}"

    text = block.only(MOMENTS)
    return _ZONE.sub(known, text) if "TZID" in text.upper() else text


@dataclass(frozen=True, slots=True)
class _Moment:
    """A moment as the library gives it: on the wall of its zone, or in UTC."""

    dt: datetime
    params: Mapping[str, str]


# Nearly all events have no more than these two lines; read here they take a quarter of
# the time that the library takes.
_SIMPLE = re.compile(
    r"BEGIN:VEVENT\r\nDTSTART(?:;TZID=([^;:\r]+))?:(\d{8}T\d{6})(Z?)\r\n"
    r"DTEND(?:;TZID=([^;:\r]+))?:(\d{8}T\d{6})(Z?)\r\nEND:VEVENT\r\n"
)


def simple_moments(text: str) -> Mapping[str, _Moment] | None:
    """Start and end that are written in the usual way, and nothing else."""
    found = _SIMPLE.fullmatch(text)
    # In two ways, or in two zones: that is for the library.
    if found is None or (found[1], found[3]) != (found[4], found[6]):
        return None
    params = {"TZID": found[1]} if found[1] else {}
    zone = UTC if found[3] else None
    try:
        start, end = (datetime.fromisoformat(found[it]) for it in (2, 5))
    except ValueError:
        return None
    if zone is not None and params:
        return None
    return {
        "DTSTART": _Moment(start.replace(tzinfo=zone), params),
        "DTEND": _Moment(end.replace(tzinfo=zone), params),
    }


def parsed(text: str, block: Block) -> Mapping[str, Any]:
    """What the library makes of the moments of an event.

    Raises:
        SetAside: If one of them is none: a wrong time must not pass for none.
    """
    try:
        event = icalendar.Event.from_ical(text)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise SetAside(Reason.NOT_A_RECORD, "", error) from error
    assert isinstance(event, icalendar.Event)
    for name, _ in event.errors:
        raise SetAside(Reason.NOT_A_DATE, str(name), block.value(str(name)))
    return event


_ZONE = re.compile(r'(;TZID=)("[^"\r\n]*"|[^;:\r\n]*)', re.IGNORECASE)
