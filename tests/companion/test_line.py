"""A call is followed to its end, whatever the phone does."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from calls.call import CallChange, Caller, CallEvent, CallState
from calls.call_messages import Reason, RingsBy
from companion.buttons import Press
from companion.keys import CallKeys
from companion.line import Line
from companion.topics.one_call import News
from tests.stories.paper_phone import PaperCall

ANNA = Caller("member-1", "Anna")


def nothing() -> None:
    """Nobody looks."""


async def test_leaving_a_call_hangs_up() -> None:
    call = PaperCall(ANNA)
    with pytest.raises(RuntimeError, match="broken"):
        async with Line(call, nothing) as line:
            call.rings()
            raise RuntimeError("a topic is broken")
    assert call.now.reason is Reason.HUNG_UP
    assert line.ended.result() is Reason.HUNG_UP


async def test_a_cancelled_conversation_hangs_up() -> None:
    call = PaperCall(ANNA)

    async def converse() -> None:
        async with Line(call, nothing):
            await asyncio.Event().wait()

    talking = asyncio.ensure_future(converse())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    talking.cancel()
    await asyncio.gather(talking, return_exceptions=True)
    assert talking.cancelled()
    assert call.now.reason is Reason.HUNG_UP


async def test_milestones_that_pass_quickly_are_not_missed() -> None:
    call = PaperCall(ANNA)
    looked: list[CallState] = []
    line = Line(call, lambda: looked.append(line.now.state))
    async with line:
        call.rings(RingsBy.PUSH)
        call.happen(CallEvent.ACCEPTED)
        call.happen(CallEvent.SOUND_CAME)
        call.over(Reason.BUSY)
        assert await line.ended is Reason.BUSY
        assert line.answered.done() and line.active.done()
    assert looked[-1] is CallState.ENDED
    # The first reason counts.
    await line.end(Reason.HUNG_UP)
    assert line.ended.result() is Reason.BUSY


async def test_a_call_that_is_over_before_it_is_followed() -> None:
    call = PaperCall(ANNA)
    call.over(Reason.OFFLINE)
    async with Line(call, nothing) as line:
        assert line.ended.result() is Reason.OFFLINE
        assert not line.answered.done()


class BrokenCall(PaperCall):
    """Raises in each thing that may go wrong."""

    async def changes(self) -> AsyncIterator[CallChange]:
        yield self.now
        raise OSError("no news")

    async def accept(self, *, camera: bool) -> None:
        raise OSError("no answer")

    async def show_camera(self, is_shown: bool) -> None:
        raise OSError("no picture")

    async def end(self, reason: Reason) -> None:
        raise OSError("no end")


async def test_a_phone_that_breaks_is_a_call_that_is_lost(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        async with Line(BrokenCall(ANNA), nothing) as line:
            assert await line.ended is Reason.LOST
            await line.show_camera()
    assert "followed" in caplog.text
    assert "Anna" not in caplog.text and "member-1" not in caplog.text


async def test_an_answer_that_fails_ends_the_call() -> None:
    async with Line(BrokenCall(ANNA), nothing) as line:
        await line.accept(camera=True)
        assert line.ended.result() is Reason.FAILED


async def test_the_end_of_the_news_is_the_end_of_the_call() -> None:
    class SilentCall(PaperCall):
        async def changes(self) -> AsyncIterator[CallChange]:
            yield self.now

    async with Line(SilentCall(ANNA), nothing) as line:
        assert await line.ended is Reason.LOST


# -- what is said of it ---------------------------------------------------------------


def test_news_is_told_once_until_it_is_news_again() -> None:
    news = News()
    fine = CallChange(CallState.ACTIVE)
    deaf = CallChange(CallState.ACTIVE, has_microphone=False)
    broken = CallChange(CallState.INTERRUPTED)
    assert news.next(fine, microphone_is_on=True) is None
    assert news.next(broken, microphone_is_on=True) == "calling.interrupted"
    assert news.next(fine, microphone_is_on=True) is None
    # It may come and go all the time: shown, and not said again.
    assert news.next(broken, microphone_is_on=True) is None
    for _ in range(2):
        assert news.next(deaf, microphone_is_on=True) == "calling.their_microphone"
        assert news.next(deaf, microphone_is_on=True) is None
        assert news.next(fine, microphone_is_on=False) == "calling.microphone_off"
        assert news.next(fine, microphone_is_on=False) is None
        assert news.next(fine, microphone_is_on=True) is None


def test_a_dark_television_is_told_once_in_a_call() -> None:
    news = News()
    fine = CallChange(CallState.ACTIVE)
    told = [news.next(fine, True, is_dark) for is_dark in (False, True, True)]
    assert told == [None, "calling.television", None]
    assert [news.next(fine, True, is_dark) for is_dark in (False, True)] == [None] * 2


def test_two_things_at_once_are_told_one_after_the_other() -> None:
    news = News()
    both = CallChange(CallState.RECONNECTING, has_microphone=False)
    told = [news.next(both, microphone_is_on=False) for _ in range(4)]
    assert told == [
        "calling.microphone_off",
        "calling.interrupted",
        "calling.their_microphone",
        None,
    ]


async def test_a_press_waits_until_it_was_acted_upon() -> None:
    keys = CallKeys()
    assert keys.take() is None
    assert keys.press(Press.HANG_UP)
    # A second one is not for the call: it is stuck, and is cut off.
    assert not keys.press(Press.HANG_UP)
    assert keys.take() is Press.HANG_UP
    assert keys.press(Press.BE_SEEN)
