"""The way to family, from before there is a hub until after it is gone."""

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from av.video.frame import VideoFrame

from calls.call import Call, CallChange, Caller, CallError, CallState, Phone
from calls.call_messages import Reason
from calls.hub.settings import HubSettings
from calls.messages import Invite, Invited
from calls.wire import Message
from companion.control import Refused

if TYPE_CHECKING:
    from calls.hub_client import HubClient
    from calls.video.call import OpenLine
    from hardware.camera import Camera

logger = logging.getLogger(__name__)

# A router that starts anew takes a minute or two; shorter holes are nobody's concern.
AWAY_S = 180.0

# A hub whose port is taken, or a device that nobody connected yet.
TRY_AGAIN_S = 30.0

# By then the rest is loaded and has come to rest.
SETTLED_S = 5.0

# From the start of a device to its hub, on a Pi.
SOON_S = 15.0

# More calls at once than this are no family's.
MOST_WAITING = 8

OnFault = Callable[[bool], None]


class NotConnected(Exception):
    """No hub knows this device yet."""


class FamilyLine:
    """A `calls.call.Phone` at any moment.

    Who is called while there is no way to them is said to be out of reach.
    """

    def __init__(
        self,
        hub: HubSettings,
        hub_address: str,
        state: Path,
        name: str,
        *,
        open_line: "OpenLine",
        camera: "Camera | None",
        show: Callable[[VideoFrame | None], None],
        on_fault: OnFault,
        is_busy: Callable[[], bool] = lambda: False,
        settled_s: float = SETTLED_S,
    ) -> None:
        """Take what is needed; nothing is opened yet.

        Args:
            hub: Of the hub of its own.
            hub_address: Of another hub; empty: one of its own, on this machine.
            state: The folder for keys, and for the data of the hub of its own.
            name: Of the person, as family sees it.
            open_line: Gives a call its sound.
            camera: Our picture; None: calls are without one.
            show: Takes each picture of theirs; None: there is none any more.
            on_fault: Told True when there is no way to the hub for AWAY_S, or no
                hub knows this device; False when there is.
            is_busy: Whether somebody talks with the device now.
            settled_s: How long the device starts before this does, in seconds.
        """
        self._is_busy = is_busy
        self._settled_s = settled_s
        self._hub = hub
        self._hub_address = hub_address
        self._state = state
        self._name = name
        self._open_line = open_line
        self._camera = camera
        self._show = show
        self._on_fault = on_fault
        self._phone: Phone | None = None
        self._client: HubClient | None = None
        self._is_wanted = asyncio.Event()
        self._is_ready = asyncio.Event()
        self._incoming: asyncio.Queue[Call] = asyncio.Queue(MOST_WAITING)
        self._away: asyncio.TimerHandle | None = None
        self._on_message: list[Callable[[Message], None]] = []

    @property
    def has_camera(self) -> bool:
        """Whether there is a picture of ours to send."""
        return self._camera is not None

    def call(self, caller: Caller, seconds: int, *, camera: bool) -> Call:
        """Ring somebody; one who is out of reach is told at once."""
        if self._phone is None:
            self._is_wanted.set()
            return _NoWay(caller)
        return self._phone.call(caller, seconds, camera=camera)

    async def incoming(self) -> AsyncIterator[Call]:
        """Calls that come in, as they come, without end."""
        while True:
            yield await self._incoming.get()

    async def invite(self, invite: Invite) -> Invited:
        """Have the hub make an invitation.

        Raises:
            Refused: If there is no way to the hub.
        """
        client = await self._connected()
        try:
            return await client.request(invite)
        except CallError as error:
            raise Refused("hub_silent") from error

    def on_message(self, callback: Callable[[Message], None]) -> None:
        """Tell of every message of the hub, once; the callback takes no time."""
        self._on_message.append(callback)

    async def deliver(self, message: Message) -> bool:
        """Send it; whether the hub has it, within 20 s.

        At once False where there is no way to the hub: at each connection it tells who
        follows (`calls.messages.Members`), and then it can be sent again.
        """
        client = self._client
        if client is None or not client.is_connected:
            return False
        try:
            return await client.deliver(message)
        except CallError:
            return False

    async def _connected(self) -> "HubClient":
        """The connection; who just started the device waits for it a moment."""
        self._is_wanted.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(SOON_S):
                await self._is_ready.wait()
        if self._client is None:
            raise Refused("no_hub")
        return self._client

    async def run(self) -> None:
        """Be there for calls, until cancelled; the rest works without it."""
        await self._rest_comes()
        # Not on the loop: it takes seconds on a Pi, in which buttons are pressed.
        await asyncio.to_thread(importlib.import_module, "companion.family_parts")
        while True:
            try:
                await self._connect()
            except NotConnected:
                logger.warning("no hub knows this device yet: praatpaal hub join CODE")
            except Exception:
                # A taken port, a full card, a broken key: told, and tried again.
                logger.exception("there is no way to family")
            self._on_fault(True)
            await asyncio.sleep(TRY_AGAIN_S)

    async def _rest_comes(self) -> None:
        """Let the start and a first conversation have the processor for themselves.

        A press must silence it at once, also while this loads. Whoever wants to call
        does not wait.
        """
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settled_s):
                    await self._is_wanted.wait()
            if self._is_wanted.is_set() or not self._is_busy():
                return

    async def _connect(self) -> None:
        from companion import family_parts as parts

        if self._hub_address:
            known = parts.known_at(self._hub_address, self._state)
        else:
            known = parts.open_own_hub(self._hub, self._state, self._name)
        async with known as enrolment:
            if enrolment is None:
                raise NotConnected
            client = parts.make_client(enrolment, self._state)
            phone = parts.make_phone(client, self._open_line, self._camera, self._show)
            await phone.open()
            stop = client.on_standing(lambda standing: self._follow(client))
            self._follow(client)
            self._phone, self._client = phone, client
            client.on_message(self._tell)
            self._is_ready.set()
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(client.run())
                    tasks.create_task(self._hand_on(phone))
            finally:
                self._phone = self._client = None
                self._is_ready.clear()
                stop()
                self._forget_away()
                await phone.close()

    async def _hand_on(self, phone: Phone) -> None:
        async for call in phone.incoming():
            await self._incoming.put(call)

    def _tell(self, message: Message) -> None:
        for callback in self._on_message:
            callback(message)

    def _follow(self, client: "HubClient") -> None:
        """Tell of a hub that is away for long."""
        self._forget_away()
        if client.is_connected:
            self._on_fault(False)
            return
        loop = asyncio.get_running_loop()
        self._away = loop.call_later(AWAY_S, self._on_fault, True)

    def _forget_away(self) -> None:
        away, self._away = self._away, None
        if away is not None:
            away.cancel()


class _NoWay:
    """A call that ended before it rang: there is no hub."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.now = CallChange(CallState.ENDED, Reason.OFFLINE)

    async def changes(self) -> AsyncIterator[CallChange]:
        """Only its end."""
        yield self.now

    async def accept(self, *, camera: bool) -> None:
        """Nobody is there."""

    async def show_camera(self, is_shown: bool) -> None:
        """Nobody looks."""

    async def end(self, reason: Reason) -> None:
        """It has ended."""
