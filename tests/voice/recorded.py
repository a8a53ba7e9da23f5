"""Sound files as telephones and computers make them, good and bad."""

import struct
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE_HZ = 44_100

Wave = NDArray[np.float64]


def voice(length_s: float = 1.0, rate_hz: int = RATE_HZ, peak: float = 0.4) -> Wave:
    """Something like a vowel that is sung: harmonics of 150 Hz, in syllables."""
    at_s = np.arange(round(length_s * rate_hz)) / rate_hz
    tone = sum(np.sin(2 * np.pi * 150 * n * at_s + n) / n for n in range(1, 12))
    sound = np.asarray(tone * (0.55 - 0.45 * np.cos(2 * np.pi * 4 * at_s)), np.float64)
    made: Wave = sound * peak / np.abs(sound).max()
    return made


def wav(
    sound: Wave,
    rate_hz: int = RATE_HZ,
    bits: int = 16,
    channels: int = 1,
    kind: int = 1,
    is_extensible: bool = False,
) -> bytes:
    """A WAV file in bytes."""
    wide = np.repeat(sound, channels)
    if kind == 3:
        data = wide.astype("<f4").tobytes()
    elif bits == 24:
        whole = np.rint(wide * (2**31 - 1)).astype("<i4")
        data = whole.view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()
    elif bits == 8:
        data = np.rint(wide * 127 + 128).astype(np.uint8).tobytes()
    else:
        full = 2 ** (bits - 1) - 1
        data = np.rint(wide * full).astype(f"<i{bits // 8}").tobytes()
    frame = channels * bits // 8
    tag = 0xFFFE if is_extensible else kind
    form = struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * frame, frame, bits)
    if is_extensible:
        form += struct.pack("<HHIH", 22, bits, 0, kind) + bytes(14)
    # Telephones put the time and place of a recording before its sound.
    note = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    body = b"WAVE" + b"fmt " + struct.pack("<I", len(form)) + form + note
    body += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def encoded(sound: Wave, path: Path, codec: str, rate_hz: int = RATE_HZ) -> Path:
    """A compressed file, in the container that its name says."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=rate_hz)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        fit = av.AudioResampler(stream.format, "mono", rate_hz, stream.frame_size)
        samples = np.rint(sound * 32_767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
        frame.sample_rate = rate_hz
        for piece in [*fit.resample(frame), *fit.resample(None)]:
            file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return path
