"""When something is, in Dutch words that `when.find_when` reads back as the same."""

from collections.abc import Iterator
from datetime import date, datetime, time

from companion.understanding.dates import find_day
from companion.understanding.numbers import say_number, say_ordinal
from companion.understanding.recurrence import LAST, Every, Recurrence
from companion.understanding.repeats import WORKDAYS
from companion.understanding.times import MONTHS, WEEKDAYS, say_time
from companion.understanding.when import When, begin


def say_when(when: When, now: datetime) -> str:
    """ "Donderdag 26 november om half drie 's middags", "elke dinsdag om tien uur"."""
    pieces = [*_say_days(when, now), _say_times(when)]
    return " ".join(piece for piece in pieces if piece)


def _say_days(when: When, now: datetime) -> Iterator[str]:
    repeats, day = when.repeats, when.day
    if repeats is None:
        if day is not None:
            yield say_day(day, now.date(), has_time=bool(when.times))
        return
    yield _say_recurrence(repeats, day)
    begins = day is not None and repeats.every is not Every.YEAR
    if begins and day is not None and day != _expected(repeats, when.times, now):
        yield f"vanaf {_say_month_day(day, now.date())}"
    if repeats.until is not None:
        yield f"tot en met {_say_month_day(repeats.until, now.date())}"


def _expected(
    repeats: Recurrence, times: tuple[time, ...], now: datetime
) -> date | None:
    """When it begins if nobody says when; one every other week says it always."""
    if repeats.interval > 1:
        return None
    return begin(repeats, None, times, now)[1]


def say_day(day: date, today: date, has_time: bool = False) -> str:
    """ "Morgen", "donderdag 26 november"; with the year where that may be in doubt."""
    names = {0: "vandaag", 1: "morgen", 2: "overmorgen"}
    name = names.get((day - today).days)
    return name or f"{WEEKDAYS[day.weekday()]} {_say_month_day(day, today)}"


def _say_month_day(day: date, today: date) -> str:
    said = f"{day.day} {MONTHS[day.month - 1]}"
    found = find_day(said, today)
    is_next = found is not None and found.day == day
    return said if is_next else f"{said} {day.year}"


def _say_recurrence(repeats: Recurrence, day: date | None) -> str:
    count, days = repeats.interval, _say_weekdays(repeats.weekdays)
    match repeats:
        case Recurrence(every=Every.DAY):
            return {1: "elke dag", 2: "om de dag"}.get(
                count, f"elke {say_number(count)} dagen"
            )
        case Recurrence(every=Every.WEEK, interval=1, weekdays=weekdays):
            return "elke werkdag" if weekdays == WORKDAYS else f"elke {days or 'week'}"
        case Recurrence(every=Every.WEEK):
            unit = "om de week" if count == 2 else f"elke {say_number(count)} weken"
            return f"{unit} op {days}" if days else unit
        case Recurrence(every=Every.YEAR):
            on = "" if day is None else f" op {day.day} {MONTHS[day.month - 1]}"
            return f"elk jaar{on}"
    unit = "elke maand" if count == 1 else f"elke {say_number(count)} maanden"
    if repeats.nth:
        nth = "laatste" if repeats.nth == LAST else say_ordinal(repeats.nth)
        return f"{unit} op de {nth} {days}"
    if repeats.month_day:
        is_last = repeats.month_day == LAST
        on = "laatste dag" if is_last else say_ordinal(repeats.month_day)
        return f"{unit} op de {on}"
    return unit if day is None else f"{unit} op de {say_ordinal(day.day)}"


def _say_weekdays(weekdays: tuple[int, ...]) -> str:
    return join([WEEKDAYS[weekday] for weekday in weekdays])


def _say_times(when: When) -> str:
    if when.times:
        return f"om {join([say_time(at) for at in when.times])}"
    return f"in de {when.part}" if when.part else ""


def join(words: list[str]) -> str:
    """ "Maandag, dinsdag en vrijdag"."""
    *before, last = words or [""]
    return f"{', '.join(before)} en {last}" if before else last
