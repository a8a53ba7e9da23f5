"""A video call of 720p: what it takes of the processor, and when one sees a picture.

    python -m benchmarks.calls_media [--seconds 10] [--calls 5] [--no-browser] [--json]

The device's end runs in a process of its own, sends and receives 720p at 30 pictures
per second as H264 and is measured; the other end is aiortc as it is, and sends what was
encoded beforehand, so that it takes little itself. Beside it, in the same run, the
device's end as aiortc is without our settings. Size and bit rate are held at 720p and
at aiortc's first bit rate. Beside both: half of a Chromium that calls itself with the
same size, its drawing included; its test camera makes 20 pictures per second, so that
compare by what one picture sent and one received take. From the offer to the first
picture: the median of some calls.
"""

import argparse
import asyncio
import fractions
import itertools
import json
import multiprocessing
import os
import resource
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from typing import Any

import av
import numpy as np
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from benchmarks.measuring.processes import family_of, times_of, used_between
from calls.video.link import VideoLink
from tests.peers.chromium import chromium
from tests.sound.handmade import tone
from voice.audio import BLOCK_S, BLOCK_SAMPLES, RATE_HZ

WIDTH, HEIGHT, RATE = 1280, 720, 30
CLOCK = fractions.Fraction(1, 90_000)

# Until bit rate and size have settled.
SETTLE_S = 3.0
CONNECT_S = 15.0

OURS, STOCK, BROWSER = "ours", "aiortc as it is", "half of Chromium"

# Of the same origin nobody else hears: the page comes from here.
ADDRESS = "https://call.example/"

CALL_ITSELF = """
async ([width, height, rate]) => {
  const ends = [0, 1].map(() => new RTCPeerConnection({bundlePolicy: "max-bundle"}))
  const mine = await navigator.mediaDevices.getUserMedia(
    {audio: true, video: {width, height, frameRate: rate}})
  const known = RTCRtpReceiver.getCapabilities("video").codecs
  const wanted = known.filter(one => /H264|rtx/.test(one.mimeType))
  for (const [at, end] of ends.entries()) {
    end.onicecandidate = ({candidate}) => ends[1 - at].addIceCandidate(candidate)
    end.ontrack = ({track}) => {
      const shown = document.createElement(track.kind)
      Object.assign(shown, {autoplay: true, muted: true})
      shown.srcObject = new MediaStream([track])
      document.body.append(shown)
    }
    for (const track of mine.getTracks()) {
      const copy = track.clone()
      // Else it makes the picture smaller where the machine is busy.
      if (copy.kind === "video") copy.contentHint = "detail"
      end.addTrack(copy, mine)
    }
    for (const one of end.getTransceivers())
      if (one.sender.track.kind === "video") one.setCodecPreferences(wanted)
  }
  window.began = performance.now()
  await ends[0].setLocalDescription()
  await ends[1].setRemoteDescription(ends[0].localDescription)
  await ends[1].setLocalDescription()
  await ends[0].setRemoteDescription(ends[1].localDescription)
  window.figures = async () => {
    const found = []
    for (const end of ends)
      for (const one of (await end.getStats()).values())
        if (one.type === "inbound-rtp" && one.kind === "video")
          found.push([one.framesDecoded ?? 0, one.frameHeight ?? 0])
    return found
  }
  while (!(await window.figures()).some(one => one[0]))
    await new Promise(go => setTimeout(go, 5))
  return performance.now() - window.began
}
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of end.

    Attributes:
        cores: Processor time of the device's end in cores (seconds per second).
        sent: Pictures per second that came out at the other end.
        received: Pictures per second that came out at the device's end.
        height: Of the last picture that came out at the other end.
        first_ms: From the offer's making to the first picture at the other end.
    """

    cores: float
    sent: float
    received: float
    height: int
    first_ms: float

    @property
    def picture_ms(self) -> float:
        """Processor time for one picture sent and one received."""
        return 2_000 * self.cores / (self.sent + self.received)


class Film(MediaStreamTrack):
    """A moving picture, the same in each row."""

    kind = "video"

    def __init__(self, frames: Sequence[Any]) -> None:
        super().__init__()
        self._frames = itertools.cycle(frames)
        self._began_s = time.monotonic()
        self._number = 0

    async def recv(self) -> av.VideoFrame:
        due_s = self._began_s + self._number / RATE
        await asyncio.sleep(due_s - time.monotonic())
        if self.readyState != "live":
            raise MediaStreamError
        frame = av.VideoFrame.from_ndarray(next(self._frames), format="yuv420p")
        frame.pts, frame.time_base = self._number * 3_000, CLOCK
        self._number += 1
        return frame


class Hum(MediaStreamTrack):
    """A tone."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._blocks = itertools.cycle(tone(440, 1.0).reshape(-1, 1, BLOCK_SAMPLES))
        self._began_s = time.monotonic()
        self._number = 0

    async def recv(self) -> av.AudioFrame:
        due_s = self._began_s + self._number * BLOCK_S
        await asyncio.sleep(due_s - time.monotonic())
        if self.readyState != "live":
            raise MediaStreamError
        frame = av.AudioFrame.from_ndarray(next(self._blocks), "s16", "mono")
        frame.sample_rate, frame.pts = RATE_HZ, self._number * BLOCK_SAMPLES
        frame.time_base = fractions.Fraction(1, RATE_HZ)
        self._number += 1
        return frame


def frames() -> list[Any]:
    """Two seconds of FFmpeg's moving test picture."""
    with av.open(f"testsrc2=size={WIDTH}x{HEIGHT}:rate={RATE}", format="lavfi") as film:
        taken = itertools.islice(film.decode(video=0), 2 * RATE)
        return [frame.to_ndarray(format="yuv420p") for frame in taken]


class Encoded(MediaStreamTrack):
    """The same picture, encoded beforehand."""

    kind = "video"

    def __init__(self, packets: Sequence[bytes]) -> None:
        super().__init__()
        self._packets = itertools.cycle(packets)
        self._began_s = time.monotonic()
        self._number = 0

    async def recv(self) -> "av.Packet[Any]":
        due_s = self._began_s + self._number / RATE
        await asyncio.sleep(due_s - time.monotonic())
        if self.readyState != "live":
            raise MediaStreamError
        packet = av.Packet(next(self._packets))
        packet.pts, packet.time_base = self._number * 3_000, CLOCK
        self._number += 1
        return packet


def encoded(film: Sequence[Any]) -> list[bytes]:
    """The film as H264, with a whole picture at its beginning."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    codec.framerate, codec.time_base = fractions.Fraction(RATE), CLOCK
    codec.bit_rate = 1_000_000
    codec.profile = "Baseline"
    codec.options = {"tune": "zerolatency", "level": "31"}
    packets: list[bytes] = []
    for number, pixels in enumerate(film):
        frame = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
        frame.pts, frame.time_base = number * 3_000, CLOCK
        packets.append(b"".join(bytes(packet) for packet in codec.encode(frame)))
    return packets


class Seen:
    """Counts pictures."""

    def __init__(self) -> None:
        self.count = 0
        self.height = 0
        self.first = asyncio.Event()

    def take(self, picture: av.VideoFrame) -> None:
        self.count += 1
        self.height = picture.height
        self.first.set()

    async def drain(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, av.VideoFrame):
                self.take(frame)


def _stock() -> RTCPeerConnection:
    connection = RTCPeerConnection(
        RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    )
    connection.addTrack(Hum())
    return connection


def _only_h264(connection: RTCPeerConnection) -> None:
    can = RTCRtpReceiver.getCapabilities("video")
    assert can is not None
    wanted = [one for one in can.codecs if one.mimeType in ("video/H264", "video/rtx")]
    for transceiver in connection.getTransceivers():
        if transceiver.kind == "video":
            transceiver.setCodecPreferences(wanted)


# -- the device's end, in a process of its own --------------------------------------


def run_device(kind: str, pipe: "Connection[Any, Any]") -> None:
    """Answer one offer, and tell what it took when it is asked."""
    asyncio.run(_device(kind, pipe))


async def _device(kind: str, pipe: "Connection[Any, Any]") -> None:
    film = frames()
    pipe.send("ready")
    offer = await asyncio.to_thread(pipe.recv)
    seen = Seen()
    answer, close = await (_ours if kind == OURS else _as_it_is)(offer, film, seen)
    pipe.send(answer)
    while True:
        asked = await asyncio.to_thread(pipe.recv)
        if asked is None:
            break
        used = resource.getrusage(resource.RUSAGE_SELF)
        pipe.send((used.ru_utime + used.ru_stime, seen.count, time.monotonic()))
    await close()


Close = Callable[[], Awaitable[None]]


async def _ours(offer: str, film: Sequence[Any], seen: Seen) -> tuple[str, Close]:
    link = VideoLink([], play=lambda block: None, show=seen.take)
    answer = await link.answer(offer)

    async def send_pictures() -> None:
        track = Film(film)
        while True:
            link.picture.put(await track.recv())

    async def send_sound() -> None:
        track = Hum()
        while True:
            frame = await track.recv()
            link.sound.put(np.asarray(frame.to_ndarray().reshape(-1), np.int16))

    tasks = [asyncio.create_task(one) for one in (send_pictures(), send_sound())]

    async def close() -> None:
        await _stop(tasks)
        await link.close()

    return answer, close


async def _as_it_is(offer: str, film: Sequence[Any], seen: Seen) -> tuple[str, Close]:
    connection = _stock()
    connection.addTrack(Film(film))
    tasks: list[asyncio.Task[None]] = []

    def take(track: MediaStreamTrack) -> None:
        tasks.append(asyncio.create_task(seen.drain(track)))

    connection.on("track", take)
    _only_h264(connection)
    await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
    await connection.setLocalDescription()

    async def close() -> None:
        await connection.close()
        await _stop(tasks)

    return connection.localDescription.sdp, close


async def _stop(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


# -- the other end ------------------------------------------------------------------


async def one_call(kind: str, packets: Sequence[bytes], seconds: float) -> Row:
    """One call; `seconds` 0 only waits for the first picture."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=run_device, args=(kind, there), daemon=True)
    process.start()
    connection = _stock()
    seen, draining = Seen(), list[asyncio.Task[None]]()

    def take(track: MediaStreamTrack) -> None:
        draining.append(asyncio.create_task(seen.drain(track)))

    try:
        await asyncio.to_thread(here.recv)
        began_s = time.monotonic()
        connection.on("track", take)
        connection.addTrack(Encoded(packets))
        _only_h264(connection)
        await connection.setLocalDescription(await connection.createOffer())
        here.send(connection.localDescription.sdp)
        answer = await asyncio.to_thread(here.recv)
        await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        async with asyncio.timeout(CONNECT_S):
            await seen.first.wait()
        first_ms = 1_000 * (time.monotonic() - began_s)
        if seconds == 0:
            return Row(0, 0, 0, seen.height, first_ms)
        await asyncio.sleep(SETTLE_S)
        before, sent = await _asked(here), seen.count
        await asyncio.sleep(seconds)
        after = await _asked(here)
        took_s = after[2] - before[2]
        return Row(
            cores=(after[0] - before[0]) / took_s,
            sent=(seen.count - sent) / took_s,
            received=(after[1] - before[1]) / took_s,
            height=seen.height,
            first_ms=first_ms,
        )
    finally:
        here.send(None)
        await connection.close()
        await _stop(draining)
        await asyncio.to_thread(process.join, 10)
        if process.is_alive():
            process.kill()


async def _asked(pipe: "Connection[Any, Any]") -> tuple[float, int, float]:
    pipe.send("figures")
    cpu_s, count, now_s = await asyncio.to_thread(pipe.recv)
    return float(cpu_s), int(count), float(now_s)


async def in_chromium(seconds: float) -> Row:
    """Half of a Chromium that calls itself."""
    before_it = set(family_of(os.getpid()))
    async with chromium() as browser:
        page = await browser.new_page()
        await page.route(ADDRESS, lambda route: route.fulfill(body="<body>"))
        await page.goto(ADDRESS)
        first_ms = float(await page.evaluate(CALL_ITSELF, [WIDTH, HEIGHT, RATE]))
        await asyncio.sleep(SETTLE_S)
        family = [pid for pid in family_of(os.getpid()) if pid not in before_it]
        before, times = await page.evaluate("figures()"), times_of(family)
        began_s = time.monotonic()
        await asyncio.sleep(seconds)
        took_s = time.monotonic() - began_s
        used = used_between(times, times_of(family))
        after = await page.evaluate("figures()")
    sent, received = (
        (b[0] - a[0]) / took_s for a, b in zip(before, after, strict=True)
    )
    cores = sum(used.values()) / took_s / 2
    return Row(cores, sent, received, after[0][1], first_ms)


async def measure(
    seconds: float, calls: int, *, has_browser: bool = True
) -> dict[str, Row]:
    """Measure all kinds of ends, one after the other."""
    packets = encoded(frames())
    rows = {}
    for kind in (STOCK, OURS):
        long = await one_call(kind, packets, seconds)
        short = [await one_call(kind, packets, 0) for _ in range(calls)]
        first_ms = statistics.median([long.first_ms, *(one.first_ms for one in short)])
        rows[kind] = Row(long.cores, long.sent, long.received, long.height, first_ms)
    if has_browser:
        rows[BROWSER] = await in_chromium(seconds)
    return rows


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.calls_media", description=__doc__
    )
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--calls", type=int, default=5)
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    rows = asyncio.run(
        measure(options.seconds, options.calls, has_browser=not options.no_browser)
    )
    if options.json:
        print(json.dumps({kind: asdict(row) for kind, row in rows.items()}, indent=2))
        return 0
    print(
        f"{'':18}{'cores':>7}{'sent/s':>8}{'got/s':>8}{'lines':>7}"
        f"{'ms/picture':>12}{'first ms':>10}"
    )
    for kind, row in rows.items():
        print(
            f"{kind:18}{row.cores:7.2f}{row.sent:8.1f}{row.received:8.1f}"
            f"{row.height:7d}{row.picture_ms:12.1f}{row.first_ms:10.0f}"
        )
    for kind in rows.keys() - {OURS}:
        print(f"ours / {kind}: {rows[OURS].picture_ms / rows[kind].picture_ms:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
