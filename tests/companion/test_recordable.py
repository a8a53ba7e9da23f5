"""What a daughter may record, and what the device always says itself."""

import pytest

from companion.recordable import Recordable, recordables, sentences_by_name
from companion.wording import Phrasebook, Wording, load_phrasebook
from voice.recordings import file_name

PACK = load_phrasebook()
ALL = recordables(PACK, "mevrouw De Vries")


def texts(found: tuple[Recordable, ...] = ALL) -> set[str]:
    return {it.sentence for it in found}


def test_the_greeting_comes_first_and_has_a_name_without_a_name() -> None:
    first = ALL[0]
    assert (first.name, first.sentence) == (
        "goedemorgen",
        "Goedemorgen mevrouw De Vries.",
    )
    names = sentences_by_name(ALL)
    assert names["goedemorgen"] == first.sentence
    assert names["goedemorgen-mevrouw-de-vries"] == first.sentence
    assert recordables(PACK, "")[0].sentence == "Goedemorgen."


def test_every_sentence_has_a_name_of_its_own() -> None:
    assert len({it.name for it in ALL}) == len(ALL) > 700
    by_name: dict[str, str] = {}
    for key in PACK.keys:
        for wording in PACK.variants(key):
            for sentence in wording.sentences:
                assert by_name.setdefault(file_name(sentence), sentence) == sentence
    # A file system, and a person who types it, must manage.
    assert max(len(it.name) for it in ALL) <= 100


def test_nothing_is_recorded_that_changes() -> None:
    assert not [it.sentence for it in ALL if "{" in it.sentence]
    assert not [it.sentence for it in ALL if any(c.isdigit() for c in it.sentence)]


@pytest.mark.parametrize("key", ["danger.", "about.", "forget.", "checkin.start"])
def test_what_matters_word_for_word_is_said_by_the_device(key: str) -> None:
    said = {
        sentence
        for name in PACK.keys
        if name.startswith(key)
        for wording in PACK.variants(name)
        for sentence in wording.sentences
    }
    assert said
    assert not said & texts()


def test_what_is_only_shown_is_not_recorded() -> None:
    for key in ("press.talk", "state.speaking", "notice.microphone", "checkin.it"):
        assert not set(PACK.variants(key)[0].sentences) & texts()
    for key in ("fault.talk_said", "press.nothing_asked_said", "away.hospital"):
        assert set(PACK.variants(key)[0].sentences) <= texts()


def test_a_sentence_that_occurs_twice_is_listed_once_and_heard_more() -> None:
    book = Phrasebook(
        {
            "greeting.morning": [Wording("greeting.morning", 0, ("Goedemorgen.",))],
            "greeting.afternoon": [Wording("greeting.afternoon", 0, ("Dag.",))],
            "greeting.evening": [Wording("greeting.evening", 0, ("Dag.",))],
            "checkin.mood.good": [
                Wording("checkin.mood.good", 0, ("Fijn.", "Tot morgen.")),
                Wording("checkin.mood.good", 1, ("Mooi, {name}.", "Tot morgen.")),
            ],
        }
    )
    found = {it.name: it.times_a_week for it in recordables(book, "")}
    assert found == {"goedemorgen": 7, "dag": 1.5, "tot-morgen": 1.0, "fijn": 0.5}
