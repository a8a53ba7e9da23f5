"""Adds to the hub what devices and pages need: sockets, calls, alarms, agendas."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from urllib.parse import urlsplit

from aiohttp import web

from calls.call_messages import CallMessage
from calls.hub.agenda import Agendas
from calls.hub.agenda_pages import AgendaPages
from calls.hub.alarms import JOB, OVER_JOB, Alarms
from calls.hub.doorbell import Doorbell
from calls.hub.errors import Refusal
from calls.hub.exchange import Exchange
from calls.hub.guard import BODY, SESSION
from calls.hub.jobs import Jobs, Worker
from calls.hub.links import DeviceEnd, End, Ends, PageEnd
from calls.hub.members import member_of_alarm
from calls.hub.note_pages import NotePages
from calls.hub.notes import JOB as NOTE_JOB
from calls.hub.notes import Notes
from calls.hub.presence import Presence
from calls.hub.push import (
    BadSubscription,
    Pusher,
    Subscription,
    check_subscription,
    load_push_key,
)
from calls.hub.requests import Requests
from calls.hub.ringer import Ringer
from calls.hub.ringing import USUAL, Pace
from calls.hub.sockets import Sockets
from calls.hub.state import HubState, RouteGroup
from calls.hub.tasks import Tasks
from calls.hub.texting import Texter, keep_number, phone_number
from calls.hub.turn import RENEW_S, IceSource, read_secret, read_servers
from calls.wire import Message

logger = logging.getLogger(__name__)


def signalling(push_origins: Collection[str] = (), pace: Pace = USUAL) -> RouteGroup:
    """The routes of signalling, for `calls.hub.server.Hub`.

    Args:
        push_origins: Push services that may be asked although they are not at a
            public https address, such as "http://127.0.0.1:8080".
        pace: How soon somebody is rung by what.
    """

    def add(app: web.Application, state: HubState) -> None:
        Signalling(state, push_origins, pace).add_to(app)

    return add


class Signalling:
    """All parts of it, put together.

    Args:
        state: Of the hub.
        push_origins: As for `signalling`.
        pace: As for `signalling`.

    Raises:
        HubError: If a setting or a file that it names is wrong.
    """

    def __init__(
        self, state: HubState, push_origins: Collection[str], pace: Pace
    ) -> None:
        settings = state.settings
        self._state = state
        self._pace = pace
        self._tasks = Tasks()
        self._ends = Ends()
        self._pusher = Pusher(
            load_push_key(state.store.path.parent),
            _contact(state),
            state.now,
            push_origins,
        )
        state.push_key = self._pusher.public_key
        texter = None
        if settings.text_url:
            secret = read_secret(settings.text_secret_file).decode("ascii", "replace")
            texter = Texter(settings.text_url, secret, lambda: state.url)
            state.can_text = True
        self._doorbell = Doorbell(
            state.store, self._pusher, state.notifier, texter, lambda: state.url
        )
        self._ringer = Ringer(self._ends, self._doorbell, self._tasks, pace)
        jobs = Jobs(state.store, state.now)
        self._alarms = Alarms(
            state.store,
            jobs,
            state.now,
            self._doorbell,
            self._household_changed,
            lambda: self._worker.wake(),
        )
        self._notes = Notes(
            state.store,
            jobs,
            state.now,
            self._doorbell,
            self._household_changed,
            lambda: self._worker.wake(),
        )
        self._note_pages = NotePages(state.store, self._notes)
        work = {
            JOB: self._alarms.escalate,
            OVER_JOB: self._alarms.tell_over,
            NOTE_JOB: self._notes.make_known,
        }
        self._worker = Worker(jobs, work, state.now)
        state.jobs_are_late = self._worker.is_late
        self._agendas = Agendas(state.store, state.now, self._household_changed)
        self._agenda_pages = AgendaPages(state.store, self._agendas)
        self._presence = Presence(
            state.store,
            self._ends,
            self._alarms,
            self._tasks,
            state.now,
            self._ringer.reach,
        )
        self._requests = Requests(
            state,
            self._alarms,
            self._agendas,
            self._notes,
            self._presence,
            self._ringer,
            self._tasks,
        )
        self._ice = IceSource(
            read_servers(settings.turn_urls),
            read_secret(settings.turn_secret_file),
            state.now,
            self._tell_ice,
        )
        self._sockets = Sockets(
            state,
            self._ends,
            self._tasks,
            self._handle,
            self._came,
            self._left,
            pace.removed_every_s,
        )
        self._exchange: Exchange | None = None
        state.members_changed.append(self._presence.household_changed)
        state.sessions_ended.append(self._sockets.session_ended)

    def add_to(self, app: web.Application) -> None:
        """Add the routes, and what runs beside them."""
        app.cleanup_ctx.append(self._run)
        app.on_shutdown.append(self._shut)
        self._agenda_pages.add_to(app)
        self._note_pages.add_to(app)
        app.add_routes(
            [
                web.get("/api/page", self._sockets.page, allow_head=False),
                web.get("/api/device", self._sockets.device, allow_head=False),
                web.get("/api/ice", self._get_ice, allow_head=False),
                web.put("/api/push", self._put_push),
                web.delete("/api/push", self._delete_push),
                web.put("/api/phone", self._put_phone),
                web.delete("/api/phone", self._delete_phone),
                web.post("/api/alarms/{alarm}/acknowledge", self._acknowledge),
            ]
        )

    async def _run(self, _: web.Application) -> AsyncIterator[None]:
        self._exchange = Exchange(
            self._state.store,
            self._ends,
            self._ringer,
            self._presence.is_online,
            self._pace,
            self._tasks,
        )
        self._tasks.start(self._worker.run(), "jobs")
        self._tasks.start(self._worker.watch(), "watching the jobs")
        self._tasks.start(self._presence.watch_midnight(), "watching for midnight")
        self._tasks.start(self._sockets.watch_removed(), "watching for removals")
        self._tasks.start(self._agendas.watch(), "forgetting old agendas")
        self._tasks.start(self._notes.watch(), "forgetting old notes")
        self._tasks.start(self._ice.watch(), "asking STUN and TURN servers")
        self._tasks.start(self._renew_ice(), "renewing credentials")
        yield
        await self._tasks.close()
        await self._pusher.close()

    async def _shut(self, _: web.Application) -> None:
        await self._sockets.close()

    # -- connections ----------------------------------------------------------------

    async def _handle(self, end: End, message: Message) -> bool:
        exchange = self._exchange
        assert exchange is not None
        if isinstance(end, DeviceEnd):
            if isinstance(message, CallMessage):
                return await exchange.from_device(end, message)
            return await self._requests.handle(end, message)
        assert isinstance(end, PageEnd)
        if isinstance(message, CallMessage):
            return await exchange.from_page(end, message)
        logger.info("a page may not send %s", message.type)
        return True

    async def _came(self, end: End) -> None:
        if isinstance(end, DeviceEnd):
            end.tell(self._ice.for_user(end.household))
            await self._presence.device_came(end)
            await self._tell_untold(end)
        elif isinstance(end, PageEnd):
            # First of all what rings: the rest takes some reading.
            self._ringer.page_came(end)
            await self._presence.page_came(end)

    async def _left(self, end: End) -> None:
        if isinstance(end, DeviceEnd):
            self._presence.device_left(end.household)
        elif isinstance(end, PageEnd):
            if self._exchange is not None:
                self._exchange.page_left(end)
            await self._presence.account_changed(end.account)

    async def _household_changed(self, household: str) -> None:
        """An alarm, the agenda or a note changed: pages and device must know."""
        await self._presence.household_changed(household)
        device = self._ends.device(household)
        if device is not None:
            await self._tell_untold(device)

    async def _tell_untold(self, end: DeviceEnd) -> None:
        """All that the device may not have: it acts once on what it knows."""
        told = await self._alarms.acknowledged(end.household)
        proposed = await self._agendas.untold(end.household)
        answered = await self._notes.answers(end.household)
        for message in (*told, *proposed, *answered):
            end.send(message)

    # -- servers for calls ----------------------------------------------------------

    async def _get_ice(self, request: web.Request) -> web.Response:
        found = self._ice.for_user(request[SESSION].account)
        servers = [
            {
                "urls": each.url,
                "username": each.username,
                "credential": each.credential,
            }
            for each in found.servers
        ]
        return web.json_response({"servers": servers, "expires": found.expires})

    def _tell_ice(self) -> None:
        for device in self._ends.devices():
            device.tell(self._ice.for_user(device.household))

    async def _renew_ice(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            self._tell_ice()

    # -- Web Push, text messages and alarms -----------------------------------------

    async def _put_push(self, request: web.Request) -> web.Response:
        body, account = request[BODY], request[SESSION].account
        subscription = Subscription(
            body["endpoint"], body["keys"]["p256dh"], body["keys"]["auth"]
        )
        try:
            check_subscription(subscription, self._pusher.also)
        except BadSubscription as error:
            raise Refusal("wrong_subscription") from error
        await self._doorbell.subscribe(account, subscription, self._state.now())
        await self._presence.account_changed(account)
        return web.Response(status=204)

    async def _delete_push(self, request: web.Request) -> web.Response:
        account = request[SESSION].account
        await self._doorbell.unsubscribe(account, request[BODY]["endpoint"])
        await self._presence.account_changed(account)
        return web.Response(status=204)

    async def _put_phone(self, request: web.Request) -> web.Response:
        if not self._state.can_text:
            raise Refusal("no_texts", 409)
        phone = phone_number(request[BODY]["phone"])
        await self._keep_phone(request[SESSION].account, phone)
        return web.json_response({"phone": phone})

    async def _delete_phone(self, request: web.Request) -> web.Response:
        await self._keep_phone(request[SESSION].account, "")
        return web.Response(status=204)

    async def _keep_phone(self, account: str, phone: str) -> None:
        await keep_number(self._state.store, account, phone)
        await self._presence.account_changed(account)

    async def _acknowledge(self, request: web.Request) -> web.Response:
        alarm = request.match_info["alarm"]
        member = await member_of_alarm(
            self._state.store, request[SESSION].account, alarm
        )
        await self._alarms.acknowledge(alarm, member.household, member.id)
        return web.Response(status=204)


def _contact(state: HubState) -> str:
    """Whom the operator of a push service may write to (RFC 8292, 2.1)."""
    if state.settings.push_contact:
        return f"mailto:{state.settings.push_contact}"
    name = urlsplit(state.settings.url).hostname
    # On this machine only: no push service is asked from here in earnest.
    return f"https://{name}" if name else "mailto:nobody@localhost"
