"""How often the device may begin by itself: one count for all that it begins (pure).

The daily questions, the weekly offer of something to do and what is asked about visits
share four starts a day. What the daily questions of today may still need is kept for
them: whether somebody answers matters more than an offer. Reminders that the person
asked for do not count, nor does what is said of a missed check-in and of an alarm.
"""

from datetime import datetime, timedelta

from companion.checkins import (
    AGAIN_AFTER,
    MOST_OWN_STARTS,
    Ask,
    CheckInPlan,
    Facts,
    Outcome,
    WaitUntil,
    decide,
    own_starts,
)

# Who was asked five minutes ago how they are has had enough of us for now.
AFTER_TALK = timedelta(minutes=5)


def may_begin(plan: CheckInPlan, facts: Facts, now: datetime) -> bool:
    """Whether it may begin by itself now about something else than how it goes.

    Args:
        plan: When the daily questions are asked.
        facts: What happened so far.
        now: Local time; its zone must know summer time (a ZoneInfo).
    """
    today = [each for each in facts.check_ins if each.day == now.date()]
    if any(each.outcome is Outcome.MISSED for each in today):
        # Who answered nothing all morning is not there, or not well.
        return False
    begun = [*(each.begun_at for each in today), *facts.other_starts]
    if any(timedelta() <= _since(at, now) < AFTER_TALK for at in begun):
        return False
    kept = _kept_for_check_in(plan, facts, now)
    return own_starts(facts, now.date()) + kept < MOST_OWN_STARTS


def _kept_for_check_in(plan: CheckInPlan, facts: Facts, now: datetime) -> int:
    """How often the daily questions of today may still begin."""
    if not isinstance(decide(plan, facts, now), Ask | WaitUntil):
        return 0
    begins = facts.postponed_until
    unanswered = sum(
        each.is_unanswered
        for each in facts.check_ins
        if each.day == now.date()
        and (begins is None or begins.timestamp() <= each.begun_at.timestamp())
    )
    return max(1, 1 + len(AGAIN_AFTER) - unanswered)


def _since(at: datetime, now: datetime) -> timedelta:
    """Elapsed time, not wall time: datetime itself ignores summer time."""
    return timedelta(seconds=now.timestamp() - at.timestamp())
