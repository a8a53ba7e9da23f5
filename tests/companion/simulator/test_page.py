"""The page in a real Chromium: fingers, captions, sound both ways."""

import asyncio
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from companion.simulator.browser_sound import BrowserSound
from hardware.panel import Button, Light, MicrophoneSwitched, Pressed
from hardware.screen import View
from tests.companion.simulator.conftest import Device, simulated_device
from tests.peers.chromium import chromium
from voice.audio import BLOCK_SAMPLES, RATE_HZ, Samples

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

WAIT_S = 30.0

# What the microphone hears.
TONE_HZ = 440

# The page has no door for tests: what it sends to the loudspeaker is measured by
# listening at the browser's own output, as a microphone before it would.
LISTEN_AT_OUTPUT = """
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...rest) {
  if (target instanceof AudioDestinationNode) {
    const ear = new AnalyserNode(this.context, { fftSize: 4096 });
    connect.call(this, ear);
    window.outputPeakHz = () => {
      const levels = new Float32Array(ear.frequencyBinCount);
      ear.getFloatFrequencyData(levels);
      const peak = levels.indexOf(Math.max(...levels));
      return levels[peak] < -50 ? 0 : peak * this.context.sampleRate / ear.fftSize;
    };
    window.outputIsSilent = () => {
      const wave = new Float32Array(512);
      ear.getFloatTimeDomainData(wave);
      return wave.every((value) => Math.abs(value) < 0.001);
    };
  }
  return connect.call(this, target, ...rest);
};
"""

OTHER_RATE = """
const RealContext = AudioContext;
window.AudioContext = class extends RealContext {
  constructor() { super({ sampleRate: 44100 }); }
};
"""


class Tone:
    """Plays a tone while it is on."""

    def __init__(self, hz: float) -> None:
        self.is_on = True
        self._hz = hz
        self._at = 0

    def next_block(self) -> Samples:
        if not self.is_on:
            return np.zeros(BLOCK_SAMPLES, dtype=np.int16)
        steps = np.arange(self._at, self._at + BLOCK_SAMPLES)
        self._at += BLOCK_SAMPLES
        wave = 10_000 * np.sin(2 * np.pi * self._hz * steps / RATE_HZ)
        return wave.astype(np.int16)


class Ear:
    """Collects what the microphone gives."""

    def __init__(self) -> None:
        self._blocks: asyncio.Queue[Samples] = asyncio.Queue(2000)

    def hear(self, block: Samples) -> None:
        self._blocks.put_nowait(block)

    async def peak_hz(self) -> float:
        """The strongest frequency of the first half second that is not silent."""
        async with asyncio.timeout(WAIT_S):
            while np.abs(await self._blocks.get()).max() < 500:
                pass
            blocks = [await self._blocks.get() for _ in range(25)]
        levels = np.abs(np.fft.rfft(np.concatenate(blocks)))
        return float(levels.argmax() * RATE_HZ / (25 * BLOCK_SAMPLES))


def ignore(_: object) -> None:
    """Take no notice."""


def silence() -> Samples:
    return np.zeros(BLOCK_SAMPLES, dtype=np.int16)


def write_tone(path: Path, hz: float, seconds: float) -> Path:
    steps = np.arange(int(RATE_HZ * seconds))
    samples = (12_000 * np.sin(2 * np.pi * hz * steps / RATE_HZ)).astype(np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """One for all tests; its microphone hears a tone each time it is opened."""
    file = tmp_path_factory.mktemp("microphone") / "tone.wav"
    async with chromium(write_tone(file, TONE_HZ, seconds=8)) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def device() -> AsyncIterator[Device]:
    """The device a browser may open; its sound is opened by the test."""
    async with simulated_device() as found:
        yield found


@asynccontextmanager
async def page_of(
    browser: Browser, device: Device, *scripts: str
) -> AsyncIterator[Page]:
    """The page, drawn and connected; the test fails on any error in its console."""
    errors: list[str] = []
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        for script in (*scripts, LISTEN_AT_OUTPUT):
            await context.add_init_script(script)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda line: errors.append(line.text) if line.type == "error" else None,
        )
        await open_page(page, device)
        yield page
    finally:
        await context.close()
    assert errors == []


async def open_page(page: Page, device: Device) -> None:
    await page.goto(device.simulator.url)
    await expect(page.locator(".talk.dome")).to_be_visible()


async def start_sound(page: Page) -> None:
    await page.get_by_role("button", name="Zet geluid aan").click()


async def next_event(device: Device) -> object:
    async with asyncio.timeout(WAIT_S):
        return await anext(device.panel.events())


async def next_button(device: Device) -> Button:
    event = await next_event(device)
    assert isinstance(event, Pressed)
    return event.button


async def test_fingers_and_keys_press_the_real_panel(
    browser: Browser, device: Device
) -> None:
    async with page_of(browser, device) as page:
        family = await page.get_by_role("button", name="Familie").bounding_box()
        assert family is not None
        await page.mouse.move(family["x"] + 60, family["y"] + 60)
        await page.mouse.down()
        # On the way down, not on the way up.
        assert await next_button(device) is Button.FAMILY
        await page.mouse.up()

        await page.keyboard.press("l")
        assert await next_button(device) is Button.LINE
        await page.keyboard.press("Space")
        assert await next_button(device) is Button.TALK
        await page.get_by_role("button", name="Nee").focus()
        await page.keyboard.press("Enter")
        assert await next_button(device) is Button.NO

        await page.get_by_role("switch", name="Microfoon").click()
        assert await next_event(device) == MicrophoneSwitched(is_on=False)
        await expect(page.get_by_role("switch")).not_to_be_checked()
        assert await page.get_by_role("button", name="Harder").count() == 0


async def test_the_screen_shows_captions_alert_and_light(
    browser: Browser, device: Device
) -> None:
    async with page_of(browser, device) as page:
        device.screen.show(
            View(
                clock="14:05",
                date="zondag 22 november",
                said="Hoe hebt u geslapen?",
                heard="<b>goed</b>",
                state="Ik luister",
                buttons=(("talk", "stoppen"),),
                notice="Microfoon staat uit",
                simulated="Nagebootst: scherm",
            )
        )
        await expect(page.locator("#said")).to_have_text("Hoe hebt u geslapen?")
        await expect(page.locator("#heard")).to_have_text("<b>goed</b>")
        await expect(page.locator("#clock")).to_have_text("14:05")
        await expect(page.locator("#notice")).to_be_visible()
        await expect(page.locator("#simulated")).to_have_text("Nagebootst: scherm")
        await expect(page.locator("#meanings li")).to_have_text(["stoppen"])
        await expect(page.locator("#alert")).to_be_hidden()
        sizes = await page.locator(".screen p:visible, .screen li").evaluate_all(
            "found => found.map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert min(sizes) >= 32

        device.screen.show(View(alert="Bel 112"))
        await expect(page.get_by_role("alert")).to_have_text("Bel 112")
        device.panel.show(Light.MICROPHONE_OFF)
        await page.wait_for_function(
            "() => { const [r, g, b] = (document.getElementById('light').dataset"
            ".colour ?? '0 0 0').split(' ').map(Number); return r > 2 * (g + b); }"
        )


@pytest.mark.parametrize("script", ["", OTHER_RATE], ids=["48 kHz", "44.1 kHz"])
async def test_sound_goes_both_ways(
    browser: Browser, device: Device, script: str
) -> None:
    ear, tone = Ear(), Tone(600)
    await device.sound.open(ear.hear, tone.next_block, ignore)
    async with page_of(browser, device, script) as page:
        await start_sound(page)

        assert await ear.peak_hz() == pytest.approx(TONE_HZ, abs=4)
        assert device.sound.has_microphone
        await page.wait_for_function("() => Math.abs(outputPeakHz() - 600) < 15")

        tone.is_on = False
        device.sound.flush()
        await page.wait_for_function("() => outputIsSilent()")


async def test_reload_and_two_tabs_do_no_harm(browser: Browser, device: Device) -> None:
    tone = Tone(600)
    await device.sound.open(ignore, tone.next_block, ignore)
    async with page_of(browser, device) as first:
        await start_sound(first)
        await first.wait_for_function("() => window.outputPeakHz && outputPeakHz() > 0")
        second = await first.context.new_page()
        await open_page(second, device)
        await second.get_by_role("button", name="Neem geluid hier over").click()
        await second.wait_for_function(
            "() => window.outputPeakHz && outputPeakHz() > 0"
        )
        await expect(first.locator("#sound-text")).to_have_text(
            "Geluid loopt via een ander tabblad."
        )

        await second.reload()
        await expect(second.locator("#sound-button")).to_have_text("Zet geluid aan")
        assert not device.sound.has_microphone
        await start_sound(second)
        await expect(second.locator("#sound-text")).to_have_text("Geluid staat aan")
        assert device.sound.has_microphone

        await first.bring_to_front()
        await first.keyboard.press("f")
        assert await next_button(device) is Button.FAMILY


async def test_a_refused_microphone_is_said_and_the_rest_works(
    device: Device,
) -> None:
    tone = Tone(600)
    await device.sound.open(ignore, tone.next_block, ignore)
    async with (
        chromium(may_record=False) as browser,
        page_of(browser, device) as page,
    ):
        await start_sound(page)

        await expect(page.locator("#sound-text")).to_contain_text(
            "De browser geeft de microfoon niet."
        )
        assert not device.sound.has_microphone
        await page.wait_for_function("() => Math.abs(outputPeakHz() - 600) < 15")
        await page.get_by_role("button", name="Ja", exact=True).click()
        assert await next_button(device) is Button.YES


async def test_the_page_comes_back_after_the_device_was_away(
    browser: Browser, device: Device
) -> None:
    sound: BrowserSound = device.sound
    await sound.open(ignore, silence, ignore)
    page = await browser.new_page()
    try:
        await open_page(page, device)
        await start_sound(page)
        await expect(page.locator("#sound-text")).to_have_text("Geluid staat aan")

        await device.simulator.close()
        await expect(page.locator("#lost")).to_be_visible()
        assert not sound.has_microphone
        await device.simulator.open()

        await expect(page.locator("#lost")).to_be_hidden()
        await expect(page.locator("#sound-text")).to_have_text("Geluid staat aan")
        await page.keyboard.press("t")
        assert await next_button(device) is Button.TALK
        assert sound.has_microphone
    finally:
        await page.close()
