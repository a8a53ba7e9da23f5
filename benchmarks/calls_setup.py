"""From the tap on "answer" until both see each other.

    python -m benchmarks.calls_setup [--calls 10] [--json]

The device's phone rings the family page in Chromium, whose user answers; counted until
both have a picture of the other. Three ways: both in one house, over a relay (coturn)
only, and over a relay to which a round trip takes the page 100 ms, its messages to the
hub as well. Beside each, in the same browser: two pages that know each other's messages
at once, from the same tap to the picture on both. The middle of some calls.
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, expect

from benchmarks.measuring.way import open_detour
from calls.call import Caller
from calls.call_messages import CallMessage, Reason
from calls.messages import IceServer, IceServers
from calls.video.phone import VideoPhone
from hardware.cameras import TestCamera
from tests.calls.hub.test_turn import coturn
from tests.calls.video.far_end import PaperHub, PaperLine
from tests.peers.fake_hub import FakeHub, household
from tests.peers.family_page import family_browser

HOST, RELAY, FAR = "one house", "relay", "relay, 100 ms"
PROMISED_MS = {HOST: 300, RELAY: 500, FAR: 1_200}
OURS, BROWSERS = "device and page", "two Chromium"

DELAY_S = 0.05
WITHIN_S = 20.0
SECRET = "of this benchmark"
CAMERA = (640, 360, 20)

# Of the page itself nothing is changed but which ways it may take.
ONLY_RELAY = """
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(settings) { super({...settings, iceTransportPolicy: "relay"}) }
}
"""

ANSWER = """
() => new Promise(done => {
  const far = document.getElementById("far")
  far.requestVideoFrameCallback(() => done([tapped, Date.now()]))
  const tapped = Date.now()
  document.getElementById("answer").click()
})
"""

TWO_PAGES = """
async ([near, far, policy, wait, width, height, rate]) => {
  const tapped = performance.now()
  const settings = {bundlePolicy: "max-bundle", iceTransportPolicy: policy}
  const ends = [far, near].map(
    iceServers => new RTCPeerConnection({...settings, iceServers}))
  const later = () => new Promise(go => setTimeout(go, wait))
  const seen = ends.map((end, at) => new Promise(done => {
    end.onicecandidate = async ({candidate}) => {
      await later()
      ends[1 - at].addIceCandidate(candidate)
    }
    end.ontrack = ({track}) => {
      if (track.kind !== "video") return
      const shown = document.createElement("video")
      Object.assign(shown, {autoplay: true, muted: true})
      shown.srcObject = new MediaStream([track])
      document.body.append(shown)
      shown.requestVideoFrameCallback(done)
    }
  }))
  const mine = await navigator.mediaDevices.getUserMedia(
    {audio: true, video: {width, height, frameRate: rate}})
  for (const end of ends)
    for (const track of mine.getTracks()) end.addTrack(track.clone(), mine)
  await ends[0].setLocalDescription()
  await later()
  await ends[1].setRemoteDescription(ends[0].localDescription)
  await ends[1].setLocalDescription()
  await later()
  await ends[0].setRemoteDescription(ends[1].localDescription)
  await Promise.all(seen)
  const took = performance.now() - tapped
  for (const end of ends) end.close()
  for (const track of mine.getTracks()) track.stop()
  return took
}
"""


@dataclass(slots=True)
class RelayHub(FakeHub):
    """As the family page's tests have it, with servers for the page.

    Attributes:
        servers: Of STUN and TURN, as the page gets them.
    """

    servers: list[dict[str, Any]] = field(default_factory=list)

    async def ice(self, request: web.Request) -> web.Response:
        return web.json_response({"servers": self.servers, "expires": 1e10})


@dataclass(slots=True)
class Between:
    """The device of a FakeHub: hands messages on to a phone, later if need be."""

    paper: PaperHub
    delay_s: float

    async def receive(self, message: CallMessage) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self.delay_s, self.paper.hand_on, message)


@dataclass(frozen=True, slots=True)
class Route:
    """One way for calls.

    Attributes:
        near: Servers that the device may use.
        far: Those of the page.
        is_relayed: Whether the page uses nothing else.
        delay_s: Of each message between page and hub.
    """

    near: tuple[IceServer, ...] = ()
    far: tuple[IceServer, ...] = ()
    is_relayed: bool = False
    delay_s: float = 0.0


@asynccontextmanager
async def rung_hub(
    route: Route, show: Callable[[av.VideoFrame | None], None]
) -> AsyncIterator[tuple[VideoPhone, RelayHub, PaperHub]]:
    """A phone with a camera, and the hub that rings pages; what it sends is kept."""
    hub = RelayHub(households={"m1": household()})
    hub.servers = [_for_page(one) for one in route.far]
    paper = PaperHub(ice=IceServers(route.near, time.time() + 3_600))
    hub.device = Between(paper, route.delay_s)
    loop = asyncio.get_running_loop()

    def hand_on(message: CallMessage) -> None:
        loop.call_later(route.delay_s, hub.deliver, message)

    paper.to_pages = hand_on
    width, height, rate = CAMERA
    camera = TestCamera(width=width, height=height, rate=rate)
    phone = VideoPhone(paper, PaperLine().open, camera=camera, show=show)
    await phone.open()
    try:
        async with _served(hub):
            yield phone, hub, paper
    finally:
        await phone.close()


@asynccontextmanager
async def open_page(
    browser: Browser, url: str, *, script: str = ""
) -> AsyncIterator[Page]:
    """The family page, at home and connected; `script` is run before its own."""
    context = await _context(browser, url, script)
    page = await context.new_page()
    await page.goto(url)
    await expect(page.locator("#households .call-button")).to_be_enabled()
    try:
        yield page
    finally:
        await context.close()


@asynccontextmanager
async def _served(hub: FakeHub) -> AsyncIterator[None]:
    runner = web.AppRunner(hub.app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hub.url = f"http://localhost:{runner.addresses[0][1]}"
    try:
        yield
    finally:
        await hub.close()
        await runner.cleanup()


async def _context(browser: Browser, url: str, script: str = "") -> BrowserContext:
    context = await browser.new_context(locale="nl-NL", service_workers="block")
    await context.grant_permissions(["camera", "microphone"], origin=url)
    if script:
        await context.add_init_script(script)
    return context


def _for_page(server: IceServer) -> dict[str, str]:
    return {
        "urls": server.url,
        "username": server.username,
        "credential": server.credential,
    }


async def our_calls(browser: Browser, route: Route, calls: int) -> list[float]:
    """How long each took, in ms."""
    times_ms: list[float] = []
    shown: list[float] = []
    script = ONLY_RELAY if route.is_relayed else ""

    def show(picture: av.VideoFrame | None) -> None:
        if picture is not None:
            shown.append(1_000 * time.time())

    async with (
        rung_hub(route, show) as (phone, hub, _),
        open_page(browser, hub.url, script=script) as page,
    ):
        for _ in range(calls):
            shown.clear()
            call = phone.call(Caller("m1", "Anna"), 30, camera=True)
            await page.locator("#answer").wait_for(state="visible")
            tapped_ms, page_ms = await page.evaluate(ANSWER)
            await _until(lambda: bool(shown))
            times_ms.append(max(page_ms, shown[0]) - tapped_ms)
            await call.end(Reason.HUNG_UP)
            await page.locator("#ended-title").wait_for(state="visible")
    return times_ms


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while True:
            if is_so():
                return
            await asyncio.sleep(0.02)


async def browser_calls(browser: Browser, route: Route, calls: int) -> list[float]:
    """As long as two pages of the same browser take, in ms."""
    hub = FakeHub(households={"m1": household()})
    times_ms: list[float] = []
    async with _served(hub):
        context = await _context(browser, hub.url)
        page = await context.new_page()
        await page.goto(hub.url)
        policy = "relay" if route.is_relayed else "all"
        for _ in range(calls):
            took_ms = await page.evaluate(
                TWO_PAGES,
                [
                    [_for_page(one) for one in route.near],
                    [_for_page(one) for one in route.far],
                    policy,
                    1_000 * route.delay_s,
                    *CAMERA,
                ],
            )
            times_ms.append(float(took_ms))
        await context.close()
    return times_ms


def turn(port: int) -> IceServer:
    """A relay on this machine, with credentials for an hour."""
    name = f"{int(time.time()) + 3_600}:benchmark"
    code = hmac.new(SECRET.encode(), name.encode(), hashlib.sha1).digest()
    url = f"turn:127.0.0.1:{port}?transport=udp"
    return IceServer(url, name, base64.b64encode(code).decode())


async def measure(calls: int) -> dict[str, dict[str, list[float]]]:
    """All ways, both kinds."""
    found: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as work:
        async with (
            coturn(Path(work), SECRET) as port,
            open_detour(port, DELAY_S) as further,
            family_browser() as browser,
        ):
            near, far = (turn(port),), (turn(further),)
            routes = {
                HOST: Route(),
                RELAY: Route(near, near, is_relayed=True),
                FAR: Route(near, far, is_relayed=True, delay_s=DELAY_S),
            }
            for name, route in routes.items():
                found[name] = {
                    BROWSERS: await browser_calls(browser, route, calls),
                    OURS: await our_calls(browser, route, calls),
                }
    return found


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.calls_setup",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--calls", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    found = asyncio.run(measure(options.calls))
    if options.json:
        print(json.dumps(found, indent=2))
        return 0
    print(f"{'ms':16}{'':18}{'median':>8}{'most':>8}{'promised':>10}{'ratio':>8}")
    for name, rows in found.items():
        base = statistics.median(rows[BROWSERS])
        for kind, times_ms in rows.items():
            middle = statistics.median(times_ms)
            promised = f"{PROMISED_MS[name]:10d}" if kind == OURS else f"{'':10}"
            print(
                f"{name:16}{kind:18}{middle:8.0f}{max(times_ms):8.0f}"
                f"{promised}{middle / base:8.2f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
