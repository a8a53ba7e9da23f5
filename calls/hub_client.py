"""The device's end of the hub: connects, proves who it is, and comes back for ever."""

import asyncio
import logging
import random
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import aiohttp

from calls.call import CallError
from calls.link import Link, id_of
from calls.messages import (
    Challenge,
    IceServers,
    Invite,
    Invited,
    Member,
    Members,
    Proof,
    Refused,
    Welcome,
    read,
)
from calls.wire import MESSAGE_BYTES, VERSION, BadMessage, Message, write

logger = logging.getLogger(__name__)

Told = TypeVar("Told")

PING_S = 5.0
"""aiohttp waits half of it for the pong: a dead connection is known after 7.5 s."""

CONNECT_S = 10.0
"""From the name of the hub to its Welcome."""

FIRST_RETRY_S = 0.5
LONGEST_RETRY_S = 30.0

STEADY_S = 20.0
"""A connection that lasted so long was a good one: the next try is soon again."""

ENROL_S = 15.0
INVITED_S = 20.0


class HubUnreachable(CallError, ConnectionError):
    """There is no way to the hub now, or it is not a hub."""


class EnrolmentRefused(CallError):
    """The hub does not take this device."""


class WrongCode(EnrolmentRefused):
    """The code is wrong, too old, or was used."""


class TooManyTries(EnrolmentRefused):
    """The hub takes no more codes for some minutes."""


class NotInvited(CallError, TimeoutError):
    """The hub did not make the invitation: it can be asked for again."""


class Key(Protocol):
    """What signs for the device (`calls.keys.DeviceKey`)."""

    @property
    def public(self) -> str:
        """SubjectPublicKeyInfo, DER, base64url."""

    def sign(self, nonce: str, device: str, version: int) -> str:
        """Prove who connects."""


# -- how it stands ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connected:
    """The hub knows us.

    Attributes:
        since: In seconds since 1970, by our clock.
        ahead_s: How far the hub's clock is ahead of ours.
    """

    since: float
    ahead_s: float


@dataclass(frozen=True, slots=True)
class Offline:
    """No way to the hub now; it is tried again.

    Attributes:
        since: In seconds since 1970, by our clock.
        reason: "not_yet", "network", "certificate" (also when our clock is wrong),
            "no_hub" (somebody else answers there), "broken" (it went silent).
    """

    since: float
    reason: str


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """The hub does not want us; it is tried again now and then.

    Attributes:
        reason: Of `calls.messages.Refused`.
    """

    reason: str


HubStanding = Connected | Offline | TurnedAway


def retry_after_s(tries: int, chance: float) -> float:
    """How long to wait before the next try (pure).

    Not all devices come back at the same moment after the hub was away.

    Args:
        tries: That failed one after the other, from 0.
        chance: Drawn evenly from 0 to 1.
    """
    longest = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(tries, 16))
    return longest * (0.5 + chance / 2)


def socket_url(hub: str) -> str:
    """Where the device's WebSocket is.

    Raises:
        ValueError: If the hub has no https, and is not on this machine.
    """
    checked = hub_url(hub)
    return f"ws{checked.removeprefix('http')}/api/device"


def hub_url(hub: str) -> str:
    """The hub's address without a slash at its end.

    Raises:
        ValueError: If it has no https, and is not on this machine.
    """
    parts = urlsplit(hub)
    is_here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or not (
        parts.scheme == "https" or (parts.scheme == "http" and is_here)
    ):
        raise ValueError("the hub's address must begin with https://")
    return hub.rstrip("/")


# -- the client -------------------------------------------------------------------


class _Turned(Exception):
    """The hub refused us."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _NoHub(Exception):
    """What answers there is no hub."""


class HubClient:
    """Keeps one connection to the hub for as long as `run` runs.

    Args:
        url: Of the hub.
        device: Our id there, from `enrol`.
        key: Our key.
        now: Seconds since 1970; only shown, nothing depends on it.
        monotonic: Seconds of a clock that nobody sets.
        rng: Spreads the tries.
    """

    def __init__(
        self,
        url: str,
        device: str,
        key: Key,
        *,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self._url = socket_url(url)
        self._device = device
        self._key = key
        self._now = now
        self._monotonic = monotonic
        self._rng = rng or random.Random()
        self._link = Link(self._take)
        self._standing: HubStanding = Offline(now(), "not_yet")
        self._members: tuple[Member, ...] = ()
        self._ice = IceServers((), 0.0)
        self._invited: dict[str, asyncio.Future[Invited]] = {}
        self._on_message: list[Callable[[Message], None]] = []
        self._on_standing: list[Callable[[HubStanding], None]] = []
        self._hurry = asyncio.Event()
        # How far the hub's clock is ahead of `monotonic`.
        self._hub_ahead_s = 0.0
        self._turned = ""

    @property
    def standing(self) -> HubStanding:
        """How it stands with the hub."""
        return self._standing

    @property
    def is_connected(self) -> bool:
        """Whether what is sent now arrives at once."""
        return isinstance(self._standing, Connected)

    @property
    def members(self) -> tuple[Member, ...]:
        """Who follows us, as the hub last told; empty before that."""
        return self._members

    @property
    def ice(self) -> IceServers:
        """The servers that a call may use now; none when they are out of date."""
        # Our clock may be wrong, or be set right at any moment; the hub's is the one
        # that it writes with.
        if self._ice.expires <= self._monotonic() + self._hub_ahead_s:
            return IceServers((), 0.0)
        return self._ice

    def on_message(self, callback: Callable[[Message], None]) -> Callable[[], None]:
        """Be told of every message once; returns what ends it.

        A message counts as delivered when all callbacks returned: they take no time.
        """
        self._on_message.append(callback)
        return lambda: _discard(self._on_message, callback)

    def on_standing(
        self, callback: Callable[[HubStanding], None]
    ) -> Callable[[], None]:
        """Be told of every change of `standing`; returns what ends it."""
        self._on_standing.append(callback)
        return lambda: _discard(self._on_standing, callback)

    def send(self, message: Message) -> None:
        """Send it until the hub has it, or for 20 s.

        Raises:
            LinkFull: If too much waits.
            ValueError: If it has no id.
        """
        self.hurry()
        self._link.send(message)

    async def deliver(self, message: Message) -> bool:
        """Send it; whether it arrived within 20 s.

        A message about a call arrived when the other end has it, others when what
        they ask for is kept by the hub.

        Raises:
            LinkFull: If too much waits.
            ValueError: If it has no id.
        """
        self.hurry()
        return await self._link.deliver(message)

    def forget(self, message: Message) -> None:
        """Send it no more: it is not true any longer."""
        self._link.forget(id_of(message))

    async def request(self, invite: Invite) -> Invited:
        """Have the hub make an invitation.

        Raises:
            NotInvited: If it did not within 20 s.
            LinkFull: If too much waits.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Invited] = loop.create_future()
        self._invited[invite.id] = answer
        try:
            async with asyncio.timeout(INVITED_S):
                self.send(invite)
                return await answer
        except TimeoutError:
            raise NotInvited("the hub made no invitation within 20 s") from None
        finally:
            del self._invited[invite.id]
            self.forget(invite)

    def hurry(self) -> None:
        """Try to connect at once, where a try is waited for: somebody waits for it."""
        self._hurry.set()

    async def run(self) -> None:
        """Be connected, and come back for ever; ends when it is cancelled."""
        tries = 0
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await self._once()
            if loop.time() - began >= STEADY_S:
                tries = 0
            wait_s = retry_after_s(tries, self._rng.random())
            logger.info("hub: %s; next try in %.1f s", self._standing, wait_s)
            await self._rest(wait_s)
            tries += 1

    async def _rest(self, wait_s: float) -> None:
        self._hurry.clear()
        try:
            async with asyncio.timeout(wait_s):
                # Nobody in a hurry makes us knock more often than this.
                await asyncio.sleep(min(wait_s, FIRST_RETRY_S / 2))
                await self._hurry.wait()
        except TimeoutError:
            return

    async def _once(self) -> None:
        """One connection, from its beginning to its end."""
        try:
            self._turned = ""
            async with self._connection() as socket:
                await self._link.run(socket)
            if self._turned:
                raise _Turned(self._turned)
            self._stand(Offline(self._now(), "broken"))
        except _Turned as turned:
            self._stand(TurnedAway(turned.reason))
        except (ssl.SSLError, aiohttp.ClientSSLError):
            self._stand(Offline(self._now(), "certificate"))
        except (_NoHub, aiohttp.WSServerHandshakeError, BadMessage):
            self._stand(Offline(self._now(), "no_hub"))
        except (aiohttp.ClientError, OSError):
            # TimeoutError is an OSError.
            self._stand(Offline(self._now(), "network"))
        except asyncio.CancelledError:
            self._stand(Offline(self._now(), "not_yet"))
            raise

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A socket over which the hub has welcomed us."""
        timeout = aiohttp.ClientWSTimeout(ws_close=1.0)
        async with aiohttp.ClientSession() as session:
            async with asyncio.timeout(CONNECT_S):
                socket = await session.ws_connect(
                    self._url,
                    heartbeat=PING_S,
                    max_msg_size=MESSAGE_BYTES,
                    timeout=timeout,
                )
            try:
                async with asyncio.timeout(CONNECT_S):
                    welcome = await self._prove(socket)
                now = self._now()
                self._hub_ahead_s = welcome.now - self._monotonic()
                self._stand(Connected(now, welcome.now - now))
                yield socket
            finally:
                await socket.close()

    async def _prove(self, socket: aiohttp.ClientWebSocketResponse) -> Welcome:
        challenge = await _next(socket)
        if not isinstance(challenge, Challenge):
            raise _NoHub("no challenge")
        signature = self._key.sign(challenge.nonce, self._device, VERSION)
        proof = Proof(self._device, signature, VERSION)
        await socket.send_str(write(proof))
        answer = await _next(socket)
        if not isinstance(answer, Welcome):
            raise _NoHub("no welcome")
        return answer

    def _stand(self, standing: HubStanding) -> None:
        if isinstance(standing, Offline) and isinstance(self._standing, Offline):
            # It is away since the first time.
            standing = Offline(self._standing.since, standing.reason)
        if standing == self._standing:
            return
        self._standing = standing
        _tell(self._on_standing, standing)

    async def _take(self, message: Message) -> bool:
        match message:
            case Members(members):
                self._members = members
            case IceServers():
                self._ice = message
            case Invited(re=key) if key in self._invited:
                if not self._invited[key].done():
                    self._invited[key].set_result(message)
            case Refused(reason):
                self._turned = reason
            case _:
                pass
        _tell(self._on_message, message)
        return True


async def _next(socket: aiohttp.ClientWebSocketResponse) -> Message:
    frame = await socket.receive()
    if frame.type is aiohttp.WSMsgType.ERROR:
        raise ConnectionError("it went silent")
    if frame.type is not aiohttp.WSMsgType.TEXT:
        raise _NoHub("it closed the connection")
    message = read(frame.data)
    if isinstance(message, Refused):
        raise _Turned(message.reason)
    return message


def _tell(callbacks: list[Callable[[Told], None]], value: Told) -> None:
    for callback in tuple(callbacks):
        try:
            callback(value)
        except Exception:
            # The way to people stays open though somebody who listens is broken.
            logger.exception("a listener to the hub failed")


def _discard(callbacks: list[Callable[..., None]], callback: object) -> None:
    callbacks[:] = [each for each in callbacks if each is not callback]


# -- enrolling --------------------------------------------------------------------


async def enrol(url: str, code: str, key: Key, name: str) -> str:
    """Let the hub know this device; returns the id that it gives.

    Args:
        url: Of the hub.
        code: Made by the hub, used once within 15 minutes.
        key: Ours.
        name: Of the person, as family sees it.

    Raises:
        WrongCode: If the code is wrong, too old or was used.
        TooManyTries: If too many codes were tried.
        EnrolmentRefused: If the hub does not take us for another reason.
        HubUnreachable: If there is no way to it.
        ValueError: If the address is none of a hub.
    """
    asked = {"code": code, "key": key.public, "name": name}
    timeout = aiohttp.ClientTimeout(total=ENROL_S)
    address = f"{hub_url(url)}/api/devices"
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(address, json=asked) as answer,
        ):
            status = answer.status
            told = await answer.json()
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise HubUnreachable(f"no hub there: {type(error).__name__}") from error
    told = told if isinstance(told, dict) else {}
    device = told.get("device")
    if status == 201 and isinstance(device, str) and device:
        return device
    reason = str(told.get("error", ""))[:40]
    if status == 429:
        raise TooManyTries(reason)
    if status >= 500 or not reason:
        raise HubUnreachable(f"the hub answered with status {status}")
    if "code" in reason:
        raise WrongCode(reason)
    raise EnrolmentRefused(reason)
