"""A call's line to the one microphone and the one loudspeaker."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable

import numpy as np

from voice.audio import BLOCK_SAMPLES, Samples
from voice.blocks import SILENCE_DB, level_db
from voice.streaming import Stream

logger = logging.getLogger(__name__)

# 200 ms: a busy machine makes up for that; older sound is no conversation.
MOST_WAITING_BLOCKS = 10


class Line:
    """The `voice.audio.SoundLine` that `AudioPath.open_line` gives.

    Attributes:
        stream: Their sound, for the mixer.
        lost_blocks: Blocks that the listener was too slow for.
    """

    def __init__(self, *, microphone_is_on: bool) -> None:
        """Begin with silence both ways."""
        self.stream = Stream()
        self.lost_blocks = 0
        self._heard: deque[Samples] = deque(maxlen=MOST_WAITING_BLOCKS)
        self._news = asyncio.Event()
        self._is_closed = False
        self._microphone_is_on = microphone_is_on
        self._callbacks: list[Callable[[bool], None]] = []
        self._heard_level_db = SILENCE_DB

    @property
    def microphone_is_on(self) -> bool:
        """Whether there is anything to hear."""
        return self._microphone_is_on

    @property
    def heard_level_db(self) -> float:
        """Level of the last block heard, in dB below full scale."""
        return self._heard_level_db

    @property
    def played_level_db(self) -> float:
        """Level of the last block of theirs that was played."""
        return self.stream.level_db

    def on_microphone(self, callback: Callable[[bool], None]) -> Callable[[], None]:
        """Call back with each change of `microphone_is_on`; returns how to stop."""
        self._callbacks.append(callback)

        def stop() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return stop

    async def hear(self) -> AsyncIterator[Samples]:
        """Blocks of BLOCK_SAMPLES at RATE_HZ, in time, until the line closes."""
        while True:
            await self._news.wait()
            if self._is_closed:
                return
            if self._heard:
                yield self._heard.popleft()
            else:
                self._news.clear()

    def play(self, block: Samples) -> None:
        """Play a block of theirs; nothing once the line is closed."""
        if not self._is_closed:
            self.stream.put(block)

    # For the audio path

    def put_heard(self, block: Samples | None) -> None:
        """Hand on the next block from the microphone; None: there is none."""
        if block is None:
            block = np.zeros(BLOCK_SAMPLES, np.int16)
        self._heard_level_db = level_db(block)
        if len(self._heard) == self._heard.maxlen:
            self.lost_blocks += 1
        self._heard.append(block)
        self._news.set()

    def tell_microphone(self, is_on: bool) -> None:
        """Tell who uses the line, where it changed."""
        if is_on == self._microphone_is_on:
            return
        self._microphone_is_on = is_on
        if not is_on:
            # What was said just before the switch stays here as well.
            self._heard.clear()
        for callback in tuple(self._callbacks):
            try:
                callback(is_on)
            except Exception:
                # Whoever shows it must not stop the sound.
                logger.exception("a callback for the state of the microphone broke")

    def close(self) -> None:
        """End the listening; may be called twice."""
        self._is_closed = True
        self._heard.clear()
        self._news.set()
