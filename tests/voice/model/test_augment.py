"""Spoilt sound is spoilt as much as was asked."""

import numpy as np
import pytest

from voice.audio import HEARING_RATE_HZ as RATE_HZ
from voice.model.augment import (
    FULL_SCALE,
    Chances,
    Floats,
    babble,
    coloured_noise,
    gain_of_noise,
    in_room,
    resampled,
    spoil,
)


def speech(seconds: float = 1.0) -> Floats:
    """A tone that swells and fades, for a sentence."""
    at = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    made = 5000 * np.sin(2 * np.pi * 300 * at) * np.sin(np.pi * at / seconds)
    return made.astype(np.float32)


def random(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def level_db(sound: Floats) -> float:
    return float(10 * np.log10(np.mean(sound.astype(np.float64) ** 2)))


@pytest.mark.parametrize("snr_db", [5.0, 15.0, 30.0])
@pytest.mark.parametrize("kind", ["noise", "babble"])
def test_the_ratio_is_what_was_asked(snr_db: float, kind: str) -> None:
    said = speech()
    count = len(said)
    noise = (
        coloured_noise(count, random())
        if kind == "noise"
        else babble([speech(0.7), speech(1.3)], count, random())
    )
    added = noise * gain_of_noise(said, noise, snr_db)
    assert level_db(said) - level_db(added) == pytest.approx(snr_db, abs=0.01)


def test_noise_of_nothing_adds_nothing() -> None:
    assert gain_of_noise(speech(), np.zeros(10, np.float32), 5.0) == 0.0


def test_the_whole_of_a_noisy_sentence_has_the_ratio() -> None:
    chances = Chances(nothing=0, room=0, noise=1, babble=0, colour=0, band=0,
                      clipping=0, snr_db=(15, 15), rest_s=(0.5, 0.5))  # fmt: skip
    found = []
    for seed in range(20):
        sound, begin = spoil(speech(), [], chances, random(seed))
        rest = np.concatenate([sound[:begin], sound[begin + RATE_HZ :]])
        spoken = np.mean(sound[begin : begin + RATE_HZ] ** 2) - np.mean(rest**2)
        found.append(10 * np.log10(spoken / np.mean(rest**2)))
    # Noise that swells is not the same before as during one sentence.
    assert np.mean(found) == pytest.approx(15, abs=0.5)
    assert np.ptp(found) < 10


def test_a_sentence_is_loud_as_asked_and_whole_numbers() -> None:
    chances = Chances(gain_db=(-20, -20))
    sound, _ = spoil(speech(), [speech(0.5)], chances, random())
    assert np.abs(sound).max() == pytest.approx(FULL_SCALE * 0.1, abs=1)
    assert np.array_equal(sound, np.rint(sound))


def test_a_clean_sentence_is_only_moved_and_scaled() -> None:
    chances = Chances(nothing=1, gain_db=(-6, -6), rest_s=(0.2, 0.2))
    sound, begin = spoil(speech(), [], chances, random())
    assert begin == 0.2 * RATE_HZ
    assert not sound[:begin].any()
    expected = speech() * (np.abs(sound).max() / np.abs(speech()).max())
    np.testing.assert_allclose(sound[begin : begin + RATE_HZ], expected, atol=2)


def test_clipping_cuts_tops() -> None:
    chances = Chances(nothing=0, room=0, noise=0, colour=0, band=0, clipping=1)
    sound, _ = spoil(speech(), [], chances, random())
    top = np.abs(sound).max()
    assert (np.abs(sound) == top).sum() > 50


def test_the_same_seed_spoils_the_same() -> None:
    first, again = (spoil(speech(), [speech()], Chances(), random(5)) for _ in "ab")
    assert np.array_equal(first[0], again[0])
    assert first[1] == again[1]
    other, _ = spoil(speech(), [speech()], Chances(), random(6))
    assert not np.array_equal(first[0], other)


def test_a_room_rings_on_and_begins_at_once() -> None:
    click = np.zeros(2000, np.float32)
    click[0] = 1
    heard = in_room(click, random())
    assert len(heard) >= len(click) + 0.1 * RATE_HZ
    assert heard[0] == pytest.approx(1, abs=0.01)
    parts = [level_db(part) for part in np.array_split(heard[200:1400], 3)]
    assert parts == sorted(parts, reverse=True)


def test_stretching_makes_longer_and_lower() -> None:
    at = np.arange(22_050) / 22_050
    tone = (8000 * np.sin(2 * np.pi * 440 * at)).astype(np.int16)
    made = resampled(tone, 22_050, stretch=1.1)
    assert len(made) == pytest.approx(1.1 * RATE_HZ, abs=5)
    loudest_hz = np.argmax(np.abs(np.fft.rfft(made))) * RATE_HZ / len(made)
    assert loudest_hz == pytest.approx(400, abs=2)
