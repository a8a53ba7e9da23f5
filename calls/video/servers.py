"""Which STUN and TURN servers answer now: aiortc waits long for one that does not."""

import asyncio
import logging
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from aiortc import RTCIceServer

from calls.messages import IceServer

logger = logging.getLogger(__name__)

# Longer than any way around the world and back, twice: a lost question is repeated.
PROBE_S = 1.5
REPEAT_S = 0.4

# Who answers an offer waits no longer for what the probes find.
PATIENCE_S = 0.6

_URL = re.compile(
    r"(?P<kind>stun|turns?):(?P<host>\[[0-9a-fA-F:.]+\]|[^:?\[\]]+)"
    r"(:(?P<port>\d{1,5}))?(\?transport=(?P<transport>udp|tcp))?"
)

# Binding request and its answer; the magic cookie (RFC 8489, 5 and 14).
_REQUEST = b"\x00\x01\x00\x00\x21\x12\xa4\x42"
_ANSWER = b"\x01\x01"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server is."""

    host: str
    port: int
    is_tcp: bool
    is_turn: bool


def place_of(server: IceServer) -> Place | None:
    """Where a server is; None for an address that is none of STUN or TURN."""
    found = _URL.fullmatch(server.url)
    if found is None:
        return None
    kind = found["kind"]
    port = int(found["port"] or (5349 if kind == "turns" else 3478))
    if not 0 < port < 65_536:
        return None
    is_tcp = kind == "turns" or found["transport"] == "tcp"
    return Place(found["host"].strip("[]"), port, is_tcp, kind != "stun")


class _Question(asyncio.DatagramProtocol):
    """Asks one server over UDP for our address (RFC 8489, 2)."""

    def __init__(self) -> None:
        self.id = secrets.token_bytes(12)
        self.answered = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        is_ours = data[:2] == _ANSWER and data[8:20] == self.id
        if is_ours and not self.answered.done():
            self.answered.set_result(None)

    def error_received(self, exc: Exception) -> None:
        if not self.answered.done():
            self.answered.set_exception(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        self.answered.cancel()


async def answers(place: Place) -> bool:
    """Whether the server answers within PROBE_S."""
    try:
        async with asyncio.timeout(PROBE_S):
            if place.is_tcp:
                _, writer = await asyncio.open_connection(place.host, place.port)
                writer.close()
                await writer.wait_closed()
            else:
                await _ask(place)
    except (OSError, UnicodeError):
        # Of them TimeoutError; and a name that is none at all.
        return False
    return True


async def _ask(place: Place) -> None:
    loop = asyncio.get_running_loop()
    transport, question = await loop.create_datagram_endpoint(
        _Question, remote_addr=(place.host, place.port)
    )
    try:
        while not question.answered.done():
            transport.sendto(_REQUEST + question.id)
            await asyncio.wait([question.answered], timeout=REPEAT_S)
        question.answered.result()
    finally:
        transport.close()


class Probes:
    """Asks all servers at once, when it begins to ring; done when it is answered."""

    def __init__(self, servers: Sequence[IceServer]) -> None:
        """Nothing is asked before `run`."""
        self._servers = tuple(servers)
        self._good: list[IceServer] = []
        self._done = asyncio.Event()

    async def run(self) -> None:
        """Ask them all; returns when each has answered or not."""
        try:
            async with asyncio.TaskGroup() as group:
                for server in self._servers:
                    place = place_of(server)
                    if place is not None:
                        group.create_task(self._probe(server, place))
        finally:
            self._done.set()
        if len(self._good) < len(self._servers):
            logger.warning(
                "%d of %d STUN and TURN servers answer",
                len(self._good),
                len(self._servers),
            )

    async def _probe(self, server: IceServer, place: Place) -> None:
        if await answers(place):
            self._good.append(server)

    async def found(self) -> list[RTCIceServer]:
        """Those that answered, the quickest first; waits PATIENCE_S at most."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._done.wait()
        except TimeoutError:
            pass
        return [
            RTCIceServer(
                urls=server.url,
                username=server.username or None,
                credential=server.credential or None,
            )
            for server in self._good
        ]
