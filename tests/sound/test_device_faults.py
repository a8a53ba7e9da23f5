"""Each part missing in turn: a press is still answered, and the fault is shown."""

import resource
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from companion.store import open_store
from tests.installed import OWN_MODEL
from tests.noon import zone_at
from tests.peers.device import Page, free_port, ready_device, started_device
from tests.sound.virtual_card import VirtualCard, record
from voice.files import read_wav

SOUND_CARD: dict[str, Any] = {"sound": "soundcard"}


def without_espeak(folder: Path) -> dict[str, str]:
    """An environment in which the library of espeak-ng is broken."""
    broken = folder / "lib"
    broken.mkdir()
    for name in ("libespeak-ng.so.1", "libespeak-ng.so", "libespeak.so.1"):
        (broken / name).write_bytes(b"")
    return {"LD_LIBRARY_PATH": str(broken)}


def without_cards(folder: Path) -> dict[str, str]:
    """An environment in which there is no sound server and not even a default."""
    alsa = folder / "asound.conf"
    alsa.write_text("")
    return {**without_pulse(folder), "ALSA_CONFIG_PATH": str(alsa)}


def without_pulse(folder: Path) -> dict[str, str]:
    """An environment in which no sound server runs."""
    return {
        "PULSE_SERVER": f"unix:{folder}/nobody",
        "XDG_RUNTIME_DIR": str(folder),
        "JACK_NO_START_SERVER": "1",
    }


async def is_answered(page: Page) -> str:
    """A press is answered with words on the screen, and the floor is free again."""
    await page.rests()
    await page.press()
    said = await page.speaks()
    # Another button, since the same one so soon would be a tremor's.
    await page.press("family")
    await page.rests()
    return said


async def test_without_a_recogniser(tmp_path: Path) -> None:
    ears = {"recogniser": "whisper"}  # which is not installed there
    async with ready_device(tmp_path, ears=ears) as (_, page):
        await page.complains("verstaan lukt mij nu niet")
        await page.shows_fault()
        await page.press("family")
        await page.speaks()
        await page.rests()
        await page.press()
        await page.says("Ik kan u nu niet verstaan")
        await page.rests()


DEAF_TO_PEOPLE = "Verstaat geen mensen. Vosk of Whisper wel: praatpaal models install"


async def test_a_simulator_that_does_not_hear_people_says_so(tmp_path: Path) -> None:
    async with ready_device(tmp_path) as (device, page):
        await page.until(lambda page: DEAF_TO_PEOPLE in page.view.get("simulated", ""))
        assert "Dit is een simulatie." in page.view["simulated"]
        # It stays, whatever is said over it.
        await page.press()
        await page.listens()
        assert DEAF_TO_PEOPLE in page.view["simulated"]
        assert page.view["notice"] == ""
        assert await device.stop() == 0
    assert "no recogniser here understands people" in device.log


@pytest.mark.long
async def test_with_a_real_microphone_it_would_rather_be_deaf(
    tmp_path: Path, virtual_card: VirtualCard
) -> None:
    environment = virtual_card.environment
    async with ready_device(tmp_path, environment, device=SOUND_CARD) as (_, page):
        await page.complains("verstaan lukt mij nu niet")
        assert "geen mensen" not in page.view.get("simulated", "")
        await page.press()
        await page.says("Ik kan u nu niet verstaan")


@pytest.mark.long
async def test_with_a_real_microphone_who_names_it_is_warned(
    tmp_path: Path, virtual_card: VirtualCard
) -> None:
    environment = virtual_card.environment
    ears = {"model": OWN_MODEL}
    async with ready_device(tmp_path, environment, device=SOUND_CARD, ears=ears) as (
        _,
        page,
    ):
        await page.until(lambda page: DEAF_TO_PEOPLE in page.view.get("simulated", ""))
        await page.press()
        await page.listens()


async def test_without_a_voice_captions_remain(tmp_path: Path) -> None:
    environment = without_espeak(tmp_path)
    async with ready_device(tmp_path, environment) as (_, page):
        await page.complains("niet hardop praten")
        await page.shows_fault()
        assert await is_answered(page)


@pytest.mark.long
async def test_a_voice_that_is_not_installed_gives_way(tmp_path: Path) -> None:
    spoken = tmp_path / "spoken.wav"
    async with ready_device(
        tmp_path,
        device={"loudspeaker_file": str(spoken)},
        mouth={"voice": "xx-niet-hier"},
    ) as (_, page):
        await page.rests()
        await page.press("family")
        await page.speaks()
        await page.rests()
        assert "hardop" not in page.view["notice"]
    samples, _ = read_wav(spoken)
    assert np.abs(samples).max() > 1000


@pytest.mark.real
async def test_a_microphone_that_is_not_there(
    virtual_card: VirtualCard, tmp_path: Path
) -> None:
    async with ready_device(
        tmp_path,
        virtual_card.environment,
        device=SOUND_CARD,
        sound={"microphone": "bestaat niet"},
    ) as (device, page):
        await page.complains("geluid werkt nu niet")
        await page.shows_fault()
        assert await is_answered(page)
        assert "bestaat niet" in device.log


@pytest.mark.parametrize(
    "without",
    [without_pulse, pytest.param(without_cards, marks=pytest.mark.long)],
)
async def test_no_sound_at_all(
    without: Callable[[Path], dict[str, str]], tmp_path: Path
) -> None:
    environment = without(tmp_path)
    async with ready_device(tmp_path, environment, device=SOUND_CARD) as (_, page):
        await page.complains("geluid werkt nu niet")
        await page.shows_fault()
        assert await is_answered(page)


@pytest.mark.real
async def test_a_card_that_is_pulled_out_while_it_speaks(
    virtual_card: VirtualCard, tmp_path: Path
) -> None:
    async with ready_device(tmp_path, virtual_card.environment, device=SOUND_CARD) as (
        _,
        page,
    ):
        await page.rests()
        assert "geluid" not in page.view["notice"]
        await page.press("line")
        await page.speaks()
        virtual_card.kill()
        await page.complains("geluid werkt nu niet")
        virtual_card.start()
        await page.until(lambda page: "geluid" not in page.view["notice"])
        await page.until(lambda page: page.view["state"])
        await page.press()
        await page.rests()
        async with record(virtual_card) as recording:
            await page.press("family")
            heard = await recording.read(4.0)
    assert np.abs(heard).max() > 1000


@pytest.mark.long
async def test_without_pins_the_check_in_still_asks(tmp_path: Path) -> None:
    zone = zone_at(12)
    due = datetime.now(ZoneInfo(zone)) - timedelta(minutes=1)
    async with ready_device(
        tmp_path,
        device={"panel": "gpio", "time_zone": zone},
        checkin={"at": f"{due:%H:%M}"},
    ) as (_, page):
        await page.complains("knoppen werken nu niet")
        assert await page.speaks()


@pytest.mark.long
async def test_without_a_display(tmp_path: Path) -> None:
    spoken = tmp_path / "spoken.wav"
    async with ready_device(
        tmp_path,
        {"SDL_VIDEODRIVER": "niet-hier"},
        device={"screen": "sdl", "loudspeaker_file": str(spoken)},
    ) as (device, page):
        await page.shows_fault()
        assert "screen is broken" in device.log
        await page.press("family")
        # Warm white: it speaks.
        await page.until(lambda page: page.light[2] > 0)
        await page.shows_fault()
    samples, _ = read_wav(spoken)
    assert np.abs(samples).max() > 1000


@pytest.mark.long
async def test_without_an_echo_canceller(tmp_path: Path) -> None:
    library = tmp_path / "library" / "livekit"
    library.mkdir(parents=True)
    (library / "__init__.py").write_text("raise ImportError('not for this machine')")
    async with ready_device(
        tmp_path, {"PYTHONPATH": str(library.parent)}, device={"sound": "files"}
    ) as (device, page):
        await page.complains("niet terwijl ik praat")
        await page.shows_fault()
        assert await is_answered(page)
        assert "half duplex" in device.log


async def test_a_damaged_journal_is_set_aside_and_said(tmp_path: Path) -> None:
    journal = tmp_path / "state" / "journal.db"
    journal.parent.mkdir()
    journal.write_bytes(b"geen dagboek " * 1000)
    async with ready_device(tmp_path) as (_, page):
        await page.complains("dagboek was kapot")
        await page.shows_fault()
        assert await is_answered(page)
    assert list(journal.parent.glob("journal.db.damaged-*"))
    with sqlite3.connect(journal) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
        pressed = connection.execute(
            "SELECT value FROM state WHERE name = 'pressed_on'"
        )
        assert pressed.fetchone() is not None


async def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("not a folder")
    async with ready_device(tmp_path) as (_, page):
        await page.complains("niets onthouden")
        await page.shows_fault()
        assert await is_answered(page)


@pytest.mark.long
async def test_a_journal_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    journal = tmp_path / "state" / "journal.db"
    open_store(journal, datetime.now(UTC)).close()
    with sqlite3.connect(journal) as connection:
        connection.execute("PRAGMA user_version = 9999")
    connection.close()
    before = journal.read_bytes()
    async with ready_device(tmp_path) as (_, page):
        await page.complains("niets onthouden")
        assert await is_answered(page)
    assert journal.read_bytes() == before


async def test_a_full_card_is_said_and_loses_nothing(tmp_path: Path) -> None:
    """No file may grow any more, as on a full card; then there is room again."""
    journal = tmp_path / "state" / "journal.db"
    async with ready_device(tmp_path) as (device, page):
        await page.rests()
        pid = device.process.pid
        usual = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, usual[1]))
        await is_answered(page)
        await page.complains("niets onthouden")
        await page.shows_fault()
        await page.press("louder")
        assert await page.speaks()
        resource.prlimit(pid, resource.RLIMIT_FSIZE, usual)
        await page.press("quieter")
        await page.until(lambda page: "onthouden" not in page.view["notice"])
    with sqlite3.connect(journal) as connection:
        kept = dict(connection.execute("SELECT name, value FROM state"))
    connection.close()
    assert {"volume", "pressed_on"} <= kept.keys()


async def test_a_port_that_is_taken(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    port = free_port()
    async with started_device(first, port=port) as one:
        await one.logs("Praatpaal is klaar")
        async with started_device(second, port=port) as other:
            async with one.page():
                await other.process.wait()
                assert await other.ends() == 1
    assert f"Poort {port} is al in gebruik." in other.log
    assert "Traceback" not in other.log


async def test_everything_missing_at_once(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("not a folder")
    environment = {**without_cards(tmp_path), **without_espeak(tmp_path)}
    async with ready_device(tmp_path, environment, device=SOUND_CARD) as (
        device,
        page,
    ):
        for part in ("geluid", "verstaan", "hardop", "onthouden"):
            await page.complains(part)
        await page.shows_fault()
        assert await is_answered(page)
        assert await device.stop() == 0
    assert "Traceback" not in device.log
