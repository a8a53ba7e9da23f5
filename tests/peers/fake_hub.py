"""A hub of one account, for the family page: plain, in memory, and it can misbehave.

It speaks calls.messages and the addresses of the real hub, and hands messages between
open pages and one device, acks included. What must hold for the real one is tested
there; here is what a page does with its answers.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from aiohttp import WSMsgType, web

from calls.call_messages import CallMessage, Ended, Reason, Ring
from calls.family.files import PAGE_FILES, PAGE_HEADERS, read_file
from calls.messages import Ack, Household, Role, Welcome, read
from calls.wire import VERSION, Message, new_id, write

REPEAT_S = 0.2
GIVE_UP_S = 20.0
WAIT_S = 30.0
NOW = 1_800_000_000.0

M = TypeVar("M", bound=Message)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Device(Protocol):
    """The other end."""

    async def receive(self, message: CallMessage) -> None:
        """A message of a page."""


def household(member: str = "m1", name: str = "Mevrouw De Vries") -> Household:
    """One that agreed to everything, and is there."""
    return Household(member, name, Role.FAMILY, True, True, ())


@dataclass(slots=True)
class FakeHub:
    """Its state, which a test may change.

    Attributes:
        url: Where the page is.
        households: By member.
        version: Of the format that it welcomes pages with.
        page_version: Of the page, as /api/me tells it.
        is_logged_in: Whether anybody who asks is.
        invitation: Answer to a look at one; None: it was used.
        refuses_sockets: Whether pages get no connection.
        can_text: Whether it can have text messages sent.
        phone: Where they go.
        ice_lasts_s: How long the servers for a call are good, by the hub's clock.
        says_twice: Whether each message to a page comes twice.
        agenda: What is shared, as /api/agenda tells it.
        refuses: Code with which a proposal is refused; empty: it is kept.
        requests: What was asked: method, path, JSON.
        received: Messages of pages, each id once.
        acked: Ids that pages acknowledged, as often as they did.
    """

    url: str = ""
    households: dict[str, Household] = field(default_factory=dict)
    version: int = VERSION
    page_version: str = "1"
    is_logged_in: bool = True
    invitation: dict[str, Any] | None = None
    refuses_sockets: bool = False
    says_twice: bool = False
    ice_lasts_s: float = 0.0
    can_text: bool = False
    phone: str = ""
    agenda: dict[str, Any] = field(default_factory=dict)
    refuses: str = ""
    passkeys: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    received: list[Message] = field(default_factory=list)
    acked: list[str] = field(default_factory=list)
    sockets: set[web.WebSocketResponse] = field(default_factory=set)
    device: Device | None = None
    rings: Ring | None = None
    _seen: set[str] = field(default_factory=set)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _repeating: set[asyncio.Task[None]] = field(default_factory=set)

    # -- what a test does and waits for ---------------------------------------------

    def asked(self, method: str, path: str) -> list[Any]:
        """What came with each request of this kind."""
        return [body for m, p, body in self.requests if (m, p) == (method, path)]

    async def until(
        self, is_so: Callable[[], object], within_s: float = WAIT_S
    ) -> None:
        """Wait until this holds of what came."""
        async with asyncio.timeout(within_s), self._news:
            await self._news.wait_for(lambda: bool(is_so()))

    def of(self, kind: type[M]) -> list[M]:
        """What came of this kind."""
        return [each for each in self.received if isinstance(each, kind)]

    async def change(self, member: str, **facts: Any) -> None:
        """Tell pages something new of a household."""
        self.households[member] = replace(self.households[member], **facts)
        await self.tell(self.households[member])

    async def tell(self, message: Message) -> None:
        """To all pages, once."""
        for socket in list(self.sockets):
            await socket.send_str(write(message))

    def deliver(self, message: CallMessage) -> None:
        """To all pages, until one acknowledges it."""
        if isinstance(message, Ring):
            self.rings = message
        elif isinstance(message, Ended):
            self.rings = None
        task = asyncio.create_task(self._repeat(message), name=message.type)
        self._repeating.add(task)
        task.add_done_callback(self._repeating.discard)

    async def drop_pages(self) -> None:
        """Break all connections, as a hub that starts anew."""
        for socket in list(self.sockets):
            await socket.close()

    async def close(self) -> None:
        """Stop repeating, and break all connections."""
        for task in list(self._repeating):
            task.cancel()
        await asyncio.gather(*self._repeating, return_exceptions=True)
        await self.drop_pages()

    async def _repeat(self, message: CallMessage) -> None:
        async with asyncio.timeout(GIVE_UP_S):
            while message.id not in self.acked:
                for _ in range(2 if self.says_twice else 1):
                    await self.tell(message)
                await asyncio.sleep(REPEAT_S)

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()

    # -- pages ------------------------------------------------------------------------

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """The WebSocket of a page."""
        if self.refuses_sockets or not self.is_logged_in:
            return web.json_response({"error": "no_session"}, status=401)
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await socket.send_str(write(Welcome(self.version, NOW)))
        self.sockets.add(socket)
        for each in self.households.values():
            await socket.send_str(write(each))
        if self.rings is not None:
            await socket.send_str(write(replace(self.rings, id=new_id())))
        await self._notify()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._receive(socket, read(message.data))
        finally:
            self.sockets.discard(socket)
            await self._notify()
        return socket

    async def _receive(self, socket: web.WebSocketResponse, message: Message) -> None:
        if isinstance(message, Ack):
            self.acked.append(message.id)
        elif isinstance(message, CallMessage):
            assert message.member in self.households
            if message.id not in self._seen:
                self._seen.add(message.id)
                self.received.append(message)
                await self._hand_on(message)
            await socket.send_str(write(Ack(message.id)))
        await self._notify()

    async def _hand_on(self, message: CallMessage) -> None:
        if self.device is not None:
            await self.device.receive(message)
        elif isinstance(message, Ring):
            self.deliver(
                Ended(
                    new_id(), message.call, message.member, message.page, Reason.OFFLINE
                )
            )

    # -- addresses --------------------------------------------------------------------

    async def me(self, request: web.Request) -> web.Response:
        """Who is logged in."""
        if not self.is_logged_in:
            return web.json_response({"error": "no_session"}, status=401)
        return web.json_response(
            {
                "name": "Anna",
                "email": "",
                "phone": self.phone,
                "can_text": self.can_text,
                "language": "nl",
                "token": "secret",
                "version": self.page_version,
                "push_key": "BHx0",
                "households": [
                    {"member": each.member, "name": each.name, "role": each.role}
                    for each in self.households.values()
                ],
            }
        )

    async def look(self, request: web.Request) -> web.Response:
        """An invitation."""
        if self.invitation is None:
            return web.json_response({"error": "used_invitation"}, status=410)
        return web.json_response(self.invitation)

    async def log_in(self, request: web.Request) -> web.Response:
        """However it was done."""
        self.is_logged_in = True
        return web.Response(status=204)

    async def log_out(self, request: web.Request) -> web.Response:
        """This browser."""
        self.is_logged_in = False
        return web.Response(status=204)

    async def ice(self, request: web.Request) -> web.Response:
        """None: all is in one house."""
        return web.json_response({"servers": [], "expires": NOW + self.ice_lasts_s})

    async def passkey_options(self, request: web.Request) -> web.Response:
        """To make one, or to use one; nobody checks it here."""
        options: dict[str, Any] = {"challenge": "Y2hhbGxlbmdl", "timeout": 60_000}
        if request.path.endswith("/offer"):
            options |= {
                "rp": {"id": "localhost", "name": "Praatpaal"},
                "user": {"id": "dXNlcg", "name": "Anna", "displayName": "Anna"},
                "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
                "authenticatorSelection": {"residentKey": "required"},
                "excludeCredentials": [],
            }
        else:
            options |= {"rpId": "localhost", "allowCredentials": []}
        return web.json_response(options)

    async def add_passkey(self, request: web.Request) -> web.Response:
        """As it was made."""
        found = await request.json()
        one = {"id": found["credential"]["id"], "name": found["name"], "created": NOW}
        self.passkeys.append(one)
        return web.json_response({"id": one["id"]}, status=201)

    async def list_passkeys(self, request: web.Request) -> web.Response:
        """All of them."""
        return web.json_response({"passkeys": self.passkeys})

    async def remove_passkey(self, request: web.Request) -> web.Response:
        """One of them."""
        gone = request.match_info["id"]
        self.passkeys = [each for each in self.passkeys if each["id"] != gone]
        return web.Response(status=204)

    async def put_phone(self, request: web.Request) -> web.Response:
        """A number that ends with enough digits; nobody checks it further here."""
        written = (await request.json())["phone"]
        if not written[-8:].isdigit():
            return web.json_response({"error": "phone"}, status=400)
        self.phone = f"+316{written[-8:]}"
        return web.json_response({"phone": self.phone})

    async def delete_phone(self, request: web.Request) -> web.Response:
        """No number any more."""
        self.phone = ""
        return web.Response(status=204)

    async def acknowledge(self, request: web.Request) -> web.Response:
        """Somebody takes care of an alarm."""
        for each in list(self.households.values()):
            left = tuple(a for a in each.alarms if a != request.match_info["alarm"])
            if left != each.alarms:
                await self.change(each.member, alarms=left)
        return web.Response(status=204)

    async def show_agenda(self, request: web.Request) -> web.Response:
        """As it is."""
        nothing: dict[str, Any] = {
            "zone": "Europe/Amsterdam", "stale_since": None, "entries": [],
            "left_out": 0, "proposals": [],
        }  # fmt: skip
        return web.json_response({**nothing, **self.agenda})

    async def propose(self, request: web.Request) -> web.Response:
        """Kept, in place of another; nobody checks it here."""
        if self.refuses:
            return web.json_response({"error": self.refuses}, status=409)
        wish = await request.json()
        replaced = wish.pop("replaces", None)
        one = {"id": new_id(), "state": "sent", "changed": NOW, **wish}
        known = self.agenda.get("proposals", [])
        self.agenda["proposals"] = [p for p in known if p["id"] != replaced] + [one]
        return web.json_response({"proposal": one["id"]}, status=201)

    async def take_back(self, request: web.Request) -> web.Response:
        """It is gone."""
        gone = request.match_info["proposal"]
        known = self.agenda.get("proposals", [])
        self.agenda["proposals"] = [each for each in known if each["id"] != gone]
        return web.Response(status=204)

    async def take(self, request: web.Request) -> web.Response:
        """Anything else: noted, and that is all."""
        return web.Response(status=204)

    async def file(self, request: web.Request) -> web.Response:
        """Of the page, as the real hub serves it."""
        _, content_type = PAGE_FILES[request.path]
        is_text = not content_type.startswith(("font/", "image/png"))
        return web.Response(
            body=read_file(request.path),
            content_type=content_type,
            charset="utf-8" if is_text else None,
            headers=PAGE_HEADERS,
        )

    def app(self) -> web.Application:
        """All of it."""
        app = web.Application(middlewares=[self._guard])
        for path in PAGE_FILES:
            app.router.add_get(path, self.file)
        for method, path, handler in (
            ("GET", "/api/me", self.me),
            ("GET", "/api/ice", self.ice),
            ("GET", "/api/page", self.connect),
            ("POST", "/api/invitations/look", self.look),
            ("POST", "/api/invitations/accept", self.log_in),
            ("POST", "/api/links", self.take),
            ("POST", "/api/links/use", self.log_in),
            ("POST", "/api/passkeys/offer", self.passkey_options),
            ("POST", "/api/passkeys/challenge", self.passkey_options),
            ("POST", "/api/passkeys", self.add_passkey),
            ("GET", "/api/passkeys", self.list_passkeys),
            ("DELETE", "/api/passkeys/{id}", self.remove_passkey),
            ("POST", "/api/session", self.log_in),
            ("DELETE", "/api/session", self.log_out),
            ("PUT", "/api/phone", self.put_phone),
            ("DELETE", "/api/phone", self.delete_phone),
            ("PUT", "/api/push", self.take),
            ("DELETE", "/api/push", self.take),
            ("POST", "/api/alarms/{alarm}/acknowledge", self.acknowledge),
            ("GET", "/api/agenda/{member}", self.show_agenda),
            ("POST", "/api/agenda/{member}/proposals", self.propose),
            ("DELETE", "/api/agenda/{member}/proposals/{proposal}", self.take_back),
        ):
            app.router.add_route(method, path, handler)
        return app

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        self.requests.append((request.method, request.path, body))
        open_to_all = ("/api/invitations", "/api/links", "/api/passkeys/challenge")
        if (
            request.method != "GET"
            and not request.path.startswith((*open_to_all, "/api/session"))
            and request.headers.get("X-Praatpaal-Token") != "secret"
        ):
            return web.json_response({"error": "token"}, status=403)
        try:
            return await handler(request)
        finally:
            await self._notify()


@asynccontextmanager
async def fake_hub(*households: Household) -> AsyncIterator[FakeHub]:
    """Serve one on a free port."""
    found = households or (household(),)
    hub = FakeHub(households={each.member: each for each in found})
    runner = web.AppRunner(hub.app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    # Passkeys know no numbers for a host.
    hub.url = f"http://localhost:{runner.addresses[0][1]}"
    try:
        yield hub
    finally:
        await hub.close()
        await runner.cleanup()
