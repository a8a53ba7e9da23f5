"""A call rings where nobody has the page open: push, mail and text through the hub."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web

from calls.call_messages import Accepted, Ended, Reason, Ring, Ringing, RingsBy
from calls.hub.ringing import Pace
from calls.hub.settings import HubSettings
from calls.hub.signalling import signalling
from calls.hub.tables import push
from calls.hub.texting import phone_number
from calls.messages import Members
from calls.wire import new_id
from tests.calls.hub.callers import Device, device_of, page_of
from tests.calls.hub.peers import Browser, Place, browser, running_hub
from tests.calls.hub.push_service import PushService, push_service

# A tenth of the times of a real call, of which the plan itself is tested.
QUICK = Pace(
    shown_within_s=0.1,
    others_after_s=0.5,
    push_every_s=0.4,
    mail_after_s=1.2,
    pages_back_s=0.0,
)


@dataclass
class Evening:
    """A hub, a push service, a device; Anna follows it, her page is closed."""

    place: Place
    service: PushService
    device: Device
    anna: Browser
    account: str
    member: str

    async def subscribe(self, path: str = "/push/1") -> None:
        """As the page does; straight into the table, for it is no https."""
        given = self.service.subscription(path)
        async with self.place.hub.state.store.writing() as connection:
            await connection.execute(
                sa.insert(push).values(
                    endpoint=given.endpoint,
                    account=self.account,
                    p256dh=given.p256dh,
                    auth=given.auth,
                    created_at=self.place.time.now,
                )
            )

    async def subscriptions(self) -> int:
        """How many there are."""
        async with self.place.hub.state.store.reading() as connection:
            rows = await connection.execute(sa.select(push.c.endpoint))
            return len(rows.all())

    def ring(self) -> Ring:
        """Begin a call."""
        calling = Ring(new_id(), new_id(), self.member, "", "", 20)
        self.device.client.send(calling)
        return calling

    async def ways(self, count: int) -> list[RingsBy]:
        """By what it rings, as the device is told."""
        return [(await self.device.inbox.get(Ringing)).by for _ in range(count)]


@asynccontextmanager
async def evening(
    folder: Path, email: str = "anna@example.org", settings: HubSettings | None = None
) -> AsyncIterator[Evening]:
    async with push_service() as service:
        groups = [signalling([service.origin], QUICK)]
        async with running_hub(folder, settings, groups=groups) as place:
            home = await place.home("Mevrouw Test")
            member, token = await home.invite("Anna", email=email)
            async with browser(place) as anna, device_of(home) as device:
                await anna.join(token)
                async with place.hub.state.store.reading() as connection:
                    account = await connection.scalar(
                        sa.text("SELECT account FROM member WHERE id = :id"),
                        {"id": member},
                    )
                yield Evening(place, service, device, anna, account, member)


async def test_push_again_and_again_then_mail_and_silence_after_the_end(
    tmp_path: Path,
) -> None:
    async with evening(tmp_path) as it:
        await it.subscribe()
        calling = it.ring()
        assert await it.ways(2) == [RingsBy.PUSH, RingsBy.MAIL]
        ended = Ended(new_id(), calling.call, it.member, "", Reason.UNANSWERED)
        assert await it.device.client.deliver(ended)
        async with asyncio.timeout(30):
            while it.service.news[-1]["kind"] != "ended":
                it.service.changed.clear()
                await it.service.changed.wait()
        rings = [each for each in it.service.news if each["kind"] == "ring"]
        assert len(rings) >= 3 and len(it.service.news) == len(rings) + 1
        assert rings[0] == {
            "kind": "ring",
            "call": calling.call,
            "member": it.member,
            "name": "Mevrouw Test",
            "language": "nl",
        }
        assert it.service.news[-1]["reason"] == "unanswered"
        topics = {each["Topic"] for each in it.service.headers}
        assert len(topics) == 1
        (mail,) = it.place.letterbox.mails
        assert mail.to == "anna@example.org" and "Mevrouw Test" in mail.subject


async def test_a_page_opened_by_the_push_answers_and_nothing_goes_out_any_more(
    tmp_path: Path,
) -> None:
    async with evening(tmp_path) as it:
        await it.subscribe()
        it.ring()
        await it.ways(1)
        async with page_of(it.anna) as page:
            came = await page.inbox.get(Ring)
            about = (came.call, it.member, page.id)
            page.link.send(Ringing(new_id(), *about, RingsBy.PAGE))
            assert await page.link.deliver(Accepted(new_id(), *about))
            # The notification must not ring on.
            async with asyncio.timeout(30):
                while it.service.news[-1]["kind"] != "ended":
                    it.service.changed.clear()
                    await it.service.changed.wait()
            assert it.service.news[-1]["reason"] == "elsewhere"
            count = len(it.service.news)
            await asyncio.sleep(1.5)
            assert len(it.service.news) == count and not it.place.letterbox.mails


async def test_a_browser_that_is_gone_is_forgotten_and_mail_goes_at_once(
    tmp_path: Path,
) -> None:
    async with evening(tmp_path) as it:
        await it.subscribe()
        it.service.status = 410
        it.ring()
        assert await it.ways(1) == [RingsBy.MAIL]
        assert await it.subscriptions() == 0
        assert len(it.service.news) == 1


async def test_where_all_ways_fail_the_device_is_told(tmp_path: Path) -> None:
    async with evening(tmp_path, email="") as it:
        await it.subscribe()
        it.service.status = 503
        calling = it.ring()
        ended = await it.device.inbox.get(Ended)
        assert (ended.call, ended.reason) == (calling.call, Reason.UNREACHABLE)
        assert it.device.inbox.count(Ringing) == 0
        assert await it.subscriptions() == 1


async def test_all_browsers_of_somebody_ring(tmp_path: Path) -> None:
    async with evening(tmp_path) as it:
        for browser_number in range(3):
            await it.subscribe(f"/push/{browser_number}")
        it.ring()
        await it.service.wait(3)
        assert await it.ways(1) == [RingsBy.PUSH]


async def test_a_second_call_within_a_minute_sends_no_second_mail(
    tmp_path: Path,
) -> None:
    async with evening(tmp_path) as it:
        for _ in range(2):
            calling = it.ring()
            assert await it.ways(1) == [RingsBy.MAIL]
            ended = Ended(new_id(), calling.call, it.member, "", Reason.UNANSWERED)
            assert await it.device.client.deliver(ended)
        assert len(it.place.letterbox.mails) == 1


@asynccontextmanager
async def text_service(asked: list[tuple[str, Any]]) -> AsyncIterator[str]:
    async def take(request: web.Request) -> web.Response:
        asked.append((request.headers["Authorization"], await request.json()))
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/texts", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/texts"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def texting(folder: Path, asked: list[tuple[str, Any]]) -> AsyncIterator[Evening]:
    """A hub that has text messages sent."""
    secret = folder / "secret"
    secret.write_text("geheim\n")
    async with text_service(asked) as url:
        settings = HubSettings(port=0, text_url=url, text_secret_file=str(secret))
        async with evening(folder, email="", settings=settings) as it:
            yield it


async def test_a_text_message_goes_where_family_wants_it(tmp_path: Path) -> None:
    asked: list[tuple[str, Any]] = []
    async with texting(tmp_path, asked) as it:
        kept = await it.anna.ask("PUT", "/api/phone", {"phone": "06 - 1234 5678"})
        assert (kept.status, kept.body) == (200, {"phone": "+31612345678"})
        it.ring()
        assert await it.ways(1) == [RingsBy.TEXT]
        ((authorization, told),) = asked
        assert authorization == "Bearer geheim"
        assert len(told.pop("id")) == 40
        url = it.place.hub.url
        assert told == {
            "phone": "+31612345678",
            "text": f"Mevrouw Test belt u nu met beeld. Neem op: {url}",
            "language": "nl",
            "kind": "ring",
            "name": "Mevrouw Test",
            "url": url,
        }


async def test_a_number_is_kept_shown_and_forgotten(tmp_path: Path) -> None:
    asked: list[tuple[str, Any]] = []
    async with texting(tmp_path, asked) as it:
        me = await it.anna.log_in()
        assert (me["phone"], me["can_text"]) == ("", True)
        members = await it.device.inbox.get(Members)
        await it.anna.ask("PUT", "/api/phone", {"phone": "+32 470 12 34 56"})
        assert (await it.anna.log_in())["phone"] == "+32470123456"
        # The device knows that something of theirs can ring now.
        while not members.members[0].can_ring:
            members = await it.device.inbox.get(Members)
        assert (await it.anna.ask("DELETE", "/api/phone")).status == 204
        while members.members[0].can_ring:
            members = await it.device.inbox.get(Members)
        assert (await it.anna.log_in())["phone"] == ""
        it.ring()
        assert (await it.device.inbox.get(Ended)).reason is Reason.UNREACHABLE
    assert asked == []


async def test_what_is_no_number_is_refused(tmp_path: Path) -> None:
    asked: list[tuple[str, Any]] = []
    async with texting(tmp_path, asked) as it:
        for written in ("112", "anna", "06", "+0612345678", "0" * 30, "\u0661" * 10):
            answer = await it.anna.ask("PUT", "/api/phone", {"phone": written})
            assert (answer.status, answer.error) == (400, "phone"), written


async def test_a_hub_without_text_messages_takes_no_numbers(tmp_path: Path) -> None:
    async with evening(tmp_path) as it:
        assert (await it.anna.log_in())["can_text"] is False
        answer = await it.anna.ask("PUT", "/api/phone", {"phone": "0612345678"})
        assert (answer.status, answer.error) == (409, "no_texts")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0612345678", "+31612345678"),
        ("06-12 34 56 78", "+31612345678"),
        ("+31 (0)6 12345678", "+31612345678"),
        ("0031 6 1234.5678", "+31612345678"),
        ("+44 7911/123456", "+447911123456"),
    ],
)
def test_numbers_are_taken_as_people_write_them(written: str, meant: str) -> None:
    assert phone_number(written) == meant


async def test_push_is_switched_on_and_off_by_the_page(tmp_path: Path) -> None:
    async with evening(tmp_path, email="") as it:
        (before,) = (await it.device.inbox.get(Members)).members
        given = it.service.subscription()
        body = {
            "endpoint": "https://push.example.org/1",
            "keys": {"p256dh": given.p256dh, "auth": given.auth},
        }
        for _ in range(2):
            answer = await it.anna.ask("PUT", "/api/push", body)
            assert answer.status == 204
        assert await it.subscriptions() == 1
        while not before.can_ring:
            (before,) = (await it.device.inbox.get(Members)).members
        gone = {"endpoint": "https://push.example.org/1"}
        assert (await it.anna.ask("DELETE", "/api/push", gone)).status == 204
        assert await it.subscriptions() == 0
        (after,) = (await it.device.inbox.get(Members)).members
        assert not after.can_ring


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "https://127.0.0.1/1"},
        {"endpoint": "https://push.example.org:22/1"},
        {"keys": {"p256dh": "AAAA", "auth": "AAAA"}},
    ],
    ids=str,
)
async def test_what_is_no_subscription_is_refused(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    async with evening(tmp_path) as it:
        given = it.service.subscription()
        body = {
            "endpoint": "https://push.example.org/1",
            "keys": {"p256dh": given.p256dh, "auth": given.auth},
        }
        answer = await it.anna.ask("PUT", "/api/push", {**body, **change})
        assert (answer.status, answer.error) == (400, "wrong_subscription")


async def test_nobody_has_more_than_ten_browsers(tmp_path: Path) -> None:
    async with evening(tmp_path) as it:
        given = it.service.subscription()
        for number in range(12):
            it.place.time.pass_(1)
            body = {
                "endpoint": f"https://push.example.org/{number}",
                "keys": {"p256dh": given.p256dh, "auth": given.auth},
            }
            assert (await it.anna.ask("PUT", "/api/push", body)).status == 204
        assert await it.subscriptions() == 10
