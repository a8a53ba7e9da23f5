"""When the device offers by itself to name something to do (pure).

Once a week at most, and less where it is not wanted: each no in a row doubles the wait,
and after the third it stops until the person asks for something themselves.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from companion.checkins import FIRST_SURE_YEAR
from companion.followups import MOOD, PLANS
from companion.journal import Answer
from companion.understanding.intents import Intent

OFFER = "outings.offer"
"""Name, in the journal, of the offer, and of what was answered to it."""

ASKED = "wish.activities"
"""Name, in the journal, of a wish that the person said of their own accord."""

EVERY = timedelta(days=7)
REFUSALS_TO_STOP = 3

# People have risen and eaten, the check-in is over, and most that happens in a week
# still lies ahead. A quarter of an hour later it is offered no more that week.
WEEKDAY = 1
AT = time(10, 30)
WITHIN = timedelta(minutes=15)

_TAKEN = frozenset({Intent.YES, Intent.ACTIVITIES})
_LONELY = {MOOD: Intent.LONELY, PLANS: Intent.NO_PLANS}


def may_offer(answers: Iterable[Answer], now: datetime) -> bool:
    """Whether it may be offered again, by what was answered before.

    Args:
        answers: Of the last months, oldest first, whatever was asked.
        now: Local and aware.
    """
    if now.year < FIRST_SURE_YEAR:
        return False
    last: datetime | None = None
    refusals = 0
    for answer in answers:
        if answer.question == ASKED:
            refusals = 0
        elif answer.question == OFFER:
            last = answer.at
            refusals = 0 if answer.intent in _TAKEN else refusals + 1
    if refusals >= REFUSALS_TO_STOP:
        return False
    # A few hours less than whole weeks: every Tuesday at the same time.
    wait = EVERY * 2 ** max(0, refusals - 1) - timedelta(hours=2)
    return last is None or now - last >= wait


def is_lonely(answers: Iterable[Answer], now: datetime) -> bool:
    """Whether the person told today that they feel alone, or have no plans."""
    today = [it for it in answers if it.at.date() == now.date()]
    return any(
        answer.intent is intent
        for question, intent in _LONELY.items()
        for answer in [it for it in today if it.question == question][-1:]
    )


def is_weekly_moment(now: datetime) -> bool:
    """Whether this is the time of the week at which it is offered."""
    if now.weekday() != WEEKDAY:
        return False
    starts = datetime.combine(now.date(), AT, tzinfo=now.tzinfo)
    return starts <= now < starts + WITHIN
