"""What systemd is told, over a real notify socket."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from companion.systemd import ServiceManager
from tests.virtual_time import VirtualLoop, run

BEAT_S = 15.0


class Systemd:
    """The other end of the notify socket."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address.replace("@", "\0", 1))
        self.socket.setblocking(False)
        self.environ = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"}

    def heard(self) -> list[str]:
        """All that arrived since the last time."""
        found = []
        while True:
            try:
                found.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return found


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    path = str(tmp_path / "notify")
    it = Systemd(path if request.param == "path" else f"@praatpaal-{path[-60:]}")
    yield it
    it.socket.close()


def test_the_start_and_the_end_are_told(systemd: Systemd) -> None:
    manager = ServiceManager(systemd.environ)

    manager.ready()
    manager.status("alles werkt")
    manager.stopping()

    assert systemd.heard() == ["READY=1", "STATUS=alles werkt", "STOPPING=1"]


def test_a_hang_stops_the_pings(systemd: Systemd) -> None:
    is_alive = [True]

    async def story() -> None:
        manager = ServiceManager(systemd.environ)
        beating = asyncio.ensure_future(manager.keep_alive(lambda: is_alive[0]))
        await asyncio.sleep(2.5 * BEAT_S)
        assert systemd.heard() == ["WATCHDOG=1"] * 3
        is_alive[0] = False
        await asyncio.sleep(10 * BEAT_S)
        assert systemd.heard() == []
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)

    run(story(), VirtualLoop())


async def test_without_systemd_nothing_is_sent() -> None:
    manager = ServiceManager({})

    manager.ready()
    async with asyncio.timeout(30):
        await manager.keep_alive(lambda: True)


def test_a_socket_that_is_gone_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()

    assert "systemd could not be told" in caplog.text
