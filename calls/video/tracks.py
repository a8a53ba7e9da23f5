"""Sound and picture on their way out, for one connection."""

import asyncio
import fractions
import time
from collections import deque

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from calls.video.aiortc_ext import CLOCK
from calls.video.ladder import Ladder, Step
from voice.audio import BLOCK_SAMPLES, RATE_HZ, Samples

# 100 ms: the network takes each at once; more only waits where the loop stood still.
MOST_BLOCKS = 5


class OutgoingSound(MediaStreamTrack):
    """Blocks from the microphone, one frame each."""

    kind = "audio"

    def __init__(self) -> None:
        """Begin at the next block."""
        super().__init__()
        self._blocks: deque[tuple[int, Samples]] = deque(maxlen=MOST_BLOCKS)
        self._news = asyncio.Event()
        self._number = 0

    def put(self, block: Samples) -> None:
        """Send a block of BLOCK_SAMPLES at RATE_HZ; the oldest gives way."""
        self._blocks.append((self._number, block))
        self._number += 1
        self._news.set()

    async def recv(self) -> av.AudioFrame:
        """The next frame; ends with the track."""
        while not self._blocks:
            if self.readyState != "live":
                raise MediaStreamError
            self._news.clear()
            await self._news.wait()
        number, block = self._blocks.popleft()
        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), "s16", "mono")
        # A block that gave way leaves a gap in time, not a sound that comes later.
        frame.pts = number * BLOCK_SAMPLES
        frame.sample_rate = RATE_HZ
        frame.time_base = fractions.Fraction(1, RATE_HZ)
        return frame

    def stop(self) -> None:
        """End; whoever waits for a frame is told."""
        super().stop()
        self._news.set()


class OutgoingPicture(MediaStreamTrack):
    """The newest picture of the camera, no more often than the ladder says.

    Also what the encoder asks how large it is to be (`aiortc_ext.Sizing`).

    Attributes:
        sent: How many were handed to the encoder.
    """

    kind = "video"

    def __init__(self) -> None:
        """Wait for a first picture."""
        super().__init__()
        self.sent = 0
        self._newest: av.VideoFrame | None = None
        self._news = asyncio.Event()
        self._began_s = time.monotonic()
        self._last_pts = -1
        self._next_s = 0.0
        self._ladder = Ladder(self._began_s)
        self._limit_bps: int | None = None
        self._took_s = 0.0
        self._encoded = 0

    @property
    def step(self) -> Step:
        """The size to encode in."""
        return self._ladder.step

    @property
    def bps(self) -> int:
        """The bit rate to encode with."""
        return self._ladder.bps

    def limit(self, bps: int) -> None:
        """The other end can get so much."""
        self._limit_bps = bps

    def took(self, seconds: float) -> None:
        """Making one picture took so long."""
        self._took_s += seconds
        self._encoded += 1

    def learn(self, loss: float) -> None:
        """Once a second while pictures go out: how many of our packets were lost."""
        encoded, took_s = self._encoded, self._took_s
        self._encoded, self._took_s = 0, 0.0
        share = took_s / encoded * self.step.rate if encoded else 0.0
        self._ladder.learn(
            time.monotonic(), limit_bps=self._limit_bps, loss=loss, share=share
        )

    def put(self, picture: av.VideoFrame) -> None:
        """Send this picture, unless a newer one comes first."""
        self._newest = picture
        self._news.set()

    def hide(self) -> None:
        """Send nothing that was not sent yet."""
        self._newest = None

    async def recv(self) -> av.VideoFrame:
        """The next picture, when its time has come; ends with the track."""
        # A camera of exactly this rate has some jitter, and loses no picture by it.
        wait_s = self._next_s - time.monotonic()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        while self._newest is None:
            if self.readyState != "live":
                raise MediaStreamError
            self._news.clear()
            await self._news.wait()
        picture, self._newest = self._newest, None
        now_s = time.monotonic()
        self._next_s = now_s + 0.8 / self.step.rate
        pts = max(round((now_s - self._began_s) / CLOCK), self._last_pts + 1)
        self._last_pts = pts
        picture.pts, picture.time_base = pts, CLOCK
        self.sent += 1
        return picture

    def stop(self) -> None:
        """End; whoever waits for a picture is told."""
        super().stop()
        self._newest = None
        self._news.set()
