"""Pictures as they travel between device and page: JPEG."""

from fractions import Fraction

import av
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from companion.simulator.messages import BadMessage

# The drawing of the screen is no wider than this on most laptops.
WIDEST = 960

# Of 1 (best) to 31: letters in the picture stay sharp, 30 to 60 kB each.
QUALITY = "4"

# The largest camera picture that is taken: 1280x720 has 0.2 MB at most.
JPEG_BYTES = 1_000_000
MOST_PIXELS = 1920 * 1080

# What JPEG knows as "full range" with halved colours.
JPEG_FORMAT = "yuvj420p"


class JpegWriter:
    """Makes JPEGs; some 3 ms each for 960x540 (x86). For one thread at a time."""

    def __init__(self) -> None:
        """Begin; the encoder is made for the size of the first picture."""
        self._encoder: VideoCodecContext | None = None
        self._written = 0

    def write(self, picture: VideoFrame) -> bytes:
        """The picture, no wider than WIDEST."""
        scale = min(1.0, WIDEST / picture.width)
        # Halved colours need even sides.
        width, height = (
            max(2, round(side * scale) // 2 * 2)
            for side in (picture.width, picture.height)
        )
        fitting = picture.reformat(width, height, JPEG_FORMAT)
        encoder = self._encoder
        if encoder is None or (encoder.width, encoder.height) != (width, height):
            encoder = self._encoder = _encoder(width, height)
        # The encoder wants time to go on, and knows no clock but its own.
        self._written += 1
        fitting.pts, fitting.time_base = self._written, encoder.time_base
        return b"".join(bytes(packet) for packet in encoder.encode(fitting))


def _encoder(width: int, height: int) -> VideoCodecContext:
    encoder = CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = JPEG_FORMAT
    # Each picture is whole by itself; the codec wants a clock all the same.
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qmin": QUALITY, "qmax": QUALITY}
    return encoder


def read_jpeg(data: bytes) -> VideoFrame:
    """A picture of the page's camera, yuv420p.

    Raises:
        BadMessage: If it is no JPEG, or too large.
    """
    if len(data) > JPEG_BYTES:
        raise BadMessage("too large a picture")
    decoder = CodecContext.create("mjpeg", "r")
    try:
        pictures = decoder.decode(av.Packet(data))
    except (av.FFmpegError, ValueError) as error:
        raise BadMessage("no JPEG") from error
    if not pictures or pictures[0].width * pictures[0].height > MOST_PIXELS:
        raise BadMessage("no picture of a camera")
    return pictures[0].reformat(format="yuv420p")
