"""Which servers answer, and how long that takes."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from calls.messages import IceServer
from calls.video.servers import PATIENCE_S, PROBE_S, Place, Probes, answers, place_of


class StunServer(asyncio.DatagramProtocol):
    """Answers each binding request (RFC 8489), the first ones not."""

    def __init__(self) -> None:
        self.deaf_to = 0
        self.garbage = False
        self.transport: asyncio.DatagramTransport | None = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self.transport is not None
        assert data[:8] == b"\x00\x01\x00\x00\x21\x12\xa4\x42"
        if self.deaf_to > 0:
            self.deaf_to -= 1
        elif self.garbage:
            self.transport.sendto(b"\x01\x01\x00\x00" + bytes(16), addr)
        else:
            self.transport.sendto(b"\x01\x01\x00\x00" + data[4:20], addr)

    @property
    def port(self) -> int:
        assert self.transport is not None
        return int(self.transport.get_extra_info("sockname")[1])


@pytest.fixture
async def stun() -> AsyncIterator[StunServer]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        StunServer, local_addr=("127.0.0.1", 0)
    )
    server.transport = transport
    yield server
    transport.close()


def server(url: str) -> IceServer:
    return IceServer(url, "somebody", "secret")


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("stun:stun.example:3478", Place("stun.example", 3478, False, False)),
        ("stun:stun.example", Place("stun.example", 3478, False, False)),
        ("turn:1.2.3.4:5?transport=udp", Place("1.2.3.4", 5, False, True)),
        ("turn:host?transport=tcp", Place("host", 3478, True, True)),
        ("turns:host", Place("host", 5349, True, True)),
        ("turn:[::1]:99", Place("::1", 99, False, True)),
        ("http://host", None),
        ("turn:host:99999", None),
        ("turn:host:1?transport=sctp", None),
        ("", None),
    ],
)
def test_where_a_server_is(url: str, place: Place | None) -> None:
    assert place_of(server(url)) == place


async def test_one_that_answers_is_good_also_when_a_packet_is_lost(
    stun: StunServer,
) -> None:
    place = Place("127.0.0.1", stun.port, False, True)
    assert await answers(place)
    stun.deaf_to = 1
    assert await answers(place)


async def test_one_that_is_silent_or_tells_rubbish_is_not(
    stun: StunServer, silent_port: int, refusing_port: int
) -> None:
    stun.garbage = True
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    found = await asyncio.gather(
        answers(Place("127.0.0.1", stun.port, False, False)),
        answers(Place("127.0.0.1", silent_port, False, False)),
        answers(Place("127.0.0.1", refusing_port, False, False)),
        answers(Place("127.0.0.1", refusing_port, True, True)),
        answers(Place("\ud800.invalid", 1, False, True)),
    )
    assert not any(found)
    assert loop.time() - began_s < PROBE_S + 2.0


async def test_a_turn_server_over_tcp_answers_by_taking_the_connection() -> None:
    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(take, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    assert await answers(Place("127.0.0.1", port, True, True))
    listening.close()
    await listening.wait_closed()


async def test_only_those_that_answered_are_used_and_nobody_waits_long(
    stun: StunServer, silent_port: int
) -> None:
    good = server(f"turn:127.0.0.1:{stun.port}?transport=udp")
    dead = server(f"turn:127.0.0.1:{silent_port}?transport=udp")
    probes = Probes((dead, good, server("nonsense")))
    running = asyncio.create_task(probes.run())
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    found = await probes.found()
    assert PATIENCE_S - 0.1 < loop.time() - began_s < PATIENCE_S + 0.7
    assert [one.urls for one in found] == [good.url]
    assert (found[0].username, found[0].credential) == ("somebody", "secret")
    await running
    began_s = loop.time()
    assert len(await probes.found()) == 1
    assert loop.time() - began_s < PATIENCE_S / 2


async def test_without_servers_nothing_is_asked_and_nobody_waits() -> None:
    probes = Probes(())
    await probes.run()
    assert await probes.found() == []
