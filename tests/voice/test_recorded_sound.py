"""Recordings as people bring them: what is used, and what is set aside and why."""

from pathlib import Path

import av
import numpy as np
import pytest

from tests.voice.recorded import RATE_HZ, encoded, voice, wav
from voice.audio import RATE_HZ as CARD_HZ
from voice.recorded_sound import Flaw, FlawedRecording, read_recording
from voice.synthesiser import TARGET_DBFS, speech_level_dbfs


def flaw_of(path: Path) -> Flaw:
    with pytest.raises(FlawedRecording) as caught:
        read_recording(path)
    return caught.value.flaw


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("bits", "kind"), [(16, 1), (24, 1), (32, 1), (32, 3)])
def test_every_usual_wav_becomes_the_same_sound(
    tmp_path: Path, rate_hz: int, channels: int, bits: int, kind: int
) -> None:
    content = wav(voice(1.0, rate_hz), rate_hz, bits, channels, kind)
    samples = read_recording(put(tmp_path / "a.wav", content))
    assert samples.dtype == np.int16
    assert samples.size / CARD_HZ == pytest.approx(1.0, abs=0.05)
    assert speech_level_dbfs(samples) == pytest.approx(TARGET_DBFS, abs=0.5)


def test_silence_around_it_goes_and_soft_recordings_are_brought_up(
    tmp_path: Path,
) -> None:
    silence = np.random.default_rng(1).normal(0, 1e-5, 2 * RATE_HZ)
    sound = np.concatenate([silence, voice(1.0, peak=0.02), silence])
    samples = read_recording(put(tmp_path / "a.wav", wav(sound)))
    assert samples.size / CARD_HZ == pytest.approx(1.0, abs=0.1)
    assert speech_level_dbfs(samples) == pytest.approx(TARGET_DBFS, abs=0.5)
    # It begins and ends without a click.
    assert abs(int(samples[0])) < 20
    assert abs(int(samples[-1])) < 20


@pytest.mark.parametrize(
    ("name", "codec", "rate_hz"),
    [
        ("a.m4a", "aac", 44_100),
        ("a.M4A", "aac", 16_000),
        ("a.mp3", "libmp3lame", 44_100),
        ("a.ogg", "libopus", 48_000),
        ("a.flac", "flac", 44_100),
        ("a.3gp", "aac", 16_000),
    ],
)
def test_what_telephones_record_is_read(
    tmp_path: Path, name: str, codec: str, rate_hz: int
) -> None:
    # PyAV knows a container by its name in small letters.
    made = encoded(voice(2.0, rate_hz), tmp_path / name.lower(), codec, rate_hz)
    samples = read_recording(made.rename(tmp_path / name))
    assert samples.size / CARD_HZ == pytest.approx(2.0, abs=0.15)
    assert speech_level_dbfs(samples) == pytest.approx(TARGET_DBFS, abs=0.5)


def test_other_ways_to_write_a_wav(tmp_path: Path) -> None:
    extensible = wav(voice(), bits=24, is_extensible=True)
    assert read_recording(put(tmp_path / "a.wav", extensible)).size > 0
    # A recorder that writes to a pipe does not know the length beforehand.
    for size in (b"\0\0\0\0", b"\xff\xff\xff\xff"):
        whole = wav(voice())
        at = whole.index(b"data") + 4
        streamed = whole[:at] + size + whole[at + 4 :]
        assert read_recording(put(tmp_path / "b.wav", streamed)).size > CARD_HZ // 2


GOOD = wav(voice())
BAD_WAVS = {
    "nothing in it": (b"", Flaw.EMPTY),
    "an mp3 by another name": (b"ID3\x03" + bytes(2_000), Flaw.NO_WAV),
    "a page": (b"<html>niet gevonden</html>", Flaw.NO_WAV),
    "only the beginning of a heading": (GOOD[:20], Flaw.NO_WAV),
    "a heading without sound": (GOOD[:44], Flaw.CUT_OFF),
    "half of it": (GOOD[: len(GOOD) // 2], Flaw.CUT_OFF),
    "8 bit": (wav(voice(), bits=8), Flaw.FORMAT),
    "six channels": (wav(voice(), channels=6), Flaw.FORMAT),
    "4 kHz": (wav(voice(1, 4_000), 4_000), Flaw.FORMAT),
    "192 kHz": (wav(voice(1, 192_000), 192_000), Flaw.FORMAT),
    "a rate of nothing": (wav(voice(), 0), Flaw.FORMAT),
    "compressed": (wav(voice(), kind=85), Flaw.FORMAT),
    "no samples": (wav(np.zeros(0)), Flaw.EMPTY),
    "silence": (wav(np.zeros(RATE_HZ)), Flaw.EMPTY),
    "almost silence": (wav(voice(peak=0.003)), Flaw.TOO_SOFT),
    "a click": (wav(np.r_[np.zeros(9_000), voice(0.02), np.zeros(9_000)]), Flaw.EMPTY),
    "half a minute and more": (wav(voice(31)), Flaw.TOO_LONG),
    "far too loud": (wav(np.clip(voice(peak=3.0), -1, 1)), Flaw.CLIPPED),
    "not a number": (wav(np.full(RATE_HZ, np.nan), bits=32, kind=3), Flaw.DAMAGED),
    "infinite": (wav(np.r_[voice(), np.inf], bits=32, kind=3), Flaw.DAMAGED),
}


@pytest.mark.parametrize("what", BAD_WAVS)
def test_a_bad_wav_is_named_for_what_it_is(tmp_path: Path, what: str) -> None:
    content, flaw = BAD_WAVS[what]
    assert flaw_of(put(tmp_path / "a.wav", content)) is flaw


def test_a_loud_but_whole_recording_is_used(tmp_path: Path) -> None:
    assert read_recording(put(tmp_path / "a.wav", wav(voice(peak=1.0)))).size > 0


def test_bad_files_of_other_kinds(tmp_path: Path) -> None:
    whole = encoded(voice(2.0), tmp_path / "heel.m4a", "aac").read_bytes()
    assert flaw_of(put(tmp_path / "a.m4a", whole[: len(whole) // 2])) is Flaw.DAMAGED
    assert flaw_of(put(tmp_path / "b.m4a", GOOD[:10] + bytes(900))) is Flaw.DAMAGED
    assert flaw_of(put(tmp_path / "c.mp3", b"")) is Flaw.EMPTY
    assert flaw_of(put(tmp_path / "d.aiff", whole)) is Flaw.OTHER_KIND
    long = encoded(voice(31, 16_000), tmp_path / "lang.m4a", "aac", 16_000)
    assert flaw_of(long) is Flaw.TOO_LONG
    assert flaw_of(tmp_path / "weg.wav") is Flaw.UNREADABLE
    (tmp_path / "map.wav").mkdir()
    assert flaw_of(tmp_path / "map.wav") is Flaw.UNREADABLE


def test_a_film_without_sound_is_no_recording(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "film.mp4"), "w") as film:
        stream = film.add_stream("mpeg4", rate=5)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        black = np.zeros((32, 32, 3), np.uint8)
        film.mux(stream.encode(av.VideoFrame.from_ndarray(black, "rgb24")))
        film.mux(stream.encode(None))
    assert flaw_of(tmp_path / "film.mp4") is Flaw.NO_SOUND


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.wav").open("wb") as file:
        file.truncate(5_000_000_000)
    assert flaw_of(tmp_path / "a.wav") is Flaw.TOO_LONG
