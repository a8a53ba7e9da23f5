"""Pictures of the family page for the documents: what family sees on a telephone.

`picture_family` is called by `script/pictures`; the page is as it is served, the other
side is a device made with aiortc that sends a drawn room. Look at them before they are
committed.
"""

from pathlib import Path

from playwright.async_api import Browser, Page, expect

from calls.call_messages import Reason
from tests.peers.fake_hub import fake_hub
from tests.peers.family_page import (
    NO_WORKER,
    REFUSED,
    context_of,
    family,
    family_browser,
)

NAME = "Mevrouw De Vries"
LARGE = (640, 480)


async def keep(page: Page, path: Path) -> None:
    """Keep what is in the window, once the letters are there and nothing moves."""
    await page.evaluate("() => document.fonts.ready.then(() => null)")
    await page.screenshot(path=path, animations="disabled")


async def picture_joining(browser: Browser, folder: Path) -> None:
    """An invitation, as it is looked at."""
    async with fake_hub() as hub:
        hub.is_logged_in = False
        hub.invitation = {
            "household": NAME,
            "name": "Anna",
            "role": "family",
            "expires": 1_800_000_000,
        }
        async with context_of(browser, hub, errors=REFUSED, **NO_WORKER) as context:
            page = await context.new_page()
            await page.goto(f"{hub.url}/join#token")
            await expect(page.locator("#join-heading")).to_be_visible()
            await keep(page, folder / "family-join.png")


async def picture_calls(browser: Browser, folder: Path) -> None:
    """At home, called, talking, and when nobody can answer."""
    async with family(browser) as home:
        page, device = home.page, home.device
        # Not the first time: the bell was turned on, and notifications.
        await page.evaluate("navigator.serviceWorker.register = async () => null")
        await page.get_by_role("button", name="Zet de bel aan").click()
        await keep(page, folder / "family-home.png")

        device.size = LARGE
        device.ring(NAME)
        await expect(page.locator("#answer")).to_be_visible()
        await keep(page, folder / "family-ringing.png")

        await page.locator("#answer").click()
        await device.hears_and_sees()
        device.tell(microphone=True, camera=True, captions=True)
        await expect(page.locator(".sign")).to_have_count(1)
        await page.wait_for_function(
            "() => document.getElementById('far').videoWidth === 640"
        )
        await keep(page, folder / "family-call.png")
        device.end(Reason.HUNG_UP, device.page)
        await page.locator("#ended-home").click()

        device.answers = False
        await page.locator(".call-button").click()
        await expect(page.locator("#call-state")).to_contain_text("gaat over")
        device.end(Reason.DECLINED, device.page)
        await expect(page.locator("#ended-title")).to_be_visible()
        await keep(page, folder / "family-declined.png")
        await page.locator("#ended-home").click()

        await page.locator(".call-button").click()
        await expect(page.locator("#call-state")).to_contain_text("gaat over")
        device.end(Reason.OFFLINE, device.page)
        await expect(page.locator("#ended-title")).to_be_visible()
        await keep(page, folder / "family-offline.png")


async def picture_family(folder: Path) -> None:
    """Make all of them, at the size of a telephone."""
    async with family_browser(LARGE) as browser:
        await picture_joining(browser, folder)
        await picture_calls(browser, folder)
