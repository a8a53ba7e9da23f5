"""Makes clean synthetic speech sound like rooms, microphones and a day at home."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from voice.audio import HEARING_RATE_HZ as RATE_HZ

Floats = NDArray[np.float32]
Generator = np.random.Generator

FULL_SCALE = 32_767.0


@dataclass(frozen=True, slots=True)
class Chances:
    """How often each thing happens to a sentence, and how much of it.

    Attributes:
        nothing: Share that stays clean, apart from its gain and silence.
        room, noise, babble, colour, band, clipping: Shares of the others.
        snr_db: Least and most speech-to-noise ratio.
        gain_db: Least and most of the loudest sample, against full scale.
        rest_s: Most silence before and after.
        stretch: Least and most resampling: tempo, pitch and formants together.
        warp: Least and most warping of the frequencies of speech alone.
    """

    nothing: float = 0.12
    room: float = 0.45
    noise: float = 0.75
    babble: float = 0.25
    colour: float = 0.5
    band: float = 0.15
    clipping: float = 0.05
    snr_db: tuple[float, float] = (4.0, 32.0)
    gain_db: tuple[float, float] = (-30.0, -1.0)
    rest_s: tuple[float, float] = (0.05, 0.9)
    stretch: tuple[float, float] = (0.85, 1.2)
    warp: tuple[float, float] = (0.88, 1.14)


USUAL = Chances()


def resampled(sound: NDArray[np.int16], rate_hz: int, stretch: float) -> Floats:
    """Bring to RATE_HZ; `stretch` above 1 makes it longer and lower."""
    made = soxr.resample(
        sound.astype(np.float32), rate_hz, RATE_HZ * stretch, quality="QQ"
    )
    return np.asarray(made, np.float32)


def spoil(
    speech: Floats, others: Sequence[Floats], chances: Chances, random: Generator
) -> tuple[Floats, int]:
    """Put a sentence in a room with noise, through a microphone.

    Args:
        speech: Shape (n,), at RATE_HZ.
        others: Sentences that people in the background say.
        chances: What may happen.
        random: Where chance comes from.

    Returns:
        The sound, whole numbers within 16 bits, and the sample at which the
        sentence begins in it.
    """
    before, after = (int(random.uniform(*chances.rest_s) * RATE_HZ) for _ in "ab")
    gain_db = random.uniform(*chances.gain_db)
    if random.random() < chances.nothing:
        sound = np.pad(speech, (before, after))
        return _quantised(sound, gain_db, 1.0), before
    heard = speech
    if random.random() < chances.room:
        heard = in_room(heard, random)
    sound = np.pad(heard, (before, max(0, after - len(heard) + len(speech))))
    if random.random() < chances.noise:
        is_babble = len(others) > 0 and random.random() < chances.babble
        noise = (
            babble(others, len(sound), random)
            if is_babble
            else coloured_noise(len(sound), random)
        )
        snr_db = random.uniform(*chances.snr_db)
        spoken = slice(before, before + len(speech))
        sound = sound + noise * gain_of_noise(sound[spoken], noise, snr_db)
    if random.random() < chances.colour:
        sound = _filtered(sound, _random_tilt(random))
    if random.random() < chances.band:
        sound = _filtered(sound, _random_band(random))
    is_clipped = random.random() < chances.clipping
    limit = random.uniform(0.3, 0.8) if is_clipped else 1.0
    return _quantised(sound, gain_db, limit), before


def gain_of_noise(speech: Floats, noise: Floats, snr_db: float) -> float:
    """The factor on `noise` that puts `speech` this far above it.

    Both powers are means over all samples given: pass the part with speech.
    """
    noise_power = float(np.mean(noise**2))
    if noise_power == 0:
        return 0.0
    ratio = float(np.mean(speech**2)) / noise_power
    return float(np.sqrt(ratio * 10 ** (-snr_db / 10)))


def coloured_noise(count: int, random: Generator) -> Floats:
    """Noise whose spectrum falls by 0 to 9 dB an octave, sometimes with a hum.

    White, as of electronics; pink, as of fans and extractors; brown, as of traffic.
    """
    size = _fft_size(count)
    white = np.fft.rfft(random.standard_normal(size, dtype=np.float32))
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / RATE_HZ), 40.0)
    slope = random.choice([0.0, random.uniform(0.0, 1.5)])
    falling = (frequency**-slope).astype(np.float32)
    noise = np.fft.irfft(white * falling, size)[:count]
    noise /= noise.std()
    if random.random() < 0.15:
        seconds = np.arange(count) / RATE_HZ
        mains_hz = 50.0 * random.integers(1, 5)
        noise += random.uniform(0.2, 1.0) * np.sin(2 * np.pi * mains_hz * seconds)
    if random.random() < 0.3:
        # Passing cars, a tap: louder and softer in the course of a second or so.
        turns = random.uniform(0.3, 2.0) * np.arange(count) / RATE_HZ
        noise *= 1 + 0.6 * np.sin(2 * np.pi * (turns + random.random()))
    return np.asarray(noise, np.float32)


def babble(others: Sequence[Floats], count: int, random: Generator) -> Floats:
    """Two to six people at once, each saying a sentence again and again."""
    noise = np.zeros(count, np.float32)
    for _ in range(int(random.integers(2, 7))):
        voice = others[int(random.integers(len(others)))]
        power = float(np.mean(voice**2))
        if power > 0:
            turned = np.roll(np.resize(voice, count), int(random.integers(count)))
            noise += turned / np.float32(np.sqrt(power)) * random.uniform(0.5, 1.0)
    return noise


def in_room(speech: Floats, random: Generator) -> Floats:
    """With the echoes of a room; as long as the speech and its reverberation.

    A room is a direct sound, some early reflections, and a tail of noise that
    falls by 60 dB in 0.1 to 0.7 s: a kitchen or a living room.
    """
    fall_s = random.uniform(0.1, 0.7)
    length = int(fall_s * RATE_HZ)
    falling = 10 ** (-3 * np.arange(length) / length)
    tail = random.standard_normal(length) * falling
    tail[: RATE_HZ // 100] = 0
    # How much louder the direct sound is than all echoes: near to across a room.
    direct_db = random.uniform(-2.0, 12.0)
    tail *= 10 ** (-direct_db / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    for _ in range(4):
        at = int(random.uniform(0.002, 0.02) * RATE_HZ)
        tail[at] += random.uniform(-0.4, 0.4)
    count = len(speech) + length
    size = _fft_size(count)
    echoes = np.fft.rfft(tail.astype(np.float32), size)
    made = np.fft.irfft(np.fft.rfft(speech, size) * echoes, size)
    return np.asarray(made[:count], np.float32)


def _random_tilt(random: Generator) -> tuple[list[float], list[float]]:
    """A smooth curve of up to 8 dB up or down at eight frequencies."""
    points_hz = [60.0, 150.0, 400.0, 1000.0, 2000.0, 3500.0, 5500.0, 8000.0]
    return points_hz, random.uniform(-8.0, 8.0, len(points_hz)).tolist()


def _random_band(random: Generator) -> tuple[list[float], list[float]]:
    """A cheap microphone: no lows, or no highs."""
    low_hz, high_hz = random.uniform(80.0, 300.0), random.uniform(3400.0, 7000.0)
    points_hz = [low_hz / 2, low_hz, high_hz, min(high_hz * 1.2, RATE_HZ / 2)]
    return points_hz, [-24.0, 0.0, 0.0, -30.0]


def _filtered(sound: Floats, curve: tuple[list[float], list[float]]) -> Floats:
    """Apply gains in dB at frequencies in Hz, straight lines over log frequency."""
    size = _fft_size(len(sound))
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / RATE_HZ), 1.0)
    gains_db = np.interp(np.log(frequency), np.log(curve[0]), curve[1])
    spectrum = np.fft.rfft(sound, size) * (10 ** (gains_db / 20)).astype(np.float32)
    return np.asarray(np.fft.irfft(spectrum, size)[: len(sound)], np.float32)


def _fft_size(count: int) -> int:
    """The power of two that holds so many samples; other sizes are slow."""
    return 1 << (count - 1).bit_length()


def _quantised(sound: Floats, gain_db: float, limit: float) -> Floats:
    """Scale so that the loudest sample is at `gain_db`; cut at `limit` of it."""
    loudest = float(np.abs(sound).max())
    if loudest == 0:
        return sound
    scaled = np.clip(sound / loudest, -limit, limit)
    return np.asarray(np.rint(scaled * (FULL_SCALE * 10 ** (gain_db / 20))), np.float32)
