"""One connection to a browser; a connection anew within a call is another one."""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import av
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpCodecCapability,
    RTCRtpReceiver,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtp import RtpPacket
from aiortc.sdp import candidate_from_sdp

from calls.call import CallError
from calls.video import aiortc_ext, redundancy
from calls.video.incoming import IncomingPicture, IncomingSound
from calls.video.tracks import OutgoingPicture, OutgoingSound
from voice.audio import Samples

logger = logging.getLogger(__name__)

# H264 first: x264 takes half of what libvpx does, and phones decode it in hardware.
VIDEO_CODECS = ("video/h264", "video/vp8", "video/rtx")
SOUND_CODECS = ("audio/opus",)

# In a call of two there are some ten ways; more is no browser.
MOST_CANDIDATES = 60

# A peer connection that does not close is left behind.
CLOSE_S = 3.0


class BadOffer(CallError, ValueError):
    """What came is no offer that we can answer."""


class VideoLink:
    """Answers one offer, then sends and receives until it is closed.

    Attributes:
        sound: What goes out.
        picture: What goes out; nothing before a picture is put into it.
        has_failed: Whether it can't come about any more, or was ended from there.
        sends_sound: Whether the other end offered to send any.
        heard_s: When a packet last came, by `time.monotonic`; None: none yet.
    """

    def __init__(
        self,
        servers: Sequence[RTCIceServer],
        *,
        play: Callable[[Samples], None],
        show: Callable[[av.VideoFrame], None],
    ) -> None:
        """Prepare a connection.

        Args:
            servers: That answered lately; none: only what is reached directly.
            play: Takes each block of their sound.
            show: Takes each picture of theirs.

        Raises:
            NoOpus: If libopus is not installed.
        """
        self.sound = OutgoingSound()
        self.picture = OutgoingPicture()
        self.has_failed = False
        self.sends_sound = False
        self.heard_s: float | None = None
        self._incoming = IncomingSound(play)
        self._show = show
        # An empty list, for with None aiortc asks a server of its own choice.
        self._connection = RTCPeerConnection(
            RTCConfiguration(
                iceServers=list(servers), bundlePolicy=RTCBundlePolicy.MAX_BUNDLE
            )
        )
        self._connection.on("connectionstatechange", self._note_state)
        self._connection.on("track", self._take_track)
        self._tasks: set[asyncio.Task[None]] = set()
        self._candidates = 0
        self._negotiating: asyncio.Task[None] | None = None
        self._is_closed = False
        self._pictures: IncomingPicture | None = None
        self._copies: redundancy.Types | None = None

    @property
    def is_connected(self) -> bool:
        """Whether there is a way there and back."""
        return bool(self._connection.connectionState == "connected")

    @property
    def address(self) -> str:
        """Our own address that it goes through; "" before there is a way."""
        return aiortc_ext.local_address(self._connection)

    async def answer(self, offer: str) -> str:
        """Take the other end's offer; returns our answer with all our candidates.

        Raises:
            BadOffer: If there is no answer to it.
        """
        try:
            lines, candidates = _split(offer)
            self._prepare(lines)
            # Cancelled in the midst of it, aiortc would leave its sockets open: then
            # `close` waits for the rest.
            task = asyncio.get_running_loop().create_task(self._negotiate(lines))
            self._negotiating = task
            await asyncio.shield(task)
        except CallError:
            raise
        except Exception as error:
            # What comes from outside breaks aiortc's parser in any way it likes.
            raise BadOffer(f"no offer to answer: {type(error).__name__}") from error
        for mid, candidate in candidates:
            self.add(candidate, mid)
        sdp = _with_opus(self._connection.localDescription.sdp)
        return sdp if self._copies is None else redundancy.agree(sdp, self._copies)

    async def _negotiate(self, lines: Sequence[str]) -> None:
        description = RTCSessionDescription(_joined(lines), "offer")
        await self._connection.setRemoteDescription(description)
        self._choose_encoders()
        aiortc_ext.hurry_gathering(self._connection)
        aiortc_ext.repeat_checks(self._connection)
        await self._connection.setLocalDescription()

    def add(self, candidate: str, mid: str) -> None:
        """Take one more way to the other end (RFC 8838); what is none is left out.

        Empty: there are no more. Only after `answer`.
        """
        self._candidates += 1
        if self._candidates > MOST_CANDIDATES or self._is_closed:
            return
        # By itself, since the name of a phone in the same house takes a while to look
        # up (mDNS).
        self._keep(self._add(candidate, mid))

    async def learn(self) -> None:
        """Once a second: adapt our picture to how the other end gets it."""
        for sender in self._connection.getSenders():
            if sender.kind == "video":
                self.picture.learn(await _loss(sender))

    async def close(self) -> None:
        """End it; may be called twice."""
        if self._is_closed:
            return
        self._is_closed = True
        self._incoming.close()
        if self._pictures is not None:
            self._pictures.close()
        self.sound.stop()
        self.picture.stop()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._negotiating is not None:
            # At most GATHER_S, and its error was told to who asked for it.
            await asyncio.gather(self._negotiating, return_exceptions=True)
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._connection.close()
        except TimeoutError:
            logger.warning("a connection does not close; it is left behind")

    # Answering

    def _prepare(self, lines: list[str]) -> None:
        """Make ready to send and receive what the offer has; aiortc wants no more."""
        kinds = [line[2:].split(" ", 1)[0] for line in lines if line[:2] == "m="]
        if kinds.count("audio") != 1 or kinds.count("video") > 1:
            raise BadOffer(f"an offer of {len(kinds)} parts, not of sound and picture")
        if not any(line.startswith("a=fingerprint:") for line in lines):
            raise BadOffer("an offer without a fingerprint")
        self.sends_sound = _is_sent(lines, "audio")
        self._copies = redundancy.offered(lines)
        tracks: list[MediaStreamTrack] = [self.sound]
        if "video" in kinds:
            tracks.append(self.picture)
        for track in tracks:
            transceiver = self._connection.addTransceiver(track, "sendrecv")
            receiver = transceiver.receiver
            if track.kind == "video":
                transceiver.setCodecPreferences(_codecs("video", VIDEO_CODECS))
                self._pictures = IncomingPicture(receiver, self._keep)
                aiortc_ext.watch_packets(receiver, self._note_packet)
            else:
                transceiver.setCodecPreferences(_codecs("audio", SOUND_CODECS))
                aiortc_ext.watch_packets(receiver, self._take_sound(receiver))

    def _choose_encoders(self) -> None:
        for sender in self._connection.getSenders():
            match aiortc_ext.agreed_codec(sender, self._connection):
                case "opus":
                    self._choose_voice(sender)
                case "H264":
                    encoder = aiortc_ext.FastH264Encoder(self.picture)
                    aiortc_ext.encode_with(sender, encoder)
                case "VP8":
                    small = aiortc_ext.SizedVp8Encoder(self.picture)
                    aiortc_ext.encode_with(sender, small)

    def _choose_voice(self, sender: RTCRtpSender) -> None:
        types, copies = self._copies, None
        if types is not None:
            copies = redundancy.Copies(types.opus)
            aiortc_ext.send_as(sender, types.red)
        aiortc_ext.encode_with(sender, aiortc_ext.VoiceEncoder(copies))

    async def _add(self, candidate: str, mid: str) -> None:
        try:
            if not candidate:
                await self._connection.addIceCandidate(None)
                return
            found = candidate_from_sdp(candidate.removeprefix("candidate:"))
            found.sdpMid = mid
            await self._connection.addIceCandidate(found)
        except Exception as error:
            # As with an offer: other ways are not worse for it.
            logger.info("a candidate is none: %s", type(error).__name__)

    # Receiving

    def _take_sound(self, receiver: RTCRtpReceiver) -> aiortc_ext.TakePacket:
        def take(packet: RtpPacket) -> None:
            if self._is_closed:
                return
            if aiortc_ext.decoder_thread(receiver) is not None:
                aiortc_ext.stop_decoding(receiver)
            self._note_packet(packet)
            self._incoming.take(packet)

        return take

    def _note_packet(self, packet: RtpPacket) -> None:
        self.heard_s = time.monotonic()

    def _take_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "video":
            self._keep(self._receive(track))

    async def _receive(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                picture = await track.recv()
            except MediaStreamError:
                return
            if isinstance(picture, av.VideoFrame):
                self._show(picture)

    def _note_state(self) -> None:
        if self._connection.connectionState in ("failed", "closed"):
            self.has_failed = True

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _codecs(kind: str, names: Sequence[str]) -> list[RTCRtpCodecCapability]:
    """What aiortc can of these codecs, in this order."""
    can = RTCRtpReceiver.getCapabilities(kind)
    assert can is not None
    wanted = [one for one in can.codecs if one.mimeType.lower() in names]
    return sorted(wanted, key=lambda one: names.index(one.mimeType.lower()))


async def _loss(sender: RTCRtpSender) -> float:
    """The share of our packets that the other end last told it lost."""
    stats = await sender.getStats()
    for one in stats.values():
        if one.type == "remote-inbound-rtp":
            # In 1/256 (RFC 3550, 6.4.1).
            return float(one.fractionLost) / 256
    return 0.0


def _split(offer: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The offer's lines without candidates, and these with their part's name.

    Candidates that came with the offer are added like those that follow: so looking
    one up holds up nothing.
    """
    lines: list[str] = []
    found: list[tuple[int, str]] = []
    mids: dict[int, str] = {}
    part = 0
    for line in offer.splitlines():
        if line.startswith("a=candidate:"):
            found.append((part, line.removeprefix("a=")))
            continue
        if line.startswith("a=end-of-candidates"):
            found.append((part, ""))
            continue
        part += line.startswith("m=")
        if line.startswith("a=mid:"):
            mids[part] = line.removeprefix("a=mid:")
        lines.append(line)
    return lines, [(mids[part], line) for part, line in found if part in mids]


def _is_sent(lines: Sequence[str], kind: str) -> bool:
    """Whether the offer's part of this kind sends anything (RFC 8866, 6.7)."""
    is_there = False
    for line in lines:
        if line.startswith("m="):
            is_there = line.startswith(f"m={kind} ")
        elif is_there and line in ("a=recvonly", "a=inactive"):
            return False
    return True


def _joined(lines: Sequence[str]) -> str:
    return "".join(f"{line}\r\n" for line in lines)


def _with_opus(answer: str) -> str:
    """Ask for a copy of each packet in the next one, and for mono (RFC 7587, 6.1)."""
    found = re.search(r"^a=rtpmap:(\d+) opus/48000/2\r?$", answer, re.MULTILINE)
    if found is None:
        return answer
    wish = f"a=fmtp:{found[1]} minptime=10;useinbandfec=1;stereo=0\r\n"
    end = answer.index("\n", found.start()) + 1
    return answer[:end] + wish + answer[end:]
