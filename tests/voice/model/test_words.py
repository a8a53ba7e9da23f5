"""Words are added to a model without training, all of them or none."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import vosk

from tests.voice.model.networks import random_network
from voice.model.errors import DamagedModel, ModelBuildError, NotPronounced
from voice.model.fst import Fst
from voice.model.graph import WORDS
from voice.model.lexicon import from_text
from voice.model.package import write_model
from voice.model.words import add_words, known_words, missing_words
from voice.vosk_recogniser import load_model

LEXICON = {"ja": (("j", "a:"),), "nee": (("n", "e:"),)}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    write_model(random_network(), LEXICON, folder, "card")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_missing_words_are_listed_once_and_in_order(model: Path) -> None:
    assert known_words(model) == ("ja", "nee")
    assert missing_words(model, ["truus", "ja", "ab", "truus"]) == ("truus", "ab")
    assert missing_words(model, []) == ()


@pytest.mark.real
def test_words_are_added_beside_the_model(model: Path, tmp_path: Path) -> None:
    before = contents(model)
    target = tmp_path / "deep" / "own"
    assert add_words(model, ["truus", "ja", "henk"], target) == ("truus", "henk")
    assert contents(model) == before
    assert known_words(target) == ("ja", "nee", "truus", "henk")
    lexicon = from_text((target / "lexicon.txt").read_text("utf-8"))
    assert lexicon["truus"] == (("t", "r", "y", "s"),)
    graph = Fst.from_bytes((target / "graph/HCLr.fst").read_bytes())
    labels = [word for _, word, _, _ in graph.arcs[WORDS]]
    assert labels == sorted(labels)
    assert set(labels) == {1, 2, 3, 4, 5}
    assert [path.name for path in target.parent.iterdir()] == ["own"]


@pytest.mark.real
def test_the_target_may_be_the_model_and_may_grow(model: Path) -> None:
    add_words(model, ["truus"], model)
    add_words(model, ["henk"], model)
    add_words(model, [], model)
    assert known_words(model) == ("ja", "nee", "truus", "henk")
    loaded = load_model(model)
    recogniser = vosk.KaldiRecognizer(loaded, 16000, json.dumps(["truus henk"]))
    recogniser.AcceptWaveform(bytes(32000))
    recogniser.FinalResult()
    assert [loaded.vosk_model_find_word(w) for w in ("nee", "truus", "henk")] == [
        3, 4, 5,
    ]  # fmt: skip


@pytest.mark.real
def test_a_word_that_cannot_be_said_changes_nothing(
    model: Path, tmp_path: Path
) -> None:
    target = tmp_path / "own"
    add_words(model, ["truus"], target)
    before = contents(target)
    with pytest.raises(NotPronounced, match=r"'\.\.\.'"):
        add_words(model, ["henk", "..."], target)
    assert contents(target) == before
    with pytest.raises(NotPronounced):
        add_words(model, ["..."], tmp_path / "other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "own"]


def cut(name: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])

    return spoil


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def filled(name: str, data: bytes) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(data)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (without("graph/words.txt"), "words.txt"),
        (without("graph/HCLr.fst"), "HCLr.fst"),
        (without("lexicon.txt"), "lexicon.txt"),
        (without("am/final.mdl"), "final.mdl"),
        (cut("graph/HCLr.fst"), "HCLr.fst"),
        (cut("graph/Gr.fst"), "Gr.fst"),
        (cut("graph/words.txt"), "words.txt"),
        (filled("graph/words.txt", b"\xff\xfe"), "words.txt"),
        (filled("graph/words.txt", b""), "words.txt"),
        (filled("graph/words.txt", b"<eps> 0\nja 7\n"), "words.txt"),
        (filled("lexicon.txt", b"ja j Q\n"), "lexicon"),
        (filled("am/final.mdl", b""), "final.mdl"),
        (shutil.rmtree, "words.txt"),
    ],
)
def test_a_damaged_model_is_told_and_nothing_written(
    model: Path, tmp_path: Path, spoil: Callable[[Path], None], named: str
) -> None:
    spoil(model)
    with pytest.raises(DamagedModel, match=named):
        add_words(model, ["truus"], tmp_path / "own")
    assert not (tmp_path / "own").exists()


def test_a_model_of_another_program_is_told(tmp_path: Path) -> None:
    """The official models have other labels, and no lexicon."""
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph" / "words.txt").write_text("<eps> 0\n!SIL 1\naal 2\n")
    with pytest.raises(DamagedModel, match="another program"):
        missing_words(tmp_path, ["ja"])


def test_a_target_that_cannot_be_written_is_told(model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        add_words(model, [], tmp_path / "file" / "own")


def test_all_errors_have_one_base() -> None:
    assert issubclass(DamagedModel, ModelBuildError)
    assert issubclass(NotPronounced, ModelBuildError)
