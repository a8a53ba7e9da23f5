"""The corpus is the same for the same seed, and goes on where it was interrupted."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from voice.model import corpus
from voice.model.children import map_in_children
from voice.model.corpus import Plan, Sentences
from voice.model.errors import EspeakMissing, ModelBuildError
from voice.model.features import COEFFICIENTS
from voice.model.phones import PDFS, first_pdf
from voice.model.texts import Material

MATERIAL = Material(("ja", "nee", "ik heb honger"), ("boom", "roos", "vis", "vuur"))


def plan(seed: int = 1, sentences: int = 5) -> Plan:
    return Plan(MATERIAL, sentences, seed)


def test_a_folder_without_sentences_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelBuildError, match="no sentences"):
        corpus.load(tmp_path)


def test_what_is_whole_is_not_made_again(tmp_path: Path) -> None:
    (tmp_path / "000000-000003.npz").touch()
    (tmp_path / "000003-000005.npz").touch()
    (tmp_path / "000005-000006.npz.half").touch()
    told: list[tuple[int, int]] = []
    corpus.generate(plan(), tmp_path, 1, lambda *done: told.append(done))
    assert told == [(5, 5)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "000000-000003.npz",
        "000003-000005.npz",
    ]


def made(plans: Sequence[Plan]) -> Sentences:
    return corpus.make(plans[0], range(plans[0].sentences))


@pytest.mark.real
def test_the_same_seed_gives_the_same() -> None:
    # Each in a child of its own, for espeak-ng goes on from what it said before.
    [first] = map_in_children(made, [[plan(1)]])
    [again] = map_in_children(made, [[plan(1)]])
    [other] = map_in_children(made, [[plan(2)]])
    assert np.array_equal(first.features, again.features)
    assert np.array_equal(first.targets, again.targets)
    assert not np.array_equal(first.targets, other.targets)


@pytest.mark.real
def test_sentences_are_features_with_targets() -> None:
    [some] = map_in_children(made, [[plan()]])
    assert some.features.shape == (some.frames.sum(), COEFFICIENTS)
    assert some.targets.shape == (some.outputs.sum(),)
    assert np.array_equal(some.outputs, -(-some.frames // 3))
    assert 0 <= some.targets.min() <= some.targets.max() < PDFS
    # Each sentence begins in silence.
    begins = np.cumsum(some.outputs) - some.outputs
    assert set(some.targets[begins]) == {first_pdf("SIL")}
    assert 0.001 < some.hours < 0.01


@pytest.mark.real
def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    corpus.generate(plan(), tmp_path, 2, lambda *done: told.append(done), at_once=3)
    assert told[0] == (0, 5)
    assert told[-1] == (5, 5)
    whole = corpus.load(tmp_path)
    kept, lost = sorted(tmp_path.iterdir())
    kept_at = kept.stat().st_mtime_ns
    lost.unlink()
    corpus.generate(plan(), tmp_path, 2, lambda *_: None, at_once=3)
    assert kept.stat().st_mtime_ns == kept_at
    assert np.array_equal(corpus.load(tmp_path).features, whole.features)


@pytest.mark.real
def test_a_voice_that_is_missing_is_told(tmp_path: Path) -> None:
    lacking = Plan(MATERIAL, 1, 1, voices=("nl+nobody",))
    with pytest.raises(EspeakMissing, match="nobody"):
        corpus.generate(lacking, tmp_path, 1, lambda *_: None)
    assert list(tmp_path.iterdir()) == []
