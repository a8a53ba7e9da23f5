"""What is said to an answer depends on what was told on earlier days."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from companion.followups import (
    DRINKING,
    EATING,
    MOOD,
    PAIN,
    PLANS,
    RULES,
    SLEEP,
    FollowUp,
    History,
    follow_up,
    opener,
    plan_of_yesterday,
)
from companion.journal import Answer
from companion.understanding.intents import Intent, Meaning

TODAY = date(2026, 3, 12)

# What was told, by how many days ago.
Told = Mapping[int, Intent | tuple[Intent, str]]


def answer(question: str, told: Intent | tuple[Intent, str], days_ago: int) -> Answer:
    intent, value = told if isinstance(told, tuple) else (told, None)
    day = TODAY - timedelta(days=days_ago)
    at = datetime(day.year, day.month, day.day, 9, 0, tzinfo=UTC)
    return Answer(question, intent, value, 1.0, None, at)


def history(question: str, told: Told, missed_yesterday: bool = False) -> History:
    answers = [answer(question, told[ago], ago) for ago in sorted(told, reverse=True)]
    return History.from_answers(answers, TODAY, missed_yesterday)


def said(question: str, now: Meaning | Intent, told: Told) -> str:
    meaning = now if isinstance(now, Meaning) else Meaning(now)
    follow = follow_up(question, meaning, history(question, told))
    assert follow is not None
    return follow.say.removeprefix(f"{question}.")


# -- what follows an answer ---------------------------------------------------

GOOD, FAIR, LOW = Intent.MOOD_GOOD, Intent.MOOD_FAIR, Intent.MOOD_LOW
LONELY = Intent.LONELY
WELL, SO_SO, BADLY = Intent.SLEPT_WELL, Intent.SLEPT_FAIRLY, Intent.SLEPT_BADLY
ATE, LITTLE, NOTHING = Intent.ATE_WELL, Intent.ATE_LITTLE, Intent.ATE_NOTHING
DRANK, DRY = Intent.DRANK_ENOUGH, Intent.DRANK_LITTLE
BUSY, IDLE = Intent.PLANS, Intent.NO_PLANS
PAINS, NO_PAIN = Intent.PAIN, Intent.NO_PAIN
KNEE, BACK = (PAINS, "knee"), (PAINS, "back")
KNEE_NOW = Meaning(PAINS, "knee")


@pytest.mark.parametrize(
    ("question", "now", "told", "say"),
    [
        (MOOD, GOOD, {}, "good"),
        (MOOD, GOOD, {1: LOW}, "better_than_yesterday"),
        (MOOD, GOOD, {1: LONELY}, "better_than_yesterday"),
        (MOOD, FAIR, {1: LOW}, "better_than_yesterday"),
        (MOOD, GOOD, {2: LOW}, "good"),
        (MOOD, GOOD, {1: GOOD}, "good"),
        (MOOD, GOOD, {1: GOOD, 2: GOOD}, "good_days"),
        (MOOD, GOOD, {1: GOOD, 3: GOOD}, "good"),
        (MOOD, FAIR, {1: GOOD, 2: GOOD}, "fair"),
        (MOOD, LOW, {}, "low"),
        (MOOD, LOW, {1: FAIR}, "low"),
        (MOOD, LOW, {1: LOW}, "low_again"),
        (MOOD, LOW, {1: GOOD}, "lower_than_yesterday"),
        (MOOD, LOW, {1: GOOD, 3: LOW, 5: LONELY}, "low_week"),
        (MOOD, LOW, {1: GOOD, 3: LOW, 8: LOW}, "lower_than_yesterday"),
        (MOOD, LONELY, {}, "lonely"),
        (MOOD, LONELY, {1: LOW}, "lonely"),
        (MOOD, LONELY, {6: LONELY}, "lonely_again"),
        (MOOD, LONELY, {7: LONELY}, "lonely_again"),
        (MOOD, LONELY, {8: LONELY}, "lonely"),
        (SLEEP, WELL, {}, "well"),
        (SLEEP, WELL, {1: BADLY}, "better_than_yesterday"),
        (SLEEP, SO_SO, {1: BADLY}, "better_than_yesterday"),
        (SLEEP, SO_SO, {1: WELL}, "fairly"),
        (SLEEP, BADLY, {}, "bad"),
        (SLEEP, BADLY, {1: WELL}, "worse_than_yesterday"),
        (SLEEP, BADLY, {1: BADLY}, "bad_again"),
        (SLEEP, BADLY, {1: BADLY, 2: BADLY}, "bad_days"),
        # A day without an answer, and a day that was better, end the pattern.
        (SLEEP, BADLY, {1: BADLY, 3: BADLY}, "bad_again"),
        (SLEEP, BADLY, {2: BADLY, 3: BADLY}, "bad"),
        (SLEEP, BADLY, {1: WELL, 2: BADLY, 3: BADLY}, "worse_than_yesterday"),
        (PAIN, NO_PAIN, {}, "none"),
        (PAIN, NO_PAIN, {1: KNEE}, "gone"),
        (PAIN, NO_PAIN, {2: KNEE}, "none"),
        (PAIN, KNEE_NOW, {}, "some"),
        (PAIN, KNEE_NOW, {1: KNEE}, "again"),
        (PAIN, KNEE_NOW, {1: BACK}, "other_place"),
        (PAIN, PAINS, {1: KNEE}, "again"),
        (PAIN, KNEE_NOW, {1: PAINS}, "some"),
        (PAIN, KNEE_NOW, {1: KNEE, 2: BACK}, "days"),
        (PAIN, KNEE_NOW, {1: KNEE, 3: KNEE}, "again"),
        (PAIN, Intent.PAIN_SAME, {1: KNEE}, "again"),
        (PAIN, Intent.PAIN_SAME, {1: Intent.PAIN_LESS, 2: KNEE}, "days"),
        (PAIN, Intent.PAIN_WORSE, {1: KNEE, 2: KNEE}, "worse"),
        (PAIN, Intent.PAIN_LESS, {1: KNEE}, "less"),
        (EATING, ATE, {}, "well"),
        (EATING, ATE, {1: NOTHING}, "better"),
        (EATING, LITTLE, {}, "little"),
        (EATING, NOTHING, {1: LITTLE}, "little_again"),
        (EATING, LITTLE, {1: NOTHING, 2: LITTLE}, "little_days"),
        (EATING, LITTLE, {1: LITTLE, 2: ATE, 3: LITTLE}, "little_again"),
        (DRINKING, DRANK, {}, "enough"),
        (DRINKING, DRANK, {1: DRY}, "better"),
        (DRINKING, DRY, {}, "little"),
        (DRINKING, DRY, {1: DRY}, "little_again"),
        (PLANS, IDLE, {}, "none"),
        (PLANS, IDLE, {1: IDLE}, "none"),
        (PLANS, IDLE, {1: IDLE, 2: IDLE}, "none_days"),
        (PLANS, IDLE, {1: IDLE, 3: IDLE}, "none"),
        (PLANS, BUSY, {}, "some"),
        (PLANS, BUSY, {1: IDLE}, "after_none"),
        (PLANS, BUSY, {1: BUSY}, "some"),
    ],
)
def test_what_is_said_to_an_answer(
    question: str, now: Meaning | Intent, told: Told, say: str
) -> None:
    assert said(question, now, told) == say


def test_at_least_ten_follow_ups_remember_an_earlier_day() -> None:
    """The same answer, with and without an earlier day, meets other words."""
    remembering = set()
    for rule in RULES:
        for intent in rule.intents:
            meaning = Meaning(intent)
            without = follow_up(rule.question, meaning, History(TODAY))
            for before in Intent:
                for days in (1, 2):
                    told = {ago: before for ago in range(1, days + 1)}
                    follow = follow_up(
                        rule.question, meaning, history(rule.question, told)
                    )
                    if follow != without and follow is not None:
                        remembering.add(follow.say)
    assert len(remembering) >= 10


def test_every_answer_to_every_question_is_followed_by_something() -> None:
    for rule in RULES:
        for intent in rule.intents:
            follow = follow_up(rule.question, Meaning(intent), History(TODAY))
            assert follow is not None
            assert follow.say.startswith(f"{rule.question}.")


def test_an_answer_to_another_question_is_followed_by_nothing() -> None:
    assert follow_up(MOOD, Meaning(WELL), History(TODAY)) is None
    assert follow_up("checkin.message", Meaning(Intent.NO), History(TODAY)) is None


@pytest.mark.parametrize(
    ("question", "now", "told", "ask"),
    [
        (MOOD, LONELY, {}, "checkin.company"),
        (MOOD, LOW, {}, ""),
        (MOOD, LOW, {1: LOW}, "checkin.company"),
        (MOOD, LOW, {2: LOW, 4: LOW}, "checkin.company"),
        (PLANS, IDLE, {}, ""),
        (PLANS, IDLE, {1: IDLE, 2: IDLE}, "checkin.company"),
        (PAIN, PAINS, {}, "checkin.pain_where"),
        (PAIN, PAINS, {1: KNEE}, ""),
    ],
)
def test_what_is_asked_after_it(
    question: str, now: Intent, told: Told, ask: str
) -> None:
    follow = follow_up(question, Meaning(now), history(question, told))
    assert follow is not None
    assert follow.ask == ask


def test_a_place_that_was_told_is_not_asked_and_is_named() -> None:
    assert follow_up(PAIN, KNEE_NOW, History(TODAY)) == FollowUp(
        "checkin.pain.some", fact="body.knee"
    )
    walk = follow_up(PLANS, Meaning(BUSY, "walk"), History(TODAY))
    assert walk == FollowUp("checkin.plans.some", fact="plan.walk")


# -- how it is asked today ------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "told", "expected"),
    [
        (MOOD, {1: LOW}, FollowUp("checkin.mood.ask_after_low")),
        (MOOD, {1: LONELY}, FollowUp("checkin.mood.ask_after_low")),
        (MOOD, {1: GOOD}, None),
        (MOOD, {2: LOW}, None),
        (SLEEP, {1: BADLY}, FollowUp("checkin.sleep.ask_after_bad")),
        (SLEEP, {1: SO_SO}, None),
        (PAIN, {1: KNEE}, FollowUp("checkin.pain.ask_about", fact="body.knee")),
        (PAIN, {1: PAINS}, FollowUp("checkin.pain.ask_after_pain")),
        (PAIN, {1: NO_PAIN}, None),
        (EATING, {1: NOTHING}, FollowUp("checkin.eating.ask_after_little")),
        (EATING, {1: ATE}, None),
        (DRINKING, {1: DRY}, None),
        (PLANS, {}, None),
    ],
)
def test_yesterday_gives_a_reason_to_ask_otherwise(
    question: str, told: Told, expected: FollowUp | None
) -> None:
    assert opener(question, history(question, told)) == expected


def test_a_missed_day_is_named_before_anything_else() -> None:
    missed = history(MOOD, {1: LOW}, missed_yesterday=True)
    assert opener(MOOD, missed) == FollowUp("checkin.mood.ask_after_missed")
    assert opener(SLEEP, missed) is None


def test_it_asks_how_the_plan_of_yesterday_went() -> None:
    assert plan_of_yesterday(history(PLANS, {1: (BUSY, "walk")})) == FollowUp(
        "", "checkin.plan_done", "plan.walk"
    )
    assert plan_of_yesterday(history(PLANS, {1: BUSY})) is None
    assert plan_of_yesterday(history(PLANS, {1: IDLE})) is None
    assert plan_of_yesterday(history(PLANS, {2: (BUSY, "walk")})) is None


# -- the history itself -----------------------------------------------------------


def test_days_in_a_row_count_back_from_yesterday() -> None:
    assert history(SLEEP, {}).days_in_a_row(SLEEP, {BADLY}) == 0
    assert history(SLEEP, {2: BADLY}).days_in_a_row(SLEEP, {BADLY}) == 0
    three = {1: BADLY, 2: BADLY, 3: BADLY}
    assert history(SLEEP, three).days_in_a_row(SLEEP, {BADLY}) == 3
    gap = {1: BADLY, 2: BADLY, 4: BADLY}
    assert history(SLEEP, gap).days_in_a_row(SLEEP, {BADLY}) == 2
    broken = {1: BADLY, 2: WELL, 3: BADLY}
    assert history(SLEEP, broken).days_in_a_row(SLEEP, {BADLY}) == 1
    assert history(SLEEP, three).days_in_a_row(MOOD, {BADLY}) == 0


def test_a_week_is_the_last_seven_days_without_today() -> None:
    told: Told = {1: LOW, 7: LOW, 8: LOW, 3: GOOD}
    assert history(MOOD, told).times_this_week(MOOD, {LOW}) == 2


def test_the_answers_of_today_are_not_history() -> None:
    assert not history(MOOD, {0: LOW}).days


def test_the_last_answer_of_a_day_counts() -> None:
    twice = [answer(MOOD, LOW, 1), answer(MOOD, GOOD, 1)]
    kept = History.from_answers(twice, TODAY).yesterday(MOOD)
    assert kept is not None
    assert kept.intent is GOOD


def test_no_history_is_no_trouble() -> None:
    empty = History(TODAY)
    assert empty.yesterday(MOOD) is None
    assert not empty.was(MOOD, {LOW})
    assert empty.times_this_week(MOOD, {LOW}) == 0
