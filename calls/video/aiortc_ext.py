"""What we need of aiortc and it does not offer: its private parts, in one place.

A test checks that each of them is still there (tests/calls/video/test_aiortc_ext.py).
Nothing is changed for other users of aiortc in this process: only single objects are.
"""

import fractions
import logging
import queue
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import av
from aiortc import (
    RTCPeerConnection,
    RTCRtpCodecParameters,
    RTCRtpReceiver,
    RTCRtpSender,
)
from aiortc.codecs.base import Encoder
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpSendParameters
from aiortc.rtp import RtpPacket
from av.frame import Frame
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

from calls.video.assembling import Decode, Part
from calls.video.ladder import Step
from calls.video.payloads import begins_whole
from calls.video.redundancy import Copies

OPUS_BPS = 32_000
"""Full bandwidth for one voice (RFC 7587, 3.1.1: 28-40 kbit/s)."""

# The copy of a lost packet in the one after it is worth its bits from here on.
OPUS_LOSS_PERCENT = 10

CLOCK = fractions.Fraction(1, 90_000)
"""Of video (RFC 6184, 8.2.1)."""

# aiortc asks silent TURN and STUN servers for 5 s. Those passed have just answered,
# and an allocation takes two round trips.
GATHER_S = 1

# More pictures wait for the decoder than it can ever catch up with.
MOST_UNDECODED = 20

# libvpx is opened anew for another bit rate, and begins with a whole picture.
VP8_CHANGE = 0.25

# One line of it is worth more than the width's last pixel: x264 wants even numbers.
EVEN = 2


class Sizing(Protocol):
    """What the encoder of our picture is told, and tells; from two threads."""

    @property
    def step(self) -> Step:
        """The size to encode in."""

    @property
    def bps(self) -> int:
        """The bit rate to encode with."""

    def limit(self, bps: int) -> None:
        """The other end can get so much (REMB)."""

    def took(self, seconds: float) -> None:
        """Making one picture took so long."""


def keep_addresses_out_of_the_log() -> None:
    """aioice and aiortc tell each address and each packet at INFO and below."""
    for name in ("aioice", "aiortc"):
        logging.getLogger(name).setLevel(logging.WARNING)


# -- encoders -----------------------------------------------------------------------


def sized(frame: av.VideoFrame, height: int) -> av.VideoFrame:
    """The frame in yuv420p with this height at most, and the same shape."""
    width = frame.width
    if height < frame.height:
        width = round(width * height / frame.height)
    else:
        height = frame.height
    return frame.reformat(
        width=width // EVEN * EVEN, height=height // EVEN * EVEN, format="yuv420p"
    )


class FastH264Encoder(H264Encoder):
    """x264 with preset `superfast`: 5 ms a picture of 720p where aiortc takes 35.

    Its bit rate follows at once and without a new keyframe: libx264 takes another one
    while it runs, but only where it was opened with the highest as a constant one.
    """

    def __init__(self, sizing: Sizing) -> None:
        """Encode as `sizing` says."""
        super().__init__()
        self._sizing = sizing
        self._step: Step | None = None

    def encode(
        self, frame: Frame, force_keyframe: bool = False
    ) -> tuple[list[bytes], int]:
        """Encode a picture into RTP payloads (RFC 6184)."""
        assert isinstance(frame, av.VideoFrame)
        began = time.perf_counter()
        step, bps = self._sizing.step, self._sizing.bps
        small = sized(frame, step.height)
        small.pts, small.time_base = frame.pts, frame.time_base
        wanted = av.video.frame.PictureType
        small.pict_type = wanted.I if force_keyframe else wanted.NONE
        codec = self._codec_for(small, step)
        if codec.bit_rate != bps:
            codec.bit_rate = bps
        data = b"".join(bytes(packet) for packet in codec.encode(small))
        payloads = self._packetize(self._split_bitstream(data))
        self._sizing.took(time.perf_counter() - began)
        return payloads, _in_clock(frame)

    def _codec_for(self, frame: av.VideoFrame, step: Step) -> VideoCodecContext:
        size = (frame.width, frame.height)
        codec = self.codec
        if codec is None or self._step != step or size != (codec.width, codec.height):
            self._step = step
            codec = self.codec = _open_x264(*size, step)
        return codec

    @property
    def target_bitrate(self) -> int:
        """What aiortc believes that we do."""
        return self._sizing.bps

    @target_bitrate.setter
    def target_bitrate(self, bps: int) -> None:
        self._sizing.limit(bps)


def _open_x264(width: int, height: int, step: Step) -> VideoCodecContext:
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height = width, height
    codec.pix_fmt = "yuv420p"
    codec.framerate = fractions.Fraction(step.rate, 1)
    codec.time_base = CLOCK
    codec.bit_rate = step.most_bps
    codec.profile = "Baseline"
    codec.options = {
        "preset": "superfast",
        "tune": "zerolatency",
        # Level 3.1 is 720p30, what aiortc offers (profile-level-id 42e01f).
        "level": "31",
        "maxrate": str(step.most_bps),
        # Half a second: a keyframe may take so long on a way that is just wide enough.
        "bufsize": str(step.most_bps // 2),
        # Keyframes only where the other end asks for one.
        "g": "3000",
    }
    codec.open()
    return codec


class SizedVp8Encoder(Vp8Encoder):
    """libvpx as aiortc sets it, in the size that the ladder says."""

    def __init__(self, sizing: Sizing) -> None:
        """Encode as `sizing` says."""
        super().__init__()
        self._sizing = sizing
        self._bps = sizing.bps

    def encode(
        self, frame: Frame, force_keyframe: bool = False
    ) -> tuple[list[bytes], int]:
        """Encode a picture into RTP payloads (RFC 7741)."""
        assert isinstance(frame, av.VideoFrame)
        began = time.perf_counter()
        small = sized(frame, self._sizing.step.height)
        small.pts, small.time_base = frame.pts, frame.time_base
        if abs(self._sizing.bps - self._bps) > VP8_CHANGE * self._bps:
            self._bps = self._sizing.bps
        _set(self, "_Vp8Encoder__target_bitrate", self._bps)
        encoded = super().encode(small, force_keyframe)
        self._sizing.took(time.perf_counter() - began)
        return encoded

    @property
    def target_bitrate(self) -> int:
        """What libvpx is to make."""
        return self._bps

    @target_bitrate.setter
    def target_bitrate(self, bps: int) -> None:
        self._sizing.limit(bps)


class VoiceEncoder(Encoder):
    """Opus for one voice, with a copy of each packet in the next (RFC 7587, 3.3)."""

    def __init__(self, copies: Copies | None = None) -> None:
        """Begin a stream of mono sound at 48 kHz, in frames of 20 ms.

        Args:
            copies: Put into each packet; None where the other end takes none.
        """
        self._copies = copies
        codec = av.CodecContext.create("libopus", "w")
        assert isinstance(codec, av.AudioCodecContext)
        codec.bit_rate = OPUS_BPS
        codec.format = av.AudioFormat("s16")
        codec.layout = av.AudioLayout("mono")
        codec.sample_rate = 48_000
        codec.time_base = fractions.Fraction(1, 48_000)
        codec.options = {
            "application": "voip",
            "fec": "1",
            "packet_loss": str(OPUS_LOSS_PERCENT),
        }
        self._codec = codec

    def encode(
        self, frame: Frame, force_keyframe: bool = False
    ) -> tuple[list[bytes], int]:
        """One packet for one frame."""
        assert isinstance(frame, av.AudioFrame)
        assert frame.pts is not None
        payloads = [bytes(packet) for packet in self._codec.encode(frame)]
        if self._copies is not None:
            payloads = [self._copies.add(one, frame.pts) for one in payloads]
        return payloads, frame.pts

    def pack(self, packet: "Packet[Any]") -> tuple[list[bytes], int]:
        """Nothing here is encoded beforehand."""
        raise NotImplementedError("sound comes as samples")


def _in_clock(frame: av.VideoFrame) -> int:
    assert frame.pts is not None and frame.time_base is not None
    return int(frame.pts * fractions.Fraction(frame.time_base) / CLOCK)


def encode_with(sender: RTCRtpSender, encoder: Encoder) -> None:
    """Let a sender use this encoder; before it begins, and for the agreed codec."""
    _set(sender, "_RTCRtpSender__encoder", encoder)


def send_as(sender: RTCRtpSender, payload_type: int) -> None:
    """Let a sender's packets have this payload type; before it begins."""
    send: Callable[[RTCRtpSendParameters], Awaitable[None]] = sender.send

    async def send_so(parameters: RTCRtpSendParameters) -> None:
        first, *others = parameters.codecs
        codecs = [replace(first, payloadType=payload_type), *others]
        await send(replace(parameters, codecs=codecs))

    _set(sender, "send", send_so)


def agreed_codec(sender: RTCRtpSender, connection: RTCPeerConnection) -> str:
    """The codec that both ends agreed on for a sender: "H264", "VP8", "opus"; or ""."""
    for transceiver in connection.getTransceivers():
        if transceiver.sender is sender and transceiver._codecs:
            return str(transceiver._codecs[0].name)
    return ""


# -- receiving ----------------------------------------------------------------------

TakePacket = Callable[[RtpPacket], None]


def watch_packets(receiver: RTCRtpReceiver, take: TakePacket) -> None:
    """See each RTP packet of a receiver that arrives, before aiortc does.

    Args:
        receiver: Not receiving yet.
        take: Called on the loop; takes no time.
    """
    handle: Callable[..., Awaitable[None]] = receiver._handle_rtp_packet

    async def see(packet: RtpPacket, arrival_time_ms: int) -> None:
        if receiver._enabled:
            take(packet)
        await handle(packet, arrival_time_ms=arrival_time_ms)

    _set(receiver, "_handle_rtp_packet", see)


def stop_decoding(receiver: RTCRtpReceiver) -> None:
    """End aiortc's decoding of a stream that we decode by ourselves; keep its reports.

    Only once packets came: its thread begins together with the receiving.
    """
    stop: Callable[[], None] = _get(receiver, "_RTCRtpReceiver__stop_decoder")
    stop()


class PictureStream:
    """aiortc's receiver of pictures, where its packets are put together by ourselves.

    It goes on to unpack what was sent again, to report and to decode.
    """

    def __init__(self, receiver: RTCRtpReceiver, take: Callable[[Part], None]) -> None:
        """Hand each part to `take`, on the loop; it takes no time.

        Args:
            receiver: Not receiving yet.
            take: Called with parts as they come, doubles as well.
        """
        self._receiver = receiver
        self._take = take
        self._packet = RtpPacket()
        # Without the one it asks for nothing, and of the other it uses only `add`.
        _set(receiver, "_RTCRtpReceiver__nack_generator", None)
        _set(receiver, "_RTCRtpReceiver__jitter_buffer", self)

    def add(self, packet: RtpPacket) -> tuple[bool, None]:
        """As aiortc's JitterBuffer: nothing to ask for, and no picture to decode."""
        self._packet = packet
        self._take(
            Part(
                packet.sequence_number,
                packet.timestamp,
                packet._data,  # type: ignore[attr-defined]
                is_last=bool(packet.marker),
                begins_whole=begins_whole(self._codec.name, packet.payload),
            )
        )
        return False, None

    @property
    def _codec(self) -> RTCRtpCodecParameters:
        codecs = _get(self._receiver, "_RTCRtpReceiver__codecs")
        codec = codecs[self._packet.payload_type]
        assert isinstance(codec, RTCRtpCodecParameters)
        return codec

    @property
    def is_behind(self) -> bool:
        """Whether more pictures wait for the decoder than it can catch up with."""
        return self._undecoded.qsize() > MOST_UNDECODED

    def decode(self, picture: Decode) -> None:
        """Let it be decoded; comes out of the receiver's track."""
        frame = JitterFrame(picture.data, picture.timestamp)
        self._undecoded.put((self._codec, frame))

    def forget_undecoded(self) -> None:
        """What waits for the decoder is not decoded any more."""
        while not self._undecoded.empty():
            self._undecoded.get_nowait()

    async def ask_again(self, numbers: Sequence[int]) -> None:
        """Ask for lost packets."""
        await self._receiver._send_rtcp_nack(self._packet.ssrc, list(numbers))

    async def ask_whole(self) -> None:
        """Ask for a picture that needs no other."""
        await self._receiver._send_rtcp_pli(self._packet.ssrc)

    @property
    def _undecoded(self) -> "queue.Queue[Any]":
        waiting = _get(self._receiver, "_RTCRtpReceiver__decoder_queue")
        assert isinstance(waiting, queue.Queue)
        return waiting


def decoder_thread(receiver: RTCRtpReceiver) -> threading.Thread | None:
    """The thread in which aiortc decodes; None before and after."""
    thread = _get(receiver, "_RTCRtpReceiver__decoder_thread")
    assert thread is None or isinstance(thread, threading.Thread)
    return thread


# -- the way there ------------------------------------------------------------------


def hurry_gathering(connection: RTCPeerConnection) -> None:
    """Wait at most GATHER_S for STUN and TURN servers.

    Args:
        connection: With its transceivers, and without a local description yet.
    """
    for agent in _agents(connection):
        gather: Callable[..., Awaitable[Any]] = agent.get_component_candidates
        _set(agent, "get_component_candidates", partial(gather, timeout=GATHER_S))


def repeat_checks(connection: RTCPeerConnection) -> None:
    """Try a way again as soon as something comes over it (RFC 8445, 7.3.1.4).

    A relay drops our first try until the other end has told it of us; aioice waits half
    a second before the next one.

    Args:
        connection: With its transceivers, and without a local description yet.
    """
    for agent in _agents(connection):
        _set(agent, "check_incoming", partial(_check_again, agent.check_incoming))


def _check_again(
    check: Callable[..., None], message: Any, addr: tuple[str, int], protocol: Any
) -> None:
    check(message, addr, protocol)
    for transaction in tuple(protocol.transactions.values()):
        if _get(transaction, "_Transaction__addr") == addr:
            protocol.send_stun(_get(transaction, "_Transaction__request"), addr)


def _agents(connection: RTCPeerConnection) -> list[Any]:
    """Of aioice; with MAX_BUNDLE all transceivers share one."""
    found = (
        transceiver.receiver.transport.transport._connection
        for transceiver in connection.getTransceivers()
    )
    return list({id(agent): agent for agent in found}.values())


def local_address(connection: RTCPeerConnection) -> str:
    """Our own address that sound and picture leave by; "" before there is a way."""
    for agent in _agents(connection):
        for pair in agent._nominated.values():
            transport = pair.protocol.transport
            # Of a relay, the address that we reach it from.
            found = transport.get_extra_info("related_address")
            found = found or transport.get_extra_info("sockname")
            return str(found[0]) if found else ""
    return ""


# Names that begin with two underscores are only reached so from outside their class.


def _get(of: object, name: str) -> Any:
    return getattr(of, name)


def _set(of: object, name: str, value: object) -> None:
    if not hasattr(of, name):
        raise AttributeError(f"aiortc's {type(of).__name__} has no {name} any more")
    setattr(of, name, value)
