"""The whole device as a user gets it: the command, a browser, a voice, an ear."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import pytest
from playwright.async_api import BrowserContext, Page, expect

from companion.wording import Phrasebook, load_phrasebook
from tests.installed import installed_model
from tests.peers.chromium import chromium
from tests.peers.running_device import RunningDevice, running_device
from tests.peers.speaker import say_into

pytestmark = pytest.mark.real

# What it measured: pytest -rP --log-level=INFO
logger = logging.getLogger(__name__)

# Promised are 8 s and 2 s, which benchmarks/start.py measures; this machine may be
# busy with something else.
READY_AT_MOST_S = 60.0
STOP_AT_MOST_S = 15.0
# Promised are 150 ms, on a device that has nothing else to do; a sentence would go on
# for seconds.
SILENT_AT_MOST_MS = 1000.0
WAIT_MS = 60_000.0

# Listens where the loudspeaker would be, and notes when it was last loud and when
# the talk button went down.
LISTEN_AT_OUTPUT = """
const connect = AudioNode.prototype.connect;
window.loudAtMs = 0;
AudioNode.prototype.connect = function (target, ...rest) {
  if (target instanceof AudioDestinationNode) {
    const ear = new AnalyserNode(this.context, { fftSize: 256 });
    const wave = new Float32Array(ear.fftSize);
    connect.call(this, ear);
    setInterval(() => {
      ear.getFloatTimeDomainData(wave);
      if (wave.some((value) => Math.abs(value) > 0.003)) {
        window.loudAtMs = performance.now();
      }
    }, 4);
  }
  return connect.call(this, target, ...rest);
};
addEventListener("keydown", () => { window.pressedAtMs = performance.now(); }, true);
"""


@asynccontextmanager
async def device_and_browser(
    folder: Path, words: str = "ja", times: int = 1, *, may_record: bool = True
) -> AsyncIterator[tuple[RunningDevice, BrowserContext]]:
    """A device with a fresh journal; the microphone says `words` 1.5 s after it opens.

    And again some seconds later, as many `times` as asked.

    The device and the page must end without a single error.
    """
    models = installed_model("whisper-base").parent
    voice = await say_into(folder / "voice.wav", words, 1.5, times)
    errors: list[str] = []
    async with running_device(folder, models) as device:
        async with chromium(voice, may_record=may_record) as browser:
            context = await browser.new_context(viewport={"width": 1280, "height": 800})
            await context.add_init_script(LISTEN_AT_OUTPUT)
            context.on("weberror", lambda error: errors.append(str(error.error)))
            yield device, context
    logger.info("ready after %.1f s, ended after %.2f s", device.ready_s, device.stop_s)
    assert errors == []
    assert "Traceback" not in device.log
    assert device.ready_s <= READY_AT_MOST_S, f"ready after {device.ready_s:.1f} s"
    assert device.stop_s <= STOP_AT_MOST_S, f"stopped after {device.stop_s:.1f} s"


async def open_page(context: BrowserContext, device: RunningDevice) -> Page:
    page = await context.new_page()
    await page.goto(device.url)
    await expect(page.locator("#clock")).not_to_be_empty()
    await expect(page.locator(".talk.dome")).to_be_visible()
    return page


async def start_sound(page: Page) -> None:
    await page.locator("#sound-button").click()


async def until_state(page: Page, state: str) -> None:
    await expect(page.locator("#state")).to_have_text(state, timeout=WAIT_MS)


async def until_colour(page: Page, is_so: str) -> None:
    """Wait until the light shows a colour for which this holds of red, green, blue."""
    await page.wait_for_function(
        "() => { const [red, green, blue] = document.getElementById('light')"
        f".dataset.colour.split(' ').map(Number); return {is_so}; }}"
    )


def wordings(key: str, phrasebook: Phrasebook) -> set[str]:
    """All ways in which the device may say this."""
    return {wording.speak({}).text for wording in phrasebook.variants(key)}


async def said(page: Page) -> str:
    return await page.locator("#said").inner_text()


async def test_a_conversation_survives_a_reload_and_another_tab(
    tmp_path: Path,
) -> None:
    phrasebook = load_phrasebook()
    # Not once: just then the device may be telling that there is no hurry.
    async with device_and_browser(tmp_path, "ja", 4) as (device, context):
        page = await open_page(context, device)
        assert await page.locator("#simulated").is_visible()
        await expect(page.locator("#meanings li").first).to_have_text("Praten")
        await until_colour(page, "red < 40 && red === blue")

        # Pressed with a finger; the device asks, in its own words.
        await start_sound(page)
        await expect(page.locator("#sound-text")).to_have_text("Geluid staat aan")
        await page.locator(".talk.dome").click()
        await until_state(page, "Ik praat")
        await until_colour(page, "red > 150 && red > 2 * blue")
        question = await said(page)
        assert question in wordings("checkin.first_press.ask", phrasebook)
        await expect(page.locator("#meanings li")).to_have_text(["Stoppen"])
        await until_state(page, "Ik luister")
        await until_colour(page, "red > 60 && red === blue")

        # A second tab shows the same; the first may be loaded again meanwhile.
        second = await open_page(context, device)
        assert await said(second) == question
        await page.reload()
        await until_state(page, "Ik luister")
        assert await said(page) == question

        # The microphone comes back with the sound, and then somebody says "ja".
        await start_sound(page)
        heard = page.locator("#heard")
        await expect(heard).not_to_be_empty(timeout=WAIT_MS)
        assert (await heard.inner_text()).lower().startswith("ja")
        await expect(page.locator("#said")).not_to_have_text(question, timeout=WAIT_MS)
        assert await second.locator("#heard").inner_text() == await heard.inner_text()
        await second.close()

        # Stopped with a key: no words, no state, and the clock again.
        await page.bring_to_front()
        await page.keyboard.press("t")
        await until_state(page, "")
        await expect(page.locator("#said-line")).to_be_hidden()
        await expect(page.locator("#heard-line")).to_be_hidden()
        await until_colour(page, "red < 40 && red === blue")


async def test_a_press_silences_the_browser(
    tmp_path: Path,
) -> None:
    async with device_and_browser(tmp_path) as (device, context):
        page = await open_page(context, device)
        await start_sound(page)
        await expect(page.locator("#sound-text")).to_have_text("Geluid staat aan")
        measured_ms = []
        for _ in range(3):
            await page.keyboard.press("t")
            await until_state(page, "Ik praat")
            # In the middle of a sentence, loud just now.
            await page.wait_for_function(
                "() => loudAtMs > pressedAtMs + 700"
                " && performance.now() - loudAtMs < 20"
            )
            await page.keyboard.press("t")
            await until_state(page, "")
            # Half a second without a sound: it stays silent.
            await page.wait_for_function("() => performance.now() - loudAtMs > 500")
            measured_ms.append(await page.evaluate("() => loudAtMs - pressedAtMs"))
            # A press that soon after the last one is a tremor's.
            await page.wait_for_function("() => performance.now() - pressedAtMs > 900")
    logger.info("silent after a press: %s ms", [round(each) for each in measured_ms])
    # Of three, since now and then another program has the processor.
    assert median(measured_ms) <= SILENT_AT_MOST_MS


async def test_without_a_microphone_the_buttons_answer(tmp_path: Path) -> None:
    phrasebook = load_phrasebook()
    async with device_and_browser(tmp_path, may_record=False) as (device, context):
        page = await open_page(context, device)
        await start_sound(page)
        await expect(page.locator("#sound-text")).to_contain_text(
            "De browser geeft de microfoon niet."
        )

        await page.keyboard.press("Space")
        await until_state(page, "Druk op ja of nee")
        question = await said(page)
        await page.keyboard.press("j")
        # Said yes to the questions: the next thing is said, and it is another one.
        await expect(page.locator("#said")).not_to_have_text(question, timeout=WAIT_MS)
        await page.keyboard.press("t")
        await until_state(page, "")

        # The offer was taken, so now it asks what is wished: that needs ears.
        await page.wait_for_function("() => performance.now() - pressedAtMs > 900")
        await page.keyboard.press("t")
        cannot = wordings("cannot_hear.no_microphone", phrasebook)
        await page.wait_for_function(
            "texts => texts.includes(document.getElementById('said').textContent)",
            arg=sorted(cannot),
            timeout=WAIT_MS,
        )
        await until_state(page, "")
