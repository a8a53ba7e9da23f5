"""aiortc's private parts that we reach into are still there, and do what we think."""

import asyncio
import fractions
from inspect import iscoroutinefunction, signature
from typing import Any

import aioice.ice
import av
import pytest
from aioice import stun
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection
from aiortc.codecs.h264 import H264Encoder, h264_depayload
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.rtcrtpreceiver import RTCRtpReceiver
from aiortc.rtcrtpsender import RTCRtpSender

from calls.video import aiortc_ext
from calls.video.aiortc_ext import (
    FastH264Encoder,
    SizedVp8Encoder,
    VoiceEncoder,
    encode_with,
    hurry_gathering,
)
from calls.video.ladder import STEPS, Step
from calls.video.opus import OpusDecoder
from hardware import pattern
from tests.calls.video.far_end import sounds
from tests.sound.handmade import tone
from voice.audio import BLOCK_SAMPLES, RATE_HZ

# What we use, by the class that has it; a new aiortc that lacks one fails here first.
PARTS: list[tuple[type, tuple[str, ...]]] = [
    (H264Encoder, ("_packetize", "_split_bitstream")),
    (RTCRtpReceiver, ("_handle_rtp_packet", "_send_rtcp_nack", "_send_rtcp_pli")),
]


@pytest.mark.parametrize(("owner", "names"), PARTS)
def test_each_method_is_there(owner: type, names: tuple[str, ...]) -> None:
    assert [name for name in names if not hasattr(owner, name)] == []


async def test_each_attribute_is_there() -> None:
    connection = RTCPeerConnection()
    transceiver = connection.addTransceiver("video")
    receiver, sender = transceiver.receiver, transceiver.sender
    agent = receiver.transport.transport._connection
    assert isinstance(sender, RTCRtpSender)
    for owner, name in (
        (sender, "_RTCRtpSender__encoder"),
        (receiver, "_enabled"),
        (receiver, "_RTCRtpReceiver__stop_decoder"),
        (receiver, "_RTCRtpReceiver__decoder_thread"),
        (receiver, "_RTCRtpReceiver__decoder_queue"),
        (receiver, "_RTCRtpReceiver__jitter_buffer"),
        (receiver, "_RTCRtpReceiver__nack_generator"),
        (transceiver, "_codecs"),
        (agent, "_nominated"),
        (agent, "get_component_candidates"),
        (agent, "check_incoming"),
        (Vp8Encoder(), "_Vp8Encoder__target_bitrate"),
        (H264Encoder(), "codec"),
        (receiver, "_RTCRtpReceiver__codecs"),
    ):
        assert hasattr(owner, name), f"{type(owner).__name__} has no {name}"
    assert iscoroutinefunction(receiver._handle_rtp_packet)
    assert "timeout" in signature(agent.get_component_candidates).parameters
    assert "arrival_time_ms" in signature(receiver._handle_rtp_packet).parameters
    await connection.close()


async def test_a_part_that_is_gone_is_named() -> None:
    connection = RTCPeerConnection()
    sender = connection.addTransceiver("audio").sender
    delattr(sender, "_RTCRtpSender__encoder")
    with pytest.raises(AttributeError, match="_RTCRtpSender__encoder"):
        encode_with(sender, VoiceEncoder())
    await connection.close()


# Encoders


class Fixed:
    """A size that does not change by itself."""

    def __init__(self, step: Step, bps: int) -> None:
        self.step = step
        self.bps = bps
        self.limits: list[int] = []
        self.seconds = 0.0

    def limit(self, bps: int) -> None:
        self.limits.append(bps)

    def took(self, seconds: float) -> None:
        self.seconds += seconds


def picture(number: int, width: int = 1280, height: int = 720) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(
        pattern.draw(number, width, height), format="yuv420p"
    )
    frame.pts, frame.time_base = number * 3_000, fractions.Fraction(1, 90_000)
    return frame


def is_whole(payloads: list[bytes]) -> bool:
    """Whether there is a picture in it that needs no other (NAL type 5, RFC 6184)."""
    stream = b"".join(h264_depayload(payload) for payload in payloads)
    units = stream.split(b"\0\0\0\1")
    return any(unit and unit[0] & 0x1F == 5 for unit in units)


def test_h264_takes_another_bit_rate_at_once_and_without_a_whole_picture() -> None:
    sizing = Fixed(STEPS[0], 2_000_000)
    encoder = FastH264Encoder(sizing)
    source = av.open("testsrc2=size=1280x720:rate=30", format="lavfi")
    bits: list[int] = []
    whole: list[int] = []
    for number, frame in enumerate(source.decode(video=0)):
        if number == 60:
            sizing.bps = 500_000
        if number == 180:
            break
        small = frame.reformat(format="yuv420p")
        small.pts, small.time_base = number * 3_000, fractions.Fraction(1, 90_000)
        payloads, at = encoder.encode(small)
        assert at == number * 3_000
        assert max(len(one) for one in payloads) <= 1_300
        bits.append(8 * sum(len(one) for one in payloads))
        if is_whole(payloads):
            whole.append(number)
    source.close()
    assert whole == [0]
    assert 1_200_000 < sum(bits[30:60]) < 2_600_000
    assert 350_000 < sum(bits[120:180]) / 2 < 700_000
    assert sizing.seconds > 0


def test_a_whole_picture_comes_when_it_is_asked_for_or_the_size_changes() -> None:
    sizing = Fixed(STEPS[0], 1_000_000)
    encoder = FastH264Encoder(sizing)
    assert is_whole(encoder.encode(picture(0))[0])
    assert not is_whole(encoder.encode(picture(1))[0])
    assert is_whole(encoder.encode(picture(2), force_keyframe=True)[0])
    assert not is_whole(encoder.encode(picture(3))[0])
    sizing.step = STEPS[1]
    payloads, _ = encoder.encode(picture(4))
    assert is_whole(payloads)
    decoder = av.CodecContext.create("h264", "r")
    data = b"".join(h264_depayload(payload) for payload in payloads)
    seen = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
    assert [(one.width, one.height) for one in seen] == [(852, 480)]
    assert pattern.read(seen[0]) == 4


@pytest.mark.parametrize("kind", [FastH264Encoder, SizedVp8Encoder])
def test_what_the_other_end_can_get_is_handed_on(
    kind: type[FastH264Encoder] | type[SizedVp8Encoder],
) -> None:
    sizing = Fixed(STEPS[2], 300_000)
    encoder = kind(sizing)
    encoder.target_bitrate = 77_000
    assert sizing.limits == [77_000]
    assert encoder.target_bitrate == 300_000


def test_vp8_is_made_in_the_size_of_the_ladder() -> None:
    sizing = Fixed(STEPS[2], 300_000)
    encoder = SizedVp8Encoder(sizing)
    payloads, _ = encoder.encode(picture(9))
    assert payloads
    codec = encoder.codec
    assert codec is not None
    assert (codec.width, codec.height) == (640, 360)
    sizing.bps = 310_000
    encoder.encode(picture(10))
    assert encoder.codec is codec
    sizing.bps = 500_000
    encoder.encode(picture(11))
    assert encoder.codec is not codec


def test_a_small_camera_is_not_enlarged() -> None:
    frame = aiortc_ext.sized(picture(0, 320, 240), 720)
    assert (frame.width, frame.height) == (320, 240)
    odd = picture(0, 640, 480).reformat(width=641, height=481)
    assert aiortc_ext.sized(odd, 720).width == 640


def test_sound_has_a_copy_of_each_packet_in_the_next_one() -> None:
    encoder, decoder = VoiceEncoder(), OpusDecoder()
    packets: list[bytes] = []
    for number, block in enumerate(tone(300, 1.0).reshape(-1, BLOCK_SAMPLES)):
        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.pts = RATE_HZ, number * BLOCK_SAMPLES
        made, at = encoder.encode(frame)
        assert (len(made), at) == (1, number * BLOCK_SAMPLES)
        packets += made
    for packet in packets[:30]:
        decoder.decode(packet)
    recovered = [decoder.recover(packet) for packet in packets[31:40]]
    assert all(one.size == BLOCK_SAMPLES for one in recovered)
    assert sum(len(packet) for packet in packets) * 8 < 45_000
    sound = [decoder.decode(packet) for packet in packets[40:]]
    assert sounds(sound[-1], 300)


async def test_gathering_waits_a_second_for_a_silent_server(
    silent_port: int,
) -> None:
    connection = RTCPeerConnection()
    connection.addTransceiver("audio")
    hurry_gathering(connection)
    agent = connection.getTransceivers()[0].receiver.transport.transport._connection
    assert isinstance(agent, aioice.ice.Connection)
    agent.stun_server = ("127.0.0.1", silent_port)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    await connection.setLocalDescription(await connection.createOffer())
    # Without it: 5 s.
    assert 0.9 < loop.time() - began_s < 4.0
    await connection.close()


class PaperProtocol:
    """A way of aioice with one try under way."""

    def __init__(self, request: stun.Message, addr: tuple[str, int]) -> None:
        self.sent: list[tuple[stun.Message, tuple[str, int]]] = []
        transaction = stun.Transaction(request, addr, self)
        self.transactions = {request.transaction_id: transaction}

    def send_stun(self, message: stun.Message, addr: tuple[str, int]) -> None:
        self.sent.append((message, addr))


async def test_a_way_is_tried_again_when_something_comes_over_it() -> None:
    connection = RTCPeerConnection(
        RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    )
    for kind in ("audio", "video"):
        connection.addTransceiver(kind)
    transport = connection.getTransceivers()[0].receiver.transport.transport
    agent: Any = transport._connection
    checked: list[object] = []
    agent.check_incoming = lambda *what: checked.append(what)
    aiortc_ext.repeat_checks(connection)
    there, elsewhere = ("127.0.0.1", 5_000), ("127.0.0.1", 5_001)
    ours = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    theirs = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    protocol = PaperProtocol(ours, there)
    agent.check_incoming(theirs, elsewhere, protocol)
    assert protocol.sent == []
    agent.check_incoming(theirs, there, protocol)
    assert protocol.sent == [(ours, there)]
    assert checked == [(theirs, elsewhere, protocol), (theirs, there, protocol)]
    await connection.close()
