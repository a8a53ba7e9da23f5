"""What devices and pages are told of each other: what was agreed, at each change."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calls.hub.signalling import signalling
from calls.messages import (
    Acknowledged,
    Agree,
    Alarm,
    AlarmOver,
    Gone,
    Household,
    Invite,
    Members,
    Role,
    UsedToday,
    Withdraw,
)
from calls.wire import Message, new_id
from tests.calls.hub.callers import Device, Page, device_of, page_of
from tests.calls.hub.peers import browser, running_hub
from tests.calls.hub.test_calling import family, restart


def agree(member: str, presence: bool = True, use: bool = True) -> Agree:
    return Agree(new_id(), member, Role.CLOSE_FAMILY, presence, use)


async def household(page: Page, is_it: Callable[[Household], bool]) -> Household:
    """The next time that a page is told this."""
    while not is_it(found := await page.inbox.get(Household)):
        pass
    return found


def today(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).astimezone().date().isoformat()


async def test_without_agreement_nothing_of_the_device_is_told(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home("Mevrouw Test")
        async with family(place, home) as (anna, member), device_of(home) as device:
            use = UsedToday(new_id(), today(place.time.now))
            assert await device.client.deliver(use)
            async with page_of(anna) as page:
                told = await page.inbox.get(Household)
                assert told == Household(
                    member, "Mevrouw Test", Role.FAMILY, None, None, ()
                )


async def test_what_is_agreed_is_told_at_once_and_no_longer_when_it_is_not(
    tmp_path: Path,
) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with (
            family(place, home) as (anna, member),
            device_of(home) as device,
            page_of(anna) as page,
        ):
            await page.inbox.get(Household)
            assert await device.client.deliver(agree(member))
            told = await page.inbox.get(Household)
            assert (told.online, told.used_today) == (True, None)
            assert told.role is Role.CLOSE_FAMILY
            use = UsedToday(new_id(), today(place.time.now))
            assert await device.client.deliver(use)
            assert (await page.inbox.get(Household)).used_today is True
            assert await device.client.deliver(agree(member, False, False))
            told = await page.inbox.get(Household)
            assert (told.online, told.used_today) == (None, None)
            (as_told,) = (await newest(device)).members
            assert not as_told.sees_presence


async def newest(device: Device) -> Members:
    """Of what came so far."""
    return [each for each in device.inbox.all if isinstance(each, Members)][-1]


@pytest.mark.parametrize(
    ("days", "is_used"), [(-1, False), (1, True), (2, False), (3_650, False)]
)
async def test_a_device_whose_clock_is_wrong_is_not_used_for_years(
    tmp_path: Path, days: int, is_used: bool
) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with family(place, home) as (anna, member), device_of(home) as device:
            await device.client.deliver(agree(member))
            theirs = today(place.time.now + days * 86_400)
            await device.client.deliver(UsedToday(new_id(), theirs))
            async with page_of(anna) as page:
                assert (await page.inbox.get(Household)).used_today is is_used


async def test_yesterday_is_not_today(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with family(place, home) as (anna, member), device_of(home) as device:
            await device.client.deliver(agree(member))
            use = UsedToday(new_id(), today(place.time.now))
            await device.client.deliver(use)
            place.time.pass_(86_400)
            async with page_of(anna) as page:
                assert (await page.inbox.get(Household)).used_today is False


async def test_a_device_that_comes_and_goes_is_told(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with family(place, home) as (anna, member):
            async with device_of(home) as device:
                await device.client.deliver(agree(member))
            # A moment away is not away.
            async with page_of(anna) as page:
                assert (await page.inbox.get(Household)).online is True
            await restart(place)
            async with page_of(anna) as page:
                assert (await page.inbox.get(Household)).online is False
                async with device_of(home):
                    assert (await page.inbox.get(Household)).online is True


async def test_an_invitation_is_made_for_the_device_and_mailed(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home("Mevrouw Test")
        async with device_of(home) as device:
            member = new_id()
            invite = Invite(
                new_id(), member, "Anna", Role.FAMILY, "anna@example.org", "nl"
            )
            invited = await device.client.request(invite)
            assert invited.member == member
            assert (await place.letterbox.next()).to == "anna@example.org"
            async with browser(place) as anna:
                await anna.join(invited.url.partition("#")[2])
                async with page_of(anna) as page:
                    assert (await page.inbox.get(Household)).member == member
            while not (
                (told := (await device.inbox.get(Members)).members)
                and told[0].has_joined
            ):
                pass


async def test_an_alarm_goes_all_the_way_and_back(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home("Mevrouw Test")
        member, token = await home.invite("Anna", email="anna@example.org")
        other = await place.home("Meneer Ander")
        async with (
            browser(place) as anna,
            family(place, other) as (stranger, _),
            device_of(home) as device,
        ):
            await anna.join(token)
            await stranger.log_in()
            async with page_of(anna) as page:
                key = new_id()
                alarm = Alarm(
                    new_id(), key, "missed_check_in", place.time.now, (member,)
                )
                assert await device.client.deliver(alarm)
                await household(page, lambda it: it.alarms == (key,))
                # Nobody can be pushed, so the mail goes out at once.
                assert "Mevrouw Test" in (await place.letterbox.next()).subject
                path = f"/api/alarms/{key}/acknowledge"
                refused = await stranger.ask("POST", path)
                assert (refused.status, refused.error) == (404, "no_alarm")
                for _ in range(2):
                    assert (await anna.ask("POST", path)).status == 204
                await household(page, lambda it: it.alarms == ())
                took = await device.inbox.get(Acknowledged)
                assert (took.alarm, took.member) == (key, member)
                assert await device.client.deliver(AlarmOver(new_id(), key))


async def test_a_device_that_was_away_hears_who_took_care(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with family(place, home) as (anna, member):
            key = new_id()
            async with device_of(home) as device:
                alarm = Alarm(
                    new_id(), key, "missed_check_in", place.time.now, (member,)
                )
                assert await device.client.deliver(alarm)
            path = f"/api/alarms/{key}/acknowledge"
            assert (await anna.ask("POST", path)).status == 204
            await restart(place)
            async with device_of(home) as device:
                assert (await device.inbox.get(Acknowledged)).alarm == key


async def test_what_a_device_may_not_ask_changes_nothing(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home, other = await place.home(), await place.home("Meneer Ander")
        async with (
            family(place, home) as (anna, member),
            device_of(other) as stranger,
            page_of(anna) as page,
        ):
            await page.inbox.get(Household)
            asked: list[Message] = [
                agree(member),
                Withdraw(new_id(), member),
                Invite(new_id(), member, "Anna", Role.FAMILY, "", "nl"),
                Alarm(new_id(), new_id(), "missed_check_in", 0.0, (member,)),
            ]
            for message in asked:
                # Acked: to ask again would be of no use.
                assert await stranger.client.deliver(message)
            await asyncio.sleep(0.2)
            assert page.inbox.count(Gone) == 0 and page.inbox.count(Household) == 1


async def test_who_logs_out_has_no_page_open_any_more(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with family(place, home) as (anna, _):
            opened = Page(anna, new_id(), True)
            socket = await opened.connect()
            assert (await anna.ask("DELETE", "/api/session")).status == 204
            async with asyncio.timeout(30):
                while not (await socket.receive()).type.name.startswith("CLOS"):
                    pass
            await socket.close()


@pytest.mark.parametrize("origin", ["https://evil.example.org", None])
async def test_another_sites_page_gets_no_socket(
    tmp_path: Path, origin: str | None
) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with family(place, home) as (anna, _):
            anna.origin = origin
            answer = await anna.ask("GET", "/api/page")
            assert (answer.status, answer.error) == (403, "origin")
