"""When something to do is offered unasked: seldom, and never where it is unwanted."""

from datetime import datetime, timedelta

import pytest

from companion.followups import MOOD, PLANS
from companion.journal import Answer
from companion.offering import (
    ASKED,
    OFFER,
    is_lonely,
    is_weekly_moment,
    may_offer,
)
from companion.understanding.intents import Intent
from tests.virtual_time import AMSTERDAM

TUESDAY = datetime(2027, 3, 2, 10, 30, tzinfo=AMSTERDAM)


def answer(question: str, intent: Intent, days_ago: float) -> Answer:
    at = TUESDAY - timedelta(days=days_ago)
    return Answer(question, intent, None, 1.0, None, at, None)


def offers(*told: tuple[Intent, float]) -> list[Answer]:
    return [answer(OFFER, intent, days) for intent, days in told]


NO, YES = Intent.NO, Intent.YES


@pytest.mark.parametrize(
    ("before", "may"),
    [
        ([], True),
        (offers((YES, 6)), False),
        (offers((YES, 7)), True),
        # Nobody was there: for this week it is enough.
        (offers((Intent.UNSURE, 3)), False),
        # Each no in a row doubles the wait.
        (offers((NO, 7)), True),
        (offers((NO, 14), (NO, 7)), False),
        (offers((NO, 21), (NO, 14)), True),
        # After the third it stops.
        (offers((NO, 80), (NO, 70), (NO, 60)), False),
        (offers((NO, 80), (NO, 70), (YES, 60), (NO, 7)), True),
        # Until the person asks of their own accord.
        (
            [
                *offers((NO, 80), (NO, 70), (NO, 60)),
                answer(ASKED, Intent.ACTIVITIES, 2),
            ],
            True,
        ),
    ],
)
def test_once_a_week_at_most_and_less_where_it_is_not_wanted(
    before: list[Answer], may: bool
) -> None:
    assert may_offer(before, TUESDAY) is may


def test_nothing_is_offered_by_a_clock_that_is_not_set() -> None:
    assert not may_offer([], TUESDAY.replace(year=2000))


def test_a_change_of_time_moves_no_week() -> None:
    # In spring a week has an hour less.
    before = datetime(2027, 3, 23, 10, 30, tzinfo=AMSTERDAM)
    told = Answer(OFFER, YES, None, 1.0, None, before, None)
    assert may_offer([told], before + timedelta(days=7))


@pytest.mark.parametrize(
    ("answers", "is_alone"),
    [
        ([], False),
        ([answer(MOOD, Intent.LONELY, 0)], True),
        ([answer(PLANS, Intent.NO_PLANS, 0)], True),
        ([answer(MOOD, Intent.MOOD_GOOD, 0)], False),
        # Yesterday is over.
        ([answer(MOOD, Intent.LONELY, 1)], False),
        # What was said last counts.
        (
            [
                answer(PLANS, Intent.NO_PLANS, 0.1),
                answer(PLANS, Intent.PLANS, 0),
            ],
            False,
        ),
    ],
)
def test_who_told_that_they_are_alone(answers: list[Answer], is_alone: bool) -> None:
    assert is_lonely(answers, TUESDAY) is is_alone


def test_the_moment_of_the_week() -> None:
    minute = timedelta(minutes=1)
    assert not is_weekly_moment(TUESDAY - minute)
    assert is_weekly_moment(TUESDAY)
    assert is_weekly_moment(TUESDAY + 14 * minute)
    assert not is_weekly_moment(TUESDAY + 15 * minute)
    assert not is_weekly_moment(TUESDAY + timedelta(days=1))
