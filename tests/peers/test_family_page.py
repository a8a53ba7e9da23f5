"""The family page around its calls: joining, home, offline, notifications."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Worker, expect

from calls.call_messages import Ended, Reason
from calls.messages import Gone, Role
from tests.peers.fake_hub import WAIT_S, FakeHub, fake_hub, household
from tests.peers.family_page import (
    NO_WORKER,
    REFUSED,
    WORKER,
    answer,
    context_of,
    family,
    family_browser,
)

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

INVITATION = {
    "household": "Mevrouw De Vries",
    "name": "Anna",
    "role": "family",
    "expires": 1_800_000_000,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests; each has a context of its own."""
    async with family_browser() as found:
        yield found


@asynccontextmanager
async def opened(
    browser: Browser, hub: FakeHub, path: str = "/", **more: Any
) -> AsyncIterator[Page]:
    """A page at a path."""
    async with context_of(browser, hub, **{**NO_WORKER, **more}) as context:
        page = await context.new_page()
        await page.goto(hub.url + path)
        yield page


async def shows(page: Page, screen: str) -> None:
    """Wait for a screen."""
    await expect(page.locator(f'.screen[data-screen="{screen}"]')).to_be_visible()


async def unlock_with_a_finger(page: Page) -> None:
    """Give the computer a reader of fingers, with somebody's finger on it."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    await session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


# -- joining and logging in -----------------------------------------------------------


async def test_an_invitation_leads_to_the_first_call(browser: Browser) -> None:
    async with fake_hub() as hub:
        hub.is_logged_in, hub.invitation = False, INVITATION
        async with opened(
            browser, hub, "/join#token", errors=REFUSED, **WORKER
        ) as page:
            await unlock_with_a_finger(page)
            await expect(page.locator("#join-heading")).to_have_text(
                "Mevrouw De Vries nodigt u uit"
            )
            # Looking uses nothing up.
            assert hub.asked("POST", "/api/invitations/look") == [{"token": "token"}]
            assert hub.asked("POST", "/api/invitations/accept") == []
            await expect(page.locator("#join-cannot li")).to_have_count(3)

            email = page.get_by_label("Uw e-mailadres (mag u leeg laten)")
            await email.fill("geen adres")
            await page.get_by_role("button", name="Uitnodiging aannemen").click()
            await expect(page.locator("#join-error")).to_be_visible()
            await expect(email).to_be_focused()
            await email.fill("anna@example.org ")
            await page.get_by_role("button", name="Uitnodiging aannemen").click()
            await shows(page, "passkey")
            assert hub.asked("POST", "/api/invitations/accept") == [
                {"token": "token", "language": "nl", "email": "anna@example.org"}
            ]
            assert page.url == f"{hub.url}/"

            await page.get_by_role("button", name="Maak een toegangssleutel").click()
            await shows(page, "notify")
            (made,) = hub.asked("POST", "/api/passkeys")
            assert made["name"] == "Linux"
            assert made["credential"]["response"]["attestationObject"]

            await page.get_by_role("button", name="Zet meldingen aan").click()
            await expect(page.locator("#notify-state")).to_contain_text("staan aan")
            (push,) = hub.asked("PUT", "/api/push")
            assert push["endpoint"] == "https://push.example/1"
            await page.locator("#notify-next").click()

            await shows(page, "test")
            await page.locator("#test-next").click()
            await shows(page, "home")
            await expect(page.locator(".call-button")).to_be_enabled()


async def test_an_invitation_that_was_used_says_so(browser: Browser) -> None:
    async with fake_hub() as hub:
        hub.is_logged_in = False
        async with opened(browser, hub, "/join#token", errors=REFUSED) as page:
            await expect(page.locator("#failed-text")).to_contain_text("al gebruikt")
            await page.locator("#failed-next").click()
            await shows(page, "login")


async def test_logging_in_with_a_passkey_and_out_again(browser: Browser) -> None:
    async with fake_hub() as hub, opened(browser, hub, errors=REFUSED) as page:
        await unlock_with_a_finger(page)
        await page.get_by_role("button", name="Instellingen").click()
        await expect(page.locator("#settings-passkeys")).to_have_text(
            "U heeft nog geen toegangssleutel."
        )
        await page.get_by_role("button", name="Maak een toegangssleutel").click()
        await expect(page.locator("#settings-passkeys li")).to_contain_text(["Linux"])
        await page.get_by_role("button", name="Uitloggen").click()
        await shows(page, "login")
        await hub.until(lambda: not hub.sockets)
        assert hub.asked("DELETE", "/api/session")

        await page.get_by_role("button", name="Log in met toegangssleutel").click()
        await shows(page, "home")
        (proof,) = hub.asked("POST", "/api/session")
        assert proof["credential"]["response"]["signature"]
        await page.get_by_role("button", name="Instellingen").click()
        await page.get_by_role("button", name="Verwijder Linux").click()
        await expect(page.locator("#settings-passkeys")).to_contain_text("nog geen")


async def test_logging_in_with_a_link_of_a_mail(browser: Browser) -> None:
    async with fake_hub() as hub:
        hub.is_logged_in = False
        async with opened(browser, hub, errors=REFUSED) as page:
            await page.get_by_role("textbox", name="Uw e-mailadres").fill(
                "anna@example.org"
            )
            await page.get_by_role("button", name="Stuur mij een link").click()
            await expect(page.locator("#login-sent")).to_be_visible()
            assert hub.asked("POST", "/api/links") == [
                {"email": "anna@example.org", "language": "nl"}
            ]
            await page.goto(f"{hub.url}/login#token")
            await shows(page, "link")
            # Whoever only opens it, as programs that look at mail do, uses nothing up.
            assert hub.asked("POST", "/api/links/use") == []
            await page.get_by_role("button", name="Nu inloggen").click()
            await shows(page, "home")
            assert page.url == f"{hub.url}/"


async def test_who_is_logged_out_elsewhere_logs_in_again(browser: Browser) -> None:
    errors = (*REFUSED, "WebSocket connection")
    async with fake_hub() as hub, opened(browser, hub, errors=errors) as page:
        await expect(page.locator(".call-button")).to_be_enabled()
        hub.is_logged_in = False
        await hub.drop_pages()
        await shows(page, "login")
        await expect(page.locator("#banner")).to_be_hidden()


# -- home -----------------------------------------------------------------------------


async def test_what_was_agreed_is_shown_and_alarms_always(browser: Browser) -> None:
    async with fake_hub() as hub, opened(browser, hub) as page:
        facts = page.locator(".facts")
        await expect(facts).to_have_text("Praatpaal staat aanVandaag gebruikt")
        await hub.change("m1", online=False, used_today=False)
        await expect(facts).to_have_text(
            "Praatpaal is niet verbondenVandaag nog niet gebruikt"
        )
        await hub.change("m1", online=None, used_today=None, role=Role.CLOSE_FAMILY)
        await expect(facts).to_have_text("U bent naaste familie")
        await hub.change("m1", alarms=("alarm-1",))
        await expect(page.locator(".alarm")).to_contain_text(
            "Mevrouw De Vries heeft vandaag nog niet gereageerd"
        )
        await page.get_by_role("button", name="Ik kijk even").click()
        await expect(page.locator(".alarm")).to_have_count(0)
        await expect(page.locator("#home-said")).to_contain_text("Fijn.")
        assert ("POST", "/api/alarms/alarm-1/acknowledge", {}) in hub.requests
        await hub.tell(Gone("m1"))
        await expect(page.locator("#home-heading")).to_have_text("U volgt nog niemand")


async def test_two_households_have_a_button_each(browser: Browser) -> None:
    both = (household(), household("m2", "Oom Jan"))
    async with fake_hub(*both) as hub, opened(browser, hub) as page:
        await page.get_by_role("button", name="Bel Oom Jan").click()
        await expect(page.locator("#ended-title")).to_have_text(
            "Praatpaal bij Oom Jan is niet verbonden"
        )


async def test_the_language_is_that_of_the_browser_until_one_is_chosen(
    browser: Browser,
) -> None:
    async with fake_hub() as hub, opened(browser, hub, locale="en-GB") as page:
        await expect(page.locator("#home-heading")).to_have_text(
            "Whom do you want to call?"
        )
        assert await page.evaluate("document.documentElement.lang") == "en"
        await page.get_by_role("button", name="Nederlands").click()
        await expect(page.locator("#home-heading")).to_have_text("Wie wilt u bellen?")
        await expect(page.locator(".call-button")).to_have_text("Bel Mevrouw De Vries")
        await page.reload()
        await expect(page.locator("#home-heading")).to_have_text("Wie wilt u bellen?")
    async with fake_hub() as hub, opened(browser, hub, locale="fr-FR") as page:
        await expect(page.locator("#home-heading")).to_have_text("Wie wilt u bellen?")


async def test_camera_and_microphone_are_tried_before_the_first_call(
    browser: Browser,
) -> None:
    async with fake_hub() as hub, opened(browser, hub) as page:
        await page.get_by_role("button", name="Instellingen").click()
        await page.get_by_role("button", name="Test camera en microfoon").click()
        await page.get_by_role("button", name="Begin de test").click()
        # The fake microphone beeps, and the fake camera has a picture.
        await expect(page.locator("#test-heard")).to_be_visible()
        await page.wait_for_function(
            "document.getElementById('test-picture').videoWidth > 0"
        )
        stream = "document.getElementById('test-picture').srcObject"
        track = await page.evaluate_handle(f"{stream}.getTracks()[0]")
        await page.get_by_role("button", name="Klaar").click()
        await shows(page, "settings")
        assert await track.evaluate("track => track.readyState") == "ended"


async def test_the_test_says_what_to_do_about_a_refusal(browser: Browser) -> None:
    async with fake_hub() as hub, opened(browser, hub, allowed=()) as page:
        await page.get_by_role("button", name="Instellingen").click()
        await page.get_by_role("button", name="Test camera en microfoon").click()
        await page.get_by_role("button", name="Begin de test").click()
        await expect(page.locator("#test-microphone-trouble")).to_be_visible()
        await expect(page.locator("#test-microphone-help li")).to_have_count(3)


IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


async def test_a_number_for_text_messages_is_kept_and_removed(
    browser: Browser,
) -> None:
    async with fake_hub() as hub:
        hub.can_text = True
        async with opened(browser, hub, errors=REFUSED) as page:
            await page.locator("#open-settings").click()
            number, save = (
                page.locator("#settings-phone"),
                page.locator("#settings-phone-save"),
            )
            remove = page.locator("#settings-phone-remove")
            await expect(remove).to_be_hidden()
            await number.fill("geen nummer")
            await save.click()
            await expect(page.locator("#settings-phone-error")).to_contain_text(
                "geen telefoonnummer"
            )
            await expect(number).to_have_attribute("aria-invalid", "true")
            await number.fill("06 12345678")
            await save.click()
            await expect(page.locator("#settings-phone-said")).to_contain_text(
                "is bewaard"
            )
            await expect(number).to_have_value("+31612345678")
            assert hub.asked("PUT", "/api/phone")[-1] == {"phone": "06 12345678"}
            # It is still there later, and can be taken away.
            await page.reload()
            await page.locator("#open-settings").click()
            await expect(number).to_have_value("+31612345678")
            await remove.click()
            await expect(page.locator("#settings-phone-said")).to_contain_text(
                "is verwijderd"
            )
            await expect(number).to_have_value("")
            await expect(remove).to_be_hidden()
            assert hub.phone == ""


async def test_a_hub_without_text_messages_asks_for_no_number(
    browser: Browser,
) -> None:
    async with fake_hub() as hub, opened(browser, hub) as page:
        await page.locator("#open-settings").click()
        await expect(page.locator("#settings-passkeys li")).to_have_count(1)
        await expect(page.locator("#settings-text")).to_be_hidden()


async def test_an_iphone_is_told_to_install_first(browser: Browser) -> None:
    async with fake_hub() as hub, opened(browser, hub, user_agent=IPHONE) as page:
        await expect(page.locator("#notices .steps li")).to_have_count(4)
        await expect(page.locator("#notices")).to_contain_text("beginscherm")
        await expect(
            page.get_by_role("button", name="Zet meldingen aan")
        ).to_have_count(0)


# -- versions, and no network ---------------------------------------------------------


async def test_a_page_of_another_version_loads_itself_again_once(
    browser: Browser,
) -> None:
    async with fake_hub() as hub:
        hub.version = 2
        async with opened(browser, hub) as page:
            await expect(page.locator("#banner")).to_contain_text("nieuwe versie")
            assert len(hub.asked("GET", "/")) == 2


async def test_a_newer_page_waits_until_the_call_is_over(browser: Browser) -> None:
    async with family(browser) as home:
        await answer(home)
        loaded = len(home.hub.asked("GET", "/"))
        home.hub.page_version = "2"
        await home.hub.drop_pages()
        await home.hub.until(lambda: home.hub.sockets)
        await home.device.hears_and_sees()
        assert len(home.hub.asked("GET", "/")) == loaded
        await home.page.locator("#hang-up").click()
        # Why it ended stays to be read; then the new page comes.
        await shows(home.page, "ended")
        await home.page.locator("#ended-home").click()
        await home.hub.until(lambda: len(home.hub.asked("GET", "/")) == loaded + 1)
        await shows(home.page, "home")
        await expect(home.page.locator("#banner")).to_be_hidden()


async def with_worker(page: Page) -> Worker:
    """Wait until the page's worker is at work; returns it."""
    context: BrowserContext = page.context
    workers = context.service_workers
    worker = workers[0] if workers else await context.wait_for_event("serviceworker")
    await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    await page.wait_for_function("navigator.serviceWorker.controller !== null")
    return worker


async def test_without_a_network_the_page_is_there_and_says_so(
    browser: Browser,
) -> None:
    errors = (*REFUSED, "WebSocket connection")
    async with fake_hub() as hub:
        async with opened(browser, hub, errors=errors, **WORKER) as page:
            await with_worker(page)
            await page.context.set_offline(True)
            await page.reload()
            await expect(page.locator("#banner")).to_contain_text("Geen verbinding")
            await shows(page, "home")
            assert await page.evaluate("document.fonts.ready.then(f => f.size)") == 2
            await page.context.set_offline(False)
            await expect(page.locator(".call-button")).to_be_enabled()
            await expect(page.locator("#banner")).to_be_hidden()


# -- notifications --------------------------------------------------------------------

RING = {"kind": "ring", "call": "c1", "member": "m1", "name": "Mevrouw De Vries"}

SHOWN = """
() => self.registration.getNotifications().then(all => all.map(each => ({
  title: each.title, body: each.body, tag: each.tag, lang: each.lang,
  actions: each.actions.map(action => action.title),
  stays: each.requireInteraction, again: each.renotify, silent: each.silent,
})))
"""

ARE_SHOWN = """
async (count) => {
  const worker = await navigator.serviceWorker.ready;
  return (await worker.getNotifications()).length === count;
}
"""

# Remembers when the worker is done with the next push. Who asks Chromium for its
# notifications while one is being shown makes it forget that one.
LISTEN = """
() => {
  self.pushIsDone = new Promise((resolve) => {
    PushEvent.prototype.waitUntil = function (work) {
      delete PushEvent.prototype.waitUntil;
      this.waitUntil(work);
      resolve(work);
    };
  });
}
"""

TOUCH = """
async ([tag, action]) => {
  const [notification] = await self.registration.getNotifications({ tag });
  const event = new NotificationEvent("notificationclick", { notification, action });
  const done = [];
  event.waitUntil = (work) => done.push(work);
  self.dispatchEvent(event);
  await Promise.all(done);
}
"""


@dataclass(frozen=True, slots=True)
class Pushes:
    """A push service for one worker, by Chromium's own door for it."""

    page: Page
    worker: Worker
    origin: str

    async def push(self, news: dict[str, Any] | str) -> None:
        """Deliver this, and wait until the worker is done with it."""
        session = await self.page.context.new_cdp_session(self.page)
        registration: asyncio.Future[str] = asyncio.Future()

        def note(event: dict[str, Any]) -> None:
            for each in event["registrations"]:
                if not registration.done():
                    registration.set_result(each["registrationId"])

        session.on("ServiceWorker.workerRegistrationUpdated", note)
        await session.send("ServiceWorker.enable")
        await self.worker.evaluate(LISTEN)
        async with asyncio.timeout(WAIT_S):
            message = {
                "origin": self.origin,
                "registrationId": await registration,
                "data": news if isinstance(news, str) else json.dumps(news),
            }
            await session.send("ServiceWorker.deliverPushMessage", message)
            await self.worker.evaluate("self.pushIsDone.then(() => null)")
        await session.detach()

    async def shown(self, count: int = 1, title: str = "") -> list[dict[str, Any]]:
        """Wait for so many notifications, one with this title; returns them."""
        # One that is taken away goes a little later.
        await self.page.wait_for_function(ARE_SHOWN, arg=count, polling=100)
        found: list[dict[str, Any]] = await self.worker.evaluate(SHOWN)
        assert not title or title in [each["title"] for each in found]
        return found


@asynccontextmanager
async def pushed(browser: Browser, hub: FakeHub, **more: Any) -> AsyncIterator[Pushes]:
    """A page with its worker, which can be pushed to."""
    async with opened(browser, hub, **{**WORKER, **more}) as page:
        await expect(page.locator(".call-button")).to_be_enabled()
        yield Pushes(page, await with_worker(page), hub.url)


async def test_a_push_rings_and_rings_again_in_one_notification(
    browser: Browser,
) -> None:
    async with fake_hub() as hub, pushed(browser, hub) as pushes:
        await pushes.push(RING)
        await pushes.push(RING)
        (shown,) = await pushes.shown()
        assert shown == {
            "title": "Mevrouw De Vries belt u",
            "body": "Tik om op te nemen.",
            "tag": "call-c1",
            "lang": "nl",
            "actions": ["Opnemen", "Niet opnemen"],
            "stays": True,
            "again": True,
            "silent": False,
        }
        await pushes.push({**RING, "kind": "ended", "reason": "unanswered"})
        (shown,) = await pushes.shown(title="Mevrouw De Vries heeft gebeld")
        assert shown["body"] == "U heeft de oproep gemist. Tik om terug te bellen."
        assert shown["silent"]


async def test_a_notification_speaks_the_language_of_the_page(browser: Browser) -> None:
    async with fake_hub() as hub, pushed(browser, hub, locale="en-GB") as pushes:
        await pushes.push(RING)
        (shown,) = await pushes.shown()
        assert shown["title"] == "Mevrouw De Vries is calling you"
        await pushes.push({**RING, "call": "c2", "language": "nl"})
        await pushes.shown(2, title="Mevrouw De Vries belt u")


async def test_notifications_are_acted_on_without_a_page(browser: Browser) -> None:
    async with fake_hub() as hub, pushed(browser, hub) as pushes:
        await pushes.push(RING)
        await pushes.shown()
        await pushes.worker.evaluate(TOUCH, ["call-c1", "decline"])
        (ended,) = hub.of(Ended)
        assert (ended.call, ended.member, ended.reason) == (
            "c1",
            "m1",
            Reason.DECLINED,
        )
        await pushes.shown(0)

        alarm = {"kind": "alarm", "alarm": "a1", "member": "m1", "name": "Oom Jan"}
        await pushes.push(alarm)
        (shown,) = await pushes.shown()
        assert shown["title"] == "Wilt u even kijken bij Oom Jan?"
        assert shown["actions"] == ["Ik kijk even"]
        await pushes.worker.evaluate(TOUCH, ["alarm-a1", "look"])
        assert ("POST", "/api/alarms/a1/acknowledge", {}) in hub.requests
        await pushes.shown(title="Fijn dat u even kijkt")
        # In its place: the person was heard.
        await pushes.push({**alarm, "kind": "alarm_over"})
        (shown,) = await pushes.shown(title="Oom Jan heeft weer gereageerd")
        assert shown["tag"] == "alarm-a1" and shown["actions"] == []

        # What nobody understands must be shown as well.
        await pushes.push("no JSON")
        await pushes.shown(2, title="Praatpaal")


async def test_answered_in_the_notification_of_an_open_page(browser: Browser) -> None:
    async with family(browser, **WORKER) as home:
        pushes = Pushes(home.page, await with_worker(home.page), home.hub.url)
        call = home.device.ring()
        await shows(home.page, "ringing")
        await pushes.push({**RING, "call": call})
        await pushes.shown()
        # Chromium lets a worker focus a page only after a real touch.
        await pushes.worker.evaluate(
            "() => { WindowClient.prototype.focus = () => {} }"
        )
        await pushes.worker.evaluate(TOUCH, [f"call-{call}", "answer"])
        await home.device.hears_and_sees()
        await shows(home.page, "call")


async def test_notifications_are_turned_off_and_on(browser: Browser) -> None:
    async with fake_hub() as hub, opened(browser, hub, **WORKER) as page:
        # Granted before: subscribed anew at each start, as the hub may have forgotten.
        await hub.until(lambda: hub.asked("PUT", "/api/push"))
        await page.get_by_role("button", name="Instellingen").click()
        await page.get_by_role("button", name="Zet meldingen uit").click()
        await expect(page.locator("#settings-notify")).to_contain_text("staan uit")
        assert hub.asked("DELETE", "/api/push") == [
            {"endpoint": "https://push.example/1"}
        ]
        await page.get_by_role("button", name="Zet meldingen aan").click()
        await expect(page.locator("#settings-notify")).to_contain_text("staan aan")


async def test_refused_notifications_are_told(browser: Browser) -> None:
    more = {**WORKER, "allowed": ("camera", "microphone")}
    async with fake_hub() as hub, opened(browser, hub, **more) as page:
        await expect(page.locator("#notices")).to_contain_text(
            "houdt de meldingen tegen"
        )
