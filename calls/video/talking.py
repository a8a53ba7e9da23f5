"""Sound and picture of one call that was answered, over one connection or several."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import Any, Protocol

import av

from calls.call import CallError, CallEvent
from calls.call_messages import Reason
from calls.video.link import VideoLink
from calls.video.servers import Probes
from calls.video.watching import Facts, Patience, Watching
from voice.audio import Samples, SoundLine

logger = logging.getLogger(__name__)

WATCH_S = 0.1

# Pictures come at least every 50 ms; who sent none for so long switched the camera off.
PICTURE_GONE_S = 3.0

# Candidates that came before their offer.
MOST_EARLY = 60


class Camera(Protocol):
    """Where our picture comes from (`hardware.camera`)."""

    async def open(self) -> None:
        """Begin to film.

        Raises:
            OSError: If there is no camera, or it does not work.
        """

    async def picture(self) -> av.VideoFrame:
        """Wait for the next picture; only the newest one is kept.

        Raises:
            OSError: If the camera is gone.
        """

    async def close(self) -> None:
        """Film no more; may be called twice."""


WatchAddresses = Callable[[Callable[[str], None]], AbstractContextManager[None]]
"""Calls back with each address of ours that goes (`addresses.watch_addresses`)."""


class Listener(Protocol):
    """What a call wants to know of its sound and picture."""

    def happened(self, event: CallEvent) -> None:
        """Sound came, or nothing comes."""

    def wants_offer(self, attempt: int) -> None:
        """The connection is to be made anew."""

    def answered(self, attempt: int, sdp: str) -> None:
        """The answer to an offer."""

    def sees(self, has_picture: bool) -> None:
        """Their picture comes, or no longer."""

    def sends(self) -> None:
        """What we send changed: `microphone_is_on`, `camera_is_on`."""

    def gave_up(self, reason: Reason) -> None:
        """There is no connection, and there will be none."""


class Talking:
    """Keeps sound and picture going until it is cancelled.

    Attributes:
        microphone_is_on: Whether our sound goes out.
        camera_is_on: Whether our picture goes out.
    """

    def __init__(
        self,
        listener: Listener,
        line: SoundLine,
        *,
        camera: Camera | None,
        probes: Probes,
        show: Callable[[av.VideoFrame], None],
        patience: Patience,
        watch_addresses: WatchAddresses,
    ) -> None:
        """Prepare; nothing is opened before `run`."""
        self.microphone_is_on = line.microphone_is_on
        self.camera_is_on = False
        self._listener = listener
        self._line = line
        self._camera = camera
        self._probes = probes
        self._show = show
        self._patience = patience
        self._watch_addresses = watch_addresses
        self._has_moved = False
        self._is_over = False
        self._attempt = 0
        self._asked = 0
        self._offers: asyncio.Queue[tuple[int, str]] = asyncio.Queue(4)
        self._early: dict[int, list[tuple[str, str]]] = {}
        self._link: VideoLink | None = None
        self._linked = 0
        self._closing: set[asyncio.Task[None]] = set()
        self._shows_camera = asyncio.Event()
        self._hides_camera = asyncio.Event()
        self._hides_camera.set()
        self._has_closed_camera = asyncio.Event()
        self._has_closed_camera.set()
        self._picture_s: float | None = None

    # Told by the call

    def offer(self, attempt: int, sdp: str) -> None:
        """An offer came; one of an attempt that is over is none."""
        if attempt <= self._attempt or self._offers.full():
            return
        self._attempt = attempt
        self._asked = max(self._asked, attempt)
        self._offers.put_nowait((attempt, sdp))

    def candidate(self, attempt: int, candidate: str, mid: str) -> None:
        """One more way to the other end."""
        if attempt < self._attempt:
            return
        waiting = self._early.get(attempt)
        if attempt == self._attempt and waiting is None and self._link is not None:
            self._link.add(candidate, mid)
        elif waiting is None and attempt - self._attempt <= 2:
            self._early[attempt] = [(candidate, mid)]
        elif waiting is not None and len(waiting) < MOST_EARLY:
            waiting.append((candidate, mid))

    async def show_camera(self, is_shown: bool) -> None:
        """Let our picture go out, or not; then the camera is off when this returns."""
        if self._camera is None:
            return
        if is_shown:
            self._hides_camera.clear()
            self._shows_camera.set()
            return
        self._shows_camera.clear()
        self._hides_camera.set()
        if self._link is not None:
            self._link.picture.hide()
        await self._has_closed_camera.wait()

    def hush(self) -> None:
        """From this moment on nobody hears or sees anything, whatever hangs later."""
        self._is_over = True
        if self._link is not None:
            self._link.picture.hide()

    # Running

    async def run(self) -> None:
        """Until it is cancelled."""
        stop = self._line.on_microphone(self._note_microphone)
        try:
            with self._watch_addresses(self._note_lost):
                await self._run()
        finally:
            stop()
            link, self._link = self._link, None
            if link is not None:
                self._leave(link)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send_sound(), name="call: sound")
            group.create_task(self._answer_offers(), name="call: offers")
            group.create_task(self._watch(), name="call: watch")
            group.create_task(self._adapt(), name="call: quality")
            if self._camera is not None:
                group.create_task(self._film(self._camera), name="call: camera")

    async def close(self) -> None:
        """Wait until every connection is closed; after `run`."""
        while self._closing:
            await asyncio.wait(self._closing)

    def _note_lost(self, address: str) -> None:
        """Nothing comes over an address that we have no more: do not wait for it."""
        if self._link is not None and self._link.address == address:
            logger.info("the network changed")
            self._has_moved = True

    def _note_microphone(self, is_on: bool) -> None:
        self.microphone_is_on = is_on
        self._listener.sends()

    async def _send_sound(self) -> None:
        async for block in self._line.hear():
            if self._link is not None and not self._is_over:
                self._link.sound.put(block)

    async def _answer_offers(self) -> None:
        while True:
            attempt, sdp = await self._offers.get()
            if attempt == self._attempt:
                await self._answer(attempt, sdp)

    async def _answer(self, attempt: int, sdp: str) -> None:
        link = VideoLink(
            await self._probes.found(), play=self._play, show=self._take_picture
        )
        # From here on candidates of this attempt wait for the answer.
        self._early.setdefault(attempt, [])
        try:
            answer = await link.answer(sdp)
        except (CallError, asyncio.CancelledError) as error:
            self._leave(link)
            self._early.pop(attempt, None)
            if isinstance(error, asyncio.CancelledError):
                raise
            logger.warning("an offer cannot be answered: %s", error)
            if self._link is None:
                self._listener.gave_up(Reason.FAILED)
            return
        old, self._link, self._linked = self._link, link, attempt
        for candidate, mid in self._early.pop(attempt, ()):
            link.add(candidate, mid)
        self._early = {n: waiting for n, waiting in self._early.items() if n > attempt}
        if old is not None:
            # The other end left it when it made this offer.
            self._leave(old)
        self._listener.answered(attempt, answer)

    def _leave(self, link: VideoLink) -> None:
        """Close a connection; what hangs in it holds up nothing."""
        task = asyncio.get_running_loop().create_task(link.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    # Watching

    async def _watch(self) -> None:
        watching = Watching(self._patience, time.monotonic())
        while True:
            await asyncio.sleep(WATCH_S)
            now_s = time.monotonic()
            self._watch_picture(now_s)
            for finding in watching.look(self._facts(now_s)):
                if isinstance(finding, Reason):
                    self._listener.gave_up(finding)
                    return
                self._listener.happened(finding)
                if finding is CallEvent.RECONNECT:
                    # The same attempt again, where nobody offered it yet.
                    self._asked = max(self._asked, self._attempt + 1)
                    self._listener.wants_offer(self._asked)

    def _facts(self, now_s: float) -> Facts:
        has_moved, self._has_moved = self._has_moved, False
        link = self._link
        if link is None:
            return Facts(now_s, has_moved=has_moved)
        heard_s = link.heard_s
        if heard_s is None and link.is_connected and not link.sends_sound:
            # Nothing is to come: who only listens is there while the connection is.
            heard_s = now_s
        return Facts(now_s, self._linked, heard_s, link.has_failed, has_moved)

    async def _adapt(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            if self._link is not None and self.camera_is_on:
                await self._link.learn()

    def _play(self, block: Samples) -> None:
        if not self._is_over:
            self._line.play(block)

    # Pictures

    def _take_picture(self, picture: av.VideoFrame) -> None:
        if self._is_over:
            return
        is_first = self._picture_s is None
        self._picture_s = time.monotonic()
        if is_first:
            self._listener.sees(True)
        self._show(picture)

    def _watch_picture(self, now_s: float) -> None:
        if self._picture_s is not None and now_s - self._picture_s > PICTURE_GONE_S:
            self._picture_s = None
            self._listener.sees(False)

    async def _film(self, camera: Camera) -> None:
        """Film while our picture is to go out; again and again where it breaks."""
        fault = ""
        while True:
            await self._shows_camera.wait()
            self._has_closed_camera.clear()
            try:
                await _unless(self._hides_camera, self._send_pictures(camera))
            except OSError as error:
                if fault != str(error):
                    # Once: it may be missing for the whole call.
                    fault = str(error)
                    logger.warning("the camera does not work: %s", fault)
            finally:
                self._tell_camera(False)
                await camera.close()
                self._has_closed_camera.set()
            if self._shows_camera.is_set():
                await _unless(
                    self._hides_camera, asyncio.sleep(self._patience.camera_s)
                )

    async def _send_pictures(self, camera: Camera) -> None:
        await camera.open()
        while True:
            picture = await camera.picture()
            self._tell_camera(True)
            if self._link is not None and not self._is_over:
                self._link.picture.put(picture)

    def _tell_camera(self, is_on: bool) -> None:
        if is_on != self.camera_is_on:
            self.camera_is_on = is_on
            self._listener.sends()


async def _unless(event: asyncio.Event, work: "Coroutine[Any, Any, None]") -> None:
    """Do some work, and leave it when the event comes."""
    loop = asyncio.get_running_loop()
    working = loop.create_task(work)
    waiting = loop.create_task(event.wait())
    both: set[asyncio.Task[Any]] = {working, waiting}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in both:
            task.cancel()
        await asyncio.wait(both)
    if not working.cancelled():
        working.result()
