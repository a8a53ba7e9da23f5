"""`praatpaal models words`, with a bundled model of paper and the real Vosk."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from companion.cli import main
from companion.vocabulary import sentence_words
from tests.paper_bundle import NAME, paper_bundle
from voice.model_folder import HASHES, write_hashes
from voice.models import ModelStore
from voice.own_words import growing

pytestmark = pytest.mark.real

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that knows the words of the sentences, and the name Anna."""
    words = [*sentence_words(), "anna"]
    return paper_bundle(tmp_path_factory.mktemp("bundle"), words)


@pytest.fixture
def bundle(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, in the place of the one in the package."""
    copy = tmp_path / "bundled"
    shutil.copytree(whole, copy)
    monkeypatch.setattr("voice.models.BUNDLED", copy)
    return copy / NAME


class Command:
    """The command line of one device."""

    def __init__(self, folder: Path, captured: Captured) -> None:
        self.state = folder / "state"
        self._captured = captured
        self._file = folder / "praatpaal.toml"
        self.write("browser")

    def write(self, sound: str, model: str = "") -> None:
        """Write other settings."""
        self._file.write_text(
            f'[folders]\nstate = "{self.state}"\n[ears]\nmodel = "{model}"\n'
            f'[device]\npanel = "browser"\nscreen = "browser"\nsound = "{sound}"\n'
        )

    def __call__(self, *words: str, code: int = 0) -> str:
        """Run it; what it printed, or complained of when it fails."""
        assert main(["--settings", str(self._file), *words]) == code
        shown = self._captured.readouterr()
        return shown.out or shown.err

    def words(self, *words: str, code: int = 0) -> dict[str, Any]:
        """`models words --json`."""
        answer = json.loads(self("models", "words", "--json", *words, code=code))
        assert isinstance(answer, dict)
        return answer


@pytest.fixture
def command(bundle: Path, tmp_path: Path, capsys: Captured) -> Command:
    return Command(tmp_path, capsys)


def test_a_model_that_knows_all_lacks_nothing(command: Command) -> None:
    answer = command.words("Ja", "anna")
    assert answer["model"] == NAME
    assert answer["sentences"]["missing"] == answer["given"]["missing"] == []
    assert answer["sentences"]["words"] > 1_000
    assert not answer["hears_people"]
    text = command("models", "words")
    assert "alle" in text and "nog niemand" in text


def test_names_that_are_not_known_have_an_alias(command: Command, bundle: Path) -> None:
    command("people", "add", "Anna de Vries", "sister")
    command("people", "add", "Geertruida Bos", "daughter")
    command("people", "add", "Wies Bos", "neighbour")
    command("people", "add", "Truus Bos", "other")
    growing(bundle, command.state / "models").grow([])
    answer = command.words(code=1)
    aliases = {it["missing"][0]: it["alias"] for it in answer["people"]}
    assert aliases == {
        "geertruida": "mijn dochter",
        "wies": "de buurvrouw",
        "truus": None,
    }
    text = command("models", "words", code=1)
    assert "zeg „bel mijn dochter”" in text
    assert "people edit --spoken" in text
    assert "--add" in text


def test_words_are_added_in_less_than_a_second_and_stay(
    command: Command, bundle: Path
) -> None:
    command("people", "add", "Geertruida Bos", "daughter")
    growing(bundle, command.state / "models").grow([])
    before = {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    models = command.state / "models"

    answer = command.words("--add", "Breukelen", "Sint-Oedenrode")
    assert set(answer["added"]) == {"geertruida", "breukelen", "sint", "oedenrode"}
    assert answer["people"] == answer["given"]["missing"] == []
    # For good, and for whoever asks.
    again = command.words("breukelen")
    assert again["added"] == again["given"]["missing"] == []
    assert "alle" in command("models", "words", "--add")

    after = {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    assert after == before
    assert growing(bundle, models).words.names == ("geertruida",)
    begun_s = time.process_time()
    growing(bundle, models).grow(others=["roodborstje"])
    assert time.process_time() - begun_s < 1.0


def test_names_come_and_go_with_the_people(command: Command, bundle: Path) -> None:
    model = growing(bundle, command.state / "models")
    command("people", "add", "Wies Bos", "daughter")
    assert "wies" in model.words.names
    assert command.words()["people"] == []
    command("people", "edit", "1", "--spoken", "Truus")
    assert list(model.words.names) == ["truus"]
    command("people", "remove", "1")
    assert not model.words.names
    own = [it.name for it in (command.state / "models/own-words").iterdir()]
    assert sorted(own) == [".lock", "words.json"]


def test_names_do_not_go_into_a_model_that_is_not_used(command: Command) -> None:
    put_in_place(command, "whisper-base")
    command("people", "add", "Wies Bos", "daughter")
    assert not (command.state / "models/own-words").exists()


def test_words_come_from_a_file_too(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "plaatsen.txt"
    file.write_text("# plaatsen\nDen Haag\n\nBreukelen ja\n", "utf-8-sig")
    answer = command.words("--file", str(file), "Urk", code=1)
    assert answer["given"]["words"] == ["urk", "den", "haag", "breukelen", "ja"]
    assert set(answer["given"]["missing"]) <= {"urk", "den", "haag", "breukelen"}
    assert "breukelen" in answer["given"]["missing"]


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["r2d2"], 2, "no_word"),
        (["[unk]"], 2, "no_word"),
        (["<eps>", "ja"], 2, "no_word"),
        (["a" * 60], 2, "no_word"),
        (["--file", "weg.txt"], 1, "no_file"),
        (["--file", "."], 1, "is_folder"),
        (["--model", "bestaat-niet"], 2, "unknown_model"),
        (["--model", "whisper-base"], 1, "not_installed"),
        (["--add", "иван", "breukelen"], 1, "unsayable"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    command: Command, words: list[str], code: int, reason: str
) -> None:
    answer = command.words(*words, code=code)
    assert answer["error"] == reason
    said = command("models", "words", *words, code=code)
    assert said.count("\n") == 1
    assert not (command.state / "models/own-words").exists()


def test_a_file_that_is_no_text(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "foto.jpg"
    file.write_bytes(b"\xff\xd8\xff\xe0")
    assert command.words("--file", str(file), code=1)["error"] == "unreadable"


def test_without_espeak_nothing_is_added_and_the_model_goes_on(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The child process that speaks the words finds this first.
    (tmp_path / "libespeak-ng.so.1").write_bytes(b"no library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    # Who is added is added, whether the name can be heard or not.
    assert "nummer 1" in command("people", "add", "Geertruida Bos", "daughter")
    for given in (["breukelen"], []):
        answer = command.words("--add", *given, code=1)
        assert answer["error"] == "no_espeak"
        assert "sudo apt install espeak-ng" in answer["text"]
    assert not (command.state / "models/own-words/words.json").exists()
    assert command.words("breukelen", code=1)["given"]["missing"] == ["breukelen"]


@pytest.mark.parametrize("damaged", ["graph/words.txt", "am/final.mdl", HASHES])
def test_a_damaged_bundle_is_said(command: Command, bundle: Path, damaged: str) -> None:
    (bundle / damaged).write_bytes(b"damaged")
    if damaged != HASHES:
        answer = command.words("--add", "breukelen", code=1)
        assert answer["error"] in ("not_working", "bundled_damaged")
        assert "models verify" in answer["text"] or "opnieuw" in answer["text"]
    assert main(["models", "verify", NAME]) == 1


def test_a_damaged_model_with_own_words_is_not_used_and_made_again(
    command: Command, bundle: Path
) -> None:
    command.words("--add", "breukelen")
    grown = growing(bundle, command.state / "models").in_use()
    assert grown != bundle
    (grown / "am/final.mdl").write_bytes(b"damaged")
    assert command.words("breukelen")["given"]["missing"] == []
    assert (grown / "am/final.mdl").read_bytes() != b"damaged"


def test_a_new_version_of_the_model_keeps_the_words(
    command: Command, bundle: Path
) -> None:
    command.words("--add", "breukelen")
    (bundle / "README.md").write_text("A newer model of paper.")
    write_hashes(bundle)
    assert command.words("breukelen")["given"]["missing"] == []


def test_a_foreign_model_is_no_recogniser_of_ours(
    command: Command, bundle: Path
) -> None:
    shutil.rmtree(bundle)
    bundle.mkdir()
    (bundle / "final.mdl").write_bytes(b"\0B<TransitionModel> of something else")
    write_hashes(bundle)
    answer = command.words(code=1)
    assert answer["error"] == "not_working"
    assert "models verify" in answer["text"]


def test_with_a_real_microphone_it_counts_only_by_name(command: Command) -> None:
    command.write("soundcard")
    assert command.words(code=1)["error"] == "no_recogniser"
    command.write("soundcard", NAME)
    assert command.words()["model"] == NAME
    command.write("soundcard")
    assert command.words("--model", NAME)["model"] == NAME


def put_in_place(command: Command, name: str) -> Path:
    target = command.state / "models" / name
    target.mkdir(parents=True)
    (target / "model.bin").write_bytes(b"weights")
    write_hashes(target)
    return target


def test_whisper_lacks_no_word(command: Command) -> None:
    put_in_place(command, "whisper-base")
    answer = command.words("breukelen", "--add")
    assert (answer["model"], answer["knows_any_word"]) == ("whisper-base", True)
    assert "elk woord" in command("models", "words", "breukelen")
    # It is the one that listens; the bundled one can still be asked.
    assert command.words("--model", NAME)["model"] == NAME


def test_to_another_model_nothing_can_be_added(command: Command, bundle: Path) -> None:
    official = command.state / "models" / "vosk-model-small-nl-0.22"
    shutil.copytree(bundle, official)
    command("people", "add", "Geertruida Bos", "daughter")
    answer = command.words(code=1)
    assert answer["model"] == official.name
    assert not answer["can_add"]
    assert answer["people"][0]["alias"] == "mijn dochter"
    assert "--add" not in command("models", "words", code=1)
    assert command.words("--add", code=1)["error"] == "cannot_add"


def test_a_voice_is_not_for_listening(command: Command) -> None:
    put_in_place(command, "nl_NL-pim-medium")
    answer = command.words("--model", "nl_NL-pim-medium", code=2)
    assert answer["error"] == "not_for_listening"


def test_the_bundle_is_found_where_it_is_said_to_be(bundle: Path) -> None:
    models = ModelStore(Path("/nowhere"))
    assert models.path_of(models.find(NAME)) == bundle
