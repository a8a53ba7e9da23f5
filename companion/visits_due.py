"""What is to be asked or told about visits, and when to begin about it (pure).

Most of it is asked when the person is there anyway: after a press, or after the daily
questions. Who has neither is asked of the device's own accord, in the afternoon, once a
day at most, and never where it began often enough by itself (`companion.own_starts`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from companion.agenda import moment
from companion.checkins import FIRST_SURE_YEAR, CheckInPlan
from companion.visits import (
    PROMISE_AFTER,
    Came,
    Kept,
    Known,
    News,
    Promise,
    Suits,
    Visit,
)

# The daily questions are in the morning; who answers those is asked then.
SPEAKS_UP_AT = time(14, 0)
# Of what came too late for that.
SPEAKS_UP_FROM = time(10, 0)
SPEAKS_UP_UNTIL = time(20, 0)

# Who announces a visit may still be looking for the right button.
SETTLES = timedelta(hours=1)

# A visit as soon as this is announced at the first suitable moment.
SOON = timedelta(hours=36)

WISHES_BEFORE = timedelta(days=2)

# How it went is asked on the day itself or the next; later it is half forgotten.
CAME_WITHIN_DAYS = 1

# Not done yet: once more after a week.
PROMISE_AGAIN = timedelta(days=7)
# After this many it is offered to pass it on.
MISSES_TO_PASS_ON = 2
# In vain, of one question.
MOST_ASKED = 3

# At one conversation; what is left waits for the next.
MOST_AT_ONCE = 2


class Step(StrEnum):
    """What is to be asked or told."""

    NEWS = "news"  # a visit was entered, moved or cancelled by another
    CAME = "came"  # did the visitor come, and what was promised?
    WISHES = "wishes"  # what to speak of?
    PROMISE = "promise"  # was it done?


@dataclass(frozen=True, slots=True)
class Matter:
    """Something to ask or tell.

    Attributes:
        step: What.
        visit: Of which visit.
        speaks_up_at: From when on the device begins about it itself, aware.
        promise: Which, of PROMISE.
    """

    step: Step
    visit: Visit
    speaks_up_at: datetime
    promise: Promise | None = None


def matters(known: Known, now: datetime) -> list[Matter]:
    """All that may be asked or told at a conversation now, the most urgent first.

    Args:
        known: All that is known of visits.
        now: Local time; its zone must know summer time (a ZoneInfo).
    """
    found = [m for visit in known.visits for m in _of_visit(visit, now)]
    found += _of_promises(known, now)
    order = list(Step)
    return sorted(found, key=lambda m: (order.index(m.step), m.visit.day, m.visit.uid))


def _of_visit(visit: Visit, now: datetime) -> Iterable[Matter]:
    zone = _zone(now)
    if visit.news is not News.NONE:
        if not visit.is_over(now):
            yield Matter(Step.NEWS, visit, _news_from(visit, zone))
    elif not visit.is_cancelled:
        first = visit.day - WISHES_BEFORE
        is_near = first <= now.date() and now.timestamp() < _starts(visit, zone)
        if is_near and not visit.wishes_asked and visit.suits is not Suits.NO:
            yield Matter(Step.WISHES, visit, _wishes_from(visit, zone))
    if visit.is_cancelled or not visit.is_over(now):
        return
    last = visit.day + timedelta(days=CAME_WITHIN_DAYS)
    if visit.came is Came.UNKNOWN and now.date() <= last:
        yield Matter(Step.CAME, visit, _afternoon(last, zone))


def _of_promises(known: Known, now: datetime) -> Iterable[Matter]:
    visits = {visit.uid: visit for visit in known.visits}
    for promise in known.promises:
        visit = visits.get(promise.visit)
        is_due = promise.kept is Kept.OPEN and promise.ask_on <= now.date()
        if visit is not None and is_due:
            at = _afternoon(promise.ask_on + timedelta(days=1), _zone(now))
            yield Matter(Step.PROMISE, visit, at, promise)


def _starts(visit: Visit, zone: tzinfo) -> float:
    """Until when it may be asked what to speak of, in seconds since 1970."""
    starts = visit.starts(zone) if visit.at else visit.ends(zone)
    return starts.timestamp()


def _news_from(visit: Visit, zone: tzinfo) -> datetime:
    changed = _later(visit.changed_at, SETTLES).astimezone(zone)
    left_s = visit.starts(zone).timestamp() - visit.changed_at.timestamp()
    if left_s <= SOON.total_seconds():
        return changed
    return _afternoon(changed.date() + timedelta(days=1), zone)


def _wishes_from(visit: Visit, zone: tzinfo) -> datetime:
    told = _later(visit.changed_at, SETTLES).astimezone(zone)
    eve = _afternoon(visit.day - timedelta(days=1), zone)
    return max(told, eve, key=lambda at: at.timestamp())


def _afternoon(day: date, zone: tzinfo) -> datetime:
    return moment(datetime.combine(day, SPEAKS_UP_AT), zone)


def _later(at: datetime, by: timedelta) -> datetime:
    """Elapsed time, not wall time: datetime itself ignores summer time."""
    return (at.astimezone(UTC) + by).astimezone(at.tzinfo)


def _zone(now: datetime) -> tzinfo:
    assert now.tzinfo is not None
    return now.tzinfo


# --- of its own accord ----------------------------------------------------------------


def speak_up(
    known: Known,
    plan: CheckInPlan,
    has_room: bool,
    now: datetime,
    is_sure: bool,
) -> Matter | None:
    """What to begin about now, of the device's own accord; None: nothing.

    Args:
        known: All that is known of visits.
        plan: Has the quiet hours.
        has_room: Whether it began little enough by itself today, and not just now.
        now: Local time.
        is_sure: Whether the clock was set since the device started.
    """
    today = now.date()
    if not is_sure or now.year < FIRST_SURE_YEAR or not has_room:
        return None
    is_suitable = SPEAKS_UP_FROM <= now.time() < SPEAKS_UP_UNTIL
    if not is_suitable or plan.is_quiet(now.time()):
        return None
    if any(visit.spoke_on == today for visit in known.visits):
        return None
    for matter in matters(known, now):
        if matter.speaks_up_at.timestamp() <= now.timestamp():
            return matter
    return None


# --- what an answer changes ---------------------------------------------------------


def is_due_on(told: date | None, visit: Visit, today: date) -> date:
    """By when a promise is to be done: as was told, else after two weeks."""
    if told is None or told < today:
        return max(visit.day, today) + PROMISE_AFTER
    return told


def ask_after(due: date, is_told: bool) -> date:
    """The first day on which to ask: who said "vrijdag" has the whole Friday."""
    return due + timedelta(days=1) if is_told else due


def missed(promise: Promise, today: date) -> Promise:
    """The promise, when it is not done yet."""
    return replace(
        promise,
        misses=promise.misses + 1,
        asked=0,
        ask_on=today + PROMISE_AGAIN,
    )


def is_to_pass_on(promise: Promise) -> bool:
    """Whether it was in vain so often that somebody is to be told."""
    return promise.misses >= MISSES_TO_PASS_ON


def unanswered(promise: Promise, today: date) -> Promise:
    """The promise, when nobody answered: tomorrow, and a few times in all."""
    asked = promise.asked + 1
    kept = Kept.UNANSWERED if asked >= MOST_ASKED else Kept.OPEN
    return replace(promise, asked=asked, kept=kept, ask_on=today + timedelta(days=1))


def came_unanswered(visit: Visit) -> Visit:
    """The visit, when nobody answered whether the visitor came."""
    asked = visit.asked + 1
    came = Came.UNANSWERED if asked >= MOST_ASKED else Came.UNKNOWN
    return replace(visit, asked=asked, came=came)


def met_on(visits: Sequence[Visit]) -> list[date]:
    """On which days a visitor was there: each counts as a contact with people."""
    return [visit.day for visit in visits if visit.came is Came.YES]
