"""`praatpaal models`, as a person or a script at the keyboard meets it."""

import argparse
import json
from pathlib import Path

import pytest
import yaml

from companion.commands.models import add_parser
from voice.download import hash_of
from voice.models import _HASHES, ModelStore, read_manifest

TEXTS = Path(__file__).parents[2] / "companion/nl/replies/models.yaml"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without internet: every request goes to a closed port."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")


def run(folder: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    args = parser.parse_args(["models", *words])
    args.models_folder = folder
    code = args.run(args)
    assert isinstance(code, int)
    return code


def put_in_place(folder: Path, name: str = "vosk-model-small-nl-0.22") -> Path:
    """A model's folder as the installer leaves it, with one file."""
    target = folder / name
    target.mkdir(parents=True)
    (target / "final.mdl").write_bytes(b"weights")
    sha256 = hash_of(target / "final.mdl")
    (target / _HASHES).write_text(json.dumps({"final.mdl": sha256}))
    return target


def test_the_list_names_each_model_and_its_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_in_place(tmp_path)
    assert run(tmp_path, "list") == 0
    shown = capsys.readouterr().out
    for model in read_manifest():
        assert model.name in shown
    assert shown.count(" aanwezig") == len(read_manifest())
    assert shown.count("niet aanwezig") == len(read_manifest()) - 1
    assert run(tmp_path, "list", "--json") == 0
    reports = json.loads(capsys.readouterr().out)
    assert [it["name"] for it in reports if it["installed"]] == [
        "vosk-model-small-nl-0.22"
    ]
    assert all(it["sources"] and it["licence"] and it["has_hash"] for it in reports)


def test_every_model_and_every_error_has_its_dutch_words() -> None:
    texts = yaml.safe_load(TEXTS.read_text())
    assert set(texts["models"]) == {it.name for it in read_manifest()}
    source = "".join(
        (TEXTS.parents[3] / "voice" / name).read_text()
        for name in ("models.py", "download.py")
    )
    for reason in texts["errors"]:
        assert f'"{reason}"' in source
    for reason in (
        "unreachable wrong_content no_room no_access busy hash_unknown"
        " unknown_model not_installed"
    ).split():
        assert reason in texts["errors"]


def test_an_unknown_name_is_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for action in ("install", "remove", "verify"):
        assert run(tmp_path, action, "geen-model") == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err.count("\n") == 1
        assert "geen-model" in shown.err


def test_install_wants_names_or_default(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "install") == 2
    assert run(tmp_path, "install", "whisper-base", "--default") == 2
    assert "--default" in capsys.readouterr().err


def test_without_internet_one_sentence_says_so(
    offline: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "install", "vosk-model-small-nl-0.22") == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert "niet te bereiken" in shown.err
    assert run(tmp_path, "install", "--default", "--json") == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["error"] == "unreachable"


def test_what_is_there_and_sound_is_not_fetched_again(
    offline: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_in_place(tmp_path)
    assert run(tmp_path, "install", "vosk-model-small-nl-0.22") == 0
    assert "stond al klaar" in capsys.readouterr().out
    assert run(tmp_path, "install", "--default", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["name"], answer["passed_over"]) == ("vosk-model-small-nl-0.22", {})


def test_the_second_best_is_named_with_its_reason(
    offline: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_in_place(tmp_path, "whisper-base")
    assert run(tmp_path, "install", "--default") == 0
    shown = capsys.readouterr().out
    assert shown.count("\n") == 1
    for words in ("vosk-model-small-nl-0.22", "niet te bereiken", "whisper-base"):
        assert words in shown


def test_damage_is_said_with_the_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = put_in_place(tmp_path)
    assert run(tmp_path, "verify") == 0
    assert "in orde" in capsys.readouterr().out
    (folder / "final.mdl").write_bytes(b"Weights")
    assert run(tmp_path, "verify", "vosk-model-small-nl-0.22") == 1
    assert "models install vosk-model-small-nl-0.22" in capsys.readouterr().err
    assert run(tmp_path, "verify", "--json") == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["damaged"] == ["final.mdl"]


def test_remove_and_then_nothing_is_left_to_verify(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_in_place(tmp_path)
    assert run(tmp_path, "remove", "vosk-model-small-nl-0.22") == 0
    assert not ModelStore(tmp_path).best_installed(["vosk"], "nl")
    capsys.readouterr()
    assert run(tmp_path, "verify") == 1
    assert "praatpaal models install --default" in capsys.readouterr().err
    assert run(tmp_path, "remove", "vosk-model-small-nl-0.22") == 1
    assert "niet aanwezig" in capsys.readouterr().err


def test_a_folder_that_cannot_be_used_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    folder = tmp_path / "file" / "models"
    assert run(folder, "install", "vosk-model-small-nl-0.22") == 1
    assert str(folder) in capsys.readouterr().err
