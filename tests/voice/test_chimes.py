"""The chimes as old ears hear them."""

from itertools import pairwise

import numpy as np
import pytest

from tests.sound.handmade import pitch_hz
from voice.audio import RATE_HZ
from voice.chimes import ALARM_HZ, alarm_samples, chime_samples
from voice.speech import Chime


@pytest.mark.parametrize("chime", Chime)
def test_a_chime_is_soft_short_and_in_range(chime: Chime) -> None:
    samples = chime_samples(chime)
    assert 0.2 <= samples.size / RATE_HZ <= 1.5
    assert 300 <= pitch_hz(samples, RATE_HZ) <= 1_000
    power = np.abs(np.fft.rfft(samples.astype(float))) ** 2
    frequencies_hz = np.fft.rfftfreq(samples.size, 1 / RATE_HZ)
    in_range = (frequencies_hz > 280) & (frequencies_hz < 1_020)
    assert power[in_range].sum() / power.sum() > 0.98
    # It neither starts nor ends with a click, and leaves room for speech.
    assert np.abs(samples[:48]).max() < 100
    assert np.abs(samples[-48:]).max() < 100
    least = 2_000 if chime is Chime.RINGS_SOFTLY else 5_000
    most = 12_000 if chime is Chime.RINGS_LOUDLY else 10_000
    assert least < np.abs(samples).max() < most


def test_a_call_rings_louder_each_time() -> None:
    rings = (Chime.RINGS_SOFTLY, Chime.RINGS, Chime.RINGS_LOUDLY)
    peaks = [int(np.abs(chime_samples(ring)).max()) for ring in rings]
    for softer, louder in pairwise(peaks):
        # 6 dB is heard as clearly louder, 10 dB as twice as loud.
        assert 1.9 < louder / softer < 3.2


def test_chimes_differ() -> None:
    assert len({chime_samples(chime).tobytes() for chime in Chime}) == len(Chime)


def test_the_alarm_is_a_pulsed_square_of_520_hz() -> None:
    samples = alarm_samples(1.2)
    assert samples.size == 2 * RATE_HZ
    on, off = samples[: RATE_HZ // 2], samples[RATE_HZ // 2 : RATE_HZ]
    assert pitch_hz(on, RATE_HZ) == pytest.approx(ALARM_HZ, abs=2)
    assert not off.any()
    spectrum = np.abs(np.fft.rfft(on.astype(float)))
    bin_hz = RATE_HZ / on.size
    third = spectrum[round(3 * ALARM_HZ / bin_hz)]
    assert third / spectrum[round(ALARM_HZ / bin_hz)] == pytest.approx(1 / 3, rel=0.05)


def test_an_alarm_has_a_length() -> None:
    with pytest.raises(ValueError, match="alarm"):
        alarm_samples(0)
