"""What every speech engine can do, and making their sounds alike."""

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from voice.audio import RATE_HZ, Samples

TARGET_DBFS = -20.0
"""Level of rendered speech: RMS of what is not silence, below full scale.

Speech peaks 12 to 16 dB above its RMS, so that this leaves room for it.
"""

# What lies this far below the loudest 10 ms is silence, not speech.
_SILENCE_DB = -40.0
_FRAME_SAMPLES = RATE_HZ // 100
# Kept around the speech, so that soft consonants are not cut off.
_MARGIN_SAMPLES = RATE_HZ * 20 // 1000
_FULL_SCALE = 32_768.0
# A limiter's ceiling of -1 dBFS leaves room for the converter's filter.
_CEILING = _FULL_SCALE * 10 ** (-1.0 / 20)
# Gain falls and rises over 6 ms: too slow to be heard as distortion.
_LIMIT_FRAME_SAMPLES = RATE_HZ // 1000
_LIMIT_FRAMES = 6


class SynthesisError(Exception):
    """An engine could not make a sentence's sound; the text is not in it."""


class EngineMissing(SynthesisError, LookupError):
    """The engine itself is not installed."""


class VoiceMissing(SynthesisError, LookupError):
    """The engine is there, and does not have this voice."""


class Synthesiser(Protocol):
    """One voice. Renders one sentence at a time; further callers wait."""

    @property
    def name(self) -> str:
        """The engine: "espeak", "piper"."""

    @property
    def voice(self) -> str:
        """Which of the engine's voices; with the name it keys the cache."""

    async def start(self) -> None:
        """Get ready to speak; on a running or broken engine: start afresh.

        Raises:
            SynthesisError: If the engine or its voice is not there.
        """

    async def render(self, text: str, rate_wpm: int) -> Samples:
        """Make the sound of a sentence or a part of one.

        Returns:
            Samples at RATE_HZ at a level of TARGET_DBFS without silence
            around them; empty where there is nothing to pronounce.

        Raises:
            SynthesisError: If the engine failed; it has to be started again.
        """

    async def close(self) -> None:
        """Stop the engine; may be called twice."""


def trim(samples: Samples) -> Samples:
    """Cut off the silence around speech, which engines add of their own."""
    frames = _frame_levels(samples)
    if frames.size == 0 or frames.max() == 0.0:
        return samples[:0]
    loud = np.flatnonzero(frames >= frames.max() * 10 ** (_SILENCE_DB / 20))
    start = int(loud[0]) * _FRAME_SAMPLES - _MARGIN_SAMPLES
    end = (int(loud[-1]) + 1) * _FRAME_SAMPLES + _MARGIN_SAMPLES
    return samples[max(0, start) : end]


def speech_level_dbfs(samples: Samples) -> float:
    """RMS of the parts that are not silence, in dB below full scale.

    Minus infinity for silence.
    """
    frames = _frame_levels(samples)
    if frames.size == 0 or frames.max() == 0.0:
        return -math.inf
    speech = frames[frames >= frames.max() * 10 ** (_SILENCE_DB / 20)]
    return 20 * math.log10(float(np.sqrt(np.mean(speech**2))) / _FULL_SCALE)


def normalise(samples: Samples) -> Samples:
    """Bring speech to TARGET_DBFS; silence stays silence."""
    level = speech_level_dbfs(samples)
    if math.isinf(level):
        return samples
    return amplify(samples, TARGET_DBFS - level)


def amplify(samples: Samples, gain_db: float) -> Samples:
    """Make sound louder or softer, and never clip it.

    Where a peak would pass -1 dBFS the gain goes down smoothly for some
    milliseconds around it (a limiter that looks ahead), instead of the tops
    being cut off, which makes consonants harsh and hard to understand.
    """
    if samples.size == 0:
        return samples
    wanted = samples.astype(np.float64) * 10 ** (gain_db / 20)
    if np.abs(wanted).max() > _CEILING:
        wanted *= _limiting_gain(wanted)
    return np.rint(np.clip(wanted, -_CEILING, _CEILING)).astype(np.int16)


def _limiting_gain(wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gain per sample, at most 1, which keeps `wanted` under the ceiling."""
    count = -(-wanted.size // _LIMIT_FRAME_SAMPLES)
    padded = np.zeros(count * _LIMIT_FRAME_SAMPLES)
    padded[: wanted.size] = np.abs(wanted)
    peaks = padded.reshape(count, _LIMIT_FRAME_SAMPLES).max(axis=1)
    needed = np.minimum(1.0, _CEILING / np.maximum(peaks, 1.0))
    # The lowest gain around, one frame wider than the mean that smooths it,
    # so that the smoothed gain is low enough at every peak.
    wide = np.pad(needed, _LIMIT_FRAMES + 1, mode="edge")
    window = 2 * (_LIMIT_FRAMES + 1) + 1
    lowest = np.lib.stride_tricks.sliding_window_view(wide, window).min(axis=1)
    smooth = np.convolve(
        np.pad(lowest, _LIMIT_FRAMES, mode="edge"),
        np.full(2 * _LIMIT_FRAMES + 1, 1 / (2 * _LIMIT_FRAMES + 1)),
        mode="valid",
    )
    middles = (np.arange(count) + 0.5) * _LIMIT_FRAME_SAMPLES
    gain: NDArray[np.float64] = np.interp(np.arange(wanted.size), middles, smooth)
    return gain


def _frame_levels(samples: Samples) -> NDArray[np.float64]:
    """RMS of each whole 10 ms, the last part of one included."""
    if samples.size == 0:
        return np.zeros(0)
    count = -(-samples.size // _FRAME_SAMPLES)
    padded = np.zeros(count * _FRAME_SAMPLES)
    padded[: samples.size] = samples
    squares = padded.reshape(count, _FRAME_SAMPLES) ** 2
    levels: NDArray[np.float64] = np.sqrt(squares.mean(axis=1))
    return levels
