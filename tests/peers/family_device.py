"""The other end of a call for the family page: a small device made with aiortc.

It sees and hears as the real one does, and does no more: no buffers of its own, no
reconnection. What it sends is a moving picture and a tone.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import numpy as np
from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import (
    AudioStreamTrack,
    MediaStreamError,
    MediaStreamTrack,
    VideoStreamTrack,
)
from aiortc.sdp import candidate_from_sdp

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
from calls.wire import new_id

WAIT_S = 30.0
RATE_HZ = 48_000
TONE_HZ = 440.0

# Small, so that a busy machine makes it in time; larger ones are for the eye.
SMALL = (320, 240)


class Tone(AudioStreamTrack):
    """A tone without end, in blocks of 20 ms."""

    async def recv(self) -> av.AudioFrame:
        """The next block."""
        silence = await super().recv()
        assert isinstance(silence, av.AudioFrame)
        count = RATE_HZ // 50
        at = silence.pts * (RATE_HZ // silence.sample_rate) if silence.pts else 0
        steps = np.arange(at, at + count)
        wave = (8_000 * np.sin(2 * math.pi * TONE_HZ * steps / RATE_HZ)).astype(
            np.int16
        )
        frame = av.AudioFrame.from_ndarray(wave[None, :], format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        frame.pts = at
        frame.time_base = Fraction(1, RATE_HZ)
        return frame


class Room(VideoStreamTrack):
    """An evening room with a lamp that swings: large shapes that move a little."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self._count = 0
        # As long as the lamp swings once: they are drawn before, and shown again.
        steps = (2 * math.pi * step / 10 for step in range(10))
        self._pictures = [draw_room(width, height, step) for step in steps]

    async def recv(self) -> av.VideoFrame:
        """The next picture."""
        pts, time_base = await self.next_timestamp()
        self._count += 1
        picture = self._pictures[self._count // 3 % len(self._pictures)]
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = pts
        frame.time_base = time_base
        return frame


Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Colours:
    """Of a room and of who sits in it."""

    dark: Colour = (70, 52, 40)
    lamp: Colour = (190, 140, 70)
    chair: Colour = (112, 60, 44)
    jumper: Colour = (52, 88, 120)
    head: Colour = (226, 184, 158)
    hair: Colour = (205, 205, 210)


EVENING = Colours()
DAYLIGHT = Colours(
    dark=(150, 160, 165),
    lamp=(70, 66, 50),
    chair=(96, 110, 90),
    jumper=(168, 74, 58),
    head=(214, 168, 138),
    hair=(74, 46, 30),
)


def draw_room(
    width: int, height: int, swing: float, colours: Colours = EVENING
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The room with the lamp at this angle, shape (height, width, 3)."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) * (480 / height)
    # Wherever the middle is, somebody sits a little to the left of it.
    x += 320 - 240 * width / height
    lamp_x = 397 + 26 * math.sin(swing)
    glow = np.exp(-((x - lamp_x) ** 2 + (y - 150) ** 2) / 30_000)
    picture = np.empty((height, width, 3), np.float32)
    for channel, (dark, bright) in enumerate(
        zip(colours.dark, colours.lamp, strict=True)
    ):
        picture[..., channel] = dark + bright * glow - y * 0.05
    # Somebody in a chair: a head, a jumper, the back of the chair behind them.
    chair = (abs(x - 300) < 170) & (y > 190)
    jumper = ((x - 300) / 150) ** 2 + ((y - 500) / 190) ** 2 < 1
    head = ((x - 300) / 68) ** 2 + ((y - 245) / 84) ** 2 < 1
    hair = head & (y < 205 + 0.0015 * (x - 300) ** 2)
    for shape, colour in (
        (chair, colours.chair),
        (jumper, colours.jumper),
        (head, colours.head),
        (hair, colours.hair),
    ):
        picture[shape] = np.array(colour) * (0.75 + 0.35 * glow[shape][:, None])
    return picture.clip(0, 255).astype(np.uint8)


@dataclass(slots=True)
class FamilyDevice:
    """A device with one call at a time.

    Attributes:
        send: Gives a message to the hub.
        member: Whom it calls.
        answers: Whether it answers a page that calls.
        size: Of the picture that it sends; None: it has no camera.
        pictures: How many came.
        loud: How many blocks of sound came that were no silence.
        offers: That came, newest last.
        ended: Why, for each call that a page ended.
        media: What the page last told of its own.
    """

    send: Callable[[CallMessage], None]
    member: str = "m1"
    answers: bool = True
    size: tuple[int, int] | None = SMALL
    call: str = ""
    page: str = ""
    pictures: int = 0
    loud: int = 0
    offers: list[Offer] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    ended: list[Reason] = field(default_factory=list)
    media: Media | None = None
    video_codec: str = ""
    peer: RTCPeerConnection | None = None
    _early: list[Candidate] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    # -- what it does -----------------------------------------------------------------

    def ring(self, name: str = "Mevrouw De Vries", seconds: int = 45) -> str:
        """Call the member; returns which call it is."""
        self.call, self.page = new_id(), ""
        self.send(Ring(new_id(), self.call, self.member, "", name, seconds))
        return self.call

    def end(self, reason: Reason, page: str = "") -> None:
        """Hang up, or stop ringing."""
        self.send(Ended(new_id(), self.call, self.member, page, reason))

    def tell(self, *, microphone: bool, camera: bool, captions: bool) -> None:
        """What it sends, and whether it shows captions."""
        self.send(
            Media(
                new_id(),
                self.call,
                self.member,
                self.page,
                microphone,
                camera,
                captions,
            )
        )

    def reconnect(self, attempt: int) -> None:
        """Ask for a new offer."""
        self.send(Reconnect(new_id(), self.call, self.member, self.page, attempt))

    async def until(
        self, is_so: Callable[["FamilyDevice"], object], within_s: float = WAIT_S
    ) -> None:
        """Wait until this holds."""
        async with asyncio.timeout(within_s), self._news:
            await self._news.wait_for(lambda: bool(is_so(self)))

    async def hears_and_sees(self) -> None:
        """Wait until sound and pictures have come for a while."""
        pictures, loud = self.pictures, self.loud
        await self.until(lambda d: d.pictures > pictures + 5 and d.loud > loud)

    async def fall_silent(self) -> None:
        """Send and take nothing any more, without a word."""
        peer, self.peer = self.peer, None
        if peer is not None:
            await peer.close()

    async def close(self) -> None:
        """End all of it."""
        await self.fall_silent()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- what comes -------------------------------------------------------------------

    async def receive(self, message: CallMessage) -> None:
        """A message of a page."""
        match message:
            case Ring():
                self.call, self.page = message.call, message.page
                self._reply(Ringing, RingsBy.PAGE)
                if self.answers:
                    self._reply(Accepted)
            case Accepted() if self.page and message.page != self.page:
                self.end(Reason.ELSEWHERE, message.page)
            case Accepted():
                self.page = message.page
                self.end(Reason.ELSEWHERE)
            case Offer():
                self.offers.append(message)
                await self._answer(message)
            case Candidate():
                self.candidates.append(message)
                await self._add(message)
            case Media():
                self.media = message
            case Ended():
                self.ended.append(message.reason)
                await self.fall_silent()
        await self._changed()

    def _reply(self, kind: type[CallMessage], *more: object) -> None:
        self.send(kind(new_id(), self.call, self.member, self.page, *more))

    async def _answer(self, offer: Offer) -> None:
        await self.fall_silent()
        peer = self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peer.on("track", self._follow)
        await peer.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        peer.addTrack(Tone())
        if self.size is not None:
            peer.addTrack(Room(*self.size))
        await peer.setLocalDescription(await peer.createAnswer())
        for each in self._early:
            await self._add(each)
        self._early.clear()
        sdp = peer.localDescription.sdp
        self._reply(Answer, offer.attempt, sdp)
        video = next(t for t in peer.getTransceivers() if t.kind == "video")
        # What both know, best first.
        self.video_codec = next(iter(video._codecs)).mimeType

    async def _add(self, message: Candidate) -> None:
        if self.peer is None or message.attempt != self.offers[-1].attempt:
            self._early.append(message)
            return
        if not message.candidate:
            await self.peer.addIceCandidate(None)
            return
        candidate = candidate_from_sdp(message.candidate.removeprefix("candidate:"))
        candidate.sdpMid = message.mid
        await self.peer.addIceCandidate(candidate)

    def _follow(self, track: MediaStreamTrack) -> None:
        task = asyncio.create_task(self._take(track), name=track.kind)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, av.VideoFrame):
                self.pictures += 1
            elif isinstance(frame, av.AudioFrame):
                self.loud += int(np.abs(frame.to_ndarray()).max() > 500)
            await self._changed()

    async def _changed(self) -> None:
        async with self._news:
            self._news.notify_all()
