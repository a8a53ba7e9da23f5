"""Whom to ring next, for every way in which calls may end."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from calls.call_messages import Reason
from companion.callplan import (
    AFTER,
    MOST_AGAIN,
    MOST_RUNG,
    CallPlan,
    Done,
    GiveUp,
    Offer,
    Ring,
    Step,
    Then,
    Tried,
    next_step,
    plan_for_button,
    plan_for_name,
)
from companion.people import Person, PersonId, Relation

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def person(
    number: int,
    relation: Relation = Relation.DAUGHTER,
    *,
    has_video: bool = True,
    phone: str | None = None,
) -> Person:
    video = f"member-{number}" if has_video else None
    name = f"P{number}"
    return Person(PersonId(number), name, name, relation, phone, NOW, video)


ANNA, PIET, TRUUS, WIM = (person(number) for number in (1, 2, 3, 4))


def numbers(plan: CallPlan) -> list[int | None]:
    return [one.id for one in plan.order]


def test_the_button_rings_family_first_and_never_a_doctor() -> None:
    people = [
        person(1, Relation.NEIGHBOUR),
        person(2, Relation.DOCTOR),
        person(3, Relation.SON),
        person(4, Relation.DAUGHTER, has_video=False),
        person(5, Relation.SISTER),
        person(6, Relation.CARER),
        person(7, Relation.FRIEND),
    ]
    assert numbers(plan_for_button(people, 30)) == [3, 5, 1, 7]


@pytest.mark.parametrize("relation", Relation)
def test_everybody_may_be_asked_for_by_name(relation: Relation) -> None:
    wanted = person(9, relation)
    plan = plan_for_name(wanted, [ANNA, wanted, PIET], 30)
    assert numbers(plan) == [9, 1, 2]
    assert next_step(plan, []) == Ring(wanted)


def test_who_is_wanted_comes_first_and_once() -> None:
    people = [ANNA, PIET, TRUUS]
    assert numbers(plan_for_name(TRUUS, people, 45)) == [3, 1, 2]
    assert plan_for_name(TRUUS, people, 45).ring_s == 45


def test_without_an_address_there_is_the_number() -> None:
    wanted = person(9, has_video=False, phone="+31612345678")
    assert next_step(plan_for_name(wanted, [ANNA, wanted], 30), []) == GiveUp(wanted)
    # The button too, where nobody can be rung at all.
    assert next_step(plan_for_button([wanted], 30), []) == GiveUp(wanted)
    assert next_step(plan_for_button([], 30), []) == GiveUp(None)


def test_every_reason_leads_somewhere() -> None:
    assert AFTER.keys() == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_what_follows_a_first_call(reason: Reason) -> None:
    plan = plan_for_button([ANNA, PIET], 30)
    step = next_step(plan, [Tried(ANNA.id, reason)])
    expected: dict[Then, Step] = {
        Then.DONE: Done(),
        Then.NEXT: Offer(PIET),
        Then.AGAIN: Offer(ANNA, is_again=True),
        Then.GIVE_UP: GiveUp(ANNA),
    }
    assert step == expected[AFTER[reason]]
    refused = next_step(plan, [Tried(ANNA.id, reason)], is_refused=True)
    is_done = AFTER[reason] is Then.DONE
    assert refused == (Done() if is_done else GiveUp(ANNA))


def played(plan: CallPlan, reasons: Sequence[Reason]) -> tuple[list[Step], list[Tried]]:
    """The steps until the end, where each offer is taken."""
    tried: list[Tried] = []
    steps: list[Step] = []
    for reason in reasons:
        step = next_step(plan, tried)
        steps.append(step)
        if not isinstance(step, Ring | Offer):
            return steps, tried
        tried.append(Tried(step.person.id, reason))
    return [*steps, next_step(plan, tried)], tried


LONGEST = MOST_RUNG + MOST_AGAIN + 1


def test_no_way_in_which_calls_end_rings_somebody_twice_or_goes_on_for_ever() -> None:
    plan = plan_for_button([ANNA, PIET, TRUUS, WIM], 30)
    kinds = [Reason.UNANSWERED, Reason.LOST, Reason.OFFLINE, Reason.HUNG_UP]
    # One reason of each kind of consequence stands for all of that kind.
    assert {AFTER[reason] for reason in kinds} == set(Then)
    for reasons in itertools.product(kinds, repeat=LONGEST):
        steps, tried = played(plan, reasons)
        assert isinstance(steps[-1], Done | GiveUp), reasons
        assert isinstance(steps[0], Ring)
        # Only the first rings without a question.
        assert not any(isinstance(step, Ring) for step in steps[1:])
        assert len({one.person for one in tried}) <= MOST_RUNG
        for before, step in zip(tried, steps[1:], strict=False):
            if isinstance(step, Offer):
                was_lost = before.reason is Reason.LOST
                assert step.is_again == was_lost
                assert (step.person.id == before.person) == was_lost
        fresh = [s for s in steps if isinstance(s, Offer) and not s.is_again]
        assert len({s.person.id for s in fresh}) == len(fresh)


def test_three_who_do_not_answer_are_enough() -> None:
    plan = plan_for_button([ANNA, PIET, TRUUS, WIM], 30)
    steps, _ = played(plan, [Reason.UNANSWERED] * 5)
    assert steps == [Ring(ANNA), Offer(PIET), Offer(TRUUS), GiveUp(ANNA)]


def test_a_talk_that_breaks_off_again_and_again_ends() -> None:
    plan = plan_for_button([ANNA], 30)
    steps, _ = played(plan, [Reason.LOST] * 5)
    again = Offer(ANNA, is_again=True)
    assert steps == [Ring(ANNA), *[again] * MOST_AGAIN, GiveUp(ANNA)]


def test_the_number_is_of_who_was_wanted_or_of_one_who_was_rung() -> None:
    bert = person(8, phone="+31201234567")
    plan = plan_for_name(ANNA, [ANNA, bert, WIM], 30)
    tried = [Tried(ANNA.id, Reason.BUSY), Tried(bert.id, Reason.OFFLINE)]
    assert next_step(plan, tried) == GiveUp(bert)
    # Of who was not rung, nobody asked.
    assert next_step(plan, tried[:1], is_refused=True) == GiveUp(ANNA)


def test_who_was_rung_and_is_in_no_list_is_not_rung_again() -> None:
    plan = plan_for_button([ANNA], 30)
    assert next_step(plan, [Tried(None, Reason.LOST)]) == GiveUp(ANNA)
