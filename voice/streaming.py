"""Their sound on its way to the loudspeaker: in with jitter, out without.

Pure: time is counted in blocks.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from voice.audio import BLOCK_S, BLOCK_SAMPLES, RATE_HZ, Samples
from voice.blocks import SILENCE_DB, level_db

# Two blocks bear the loop's own jitter; a call's network adds some more.
LEAST_BLOCKS = 2

# 120 ms: more is felt in a conversation.
MOST_BLOCKS = 6

# Twice that for a burst; whatever is older would only be late.
ROOM_BLOCKS = 2 * MOST_BLOCKS

# So long without a hole, and the queue becomes shorter by a block.
CALM_BLOCKS = int(20 / BLOCK_S)

# The far sound card's clock is up to 100 ppm faster: a block in 200 s. A surplus
# that stood for so long is no jitter.
SURPLUS_BLOCKS = int(2 / BLOCK_S)

# A sound that breaks off within less than this clicks.
FADE_SAMPLES = int(0.005 * RATE_HZ)

# Below this it is room noise at the other side, which nobody takes for a voice here.
AUDIBLE_DB = -50.0


class Stream:
    """Blocks that wait to be played, and holes smoothed where none came.

    Attributes:
        dropped: Blocks that came too much at once.
        holes: How often there was nothing to play in the midst of sound.
        level_db: Of the last block taken, in dB below full scale.
        wanted: How many blocks it gathers before it begins again after a hole.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.dropped = 0
        self.holes = 0
        self.level_db = SILENCE_DB
        self.wanted = LEAST_BLOCKS
        self._blocks: deque[Samples] = deque()
        self._is_gathering = True
        self._last = 0.0
        self._calm = 0
        self._surplus = 0

    def put(self, block: Samples) -> None:
        """Add the next block."""
        if block.shape != (BLOCK_SAMPLES,):
            raise ValueError(f"a block has {BLOCK_SAMPLES} samples, not {block.shape}")
        self._blocks.append(block)
        if len(self._blocks) > ROOM_BLOCKS:
            # So many at once come after an outage: go on with what is said now.
            while len(self._blocks) > self.wanted:
                self._blocks.popleft()
                self.dropped += 1

    def take(self) -> NDArray[np.float32] | None:
        """The next block, shape (BLOCK_SAMPLES,); None: silence."""
        if self._is_gathering and len(self._blocks) < self.wanted:
            self.level_db = SILENCE_DB
            return None
        if not self._blocks:
            return self._hole()
        self._drop_surplus()
        samples = self._blocks.popleft()
        self.level_db = level_db(samples)
        block = samples.astype(np.float32)
        if self._is_gathering:
            self._is_gathering = False
            block[:FADE_SAMPLES] *= np.linspace(0, 1, FADE_SAMPLES, dtype=np.float32)
        self._last = float(block[-1])
        self._calm += 1
        if self._calm >= CALM_BLOCKS:
            self._calm = 0
            self.wanted = max(LEAST_BLOCKS, self.wanted - 1)
        return block

    @property
    def is_audible(self) -> bool:
        """Whether the last block taken can be heard as a voice."""
        return self.level_db > AUDIBLE_DB

    def _hole(self) -> NDArray[np.float32]:
        """Glide from the last sample to silence, and gather more than before."""
        self.holes += 1
        self._is_gathering = True
        self._calm = 0
        self.wanted = min(MOST_BLOCKS, self.wanted + 1)
        self.level_db = SILENCE_DB
        block = np.zeros(BLOCK_SAMPLES, np.float32)
        block[:FADE_SAMPLES] = np.linspace(self._last, 0, FADE_SAMPLES)
        return block

    def _drop_surplus(self) -> None:
        """Drop a block where more wait than needed for seconds already."""
        if len(self._blocks) <= self.wanted + 1:
            self._surplus = 0
            return
        self._surplus += 1
        if self._surplus >= SURPLUS_BLOCKS:
            # A silent one is not missed; after twice that time, any one.
            is_silent = level_db(self._blocks[0]) < AUDIBLE_DB
            if is_silent or self._surplus >= 2 * SURPLUS_BLOCKS:
                self._surplus = 0
                self._blocks.popleft()
                self.dropped += 1
