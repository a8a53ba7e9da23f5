"""A calendar file, cut into its events before they are read.

So a broken event costs one event, and a long calendar little memory (RFC 5545, 3.1
and 3.6).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

# What a record is made of. Other properties, such as attendees and alarms, are not
# even parsed: they are most of what calendar programs write.
WANTED = frozenset(
    "UID DTSTART DTEND DURATION RRULE EXRULE EXDATE RDATE RECURRENCE-ID SEQUENCE"
    " SUMMARY DESCRIPTION LOCATION GEO URL CATEGORIES STATUS ORGANIZER CONTACT"
    " LAST-MODIFIED".split()
)

LONGEST_LINE_BYTES = 100_000
# Of one property: exceptions of ten years of a weekly group.
MOST_LINES = 600

_NAME = re.compile(r"[A-Za-z0-9-]+")
_DAY = re.compile(r"(DTSTART|DTEND)[^:]*:(\d{4})(\d{2})(\d{2})\s*$", re.IGNORECASE)


# The name and parameters of a line; a colon may stand within quotes.
_HEAD = re.compile(r'[^":]*(?:"[^"]*"[^":]*)*:')


@dataclass(slots=True)
class Block:
    """One event as it is written.

    Attributes:
        line: On which it begins.
        lines: Its properties, unfolded, those of `WANTED` only, by name.
        is_whole: Whether its END was found.
    """

    line: int
    lines: dict[str, list[str]] = field(default_factory=dict)
    is_whole: bool = False

    def value(self, name: str) -> str:
        """The raw value of a property; empty if it is not there."""
        return next(self.values(name), "")

    def values(self, name: str) -> Iterator[str]:
        """The raw values of all properties of a name."""
        for line in self.lines.get(name, ()):
            if head := _HEAD.match(line):
                yield line[head.end() :].strip()

    def text(self, name: str) -> str:
        """The value of a property that is a text (RFC 5545, 3.3.11)."""
        return unescaped(self.value(name))

    def only(self, names: Iterable[str]) -> str:
        """An event of these properties, as iCalendar."""
        lines = [line for name in names for line in self.lines.get(name, ())]
        return "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT", ""])


def unescaped(text: str) -> str:
    """A text without what stands before its commas and line ends."""
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], text)


_ESCAPED = re.compile(r"\\(.)")


@dataclass(slots=True)
class Calendar:
    """What holds for all events of a file, found out in a first round.

    Attributes:
        is_calendar: Whether it is one at all.
        ends_early: Whether its END is missing.
        name: X-WR-CALNAME, which most programs write.
        zone: X-WR-TIMEZONE, as it is written.
        zones: Lines of each VTIMEZONE, by TZID.
        overrides: Events with a RECURRENCE-ID, by UID.
        latest: Highest SEQUENCE of each UID that is there more than once.
        ends_a_day_late: Whether every all-day event has a last day too many.
    """

    is_calendar: bool = False
    ends_early: bool = True
    name: str = ""
    zone: str = ""
    zones: dict[str, list[str]] = field(default_factory=dict)
    overrides: dict[str, list[Block]] = field(default_factory=dict)
    latest: dict[str, int] = field(default_factory=dict)
    ends_a_day_late: bool = False


def survey(path: Path) -> Calendar:
    """Read what holds for all events."""
    calendar = Calendar()
    lengths: list[int] = []
    seen: dict[str, int] = {}
    for item in _parts(path):
        if isinstance(item, Block):
            uid = item.value("UID")
            if item.value("RECURRENCE-ID") and uid:
                calendar.overrides.setdefault(uid, []).append(item)
            elif uid:
                number = _sequence(item)
                if uid in seen:
                    calendar.latest[uid] = max(number, seen[uid])
                seen[uid] = max(number, seen.get(uid, 0))
            if (days := _days_long(item)) is not None:
                lengths.append(days)
            continue
        name, value = item
        match name:
            case "BEGIN":
                calendar.is_calendar |= value.upper() == "VCALENDAR"
            case "END":
                calendar.ends_early &= value.upper() != "VCALENDAR"
            case "X-WR-CALNAME":
                calendar.name = value
            case "X-WR-TIMEZONE":
                calendar.zone = value
            case _:
                calendar.zones.setdefault(name.removeprefix("ZONE "), []).append(value)
    # Holiday calendars in the wild count the last day and the day behind it. One that
    # has three days or more, each of exactly two days, is taken for one of those.
    calendar.ends_a_day_late = len(lengths) >= 3 and set(lengths) == {2}
    return calendar


def events(path: Path) -> Iterator[Block]:
    """Every event, in the order of the file."""
    return (item for item in _parts(path) if isinstance(item, Block))


def _sequence(block: Block) -> int:
    text = block.value("SEQUENCE")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _days_long(block: Block) -> int | None:
    """How many days an all-day event lasts, by its DTEND."""
    days = {}
    for line in (*block.lines.get("DTSTART", ()), *block.lines.get("DTEND", ())):
        if found := _DAY.match(line):
            try:
                days[found[1].upper()] = date(*(int(found[it]) for it in (2, 3, 4)))
            except ValueError:
                return None
    if len(days) < 2:
        return None
    return (days["DTEND"] - days["DTSTART"]).days


def _parts(path: Path) -> Iterator[Block | tuple[str, str]]:
    """Events, and of what is around them what matters, by name."""
    block: Block | None = None
    inner = 0
    zone: list[str] | None = None
    zone_name = ""
    with path.open("rb") as file:
        for number, line in _unfolded(
            iter(lambda: file.readline(LONGEST_LINE_BYTES), b"")
        ):
            found = _NAME.match(line)
            name = found[0].upper() if found else ""
            value = line.partition(":")[2].strip()
            kind = value.upper()
            if name == "BEGIN" and kind == "VEVENT":
                if block is not None:
                    # The one before never ended.
                    yield block
                block, inner = Block(number), 0
            elif block is not None:
                if name == "END" and kind == "VEVENT":
                    block.is_whole = True
                    yield block
                    block = None
                elif name == "END" and kind == "VCALENDAR":
                    yield block
                    yield name, value
                    block = None
                elif name == "BEGIN":
                    inner += 1
                elif name == "END":
                    inner -= 1
                elif inner == 0 and name in WANTED:
                    lines = block.lines.setdefault(name, [])
                    if len(lines) < MOST_LINES:
                        lines.append(line)
            elif name == "BEGIN" and kind == "VTIMEZONE":
                zone, zone_name = [], ""
            elif zone is not None:
                if name == "END" and kind == "VTIMEZONE":
                    for text in zone:
                        yield f"ZONE {zone_name}", text
                    zone = None
                elif name == "TZID":
                    zone_name = value
                else:
                    zone.append(line)
            elif name in ("BEGIN", "END", "X-WR-CALNAME", "X-WR-TIMEZONE"):
                yield name, value
    if block is not None:
        yield block


def _unfolded(lines: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """Whole lines with the number of their first one (RFC 5545, 3.1).

    Put together before they are decoded: a fold may stand within a letter.
    """
    begun, held = 0, b""
    for number, raw in enumerate(lines, start=1):
        line = raw.rstrip(b"\r\n")
        if line[:1] in (b" ", b"\t") and held:
            if len(held) < LONGEST_LINE_BYTES:
                held += line[1:]
            continue
        if held:
            yield begun, _decoded(held)
        begun, held = number, line
    if held:
        yield begun, _decoded(held)


def _decoded(line: bytes) -> str:
    line = line.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")
