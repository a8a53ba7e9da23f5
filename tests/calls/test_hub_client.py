"""The device's end of the hub, against hubs that behave in many ways."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import WSMsgType, web
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as some

from calls.hub_client import (
    Connected,
    EnrolmentRefused,
    HubClient,
    HubStanding,
    HubUnreachable,
    NotInvited,
    Offline,
    TooManyTries,
    TurnedAway,
    WrongCode,
    enrol,
    hub_url,
    retry_after_s,
    socket_url,
)
from calls.keys import DeviceKey, verify
from calls.messages import (
    Ack,
    Acknowledged,
    AlarmOver,
    Challenge,
    IceServer,
    IceServers,
    Invite,
    Invited,
    Member,
    Members,
    Proof,
    Refused,
    Role,
    Welcome,
    read,
)
from calls.wire import VERSION, Message, write
from tests.virtual_time import VirtualLoop
from tests.virtual_time import run as run_virtually

NOW = 1_772_442_000.0
KEY = DeviceKey(ec.generate_private_key(ec.SECP256R1()))

Talk = Callable[[web.WebSocketResponse], Awaitable[None]]


class Hub:
    """A hub of which the test writes what it says; counts who connects."""

    def __init__(self, talk: Talk) -> None:
        self.url = ""
        self.connected_s: list[float] = []
        self.proofs: list[Proof] = []
        self._talk = talk

    async def device(self, request: web.Request) -> web.WebSocketResponse:
        """GET /api/device."""
        socket = web.WebSocketResponse(timeout=0.1)
        await socket.prepare(request)
        self.connected_s.append(asyncio.get_running_loop().time())
        await self._talk(socket)
        await socket.close()
        return socket


async def welcome(socket: web.WebSocketResponse, now: float = NOW) -> None:
    """Let the device in, if it proves to be it."""
    await socket.send_str(write(Challenge("nonce")))
    proof = read((await socket.receive()).data)
    assert isinstance(proof, Proof)
    assert verify(KEY.public, proof.signature, "nonce", "d1", VERSION)
    await socket.send_str(write(Welcome(VERSION, now)))


async def listen(socket: web.WebSocketResponse) -> AsyncIterator[Message]:
    """What the device says, acked."""
    async for frame in socket:
        assert frame.type is WSMsgType.TEXT
        message = read(frame.data)
        if not isinstance(message, Ack):
            await socket.send_str(write(Ack(getattr(message, "id", ""))))
        yield message


@asynccontextmanager
async def hub(talk: Talk) -> AsyncIterator[Hub]:
    running = Hub(talk)
    app = web.Application()
    app.router.add_get("/api/device", running.device)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    running.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield running
    finally:
        await runner.cleanup()


@asynccontextmanager
async def client_of(url: str, now: float = NOW) -> AsyncIterator[HubClient]:
    """A device that runs for as long as this lasts."""
    client = HubClient(url, "d1", KEY, now=lambda: now, rng=random.Random(2))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(client.run())
        try:
            yield client
        finally:
            running.cancel()


async def until(client: HubClient, is_it: Callable[[HubStanding], bool]) -> HubStanding:
    """Wait until it stands so."""
    changed = asyncio.Event()
    stop = client.on_standing(lambda _: changed.set())
    try:
        async with asyncio.timeout(120):
            while not is_it(client.standing):
                changed.clear()
                await changed.wait()
    finally:
        stop()
    return client.standing


def virtually(story: Coroutine[Any, Any, None]) -> None:
    run_virtually(story, VirtualLoop())


# -- connecting -------------------------------------------------------------------


async def stay(socket: web.WebSocketResponse) -> None:
    """Let it in, and listen for ever."""
    await welcome(socket)
    async for _ in listen(socket):
        pass


def test_it_proves_who_it_is_and_is_connected() -> None:
    async def story() -> None:
        async with hub(stay) as there, client_of(there.url) as client:
            assert client.standing == Offline(NOW, "not_yet")
            standing = await until(client, lambda it: isinstance(it, Connected))
            assert standing == Connected(NOW, 0.0) and client.is_connected
        assert client.standing == Offline(NOW, "not_yet")

    virtually(story())


@pytest.mark.parametrize("years", [-50, -1, 20])
def test_a_wrong_clock_keeps_nobody_out(years: int) -> None:
    ours = NOW + years * 365 * 86_400

    async def talk(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        server = IceServer("turn:example.org", "u", "p")
        await socket.send_str(write(IceServers((server,), NOW + 3_600)))
        async for _ in listen(socket):
            pass

    async def story() -> None:
        came = asyncio.Event()
        async with hub(talk) as there, client_of(there.url, ours) as client:
            client.on_message(lambda _: came.set())
            standing = await until(client, lambda it: isinstance(it, Connected))
            assert isinstance(standing, Connected)
            assert standing.ahead_s == NOW - ours
            await came.wait()
            # Good by the clock of who made them.
            assert len(client.ice.servers) == 1

    virtually(story())


@pytest.mark.parametrize("years", [-30, 30])
def test_a_clock_that_is_set_right_changes_no_servers(years: int) -> None:
    """A device without a battery for its clock learns the time once it is online."""
    clock, steady = NOW, 1_000.0

    async def talk(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        server = IceServer("turn:example.org", "u", "p")
        await socket.send_str(write(IceServers((server,), NOW + 3_600)))
        async for _ in listen(socket):
            pass

    async def story() -> None:
        nonlocal clock, steady
        came = asyncio.Event()
        async with hub(talk) as there:
            client = HubClient(
                there.url, "d1", KEY, now=lambda: clock, monotonic=lambda: steady
            )
            client.on_message(lambda _: came.set())
            running = asyncio.create_task(client.run())
            await came.wait()
            clock += years * 365 * 86_400
            assert client.ice.expires == NOW + 3_600
            steady += 3_599
            assert client.ice.expires == NOW + 3_600
            steady += 1
            assert not client.ice.servers
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    virtually(story())


def test_servers_that_ran_out_are_none() -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        server = IceServer("turn:example.org", "u", "p")
        await socket.send_str(write(IceServers((server,), NOW - 1)))
        async for _ in listen(socket):
            pass

    async def story() -> None:
        came = asyncio.Event()
        async with hub(talk) as there, client_of(there.url) as client:
            client.on_message(lambda _: came.set())
            await came.wait()
            assert client.ice.servers == ()

    virtually(story())


@pytest.mark.parametrize("reason", ["signature", "unknown_device", "version"])
def test_a_hub_that_refuses_says_why_and_is_tried_again(reason: str) -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await socket.send_str(write(Challenge("nonce")))
        await socket.receive()
        await socket.send_str(write(Refused(reason)))

    async def story() -> None:
        async with hub(talk) as there, client_of(there.url) as client:
            standing = await until(client, lambda it: isinstance(it, TurnedAway))
            assert standing == TurnedAway(reason)
            await asyncio.sleep(300)
            # From half a second to half a minute apart.
            assert 8 <= len(there.connected_s) <= 25

    virtually(story())


def test_a_device_that_is_removed_while_it_is_connected_knows_it() -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        await socket.send_str(write(Refused("removed")))

    async def story() -> None:
        async with hub(talk) as there, client_of(there.url) as client:
            standing = await until(client, lambda it: isinstance(it, TurnedAway))
            assert standing == TurnedAway("removed")

    virtually(story())


async def mumble(socket: web.WebSocketResponse) -> None:
    await socket.send_str("hello")


async def hang_up(socket: web.WebSocketResponse) -> None:
    await socket.close()


async def greet_wrongly(socket: web.WebSocketResponse) -> None:
    await socket.send_str(write(Welcome(VERSION, NOW)))


@pytest.mark.parametrize("talk", [mumble, hang_up, greet_wrongly])
def test_what_is_no_hub_is_said_to_be_none(talk: Talk) -> None:
    async def story() -> None:
        async with hub(talk) as there, client_of(there.url) as client:
            standing = await until(
                client, lambda it: isinstance(it, Offline) and it.reason != "not_yet"
            )
            assert standing == Offline(NOW, "no_hub")

    virtually(story())


def test_no_hub_at_all_is_the_network_and_the_first_time_counts() -> None:
    async def story() -> None:
        async with hub(stay) as gone:
            url = gone.url
        async with client_of(url) as client:
            standing = await until(
                client, lambda it: isinstance(it, Offline) and it.reason != "not_yet"
            )
            assert standing == Offline(NOW, "network")

    virtually(story())


def test_a_hub_that_says_nothing_is_given_up_within_ten_seconds() -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await asyncio.sleep(3_600)

    async def story() -> None:
        async with hub(talk) as there, client_of(there.url) as client:
            await until(
                client, lambda it: isinstance(it, Offline) and it.reason == "network"
            )
            assert asyncio.get_running_loop().time() == pytest.approx(8.5, abs=1.6)

    virtually(story())


def test_a_connection_that_went_silent_is_known_within_ten_seconds() -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        # Nobody reads: no ping is answered any more, as behind a cable that is out.
        await asyncio.sleep(3_600)

    async def story() -> None:
        loop = asyncio.get_running_loop()
        async with hub(talk) as there, client_of(there.url) as client:
            await until(client, lambda it: isinstance(it, Connected))
            began_s = loop.time()
            await until(client, lambda it: isinstance(it, Offline))
            assert 2.5 <= loop.time() - began_s <= 10.0

    virtually(story())


def test_it_comes_back_for_ever() -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        await asyncio.sleep(30)

    async def story() -> None:
        async with hub(talk) as there, client_of(there.url):
            await asyncio.sleep(3_600)
            # Each was a good one for a while, so each time it is soon back.
            assert len(there.connected_s) > 90

    virtually(story())


def test_who_is_in_a_hurry_does_not_wait_for_the_next_try() -> None:
    async def story() -> None:
        async with hub(hang_up) as there, client_of(there.url) as client:
            await asyncio.sleep(200)
            count = len(there.connected_s)
            client.send(AlarmOver("i", "a"))
            await asyncio.sleep(1)
            assert len(there.connected_s) == count + 1

    virtually(story())


@given(tries=some.integers(0, 10_000), chance=some.floats(0, 1))
def test_the_wait_grows_and_has_an_end(tries: int, chance: float) -> None:
    wait_s = retry_after_s(tries, chance)
    assert 0.25 <= wait_s <= 30
    assert wait_s <= retry_after_s(tries + 1, 1.0)
    assert tries < 7 or wait_s >= 15


# -- messages ---------------------------------------------------------------------


def test_what_is_sent_while_offline_arrives_after_all() -> None:
    heard: list[Message] = []

    async def talk(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        async for message in listen(socket):
            heard.append(message)

    async def story() -> None:
        async with hub(talk) as there:
            client = HubClient(there.url, "d1", KEY, now=lambda: NOW)
            delivering = asyncio.create_task(client.deliver(AlarmOver("i", "a")))
            await asyncio.sleep(5)
            running = asyncio.create_task(client.run())
            assert await delivering
            assert heard == [AlarmOver("i", "a")]
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    virtually(story())


def test_members_are_kept_and_each_message_is_told_once() -> None:
    anna = Member("m1", "Anna", Role.FAMILY, True, True, True, False)
    took = Acknowledged("took-a", "a", "m1")

    async def talk(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        await socket.send_str(write(Members((anna,))))
        for _ in range(3):
            await socket.send_str(write(took))
        async for _ in listen(socket):
            pass

    async def story() -> None:
        told: list[Message] = []
        async with hub(talk) as there, client_of(there.url) as client:
            stop = client.on_message(told.append)

            def fail(_: Message) -> None:
                raise ValueError("a listener that is broken")

            client.on_message(fail)
            await asyncio.sleep(5)
            assert told == [Members((anna,)), took]
            assert client.members == (anna,)
            stop()
            assert client.is_connected

    virtually(story())


INVITE = Invite("i1", "m1", "Anna", Role.FAMILY, "", "nl")


def test_an_invitation_is_asked_for() -> None:
    async def talk(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        async for message in listen(socket):
            assert message == INVITE
            invited = Invited("i1", "m1", "https://hub.example.org/join#t", NOW + 60)
            await socket.send_str(write(invited))

    async def story() -> None:
        async with hub(talk) as there, client_of(there.url) as client:
            assert (await client.request(INVITE)).url.endswith("/join#t")

    virtually(story())


def test_an_invitation_that_does_not_come_is_given_up() -> None:
    async def story() -> None:
        async with hub(stay) as there, client_of(there.url) as client:
            with pytest.raises(NotInvited):
                await client.request(INVITE)
            assert asyncio.get_running_loop().time() == pytest.approx(20, abs=1)

    virtually(story())


# -- addresses and enrolment ------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "socket"),
    [
        ("https://hub.example.org", "wss://hub.example.org/api/device"),
        ("https://hub.example.org/", "wss://hub.example.org/api/device"),
        ("http://localhost:8138", "ws://localhost:8138/api/device"),
        ("http://127.0.0.1:8138", "ws://127.0.0.1:8138/api/device"),
    ],
)
def test_where_the_socket_is(url: str, socket: str) -> None:
    assert socket_url(url) == socket


@pytest.mark.parametrize(
    "url",
    ["http://hub.example.org", "hub.example.org", "", "ftp://localhost", "https:"],
)
def test_without_tls_only_this_machine_is_asked(url: str) -> None:
    with pytest.raises(ValueError):
        hub_url(url)


async def enrol_at(status: int, body: str) -> str:
    async def devices(request: web.Request) -> web.Response:
        asked = await request.json()
        assert asked == {"code": "code", "key": KEY.public, "name": "Mevrouw Test"}
        return web.Response(status=status, text=body, content_type="application/json")

    app = web.Application()
    app.router.add_post("/api/devices", devices)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return await enrol(url, "code", KEY, "Mevrouw Test")
    finally:
        await runner.cleanup()


async def test_a_device_enrols() -> None:
    assert await enrol_at(201, '{"device": "d1"}') == "d1"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, '{"error": "wrong_code"}', WrongCode),
        (410, '{"error": "used_code"}', WrongCode),
        (410, '{"error": "expired_code"}', WrongCode),
        (429, '{"error": "too_many"}', TooManyTries),
        (409, '{"error": "known_key"}', EnrolmentRefused),
        (503, '{"error": "store"}', HubUnreachable),
        (200, "<html>", HubUnreachable),
        (200, "[]", HubUnreachable),
        (201, '{"device": 7}', HubUnreachable),
    ],
)
async def test_an_enrolment_that_fails_says_why(
    status: int, body: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await enrol_at(status, body)


async def test_enrolling_where_nobody_is() -> None:
    async with hub(stay) as gone:
        url = gone.url
    with pytest.raises(HubUnreachable):
        await enrol(url, "code", KEY, "Mevrouw Test")
    with pytest.raises(ValueError):
        await enrol("http://hub.example.org", "code", KEY, "Mevrouw Test")
