"""Opus decoding that bears losses: with the copy in the next packet, or by guessing.

libopus itself, since no decoder of PyAV asks it for either (RFC 6716, 2.1.7 and 4.4).
"""

import ctypes
import ctypes.util
import functools
from pathlib import Path

import av
import numpy as np

from calls.call import CallError
from voice.audio import RATE_HZ, Samples

MOST_SAMPLES = RATE_HZ * 120 // 1000
"""A packet holds at most 120 ms (RFC 6716, 3.2.5)."""


class NoOpus(CallError):
    """libopus is not installed."""


@functools.cache
def _library() -> ctypes.CDLL:
    """Debian's libopus, or the one that comes with PyAV.

    Raises:
        NoOpus: If there is none.
    """
    beside = Path(av.__file__).parent.parent.glob("av.libs/libopus-*.so*")
    names = [ctypes.util.find_library("opus"), *(str(path) for path in beside)]
    for name in names:
        if name is None:
            continue
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        _declare(library)
        return library
    raise NoOpus("libopus is missing; install Debian's package libopus0")


def _declare(library: ctypes.CDLL) -> None:
    pointer, integer = ctypes.c_void_p, ctypes.c_int
    library.opus_decoder_create.restype = pointer
    library.opus_decoder_create.argtypes = [
        ctypes.c_int32,
        integer,
        ctypes.POINTER(integer),
    ]
    library.opus_decoder_destroy.restype = None
    library.opus_decoder_destroy.argtypes = [pointer]
    library.opus_decode.restype = integer
    library.opus_decode.argtypes = [
        pointer,
        ctypes.c_char_p,
        ctypes.c_int32,
        pointer,
        integer,
        integer,
    ]
    library.opus_packet_get_nb_samples.restype = integer
    library.opus_packet_get_nb_samples.argtypes = [
        ctypes.c_char_p,
        ctypes.c_int32,
        ctypes.c_int32,
    ]


class OpusDecoder:
    """Turns packets of one stream into mono at RATE_HZ; 0.1 ms for each of 20 ms."""

    def __init__(self) -> None:
        """Begin a stream.

        Raises:
            NoOpus: If libopus is not installed.
        """
        self._decoder: int | None = None
        self._library = _library()
        error = ctypes.c_int(0)
        self._decoder = self._library.opus_decoder_create(
            RATE_HZ, 1, ctypes.byref(error)
        )
        if error.value != 0 or not self._decoder:
            raise NoOpus(f"libopus makes no decoder (error {error.value})")
        self._samples = RATE_HZ // 50

    def __del__(self) -> None:
        """Free what libopus holds."""
        if self._decoder:
            self._library.opus_decoder_destroy(self._decoder)

    def decode(self, packet: bytes) -> Samples:
        """The sound of a packet; a guess where it is damaged."""
        samples = self._decode(packet, MOST_SAMPLES, from_next=False)
        if samples.size == 0:
            return self.guess()
        self._samples = samples.size
        return samples

    def recover(self, next_packet: bytes) -> Samples:
        """The sound of a lost packet, from the copy in the next one if it has one."""
        return self._decode(next_packet, self._samples, from_next=True)

    def guess(self) -> Samples:
        """Something for a lost packet: the sound before it dies away."""
        return self._decode(None, self._samples, from_next=False)

    def _decode(self, packet: bytes | None, most: int, *, from_next: bool) -> Samples:
        room = np.zeros(most, np.int16)
        count = self._library.opus_decode(
            self._decoder,
            packet,
            0 if packet is None else len(packet),
            room.ctypes.data,
            most,
            int(from_next),
        )
        return room[: max(0, count)].copy()
