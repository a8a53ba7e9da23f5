"""When push, mail and text go out, and what rings (pure)."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as some

from calls.call_messages import Ended, Reason, Ring, RingsBy
from calls.hub.ringing import (
    MOST_CALLS,
    REMEMBER_S,
    Progress,
    Reach,
    Rings,
    next_way,
    ring_seconds,
    said_again,
)

EVERYTHING = Reach(pages=True, push=True, mail=True, text=True)
CLOSED = Reach(pages=False, push=True, mail=True, text=True)


def ring(call: str = "c", member: str = "m", seconds: int = 30) -> Ring:
    return Ring("i", call, member, "", "Mevrouw Test", seconds)


def story(
    reach: Reach, seconds: float = 30.0, shown: tuple[float, ...] = ()
) -> list[tuple[float, RingsBy]]:
    """All that goes out for one call, with a page that shows it at these times."""
    progress = Progress(0.0, seconds)
    out: list[tuple[float, RingsBy]] = []
    for tenth in range(int(seconds * 10) + 50):
        now_s = tenth / 10
        if now_s in shown:
            progress = progress.after(RingsBy.PAGE, now_s)
        while (step := next_way(progress, reach)) is not None and step[1] <= now_s:
            out.append((now_s, step[0]))
            progress = progress.after(step[0], now_s)
    return out


def times(way: RingsBy, out: list[tuple[float, RingsBy]]) -> list[float]:
    return [at for at, each in out if each is way]


def test_a_closed_page_is_pushed_at_once_and_every_four_seconds() -> None:
    out = story(CLOSED)
    assert times(RingsBy.PUSH, out) == [0.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0, 28.0]
    assert times(RingsBy.MAIL, out) == [12.0]
    assert times(RingsBy.TEXT, out) == [12.0]


def test_an_open_page_has_a_second_to_show_it() -> None:
    assert story(EVERYTHING)[0] == (1.0, RingsBy.PUSH)
    assert times(RingsBy.MAIL, story(EVERYTHING)) == [13.0]


def test_a_page_that_shows_it_in_another_room_is_not_waited_for_long() -> None:
    out = story(EVERYTHING, shown=(0.3,))
    assert out[0] == (5.0, RingsBy.PUSH)
    assert times(RingsBy.MAIL, out) == [17.0]


def test_a_page_that_opens_because_of_a_push_ends_the_pushing() -> None:
    out = story(CLOSED, shown=(5.0,))
    assert out == [(0.0, RingsBy.PUSH), (4.0, RingsBy.PUSH)]


def test_without_push_the_mail_goes_out_at_once() -> None:
    only_mail = Reach(pages=False, push=False, mail=True, text=False)
    assert story(only_mail) == [(0.0, RingsBy.MAIL)]
    with_page = Reach(pages=True, push=False, mail=True, text=False)
    assert story(with_page) == [(13.0, RingsBy.MAIL)]


def test_a_short_ring_sends_nothing_after_its_end() -> None:
    assert times(RingsBy.MAIL, story(CLOSED, seconds=10)) == []


@given(
    reach=some.builds(Reach, *[some.booleans()] * 4),
    seconds=some.integers(5, 120),
    shown=some.lists(some.integers(0, 200).map(lambda each: each / 10), max_size=4),
)
def test_whatever_happens_the_plan_keeps_its_promises(
    reach: Reach, seconds: int, shown: list[float]
) -> None:
    out = story(reach, float(seconds), tuple(shown))
    pushes = times(RingsBy.PUSH, out)
    assert all(at < seconds for at, _ in out)
    assert all(b - a >= 3.99 for a, b in itertools.pairwise(pushes))
    assert len(times(RingsBy.MAIL, out)) <= 1 and len(times(RingsBy.TEXT, out)) <= 1
    assert reach.push or not pushes
    assert reach.mail or not times(RingsBy.MAIL, out)
    if reach.push and not shown:
        assert pushes and pushes[0] <= 1.0
    if reach.push and reach.mail and not shown and seconds > 16:
        (mail,) = times(RingsBy.MAIL, out)
        assert 10 <= mail - pushes[0] <= 15


@pytest.mark.parametrize(("asked", "given"), [(-1, 5), (45, 45), (10**9, 120)])
def test_how_long_it_rings_is_bounded(asked: int, given: int) -> None:
    assert ring_seconds(asked) == given


# -- what rings -------------------------------------------------------------------


def test_the_same_call_again_is_the_one_that_rings() -> None:
    rings = Rings()
    first = rings.begin(ring(), "h", "a", 0.0)
    assert rings.begin(ring(), "h", "a", 5.0) is first
    assert rings.begin(ring(), "other", "a", 5.0) is not first


def test_a_call_of_another_household_with_the_same_id_is_another_one() -> None:
    rings = Rings()
    rings.begin(ring(), "h", "a", 0.0)
    assert rings.end("other", "c", Reason.DECLINED, 1.0) is None
    found = rings.find("h", "c")
    assert found is not None and found.rings


def test_it_rings_out_and_is_forgotten_after_a_while() -> None:
    rings = Rings()
    rung = rings.begin(ring(seconds=30), "h", "a", 0.0)
    assert rings.of_account("a", 29.9) == [rung] and rung.rings
    assert rings.of_account("a", 30.1) == [rung] and not rung.rings
    assert rung.ended is Reason.UNANSWERED
    assert rings.of_account("a", 36 + REMEMBER_S) == [] and len(rings) == 0


def test_a_page_that_comes_back_is_told_what_became_of_it() -> None:
    rings = Rings()
    rung = rings.begin(ring(), "h", "a", 0.0)
    assert said_again(rung, "n") == Ring("n", "c", "m", "", "Mevrouw Test", 30)
    assert rings.end("h", "c", None, 3.0) is rung
    assert rings.end("h", "c", None, 4.0) is None
    assert said_again(rung, "n") == Ended("n", "c", "m", "", Reason.ELSEWHERE)
    rings.end("h", "c", Reason.HUNG_UP, 9.0)
    assert said_again(rung, "n") == Ended("n", "c", "m", "", Reason.HUNG_UP)


def test_there_is_an_end_to_what_is_remembered() -> None:
    rings = Rings()
    for number in range(MOST_CALLS + 50):
        rings.begin(ring(f"c{number}"), "h", "a", 0.0)
    assert len(rings) == MOST_CALLS
    assert rings.find("h", "c0") is None
