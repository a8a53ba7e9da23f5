"""A push service and a browser: takes pushes and reads them as RFC 8291 tells."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from calls.hub.push import Subscription
from calls.keys import from_base64url, to_base64url


class PushService:
    """Takes what is pushed to one browser.

    Attributes:
        status: That it answers with.
        news: What the browser could read, in order.
        headers: That came with each.
        times_s: When each came, by the event loop.
    """

    def __init__(self) -> None:
        self.origin = ""
        self.status = 201
        self.news: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.times_s: list[float] = []
        self.changed = asyncio.Event()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)

    def subscription(self, path: str = "/push/1") -> Subscription:
        """As the browser gives it to the page."""
        return Subscription(
            f"{self.origin}{path}", to_base64url(self._point), to_base64url(self._auth)
        )

    @property
    def _point(self) -> bytes:
        return self._key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    async def take(self, request: web.Request) -> web.Response:
        """POST of a push (RFC 8030, 5)."""
        body = await request.read()
        check_vapid(request.headers["Authorization"], self.origin)
        self.news.append(json.loads(self.decrypt(body)))
        self.headers.append(dict(request.headers))
        self.times_s.append(asyncio.get_running_loop().time())
        self.changed.set()
        return web.Response(status=self.status)

    async def wait(self, count: int) -> None:
        """Until so many have come."""
        async with asyncio.timeout(30):
            while len(self.news) < count:
                self.changed.clear()
                await self.changed.wait()

    def decrypt(self, body: bytes) -> bytes:
        """Header, key and one record (RFC 8188, 2; RFC 8291, 3.4)."""
        salt, size, id_length = body[:16], int.from_bytes(body[16:20]), body[20]
        theirs, record = body[21 : 21 + id_length], body[21 + id_length :]
        assert len(record) <= size
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        shared = self._key.exchange(ec.ECDH(), point)
        info = b"WebPush: info\0" + self._point + theirs
        input_key = _hkdf(self._auth, shared, info, 32)
        key = _hkdf(salt, input_key, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _hkdf(salt, input_key, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\0")
        # 2 marks the last record.
        assert plain[-1] == 2
        return plain[:-1]


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def check_vapid(authorization: str, origin: str) -> None:
    """Who pushes is who they say, to us and now (RFC 8292, 2 and 3)."""
    scheme, _, rest = authorization.partition(" ")
    assert scheme == "vapid"
    parts = dict(each.strip().split("=", 1) for each in rest.split(","))
    head, claims, signature = parts["t"].split(".")
    raw = from_base64url(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    point = from_base64url(parts["k"])
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    key.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert json.loads(from_base64url(head))["alg"] == "ES256"
    told = json.loads(from_base64url(claims))
    assert told["aud"] == origin
    assert told["exp"] > 0 and told["sub"].startswith(("mailto:", "https:"))


@asynccontextmanager
async def push_service() -> AsyncIterator[PushService]:
    """One that runs on this machine."""
    service = PushService()
    app = web.Application()
    app.router.add_post("/push/{browser}", service.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        await runner.cleanup()
