"""An invitation, all the way: asked for aloud, scanned, accepted, and then a call."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.peers.chromium import chromium
from tests.peers.device import READY, started_device
from tests.peers.family_page import PHONE
from tests.peers.speaker import say_into
from tests.peers.test_video_call import PERSON, praatpaal
from tests.scanner import scan

pytestmark = pytest.mark.real

WAIT_MS = 60_000.0


async def says(page: Page, words: str) -> None:
    """Wait until the device says something with this in it."""
    await expect(page.locator("#said")).to_contain_text(words, timeout=WAIT_MS)


async def rests(page: Page) -> None:
    """Wait until nobody talks with the device."""
    await expect(page.locator(".meaning").first).to_have_text("Praten", timeout=WAIT_MS)


async def ask_for_an_invitation(page: Page) -> str:
    """Say it, and confirm it with a button; returns what a telephone reads."""
    await page.locator("#sound-button").click()
    await expect(page.locator("#sound-text")).to_have_text("Geluid staat aan")
    await page.keyboard.press("t")
    await says(page, "Zal ik Anna uitnodigen?")
    await page.keyboard.press("j")
    picture = page.get_by_role("img", name="Blok met zwarte en witte vakjes")
    await expect(picture).to_be_visible(timeout=WAIT_MS)
    png = np.asarray(Image.open(io.BytesIO(await picture.screenshot())).convert("L"))
    (address,) = scan(png)
    return address


async def accept(browser: Browser, address: str) -> Page:
    """Open the address on another page, and join."""
    context = await browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, locale="nl-NL"
    )
    page = await context.new_page()
    await page.goto(address)
    await page.get_by_role("button", name="Uitnodiging aannemen").click()
    await expect(page.locator("#passkey-make")).to_be_visible()
    await page.goto(address.partition("/join")[0])
    await expect(page.locator(".call-button")).to_be_enabled()
    return page


async def test_from_the_wish_to_the_call(tmp_path: Path) -> None:
    # Not once: just then the device may still be asking what is wished.
    voice = await say_into(tmp_path / "voice.wav", "nodig anna uit", 1.0, 6)
    async with (
        started_device(
            tmp_path,
            person=PERSON,
            device={"sound": "browser"},
            checkin={"is_on": False},
        ) as device,
        chromium(voice) as browser,
    ):
        await device.logs(READY)
        await praatpaal(tmp_path, "people", "add", "Anna Smit", "friend")
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        page = await context.new_page()
        await page.goto(device.url)
        await rests(page)
        address = await ask_for_an_invitation(page)
        family = await accept(browser, address)

        await expect(page.locator("#code")).to_be_hidden(timeout=WAIT_MS)
        await says(page, "Anna is er nu bij.")
        await says(page, "wat Anna van u mag weten")
        await page.keyboard.press("t")
        await rests(page)

        await family.locator(".call-button").click()
        await expect(page.locator("#caller")).to_have_text("Anna", timeout=WAIT_MS)
        # Not the button of just now: what repeats within 0.7 s is a tremor.
        await page.keyboard.press("j")
        await expect(family.locator("#call-time")).to_be_visible(timeout=WAIT_MS)
        await expect(page.locator("#call")).to_have_text("In gesprek", timeout=WAIT_MS)
        await expect(page.locator("#picture")).to_be_visible(timeout=WAIT_MS)
        await family.locator("#hang-up").click()
        await rests(page)
        assert "Traceback" not in device.log
        assert await device.stop() == 0
