"""The bad network that calls are measured on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from benchmarks.measuring.way import Way, Weather, led_over, open_detour, open_way

SDP = """v=0\r
m=audio 9 UDP/TLS/RTP/SAVPF 111\r
c=IN IP4 0.0.0.0\r
a=candidate:1 1 udp 2122260223 fd00::2 6000 typ host\r
a=candidate:2 1 udp 2122260222 127.0.0.1 {port} typ host generation 0\r
a=end-of-candidates\r
a=ice-ufrag:x\r
a=mid:0\r
m=video 9 UDP/TLS/RTP/SAVPF 96\r
a=mid:1\r
"""


class End(asyncio.DatagramProtocol):
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.got: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.got.put_nowait(data)


@asynccontextmanager
async def two_ends(way: Way) -> AsyncIterator[tuple[int, End, int, End]]:
    """Both ends of a way, each with its port."""
    loop = asyncio.get_running_loop()
    found: list[tuple[asyncio.DatagramTransport, End]] = []
    for _ in range(2):
        found.append(
            await loop.create_datagram_endpoint(End, local_addr=("127.0.0.1", 0))
        )
    left, right = (
        int(transport.get_extra_info("sockname")[1]) for transport, _ in found
    )
    way.lead_left(SDP.format(port=left))
    way.lead_right(SDP.format(port=right))
    try:
        yield left, found[0][1], right, found[1][1]
    finally:
        for transport, _ in found:
            transport.close()
        await asyncio.sleep(0)


def test_of_a_description_only_the_way_is_left() -> None:
    end, led = led_over(SDP.format(port=6001), ("0.0.0.0", 7000))
    assert end == ("127.0.0.1", 6001)
    assert led.count("a=candidate") == 1
    assert "a=candidate:2 1 udp 2122260222 127.0.0.1 7000 typ host\r\n" in led
    assert led.index("a=candidate") < led.index("m=video")


def test_without_a_network_it_says_so() -> None:
    with pytest.raises(ValueError, match="is there a network"):
        led_over("v=0\r\nm=audio 9 RTP/AVP 0\r\n", ("0.0.0.0", 7000))


async def test_strangers_are_not_heard() -> None:
    async with open_way() as way, two_ends(way) as (left, _, right, far):
        way.left.datagram_received(b"no", ("127.0.0.1", right))
        way.left.datagram_received(b"yes", ("127.0.0.1", left))
        async with asyncio.timeout(5):
            assert await far.got.get() == b"yes"


async def test_nothing_arrives_while_it_is_out() -> None:
    async with open_way() as way, two_ends(way) as (left, near, right, far):
        way.weather = Weather(is_out=True)
        way.left.datagram_received(b"lost", ("127.0.0.1", left))
        way.weather = Weather()
        way.left.datagram_received(b"there", ("127.0.0.1", left))
        way.right.datagram_received(b"back", ("127.0.0.1", right))
        async with asyncio.timeout(5):
            assert await far.got.get() == b"there"
            assert await near.got.get() == b"back"


async def arrived(seed: int) -> list[bytes]:
    """What of 200 packets arrives where a fifth is lost."""
    async with open_way(seed) as way, two_ends(way) as (left, _, _, far):
        way.weather = Weather(loss=0.2)
        for number in range(200):
            way.left.datagram_received(b"%d" % number, ("127.0.0.1", left))
        way.weather = Weather()
        way.left.datagram_received(b"end", ("127.0.0.1", left))
        found: list[bytes] = []
        async with asyncio.timeout(5):
            while b"end" not in found:
                found.append(await far.got.get())
        return found


async def test_what_is_lost_comes_from_the_seed() -> None:
    first = await arrived(1)
    assert await arrived(1) == first
    assert await arrived(2) != first
    assert 140 < len(first) < 180


class Echo(asyncio.DatagramProtocol):
    """Sends back what comes."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._transport.sendto(data, addr)


async def test_a_server_further_away_answers_each_who_asks() -> None:
    loop = asyncio.get_running_loop()
    server, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    port = int(server.get_extra_info("sockname")[1])
    asking: list[tuple[asyncio.DatagramTransport, End]] = []
    async with open_detour(port, 0.03) as further:
        began_s = loop.time()
        for name in (b"one", b"two"):
            asking.append(
                await loop.create_datagram_endpoint(
                    End, remote_addr=("127.0.0.1", further)
                )
            )
            asking[-1][0].sendto(name)
        async with asyncio.timeout(5):
            assert [await end.got.get() for _, end in asking] == [b"one", b"two"]
        assert loop.time() - began_s >= 0.06
    for transport, _ in asking:
        transport.close()
    server.close()
    await asyncio.sleep(0)
