"""The light says what the device does, and hurts nobody's eyes or brain."""

import itertools

import pytest

from hardware.lights import PATTERNS, Colour, colour_at, is_moving
from hardware.panel import Light

STEP_S = 0.01
WATCHED_S = 12.0


def course(light: Light) -> list[Colour]:
    """What an eye sees in twelve seconds."""
    return [colour_at(light, i * STEP_S) for i in range(int(WATCHED_S / STEP_S))]


def luminance(colour: Colour) -> float:
    """Relative luminance of lamps driven with linear current (WCAG 2.2)."""
    return 0.2126 * colour.red + 0.7152 * colour.green + 0.0722 * colour.blue


def count_peaks(values: list[float]) -> int:
    """Count rises of at least a tenth of full light that fall again."""
    peaks, low, high, is_rising = 0, values[0], values[0], False
    for value in values:
        low, high = min(low, value), max(high, value)
        if not is_rising and value - low >= 0.1:
            is_rising, high = True, value
        elif is_rising and high - value >= 0.1:
            peaks, is_rising, low = peaks + 1, False, value
    return peaks


def test_every_light_has_a_pattern() -> None:
    assert set(PATTERNS) == set(Light)


@pytest.mark.parametrize("light", Light)
def test_fewer_than_three_flashes_a_second(light: Light) -> None:
    seen = [luminance(colour) for colour in course(light)]
    second = int(1.0 / STEP_S)
    for start in range(len(seen) - second):
        assert count_peaks(seen[start : start + second]) < 3


def test_the_count_of_flashes_sees_a_flicker() -> None:
    flicker = [float(i // 5 % 2) for i in range(100)]  # 10 flashes a second
    assert count_peaks(flicker) == 9


@pytest.mark.parametrize("light", Light)
def test_lamps_stay_within_their_range(light: Light) -> None:
    for colour in course(light):
        assert all(0.0 <= v <= 1.0 for v in (colour.red, colour.green, colour.blue))


@pytest.mark.parametrize("light", Light)
def test_the_light_moves_exactly_when_it_says_so(light: Light) -> None:
    assert (len(set(course(light))) > 1) is is_moving(light)


@pytest.mark.parametrize("light", Light)
def test_the_light_never_jumps(light: Light) -> None:
    for before, after in itertools.pairwise(course(light)):
        assert abs(luminance(after) - luminance(before)) < 0.06


def test_a_listening_light_is_bright_at_once_and_never_dark() -> None:
    seen = course(Light.LISTENING)
    assert seen[0] == Colour(1.0, 1.0, 1.0)
    assert min(luminance(colour) for colour in seen) > 0.25


def test_ready_is_dim_white() -> None:
    colour = colour_at(Light.READY, 0.0)
    assert colour.red == colour.green == colour.blue
    assert 0.0 < luminance(colour) < 0.1


def test_speaking_is_warm_and_steady() -> None:
    colour = colour_at(Light.SPEAKING, 3.0)
    assert colour.red > colour.green > colour.blue > 0.0


def test_a_chime_comes_up_from_the_dark() -> None:
    assert luminance(colour_at(Light.ATTENTION, 0.0)) == pytest.approx(0.0)
    assert luminance(colour_at(Light.ATTENTION, 1.25)) > 0.4


def test_ringing_is_green_and_microphone_off_is_red() -> None:
    ringing, off = colour_at(Light.RINGING, 0.0), colour_at(Light.MICROPHONE_OFF, 0.0)
    assert (ringing.red, ringing.blue) == (0.0, 0.0) and ringing.green > 0.9
    assert (off.green, off.blue) == (0.0, 0.0) and off.red > 0.5


def test_fault_is_slow_amber_that_never_goes_out() -> None:
    seen = course(Light.FAULT)
    assert count_peaks([luminance(c) for c in seen]) <= WATCHED_S / 4 + 1
    assert all(c.red > c.green > 0.0 and c.blue == 0.0 for c in seen)


def test_off_is_dark() -> None:
    assert set(course(Light.OFF)) == {Colour(0.0, 0.0, 0.0)}
