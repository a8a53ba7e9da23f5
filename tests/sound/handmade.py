"""A sound device and a time that only move when a test moves them."""

import asyncio
from collections.abc import Callable

import numpy as np

from voice.audio import (
    BLOCK_SAMPLES,
    HEARING_RATE_HZ,
    RATE_HZ,
    AudioError,
    Samples,
)


async def let_tasks_run() -> None:
    """Let every task run until it waits for the world."""
    for _ in range(20):
        await asyncio.sleep(0)


def tone(
    frequency_hz: float, length_s: float, level: int = 10_000, rate_hz: int = RATE_HZ
) -> Samples:
    """A sine; `level` is its peak."""
    at_s = np.arange(round(length_s * rate_hz)) / rate_hz
    wave = level * np.sin(2 * np.pi * frequency_hz * at_s)
    return np.asarray(np.rint(wave), dtype=np.int16)


def pitch_hz(samples: Samples, rate_hz: int = HEARING_RATE_HZ) -> float:
    """The strongest frequency."""
    spectrum = np.abs(np.fft.rfft(samples.astype(float) * np.hanning(samples.size)))
    return float(np.argmax(spectrum) * rate_hz / samples.size)


class HandmadeTime:
    """Sleeps end when `pass_s` says so."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    async def sleep(self, seconds: float) -> None:
        """As asyncio.sleep."""
        done = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now_s + seconds, done))
        await done

    @property
    def longest_sleep_s(self) -> float:
        """How long the last sleeper still sleeps."""
        ends = [end_s for end_s, done in self._sleepers if not done.done()]
        return max(ends, default=self.now_s) - self.now_s

    async def pass_s(self, seconds: float) -> None:
        """Let time pass, waking each sleeper at its moment."""
        until_s = self.now_s + seconds
        await let_tasks_run()
        while True:
            self._sleepers = [pair for pair in self._sleepers if not pair[1].done()]
            due = [pair for pair in self._sleepers if pair[0] <= until_s + 1e-9]
            if not due:
                break
            end_s, done = min(due, key=lambda pair: pair[0])
            self.now_s = max(self.now_s, end_s)
            done.set_result(None)
            await let_tasks_run()
        self.now_s = until_s


class HandmadeDevice:
    """A SoundDevice whose blocks the test pulls and pushes."""

    def __init__(self) -> None:
        self.name = "handmade"
        self.output_latency_s = 0.0
        self.input_latency_s = 0.0
        self.gaps = 0
        self.fails_to_open: list[AudioError] = []
        self.times_opened = 0
        self.is_open = False
        self.failed: Callable[[AudioError], None] = _not_open
        self._heard: Callable[[Samples], None] = _not_open
        self._next_block: Callable[[], Samples] | None = None

    async def open(
        self,
        heard: Callable[[Samples], None],
        next_block: Callable[[], Samples],
        failed: Callable[[AudioError], None],
    ) -> None:
        """Open, or raise the next of `fails_to_open`."""
        if self.fails_to_open:
            raise self.fails_to_open.pop(0)
        self.times_opened += 1
        self.is_open = True
        self._heard, self._next_block, self.failed = heard, next_block, failed

    async def close(self) -> None:
        """Close; may be called twice."""
        self.is_open = False

    def pull(self, blocks: int = 1) -> Samples:
        """Take blocks to play, as the card would."""
        assert self._next_block is not None, "the device is not open"
        return np.concatenate([self._next_block() for _ in range(blocks)])

    def push(self, samples: Samples) -> None:
        """Hear samples at RATE_HZ, filled up with silence to whole blocks."""
        count = -(-samples.size // BLOCK_SAMPLES)
        padded = np.zeros(count * BLOCK_SAMPLES, np.int16)
        padded[: samples.size] = samples
        for block in np.split(padded, count):
            self._heard(block)


def _not_open(_: object) -> None:
    raise AssertionError("the device is not open")
