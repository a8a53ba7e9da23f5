"""Folders of recorded speech."""

from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.measuring.clips import (
    Clip,
    ClipsError,
    read_folder,
    read_sound,
    sample,
    with_noise,
    write_table,
)
from tests.sound.handmade import pitch_hz, tone
from voice.audio import HEARING_RATE_HZ, RATE_HZ
from voice.files import write_wav
from voice.synthesiser import speech_level_dbfs


def spoken(folder: Path, name: str = "een.wav") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    write_wav(file, tone(440, 0.5))
    return file


def test_transcripts_beside_the_sounds(tmp_path: Path) -> None:
    first = spoken(tmp_path, "a/een.wav")
    first.with_suffix(".txt").write_text(" Ja hoor.\n", "utf-8")
    assert read_folder(tmp_path) == [Clip(first, "Ja hoor.")]


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    clips = [
        Clip(spoken(tmp_path, "a/een.wav"), 'zei hij "nee"?', "vrouw", "yes+no"),
        Clip(spoken(tmp_path, "twee.wav"), "'t gaat"),
    ]
    write_table(tmp_path, clips)
    assert read_folder(tmp_path) == clips


def test_a_table_needs_only_two_columns(tmp_path: Path) -> None:
    sound = spoken(tmp_path)
    (tmp_path / "transcripts.tsv").write_text("text\tfile\nja\teen.wav\n", "utf-8")
    assert read_folder(tmp_path) == [Clip(sound, "ja")]


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("een.wav\tja\n", "must begin with the names of its columns"),
        ("file\ttext\tage\neen.wav\tja\t84\n", "must begin with the names"),
        ("file\ttext\nweg.wav\tja\n", "1 sounds of .* are not there, such as .*weg"),
        ("file\ttext\neen.wav\n", "line 2 of .* has not the columns"),
        ("file\ttext\neen.wav\tja\nnog\tveel\tmeer\n", "line 3 of"),
        ("file\ttext\neen.wav\t \n", "line 2 of"),
        ("file\ttext\n", "holds no sound with transcripts"),
        ("", "must begin with the names"),
    ],
)
def test_a_table_that_is_wrong(tmp_path: Path, table: str, complaint: str) -> None:
    spoken(tmp_path)
    (tmp_path / "transcripts.tsv").write_text(table, "utf-8")
    with pytest.raises(ClipsError, match=complaint):
        read_folder(tmp_path)


def test_a_table_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "transcripts.tsv").write_bytes(b"file\ttext\n\xff\xfe\tja\n")
    with pytest.raises(ClipsError, match="no UTF-8"):
        read_folder(tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ClipsError, match=r"there is no folder .*weg"):
        read_folder(tmp_path / "weg")


def test_sounds_without_any_transcript(tmp_path: Path) -> None:
    spoken(tmp_path)
    with pytest.raises(ClipsError, match=r"put NAME\.txt beside NAME\.wav"):
        read_folder(tmp_path)


def test_one_sound_without_a_transcript(tmp_path: Path) -> None:
    spoken(tmp_path, "een.wav").with_suffix(".txt").write_text("ja", "utf-8")
    spoken(tmp_path, "twee.wav")
    with pytest.raises(ClipsError, match=r"1 of 2 sounds have no transcript.*twee"):
        read_folder(tmp_path)


def test_a_transcript_without_words(tmp_path: Path) -> None:
    spoken(tmp_path).with_suffix(".txt").write_text(" ...", "utf-8")
    with pytest.raises(ClipsError, match="holds no words"):
        read_folder(tmp_path)


def test_half_of_what_is_chosen_is_short_and_the_choice_stays() -> None:
    long = [Clip(Path(f"{n}"), "een twee drie vier") for n in range(40)]
    short = [Clip(Path(f"kort {n}"), "ja") for n in range(8)]
    chosen = sample([*long, *short], most=10, most_words=2, seed=1)
    assert len(chosen) == len(set(chosen)) == 10
    assert sum(clip.text == "ja" for clip in chosen) >= 5
    assert chosen == sample([*long, *short], most=10, most_words=2, seed=1)
    assert sample(short, most=10, most_words=2, seed=1) == short


def in_stereo(file: Path, codec: str, rate_hz: int = RATE_HZ) -> None:
    """Write half a second of a tone."""
    mono = np.sin(2 * np.pi * 440 * np.arange(rate_hz // 2) / rate_hz)
    samples = np.repeat((8_000 * mono).astype(np.int16), 2)[None, :]
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
    frame.sample_rate = rate_hz
    with av.open(str(file), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, layout="stereo")
        assert isinstance(stream, av.AudioStream)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.wav", "pcm_s16le"), ("a.ogg", "libopus"), ("a.flac", "flac")],
)
def test_sounds_of_any_kind_come_at_the_rate_of_the_ears(
    tmp_path: Path, name: str, codec: str
) -> None:
    in_stereo(tmp_path / name, codec)
    sound = read_sound(tmp_path / name)
    assert sound.dtype == np.int16
    assert sound.size == pytest.approx(HEARING_RATE_HZ / 2, rel=0.05)
    assert pitch_hz(sound, HEARING_RATE_HZ) == pytest.approx(440, rel=0.02)


def test_what_is_no_sound(tmp_path: Path) -> None:
    file = tmp_path / "een.wav"
    file.write_text("geen geluid")
    with pytest.raises(ClipsError, match="is no readable sound"):
        read_sound(file)


@pytest.mark.parametrize("below_db", [0.0, 15.0])
def test_noise_has_the_level_that_was_asked_for(below_db: float) -> None:
    speech = (tone(440, 1.0) // 8).astype(np.int16)
    noise = with_noise(speech, below_db, seed=3).astype(np.float64) - speech
    level_db = 20 * np.log10(np.sqrt(np.mean(noise**2)) / 32768)
    assert speech_level_dbfs(speech) - level_db == pytest.approx(below_db, abs=0.1)
    # Pink: more below 500 Hz than between 5 and 10 kHz.
    power = np.abs(np.fft.rfft(noise)) ** 2
    hz = np.fft.rfftfreq(noise.size, 1 / RATE_HZ)
    assert power[(20 < hz) & (hz < 500)].sum() > power[(5e3 < hz) & (hz < 1e4)].sum()


def test_noise_is_the_same_each_time() -> None:
    speech = tone(440, 0.2)
    assert np.array_equal(with_noise(speech, 10, 1), with_noise(speech, 10, 1))
    assert not np.array_equal(with_noise(speech, 10, 1), with_noise(speech, 10, 2))
