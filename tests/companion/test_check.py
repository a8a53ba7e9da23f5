"""`praatpaal check`: each part, and the loudspeaker that the microphone hears."""

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from companion import selftest
from companion.calls_check import check_camera, check_hub
from companion.cli import main
from companion.commands.texts import Texts
from companion.family_parts import make_hub
from companion.finding import Finding
from companion.household import Enrolment, write_enrolment
from companion.selftest import (
    check_all,
    check_echo,
    check_simulator,
    check_sound,
    check_voices,
)
from companion.settings import (
    CallsSettings,
    CameraSettings,
    DeviceSettings,
    EarsSettings,
    FoldersSettings,
    HubSettings,
    Settings,
)
from companion.simulator.server import Simulator
from tests.installed import OWN_MODEL, own_model
from tests.paper_bundle import paper_bundle
from tests.sound.virtual_card import VirtualCard, virtual_card

__all__ = ["virtual_card"]

REAL_SOUND = Settings(
    device=DeviceSettings(panel="browser", screen="none", sound="soundcard")
)


def outcome(findings: list[Finding]) -> dict[str, bool]:
    return {finding.part: finding.is_fine for finding in findings}


@pytest.mark.real
async def test_a_microphone_that_hears_the_loudspeaker(
    virtual_card: VirtualCard,
) -> None:
    assert outcome(await check_sound(REAL_SOUND)) == {"sound": True, "loop": False}
    loop = ("source=speaker.monitor", "sink=mouth", "latency_msec=20")
    loading = await virtual_card.run("pactl", "load-module", "module-loopback", *loop)
    await asyncio.wait_for(loading.communicate(), timeout=10)
    assert loading.returncode == 0
    findings = await check_sound(REAL_SOUND)
    assert outcome(findings) == {"sound": True, "loop": True}, findings


@pytest.mark.real
async def test_without_a_sound_card_it_says_so(virtual_card: VirtualCard) -> None:
    virtual_card.kill()
    [finding] = await check_sound(REAL_SOUND)
    assert (finding.part, finding.is_fine) == ("sound", False)
    assert "Melding" in finding.text


@pytest.mark.real
async def test_whether_it_can_be_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    [fine] = await check_echo(Settings())
    assert fine.is_fine
    [off] = await check_echo(Settings(ears=EarsSettings(interruption=False)))
    assert off.is_fine and "interruption" in off.text
    # As Python marks a module that cannot be imported.
    monkeypatch.setitem(sys.modules, "livekit.rtc", None)
    [broken] = await check_echo(Settings())
    assert not broken.is_fine and "livekit" in broken.text


async def test_a_praatpaal_that_runs_is_noticed() -> None:
    simulator = Simulator(0)
    await simulator.open()
    port = int(simulator.url.rstrip("/").rpartition(":")[2])
    device = DeviceSettings(panel="browser", simulator_port=port)
    settings = replace(REAL_SOUND, device=device)
    [running] = await check_simulator(settings)
    await simulator.close()
    assert running.is_fine
    assert "draait al" in running.text
    [free] = await check_simulator(settings)
    assert free.is_fine
    assert "vrij" in free.text


async def test_a_check_that_breaks_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(settings: Settings) -> list[Finding]:
        return []

    async def broken(settings: Settings) -> list[Finding]:
        raise ValueError("never seen before")

    for name in (
        "panel", "screen", "sound", "echo", "voices", "simulator", "camera", "hub",
    ):  # fmt: skip
        monkeypatch.setattr(selftest, f"check_{name}", nothing)
    monkeypatch.setattr(selftest, "check_clock", broken)
    settings = Settings(folders=FoldersSettings(state=str(tmp_path)))
    findings = await check_all(settings)
    assert outcome(findings) == {"clock": False, "disk": True, "journal": True}
    assert "never seen before" in findings[0].text


@pytest.mark.real
def test_the_report_in_text_and_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "praatpaal.toml"
    file.write_text(
        f'[folders]\nstate = "{tmp_path}/state"\nmodels = "{tmp_path}/none"\n'
        '[device]\npanel = "browser"\nscreen = "browser"\nsound = "browser"\n'
        'simulator_port = 8731\n[ears]\nrecogniser = "whisper"\n'
    )
    assert main(["check", "--settings", str(file)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("goed  stem: ") for line in lines)
    assert any(line.startswith("FOUT  spraakherkenner: ") for line in lines)
    assert main(["check", "--settings", str(file), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert not report["is_fine"]
    assert len(report["parts"]) == len(lines)
    parts = {part["part"] for part in report["parts"]}
    assert parts <= Texts("check", "parts").names
    assert {p["part"] for p in report["parts"] if p["is_simulated"]} == {
        "panel", "screen", "sound", "loop", "camera",
    }  # fmt: skip


async def voices(
    folder: Path, sound: Literal["soundcard", "browser"], model: str = ""
) -> dict[str, Finding]:
    """What is found of mouth and ears where no other model is installed."""
    settings = Settings(
        device=DeviceSettings(panel="browser", screen="browser", sound=sound),
        ears=EarsSettings(model=model),
        folders=FoldersSettings(state=str(folder)),
    )
    return {finding.part: finding for finding in await check_voices(settings)}


@pytest.mark.real
async def test_the_model_of_our_own_must_hear_espeak_and_says_whom_it_does_not(
    tmp_path: Path,
) -> None:
    own_model()
    found = await voices(tmp_path, "browser")
    assert "„ja hoor”" in found["recogniser"].text
    assert found["recogniser"].is_fine
    assert found["words"].is_fine, found["words"]
    people = found["people"]
    assert people.is_fine and people.is_simulated
    assert "verstaat geen mensen" in people.text
    assert "praatpaal models install --default" in people.text


@pytest.mark.real
async def test_at_a_real_microphone_it_is_a_fault(tmp_path: Path) -> None:
    own_model()
    found = await voices(tmp_path, "soundcard", OWN_MODEL)
    people = found["people"]
    assert not people.is_fine and not people.is_simulated
    assert f'model = "{OWN_MODEL}"' in people.text
    assert "praatpaal models install --default" in people.text


@pytest.mark.real
async def test_without_its_name_there_is_no_recogniser_and_it_tells_which(
    tmp_path: Path,
) -> None:
    own_model()
    found = await voices(tmp_path, "soundcard")
    assert "people" not in found
    recogniser = found["recogniser"]
    assert not recogniser.is_fine
    assert OWN_MODEL in recogniser.text and "telt niet mee" in recogniser.text
    assert "praatpaal models install --default" in recogniser.text
    found = await voices(tmp_path, "soundcard", "tikfout")
    assert "tikfout" in found["recogniser"].text


@pytest.mark.real
async def test_one_that_does_not_hear_espeak_any_more_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = paper_bundle(tmp_path / "bundled", ["ja", "nee", "hoor"])
    monkeypatch.setattr("voice.models.BUNDLED", bundle)
    found = await voices(tmp_path, "browser")
    assert not found["recogniser"].is_fine
    assert "models verify" in found["recogniser"].text
    # Words that it lacks are added, which makes no good model of it.
    assert found["words"].is_fine


@pytest.mark.parametrize(
    ("camera", "is_fine", "word"),
    [
        (CameraSettings(kind="none"), True, "geen camera"),
        (CameraSettings(kind="v4l2", device="never made"), False, "Melding"),
        (CameraSettings(kind="file", file="/nowhere.mp4"), False, "film of foto"),
        (CameraSettings(kind="test"), True, "nagebootst"),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
async def test_the_camera_is_looked_for(
    camera: CameraSettings, is_fine: bool, word: str
) -> None:
    [finding] = await check_camera(replace(Settings(), camera=camera))
    assert finding.is_fine == is_fine and word in finding.text


async def test_the_way_to_the_hub_is_tried(tmp_path: Path) -> None:
    folders = FoldersSettings(state=str(tmp_path))

    async def finding(address: str) -> Finding:
        settings = Settings(calls=CallsSettings(hub=address), folders=folders)
        [found] = await check_hub(settings)
        return found

    own = await finding("")
    assert own.is_fine and "eigen hub" in own.text
    wrong = await finding("http://hub.example")
    assert not wrong.is_fine and "https" in wrong.text
    hub = make_hub(HubSettings(port=0), tmp_path)
    await hub.open()
    address = hub.local_url
    unknown = await finding(address)
    assert not unknown.is_fine and "hub join" in unknown.text
    write_enrolment(tmp_path, Enrolment(address, "device"))
    fine = await finding(address)
    assert fine.is_fine and "antwoordt" in fine.text
    await hub.close()
    away = await finding(address)
    assert not away.is_fine and "internet" in away.text
