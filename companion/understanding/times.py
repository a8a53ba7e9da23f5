"""Times of day and durations, from Dutch words and into them.

Dutch counts towards the half hour ("vijf voor half drie" is 14:25) and in twelve
hours. What a person leaves out is remembered in `SpokenTime`, so that `resolve`
can choose between eight in the morning and eight in the evening.
"""

import re
from datetime import date, datetime, time, timedelta
from typing import Final

from companion.understanding.numbers import parse_amount, parse_number, say_number
from companion.understanding.words import plain

SOON: Final = timedelta(minutes=30)  # "straks"
AFTER_A_MEAL: Final = timedelta(hours=1)  # "na het eten"

_HALF_DAY_MIN: Final = 12 * 60
_DAY_MIN: Final = 24 * 60

# The middle of each part of the day, in minutes. Of the two times of day that a
# spoken time may mean, the one nearest to it is meant: "twaalf uur 's avonds" is
# midnight, "elf uur 's nachts" is 23:00.
_PARTS: Final = {
    "nacht": 2 * 60 + 30,
    "ochtend": 9 * 60,
    "middag": 15 * 60,
    "avond": 20 * 60 + 30,
}
# What a part of the day means where no time was said.
_USUAL: Final = {
    "ochtend": time(9, 0),
    "middag": time(14, 0),
    "avond": time(19, 0),
    "nacht": time(23, 0),
}
# Nobody means the night without saying so.
_DAY_STARTS: Final = time(7, 0)
_DAY_ENDS: Final = time(23, 0)

WEEKDAYS: Final = (
    "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag",
)  # fmt: skip
MONTHS: Final = (
    "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus",
    "september", "oktober", "november", "december",
)  # fmt: skip


class SpokenTime(time):
    """A time of day as it was said.

    Equal to the plain `time` that is most likely meant.

    Attributes:
        is_exact: Whether the half of the day was said too ("'s avonds", "20 uur").
        is_tomorrow: Whether the person named tomorrow.
    """

    is_exact: bool
    is_tomorrow: bool

    def __new__(
        cls,
        hour: int,
        minute: int = 0,
        *,
        is_exact: bool = True,
        is_tomorrow: bool = False,
    ) -> "SpokenTime":
        said = super().__new__(cls, hour, minute)
        said.is_exact = is_exact
        said.is_tomorrow = is_tomorrow
        return said

    __hash__ = time.__hash__

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.hour, self.minute, self.is_exact, self.is_tomorrow))


def _rebuild(hour: int, minute: int, is_exact: bool, is_tomorrow: bool) -> SpokenTime:
    return SpokenTime(hour, minute, is_exact=is_exact, is_tomorrow=is_tomorrow)


# --- understanding -----------------------------------------------------------

_TOMORROW = re.compile(r"\b(morgen|morgen(?=ochtend|vroeg|middag|avond))\b")
_PART = re.compile(
    r"\b(?:(?:in de |s |van|morgen |morgen|deze )?"
    r"(morgens|ochtends|middags|avonds|nachts|ochtend|middag|avond|nacht|vroeg)"
    r"|van(morgen))\b"
)
_PART_NAMES = {
    "morgens": "ochtend", "ochtends": "ochtend", "ochtend": "ochtend",
    "morgen": "ochtend", "vroeg": "ochtend", "middags": "middag",
    "middag": "middag", "avonds": "avond", "avond": "avond", "nachts": "nacht",
    "nacht": "nacht",
}  # fmt: skip
_LEADING = re.compile(
    r"^((om|rond|tegen|omstreeks|ongeveer|klokslag|het is|zo|een uur of|pas|al|"
    r"doe maar|zeg maar|liefst|liever|bij|precies|graag) )+"
)
_TRAILING = re.compile(r"( (precies|ongeveer|graag|stipt|maar|of zo|alstublieft))+$")
_DIGITAL = re.compile(r"^(\d{1,2})[:.u](\d{2})( uur)?$")
_MINUTES = re.compile(
    r"^(?:(kwart|\w+(?: en \w+)*?)(?: minuten| minuut| minuutjes)? (voor|over) )?"
    r"(half )?(\w+?)(?: uur| uurtje)?$"
)
_HOUR_AND_MINUTES = re.compile(r"^(\w+) uur(?: en)? (\w+(?: en \w+)*)(?: minuten)?$")


def parse_time(text: str) -> SpokenTime | None:
    """The time of day that was said; None if it is none.

    Without part of the day, one to half past six are taken to be in the
    afternoon, and seven to twelve as said; `is_exact` is False then.
    """
    text = plain(text)
    is_tomorrow = _TOMORROW.search(text) is not None
    part: str | None = None
    if found := _PART.search(text):
        part = _PART_NAMES[found[1] or found[2]]
        text = f"{text[: found.start()]} {text[found.end() :]}"
    text = " ".join(_TOMORROW.sub(" ", text).split())
    text = _TRAILING.sub("", _LEADING.sub("", text))
    if text in ("om", "rond", ""):
        if part is None:
            return None
        usual = _USUAL[part]
        return SpokenTime(usual.hour, usual.minute, is_tomorrow=is_tomorrow)
    clock = _parse_clock(text)
    if clock is None:
        return None
    minutes, is_exact = clock
    if is_exact:
        return _spoken(minutes, True, is_tomorrow)
    if part is not None:
        middle = _PARTS[part]
        minutes = min(
            (minutes, minutes + _HALF_DAY_MIN),
            key=lambda m: min((m - middle) % _DAY_MIN, (middle - m) % _DAY_MIN),
        )
        return _spoken(minutes, True, is_tomorrow)
    # One to half past six in the afternoon; twelve is noon.
    if minutes < 7 * 60:
        minutes += _HALF_DAY_MIN
    return _spoken(minutes, False, is_tomorrow)


def _spoken(minutes: int, is_exact: bool, is_tomorrow: bool) -> SpokenTime:
    hour, minute = divmod(minutes % _DAY_MIN, 60)
    return SpokenTime(hour, minute, is_exact=is_exact, is_tomorrow=is_tomorrow)


def _parse_clock(text: str) -> tuple[int, bool] | None:
    """Minutes since midnight, below 720 where the half of the day is open."""
    if text in ("middernacht", "twaalf uur middernacht"):
        return 0, True
    if text in ("tussen de middag", "het middaguur", "middaguur"):
        return _HALF_DAY_MIN, True
    if found := _DIGITAL.match(text):
        return _on_the_clock(int(found[1]), int(found[2]), is_written=True)
    if found := _HOUR_AND_MINUTES.match(text):
        hour, minute = parse_number(found[1]), parse_number(found[2])
        if hour is not None and minute is not None:
            return _on_the_clock(hour, minute)
        return None
    if not (found := _MINUTES.match(text)):
        return None
    count, direction, half, hour_word = found.groups()
    hour = parse_number(hour_word)
    # A bare number is a time only with "uur", "half" or minutes; the caller
    # removed "om", and "acht" alone may be any number, so it counts as a time.
    if hour is None or hour > 24:
        return None
    offset = -30 if half else 0
    if count:
        amount = 15 if count in ("kwart", "een kwart") else parse_number(count)
        if amount is None or not 0 < amount < 30:
            return None
        offset += amount if direction == "over" else -amount
    if offset == 0:
        return _on_the_clock(hour, 0)
    if not 1 <= hour <= 12:
        return None
    return (hour * 60 + offset) % _HALF_DAY_MIN, False


def _on_the_clock(
    hour: int, minute: int, is_written: bool = False
) -> tuple[int, bool] | None:
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        return None
    if hour == 0 or hour > 12 or (is_written and minute and hour > 12):
        return (hour * 60 + minute) % _DAY_MIN, True
    return (hour % 12) * 60 + minute, False


_SOON_WORDS = re.compile(
    r"^(straks|zo|zo meteen|meteen|zo dadelijk|dadelijk|later|wat later|iets later|"
    r"zo direct|een andere keer|op een ander moment|over een poosje|over een tijdje|"
    r"over een beetje|over een wijle|nog even niet|strakjes)"
    r"( (maar|wel|graag|dan|even|pas))*$"
)
_MEAL = re.compile(
    r"^(pas |straks |liever )?(na|als ik klaar ben met) (het |de |mijn )?"
    r"(eten|ontbijt|lunch|middageten|avondeten|koffie|warm eten|boterham|douche|"
    r"douchen|wassen|afwas|dutje|nieuws|mis|kerk)$"
)
_UNITS = {
    "minuut": 1, "minuten": 1, "minuutje": 1, "minuutjes": 1, "kwartier": 15,
    "kwartiertje": 15, "kwartieren": 15, "uur": 60, "uurtje": 60, "uren": 60,
    "uurtjes": 60, "dag": _DAY_MIN, "dagen": _DAY_MIN, "week": 7 * _DAY_MIN,
    "weken": 7 * _DAY_MIN,
}  # fmt: skip
_AMOUNT_OF = re.compile(
    rf"^(.+? )?({'|'.join(sorted(_UNITS, key=len, reverse=True))})$"
)
_COUNTED_BACK = re.compile(r"^een (uur|minuut|kwartier|uurtje) of (.+)$")


def parse_duration(text: str) -> timedelta | None:
    """How long to wait: "over drie kwartier", "een half uurtje", "straks".

    "Twee uur" by itself is a time of day; only "over twee uur", "twee uren" and
    "twee uurtjes" are durations.
    """
    text = _TRAILING.sub("", plain(text))
    if _SOON_WORDS.match(text):
        return SOON
    if _MEAL.match(text):
        return AFTER_A_MEAL
    if text in ("morgen", "tot morgen", "morgen weer", "morgen maar"):
        return timedelta(days=1)
    if text in ("overmorgen", "overmorgen weer", "overmorgen maar"):
        return timedelta(days=2)
    after = re.match(r"^(pas |nog |geef me |geef mij |nog even )?(over|binnen) ", text)
    text = re.sub(
        r"^(pas |wacht |geef me |geef mij |duurt |doe maar )*"
        r"(over |binnen |nog )?(zo |ongeveer |een goed |een klein )?",
        "",
        text,
    )
    if found := _COUNTED_BACK.match(text):
        text = f"{found[2]} {found[1]}"
    if found := re.match(r"^(een|\w+) (uur|uurtje) en (.+)$", text):
        whole, rest = parse_duration(f"over {found[1]} uur"), parse_duration(found[3])
        return whole + rest if whole and rest else None
    if not (found := _AMOUNT_OF.match(text)):
        return None
    words, unit = (found[1] or "").strip(), found[2]
    amount = parse_amount(words) if words else parse_amount("een")
    if amount is None or amount <= 0:
        return None
    if unit == "uur" and not after and amount.denominator == 1:
        return None
    return timedelta(minutes=float(amount * _UNITS[unit]))


def parse_later(text: str) -> SpokenTime | timedelta | None:
    """When to come back: a duration or a time of day; None if it is neither."""
    duration = parse_duration(text)
    return duration if duration is not None else parse_time(text)


def resolve(said: time | timedelta, now: datetime) -> datetime:
    """The next sensible moment that was meant.

    A time without its half of the day is the next one between 07:00 and 23:00.

    Args:
        said: A plain `time` is taken as exact.
        now: Aware of its zone, or not; the result is as well.
    """
    if isinstance(said, timedelta):
        return now + said
    choices = [time(said.hour, said.minute)]
    is_tomorrow = False
    if isinstance(said, SpokenTime):
        is_tomorrow = said.is_tomorrow
        if not said.is_exact:
            other = time((said.hour + 12) % 24, said.minute)
            if not is_tomorrow and _DAY_STARTS <= other <= _DAY_ENDS:
                choices.append(other)
    days = (1,) if is_tomorrow else (0, 1)
    moments = sorted(
        datetime.combine(now.date() + timedelta(days=days_on), choice, now.tzinfo)
        for days_on in days
        for choice in choices
    )
    return next((m for m in moments if m > now), moments[-1])


# --- saying ------------------------------------------------------------------


def say_time(moment: datetime | time) -> str:
    """The time as Dutch says it: "kwart voor negen 's avonds"."""
    hour, minute = moment.hour, moment.minute
    part = ("'s nachts", "'s ochtends", "'s middags", "'s avonds")[hour // 6]
    return f"{_say_clock(hour, minute)} {part}"


def _say_clock(hour: int, minute: int) -> str:
    this = _say_hour(hour)
    following = _say_hour(hour + 1)
    if minute == 0:
        return f"{this} uur"
    if minute < 16:
        return f"{_say_minutes(minute)} over {this}"
    if minute < 30:
        return f"{_say_minutes(30 - minute)} voor half {following}"
    if minute == 30:
        return f"half {following}"
    if minute < 45:
        return f"{_say_minutes(minute - 30)} over half {following}"
    return f"{_say_minutes(60 - minute)} voor {following}"


def _say_hour(hour: int) -> str:
    return say_number(hour % 12 or 12)


def _say_minutes(minutes: int) -> str:
    return "kwart" if minutes == 15 else say_number(minutes)


def say_date(day: date) -> str:
    """ "zondag 22 november"; the day in figures, which voices read well."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"
