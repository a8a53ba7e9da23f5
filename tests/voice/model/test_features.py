"""Features are what Kaldi computes, and so what the recogniser will see."""

import kaldi_native_fbank
import numpy as np
import pytest
from numpy.typing import NDArray

from voice.model.features import COEFFICIENTS, frame_count, mel_masks, mfcc

RATE_HZ = 16_000


def sound(seconds: float) -> NDArray[np.float32]:
    """Noise that swells and fades."""
    count = int(seconds * RATE_HZ)
    noise = np.random.default_rng(1).normal(0, 2000, count)
    return np.rint(noise * np.sin(np.arange(count) / 3000)).astype(np.float32)


def by_kaldi(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    options = kaldi_native_fbank.MfccOptions()
    options.frame_opts.samp_freq = RATE_HZ
    options.frame_opts.dither = 0
    options.use_energy = False
    options.mel_opts.num_bins = 40
    options.mel_opts.low_freq = 20
    options.mel_opts.high_freq = 7600
    options.num_ceps = 40
    made = kaldi_native_fbank.OnlineMfcc(options)
    made.accept_waveform(RATE_HZ, samples.tolist())
    return np.array([made.get_frame(at) for at in range(made.num_frames_ready)])


def test_they_are_those_of_kaldi() -> None:
    samples = sound(3.0)
    # Kaldi counts with 24 bits: of coefficients up to 130 it is 1e-4 off itself.
    assert np.abs(mfcc(samples) - by_kaldi(samples)).max() <= 2e-4


def test_they_are_those_of_kaldi_in_digital_silence() -> None:
    samples = np.zeros(RATE_HZ, np.float32)
    assert np.abs(mfcc(samples) - by_kaldi(samples)).max() <= 2e-4


@pytest.mark.parametrize(
    ("samples", "frames"), [(0, 0), (399, 0), (400, 1), (559, 1), (560, 2)]
)
def test_only_whole_windows_count(samples: int, frames: int) -> None:
    assert frame_count(samples) == frames
    assert mfcc(np.ones(samples)).shape == (frames, COEFFICIENTS)


def test_a_warp_moves_the_frequencies_of_a_tone() -> None:
    seconds = np.arange(RATE_HZ) / RATE_HZ
    low = 8000 * np.sin(2 * np.pi * 1000 * seconds)
    high = 8000 * np.sin(2 * np.pi * 1200 * seconds)
    # 1200 Hz, as a speaker with a shorter vocal tract has it, becomes 1000 Hz.
    apart = np.abs(mfcc(high) - mfcc(low)).mean()
    assert np.abs(mfcc(high, warp=1.2) - mfcc(low)).mean() < apart / 2


def test_a_mask_takes_a_band_out_and_nothing_else() -> None:
    masks = mel_masks(20, np.random.default_rng(3))
    for mask in masks:
        # A projection: taking it out again takes nothing more.
        np.testing.assert_allclose(mask @ mask, mask, atol=1e-4)
        assert 1 <= np.linalg.matrix_rank(mask, tol=1e-3) <= 8
