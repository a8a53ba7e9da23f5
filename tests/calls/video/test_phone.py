"""What a video call tells and is told; without sound and picture."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from calls.call import CallChange, CallState
from calls.call_messages import (
    Accepted,
    CallMessage,
    Ended,
    Media,
    Offer,
    Reason,
    Ring,
    Ringing,
    RingsBy,
)
from calls.video.phone import MOST_WAITING, VideoPhone
from calls.video.watching import Patience
from calls.wire import Message, new_id
from tests.calls.video.conftest import Bench
from tests.calls.video.far_end import ANNA, PaperHub, PaperLine, until
from tests.sound.handmade import let_tasks_run

C = CallState


def ring_of(hub: PaperHub) -> Ring:
    rings = [one for one in hub.sent if isinstance(one, Ring)]
    return rings[-1]


def from_page(
    kind: type[CallMessage], ring: Ring, page: str, **more: object
) -> Message:
    return kind(new_id(), ring.call, ring.member, page, **more)


def ended(hub: PaperHub) -> list[tuple[str, Reason]]:
    return [(one.page, one.reason) for one in hub.sent if isinstance(one, Ended)]


async def begun(bench: Bench) -> Ring:
    await let_tasks_run()
    return ring_of(bench.hub)


# Calling


async def test_it_rings_all_pages_and_tells_by_what_it_rings(bench: Bench) -> None:
    call, watched = bench.call(seconds=30)
    ring = await begun(bench)
    assert (ring.member, ring.page, ring.seconds) == (ANNA.address, "", 30)
    assert call.now == CallChange(C.CALLING)
    for by, page in ((RingsBy.PUSH, ""), (RingsBy.PAGE, "page-1"), (RingsBy.PUSH, "")):
        bench.hub.hand_on(from_page(Ringing, ring, page, by=by))
    assert call.now.state is C.RINGING
    assert call.now.rings_by == {RingsBy.PUSH, RingsBy.PAGE}
    await let_tasks_run()
    assert [one.rings_by for one in watched.changes] == [
        frozenset(),
        {RingsBy.PUSH},
        {RingsBy.PUSH},
        {RingsBy.PUSH, RingsBy.PAGE},
    ]


async def test_the_first_to_accept_wins_and_the_others_are_told(bench: Bench) -> None:
    call, _ = bench.call()
    ring = await begun(bench)
    bench.hub.hand_on(from_page(Accepted, ring, "phone"))
    assert call.now.state is C.CONNECTING
    assert ended(bench.hub) == [("", Reason.ELSEWHERE)]
    bench.hub.hand_on(from_page(Accepted, ring, "laptop"))
    bench.hub.hand_on(from_page(Accepted, ring, "phone"))
    assert ended(bench.hub)[1:] == [("laptop", Reason.ELSEWHERE)]
    bench.hub.hand_on(from_page(Ended, ring, "laptop", reason=Reason.HUNG_UP))
    bench.hub.hand_on(
        from_page(Media, ring, "laptop", microphone=False, camera=True, captions=False)
    )
    assert call.now.state is C.CONNECTING
    assert call.now.has_microphone
    bench.hub.hand_on(from_page(Ended, ring, "phone", reason=Reason.HUNG_UP))
    await until(lambda: call.now.state is C.ENDED)


async def test_nobody_answers_in_time(bench: Bench) -> None:
    call, watched = bench.call(seconds=1)
    ring = await begun(bench)
    bench.hub.hand_on(from_page(Ringing, ring, "p", by=RingsBy.PAGE))
    await until(lambda: call.now.state is C.ENDED)
    assert call.now.reason is Reason.UNANSWERED
    assert ended(bench.hub) == [("", Reason.UNANSWERED)]
    assert ring in bench.hub.forgotten
    await bench.told()
    assert watched.states == [C.CALLING, C.RINGING, C.ENDED]


@pytest.mark.parametrize(
    "reason", [Reason.DECLINED, Reason.UNREACHABLE, Reason.WITHDRAWN, Reason.BUSY]
)
async def test_why_it_did_not_come_about_is_told_at_once(
    reason: Reason, bench: Bench
) -> None:
    call, _ = bench.call()
    ring = await begun(bench)
    page = "" if reason in (Reason.UNREACHABLE, Reason.WITHDRAWN) else "phone"
    bench.hub.hand_on(from_page(Ended, ring, page, reason=reason))
    assert call.now == CallChange(C.ENDED, reason)
    assert ended(bench.hub) == []


async def test_without_a_hub_it_says_so() -> None:
    bench = Bench(patience=Patience(offline_s=0.2))
    await bench.phone.open()
    bench.hub.is_connected = False
    call, _ = bench.call()
    await until(lambda: call.now.state is C.ENDED)
    assert call.now.reason is Reason.OFFLINE
    assert not bench.hub.sent
    await bench.close()


async def test_a_hub_that_is_just_coming_back_is_waited_for(bench: Bench) -> None:
    bench.hub.is_connected = False
    bench.call()
    await let_tasks_run()
    assert not bench.hub.sent
    bench.hub.stand(is_connected=True)
    await begun(bench)


async def test_a_hub_that_started_anew_is_told_again_who_rings(bench: Bench) -> None:
    call, _ = bench.call()
    first = await begun(bench)
    bench.hub.stand(is_connected=False)
    assert call.now.state is C.CALLING
    bench.hub.stand(is_connected=True)
    again = ring_of(bench.hub)
    assert again.id != first.id
    assert replace(again, id=first.id) == first
    bench.hub.hand_on(from_page(Accepted, first, "phone"))
    await let_tasks_run()
    bench.hub.stand(is_connected=True)
    assert ring_of(bench.hub) is again


async def test_a_hub_that_takes_nothing_more_ends_no_call(bench: Bench) -> None:
    call, _ = bench.call()
    ring = await begun(bench)

    bench.hub.is_full = True
    bench.hub.hand_on(from_page(Accepted, ring, "phone"))
    assert call.now.state is C.CONNECTING
    await call.end(Reason.HUNG_UP)
    assert call.now.reason is Reason.HUNG_UP


async def test_hanging_up_while_it_rings_tells_all_pages_once(bench: Bench) -> None:
    call, _ = bench.call()
    ring = await begun(bench)
    await call.end(Reason.HUNG_UP)
    await call.end(Reason.DECLINED)
    assert ended(bench.hub) == [("", Reason.HUNG_UP)]
    assert call.now.reason is Reason.HUNG_UP
    assert ring in bench.hub.forgotten
    changes = [change async for change in call.changes()]
    assert [one.state for one in changes] == [C.ENDED]


async def test_messages_of_another_member_are_none_of_this_call(bench: Bench) -> None:
    call, _ = bench.call()
    ring = await begun(bench)
    other = replace(ring, member="piet-1")
    bench.hub.hand_on(from_page(Accepted, other, "phone"))
    bench.hub.hand_on(from_page(Ended, other, "", reason=Reason.DECLINED))
    assert call.now.state is C.CALLING


# Being called


async def test_it_rings_here_when_somebody_takes_notice(bench: Bench) -> None:
    far = bench.far_end()
    far.ring(name="Anna")
    assert not bench.hub.sent
    call = await anext(bench.phone.incoming())
    assert [type(one) for one in bench.hub.sent] == [Ringing]
    assert call.caller.address == ANNA.address
    assert repr(call.caller) == "Caller()"
    await call.end(Reason.DECLINED)
    assert ended(bench.hub) == [(far.page, Reason.DECLINED)]


async def test_who_calls_and_gives_up_is_known(bench: Bench) -> None:
    far = bench.far_end()
    far.ring()
    call = await anext(bench.phone.incoming())
    far.hang_up()
    assert call.now == CallChange(C.ENDED, Reason.HUNG_UP)
    await call.accept(camera=True)
    assert not bench.hub.all_sent(Accepted)


async def test_a_call_that_nobody_takes_rings_out(bench: Bench) -> None:
    far = bench.far_end()
    far.ring(seconds=1)
    await until(lambda: ended(bench.hub) == [(far.page, Reason.UNANSWERED)])


async def test_the_same_ring_twice_is_one_call(bench: Bench) -> None:
    far = bench.far_end()
    first = far.ring()
    far.tell(Ring(new_id(), first, ANNA.address, far.page, "Anna", 30))
    calls = bench.phone.incoming()
    call = await anext(calls)
    await call.accept(camera=False)
    await call.accept(camera=False)
    assert len(bench.hub.all_sent(Accepted)) == 1
    await call.end(Reason.HUNG_UP)
    far.tell(Ring(new_id(), first, ANNA.address, far.page, "Anna", 30))
    assert ended(bench.hub)[-1] == (far.page, Reason.HUNG_UP)


async def test_a_second_caller_hears_that_it_is_busy_and_is_told_later(
    bench: Bench,
) -> None:
    bench.call()
    await begun(bench)
    other = Ring(new_id(), new_id(), "piet-1", "page-9", "Piet", 30)
    bench.hub.hand_on(other)
    assert ended(bench.hub) == [("page-9", Reason.BUSY)]
    missed = await anext(bench.phone.incoming())
    assert missed.caller.name == "Piet"
    assert missed.now == CallChange(C.ENDED, Reason.BUSY)
    await missed.end(Reason.BUSY)
    assert not bench.hub.all_sent(Ringing)
    for number in range(3 * MOST_WAITING):
        bench.hub.hand_on(replace(other, id=new_id(), call=f"call-{number}"))
    assert len(ended(bench.hub)) == 1 + 3 * MOST_WAITING


# Each rings the other


def ring_of_anna(call: str = "theirs") -> Ring:
    return Ring(new_id(), call, ANNA.address, "page-1", "Anna", 30)


async def rings_here(bench: Bench) -> bool:
    coming = asyncio.ensure_future(anext(bench.phone.incoming()))
    await let_tasks_run()
    rings = coming.done()
    coming.cancel()
    await asyncio.gather(coming, return_exceptions=True)
    return rings


async def test_who_rings_us_while_we_ring_them_is_connected(bench: Bench) -> None:
    """Our ring wins: the page answers it, and takes its own back."""
    call, _ = bench.call()
    ours = await begun(bench)
    bench.hub.hand_on(ring_of_anna())
    assert call.now == CallChange(C.CALLING) and ended(bench.hub) == []
    theirs = replace(ours, call="theirs")
    bench.hub.hand_on(from_page(Ended, theirs, "page-1", reason=Reason.HUNG_UP))
    bench.hub.hand_on(from_page(Accepted, ours, "page-1"))
    assert call.now.state is C.CONNECTING
    await call.end(Reason.HUNG_UP)
    await let_tasks_run()
    assert ended(bench.hub) == [("", Reason.ELSEWHERE), ("page-1", Reason.HUNG_UP)]
    assert not await rings_here(bench)


async def test_their_call_rings_here_once_ours_was_given_up(bench: Bench) -> None:
    call, _ = bench.call()
    await begun(bench)
    bench.hub.hand_on(ring_of_anna())
    await call.end(Reason.HUNG_UP)
    async with asyncio.timeout(30):
        theirs = await anext(bench.phone.incoming())
    assert theirs.caller.address == ANNA.address
    assert theirs.now == CallChange(C.RINGING)
    await theirs.end(Reason.DECLINED)
    assert ended(bench.hub)[-1] == ("page-1", Reason.DECLINED)


async def test_a_call_of_another_page_ends_where_ours_was_answered(
    bench: Bench,
) -> None:
    call, _ = bench.call()
    ours = await begun(bench)
    bench.hub.hand_on(ring_of_anna())
    bench.hub.hand_on(from_page(Accepted, ours, "page-2"))
    await call.end(Reason.HUNG_UP)
    await until(lambda: ("page-1", Reason.ELSEWHERE) in ended(bench.hub))
    assert not await rings_here(bench)


async def test_what_rings_here_gives_way_to_our_own_call_to_the_same(
    bench: Bench,
) -> None:
    bench.hub.hand_on(ring_of_anna())
    theirs = await anext(bench.phone.incoming())
    call, _ = bench.call()
    assert theirs.now == CallChange(C.ENDED, Reason.ELSEWHERE)
    ours = await begun(bench)
    assert call.now == CallChange(C.CALLING) and ended(bench.hub) == []
    bench.hub.hand_on(from_page(Accepted, ours, "page-1"))
    assert call.now.state is C.CONNECTING
    await call.end(Reason.HUNG_UP)


async def test_only_one_call_at_a_time_is_made(bench: Bench) -> None:
    bench.call()
    second, _ = bench.call()
    assert second.now == CallChange(C.ENDED, Reason.BUSY)
    await second.end(Reason.HUNG_UP)


async def test_a_page_of_a_call_that_is_gone_is_told(bench: Bench) -> None:
    offer = Offer(new_id(), "call-before", ANNA.address, "page-1", 2, "v=0")
    bench.hub.hand_on(offer)
    assert ended(bench.hub) == [("page-1", Reason.LOST)]
    call, _ = bench.call()
    ring = await begun(bench)
    await call.end(Reason.UNANSWERED)
    await let_tasks_run()
    bench.hub.hand_on(from_page(Accepted, ring, "phone"))
    assert ended(bench.hub)[-1] == ("phone", Reason.UNANSWERED)


# What hangs


class HangingLine(PaperLine):
    """Its sound card does not let go."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator["PaperLine"]:
        self.is_open = True
        try:
            yield self
        finally:
            try:
                await asyncio.sleep(3)
            finally:
                self.is_open = False


async def test_hanging_up_takes_less_than_a_second_whatever_hangs() -> None:
    line = HangingLine()
    bench = Bench(line=line)
    await bench.phone.open()
    call, _ = bench.call()
    ring = await begun(bench)
    bench.hub.hand_on(from_page(Accepted, ring, "phone"))
    await until(lambda: line.is_open)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    await call.end(Reason.HUNG_UP)
    # Promised: 1 s; its line takes three.
    assert loop.time() - began_s < 2.0
    assert call.now.state is C.ENDED
    assert ended(bench.hub)[-1] == ("phone", Reason.HUNG_UP)
    # And the next one can be called meanwhile.
    second, _ = bench.call()
    await let_tasks_run()
    assert second.now.state is C.CALLING
    await bench.close()
    assert not line.is_open


async def test_a_line_that_breaks_ends_the_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench()
    bench.line.breaks = True
    await bench.phone.open()
    call, _ = bench.call()
    ring = await begun(bench)
    bench.hub.hand_on(from_page(Accepted, ring, "phone"))
    await until(lambda: call.now.state is C.ENDED)
    assert call.now.reason is Reason.FAILED
    assert "a call broke" in caplog.text
    await bench.close()


async def test_closing_the_phone_hangs_up_and_may_be_repeated(bench: Bench) -> None:
    call, _ = bench.call()
    await begun(bench)
    await bench.phone.close()
    await bench.phone.close()
    assert call.now == CallChange(C.ENDED, Reason.HUNG_UP)
    bench.far_end().ring()
    assert not bench.hub.all_sent(Ringing)


def test_a_phone_is_a_phone() -> None:
    hub, line = PaperHub(), PaperLine()
    phone = VideoPhone(hub, line.open, camera=None, show=lambda picture: None)
    assert not phone.has_camera
