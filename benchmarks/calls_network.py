"""Video calls on bad networks: our end of the call, beside aiortc as it is.

    python -m benchmarks.calls_network [--seconds 12] [--only loss|outage] [--json]

A device's end, in a process of its own, talks with a page in Chromium (640x480, 30
pictures per second) over a way that loses packets from a seed, both ways. The round
trip takes 40 ms. Each row is one call; the rows of both kinds take turns.

heard    Of the packets of sound that arrived, how many were played, in percent.
waits    How long sound waits for others before it is played: 95 of 100 packets, in ms.
made up  What Chromium heard that was made up because it was lost, in percent.
sent/s   Pictures per second that Chromium sent; fewer than 30 on a busy machine.
seen/s   Pictures per second that came out at the device.
stood    The longest time without a new picture there, in ms.

After an outage: how long until sound and pictures are back, and the most pictures
within one second after it, which tells whether old ones are shown too fast.
"""

import argparse
import asyncio
import itertools
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import av
import numpy as np
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtp import RtpPacket
from playwright.async_api import Page

from benchmarks.measuring.way import Way, Weather, open_way
from calls.video import aiortc_ext
from calls.video.link import VideoLink
from calls.video.tracks import OutgoingSound
from tests.calls.video.test_tracks import voice
from tests.peers.chromium import chromium
from voice.audio import BLOCK_S, BLOCK_SAMPLES, RATE_HZ, Samples

WIDTH, HEIGHT, RATE = 640, 480, 30
DELAY_S = 0.02
# Nothing lost shows what the machine itself is to blame for.
LOSSES = (0.0, 0.05, 0.10, 0.20)
OUTAGE_S = 10.0
AFTER_S = 8.0

# Until Chromium's bit rate has grown from its first 300 kbit/s.
SETTLE_S = 5.0
CONNECT_S = 20.0

OURS, STOCK = "ours", "aiortc as it is"

# A page of an address that nobody has; it comes from here.
ADDRESS = "https://call.example/"

OFFER = """
async ([width, height, rate]) => {
  window.end = new RTCPeerConnection({bundlePolicy: "max-bundle"})
  const mine = await navigator.mediaDevices.getUserMedia(
    {audio: true, video: {width, height, frameRate: rate}})
  const known = RTCRtpReceiver.getCapabilities("video").codecs
  end.ontrack = ({track}) => {
    const shown = document.createElement(track.kind)
    Object.assign(shown, {autoplay: true, muted: true})
    shown.srcObject = new MediaStream([track])
    document.body.append(shown)
  }
  for (const track of mine.getTracks()) end.addTrack(track, mine)
  for (const one of end.getTransceivers())
    if (one.sender.track.kind === "video")
      one.setCodecPreferences(known.filter(codec => /H264|rtx/.test(codec.mimeType)))
  await end.setLocalDescription()
  while (end.iceGatheringState !== "complete")
    await new Promise(go => setTimeout(go, 5))
  return end.localDescription.sdp
}
"""

FIGURES = """
async () => {
  const found = {}
  for (const one of (await end.getStats()).values())
    if (["inbound-rtp", "outbound-rtp"].includes(one.type))
      found[`${one.type} ${one.kind}`] = one
  return found
}
"""


@dataclass(slots=True)
class Log:
    """What happened at the device, by `time.monotonic`.

    Attributes:
        pictures: When each picture came out.
        packets: When each packet of sound arrived, and its time in the stream.
        played: When each block of sound came out, and its time in the stream.
        heard: How many packets were played.
    """

    pictures: list[float] = field(default_factory=list)
    packets: list[tuple[float, float]] = field(default_factory=list)
    played: list[tuple[float, float]] = field(default_factory=list)
    heard: int = 0

    def take_packet(self, packet: RtpPacket) -> None:
        self.packets.append((time.monotonic(), packet.timestamp / RATE_HZ))

    def take_picture(self, picture: av.VideoFrame) -> None:
        self.pictures.append(time.monotonic())


@dataclass(frozen=True, slots=True)
class Loss:
    """A call where packets are lost; the columns of the table."""

    heard: float
    waits_ms: float
    made_up: float
    sent: float
    seen: float
    stood_ms: float


@dataclass(frozen=True, slots=True)
class Outage:
    """A call in which nothing came for a while; the columns of the table."""

    sound_s: float
    picture_s: float
    most_seen: int


# -- the device's end, in a process of its own --------------------------------------


class Speech(MediaStreamTrack):
    """A voice without end."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._sound = OutgoingSound()
        self._task = asyncio.get_running_loop().create_task(speak(self._sound))

    async def recv(self) -> av.AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        return await self._sound.recv()

    def stop(self) -> None:
        super().stop()
        self._task.cancel()


async def speak(sound: OutgoingSound) -> None:
    """Put blocks of a voice in, each at its time."""
    blocks = itertools.cycle(voice(4.0).reshape(-1, BLOCK_SAMPLES))
    began_s = time.monotonic()
    for number in itertools.count(1):
        await asyncio.sleep(began_s + number * BLOCK_S - time.monotonic())
        sound.put(next(blocks))


def run_device(kind: str, pipe: "Connection[Any, Any]") -> None:
    """Answer one offer, and tell what happened when it is asked."""
    asyncio.run(_device(kind, pipe))


async def _device(kind: str, pipe: "Connection[Any, Any]") -> None:
    offer = await asyncio.to_thread(pipe.recv)
    log = Log()
    run = _ours if kind == OURS else _as_it_is
    async with run(offer, log) as answer:
        pipe.send(answer)
        while await asyncio.to_thread(pipe.recv) is not None:
            pipe.send(log)


@asynccontextmanager
async def _ours(offer: str, log: Log) -> AsyncIterator[str]:
    def play(block: Samples) -> None:
        # Without holes, so that the number of a block is its time.
        log.played.append((time.monotonic(), len(log.played) * BLOCK_S))
        log.heard = link._incoming.arriving.played

    link = VideoLink([], play=play, show=log.take_picture)
    answer = await link.answer(offer)
    _watch_sound(link._connection, log)
    speaking = asyncio.create_task(speak(link.sound))
    try:
        yield answer
    finally:
        speaking.cancel()
        await link.close()


@asynccontextmanager
async def _as_it_is(offer: str, log: Log) -> AsyncIterator[str]:
    connection = RTCPeerConnection(
        RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    )
    tasks: list[asyncio.Task[None]] = []

    def take(track: MediaStreamTrack) -> None:
        tasks.append(asyncio.create_task(_drain(track, log)))

    connection.on("track", take)
    await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
    connection.addTrack(Speech())
    _watch_sound(connection, log)
    await connection.setLocalDescription()
    try:
        yield connection.localDescription.sdp
    finally:
        await connection.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _drain(track: MediaStreamTrack, log: Log) -> None:
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return
        if isinstance(frame, av.VideoFrame):
            log.take_picture(frame)
        elif isinstance(frame, av.AudioFrame) and frame.pts is not None:
            log.played.append((time.monotonic(), frame.pts / RATE_HZ))
            log.heard += 1


def _watch_sound(connection: RTCPeerConnection, log: Log) -> None:
    for receiver in connection.getReceivers():
        if receiver.track is not None and receiver.track.kind == "audio":
            aiortc_ext.watch_packets(receiver, log.take_packet)


# -- a call -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measured:
    """A call that goes on, and what is asked of both ends."""

    way: Way
    page: Page
    pipe: "Connection[Any, Any]"

    async def log(self) -> Log:
        """What happened at the device so far."""
        self.pipe.send("log")
        log = await asyncio.to_thread(self.pipe.recv)
        assert isinstance(log, Log)
        return log

    async def until_seen(self) -> None:
        """Wait for the first picture."""
        while True:
            if (await self.log()).pictures:
                return
            await asyncio.sleep(0.1)

    async def figures(self) -> dict[str, Any]:
        """Chromium's own."""
        found = await self.page.evaluate(FIGURES)
        assert isinstance(found, dict)
        return found


@asynccontextmanager
async def call(kind: str, page: Page) -> AsyncIterator[Measured]:
    """A call over a way, once both ends hear and the device sees."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=run_device, args=(kind, there), daemon=True)
    process.start()
    try:
        async with open_way() as way:
            way.weather = Weather(delay_s=DELAY_S)
            await page.goto(ADDRESS)
            offer = await page.evaluate(OFFER, [WIDTH, HEIGHT, RATE])
            here.send(way.lead_left(offer))
            answer = way.lead_right(await asyncio.to_thread(here.recv))
            await page.evaluate(
                "sdp => end.setRemoteDescription({type: 'answer', sdp})", answer
            )
            measured = Measured(way, page, here)
            async with asyncio.timeout(CONNECT_S):
                await measured.until_seen()
            await asyncio.sleep(SETTLE_S)
            yield measured
    finally:
        here.send(None)
        await page.goto("about:blank")
        await asyncio.to_thread(process.join, 10)
        if process.is_alive():
            process.kill()


async def measure_loss(kind: str, page: Page, loss: float, seconds: float) -> Loss:
    """A call with lost packets."""
    async with call(kind, page) as measured:
        measured.way.weather = Weather(loss, DELAY_S)
        # The bit rates find themselves anew.
        await asyncio.sleep(SETTLE_S)
        before, figures = await measured.log(), await measured.figures()
        began_s = time.monotonic()
        await asyncio.sleep(seconds)
        ended_s = time.monotonic()
        after, later = await measured.log(), await measured.figures()
    arrived = len(after.packets) - len(before.packets)
    old, new = figures["inbound-rtp audio"], later["inbound-rtp audio"]
    made_up, heard = (
        new[name] - old[name] for name in ("concealedSamples", "totalSamplesReceived")
    )
    pictures = [at_s for at_s in after.pictures if began_s <= at_s <= ended_s]
    gaps = [b - a for a, b in itertools.pairwise([began_s, *pictures, ended_s])]
    return Loss(
        heard=100 * (after.heard - before.heard) / arrived,
        waits_ms=waits_ms(after, began_s),
        made_up=100 * made_up / heard,
        sent=(_sent(later) - _sent(figures)) / (ended_s - began_s),
        seen=len(pictures) / (ended_s - began_s),
        stood_ms=1_000 * max(gaps),
    )


def _sent(figures: dict[str, Any]) -> int:
    return int(figures["outbound-rtp video"].get("framesSent", 0))


def waits_ms(log: Log, since_s: float) -> float:
    """How much later blocks come out than packets come in, by the stream's clock."""
    begin = log.packets[0][1]
    arriving = [at_s - (in_s - begin) for at_s, in_s in log.packets if at_s >= since_s]
    played = [at_s - in_s for at_s, in_s in log.played if at_s >= since_s]
    if not played:
        return float("nan")
    late_s = float(np.percentile(played, 95))
    return 1_000 * (late_s - statistics.median(arriving))


async def measure_outage(kind: str, page: Page) -> Outage:
    """A call in which nothing gets through for a while."""
    async with call(kind, page) as measured:
        clear = measured.way.weather
        measured.way.weather = Weather(is_out=True)
        await asyncio.sleep(OUTAGE_S)
        measured.way.weather = clear
        ended_s = time.monotonic()
        await asyncio.sleep(AFTER_S)
        log = await measured.log()
    # What was under way when it began has long come out.
    since_s = ended_s - 5
    played = [at_s for at_s, _ in log.played if at_s >= since_s]
    pictures = [at_s for at_s in log.pictures if at_s >= since_s]
    seen = [sum(a <= b < a + 1 for b in pictures) for a in pictures]
    nothing = float("inf")
    return Outage(
        sound_s=min(played, default=nothing) - ended_s,
        picture_s=min(pictures, default=nothing) - ended_s,
        most_seen=max(seen, default=0),
    )


def write_film(path: Path) -> Path:
    """What Chromium's camera sees: FFmpeg's moving test picture, as YUV4MPEG2."""
    source = f"testsrc2=size={WIDTH}x{HEIGHT}:rate={RATE}"
    with av.open(source, format="lavfi") as film, path.open("wb") as file:
        file.write(
            f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode()
        )
        for frame in itertools.islice(film.decode(video=0), 3 * RATE):
            file.write(b"FRAME\n" + frame.to_ndarray(format="yuv420p").tobytes())
    return path


async def measure(
    seconds: float, only: str = ""
) -> tuple[dict[str, dict[str, Loss]], dict[str, Outage]]:
    """Both kinds of ends, in turn: by loss, and after an outage."""
    losses: dict[str, dict[str, Loss]] = {}
    outages: dict[str, Outage] = {}
    with tempfile.TemporaryDirectory() as work:
        film = write_film(Path(work) / "film.y4m")
        async with chromium(camera=film) as browser:
            page = await browser.new_page()
            await page.route(ADDRESS, lambda route: route.fulfill(body="<body>"))
            for loss in LOSSES if only in ("", "loss") else ():
                losses[f"{loss:.0%}"] = {
                    kind: await measure_loss(kind, page, loss, seconds)
                    for kind in (STOCK, OURS)
                }
            if only in ("", "outage"):
                for kind in (STOCK, OURS):
                    outages[kind] = await measure_outage(kind, page)
    return losses, outages


def _print(losses: dict[str, dict[str, Loss]], outages: dict[str, Outage]) -> None:
    if losses:
        print(
            f"{'loss':6}{'':18}{'heard %':>9}{'waits ms':>10}{'made up %':>11}"
            f"{'sent/s':>8}{'seen/s':>8}{'stood ms':>10}"
        )
    for loss, rows in losses.items():
        for kind, row in rows.items():
            print(
                f"{loss:6}{kind:18}{row.heard:9.1f}{row.waits_ms:10.0f}"
                f"{row.made_up:11.1f}{row.sent:8.1f}{row.seen:8.1f}{row.stood_ms:10.0f}"
            )
        ours, stock = rows[OURS], rows[STOCK]
        print(
            f"{'':6}{'ours / as it is':18}{ours.heard / stock.heard:9.2f}"
            f"{ours.waits_ms / stock.waits_ms:10.2f}"
            f"{ours.made_up / max(stock.made_up, 0.01):11.2f}"
            f"{ours.sent / max(stock.sent, 0.01):8.2f}"
            f"{ours.seen / max(stock.seen, 0.01):8.2f}"
            f"{ours.stood_ms / stock.stood_ms:10.2f}"
        )
    if outages:
        print(f"\n{'10 s out':24}{'sound s':>9}{'pictures s':>12}{'most seen/s':>13}")
    for kind, after in outages.items():
        print(
            f"{kind:24}{after.sound_s:9.2f}{after.picture_s:12.2f}{after.most_seen:13d}"
        )


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.calls_network",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--only", choices=("loss", "outage"), default="")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    losses, outages = asyncio.run(measure(options.seconds, options.only))
    if options.json:
        found = {
            "loss": {
                loss: {kind: asdict(row) for kind, row in rows.items()}
                for loss, rows in losses.items()
            },
            "outage": {kind: asdict(row) for kind, row in outages.items()},
        }
        print(json.dumps(found, indent=2))
    else:
        _print(losses, outages)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
