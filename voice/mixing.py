"""Adds up what is played into the blocks that leave the loudspeaker."""

import asyncio
import math
from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from voice.audio import BLOCK_S, BLOCK_SAMPLES, RATE_HZ, Samples
from voice.streaming import Stream

# A sound cut off within less than this clicks.
FADE_SAMPLES = int(0.005 * RATE_HZ)

# Sound devices that do not know better: two blocks queued and a card's buffer.
USUAL_LATENCY_S = 0.06

NEVER = -1_000_000


class Sound:
    """One thing being played."""

    def __init__(self, samples: Samples, gain_db: float) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_fading = False
        self._samples = samples
        self._position = 0
        self._gain = 10 ** (gain_db / 20)

    @property
    def is_over(self) -> bool:
        """Whether the last sample was taken."""
        return self._position >= self._samples.size

    def take(self) -> NDArray[np.float32]:
        """The next at most BLOCK_SAMPLES samples."""
        piece = self._samples[self._position : self._position + BLOCK_SAMPLES]
        self._position += BLOCK_SAMPLES
        if self.is_fading:
            piece = piece[:FADE_SAMPLES]
            self._position = self._samples.size
        scaled = piece.astype(np.float32) * np.float32(self._gain)
        if self.is_fading:
            scaled *= np.linspace(1, 0, scaled.size, dtype=np.float32)
        return scaled


class Mixer:
    """Adds up what is played, block by block, and knows when it was heard.

    Time is counted in blocks taken, so it stands still with the device.
    """

    def __init__(self) -> None:
        self.gain_db = 0.0
        self.stream_gain_db: Callable[[], float] = lambda: 0.0
        self.latency_s = USUAL_LATENCY_S
        self._gain = 1.0
        self._stream_gain = 1.0
        self._sounds: list[Sound] = []
        self._streams: list[Stream] = []
        self._leaving: deque[tuple[int, Sound]] = deque()
        self._taken = 0
        self._audible_until = NEVER

    def add(self, samples: Samples, gain_db: float) -> Sound:
        """Play a sound from the next block on."""
        sound = Sound(samples, gain_db)
        self._sounds.append(sound)
        return sound

    def begin(self, stream: Stream) -> None:
        """Play what comes in a stream, until it is ended; fading leaves it alone."""
        self._streams.append(stream)

    def end(self, stream: Stream) -> None:
        """Play no more of a stream."""
        self._streams = [one for one in self._streams if one is not stream]

    def fade_all(self) -> None:
        """Fade every sound out in the next block; whoever waits goes on now."""
        for sound in self._sounds:
            sound.is_fading = True
            _finish(sound)
        for _, sound in self._leaving:
            _finish(sound)

    def finish_all(self) -> None:
        """Drop everything; whoever waits for it goes on."""
        self.fade_all()
        self._sounds.clear()
        self._leaving.clear()
        self._audible_until = self._taken

    def is_audible(self, tail_s: float) -> bool:
        """Whether something played left the loudspeaker up to `tail_s` ago.

        Negative: whether it still will, so much later than now.
        """
        return self._taken < self._audible_until + math.ceil(tail_s / BLOCK_S)

    def next_block(self) -> Samples:
        """Mix the next block, shape (BLOCK_SAMPLES,)."""
        latency = math.ceil(self.latency_s / BLOCK_S)
        self._taken += 1
        gain = 10 ** (self.gain_db / 20)
        if not self._sounds and not self._leaving and not self._streams:
            # Nearly all blocks of a day; adding them up would cost a tenth of
            # all that the device does at rest.
            self._gain = gain
            return np.zeros(BLOCK_SAMPLES, np.int16)
        total = np.zeros(BLOCK_SAMPLES, np.float32)
        for sound in self._sounds:
            piece = sound.take()
            total[: piece.size] += piece
            if sound.is_over:
                self._leaving.append((self._taken + latency, sound))
        # As below, the volume glides.
        before, self._stream_gain = (
            self._stream_gain,
            10 ** (self.stream_gain_db() / 20),
        )
        glide = np.linspace(before, self._stream_gain, BLOCK_SAMPLES, dtype=np.float32)
        for stream in self._streams:
            streamed = stream.take()
            if streamed is not None:
                total += streamed * glide
        if self._sounds or any(stream.is_audible for stream in self._streams):
            self._audible_until = self._taken + latency
        self._sounds = [sound for sound in self._sounds if not sound.is_over]
        while self._leaving and self._leaving[0][0] <= self._taken:
            _finish(self._leaving.popleft()[1])
        # The volume glides over one block; a step would click.
        total *= np.linspace(self._gain, gain, BLOCK_SAMPLES, dtype=np.float32)
        self._gain = gain
        return np.clip(np.rint(total), -32768, 32767).astype(np.int16)


def _finish(sound: Sound) -> None:
    if not sound.done.done():
        sound.done.set_result(None)
