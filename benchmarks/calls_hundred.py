"""A hundred calls, one after the other: does anything stay behind?

    python -m benchmarks.calls_hundred [--calls 100] [--json]

The device's phone, in a process of its own, rings the family page in Chromium; its user
answers, both see and hear each other, the device hangs up. Memory, threads and open
files of that process between calls, and how they are against those after ten calls,
when everything has been loaded.
"""

import argparse
import asyncio
import gc
import json
import multiprocessing
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import av
from playwright.async_api import Page

from benchmarks.calls_setup import Route, open_page, rung_hub
from calls.call import Call, Caller
from calls.call_messages import Reason
from tests.peers.chromium import wait_until
from tests.peers.family_page import family_browser

FIRST = 10
MB = 2**20

# Pictures and packets of sound that each end gets in each call.
LEAST = 10
WITHIN_S = 20.0

# Of the page's connection, which it does not show.
WATCH = """
window.peers = []
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(settings) { super(settings); window.peers = [this] }
}
"""

HAS_GOT = """
async least => {
  const found = {audio: 0, video: 0}
  for (const one of (await window.peers[0]?.getStats() ?? new Map()).values())
    if (one.type === "inbound-rtp")
      found[one.kind] = one.kind === "video" ? one.framesDecoded : one.packetsReceived
  return found.audio >= least && found.video >= least
}
"""


@dataclass(frozen=True, slots=True)
class Left:
    """What the device's process holds between two calls.

    Attributes:
        resident_mb: Memory (RSS).
        threads: How many.
        files: Open descriptors.
        objects: That Python's collector follows.
    """

    resident_mb: float
    threads: int
    files: int
    objects: int


def left() -> Left:
    """Of this process, now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Left(
        pages * os.sysconf("SC_PAGE_SIZE") / MB,
        threading.active_count(),
        len(os.listdir("/proc/self/fd")),
        len(gc.get_objects()),
    )


# -- the device, in a process of its own --------------------------------------------


def run_device(pipe: "Connection[Any, Any]") -> None:
    """Call, hang up and tell, as it is asked to."""
    asyncio.run(_device(pipe))


async def _device(pipe: "Connection[Any, Any]") -> None:
    seen = 0

    def show(picture: av.VideoFrame | None) -> None:
        nonlocal seen
        seen += picture is not None

    async with rung_hub(Route(), show) as (phone, hub, paper):
        pipe.send(hub.url)
        call: Call | None = None
        while (asked := await asyncio.to_thread(pipe.recv)) != "close":
            match asked:
                case "call":
                    seen = 0
                    call = phone.call(Caller("m1", "Anna"), 30, camera=True)
                case "seen":
                    pipe.send(seen)
                case "end":
                    assert call is not None
                    await call.end(Reason.HUNG_UP)
                    call = None
                case "left":
                    # What the paper hub keeps is none of the device's.
                    for kept in (hub.requests, hub.received, hub.acked, paper.sent):
                        kept.clear()
                    paper.forgotten.clear()
                    pipe.send(left())


# -- the page -----------------------------------------------------------------------


async def one_call(page: Page, pipe: "Connection[Any, Any]") -> None:
    """Ring, answer, see each other, hang up."""
    pipe.send("call")
    await page.locator("#answer").click()
    await wait_until(page, HAS_GOT, LEAST)
    async with asyncio.timeout(WITHIN_S):
        while True:
            if await _asked(pipe, "seen") >= LEAST:
                break
            await asyncio.sleep(0.05)
    pipe.send("end")
    await page.locator("#ended-title").wait_for(state="visible")


async def _asked(pipe: "Connection[Any, Any]", what: str) -> Any:
    pipe.send(what)
    return await asyncio.to_thread(pipe.recv)


async def measure(calls: int) -> dict[int, Left]:
    """What is left after so many calls."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=run_device, args=(there,), daemon=True)
    process.start()
    found: dict[int, Left] = {}
    try:
        url = await asyncio.to_thread(here.recv)
        async with (
            family_browser() as browser,
            open_page(browser, url, script=WATCH) as page,
        ):
            for number in range(1, calls + 1):
                await one_call(page, here)
                if number in (FIRST, calls // 2, calls):
                    # What a connection leaves to the loop is gone by then.
                    await asyncio.sleep(1.0)
                    found[number] = await _asked(here, "left")
    finally:
        here.send("close")
        await asyncio.to_thread(process.join, 10)
        if process.is_alive():
            process.kill()
    return found


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.calls_hundred",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if options.calls < 2 * FIRST:
        parser.error(f"--calls {options.calls}: at least {2 * FIRST}")
    found = asyncio.run(measure(options.calls))
    if options.json:
        print(json.dumps({n: asdict(one) for n, one in found.items()}, indent=2))
        return 0
    print(f"{'after calls':14}{'MB':>8}{'threads':>9}{'files':>7}{'objects':>10}")
    for number, one in found.items():
        print(
            f"{number:11d}   {one.resident_mb:8.1f}{one.threads:9d}{one.files:7d}"
            f"{one.objects:10d}"
        )
    first, last = found[FIRST], found[options.calls]
    print(
        f"{f'{options.calls} / {FIRST}':14}{last.resident_mb / first.resident_mb:8.3f}"
        f"{last.threads / first.threads:9.2f}{last.files / first.files:7.2f}"
        f"{last.objects / first.objects:10.3f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
