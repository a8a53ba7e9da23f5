"""Calling somebody by name, and by what they are."""

from datetime import UTC, datetime

import pytest

from companion.asking import expectation_of
from companion.people import Person, PersonId, Relation, make_person
from companion.topics.conversation import WISH
from companion.topics.questions import ALL_QUESTIONS
from companion.understanding.callees import Callees, name_words, spoken_names
from companion.understanding.intents import Intent
from companion.understanding.meaning import Understanding
from companion.understanding.sentences import load_sentences

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def person(number: int, name: str, relation: Relation, spoken: str = "") -> Person:
    made = make_person(name, relation.value, NOW, spoken)
    return Person(
        PersonId(number), made.name, made.spoken_name, made.relation, None, NOW
    )


ANNA = person(1, "Anna de Vries", Relation.DAUGHTER, "uw dochter Anna")
GEERTRUIDA = person(2, "Geertruida Bos-Jansen", Relation.DAUGHTER)
PIET = person(3, "Piet Bakker", Relation.NEIGHBOUR)
ANNA_TOO = person(4, "Anna Smit", Relation.FRIEND, "Anna Smit")
JOSE = person(5, "José van 't Hof", Relation.SISTER)
FAMILY = (ANNA, GEERTRUIDA, PIET, ANNA_TOO, JOSE)


@pytest.fixture(scope="module")
def understanding() -> Understanding:
    made = Understanding()
    made.know(FAMILY)
    return made


def called(
    understanding: Understanding, said: str, expected: frozenset[Intent] = WISH.answers
) -> object:
    """Who is called; None if nobody is, "first" if nobody was named."""
    meaning = understanding.interpret(said, expected)
    if meaning is None or meaning.intent is not Intent.CALL_FAMILY:
        return None
    assert meaning.is_certain
    return "first" if meaning.value is None else meaning.value


@pytest.mark.parametrize(
    ("said", "ids"),
    [
        ("bel piet", (3,)),
        ("Bel Piet eens op!", (3,)),
        ("piet bellen", (3,)),
        ("ik wil piet bellen", (3,)),
        ("ik wil graag met piet praten", (3,)),
        ("kunt u piet bakker bellen", (3,)),
        ("mag ik geertruida spreken", (2,)),
        ("bel geertruida bos jansen", (2,)),
        ("bel jose", (5,)),
        ("bel josé", (5,)),
        ("nou bel piet maar hoor", (3,)),
        # One name, two people; more words say which.
        ("bel anna", (1, 4)),
        ("bel anna smit", (4,)),
        ("bel anna de vries", (1,)),
        ("bel mijn dochter anna", (1,)),
        ("bel mijn vriendin anna", (4,)),
        # By what they are.
        ("bel mijn dochter", (1, 2)),
        ("ik wil mijn zus bellen", (5,)),
        ("bel de buurman", (3,)),
        ("bel de buurvrouw", (3,)),
        # Named, and not in the list.
        ("bel mijn zoon", ()),
        ("ik wil mijn broer spreken", ()),
        # Nobody was named.
        ("bel mijn familie", "first"),
        ("ik wil bellen", "first"),
        ("familie bellen", "first"),
        # No call at all.
        ("piet", None),
        ("piet komt vanmiddag", None),
        ("ik wil piet niet bellen", None),
        ("bel piet niet", None),
        ("piet heeft gebeld", None),
        ("bel de luisterlijn", None),
        ("goedemorgen", None),
    ],
)
def test_who_is_called(
    understanding: Understanding, said: str, ids: tuple[int, ...] | str | None
) -> None:
    assert called(understanding, said) == ids


def test_a_question_hears_the_same_call(understanding: Understanding) -> None:
    for question in ALL_QUESTIONS.values():
        if Intent.FREE_TEXT not in question.answers:
            assert called(understanding, "bel piet", question.answers) == (3,)


def test_whom_nobody_knows_is_no_name() -> None:
    assert called(Understanding(), "bel piet") is None
    assert called(Understanding(), "bel mijn dochter") == ()
    assert called(Understanding(), "bel mijn familie") == "first"


@pytest.mark.parametrize("name", ["Wil", "Mien", "Door", "An", "Do", "Roos"])
def test_a_name_that_is_a_word_too_changes_no_other_sentence(name: str) -> None:
    plain, knowing = Understanding(), Understanding()
    knowing.know([person(1, f"{name} Jansen", Relation.FRIEND)])
    assert called(knowing, f"bel {name}") == (1,)
    for said in (
        "ik wil bellen", "bel mijn familie", "ik wil met iemand praten",
        "ik wil een praatje maken", "hoe laat is het", "bel de luisterlijn",
        "dank u wel", "ik ga naar mijn dochter",
    ):  # fmt: skip
        assert knowing.interpret(said, WISH.answers) == plain.interpret(
            said, WISH.answers
        )


def test_how_a_name_is_said() -> None:
    assert spoken_names(ANNA) == ("anna", "anna de vries", "mijn dochter anna")
    assert spoken_names(GEERTRUIDA) == ("geertruida", "geertruida bos jansen")
    assert spoken_names(ANNA_TOO) == ("anna smit", "anna")
    assert name_words(JOSE) == ("josé",)
    assert name_words(ANNA_TOO) == ("anna", "smit")
    assert name_words(ANNA) == ("anna",)
    assert name_words(person(9, "Anne-Marie Bos", Relation.FRIEND)) == (
        "anne", "marie",
    )  # fmt: skip


def test_the_grammar_of_a_wish_has_names_and_what_people_are(
    understanding: Understanding,
) -> None:
    phrases = expectation_of(WISH, WISH.answers, understanding).phrases
    for phrase in (
        "bel piet", "ik wil piet bellen", "bel de buurvrouw", "bel de buurman",
        "bel geertruida", "bel mijn dochter", "bel mijn zus",
    ):  # fmt: skip
        assert phrase in phrases
    assert len(phrases) == len(set(phrases))
    # What is expected is understood.
    for intent in (Intent.CALL_FAMILY, Intent.INVITE):
        listed = understanding.callees.phrases([intent])
        assert listed
        for phrase in listed:
            meaning = understanding.interpret(phrase, WISH.answers)
            assert meaning is not None and meaning.intent is intent, phrase
            assert meaning.is_certain and meaning.value, phrase
    pain = ALL_QUESTIONS["checkin.pain"]
    asked = expectation_of(pain, pain.answers, understanding).phrases
    assert "bel piet" not in asked


def test_a_village_does_not_fill_the_grammar() -> None:
    understanding = Understanding()
    before = len(expectation_of(WISH, WISH.answers, understanding).phrases)
    names = [f"Naam{'abcdefghijklmnopqrstuvwxyz'[i % 26] * (i // 26 + 1)}"
             for i in range(100)]  # fmt: skip
    understanding.know(
        [person(i, name, Relation.NEIGHBOUR) for i, name in enumerate(names)]
    )
    after = len(expectation_of(WISH, WISH.answers, understanding).phrases)
    # Twelve names and two that all have, each in eight sentences.
    assert after - before <= 14 * 8
    # Those for whom there was no room are understood, where they are heard.
    assert called(understanding, f"bel {names[99]}") == (99,)


def test_an_alias_is_made_of_words_that_are_known() -> None:
    sentences = load_sentences()
    callees = Callees(FAMILY, sentences.relations, sentences.named)
    assert callees.alias_of(GEERTRUIDA, lambda word: True) == "mijn dochter"
    known = {"de", "buurman", "mijn"}
    assert callees.alias_of(PIET, known.__contains__) == "de buurman"
    assert callees.alias_of(ANNA, known.__contains__) is None
    other = person(9, "Truus", Relation.OTHER)
    assert callees.alias_of(other, lambda word: True) is None


def test_each_relation_says_how_people_call_it() -> None:
    relations = load_sentences().relations
    assert set(relations) == set(Relation)
    assert all(relations[it] for it in Relation if it is not Relation.OTHER)


# -- inviting ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "ids"),
    [
        ("nodig piet uit", (3,)),
        ("ik wil geertruida uitnodigen", (2,)),
        ("laat piet mij bellen", (3,)),
        # Two people have that name, or are that.
        ("nodig anna maar uit", (1, 4)),
        ("nodig mijn dochter uit", (1, 2)),
        # Named, and not in the list.
        ("nodig mijn zoon uit", ()),
        ("nodig wilhelmina uit", ()),
        ("nodig mijn nichtje wilhelmina uit", ()),
        # Nobody was named.
        ("ik wil iemand uitnodigen", "nobody"),
        # No invitation at all.
        ("nodig piet niet uit", None),
        ("nodig niemand uit", None),
        ("piet heeft mij uitgenodigd", None),
        ("bel piet", None),
    ],
)
def test_who_is_invited(
    understanding: Understanding, said: str, ids: tuple[int, ...] | str | None
) -> None:
    meaning = understanding.interpret(said, [*WISH.answers, Intent.INVITE])
    found: object = None
    if meaning is not None and meaning.intent is Intent.INVITE:
        found = "nobody" if meaning.value is None else meaning.value
    assert found == ids


def test_whom_one_may_invite_is_listened_for(understanding: Understanding) -> None:
    assert "nodig piet uit" in understanding.callees.phrases([Intent.INVITE])
    assert "bel piet" not in understanding.callees.phrases([Intent.INVITE])
