"""Making the sounds of all voices alike."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.audio import RATE_HZ, Samples
from voice.synthesiser import (
    TARGET_DBFS,
    amplify,
    normalise,
    speech_level_dbfs,
    trim,
)

CEILING = 32_768 * 10 ** (-1 / 20)


def tone(seconds: float, amplitude: float, hertz: float = 300.0) -> Samples:
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return np.rint(amplitude * np.sin(2 * np.pi * hertz * times)).astype(np.int16)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE_HZ), np.int16)


def test_silence_around_speech_is_cut_off_but_not_within() -> None:
    word = tone(0.3, 8000)
    sound = np.concatenate([silence(0.5), word, silence(0.2), word, silence(0.7)])
    assert trim(sound).size / RATE_HZ == pytest.approx(0.84, abs=0.02)


@pytest.mark.parametrize("sound", [silence(0), silence(0.3)])
def test_silence_stays_silence(sound: Samples) -> None:
    assert trim(sound).size == 0
    assert math.isinf(speech_level_dbfs(sound))
    assert np.array_equal(normalise(sound), sound)


@pytest.mark.parametrize("amplitude", [30, 900, 32_000])
def test_all_voices_get_the_same_level_whatever_their_pauses(amplitude: int) -> None:
    sound = np.concatenate([tone(0.4, amplitude), silence(1.0), tone(0.4, amplitude)])
    assert speech_level_dbfs(normalise(sound)) == pytest.approx(TARGET_DBFS, abs=0.2)


def test_gain_is_exact_where_there_is_room() -> None:
    sound = tone(0.2, 1000)
    louder = speech_level_dbfs(amplify(sound, 6.0)) - speech_level_dbfs(sound)
    assert louder == pytest.approx(6.0, abs=0.01)


@given(st.integers(1, 5000), st.floats(-30, 60), st.integers(0, 99))
def test_no_gain_ever_clips(size: int, gain_db: float, seed: int) -> None:
    sound = np.random.default_rng(seed).integers(-32_768, 32_768, size).astype(np.int16)
    assert np.abs(amplify(sound, gain_db).astype(int)).max() <= CEILING + 1


def test_the_limiter_bends_no_wave() -> None:
    """A clipped sine has third harmonics; a limited one hardly any."""
    loud = amplify(tone(0.5, 10_000, hertz=1000.0), 20.0)
    spectrum = np.abs(np.fft.rfft(loud[RATE_HZ // 10 : RATE_HZ * 3 // 10]))
    # 0.2 s make 5 Hz a bin.
    assert spectrum[600] < spectrum[200] / 1000
    assert np.abs(loud).max() == pytest.approx(CEILING, rel=0.01)
