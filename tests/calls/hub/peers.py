"""A hub on this machine, and what asks it things: browsers, devices."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from calls.hub import tables
from calls.hub.enrolment import enrol_own, find_device
from calls.hub.invitations import create_invitation
from calls.hub.limits import LIMITS, Buckets, Limit
from calls.hub.mail import Mail, Notifier
from calls.hub.server import Hub
from calls.hub.settings import HubSettings
from calls.hub.state import RouteGroup
from calls.hub.store import open_store
from calls.keys import DeviceKey, from_base64url, to_base64url
from calls.messages import Role
from calls.wire import new_id
from tests.calls.hub.small_page import SMALL_PAGE

NOW = 1_772_442_000.0
"""2 March 2026, nine o'clock."""


class Time:
    """Both clocks, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW
        self.monotonic = 0.0

    def pass_(self, seconds: float) -> None:
        """Let time go by."""
        self.now += seconds
        self.monotonic += seconds


class Letterbox:
    """Takes mails as a mail server would, in their order."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.is_stuck = False
        self.tried = asyncio.Event()
        self._mails: asyncio.Queue[Mail] = asyncio.Queue()

    async def send(self, mail: Mail) -> None:
        """Keep it, or never answer."""
        self.tried.set()
        if self.is_stuck:
            await asyncio.Event().wait()
        self.mails.append(mail)
        self._mails.put_nowait(mail)

    async def next(self) -> Mail:
        """The next one, once it comes."""
        async with asyncio.timeout(30):
            return await self._mails.get()

    @property
    def is_empty(self) -> bool:
        """Whether all were taken out."""
        return self._mails.empty()


def unlimited() -> Buckets:
    """For tests of other things than limits."""
    return Buckets({cost: Limit(1_000_000, 0.001) for cost in LIMITS})


@dataclass
class Place:
    """A hub that runs, with its clocks and mails."""

    hub: Hub
    time: Time
    letterbox: Letterbox

    @property
    def origin(self) -> str:
        """Of its page, as a browser sends it."""
        return self.hub.url

    async def home(self, name: str = "Mevrouw Test") -> "Home":
        """A household with its device."""
        key = DeviceKey(ec.generate_private_key(ec.SECP256R1()))
        device = await enrol_own(self.hub.state.store, key.public, name, self.time.now)
        known = await find_device(self.hub.state.store, device)
        assert known is not None
        return Home(self, known.household, device, key)


@dataclass
class Home:
    """A household."""

    place: Place
    id: str
    device: str
    key: DeviceKey

    async def invite(
        self,
        name: str = "Anna",
        role: Role = Role.FAMILY,
        email: str = "",
        member: str | None = None,
    ) -> tuple[str, str]:
        """Returns the member and the token."""
        member = member or new_id()
        state = self.place.hub.state
        made = await create_invitation(
            state.store, state.url, self.id, member, name, role, email, state.now()
        )
        return member, made.url.partition("#")[2]


_EMPTY: list[bytes] = []


async def begin_database(path: Path) -> None:
    """Put a new one there; made once and copied, as tests begin hundreds."""
    if not _EMPTY:
        with TemporaryDirectory() as folder:
            made = Path(folder) / "hub.db"
            await (await open_store(made, datetime.fromtimestamp(NOW, UTC))).close()
            _EMPTY.append(await asyncio.to_thread(made.read_bytes))
    if not await asyncio.to_thread(path.exists):
        await asyncio.to_thread(path.write_bytes, _EMPTY[0])
        await asyncio.to_thread(path.chmod, 0o600)


@asynccontextmanager
async def running_hub(
    folder: Path,
    settings: HubSettings | None = None,
    groups: Sequence[RouteGroup] = (),
    buckets: Buckets | None = None,
) -> AsyncIterator[Place]:
    """A hub on a free port, with clocks that stand still."""
    time, letterbox = Time(), Letterbox()
    await begin_database(folder / "hub.db")
    hub = Hub(
        settings or HubSettings(port=0),
        folder / "hub.db",
        groups=groups,
        page=SMALL_PAGE,
        notifier=Notifier(letterbox),
        buckets=buckets if buckets is not None else unlimited(),
        now=lambda: time.now,
        monotonic=lambda: time.monotonic,
    )
    await hub.open()
    try:
        yield Place(hub, time, letterbox)
    finally:
        await hub.close()


@dataclass
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Any

    @property
    def error(self) -> str | None:
        """The code of a refusal."""
        return self.body.get("error") if isinstance(self.body, dict) else None


@dataclass
class Browser:
    """Asks as the page does; knows its cookie and its token.

    Attributes:
        origin: That it sends; None: none.
        token: Of /api/me; None: the header is left out.
    """

    place: Place
    client: aiohttp.ClientSession
    origin: str | None
    token: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    async def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> Answer:
        """Ask, and read the answer."""
        sent = {**self.headers, **headers}
        if self.origin is not None:
            sent["Origin"] = self.origin
        if self.token is not None:
            sent["X-Praatpaal-Token"] = self.token
        data = None
        if body is not None:
            data = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        url = f"{self.place.hub.local_url}{path}"
        async with self.client.request(
            method, url, data=data, headers=sent
        ) as response:
            text = await response.text()
            is_json = response.content_type == "application/json"
            return Answer(
                response.status, json.loads(text) if is_json else text, response.headers
            )

    async def log_in(self) -> dict[str, Any]:
        """Learn who it is, and keep the token."""
        answer = await self.ask("GET", "/api/me")
        assert answer.status == 200, answer
        self.token = answer.body["token"]
        found: dict[str, Any] = answer.body
        return found

    async def join(self, token: str, **wish: str) -> dict[str, Any]:
        """Accept an invitation; returns /api/me."""
        body = {"token": token, "language": "nl", **wish}
        answer = await self.ask("POST", "/api/invitations/accept", body)
        assert answer.status == 201, answer
        return await self.log_in()


@asynccontextmanager
async def browser(place: Place) -> AsyncIterator[Browser]:
    """One with an empty cookie jar."""
    # Cookies of an IP address are unsafe for others, not for a test.
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as client:
        yield Browser(place, client, place.origin)


def subscription() -> dict[str, Any]:
    """A browser that may be rung by Web Push."""
    point = (
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(
            Encoding.X962,
            PublicFormat.UncompressedPoint,
        )
    )
    return {
        "endpoint": f"https://push.example/{new_id()}",
        "keys": {"p256dh": to_base64url(point), "auth": to_base64url(bytes(16))},
    }


# -- a passkey ----------------------------------------------------------------------


class SoftwarePasskey:
    """An authenticator made of software: what a telephone does (WebAuthn, 6).

    Args:
        origin: Of the page that it believes to be on.
        rp_id: The name of the hub.
    """

    def __init__(self, origin: str, rp_id: str) -> None:
        self.origin = origin
        self.rp_id = rp_id
        self.id = to_base64url(new_id().encode())
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.user = ""
        self.count = 0

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """What navigator.credentials.create() gives (5.1.3)."""
        self.user = options["user"]["id"]
        client = self._client("webauthn.create", options["challenge"])
        raw = from_base64url(self.id)
        attested = bytes(16) + len(raw).to_bytes(2, "big") + raw + self._cose()
        auth = self._auth(0x45, attested)
        # {"fmt": "none", "attStmt": {}, "authData": ...} in CBOR (RFC 8949).
        attestation = (
            b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData"
            + b"\x59" + len(auth).to_bytes(2, "big") + auth
        )  # fmt: skip
        return self._credential(
            {
                "clientDataJSON": to_base64url(client),
                "attestationObject": to_base64url(attestation),
                "transports": ["internal"],
            }
        )

    def use(self, options: dict[str, Any]) -> dict[str, Any]:
        """What navigator.credentials.get() gives (5.1.4)."""
        self.count += 1
        client = self._client("webauthn.get", options["challenge"])
        auth = self._auth(0x05)
        signed = auth + hashlib.sha256(client).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._credential(
            {
                "clientDataJSON": to_base64url(client),
                "authenticatorData": to_base64url(auth),
                "signature": to_base64url(signature),
                "userHandle": self.user or None,
            }
        )

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": self.id,
            "rawId": self.id,
            "type": "public-key",
            "clientExtensionResults": {},
            "response": response,
        }

    def _client(self, kind: str, challenge: str) -> bytes:
        data = {"type": kind, "challenge": challenge, "origin": self.origin}
        return json.dumps(data).encode()

    def _auth(self, flags: int, attested: bytes = b"") -> bytes:
        """Authenticator data (6.1)."""
        rp = hashlib.sha256(self.rp_id.encode()).digest()
        return rp + bytes([flags]) + self.count.to_bytes(4, "big") + attested

    def _cose(self) -> bytes:
        """The public key (RFC 9053, 7.1.1): {1: 2, 3: -7, -1: 1, -2: x, -3: y}."""
        point = self.key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        return (
            b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"
            + point[1:33] + b"\x22\x58\x20" + point[33:]
        )  # fmt: skip


async def add_note(home: Home, member: str) -> str:
    """One to a member, who did not answer yet."""
    id, now = new_id(), home.place.time.now
    async with home.place.hub.state.store.writing() as connection:
        await connection.execute(
            tables.note.insert().values(
                id=id,
                household=home.id,
                member=member,
                about="go_along",
                text="Naar de koffieochtend",
                until=now + 3_600,
                created_at=now,
            )
        )
    return id
