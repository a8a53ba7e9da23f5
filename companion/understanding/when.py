"""When something is, from a Dutch sentence and back into words.

`find_when` takes the words that tell when out of a sentence: "herinner mij morgen om
half drie aan de kapper" is tomorrow at 14:30, and "herinner mij aan de kapper" is left.

The half of the day that nobody says is the one people mean: "half drie" is in the
afternoon. From seven to eleven both halves are sensible; where the morning is over it
is the evening. Otherwise "tien uur" is in the morning, and from seven to half past nine
`is_in_doubt` tells to ask back.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from companion.understanding.clocks import take_clocks, take_duration, take_part
from companion.understanding.dates import DAY_PART, FoundDay, find_day
from companion.understanding.pieces import Pieces
from companion.understanding.recurrence import Every, Recurrence
from companion.understanding.repeats import (
    take_per_day,
    take_recurrence,
    take_until,
)
from companion.understanding.times import SpokenTime, parse_time

# Until eleven in the evening people may still be up; who makes an appointment later
# than half past nine means the morning.
_BOTH_HALVES_FROM: Final = time(7, 0)
_BOTH_HALVES_UNTIL: Final = time(11, 0)
_DOUBT_ENDS: Final = time(9, 30)
# A night ends here: "vannacht om drie uur" is after the midnight that comes.
_NIGHT_ENDS: Final = time(6, 0)
_HALF_DAY_H: Final = 12


@dataclass(frozen=True, slots=True)
class When:
    """When something is, as far as it was said.

    Attributes:
        day: The day, or the first one of what comes back.
        times: Times of day by the wall clock, each once, as they were said.
        part: "ochtend", "middag", "avond" or "nacht" where no time was said with it.
        repeats: How it comes back; None: once.
        per_day: "Drie keer per dag": how often, where no times were said.
        days: Of how many days `day` is the first: 7 for "volgende week".
        is_in_doubt: Whether the first time may mean the other half of the day too.
    """

    day: date | None = None
    times: tuple[time, ...] = ()
    part: str = ""
    repeats: Recurrence | None = None
    per_day: int = 0
    days: int = 1
    is_in_doubt: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it was said."""
        return self == When()

    @property
    def other_half(self) -> "When":
        """The same with the first time in the other half of the day."""
        first, *others = self.times
        turned = first.replace(hour=(first.hour + _HALF_DAY_H) % 24)
        return replace(self, times=(turned, *others), is_in_doubt=False)

    @property
    def certain(self) -> "When":
        """The same where no doubt is left."""
        return replace(self, is_in_doubt=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What a sentence says about when.

    Attributes:
        when: That.
        said: The words that say it, to be read again with more of them.
        rest: The words that are left.
    """

    when: When
    said: str
    rest: str


def find_when(text: str, now: datetime) -> Found:
    """Take what tells when something is out of a sentence.

    Args:
        text: As it was heard or typed.
        now: Local and aware; its zone must know summer time (a ZoneInfo).
    """
    words = Pieces(text)
    repeats = take_recurrence(words)
    repeats = take_until(words, repeats, now.date())
    after = take_duration(words, now)
    if after is not None:
        return Found(_moment(after), words.taken(), words.rest())
    per_day = take_per_day(words)
    clocks = take_clocks(words)
    found = _take_day(words, now.date())
    part = take_part(words)
    when = _put_together(repeats, per_day, clocks, found, part, now)
    return Found(when, words.taken(), words.rest())


def _moment(at: datetime) -> When:
    return When(at.date(), (time(at.hour, at.minute, fold=at.fold),))


def _take_day(words: Pieces, today: date) -> FoundDay | None:
    """The day; of "vanavond" the part of the day stays."""
    found = find_day(words.text, today)
    if found is not None:
        said = words.text[found.start : found.end]
        is_part = re.search(rf"van{DAY_PART}$", said) is not None
        end = found.start + len("van") if is_part else found.end
        words.take(found.start, end)
    return found


def _put_together(
    repeats: Recurrence | None,
    per_day: int,
    clocks: list[SpokenTime],
    found: FoundDay | None,
    part_of_day: tuple[str, bool],
    now: datetime,
) -> When:
    part, is_joined = part_of_day
    day = found.day if found else None
    if part:
        clocks = [_in_part(said, part) for said in clocks]
    times = list(dict.fromkeys(time(said.hour, said.minute) for said in clocks))
    may_turn = _may_turn(clocks)
    if per_day and repeats is None:
        repeats = Recurrence(Every.DAY)
    if repeats is not None:
        repeats, day = begin(repeats, day, times, now)
    elif times and day in (None, now.date()):
        day, times = _from_now(day, times, may_turn, now)
    if repeats is None and day is not None and times and is_joined:
        # "Zaterdagavond om twaalf uur", "vannacht om drie uur": after midnight.
        is_this_night = day == now.date() and now.time() < _NIGHT_ENDS
        is_later = part == "avond" or (part == "nacht" and not is_this_night)
        day += timedelta(days=is_later and times[0] < _NIGHT_ENDS)
    return When(
        day=day,
        times=tuple(times),
        part="" if times else part,
        repeats=repeats,
        per_day=0 if times else per_day,
        days=found.days if found and not times and repeats is None else 1,
        is_in_doubt=may_turn and _BOTH_HALVES_FROM <= times[0] < _DOUBT_ENDS,
    )


def _in_part(said: SpokenTime, part: str) -> SpokenTime:
    if said.is_exact:
        return said
    hour = said.hour % _HALF_DAY_H
    turned = parse_time(f"{hour or 12}:{said.minute:02} in de {part}")
    return said if turned is None else turned


def _may_turn(clocks: list[SpokenTime]) -> bool:
    """Whether the evening may be meant; who names more times goes through the day."""
    return (
        len(clocks) == 1
        and not clocks[0].is_exact
        and _BOTH_HALVES_FROM <= clocks[0] < _BOTH_HALVES_UNTIL
    )


def _from_now(
    day: date | None, times: list[time], may_turn: bool, now: datetime
) -> tuple[date, list[time]]:
    """The next time that it is so late; of today if that was said."""
    if times[0] > now.time():
        return now.date(), times
    evening = times[0].replace(hour=(times[0].hour + _HALF_DAY_H) % 24)
    if may_turn and (day or evening > now.time()):
        return now.date(), [evening]
    return day or now.date() + timedelta(days=1), times


def begin(
    repeats: Recurrence, day: date | None, times: Sequence[time], now: datetime
) -> tuple[Recurrence, date | None]:
    """The first day of what comes back."""
    if repeats.every is Every.WEEK and not repeats.weekdays and day is not None:
        repeats = replace(repeats, weekdays=(day.weekday(),))
    if day is not None:
        return repeats, _first(repeats, day)
    needs_day = repeats.every is Every.YEAR or (
        repeats.every in (Every.WEEK, Every.MONTH)
        and not repeats.weekdays
        and not repeats.month_day
    )
    if needs_day:
        return repeats, None
    is_over = bool(times) and max(times) <= now.time()
    return repeats, _first(repeats, now.date() + timedelta(days=is_over))


def _first(repeats: Recurrence, since: date) -> date:
    try:
        return repeats.first(since)
    except ValueError:
        # Its end lies before its beginning; whoever keeps it says so.
        return since
