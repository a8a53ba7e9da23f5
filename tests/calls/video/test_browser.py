"""A call with a real Chromium: what it hears and sees by its own figures."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Page

from calls.call import CallState
from calls.call_messages import (
    Accepted,
    Answer,
    CallMessage,
    Candidate,
    Ended,
    Offer,
    Reason,
    Reconnect,
    Ring,
)
from calls.video.phone import VideoPhone
from calls.wire import new_id
from hardware.cameras import TestCamera
from tests.calls.video.conftest import Bench
from tests.calls.video.far_end import ANNA, until
from tests.peers.chromium import chromium

PAGE = """<!doctype html><meta charset="utf-8"><title>far end</title><script>
let connection
async function offer(attempt) {
  connection?.close()
  connection = new RTCPeerConnection({iceServers: [], bundlePolicy: "max-bundle"})
  const mine = await navigator.mediaDevices.getUserMedia({audio: true, video: true})
  for (const track of mine.getTracks()) connection.addTrack(track, mine)
  connection.onicecandidate = ({candidate}) => candidate && tell(JSON.stringify(
    {attempt, candidate: candidate.candidate, mid: candidate.sdpMid}))
  connection.ontrack = ({track, streams}) => {
    const shown = document.createElement(track.kind)
    shown.autoplay = true
    shown.srcObject = new MediaStream([track])
    document.body?.append(shown)
  }
  await connection.setLocalDescription()
  await tell(JSON.stringify({attempt, sdp: connection.localDescription.sdp}))
}
const take = sdp => connection.setRemoteDescription({type: "answer", sdp})
async function figures() {
  const found = {}
  for (const one of (await connection.getStats()).values()) {
    if (one.type === "inbound-rtp") found[one.kind] = one
    if (one.type === "codec") found[one.mimeType] = one.sdpFmtpLine ?? ""
  }
  return found
}
</script><body>"""


class Browser:
    """A page in Chromium in the place of the family page."""

    def __init__(self, bench: Bench, page: Page) -> None:
        self.bench = bench
        self.page = page
        self.call = ""
        self._tasks: set[asyncio.Task[Any]] = set()
        bench.hub.to_pages = self._take

    def _take(self, message: CallMessage) -> None:
        match message:
            case Ring(call=call):
                self.call = call
                address = ANNA.address
                self.bench.hub.hand_on(Accepted(new_id(), call, address, "page"))
                self._do("offer(1)")
            case Reconnect(attempt=attempt):
                self._do(f"offer({attempt})")
            case Answer(sdp=sdp):
                self._do(f"take({json.dumps(sdp)})")
            case _:
                pass

    def tell(self, text: str) -> None:
        """What the page sends."""
        told = json.loads(text)
        attempt, call, member = told["attempt"], self.call, ANNA.address
        if "sdp" in told:
            offer = Offer(new_id(), call, member, "page", attempt, told["sdp"])
            self.bench.hub.hand_on(offer)
        else:
            way, mid = told["candidate"], told["mid"]
            self.bench.hub.hand_on(
                Candidate(new_id(), call, member, "page", attempt, way, mid)
            )

    async def figures(self) -> dict[str, Any]:
        found = await self.page.evaluate("figures()")
        assert isinstance(found, dict)
        return found

    async def close(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _do(self, script: str) -> None:
        task = asyncio.get_running_loop().create_task(self.page.evaluate(script))
        self._tasks.add(task)


@asynccontextmanager
async def served() -> AsyncIterator[str]:
    """The page on a loopback address, where browsers allow a camera."""

    async def give(request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", give)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/"
    finally:
        await runner.cleanup()


@pytest.mark.real
async def test_chromium_hears_and_sees_us_and_we_hear_and_see_it() -> None:
    bench = Bench(camera=TestCamera(width=1280, height=720, rate=25))
    assert isinstance(bench.phone, VideoPhone)
    await bench.phone.open()
    async with served() as address, chromium() as started:
        page = await started.new_page()
        browser = Browser(bench, page)
        await page.expose_function("tell", browser.tell)
        await page.goto(address)
        call, watched = bench.call(camera=True)
        await until(lambda: call.now.state is CallState.ACTIVE and call.now.has_picture)
        figures: dict[str, Any] = {}
        async with asyncio.timeout(30):
            while figures.get("video", {}).get("framesDecoded", 0) < 60:
                await asyncio.sleep(0.2)
                figures = await browser.figures()
        seen = figures["video"]
        assert seen["frameHeight"] in (360, 480, 720)
        # That it moves; how fast is for a benchmark.
        assert seen["framesPerSecond"] > 0
        # A whole picture at the beginning, and none that nobody asked for.
        assert seen["keyFramesDecoded"] <= 1 + seen.get("pliCount", 0) + 2
        heard = figures["audio"]
        assert heard["packetsReceived"] > 50
        assert heard["totalAudioEnergy"] > 0.001
        assert "video/H264" in figures
        # With copies of those before it in each packet.
        (answer,) = bench.hub.all_sent(Answer)
        assert isinstance(answer, Answer) and " red/48000/2\r\n" in answer.sdp
        assert heard["fecPacketsReceived"] > 50
        assert len(bench.pictures) > 20
        assert len(bench.line.played) > 50
        assert CallState.INTERRUPTED not in watched.states
        await call.end(Reason.HUNG_UP)
        assert [one for one in bench.hub.sent if isinstance(one, Ended)]
        await browser.close()
    await bench.close()
