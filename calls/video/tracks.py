"""Sound and picture on their way out and in, for one connection."""

import asyncio
import fractions
import time
from collections import deque
from collections.abc import Callable

import av
import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtp import RtpPacket

from calls.video.aiortc_ext import CLOCK
from calls.video.arriving import Arriving, Guess, Piece, Play, Recover
from calls.video.ladder import Ladder, Step
from calls.video.opus import OpusDecoder
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


class IncomingSound:
    """Packets of Opus in, blocks of sound out; in order and without holes.

    Attributes:
        arriving: Counts of what came and was lost.
    """

    def __init__(self, play: Callable[[Samples], None]) -> None:
        """Hand blocks of BLOCK_SAMPLES at RATE_HZ to `play`.

        Raises:
            NoOpus: If libopus is not installed.
        """
        self.arriving = Arriving()
        self._play = play
        self._decoder = OpusDecoder()
        self._rest = np.zeros(0, np.int16)
        self._later: asyncio.TimerHandle | None = None

    def take(self, packet: RtpPacket) -> None:
        """Take a packet that arrived; on the loop."""
        if not packet.payload:
            return
        now_s = asyncio.get_running_loop().time()
        self._act(self.arriving.put(packet.sequence_number, packet.payload, now_s))

    def close(self) -> None:
        """Play nothing more; may be called twice."""
        if self._later is not None:
            self._later.cancel()
            self._later = None

    def _act(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            self._hand_on(self._sound_of(piece))
        self.close()
        if (until_s := self.arriving.until_s) is not None:
            loop = asyncio.get_running_loop()
            self._later = loop.call_at(until_s, self._wait_no_longer)

    def _wait_no_longer(self) -> None:
        self._later = None
        self._act(self.arriving.due(asyncio.get_running_loop().time()))

    def _sound_of(self, piece: Piece) -> Samples:
        match piece:
            case Play(packet):
                return self._decoder.decode(packet)
            case Recover(next_packet):
                return self._decoder.recover(next_packet)
            case Guess():
                return self._decoder.guess()

    def _hand_on(self, samples: Samples) -> None:
        if self._rest.size:
            samples = np.concatenate([self._rest, samples])
        whole = samples.size // BLOCK_SAMPLES * BLOCK_SAMPLES
        for start in range(0, whole, BLOCK_SAMPLES):
            self._play(samples[start : start + BLOCK_SAMPLES])
        self._rest = samples[whole:]
