"""How something comes back, from Dutch words: "elke dinsdag", "om de week"."""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from companion.understanding.dates import (
    DAY_PART,
    MONTH,
    NUMBER,
    ORDINAL,
    WEEKDAY,
    find_day,
)
from companion.understanding.numbers import parse_number, parse_ordinal
from companion.understanding.pieces import Pieces
from companion.understanding.recurrence import LAST, Every, Recurrence
from companion.understanding.times import WEEKDAYS

WORKDAYS: Final = (0, 1, 2, 3, 4)
WEEKEND: Final = (5, 6)

EACH: Final = "(?:elke|iedere|alle|elk|ieder)"
_SEVERAL: Final = (
    rf"(?:{WEEKDAY}s?(?={DAY_PART}?\b)(?:(?: en| of)?(?: op)? (?={WEEKDAY})|))+"
)
_RECURRENCES: Final = tuple(
    (name, re.compile(rf"\b{source}"))
    for name, source in (
        ("nth", rf"{EACH} (?P<nth>{ORDINAL}|laatste) (?P<days>{WEEKDAY})"
                r"(?: (?:van|in) de maand)?"),
        ("nth", rf"(?:{EACH} maand|maandelijks)(?: op)?(?: de)? "
                rf"(?P<nth>{ORDINAL}|laatste) (?P<days>{WEEKDAY})"),
        ("nth", rf"(?:op )?(?:de )?(?P<nth>{ORDINAL}|laatste) (?P<days>{WEEKDAY}) van "
                rf"{EACH} maand"),
        ("month", rf"{EACH} maand(?: op)?(?: de)? (?P<day>{ORDINAL}|laatste dag)\b"),
        ("month", rf"(?:op )?(?:de )?(?P<day>{ORDINAL}|laatste dag) van {EACH} maand"),
        ("month", rf"{EACH} (?P<day>{ORDINAL}|laatste dag) van de maand"),
        ("year", rf"{EACH} (?=(?:{ORDINAL}|{NUMBER}) {MONTH})"),
        ("year", rf"(?:{EACH} jaar|jaarlijks)(?: op)?"),
        ("week2", r"om de (?:andere )?week(?: op)?"),
        ("week", rf"(?:{EACH}|om de|(?:eens|een keer) (?:in de|per)) (?P<n>{NUMBER}) "
                 r"weken(?: op)?"),
        ("day2", r"om de (?:andere )?dag\b"),
        ("day", rf"(?:{EACH}|om de|(?:eens|een keer) (?:in de|per)) (?P<n>{NUMBER}) "
                r"dagen"),
        ("months", rf"(?:{EACH}|om de|(?:eens|een keer) (?:in de|per)) (?P<n>{NUMBER}) "
                   r"maanden(?: op)?"),
        ("month2", r"om de (?:andere )?maand(?: op)?"),
        ("workdays", rf"(?:(?:op )?{EACH} werkdagen|{EACH} werkdag|op werkdagen|"
                     r"door de week|doordeweeks)"),
        ("weekend", rf"(?:{EACH} weekend|in de weekenden|in het weekend)"),
        ("week1", rf"(?:{EACH} week|wekelijks)(?: op)?\b"),
        ("weekdays", rf"{EACH} (?P<days>{_SEVERAL})"),
        ("weekdays", rf"(?:s )?(?P<days>(?:{WEEKDAY}s)(?: en (?:s )?{WEEKDAY}s)*)\b"),
        ("day1", rf"(?:{EACH} dag(?:en)?\b|dagelijks|{EACH} (?={DAY_PART}\b))"),
        ("month1", rf"(?:{EACH} maand|maandelijks)(?: op)?\b"),
    )
)  # fmt: skip
_MORE_WEEKDAYS = re.compile(rf"(?:(?<=# )|^)(?:op )?(?P<days>{_SEVERAL})")


def take_recurrence(words: Pieces) -> Recurrence | None:
    """How it comes back; None if it is once."""
    for name, pattern in _RECURRENCES:
        if found := words.find(pattern):
            return _recurrence(name, found, words)
    return None


def _recurrence(name: str, found: re.Match[str], words: Pieces) -> Recurrence:
    match name:
        case "nth":
            nth = LAST if found["nth"] == "laatste" else parse_ordinal(found["nth"])
            return Recurrence(
                Every.MONTH, weekdays=_weekdays(found["days"]), nth=nth or 1
            )
        case "month":
            is_last = found["day"].startswith("laatste")
            month_day = LAST if is_last else parse_ordinal(found["day"]) or LAST
            return Recurrence(Every.MONTH, month_day=month_day)
        case "year":
            return Recurrence(Every.YEAR)
        case "week" | "week1" | "week2":
            more = words.find(_MORE_WEEKDAYS)
            days = _weekdays(more["days"]) if more else ()
            return Recurrence(Every.WEEK, _interval(found, name), days)
        case "workdays":
            return Recurrence(Every.WEEK, weekdays=WORKDAYS)
        case "weekend":
            return Recurrence(Every.WEEK, weekdays=WEEKEND)
        case "weekdays":
            return Recurrence(Every.WEEK, weekdays=_weekdays(found["days"]))
        case "day" | "day1" | "day2":
            return Recurrence(Every.DAY, _interval(found, name))
        case _:
            return Recurrence(Every.MONTH, _interval(found, name))


def _interval(found: re.Match[str], name: str) -> int:
    if name[-1].isdigit():
        return int(name[-1])
    return parse_number(found["n"]) or 1


def _weekdays(text: str) -> tuple[int, ...]:
    return tuple(sorted({WEEKDAYS.index(day) for day in re.findall(WEEKDAY, text)}))


_UNTIL = re.compile(r"\btot (?P<too>en met )?")
_LONG = re.compile(
    rf"\b(?P<n>{NUMBER}) (?P<unit>dagen|weken|maanden|week|maand) lang\b"
)


def take_until(
    words: Pieces, repeats: Recurrence | None, today: date
) -> Recurrence | None:
    """How long it goes on; of what does not come back nobody says that."""
    if repeats is None:
        return None
    if found := words.find(_LONG):
        count = parse_number(found["n"]) or 1
        days = {"d": 1, "w": 7, "m": 30}[found["unit"][0]]
        return replace(repeats, until=today + timedelta(days=count * days - 1))
    for found in _UNTIL.finditer(words.text):
        last = find_day(words.text, today, found.end())
        if last is not None and last.start == found.end():
            words.take(found.start(), last.end)
            until = last.day if found["too"] else last.day - timedelta(days=1)
            return replace(repeats, until=until)
    return repeats


_PER_DAY = re.compile(
    rf"\b(?:(?P<n>{NUMBER}) (?:keer|maal) (?:per dag|op een dag|daags)|"
    r"(?P<joined>een|twee|drie|vier)maal (?:daags|per dag))"
)


def take_per_day(words: Pieces) -> int:
    """ "Drie keer per dag": how often; 0 if nobody said so."""
    found = words.find(_PER_DAY)
    return 0 if found is None else parse_number(found["n"] or found["joined"]) or 0
