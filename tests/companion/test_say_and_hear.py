"""`praatpaal say` and `praatpaal hear`, for real."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion.cli import main
from companion.settings import Settings
from tests.installed import installed_model
from voice.audio import RATE_HZ
from voice.files import read_wav, write_wav

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def settings(tmp_path: Path) -> list[str]:
    """Settings with the installed models, and a state folder of our own."""
    file = tmp_path / "praatpaal.toml"
    models = Settings().folders.models_path()
    file.write_text(f'[folders]\nstate = "{tmp_path}/state"\nmodels = "{models}"\n')
    return ["--settings", str(file)]


def answers(capsys: Captured) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.real
def test_what_is_said_is_heard(
    tmp_path: Path, settings: list[str], capsys: Captured
) -> None:
    installed_model("whisper-base")
    spoken = tmp_path / "ja.wav"
    assert main(["say", "ja hoor", "--out", str(spoken), "--json", *settings]) == 0
    [said] = answers(capsys)
    samples, rate_hz = read_wav(spoken)
    assert 0.3 < said["seconds"] < 3
    assert samples.size / rate_hz == pytest.approx(said["seconds"], abs=0.01)

    silence = tmp_path / "stil.wav"
    write_wav(silence, np.zeros(RATE_HZ, np.int16))
    noise = tmp_path / "ruis.wav"
    random = np.random.default_rng(1).normal(0, 1_000, RATE_HZ)
    write_wav(noise, random.astype(np.int16))
    files = [str(file) for file in (spoken, silence, noise)]
    command = ["hear", *files, "--engine", "whisper", "--question", "ja_of_nee"]
    assert main([*command, "--json", *settings]) == 0
    heard, *nothing = answers(capsys)
    assert (heard["text"], heard["meaning"]) == ("ja hoor", "yes")
    assert heard["engine"] == "whisper-base"
    assert 0.5 <= heard["confidence"] <= 1
    assert 0.3 < heard["audio_s"] < 4
    assert heard["cpu_s"] > 0
    assert heard["end_of_turn_s"] > 0
    assert not heard["is_danger"]
    assert [it["problem"] for it in nothing] == ["no_speech", "no_speech"]
    assert [it["text"] for it in nothing] == [None, None]


@pytest.mark.real
def test_files_that_are_no_speech_are_one_sentence_each(
    tmp_path: Path, settings: list[str], capsys: Captured
) -> None:
    installed_model("whisper-base")
    (tmp_path / "lied.mp3").write_bytes(b"ID3" + bytes(1000))
    files = [str(tmp_path / name) for name in ("lied.mp3", "weg.wav", "")]
    assert main(["hear", *files, "--json", *settings]) == 1
    shown = capsys.readouterr()
    problems = [json.loads(line)["problem"] for line in shown.out.splitlines()]
    assert problems == ["no_wav", "not_found", "is_folder"]
    assert shown.err.count("\n") == 3


@pytest.mark.real
def test_an_unknown_question_or_engine_is_wrong_use(
    settings: list[str], capsys: Captured
) -> None:
    installed_model("whisper-base")
    assert main(["hear", "x.wav", "--question", "weer", *settings]) == 2
    assert "checkin.mood" in capsys.readouterr().err
    assert main(["hear", "x.wav", "--engine", "oor", *settings]) == 2
    assert "whisper-base" in capsys.readouterr().err


def test_without_a_recogniser_it_says_how_to_get_one(
    tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "praatpaal.toml"
    file.write_text(f'[folders]\nmodels = "{tmp_path}/geen"\n')
    assert main(["hear", "x.wav", "--settings", str(file)]) == 1
    assert "praatpaal models install --default" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "out", "code"),
    [("  ", "x.wav", 2), ("hallo", "", 2), ("hallo", "geen/map/x.wav", 1)],
)
def test_what_cannot_be_said_is_one_sentence(
    tmp_path: Path,
    settings: list[str],
    capsys: Captured,
    text: str,
    out: str,
    code: int,
) -> None:
    assert main(["say", text, "--out", str(tmp_path / out), *settings]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
