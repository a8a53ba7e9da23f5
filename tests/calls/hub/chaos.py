"""A storm of frames on a hub: good ones of the wrong kind, odd ones, and nonsense."""

import asyncio
import json
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_origin

import aiohttp
from aiohttp import ClientWebSocketResponse

from calls.call_messages import Accepted, Ended, Reason, Ring
from calls.hub.signalling import signalling
from calls.messages import MESSAGES, Challenge, Proof, Welcome, read
from calls.wire import VERSION, Message, new_id, write
from tests.calls.hub.callers import Device, Page, device_of, page_of
from tests.calls.hub.peers import Browser, Home, Place, running_hub
from tests.calls.hub.test_calling import family, ring

AT_ONCE = 100
"""Frames of one connection; then the next one."""


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


class Errors(logging.Handler):
    """Keeps what somebody would have to look at."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """One more."""
        self.found.append(record.getMessage())


@dataclass(frozen=True, slots=True)
class Storm:
    """What came of it.

    Attributes:
        frames: That were sent.
        calls: Of others, begun and ended meanwhile; each came through.
        errors: That the hub logged.
    """

    frames: int
    calls: int
    errors: tuple[str, ...]


async def storm(folder: Path, frames: int, seed: int) -> Storm:
    """Send a new hub so many frames, while other people call each other.

    Raises:
        TimeoutError: If a call of the others did not come through.
    """
    errors = Errors()
    logging.getLogger().addHandler(errors)
    try:
        async with running_hub(folder, groups=[signalling()]) as place:
            sent, calls = await _rage(place, frames, random.Random(seed))
    finally:
        logging.getLogger().removeHandler(errors)
    return Storm(sent, calls, tuple(errors.found))


async def _rage(place: Place, frames: int, rng: random.Random) -> tuple[int, int]:
    home, other = await place.home(), await place.home()
    calls = 0
    async with (
        family(place, home) as (anna, member),
        family(place, other) as (piet, his),
        device_of(other) as device,
        page_of(piet) as page,
        aiohttp.ClientSession() as client,
    ):
        # Also what belongs to the others, whom it must not reach.
        chaos = Chaos(rng, [member, "page-1", home.id, his, page.id, other.id])
        raging = asyncio.create_task(_pour_all(chaos, frames, home, anna, client))
        while not raging.done() or not calls:
            await _call(device, page, his)
            calls += 1
        return await raging, calls


async def _call(device: Device, page: Page, member: str) -> None:
    calling = ring(member)
    device.client.send(calling)
    while (await page.inbox.get(Ring)).call != calling.call:
        pass
    page.link.send(Accepted(new_id(), calling.call, member, page.id))
    while (await device.inbox.get(Accepted)).call != calling.call:
        pass
    over = Ended(new_id(), calling.call, member, page.id, Reason.HUNG_UP)
    assert await device.client.deliver(over)


async def _pour_all(
    chaos: Chaos, frames: int, home: Home, anna: Browser, client: aiohttp.ClientSession
) -> int:
    url = home.place.hub.local_url
    sent = 0
    while sent < frames:
        page = Page(anna, "page-1", True)
        try:
            socket = await page.connect()
        except aiohttp.WSServerHandshakeError as error:
            # One of the frames withdrew her, and she was invited again.
            assert error.status == 401
            await anna.join((await home.invite())[1])
            socket = await page.connect()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(pour(socket, chaos, AT_ONCE))
            device = await prove(home, url, client)
            tasks.create_task(pour(device, chaos, AT_ONCE))
        sent += 2 * AT_ONCE
    return sent
