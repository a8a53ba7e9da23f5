"""Recordings of people, from whatever file a telephone or computer makes.

WAV is read here. Other kinds go through PyAV (FFmpeg), which reads damaged files
too and may crash on hostile ones: use `voice.recording_child`, a process of its own.
"""

import struct
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from voice.audio import RATE_HZ, AudioError, Samples
from voice.synthesiser import normalise, speech_level_dbfs, trim

LONGEST_S = 30.0
"""No phrase takes longer; a longer file is something else."""

SHORTEST_S = 0.15
"""A short "ja" takes 0.2 s; a click of the recorder less."""

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 8_000, 96_000
"""From a telephone line to studio equipment."""

LARGEST_BYTES = 30_000_000
"""LONGEST_S at the highest rate in 32 bit stereo, and its heading."""

# Softer is a recording of the room: telephones give -20 to -35, from across a
# room -45.
LOWEST_DBFS = -50.0

# Of a voice that is 3 dB too loud 2 samples in a thousand are cut off, which is
# hardly heard; of one that is 6 dB too loud 9 to 13 (three espeak-ng voices).
FULL_SCALE = 0.995
MOST_AT_FULL_SCALE = 0.005

# Room noise that begins at once is heard as a click.
_FADE_SAMPLES = RATE_HZ // 100

KINDS = frozenset(
    ".wav .m4a .mp4 .aac .mp3 .ogg .oga .opus .flac .3gp .amr .webm".split()
)
"""Names that recorders on telephones and computers give their files."""

Waves = NDArray[np.float32]
"""Sound as it was recorded, 1.0 is full scale, shape (channels, n)."""


class Flaw(StrEnum):
    """Why a recording cannot be used. The value is the name of its sentence."""

    OTHER_KIND = "other_kind"
    UNREADABLE = "unreadable"
    NO_WAV = "no_wav"
    NO_SOUND = "no_sound"
    CUT_OFF = "cut_off"
    FORMAT = "format"
    TOO_LONG = "too_long"
    DAMAGED = "damaged"
    CLIPPED = "clipped"
    TOO_SOFT = "too_soft"
    EMPTY = "empty"
    NO_DECODER = "no_decoder"
    NO_ROOM = "no_room"
    TWICE = "twice"


class FlawedRecording(AudioError, ValueError):
    """A recording cannot be used.

    Attributes:
        flaw: Why.
    """

    def __init__(self, flaw: Flaw) -> None:
        self.flaw = flaw
        super().__init__(f"a recording cannot be used: {flaw.replace('_', ' ')}")


def read_recording(path: Path) -> Samples:
    """Read a recording as the synthesiser would have made it.

    Returns:
        Mono sound at RATE_HZ, at the level of synthesised speech, without the
        silence around it.

    Raises:
        FlawedRecording: If it is no usable recording of a voice.
    """
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise FlawedRecording(Flaw.OTHER_KIND)
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise FlawedRecording(Flaw.TOO_LONG)
        if kind == ".wav":
            waves, rate_hz = _read_wav(path.read_bytes())
        else:
            waves, rate_hz = _decode(path)
    except OSError as error:
        raise FlawedRecording(Flaw.UNREADABLE) from error
    return _finish(waves, rate_hz)


def _finish(waves: Waves, rate_hz: int) -> Samples:
    _inspect(waves, rate_hz)
    mono = waves.mean(axis=0)
    peak = float(np.abs(mono).max())
    if peak == 0.0:
        raise FlawedRecording(Flaw.EMPTY)
    # All 16 bits are used, whatever the level was.
    made = soxr.resample(mono * (0.9 / peak), rate_hz, RATE_HZ)
    samples = np.rint(np.clip(made, -1.0, 1.0) * 32_767).astype(np.int16)
    if speech_level_dbfs(samples) + 20 * np.log10(peak / 0.9) < LOWEST_DBFS:
        raise FlawedRecording(Flaw.TOO_SOFT)
    spoken = trim(samples)
    if spoken.size < SHORTEST_S * RATE_HZ:
        raise FlawedRecording(Flaw.EMPTY)
    return normalise(_faded(spoken))


def _inspect(waves: Waves, rate_hz: int) -> None:
    """Raise what can be said of a recording before it is converted."""
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ or waves.shape[0] not in (1, 2):
        raise FlawedRecording(Flaw.FORMAT)
    if waves.size == 0:
        raise FlawedRecording(Flaw.EMPTY)
    if waves.shape[1] > LONGEST_S * rate_hz:
        raise FlawedRecording(Flaw.TOO_LONG)
    if not np.isfinite(waves).all():
        raise FlawedRecording(Flaw.DAMAGED)
    for channel in waves:
        if np.mean(np.abs(channel) >= FULL_SCALE) > MOST_AT_FULL_SCALE:
            raise FlawedRecording(Flaw.CLIPPED)


def _faded(samples: Samples) -> Samples:
    """Without the clicks of a beginning and an end in the noise of a room."""
    ramp = np.linspace(0.0, 1.0, _FADE_SAMPLES)
    made = samples.astype(np.float64)
    made[:_FADE_SAMPLES] *= ramp
    made[-_FADE_SAMPLES:] *= ramp[::-1]
    return np.rint(made).astype(np.int16)


# -- WAV

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
# A recorder that writes to a pipe cannot know the length beforehand.
_UNKNOWN_SIZES = (0, 0xFFFFFFFF)
_FORM = struct.Struct("<HHIIHH")
# Where the real format of an extensible one begins: after the size of the
# extension, the valid bits and the mask of channels.
_SUB_FORMAT_AT = _FORM.size + 8


def _read_wav(data: bytes) -> tuple[Waves, int]:
    """The sound of a WAV file (PCM of 16, 24 or 32 bit, or float of 32).

    Raises:
        FlawedRecording: If it is none, or not whole.
    """
    if not data:
        raise FlawedRecording(Flaw.EMPTY)
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise FlawedRecording(Flaw.NO_WAV)
    form = b""
    for name, size, start in _chunks(data):
        if name == b"fmt ":
            form = data[start : start + size]
        if name == b"data":
            if len(form) < _FORM.size:
                raise FlawedRecording(Flaw.NO_WAV)
            if size not in _UNKNOWN_SIZES and start + size > len(data):
                raise FlawedRecording(Flaw.CUT_OFF)
            end = len(data) if size in _UNKNOWN_SIZES else start + size
            return _unpack(form, data[start:end])
    raise FlawedRecording(Flaw.CUT_OFF if form else Flaw.NO_WAV)


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, size as written and start of each part of a RIFF file."""
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        yield name, size, at + 8
        at += 8 + size + size % 2


def _unpack(form: bytes, data: bytes) -> tuple[Waves, int]:
    fields: tuple[int, ...] = _FORM.unpack_from(form)
    kind, channels, rate_hz, _, frame, bits = fields
    if kind == _EXTENSIBLE and len(form) >= _SUB_FORMAT_AT + 2:
        (kind,) = struct.unpack_from("<H", form, _SUB_FORMAT_AT)
    if channels not in (1, 2) or frame != channels * bits // 8:
        raise FlawedRecording(Flaw.FORMAT)
    data = data[: len(data) // frame * frame]
    flat: Waves
    match kind, bits:
        case (1, 16):
            flat = np.frombuffer(data, "<i2").astype(np.float32) / np.float32(2**15)
        case (1, 24):
            # The lowest byte of 32 bits stays zero.
            wide = np.zeros((len(data) // 3, 4), np.uint8)
            wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
            flat = wide.reshape(-1).view("<i4").astype(np.float32) / np.float32(2**31)
        case (1, 32):
            flat = np.frombuffer(data, "<i4").astype(np.float32) / np.float32(2**31)
        case (3, 32):
            flat = np.frombuffer(data, "<f4").astype(np.float32)
        case _:
            raise FlawedRecording(Flaw.FORMAT)
    return flat.reshape(-1, channels).T, rate_hz


# -- everything else


def _decode(path: Path) -> tuple[Waves, int]:
    """The sound of a file that PyAV knows.

    Raises:
        FlawedRecording: If it does not, or there is no sound in it.
    """
    try:
        # 60 MB of libraries, for files that only some people have.
        import av
    except ImportError as error:
        raise FlawedRecording(Flaw.NO_DECODER) from error
    if path.stat().st_size == 0:
        raise FlawedRecording(Flaw.EMPTY)
    pieces: list[Waves] = []
    rate_hz = 0
    samples = 0
    try:
        with av.open(str(path), mode="r", metadata_errors="ignore") as file:
            if not file.streams.audio:
                raise FlawedRecording(Flaw.NO_SOUND)
            to_float = av.AudioResampler(format="fltp")
            for frame in file.decode(file.streams.audio[0]):
                rate_hz = rate_hz or frame.sample_rate
                for piece in to_float.resample(frame):
                    pieces.append(np.asarray(piece.to_ndarray(), np.float32))
                    samples += piece.samples
                if samples > LONGEST_S * rate_hz:
                    raise FlawedRecording(Flaw.TOO_LONG)
    except av.error.FFmpegError as error:
        raise FlawedRecording(Flaw.DAMAGED) from error
    if not pieces:
        raise FlawedRecording(Flaw.EMPTY)
    return np.concatenate(pieces, axis=1), rate_hz
