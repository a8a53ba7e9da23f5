"""When a person's turn is over."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.audio import BLOCK_S
from voice.hearing import Expectation, Standing
from voice.segmenter import Segment
from voice.turns import PAUSE_S, STABLE_S, Turn, Verdict

NOTHING_YET = Segment((), False, False, False, 0.0, 0.0)


def speaking(spoken_s: float, pause_s: float = 0.0) -> Segment:
    return Segment((), True, False, True, spoken_s, 0.0, pause_s)


def silent(silence_s: float, spoken_s: float = 2.0) -> Segment:
    return Segment((), False, False, True, spoken_s, silence_s)


def judge(
    turn: Turn,
    at_s: float,
    segment: Segment,
    words: str | None = "",
    up_to_date: bool = True,
) -> Verdict:
    return turn.judge(at_s, segment, words, is_up_to_date=up_to_date)


def standing(words: str) -> Standing:
    """By the first letter: "w..." is whole, "f..." final, "u..." unfinished."""
    return {
        "w": Standing.WHOLE,
        "f": Standing.FINAL,
        "u": Standing.UNFINISHED,
    }.get(words[:1], Standing.UNKNOWN)


def expecting(
    end_of_turn_s: float = 1.5,
    hold_s: float = 3.0,
    whole_s: float = 0.4,
    final_s: float = 0.25,
) -> Expectation:
    return Expectation(
        end_of_turn_s=end_of_turn_s,
        hold_s=hold_s,
        whole_s=whole_s,
        final_s=final_s,
        standing=standing,
    )


def silence_until_over(turn: Turn, words: str | None) -> float:
    """Seconds of silence after some speech, with the same words, until it is over."""
    judge(turn, 1.0, speaking(1.0), words)
    for block in range(1, 1000):
        silence_s = block * BLOCK_S
        if judge(turn, 1.0 + silence_s, silent(silence_s), words) is Verdict.OVER:
            return silence_s
    raise AssertionError("the turn never ends")


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
def test_without_knowledge_silence_ends_the_turn(end_of_turn_s: float) -> None:
    turn = Turn(Expectation(end_of_turn_s=end_of_turn_s))
    assert silence_until_over(turn, "ja") == pytest.approx(end_of_turn_s)


@pytest.mark.parametrize(
    ("words", "silence_s"),
    [
        ("final", 0.26),
        ("whole", 0.40),
        ("other", 1.50),
        ("unfinished", 3.00),
        # Speech that is no word: the answer is still to come.
        ("", 3.00),
        # An engine that does not stream knows nothing yet.
        (None, 1.50),
    ],
)
def test_the_words_so_far_decide_how_long_to_wait(
    words: str | None, silence_s: float
) -> None:
    assert silence_until_over(Turn(expecting()), words) == pytest.approx(silence_s)


def test_words_at_the_end_count_not_those_before() -> None:
    turn = Turn(expecting())
    judge(turn, 1.0, speaking(0.5), "final")
    assert judge(turn, 3.0, silent(2.0), "unfinished") is Verdict.GO_ON
    turn = Turn(expecting())
    judge(turn, 1.0, speaking(0.5), "unfinished")
    judge(turn, 1.2, silent(0.2), "final")
    assert judge(turn, 1.4, silent(0.4), "final") is Verdict.OVER


def test_a_slow_persons_wait_counts_for_what_is_unfinished_too() -> None:
    turn = Turn(expecting(end_of_turn_s=5.0))
    assert silence_until_over(turn, "unfinished") == pytest.approx(5.0)


def test_who_goes_on_in_the_last_moment_is_not_cut_off() -> None:
    turn = Turn(Expectation(end_of_turn_s=1.5))
    assert judge(turn, 3.0, Segment((), False, True, True, 2.0, 1.5)) is Verdict.GO_ON
    assert judge(turn, 3.1, speaking(2.1)) is Verdict.GO_ON


def test_a_television_does_not_hold_the_turn() -> None:
    turn = Turn(Expectation(longest_s=20.0))
    assert judge(turn, 19.9, speaking(19.9)) is Verdict.GO_ON
    assert not turn.is_endless
    assert judge(turn, 20.0, speaking(20.0)) is Verdict.OVER
    assert turn.is_endless


def test_words_that_still_change_wait() -> None:
    turn = Turn(expecting())
    judge(turn, 1.0, speaking(0.5), "final")
    assert judge(turn, 2.0, silent(0.6), "final too") is Verdict.GO_ON
    assert judge(turn, 2.0 + STABLE_S, silent(0.8), "final too") is Verdict.OVER


def test_a_recogniser_that_lags_is_waited_for() -> None:
    turn = Turn(expecting())
    judge(turn, 1.0, speaking(0.5), "final")
    late = judge(turn, 2.0, silent(1.0), "final", up_to_date=False)
    assert late is Verdict.GO_ON
    assert judge(turn, 2.1, silent(1.1), "final") is Verdict.OVER


def test_a_recogniser_that_hangs_does_not_hold_the_turn() -> None:
    turn = Turn(expecting())
    judge(turn, 1.0, speaking(0.5), "final")
    late = judge(turn, 2.5, silent(1.5), "final", up_to_date=False)
    assert late is Verdict.OVER


@pytest.mark.parametrize(
    ("text", "is_confirmed"),
    [
        ("final", True),
        ("whole", True),
        ("", False),
        ("unfinished", False),
        ("x", False),
    ],
)
def test_an_early_end_is_borne_out_by_the_final_words(
    text: str, is_confirmed: bool
) -> None:
    turn = Turn(expecting())
    assert silence_until_over(turn, "final") < 0.3
    assert turn.is_early
    assert turn.confirm(text) is is_confirmed
    # Once doubted, it ends at the usual time.
    expected_s = 0.26 if is_confirmed else 1.5
    assert silence_until_over(turn, "final") == pytest.approx(expected_s)
    assert turn.is_early is is_confirmed


def test_pauses_are_measured_and_short_silences_are_none() -> None:
    turn = Turn(expecting())
    for pause_s in (0.0, 0.8, PAUSE_S - 0.02, PAUSE_S, 0.0):
        judge(turn, 1.0, speaking(1.0, pause_s), "u")
    assert turn.pauses_s == (0.8, PAUSE_S)


# ---- Whatever happens, in whatever order

steps = st.lists(
    st.tuples(
        st.sampled_from(["speech", "syllable", "silence"]),
        st.integers(min_value=1, max_value=200),
        st.sampled_from(["", "w", "f", "u", "x", None]),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)
waits = st.floats(min_value=0.1, max_value=6.0)


@given(steps, waits, waits, waits, waits)
def test_nobody_is_cut_off_while_speaking_or_sooner_than_the_shortest_wait(
    story: list[tuple[str, int, str | None, bool]],
    end_of_turn_s: float,
    hold_s: float,
    whole_s: float,
    final_s: float,
) -> None:
    expected = expecting(end_of_turn_s, hold_s, whole_s, final_s)
    turn = Turn(expected)
    at_s = spoken_s = silence_s = 0.0
    has_spoken = False
    for what, blocks, words, is_up_to_date in story:
        for _ in range(blocks):
            at_s += BLOCK_S
            has_spoken = has_spoken or what == "speech"
            silence_s = 0.0 if what == "speech" else silence_s + BLOCK_S
            spoken_s += BLOCK_S * has_spoken
            segment = Segment(
                (),
                what == "speech",
                what == "syllable",
                has_spoken,
                spoken_s,
                silence_s,
            )
            verdict = turn.judge(at_s, segment, words, is_up_to_date=is_up_to_date)
            if verdict is Verdict.GO_ON:
                longest_s = max(end_of_turn_s, hold_s)
                assert what != "silence" or not has_spoken or silence_s < longest_s
                continue
            if verdict is Verdict.SILENCE:
                assert not has_spoken and at_s >= expected.patience_s
                return
            assert has_spoken
            if spoken_s < expected.longest_s:
                assert what == "silence"
                assert silence_s >= min(end_of_turn_s, whole_s, final_s)
                if words is None or words in ("", "u", "x"):
                    assert silence_s >= end_of_turn_s
                if words in ("", "u"):
                    assert silence_s >= max(end_of_turn_s, hold_s)
            return


def test_the_waits_are_in_order() -> None:
    usual = Expectation()
    in_order = (usual.final_s, usual.whole_s, usual.end_of_turn_s, usual.hold_s)
    assert all(shorter < longer for shorter, longer in pairwise(in_order))
    # Sooner, words so far may still change.
    assert usual.final_s > STABLE_S
