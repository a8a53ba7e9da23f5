"""STUN and TURN servers for calls: which answer now, and credentials for a while.

Credentials as coturn's `use-auth-secret` checks them: "A REST API For Access To TURN
Services" (draft-uberti-behave-turn-rest-00, 2.2). A server that does not answer costs
a call 5 s of gathering, so only those are handed out that answered lately.
"""

import asyncio
import base64
import hashlib
import hmac
import logging
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from calls.hub.errors import HubError
from calls.messages import IceServer, IceServers

logger = logging.getLogger(__name__)

LASTS_S = 6 * 3600
"""A call goes on with what it began with; one of six hours is an odd one."""

RENEW_S = 3600
"""Devices get new ones so often: what they have lasts five hours more."""

PROBE_S = 15.0
ANSWERED_WITHIN_S = 60.0
TRIES = 3
TRY_S = 1.0

_DEFAULT_PORTS = {"stun": 3478, "turn": 3478, "stuns": 5349, "turns": 5349}

# RFC 8489, 5.
_BINDING_REQUEST, _BINDING_SUCCESS = 0x0001, 0x0101
_MAGIC_COOKIE = 0x2112_A442
_HEADER = struct.Struct("!HHI12s")


class BadServer(HubError, ValueError):
    """No address of a STUN or TURN server."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server of the settings.

    Attributes:
        url: As a browser takes it (RFC 7064, RFC 7065).
        host: Name or address.
        port: Of it.
        is_turn: Whether it relays, and asks for credentials.
        over_tcp: Whether it is asked over TCP or TLS.
        over_tls: Whether it is asked over TLS.
    """

    url: str
    host: str
    port: int
    is_turn: bool
    over_tcp: bool
    over_tls: bool


def read_servers(urls: str) -> tuple[Server, ...]:
    """Understand the list of the settings, with blanks between.

    Raises:
        BadServer: If one is no such address.
    """
    return tuple(_read_server(each) for each in urls.split())


def _read_server(url: str) -> Server:
    scheme, _, rest = url.partition(":")
    place, _, query = rest.partition("?")
    host, colon, port = place.rpartition(":")
    if not colon or place.endswith("]"):
        host, port = place, ""
    host = host.strip("[]")
    is_known = scheme in _DEFAULT_PORTS and query in (
        "", "transport=udp", "transport=tcp",
    )  # fmt: skip
    if not is_known or not host or "/" in place or (port and not port.isdigit()):
        raise BadServer(f"{url!r} is no address such as turn:example.org:3478")
    number = int(port) if port else _DEFAULT_PORTS[scheme]
    if not 0 < number < 65_536:
        raise BadServer(f"{url!r} has no port from 1 to 65535")
    over_tls = scheme.endswith("s")
    return Server(
        url=url,
        host=host,
        port=number,
        is_turn=scheme.startswith("turn"),
        over_tcp=over_tls or query == "transport=tcp",
        over_tls=over_tls,
    )


def credentials(secret: bytes, user: str, expires: float) -> tuple[str, str]:
    """Name and password of TURN until then (draft, 2.2).

    Args:
        secret: Shared with the server.
        user: Whom; the server's log shows it.
        expires: In seconds since 1970.
    """
    username = f"{int(expires)}:{user}"
    # SHA-1 is what the draft and coturn take; as a keyed hash it still holds.
    digest = hmac.new(secret, username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()


# -- does it answer? --------------------------------------------------------------


def binding_request(transaction: bytes) -> bytes:
    """Ask a server whether it is there (RFC 8489, 7.1)."""
    return _HEADER.pack(_BINDING_REQUEST, 0, _MAGIC_COOKIE, transaction)


def is_answer(datagram: bytes, transaction: bytes) -> bool:
    """Whether this answers that request (RFC 8489, 7.3)."""
    if len(datagram) < _HEADER.size:
        return False
    kind, _, cookie, which = _HEADER.unpack_from(datagram)
    return bool(
        kind == _BINDING_SUCCESS and cookie == _MAGIC_COOKIE and which == transaction
    )


async def answers(server: Server) -> bool:
    """Ask it, up to three times; within 3 s."""
    try:
        if server.over_tcp:
            async with asyncio.timeout(TRIES * TRY_S):
                return await _answers_tcp(server)
        return await _answers_udp(server)
    except (OSError, EOFError):
        # TimeoutError is an OSError.
        return False


class _Asking(asyncio.DatagramProtocol):
    def __init__(self, transaction: bytes) -> None:
        self._transaction = transaction
        self.answered = asyncio.Event()

    def datagram_received(self, data: bytes, addr: object) -> None:
        if is_answer(data, self._transaction):
            self.answered.set()


async def _answers_udp(server: Server) -> bool:
    loop = asyncio.get_running_loop()
    transaction = secrets.token_bytes(12)
    async with asyncio.timeout(TRIES * TRY_S):
        transport, asking = await loop.create_datagram_endpoint(
            lambda: _Asking(transaction), remote_addr=(server.host, server.port)
        )
    try:
        for _ in range(TRIES):
            transport.sendto(binding_request(transaction))
            try:
                async with asyncio.timeout(TRY_S):
                    await asking.answered.wait()
                    return True
            except TimeoutError:
                continue
        return False
    finally:
        transport.close()


async def _answers_tcp(server: Server) -> bool:
    transaction = secrets.token_bytes(12)
    reader, writer = await asyncio.open_connection(
        server.host, server.port, ssl=server.over_tls or None
    )
    try:
        writer.write(binding_request(transaction))
        header = await reader.readexactly(_HEADER.size)
        return is_answer(header, transaction)
    finally:
        writer.close()
        # Its end may be gone already; the socket is closed either way.
        writer.transport.abort()


# -- for the hub ------------------------------------------------------------------


class IceSource:
    """Knows which servers answer, and makes credentials for them.

    Args:
        servers: Of the settings.
        secret: Shared with TURN; empty: TURN is never handed out.
        now: Seconds since 1970.
        changed: Called when others answer than before.
    """

    def __init__(
        self,
        servers: tuple[Server, ...],
        secret: bytes,
        now: Callable[[], float],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._servers = tuple(each for each in servers if not each.is_turn or secret)
        self._secret = secret
        self._now = now
        self._changed = changed
        # By a clock that nobody sets.
        self._answered_s: dict[str, float] = {}
        self._handed_out: frozenset[str] = frozenset()

    def for_user(self, user: str) -> IceServers:
        """All that this user may use from now on."""
        expires = self._now() + LASTS_S
        # The server's log shows which calls belong together, but not whose they are.
        alias = hashlib.sha256(user.encode()).hexdigest()[:16]
        found = []
        for server in self._alive():
            name, password = "", ""
            if server.is_turn:
                name, password = credentials(self._secret, alias, expires)
            found.append(IceServer(server.url, name, password))
        return IceServers(tuple(found), expires)

    async def watch(self) -> None:
        """Ask all servers again and again, until cancelled."""
        while self._servers:
            await self.probe()
            await asyncio.sleep(PROBE_S)

    async def probe(self) -> None:
        """Ask all servers once."""
        async with asyncio.TaskGroup() as tasks:
            asked = {
                each.url: tasks.create_task(answers(each)) for each in self._servers
            }
        now_s = asyncio.get_running_loop().time()
        for url, task in asked.items():
            if task.result():
                self._answered_s[url] = now_s
        alive = frozenset(each.url for each in self._alive())
        if alive != self._handed_out:
            logger.info("%d of %d STUN and TURN servers answer", len(alive), len(asked))
            self._handed_out = alive
            self._changed()

    def _alive(self) -> list[Server]:
        now_s = asyncio.get_running_loop().time()
        return [
            each
            for each in self._servers
            if now_s - self._answered_s.get(each.url, -ANSWERED_WITHIN_S - 1)
            <= ANSWERED_WITHIN_S
        ]


def read_secret(path: str) -> bytes:
    """A secret of a file, without the end of its line; empty without a path.

    Raises:
        HubError: If it cannot be read, or is empty.
    """
    if not path:
        return b""
    try:
        found = Path(path).read_bytes().strip()
    except OSError as error:
        raise HubError(f"cannot read {path}: {error.strerror}") from error
    if not found:
        raise HubError(f"{path} is empty")
    return found
