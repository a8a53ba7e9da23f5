"""A website with a certificate of its own, on a loopback address."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from companion.activities.fetching import AddressPolicy, Fetcher

HOST = "kaart.example"
LOOPBACK = AddressPolicy(also=(ipaddress.ip_network("127.0.0.0/8"),))


@dataclass(frozen=True, slots=True)
class Page:
    """What is answered."""

    text: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Site:
    """What the website gives, and what it was asked.

    Attributes:
        port: At which it is.
        trust: The certificates that know it.
        pages: Answers by path, one after the other; the last one stays.
        asked: Requests, in their order.
    """

    port: int
    trust: ssl.SSLContext
    pages: dict[str, list[Page]] = field(default_factory=dict)
    asked: list[web.BaseRequest] = field(default_factory=list)

    def url(self, path: str = "/kaart.csv", host: str = HOST) -> str:
        return f"https://{host}:{self.port}{path}"

    def fetcher(self, addresses: Sequence[str] = ("127.0.0.1",), **how: int) -> Fetcher:
        async def resolve(host: str, port: int) -> Sequence[str]:
            return addresses

        return Fetcher(LOOPBACK, resolve, self.trust, **how)


@asynccontextmanager
async def https_site(folder: Path) -> AsyncIterator[Site]:
    certificate, server_tls = make_certificate(folder)
    site = Site(0, ssl.create_default_context(cafile=str(certificate)))

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        site.asked.append(request)
        pages = site.pages.get(request.path, [])
        page = Page(status=404)
        if pages:
            page = pages.pop(0) if len(pages) > 1 else pages[0]
        return web.Response(text=page.text, status=page.status, headers=page.headers)

    server = web.Server(answer)
    runner = web.ServerRunner(server)
    await runner.setup()
    try:
        tcp = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_tls)
        await tcp.start()
        site.port = runner.addresses[0][1]
        yield site
    finally:
        await runner.cleanup()


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_site(folder: Path, serve: Serve) -> AsyncIterator[Site]:
    """A website that answers as no library would."""
    certificate, tls = make_certificate(folder)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        port = server.sockets[0].getsockname()[1]
        yield Site(port, ssl.create_default_context(cafile=str(certificate)))
    finally:
        server.close()
        await server.wait_closed()


def make_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate that vouches for itself, and what serves with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path, key_path = folder / "site.pem", folder / "site.key"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(path, key_path)
    return path, tls
