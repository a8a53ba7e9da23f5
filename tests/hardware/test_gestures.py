"""A press, a tremor, a bounce and a jammed button are told apart."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.gestures import (
    BOUNCE_S,
    RELEASE_S,
    REPEAT_S,
    STUCK_S,
    SWITCH_SETTLES_S,
    Gestures,
    MicrophoneSwitch,
)
from hardware.panel import Button, ButtonStuck, MicrophoneSwitched, Pressed

# Any rhythm of a hand or a bad contact: lengths of closed and open, in turn.
RHYTHMS = st.lists(st.floats(0.0005, 3.0), min_size=1, max_size=60)


def presses_of(
    gestures: Gestures, rhythm: list[float], start_s: float = 100.0
) -> tuple[list[Pressed], float]:
    """Close and open TALK in turn; returns the presses and the end's time."""
    now_s = start_s
    presses = []
    for is_closing, length_s in zip(itertools.cycle((True, False)), rhythm):
        if is_closing:
            pressed = gestures.down(Button.TALK, now_s)
            if pressed is not None:
                presses.append(pressed)
        else:
            gestures.up(Button.TALK, now_s)
        now_s += length_s
    if len(rhythm) % 2 == 1:
        gestures.up(Button.TALK, now_s)
    return presses, now_s


def test_a_press_acts_on_the_very_edge() -> None:
    assert Gestures().down(Button.TALK, 5.0) == Pressed(Button.TALK, 5.0)


def test_a_repeat_within_the_tremor_is_ignored() -> None:
    presses, _ = presses_of(Gestures(), [0.1, 0.2, 0.1, 0.2, 0.05])
    assert [press.at_s for press in presses] == [100.0]


def test_holding_means_nothing_and_letting_go_trembling_is_no_press() -> None:
    presses, _ = presses_of(Gestures(), [5.0, 0.1, 0.1])
    assert [press.at_s for press in presses] == [100.0]


def test_a_trembling_hand_cannot_silence_itself() -> None:
    # Five times a second for ten seconds: heard again every 0.8 s.
    presses, _ = presses_of(Gestures(), [0.1] * 100)
    gaps = [b.at_s - a.at_s for a, b in itertools.pairwise(presses)]
    assert gaps == pytest.approx([0.8] * 12)


def test_two_buttons_do_not_wait_for_each_other() -> None:
    gestures = Gestures()
    assert gestures.down(Button.TALK, 1.0) is not None
    assert gestures.down(Button.FAMILY, 1.01) is not None


def test_an_edge_that_was_lost_makes_no_press_and_loses_none() -> None:
    gestures = Gestures()
    gestures.down(Button.TALK, 1.0)
    assert gestures.down(Button.TALK, 3.0) is None
    gestures.up(Button.TALK, 3.1)
    gestures.up(Button.TALK, 3.2)
    assert gestures.down(Button.TALK, 4.0) == Pressed(Button.TALK, 4.0)


@given(RHYTHMS)
def test_presses_are_never_closer_than_the_tremor(rhythm: list[float]) -> None:
    presses, _ = presses_of(Gestures(), rhythm)
    for earlier, later in itertools.pairwise(presses):
        assert later.at_s - earlier.at_s >= REPEAT_S


@given(RHYTHMS, st.floats(0.0, 5.0))
def test_whatever_went_before_a_press_after_the_tremor_is_heard(
    rhythm: list[float], later_s: float
) -> None:
    gestures = Gestures()
    _, end_s = presses_of(gestures, rhythm)
    at_s = end_s + REPEAT_S + later_s
    assert gestures.down(Button.TALK, at_s) == Pressed(Button.TALK, at_s)


@given(st.lists(st.floats(BOUNCE_S * 1.1, 0.3), min_size=40, max_size=200))
def test_a_hand_that_keeps_trembling_is_heard_again_and_again(
    rhythm: list[float],
) -> None:
    presses, end_s = presses_of(Gestures(), rhythm)
    times = [press.at_s for press in presses] + [end_s]
    # A refused press comes again within two of the longest times, 0.6 s.
    longest_s = max(REPEAT_S, 0.3 + RELEASE_S) + 0.6
    assert all(b - a <= longest_s + 1e-6 for a, b in itertools.pairwise(times))


@given(st.lists(st.floats(0.0005, BOUNCE_S * 0.9), min_size=2, max_size=80))
def test_a_bouncing_contact_is_one_press(rhythm: list[float]) -> None:
    presses, _ = presses_of(Gestures(), rhythm)
    assert len(presses) == 1


def test_a_jammed_button_is_reported_once_and_never_repeats() -> None:
    gestures = Gestures()
    gestures.down(Button.LINE, 10.0)
    assert gestures.next_due_s() == 10.0 + STUCK_S
    assert gestures.due(10.0 + STUCK_S - 0.1) == []
    assert gestures.due(10.0 + STUCK_S) == [ButtonStuck(Button.LINE, True)]
    assert gestures.next_due_s() is None
    assert gestures.due(10_000.0) == []


def test_a_jammed_button_that_comes_free_says_so_and_works_again() -> None:
    gestures = Gestures()
    gestures.down(Button.LINE, 0.0)
    gestures.due(STUCK_S)
    gestures.up(Button.LINE, 100.0)
    assert gestures.due(100.0 + BOUNCE_S / 2) == []
    assert gestures.due(100.0 + BOUNCE_S) == [ButtonStuck(Button.LINE, False)]
    assert gestures.down(Button.LINE, 101.0) == Pressed(Button.LINE, 101.0)


def test_a_jammed_contact_that_chatters_stays_jammed() -> None:
    gestures = Gestures()
    gestures.down(Button.LINE, 0.0)
    gestures.due(STUCK_S)
    gestures.up(Button.LINE, 100.0)
    assert gestures.down(Button.LINE, 100.005) is None
    assert gestures.due(101.0) == []


def test_a_button_found_down_is_no_press_but_may_be_jammed() -> None:
    gestures = Gestures()
    gestures.found_down(Button.TALK, 50.0)
    assert gestures.down(Button.TALK, 51.0) is None
    assert gestures.due(50.0 + STUCK_S) == [ButtonStuck(Button.TALK, True)]


@given(RHYTHMS)
def test_asking_what_is_due_gives_each_change_once(rhythm: list[float]) -> None:
    gestures = Gestures(stuck_s=0.5)
    now_s, reports = 0.0, []
    for is_closing, length_s in zip(itertools.cycle((True, False)), rhythm):
        if is_closing:
            gestures.down(Button.TALK, now_s)
        else:
            gestures.up(Button.TALK, now_s)
        now_s += length_s
        reports += gestures.due(now_s)
    assert all(a.is_stuck is not b.is_stuck for a, b in itertools.pairwise(reports))


def test_the_microphone_switch_is_off_at_once() -> None:
    switch = MicrophoneSwitch(is_on=True)
    assert switch.moved(False, 1.0) == MicrophoneSwitched(is_on=False)
    assert not switch.is_on
    assert switch.moved(False, 1.001) is None


def test_the_microphone_switch_is_on_after_a_rest() -> None:
    switch = MicrophoneSwitch(is_on=False)
    assert switch.moved(True, 1.0) is None
    assert switch.due(1.0 + SWITCH_SETTLES_S / 2) is None
    assert not switch.is_on
    assert switch.next_due_s() == 1.0 + SWITCH_SETTLES_S
    assert switch.due(1.0 + SWITCH_SETTLES_S) == MicrophoneSwitched(is_on=True)
    assert switch.is_on
    assert switch.next_due_s() is None


@given(st.lists(st.floats(0.0005, SWITCH_SETTLES_S * 0.9), max_size=40))
def test_a_chattering_switch_that_ends_off_never_opens_the_microphone(
    rhythm: list[float],
) -> None:
    switch = MicrophoneSwitch(is_on=False)
    now_s = 0.0
    for is_on, length_s in zip(itertools.cycle((True, False)), rhythm):
        assert switch.moved(is_on, now_s) is None
        now_s += length_s
        assert switch.due(now_s) is None
    switch.moved(False, now_s)
    assert switch.due(now_s + 10.0) is None
    assert not switch.is_on
