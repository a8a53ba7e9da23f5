"""A bad network between two programs on this machine: loss, delay, outage.

Each end is told that the other one is where this listens; so nothing gets past it.
"""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad it is, the same both ways.

    Attributes:
        loss: Share of packets that never arrive, 0 to 1.
        delay_s: How long the others take; a round trip is twice that.
        is_out: Whether nothing arrives at all.
    """

    loss: float = 0.0
    delay_s: float = 0.0
    is_out: bool = False


class _Side(asyncio.DatagramProtocol):
    """What one end sends to, and gets everything from.

    Attributes:
        address: Where this is.
        end: Where the end is; only from there something is taken.
        other: The other side; None: it is not there yet.
    """

    def __init__(self, way: "Way", seed: int) -> None:
        self.address: Address = ("", 0)
        self.end: Address | None = None
        self.other: _Side | None = None
        self._way = way
        self._dice = random.Random(seed)
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self) -> None:
        """Listen on a free port of every network."""
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=("0.0.0.0", 0)
        )
        self.address = self._transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: Address) -> None:
        weather = self._way.weather
        # Drawn for each packet, so that an outage changes nothing of the rest.
        is_lost = self._dice.random() < weather.loss
        if addr[:2] != self.end or is_lost or weather.is_out or self.other is None:
            return
        asyncio.get_running_loop().call_later(weather.delay_s, self.other.deliver, data)

    def deliver(self, data: bytes) -> None:
        """Give a packet to the end of this side."""
        if self._transport is not None and self.end is not None:
            self._transport.sendto(data, self.end)

    def close(self) -> None:
        """Let nothing through any more."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None


class Way:
    """Two sides with the weather between them.

    Attributes:
        weather: Now; may be changed at any time.
        left, right: Where the one end and the other one send to.
    """

    def __init__(self, seed: int) -> None:
        self.weather = Weather()
        self.left = _Side(self, 2 * seed)
        self.right = _Side(self, 2 * seed + 1)
        self.left.other, self.right.other = self.right, self.left

    def lead_left(self, sdp: str) -> str:
        """The left end's description, for the right end: it is reached over this."""
        self.left.end, led = led_over(sdp, self.right.address)
        return led

    def lead_right(self, sdp: str) -> str:
        """The right end's description, for the left one."""
        self.right.end, led = led_over(sdp, self.left.address)
        return led


@asynccontextmanager
async def open_way(seed: int = 7) -> AsyncIterator[Way]:
    """A way with clear weather; who is lost is drawn from the seed."""
    way = Way(seed)
    try:
        await way.left.open()
        await way.right.open()
        yield way
    finally:
        way.left.close()
        way.right.close()
        # Its sockets are closed by the loop, one step later.
        await asyncio.sleep(0)


_CANDIDATE = re.compile(
    r"a=candidate:(\S+) 1 udp (\d+) (\d+\.\d+\.\d+\.\d+) (\d+) typ host.*\r\n",
    re.IGNORECASE,
)


def led_over(sdp: str, port_at: Address) -> tuple[Address, str]:
    """A description whose only candidate is another place (pure).

    Args:
        sdp: With at least one host candidate over IPv4 and UDP.
        port_at: The port of that place; it is reached by the candidate's own address.

    Returns:
        Where the end really is, and the description that hides it.

    Raises:
        ValueError: If it has no such candidate.
    """
    found = _CANDIDATE.search(sdp)
    if found is None:
        raise ValueError("no candidate over IPv4 and UDP: is there a network?")
    name, priority, host, port = found.groups()
    place = f"a=candidate:{name} 1 udp {priority} {host} {port_at[1]} typ host\r\n"
    lines = sdp.splitlines(keepends=True)
    rest = [line for line in lines if not line.startswith(("a=candidate", "a=end-of"))]
    # In the first part, which is all that there is with MAX_BUNDLE.
    first = next(n for n, line in enumerate(rest) if line.startswith("a=ice-ufrag"))
    rest.insert(first, place)
    return (host, int(port)), "".join(rest)


class _Detour(asyncio.DatagramProtocol):
    """Between a server and all who ask it, each over a port of its own."""

    def __init__(self, server: Address, delay_s: float) -> None:
        self._server = server
        self._delay_s = delay_s
        self._here: asyncio.DatagramTransport | None = None
        self._there: dict[Address, asyncio.DatagramTransport] = {}
        self._opening: dict[Address, asyncio.Task[None]] = {}
        self._early: dict[Address, list[bytes]] = {}

    async def open(self) -> int:
        """Listen; returns on which port of 127.0.0.1."""
        loop = asyncio.get_running_loop()
        self._here, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0)
        )
        return int(self._here.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: Address) -> None:
        loop = asyncio.get_running_loop()
        if addr not in self._opening:
            self._early[addr] = []
            self._opening[addr] = loop.create_task(self._reach(addr))
        loop.call_later(self._delay_s, self._hand_on, data, addr)

    def _hand_on(self, data: bytes, addr: Address) -> None:
        there = self._there.get(addr)
        if there is None:
            self._early[addr].append(data)
        else:
            there.sendto(data)

    async def _reach(self, addr: Address) -> None:
        loop = asyncio.get_running_loop()
        self._there[addr], _ = await loop.create_datagram_endpoint(
            lambda: _Back(self, addr), remote_addr=self._server
        )
        for data in self._early.pop(addr):
            self._there[addr].sendto(data)

    def come_back(self, data: bytes, addr: Address) -> None:
        """What the server answers."""
        if self._here is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(self._delay_s, self._here.sendto, data, addr)

    async def close(self) -> None:
        await asyncio.gather(*self._opening.values())
        for transport in (self._here, *self._there.values()):
            if transport is not None:
                transport.close()
        self._here = None
        await asyncio.sleep(0)


class _Back(asyncio.DatagramProtocol):
    """The way back to one of those who ask."""

    def __init__(self, detour: _Detour, addr: Address) -> None:
        self._detour = detour
        self._addr = addr

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._detour.come_back(data, self._addr)


@asynccontextmanager
async def open_detour(port: int, delay_s: float) -> AsyncIterator[int]:
    """A server of this machine, further away: a round trip takes twice the delay.

    Args:
        port: Of 127.0.0.1, over UDP, where it really is.
        delay_s: One way.
    """
    detour = _Detour(("127.0.0.1", port), delay_s)
    try:
        yield await detour.open()
    finally:
        await detour.close()
