"""STUN and TURN: which answer, and credentials that a real server takes."""

import asyncio
import hashlib
import hmac
import os
import shutil
import socket
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aioice
import pytest
from hypothesis import given
from hypothesis import strategies as some

from calls.hub.errors import HubError
from calls.hub.turn import (
    ANSWERED_WITHIN_S,
    LASTS_S,
    BadServer,
    IceSource,
    answers,
    binding_request,
    credentials,
    is_answer,
    read_secret,
    read_servers,
)
from tests.virtual_time import VirtualLoop
from tests.virtual_time import run as run_virtually

NOW = 1_772_442_000.0


@pytest.mark.parametrize(
    ("url", "host", "port", "is_turn", "over_tcp"),
    [
        ("stun:example.org", "example.org", 3478, False, False),
        ("stun:example.org:19302", "example.org", 19302, False, False),
        ("turn:example.org?transport=udp", "example.org", 3478, True, False),
        ("turn:10.0.0.1:80?transport=tcp", "10.0.0.1", 80, True, True),
        ("turns:example.org", "example.org", 5349, True, True),
        ("turn:[2001:db8::1]:3478", "2001:db8::1", 3478, True, False),
        ("turn:[2001:db8::1]", "2001:db8::1", 3478, True, False),
    ],
)
def test_addresses_of_servers(
    url: str, host: str, port: int, is_turn: bool, over_tcp: bool
) -> None:
    (server,) = read_servers(url)
    found = (server.host, server.port, server.is_turn, server.over_tcp)
    assert found == (host, port, is_turn, over_tcp)
    assert server.url == url


@pytest.mark.parametrize(
    "url",
    [
        "example.org", "http://example.org", "turn:", "turn:example.org:x",
        "turn:example.org:0", "turn:example.org:70000", "turn://example.org",
        "turn:example.org?transport=sctp", "stun:example.org/path",
    ],
)  # fmt: skip
def test_what_is_no_server_is_refused(url: str) -> None:
    with pytest.raises(BadServer):
        read_servers(f"stun:example.org {url}")


def test_no_servers_are_none() -> None:
    assert read_servers("") == read_servers("  ") == ()


def test_credentials_are_those_of_the_draft() -> None:
    name, password = credentials(b"north", "anna", NOW + 0.7)
    assert name == "1772442000:anna"
    expected = hmac.new(b"north", name.encode(), hashlib.sha1).digest()
    assert password == b64encode(expected).decode()


@given(some.binary(max_size=60), some.binary(min_size=12, max_size=12))
def test_only_an_answer_to_our_request_counts(datagram: bytes, ours: bytes) -> None:
    good = b"\x01\x01\x00\x00\x21\x12\xa4\x42" + ours
    assert is_answer(good, ours) and is_answer(good + b"attributes", ours)
    assert not is_answer(binding_request(ours), ours)
    is_ours = datagram[:2] == good[:2] and datagram[4:20] == good[4:]
    assert is_answer(datagram, ours) == is_ours


class Stun(asyncio.DatagramProtocol):
    """Answers binding requests, while it wants to."""

    def __init__(self) -> None:
        self.answers = True
        self.asked = 0
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked += 1
        if self.answers:
            self._transport.sendto(b"\x01\x01\x00\x00" + data[4:20], addr)


@asynccontextmanager
async def stun() -> AsyncIterator[tuple[Stun, int]]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        Stun, local_addr=("127.0.0.1", 0)
    )
    try:
        yield server, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


def test_only_servers_that_answered_within_a_minute_are_handed_out() -> None:
    changes: list[int] = []

    async def story() -> None:
        async with stun() as (server, port):
            servers = read_servers(f"stun:127.0.0.1:{port} turn:127.0.0.1:{port}")
            source = IceSource(
                servers, b"north", lambda: NOW, lambda: changes.append(1)
            )
            assert source.for_user("anna").servers == ()
            await source.probe()
            both = source.for_user("anna")
            assert [each.url for each in both.servers] == [each.url for each in servers]
            assert both.expires == NOW + LASTS_S
            only_stun, relay = both.servers
            assert (only_stun.username, only_stun.credential) == ("", "")
            assert relay.username.startswith(f"{int(NOW + LASTS_S)}:")
            assert "anna" not in relay.username
            server.answers = False
            await asyncio.sleep(ANSWERED_WITHIN_S / 2)
            await source.probe()
            assert len(source.for_user("anna").servers) == 2
            await asyncio.sleep(ANSWERED_WITHIN_S)
            await source.probe()
            assert source.for_user("anna").servers == ()
            assert len(changes) == 2

    run_virtually(story(), VirtualLoop())


def test_without_a_secret_there_is_no_relay() -> None:
    async def story() -> None:
        async with stun() as (_, port):
            servers = read_servers(f"stun:127.0.0.1:{port} turn:127.0.0.1:{port}")
            source = IceSource(servers, b"", lambda: NOW)
            await source.probe()
            (only,) = source.for_user("anna").servers
            assert only.url == f"stun:127.0.0.1:{port}"

    run_virtually(story(), VirtualLoop())


def test_a_server_that_does_not_answer_is_asked_three_times() -> None:
    async def story() -> None:
        async with stun() as (server, port):
            server.answers = False
            (deaf,) = read_servers(f"stun:127.0.0.1:{port}")
            assert not await answers(deaf)
            assert server.asked == 3
        assert asyncio.get_running_loop().time() == pytest.approx(3.0, abs=0.2)

    run_virtually(story(), VirtualLoop())


async def test_a_name_that_nobody_has_does_not_answer() -> None:
    for url in ("stun:nobody.invalid", "turn:nobody.invalid?transport=tcp"):
        (server,) = read_servers(url)
        assert not await answers(server)


def test_a_secret_is_read_without_the_end_of_its_line(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("north\n")
    assert read_secret(str(file)) == b"north"
    assert read_secret("") == b""
    file.write_text("\n")
    for path in (file, tmp_path / "none"):
        with pytest.raises(HubError):
            read_secret(str(path))


# -- a real relay -----------------------------------------------------------------


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def coturn(folder: Path, secret: str) -> AsyncIterator[int]:
    """A real TURN server on this machine; its port."""
    program = shutil.which("turnserver")
    assert program, "turnserver is missing: install the Debian package coturn"
    port = _free_port()
    settings = folder / "turnserver.conf"
    settings.write_text(
        f"listening-port={port}\nlistening-ip=127.0.0.1\nrelay-ip=127.0.0.1\n"
        f"use-auth-secret\nstatic-auth-secret={secret}\nrealm=example.org\n"
        "no-tls\nno-dtls\nno-cli\nallow-loopback-peers\nno-multicast-peers\n"
        f"pidfile={folder}/pid\nuserdb={folder}/users\nlog-file={folder}/log\n"
        "simple-log\n"
    )
    process = await asyncio.create_subprocess_exec(
        program,
        "-c",
        str(settings),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "HOME": str(folder)},
    )
    try:
        yield port
    finally:
        process.terminate()
        async with asyncio.timeout(30):
            await process.wait()


async def _relayed(port: int, name: str, password: str) -> aioice.Connection:
    """An end that is reached through the relay only."""
    end = aioice.Connection(
        ice_controlling=True,
        components=1,
        turn_server=("127.0.0.1", port),
        turn_username=name,
        turn_password=password,
        transport_policy=aioice.TransportPolicy.RELAY,
    )
    await end.gather_candidates()
    return end


@pytest.mark.real
async def test_a_real_relay_takes_our_credentials_and_no_others(
    tmp_path: Path,
) -> None:
    async with coturn(tmp_path, "north") as port:
        servers = read_servers(f"turn:127.0.0.1:{port}?transport=udp")
        source = IceSource(servers, b"north", time.time)
        async with asyncio.timeout(20):
            while not source.for_user("anna").servers:
                await source.probe()
        (server,) = source.for_user("anna").servers
        good = await _relayed(port, server.username, server.credential)
        assert [each.type for each in good.local_candidates] == ["relay"]
        await good.close()
        old = credentials(b"north", "anna", time.time() - 60)
        wrong = credentials(b"south", "anna", time.time() + 60)
        for name, password in (old, wrong):
            refused = await _relayed(port, name, password)
            assert refused.local_candidates == []
            await refused.close()
