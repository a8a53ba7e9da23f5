"""Rings family in a browser, and is rung by them."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable

import av

from calls.call import Call, Caller, CallState, Phone
from calls.call_messages import Accepted, CallMessage, Ended, Media, Offer, Reason, Ring
from calls.link import LinkFull
from calls.video.addresses import watch_addresses
from calls.video.aiortc_ext import keep_addresses_out_of_the_log
from calls.video.call import Hub, OpenLine, Surroundings, VideoCall
from calls.video.talking import Camera, WatchAddresses
from calls.video.watching import Patience
from calls.wire import Message, new_id

logger = logging.getLogger(__name__)

# Calls that came in and that nobody took notice of yet; more are busy.
MOST_WAITING = 8

# Calls that are over, whose pages may not know it yet.
MOST_ENDED = 32

# What a call leaves behind is not waited for any longer.
CLOSE_S = 5.0


class VideoPhone(Phone):
    """The `calls.call.Phone` over the hub; one call at a time.

    Who calls meanwhile hears that it is busy, and their call comes out of `incoming`
    as one that has ended (BUSY), so that it can be told later.

    Who calls us while we ring them is connected: our ring wins. Their page answers it
    when it comes there, and takes its own back.
    """

    def __init__(
        self,
        hub: Hub,
        open_line: OpenLine,
        *,
        camera: Camera | None,
        show: Callable[[av.VideoFrame | None], None],
        captions: bool = False,
        patience: Patience | None = None,
        watch: WatchAddresses = watch_addresses,
    ) -> None:
        """Prepare; nothing rings before `open`.

        Args:
            hub: The way to the other ends.
            open_line: Gives a call its sound (`voice.path.AudioPath.open_line`).
            camera: Our picture; None: calls are without one.
            show: Takes each picture of theirs, on the event loop; takes no time. None
                where there is none any more.
            captions: Whether captions of what they say are shown here.
            patience: How long what is awaited; None: as a person would.
            watch: Tells which addresses of ours go.
        """
        self._hub = hub
        self._around = Surroundings(
            hub, open_line, camera, show, patience or Patience(), watch
        )
        self._captions = captions
        self._calls: dict[str, VideoCall] = {}
        self._ended: OrderedDict[str, Reason] = OrderedDict()
        # Of somebody whom we ring ourselves; and until when they do.
        self._crossed: dict[str, tuple[Ring, float]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._incoming: asyncio.Queue[VideoCall] = asyncio.Queue(MOST_WAITING)
        self._stop: Callable[[], None] | None = None

    @property
    def has_camera(self) -> bool:
        """Whether there is a picture of ours to send."""
        return self._around.camera is not None

    async def open(self) -> None:
        """From here on it can be rung."""
        keep_addresses_out_of_the_log()
        if self._stop is None:
            self._stop = self._hub.on_message(self._take)

    async def close(self) -> None:
        """Hang up, and ring no more; may be called twice."""
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()
        calls = tuple(self._calls.values())
        await asyncio.gather(*(call.end(Reason.HUNG_UP) for call in calls))
        if self._tasks:
            for task in self._tasks:
                task.cancel()
            _, left = await asyncio.wait(self._tasks, timeout=CLOSE_S)
            if left:
                logger.warning("%d calls hang while they end", len(left))

    def call(self, caller: Caller, seconds: int, *, camera: bool) -> Call:
        """Ring somebody; what comes of it is told by the call.

        Ends at once (BUSY) while another call goes on, unless it rings here from the
        very same person: then that one ends (ELSEWHERE), and this one connects.
        """
        self._take_back(caller.address)
        call = VideoCall(
            self._around,
            caller,
            call=new_id(),
            page="",
            seconds=seconds,
            camera=camera,
            captions=self._captions,
        )
        if self._is_busy:
            call.refuse(Reason.BUSY, is_told=False)
        else:
            self._begin(call)
        return call

    async def incoming(self) -> AsyncIterator[Call]:
        """Calls that come in, as they come, without end."""
        while True:
            call = await self._incoming.get()
            call.ring_here()
            yield call

    @property
    def _is_busy(self) -> bool:
        states = [call.now.state for call in self._calls.values()]
        return any(state is not CallState.ENDED for state in states)

    def _begin(self, call: VideoCall) -> None:
        self._calls[call.id] = call
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._run(call), name="call")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, call: VideoCall) -> None:
        try:
            await call.run()
        finally:
            del self._calls[call.id]
            self._remember(call)
            self._take_crossed(call)

    def _remember(self, call: VideoCall) -> None:
        self._ended[call.id] = call.now.reason or Reason.FAILED
        while len(self._ended) > MOST_ENDED:
            self._ended.popitem(last=False)

    def _take(self, message: Message) -> None:
        """Act on what the hub hands on; each message comes once."""
        if not isinstance(message, CallMessage):
            return
        call = self._calls.get(message.call)
        if call is not None:
            if message.member == call.caller.address:
                call.take(message)
        elif isinstance(message, Ring):
            self._take_ring(message)
        elif isinstance(message, Ended):
            self._crossed.pop(message.call, None)
        elif isinstance(message, (Accepted, Offer, Media)):
            # It came too late, or we started anew within the call: let them know.
            reason = self._ended.get(message.call, Reason.LOST)
            self._send_end(message, reason)

    def _take_ring(self, ring: Ring) -> None:
        if ring.call in self._ended:
            self._send_end(ring, self._ended[ring.call])
            return
        if self._rings(ring.member) and len(self._crossed) < MOST_WAITING:
            now_s = asyncio.get_running_loop().time()
            self._crossed[ring.call] = (ring, now_s + ring.seconds)
            return
        call = VideoCall(
            self._around,
            Caller(ring.member, ring.name),
            call=ring.call,
            page=ring.page,
            seconds=ring.seconds,
            captions=self._captions,
        )
        is_full = self._incoming.full()
        if self._is_busy or is_full or not ring.page:
            call.refuse(Reason.BUSY, is_told=bool(ring.page))
            self._remember(call)
        else:
            self._begin(call)
        if not is_full:
            self._incoming.put_nowait(call)

    # Each rings the other

    def _rings(self, member: str) -> bool:
        """Whether we ring this member, and nobody answered yet."""
        return any(
            call.rings_there and call.caller.address == member
            for call in self._calls.values()
        )

    def _take_back(self, member: str) -> None:
        """End what rings here from somebody whom we are about to ring."""
        for call in self._calls.values():
            if call.rings_here and call.caller.address == member:
                call.give_way()

    def _take_crossed(self, call: VideoCall) -> None:
        """Ours is over: theirs rings now, unless they took it back, or we spoke."""
        now_s = asyncio.get_running_loop().time()
        for ring, until_s in tuple(self._crossed.values()):
            if ring.member != call.caller.address:
                continue
            del self._crossed[ring.call]
            if call.was_accepted:
                self._send_end(ring, Reason.ELSEWHERE)
            elif now_s < until_s:
                self._take_ring(ring)

    def _send_end(self, message: CallMessage, reason: Reason) -> None:
        ended = Ended(new_id(), message.call, message.member, message.page, reason)
        try:
            self._hub.send(ended)
        except LinkFull:
            logger.warning("an end is not told: too much waits for the hub")
