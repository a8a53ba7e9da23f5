"""Whatever devices and pages send: no error of the hub, no room beyond its limits."""

import asyncio
import json
import logging
import random
from collections.abc import Sequence
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_origin

import aiohttp
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType
from hypothesis import given
from hypothesis import strategies as some

from calls.hub.links import MESSAGES_AT_ONCE, MOST_PAGES_OF_ACCOUNT, Rate
from calls.hub.signalling import signalling
from calls.hub.sockets import MOST_STRANGERS
from calls.messages import (
    MESSAGE_BYTES,
    MESSAGES,
    VERSION,
    Challenge,
    Message,
    Proof,
    Refused,
    Ring,
    Welcome,
    new_id,
    read,
    write,
)
from tests.calls.hub.callers import Page, device_of, page_of
from tests.calls.hub.peers import Home, running_hub
from tests.calls.hub.test_calling import family, ring

FRAMES = 600
AT_ONCE = 100


class Chaos:
    """Makes frames: good ones of the wrong kind, odd ones, and nonsense.

    Args:
        rng: Draws.
        ids: Of members, pages and calls that there are, beside others.
    """

    def __init__(self, rng: random.Random, ids: Sequence[str]) -> None:
        self._rng = rng
        self._ids = (*ids, "", "nobody", "call-1", "call-2")

    def frame(self) -> str | bytes:
        """One of any kind."""
        kind = self._rng.random()
        if kind < 0.7:
            return write(self._message(self._rng.choice(list(MESSAGES.values()))))
        if kind < 0.9:
            return self._odd()
        if kind < 0.95:
            return bytes(self._rng.randrange(256) for _ in range(20))
        return "".join(chr(self._rng.randrange(1, 0xD7FF)) for _ in range(30))

    def _message(self, kind: type[Message]) -> Message:
        return kind(*[self._value(each.name, each.type) for each in fields(kind)])

    def _value(self, name: str, kind: Any) -> Any:
        rng = self._rng
        if get_origin(kind) is tuple:
            inner = get_args(kind)[0]
            return tuple(self._value(name, inner) for _ in range(rng.randrange(3)))
        if type(None) in get_args(kind):
            return None
        if issubclass(kind, Message):
            return self._message(kind)
        if issubclass(kind, StrEnum):
            return rng.choice(list(kind))
        if kind is str and name == "id":
            return new_id()
        return {
            str: rng.choice(self._ids),
            int: rng.choice([-1, 0, 1, 30, 2**53]),
            float: rng.choice([-1.0, 0.0, 1e300]),
            bool: rng.random() < 0.5,
        }[kind]

    def _odd(self) -> str:
        """A good one in which something is not."""
        kind = self._rng.choice(list(MESSAGES.values()))
        found = json.loads(write(self._message(kind)))
        name = self._rng.choice(list(found))
        odd: list[Any] = [None, [], {}, 7, "x" * 300, [[[[]]]], {"type": 1}]
        found[name] = self._rng.choice(odd)
        return json.dumps(found)


async def prove(
    home: Home, url: str, client: aiohttp.ClientSession
) -> ClientWebSocketResponse:
    """The device of a household, of which the test says everything."""
    socket = await client.ws_connect(f"{url}/api/device")
    challenge = read((await socket.receive()).data)
    assert isinstance(challenge, Challenge)
    signature = home.key.sign(challenge.nonce, home.device, VERSION)
    await socket.send_str(write(Proof(home.device, signature, VERSION)))
    assert isinstance(read((await socket.receive()).data), Welcome)
    return socket


async def pour(socket: ClientWebSocketResponse, chaos: Chaos, count: int) -> None:
    """Send so many frames, and read what comes; it may be closed for them."""

    async def drain() -> None:
        async for _ in socket:
            pass

    draining = asyncio.create_task(drain())
    try:
        for number in range(count):
            frame = chaos.frame()
            if isinstance(frame, bytes):
                await socket.send_bytes(frame)
            else:
                await socket.send_str(frame)
            if number % 20 == 0:
                await asyncio.sleep(0)
    except (ConnectionError, aiohttp.ClientError):
        return
    finally:
        await socket.close()
        await draining


@pytest.mark.parametrize("seed", range(3))
async def test_no_frames_break_the_hub(
    tmp_path: Path, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    rng = random.Random(seed)
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with (
            family(place, home) as (anna, member),
            aiohttp.ClientSession() as one,
        ):
            chaos = Chaos(rng, [member, "page-1", home.id])
            url = place.hub.local_url
            for _ in range(FRAMES // AT_ONCE):
                page = Page(anna, "page-1", True)
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(pour(await page.connect(), chaos, AT_ONCE))
                    device = await prove(home, url, one)
                    tasks.create_task(pour(device, chaos, AT_ONCE))
            assert [
                each for each in caplog.records if each.levelno >= logging.ERROR
            ] == []
            # The member may have been withdrawn by one of the frames; others call.
            async with family(place, home) as (piet, his), device_of(home) as good:
                async with page_of(piet) as page_of_piet:
                    good.client.send(ring(his))
                    await page_of_piet.inbox.get(Ring)


async def test_a_stranger_says_anything_but_the_proof(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rng = random.Random(7)
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        chaos = Chaos(rng, [home.device])
        async with aiohttp.ClientSession() as client:
            for _ in range(100):
                socket = await client.ws_connect(f"{place.hub.local_url}/api/device")
                frame = chaos.frame()
                await socket.receive()
                if isinstance(frame, bytes):
                    await socket.send_bytes(frame)
                else:
                    await socket.send_str(frame)
                answer = await socket.receive()
                assert answer.type is not WSMsgType.TEXT or isinstance(
                    read(answer.data), Refused
                )
                await socket.close()
        assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    ("device", "version", "other_key", "reason"),
    [
        ("nobody", VERSION, False, "unknown_device"),
        ("", VERSION, True, "signature"),
        ("", VERSION + 1, False, "version"),
    ],
)
async def test_who_is_not_let_in_is_told_why(
    tmp_path: Path, device: str, version: int, other_key: bool, reason: str
) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home, other = await place.home(), await place.home()
        key = other.key if other_key else home.key
        device = device or home.device
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(f"{place.hub.local_url}/api/device") as socket,
        ):
            challenge = read((await socket.receive()).data)
            assert isinstance(challenge, Challenge)
            signature = key.sign(challenge.nonce, device, version)
            await socket.send_str(write(Proof(device, signature, version)))
            assert read((await socket.receive()).data) == Refused(reason)
            assert (await socket.receive()).type is not WSMsgType.TEXT


async def test_a_proof_is_of_no_use_a_second_time(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        url = f"{place.hub.local_url}/api/device"
        async with aiohttp.ClientSession() as client:
            first = await client.ws_connect(url)
            challenge = read((await first.receive()).data)
            assert isinstance(challenge, Challenge)
            signature = home.key.sign(challenge.nonce, home.device, VERSION)
            overheard = write(Proof(home.device, signature, VERSION))
            async with client.ws_connect(url) as second:
                await second.receive()
                await second.send_str(overheard)
                assert read((await second.receive()).data) == Refused("signature")
            await first.close()


# -- limits -----------------------------------------------------------------------


async def test_a_flood_is_cut_off(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with family(place, home) as (anna, member):
            page = Page(anna, new_id(), True)
            socket = await page.connect()
            text = write(ring(member, page.id))
            for _ in range(MESSAGES_AT_ONCE + 100):
                await socket.send_str(text)
            reasons = []
            async for frame in socket:
                message = read(frame.data)
                if isinstance(message, Refused):
                    reasons.append(message.reason)
            assert reasons == ["too_many"]
            assert socket.closed


async def test_a_frame_that_is_too_long_closes_the_socket(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with family(place, home) as (anna, _):
            socket = await Page(anna, new_id(), True).connect()
            await socket.send_str("x" * (MESSAGE_BYTES + 1))
            async for _ in socket:
                pass
            # RFC 6455, 7.4.1: too big.
            assert socket.close_code == 1009


async def test_an_account_has_only_so_many_pages(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with family(place, home) as (anna, _):
            pages = [
                Page(anna, f"page-{n}", True) for n in range(MOST_PAGES_OF_ACCOUNT)
            ]
            sockets = [await page.connect() for page in pages]
            for socket in sockets:
                assert isinstance(read((await socket.receive()).data), Welcome)
            refused = await Page(anna, "one-more", True).connect()
            assert read((await refused.receive()).data) == Refused("too_many")
            # The same page again takes the place of the one before.
            again = await pages[0].connect()
            assert isinstance(read((await again.receive()).data), Welcome)
            await asyncio.gather(*[each.close() for each in (*sockets, refused, again)])


async def test_strangers_take_no_more_than_their_room(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as client:
            url = f"{place.hub.local_url}/api/device"
            sockets = [await client.ws_connect(url) for _ in range(MOST_STRANGERS)]
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(url)
            assert refused.value.status == 429
            await asyncio.gather(*[each.close() for each in sockets])


@given(some.lists(some.floats(0, 100), min_size=1, max_size=500).map(sorted))
def test_a_bucket_gives_no_more_than_it_holds(times: list[float]) -> None:
    rate = Rate(burst=10, per_s=2)
    taken = [at for at in times if rate.take(at)]
    for start in range(len(taken)):
        for end in range(start, min(start + 40, len(taken))):
            allowed = 10 + 2 * (taken[end] - taken[start])
            assert end - start + 1 <= allowed + 1e-6
