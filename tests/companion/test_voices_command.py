"""`praatpaal voices`, as a person or a script at the keyboard meets it."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from companion import selftest
from companion.cli import main
from companion.commands.recordings import group_of
from companion.commands.texts import Texts
from companion.journal import Journal
from companion.recordable import recordables
from companion.settings import FoldersSettings, MouthSettings, Settings, load
from companion.store import open_store
from companion.voice_offers import AUTO, chosen_name, offers, suggest
from companion.wording import load_phrasebook
from tests.companion.test_models_command import offline, put_in_place
from tests.sound.virtual_card import VirtualCard, record, virtual_card
from tests.voice.espeak_gone import break_espeak
from tests.voice.recorded import encoded, voice, wav
from voice.audio import RATE_HZ
from voice.espeak_synthesiser import EspeakSynthesiser
from voice.files import read_wav, write_wav
from voice.models import read_manifest
from voice.recorded_sound import Flaw, read_recording

__all__ = ["offline", "virtual_card"]

Captured = pytest.CaptureFixture[str]
OFFERS = offers(read_manifest(), "nl")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings of a device of its own."""
    monkeypatch.setenv("PRAATPAAL_STATE", str(tmp_path / "state"))
    made = tmp_path / "praatpaal.toml"
    made.write_text('# Van mij.\n[person]\nname = "Vos"\naddress = "mevrouw"\n')
    return made


@pytest.fixture
def recorded(file: Path) -> Path:
    """The folder with recordings of that device."""
    made = file.parent / "state" / "recordings"
    made.mkdir(parents=True)
    return made


def run(file: Path, *words: str) -> int:
    return main([*words, "--settings", str(file)])


def answer(capsys: Captured) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    return shown


def complaint(capsys: Captured) -> str:
    """The one sentence on standard error."""
    shown = capsys.readouterr()
    assert shown.err.count("\n") == 1, shown.err
    assert "Traceback" not in shown.err
    return shown.err.strip()


# -- list


@pytest.mark.real
def test_the_list_names_every_voice_and_the_one_that_speaks(
    file: Path, capsys: Captured
) -> None:
    assert run(file, "voices", "list") == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    for offer in OFFERS:
        assert offer.name in shown.out
    assert "Nu spreekt: nl+m3." in shown.out
    put_in_place(file.parent / "state" / "models", "nl_NL-pim-medium")
    assert run(file, "voices", "list", "--json") == 0
    told = answer(capsys)
    assert (told["chosen"], told["speaking"], told["recorded"]) == (AUTO, "nl+m3", 0)
    here = {it["name"] for it in told["voices"] if it["installed"]}
    assert {"nl+m3", "nl", "nl+f2", "nl+f5", "nl_NL-pim-medium"} <= here
    assert "nl_NL-ronnie-medium" not in here
    assert all(it["licence"] and it["good_for"] for it in told["voices"])


@pytest.mark.real
def test_a_chosen_voice_that_does_not_work_is_told(
    file: Path, capsys: Captured
) -> None:
    for name in ("nl_NL-pim-medium", "nl_NL-ronnie-medium"):
        file.write_text(f'[mouth]\nengine = "piper"\nvoice = "{name}"\n')
        put_in_place(file.parent / "state" / "models", "nl_NL-pim-medium")
        assert run(file, "voices", "list", "--json") == 0
        told = answer(capsys)
        assert (told["chosen"], told["speaking"]) == (name, "nl+m3")
        assert f"Gekozen is {name}" in told["text"]
        assert "ontbreken" in told["text"]
        for it in (file.parent / "state/models/nl_NL-pim-medium").iterdir():
            it.unlink()
        it.parent.rmdir()


@pytest.mark.parametrize(
    ("how", "words"), [("missing", "apt install espeak-ng"), ("crashing", "Melding")]
)
def test_without_espeak_each_command_says_what_to_do(
    file: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
    words: str,
) -> None:
    break_espeak(file.parent, monkeypatch, how)
    out = file.parent / "stem.wav"
    assert run(file, "voices", "list") == 1
    assert words in complaint(capsys)
    assert run(file, "voices", "try", "nl", "--out", str(out)) == 1
    assert words in complaint(capsys)
    assert run(file, "say", "Dag.", "--out", str(out)) == 1
    assert words in complaint(capsys)
    assert not out.exists()


def test_without_espeak_the_check_says_what_to_do(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_espeak(file.parent, monkeypatch)
    findings = asyncio.run(selftest.check_voices(load(file)))
    [mouth] = [it for it in findings if it.part == "mouth"]
    assert not mouth.is_fine
    assert "apt install espeak-ng" in mouth.text


@pytest.mark.real
def test_the_check_says_that_another_voice_speaks(file: Path) -> None:
    file.write_text('[mouth]\nengine = "piper"\nvoice = "nl_NL-pim-medium"\n')
    findings = asyncio.run(selftest.check_voices(load(file)))
    [mouth] = [it for it in findings if it.part == "mouth"]
    assert not mouth.is_fine
    assert "gekozen is nl_NL-pim-medium, maar nl+m3 spreekt" in mouth.text


# -- try


@pytest.mark.real
def test_a_voice_is_tried_at_the_pace_of_the_person(
    file: Path, capsys: Captured
) -> None:
    store = open_store(file.parent / "state/journal.db", datetime.now(UTC))
    asyncio.run(Journal(store).remember_rate(180))
    asyncio.run(Journal(store).remember_volume(5))
    store.close()
    out = file.parent / "stem.wav"
    command = ("voices", "try", "NL+F2", "Hoe gaat het vandaag met u?")
    assert run(file, *command, "--output", str(out), "--json") == 0
    told = answer(capsys)
    assert (told["name"], told["volume"], told["rate_wpm"]) == ("nl+f2", 5, 180)
    samples, rate_hz = read_wav(out)
    assert samples.size / rate_hz == pytest.approx(told["seconds"], abs=0.01)

    # Another voice is another sound, and the usual pace is slower.
    (file.parent / "state/journal.db").unlink()
    assert run(file, *command, "--out", str(out), "--json") == 0
    assert answer(capsys)["rate_wpm"] == 150
    slower, _ = read_wav(out)
    assert slower.size > samples.size


@pytest.mark.real
async def test_a_voice_is_heard_on_the_sound_card(
    file: Path, virtual_card: VirtualCard
) -> None:
    async with record(virtual_card) as recording:
        trying = asyncio.create_task(
            asyncio.to_thread(run, file, "voices", "try", "nl", "Goedemorgen.")
        )
        peak = 0
        async with asyncio.timeout(20):
            while peak < 1_000:
                peak = int(np.abs(await recording.read(0.1)).max())
        assert await trying == 0


@pytest.mark.real
def test_without_a_sound_card_it_says_what_to_do(
    file: Path, virtual_card: VirtualCard, capsys: Captured
) -> None:
    virtual_card.kill()
    assert run(file, "voices", "try", "nl", "Dag.") == 1
    assert "--out" in complaint(capsys)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("pim", "nl_NL-pim-medium"),
        ("nl+m2", "nl+m3"),
        ("nl_NL-ronie-medium", "nl_NL-ronnie-medium"),
        ("mb-nl4", "mb-nl"),
        ("", None),
        ("%%%", None),
    ],
)
def test_an_unknown_voice_is_wrong_use_with_a_suggestion(
    file: Path, capsys: Captured, name: str, suggestion: str | None
) -> None:
    for action in ("try", "install", "choose"):
        assert run(file, "voices", action, name) == 2
        said = complaint(capsys)
        assert "voices list" in said
        assert ("Bedoelt u" in said) == (suggestion is not None)
        assert suggestion is None or suggestion in said
    assert run(file, "voices", "try", name, "--json") == 2
    assert answer(capsys)["error"] == "unknown"


def test_of_two_that_fit_none_is_suggested_without_likeness() -> None:
    assert suggest("medium", OFFERS) is None


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("",), 2),
        (("  ",), 2),
        (("ja " * 500,), 2),
        (("--out", "."), 2),
    ],
)
def test_what_cannot_be_tried_is_one_sentence(
    file: Path, capsys: Captured, words: tuple[str, ...], code: int
) -> None:
    assert run(file, "voices", "try", "nl", *words) == code
    complaint(capsys)


@pytest.mark.real
def test_a_text_without_words_or_a_folder_that_is_not_there(
    file: Path, capsys: Captured
) -> None:
    out = str(file.parent / "stem.wav")
    assert run(file, "voices", "try", "nl", "...", "--out", out) == 2
    complaint(capsys)
    nowhere = str(file.parent / "geen/map/stem.wav")
    assert run(file, "voices", "try", "nl", "Dag.", "--out", nowhere) == 1
    assert nowhere in complaint(capsys)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nl_NL-pim-medium", "voices install nl_NL-pim-medium"),
        ("mb-nl3", "apt install mbrola mbrola-nl3"),
    ],
)
def test_a_voice_that_is_not_here_cannot_be_tried_or_chosen(
    file: Path, capsys: Captured, name: str, words: str
) -> None:
    before = file.read_text()
    for action in ("try", "choose"):
        assert run(file, "voices", action, name) == 1
        assert words in complaint(capsys)
    assert file.read_text() == before


# -- install and choose


@pytest.mark.real
@pytest.mark.usefixtures("offline")
def test_installing(file: Path, capsys: Captured) -> None:
    assert run(file, "voices", "install", "nl_NL-pim-medium", "--json") == 1
    told = answer(capsys)
    assert told["error"] == "unreachable"
    assert "internet" in told["text"]
    put_in_place(file.parent / "state" / "models", "nl_NL-pim-medium")
    for name in ("nl_NL-pim-medium", "nl+f2"):
        assert run(file, "voices", "install", name) == 0
        assert f"voices choose {name}" in capsys.readouterr().out
    assert run(file, "voices", "install", "mb-nl2") == 1
    assert "licentie" in complaint(capsys)


@pytest.mark.real
def test_choosing_writes_the_settings_and_keeps_the_rest(
    file: Path, capsys: Captured
) -> None:
    before = file.read_text()
    assert run(file, "voices", "choose", "NL+f2") == 0
    assert str(file) in capsys.readouterr().out
    assert file.read_text().startswith(before)
    assert load(file).mouth == MouthSettings(engine="espeak", voice="nl+f2")
    assert run(file, "voices", "list", "--json") == 0
    told = answer(capsys)
    assert (told["chosen"], told["speaking"]) == ("nl+f2", "nl+f2")
    assert run(file, "voices", "choose", "auto", "--json") == 0
    assert answer(capsys)["name"] == AUTO
    assert load(file).mouth == MouthSettings()


@pytest.mark.real
def test_settings_that_cannot_be_changed_are_shown_instead(
    file: Path, capsys: Captured
) -> None:
    file.write_text("mouth = { volume = 2 }\n")
    assert run(file, "voices", "choose", "nl+f2") == 1
    said = complaint(capsys)
    assert '[mouth] | engine = "espeak" | voice = "nl+f2"' in said
    assert file.read_text() == "mouth = { volume = 2 }\n"


def test_the_chosen_voice_by_each_way_to_choose_one() -> None:
    assert chosen_name(MouthSettings()) == AUTO
    assert chosen_name(MouthSettings(engine="espeak")) == "nl+m3"
    assert chosen_name(MouthSettings(engine="mbrola")) == "mb-nl2"
    assert chosen_name(MouthSettings(engine="piper")) == AUTO
    assert chosen_name(MouthSettings(voice="nl+f1")) == "nl+f1"


# -- recordings


def test_the_list_of_what_to_record(file: Path, capsys: Captured) -> None:
    assert run(file, "voices", "record-list") == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    lines = shown.out.splitlines()
    assert lines[0].endswith("state/recordings")
    first = lines.index("  [ ] goedemorgen")
    assert lines[first - 1] == "Begroeten"
    assert lines[first + 1].strip() == "Goedemorgen mevrouw Vos."
    assert run(file, "voices", "record-list", "--json") == 0
    told = answer(capsys)
    assert told["all"] == len(told["sentences"]) > 700
    assert not (file.parent / "state").exists()


def test_the_list_knows_what_is_there_and_what_is_wrong(
    file: Path, recorded: Path, capsys: Captured
) -> None:
    encoded(voice(), recorded / "goedemorgen.m4a", "aac")
    (recorded / "goedenavond.wav").write_bytes(b"ID3")
    (recorded / "Hoe gaat het vandaag met jou.wav").write_bytes(wav(voice()))
    assert run(file, "voices", "record-list") == 0
    shown = capsys.readouterr().out
    assert "  [x] goedemorgen\n" in shown
    assert "  [ ] goedemiddag\n" in shown
    assert "  [!] goedenavond\n" in shown
    assert "1 van de" in shown
    aside = shown.partition("Niet gebruikt:")[2]
    assert "goedenavond.wav: dit heet .wav" in aside
    assert "Bedoelt u hoe-gaat-het-vandaag-met-u?" in aside

    assert run(file, "voices", "record-list", "--missing", "--json") == 0
    told = answer(capsys)
    names = {it["name"]: it for it in told["sentences"]}
    assert "goedemorgen" not in names
    assert names["goedenavond"]["file"] == "goedenavond.wav"
    assert {it["reason"] for it in told["set_aside"]} == {"no_wav", "unknown"}

    assert run(file, "voices", "check") == 1
    shown_twice = capsys.readouterr()
    assert "goedemorgen.m4a: goed" in shown_twice.out
    assert shown_twice.err.count("\n") == 2
    assert run(file, "voices", "check", "--json") == 1
    assert [it["file"] for it in answer(capsys)["used"]] == ["goedemorgen.m4a"]

    findings = asyncio.run(selftest.check_recordings(load(file)))
    assert [it.is_fine for it in findings] == [False]
    assert "2 niet gebruikt" in findings[0].text


def test_a_folder_with_nothing_wrong(
    file: Path, recorded: Path, capsys: Captured
) -> None:
    settings = load(file)
    assert asyncio.run(selftest.check_recordings(settings)) == []
    assert run(file, "voices", "check") == 0
    assert str(recorded) in capsys.readouterr().out
    (recorded / "goedemiddag.wav").write_bytes(wav(voice()))
    [finding] = asyncio.run(selftest.check_recordings(settings))
    assert (finding.is_fine, finding.text) == (True, "1 in gebruik")
    assert run(file, "voices", "check") == 0


def test_everything_has_its_words() -> None:
    texts = Texts("voices")
    assert {it.removeprefix("flaws.") for it in texts.names} >= set(Flaw)
    for offer in OFFERS:
        if offer.engine != "piper":
            assert texts.say(f"voices.{offer.name}")
    used = {group_of(it.key) for it in recordables(load_phrasebook(), "")}
    assert used == Texts("voices", "groups").names


def test_recordings_may_be_kept_elsewhere(tmp_path: Path) -> None:
    state = FoldersSettings(state="/var/lib/praatpaal")
    assert Settings(folders=state).recordings_path() == Path(
        "/var/lib/praatpaal/recordings"
    )
    elsewhere = MouthSettings(recordings=str(tmp_path))
    assert Settings(mouth=elsewhere).recordings_path() == tmp_path


@pytest.mark.real
def test_a_daughter_is_heard_instead_of_the_voice(
    file: Path, recorded: Path, capsys: Captured
) -> None:
    async def speak_as_daughter() -> None:
        daughter = EspeakSynthesiser("nl+f5", pitch=70)
        await daughter.start()
        said = await daughter.render("Goedemorgen mam.", 150)
        await daughter.close()
        # Soft, and with the silence of a telephone around it.
        silence = np.zeros(RATE_HZ, np.int16)
        hers = np.concatenate([silence, said // 4, silence])
        write_wav(recorded / "Goedemorgen!.wav", hers)

    out = file.parent / "gezegd.wav"
    greeting = "Goedemorgen mevrouw Vos."

    def device_says(text: str) -> np.ndarray[Any, np.dtype[np.int16]]:
        assert run(file, "say", text, "--out", str(out)) == 0
        capsys.readouterr()
        return read_wav(out)[0]

    synthetic = device_says(greeting)
    asyncio.run(speak_as_daughter())
    [mine] = recorded.iterdir()
    hers = read_recording(mine)
    assert np.array_equal(device_says(greeting), hers)

    # In the midst of other sentences, with the pauses that belong there.
    both = device_says(f"{greeting} Hoe gaat het?")
    assert np.array_equal(both[: hers.size], hers)
    pause = both[hers.size : hers.size + round(0.8 * RATE_HZ)]
    assert not pause.any()

    # A recording that broke is no silence.
    mine.write_bytes(mine.read_bytes()[:3_000])
    assert np.array_equal(device_says(greeting), synthetic)
