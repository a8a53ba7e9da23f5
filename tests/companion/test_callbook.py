"""Which calls were missed, and how often the person was in touch with people."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from calls.call_messages import Reason
from companion.callbook import CallRecord, Direction, missed
from companion.contacts import Contacts, contacts
from companion.journal import Answer
from companion.people import PersonId
from companion.topics.missed import say_when
from companion.understanding.intents import Intent
from tests.stories.person import phrasebook
from tests.virtual_time import AMSTERDAM

NOW = datetime(2026, 3, 25, 15, 0, tzinfo=AMSTERDAM)
ANNA, PIET = PersonId(1), PersonId(2)


def call(
    minutes_ago: float,
    person: PersonId | None = ANNA,
    reason: Reason | None = Reason.UNANSWERED,
    direction: Direction = Direction.IN,
    *,
    is_answered: bool = False,
    name: str | None = None,
) -> CallRecord:
    began = NOW - timedelta(minutes=minutes_ago)
    answered = began + timedelta(seconds=8) if is_answered else None
    ended = began + timedelta(minutes=1) if reason else None
    key = f"{minutes_ago} {person} {name}"
    return CallRecord(key, direction, person, name, began, answered, ended, reason)


@pytest.mark.parametrize("reason", Reason)
def test_what_was_not_declined_was_missed(reason: Reason) -> None:
    found = missed([call(10, reason=reason)], NOW)
    assert bool(found) == (reason is not Reason.DECLINED)


def test_one_who_called_more_often_is_told_of_once() -> None:
    calls = [call(50), call(40, PIET), call(30), call(20)]
    found = missed(calls, NOW)
    assert [(m.last.person, len(m.calls)) for m in found] == [(ANNA, 3), (PIET, 1)]
    assert found[0].last == calls[-1]


@pytest.mark.parametrize("direction", Direction)
def test_whom_they_spoke_with_since_needs_no_telling(direction: Direction) -> None:
    spoken = call(20, reason=Reason.HUNG_UP, direction=direction, is_answered=True)
    assert missed([call(30), spoken], NOW) == []
    # But who calls in vain after that is told of.
    assert [m.last.key for m in missed([spoken, call(10)], NOW)] == [call(10).key]


def test_what_was_told_is_not_told_again() -> None:
    told = replace(call(30), told_at=NOW)
    assert missed([told], NOW) == []
    assert [len(m.calls) for m in missed([told, call(20)], NOW)] == [1]


def test_a_call_that_rings_now_is_not_missed_yet() -> None:
    assert missed([call(1, reason=None)], NOW) == []
    # The power went while it rang.
    assert len(missed([call(10, reason=None)], NOW)) == 1


def test_own_calls_and_old_ones_are_not_missed() -> None:
    assert missed([call(10, direction=Direction.OUT)], NOW) == []
    assert missed([call(60 * 24 * 8)], NOW) == []


def test_strangers_are_told_apart_by_name() -> None:
    calls = [call(30, None, name="Wim"), call(20, None, name="Jan")]
    assert [m.last.name for m in missed(calls, NOW)] == ["Jan", "Wim"]


def test_a_call_shows_no_name_in_a_log() -> None:
    assert "Wim" not in repr(call(1, None, name="Wim"))


@pytest.mark.parametrize(
    ("at", "when"),
    [
        (NOW, "om drie uur 's middags"),
        (NOW.replace(minute=2), "om drie uur 's middags"),
        (NOW.replace(minute=3), "om vijf over drie 's middags"),
        (NOW.replace(hour=9, minute=58), "om tien uur 's ochtends"),
        (NOW - timedelta(days=1), "gisteren om drie uur 's middags"),
        (NOW - timedelta(days=3), "op zondag 22 maart"),
    ],
)
def test_when_is_said_as_people_remember_it(at: datetime, when: str) -> None:
    assert say_when(phrasebook(), at, NOW) == when


def told(days_ago: int, question: str, intent: Intent, value: str | None) -> Answer:
    at = NOW - timedelta(days=days_ago)
    return Answer(question, intent, value, 1.0, None, at)


def test_a_visit_counts_once_it_took_place() -> None:
    plan, done = "checkin.plans", "checkin.plan_done"
    answers = [
        told(6, plan, Intent.PLANS, "visit_received"),
        told(5, done, Intent.YES, None),
        told(5, plan, Intent.PLANS, "family"),
        told(4, done, Intent.NO, None),
        told(4, plan, Intent.PLANS, "walk"),
        told(3, done, Intent.YES, None),
        told(3, plan, Intent.NO_PLANS, None),
        told(2, done, Intent.YES, None),
        # What was said first of a day, and corrected.
        told(2, plan, Intent.PLANS, "walk"),
        told(2, plan, Intent.PLANS, "visit_paid"),
        told(1, done, Intent.YES, None),
        # Not asked about yet.
        told(1, plan, Intent.PLANS, "visit_received"),
    ]
    assert contacts([], answers) == Contacts(calls=0, visits=2)
    # A home visit counts once, also where it was told of as a plan.
    days = [answers[0].at.date(), answers[2].at.date()]
    assert contacts([], answers, met=days) == Contacts(calls=0, visits=3)


def test_only_calls_in_which_they_spoke_count() -> None:
    calls = [
        call(50, is_answered=True),
        call(40, PIET, Reason.HUNG_UP, Direction.OUT, is_answered=True),
        call(30),
        call(20, reason=Reason.DECLINED),
    ]
    assert contacts(calls, []) == Contacts(calls=2, visits=0)
