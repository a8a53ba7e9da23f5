"""The states of a call."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as some

from calls.call import TRANSITIONS, Caller, CallEvent, CallState, after

C, E = CallState, CallEvent


def test_every_state_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(CallState)


def test_every_call_that_has_not_ended_can_be_ended() -> None:
    for state in CallState:
        assert after(state, E.END) is C.ENDED


def test_what_has_ended_stays_so() -> None:
    assert all(after(C.ENDED, event) is C.ENDED for event in CallEvent)


def test_sound_comes_only_after_an_answer() -> None:
    for state, event in product((C.CALLING, C.RINGING), CallEvent):
        assert after(state, event) not in {C.ACTIVE, C.INTERRUPTED, C.RECONNECTING}


def test_a_whole_call_with_a_broken_connection() -> None:
    state = C.CALLING
    for event in (
        E.RINGS, E.ACCEPTED, E.SOUND_CAME, E.NOTHING_COMES, E.RECONNECT, E.SOUND_CAME,
    ):  # fmt: skip
        state = after(state, event)
    assert state is C.ACTIVE


@given(some.lists(some.sampled_from(CallEvent)))
def test_late_and_doubled_events_never_ring_again_after_an_answer(
    events: list[CallEvent],
) -> None:
    state = after(C.RINGING, E.ACCEPTED)
    for event in events:
        state = after(state, event)
        assert state not in {C.CALLING, C.RINGING}


def test_who_is_called_stays_out_of_logs() -> None:
    assert repr(Caller("+31201234567", "Anja")) == "Caller()"
