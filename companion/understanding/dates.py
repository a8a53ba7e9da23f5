"""Days, from Dutch words: "volgende week donderdag", "eind van de maand", "15 maart".

A day that could be in the past is the next one: on 22 November "15 maart" is next
year's. "Volgende dinsdag" is that of the next week, as most people mean it. Whatever
is made of it is read back with its date.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from dateutil.easter import easter
from dateutil.relativedelta import relativedelta

from companion.understanding.numbers import (
    parse_number,
    parse_ordinal,
    say_number,
    say_ordinal,
)
from companion.understanding.times import MONTHS, WEEKDAYS
from companion.understanding.words import plain

_WEEK: Final = timedelta(days=7)


def _one_of(words: list[str]) -> str:
    # The longest first: "vijf" begins "vijftien".
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


# Up to the minutes of an hour and the days of a month.
NUMBER: Final = _one_of([plain(say_number(n)) for n in range(1, 60)] + [r"\d{1,2}"])
ORDINAL: Final = _one_of(
    [plain(say_ordinal(n)) for n in range(1, 32)] + [r"\d{1,2}(?:e|de|ste)\b"]
)
WEEKDAY: Final = _one_of(list(WEEKDAYS))
MONTH: Final = _one_of(list(MONTHS))
# Joined to a weekday: "dinsdagmiddag". Its part of the day is read with the times.
DAY_PART: Final = "(?:ochtend|morgen|middag|avond|nacht)"


@dataclass(frozen=True, slots=True)
class FoundDay:
    """A day in a text.

    Attributes:
        day: The day; of a week its Monday.
        start: Where its words begin.
        end: Where they end.
        days: Of how many days it is the first: 7 for "volgende week", else 1.
    """

    day: date
    start: int
    end: int
    days: int = 1


def find_day(text: str, today: date, start: int = 0) -> FoundDay | None:
    """The first day that a text names from a place on; None without one.

    Args:
        text: In the form of `words.plain`; dates in figures as "15-3-2027".
        today: The day on which it is said.
        start: Where to look from.
    """
    best: FoundDay | None = None
    for pattern, read in _PATTERNS:
        for match in pattern.finditer(text, start):
            if best is not None and match.start() >= best.start:
                break
            found = read(match, today)
            if found is not None:
                day, days = found if isinstance(found, tuple) else (found, 1)
                best = FoundDay(day, match.start(), match.end(), days)
                break
    return best


_Read = Callable[[re.Match[str], date], "date | tuple[date, int] | None"]


# --- counted from today -----------------------------------------------------------


def _named(match: re.Match[str], today: date) -> date:
    days = {"overmorgen": 2, "eergisteren": -2, "gisteren": -1, "morgen": 1}
    name = match["name"]
    base = today + timedelta(
        days=next((n for word, n in days.items() if name.startswith(word)), 0)
    )
    return base + _count(match["weeks"]) * _WEEK


def _count(words: str | None) -> int:
    """ "Over een week", "over twee weken": how many; none is 0."""
    if not words:
        return 0
    if words.startswith("acht dagen"):
        # "Vandaag over acht dagen" counts today as well.
        return 1
    if words.startswith(("veertien dagen", "14 dagen")):
        return 2
    return parse_number(words.split()[0]) or 0


def _later(match: re.Match[str], today: date) -> date | None:
    count = parse_number(match["count"])
    if count is None:
        return None
    unit = match["unit"]
    if unit.startswith("dag"):
        return today + timedelta(days=count)
    if unit.startswith("we"):
        day = today + count * _WEEK
        return day if not match["weekday"] else _in_week(day, match["weekday"])
    if unit.startswith("maand"):
        return today + relativedelta(months=count)
    return today + relativedelta(years=count)


# --- days of a week ----------------------------------------------------------------


def _weekday(match: re.Match[str], today: date) -> date:
    weekday = WEEKDAYS.index(match["weekday"])
    ahead = (weekday - today.weekday()) % 7
    which = match["which"] or ""
    if which.startswith("deze") and today.weekday() <= weekday:
        return today + timedelta(days=ahead)
    coming = today + timedelta(days=ahead or 7)
    if which == "volgende":
        return max(coming, _in_week(today + _WEEK, match["weekday"]))
    return coming + _count(match["weeks"]) * _WEEK


def _weekday_of_week(match: re.Match[str], today: date) -> date:
    weeks = 0 if match["week"].startswith("deze") else 1
    return _in_week(today + weeks * _WEEK, match["weekday"])


def _in_week(day: date, weekday: str) -> date:
    monday = day - timedelta(days=day.weekday())
    return monday + timedelta(days=WEEKDAYS.index(weekday))


def _whole_week(match: re.Match[str], today: date) -> tuple[date, int]:
    if match["week"].startswith("deze"):
        # What is left of it; who asks on a Sunday means the week that begins.
        is_weekend = today.weekday() >= 5
        return today, 7 - today.weekday() + (7 if is_weekend else 0)
    return _in_week(today + _WEEK, WEEKDAYS[0]), 7


def _weekend(match: re.Match[str], today: date) -> tuple[date, int]:
    saturday = today + timedelta(days=(5 - today.weekday()) % 7)
    if today.weekday() == 6:
        if (match["which"] or "") in ("dit", "het"):
            return today, 1
        saturday = today + timedelta(days=6)
    if match["which"] == "volgend" and saturday - today < _WEEK:
        saturday = max(saturday, _in_week(today + _WEEK, "zaterdag"))
    return saturday, 2


# --- days of a month ----------------------------------------------------------------


def _date(match: re.Match[str], today: date) -> date | None:
    day = parse_ordinal(match["day"]) or parse_number(match["day"])
    month = MONTHS.index(match["month"]) + 1
    return _next_date(day or 0, month, match["year"], today)


def _figures(match: re.Match[str], today: date) -> date | None:
    day, month, *year = re.split("[-/]", match["figures"])
    return _next_date(int(day), int(month), year[0] if year else None, today)


def _next_date(day: int, month: int, year: str | None, today: date) -> date | None:
    """That day of this year, or of the next one that has it still to come."""
    if year:
        number = parse_number(year) or 0
        return _day_of(number + 2000 if number < 100 else number, month, day)
    years = range(today.year, today.year + 9)
    days = (_day_of(number, month, day) for number in years)
    return next((found for found in days if found and found >= today), None)


def _day_of(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _day_of_month(match: re.Match[str], today: date) -> date | None:
    """ "De vijftiende", "de derde van volgende maand"."""
    day = parse_ordinal(match["day"]) or 0
    month = today.replace(day=1)
    if "volgende" in (match["month"] or ""):
        month += relativedelta(months=1)
    months = (month + relativedelta(months=number) for number in range(3))
    days = (_day_of(month.year, month.month, day) for month in months)
    return next((found for found in days if found and found >= today), None)


def _month_of(words: str, today: date) -> date:
    """The first day of "maart", "deze maand" or "volgende maand"."""
    first = today.replace(day=1)
    name = words.split()[-1]
    if name in MONTHS:
        month = first.replace(month=MONTHS.index(name) + 1)
        return month if month >= first else month + relativedelta(years=1)
    return first + relativedelta(months=1 if "volgende" in words else 0)


def _nth_weekday(match: re.Match[str], today: date) -> date | None:
    """ "De derde dinsdag van de maand": of this month, or of the next one."""
    nth = -1 if match["nth"] == "laatste" else parse_ordinal(match["nth"]) or 0
    month = _month_of(match["month"], today)
    for _ in range(2):
        day = _nth_of(month, WEEKDAYS.index(match["weekday"]), nth)
        if day is not None and day >= today:
            return day
        month += relativedelta(months=1)
    return None


def _nth_of(month: date, weekday: int, nth: int) -> date | None:
    if nth < 0:
        last = month + relativedelta(months=1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = month + timedelta(days=(weekday - month.weekday()) % 7)
    day = first + (nth - 1) * _WEEK
    return day if nth and day.month == month.month else None


def _around(match: re.Match[str], today: date) -> date:
    """ "Eind van de maand" is its last day, "half maart" the fifteenth."""
    month = _month_of(match["month"], today)
    if match["where"].startswith("ein"):
        return month + relativedelta(months=1) - timedelta(days=1)
    day = month if match["where"].startswith("begin") else month.replace(day=15)
    if day < today and match["month"].split()[-1] in MONTHS:
        return day + relativedelta(years=1)
    return max(day, today)


# --- days with a name ---------------------------------------------------------------

_FROM_EASTER: Final = {
    "goede vrijdag": -2, "paaszaterdag": -1, "eerste paasdag": 0, "tweede paasdag": 1,
    "paaszondag": 0, "paasmaandag": 1, "pasen": 0,
    "hemelvaartsdag": 39, "hemelvaart": 39, "eerste pinksterdag": 49,
    "tweede pinksterdag": 50, "pinksterzondag": 49, "pinkstermaandag": 50,
    "pinksteren": 49,
}  # fmt: skip
_FIXED: Final = {
    "nieuwjaarsdag": (1, 1), "nieuwjaar": (1, 1), "driekoningen": (1, 6),
    "valentijnsdag": (2, 14), "dodenherdenking": (5, 4), "bevrijdingsdag": (5, 5),
    "sinterklaasavond": (12, 5), "pakjesavond": (12, 5), "sinterklaas": (12, 5),
    "kerstavond": (12, 24), "eerste kerstdag": (12, 25), "tweede kerstdag": (12, 26),
    "kerstmis": (12, 25), "kerst": (12, 25), "oudejaarsavond": (12, 31),
    "oudejaarsdag": (12, 31), "oud en nieuw": (12, 31),
}  # fmt: skip
_SUNDAYS: Final = {"moederdag": (5, 2), "vaderdag": (6, 3)}
_KINGS_DAY: Final = "koningsdag"
FEASTS: Final = (*_FROM_EASTER, *_FIXED, *_SUNDAYS, _KINGS_DAY)


def _feast(match: re.Match[str], today: date) -> date | None:
    days = (_feast_in(match["feast"], year) for year in (today.year, today.year + 1))
    return next((day for day in days if day and day >= today), None)


def _feast_in(name: str, year: int) -> date | None:
    if name in _FROM_EASTER:
        return easter(year) + timedelta(days=_FROM_EASTER[name])
    if name in _FIXED:
        return date(year, *_FIXED[name])
    if name in _SUNDAYS:
        month, nth = _SUNDAYS[name]
        return _nth_of(date(year, month, 1), 6, nth)
    # On a Sunday it is kept the day before.
    day = date(year, 4, 27)
    return day - timedelta(days=day.weekday() == 6)


# --- the patterns, those that say more before those that say less ---------------

_WEEKS = (
    rf"(?: over (?P<weeks>{NUMBER} (?:week|weken)|acht dagen|veertien dagen|14 dagen))?"
)
_OF_MONTH = (
    r"(?:van |in )?(?P<month>(?:(?:de|deze|volgende|komende) )?maand|"
    rf"(?:volgende )?{MONTH})"
)
_YEAR = rf"(?: (?P<year>(?:19|20)\d\d|(?:twee ?duizend|twintig) ?{NUMBER}))?"
# What may follow "op de vijftiende".
_GOES_ON: Final = (
    "om|rond|tegen|aan|naar|dat|bij|en|heb|ga|is|moet|komt|s|in de|tot|vanaf|het|de|een"
)

_SOURCES: Final[tuple[tuple[str, _Read], ...]] = (
    (r"(?P<figures>\d{1,2}[-/]\d{1,2}(?:[-/]\d{2,4})?)", _figures),
    (rf"(?:de )?(?P<feast>{_one_of(list(FEASTS))})", _feast),
    (rf"(?:de )?(?P<nth>{ORDINAL}|laatste) (?P<weekday>{WEEKDAY}) {_OF_MONTH}",
     _nth_weekday),
    (rf"(?:het )?(?P<where>einde?|begin|half|midden)(?: van)? {_OF_MONTH}", _around),
    (rf"(?:{WEEKDAY} )?(?:de )?(?P<day>{ORDINAL}|{NUMBER})(?: van)? "
     rf"(?P<month>{MONTH}){_YEAR}", _date),
    (rf"{WEEKDAY} de (?P<day>{ORDINAL})(?P<month>)", _day_of_month),
    (rf"over (?P<count>{NUMBER}) (?P<unit>weken|week)(?: op)? (?P<weekday>{WEEKDAY})",
     _later),
    (rf"(?P<week>volgende week|deze week|komende week)(?: op)? (?P<weekday>{WEEKDAY})",
     _weekday_of_week),
    (rf"(?P<weekday>{WEEKDAY}) (?P<week>volgende week|deze week|in de volgende week)",
     _weekday_of_week),
    (rf"(?:(?P<which>volgende|deze|komende|aanstaande|aankomende|eerstvolgende|die) )?"
     rf"(?P<weekday>{WEEKDAY})(?={DAY_PART}?\b){_WEEKS}", _weekday),
    (rf"(?P<name>vandaag|vanmorgen|vanmiddag|vanavond|vannacht|overmorgen(?={DAY_PART})"
     rf"|overmorgen|eergisteren|gisteren|(?<!s )(?<!goede )morgen(?={DAY_PART})|"
     rf"(?<!s )(?<!goede )(?<!elke )(?<!iedere )morgen){_WEEKS}", _named),
    (rf"over (?P<count>{NUMBER}) (?P<unit>dagen|dag|weken|week|maanden|maand|jaar)"
     r"(?P<weekday>)", _later),
    (rf"(?:de )?(?P<day>{ORDINAL}) (?:van|in) (?P<month>(?:deze|de|volgende) maand)",
     _day_of_month),
    # Not "de tweede verdieping".
    (rf"(?:(?<=op )|^)de (?P<day>{ORDINAL})(?P<month>)(?= ?(?:#|$)| (?:{_GOES_ON})\b)",
     _day_of_month),
    (r"(?P<week>volgende week|deze week|komende week)", _whole_week),
    (r"(?:(?P<which>dit|het|volgend|komend|aanstaand) )weekend", _weekend),
)  # fmt: skip
_PATTERNS: Final = tuple(
    # "Dinsdagmiddag" ends with a part of the day, which is read by itself.
    (re.compile(rf"\b(?:(?:op|tegen|per|vanaf) )?{source}(?=\b|{DAY_PART}\b)"), read)
    for source, read in _SOURCES
)
