"""WAV files and the sound device made of them."""

import os
import signal
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from tests.sound.handmade import HandmadeTime, pitch_hz, tone
from voice.audio import BLOCK_SAMPLES, RATE_HZ, AudioError, Samples
from voice.files import (
    LONGEST_PAUSE_S,
    FileSound,
    WavError,
    WavWriter,
    read_wav,
    resample,
    write_wav,
)


def write_pcm(
    path: Path, data: bytes, *, channels: int = 1, width: int = 2, rate_hz: int = 16_000
) -> None:
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(channels)
        wav.setsampwidth(width)
        wav.setframerate(rate_hz)
        wav.writeframes(data)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_what_was_written_is_read_back(tmp_path: Path, rate_hz: int) -> None:
    sound = tone(440, 0.3, rate_hz=rate_hz)
    write_wav(tmp_path / "a.wav", sound, rate_hz)
    samples, read_rate_hz = read_wav(tmp_path / "a.wav")
    assert read_rate_hz == rate_hz
    assert np.array_equal(samples, sound)
    assert os.listdir(tmp_path) == ["a.wav"]


def test_two_channels_become_their_mean(tmp_path: Path) -> None:
    frames = np.array([[100, 300], [-32768, -32768], [32767, 32767]], "<i2")
    write_pcm(tmp_path / "a.wav", frames.tobytes(), channels=2)
    samples, _ = read_wav(tmp_path / "a.wav")
    assert samples.tolist() == [200, -32768, 32767]


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"width": 1}, "8 bit"),
        ({"width": 3}, "24 bit"),
        ({"channels": 6}, "6 channels"),
        ({"rate_hz": 12_345}, "12345 Hz"),
    ],
)
def test_a_form_it_cannot_use_is_named(
    tmp_path: Path, form: dict[str, int], complaint: str
) -> None:
    write_pcm(tmp_path / "a.wav", b"", **form)
    with pytest.raises(WavError, match=complaint):
        read_wav(tmp_path / "a.wav")


def test_no_wav_file_and_no_file_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("no sound")
    with pytest.raises(WavError, match=r"a\.wav is no readable"):
        read_wav(tmp_path / "a.wav")
    (tmp_path / "b.wav").touch()
    with pytest.raises(WavError, match=r"b\.wav is no readable"):
        read_wav(tmp_path / "b.wav")
    with pytest.raises(WavError, match=r"no sound file .*c\.wav"):
        read_wav(tmp_path / "c.wav")


def test_writing_where_it_is_impossible_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(WavError, match="cannot write"):
        write_wav(tmp_path / "none" / "a.wav", tone(440, 0.1))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("to_hz", [8_000, 16_000, 22_050, 48_000])
def test_resampling_keeps_pitch_and_length(to_hz: int) -> None:
    converted = resample(tone(440, 1.0, rate_hz=44_100), 44_100, to_hz)
    assert converted.dtype == np.int16
    assert abs(converted.size - to_hz) <= 1
    assert pitch_hz(converted, to_hz) == pytest.approx(440, abs=2)


def test_resampling_nothing_and_from_nothing() -> None:
    empty: Samples = np.zeros(0, np.int16)
    assert resample(empty, 16_000, 48_000).size == 0
    with pytest.raises(ValueError, match="from 0"):
        resample(tone(440, 0.1), 0, 48_000)


def test_a_growing_file_is_whole_after_each_write(tmp_path: Path) -> None:
    writer = WavWriter(tmp_path / "a.wav")
    sound = tone(440, 0.06)
    for end in range(BLOCK_SAMPLES, sound.size + 1, BLOCK_SAMPLES):
        writer.write(sound[end - BLOCK_SAMPLES : end])
        assert np.array_equal(read_wav(tmp_path / "a.wav")[0], sound[:end])
    writer.close()
    writer.close()


def test_a_growing_file_survives_kill(tmp_path: Path) -> None:
    code = (
        "import sys, numpy\n"
        "from voice.files import WavWriter\n"
        "writer = WavWriter(sys.argv[1])\n"
        "block = numpy.full(960, 7, numpy.int16)\n"
        "for n in range(10**9):\n"
        "    writer.write(block)\n"
        "    if n == 50: print('going', flush=True)\n"
    )
    path = tmp_path / "a.wav"
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"going\n"
        child.send_signal(signal.SIGKILL)
    samples, rate_hz = read_wav(path)
    assert rate_hz == RATE_HZ
    assert samples.size >= 50 * BLOCK_SAMPLES
    assert (samples == 7).all()


class Ends:
    """Both ends of a device: keeps what is heard, plays what it is given."""

    def __init__(self, to_play: list[Samples]) -> None:
        self.to_play = to_play
        self.heard: list[Samples] = []
        self.failures: list[AudioError] = []

    def next_block(self) -> Samples:
        if self.to_play:
            return self.to_play.pop(0)
        return np.zeros(BLOCK_SAMPLES, np.int16)


async def test_hears_one_file_in_real_time_and_writes_another(tmp_path: Path) -> None:
    time = HandmadeTime()
    write_wav(tmp_path / "in.wav", tone(440, 0.1, rate_hz=16_000), 16_000)
    played = tone(600, 0.04)
    ends = Ends([played[:BLOCK_SAMPLES], played[BLOCK_SAMPLES:]])
    device = FileSound(
        tmp_path / "in.wav",
        tmp_path / "out.wav",
        now=lambda: time.now_s,
        sleep=time.sleep,
    )
    await device.open(ends.heard.append, ends.next_block, ends.failures.append)
    await time.pass_s(0.199)
    await device.close()
    await device.close()
    assert len(ends.heard) == 10
    heard = np.concatenate(ends.heard)
    assert pitch_hz(heard[:4800], RATE_HZ) == pytest.approx(440, abs=10)
    assert not heard[4800:].any()
    written, _ = read_wav(tmp_path / "out.wav")
    assert written.size == 10 * BLOCK_SAMPLES
    assert np.array_equal(written[: played.size], played)
    assert ends.failures == []


async def test_a_long_silence_does_not_fill_the_disk(tmp_path: Path) -> None:
    time = HandmadeTime()
    ends = Ends([])
    device = FileSound(
        None, tmp_path / "out.wav", now=lambda: time.now_s, sleep=time.sleep
    )
    await device.open(ends.heard.append, ends.next_block, ends.failures.append)
    await time.pass_s(LONGEST_PAUSE_S + 5)
    await device.close()
    written, _ = read_wav(tmp_path / "out.wav")
    assert written.size == LONGEST_PAUSE_S * RATE_HZ


async def test_after_a_suspend_nothing_is_made_up_in_a_burst() -> None:
    time = HandmadeTime()
    ends = Ends([])
    device = FileSound(now=lambda: time.now_s, sleep=time.sleep)
    await device.open(ends.heard.append, ends.next_block, ends.failures.append)
    await time.pass_s(0.1)
    before = len(ends.heard)
    time.now_s += 60
    await time.pass_s(0.1)
    await device.close()
    assert len(ends.heard) - before <= 7


async def test_a_missing_microphone_file_is_named(tmp_path: Path) -> None:
    ends = Ends([])
    device = FileSound(tmp_path / "in.wav")
    with pytest.raises(WavError, match=r"no sound file .*in\.wav"):
        await device.open(ends.heard.append, ends.next_block, ends.failures.append)
    await device.close()


async def test_a_full_disk_fails_the_device() -> None:
    time = HandmadeTime()
    ends = Ends([tone(440, 0.02)])
    device = FileSound(None, "/dev/full", now=lambda: time.now_s, sleep=time.sleep)
    with pytest.raises(WavError, match="No space left"):
        await device.open(ends.heard.append, ends.next_block, ends.failures.append)
