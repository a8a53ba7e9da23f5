"""`praatpaal check`: each part, and the loudspeaker that the microphone hears."""

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from companion import selftest
from companion.cli import main
from companion.commands.texts import Texts
from companion.selftest import (
    Finding,
    check_all,
    check_echo,
    check_simulator,
    check_sound,
)
from companion.settings import DeviceSettings, EarsSettings, FoldersSettings, Settings
from companion.simulator.server import Simulator
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

    for name in ("panel", "screen", "sound", "echo", "voices", "simulator"):
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
        "simulator_port = 8731\n"
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
        "panel", "screen", "sound", "loop",
    }  # fmt: skip
