"""The family page with the real hub and a device's line to it, from the invitation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.async_api import BrowserContext, Page, expect

from calls.call_messages import CallMessage, Offer, Reason
from calls.hub.enrolment import enrol_own
from calls.hub.server import Hub
from calls.hub.settings import HubSettings
from calls.hub.signalling import signalling
from calls.hub_client import Connected, HubClient, HubStanding
from calls.keys import DeviceKey
from calls.messages import Agree, Invite, Role, Withdraw
from calls.wire import Message, new_id
from tests.peers.device import free_port
from tests.peers.family_device import WAIT_S, FamilyDevice
from tests.peers.family_page import (
    PHONE,
    WATCH_CONNECTIONS,
    family_browser,
    watch_errors,
)
from tests.peers.test_family_page import unlock_with_a_finger

pytestmark = pytest.mark.real

NAME = "Mevrouw De Vries"

# An answer that is an error, and a hub that is away: both brought about here.
EXPECTED = ("Failed to load resource", "WebSocket connection")


@dataclass(frozen=True, slots=True)
class Place:
    """A hub, a device with its line to it, and a browser of somebody else."""

    hub: Hub
    client: HubClient
    device: FamilyDevice
    context: BrowserContext

    async def connected(self) -> None:
        """Wait until the device has its line."""
        loop = asyncio.get_running_loop()
        there: asyncio.Future[None] = loop.create_future()

        def look(standing: HubStanding) -> None:
            if isinstance(standing, Connected) and not there.done():
                there.set_result(None)

        forget = self.client.on_standing(look)
        look(self.client.standing)
        self.client.hurry()
        async with asyncio.timeout(WAIT_S):
            await there
        forget()


@asynccontextmanager
async def line(client: HubClient, device: FamilyDevice) -> AsyncIterator[None]:
    """The device's line; what comes over it goes to the device, one after another."""
    came: asyncio.Queue[CallMessage] = asyncio.Queue(1000)

    def take(message: Message) -> None:
        if isinstance(message, CallMessage):
            came.put_nowait(message)

    async def hand_on() -> None:
        while True:
            await device.receive(await came.get())

    client.on_message(take)
    tasks = [asyncio.create_task(each) for each in (client.run(), hand_on())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def place(folder: Path) -> AsyncIterator[Place]:
    """All of it, with nobody invited yet."""
    hub = Hub(HubSettings(port=free_port()), folder / "hub.db", [signalling()])
    await hub.open()
    key = DeviceKey(ec.generate_private_key(ec.SECP256R1()))
    state = hub.state
    known = await enrol_own(state.store, key.public, NAME, state.now())
    client = HubClient(hub.local_url, known, key)
    device = FamilyDevice(client.send, member=new_id())
    errors: list[str] = []
    try:
        async with line(client, device), family_browser() as browser:
            context = await browser.new_context(
                viewport={"width": PHONE[0], "height": PHONE[1]}, locale="nl-NL"
            )
            await context.grant_permissions(["camera", "microphone"], origin=hub.url)
            await context.add_init_script(WATCH_CONNECTIONS)
            watch_errors(context, errors)
            yield Place(hub, client, device, context)
    finally:
        await device.close()
        await hub.close()
    wrong = [each for each in errors if not any(part in each for part in EXPECTED)]
    assert not wrong, wrong


async def join(place: Place) -> Page:
    """Invited by the device, and accepted; with a passkey."""
    await place.connected()
    invited = await place.client.request(
        Invite(new_id(), place.device.member, "Anna", Role.FAMILY, "", "nl")
    )
    page = await place.context.new_page()
    await page.goto(invited.url)
    await unlock_with_a_finger(page)
    await expect(page.locator("#join-heading")).to_have_text(f"{NAME} nodigt u uit")
    await page.get_by_role("button", name="Uitnodiging aannemen").click()
    await page.get_by_role("button", name="Maak een toegangssleutel").click()
    # Each in its own screen: notifications, which this browser refuses, and the test.
    await page.locator("#notify-next").click()
    await page.locator("#test-next").click()
    await expect(page.locator(".call-button")).to_be_enabled()
    return page


async def test_from_the_invitation_to_calls_both_ways(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        page, device = await join(here), here.device
        await expect(page.locator(".facts")).to_have_text("U hoort bij de familie")
        here.client.send(Agree(new_id(), device.member, Role.FAMILY, True, False))
        await expect(page.locator(".facts")).to_have_text("Praatpaal staat aan")

        device.ring()
        await expect(page.locator("#ringing-name")).to_have_text(NAME)
        await page.locator("#answer").click()
        await device.hears_and_sees()
        await expect(page.locator("#no-far")).to_be_hidden()
        await page.locator("#hang-up").click()
        await device.until(lambda d: d.ended == [Reason.HUNG_UP])
        await page.locator("#ended-home").click()

        await page.locator(".call-button").click()
        await device.hears_and_sees()
        device.end(Reason.HUNG_UP, device.page)
        await page.locator("#ended-home").click()

        # The passkey that the hub checked when it was made lets her in again.
        await page.get_by_role("button", name="Instellingen").click()
        await expect(page.locator("#settings-passkeys li")).to_contain_text(["Linux"])
        await page.get_by_role("button", name="Uitloggen").click()
        await page.get_by_role("button", name="Log in met toegangssleutel").click()
        await expect(page.locator(".call-button")).to_be_enabled()

        here.client.send(Withdraw(new_id(), device.member))
        await expect(page.locator("#home-heading")).to_have_text("U volgt nog niemand")


async def test_an_invitation_works_once(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        await here.connected()
        invited = await here.client.request(
            Invite(new_id(), here.device.member, "Anna", Role.FAMILY, "", "nl")
        )
        page = await here.context.new_page()
        await page.goto(invited.url)
        await page.get_by_role("button", name="Uitnodiging aannemen").click()
        await expect(page.locator("#passkey-skip")).to_be_visible()
        await page.goto(invited.url)
        await expect(page.locator("#failed-text")).to_contain_text("al gebruikt")


async def test_the_hub_starts_anew_during_a_call(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        page, device = await join(here), here.device
        device.ring()
        await page.locator("#answer").click()
        await device.hears_and_sees()
        await here.hub.close()
        await expect(page.locator("#banner")).to_be_visible()
        await device.hears_and_sees()
        await page.locator("#mute").click()
        await here.hub.open()
        await device.until(lambda d: d.media and not d.media.microphone)
        await expect(page.locator("#banner")).to_be_hidden()
        await expect(page.locator("#call-time")).to_be_visible()
        # One connection from the beginning to the end.
        assert [each.attempt for each in device.offers] == [1]
        assert isinstance(device.offers[0], Offer)
        await page.locator("#hang-up").click()
        await device.until(lambda d: d.ended == [Reason.HUNG_UP])


async def test_a_ring_outlives_a_new_start_of_the_hub(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        page, device = await join(here), here.device
        await here.hub.close()
        device.ring()
        await here.hub.open()
        await here.connected()
        await page.locator("#answer").click()
        await device.hears_and_sees()
