"""`praatpaal models`, as a person or a script at the keyboard meets it."""

import json
from pathlib import Path

import pytest
import yaml

from companion.cli import main
from voice.download import hash_of
from voice.model_folder import HASHES, write_hashes
from voice.models import ModelStore, read_manifest

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
    settings = folder.parent / "praatpaal.toml"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(f'[folders]\nmodels = "{folder}"\n', encoding="utf-8")
    return main(["--settings", str(settings), "models", *words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def put_in_place(folder: Path, name: str = "vosk-model-small-nl-0.22") -> Path:
    """A model's folder as the installer leaves it, with one file."""
    target = folder / name
    target.mkdir(parents=True)
    (target / "final.mdl").write_bytes(b"weights")
    sha256 = hash_of(target / "final.mdl")
    (target / HASHES).write_text(json.dumps({"final.mdl": sha256}))
    return target


def test_the_list_names_each_model_and_its_use(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_in_place(folder)
    assert run(folder, "list") == 0
    shown = capsys.readouterr().out
    bundled = [it.name for it in read_manifest() if it.is_bundled]
    for model in read_manifest():
        assert model.name in shown
    assert shown.count(" aanwezig") == len(read_manifest())
    absent = len(read_manifest()) - 1 - len(bundled)
    assert shown.count("niet aanwezig") == absent
    assert run(folder, "list", "--json") == 0
    reports = {it["name"]: it for it in json.loads(capsys.readouterr().out)}
    assert [name for name, it in reports.items() if it["installed"]] == [
        "vosk-model-small-nl-0.22", *bundled
    ]  # fmt: skip
    for name, report in reports.items():
        assert report["licence"] and report["has_hash"] and report["size"]
        assert bool(report["sources"]) is not report["bundled"]
        assert report["bundled"] is (name in bundled)


def test_the_list_says_that_the_bundled_model_is_not_for_people(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "list") == 0
    shown = capsys.readouterr().out
    block = shown[shown.index("\npraatpaal-nl-synthetic\n") :].split("\n  ")[1:6]
    text = "\n".join(block)
    for words in (
        "niet voor: mensen",
        "gemaakt van: computerstemmen",
        "Praatpaal zelf",
    ):
        assert words in text
    assert run(folder, "list", "--json") == 0
    reports = json.loads(capsys.readouterr().out)
    assert [it["name"] for it in reports if not it["hears_people"]] == [
        "praatpaal-nl-synthetic"
    ]


def test_the_bundled_model_is_sound_and_stays(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "praatpaal-nl-synthetic"
    assert run(folder, "verify", name) == 0
    assert run(folder, "install", name) == 0
    assert "in orde" in capsys.readouterr().out
    assert run(folder, "remove", name) == 1
    assert "hoort bij Praatpaal zelf" in capsys.readouterr().err
    assert run(folder, "verify", name) == 0


def test_damage_to_the_bundled_model_is_said_with_the_way_out(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "praatpaal-nl-synthetic"
    elsewhere = folder.parent / "bundled"
    (elsewhere / name).mkdir(parents=True)
    (elsewhere / name / "final.mdl").write_bytes(b"weights")
    write_hashes(elsewhere / name)
    (elsewhere / name / "final.mdl").write_bytes(b"Weights")
    monkeypatch.setattr("voice.models.BUNDLED", elsewhere)
    for action in ("verify", "install"):
        assert run(folder, action, name) == 1
        assert "nstalleer Praatpaal opnieuw" in capsys.readouterr().err


def test_every_model_and_every_error_has_its_dutch_words() -> None:
    texts = yaml.safe_load(TEXTS.read_text())
    assert set(texts["models"]) == {it.name for it in read_manifest()}
    made_of = {it.name for it in read_manifest() if it.made_of}
    assert set(texts["made_of_what"]) == made_of
    source = "".join(
        (TEXTS.parents[3] / "voice" / name).read_text()
        for name in ("models.py", "download.py", "growing.py", "own_words.py")
    )
    for reason in texts["errors"]:
        assert f'"{reason}"' in source
    for reason in (
        "unreachable wrong_content no_room no_access busy hash_unknown"
        " unknown_model not_installed bundled bundled_damaged"
    ).split():
        assert reason in texts["errors"]


def test_an_unknown_name_is_wrong_use(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for action in ("install", "remove", "verify"):
        assert run(folder, action, "geen-model") == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err.count("\n") == 1
        assert "geen-model" in shown.err


def test_install_wants_names_or_default(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "install") == 2
    assert run(folder, "install", "whisper-base", "--default") == 2
    assert "--default" in capsys.readouterr().err


def test_without_internet_one_sentence_says_so(
    offline: None, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "install", "vosk-model-small-nl-0.22") == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert "niet te bereiken" in shown.err
    assert run(folder, "install", "--default", "--json") == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["error"] == "unreachable"


def test_what_is_there_and_sound_is_not_fetched_again(
    offline: None, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_in_place(folder)
    assert run(folder, "install", "vosk-model-small-nl-0.22") == 0
    assert "stond al klaar" in capsys.readouterr().out
    assert run(folder, "install", "--default", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["name"], answer["passed_over"]) == ("vosk-model-small-nl-0.22", {})


def test_the_second_best_is_named_with_its_reason(
    offline: None, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_in_place(folder, "whisper-base")
    assert run(folder, "install", "--default") == 0
    shown = capsys.readouterr().out
    assert shown.count("\n") == 1
    for words in ("vosk-model-small-nl-0.22", "niet te bereiken", "whisper-base"):
        assert words in shown


def test_damage_is_said_with_the_way_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = put_in_place(folder)
    assert run(folder, "verify") == 0
    assert "in orde" in capsys.readouterr().out
    (model / "final.mdl").write_bytes(b"Weights")
    assert run(folder, "verify", "vosk-model-small-nl-0.22") == 1
    assert "models install vosk-model-small-nl-0.22" in capsys.readouterr().err
    assert run(folder, "verify", "--json") == 1
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [it["damaged"] for it in answers] == [["final.mdl"], []]


def test_remove_takes_it_away(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put_in_place(folder)
    assert run(folder, "remove", "vosk-model-small-nl-0.22") == 0
    assert all(it.is_bundled for it in ModelStore(folder).installed)
    assert run(folder, "remove", "vosk-model-small-nl-0.22") == 1
    assert "niet aanwezig" in capsys.readouterr().err


def test_a_package_without_its_model_has_nothing_to_verify(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voice.models.BUNDLED", folder.parent / "none")
    assert run(folder, "verify") == 1
    assert "praatpaal models install --default" in capsys.readouterr().err


def test_a_folder_that_cannot_be_used_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    folder = tmp_path / "file"
    assert run(folder, "install", "vosk-model-small-nl-0.22") == 1
    assert str(folder) in capsys.readouterr().err
