"""How Dutch people write down when something repeats, and when a place is open."""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from companion.activities.problems import Notes, Reason, SetAside
from companion.activities.reading import Today
from companion.activities.values import parse_date, read_clock
from companion.activities.when import (
    Opening,
    WrongRule,
    first_start,
    make_rule,
    rule_parts,
)
from companion.activities.words import folded, load_words

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
"""Weekdays as RFC 5545 writes them, Monday first."""


@functools.lru_cache(maxsize=1024)
def parse_repeats(text: str, days: str, field: str) -> Mapping[str, str]:
    """The parts of a rule; none where it takes place once.

    Args:
        text: "wekelijks", "elke tweede dinsdag van de maand", or an RRULE.
        days: Weekdays that stand in a column of their own; may be empty.
        field: Name of the column.

    Raises:
        SetAside: If it cannot be read.
    """
    small = folded(text)
    if re.match(r"(rrule\s*:\s*)?freq\s*=", small):
        try:
            return rule_parts(re.sub(r"(?i)^\s*rrule\s*:\s*", "", text))
        except WrongRule as error:
            raise SetAside(Reason.NOT_A_RULE, field, text) from error
    numbers = _weekdays(folded(days), field) if days.strip() else ()
    parts = _said(small, field)
    if numbers and not parts and not small:
        parts = {"FREQ": "WEEKLY"}
    if numbers and parts.get("FREQ") in ("WEEKLY", "DAILY") and "BYDAY" not in parts:
        parts |= {"FREQ": "WEEKLY", "BYDAY": ",".join(CODES[it] for it in numbers)}
    return parts


def _said(small: str, field: str) -> dict[str, str]:
    words = load_words()
    if not small:
        return {}
    if small in words.repeats:
        rule = words.repeats[small]
        return rule_parts(rule) if rule else {}
    if ordinal := _within_month(small):
        return ordinal
    # The longest that fits, and weekdays beside it: "om de week op dinsdag".
    # As whole words: "elke maandag" is not every month.
    fitting = (it for it in words.repeats if re.search(rf"\b{it}\b", small))
    known = max(fitting, key=len, default="")
    rest = small.replace(known, " ") if known else small
    numbers = _weekdays(rest, field) if rest.strip() else ()
    rule = words.repeats[known] if known else "FREQ=WEEKLY"
    if not known and not numbers:
        raise SetAside(Reason.NOT_A_RULE, field, small)
    if not rule:
        return {}
    parts = rule_parts(rule)
    if numbers and parts["FREQ"] == "WEEKLY":
        parts["BYDAY"] = ",".join(CODES[it] for it in numbers)
    elif numbers:
        # "maandelijks op dinsdag": nobody knows which.
        raise SetAside(Reason.NOT_A_RULE, field, small)
    return parts


def _within_month(small: str) -> dict[str, str]:
    """ "Elke eerste en derde dinsdag van de maand"."""
    words = load_words()
    places: list[int] = []
    numbers: list[int] = []
    for word in re.split(r"[\s,]+", small):
        if word in words.ordinals:
            places.append(words.ordinals[word])
        elif (number := _weekday(word)) is not None:
            numbers.append(number)
        elif word not in words.fillers:
            return {}
    if not places or not numbers:
        return {}
    days = ",".join(f"{place}{CODES[it]}" for place in places for it in numbers)
    return {"FREQ": "MONTHLY", "BYDAY": days}


@functools.lru_cache(maxsize=512)
def _weekday(word: str) -> int | None:
    """The number of "dinsdag", "di" or "dinsdagmiddag"."""
    words = load_words()
    for end in ("", *words.day_parts):
        known = words.weekdays.get(word.removesuffix(end))
        if known is not None and (not end or len(word) > len(end) + 5):
            return known
    return None


def _weekdays(small: str, field: str) -> tuple[int, ...]:
    """Numbers of the weekdays that are named, in their order.

    Raises:
        SetAside: If there is a word that is neither a day nor a filler.
    """
    words = load_words()
    found: set[int] = set()
    text = small
    for group, numbers in words.weekday_groups.items():
        if re.search(rf"\b{group}\b", text):
            found.update(numbers)
            text = re.sub(rf"\b{group}\b", " ", text)
    # "Maandag- en donderdagochtend" is no row of days.
    text = re.sub(r"-(?=\s+en\b)", "", text)
    for through in words.through:
        text = text.replace(through, " t/m ")
    tokens = re.findall(r"[^\s,;+/.]+(?:/m)?", text)
    tokens = [it.strip("().") for it in tokens if it.strip("().")]
    previous: int | None = None
    is_row = False
    for token in tokens:
        number = _weekday(token)
        if number is not None:
            if is_row and previous is not None:
                while previous != number:
                    previous = (previous + 1) % 7
                    found.add(previous)
            found.add(number)
            previous, is_row = number, False
        elif token == "t/m":
            is_row = True
        elif token not in words.fillers:
            raise SetAside(Reason.NOT_A_RULE, field, small)
    return tuple(sorted(found))


def first_day(parts: Mapping[str, str], start: date) -> date:
    """The first day of a series on or after the day that was named.

    People write the day on which something begins to exist, "vanaf 1 januari, elke
    dinsdag"; a series begins at its first real day (RFC 5545, 3.8.5.3).

    Raises:
        WrongRule: If there is none.
    """
    if not parts:
        return start
    midnight = datetime.combine(start, time.min)
    if parts.get("FREQ") == "WEEKLY" and "BYDAY" in parts and "BYMONTH" not in parts:
        codes = [it[-2:] for it in parts["BYDAY"].split(",")]
        days = (start + timedelta(days=it) for it in range(7))
        return next((it for it in days if CODES[it.weekday()] in codes), start)
    if any(name.startswith("BY") for name in parts):
        return first_start(make_rule(dict(parts), midnight), midnight).date()
    return start


def parse_dates(
    value: object, notes: Notes, field: str, today: Today
) -> tuple[date, ...]:
    """Several days in one cell, between commas, semicolons or line ends.

    Raises:
        SetAside: If one of them is no day.
    """
    parts: Sequence[object] = [value]
    if isinstance(value, str):
        parts = [it for it in re.split(r"[,;\n|]| en ", value) if it.strip()]
    days = (parse_date(part, notes, field, today) for part in parts)
    return tuple(sorted({day for day in days if day is not None}))


_HOURS = re.compile(
    r"(\d{1,2}(?:[:.]\d{2})?)\s*(?:uur)?\s*(?:-|–|tot|t/m)\s*(\d{1,2}(?:[:.]\d{2})?)"
)


def parse_opening(text: str, notes: Notes, field: str) -> tuple[Opening, ...]:
    """ "ma-vr 9:00-17:00; za 10.00-12.00 uur", as hours per weekday.

    What cannot be read is left out as a whole: half the hours mislead.
    """
    if not text.strip():
        return ()
    try:
        found = tuple(
            opening
            for part in re.split(r"[;\n|]|(?<=\d),(?=\s*[a-z])", text.casefold())
            if part.strip()
            for opening in _opening(part, field)
        )
    except SetAside:
        found = ()
    if not found:
        notes.left_out(Reason.NOT_HOURS, field, text)
    return found


def _opening(part: str, field: str) -> Iterator[Opening]:
    spans = list(_HOURS.finditer(part))
    days = _HOURS.sub(" ", part)
    days = re.sub(r"\b(uur|van|en)\b|[:,]", " ", days).strip()
    closed = any(it in days.split() for it in load_words().closed)
    if closed:
        return
    if not spans:
        raise SetAside(Reason.NOT_HOURS, field, part)
    for number in _weekdays(days, field) if days else range(7):
        for span in spans:
            opens, closes = read_clock(span[1]), read_clock(span[2])
            if opens is None or closes is None:
                raise SetAside(Reason.NOT_HOURS, field, part)
            if closes <= opens and closes != time.min:
                raise SetAside(Reason.NOT_HOURS, field, part)
            yield Opening(number, opens, closes)
