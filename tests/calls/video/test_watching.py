"""When a connection is interrupted, made anew and given up, on a virtual clock."""

import pytest

from calls.call import CallEvent, CallState, after
from calls.call_messages import Reason
from calls.video.watching import Facts, Finding, Patience, Watching

E = CallEvent


class Clock:
    """Looks eight times a second (exact in binary); what is found, with its time."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.heard_s: float | None = None
        self.attempt = 0
        self.has_failed = False
        self.found: list[tuple[float, Finding]] = []
        self._watching = Watching(Patience(), self.now_s)

    def go(self, seconds: float, *, hears: bool = False, moves: bool = False) -> None:
        for number in range(round(seconds * 8)):
            self.now_s += 0.125
            if hears:
                self.heard_s = self.now_s
            facts = Facts(
                self.now_s,
                self.attempt,
                self.heard_s,
                self.has_failed,
                moves and number == 0,
            )
            found = self._watching.look(facts)
            self.found += [(self.now_s - 100, one) for one in found]

    def link(self, attempt: int) -> None:
        self.attempt, self.heard_s, self.has_failed = attempt, None, False


@pytest.fixture
def clock() -> Clock:
    """Of a call that has gone on for ten seconds."""
    clock = Clock()
    clock.link(1)
    clock.go(10, hears=True)
    assert clock.found == [(0.125, E.SOUND_CAME)]
    clock.found.clear()
    return clock


def test_a_good_call_says_nothing(clock: Clock) -> None:
    clock.go(3_600, hears=True)
    assert clock.found == []


def test_a_short_hole_passes_by(clock: Clock) -> None:
    for _ in range(5):
        clock.go(1.25)
        clock.go(1, hears=True)
    assert clock.found == []


def test_who_never_comes_has_failed() -> None:
    clock = Clock()
    clock.go(5)
    clock.link(1)
    clock.go(20)
    assert clock.found[0] == (20.0, Reason.FAILED)


def test_who_cannot_come_has_failed_at_once() -> None:
    clock = Clock()
    clock.link(1)
    clock.go(1)
    clock.has_failed = True
    clock.go(0.125)
    assert clock.found == [(1.125, Reason.FAILED)]


def test_silence_is_told_then_mended_then_given_up(clock: Clock) -> None:
    clock.go(31)
    assert clock.found[:6] == [
        (11.5, E.NOTHING_COMES),
        (14.0, E.RECONNECT),
        (20.0, E.RECONNECT),
        (26.0, E.RECONNECT),
        (32.0, E.RECONNECT),
        (38.0, E.RECONNECT),
    ]
    assert clock.found[6] == (40.0, Reason.LOST)


def test_who_comes_back_over_the_old_way_is_heard_again(clock: Clock) -> None:
    clock.go(2)
    clock.go(1, hears=True)
    assert [one for _, one in clock.found] == [E.NOTHING_COMES, E.SOUND_CAME]


def test_who_comes_back_over_a_new_way_is_heard_again(clock: Clock) -> None:
    clock.go(5)
    clock.link(2)
    clock.go(1)
    clock.go(1, hears=True)
    assert [one for _, one in clock.found] == [
        E.NOTHING_COMES,
        E.RECONNECT,
        E.SOUND_CAME,
    ]


def test_a_new_way_without_an_interruption_is_told_too(clock: Clock) -> None:
    """Else a call that was being made anew would never be active again."""
    clock.link(2)
    clock.go(0.5)
    clock.go(1, hears=True)
    assert [one for _, one in clock.found] == [E.SOUND_CAME]


def test_a_connection_that_was_ended_there_is_made_anew_sooner(clock: Clock) -> None:
    clock.has_failed = True
    clock.go(2)
    assert clock.found == [(11.5, E.NOTHING_COMES), (11.5, E.RECONNECT)]


def test_a_new_connection_that_fails_is_tried_again_in_time(clock: Clock) -> None:
    clock.go(5)
    clock.link(2)
    clock.has_failed = True
    clock.go(10)
    assert [one for _, one in clock.found].count(E.RECONNECT) == 2


def test_a_lost_address_is_told_and_mended_at_once(clock: Clock) -> None:
    clock.go(0.5, moves=True)
    assert clock.found == [(10.125, E.NOTHING_COMES), (10.125, E.RECONNECT)]
    clock.link(2)
    clock.go(1, hears=True)
    assert clock.found[2:] == [(10.625, E.SOUND_CAME)]


def test_a_packet_after_the_address_went_is_a_sign_of_life(clock: Clock) -> None:
    clock.go(0.25, moves=True)
    clock.go(0.25, hears=True)
    assert [one for _, one in clock.found][2:] == [E.SOUND_CAME]


def test_every_finding_means_something_in_a_call(clock: Clock) -> None:
    state = CallState.ACTIVE
    clock.go(15)
    states = []
    for _, finding in clock.found:
        assert isinstance(finding, CallEvent)
        state = after(state, finding)
        states.append(state)
    assert states[:2] == [CallState.INTERRUPTED, CallState.RECONNECTING]
