"""Dates, times, prices and the like, as spreadsheets and people write them.

As in `texts`: what was repaired or left out is noted. A wrong date or time sets the
record aside, since somebody would stand before a closed door.
"""

import functools
import hashlib
import re
from datetime import date, datetime, time, timedelta

from companion.activities.dutch_grid import is_on_grid, to_degrees
from companion.activities.problems import Notes, Reason, SetAside
from companion.activities.reading import Today
from companion.activities.record import Access, Audience, Category, Cost, Status
from companion.activities.texts import clean, words_within
from companion.activities.when import YEARS_AHEAD
from companion.activities.words import bare, folded, load_words

# Older is a mistake: nothing that takes place now was entered with such a date.
FIRST_YEAR = 1990

# Day 0 of Excel, which counts 29 February 1900 though there was none.
_EXCEL_EPOCH = date(1899, 12, 30)
_EXCEL_DAYS = range(32874, 73051)  # 1990 to 2099

_NUMBERS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})")
_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ].*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_WITH_MONTH = re.compile(r"(\d{1,2})\W*\s*([a-zë]+)\W*\s*(\d{4}|\d{2})")
_WEEKDAY = re.compile(r"^([a-z]+)[.,]?\s+(?=\d)")
_MIDNIGHT = re.compile(r"[T ]0?0:00(:00)?(\.0+)?$")


def parse_date(value: object, notes: Notes, field: str, today: Today) -> date | None:
    """A day; None for an empty field.

    Raises:
        SetAside: If it is none, or one that cannot be meant.
    """
    if isinstance(value, datetime):
        return _plausible(value.date(), value, field, today)
    if isinstance(value, date):
        return _plausible(value, value, field, today)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None or isinstance(value, time):
        if value is None:
            return None
        raise SetAside(Reason.NOT_A_DATE, field, value)
    text = clean(value, notes, field)
    if not text:
        return None
    day = read_date(text)
    if day is None and text.isdecimal() and int(text) in _EXCEL_DAYS:
        day = _EXCEL_EPOCH + timedelta(days=int(text))
        notes.repaired(Reason.EXCEL_NUMBER, field, text, day)
    if day is None:
        is_day = _without_year(text)
        raise SetAside(Reason.NO_YEAR if is_day else Reason.NOT_A_DATE, field, text)
    if day.year < 100:
        day = day.replace(year=day.year + 2000)
        notes.repaired(Reason.SHORT_YEAR, field, text, day)
    return _plausible(day, text, field, today)


@functools.lru_cache(maxsize=2048)
def read_date(text: str) -> date | None:
    """A day, with a year below 100 where only two digits were written."""
    small = _MIDNIGHT.sub("", folded(text))
    small = _WEEKDAY.sub(
        lambda found: "" if found[1] in load_words().weekdays else found[0], small
    )
    try:
        if found := _ISO.fullmatch(small) or _COMPACT.fullmatch(small):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _NUMBERS.fullmatch(small):
            # Day first, as everybody in the Netherlands writes it.
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := _WITH_MONTH.fullmatch(small):
            month = load_words().months.get(found[2])
            return date(int(found[3]), month, int(found[1])) if month else None
    except ValueError:
        return None
    return None


def _without_year(text: str) -> bool:
    """Whether it would be a day with a year behind it: nobody knows which."""
    return any(read_date(f"{text}{year}") is not None for year in (" 2024", "-2024"))


def _plausible(day: date, found: object, field: str, today: Today) -> date:
    if not FIRST_YEAR <= day.year <= today.year + YEARS_AHEAD:
        raise SetAside(Reason.FAR_YEAR, field, found)
    return day


_CLOCK = re.compile(r"(\d{1,2})(?:\s*[:.hu]\s*(\d{2}))?(?::\d{2}(?:\.\d+)?)?")


def parse_time(value: object, notes: Notes, field: str) -> time | None:
    """A time of day; None for an empty field. 24:00 is midnight.

    Raises:
        SetAside: If it is none.
    """
    if isinstance(value, datetime):
        value = value.time()
    if isinstance(value, time):
        return value.replace(second=0, microsecond=0, tzinfo=None)
    if isinstance(value, timedelta):
        return _of_minutes(round(value.total_seconds() / 60), value, field)
    if value is None:
        return None
    text = clean(value, notes, field)
    if not text:
        return None
    if found := read_clock(text):
        return found
    # Excel keeps a time as a part of the day: 0,395833 is half past nine.
    if re.fullmatch(r"[01][.,]\d{3,}", text):
        part = float(text.replace(",", "."))
        made = _of_minutes(round(part * 24 * 60), text, field)
        notes.repaired(Reason.EXCEL_NUMBER, field, text, f"{made:%H:%M}")
        return made
    raise SetAside(Reason.NOT_A_TIME, field, text)


@functools.lru_cache(maxsize=2048)
def read_clock(text: str) -> time | None:
    """ "9:30", "9.30 uur", "14u", "24:00"; None if it is none of these."""
    words = folded(text).split()
    if words and words[-1] in load_words().oclock:
        words.pop()
    small = "".join(words)
    found = _CLOCK.fullmatch(small) or _CLOCK.fullmatch(small.rstrip("hu"))
    if not found:
        return None
    hours, minutes = int(found[1]), int(found[2] or 0)
    if (hours, minutes) == (24, 0):
        return time.min
    return time(hours, minutes) if hours < 24 and minutes < 60 else None


def _of_minutes(minutes: int, found: object, field: str) -> time:
    if not 0 <= minutes <= 24 * 60:
        raise SetAside(Reason.NOT_A_TIME, field, found)
    return time(minutes // 60 % 24, minutes % 60)


# -- money ---------------------------------------------------------------------------

MOST_EUROS = 10_000
_AMOUNT = re.compile(r"(?<![\d.,])(\d{1,4})(?:[.,](\d{2}|-{1,2}))?(?![\d.,]*\d)")
_OTHER_MONEY = re.compile(r"[£$]|\b(gbp|usd)\b", re.IGNORECASE)
_EURO = re.compile(r"€|\beuro?s?\b|\beur\b", re.IGNORECASE)


def parse_cost(value: object, notes: Notes, field: str) -> Cost:
    """What it costs, as far as it can be read; the text is kept."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        # This way round a "nan" is no price either.
        cents = round(value * 100) if 0 <= value < MOST_EUROS else -1
        if cents < 0:
            notes.left_out(Reason.NOT_A_PRICE, field, value)
            return Cost()
        return Cost(cents, cents)
    text = clean(value, notes, field)
    if not text:
        return Cost()
    small = folded(text)
    words = load_words()
    amounts = sorted(_cents(found) for found in _AMOUNT.finditer(text))
    is_free = small in words.free or any(it in small for it in words.free if " " in it)
    if any(it in small for it in words.gift):
        return Cost(0, amounts[-1] if amounts else None, text)
    if is_free or (not amounts and small.startswith(tuple(words.free))):
        return Cost(0, 0, "" if small in words.free else text)
    if _OTHER_MONEY.search(text):
        # What it costs must not be said in the wrong money.
        notes.left_out(Reason.OTHER_CURRENCY, field, text)
        return Cost(text=text)
    # A bare number is a price; in a sentence it takes a sign of money.
    is_bare = not re.search(r"[a-z]{2}", small.replace("euro", ""))
    if amounts and (is_bare or _EURO.search(text)):
        highest = amounts[-1] if len(amounts) > 1 else amounts[0]
        return Cost(amounts[0], highest, "" if is_bare else text)
    return Cost(text=text)


def _cents(found: re.Match[str]) -> int:
    cents = found[2] or ""
    return int(found[1]) * 100 + (int(cents) if cents.isdecimal() else 0)


# -- choices -------------------------------------------------------------------------


def yes_or_no(value: object, notes: Notes, field: str) -> bool | None:
    """Yes, no, or not known."""
    if isinstance(value, bool):
        return value
    text = clean(value, notes, field)
    small = folded(text)
    if not small:
        return None
    if small in load_words().yes:
        return True
    if small in load_words().no:
        return False
    notes.left_out(Reason.NOT_YES_OR_NO, field, text)
    return None


def parse_status(value: object, notes: Notes, field: str) -> Status:
    """Whether one can come; empty: yes.

    Raises:
        SetAside: If the word is not known: it might mean that one cannot.
    """
    small = folded(clean(value, notes, field))
    if not small:
        return Status.OPEN
    known = load_words().status.get(small)
    if known is None:
        raise SetAside(Reason.NOT_A_STATUS, field, value)
    return Status(known)


def parse_category(value: object, title: str, notes: Notes, field: str) -> Category:
    """What kind of thing it is: as the source says, else as its title sounds."""
    words = load_words().categories
    text = clean(value, notes, field)
    for part in (text, *re.split(r"[,;/>|]| en ", text)):
        if known := words.get(folded(part)):
            return Category(known)
    guess = guess_category(text) or guess_category(title)
    if text and guess is None:
        notes.left_out(Reason.NOT_A_CATEGORY, field, text)
    return guess or Category.OTHER


@functools.lru_cache(maxsize=2048)
def guess_category(title: str) -> Category | None:
    """The kind that the words of a title begin like; None if none does."""
    found = _category_words().search(title.casefold())
    return Category(load_words().categories[found[0]]) if found else None


@functools.cache
def _category_words() -> re.Pattern[str]:
    # The longest first: "koffieochtend" before "koffie".
    words = sorted(load_words().categories, key=len, reverse=True)
    return re.compile(
        r"\b(?:" + "|".join(re.escape(it) for it in words if len(it) > 2) + ")"
    )


def parse_languages(value: object, notes: Notes, field: str) -> tuple[str, ...]:
    """Codes of languages, from codes or names."""
    found = []
    table = load_words().languages
    for part in re.split(r"[,;/&]| en | of ", clean(value, notes, field)):
        small = folded(part)
        if not small:
            continue
        code = table.get(small)
        if code is None and small.split("-")[0] in table.values():
            code = small.split("-")[0]
        if code is None:
            notes.left_out(Reason.NOT_A_LANGUAGE, field, part)
        elif code not in found:
            found.append(code)
    return tuple(found)


def parse_access(text: str) -> tuple[Access, ...]:
    """What a text says there is. A sentence that denies something says nothing."""
    parts = [
        part
        for part in re.split(r"[,;.]", text)
        if not re.search(r"\b(niet|geen|no|not)\b", part.casefold())
        or "drempel" in part.casefold()
    ]
    found = words_within(", ".join(parts), load_words().accessibility)
    return tuple(Access(it) for it in found)


# -- numbers -------------------------------------------------------------------------

# The European part of the Netherlands, to see that two numbers were exchanged.
_DUTCH_LATITUDES = (50.7, 53.7)
_DUTCH_LONGITUDES = (3.2, 7.3)


def coordinates(
    latitude: object, longitude: object, notes: Notes, field: str
) -> tuple[float, float] | None:
    """Degrees (WGS 84), or nothing."""
    if latitude in (None, "") and longitude in (None, ""):
        return None
    found = f"{latitude} {longitude}"
    try:
        lat, lon = (
            float(str(it).strip().replace(",", ".")) for it in (latitude, longitude)
        )
    except ValueError:
        notes.left_out(Reason.NOT_A_COORDINATE, field, found)
        return None
    for x, y in ((lon, lat), (lat, lon)):
        if is_on_grid(x, y):
            degrees = to_degrees(x, y)
            notes.repaired(
                Reason.DUTCH_GRID, field, found, "{:.5f} {:.5f}".format(*degrees)
            )
            return degrees
    if _within(lon, _DUTCH_LATITUDES) and _within(lat, _DUTCH_LONGITUDES):
        notes.repaired(Reason.SWAPPED_COORDINATES, field, found, f"{lon} {lat}")
        return lon, lat
    if not (_within(lat, (-90, 90)) and _within(lon, (-180, 180))) or lat == lon == 0:
        notes.left_out(Reason.NOT_A_COORDINATE, field, found)
        return None
    return lat, lon


def _within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def parse_audience(
    text: str, lowest: object, highest: object, notes: Notes, field: str
) -> Audience:
    """For whom it is."""
    ages = [_age(lowest, notes, field), _age(highest, notes, field)]
    if ages[0] is None and (
        found := re.search(r"\b(\d{2})\s*\+|\b(\d{2})-?plus", text)
    ):
        ages[0] = int(found[1] or found[2])
    if ages[0] is not None and ages[1] is not None and ages[0] > ages[1]:
        notes.left_out(Reason.NOT_AN_AGE, field, f"{ages[0]} - {ages[1]}")
        ages = [None, None]
    return Audience(text, *ages)


def _age(value: object, notes: Notes, field: str) -> int | None:
    text = clean(value, notes, field)
    if not text:
        return None
    found = re.fullmatch(
        r"(\d{1,3})(?:[.,]0+)?(?:\s*(?:\+|jaar|years?))?", folded(text)
    )
    if found and int(found[1]) <= 120:
        return int(found[1])
    notes.left_out(Reason.NOT_AN_AGE, field, text)
    return None


def made_id(*parts: str) -> str:
    """An id for a record that has none, the same as long as these are."""
    text = "\x1f".join(bare(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()
