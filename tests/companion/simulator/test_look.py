"""How the page looks: all of it in the window, and every word easy to read."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray
from PIL import Image
from playwright.async_api import Page, expect

from companion.simulator.browser_screen import BrowserScreen
from companion.simulator.server import Simulator
from hardware.gpio import GpioPanel, Pins
from hardware.mock_pins import MockPins
from hardware.panel import Button, Light
from hardware.screen import View
from tests.companion.simulator.conftest import Device, simulated_device
from tests.peers.chromium import chromium
from tests.scanner import ADDRESS, code_of, scan
from voice.audio import BLOCK_SAMPLES, Samples

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

# WCAG 2.2, 1.4.6: enhanced contrast.
LEAST_CONTRAST = 7.0
# A finger needs 44 CSS pixels (WCAG 2.2, 2.5.5).
FINGER_PX = 44

BUTTONS = (
    ("talk", "Stoppen"),
    ("family", "Familie bellen"),
    ("line", "Luisterlijn bellen"),
    ("yes", "Ja"),
    ("no", "Nee"),
)
REST = View(clock="14:05", date="woensdag 23 september", buttons=BUTTONS)

# The fullest a screen gets: two sentences of twelve words, all else with it.
FULL = View(
    clock="23:58",
    date="woensdag 23 september",
    said=(
        "Gisteren vertelde u mij dat u in de nacht weinig geslapen had. "
        "Wilt u mij vertellen hoe het vandaag met u en uw knie gaat?"
    ),
    heard="nou ja het gaat vandaag wel weer een beetje beter",
    state="Ik luister",
    buttons=BUTTONS,
    notice="De microfoon staat uit, ik kan u niet horen.",
    simulated=(
        "Dit is een simulatie. Nagebootst: knoppen en lampje, scherm, "
        "microfoon en luidspreker."
    ),
)
ALERT = View(
    clock="14:05",
    date="zondag 22 november",
    said=(
        "Wat u vertelt is ernstig, en het is niet uw schuld. "
        "Veilig Thuis helpt gratis, dag en nacht, bel 0800 2000."
    ),
    state="Ik praat",
    alert="Bel 0800 2000",
    buttons=tuple((name, "Nummer weg") for name in ("talk", "family", "line")),
)

SUGGESTED = View(
    clock="14:05",
    date="zondag 22 november",
    said=(
        "Ik weet nog iets leuks bij u in de buurt, waar u niets voor betaalt. "
        "Zal ik de koffieochtend van morgen voor u in de agenda zetten?"
    ),
    state="Ik luister",
    buttons=BUTTONS,
    notice="De microfoon staat uit, ik kan u niet horen.",
    simulated=FULL.simulated,
    card=(
        "Koffieochtend met breien en haken\nMorgen om kwart voor tien 's ochtends\n"
        "Dorpshuis De Vijver, Kerkstraat 12\nZes minuten lopen\n"
        "Kosten, één euro vijftig"
    ),
)

CALL = View(
    clock="14:05",
    date="zondag 22 november",
    said="De verbinding hapert. Wacht u even, ik probeer het opnieuw.",
    state="Ik praat",
    buttons=tuple((name, "Ophangen") for name in ("talk", "family", "line")),
    notice="De microfoon staat uit, ik kan u niet horen.",
    simulated=FULL.simulated,
    caller="Uw kleindochter Annemarie",
    call="Verbinding hapert",
)

SCANNED = View(
    clock="14:05",
    date="zondag 22 november",
    state="Ik wacht op u",
    buttons=tuple((name, "Klaar") for name in ("talk", "family", "line")),
    notice="De microfoon staat uit, ik kan u niet horen.",
    simulated=FULL.simulated,
    code=code_of(),
)

WHOLE = (
    ".said, .heard, #notice, .meaning, #clock, #date, #state, #alert, #caller, #call,"
    " #card, .code-title, .code-note, .code-address, .code-modules"
)
CONTROLS = ".dome:visible, .key:visible, #switch, #sound-button:visible"

# Every piece of text that is seen: its colour and where it stands.
TEXTS = """
() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const parent = node.parentElement;
    const style = getComputedStyle(parent);
    if (!node.data.trim() || !parent.checkVisibility({ checkVisibilityCSS: true })
        || getComputedStyle(parent).clipPath !== "none") {
      continue;
    }
    const range = document.createRange();
    range.selectNode(node);
    for (const { x, y, width, height } of range.getClientRects()) {
      found.push({ text: node.data, colour: style.color, x, y, width, height });
    }
  }
  return found;
}
"""

HIDE_LETTERS = """
() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { color: transparent !important }");
  document.adoptedStyleSheets = [sheet];
}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tab() -> AsyncIterator[Page]:
    """One for all tests, which each load the page of a device of their own.

    Most of what drawing the first page of a tab takes, is not taken by the next.
    """
    async with chromium() as browser:
        yield await browser.new_page()


@pytest_asyncio.fixture(loop_scope="module")
async def device() -> AsyncIterator[Device]:
    """A device that wants its sound."""
    async with simulated_device() as found:
        await found.sound.open(ignore, silence, ignore)
        yield found


def silence() -> Samples:
    return np.zeros(BLOCK_SAMPLES, dtype=np.int16)


def ignore(_: object) -> None:
    """Take no notice."""


@asynccontextmanager
async def opened(
    tab: Page, device: Device, width: int, height: int
) -> AsyncIterator[Page]:
    """The page in a window of this size, with the sound still to be put on."""
    await tab.set_viewport_size({"width": width, "height": height})
    await tab.goto(device.simulator.url)
    await expect(tab.locator(".talk.dome")).to_be_visible()
    await expect(tab.locator("#sound-button")).to_be_visible()
    await tab.evaluate("() => document.fonts.ready.then(() => null)")
    yield tab
    await tab.goto("about:blank")


async def show(page: Page, device: Device, view: View) -> None:
    """Show a view and wait until it is drawn."""
    device.screen.show(view)
    await expect(page.locator("#clock")).to_have_text(view.clock)
    await expect(page.locator("#alert")).to_have_text(view.alert)
    await expect(page.locator("#said")).to_have_text(view.said)
    await expect(page.locator("#card")).to_have_text(view.card)
    title = view.code.title if view.code else ""
    await expect(page.locator("#code-title")).to_have_text(title)


async def outside(page: Page, selector: str) -> list[str]:
    """What of these does not stand whole in the window."""
    left_out: list[str] = await page.locator(selector).evaluate_all(
        """found => found.filter(e => e.offsetParent).filter(e => {
          const { left, top, right, bottom } = e.getBoundingClientRect();
          return left < 0 || top < 0 || right > innerWidth + 0.5
            || bottom > innerHeight + 0.5;
        }).map(e => e.className || e.id)"""
    )
    return left_out


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080)])
async def test_on_a_laptop_all_of_the_fullest_screen_is_in_the_window(
    tab: Page, device: Device, width: int, height: int
) -> None:
    async with opened(tab, device, width, height) as page:
        for view in (REST, FULL, SUGGESTED, ALERT, SCANNED, CALL):
            await show(page, device, view)

            assert await page.evaluate(
                "() => [document.body, document.documentElement].every("
                "e => e.scrollHeight <= innerHeight && e.scrollWidth <= innerWidth)"
            )
            assert await outside(page, f"{WHOLE}, {CONTROLS}, #help") == []
            assert await page.evaluate(
                "() => ['screen', 'captions', 'alert', 'code'].every(id => {"
                " const e = document.getElementById(id);"
                " return e.scrollHeight <= e.clientHeight })"
            )

        name = page.locator("#caller")
        await expect(name).to_have_text(CALL.caller)
        assert await name.is_visible()
        assert not await page.locator("#clock").is_visible()
        large = await name.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
        assert large >= 40
        await show(page, device, FULL)
        assert not await name.is_visible()
        assert await page.locator("#heard").is_visible()
        sizes = await page.locator(WHOLE).evaluate_all(
            "found => found.map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert min(sizes) >= 32


@pytest.mark.parametrize(("width", "height"), [(390, 844), (360, 740)])
async def test_on_a_phone_nothing_is_cut_off_and_fingers_find_the_buttons(
    tab: Page, device: Device, width: int, height: int
) -> None:
    async with opened(tab, device, width, height) as page:
        await show(page, device, FULL)

        assert await page.evaluate(
            "() => document.documentElement.scrollWidth <= innerWidth"
        )
        boxes: list[dict[str, float]] = await page.locator(CONTROLS).evaluate_all(
            "found => found.map(e => e.getBoundingClientRect().toJSON())"
        )
        assert len(boxes) == 7
        for box in boxes:
            assert min(box["width"], box["height"]) >= FINGER_PX
            assert box["left"] >= 0 and box["right"] <= width
        for index, one in enumerate(boxes):
            assert not any(overlap(one, other) for other in boxes[index + 1 :])

        await show(page, device, REST)
        # What matters most is there without scrolling.
        await page.evaluate("() => scrollTo(0, 0)")
        assert await outside(page, "#clock, .meaning") == []


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return (
        one["left"] < other["right"]
        and other["left"] < one["right"]
        and one["top"] < other["bottom"]
        and other["top"] < one["bottom"]
    )


@pytest.mark.parametrize(
    "view",
    [REST, FULL, SUGGESTED, ALERT, CALL, SCANNED],
    ids=["rest", "full", "suggestion", "alert", "call", "code"],
)
async def test_every_word_stands_out_from_what_is_behind_it(
    tab: Page, device: Device, view: View
) -> None:
    async with opened(tab, device, 1280, 800) as page:
        # The brightest light there is: it shines on the cloth around it.
        device.panel.show(Light.SPEAKING)
        await show(page, device, view)
        await page.wait_for_function(
            "() => (document.getElementById('light').dataset.colour ?? '')"
            ".startsWith('204')"
        )
        texts = await page.evaluate(TEXTS)
        await page.evaluate(HIDE_LETTERS)
        png = await page.screenshot()

    behind = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    assert len(texts) > 11
    contrasts = {text["text"]: least_contrast(text, behind) for text in texts}
    low = {text: ratio for text, ratio in contrasts.items() if ratio < LEAST_CONTRAST}
    assert low == {}


def least_contrast(text: dict[str, Any], behind: NDArray[np.uint8]) -> float:
    """The least contrast of a text with any pixel behind it (WCAG 2.2)."""
    colour = np.array(
        [int(part) for part in text["colour"].removeprefix("rgb(")[:-1].split(",")]
    )
    area = behind[
        max(0, round(text["y"])) : round(text["y"] + text["height"]),
        max(0, round(text["x"])) : round(text["x"] + text["width"]),
    ]
    levels = luminance(area.reshape(-1, 3))
    own = float(luminance(colour[None, :])[0])
    ratios = (np.maximum(levels, own) + 0.05) / (np.minimum(levels, own) + 0.05)
    return float(ratios.min())


def luminance(colours: NDArray[Any]) -> NDArray[np.float64]:
    """Relative luminance of sRGB colours, shape (count, 3)."""
    parts = colours / 255.0
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    result: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return result


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1920, 1080), (390, 844)])
async def test_a_telephone_reads_the_code_and_a_reader_names_it(
    tab: Page, device: Device, width: int, height: int
) -> None:
    async with opened(tab, device, width, height) as page:
        await show(page, device, SCANNED)
        picture = page.get_by_role("img", name="Blok met zwarte en witte vakjes")
        png = await picture.screenshot()
        code = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
        assert scan(code) == [ADDRESS]
        # Held before a laptop, 40 cm away: 4 cm, with a notice on the screen too.
        assert min(code.shape) >= 220
        await expect(page.locator("#code-address")).to_have_text(ADDRESS)
        assert not await page.locator("#captions").is_visible()
        await show(page, device, REST)
        await expect(page.locator("#code")).to_be_hidden()


async def test_buttons_that_do_the_same_stand_together(
    tab: Page, device: Device
) -> None:
    async with opened(tab, device, 1280, 800) as page:
        stop = tuple((name, "Stoppen") for name in ("talk", "family", "line"))
        await show(page, device, View(clock="14:06", buttons=stop))

        await expect(page.locator("#meanings li")).to_have_text(["Stoppen"])
        assert await page.locator("#meanings .dot").count() == 3

        await show(page, device, REST)
        await expect(page.locator("#meanings li")).to_have_text(
            ["Stoppen", "Familie bellen", "Luisterlijn bellen"]
        )


async def test_the_help_names_only_buttons_that_are_there(tab: Page) -> None:
    pins = Pins({Button.TALK: 17, Button.YES: 5})
    wires = MockPins(pins)
    panel = GpioPanel(pins, wires.open)
    await panel.open()
    simulator = Simulator(0, wires, panel.buttons)
    await simulator.open()
    await BrowserScreen(simulator.tabs, simulator.pictures).open()
    await tab.goto(simulator.url)
    await expect(tab.locator("#help")).to_contain_text("T of spatie: praten")
    await expect(tab.locator("#help")).to_contain_text("J: ja")
    for absent in ("familie", "luisterlijn", "nee", "harder", "zachter"):
        await expect(tab.locator("#help")).not_to_contain_text(absent)
    await simulator.close()
    await panel.close()
