"""Where a whole picture begins, in payloads as encoders make them."""

import fractions

import av
import pytest

from calls.video.aiortc_ext import FastH264Encoder, SizedVp8Encoder
from calls.video.ladder import STEPS
from calls.video.payloads import begins_whole
from hardware import pattern
from tests.calls.video.test_aiortc_ext import Fixed


@pytest.mark.parametrize(
    ("codec", "kind"), [("H264", FastH264Encoder), ("VP8", SizedVp8Encoder)]
)
def test_whole_pictures_of_encoders_are_known(
    codec: str, kind: type[FastH264Encoder] | type[SizedVp8Encoder]
) -> None:
    encoder = kind(Fixed(STEPS[1], 1_000_000))
    found: list[list[bool]] = []
    for number in range(6):
        frame = av.VideoFrame.from_ndarray(
            pattern.draw(number, 640, 480), format="yuv420p"
        )
        frame.pts, frame.time_base = number * 3_000, fractions.Fraction(1, 90_000)
        payloads, _ = encoder.encode(frame, force_keyframe=number == 4)
        found.append([begins_whole(codec, one) for one in payloads])
    for number, begins in enumerate(found):
        # In its first packet, and in no other.
        assert begins.index(True) == 0 if number in (0, 4) else True not in begins
        assert sum(begins) <= 1


@pytest.mark.parametrize(
    ("payload", "is_begin"),
    [
        (b"\x67\x42\xe0\x1f", True),  # parameters by themselves
        (b"\x09\xf0", False),  # a delimiter
        (b"\x18\x00\x02\x09\xf0\x00\x04\x67\x42\xe0\x1f", True),  # both in one packet
        (b"\x18\x00\x02\x09\xf0\x00\x02\x68\xce", False),
        (b"\x7c\x85\x88", False),  # a piece of a whole one, without its parameters
        (b"", False),
    ],
)
def test_h264_as_other_encoders_pack_it(payload: bytes, is_begin: bool) -> None:
    assert begins_whole("H264", payload) is is_begin
