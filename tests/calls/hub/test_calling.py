"""Calls through a real hub, between real connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from calls.call_messages import (
    Accepted,
    Answer,
    Candidate,
    Ended,
    Media,
    Offer,
    Reason,
    Reconnect,
    Ring,
    Ringing,
    RingsBy,
)
from calls.hub.enrolment import remove_device
from calls.hub.ringing import Pace
from calls.hub.signalling import signalling
from calls.hub_client import HubStanding, TurnedAway
from calls.messages import Gone, Household, IceServers, Members, Withdraw
from calls.wire import new_id
from tests.calls.hub.callers import Device, Page, device_of, page_of
from tests.calls.hub.peers import Browser, Home, Place, browser, running_hub


@asynccontextmanager
async def family(place: Place, home: Home) -> AsyncIterator[tuple[Browser, str]]:
    """Anna, who has joined; her browser and her member id."""
    member, token = await home.invite()
    async with browser(place) as anna:
        await anna.join(token)
        yield anna, member


def ring(member: str, page: str = "", seconds: int = 30) -> Ring:
    return Ring(new_id(), new_id(), member, page, "", seconds)


def ended(of: Ring, page: str, reason: Reason) -> Ended:
    return Ended(new_id(), of.call, of.member, page, reason)


async def test_a_call_goes_out_is_answered_and_ends(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home("Mevrouw Test")
        async with (
            family(place, home) as (anna, member),
            device_of(home) as device,
            page_of(anna) as page,
        ):
            calling = ring(member)
            assert await device.client.deliver(calling)
            rings = await page.inbox.get(Ring)
            assert (rings.call, rings.member) == (calling.call, member)
            assert (rings.name, rings.seconds) == ("Mevrouw Test", 30)
            await talk(device, page, calling.call, member)
            assert await device.client.deliver(
                Ended(new_id(), calling.call, member, page.id, Reason.HUNG_UP)
            )
            assert (await page.inbox.get(Ended)).reason is Reason.HUNG_UP


async def talk(device: Device, page: Page, call: str, member: str) -> None:
    """From the ring to the connection; each waits for what comes."""
    about = (call, member, page.id)
    assert await page.link.deliver(Ringing(new_id(), *about, RingsBy.PAGE))
    assert (await device.inbox.get(Ringing)).by is RingsBy.PAGE
    assert await page.link.deliver(Accepted(new_id(), *about))
    assert (await device.inbox.get(Accepted)).page == page.id
    page.link.send(Offer(new_id(), *about, 1, "v=0 offer"))
    page.link.send(Candidate(new_id(), *about, 1, "candidate:1", "0"))
    assert (await device.inbox.get(Offer)).sdp == "v=0 offer"
    assert (await device.inbox.get(Candidate)).candidate == "candidate:1"
    assert await device.client.deliver(Answer(new_id(), *about, 1, "v=0 answer"))
    assert (await page.inbox.get(Answer)).sdp == "v=0 answer"
    assert await device.client.deliver(Media(new_id(), *about, True, False, True))
    assert (await page.inbox.get(Media)).captions


async def test_a_call_comes_in(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with (
            family(place, home) as (anna, member),
            device_of(home) as device,
            page_of(anna) as page,
        ):
            calling = ring(member, page.id, seconds=10_000)
            assert await page.link.deliver(calling)
            came = await device.inbox.get(Ring)
            assert (came.name, came.seconds, came.page) == ("Anna", 120, page.id)
            device.client.send(ended(came, page.id, Reason.QUIET))
            assert (await page.inbox.get(Ended)).reason is Reason.QUIET


async def test_two_pages_ring_and_one_answers(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with (
            family(place, home) as (anna, member),
            device_of(home) as device,
            page_of(anna) as phone,
            page_of(anna) as laptop,
        ):
            calling = ring(member)
            device.client.send(calling)
            for page in (phone, laptop):
                assert (await page.inbox.get(Ring)).call == calling.call
            assert await phone.link.deliver(
                Accepted(new_id(), calling.call, member, phone.id)
            )
            assert (await device.inbox.get(Accepted)).page == phone.id
            assert await device.client.deliver(ended(calling, "", Reason.ELSEWHERE))
            for page in (phone, laptop):
                gone = await page.inbox.get(Ended)
                assert (gone.reason, gone.page) == (Reason.ELSEWHERE, "")


async def test_one_page_declines_and_the_other_stops_ringing(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with (
            family(place, home) as (anna, member),
            device_of(home) as device,
            page_of(anna) as phone,
            page_of(anna) as laptop,
        ):
            device.client.send(ring(member))
            calling = await phone.inbox.get(Ring)
            await laptop.inbox.get(Ring)
            phone.link.send(ended(calling, phone.id, Reason.DECLINED))
            assert (await device.inbox.get(Ended)).reason is Reason.DECLINED
            assert (await laptop.inbox.get(Ended)).reason is Reason.ELSEWHERE


async def test_a_page_that_opens_while_it_rings_rings_too(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with family(place, home) as (anna, member), device_of(home) as device:
            async with page_of(anna) as first:
                calling = ring(member)
                device.client.send(calling)
                await first.inbox.get(Ring)
                async with page_of(anna) as late:
                    assert (await late.inbox.get(Ring)).call == calling.call
                assert await device.client.deliver(
                    ended(calling, "", Reason.UNANSWERED)
                )
            async with page_of(anna) as too_late:
                # It may have been asleep while it rang, and ring still.
                gone = await too_late.inbox.get(Ended)
                assert (gone.call, gone.reason) == (calling.call, Reason.UNANSWERED)
                assert too_late.inbox.count(Ring) == 0


async def test_who_has_nothing_that_rings_is_not_reached(tmp_path: Path) -> None:
    groups = [signalling(pace=Pace(pages_back_s=0.0))]
    async with running_hub(tmp_path, groups=groups) as place:
        home = await place.home()
        not_joined, _ = await home.invite("Piet")
        async with family(place, home) as (_, member), device_of(home) as device:
            for each in (member, not_joined):
                calling = ring(each)
                device.client.send(calling)
                gone = await device.inbox.get(Ended)
                assert (gone.call, gone.reason) == (calling.call, Reason.UNREACHABLE)


async def test_a_device_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    groups = [signalling(pace=Pace(devices_back_s=0.0))]
    async with running_hub(tmp_path, groups=groups) as place:
        home = await place.home()
        async with family(place, home) as (anna, member), page_of(anna) as page:
            calling = ring(member, page.id)
            assert await page.link.deliver(calling)
            gone = await page.inbox.get(Ended)
            assert (gone.call, gone.reason) == (calling.call, Reason.OFFLINE)


async def test_a_device_that_is_about_to_come_back_gets_the_call(
    tmp_path: Path,
) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with family(place, home) as (anna, member), page_of(anna) as page:
            calling = ring(member, page.id)
            page.link.send(calling)
            async with device_of(home) as device:
                assert (await device.inbox.get(Ring)).call == calling.call
            assert page.inbox.count(Ended) == 0


async def test_who_is_withdrawn_while_it_rings_rings_no_longer(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with (
            family(place, home) as (anna, member),
            device_of(home) as device,
            page_of(anna) as page,
        ):
            await page.inbox.get(Household)
            calling = ring(member)
            device.client.send(calling)
            await page.inbox.get(Ring)
            assert await device.client.deliver(Withdraw(new_id(), member))
            assert (await page.inbox.get(Ended)).reason is Reason.WITHDRAWN
            assert (await page.inbox.get(Gone)).member == member
            # From this moment on neither way.
            page.link.send(Accepted(new_id(), calling.call, member, page.id))
            assert (await page.inbox.get(Ended)).reason is Reason.WITHDRAWN
            device.client.send(ring(member))
            assert (await device.inbox.get(Ended)).reason is Reason.WITHDRAWN
            assert device.inbox.count(Accepted) == 0


async def test_nobody_calls_into_another_household(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home, other = await place.home(), await place.home("Meneer Ander")
        async with (
            family(place, home) as (_, member),
            family(place, other) as (piet, _),
            device_of(home) as device,
            device_of(other) as other_device,
            page_of(piet) as stranger,
        ):
            # As a page: as a member of another household.
            stranger.link.send(ring(member, stranger.id))
            assert (await stranger.inbox.get(Ended)).reason is Reason.WITHDRAWN
            # As a device: to a member of another household.
            other_device.client.send(ring(member))
            assert (await other_device.inbox.get(Ended)).reason is Reason.WITHDRAWN
            assert device.inbox.count(Ring) == 0


@pytest.mark.parametrize("tells_page", [True, False])
async def test_the_hub_starts_anew_during_a_call(
    tmp_path: Path, tells_page: bool
) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with (
            family(place, home) as (anna, member),
            device_of(home) as device,
            page_of(anna, tells_page=tells_page) as page,
        ):
            calling = ring(member)
            device.client.send(calling)
            await page.inbox.get(Ring)
            await talk(device, page, calling.call, member)
            about = (calling.call, member, page.id)
            await restart(place)
            async with asyncio.TaskGroup() as tasks:
                theirs = tasks.create_task(
                    page.link.deliver(Media(new_id(), *about, False, False, False))
                )
                ours = tasks.create_task(
                    device.client.deliver(Reconnect(new_id(), *about, 2))
                )
            assert theirs.result() and ours.result()
            assert (await page.inbox.get(Reconnect)).attempt == 2
            # That of before the restart did say True.
            assert not (await device.inbox.get(Media)).microphone
            assert page.inbox.count(Ended) == device.inbox.count(Ended) == 0


async def restart(place: Place) -> None:
    """Let the hub end and begin, at the same port."""
    port = place.hub.state.port
    await place.hub.close()
    place.hub._settings = type(place.hub._settings)(port=port)
    await place.hub.open()


async def test_the_hub_starts_anew_while_it_rings(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with (
            family(place, home) as (anna, member),
            device_of(home) as device,
            page_of(anna) as page,
        ):
            calling = ring(member)
            device.client.send(calling)
            await page.inbox.get(Ring)
            await restart(place)
            # A device that still rings says so again, when it is connected again.
            again = Ring(new_id(), calling.call, member, "", "", 30)
            assert await device.client.deliver(again)
            assert (await page.inbox.get(Ring)).call == calling.call
            async with page_of(anna) as late:
                assert (await late.inbox.get(Ring)).call == calling.call


async def test_a_message_is_acked_when_the_other_end_has_it(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with (
            family(place, home) as (anna, member),
            device_of(home) as device,
            page_of(anna) as page,
        ):
            page.acks = False
            about = (new_id(), member, page.id)
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(
                    device.client.deliver(Answer(new_id(), *about, 1, "v=0"))
                )
                done, _ = await asyncio.wait([sending], timeout=1.5)
                assert not done
                page.acks = True
                assert await sending
            assert page.inbox.count(Answer) == 1


async def test_a_second_connection_of_a_device_takes_the_place(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with family(place, home) as (anna, member), page_of(anna) as page:
            async with device_of(home), device_of(home) as second:
                page.link.send(ring(member, page.id))
                await second.inbox.get(Ring)


async def test_a_device_is_told_who_follows_it_and_what_to_use(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with family(place, home) as (anna, _), device_of(home) as device:
            assert (await device.inbox.get(IceServers)).servers == ()
            (anna_as_told,) = (await device.inbox.get(Members)).members
            assert (anna_as_told.name, anna_as_told.has_joined) == ("Anna", True)
            assert not anna_as_told.can_ring
            async with page_of(anna):
                (anna_as_told,) = (await device.inbox.get(Members)).members
                assert anna_as_told.can_ring
            (anna_as_told,) = (await device.inbox.get(Members)).members
            assert not anna_as_told.can_ring
            assert device.client.members == (anna_as_told,)


QUICK = Pace(caller_back_s=0.2, removed_every_s=0.2)


async def test_a_caller_who_is_gone_is_not_answered(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling(pace=QUICK)]) as place:
        home = await place.home()
        async with family(place, home) as (anna, member), device_of(home) as device:
            async with page_of(anna) as page:
                calling = ring(member, page.id)
                assert await page.link.deliver(calling)
            gone = await device.inbox.get(Ended)
            assert (gone.call, gone.reason) == (calling.call, Reason.HUNG_UP)


async def test_a_caller_who_loads_the_page_anew_waits_on(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling(pace=QUICK)]) as place:
        home = await place.home()
        async with family(place, home) as (anna, member), device_of(home) as device:
            async with page_of(anna) as before:
                calling = ring(member, before.id)
                assert await before.link.deliver(calling)
            async with page_of(anna, before.id) as again:
                await asyncio.sleep(0.5)
                device.client.send(Accepted(new_id(), calling.call, member, again.id))
                await again.inbox.get(Accepted)
            # A call that goes on is none of the hub's business.
            await asyncio.sleep(0.5)
            assert device.inbox.count(Ended) == 0


async def test_a_device_that_is_removed_is_let_go(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling(pace=QUICK)]) as place:
        home = await place.home()
        async with device_of(home) as device:
            standings: asyncio.Queue[HubStanding] = asyncio.Queue()
            device.client.on_standing(standings.put_nowait)
            assert await remove_device(
                place.hub.state.store, home.device, place.time.now
            )
            async with asyncio.timeout(30):
                assert await standings.get() == TurnedAway("removed")
