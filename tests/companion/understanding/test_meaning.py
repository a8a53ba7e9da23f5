"""What people say, and what they mean by it."""

from datetime import time, timedelta

import pytest

from companion.understanding.grammar import hints, phrases
from companion.understanding.intents import BODY_PARTS, PLAN_KINDS, Intent, Value
from companion.understanding.meaning import COMMANDS, GRAVE, Understanding
from companion.understanding.sentences import load_sentences

YES_NO = frozenset({Intent.YES, Intent.NO, Intent.UNSURE})
MOOD = frozenset({Intent.MOOD_GOOD, Intent.MOOD_FAIR, Intent.MOOD_LOW, Intent.LONELY})
SLEEP = frozenset({Intent.SLEPT_WELL, Intent.SLEPT_FAIRLY, Intent.SLEPT_BADLY})
PAIN = frozenset({Intent.PAIN, Intent.NO_PAIN})
PAIN_CHANGE = frozenset(
    {Intent.PAIN_LESS, Intent.PAIN_SAME, Intent.PAIN_WORSE, Intent.NO_PAIN}
)
FOOD = frozenset({Intent.ATE_WELL, Intent.ATE_LITTLE, Intent.ATE_NOTHING})
DRINK = frozenset({Intent.DRANK_ENOUGH, Intent.DRANK_LITTLE})
PLANS = frozenset({Intent.PLANS, Intent.NO_PLANS})
NUMBERS = frozenset({Intent.NUMBER})
TIMES = frozenset({Intent.TIME_OF_DAY})
LATER = frozenset({Intent.LATER, Intent.YES, Intent.NO})
AWAY = frozenset({Intent.AWAY, Intent.BACK})
QUESTIONS = (
    YES_NO, MOOD, SLEEP, PAIN, PAIN_CHANGE, FOOD, DRINK, PLANS, NUMBERS, TIMES, LATER,
    AWAY,
)  # fmt: skip


@pytest.fixture(scope="module")
def understanding() -> Understanding:
    return Understanding()


@pytest.mark.parametrize(
    ("expected", "text", "intent", "value"),
    [
        (YES_NO, "nou ja hoor", Intent.YES, None),
        (YES_NO, "ja... nee toch niet", Intent.NO, None),
        (YES_NO, "nee eh ja doe maar", Intent.YES, None),
        (YES_NO, "eh nou liever niet", Intent.NO, None),
        (YES_NO, "dat weet ik niet", Intent.UNSURE, None),
        (YES_NO, "jazeker dank u", Intent.YES, None),
        (YES_NO, "nou nee", Intent.NO, None),
        (YES_NO, "laat maar", Intent.STOP, None),
        (MOOD, "nou, ik mag niet mopperen", Intent.MOOD_GOOD, None),
        (MOOD, "'t gaat z'n gangetje", Intent.MOOD_FAIR, None),
        (MOOD, "mwah", Intent.MOOD_FAIR, None),
        (MOOD, "nou ja", Intent.MOOD_FAIR, None),
        (MOOD, "eigenlijk niet zo best", Intent.MOOD_LOW, None),
        (MOOD, "het gaat niet goed vandaag", Intent.MOOD_LOW, None),
        (MOOD, "ik voel me een beetje somber", Intent.MOOD_LOW, None),
        (MOOD, "goed dank u wel en met u", Intent.MOOD_GOOD, None),
        (MOOD, "ik ben zo moe", Intent.MOOD_LOW, None),
        (MOOD, "goed want mijn dochter komt", Intent.MOOD_GOOD, None),
        (MOOD, "ik voel mij heel eenzaam de laatste tijd", Intent.LONELY, None),
        (MOOD, "kon beter", Intent.MOOD_FAIR, None),
        (SLEEP, "ik heb geen oog dichtgedaan", Intent.SLEPT_BADLY, None),
        (SLEEP, "als een roos", Intent.SLEPT_WELL, None),
        (SLEEP, "ik heb vannacht heel slecht geslapen", Intent.SLEPT_BADLY, None),
        (SLEEP, "nou niet zo best eigenlijk", Intent.SLEPT_BADLY, None),
        (SLEEP, "ik heb nie goe geslapen", Intent.SLEPT_BADLY, None),
        (SLEEP, "ik heb niet slecht geslapen", Intent.SLEPT_WELL, None),
        (PAIN, "het is mijn knie", Intent.PAIN, "knee"),
        (PAIN, "nee", Intent.NO_PAIN, None),
        (PAIN, "ik heb last van m'n rug", Intent.PAIN, "back"),
        (PAIN, "nee gelukkig nergens last van", Intent.NO_PAIN, None),
        (PAIN, "ja mijn knieën doen weer zeer", Intent.PAIN, "knee"),
        (PAIN, "ja", Intent.PAIN, None),
        (PAIN, "ik heb hoofdpijn", Intent.PAIN, "head"),
        (PAIN_CHANGE, "het gaat iets beter", Intent.PAIN_LESS, None),
        (PAIN_CHANGE, "nog hetzelfde", Intent.PAIN_SAME, None),
        (FOOD, "een boterham", Intent.ATE_WELL, None),
        (FOOD, "ik heb nog niks op", Intent.ATE_NOTHING, None),
        (FOOD, "ja ik heb lekker gegeten", Intent.ATE_WELL, None),
        (FOOD, "niet veel", Intent.ATE_LITTLE, None),
        (DRINK, "twee kopjes koffie", Intent.DRANK_ENOUGH, None),
        (PLANS, "mijn kleindochter komt langs", Intent.PLANS, "family"),
        (PLANS, "ik moet naar de huisarts", Intent.PLANS, "doctor"),
        (PLANS, "vanmiddag komt mijn dochter", Intent.PLANS, "family"),
        (PLANS, "niks bijzonders", Intent.NO_PLANS, None),
        (PLANS, "ik ga een eindje wandelen met de hond", Intent.PLANS, "walk"),
        (PLANS, "ik krijg visite", Intent.PLANS, "visit_received"),
        (NUMBERS, "een stuk of drie", Intent.NUMBER, 3),
        (NUMBERS, "een zeven", Intent.NUMBER, 7),
        (TIMES, "om half negen 's ochtends", Intent.TIME_OF_DAY, time(8, 30)),
        (TIMES, "doe maar kwart over acht", Intent.TIME_OF_DAY, time(8, 15)),
        (LATER, "over een half uur", Intent.LATER, timedelta(minutes=30)),
        (LATER, "straks maar", Intent.LATER, timedelta(minutes=30)),
        (LATER, "kom over een uurtje maar terug", Intent.LATER, timedelta(minutes=60)),
        (LATER, "nee om vier uur", Intent.LATER, time(16, 0)),
        (LATER, "ik heb visite", Intent.LATER, timedelta(minutes=30)),
        (MOOD, "hoe laat is het", Intent.TELL_TIME, None),
        (MOOD, "vergeet alles", Intent.FORGET_ALL, None),
        (MOOD, "wat zegt u", Intent.REPEAT, None),
        (MOOD, "kun je wat harder praten", Intent.LOUDER, None),
        (YES_NO, "ja stop maar", Intent.STOP, None),
    ],
)
def test_meaning(
    understanding: Understanding,
    expected: frozenset[Intent],
    text: str,
    intent: Intent,
    value: Value | None,
) -> None:
    meaning = understanding.interpret(text, expected)
    assert meaning is not None
    assert meaning.is_certain
    assert (meaning.intent, meaning.value) == (intent, value)


@pytest.mark.parametrize("expected", QUESTIONS)
def test_each_phrase_of_a_grammar_is_understood(
    understanding: Understanding, expected: frozenset[Intent]
) -> None:
    said = phrases(expected)
    assert 20 < len(said) <= 125
    for phrase in said:
        meaning = understanding.interpret(phrase, expected)
        assert meaning is not None, phrase
        assert meaning.is_certain, phrase
        assert meaning.intent in expected | COMMANDS, phrase


def test_each_intent_has_sentences() -> None:
    known = {phrase.intent for phrase in load_sentences().phrases}
    assert known == set(Intent) - {Intent.FREE_TEXT}


def test_each_body_part_and_plan_can_be_said() -> None:
    values = {(phrase.intent, phrase.value) for phrase in load_sentences().phrases}
    assert {value for intent, value in values if intent is Intent.PAIN} >= set(
        BODY_PARTS
    )
    assert {value for intent, value in values if intent is Intent.PLANS} >= set(
        PLAN_KINDS
    )


@pytest.mark.parametrize("expected", QUESTIONS)
def test_no_phrase_is_claimed_by_two_answers(expected: frozenset[Intent]) -> None:
    claims: dict[str, set[Intent]] = {}
    for phrase in load_sentences().phrases:
        if phrase.intent in expected - {Intent.LATER}:
            claims.setdefault(phrase.plain, set()).add(phrase.intent)
    assert {text: who for text, who in claims.items() if len(who) > 1} == {}


@pytest.mark.parametrize("text", ["vergeet allus", "bel mijn dochtur", "luisterlijm"])
def test_grave_commands_are_never_guessed(
    understanding: Understanding, text: str
) -> None:
    meaning = understanding.interpret(text, YES_NO)
    assert meaning is None or meaning.intent not in GRAVE


@pytest.mark.parametrize("text", ["niet geweldig goed", "ik heb recht geslapen"])
def test_doubtful_words_are_never_certain(
    understanding: Understanding, text: str
) -> None:
    meaning = understanding.interpret(text, MOOD | SLEEP, 0.9)
    assert meaning is None or (not meaning.is_certain and meaning.confidence < 0.9)


def test_an_open_question_has_no_grammar() -> None:
    assert phrases({Intent.FREE_TEXT}) == ()
    assert "dochter" in hints({Intent.FREE_TEXT})


def test_a_short_grammar_keeps_the_usual_phrases() -> None:
    assert phrases(YES_NO, at_most=10)[:2] == ("ja", "nee")
    assert len(phrases(YES_NO, at_most=10)) == 10
