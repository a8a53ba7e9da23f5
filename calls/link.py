"""One end of a reliable link: nothing is lost, nothing is acted on twice.

A message with an id is repeated by its sender until an Ack with that id comes, or it
is given up (pure: `Sending`); its receiver acks it each time and acts on it once
(pure: `Seen`). `Link` does both over one WebSocket after another: what waits survives
a connection that breaks. Nothing here promises an order: what was repeated may come
after what was said later.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from aiohttp import WSMessage, WSMsgType

from calls.messages import Ack, read
from calls.wire import BadMessage, Message, write

logger = logging.getLogger(__name__)

REPEAT_S = 1.0
"""Time between two sendings of what was not acked."""

GIVE_UP_S = 20.0
"""Nobody waits longer for a call; the other end is gone."""

MOST_WAITING = 300
"""Unacked messages of one end: a call's offer and candidates are some 30."""

MOST_SEEN = 2_000
"""Ids that are remembered: more than anybody may send within GIVE_UP_S."""

MOST_POSTED = 300
"""Messages without repetition that wait for a slow socket."""

SEND_S = 10.0
"""A socket that takes nothing for so long is dead."""


class LinkFull(Exception):
    """Too much waits: the other end takes nothing, or we send too much."""


class LinkBroken(Exception):
    """The socket takes nothing any more."""


def id_of(message: Message) -> str:
    """The id under which a message is repeated and acked; empty: it is neither."""
    found = "" if isinstance(message, Ack) else getattr(message, "id", "")
    return str(found)


# -- pure -------------------------------------------------------------------------


@dataclass(slots=True)
class _Waiting:
    message: Message
    since_s: float
    next_s: float


class Sending:
    """What was sent and not acked yet (pure; times from any clock that goes on).

    Args:
        most: Messages that may wait.
        repeat_s: Time between two sendings.
        give_up_s: Time after which a message is given up.
    """

    def __init__(
        self,
        *,
        most: int = MOST_WAITING,
        repeat_s: float = REPEAT_S,
        give_up_s: float = GIVE_UP_S,
    ) -> None:
        self._most = most
        self._repeat_s = repeat_s
        self.give_up_s = give_up_s
        self._waiting: dict[str, _Waiting] = {}

    def __len__(self) -> int:
        """How many wait for an ack."""
        return len(self._waiting)

    def add(self, message: Message, now_s: float) -> None:
        """Let it be sent; the same id again changes nothing while it waits.

        Raises:
            LinkFull: If too many wait.
            ValueError: If it has no id.
        """
        key = id_of(message)
        if not key:
            raise ValueError(f"a {message.type} without id can't be acked")
        self.give_up(now_s)
        if key in self._waiting:
            return
        if len(self._waiting) >= self._most:
            raise LinkFull(f"{len(self._waiting)} messages wait for an ack")
        self._waiting[key] = _Waiting(message, now_s, now_s)

    def remove(self, key: str) -> bool:
        """It was acked, or need not be sent any more. Whether it waited."""
        return self._waiting.pop(key, None) is not None

    def again(self) -> None:
        """The connection is a new one: everything is due, in the order of sending."""
        for each in self._waiting.values():
            each.next_s = each.since_s

    def due(self, now_s: float) -> list[Message]:
        """What is to be sent now, oldest first; it counts as sent."""
        self.give_up(now_s)
        found = [each for each in self._waiting.values() if each.next_s <= now_s]
        for each in found:
            each.next_s = now_s + self._repeat_s
        return [each.message for each in found]

    def give_up(self, now_s: float) -> list[Message]:
        """What waited too long; it is not sent any more."""
        old = [
            (key, each.message)
            for key, each in self._waiting.items()
            if now_s - each.since_s >= self.give_up_s
        ]
        for key, _ in old:
            del self._waiting[key]
        return [message for _, message in old]

    def next_at(self) -> float | None:
        """When something is to be sent; None: nothing waits."""
        return min((each.next_s for each in self._waiting.values()), default=None)


class Seen:
    """The ids of what was dealt with, the newest `most` of them (pure)."""

    def __init__(self, most: int = MOST_SEEN) -> None:
        self._most = most
        self._ids: dict[str, None] = {}

    def __contains__(self, key: str) -> bool:
        """Whether it was dealt with."""
        return key in self._ids

    def __iter__(self) -> Iterator[str]:
        """From the oldest to the newest."""
        return iter(self._ids)

    def add(self, key: str) -> None:
        """It was dealt with."""
        self._ids.pop(key, None)
        self._ids[key] = None
        if len(self._ids) > self._most:
            del self._ids[next(iter(self._ids))]


# -- at the socket ----------------------------------------------------------------


class Socket(Protocol):
    """What is needed of a WebSocket of aiohttp, of either side."""

    async def send_str(self, data: str) -> None:
        """Send one text frame."""

    async def receive(self) -> WSMessage:
        """The next frame, or that there are no more."""


Handle = Callable[[Message], Awaitable[bool]]
"""Acts on a message. True: done, so ack it and take no double of it. False: not now,
or somebody else acks it; its sender will repeat it."""


class Link:
    """Sends and receives over one socket after another.

    Args:
        handle: Acts on each message that is no Ack; the next one waits for it.
        acked: Told of each Ack of a message that was only posted.
        take: Called for each text frame before it is read; may raise to end `run`.
        sending: What waits; another one in tests.
    """

    def __init__(
        self,
        handle: Handle,
        *,
        acked: Callable[[str], None] | None = None,
        take: Callable[[], None] | None = None,
        sending: Sending | None = None,
    ) -> None:
        self._handle = handle
        self._acked = acked
        self._take = take
        self._sending = sending or Sending()
        self._seen = Seen()
        self._arrived = Seen()
        self._posted: deque[Message] = deque()
        self._outcomes: dict[str, asyncio.Future[bool]] = {}
        self._wake = asyncio.Event()

    def send(self, message: Message) -> None:
        """Send it until it is acked, or given up.

        Raises:
            LinkFull: If too much waits.
            ValueError: If it has no id.
        """
        self._sending.add(message, asyncio.get_running_loop().time())
        self._wake.set()

    async def deliver(self, message: Message) -> bool:
        """Send it; whether it was acked before it was given up.

        Raises:
            LinkFull: If too much waits.
            ValueError: If it has no id.
        """
        self.send(message)
        key = id_of(message)
        if key not in self._outcomes:
            self._outcomes[key] = asyncio.get_running_loop().create_future()
        outcome = self._outcomes[key]
        try:
            async with asyncio.timeout(self._sending.give_up_s):
                return await asyncio.shield(outcome)
        except TimeoutError:
            self._settle(key, False)
            return False

    def post(self, message: Message) -> None:
        """Send it once over the present socket, or the next one if there is none.

        Raises:
            LinkFull: If too much waits for the socket.
        """
        if len(self._posted) >= MOST_POSTED:
            raise LinkFull(f"{len(self._posted)} messages wait for the socket")
        self._posted.append(message)
        self._wake.set()

    def has_arrived(self, message: Message) -> bool:
        """Whether it was sent before and acked, as far back as is remembered."""
        return id_of(message) in self._arrived

    def forget(self, key: str) -> None:
        """Send this message no more: what it says is not true any longer."""
        self._settle(key, False)

    async def run(self, socket: Socket) -> None:
        """Send and receive until the socket closes, or takes nothing any more.

        Raises:
            Exception: What `handle` or `take` raised.
        """
        self._sending.again()
        # No TaskGroup: where a task fails at the moment in which we are cancelled,
        # that of Python 3.11 forgets the cancel.
        both = (
            asyncio.create_task(self._read(socket), name="link reads"),
            asyncio.create_task(self._write(socket), name="link writes"),
        )
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            # It was for this socket.
            self._posted.clear()
        for task in both:
            error = None if task.cancelled() else task.exception()
            if isinstance(error, LinkBroken | LinkFull):
                logger.debug("link ends: %s", error)
            elif error is not None:
                raise error

    async def _read(self, socket: Socket) -> None:
        while True:
            frame = await socket.receive()
            if frame.type is not WSMsgType.TEXT:
                # Closed or broken; or binary, which none of ours sends.
                return
            if self._take is not None:
                self._take()
            try:
                message = read(frame.data)
            except BadMessage:
                # Of a newer end, or nonsense. Its sender gives it up by itself.
                continue
            await self._receive(message)
            # Frames that came at once are read without waiting: let acks go out.
            await asyncio.sleep(0)

    async def _receive(self, message: Message) -> None:
        if isinstance(message, Ack):
            if self._sending.remove(message.id):
                self._arrived.add(message.id)
                self._settle(message.id, True)
            elif self._acked is not None:
                self._acked(message.id)
            return
        key = id_of(message)
        if not key:
            await self._handle(message)
        elif key in self._seen:
            self.post(Ack(key))
        elif await self._handle(message):
            self._seen.add(key)
            self.post(Ack(key))

    def _settle(self, key: str, is_acked: bool) -> None:
        self._sending.remove(key)
        outcome = self._outcomes.pop(key, None)
        if outcome is not None and not outcome.done():
            outcome.set_result(is_acked)

    async def _write(self, socket: Socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            while self._posted:
                await _put(socket, self._posted.popleft())
            for message in self._sending.due(loop.time()):
                await _put(socket, message)
            if self._posted:
                continue
            try:
                async with asyncio.timeout_at(self._sending.next_at()):
                    await self._wake.wait()
            except TimeoutError:
                continue


async def _put(socket: Socket, message: Message) -> None:
    try:
        async with asyncio.timeout(SEND_S):
            await socket.send_str(write(message))
    except (TimeoutError, ConnectionError, RuntimeError) as error:
        # aiohttp 3 raises RuntimeError where the socket is closing.
        raise LinkBroken(type(error).__name__) from error
