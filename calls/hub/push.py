"""Web Push: rings a page that is closed (RFC 8030), encrypted for it (RFC 8291).

The addresses come from browsers, so from anybody who was invited: only https at public
addresses is asked, each name is looked up and checked anew for every connection, and
no redirect is followed.
"""

import asyncio
import base64
import binascii
import hashlib
import json
import logging
import os
import socket
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import http_ece
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from py_vapid import Vapid02

from calls.hub.errors import HubError

logger = logging.getLogger(__name__)

RING_TTL_S = 45
"""A telephone that wakes later need not ring any more."""

ALARM_TTL_S = 12 * 3600

NOTE_TTL_S = 86_400
"""A telephone that was off for longer has had a mail."""

SEND_S = 5.0

# RFC 8292, 2: at most 24 hours; half of it bears a clock that is some hours off.
TOKEN_S = 12 * 3600

# RFC 8030, 7.2: a push service takes at least so much, encrypted.
PAYLOAD_BYTES = 3_000

KEY_FILE = "push.key"

# Carries an IPv4 address that only this network knows (RFC 6052, 2.1).
_NAT64 = ip_network("64:ff9b::/96")


class PushKeyError(HubError):
    """The key for Web Push cannot be read or made."""


class BadSubscription(HubError, ValueError):
    """No address of a push service, or no keys of a browser."""


class Pushed(StrEnum):
    """What came of a push."""

    SENT = "sent"  # the push service has it
    GONE = "gone"  # the browser gave it up: forget the address
    FAILED = "failed"  # perhaps next time


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where one browser can be rung.

    Attributes:
        endpoint: Of its push service.
        p256dh: Public key of the browser, base64url.
        auth: Secret shared with it, base64url.
    """

    endpoint: str
    p256dh: str
    auth: str

    def __repr__(self) -> str:
        """Without the address, with which anybody could ring."""
        return "Subscription()"


# -- our key ----------------------------------------------------------------------


class PushKey:
    """Shows push services that it is the same hub each time (RFC 8292)."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self._signer = Vapid02(private)

    @property
    def public(self) -> str:
        """What a browser subscribes with: the point, uncompressed, base64url."""
        point = self._private.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        return _encode(point)

    def authorization(self, endpoint: str, contact: str, now: float) -> str:
        """The header that goes with a push (RFC 8292, 3).

        Args:
            endpoint: Where it goes.
            contact: "mailto:..." or "https://...": whom its operator may write to.
            now: In seconds since 1970.
        """
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(now) + TOKEN_S,
            "sub": contact,
        }
        return str(self._signer.sign(claims)["Authorization"])


def load_push_key(folder: Path) -> PushKey:
    """The hub's key; made where there is none, readable by this user only.

    Raises:
        PushKeyError: If it cannot be read or written. It is never replaced: all
            browsers would have to subscribe anew.
    """
    path = folder / KEY_FILE
    try:
        if not path.exists():
            _make_key(path)
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise PushKeyError(f"cannot use {path}: {error.strerror}") from error
    except ValueError as error:
        raise PushKeyError(f"{path} holds no key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PushKeyError(f"{path} holds another kind of key")
    return PushKey(key)


def _make_key(path: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.with_name(f"{path.name}.new")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(pem)
        out.flush()
        os.fsync(out.fileno())
    half.replace(path)


# -- where it may go --------------------------------------------------------------


def check_subscription(
    subscription: Subscription, also: Collection[str] = ()
) -> tuple[bytes, bytes]:
    """Refuse what is no subscription; returns the browser's key and its secret.

    Args:
        subscription: As the browser gave it.
        also: Origins that may be asked though they are not public.

    Raises:
        BadSubscription: If it is none, or would have us ask somewhere else.
    """
    try:
        parts = urlsplit(subscription.endpoint)
        origin = f"{parts.scheme}://{parts.netloc}"
        port = parts.port
    except ValueError:
        raise BadSubscription("no address") from None
    if origin not in also:
        # Push services use names and the usual port only.
        if parts.scheme != "https" or port not in (None, 443):
            raise BadSubscription("no https address")
        if not parts.hostname or _is_number(parts.hostname) or "@" in parts.netloc:
            raise BadSubscription("no name of a push service")
    key, secret = _decode(subscription.p256dh), _decode(subscription.auth)
    if len(secret) != 16:
        raise BadSubscription("no secret of a browser")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    except ValueError:
        raise BadSubscription("no key of a browser") from None
    return key, secret


def is_public(address: str) -> bool:
    """Whether this is an address of the open internet, and not of a network of ours."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = IPv4Address(int(found) & 0xFFFF_FFFF)
        if inner is not None:
            found = inner
    return found.is_global and not found.is_multicast


class PublicResolver(AbstractResolver):
    """Finds public addresses only; the connection goes to what was checked.

    Args:
        inner: Looks up; another one in tests.
        also: Names that may be anywhere.
    """

    def __init__(self, inner: AbstractResolver, also: Collection[str] = ()) -> None:
        self._inner = inner
        self._also = frozenset(also)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Its addresses.

        Raises:
            OSError: If it has none that is public.
        """
        found = await self._inner.resolve(host, port, family)
        if host in self._also:
            return found
        public = [each for each in found if is_public(each["host"])]
        if not public:
            raise OSError("a push service without a public address")
        return public

    async def close(self) -> None:
        """Let go of what looks up."""
        await self._inner.close()


# -- sending ----------------------------------------------------------------------


class Pusher:
    """Sends pushes; opened by its first one.

    Args:
        key: Ours.
        contact: "mailto:..." or "https://...".
        now: Seconds since 1970.
        also: Origins that may be asked though they are not public https, such as
            "http://127.0.0.1:8080".
    """

    def __init__(
        self,
        key: PushKey,
        contact: str,
        now: Callable[[], float],
        also: Collection[str] = (),
    ) -> None:
        self._key = key
        self._contact = contact
        self._now = now
        self._also = frozenset(also)
        self._session: aiohttp.ClientSession | None = None

    @property
    def public_key(self) -> str:
        """What a browser subscribes with."""
        return self._key.public

    @property
    def also(self) -> frozenset[str]:
        """Origins that may be asked though they are not public https."""
        return self._also

    async def close(self) -> None:
        """Close the connections; may be called twice."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def send(
        self,
        subscription: Subscription,
        news: Mapping[str, object],
        *,
        topic: str,
        ttl_s: int = RING_TTL_S,
    ) -> Pushed:
        """Hand it to the push service; within 5 s.

        Args:
            subscription: To whom.
            news: What `sw.js` of the page reads; at most some 3,000 bytes.
            topic: A newer push about the same takes the place of one that waits
                (RFC 8030, 5.4).
            ttl_s: How long it is of use.
        """
        try:
            body = encrypt(subscription, json.dumps(dict(news)).encode(), self._also)
        except BadSubscription:
            # It was checked when it came; a database of somebody else's making.
            return Pushed.GONE
        headers = {
            "Authorization": self._key.authorization(
                subscription.endpoint, self._contact, self._now()
            ),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(ttl_s),
            "Urgency": "high",
            "Topic": topic_of(topic),
        }
        try:
            async with (
                asyncio.timeout(SEND_S),
                self._open().post(
                    subscription.endpoint,
                    data=body,
                    headers=headers,
                    allow_redirects=False,
                ) as answer,
            ):
                return _outcome(answer.status)
        except (aiohttp.ClientError, OSError) as error:
            logger.info("a push failed: %s", type(error).__name__)
            return Pushed.FAILED

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            hosts = {urlsplit(origin).hostname or "" for origin in self._also}
            resolver = PublicResolver(ThreadedResolver(), hosts)
            # No cookies: a push service is told no more than what is pushed.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver, limit=50),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


def encrypt(
    subscription: Subscription, plain: bytes, also: Collection[str] = ()
) -> bytes:
    """One encrypted record that only this browser reads (RFC 8291, 4).

    Raises:
        BadSubscription: If its keys are none.
        ValueError: If it is too long.
    """
    if len(plain) > PAYLOAD_BYTES:
        raise ValueError(f"{len(plain)} bytes are too many to push")
    key, secret = check_subscription(subscription, also)
    return bytes(
        http_ece.encrypt(
            plain,
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=key,
            auth_secret=secret,
            version="aes128gcm",
        )
    )


def topic_of(name: str) -> str:
    """At most 32 letters of base64url (RFC 8030, 5.4), which tell nothing."""
    return _encode(hashlib.sha256(name.encode()).digest()[:24])


def _outcome(status: int) -> Pushed:
    if 200 <= status < 300:
        return Pushed.SENT
    if status in (404, 410):
        return Pushed.GONE
    logger.info("a push service answered with status %d", status)
    return Pushed.FAILED


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise BadSubscription("no base64url") from None
