"""Broken files of settings: every one is explained, none is a traceback."""

import os
import re
from pathlib import Path

import pytest
import yaml

from companion.commands.complaints import explain
from companion.settings import SettingsError, load

CORPUS = Path(__file__).parent.parent / "settings_corpus"
EXPECTED: dict[str, list[str]] = yaml.safe_load(
    (CORPUS / "expected.yaml").read_text(encoding="utf-8")
)


def complaint_about(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        load(path, environ={})
    text = explain(caught.value)
    assert str(path) in text.splitlines()[0]
    # Nothing was left unfilled, and nothing Python says comes through.
    assert not re.search(r"\{\w+\}", text)
    assert "None" not in text
    return text


def test_the_corpus_is_whole() -> None:
    files = {file.stem for file in CORPUS.glob("*.toml")}
    assert files == set(EXPECTED)
    assert len(files) >= 50


@pytest.mark.parametrize("name", EXPECTED)
def test_a_broken_file_is_explained(name: str) -> None:
    text = complaint_about(CORPUS / f"{name}.toml")
    for part in EXPECTED[name]:
        assert part in text


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "is er niet" in complaint_about(tmp_path / "praatpaal.toml")


def test_a_folder_for_a_file(tmp_path: Path) -> None:
    assert "een map" in complaint_about(tmp_path)


def test_a_pipe_for_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "praatpaal.toml"
    os.mkfifo(pipe)
    assert "een apparaat" in complaint_about(pipe)


def test_a_link_to_itself(tmp_path: Path) -> None:
    link = tmp_path / "praatpaal.toml"
    link.symlink_to(link)
    assert complaint_about(link).count("\n") == 1


def test_a_file_that_gives_an_error_when_read() -> None:
    # Readable by its mode, also for root; the kernel refuses its first byte.
    assert "kan niet worden gelezen" in complaint_about(Path("/proc/self/mem"))


def test_a_file_that_is_far_too_large(tmp_path: Path) -> None:
    large = tmp_path / "praatpaal.toml"
    large.write_bytes(b"# " + b"x" * 1_000_000)
    assert "te groot" in complaint_about(large)


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        load(Path("praat\0paal.toml"), environ={})
    with pytest.raises(SettingsError):
        load(tmp_path / ("x" * 5000), environ={})
