"""How soon it rings at the family's after a press on the family button.

    python -m benchmarks.calls_ring [--calls 30] [--json]

The real program with its own hub, and the family page in Chromium, open as on a
telephone that lies on the table. Each call is given up by a press as soon as it rings.
Beside it, in the same run and browser: a message over a bare WebSocket server to a page
that writes it down, which is the least that any such ringing takes.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp
import numpy as np
from aiohttp import web
from playwright.async_api import Page

from tests.peers.device import Page as Panel
from tests.peers.test_video_call import Home, home

RING, BARE = "press -> rings", "bare WebSocket"

# So long without a word, and its farewell is over: a press then begins something new.
QUIET_S = 1.5
BETWEEN_S = 0.2
WITHIN_S = 20.0

# When the screen with the caller's name is there; the page knows nothing of it.
WATCH = """
() => {
  window.rangAt = []
  let was = false
  const look = () => {
    const is = document.body.dataset.screen === "ringing"
    if (is && !was) window.rangAt.push(Date.now())
    was = is
  }
  new MutationObserver(look).observe(document.body,
    {attributes: true, childList: true, characterData: true, subtree: true})
}
"""

BARE_PAGE = """<!doctype html><title>bare</title><p id="said"></p><script>
window.rangAt = []
const socket = new WebSocket(location.href.replace("http", "ws") + "page")
socket.onmessage = ({data}) => {
  document.getElementById("said").textContent = data
  window.rangAt.push(Date.now())
}
</script>"""


@dataclass(frozen=True, slots=True)
class Row:
    """How long it took, in milliseconds."""

    count: int
    median_ms: float
    p95_ms: float
    most_ms: float


def row_of(times_ms: Sequence[float]) -> Row:
    """The row of a table."""
    return Row(
        len(times_ms),
        statistics.median(times_ms),
        float(np.percentile(times_ms, 95)),
        max(times_ms),
    )


async def rung_at(page: Page, count: int) -> float:
    """When it rang for the given time, by the wall clock in ms."""
    await page.wait_for_function(
        "count => window.rangAt.length >= count",
        arg=count,
        polling=20,
        timeout=1_000 * WITHIN_S,
    )
    return float(await page.evaluate("count => window.rangAt[count - 1]", count))


async def is_free(panel: Panel) -> None:
    """Wait until nothing goes on, so that a press calls and does not end something."""
    while True:
        await panel.rests()
        try:
            await panel.until(lambda page: page.view["state"], within_s=QUIET_S)
        except AssertionError:
            return


async def ring(house: Home, calls: int) -> list[float]:
    """Press, wait until it rings there, press again; so many times."""
    await house.family.evaluate(WATCH)
    times_ms: list[float] = []
    async with house.device.page() as panel:
        for number in range(1, calls + 1):
            await is_free(panel)
            pressed_ms = 1_000 * time.time()
            await panel.press("family")
            times_ms.append(await rung_at(house.family, number) - pressed_ms)
            await panel.until(lambda page: page.view["caller"] == "Anna")
            await panel.press("talk")
            await panel.until(lambda page: page.view["caller"] == "")
    return times_ms


@asynccontextmanager
async def bare_hub() -> AsyncIterator[str]:
    """A server that hands what it gets to the page that is open."""
    pages: list[web.WebSocketResponse] = []

    async def give(request: web.Request) -> web.Response:
        return web.Response(text=BARE_PAGE, content_type="text/html")

    async def connect(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        if request.path == "/page":
            pages.append(socket)
        async for message in socket:
            for page in pages:
                await page.send_str(message.data)
        return socket

    app = web.Application()
    app.router.add_get("/", give)
    app.router.add_get("/page", connect)
    app.router.add_get("/device", connect)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def send_bare(house: Home, calls: int) -> list[float]:
    """As many messages to a page of the same browser."""
    times_ms: list[float] = []
    async with bare_hub() as url, aiohttp.ClientSession() as session:
        page = await house.family.context.new_page()
        await page.goto(url)
        await page.wait_for_function("socket.readyState === 1")
        async with session.ws_connect(f"{url}device") as socket:
            for number in range(1, calls + 1):
                await asyncio.sleep(BETWEEN_S)
                sent_ms = 1_000 * time.time()
                await socket.send_str(f"ring {number}")
                times_ms.append(await rung_at(page, number) - sent_ms)
        await page.close()
    return times_ms


async def measure(calls: int) -> dict[str, Row]:
    """Both, one after the other."""
    with tempfile.TemporaryDirectory() as work:
        async with home(Path(work)) as house:
            rung = await ring(house, calls)
            # A page in the background is not drawn: theirs comes to the front.
            bare = await send_bare(house, calls)
            await house.device.stop()
    return {RING: row_of(rung), BARE: row_of(bare)}


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.calls_ring",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--calls", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    rows = asyncio.run(measure(options.calls))
    if options.json:
        print(json.dumps({kind: asdict(row) for kind, row in rows.items()}, indent=2))
        return 0
    print(f"{'ms':18}{'calls':>7}{'p50':>8}{'p95':>8}{'most':>8}")
    for kind, row in rows.items():
        print(
            f"{kind:18}{row.count:7d}{row.median_ms:8.0f}{row.p95_ms:8.0f}"
            f"{row.most_ms:8.0f}"
        )
    ring, bare = rows[RING], rows[BARE]
    print(
        f"{'rings / bare':18}{'':7}{ring.median_ms / bare.median_ms:8.1f}"
        f"{ring.p95_ms / bare.p95_ms:8.1f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
