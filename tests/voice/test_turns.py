"""When a person's turn is over."""

import pytest

from voice.hearing import Expectation
from voice.segmenter import Segment
from voice.turns import EARLY_SILENCE_S, STABLE_S, Turn, Verdict

NOTHING_YET = Segment((), False, False, False, 0.0, 0.0)


def speaking(spoken_s: float) -> Segment:
    return Segment((), True, False, True, spoken_s, 0.0)


def silent(silence_s: float, spoken_s: float = 2.0) -> Segment:
    return Segment((), False, False, True, spoken_s, silence_s)


def judge(
    turn: Turn, at_s: float, segment: Segment, words: str = "", up_to_date: bool = True
) -> Verdict:
    return turn.judge(at_s, segment, words, is_up_to_date=up_to_date)


def test_nobody_speaks() -> None:
    turn = Turn(Expectation(patience_s=10.0))
    assert judge(turn, 9.98, NOTHING_YET) is Verdict.GO_ON
    assert judge(turn, 10.0, NOTHING_YET) is Verdict.SILENCE


def test_a_first_syllable_at_the_last_moment_still_counts() -> None:
    turn = Turn(Expectation(patience_s=10.0))
    starting = Segment((), False, True, False, 0.0, 10.0)
    assert judge(turn, 10.02, starting) is Verdict.GO_ON
    assert judge(turn, 10.04, speaking(0.1)) is Verdict.GO_ON
    assert judge(turn, 10.06, NOTHING_YET) is Verdict.SILENCE


@pytest.mark.parametrize("end_of_turn_s", [0.5, 1.5, 6.0])
def test_silence_after_speech_ends_the_turn(end_of_turn_s: float) -> None:
    turn = Turn(Expectation(end_of_turn_s=end_of_turn_s))
    assert judge(turn, 3.0, silent(end_of_turn_s - 0.02)) is Verdict.GO_ON
    assert judge(turn, 3.0, silent(end_of_turn_s)) is Verdict.OVER


def test_who_goes_on_in_the_last_moment_is_not_cut_off() -> None:
    turn = Turn(Expectation(end_of_turn_s=1.5))
    assert judge(turn, 3.0, Segment((), False, True, True, 2.0, 1.5)) is Verdict.GO_ON
    assert judge(turn, 3.1, speaking(2.1)) is Verdict.GO_ON


def test_a_television_does_not_hold_the_turn() -> None:
    turn = Turn(Expectation(longest_s=20.0))
    assert judge(turn, 19.9, speaking(19.9)) is Verdict.GO_ON
    assert judge(turn, 20.0, speaking(20.0)) is Verdict.OVER


def test_a_complete_answer_ends_early() -> None:
    turn = Turn(Expectation(end_of_turn_s=2.5, is_complete=lambda words: words == "ja"))
    assert judge(turn, 1.0, speaking(0.5), "ja") is Verdict.GO_ON
    assert judge(turn, 1.5, silent(EARLY_SILENCE_S - 0.02), "ja") is Verdict.GO_ON
    assert judge(turn, 1.52, silent(EARLY_SILENCE_S), "ja") is Verdict.OVER


@pytest.mark.parametrize("words", ["", "nou ja", "ja maar"])
def test_an_incomplete_answer_waits(words: str) -> None:
    turn = Turn(Expectation(end_of_turn_s=2.5, is_complete=lambda words: words == "ja"))
    judge(turn, 1.0, speaking(0.5), words)
    assert judge(turn, 3.0, silent(2.0), words) is Verdict.GO_ON


def test_empty_words_are_never_an_answer() -> None:
    turn = Turn(Expectation(end_of_turn_s=2.5, is_complete=lambda _: True))
    assert judge(turn, 3.0, silent(2.0), "") is Verdict.GO_ON


def test_words_that_still_change_wait() -> None:
    turn = Turn(Expectation(end_of_turn_s=2.5, is_complete=lambda _: True))
    judge(turn, 1.0, speaking(0.5), "ja")
    assert judge(turn, 2.0, silent(0.6), "ja hoor") is Verdict.GO_ON
    assert judge(turn, 2.0 + STABLE_S, silent(0.8), "ja hoor") is Verdict.OVER


def test_a_recogniser_that_lags_is_waited_for() -> None:
    turn = Turn(Expectation(end_of_turn_s=2.5, is_complete=lambda _: True))
    judge(turn, 1.0, speaking(0.5), "ja")
    late = judge(turn, 2.0, silent(1.0), "ja", up_to_date=False)
    assert late is Verdict.GO_ON
    assert judge(turn, 2.1, silent(1.1), "ja") is Verdict.OVER


def test_without_a_rule_nothing_ends_early() -> None:
    turn = Turn(Expectation(end_of_turn_s=2.5))
    judge(turn, 1.0, speaking(0.5), "ja")
    assert judge(turn, 3.4, silent(2.4), "ja") is Verdict.GO_ON
