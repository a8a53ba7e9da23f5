"""The other end of a call, as the family page plays it; and the hub between both."""

import asyncio
import fractions
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from calls.call import CallChange, Caller, CallState
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
from calls.hub_client import Connected, HubStanding, Offline
from calls.link import LinkFull
from calls.messages import IceServers, read
from calls.wire import Message, new_id, write
from hardware import pattern
from tests.sound.handmade import pitch_hz, tone
from voice.audio import BLOCK_S, BLOCK_SAMPLES, RATE_HZ, Samples

ANNA = Caller("anna-1", "Anna")


@dataclass
class PaperHub:
    """A `calls.video.call.Hub`: hands messages to pages, through their wire format."""

    is_connected: bool = True
    is_full: bool = False
    ice: IceServers = field(default_factory=lambda: IceServers((), 0.0))
    sent: list[Message] = field(default_factory=list)
    forgotten: list[Message] = field(default_factory=list)
    to_pages: Callable[[CallMessage], None] | None = None
    forge: Callable[[Message], Message] = lambda message: message

    def __post_init__(self) -> None:
        self._on_message: list[Callable[[Message], None]] = []
        self._on_standing: list[Callable[[HubStanding], None]] = []

    def send(self, message: Message) -> None:
        if self.is_full:
            raise LinkFull("300 messages wait")
        message = read(write(message))
        self.sent.append(message)
        if self.to_pages is not None and isinstance(message, CallMessage):
            asyncio.get_running_loop().call_soon(self.to_pages, message)

    def forget(self, message: Message) -> None:
        self.forgotten.append(message)

    def on_message(self, callback: Callable[[Message], None]) -> Callable[[], None]:
        self._on_message.append(callback)
        return lambda: self._on_message.remove(callback)

    def on_standing(
        self, callback: Callable[[HubStanding], None]
    ) -> Callable[[], None]:
        self._on_standing.append(callback)
        return lambda: self._on_standing.remove(callback)

    def hand_on(self, message: Message) -> None:
        """A message from a page, or the hub's own."""
        message = self.forge(read(write(message)))
        for callback in tuple(self._on_message):
            callback(message)

    def stand(self, *, is_connected: bool) -> None:
        self.is_connected = is_connected
        standing = Connected(0.0, 0.0) if is_connected else Offline(0.0, "network")
        for callback in tuple(self._on_standing):
            callback(standing)

    def all_sent(self, kind: type[CallMessage]) -> list[CallMessage]:
        return [message for message in self.sent if isinstance(message, kind)]


class PaperLine:
    """A SoundLine that hears a tone in real time, and keeps what it plays."""

    def __init__(self, frequency_hz: float = 440.0) -> None:
        self.microphone_is_on = True
        self.heard_level_db = self.played_level_db = -20.0
        self.played: list[Samples] = []
        self.is_open = False
        self.breaks = False
        self._tone = tone(frequency_hz, 1.0).reshape(-1, BLOCK_SAMPLES)
        self._callbacks: list[Callable[[bool], None]] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator["PaperLine"]:
        self.is_open = True
        self.played.clear()
        try:
            yield self
        finally:
            self.is_open = False

    def on_microphone(self, callback: Callable[[bool], None]) -> Callable[[], None]:
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def switch(self, is_on: bool) -> None:
        self.microphone_is_on = is_on
        for callback in tuple(self._callbacks):
            callback(is_on)

    async def hear(self) -> AsyncIterator[Samples]:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        number = 0
        while self.is_open:
            if self.breaks:
                raise RuntimeError("the sound broke")
            number += 1
            await asyncio.sleep(began_s + number * BLOCK_S - loop.time())
            block = self._tone[number % len(self._tone)]
            yield block if self.microphone_is_on else np.zeros_like(block)

    def play(self, block: Samples) -> None:
        self.played.append(block)

    def last(self, seconds: float) -> Samples:
        return np.concatenate(self.played[-round(seconds / BLOCK_S) :])


class Tone(MediaStreamTrack):
    """Stereo, as a browser sends it."""

    kind = "audio"

    def __init__(self, frequency_hz: float) -> None:
        super().__init__()
        self._tone = tone(frequency_hz, 1.0).reshape(-1, BLOCK_SAMPLES)
        self._number = 0
        self._began_s = asyncio.get_running_loop().time()

    async def recv(self) -> av.AudioFrame:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._began_s + self._number * BLOCK_S - loop.time())
        if self.readyState != "live":
            raise MediaStreamError
        block = self._tone[self._number % len(self._tone)]
        both = np.repeat(block, 2).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(both, "s16", "stereo")
        frame.sample_rate = RATE_HZ
        frame.pts = self._number * BLOCK_SAMPLES
        frame.time_base = fractions.Fraction(1, RATE_HZ)
        self._number += 1
        return frame


class Pattern(MediaStreamTrack):
    """The test picture, 20 a second."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._number = 0
        self._began_s = asyncio.get_running_loop().time()

    async def recv(self) -> av.VideoFrame:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._began_s + self._number / 20 - loop.time())
        if self.readyState != "live":
            raise MediaStreamError
        pixels = pattern.draw(self._number, 320, 240)
        frame = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
        frame.pts, frame.time_base = self._number * 4_500, fractions.Fraction(1, 90_000)
        self._number += 1
        return frame


class FarEnd:
    """A page: answers or calls, always offers, and keeps what it hears and sees."""

    def __init__(
        self,
        hub: PaperHub,
        *,
        page: str = "page-1",
        answers: bool = True,
        codec: str = "",
        video: str = "sendrecv",
        reconnects: bool = True,
    ) -> None:
        self.hub = hub
        self.page = page
        self.answers = answers
        self.codec = codec
        self.video = video
        self.reconnects = reconnects
        self.stays = False
        self.relays: list[RTCIceServer] = []
        self.call = ""
        self.attempt = 0
        self.got: list[CallMessage] = []
        self.heard: list[Samples] = []
        self.pictures: list[av.VideoFrame] = []
        self.codecs: list[str] = []
        self.answer_sdp = ""
        self._connection: RTCPeerConnection | None = None
        self._offering = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        hub.to_pages = self.take

    def take(self, message: CallMessage) -> None:
        """What the hub hands to the pages of the member."""
        if message.page not in ("", self.page):
            return
        self.got.append(message)
        match message:
            case Ring(call=call) if not self.call:
                self.call = call
                self.tell(
                    Ringing(new_id(), call, ANNA.address, self.page, RingsBy.PAGE)
                )
                if self.answers:
                    self.accept()
            case Answer(sdp=sdp, attempt=attempt) if attempt == self.attempt:
                self._do(self._take_answer(sdp))
            case Reconnect(attempt=attempt) if self.reconnects:
                self._do(self.offer(attempt))
            case Accepted():
                self._do(self.offer(1))
            case Ended() if message.reason is not Reason.ELSEWHERE and not self.stays:
                self._do(self.leave())
            case _:
                pass

    def tell(self, message: CallMessage) -> None:
        self.hub.hand_on(message)

    def ring(self, seconds: int = 30, name: str = "Anna") -> str:
        self.call = new_id()
        address = ANNA.address
        self.tell(Ring(new_id(), self.call, address, self.page, name, seconds))
        return self.call

    def accept(self) -> None:
        self.tell_accepted()
        self._do(self.offer(1))

    def tell_accepted(self) -> None:
        self.tell(Accepted(new_id(), self.call, ANNA.address, self.page))

    def hang_up(self) -> None:
        address = ANNA.address
        self.tell(Ended(new_id(), self.call, address, self.page, Reason.HUNG_UP))
        self._do(self.leave())

    def say(self, *, microphone: bool, camera: bool) -> None:
        self.tell(
            Media(
                new_id(),
                self.call,
                ANNA.address,
                self.page,
                microphone=microphone,
                camera=camera,
                captions=False,
            )
        )

    async def offer(self, attempt: int) -> None:
        # Who leaves while aiortc opens its sockets leaves them open.
        async with self._offering:
            await self._leave()
            await self._offer(attempt)

    async def _offer(self, attempt: int) -> None:
        self.attempt = attempt
        connection = RTCPeerConnection(
            RTCConfiguration(
                iceServers=self.relays,
                iceTransportPolicy=(
                    RTCIceTransportPolicy.RELAY
                    if self.relays
                    else RTCIceTransportPolicy.ALL
                ),
                bundlePolicy=RTCBundlePolicy.MAX_BUNDLE,
            )
        )
        self._connection = connection
        connection.on("track", self._receive)
        connection.addTrack(Tone(880.0))
        if self.video == "sendrecv":
            connection.addTrack(Pattern())
        elif self.video:
            connection.addTransceiver("video", direction=self.video)
        await connection.setLocalDescription(await connection.createOffer())
        sdp = connection.localDescription.sdp
        if self.codec:
            sdp = only_codec(sdp, self.codec)
        # Half of the ways come afterwards, as a browser's do.
        lines = sdp.splitlines(keepends=True)
        ways = [line for line in lines if line.startswith("a=candidate:")]
        rest = [line for line in lines if not line.startswith(("a=candidate", "a=end"))]
        address = ANNA.address
        self.tell(
            Offer(new_id(), self.call, address, self.page, attempt, "".join(rest))
        )
        for way in (*dict.fromkeys(ways), "a="):
            candidate = way.strip().removeprefix("a=")
            self.tell(
                Candidate(
                    new_id(), self.call, address, self.page, attempt, candidate, "0"
                )
            )

    async def _take_answer(self, sdp: str) -> None:
        assert self._connection is not None
        self.answer_sdp = sdp
        await self._connection.setRemoteDescription(
            RTCSessionDescription(sdp, "answer")
        )

    def _receive(self, track: MediaStreamTrack) -> None:
        self._do(self._keep(track))

    async def _keep(self, track: MediaStreamTrack) -> None:
        resampler = av.AudioResampler("s16", "mono", RATE_HZ)
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, av.VideoFrame):
                self.pictures.append(frame)
            elif isinstance(frame, av.AudioFrame):
                for piece in resampler.resample(frame):
                    samples = piece.to_ndarray().reshape(-1)
                    self.heard.append(np.asarray(samples, np.int16))

    async def vanish(self) -> None:
        """As a phone whose battery is empty: nothing comes from there any more."""
        assert self._connection is not None
        for sender in self._connection.getSenders():
            _cut(sender.transport.transport)

    async def outage(self, seconds: float) -> None:
        """Nothing gets through from here for a while, and nobody is told."""
        assert self._connection is not None
        transport: Any = self._connection.getSenders()[0].transport.transport
        send = transport._send
        transport._send = _nowhere
        await asyncio.sleep(seconds)
        transport._send = send

    async def leave(self) -> None:
        async with self._offering:
            await self._leave()

    async def _leave(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def close(self) -> None:
        await self.leave()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def last_heard(self, seconds: float) -> Samples:
        whole = np.concatenate(self.heard)
        return whole[-round(seconds * RATE_HZ) :]


def _cut(transport: Any) -> None:
    """Nobody is told: what is sent is lost on the way."""
    transport._send = transport._connection.send = _nowhere


async def _nowhere(data: bytes) -> None:
    """Lost."""


def only_codec(sdp: str, name: str) -> str:
    """An offer whose picture is of one codec only, as some browsers' are."""
    keep = [
        line.split()[0].removeprefix("a=rtpmap:")
        for line in sdp.splitlines()
        if line.startswith("a=rtpmap:") and f" {name}/" in line
    ]
    lines, is_video = [], False
    for line in sdp.splitlines():
        if line.startswith("m="):
            is_video = line.startswith("m=video")
            if is_video:
                line = " ".join([*line.split()[:3], *keep])
        number = line.split(" ")[0].rpartition(":")[2]
        is_of_codec = line.startswith(("a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"))
        if is_video and is_of_codec and number not in keep:
            continue
        if is_video and line.startswith("a=ssrc-group"):
            continue
        lines.append(line)
    return "".join(f"{line}\r\n" for line in lines)


async def until(is_so: Callable[[], bool], within_s: float = 30.0) -> None:
    """Wait for something of another thread or end; 10 ms is how late it is noticed."""
    async with asyncio.timeout(within_s):
        while True:
            if is_so():
                return
            await asyncio.sleep(0.01)


def sounds(samples: Samples, frequency_hz: float) -> bool:
    """Whether this is that tone."""
    is_loud = float(np.abs(samples.astype(float)).mean()) > 1_000
    return is_loud and abs(pitch_hz(samples, RATE_HZ) - frequency_hz) < 15


def numbers_of(pictures: list[av.VideoFrame]) -> list[int]:
    found = [pattern.read(picture) for picture in pictures]
    return [number for number in found if number is not None]


class Watched:
    """What a call told, in order."""

    def __init__(self) -> None:
        self.changes: list[CallChange] = []
        self.times_s: list[float] = []

    async def watch(self, changes: AsyncIterator[CallChange]) -> None:
        async for change in changes:
            self.changes.append(change)
            self.times_s.append(asyncio.get_running_loop().time())

    @property
    def states(self) -> list[CallState]:
        """Each state once, as one follows the other."""
        states: list[CallState] = []
        for change in self.changes:
            if not states or states[-1] is not change.state:
                states.append(change.state)
        return states

    def at_s(self, state: CallState) -> float:
        """When that state last began."""
        began_s, before = 0.0, None
        for change, time_s in zip(self.changes, self.times_s, strict=True):
            if change.state is state and before is not state:
                began_s = time_s
            before = change.state
        return began_s
