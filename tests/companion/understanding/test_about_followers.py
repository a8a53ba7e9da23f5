"""Who may see what, and may no longer, as a person says it of those they know."""

from datetime import UTC, datetime

import pytest

from companion.consent import Agreement
from companion.people import Person, PersonId, Relation
from companion.topics.conversation import WISH
from companion.understanding.intents import Intent, Named
from companion.understanding.meaning import Understanding


def person(number: int, name: str, relation: Relation, video: str | None) -> Person:
    made = datetime(2026, 11, 22, tzinfo=UTC)
    spoken = name.split()[0]
    return Person(PersonId(number), name, spoken, relation, None, made, video)


@pytest.fixture(scope="module")
def understanding() -> Understanding:
    understanding = Understanding()
    understanding.know(
        [
            person(1, "Anna Bos", Relation.DAUGHTER, "member-1"),
            person(2, "Truus Bos", Relation.DAUGHTER, "member-2"),
            person(3, "Piet Bakker", Relation.NEIGHBOUR, None),
        ]
    )
    return understanding


@pytest.mark.parametrize(
    ("said", "ids"),
    [
        ("Anna mag niet meer meekijken", (1,)),
        ("zet Anna eruit", (1,)),
        ("mijn dochter mag niet meer mee kijken", (1, 2)),
        ("mijn dochter Truus mag niet meer bellen", (2,)),
        ("Piet mag niet meer meekijken", (3,)),
        # Named, and not in the list.
        ("mijn zoon mag niet meer meekijken", ()),
        ("Wilhelmina mag niet meer meekijken", ()),
        # Nobody was named: everybody.
        ("stop met delen", None),
        ("niemand mag meer meekijken", None),
    ],
)
def test_who_is_to_follow_no_longer(
    understanding: Understanding, said: str, ids: tuple[int, ...] | None
) -> None:
    meaning = understanding.interpret(said, WISH.answers)
    assert meaning is not None and meaning.intent is Intent.WITHDRAW
    assert meaning.value == ids and meaning.is_certain


@pytest.mark.parametrize(
    ("said", "agreement"),
    [
        ("Anna mag zien of ik er ben", Agreement.PRESENCE),
        ("Anna mag weten of ik u gebruik", Agreement.USE),
        ("Anna mag bericht krijgen als ik niet antwoord", Agreement.MISSED_CHECK_IN),
        ("Anna mag 's nachts bellen", Agreement.QUIET_HOURS),
        ("laat Anna zomaar binnenkomen", Agreement.AUTO_ANSWER),
        ("neem automatisch op als Anna belt", Agreement.AUTO_ANSWER),
    ],
)
def test_what_somebody_may(
    understanding: Understanding, said: str, agreement: Agreement
) -> None:
    meaning = understanding.interpret(said, WISH.answers)
    assert meaning is not None and meaning.intent is Intent.ALLOW
    assert meaning.value == Named((1,), agreement.value)


@pytest.mark.parametrize(
    ("said", "agreement"),
    [
        ("Anna hoeft niet te weten of ik er ben", Agreement.PRESENCE),
        ("Anna mag niet meer zien of ik er ben", Agreement.PRESENCE),
        ("Anna hoeft niet te zien dat ik u gebruik", Agreement.USE),
        ("Anna hoeft geen bericht meer te krijgen", Agreement.MISSED_CHECK_IN),
        ("Anna mag 's nachts niet meer bellen", Agreement.QUIET_HOURS),
        ("Anna mag niet zomaar binnenkomen", Agreement.AUTO_ANSWER),
        ("neem niet meer vanzelf op als Anna belt", Agreement.AUTO_ANSWER),
    ],
)
def test_what_somebody_may_no_longer(
    understanding: Understanding, said: str, agreement: Agreement
) -> None:
    meaning = understanding.interpret(said, WISH.answers)
    assert meaning is not None and meaning.intent is Intent.FORBID
    assert meaning.value == Named((1,), agreement.value)


def test_only_those_who_follow_are_listened_for(understanding: Understanding) -> None:
    phrases = understanding.callees.phrases([Intent.WITHDRAW])
    assert "zet anna eruit" in phrases and "zet truus eruit" in phrases
    assert not any("piet" in phrase for phrase in phrases)


@pytest.mark.parametrize(
    "heard",
    ["Anna mag niet meer meekeken", "Anna mag 's nacht belen", "zet Anna erin"],
)
def test_what_is_only_close_to_it_is_no_consent(
    understanding: Understanding, heard: str
) -> None:
    meaning = understanding.interpret(heard, WISH.answers)
    sharing = (Intent.WITHDRAW, Intent.ALLOW, Intent.FORBID)
    assert meaning is None or meaning.intent not in sharing
