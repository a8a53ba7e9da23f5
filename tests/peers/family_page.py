"""The family page in a real Chromium, before a fake hub."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.peers.chromium import chromium
from tests.peers.fake_hub import FakeHub, fake_hub
from tests.peers.family_device import DAYLIGHT, SMALL, FamilyDevice, draw_room

PHONE = (390, 844)

# A worker takes a second to be made, which most tests need not.
NO_WORKER: dict[str, Any] = {"service_workers": "block"}
WORKER: dict[str, Any] = {"service_workers": "allow"}

# What the browser says of an answer that is an error; the page has words of its own.
REFUSED = ("Failed to load resource",)

ALL = ("camera", "microphone", "notifications")

# The page has no door for tests: its connections are seen from outside.
WATCH_CONNECTIONS = """
window.peers = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(settings) {
    super(settings);
    this.settings = settings;
    window.peers.push(this);
  }
};
window.inbound = async () => {
  const found = { audio: 0, video: 0, energy: 0, codec: "" };
  const stats = await window.peers.at(-1).getStats();
  for (const each of stats.values()) {
    if (each.type === "inbound-rtp") {
      found[each.kind] += each.kind === "video"
        ? each.framesDecoded : each.packetsReceived;
      found.energy += each.totalAudioEnergy ?? 0;
      if (each.kind === "video") {
        found.codec = stats.get(each.codecId)?.mimeType ?? "";
      }
    }
  }
  return found;
};
"""

# A browser that is tested has no push service to ask.
PUSH_SERVICE = """
window.subscribed = [];
PushManager.prototype.subscribe = async function (wish) {
  window.subscribed.push(wish.applicationServerKey);
  return {
    endpoint: "https://push.example/1",
    toJSON: () => ({
      endpoint: "https://push.example/1",
      keys: { p256dh: "cHVibGlj", auth: "c2VjcmV0" },
    }),
    unsubscribe: async () => true,
  };
};
PushManager.prototype.getSubscription = async function () {
  return window.subscribed.length > 0 ? this.subscribe({}) : null;
};
"""


@dataclass(frozen=True, slots=True)
class Family:
    """A page of somebody who is logged in, and the device at the other side."""

    hub: FakeHub
    device: FamilyDevice
    context: BrowserContext
    page: Page

    async def another_page(self) -> Page:
        """A second tab."""
        page = await self.context.new_page()
        await page.goto(self.hub.url)
        await expect(page.locator("#households .call-button")).to_be_enabled()
        return page


def write_camera(path: Path, size: tuple[int, int]) -> Path:
    """What the camera of the family sees, as YUV4MPEG2."""
    width, height = size
    frames = []
    for swing in (0.0, 3.0):
        picture = draw_room(width, height, swing, DAYLIGHT)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frames.append(frame.reformat(format="yuv420p").to_ndarray().tobytes())
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F15:1 Ip A1:1 C420jpeg\n".encode())
        for each in frames:
            file.write(b"FRAME\n" + each)
    return path


@asynccontextmanager
async def family_browser(size: tuple[int, int] = SMALL) -> AsyncIterator[Browser]:
    """A Chromium with a camera; its user answers no question of a page by itself.

    Args:
        size: Of the camera's picture; small, so that a busy machine makes it in time.
    """
    with tempfile.TemporaryDirectory() as work:
        camera = write_camera(Path(work) / "camera.y4m", size)
        async with chromium(may_record=False, camera=camera) as browser:
            yield browser


def watch_errors(context: BrowserContext, errors: list[str]) -> None:
    """Note what goes wrong in any page: also what the content policy forbids."""

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda line: errors.append(line.text) if line.type == "error" else None,
        )

    context.on("page", watch)


@asynccontextmanager
async def context_of(
    browser: Browser,
    hub: FakeHub,
    *,
    allowed: Sequence[str] = ALL,
    errors: Sequence[str] = (),
    size: tuple[int, int] = PHONE,
    locale: str = "nl-NL",
    **more: Any,
) -> AsyncIterator[BrowserContext]:
    """A fresh browser of a user; what goes wrong in its pages fails the test.

    Args:
        browser: Which.
        hub: Whose page.
        allowed: What its user lets the page do; all else is refused.
        errors: Parts of lines in the console that the test brings about itself.
        size: Of the window.
        locale: Of the user.
        more: As Playwright takes it.
    """
    found: list[str] = []
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale=locale, **more
    )
    await context.grant_permissions(list(allowed), origin=hub.url)
    await context.add_init_script(WATCH_CONNECTIONS + PUSH_SERVICE)
    watch_errors(context, found)
    try:
        yield context
    finally:
        await context.close()
    wrong = [each for each in found if not any(part in each for part in errors)]
    assert not wrong, wrong


@asynccontextmanager
async def family(browser: Browser, **more: Any) -> AsyncIterator[Family]:
    """Somebody at home, connected, with one household; see `context_of`.

    Without a service worker, unless it is given `WORKER`.
    """
    more = {**NO_WORKER, **more}
    async with fake_hub() as hub, context_of(browser, hub, **more) as context:
        device = FamilyDevice(hub.deliver)
        hub.device = device
        page = await context.new_page()
        await page.goto(hub.url)
        await expect(page.locator("#households .call-button")).to_be_enabled()
        try:
            yield Family(hub, device, context, page)
        finally:
            await device.close()


async def answer(family: Family) -> None:
    """Be called, and answer: both hear and see each other."""
    family.device.ring()
    await family.page.locator("#answer").click()
    await family.device.hears_and_sees()
    await expect(family.page.locator("#call-time")).to_be_visible()
