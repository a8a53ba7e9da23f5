"""When to ask how the person is: pure, on facts and the time it is given.

The day, in short: at the set time it asks. Unanswered, it asks again 10 and 30
minutes after the first time; then the check-in is missed. Done, stopped, declined
or missed, it is over until tomorrow. It never starts in quiet hours, nor while the
person is away.

A check-in belongs to the day on which it began, also when it ends past midnight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NewType

from companion.settings import CheckInSettings, QuietSettings

CheckInId = NewType("CheckInId", int)

# Both counted from the first attempt, so that by half an hour after the set time
# it is known whether the person answers.
AGAIN_AFTER = (timedelta(minutes=10), timedelta(minutes=30))

# field.md: at most 4 own starts a day besides reminders that were asked for.
MOST_OWN_STARTS = 4

# A device that was off at the set time still asks until 20:00; after that a
# morning's question is a voice out of nowhere. A time set later than that gets
# the hour in which all its attempts lie.
LATEST = time(20, 0)
LATE_BY = timedelta(hours=1)

# Past midnight it is the same evening to whoever was asked this recently: nothing is
# asked again, and what was broken off goes on where it was.
SAME_EVENING = timedelta(hours=1)

# A Pi without a network starts at the date of its image or in 1970.
FIRST_SURE_YEAR = 2025
LOOK_AGAIN = timedelta(minutes=1)


class Start(StrEnum):
    """What made a check-in start."""

    SET_TIME = "set_time"
    FIRST_PRESS = "first_press"
    ASKED = "asked"


class Outcome(StrEnum):
    """How a check-in ended."""

    DONE = "done"
    STOPPED = "stopped"  # "stop", halfway
    DECLINED = "declined"  # "nee, vandaag niet"
    MISSED = "missed"  # every attempt unanswered
    NO_ANSWER = "no_answer"  # this attempt unanswered
    POSTPONED = "postponed"  # "straks"


SETTLED = frozenset({Outcome.DONE, Outcome.STOPPED, Outcome.DECLINED, Outcome.MISSED})
"""After one of these nothing more is asked that day."""


class AwayKind(StrEnum):
    """Why nothing is asked; the values of Intent.AWAY."""

    HOSPITAL = "hospital"
    HOLIDAY = "holiday"
    VISITORS = "visitors"


@dataclass(frozen=True, slots=True)
class Away:
    """The person is away, or does not want to be asked with visitors there.

    Attributes:
        kind: Why.
        until: The first day on which it asks again; None: until "ik ben er weer".
    """

    kind: AwayKind
    until: date | None = None


@dataclass(frozen=True, slots=True)
class CheckIn:
    """One time that it asked, or recorded that nobody answered.

    Attributes:
        id: Its number in the journal.
        day: The date it belongs to.
        begun_at: When it began, local and aware.
        start: What made it start.
        outcome: How it ended; None while it goes on, or when the power went in
            the middle of it, which counts as unanswered.
    """

    id: CheckInId
    day: date
    begun_at: datetime
    start: Start
    outcome: Outcome | None = None

    @property
    def is_unanswered(self) -> bool:
        """Whether nobody was there, as far as is known."""
        return self.outcome in (None, Outcome.NO_ANSWER)


@dataclass(frozen=True, slots=True)
class CheckInPlan:
    """What was agreed.

    Attributes:
        times: Time on each weekday, Monday first; None: not that day.
        quiet_starts: Start of the quiet hours; the same as their end: none.
        quiet_ends: Their end; before the start when they span midnight.
        at_first_press: Whether the first press of the day starts it.
        first_press_from: Earliest time at which a press does.
    """

    times: tuple[time | None, ...]
    quiet_starts: time = time(21, 30)
    quiet_ends: time = time(8, 0)
    at_first_press: bool = True
    first_press_from: time = time(8, 0)

    def is_quiet(self, at: time) -> bool:
        """Whether it must not begin anything of its own at this time."""
        if self.quiet_starts <= self.quiet_ends:
            return self.quiet_starts <= at < self.quiet_ends
        return at >= self.quiet_starts or at < self.quiet_ends


@dataclass(frozen=True, slots=True)
class Facts:
    """What happened so far.

    Attributes:
        check_ins: At least those of yesterday and today, in any order.
        postponed_until: What "straks" came to; None if it was not said.
        away: Whether the person is away.
        rest_day: Date of a check-in that was since forgotten on request.
        pressed_on: Date of the last press before this one.
        other_starts: When it began by itself today about something else.
    """

    check_ins: Sequence[CheckIn] = ()
    postponed_until: datetime | None = None
    away: Away | None = None
    rest_day: date | None = None
    pressed_on: date | None = None
    other_starts: Sequence[datetime] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """Start the check-in now."""

    start: Start


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Decide again at this moment, or sooner when something happens."""

    at: datetime


@dataclass(frozen=True, slots=True)
class RecordMissed:
    """Every attempt went unanswered: write that down, tell who is to be told.

    Attributes:
        day: The day that was missed: today, or yesterday where midnight came first.
    """

    day: date


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing to do today; decide again tomorrow, or when something happens."""


Decision = Ask | WaitUntil | RecordMissed | Nothing


def plan_from(checkin: CheckInSettings, quiet: QuietSettings) -> CheckInPlan:
    """The plan that the settings describe."""
    return CheckInPlan(
        times=checkin.times(),
        quiet_starts=quiet.starts,
        quiet_ends=quiet.ends,
        at_first_press=checkin.at_first_press,
        first_press_from=checkin.first_press_from,
    )


def decide(plan: CheckInPlan, facts: Facts, now: datetime) -> Decision:
    """Decide what the clock asks for.

    Call it at start-up, after every check-in and press, and at least once a
    minute: clocks are set and summer time begins. Not while a check-in goes on,
    which it would take for one that the power cut short.

    Args:
        plan: What was agreed.
        facts: What happened so far.
        now: Local time; its zone must know summer time (a ZoneInfo).
    """
    if now.year < FIRST_SURE_YEAR:
        return WaitUntil(_later(now, LOOK_AGAIN))
    today = [c for c in facts.check_ins if c.day == now.date()]
    evening = _end_of_yesterday(now)
    if not today and _left_unanswered(plan, facts, evening):
        return RecordMissed(evening.date())
    begun = _begun_last_evening(facts.check_ins, now)
    if begun is not None:
        return WaitUntil(_later(begun.astimezone(now.tzinfo), SAME_EVENING))
    due = _due(plan, now)
    if due is None or _is_settled(facts, now):
        return Nothing()
    base, unanswered = _round(facts, today, due, now)
    at = _next_attempt(base, unanswered)
    latest = max(_on(now, LATEST), _later(base, LATE_BY), key=_instant)
    if at is not None and own_starts(facts, now.date()) < MOST_OWN_STARTS:
        at = _after_quiet(plan, max(at, now, key=_instant))
        if at.date() == now.date() and _instant(at) <= _instant(latest):
            is_time = _instant(at) <= _instant(now)
            return Ask(Start.SET_TIME) if is_time else WaitUntil(at)
    # Not reached at all is not missed: nobody failed to answer.
    return RecordMissed(now.date()) if unanswered else Nothing()


def decide_on_press(plan: CheckInPlan, facts: Facts, now: datetime) -> Ask | Nothing:
    """Decide whether this press starts the check-in: the first one of the day."""
    if not plan.at_first_press or now.year < FIRST_SURE_YEAR:
        return Nothing()
    if _due(plan, now) is None or _is_settled(facts, now):
        return Nothing()
    today = now.date()
    if facts.pressed_on == today or any(c.day == today for c in facts.check_ins):
        return Nothing()
    if plan.is_quiet(_clock(now)) or _clock(now) < plan.first_press_from:
        return Nothing()
    if _begun_last_evening(facts.check_ins, now) is not None:
        return Nothing()
    return Ask(Start.FIRST_PRESS)


def day_of(check_ins: Sequence[CheckIn], now: datetime) -> date:
    """The day that a check-in belongs to which begins now.

    Args:
        check_ins: At least those of yesterday.
        now: Local time.
    """
    is_evening = _begun_last_evening(check_ins, now) is not None
    return now.date() - timedelta(days=1) if is_evening else now.date()


def _begun_last_evening(check_ins: Sequence[CheckIn], now: datetime) -> datetime | None:
    """When the person was last asked, if it is past midnight but the same evening."""
    yesterday = now.date() - timedelta(days=1)
    begun = [
        c.begun_at
        for c in check_ins
        # One that is written down as missed asked nobody anything.
        if c.day == yesterday and c.outcome is not Outcome.MISSED
    ]
    last = max(begun, key=_instant, default=None)
    if last is None or _instant(now) - _instant(last) >= SAME_EVENING:
        return None
    return last


def _left_unanswered(plan: CheckInPlan, facts: Facts, at: datetime) -> bool:
    """Whether somebody was asked on the day of that moment, and nobody answered."""
    due = _due(plan, at)
    if due is None or _is_settled(facts, at):
        return False
    of_day = [c for c in facts.check_ins if c.day == at.date()]
    return bool(_round(facts, of_day, due, at)[1])


def _due(plan: CheckInPlan, now: datetime) -> datetime | None:
    """Today's set time; one in quiet hours becomes the time they end today."""
    at = plan.times[now.weekday()]
    if at is None:
        return None
    return _on(now, plan.quiet_ends if plan.is_quiet(at) else at)


def _is_settled(facts: Facts, now: datetime) -> bool:
    today = now.date()
    away = facts.away
    if away is not None and (away.until is None or today < away.until):
        return True
    return facts.rest_day == today or any(
        c.day == today and c.outcome in SETTLED for c in facts.check_ins
    )


def _round(
    facts: Facts, today: Sequence[CheckIn], due: datetime, now: datetime
) -> tuple[datetime, list[CheckIn]]:
    """When this round of attempts begins, and those of it that went unanswered.

    "Straks" begins a new round at the time that was said.
    """
    unanswered = [c for c in today if c.is_unanswered]
    postponed = facts.postponed_until
    if postponed is None or postponed.astimezone(now.tzinfo).date() != now.date():
        return due, unanswered
    postponed = postponed.astimezone(now.tzinfo)
    since = _instant(postponed)
    return postponed, [c for c in unanswered if _instant(c.begun_at) >= since]


def _next_attempt(base: datetime, unanswered: Sequence[CheckIn]) -> datetime | None:
    """When to ask next; None after the last attempt."""
    if not unanswered:
        return base
    if len(unanswered) > len(AGAIN_AFTER):
        return None
    first = min((c.begun_at for c in unanswered), key=_instant)
    wait = AGAIN_AFTER[len(unanswered) - 1]
    return _later(first.astimezone(base.tzinfo), wait)


def own_starts(facts: Facts, today: date) -> int:
    """How often it began by itself today, whatever about."""
    asked = [
        c
        for c in facts.check_ins
        # That nobody answered is written down too.
        if c.day == today and c.outcome is not Outcome.MISSED
    ]
    return len(facts.other_starts) + sum(c.start is Start.SET_TIME for c in asked)


def _after_quiet(plan: CheckInPlan, at: datetime) -> datetime:
    """The first moment from `at` on that is not in quiet hours."""
    clock = _clock(at)
    if not plan.is_quiet(clock):
        return at
    ends = _on(at, plan.quiet_ends)
    if clock >= plan.quiet_ends:
        ends = _on(at + timedelta(days=1), plan.quiet_ends)
    # In autumn the hour from 02:00 comes twice; only its second end is one.
    return ends if _instant(ends) > _instant(at) else ends.replace(fold=1)


def _end_of_yesterday(now: datetime) -> datetime:
    return datetime.combine(now.date() - timedelta(days=1), time.max, tzinfo=now.tzinfo)


def _clock(at: datetime) -> time:
    return at.time()


def _on(day: datetime, at: time) -> datetime:
    """That time on that day; a time that spring skips becomes an hour later."""
    wall = datetime.combine(day.date(), at, tzinfo=day.tzinfo)
    return wall.astimezone(UTC).astimezone(day.tzinfo)


def _later(at: datetime, by: timedelta) -> datetime:
    """Elapsed time, not wall time: datetime itself ignores summer time."""
    return (at.astimezone(UTC) + by).astimezone(at.tzinfo)


def _instant(at: datetime) -> datetime:
    """For comparing: two local times of one zone compare by their wall time."""
    return at.astimezone(UTC)
