"""The WebSockets of devices and pages: who connects, and for how long."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web

from calls.hub.enrolment import KnownDevice, devices, find_device
from calls.hub.errors import Refusal, StoreError
from calls.hub.guard import SESSION
from calls.hub.links import Closable, DeviceEnd, End, Ends, PageEnd, TooMany
from calls.hub.state import HubState
from calls.hub.tasks import Tasks
from calls.keys import verify
from calls.link import Link
from calls.messages import Challenge, Proof, Refused, Welcome, read
from calls.wire import MESSAGE_BYTES, VERSION, BadMessage, Message, write

logger = logging.getLogger(__name__)

PROVE_WITHIN_S = 10.0
"""A device answers the challenge within this time."""

HEARTBEAT_S = 10.0
"""aiohttp gives up half of it later: who is gone is known within 15 s."""

CLOSE_S = 1.0

GREETED_AT_ONCE = 20
"""Where thousands come back to a hub that starts anew, the next ones are let in before
all others know how things are."""

MOST_STRANGERS = 500
"""Connections that have not proved yet who they are."""

LONGEST_PAGE_ID = 64

Handle = Callable[[End, Message], Awaitable[bool]]
Came = Callable[[End], Awaitable[None]]


class Sockets:
    """Lets devices and pages in, and out.

    Args:
        state: Of the hub.
        ends: Who is connected.
        tasks: Of the hub.
        handle: Acts on a message.
        came: Called when somebody is let in, beside their first messages.
        left: Called when somebody is gone, and nobody took their place.
        removed_every_s: How often it is looked whether a device was removed.
    """

    def __init__(
        self,
        state: HubState,
        ends: Ends,
        tasks: Tasks,
        handle: Handle,
        came: Came,
        left: Came,
        removed_every_s: float,
    ) -> None:
        self._state = state
        self._ends = ends
        self._tasks = tasks
        self._handle = handle
        self._came = came
        self._left = left
        self._removed_every_s = removed_every_s
        self._strangers = 0
        self._greeting = asyncio.Semaphore(GREETED_AT_ONCE)
        self._sockets: set[web.WebSocketResponse] = set()

    # -- devices --------------------------------------------------------------------

    async def device(self, request: web.Request) -> web.StreamResponse:
        """GET /api/device: challenge, proof, welcome, messages."""
        if self._strangers >= MOST_STRANGERS:
            raise Refusal("too_many", 429, 10)
        async with self._socket(request) as socket:
            self._strangers += 1
            try:
                known = await self._prove(socket)
            finally:
                self._strangers -= 1
            if known is None:
                return socket
            end = DeviceEnd(socket, known.id, known.household)
            try:
                before = self._ends.add_device(end)
            except TooMany:
                await self._refuse(socket, "too_many")
                return socket
            if before is not None:
                self._close(before)
            await self._serve(end, socket, self._ends_device)
            return socket

    async def _prove(self, socket: web.WebSocketResponse) -> KnownDevice | None:
        """Which device it is; None: it was refused, or is gone."""
        nonce = secrets.token_urlsafe(32)
        try:
            async with asyncio.timeout(PROVE_WITHIN_S):
                await socket.send_str(write(Challenge(nonce)))
                frame = await socket.receive()
            if frame.type is not WSMsgType.TEXT:
                return None
            proof = read(frame.data)
            if not isinstance(proof, Proof):
                return None
            known = await find_device(self._state.store, proof.device)
        except (BadMessage, ConnectionError, TimeoutError):
            return None
        except StoreError as error:
            logger.error("no device can be let in: %s", error)
            return None
        reason = _refusal(proof, known, nonce)
        if reason:
            logger.info("a device was refused: %s", reason)
            await self._refuse(socket, reason)
            return None
        return known

    async def watch_removed(self) -> None:
        """Let go of devices that are removed while they are connected; for ever.

        The command line removes them, in a process of its own.
        """
        while True:
            await asyncio.sleep(self._removed_every_s)
            try:
                known = await devices(self._state.store)
            except StoreError as error:
                logger.error("nobody knows which devices were removed: %s", error)
                continue
            for each in known:
                end = self._ends.device(each.household)
                if each.is_removed and end is not None and end.device == each.id:
                    await self._refuse(end.socket, "removed")
                    self._close(end)

    def _ends_device(self, end: End) -> bool:
        assert isinstance(end, DeviceEnd)
        return self._ends.remove_device(end)

    # -- pages ----------------------------------------------------------------------

    async def page(self, request: web.Request) -> web.StreamResponse:
        """GET /api/page: welcome, messages. Session and Origin were checked before."""
        session = request[SESSION]
        page = request.query.get("page", "")
        if len(page) > LONGEST_PAGE_ID:
            raise Refusal("malformed")
        async with self._socket(request) as socket:
            end = PageEnd(socket, session.account, page, session.token_hash)
            try:
                replaced = self._ends.add_page(end)
            except TooMany:
                await self._refuse(socket, "too_many")
                return socket
            for before in replaced:
                self._close(before)
            await self._serve(end, socket, self._ends_page)
            return socket

    def _ends_page(self, end: End) -> bool:
        assert isinstance(end, PageEnd)
        return self._ends.remove_page(end)

    async def session_ended(self, account: str, session: bytes | None) -> None:
        """They were logged out, or lost what they followed: their pages ask anew."""
        for page in self._ends.pages(account):
            if session in (None, page.session):
                self._close(page)

    # -- both -----------------------------------------------------------------------

    @asynccontextmanager
    async def _socket(
        self, request: web.Request
    ) -> AsyncIterator[web.WebSocketResponse]:
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT_S,
            max_msg_size=MESSAGE_BYTES,
            # Deflate takes 100 kB for each connection.
            compress=False,
            timeout=CLOSE_S,
        )
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            yield socket
        finally:
            self._sockets.discard(socket)
            await _close(socket, request)

    async def _serve(
        self,
        end: End,
        socket: web.WebSocketResponse,
        remove: Callable[[End], bool],
    ) -> None:
        """Until it closes; nothing is raised, for nobody could be answered any more."""
        loop = asyncio.get_running_loop()

        def take() -> None:
            if not end.rate.take(loop.time()):
                raise TooMany("messages")

        async def handle(message: Message) -> bool:
            try:
                return await self._handle(end, message)
            except StoreError as error:
                # Not acked: it comes again.
                logger.error("a %s could not be kept: %s", message.type, error)
                return False

        end.link = Link(handle, acked=end.acked, take=take)
        try:
            await socket.send_str(write(Welcome(VERSION, self._state.now())))
            # Beside each other: pings are answered while it waits for its turn.
            greeting = asyncio.create_task(self._greet(end), name="a greeting")
            try:
                await end.link.run(socket)
            finally:
                greeting.cancel()
                await asyncio.gather(greeting, return_exceptions=True)
        except TooMany:
            logger.warning("a connection sends too much")
            await self._refuse(socket, "too_many")
        except ConnectionError:
            logger.debug("it was gone before it was welcomed")
        except Exception:
            # The edge of a connection: the others go on.
            logger.exception("a connection broke")
        finally:
            if remove(end):
                await self._gone(end)

    async def _greet(self, end: End) -> None:
        try:
            async with self._greeting:
                await self._came(end)
        except StoreError as error:
            logger.error("somebody who came could not be served: %s", error)
            await end.socket.close()
        except Exception:
            logger.exception("somebody who came could not be served")
            await end.socket.close()

    async def _gone(self, end: End) -> None:
        try:
            await self._left(end)
        except StoreError as error:
            logger.error("nobody could be told who left: %s", error)

    async def _refuse(self, socket: Closable, reason: str) -> None:
        try:
            async with asyncio.timeout(CLOSE_S):
                await socket.send_str(write(Refused(reason)))
        except (ConnectionError, TimeoutError, RuntimeError):
            # It did not wait for the answer.
            return

    def _close(self, end: End) -> None:
        self._tasks.start(_close_socket(end), "closing a socket")

    async def close(self) -> None:
        """Close all of them: the hub ends; may be called twice."""
        closing = [socket.close() for socket in tuple(self._sockets)]
        try:
            async with asyncio.timeout(2 * CLOSE_S):
                await asyncio.gather(*closing, return_exceptions=True)
        except TimeoutError:
            logger.info("some connections did not take the farewell")


async def _close_socket(end: End) -> None:
    await end.socket.close()


async def _close(socket: web.WebSocketResponse, request: web.Request) -> None:
    """Close it; who does not even take the farewell is cut off."""
    try:
        async with asyncio.timeout(2 * CLOSE_S):
            await socket.close()
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()


def _refusal(proof: Proof, known: KnownDevice | None, nonce: str) -> str:
    """Why it is not let in; empty: it is."""
    if known is None:
        return "unknown_device"
    if not verify(
        known.public_key, proof.signature, nonce, proof.device, proof.version
    ):
        return "signature"
    # Only who proved to be it learns that it was removed.
    if known.is_removed:
        return "removed"
    return "" if proof.version == VERSION else "version"
