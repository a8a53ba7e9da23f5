"""Building goes on where it was, and says plainly what is in the way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from voice.model import build
from voice.model.card import Facts, card, training
from voice.model.corpus import Plan
from voice.model.evaluate import Score
from voice.model.files import remove_half_written, write_whole
from voice.model.texts import Material
from voice.model.voices import HELD_OUT_VOICES

MATERIAL = Material(("ja",), ("boom",))


def in_child(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_whole_corpus_is_not_made_again(tmp_path: Path) -> None:
    plan = Plan(MATERIAL, 0, seed=1)
    build.make_corpus(plan, tmp_path)
    kept = tmp_path / "kept"
    kept.touch()
    build.make_corpus(plan, tmp_path)
    assert kept.exists()


def test_a_corpus_of_something_else_is_made_anew(tmp_path: Path) -> None:
    build.make_corpus(Plan(MATERIAL, 0, seed=1), tmp_path)
    old = tmp_path / "old"
    old.touch()
    build.make_corpus(Plan(MATERIAL, 0, seed=2), tmp_path)
    assert not old.exists()
    assert (tmp_path / "whole").exists()


def test_an_error_leaves_a_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "network.npz"
    path.write_text("old")

    def interrupted() -> None:
        with write_whole(path) as half_written:
            half_written.write_text("ne")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        interrupted()
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "a.npz.half").touch()
    (tmp_path / "b.npz").touch()
    remove_half_written(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["b.npz"]


WITHOUT_PYTORCH = """
import sys
from pathlib import Path

# None makes Python say that there is no such module.
sys.modules["torch"] = None
from voice.model import build, corpus, texts

plan = corpus.Plan(texts.Material(("ja",), ("boom",)), 0, 1)
try:
    build.make_network(plan, 1, Path(sys.argv[1]))
except build.ModelBuildError as error:
    sys.exit(str(error))
"""


def test_missing_pytorch_is_told(tmp_path: Path) -> None:
    done = in_child("-c", WITHOUT_PYTORCH, os.fspath(tmp_path), cwd=tmp_path)
    assert done.stderr.startswith("torch is not installed; script/build-model")


def test_missing_texts_are_told_by_the_command(tmp_path: Path) -> None:
    done = in_child("-m", "voice.model.build", "--texts", "nowhere", cwd=tmp_path)
    assert done.returncode == 1
    assert "nowhere/phrases.txt cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_card_says_what_the_model_is_not_for() -> None:
    facts = Facts(training(100, 0.1, 2, 0.5), 1_500_000, 0.42, 0.21, seed=7)
    text = card("paper-nl", facts, [Score("stock voice", 99, 1, 0)])
    assert text.startswith("# paper-nl\n")
    assert "does not understand people" in text
    assert "| stock voice | 99.0% | 1 | 0 | 100 |" in text
    assert "1.5 million weights" in text
    assert HELD_OUT_VOICES[0] in text
    assert "Seed 7" in text
