"""WAV files: read, written, and used as a sound device."""

import asyncio
import os
import struct
import time
import wave
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soxr

from voice.audio import BLOCK_S, BLOCK_SAMPLES, RATE_HZ, AudioError, Samples

READABLE_RATES_HZ = (8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""Telephone, espeak (22.05), Piper (16, 22.05), recognisers, CDs and cards."""

# Two blocks late is a busy machine; more is a suspended one, whose missed
# time is skipped instead of being made up in a burst.
MOST_BLOCKS_BEHIND = 10

LONGEST_PAUSE_S = 10.0
"""A longer pause is cut in the loudspeaker's file: 96 kB/s would fill a disk."""

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_BYTES_PER_SAMPLE = 2
# The sizes in a WAV header have 32 bits.
_LONGEST_BYTES = 0xFFFFFFFF - _HEADER.size


class WavError(AudioError, ValueError):
    """A WAV file cannot be used."""


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Convert a whole sound to another rate.

    Raises:
        ValueError: If a rate is not positive.
    """
    if from_hz <= 0 or to_hz <= 0:
        raise ValueError(f"cannot convert from {from_hz} to {to_hz} Hz")
    if from_hz == to_hz or samples.size == 0:
        return samples
    return np.asarray(soxr.resample(samples, from_hz, to_hz), dtype=np.int16)


def read_wav(path: Path | str) -> tuple[Samples, int]:
    """Read a WAV file as mono; two channels are averaged.

    Returns:
        The samples, shape (n,), and their rate in Hz.

    Raises:
        WavError: If it is not PCM of 16 bit, mono or stereo, at a usual rate,
            or cannot be read.
    """
    try:
        with wave.open(str(path), "rb") as wav:
            form = wav.getparams()
            data = wav.readframes(form.nframes)
    except FileNotFoundError as error:
        raise WavError(f"no sound file {path}") from error
    except (OSError, EOFError, wave.Error) as error:
        raise WavError(f"{path} is no readable WAV file: {error}") from error
    if form.sampwidth != _BYTES_PER_SAMPLE:
        raise WavError(f"{path} has {8 * form.sampwidth} bit samples; 16 bit expected")
    if form.nchannels not in (1, 2):
        raise WavError(f"{path} has {form.nchannels} channels; 1 or 2 expected")
    if form.framerate not in READABLE_RATES_HZ:
        rates = ", ".join(str(rate) for rate in READABLE_RATES_HZ)
        raise WavError(f"{path} is at {form.framerate} Hz; one of {rates} expected")
    # A file that was cut off may end in half a frame.
    frame = _BYTES_PER_SAMPLE * form.nchannels
    samples = np.frombuffer(data[: len(data) // frame * frame], dtype="<i2")
    if form.nchannels == 2:
        samples = samples.reshape(-1, 2).mean(axis=1)
    return samples.astype(np.int16), form.framerate


def _read_to_play(path: Path | str) -> Samples:
    samples, rate_hz = read_wav(path)
    return resample(samples, rate_hz, RATE_HZ)


def write_wav(path: Path | str, samples: Samples, rate_hz: int = RATE_HZ) -> None:
    """Write mono sound to a WAV file of 16 bit PCM, all of it or nothing.

    Raises:
        WavError: If it cannot be written.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            data = samples.astype("<i2").tobytes()
            file.write(_header(len(data), rate_hz) + data)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise WavError(f"cannot write {path}: {error}") from error


def _header(data_bytes: int, rate_hz: int) -> bytes:
    """Head of a mono WAV file whose data has this many bytes."""
    return _HEADER.pack(
        b"RIFF",
        _HEADER.size - 8 + data_bytes,
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        rate_hz,
        rate_hz * _BYTES_PER_SAMPLE,
        _BYTES_PER_SAMPLE,
        8 * _BYTES_PER_SAMPLE,
        b"data",
        data_bytes,
    )


class WavWriter:
    """A mono WAV file that grows and can be read at any moment.

    Data comes before the header that counts it, so that a process killed
    between the two leaves a file that only misses its last block.
    """

    def __init__(self, path: Path | str, rate_hz: int = RATE_HZ) -> None:
        """Create the file.

        Raises:
            WavError: If it cannot be written.
        """
        self._path = path
        self._rate_hz = rate_hz
        self._data_bytes = 0
        try:
            # Unbuffered: what was written is in the file when we are killed.
            self._file: BinaryIO = open(path, "wb", buffering=0)
        except OSError as error:
            raise WavError(f"cannot write {path}: {error}") from error
        try:
            self._file.write(_header(0, rate_hz))
        except OSError as error:
            self._file.close()
            raise WavError(f"cannot write {path}: {error}") from error

    def write(self, samples: Samples) -> None:
        """Append samples.

        Raises:
            WavError: If the disk is full or the file reached 4 GB.
        """
        data = samples.astype("<i2").tobytes()
        if self._data_bytes + len(data) > _LONGEST_BYTES:
            raise WavError(f"{self._path} reached the longest length of a WAV file")
        try:
            self._file.seek(_HEADER.size + self._data_bytes)
            self._file.write(data)
            self._data_bytes += len(data)
            self._file.seek(0)
            self._file.write(_header(self._data_bytes, self._rate_hz))
        except OSError as error:
            raise WavError(f"cannot write {self._path}: {error}") from error

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._file.close()


class FileSound:
    """A sound device made of two files, in real time."""

    def __init__(
        self,
        microphone_file: Path | str | None = None,
        loudspeaker_file: Path | str | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Name the files; nothing is opened yet.

        Args:
            microphone_file: WAV that is heard once from each opening on, then
                silence; None is always silence.
            loudspeaker_file: WAV that gets what is played, begun anew at each
                opening, with no pause in it longer than LONGEST_PAUSE_S; None
                throws the sound away.
            now: Monotonic time in seconds.
            sleep: Wait for some seconds.
        """
        self.name = f"files {microphone_file or '-'} {loudspeaker_file or '-'}"
        self.output_latency_s = 0.0
        self.input_latency_s = 0.0
        self._microphone_file = microphone_file
        self._loudspeaker_file = loudspeaker_file
        self._now = now
        self._sleep = sleep
        self._writer: WavWriter | None = None
        self._task: asyncio.Task[None] | None = None

    async def open(
        self,
        heard: Callable[[Samples], None],
        next_block: Callable[[], Samples],
        failed: Callable[[AudioError], None],
    ) -> None:
        """Start reading and writing (see `voice.audio.SoundDevice`).

        Raises:
            WavError: If a file cannot be read or written.
        """
        to_hear = np.zeros(0, np.int16)
        if self._microphone_file is not None:
            to_hear = await asyncio.to_thread(_read_to_play, self._microphone_file)
        if self._loudspeaker_file is not None:
            self._writer = WavWriter(self._loudspeaker_file)
        self._task = asyncio.create_task(
            self._run(to_hear, heard, next_block, failed), name="sound files"
        )

    async def close(self) -> None:
        """Stop; what was played stays in its file. May be called twice."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    async def _run(
        self,
        to_hear: Samples,
        heard: Callable[[Samples], None],
        next_block: Callable[[], Samples],
        failed: Callable[[AudioError], None],
    ) -> None:
        begun_s = self._now()
        at_block = 0
        position = 0
        pause = 0
        while True:
            wait_s = begun_s + at_block * BLOCK_S - self._now()
            if wait_s < -MOST_BLOCKS_BEHIND * BLOCK_S:
                begun_s -= wait_s
            await self._sleep(max(0.0, wait_s))
            at_block += 1
            played = next_block()
            pause = 0 if played.any() else pause + 1
            try:
                if self._writer is not None and pause * BLOCK_S <= LONGEST_PAUSE_S:
                    self._writer.write(played)
            except WavError as error:
                failed(error)
                return
            block = np.zeros(BLOCK_SAMPLES, np.int16)
            piece = to_hear[position : position + BLOCK_SAMPLES]
            block[: piece.size] = piece
            position += BLOCK_SAMPLES
            heard(block)
