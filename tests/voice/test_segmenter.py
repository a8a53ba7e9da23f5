"""Where speech begins and ends in a run of blocks."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.audio import HEARING_BLOCK_SAMPLES, Samples
from voice.segmenter import Segment, Segmenter


def block(number: int) -> Samples:
    return np.full(HEARING_BLOCK_SAMPLES, number, np.int16)


def run(decisions: str) -> list[Segment]:
    """Feed numbered blocks; "s" is speech, "." is not, "x" is our own voice."""
    segmenter = Segmenter()
    return [
        segmenter.skip()
        if decision == "x"
        else segmenter.add(block(number), decision == "s")
        for number, decision in enumerate(decisions)
    ]


def recognised(segments: list[Segment]) -> list[int]:
    return [int(piece[0]) for s in segments for piece in s.to_recognise]


def test_silence_gives_nothing() -> None:
    segments = run("." * 100)
    assert recognised(segments) == []
    assert not any(s.has_spoken or s.is_speaking for s in segments)
    assert segments[-1].silence_s == pytest.approx(2.0)


def test_a_knock_is_no_speech() -> None:
    segments = run("." * 30 + "ssss" + "." * 30)
    assert recognised(segments) == []
    assert not segments[-1].has_spoken
    assert segments[31].is_starting


def test_speech_comes_with_04_s_before_and_after() -> None:
    segments = run("." * 50 + "s" * 10 + "." * 50)
    assert recognised(segments) == list(range(30, 80))
    assert [s.is_speaking for s in segments].index(True) == 54
    assert sum(s.is_speaking for s in segments) == 6


def test_speech_from_the_first_block_on_is_whole() -> None:
    assert recognised(run("s" * 10 + "." * 30)) == list(range(30))


def test_a_short_pause_loses_nothing() -> None:
    assert recognised(run("s" * 10 + "." * 25 + "s" * 10)) == list(range(45))


def test_a_long_pause_is_not_recognised() -> None:
    numbers = recognised(run("s" * 10 + "." * 100 + "s" * 10))
    assert numbers == [*range(30), *range(90, 120)]


def test_times_count_from_the_first_and_the_last_speech() -> None:
    segments = run("." * 10 + "s" * 20 + "." * 30)
    assert segments[-1].spoken_s == pytest.approx(1.0)
    assert segments[-1].silence_s == pytest.approx(0.6)


def test_our_own_voice_is_never_recognised() -> None:
    numbers = recognised(run("." * 5 + "x" * 10 + "s" * 10))
    assert numbers == list(range(15, 25))


@pytest.mark.parametrize("block_s", [0.0, -0.02])
def test_a_block_has_a_length(block_s: float) -> None:
    with pytest.raises(ValueError, match="block"):
        Segmenter(block_s)


@given(st.text(alphabet="s.x", max_size=300))
def test_blocks_keep_their_order_and_come_once(decisions: str) -> None:
    segments = run(decisions)
    numbers = recognised(segments)
    assert numbers == sorted(set(numbers))
    assert not any(decisions[number] == "x" for number in numbers)
    for before, after in pairwise(segments):
        assert after.has_spoken or not before.has_spoken
