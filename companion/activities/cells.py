"""Cells that hold more than their column says, taken apart where that is certain.

"Dinsdag 2 maart 2027, 10.00-12.00 uur" is a date and two times; a town stands behind
its postcode. What a column of its own says already is never overruled.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time

from companion.activities.problems import Notes, Reason, SetAside
from companion.activities.repeating import parse_repeats
from companion.activities.values import read_clock, read_date
from companion.activities.words import folded

Cells = Mapping[str, object]
Parts = dict[str, object]


def untangle(cells: Cells, notes: Notes, names: Mapping[str, str]) -> Cells:
    """The cells of a row with each thing in a field of its own.

    Args:
        cells: By field of the template; empty ones are left out.
        notes: Gets what was taken apart.
        names: Of the columns, by field.
    """
    found: Parts = {}
    for field, split in _SPLITS:
        value = cells.get(field)
        if value in (None, ""):
            continue
        parts = split(value)
        # What else is in it must be free to be filled.
        if parts is None or any(
            it in cells or it in found for it in parts.keys() - {field}
        ):
            continue
        became = ", ".join(f"{names[it]} {_told(parts[it])}" for it in parts)
        notes.repaired(Reason.MORE_IN_A_CELL, names[field], value, became)
        found |= {field: "", **parts}
    return {**cells, **found} if found else cells


def _told(value: object) -> str:
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return f"{value.day}-{value.month}-{value.year}"
    return str(value)


# -- dates -----------------------------------------------------------------------------

# At the end, behind a space or a comma: "2-3-2027 10.00-12.00 uur".
_CLOCK = r"\d{1,2}[:.]\d{2}"
_TIMES_BEHIND = re.compile(
    rf"(?P<rest>.+?)[\s,|]+(?:van\s+|om\s+|vanaf\s+|-\s*|–\s*)?(?P<starts>{_CLOCK})"
    rf"(?:\s*(?:uur|u))?(?:\s*(?:-|–|tot|t/m)\s*(?P<ends>{_CLOCK}))?(?:\s*(?:uur|u)\.?)?",
    re.IGNORECASE,
)
_THROUGH = re.compile(r"\s+[-–]\s+|\s*(?:t/m|tot en met|tm)\s*", re.IGNORECASE)
_SINCE = re.compile(
    r"(?P<repeats>.+?),?\s+(?:vanaf|met ingang van|m\.?i\.?v\.?|start)\s+(?P<date>.+)",
    re.IGNORECASE,
)
_DAYS_APART = re.compile(r"\s*[,;&\n]\s*|\s+en\s+", re.IGNORECASE)


def _split_date(value: object) -> Parts | None:
    if isinstance(value, datetime):
        if value.time() == time.min:
            return None
        return {"date": value.date(), "starts": value.time()}
    if not isinstance(value, str) or read_date(value) is not None:
        return None
    text = folded(value)
    parts: Parts = {}
    if behind := _TIMES_BEHIND.fullmatch(text):
        clocks = {it: read_clock(behind[it]) for it in ("starts", "ends") if behind[it]}
        if None in clocks.values():
            return None
        parts, text = dict(clocks), behind["rest"].strip(" ,-–|")
    days = _days(text) or _repeats(text)
    return {**days, **parts} if days is not None else None


def _days(text: str) -> Parts | None:
    """One day, the first and the last one, or several."""
    if (day := read_date(text)) is not None:
        return {"date": day}
    first, *more = _THROUGH.split(text)
    if len(more) == 1 and (last := read_date(more[0])) is not None:
        # "2 t/m 5 maart 2027", "28 februari - 2 maart 2027"
        endings = (f" {it}" for it in _endings(more[0]))
        whole = (read_date(first + ending) for ending in ("", *endings))
        if (start := next((it for it in whole if it), None)) and start <= last:
            return {"date": start, "end_date": last}
        return None
    every = [read_date(it) for it in _DAYS_APART.split(text)]
    if len(every) > 1 and None not in every:
        return {"date": every[0], "also": ", ".join(map(_told, every[1:]))}
    return None


def _endings(text: str) -> list[str]:
    """ "maart 2027" and "2027", of which the first day lacks one."""
    words = text.split()
    return [" ".join(words[number:]) for number in range(1, len(words))]


def _repeats(text: str) -> Parts | None:
    """ "Elke tweede dinsdag vanaf 2 maart 2027" in the column of the date."""
    since = _SINCE.fullmatch(text)
    said, day = (since["repeats"], read_date(since["date"])) if since else (text, None)
    if since and day is None:
        return None
    try:
        if not parse_repeats(said, "", "date"):
            return None
    except SetAside:
        return None
    return {"repeats": said} if day is None else {"repeats": said, "date": day}


# -- times -----------------------------------------------------------------------------

_FROM_TO = re.compile(
    r"(?:van\s+)?(\d{1,2}(?:[:.]\d{2})?)\s*(?:uur|u|h)?\s*(?:-|–|tot|t/m|tot en met)\s*"
    r"(\d{1,2}(?:[:.]\d{2})?)\s*(?:uur|u|h)?\.?"
)


def _split_starts(value: object) -> Parts | None:
    if not isinstance(value, str) or read_clock(value) is not None:
        return None
    text = folded(value)
    if since := re.fullmatch(r"(?:vanaf|om)\s+(.+)", text):
        clock = read_clock(since[1])
        return None if clock is None else {"starts": clock}
    found = _FROM_TO.fullmatch(text)
    clocks = [read_clock(it) for it in found.groups()] if found else [None]
    return None if None in clocks else {"starts": clocks[0], "ends": clocks[1]}


# -- places ----------------------------------------------------------------------------

_TOWN_BEHIND = re.compile(r"([1-9]\d{3}\s*[A-Z]{2})[\s,]+(\D+)", re.IGNORECASE)
_STREET_BEFORE = re.compile(
    r"([^,]*\D\s\d[^,]*?),?\s+([1-9]\d{3}\s?[A-Z]{2}),?\s+([^,\d]+)"
)
_BOTH = re.compile(r"(-?\d{1,3}[.,]\d+)\s*(?:[,;/|]|\s)\s*(-?\d{1,3}[.,]\d+)")


def _split_postcode(value: object) -> Parts | None:
    found = _TOWN_BEHIND.fullmatch(value.strip()) if isinstance(value, str) else None
    return {"postcode": found[1], "town": found[2].strip()} if found else None


def _split_address(value: object) -> Parts | None:
    found = _STREET_BEFORE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        return None
    return {"address": found[1], "postcode": found[2], "town": found[3].strip()}


def _split_latitude(value: object) -> Parts | None:
    found = _BOTH.fullmatch(value.strip()) if isinstance(value, str) else None
    return {"latitude": found[1], "longitude": found[2]} if found else None


_SPLITS: tuple[tuple[str, Callable[[object], Parts | None]], ...] = (
    ("date", _split_date),
    ("starts", _split_starts),
    ("postcode", _split_postcode),
    ("address", _split_address),
    ("latitude", _split_latitude),
)
