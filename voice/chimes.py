"""Short tones, and the alarm."""

import numpy as np
from numpy.typing import NDArray

from voice.audio import RATE_HZ, Samples
from voice.speech import Chime

# 12 dB below full scale: as loud as speech that peaks at -3 dB.
PEAK = 0.25 * 32_767

# A bell that grows frightens nobody and is heard in the kitchen all the same: it
# begins 10 dB below the other chimes and ends 3 dB above them.
_GAINS = {Chime.RINGS_SOFTLY: 0.32, Chime.RINGS: 0.67, Chime.RINGS_LOUDLY: 1.41}

# A slow start does not frighten and does not click.
ATTACK_S = 0.03

ALARM_HZ = 520.0
ALARM_PULSE_S = 0.5
ALARM_PEAK = 0.7 * 32_767

# (frequency in Hz, start in s, length in s); a fifth or a third apart, so that
# they are told apart by their direction: up asks, down is done.
_BELL = (
    (659.25, 0.0, 0.35),
    (523.25, 0.2, 0.35),
    (659.25, 0.4, 0.35),
    (523.25, 0.6, 0.7),
)
_NOTES: dict[Chime, tuple[tuple[float, float, float], ...]] = {
    Chime.ATTENTION: ((523.25, 0.0, 0.5), (659.25, 0.25, 0.5), (783.99, 0.5, 0.9)),
    Chime.LISTENING: ((587.33, 0.0, 0.15), (880.0, 0.1, 0.25)),
    Chime.DONE: ((783.99, 0.0, 0.2), (523.25, 0.12, 0.35)),
    Chime.FAULT: ((392.0, 0.0, 0.35), (311.13, 0.35, 0.6)),
    Chime.RINGS_SOFTLY: _BELL,
    Chime.RINGS: _BELL,
    Chime.RINGS_LOUDLY: _BELL,
    # The tone that the telephone network gives, 1 s long (ITU-T E.180).
    Chime.RINGS_THERE: ((425.0, 0.0, 1.0),),
}


def chime_samples(chime: Chime) -> Samples:
    """Sound of a chime at RATE_HZ: sines between 300 and 1000 Hz that ring out."""
    notes = _NOTES[chime]
    end_s = max(start_s + length_s for _, start_s, length_s in notes)
    total = np.zeros(round(end_s * RATE_HZ))
    for frequency_hz, start_s, length_s in notes:
        note = _note(frequency_hz, length_s)
        start = round(start_s * RATE_HZ)
        total[start : start + note.size] += note
    peak = PEAK * _GAINS.get(chime, 1.0)
    return np.asarray(np.rint(total * peak / np.abs(total).max()), np.int16)


def _note(frequency_hz: float, length_s: float) -> NDArray[np.float64]:
    at_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    attack = np.sin(np.pi / 2 * np.minimum(1.0, at_s / ATTACK_S)) ** 2
    # 30 dB down at its end, and then to nothing over its last tenth.
    decay = np.exp(-3.5 * at_s / length_s)
    release = np.minimum(1.0, (length_s - at_s) / (0.1 * length_s))
    wave = np.sin(2 * np.pi * frequency_hz * at_s)
    return np.asarray(wave * attack * decay * release, np.float64)


def alarm_samples(length_s: float) -> Samples:
    """Square wave of 520 Hz, half a second on and half a second off.

    It wakes people with hearing loss best (NFPA 72 asks for it in bedrooms).

    Args:
        length_s: Rounded up to whole pulses.

    Raises:
        ValueError: If it is not positive.
    """
    if length_s <= 0:
        raise ValueError(f"an alarm cannot last {length_s} s")
    at_s = np.arange(round(ALARM_PULSE_S * RATE_HZ)) / RATE_HZ
    square = np.where((at_s * ALARM_HZ) % 1.0 < 0.5, ALARM_PEAK, -ALARM_PEAK)
    edge = np.minimum(1.0, np.minimum(at_s, at_s[::-1]) / 0.01)
    pulse = np.concatenate([square * edge, np.zeros(at_s.size)])
    count = int(np.ceil(length_s / (2 * ALARM_PULSE_S)))
    return np.asarray(np.rint(np.tile(pulse, count)), np.int16)
