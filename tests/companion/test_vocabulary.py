"""The words and phrases that the model of our own is made for."""

import json
import re
from pathlib import Path

import pytest

from companion import vocabulary
from companion.topics.questions import ALL_QUESTIONS
from companion.understanding.intents import Intent

# As espeak and the recogniser's files can take them.
WORD = re.compile(r"[a-zà-ÿ]+(['-][a-zà-ÿ]+)*|zo'n|'[a-z]")


def test_every_closed_question_has_its_phrases() -> None:
    asked = vocabulary.question_phrases()
    closed = {
        name
        for name, question in ALL_QUESTIONS.items()
        if Intent.FREE_TEXT not in question.answers
    }
    assert set(asked) == closed
    assert {"ja", "nee", "ik ben gevallen"} <= set(asked["ja_of_nee"])


def test_all_that_is_listened_for_is_among_the_phrases() -> None:
    phrases = vocabulary.domain_phrases()
    assert len(set(phrases)) == len(phrases)
    for asked in vocabulary.question_phrases().values():
        assert set(asked) <= set(phrases)
    assert {"stop", "harder", "hoe laat is het"} <= set(phrases)


def test_the_words_hold_all_phrases_and_daily_life() -> None:
    words = vocabulary.vocabulary()
    known = set(words)
    assert len(known) == len(words) == vocabulary.MOST_WORDS
    for phrase in vocabulary.domain_phrases():
        assert known.issuperset(phrase.split()), phrase
    for word in ("help", "hulp", "tweeëntwintig", "honderd", "eenentwintigste",
                 "donderdag", "augustus", "kleindochter", "truus", "daan",
                 "gebouw"):  # fmt: skip
        assert word in known


def test_the_words_of_all_sentences_are_written_down() -> None:
    gathered = sorted(vocabulary.gather_sentence_words())
    assert sorted(vocabulary.sentence_words()) == gathered, (
        "write them anew with: .venv/bin/python -m companion.vocabulary --sentences"
    )


def test_every_word_can_be_written_into_the_model() -> None:
    odd = [word for word in vocabulary.vocabulary() if not WORD.fullmatch(word)]
    assert odd == []


def test_what_must_be_there_is_there_however_few_may_be() -> None:
    few = vocabulary.vocabulary(at_most=1)
    assert set("ja nee truus tweeëntwintig".split()) <= set(few)
    assert "gebouw" not in few


def test_unseen_words_are_frequent_words_that_the_model_lacks() -> None:
    unseen = vocabulary.unseen_words()
    assert len(unseen) > 100
    assert not set(unseen) & set(vocabulary.vocabulary())


def test_there_are_enough_first_names() -> None:
    lines = vocabulary.lines_of("names")
    assert len({name for line in lines for name in line.split()}) >= 300


def test_the_files_are_read_back(tmp_path: Path) -> None:
    vocabulary.write(tmp_path / "texts")
    written = {p.name: p.read_text("utf-8") for p in (tmp_path / "texts").iterdir()}
    assert written["words.txt"].split() == list(vocabulary.vocabulary())
    assert written["unseen.txt"].split() == list(vocabulary.unseen_words())
    assert written["phrases.txt"].splitlines() == list(vocabulary.domain_phrases())
    assert json.loads(written["questions.json"]) == {
        name: list(phrases) for name, phrases in vocabulary.question_phrases().items()
    }


def test_a_list_that_is_missing_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.txt"):
        vocabulary.lines_of("nothing")
