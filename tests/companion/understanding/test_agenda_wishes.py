"""What is wanted of the agenda, and what it is about."""

from datetime import datetime

import pytest

from companion.agenda import Kind
from companion.understanding.agenda_wishes import find_wish, read_told, to_you
from companion.understanding.intents import Intent
from companion.understanding.meaning import Understanding
from companion.understanding.say_when import say_when
from tests.stories.person import understanding
from tests.virtual_time import AMSTERDAM

# A Sunday.
NOW = datetime(2026, 11, 22, 14, 10, tzinfo=AMSTERDAM)


@pytest.mark.parametrize(
    ("text", "intent", "what", "moment"),
    [
        ("herinner mij morgen om half drie aan de kapper", Intent.REMIND,
         "de kapper", "morgen om half drie 's middags"),
        ("kunt u mij overmorgen om tien uur aan de tandarts herinneren", Intent.REMIND,
         "de tandarts", "overmorgen om tien uur 's ochtends"),
        ("herinner me eraan dat ik morgen om negen uur de vuilnis buiten moet zetten",
         Intent.REMIND, "de vuilnis buiten zetten",
         "morgen om negen uur 's ochtends"),
        ("wilt u mij over drie kwartier waarschuwen voor de oven", Intent.REMIND,
         "de oven", "vandaag om vijf voor drie 's middags"),
        ("herinner mij elke dag om acht uur en zes uur aan mijn pillen", Intent.REMIND,
         "mijn pillen", "elke dag om acht uur 's ochtends en zes uur 's avonds"),
        ("herinner mij eraan", Intent.REMIND, "", ""),
        ("zet dinsdag 1 december om 10 uur de kapper in mijn agenda", Intent.NOTE_DOWN,
         "de kapper", "dinsdag 1 december om tien uur 's ochtends"),
        ("zet in mijn agenda vrijdag om twee uur de fysiotherapeut", Intent.NOTE_DOWN,
         "de fysiotherapeut", "vrijdag 27 november om twee uur 's middags"),
        ("ik heb morgen om tien uur een afspraak bij de tandarts", Intent.NOTE_DOWN,
         "de tandarts", "morgen om tien uur 's ochtends"),
        ("zet iets in mijn agenda", Intent.NOTE_DOWN, "", ""),
        ("noteer dat ik vrijdag naar de opticien moet", Intent.NOTE_DOWN,
         "naar de opticien", "vrijdag 27 november"),
        ("Anna is jarig op 15 maart", Intent.NOTE_DOWN, "anna", "maandag 15 maart"),
        ("wat heb ik morgen", Intent.TELL_AGENDA, "", "morgen"),
        ("wat heb ik vandaag", Intent.TELL_AGENDA, "", "vandaag"),
        ("wanneer moet ik naar de kapper", Intent.TELL_AGENDA, "naar de kapper", ""),
        ("de kapper gaat niet door", Intent.CANCEL, "de kapper", ""),
        ("mijn afspraak bij de tandarts is afgezegd", Intent.CANCEL, "de tandarts", ""),
        ("haal de kapper uit mijn agenda", Intent.CANCEL, "de kapper", ""),
        ("herinner mij niet meer aan de pillen", Intent.CANCEL, "de pillen", ""),
        ("verzet de kapper naar vrijdag", Intent.MOVE,
         "de kapper", "vrijdag 27 november"),
        ("verplaats de kapper van morgen naar vrijdag om drie uur", Intent.MOVE,
         "de kapper", "vrijdag 27 november om drie uur 's middags"),
        ("ik heb mijn pillen genomen", Intent.TAKEN, "mijn pillen", ""),
    ],
)  # fmt: skip
def test_what_is_wanted_what_it_is_about_and_when(
    text: str, intent: Intent, what: str, moment: str
) -> None:
    assert find_wish(text) is intent
    told = read_told(text, intent, NOW)
    assert (told.what, say_when(told.when, NOW)) == (what, moment)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wat heb ik nou gezegd",
        "hoe laat is het",
        "vergeet wat ik zei",
        "de buurvrouw gaat niet mee",
        "ik heb hoofdpijn",
        "ik heb morgen visite",
        "help",
        "stop",
        "bel mijn dochter",
        "en dan nu het weer voor morgen",
        "de minister zei dat hij er niet aan herinnerd wilde worden",
        "ik ga naar de kapper",
        "wat moet ik nou",
    ],
)
def test_nothing_is_wanted_of_the_agenda(text: str) -> None:
    assert find_wish(text) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("herinner mij morgen aan de kapper", Kind.APPOINTMENT),
        ("herinner mij aan de oven", Kind.REMINDER),
        ("herinner mij aan mijn bloeddrukpillen", Kind.MEDICINE),
        ("zet de oven in mijn agenda", Kind.APPOINTMENT),
        ("mijn dochter is 3 mei jarig", Kind.BIRTHDAY),
    ],
)
def test_what_kind_it_is(text: str, kind: Kind) -> None:
    assert read_told(text, find_wish(text), NOW).kind is kind


def test_what_was_is_known_of_what_is_moved() -> None:
    told = read_told("verzet de kapper van morgen naar vrijdag", Intent.MOVE, NOW)
    assert told.was.day is not None and told.was.day.day == 23
    nowhere = read_told("verzet de kapper van morgen", Intent.MOVE, NOW)
    assert nowhere.when.is_empty and nowhere.was.day == told.was.day


def test_it_is_said_to_the_person() -> None:
    assert to_you("mijn pillen die ik moet slikken") == "uw pillen die u moet slikken"


EXPECTED = (
    Intent.REMIND, Intent.NOTE_DOWN, Intent.TELL_AGENDA, Intent.CANCEL, Intent.MOVE,
    Intent.TAKEN, Intent.GREETING, Intent.LATER, Intent.AWAY,
)  # fmt: skip


@pytest.fixture(scope="module")
def knows() -> Understanding:
    return understanding()


def test_all_the_words_are_the_value_also_of_what_a_grammar_knows(
    knows: Understanding,
) -> None:
    for text in ("wat heb ik morgen", "herinner mij om drie uur aan de was"):
        meaning = knows.interpret(text, EXPECTED)
        assert meaning is not None and meaning.is_certain
        assert meaning.value == text


def test_it_is_not_heard_where_it_is_not_expected(knows: Understanding) -> None:
    meaning = knows.interpret("de kapper gaat niet door", [Intent.YES, Intent.NO])
    assert meaning is None or meaning.intent is not Intent.CANCEL


def test_other_meanings_come_first(knows: Understanding) -> None:
    for text, intent in (
        ("stop", Intent.STOP),
        ("annuleer", Intent.STOP),
        ("hoe laat is het", Intent.TELL_TIME),
        ("over een half uur", Intent.LATER),
        ("ik ga op vakantie", Intent.AWAY),
    ):
        meaning = knows.interpret(text, EXPECTED)
        assert meaning is not None and meaning.intent is intent, text
