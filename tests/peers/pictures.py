"""Makes the pictures of the documents: `script/pictures`.

The simulator's come from the device as a user gets it: the command, pressed by a
mouse in a headless Chromium, with espeak-ng before its microphone and Whisper to
understand it. Those of the family's page come from calls on it. The screen's are drawn
by the painter of the television, with texts of the language pack. Look at them before
they are committed.
"""

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import Page, expect

from companion.buttons import Floor, press_labels
from companion.understanding.times import say_date
from companion.wording import load_phrasebook
from hardware.painter import render_png
from hardware.panel import Button
from hardware.screen import Code, View
from tests.installed import installed_model
from tests.peers.chromium import chromium
from tests.peers.family_pictures import picture_family
from tests.peers.running_device import running_device
from tests.peers.speaker import say_into
from tests.scanner import code_of

WAIT_MS = 60_000.0
LAPTOP = (1280, 800)
PHONE = (390, 844)
TELEVISION = (1920, 1080)
MORNING = datetime(2026, 3, 18, 10, 5, tzinfo=UTC)


async def take(page: Page, size: tuple[int, int], path: Path) -> None:
    """Keep what the page looks like in a window of this size."""
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await page.evaluate("() => scrollTo(0, 0)")
    # Two frames: the letters have found their size after the first.
    await page.evaluate(
        "() => new Promise(done => requestAnimationFrame("
        "() => requestAnimationFrame(() => done(null))))"
    )
    await page.screenshot(path=path)


async def picture_simulator(folder: Path) -> None:
    """At rest, and in a conversation on a laptop and on a phone."""
    models = installed_model("whisper-base").parent
    with tempfile.TemporaryDirectory() as work:
        voice = await say_into(Path(work) / "voice.wav", "ja", after_s=1.5)
        async with (
            running_device(Path(work), models, hour=10) as device,
            chromium(voice) as browser,
        ):
            page = await browser.new_page()
            await page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
            await page.goto(device.url)
            await expect(page.locator("#clock")).not_to_be_empty()
            await page.locator("#sound-button").click()
            sound = page.locator("#sound-text")
            await expect(sound).to_have_text("Geluid staat aan")
            await take(page, LAPTOP, folder / "simulator-rest.png")

            await page.locator(".talk.dome").click()
            state, said = page.locator("#state"), page.locator("#said")
            await expect(state).to_have_text("Ik luister", timeout=WAIT_MS)
            asked = await said.inner_text()
            # Loaded again, its microphone begins anew: "ja", just in time.
            await page.reload()
            await page.locator("#sound-button").click()
            await expect(said).not_to_have_text(asked, timeout=WAIT_MS)
            await expect(state).to_have_text("Ik luister", timeout=WAIT_MS)
            await page.mouse.move(0, 0)
            await page.wait_for_function(
                "() => document.getElementById('light').dataset.colour > '240'"
            )
            await take(page, LAPTOP, folder / "simulator.png")
            await take(page, PHONE, folder / "simulator-phone.png")


def television_views() -> Mapping[str, View]:
    """What the television shows: at rest, in talk, in danger, and what is spoken of."""
    phrasebook = load_phrasebook()
    text = phrasebook.text

    def view(floor: Floor, code: Code | None = None, **parts: str) -> View:
        buttons = (Button.TALK, Button.FAMILY, Button.LINE)
        return View(
            clock=f"{MORNING:%H:%M}",
            date=say_date(MORNING),
            buttons=press_labels(floor, buttons, phrasebook),
            code=code,
            **parts,
        )

    week_later = say_date(MORNING + timedelta(days=7))
    invitation = replace(
        code_of(),
        title=text("invitation.scan", person="Anna"),
        note=text("invitation.until", date=week_later),
    )
    return {
        "screen-rest": view(Floor.FREE),
        "screen-invitation": view(
            Floor.SHOWING, invitation, state=text("state.waiting")
        ),
        "screen-talking": view(
            Floor.TAKEN,
            said=text("checkin.mood.ask"),
            heard="ja hoor",
            state=text("state.listening"),
        ),
        "screen-suggestion": view(
            Floor.TAKEN,
            said=text("outings.fits.ask_cost", cost="één euro vijftig"),
            card="\n".join(
                (
                    "Koffieochtend",
                    "Morgen om tien uur 's ochtends",
                    "Dorpshuis De Vijver",
                    "Zes minuten lopen",
                    text("outings.shown_cost", cost="één euro vijftig"),
                )
            ),
            state=text("state.listening"),
        ),
        "screen-alert": view(
            Floor.ALERT,
            said=text("danger.medical.say"),
            state=text("state.speaking"),
            alert=text("danger.medical.number"),
        ),
    }


def main(folder: Path) -> None:
    """Make all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, view in television_views().items():
        render_png(view, *TELEVISION, folder / f"{name}.png")
    asyncio.run(picture_simulator(folder))
    asyncio.run(picture_family(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
