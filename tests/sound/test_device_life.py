"""Start, stop, and what a killed device or a killed part leaves behind."""

import asyncio
import os
import re
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from companion.people import People, make_person
from companion.store import open_store
from tests.installed import OWN_MODEL
from tests.peers.device import Page, RunningDevice, ready_device, started_device
from tests.sound.virtual_card import VirtualCard, record, speak_into
from voice.audio import RATE_HZ, Samples
from voice.espeak_synthesiser import EspeakSynthesiser

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def shared_memory_of(processes: Collection[int]) -> set[str]:
    """Shared memory of these, but for that of the sound server."""
    mapped = "".join(Path(f"/proc/{it}/maps").read_text() for it in processes)
    names = set(re.findall(r"/dev/shm/([^\s/]+)", mapped))
    return {name for name in names if not name.startswith("pulse")}


@asynccontextmanager
async def leaves_nothing(device: RunningDevice) -> AsyncIterator[None]:
    """Asserts that no process and no shared memory stays behind."""
    children = device.children()
    shared = shared_memory_of({device.process.pid, *children})
    yield
    left = children & {int(name) for name in os.listdir("/proc") if name.isdigit()}
    assert not left, f"processes stay behind: {left}"
    assert not shared & set(os.listdir("/dev/shm"))


@pytest.mark.parametrize("number", SIGNALS)
async def test_it_ends_while_it_speaks(number: int, tmp_path: Path) -> None:
    async with ready_device(tmp_path) as (device, page):
        await page.press("line")
        await page.speaks()
        assert device.children(), "espeak-ng runs in a process of its own"
        async with leaves_nothing(device):
            assert await device.stop(number) == 0
    assert "Traceback" not in device.log


@pytest.mark.parametrize("number", SIGNALS)
async def test_it_ends_while_it_waits_for_an_answer(
    number: int, tmp_path: Path
) -> None:
    async with ready_device(tmp_path) as (device, page):
        await page.press()
        await page.listens()
        async with leaves_nothing(device):
            assert await device.stop(number) == 0
    assert "Traceback" not in device.log


async def test_a_signal_while_it_starts_ends_it(tmp_path: Path) -> None:
    async with starting_device(tmp_path) as device:
        assert await device.stop() == 0
    assert "Praatpaal is klaar" not in device.log


@asynccontextmanager
async def starting_device(folder: Path) -> AsyncIterator[RunningDevice]:
    """A device whose sound server never answers, so that it is not ready soon."""
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(folder / "s"))
        silent.listen()
        environment = {
            "PULSE_SERVER": f"unix:{folder}/s",
            "JACK_NO_START_SERVER": "1",
        }
        async with started_device(
            folder, environment, device={"sound": "soundcard"}
        ) as device:
            await device.logs("the simulator is at")
            yield device


class Told:
    """What a service manager is told, as systemd listens."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.setblocking(False)

    async def next(self) -> str:
        """The next message."""
        async with asyncio.timeout(60):
            loop = asyncio.get_running_loop()
            return (await loop.sock_recv(self._socket, 4096)).decode()

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


async def test_systemd_is_told(tmp_path: Path) -> None:
    told = Told(tmp_path)
    environment = {"NOTIFY_SOCKET": str(told.path), "WATCHDOG_USEC": "400000"}
    try:
        async with ready_device(tmp_path, environment) as (device, page):
            assert await told.next() == "READY=1"
            for _ in range(3):
                assert await told.next() == "WATCHDOG=1"
            # Also while it talks.
            await page.press("family")
            await page.speaks()
            assert await told.next() == "WATCHDOG=1"
            assert await device.stop() == 0
            while (message := await told.next()) == "WATCHDOG=1":
                pass
            assert message == "STOPPING=1"
    finally:
        told.close()


@pytest.mark.real
async def test_a_voice_that_is_killed_speaks_again(
    virtual_card: VirtualCard, tmp_path: Path
) -> None:
    async with ready_device(
        tmp_path, virtual_card.environment, device={"sound": "soundcard"}
    ) as (device, page):
        await page.rests()
        async with record(virtual_card) as recording:
            await page.press("line")
            first = await page.speaks()
            (voice,) = device.children()
            os.kill(voice, signal.SIGKILL)
            # All of it is said all the same, and then the next thing too.
            await page.until(lambda page: page.view["said"] not in ("", first))
            heard = await recording.read(6.0)
            assert longest_pause_s(heard) < 5.0
            (again,) = device.children()
            assert again != voice
        await page.press("talk")
        await page.rests()
        async with record(virtual_card) as recording:
            await page.press("family")
            await page.speaks()
            assert np.abs(await recording.read(3.0)).max() > 1000
        assert "hardop" not in page.view["notice"]
        async with leaves_nothing(device):
            assert await device.stop() == 0


def longest_pause_s(heard: Samples) -> float:
    """Longest time in which nothing sounds, in seconds."""
    block = RATE_HZ // 10
    count = heard.size // block
    peaks = np.abs(heard[: count * block].reshape(count, block)).max(axis=1)
    longest = pause = 0
    for peak in peaks:
        pause = 0 if peak > 200 else pause + 1
        longest = max(longest, pause)
    return longest / 10


async def answer_by_button(page: Page, button: str) -> None:
    """Answer the question that stands, as soon as it is heard out."""
    await page.listens()
    await page.press(button)
    await page.until(lambda page: page.view["state"] == "Ik praat")


def kept(journal: Path) -> list[tuple[str, str]]:
    """Question and meaning of each answer in the journal."""
    with sqlite3.connect(journal) as connection:
        rows = connection.execute("SELECT question, intent FROM answer ORDER BY id")
        answers = [(str(question), str(intent)) for question, intent in rows]
    connection.close()
    return answers


async def told_answers(
    page: Page, journal: Path
) -> tuple[list[tuple[str, str]], list[str]]:
    """Say yes by button until an answer is in the journal; also what was asked."""
    asked: list[str] = []
    await page.rests()
    await page.press()
    await page.speaks()
    for _ in range(6):
        await page.listens()
        asked.append(page.view["said"])
        await answer_by_button(page, "yes")
        if answers := kept(journal):
            return answers, asked
    raise AssertionError("no answer was kept")


async def test_killed_in_the_middle_of_a_check_in(tmp_path: Path) -> None:
    journal = tmp_path / "state" / "journal.db"
    async with ready_device(tmp_path) as (device, page):
        before, asked = await told_answers(page, journal)
        await page.listens()
        device.process.kill()
        await device.process.wait()
    async with ready_device(tmp_path) as (device, page):
        assert kept(journal) == before
        await page.rests()
        assert "dagboek" not in page.view["notice"]
        await page.press()
        await page.speaks()
        await answer_by_button(page, "yes")
        await page.listens()
        assert kept(journal) == before
        # It goes on where it was: what was told is not asked again.
        assert page.view["said"] not in asked
        assert await device.stop() == 0


@pytest.mark.real
async def test_nothing_that_was_said_is_in_the_log(
    virtual_card: VirtualCard, tmp_path: Path
) -> None:
    """Spoken and heard for real, with every log line there is."""
    store = open_store(tmp_path / "state" / "journal.db", datetime.now(UTC))
    person = make_person(
        "Quirijn Zonneveld", "son", datetime.now(UTC), "kwierijn", "0612345678"
    )
    People(store).add(person)
    store.close()
    voice = EspeakSynthesiser()
    await voice.start()
    words = await voice.render("het gaat goed", 150)
    await voice.close()
    async with ready_device(
        tmp_path,
        virtual_card.environment,
        is_debugged=True,
        device={"sound": "soundcard"},
        person={"name": "Vlinderstruik", "address": "mevrouw"},
        ears={"recogniser": "vosk", "model": OWN_MODEL},
    ) as (device, page):
        said: set[str] = set()
        heard: set[str] = set()
        await page.rests()
        await page.press("family")
        said.add(await page.speaks())
        await page.rests()
        await page.press()
        said.add(await page.speaks())
        await answer_by_button(page, "yes")
        for _ in range(2):
            await page.listens()
            said.add(page.view["said"])
            await speak_into(virtual_card, words)
            await page.until(lambda page: page.view["state"] == "Ik praat")
            heard.add(page.view["heard"])
        await page.listens()
        await speak_into(virtual_card, words)
        async with leaves_nothing(device):
            assert await device.stop() == 0
    log = device.log.lower()
    assert "debug" in log
    secrets = {"vlinderstruik", "quirijn", "zonneveld", "kwierijn", "0612345678"}
    for secret in {*secrets, *(text.lower() for text in said | heard if text)}:
        assert secret not in log
