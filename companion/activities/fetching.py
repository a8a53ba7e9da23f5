"""Fetches a source from the web, from nowhere but the public internet.

Addresses come from a municipality, and what they lead to from anybody: so a name is
resolved once, each of its addresses is checked, and the connection goes to one of
those, also after a redirect.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from companion.activities.fetching_rules import UrlError, check_url
from companion.activities.paging import (
    LARGEST_PAGE_BYTES,
    Page,
    TooManyPages,
    first_page,
    read_on,
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# A nationwide export of HSDS with 100,000 services takes some 300 MB.
LARGEST_BYTES = 400_000_000
WHOLE_S = 600.0
CONNECT_S = 20.0
SILENT_S = 60.0
MOST_REDIRECTS = 5
CHUNK_BYTES = 1 << 16

# How long to wait when a website says that it is asked too often.
BUSY_WAITS_S = (1.0, 5.0, 30.0)

# Ways in which IPv6 carries an IPv4 address: 6to4, Teredo and NAT64 (RFC 3056, 4380,
# 6052). Nobody publishes a social map there, and what is within could be private.
_TUNNELS: Final = tuple(
    ipaddress.ip_network(it) for it in ("2002::/16", "2001::/32", "64:ff9b::/96",
                                        "64:ff9b:1::/48")
)  # fmt: skip


class FetchError(Exception):
    """A source cannot be fetched.

    Attributes:
        reason: Name of its sentence in the language pack.
        detail: A number or a short name, for that sentence.
    """

    def __init__(self, reason: str, detail: object = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason
        self.detail = str(detail)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Which addresses may be connected to.

    Attributes:
        also: Networks that are allowed besides the public internet, such as that of
            a municipality whose server is in its own building.
    """

    also: tuple[Network, ...] = ()

    def allows(self, address: Address) -> bool:
        """Whether this address may be connected to."""
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if any(address in network for network in self.also):
            return True
        if any(address in tunnel for tunnel in _TUNNELS):
            return False
        return address.is_global and not address.is_multicast


PUBLIC_ONLY = AddressPolicy()

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Finds the addresses of a name, for a port."""


async def system_resolve(host: str, port: int) -> Sequence[str]:
    """Ask the resolver of this machine.

    Raises:
        OSError: If there is no such name.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class _CheckedResolver(AbstractResolver):
    """Gives the client only addresses that the policy allows."""

    def __init__(self, policy: AddressPolicy, resolve: Resolve) -> None:
        self._policy = policy
        self._resolve = resolve

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,
    ) -> list[ResolveResult]:
        addresses = [ipaddress.ip_address(it) for it in await self._resolve(host, port)]
        allowed = [it for it in addresses if self._policy.allows(it)]
        if addresses and not allowed:
            raise FetchError("private")
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in allowed
        ]

    async def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of a source somebody has (RFC 9110, 8.8).

    Attributes:
        etag: As the server wrote it; empty: none.
        changed: Its Last-Modified; empty: none.
    """

    etag: str = ""
    changed: str = ""


class Fetcher:
    """Fetches files over https."""

    def __init__(
        self,
        policy: AddressPolicy = PUBLIC_ONLY,
        resolve: Resolve = system_resolve,
        tls: ssl.SSLContext | None = None,
        largest_bytes: int = LARGEST_BYTES,
        whole_s: float = WHOLE_S,
    ) -> None:
        """Take what it goes by.

        Args:
            policy: Which addresses may be connected to.
            resolve: Finds the addresses of a name.
            tls: Which certificates are trusted; None: those of this machine.
            largest_bytes: A larger file is broken off.
            whole_s: A fetch that takes longer is broken off, in seconds.
        """
        self._policy = policy
        self._resolve = resolve
        self._tls = tls
        self._largest_bytes = largest_bytes
        self._whole_s = whole_s

    async def fetch(self, url: str, path: Path, known: Version) -> Version | None:
        """Fetch a file, unless it is the version that is known.

        Args:
            url: https.
            path: Where to write it; what is there is replaced.
            known: The version that somebody has.

        Returns:
            Its version; None if nothing changed.

        Raises:
            FetchError: If it cannot be fetched.
            OSError: If it cannot be written.
        """
        connector = aiohttp.TCPConnector(
            resolver=_CheckedResolver(self._policy, self._resolve),
            use_dns_cache=False,
            ssl=self._tls or ssl.create_default_context(),
        )
        timeout = aiohttp.ClientTimeout(
            total=self._whole_s, sock_connect=CONNECT_S, sock_read=SILENT_S
        )
        async with aiohttp.ClientSession(
            connector=connector,
            timeout=timeout,
            # Packed content could unpack to any size; and a proxy would resolve.
            auto_decompress=False,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as session:
            try:
                # Of one file, and of all pages of a list together.
                async with asyncio.timeout(self._whole_s):
                    return await self._follow(session, url, path, known)
            except TimeoutError as error:
                raise FetchError("slow") from error
            except aiohttp.ClientError as error:
                raise _explained(error) from error

    async def _follow(
        self, session: aiohttp.ClientSession, url: str, path: Path, known: Version
    ) -> Version | None:
        headers = {"Accept-Encoding": "identity", "User-Agent": "Praatpaal"}
        if known.etag:
            headers["If-None-Match"] = known.etag
        elif known.changed:
            headers["If-Modified-Since"] = known.changed
        for _ in range(MOST_REDIRECTS + 1):
            self._check(url)
            async with session.get(
                url, headers=headers, allow_redirects=False
            ) as reply:
                if reply.status in (301, 302, 303, 307, 308):
                    url = urljoin(url, reply.headers.get("Location", ""))
                    continue
                if reply.status == 304:
                    return None
                if reply.status != 200:
                    raise FetchError("status", reply.status)
                await self._write(reply, path)
                version = Version(
                    reply.headers.get("ETag", ""),
                    reply.headers.get("Last-Modified", ""),
                )
            page = await asyncio.to_thread(first_page, path)
            if page is not None and not page.is_all:
                await self._read_pages(session, url, page, path)
                # What the first page says of itself says nothing of the others.
                return Version()
            return version
        raise FetchError("redirects")

    async def _read_pages(
        self, session: aiohttp.ClientSession, url: str, first: Page, path: Path
    ) -> None:
        """Fetch the rest of a list that comes page by page, from the same website."""
        left = self._largest_bytes

        async def get(address: str) -> bytes | None:
            nonlocal left
            text = await self._get(session, address)
            left -= len(text or b"")
            if left < 0:
                raise FetchError("large", self._largest_bytes // 1_000_000)
            return text

        try:
            await read_on(url, first, path, get)
        except TooManyPages as error:
            raise FetchError("pages", error) from error

    async def _get(self, session: aiohttp.ClientSession, url: str) -> bytes | None:
        """A page that fits into memory; None if there is none."""
        headers = {"Accept-Encoding": "identity", "User-Agent": "Praatpaal"}
        for wait_s in (*BUSY_WAITS_S, None):
            # Nowhere else: a redirect could lead off this website.
            async with session.get(
                url, headers=headers, allow_redirects=False
            ) as reply:
                if reply.status in (429, 503) and wait_s is not None:
                    await asyncio.sleep(wait_s)
                    continue
                if reply.status in (404, 410):
                    return None
                if reply.status != 200:
                    raise FetchError("status", reply.status)
                if reply.headers.get("Content-Encoding", "identity") != "identity":
                    raise FetchError("packed")
                text = bytearray()
                async for chunk in reply.content.iter_chunked(CHUNK_BYTES):
                    text += chunk
                    if len(text) > LARGEST_PAGE_BYTES:
                        raise FetchError("large", LARGEST_PAGE_BYTES // 1_000_000)
                return bytes(text)
        raise AssertionError("the last answer is taken as it is")

    def _check(self, url: str) -> None:
        """Refuse what is no public https address, before a name is even resolved."""
        try:
            check_url(url)
            host = urlsplit(url).hostname or ""
            address = ipaddress.ip_address(host)
        except ValueError as error:
            if isinstance(error, UrlError):
                raise FetchError("not_https") from error
            # A name: its addresses are checked when it is resolved.
            return
        if not self._policy.allows(address):
            raise FetchError("private")

    async def _write(self, reply: aiohttp.ClientResponse, path: Path) -> None:
        if reply.headers.get("Content-Encoding", "identity") != "identity":
            raise FetchError("packed")
        if (reply.content_length or 0) > self._largest_bytes:
            raise FetchError("large", self._largest_bytes // 1_000_000)
        size = 0
        with path.open("wb") as file:
            async for chunk in reply.content.iter_chunked(CHUNK_BYTES):
                size += len(chunk)
                if size > self._largest_bytes:
                    raise FetchError("large", self._largest_bytes // 1_000_000)
                await asyncio.to_thread(file.write, chunk)


def _explained(error: aiohttp.ClientError) -> FetchError:
    """Which sentence fits; the causes are nested in several ways."""
    for cause in _causes(error):
        if isinstance(cause, FetchError):
            return cause
        if isinstance(cause, ssl.SSLError):
            return FetchError("certificate")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return FetchError("certificate")
    if isinstance(error, aiohttp.ClientConnectorError):
        return FetchError("unreachable")
    if isinstance(error, aiohttp.InvalidURL):
        return FetchError("not_https")
    return FetchError("broken_off", type(error).__name__)


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
