"""How the family page looks: readable, reachable, whole on every screen (WCAG 2.2)."""

import io
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.companion.simulator.test_look import HIDE_LETTERS, TEXTS, least_contrast
from tests.peers.fake_hub import FakeHub, fake_hub, household
from tests.peers.family_page import (
    NO_WORKER,
    PHONE,
    REFUSED,
    answer,
    context_of,
    family,
    family_browser,
)

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

# 1.4.3: contrast of text.
LEAST_CONTRAST = 4.5
# 2.5.5, enhanced: a finger needs so many CSS pixels.
FINGER_PX = 44

# The narrowest telephones; a laptop magnified four times (1.4.10); a laptop; a
# telephone on its side.
SIZES = ((360, 640), (320, 256), (1280, 800), (844, 390))

REFUSING: dict[str, Any] = {"errors": REFUSED, **NO_WORKER}

MEMBER = household(name="Mevrouw Van der Heijden-Groenewoud")
INVITATION = {
    "household": MEMBER.name,
    "name": "Anna",
    "role": "family",
    "expires": 1_800_000_000,
}

# What is wrong with what is seen now, in the words of a list.
WRONG = """
(finger) => {
  const wrong = [];
  const open = document.querySelector("dialog[open]") ?? document.body;
  const seen = (e) => e.checkVisibility({ checkVisibilityCSS: true });
  const all = (what) => [...open.querySelectorAll(what)].filter(seen);
  const nameOf = (e) => (e.getAttribute("aria-label")
    ?? [...(e.labels ?? [])].map(l => l.textContent).join(" ")).trim()
    || e.textContent.trim();
  for (const e of all("button, a, input, select")) {
    const { width, height, left, right } = e.getBoundingClientRect();
    if (!nameOf(e)) wrong.push(`${e.id || e.className} has no name`);
    if (width < finger - 0.5 || height < finger - 0.5) {
      wrong.push(`${nameOf(e)} is ${width} x ${height}`);
    }
    if (left < -0.5 || right > innerWidth + 0.5) wrong.push(`${nameOf(e)} sticks out`);
  }
  for (const e of all("video, [role=meter], [role=group], img")) {
    if (!e.hasAttribute("alt") && !e.getAttribute("aria-label")) {
      wrong.push(`${e.id || e.tagName} has no label`);
    }
  }
  if (open === document.body && all("h1").length !== 1) {
    wrong.push(`${all("h1").length} headings`);
  }
  if (!["nl", "en"].includes(document.documentElement.lang)) wrong.push("no language");
  if (document.documentElement.scrollWidth > innerWidth) {
    wrong.push(`scrolls sideways: ${document.documentElement.scrollWidth}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
  if (new Set(ids).size !== ids.length) wrong.push("an id is there twice");
  for (const e of document.querySelectorAll("[aria-describedby], [aria-labelledby]")) {
    const named = `${e.getAttribute("aria-describedby") ?? ""} `
      + `${e.getAttribute("aria-labelledby") ?? ""}`;
    for (const id of named.split(/\\s+/).filter(Boolean)) {
      if (!document.getElementById(id)) wrong.push(`${id} is named and not there`);
    }
  }
  return wrong;
}
"""

# Every stop of the Tab key shows where it is (2.4.7), and is in view (2.4.11).
FOCUS = """
() => {
  const e = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(e);
  const { top, bottom } = e.getBoundingClientRect();
  return {
    name: e.id || e.textContent.trim() || e.tagName,
    isNowhere: e === document.body,
    isSeen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
    isInView: bottom > 0 && top < innerHeight,
  };
}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests; each has a context of its own."""
    async with family_browser() as found:
        yield found


async def check(page: Page, *, fingers: float = FINGER_PX) -> None:
    """All that can be checked of what the page shows now."""
    await page.evaluate("() => document.fonts.ready.then(() => null)")
    for width, height in (PHONE, *SIZES):
        await page.set_viewport_size({"width": width, "height": height})
        wrong = await page.evaluate(WRONG, fingers)
        assert not wrong, (width, height, wrong)
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await check_large_letters(page)
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        await check_contrast(page, scheme)
    await page.emulate_media(color_scheme="light")


async def check_large_letters(page: Page) -> None:
    """Letters twice as large lose nothing (1.4.4)."""
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    wrong = await page.evaluate(WRONG, FINGER_PX)
    assert not wrong, ("200 %", wrong)
    await page.evaluate("document.documentElement.style.fontSize = ''")


async def check_contrast(page: Page, scheme: str) -> None:
    """Every word stands out from what is behind it."""
    await page.evaluate("() => scrollTo(0, 0)")
    texts: list[dict[str, Any]] = await page.evaluate(TEXTS)
    if await page.locator("dialog[open]").count():
        inside = set((await page.locator("dialog[open]").inner_text()).split())
        texts = [each for each in texts if set(each["text"].split()) <= inside]
    await page.evaluate(HIDE_LETTERS)
    png = await page.screenshot(animations="disabled")
    await page.evaluate("() => { document.adoptedStyleSheets = [] }")
    behind = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    shown = [each for each in texts if 0 <= each["y"] < behind.shape[0] - 1]
    assert shown
    low = {
        each["text"]: ratio
        for each in shown
        if (ratio := least_contrast(each, behind)) < LEAST_CONTRAST
    }
    assert not low, (scheme, low)


async def check_keys(page: Page, least: int) -> None:
    """The Tab key reaches everything, and it shows where."""
    reached = set()
    for _ in range(40):
        await page.keyboard.press("Tab")
        found = await page.evaluate(FOCUS)
        if found["name"] in reached:
            break
        if not found["isNowhere"]:
            assert found["isSeen"] and found["isInView"], found
            reached.add(found["name"])
    assert len(reached) >= least, reached


async def shows(page: Page, screen: str) -> None:
    """Wait for a screen."""
    await expect(page.locator(f'.screen[data-screen="{screen}"]')).to_be_visible()


async def test_joining(browser: Browser) -> None:
    async with fake_hub(MEMBER) as hub:
        hub.is_logged_in, hub.invitation = False, INVITATION
        async with context_of(browser, hub, allowed=("camera",), **REFUSING) as context:
            page = await context.new_page()
            await page.goto(f"{hub.url}/join#token")
            await shows(page, "join")
            await check(page)
            await check_keys(page, 4)
            await page.locator("#join-email").fill("nee")
            await page.get_by_role("button", name="Uitnodiging aannemen").click()
            await check(page)
            await page.locator("#join-email").fill("")
            await page.get_by_role("button", name="Uitnodiging aannemen").click()
            await shows(page, "passkey")
            await check(page)
            await page.locator("#passkey-skip").click()
            await shows(page, "notify")
            await check(page)
            await page.locator("#notify-next").click()
            await shows(page, "test")
            await page.locator("#test-start").click()
            await expect(page.locator("#test-microphone-help")).to_be_visible()
            await check(page)
            await page.locator("#test-next").click()
            await shows(page, "home")


async def test_logging_in(browser: Browser) -> None:
    async with fake_hub(MEMBER) as hub:
        hub.is_logged_in = False
        async with context_of(browser, hub, **REFUSING) as context:
            page = await context.new_page()
            await page.goto(hub.url)
            await shows(page, "login")
            await check(page)
            await check_keys(page, 5)
            await page.goto(f"{hub.url}/login#token")
            await shows(page, "link")
            await check(page)
            await page.goto(f"{hub.url}/join#token")
            await shows(page, "failed")
            await check(page)


async def open_home(browser: Browser, hub: FakeHub) -> None:
    """Home at its fullest, settings, and the bell's notices."""
    allowed = ("camera", "microphone")
    async with context_of(browser, hub, allowed=allowed, **NO_WORKER) as context:
        page = await context.new_page()
        await page.goto(hub.url)
        await hub.until(lambda: hub.sockets)
        await hub.change("m1", alarms=("a1",))
        await expect(page.locator(".alarm")).to_be_visible()
        await check(page)
        await check_keys(page, 6)
        await page.locator("#open-settings").click()
        await expect(page.locator("#settings-passkeys li")).to_have_count(1)
        await check(page)


async def test_home_and_settings(browser: Browser) -> None:
    async with fake_hub(MEMBER, household("m2", "Jan")) as hub:
        hub.passkeys = [{"id": "p1", "name": "iPhone", "created": 1_800_000_000}]
        hub.can_text, hub.phone = True, "+31612345678"
        await open_home(browser, hub)


async def test_a_call(browser: Browser) -> None:
    async with family(browser, allowed=("microphone",)) as home:
        home.device.ring(MEMBER.name)
        await shows(home.page, "ringing")
        await check(home.page)
        await check_keys(home.page, 2)
        # Without a scroll: nobody looks for a button that rings.
        box = await home.page.locator("#answer").bounding_box()
        assert box and box["width"] * box["height"] > 40_000
        assert box["y"] + box["height"] < PHONE[1]
        await home.page.locator("#answer").click()
        await home.device.until(lambda d: d.loud)
        home.device.tell(microphone=False, camera=True, captions=True)
        await expect(home.page.locator(".sign")).to_have_count(3)
        await check(home.page)
        await check_keys(home.page, 4)
        await home.page.get_by_role("button", name="Wat kan ik doen?").click()
        await check(home.page)
        await home.page.locator("#help-close").click()
        await home.page.locator("#hang-up").click()
        await shows(home.page, "ended")
        await check(home.page)


async def test_the_picture_of_the_other_side_fills_the_window(browser: Browser) -> None:
    async with family(browser) as home:
        await answer(home)
        await home.page.wait_for_function(
            "() => document.getElementById('far').videoWidth > 0"
        )
        far = await home.page.locator("#far").bounding_box()
        own = await home.page.locator("#own-frame").bounding_box()
        assert far and (far["width"], far["height"]) == PHONE
        assert own and own["width"] * own["height"] < PHONE[0] * PHONE[1] / 10
        # The buttons are not under the own picture.
        controls = await home.page.locator(".controls").bounding_box()
        first = await home.page.locator("#mute").bounding_box()
        assert controls and first and own["y"] + own["height"] <= first["y"]


async def test_who_wants_no_motion_gets_none(browser: Browser) -> None:
    async with family(browser, reduced_motion="reduce") as home:
        home.device.ring()
        await shows(home.page, "ringing")
        running = await home.page.evaluate("document.getAnimations().length")
        assert running == 0


async def test_what_happens_is_told_to_who_does_not_see_it(browser: Browser) -> None:
    async with family(browser) as home:
        home.device.ring()
        await shows(home.page, "ringing")
        heading = (
            "document.activeElement.tagName + ':' + document.activeElement.innerText"
        )
        assert "Mevrouw De Vries" in await home.page.evaluate(heading)
        assert (await home.page.evaluate(heading)).startswith("H1:")
        for place, role in (("#call-state", "status"), ("#banner", "status")):
            assert await home.page.locator(place).get_attribute("role") == role
        assert await home.page.locator("#signs").get_attribute("aria-live") == "polite"
        await home.page.locator("#answer").click()
        mute = home.page.locator("#mute")
        await expect(mute).to_have_accessible_name("Zet uw microfoon uit")
        await mute.click()
        await expect(mute).to_have_accessible_name("Zet uw microfoon aan")
