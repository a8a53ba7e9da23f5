"""Start, stop, and what a killed device or a killed part leaves behind."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.sound.run_device import RunningDevice, ready_device, started_device

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def shared_memory() -> set[str]:
    """What is in shared memory; a browser of somebody else comes and goes."""
    return {name for name in os.listdir("/dev/shm") if "chromium" not in name}


@asynccontextmanager
async def leaves_nothing(device: RunningDevice) -> AsyncIterator[None]:
    """Asserts that no process and no shared memory stays behind."""
    shared = shared_memory()
    children = device.children()
    yield
    left = children & {int(name) for name in os.listdir("/proc") if name.isdigit()}
    assert not left, f"processes stay behind: {left}"
    assert shared_memory() <= shared


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
