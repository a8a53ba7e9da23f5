"""What is to come: appointments, reminders, medicine and birthdays (pure).

Everything is kept by the wall clock of the person: "elke dinsdag om tien uur" stays ten
o'clock when summer time begins. Only when something is due does a time become a moment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import NewType

from rapidfuzz import fuzz

from companion.understanding.recurrence import wall_times

EntryId = NewType("EntryId", int)

# Characters; longer nobody can follow when it is read out.
LONGEST = 120

# "De kapper" against "kapper", "tandarst" against "tandarts" (rapidfuzz, 0 to 100).
# Whatever is found is asked back before anything is done.
_ALIKE = 80.0


class Kind(StrEnum):
    """What it is, which decides when it is told."""

    APPOINTMENT = "appointment"  # the evening before, and in time to leave
    REMINDER = "reminder"  # at the very time
    MEDICINE = "medicine"  # at the very time, and it is asked whether it was taken
    BIRTHDAY = "birthday"  # the evening before, and in the morning


@dataclass(frozen=True, slots=True)
class Change:
    """One time of something that comes back is otherwise.

    Attributes:
        original: When it would have been, by the wall clock.
        moved_to: When it is instead, by the wall clock; None: not at all.
    """

    original: datetime
    moved_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in the agenda.

    Attributes:
        id: Its number; None until it is kept.
        kind: What it is.
        what: What it is about, in the person's own words: "de kapper".
        day: The day, or the first one.
        times: Times of day by the wall clock, in order; empty: the whole day.
        rule: How it comes back, as RRULE (RFC 5545); empty: once.
        ahead_min: Minutes before an appointment at which it is told.
        place: Where it is; empty where nobody said.
        uid: Its name in the calendar it came from; empty if it was told.
        created_at: When it was kept, aware.
        changes: Times that are otherwise.
        source: Source of the social map that it came from; empty: from none.
        activity: Its id there.
        bring: What to take along; empty: nothing was told.
        by: Who proposed it, as the person names them; empty: nobody else.
        is_private: Whether nobody who follows may see it, whatever was agreed.
    """

    id: EntryId | None
    kind: Kind
    what: str
    day: date
    created_at: datetime
    times: tuple[time, ...] = ()
    rule: str = ""
    ahead_min: int = 60
    place: str = ""
    uid: str = ""
    changes: tuple[Change, ...] = ()
    source: str = ""
    activity: str = ""
    bring: str = ""
    by: str = ""
    is_private: bool = False

    @property
    def is_all_day(self) -> bool:
        """Whether no time was said."""
        return not self.times

    @property
    def comes_back(self) -> bool:
        """Whether it happens more than once, on other days."""
        return bool(self.rule)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that something in the agenda happens.

    Attributes:
        entry: Of what.
        original: When it would be by its rule, by the wall clock.
        wall: When it is, by the wall clock; midnight where it lasts all day.
        is_all_day: Whether it has no time of day.
    """

    entry: Entry
    original: datetime
    wall: datetime
    is_all_day: bool = field(compare=False)

    @property
    def key(self) -> tuple[EntryId | None, datetime]:
        """What names it; another one once it was moved, so that it is told again."""
        return self.entry.id, self.wall

    def at(self, zone: tzinfo) -> datetime:
        """The moment; a time that spring skips becomes an hour later."""
        return moment(self.wall, zone)


def moment(wall: datetime, zone: tzinfo) -> datetime:
    """The moment at which the wall clock shows this."""
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)


def occurrences(entries: Iterable[Entry], since: date, until: date) -> list[Occurrence]:
    """Everything that happens on these days, both included, in order."""
    found = [o for entry in entries for o in _of_entry(entry, since, until)]
    # What lasts all day comes before what has a time.
    return sorted(found, key=lambda o: (o.wall, not o.is_all_day, o.entry.id or 0))


def _of_entry(entry: Entry, since: date, until: date) -> Iterable[Occurrence]:
    changes = {change.original: change for change in entry.changes}
    for original in _originals(entry, since, until):
        if original not in changes:
            yield Occurrence(entry, original, original, entry.is_all_day)
    for change in entry.changes:
        wall = change.moved_to
        if wall is not None and since <= wall.date() <= until:
            is_all_day = entry.is_all_day and wall.time() == time.min
            yield Occurrence(entry, change.original, wall, is_all_day)


def _originals(entry: Entry, since: date, until: date) -> Iterable[datetime]:
    times = entry.times or (time.min,)
    if entry.rule:
        start = datetime.combine(entry.day, time.min)
        days = [at.date() for at in wall_times(entry.rule, start, since, until)]
    else:
        days = [entry.day] if since <= entry.day <= until else []
    return (datetime.combine(day, at) for day in days for at in times)


def next_of(entry: Entry, since: datetime, within: timedelta) -> Occurrence | None:
    """The next time that it happens.

    Args:
        entry: What.
        since: From this moment on, by the wall clock.
        within: How far to look.
    """
    last = (since + within).date()
    for found in occurrences([entry], since.date(), last):
        ends = found.wall + timedelta(days=1) if found.is_all_day else found.wall
        if ends > since.replace(tzinfo=None):
            return found
    return None


# --- changing ---------------------------------------------------------------------


def without(occurrence: Occurrence) -> Entry | None:
    """The entry without this one time; None if nothing of it is left."""
    if not occurrence.entry.comes_back and len(occurrence.entry.times) < 2:
        return None
    return _changed(occurrence, Change(occurrence.original))


def moved(occurrence: Occurrence, to: datetime) -> Entry:
    """The entry with this one time at another, by the wall clock."""
    entry = occurrence.entry
    if entry.comes_back or len(entry.times) > 1:
        return _changed(occurrence, Change(occurrence.original, to))
    is_all_day = occurrence.is_all_day and to.time() == time.min
    times = () if is_all_day else (to.time(),)
    return replace(entry, day=to.date(), times=times, changes=())


def _changed(occurrence: Occurrence, change: Change) -> Entry:
    entry = occurrence.entry
    others = (c for c in entry.changes if c.original != change.original)
    return replace(entry, changes=(*others, change))


# --- finding ----------------------------------------------------------------------


def find_by_words(found: Sequence[Occurrence], words: str) -> list[Occurrence]:
    """Those that may be meant by some words, the likeliest first, each entry once.

    Args:
        found: In the order in which they happen.
        words: "De kapper".
    """
    likely: dict[EntryId | None, tuple[float, Occurrence]] = {}
    for occurrence in found:
        if occurrence.entry.id in likely:
            continue
        score = fuzz.token_set_ratio(_bare(words), _bare(occurrence.entry.what))
        if score >= _ALIKE:
            likely[occurrence.entry.id] = score, occurrence
    best = sorted(likely.values(), key=lambda pair: -pair[0])
    return [occurrence for _, occurrence in best]


_LITTLE = frozenset(
    "de het een mijn naar aan bij met om te voor van op de afspraak uw ik".split()
)


def _bare(words: str) -> str:
    """The words that tell what it is; all of them where none does."""
    kept = [word for word in words.lower().split() if word not in _LITTLE]
    return " ".join(kept) or words.lower()
