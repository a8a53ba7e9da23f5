"""What is measured, and how it is counted."""

import json
from pathlib import Path

import pytest

from voice.model.augment import USUAL
from voice.model.errors import ModelBuildError
from voice.model.evaluate import Outcome, Score, as_json, scores, table
from voice.model.speaker import STOCK_VOICE
from voice.model.trials import (
    SHORT_WORDS,
    Material,
    Trial,
    load_material,
    make_trials,
    speak,
)
from voice.model.voices import HELD_OUT_VOICES, TRAINING_VOICES
from voice.vosk_recogniser import fits

MATERIAL = Material(
    questions={
        "mood": ("goed", "het gaat wel", "niet zo best", "ja"),
        "choice": ("ja", "nee", "ja hoor"),
    },
    words=tuple("ja nee goed huis boom fiets water brood stoel tafel".split()),
    unseen=("kapstok", "bloempot", "..."),
)


def trial(text: str, is_expected: bool = True, group: str = "a") -> Trial:
    return Trial(group, text, ("ja", "één"), STOCK_VOICE, USUAL, 1, is_expected)


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Outcome(trial("ja"), "ja"), "right"),
        (Outcome(trial("een"), "één"), "right"),
        (Outcome(trial("ja"), "één"), "wrong"),
        (Outcome(trial("ja"), ""), "rejected"),
        (Outcome(trial("boom", is_expected=False), ""), "right"),
        (Outcome(trial("boom", is_expected=False), "ja"), "wrong"),
    ],
)
def test_an_utterance_is_right_rejected_or_wrong(outcome: Outcome, kind: str) -> None:
    assert outcome.kind == kind


def test_groups_are_counted_in_their_order() -> None:
    heard = [
        Outcome(trial("ja", group="b"), "ja"),
        Outcome(trial("ja", group="a"), ""),
        Outcome(trial("ja", group="b"), "één"),
    ]
    measured = scores(heard)
    assert measured == [Score("b", 1, 0, 1), Score("a", 0, 1, 0)]
    assert [score.share for score in measured] == [0.5, 0.0]
    assert "| b | 50.0% | 0 | 1 | 2 |" in table(measured)
    assert json.loads(as_json(measured))[1] == {
        "group": "a", "right": 0, "rejected": 1, "wrong": 0,
    }  # fmt: skip
    assert Score("none", 0, 0, 0).share == 0.0


@pytest.mark.real
def test_trials_are_the_same_for_the_same_seed() -> None:
    made = make_trials(MATERIAL, size=20, seed=3)
    assert made == make_trials(MATERIAL, size=20, seed=3)
    assert made != make_trials(MATERIAL, size=20, seed=4)
    for one in made:
        assert fits(one.text.split(), one.grammar) is one.is_expected
    groups = {one.group for one in made}
    assert {f"{word}, 15 dB noise" for word in SHORT_WORDS} <= groups
    assert {"stock voice", "held-out voices", "other sentences"} <= groups
    voices = {one.voice for one in made if "stock" not in one.group}
    assert voices == set(HELD_OUT_VOICES)


def test_voices_to_measure_with_are_not_trained_on() -> None:
    assert HELD_OUT_VOICES
    assert not set(HELD_OUT_VOICES) & set(TRAINING_VOICES)


@pytest.mark.real
def test_trials_are_spoken_with_silence_around() -> None:
    said = speak([trial("ja"), trial("huis"), trial("...")])
    assert [one.text for one, _ in said] == ["ja", "huis"]
    for _, sound in said:
        assert sound.dtype == "int16"
        assert 3_000 < len(sound) < 48_000
        assert abs(sound).max() > 500


def test_texts_are_read_as_they_were_written(tmp_path: Path) -> None:
    asked = {name: list(phrases) for name, phrases in MATERIAL.questions.items()}
    (tmp_path / "questions.json").write_text(json.dumps(asked))
    (tmp_path / "words.txt").write_text("\n".join(MATERIAL.words))
    (tmp_path / "unseen.txt").write_text("\n".join(MATERIAL.unseen))
    assert load_material(tmp_path) == MATERIAL


@pytest.mark.parametrize("spoiled", [None, "{", "[]", "{}"])
def test_texts_that_are_missing_are_told(tmp_path: Path, spoiled: str | None) -> None:
    (tmp_path / "words.txt").write_text("ja")
    (tmp_path / "unseen.txt").write_text("nee")
    if spoiled is not None:
        (tmp_path / "questions.json").write_text(spoiled)
    with pytest.raises(ModelBuildError, match="texts"):
        load_material(tmp_path)
