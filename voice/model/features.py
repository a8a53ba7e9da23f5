"""Features of sound as Kaldi computes them: MFCC of 40 coefficients, 10 ms each.

The model's conf/mfcc.conf asks the recogniser for the same:

    --use-energy=false --num-mel-bins=40 --num-ceps=40
    --low-freq=20 --high-freq=7600 --dither=0 --sample-frequency=16000
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from voice.audio import HEARING_RATE_HZ as RATE_HZ

Floats = NDArray[np.float32]

COEFFICIENTS = 40
MELS = 40
LOW_HZ = 20.0
HIGH_HZ = 7600.0
SHIFT = RATE_HZ // 100
WINDOW = RATE_HZ // 40

# Kaldi's defaults (feat/feature-window.h, feat/feature-mfcc.h).
_PREEMPHASIS = 0.97
_LIFTER = 22.0
_FFT = 512
_POVEY = 0.85

# Above this a warped frequency bends back to HIGH_HZ, as in Kaldi's VTLN.
_BEND_HZ = 6000.0


def frame_count(samples: int) -> int:
    """How many whole windows fit (snip-edges)."""
    return max(0, 1 + (samples - WINDOW) // SHIFT)


def mfcc(sound: NDArray[np.generic], warp: float = 1.0) -> Floats:
    """Compute the features of 16 kHz sound.

    Args:
        sound: Shape (n,), full scale at 32768.
        warp: Factor on the frequencies of speech: training hears a longer or
            shorter vocal tract so. 1.0 is what the recogniser computes.

    Returns:
        Shape (frame_count(n), COEFFICIENTS).
    """
    count = frame_count(len(sound))
    if count == 0:
        return np.empty((0, COEFFICIENTS), np.float32)
    signal = np.asarray(sound, np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(signal, WINDOW)[::SHIFT]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    frames = (frames - np.float32(_PREEMPHASIS) * before) * _window()
    spectrum = np.fft.rfft(frames, _FFT, axis=1)[:, : _FFT // 2]
    power = spectrum.real**2 + spectrum.imag**2
    energies = np.maximum(power @ _mel_bins(warp), np.finfo(np.float32).eps)
    logs = np.log(energies.astype(np.float64))
    made: Floats = (logs @ _cosines()).astype(np.float32)
    return made


def mel_masks(count: int, random: np.random.Generator) -> Floats:
    """What takes a random band of mels out of features, as matrices.

    Features minus (features @ mask) have 0 where the band was.

    Returns:
        Shape (count, COEFFICIENTS, COEFFICIENTS).
    """
    back = np.linalg.inv(_cosines())
    made = np.empty((count, COEFFICIENTS, COEFFICIENTS), np.float32)
    for row in range(count):
        first = int(random.integers(MELS))
        band = slice(first, first + int(random.integers(1, 9)))
        made[row] = back[:, band] @ _cosines()[band]
    return made


@cache
def _window() -> Floats:
    hanning = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))
    return np.asarray(hanning**_POVEY, np.float32)


@cache
def _mel_bins(warp: float) -> Floats:
    """Triangles that overlap by half, shape (FFT / 2, MELS)."""
    edges = np.linspace(_mel(LOW_HZ), _mel(HIGH_HZ), MELS + 2)
    if warp != 1.0:
        edges = _mel(_warped(700.0 * (np.exp(edges / 1127.0) - 1.0), warp))
    at = _mel(np.arange(_FFT // 2) * (RATE_HZ / _FFT))[:, None]
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.minimum((at - low) / (middle - low), (high - at) / (high - middle))
    return np.asarray(np.maximum(triangles, 0), np.float32)


@cache
def _cosines() -> NDArray[np.float64]:
    """The discrete cosine transform and the lifter, shape (MELS, COEFFICIENTS)."""
    rows, columns = np.arange(MELS)[:, None], np.arange(COEFFICIENTS)
    matrix = np.sqrt(2 / MELS) * np.cos(np.pi / MELS * (rows + 0.5) * columns)
    matrix[:, 0] = np.sqrt(1 / MELS)
    lifter = 1 + 0.5 * _LIFTER * np.sin(np.pi * columns / _LIFTER)
    return np.asarray(matrix * lifter, np.float64)


def _mel(frequency: float | NDArray[np.floating]) -> NDArray[np.float64]:
    return 1127.0 * np.log1p(np.asarray(frequency, np.float64) / 700.0)


def _warped(frequency: NDArray[np.float64], warp: float) -> NDArray[np.float64]:
    """Where a frequency of the usual speaker lies for one `warp` times as small."""
    bend = _BEND_HZ * min(1.0, 1.0 / warp)
    return np.interp(
        frequency, [0.0, bend, HIGH_HZ], [0.0, bend * warp, HIGH_HZ]
    ).astype(np.float64)
