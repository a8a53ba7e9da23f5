"""Devices and pages that call each other through a hub, and what they get."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp

from calls.hub_client import HubClient
from calls.link import Link
from calls.wire import Message, new_id
from tests.calls.hub.peers import Browser, Home

Some = TypeVar("Some", bound=Message)

SOON_S = 10.0
"""A busy machine fails no test: what should come at once comes within this time."""


class Inbox:
    """What came, in the order it came."""

    def __init__(self) -> None:
        self.all: list[Message] = []
        self._new: list[Message] = []
        self._came = asyncio.Event()

    def put(self, message: Message) -> None:
        """It came."""
        self.all.append(message)
        self._new.append(message)
        self._came.set()

    async def get(self, kind: type[Some]) -> Some:
        """The next of this kind; others are kept for those who ask for them."""
        async with asyncio.timeout(SOON_S):
            while True:
                self._came.clear()
                for message in self._new:
                    if isinstance(message, kind):
                        self._new.remove(message)
                        return message
                await self._came.wait()

    def count(self, kind: type[Message]) -> int:
        """How many of this kind came."""
        return sum(isinstance(each, kind) for each in self.all)


class Page:
    """An open page: acks what comes, as the family page does."""

    def __init__(self, browser: Browser, page: str, tells_page: bool) -> None:
        self.id = page
        self.inbox = Inbox()
        self.acks = True
        self.link = Link(self._take)
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self._browser = browser
        query = f"?page={page}" if tells_page else ""
        self._url = f"{browser.place.hub.local_url}/api/page{query}"

    async def _take(self, message: Message) -> bool:
        if self.acks:
            self.inbox.put(message)
        return self.acks

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        """Open the socket."""
        self.socket = await self._browser.client.ws_connect(
            self._url, headers={"Origin": str(self._browser.origin)}
        )
        return self.socket


@asynccontextmanager
async def page_of(
    browser: Browser, page: str = "", *, tells_page: bool = True
) -> AsyncIterator[Page]:
    """A page that is open for as long as this lasts, and connects anew if need be."""
    opened = Page(browser, page or new_id(), tells_page)
    await opened.connect()

    async def run() -> None:
        while True:
            try:
                socket = opened.socket or await opened.connect()
                await opened.link.run(socket)
                opened.socket = None
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(0.05)

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(run())
        try:
            yield opened
        finally:
            running.cancel()
            if opened.socket is not None:
                await opened.socket.close()


class Device:
    """A device that is connected."""

    def __init__(self, client: HubClient) -> None:
        self.client = client
        self.inbox = Inbox()
        client.on_message(self.inbox.put)


@asynccontextmanager
async def device_of(home: Home, url: str = "") -> AsyncIterator[Device]:
    """The device of a household, connected for as long as this lasts."""
    client = HubClient(
        url or home.place.hub.local_url, home.device, home.key, rng=random.Random(1)
    )
    device = Device(client)
    connected = asyncio.Event()
    client.on_standing(lambda _: connected.set() if client.is_connected else None)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(client.run())
        try:
            async with asyncio.timeout(SOON_S):
                await connected.wait()
            yield device
        finally:
            running.cancel()
