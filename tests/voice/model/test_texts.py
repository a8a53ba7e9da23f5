"""Sentences are mixed as planned, and the same for the same seed."""

from collections import Counter
from pathlib import Path

import pytest

from voice.model.errors import ModelBuildError
from voice.model.texts import Material, load_material, sentence

MATERIAL = Material(
    phrases=("ja", "nee", "help mij", "het gaat wel goed vandaag"),
    words=("boom", "roos", "vis"),
)


def test_the_same_seed_says_the_same() -> None:
    said = [sentence(MATERIAL, f"1/{at}") for at in range(20)]
    assert said == [sentence(MATERIAL, f"1/{at}") for at in range(20)]
    assert said != [sentence(MATERIAL, f"2/{at}") for at in range(20)]


def test_phrases_shuffled_and_other_words_have_their_shares() -> None:
    count = 2000
    kinds: Counter[str] = Counter()
    alone = 0
    for at in range(count):
        text = sentence(MATERIAL, str(at))
        words = set(text.replace(",", "").split())
        if words <= set(MATERIAL.words):
            kinds["other"] += 1
        elif text in MATERIAL.phrases:
            kinds["phrase"] += 1
            alone += len(text.split()) <= 2
    assert kinds["other"] / count == pytest.approx(0.5, abs=0.04)
    # A shuffled sentence may be a phrase by chance.
    assert kinds["phrase"] / count == pytest.approx(0.36, abs=0.05)
    assert alone / kinds["phrase"] > 0.7


def test_material_is_read_from_files(tmp_path: Path) -> None:
    phrases, words = tmp_path / "phrases.txt", tmp_path / "words.txt"
    phrases.write_text("ja\n\nnee hoor\n", "utf-8")
    words.write_text("één\n", "utf-8")
    assert load_material(phrases, words) == Material(("ja", "nee hoor"), ("één",))


def test_files_that_are_missing_or_empty_are_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()
    with pytest.raises(ModelBuildError, match=r"empty\.txt holds nothing"):
        load_material(empty, empty)
    with pytest.raises(ModelBuildError, match=r"nowhere\.txt cannot be read"):
        load_material(tmp_path / "nowhere.txt", empty)
