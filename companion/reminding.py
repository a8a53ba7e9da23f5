"""When the device says something about the agenda of its own accord (pure).

An appointment is told the evening before and in time to leave; a reminder at its time;
medicine is asked about at its time and twice after it. What nobody heard is said again,
a few times, and then only shown.

Outside the quiet hours, except for the very time that the person chose: who asks to be
woken at six is. Late, after a power cut, nothing is said in them. And while the clock
may be wrong nothing is said at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from companion.agenda import Entry, EntryId, Kind, Occurrence, moment, occurrences
from companion.checkins import FIRST_SURE_YEAR, LOOK_AGAIN, CheckInPlan

# After supper, long before bed.
EVE_AT = time(19, 0)
# What lasts all day is told when people are up, and not any more in the evening.
MORNING_AT = time(9, 0)
DAY_ENDS = time(20, 0)

# Who did not hear it gets it again, counted from the first time.
AGAIN_AFTER = (timedelta(minutes=5), timedelta(minutes=15))
MEDICINE_AGAIN_AFTER = (timedelta(minutes=10), timedelta(minutes=30))

# After that it is no use any more, or for medicine: not ours to judge.
LATEST = timedelta(hours=2)
MEDICINE_LATEST = timedelta(minutes=45)

# Said in one go; more nobody remembers.
MOST_AT_ONCE = 3

# An appointment told shortly before it needs time to get up and go.
LEAST_AHEAD = timedelta(minutes=10)

# A missed dose of days ago helps nobody.
MISSED_WITHIN = timedelta(days=1)


class Notice(StrEnum):
    """What is said of an occurrence."""

    EVE = "eve"  # "morgen hebt u ..."
    AHEAD = "ahead"  # "over een uur hebt u ..."
    TODAY = "today"  # "vandaag is ... jarig"
    NOW = "now"  # "het is tijd voor ..."
    TAKE = "take"  # "hebt u ... ingenomen?"
    MISSED = "missed"  # "ik hoorde niet of u ..."
    OFF = "off"  # "... gaat niet door"; said in a conversation
    AFTER = "after"  # "hoe was het?"; asked in a conversation


class Response(StrEnum):
    """What became of it."""

    HEARD = "heard"
    UNHEARD = "unheard"  # so often that it is only shown now
    TAKEN = "taken"
    NOT_TAKEN = "not_taken"


Key = tuple[EntryId | None, datetime, Notice]


@dataclass(frozen=True, slots=True)
class Told:
    """That something was said, and what became of it.

    Attributes:
        entry: Number of the entry.
        wall: Of which occurrence, as in `Occurrence.wall`.
        notice: What was said.
        response: What became of it.
        at: When, aware.
    """

    entry: EntryId | None
    wall: datetime
    notice: Notice
    response: Response
    at: datetime

    @property
    def key(self) -> Key:
        """What names it."""
        return self.entry, self.wall, self.notice


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that is to be said.

    Attributes:
        occurrence: About what.
        notice: What of it.
        at: From when on, aware.
        until: After this it is too late, aware.
    """

    occurrence: Occurrence
    notice: Notice
    at: datetime
    until: datetime

    @property
    def key(self) -> Key:
        """What names it."""
        return (*self.occurrence.key, self.notice)

    @property
    def again_after(self) -> Sequence[timedelta]:
        """After how long it is said again, counted from the first time."""
        return MEDICINE_AGAIN_AFTER if self.notice is Notice.TAKE else AGAIN_AFTER


@dataclass(frozen=True, slots=True)
class Announce:
    """Say these now."""

    announcements: tuple[Announcement, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Decide again at this moment, or sooner when something happens."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often something was said without being heard.

    Attributes:
        first: When it was said first, aware.
        count: How often so far.
    """

    first: datetime
    count: int


def due(
    entries: Iterable[Entry],
    told: Mapping[Key, Told],
    tried: Mapping[Key, Attempts],
    plan: CheckInPlan,
    now: datetime,
    is_sure: bool,
) -> Announce | Wait:
    """Decide what is to be said now.

    Call it at least once a minute, for clocks are set and the agenda changes.

    Args:
        entries: The agenda.
        told: What needs not be said again.
        tried: What was said and not heard.
        plan: Has the quiet hours.
        now: Local time; its zone must know summer time (a ZoneInfo).
        is_sure: Whether the clock was set since the device started.
    """
    if not is_sure or now.year < FIRST_SURE_YEAR:
        return Wait(_later(now, LOOK_AGAIN))
    open_ones = [
        a
        for a in announcements(entries, plan, now)
        if a.key not in told and a.until.timestamp() > now.timestamp()
    ]
    times = [(_next_time(a, tried.get(a.key), plan, now), a) for a in open_ones]
    ready = [a for at, a in times if at is not None and at <= now.timestamp()]
    if ready:
        return Announce(tuple(ready[:MOST_AT_ONCE]))
    coming = [at for at, _ in times if at is not None]
    midnight = moment(_midnight_after(now), _zone(now)).timestamp()
    at_s = min([*coming, midnight])
    return Wait(datetime.fromtimestamp(at_s, now.tzinfo))


def _next_time(
    one: Announcement, tried: Attempts | None, plan: CheckInPlan, now: datetime
) -> float | None:
    """When to say it, in seconds since 1970; None: not any more by itself."""
    if tried is None:
        at = one.at
        is_late = now.timestamp() - at.timestamp() > LOOK_AGAIN.total_seconds()
        if is_late and plan.is_quiet(now.time()):
            at = _after_quiet(plan, now)
    elif tried.count > len(one.again_after):
        return None
    else:
        at = _later(tried.first, one.again_after[tried.count - 1])
    return at.timestamp() if at.timestamp() < one.until.timestamp() else None


def announcements(
    entries: Iterable[Entry], plan: CheckInPlan, now: datetime
) -> list[Announcement]:
    """All that may be said around now, in order."""
    today = now.date()
    # What was due yesterday may still be told; the eve is a day before.
    found = occurrences(entries, today - timedelta(days=1), today + timedelta(days=2))
    every = [a for o in found for a in _of(o, plan, _zone(now))]
    return sorted(every, key=lambda a: a.at.timestamp())


def _of(one: Occurrence, plan: CheckInPlan, zone: tzinfo) -> list[Announcement]:
    made = [
        a
        for a in (
            _eve(one, plan, zone),
            _today(one, plan, zone),
            _ahead(one, plan, zone),
            _now(one, zone),
        )
        if a is not None
    ]
    created_s = one.entry.created_at.timestamp()
    # Who has just told it needs not hear it.
    return [a for a in made if a.at.timestamp() > created_s and a.at < a.until]


def _eve(one: Occurrence, plan: CheckInPlan, zone: tzinfo) -> Announcement | None:
    if one.entry.kind not in (Kind.APPOINTMENT, Kind.BIRTHDAY):
        return None
    day = one.wall.date() - timedelta(days=1)
    at = moment(datetime.combine(day, EVE_AT), zone)
    if plan.is_quiet(EVE_AT):
        at = _later(_quiet_starts(plan, day, zone), -LATEST)
    until = min(_quiet_starts(plan, day, zone), _end_of(day, zone), key=_instant)
    return Announcement(one, Notice.EVE, at, until)


def _today(one: Occurrence, plan: CheckInPlan, zone: tzinfo) -> Announcement | None:
    is_of_day = one.is_all_day and one.entry.kind is not Kind.MEDICINE
    if not (is_of_day or one.entry.kind is Kind.BIRTHDAY):
        return None
    day = one.wall.date()
    at = _out_of_quiet(plan, moment(datetime.combine(day, MORNING_AT), zone))
    return Announcement(
        one, Notice.TODAY, at, moment(datetime.combine(day, DAY_ENDS), zone)
    )


def _ahead(one: Occurrence, plan: CheckInPlan, zone: tzinfo) -> Announcement | None:
    """In time; of what was agreed at short notice halfway there."""
    if one.entry.kind is not Kind.APPOINTMENT or one.is_all_day:
        return None
    starts = one.at(zone)
    at = _later(starts, -timedelta(minutes=one.entry.ahead_min))
    created = one.entry.created_at
    left = timedelta(seconds=starts.timestamp() - created.timestamp())
    if at.timestamp() <= created.timestamp() and left > 2 * LEAST_AHEAD:
        at = _later(starts, -left / 2)
    return Announcement(one, Notice.AHEAD, _out_of_quiet(plan, at), starts)


def _now(one: Occurrence, zone: tzinfo) -> Announcement | None:
    if one.entry.kind not in (Kind.REMINDER, Kind.MEDICINE) or one.is_all_day:
        return None
    is_medicine = one.entry.kind is Kind.MEDICINE
    at = one.at(zone)
    until = _later(at, MEDICINE_LATEST if is_medicine else LATEST)
    return Announcement(one, Notice.TAKE if is_medicine else Notice.NOW, at, until)


def missed(
    entries: Iterable[Entry], told: Mapping[Key, Told], now: datetime
) -> list[Occurrence]:
    """Medicine of the last day of which nobody said that it was taken, oldest first.

    Also where the device was off: it cannot know, and says only that.
    """
    found = []
    for one in occurrences(entries, now.date() - MISSED_WITHIN, now.date()):
        if one.entry.kind is not Kind.MEDICINE or one.is_all_day:
            continue
        past_s = now.timestamp() - one.at(_zone(now)).timestamp()
        is_recent = MEDICINE_LATEST.total_seconds() < past_s
        is_recent &= past_s <= MISSED_WITHIN.total_seconds()
        is_recent &= one.entry.created_at.timestamp() < now.timestamp() - past_s
        asked = told.get((*one.key, Notice.TAKE))
        is_open = asked is None or asked.response is Response.UNHEARD
        if is_recent and is_open and (*one.key, Notice.MISSED) not in told:
            found.append(one)
    return found


# --- time ---------------------------------------------------------------------------


def _zone(now: datetime) -> tzinfo:
    assert now.tzinfo is not None
    return now.tzinfo


def _later(at: datetime, by: timedelta) -> datetime:
    """Elapsed time, not wall time: datetime itself ignores summer time."""
    return (at.astimezone(UTC) + by).astimezone(at.tzinfo)


def _instant(at: datetime) -> float:
    return at.timestamp()


def _midnight_after(now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=1), time.min)


def _end_of(day: date, zone: tzinfo) -> datetime:
    return moment(datetime.combine(day + timedelta(days=1), time.min), zone)


def _quiet_starts(plan: CheckInPlan, day: date, zone: tzinfo) -> datetime:
    """When the quiet hours of that evening start; its end where there are none."""
    if plan.quiet_starts == plan.quiet_ends or plan.quiet_starts < plan.quiet_ends:
        return _end_of(day, zone)
    return moment(datetime.combine(day, plan.quiet_starts), zone)


def _out_of_quiet(plan: CheckInPlan, at: datetime) -> datetime:
    return _after_quiet(plan, at) if plan.is_quiet(at.time()) else at


def _after_quiet(plan: CheckInPlan, at: datetime) -> datetime:
    """When the quiet hours end in which this lies."""
    days = 0 if at.time() < plan.quiet_ends else 1
    day = at.date() + timedelta(days=days)
    return moment(datetime.combine(day, plan.quiet_ends), _zone(at))
