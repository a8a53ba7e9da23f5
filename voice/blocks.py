"""Streams of sound: brought to another rate, cut into blocks, measured."""

import math

import numpy as np
import soxr

from voice.audio import Samples

SILENCE_DB = -120.0


def level_db(samples: Samples) -> float:
    """Level (root mean square) in dB below full scale; SILENCE_DB at least."""
    if samples.size == 0:
        return SILENCE_DB
    floats = samples.astype(np.float32)
    # A fifth of the time that a mean of squares takes, for each block of a day.
    power = float(np.dot(floats, floats)) / (samples.size * 32768.0**2)
    return max(SILENCE_DB, 10 * math.log10(power)) if power > 0 else SILENCE_DB


class BlockStream:
    """Turns pieces of a stream, of any length, into blocks of one length.

    What does not fill a block waits for the next piece.
    """

    def __init__(self, from_hz: int, to_hz: int, block_samples: int) -> None:
        """Begin a stream.

        Args:
            from_hz: Rate of the pieces.
            to_hz: Rate of the blocks.
            block_samples: Length of each block, at `to_hz`.
        """
        self._size = block_samples
        self._rest = np.zeros(0, np.int16)
        self._resampler = None
        if from_hz != to_hz:
            self._resampler = soxr.ResampleStream(from_hz, to_hz, 1, dtype="int16")

    def __call__(self, piece: Samples) -> list[Samples]:
        """Take the next piece; returns the blocks that are full now."""
        if self._resampler is not None:
            # A piece that is a read-only view is taken as it is.
            piece = np.asarray(self._resampler.resample_chunk(piece), np.int16)
        if self._rest.size == 0 and piece.size == self._size:
            return [piece.copy()]
        self._rest = np.concatenate([self._rest, piece])
        count = self._rest.size // self._size
        ready = self._rest[: count * self._size]
        self._rest = self._rest[count * self._size :]
        # Copies: a view of one block would keep all of the sound around it.
        return [block.copy() for block in np.split(ready, count)] if count else []
