"""Blocks on their way from the microphone to whoever listens."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from voice.audio import BLOCK_S, AudioError, Samples

Block = TypeVar("Block")

# Long enough for the slowest stall of a busy recogniser (0.8 s), so that
# nothing is lost; short enough to notice one that hangs.
MOST_WAITING_S = 4.0


class Listener(Generic[Block]):
    """Blocks that wait for one listener; one that is too slow loses the oldest.

    Attributes:
        dropped: Blocks that were lost so.
    """

    def __init__(self, pre_roll: Iterable[Block]) -> None:
        """Begin with what was heard just before."""
        self.dropped = 0
        self._blocks = deque(pre_roll, maxlen=int(MOST_WAITING_S / BLOCK_S))
        self._error: AudioError | None = None
        self._news = asyncio.Event()
        self._news.set()

    def put(self, block: Block) -> None:
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

    def __aiter__(self) -> "Listener[Block]":
        """Iterate over the blocks, for ever."""
        return self

    async def __anext__(self) -> Block:
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


@dataclass(frozen=True, slots=True)
class Overheard:
    """A block of HEARING_BLOCK_SAMPLES, and what was done to it.

    Attributes:
        samples: What remains without our own voice, at HEARING_RATE_HZ.
        at: Its number; counts on, whatever happens.
        raw_db: Level on the microphone, our own voice included, in dB below full
            scale.
        is_over_voice: Whether our own voice may have been in it.
        learnt_s: How long the canceller has heard our own voice since it began
            anew, in seconds.
    """

    samples: Samples
    at: int
    raw_db: float
    is_over_voice: bool = False
    learnt_s: float = 0.0


class HeardSound:
    """What is heard in a conversation: kept for a moment, and handed to who listens.

    Attributes:
        next_at: Number of the next block.
    """

    def __init__(self, kept_s: float, pre_roll_s: float) -> None:
        """Begin with nothing.

        Args:
            kept_s: How much is kept while nobody listens, in seconds.
            pre_roll_s: How much of that a listener begins with before somebody's
                first sound, in seconds.
        """
        self.next_at = 0
        self._kept: deque[Overheard] = deque(maxlen=round(kept_s / BLOCK_S))
        self._pre_roll = round(pre_roll_s / BLOCK_S)
        self._listeners: set[Listener[Samples]] = set()
        self._overhearers: set[Listener[Overheard]] = set()

    def add(self, block: Overheard) -> None:
        """Hand on the next block; kept only while nobody listens."""
        self.next_at += 1
        for listener in self._listeners:
            listener.put(block.samples)
        for overhearer in self._overhearers:
            overhearer.put(block)
        if not self._listeners:
            self._kept.append(block)

    def begin_listening(self, since: int | None) -> Listener[Samples]:
        """Begin with what was kept; it is used up by that.

        Args:
            since: See `AudioPath.listen`.
        """
        if since is None or not self._kept or since < self._kept[0].at:
            # However long a busy machine took from there to here.
            own = [block.at + 1 for block in self._kept if block.is_over_voice]
            first = max(own, default=0)
        else:
            first = since - self._pre_roll
        kept = [block.samples for block in self._kept if block.at >= first]
        self._kept.clear()
        listener = Listener(kept)
        self._listeners.add(listener)
        return listener

    def begin_overhearing(self) -> Listener[Overheard]:
        """Begin with the next block; nothing is used up."""
        overhearer: Listener[Overheard] = Listener(())
        self._overhearers.add(overhearer)
        return overhearer

    def leave(self, listener: Listener[Samples] | Listener[Overheard]) -> None:
        """Hand it nothing any more."""
        self._listeners = {one for one in self._listeners if one is not listener}
        self._overhearers = {one for one in self._overhearers if one is not listener}

    def forget(self) -> None:
        """Forget what was kept."""
        self._kept.clear()

    def fail(self, error: AudioError) -> None:
        """End all listening with this error."""
        for listener in self._listeners:
            listener.fail(error)
        self.fail_overhearers(error)

    def fail_overhearers(self, error: AudioError) -> None:
        """End what cannot be without an echo canceller."""
        for overhearer in self._overhearers:
            overhearer.fail(error)
