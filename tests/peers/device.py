"""`praatpaal run` in a process of its own, watched through the simulator's page."""

import asyncio
import itertools
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from hardware.screen import View
from tests.noon import zone_at
from voice.audio import RATE_HZ
from voice.files import write_wav

# Far above what is promised (8 s and 2 s), for a machine that is busy.
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 15.0
SHOWN_WITHIN_S = 60.0

READY = "Praatpaal is klaar"
NOTHING_SHOWN: dict[str, Any] = asdict(View())

# Begins nothing of its own at whatever time this runs, since it is about noon where
# the person lives (`write_settings`); the first press offers the check-in.
SETTINGS: dict[str, dict[str, Any]] = {
    "device": {"panel": "browser", "screen": "browser", "sound": "files"},
    "checkin": {"at": "23:59", "first_press_from": "00:00"},
    "quiet": {"starts": "00:00", "ends": "00:00"},
    "ears": {"recogniser": "vosk", "patience_s": 3.0},
    "mouth": {"engine": "espeak", "rate_wpm": 180},
    "hub": {"port": 0},
}
# As `praatpaal`, with every log line that there is.
DEBUGGED = """\
import logging, sys
logging.basicConfig(level=logging.DEBUG)
from companion.cli import main
sys.exit(main())
"""


# Each test process begins somewhere else, and gives no port out twice: devices
# that are started together have not opened theirs yet when the next is chosen.
_PORTS = itertools.islice(
    itertools.cycle(range(20000, 32000)), (97 * os.getpid()) % 12000, None
)


def free_port() -> int:
    """A free port below those that outgoing connections take."""
    for port in itertools.islice(_PORTS, 12000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")


class Page:
    """What a page of the simulator shows and does, without a browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.view: dict[str, Any] = NOTHING_SHOWN
        self.light: tuple[int, int, int] = (0, 0, 0)

    async def press(self, button: str = "talk") -> None:
        """Push a button down and let it up."""
        for kind in ("press", "release"):
            await self._socket.send_str(json.dumps({"type": kind, "button": button}))

    async def until(
        self, is_so: Callable[["Page"], object], within_s: float = SHOWN_WITHIN_S
    ) -> None:
        """Follow screen and light until they show this."""
        try:
            async with asyncio.timeout(within_s):
                while not is_so(self):
                    await self._follow()
        except TimeoutError:
            raise AssertionError(f"it stays at {self.view}, {self.light}") from None

    async def _follow(self) -> None:
        message = await self._socket.receive()
        assert message.type is aiohttp.WSMsgType.TEXT, "the page was closed"
        fields = json.loads(message.data)
        if fields["type"] == "view":
            self.view = {**NOTHING_SHOWN, **fields["view"]}
        elif fields["type"] == "light":
            red, green, blue = fields["colour"]
            self.light = (red, green, blue)

    async def speaks(self) -> str:
        """Wait until it says something; returns what."""
        await self.until(lambda page: page.view["state"] == "Ik praat")
        return str(self.view["said"])

    async def says(self, word: str) -> str:
        """Wait until it says a sentence with this in it; returns what."""
        await self.until(
            lambda page: page.view["state"] == "Ik praat" and word in page.view["said"]
        )
        return str(self.view["said"])

    async def listens(self) -> None:
        """Wait until the microphone is open."""
        await self.until(lambda page: page.view["state"] == "Ik luister")

    async def rests(self) -> None:
        """Wait until nobody talks."""
        await self.until(lambda page: page.view["clock"] and not page.view["state"])

    async def complains(self, word: str) -> None:
        """Wait until the notice has this in it."""
        await self.until(lambda page: word in page.view["notice"])

    async def shows_fault(self) -> None:
        """Wait until the light shows a fault: amber, which has no blue in it."""
        await self.until(
            lambda page: page.light[0] > page.light[1] > 0 == page.light[2]
        )


class RunningDevice:
    """A device that was started, and that may be ready or not.

    Attributes:
        process: The command.
        log: What it printed so far.
        url: Where its page is.
    """

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.log = ""
        self.url = f"http://127.0.0.1:{port}"
        self._has_news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        while line := await self.process.stderr.readline():
            self.log += line.decode()
            self._has_news.set()
        self._has_news.set()

    async def logs(self, words: str, within_s: float = READY_WITHIN_S) -> None:
        """Wait until this is in its log."""
        async with asyncio.timeout(within_s):
            while words not in self.log:
                assert not self._reading.done(), f"it ended early:\n{self.log}"
                self._has_news.clear()
                await self._has_news.wait()

    @asynccontextmanager
    async def page(self) -> AsyncIterator[Page]:
        """Open its page."""
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{self.url}/device", origin=self.url) as connection,
        ):
            yield Page(connection)

    async def ends(self) -> int:
        """Wait for its end, in time; returns the exit status."""
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                status = await self.process.wait()
        except TimeoutError:
            raise AssertionError(f"it does not end:\n{self.log}") from None
        await self._reading
        return status

    async def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; returns the exit status."""
        self.process.send_signal(number)
        return await self.ends()

    def children(self) -> set[int]:
        """Processes that it started."""
        pid = self.process.pid
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return {int(child) for child in listed.split()}

    async def leave(self) -> None:
        """Let nothing run on, whatever the test did."""
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        await self._reading


def write_settings(folder: Path, port: int, changes: Mapping[str, Any]) -> Path:
    """Write a file of settings: SETTINGS with these, section by section."""
    silence = folder / "silence.wav"
    write_wav(silence, np.zeros(RATE_HZ // 10, np.int16))
    lines: list[str] = []
    for section in sorted({*SETTINGS, *changes}):
        values = {**SETTINGS.get(section, {}), **changes.get(section, {})}
        if section == "device":
            values.setdefault("microphone_file", str(silence))
            values.setdefault("time_zone", zone_at(12))
            values["simulator_port"] = port
        lines.append(f"[{section}]")
        lines += [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    file = folder / "praatpaal.toml"
    file.write_text("\n".join(lines) + "\n")
    return file


@asynccontextmanager
async def started_device(
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    port: int | None = None,
    is_debugged: bool = False,
    **changes: Mapping[str, Any],
) -> AsyncIterator[RunningDevice]:
    """Start the device, ready or not.

    Args:
        folder: Where its settings and its state go.
        environment: Added to that of this process.
        port: Of its page; None for a free one.
        is_debugged: Whether it logs all it can.
        changes: Settings that differ from SETTINGS, by section.
    """
    port = free_port() if port is None else port
    file = write_settings(folder, port, changes)
    module = ("-c", DEBUGGED) if is_debugged else ("-m", "companion.cli")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *module, "--settings", str(file), "run"),
        env={
            **os.environ,
            "PRAATPAAL_STATE": str(folder / "state"),
            **(environment or {}),
        },
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    device = RunningDevice(process, port)
    try:
        yield device
    finally:
        await device.leave()


@asynccontextmanager
async def ready_device(
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    port: int | None = None,
    is_debugged: bool = False,
    **changes: Mapping[str, Any],
) -> AsyncIterator[tuple[RunningDevice, Page]]:
    """Start the device, wait until it is ready, and open its page."""
    async with started_device(
        folder, environment, port=port, is_debugged=is_debugged, **changes
    ) as device:
        await device.logs(READY)
        async with device.page() as page:
            yield device, page
