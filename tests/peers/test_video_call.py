"""A whole video call: the real device, its own hub, and the page in Chromium."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Page as BrowserPage
from playwright.async_api import WebSocketRoute, expect

from companion.simulator.jpeg import read_jpeg
from companion.simulator.pictures import NO_PICTURE
from tests.peers.chromium import chromium, wait_until
from tests.peers.device import READY, RunningDevice, started_device
from tests.peers.family_page import WATCH_CONNECTIONS
from voice.audio import RATE_HZ
from voice.files import read_wav

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

PERSON = {"name": "De Vries", "address": "mevrouw"}

RECEIVED = """
async least => {
  if (!window.peers.length) {
    return false;
  }
  const i = await window.inbound();
  return i.video >= least && i.audio >= least;
}
"""


async def praatpaal(folder: Path, *words: str) -> dict[str, Any]:
    """What a command of the command line answers, as JSON."""
    command = (sys.executable, "-m", "companion.cli")
    settings = str(folder / "praatpaal.toml")
    process = await asyncio.create_subprocess_exec(
        *command, *words, "--settings", settings, "--json",
        env={**os.environ, "PRAATPAAL_STATE": str(folder / "state")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, wrong = await process.communicate()
    assert process.returncode == 0, wrong.decode()
    found: dict[str, Any] = json.loads(said)
    return found


@dataclass(slots=True)
class Home:
    """A device that runs, and somebody who follows it in a browser.

    Attributes:
        folder: Of the device's settings and state.
        device: The command.
        url: Of the page of who follows.
        family: That page.
        was_heard: Whether the page was ever heard at the device.
    """

    folder: Path
    device: RunningDevice
    url: str
    family: BrowserPage
    was_heard: bool = False

    async def begin(self) -> None:
        """Both at rest, whatever was before."""
        await self.family.goto(self.url)
        call_button = self.family.locator("#households .call-button")
        await expect(call_button).to_be_enabled()
        async with self.device.page() as panel:
            await panel.rests()

    async def sees(self) -> None:
        """Wait until the device shows pictures that differ."""
        url = f"{self.device.url}/pictures"
        seen: list[Any] = []
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(url, origin=self.device.url, max_msg_size=0) as pictures,
            asyncio.timeout(30),
        ):
            while len(seen) < 3:
                jpeg = await pictures.receive_bytes()
                if jpeg == NO_PICTURE:
                    continue
                pixels = read_jpeg(jpeg).to_ndarray(format="gray")
                if not seen or np.abs(pixels - 1.0 * seen[-1]).max() > 20:
                    seen.append(pixels)

    async def sees_nothing(self) -> None:
        """Wait until the device shows no picture."""
        url = f"{self.device.url}/pictures"
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(url, origin=self.device.url, max_msg_size=0) as pictures,
            asyncio.timeout(30),
        ):
            while await pictures.receive_bytes() != NO_PICTURE:
                pass

    async def both_hear_and_see(self) -> None:
        """Wait until sound and picture go both ways."""
        await wait_until(self.family, RECEIVED, 20)
        await self.sees()
        self.was_heard = True


class HeldRing:
    """Keeps the device's ring from the page, until the page rang as well.

    Attributes:
        came: Set once the ring is on its way.
    """

    def __init__(self) -> None:
        self.came = asyncio.Event()
        self._page: WebSocketRoute | None = None
        self._ring: str | bytes = ""
        self._is_through = False

    def stand_between(self, page: WebSocketRoute) -> None:
        """Hand on whatever else the hub sends to the page."""
        self._page = page

        def take(message: str | bytes) -> None:
            if self._is_through or json.loads(message)["type"] != "ring":
                page.send(message)
            else:
                self._ring = message
                self.came.set()

        page.connect_to_server().on_message(take)

    def let_through(self) -> None:
        """Let the page have it; after `came`."""
        assert self._page is not None
        self._is_through = True
        self._page.send(self._ring)


@asynccontextmanager
async def home(folder: Path) -> AsyncIterator[Home]:
    """Mevrouw De Vries, and her daughter who accepted an invitation."""
    heard = folder / "heard.wav"
    async with (
        started_device(
            folder,
            person=PERSON,
            device={"loudspeaker_file": str(heard)},
            camera={"kind": "test"},
        ) as device,
        chromium() as browser,
    ):
        await device.logs(READY)
        await praatpaal(folder, "people", "add", "Anna Smit", "daughter")
        invited = await praatpaal(folder, "people", "invite", "1")
        context = await browser.new_context(locale="nl-NL")
        await context.add_init_script(WATCH_CONNECTIONS)
        family = await context.new_page()
        await family.goto(invited["url"])
        await expect(family.locator("#join-heading")).to_have_text(
            "Mevrouw De Vries nodigt u uit"
        )
        await family.locator("#join-form button[type=submit]").click()
        await expect(family.locator("#passkey-make")).to_be_visible()
        house = Home(folder, device, invited["url"].partition("/join")[0], family)
        yield house
        # What belongs to nobody's log: who was called, where, and what with.
        for word in ("Anna", "Smit", "127.0.0.1:", "candidate", "192.168"):
            assert word not in device.log.replace(device.url, ""), word
        assert await device.stop() == 0
    if house.was_heard:
        # Chromium's fake microphone beeps; that came out of the loudspeaker.
        sound, rate_hz = read_wav(heard)
        assert rate_hz == RATE_HZ and np.abs(sound).max() > 1_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    """One home for all tests."""
    async with home(tmp_path_factory.mktemp("house")) as it:
        yield it


async def test_a_press_rings_family_and_a_press_hangs_up(house: Home) -> None:
    await house.begin()
    async with house.device.page() as panel:
        await panel.press("family")
        await panel.until(lambda page: page.view["caller"] == "Anna")
        await expect(house.family.locator("#ringing-name")).to_have_text(
            "Mevrouw De Vries"
        )
        await panel.says("gaat over")
    await house.family.locator("#answer").click()
    await house.both_hear_and_see()

    async with house.device.page() as panel:
        await panel.until(lambda page: page.view["caller"] == "Anna")
        await panel.press("talk")
        await expect(house.family.locator("#ended-title")).to_be_visible()
        await panel.until(lambda page: page.view["caller"] == "")
        await panel.rests()
    await house.sees_nothing()


async def test_family_calls_in_and_hangs_up(house: Home) -> None:
    await house.begin()
    await house.family.locator("#households .call-button").click()
    async with house.device.page() as panel:
        await panel.says("Anna belt")
        await panel.press("family")
    await house.both_hear_and_see()
    await house.family.locator("#hang-up").click()
    async with house.device.page() as panel:
        await panel.rests()
    await house.sees_nothing()


async def test_each_calls_the_other_at_the_same_moment(house: Home) -> None:
    held = HeldRing()
    await house.family.route_web_socket("**/api/page*", held.stand_between)
    # Which reads the page anew, and from now on through that.
    await house.begin()
    async with house.device.page() as panel:
        await panel.press("family")
        async with asyncio.timeout(30):
            await held.came.wait()
        await house.family.locator("#households .call-button").click()
        held.let_through()
        await house.both_hear_and_see()
        await expect(house.family.locator("#call-time")).to_be_visible()
        await panel.press("talk")
        await expect(house.family.locator("#ended-title")).to_be_visible()
        await panel.rests()


async def test_who_was_withdrawn_calls_no_longer(house: Home) -> None:
    """The last one: nobody follows the device after it."""
    await house.begin()
    await praatpaal(house.folder, "people", "withdraw", "1")
    await expect(house.family.locator("#households .call-button")).to_have_count(0)
