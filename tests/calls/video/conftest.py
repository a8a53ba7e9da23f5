"""What the tests of video calls share: a phone, its hub, and the other end."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import aioice.ice
import av
import pytest

from calls.call import Call
from calls.video.phone import VideoPhone
from calls.video.talking import Camera
from calls.video.watching import Patience
from hardware.cameras import TestCamera
from tests.calls.video.far_end import ANNA, FarEnd, PaperHub, PaperLine, Watched


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls stay on this machine, also where it has another network or none."""

    def loopback(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(aioice.ice, "get_host_addresses", loopback)


def _nobody_watches(address: str) -> None:
    raise AssertionError("nobody watches the addresses")


@dataclass
class Bench:
    """A device that can call, and be called."""

    hub: PaperHub = field(default_factory=PaperHub)
    line: PaperLine = field(default_factory=PaperLine)
    pictures: list[av.VideoFrame] = field(default_factory=list)
    times_hidden: int = 0
    camera: Camera | None = None
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        self.phone = VideoPhone(
            self.hub,
            self.line.open,
            camera=self.camera,
            show=self._show,
            patience=self.patience,
            watch=self._watch_addresses,
        )
        self.lose_address: Callable[[str], None] = _nobody_watches
        self.watching: list[asyncio.Task[None]] = []
        self.far_ends: list[FarEnd] = []

    @contextmanager
    def _watch_addresses(self, lost: Callable[[str], None]) -> Iterator[None]:
        self.lose_address = lost
        try:
            yield
        finally:
            self.lose_address = _nobody_watches

    def _show(self, picture: av.VideoFrame | None) -> None:
        if picture is None:
            self.times_hidden += 1
        else:
            self.pictures.append(picture)

    def far_end(
        self,
        *,
        answers: bool = True,
        codec: str = "",
        video: str = "sendrecv",
        reconnects: bool = True,
    ) -> FarEnd:
        """A page; it is closed together with the phone."""
        far = FarEnd(
            self.hub, answers=answers, codec=codec, video=video, reconnects=reconnects
        )
        self.far_ends.append(far)
        return far

    def call(self, *, seconds: int = 30, camera: bool = False) -> tuple[Call, Watched]:
        call = self.phone.call(ANNA, seconds, camera=camera)
        return call, self.watch(call)

    def watch(self, call: Call) -> Watched:
        watched = Watched()
        self.watching.append(asyncio.create_task(watched.watch(call.changes())))
        return watched

    async def told(self) -> None:
        """Until those who watch an ended call know all of it."""
        await asyncio.gather(*self.watching)
        self.watching.clear()

    async def close(self) -> None:
        await self.phone.close()
        for far in self.far_ends:
            await far.close()
        for task in self.watching:
            task.cancel()
        if self.watching:
            await asyncio.wait(self.watching)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.phone.open()
    yield bench
    await bench.close()


@pytest.fixture
async def filming() -> AsyncIterator[Bench]:
    """With a camera."""
    bench = Bench(camera=TestCamera(width=640, height=360, rate=20))
    await bench.phone.open()
    yield bench
    await bench.close()


@pytest.fixture
def far(bench: Bench) -> FarEnd:
    """A page that answers at once."""
    return bench.far_end()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port of this machine where somebody listens, and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        yield int(one.getsockname()[1])


@pytest.fixture
def refusing_port() -> int:
    """A port of this machine where nobody is."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
