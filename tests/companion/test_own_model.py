"""The model of our own in the device: who is warned, and how names come into it."""

import json
from pathlib import Path
from typing import Literal

import pytest

from companion.cli import main
from companion.commands.run import banner_of
from companion.device import build_recogniser, build_recognisers
from companion.settings import DeviceSettings, EarsSettings, FoldersSettings, Settings
from companion.vocabulary import sentence_words
from hardware.layout import arrange
from hardware.screen import View
from tests.hardware.test_layout import SIZES, measure, texts_of, whole
from tests.installed import OWN_MODEL, own_model
from tests.paper_bundle import paper_bundle
from voice.hearing import Expectation
from voice.models import ModelStore
from voice.vosk_recogniser import VoskRecogniser

Captured = pytest.CaptureFixture[str]

DEAF_TO_PEOPLE = (
    "Verstaat geen mensen. Vosk of Whisper wel: praatpaal models install --default."
)


@pytest.mark.parametrize("size", SIZES)
def test_the_banner_says_first_that_it_does_not_hear_people(
    size: tuple[int, int],
) -> None:
    simulated = ("panel", "screen", "sound")
    banner = banner_of(simulated, False)
    assert banner == f"{DEAF_TO_PEOPLE} {banner_of(simulated, True)}"
    assert banner_of((), False) == DEAF_TO_PEOPLE
    assert banner_of((), True) == ""
    for view in (View(simulated=banner), View(simulated=banner, alert="Bel 112")):
        # On a small screen it is cut off, where the simulated parts are named.
        assert DEAF_TO_PEOPLE in whole(texts_of(arrange(view, *size, measure)))


def settings_for(
    folder: Path, sound: Literal["soundcard", "browser"], model: str = ""
) -> Settings:
    return Settings(
        device=DeviceSettings(sound=sound),
        ears=EarsSettings(model=model),
        folders=FoldersSettings(state=str(folder)),
    )


def test_only_its_name_lets_it_listen_to_a_real_microphone(tmp_path: Path) -> None:
    own_model()
    models = ModelStore(tmp_path / "models")
    for settings, chosen in (
        (settings_for(tmp_path, "soundcard"), []),
        (settings_for(tmp_path, "soundcard", OWN_MODEL), [OWN_MODEL]),
        (settings_for(tmp_path, "browser"), [OWN_MODEL]),
    ):
        engines = build_recognisers(settings, models)
        assert [engine.name for engine in engines] == chosen


@pytest.mark.real
async def test_names_come_into_it_at_the_start_and_when_somebody_is_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = paper_bundle(tmp_path / "bundled", [*sentence_words(), "anna"])
    monkeypatch.setattr("voice.models.BUNDLED", bundle)
    models = ModelStore(tmp_path / "models")
    names: list[str] | None = ["anna", "geertruida"]
    engine = build_recogniser(models.find(OWN_MODEL), models, lambda: names)
    assert isinstance(engine, VoskRecogniser)
    wanted = ("anna", "geertruida", "wies")

    async def lacks_in_the_next_turn() -> tuple[str, ...]:
        session = await engine.open(Expectation(("ja",)))
        await session.close()
        return engine.missing_words(wanted)

    try:
        await engine.start()
        assert engine.missing_words(wanted) == ("wies",)
        names = ["anna", "geertruida", "wies"]
        assert await lacks_in_the_next_turn() == ()
        # The store cannot be read for a while: nobody is forgotten.
        names = None
        assert await lacks_in_the_next_turn() == ()
        names = ["anna"]
        assert await lacks_in_the_next_turn() == ("geertruida", "wies")
    finally:
        await engine.close()


@pytest.mark.real
async def test_words_of_newer_sentences_come_into_an_older_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [word for word in sentence_words() if word != "huisbezoek"]
    bundle = paper_bundle(tmp_path / "bundled", known)
    monkeypatch.setattr("voice.models.BUNDLED", bundle)
    models = ModelStore(tmp_path / "models")
    engine = build_recogniser(models.find(OWN_MODEL), models, lambda: [])
    assert isinstance(engine, VoskRecogniser)
    try:
        await engine.start()
        assert engine.missing_words(("huisbezoek", "breukelen")) == ("breukelen",)
    finally:
        await engine.close()


@pytest.mark.real
async def test_without_espeak_the_base_model_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = paper_bundle(tmp_path / "bundled", ["ja"])
    monkeypatch.setattr("voice.models.BUNDLED", bundle)
    (tmp_path / "libespeak-ng.so.1").write_bytes(b"no library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    models = ModelStore(tmp_path / "models")
    engine = build_recogniser(models.find(OWN_MODEL), models, lambda: ["wies"])
    assert isinstance(engine, VoskRecogniser)
    try:
        await engine.start()
        assert engine.missing_words(("ja", "wies")) == ("wies",)
    finally:
        await engine.close()


@pytest.mark.real
def test_hear_takes_it_by_name_and_warns_where_it_stands_in(
    tmp_path: Path, capsys: Captured
) -> None:
    own_model()
    spoken = tmp_path / "ja.wav"
    file = tmp_path / "praatpaal.toml"
    file.write_text(f'[folders]\nstate = "{tmp_path}/state"\n')
    settings = ["--settings", str(file)]
    assert main(["say", "ja hoor", "--out", str(spoken), *settings]) == 0
    capsys.readouterr()
    hear = ["hear", str(spoken), "--question", "ja_of_nee", "--json", *settings]
    assert main([*hear, "--engine", OWN_MODEL]) == 0
    shown = capsys.readouterr()
    heard = json.loads(shown.out)
    assert (heard["text"], heard["meaning"]) == ("ja hoor", "yes")
    assert shown.err == ""
    assert main(hear) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["engine"] == OWN_MODEL
    assert "verstaat geen mensen" in shown.err
