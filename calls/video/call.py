"""One video call: its states, and what is told to the other end."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Protocol

import av

from calls.call import Call, CallChange, Caller, CallEvent, CallState, after
from calls.call_messages import (
    Accepted,
    Answer,
    CallMessage,
    Candidate,
    Ended,
    Media,
    Offer,
    Reason,
    Reconnect,
    Ring,
    Ringing,
    RingsBy,
)
from calls.hub_client import Connected, HubStanding
from calls.link import LinkFull
from calls.messages import IceServers
from calls.video.changes import Changes
from calls.video.servers import Probes
from calls.video.talking import Camera, Talking, WatchAddresses
from calls.video.watching import Patience
from calls.wire import Message, new_id
from voice.audio import SoundLine

logger = logging.getLogger(__name__)

# Who hung up is heard no more within this, whatever hangs.
CLOSE_S = 0.8

LEAST_RING_S, LONGEST_RING_S = 1, 120


class Hub(Protocol):
    """What a call needs of `calls.hub_client.HubClient`."""

    @property
    def is_connected(self) -> bool:
        """Whether what is sent now arrives at once."""

    @property
    def ice(self) -> IceServers:
        """The servers that a call may use now."""

    def send(self, message: Message) -> None:
        """Send it until the hub has it, or for 20 s.

        Raises:
            LinkFull: If too much waits.
        """

    def forget(self, message: Message) -> None:
        """Send it no more."""

    def on_message(self, callback: Callable[[Message], None]) -> Callable[[], None]:
        """Be told of every message once; returns what ends it."""

    def on_standing(
        self, callback: Callable[[HubStanding], None]
    ) -> Callable[[], None]:
        """Be told of every change of how it stands; returns what ends it."""


OpenLine = Callable[[], AbstractAsyncContextManager[SoundLine]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all calls of a phone share.

    Attributes:
        hub: The way to the other ends.
        open_line: Gives a call its sound.
        camera: Our picture; None: there is none.
        show: Takes each picture of theirs; None where there is none any more.
        patience: How long what is awaited.
        watch_addresses: Tells which addresses of ours go.
    """

    hub: Hub
    open_line: OpenLine
    camera: Camera | None
    show: Callable[[av.VideoFrame | None], None]
    patience: Patience
    watch_addresses: WatchAddresses


class VideoCall(Call):
    """One call, from the first ring to the end; also the `talking.Listener` of it."""

    def __init__(
        self,
        around: Surroundings,
        caller: Caller,
        *,
        call: str,
        page: str,
        seconds: int,
        camera: bool = False,
        captions: bool = False,
    ) -> None:
        """Prepare; nothing rings before `run`.

        Args:
            around: What all calls share.
            caller: The other side.
            call: The id of the call.
            page: Which page calls; empty: we call.
            seconds: How long it rings.
            camera: Whether our picture goes out once it is answered.
            captions: Whether we show captions of what they say.
        """
        self.id = call
        self._around = around
        self._caller = caller
        self._page = page
        self._is_incoming = bool(page)
        self._seconds = min(max(seconds, LEAST_RING_S), LONGEST_RING_S)
        self._wants_camera = camera
        self._captions = captions
        state = CallState.RINGING if self._is_incoming else CallState.CALLING
        self._changes = Changes(CallChange(state))
        self._connected = asyncio.Event()
        self._accepted = asyncio.Event()
        self._ended = asyncio.Event()
        self._torn_down = asyncio.Event()
        self._talking: Talking | None = None
        self._sees = False
        self._has_their_camera = True
        self._early: deque[Offer | Candidate] = deque(maxlen=64)
        self._ring: Ring | None = None
        self._probes = Probes(around.hub.ice.servers)

    # calls.call.Call

    @property
    def caller(self) -> Caller:
        """The other side."""
        return self._caller

    @property
    def now(self) -> CallChange:
        """How it stands."""
        return self._changes.now

    def changes(self) -> AsyncIterator[CallChange]:
        """How it stands, now and at each change, up to and with the end."""
        return self._changes.watch()

    async def accept(self, *, camera: bool) -> None:
        """Answer a call that came in; nothing where it has ended, or was answered."""
        if not self._is_incoming or self.now.state is not CallState.RINGING:
            return
        self._wants_camera = camera
        self._send(Accepted(new_id(), self.id, self._caller.address, self._page))
        self._move(CallEvent.ACCEPTED)
        self._accepted.set()

    async def show_camera(self, is_shown: bool) -> None:
        """Let our picture go to the other side, or not."""
        self._wants_camera = is_shown
        if self._talking is not None:
            await self._talking.show_camera(is_shown)

    async def show_captions(self, is_shown: bool) -> None:
        """Tell the other side that captions of what they say are shown here, or not."""
        if is_shown != self._captions:
            self._captions = is_shown
            self.sends()

    async def end(self, reason: Reason) -> None:
        """Hang up, or decline; it has ended when this returns. May be called twice."""
        self._finish(reason, is_told=True)
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._torn_down.wait()
        except TimeoutError:
            logger.warning("a call hangs while it ends; it is left behind")

    # For the phone

    async def run(self) -> None:
        """The whole call; returns when nothing of it is left."""
        loop = asyncio.get_running_loop()
        stop = self._around.hub.on_standing(self._note_standing)
        life = loop.create_task(self._live(), name="call: life")
        ended = loop.create_task(self._ended.wait(), name="call: end")
        tasks: set[asyncio.Task[object]] = {life, ended}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop()
            await _end_all(tasks)
            if not life.cancelled() and (error := life.exception()) is not None:
                logger.error("a call broke", exc_info=error)
            self._finish(Reason.FAILED, is_told=True)
            self._around.show(None)
            self._torn_down.set()

    def refuse(self, reason: Reason, *, is_told: bool) -> None:
        """End it before it began; then it is not run."""
        self._finish(reason, is_told=is_told)
        self._torn_down.set()

    @property
    def rings_there(self) -> bool:
        """Whether we ring them, and nobody answered yet."""
        is_waiting = self.now.state in (CallState.CALLING, CallState.RINGING)
        return is_waiting and not self._is_incoming

    @property
    def rings_here(self) -> bool:
        """Whether they ring us, and we did not answer yet."""
        return self._is_incoming and self.now.state is CallState.RINGING

    @property
    def was_accepted(self) -> bool:
        """Whether somebody answered it."""
        return self._accepted.is_set()

    def give_way(self) -> None:
        """End it without a word: a call of ours to the same page takes its place."""
        self._finish(Reason.ELSEWHERE, is_told=False)

    def ring_here(self) -> None:
        """It rings here now: tell the page."""
        if self.now.state is CallState.RINGING:
            address = self._caller.address
            message = Ringing(new_id(), self.id, address, self._page, RingsBy.PAGE)
            self._send(message)

    def take(self, message: CallMessage) -> None:
        """Act on a message about this call, from the member that it is with."""
        match message:
            case Ringing(by=by) if not self._is_incoming:
                self._change(rings_by=self.now.rings_by | {by})
                self._move(CallEvent.RINGS)
            case Accepted() if not self._is_incoming:
                self._take_accepted(message)
            case Ended(reason=reason) if self._concerns_us(message):
                self._finish(reason, is_told=False)
            case Offer() | Candidate() if message.page == self._page:
                self._take_way(message)
            case Media() if message.page == self._page:
                self._has_their_camera = message.camera
                self._change(has_microphone=message.microphone)
                self._tell_picture()
            case _:
                pass

    def _concerns_us(self, ended: Ended) -> bool:
        """The hub's own have no page; of pages, once we have one, only that one's."""
        return not self._page or ended.page in ("", self._page)

    def _take_accepted(self, message: Accepted) -> None:
        if not message.page or message.page == self._page:
            return
        address = self._caller.address
        if self._page:
            other = message.page
            self._send(Ended(new_id(), self.id, address, other, Reason.ELSEWHERE))
            return
        self._page = message.page
        # To all pages; the one whose this call is takes no notice.
        self._send(Ended(new_id(), self.id, address, "", Reason.ELSEWHERE))
        self._move(CallEvent.ACCEPTED)
        self._accepted.set()

    def _take_way(self, message: Offer | Candidate) -> None:
        if self._talking is None:
            self._early.append(message)
            return
        match message:
            case Offer(attempt=attempt, sdp=sdp):
                self._talking.offer(attempt, sdp)
            case Candidate(attempt=attempt, candidate=candidate, mid=mid):
                self._talking.candidate(attempt, candidate, mid)

    # The life of a call

    async def _live(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._probes.run(), name="call: servers")
            if not await self._ring_until_accepted():
                return
            try:
                async with self._around.open_line() as line:
                    await self._talk(line)
            finally:
                # Without the line: nobody is heard while a connection closes.
                if self._talking is not None:
                    await self._talking.close()

    async def _ring_until_accepted(self) -> bool:
        if not self._is_incoming:
            if not await self._has_hub():
                self._finish(Reason.OFFLINE, is_told=False)
                return False
            self._send_ring()
        try:
            async with asyncio.timeout(self._seconds):
                await self._accepted.wait()
        except TimeoutError:
            self._finish(Reason.UNANSWERED, is_told=True)
            return False
        finally:
            self._forget_ring()
        return True

    async def _has_hub(self) -> bool:
        if self._around.hub.is_connected:
            return True
        try:
            async with asyncio.timeout(self._around.patience.offline_s):
                await self._connected.wait()
        except TimeoutError:
            return False
        return True

    def _send_ring(self) -> None:
        self._forget_ring()
        address = self._caller.address
        self._ring = Ring(new_id(), self.id, address, "", "", self._seconds)
        self._send(self._ring)

    def _forget_ring(self) -> None:
        if self._ring is not None:
            self._around.hub.forget(self._ring)
            self._ring = None

    def _note_standing(self, standing: HubStanding) -> None:
        """A hub that started anew does not know any more who rings."""
        if isinstance(standing, Connected):
            self._connected.set()
            if self._ring is not None:
                self._send_ring()

    async def _talk(self, line: SoundLine) -> None:
        around = self._around
        talking = Talking(
            self,
            line,
            camera=around.camera,
            probes=self._probes,
            show=self._show,
            patience=around.patience,
            watch_addresses=around.watch_addresses,
        )
        self._talking = talking
        while self._early:
            self._take_way(self._early.popleft())
        if self._wants_camera:
            await talking.show_camera(True)
        self.sends()
        await talking.run()

    # calls.video.talking.Listener

    def happened(self, event: CallEvent) -> None:
        """Sound came, nothing comes, or it is made anew."""
        self._move(event)

    def wants_offer(self, attempt: int) -> None:
        """The connection is to be made anew."""
        address = self._caller.address
        self._send(Reconnect(new_id(), self.id, address, self._page, attempt))

    def answered(self, attempt: int, sdp: str) -> None:
        """The answer to an offer."""
        address = self._caller.address
        self._send(Answer(new_id(), self.id, address, self._page, attempt, sdp))

    def sees(self, has_picture: bool) -> None:
        """Pictures come, or no longer."""
        self._sees = has_picture
        self._tell_picture()

    def _tell_picture(self) -> None:
        has_picture = self._sees and self._has_their_camera
        if self.now.has_picture and not has_picture:
            self._around.show(None)
        self._change(has_picture=has_picture)

    def _show(self, picture: av.VideoFrame) -> None:
        # A browser whose camera was switched off goes on with black ones.
        if self._has_their_camera and not self._ended.is_set():
            self._around.show(picture)

    def sends(self) -> None:
        """Tell the other end what we send."""
        talking = self._talking
        if talking is None or self._ended.is_set():
            return
        message = Media(
            new_id(),
            self.id,
            self._caller.address,
            self._page,
            microphone=talking.microphone_is_on,
            camera=talking.camera_is_on,
            captions=self._captions,
        )
        self._send(message)

    def gave_up(self, reason: Reason) -> None:
        """There is no connection, and there will be none."""
        self._finish(reason, is_told=True)

    # Changes

    def _finish(self, reason: Reason, *, is_told: bool) -> None:
        if self._ended.is_set():
            return
        self._forget_ring()
        self._ended.set()
        if self._talking is not None:
            self._talking.hush()
        if is_told:
            address = self._caller.address
            self._send(Ended(new_id(), self.id, address, self._page, reason))
        self._changes.set(replace(self.now, state=CallState.ENDED, reason=reason))
        logger.info("a call ended: %s", reason)

    def _move(self, event: CallEvent) -> None:
        state = after(self.now.state, event)
        if state is not self.now.state:
            logger.info("a call is %s", state)
            self._changes.set(replace(self.now, state=state))

    def _change(
        self,
        *,
        rings_by: frozenset[RingsBy] | None = None,
        has_picture: bool | None = None,
        has_microphone: bool | None = None,
    ) -> None:
        now = self.now
        if now.state is CallState.ENDED:
            return
        changed = replace(
            now,
            rings_by=now.rings_by if rings_by is None else rings_by,
            has_picture=now.has_picture if has_picture is None else has_picture,
            has_microphone=(
                now.has_microphone if has_microphone is None else has_microphone
            ),
        )
        self._changes.set(changed)

    def _send(self, message: CallMessage) -> None:
        try:
            self._around.hub.send(message)
        except LinkFull:
            # Twenty seconds of messages wait: the hub is gone, the call may go on.
            logger.warning("a message about a call is dropped: too many wait")


async def _end_all(tasks: "set[asyncio.Task[object]]") -> None:
    """Cancel them and wait; who cancels this meanwhile cancels them once more."""
    for task in tasks:
        task.cancel()
    try:
        await asyncio.wait(tasks)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        raise
