"""When it is told who follows, and asked again what was agreed (pure)."""

from datetime import UTC, datetime, timedelta

import pytest

from calls.messages import Role
from companion.consent import Agreement, Consent, Way, agreed, agreements_for, held
from companion.people import Person, PersonId, Relation
from companion.renewing import (
    AGAIN_AFTER,
    ASK_AFTER,
    TELL_AFTER,
    Asked,
    Renewal,
    Rounds,
    has_ended,
    is_to_tell,
    read_rounds,
    whats_changed,
    whom_to_ask,
    write_rounds,
)

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
TODAY = NOW.date()
P, U, Q = Agreement.PRESENCE, Agreement.USE, Agreement.QUIET_HOURS
OLD = NOW - ASK_AFTER
NEW = OLD + timedelta(days=1)


def person(
    number: int, *agreements: Agreement, role: Role | None = Role.FAMILY
) -> Person:
    return Person(
        PersonId(number), f"Naam {number}", f"Naam{number}", Relation.SON, None, NOW,
        f"member-{number}" if role else None, role, frozenset(agreements),
    )  # fmt: skip


def said(
    number: int,
    agreement: Agreement,
    at: datetime,
    is_given: bool = True,
    way: Way = Way.VOICE,
) -> Consent:
    return Consent(number, agreement, is_given, way, at)


@pytest.mark.parametrize(
    ("rounds", "is_due"),
    [
        (Rounds(), True),
        (Rounds(TODAY - TELL_AFTER, frozenset({1})), True),
        (Rounds(TODAY - TELL_AFTER + timedelta(days=1), frozenset({1})), False),
        # Of this one nothing was told yet.
        (Rounds(TODAY, frozenset({2})), True),
    ],
)
def test_a_month_after_the_last_time_it_is_told(rounds: Rounds, is_due: bool) -> None:
    assert is_to_tell(rounds, [person(1)], TODAY) is is_due
    assert not is_to_tell(rounds, [], TODAY)


def test_a_quarter_after_it_was_said_it_is_asked_again() -> None:
    anna = person(1, P, U)
    consents = [said(1, P, OLD), said(1, U, NEW)]
    assert whom_to_ask(Rounds(), [anna], consents, TODAY) == Renewal(anna, (P,))
    tomorrow = TODAY + timedelta(days=1)
    both = Renewal(anna, (P, U))
    assert whom_to_ask(Rounds(), [anna], consents, tomorrow) == both
    # Said again since.
    again = [*consents, said(1, P, NEW)]
    assert whom_to_ask(Rounds(), [anna], again, TODAY) is None


def test_the_one_longest_ago_is_asked_first_and_nobody_twice_in_a_week() -> None:
    anna, piet = person(1, P), person(2, P)
    consents = [said(2, P, OLD - timedelta(days=1)), said(1, P, OLD)]
    first = whom_to_ask(Rounds(), [anna, piet], consents, TODAY)
    assert first is not None and first.person is piet
    rounds = Rounds(asked={2: Asked(TODAY, 1)})
    then = whom_to_ask(rounds, [anna, piet], consents, TODAY)
    assert then is not None and then.person is anna
    rounds = Rounds(asked={1: Asked(TODAY), 2: Asked(TODAY, 1)})
    assert whom_to_ask(rounds, [anna, piet], consents, TODAY) is None
    later = whom_to_ask(rounds, [anna, piet], consents, TODAY + AGAIN_AFTER)
    assert later is not None and later.person is piet


def test_what_does_not_hold_is_not_asked() -> None:
    taken_back = [said(1, P, OLD), said(1, P, OLD, is_given=False)]
    assert whom_to_ask(Rounds(), [person(1)], taken_back, TODAY) is None
    nobody = person(1, role=None)
    assert whom_to_ask(Rounds(), [nobody], [said(1, P, OLD)], TODAY) is None


def test_it_ends_at_the_second_silence() -> None:
    assert [has_ended(Asked(TODAY, n)) for n in (0, 1, 2, 3)] == [
        False, False, True, True,
    ]  # fmt: skip


def test_what_a_helper_changed_is_told_until_the_person_said_it_too() -> None:
    anna = person(1, P)
    by_helper = [said(1, P, OLD, way=Way.COMMAND)]
    [changed] = whats_changed(Rounds(), [anna], by_helper)
    assert (changed.given, changed.ended) == ((P,), ())
    # Having heard of it is no consent.
    heard = Rounds(heard_at=NOW)
    assert whats_changed(heard, [anna], by_helper)
    assert not whats_changed(heard, [anna], [*by_helper, said(1, P, NEW)])


def test_what_a_helper_took_back_is_told_once() -> None:
    consents = [said(1, P, OLD), said(1, P, NEW, False, Way.COMMAND)]
    [changed] = whats_changed(Rounds(), [person(1)], consents)
    assert (changed.given, changed.ended) == ((), (P,))
    assert not whats_changed(Rounds(heard_at=NEW), [person(1)], consents)
    assert whats_changed(Rounds(heard_at=OLD), [person(1)], consents)


def test_what_was_told_and_asked_comes_back_as_it_was_kept() -> None:
    rounds = Rounds(TODAY, frozenset({1, 7}), NOW, {7: Asked(TODAY, 1)})
    assert read_rounds(write_rounds(rounds)) == rounds
    assert read_rounds(write_rounds(Rounds())) == Rounds()


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "{}", '{"told_on": "x", "heard_at": null}', "3",
     '{"told_on": null, "heard_at": null, "told_of": 1, "asked": {}}',
     '{"told_on": null, "heard_at": null, "told_of": [], "asked": {"1": 2}}'],
)  # fmt: skip
def test_half_of_it_means_to_tell_again(text: str) -> None:
    assert read_rounds(text) == Rounds()


def test_only_close_family_may_have_what_disturbs() -> None:
    assert Q in agreements_for(Role.CLOSE_FAMILY)
    for role in (Role.FAMILY, Role.COORDINATOR):
        assert Q not in agreements_for(role) and P in agreements_for(role)


def test_the_newest_holds_and_it_is_known_since_when() -> None:
    first, then, last = OLD, OLD + timedelta(days=9), NEW + timedelta(days=9)
    consents = [
        said(1, P, first), said(2, U, first), said(1, P, then, way=Way.COMMAND),
        said(1, U, first), said(1, U, then, is_given=False),
    ]  # fmt: skip
    assert agreed(consents, 1) == {P}
    [one] = held(consents, 1)
    assert (one.agreement, one.since, one.said_at) == (P, first, then)
    assert one.way is Way.COMMAND
    consents += [said(1, P, then, is_given=False), said(1, P, last)]
    assert held(consents, 1)[0].since == last
