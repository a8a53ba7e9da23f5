"""Blocks on their way from the microphone to whoever listens."""

import asyncio
from collections import deque
from collections.abc import Iterable

from voice.audio import BLOCK_S, AudioError, Samples

# Long enough for the slowest stall of a busy recogniser (0.8 s), so that
# nothing is lost; short enough to notice one that hangs.
MOST_WAITING_S = 4.0


class Listener:
    """Blocks that wait for one listener; one that is too slow loses the oldest.

    Attributes:
        dropped: Blocks that were lost so.
    """

    def __init__(self, pre_roll: Iterable[Samples]) -> None:
        """Begin with what was heard just before."""
        self.dropped = 0
        self._blocks = deque(pre_roll, maxlen=int(MOST_WAITING_S / BLOCK_S))
        self._error: AudioError | None = None
        self._news = asyncio.Event()
        self._news.set()

    def put(self, block: Samples) -> None:
        """Add the next block."""
        if len(self._blocks) == self._blocks.maxlen:
            self.dropped += 1
        self._blocks.append(block)
        self._news.set()

    def fail(self, error: AudioError) -> None:
        """End at once; sound still waiting is dropped."""
        self._blocks.clear()
        self._error = error
        self._news.set()

    def __aiter__(self) -> "Listener":
        """Iterate over the blocks, for ever."""
        return self

    async def __anext__(self) -> Samples:
        """Wait for the next block.

        Raises:
            AudioError: What `fail` was told.
        """
        while True:
            await self._news.wait()
            if self._error is not None:
                raise self._error
            if self._blocks:
                return self._blocks.popleft()
            self._news.clear()
