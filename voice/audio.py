"""Blocks of sound and what a sound device is."""

from collections.abc import AsyncIterator, Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
"""Mono sound, 16 bit signed, shape (n,)."""

RATE_HZ = 48_000
"""Rate of every sound device and of everything that is played."""

HEARING_RATE_HZ = 16_000
"""Rate of what recognisers and voice activity get."""

# 20 ms is what WebRTC, Opus and PyAudio's callbacks all do well with
# (41 ms play-to-capture at 10 ms, 61 ms at 20 ms, 120 ms at 30 ms).
BLOCK_S = 0.020
BLOCK_SAMPLES = int(RATE_HZ * BLOCK_S)
HEARING_BLOCK_SAMPLES = int(HEARING_RATE_HZ * BLOCK_S)


class AudioError(Exception):
    """Base of the errors of voice's sound."""


class DeviceMissing(AudioError, LookupError):
    """The configured microphone or loudspeaker is not connected."""


class SoundDevice(Protocol):
    """One microphone and one loudspeaker, in blocks of BLOCK_SAMPLES at RATE_HZ.

    The only users are the tests and `voice.path.AudioPath`.
    """

    name: str
    """What the device calls itself, for the self-test and the log."""

    async def open(
        self,
        heard: Callable[[Samples], None],
        next_block: Callable[[], Samples],
        failed: Callable[[AudioError], None],
    ) -> None:
        """Start both streams.

        Args:
            heard: Called on the event loop with each microphone block, shape
                (BLOCK_SAMPLES,) at RATE_HZ.
            next_block: Called on the event loop, ahead of time, for the next
                block to play; all zeros when there is nothing to say.
            failed: Called on the event loop, once, when a stream breaks after
                it was opened; the owner closes and opens again.

        Raises:
            DeviceMissing: If the named device is not there.
            AudioError: If a stream cannot be opened.
        """

    async def close(self) -> None:
        """Stop both streams; may be called twice."""


class SoundLine(Protocol):
    """A call's way to the one microphone and the one loudspeaker.

    All that plays here, their sound and ours, is taken out of what it hears.
    """

    @property
    def microphone_is_on(self) -> bool:
        """Whether there is anything to hear: switched on, and the device works."""

    @property
    def heard_level_db(self) -> float:
        """Level of the last block heard, in dB below full scale."""

    @property
    def played_level_db(self) -> float:
        """Level of the last block of theirs that was played, in dB below full scale."""

    def on_microphone(self, callback: Callable[[bool], None]) -> Callable[[], None]:
        """Call back with each change of `microphone_is_on`; returns how to stop."""

    def hear(self) -> AsyncIterator[Samples]:
        """Blocks of BLOCK_SAMPLES at RATE_HZ, in time, until the line closes.

        Silence while the microphone is off or the device away. Who is too slow
        loses the oldest. For one listener.
        """

    def play(self, block: Samples) -> None:
        """Play a block of BLOCK_SAMPLES at RATE_HZ; at once or a little later.

        Never waits. Blocks may come with some jitter; of too many at once the
        oldest are dropped.
        """
