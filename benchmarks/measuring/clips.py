"""Recorded speech with what is said in it.

A folder holds sound files (WAV, OGG, FLAC, and what else FFmpeg reads). What is
said in NAME.ogg stands in NAME.txt beside it, or all of it in `transcripts.tsv`,
in UTF-8, columns divided by tabs, the first line naming them:

    file        path from this folder
    text        what is said
    speaker     who says it (may be left out)
    question    what it answers (may be left out): a question by name, such as
                "checkin.sleep", or intents such as "yes+no+later"
"""

import csv
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring.words import words_of
from voice.audio import HEARING_RATE_HZ, Samples
from voice.synthesiser import speech_level_dbfs

TABLE = "transcripts.tsv"
_SOUNDS = frozenset({".wav", ".ogg", ".oga", ".opus", ".flac", ".mp3"})
_FULL_SCALE = 32_768.0


class ClipsError(Exception):
    """A folder of speech cannot be used; says why."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording.

    Attributes:
        file: The sound.
        text: What is said.
        speaker: Who says it; "" if that is not known.
        question: What it answers; "" if it answers none.
    """

    file: Path
    text: str
    speaker: str = ""
    question: str = ""


def read_folder(folder: Path) -> list[Clip]:
    """Read which recordings a folder holds.

    Raises:
        ClipsError: If there is none, a sound has no transcript, or a transcript no
            sound.
    """
    if not folder.is_dir():
        raise ClipsError(f"there is no folder {folder}")
    table = folder / TABLE
    clips = _read_table(table) if table.is_file() else _read_beside(folder)
    if not clips:
        raise ClipsError(
            f"{folder} holds no sound with transcripts: put NAME.txt beside NAME.wav, "
            f"or a {TABLE} with the columns file and text"
        )
    return clips


def _read_table(table: Path) -> list[Clip]:
    try:
        with table.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            names = reader.fieldnames or ()
            known = {field.name for field in fields(Clip)}
            if not {"file", "text"} <= set(names) or not set(names) <= known:
                raise ClipsError(
                    f"{table} must begin with the names of its columns, file and text "
                    f"and perhaps speaker and question; it begins with {list(names)}"
                )
            clips = [
                _clip_of(table, line, dict(row)) for line, row in enumerate(reader, 2)
            ]
    except UnicodeDecodeError as error:
        raise ClipsError(f"{table} is no UTF-8: {error}") from error
    missing = [clip.file for clip in clips if not clip.file.is_file()]
    if missing:
        raise ClipsError(
            f"{len(missing)} sounds of {table} are not there, such as {missing[0]}"
        )
    return clips


def _clip_of(table: Path, line: int, row: dict[str | None, str | None]) -> Clip:
    values = {name: value for name, value in row.items() if name is not None}
    text = (values.get("text") or "").strip()
    if None in row or None in values.values() or not text:
        raise ClipsError(f"line {line} of {table} has not the columns of the first")
    return Clip(
        table.parent / (values["file"] or ""),
        text,
        values.get("speaker") or "",
        values.get("question") or "",
    )


def _read_beside(folder: Path) -> list[Clip]:
    clips = []
    silent = []
    for sound in sorted(folder.rglob("*")):
        if sound.suffix.lower() not in _SOUNDS:
            continue
        transcript = sound.with_suffix(".txt")
        if not transcript.is_file():
            silent.append(sound)
            continue
        try:
            text = transcript.read_text("utf-8").strip()
        except UnicodeDecodeError as error:
            raise ClipsError(f"{transcript} is no UTF-8: {error}") from error
        if not words_of(text):
            raise ClipsError(f"{transcript} holds no words")
        clips.append(Clip(sound, text))
    if silent and clips:
        raise ClipsError(
            f"{len(silent)} of {len(silent) + len(clips)} sounds have no transcript, "
            f"such as {silent[0]}"
        )
    return clips


def write_table(folder: Path, clips: Iterable[Clip]) -> None:
    """Write the table of a folder, all of it or nothing."""
    part = folder / f".{TABLE}.part"
    with part.open("w", encoding="utf-8", newline="") as file:
        names = [field.name for field in fields(Clip)]
        writer = csv.DictWriter(
            file, names, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None
        )
        writer.writeheader()
        for clip in clips:
            row = asdict(clip)
            row["file"] = clip.file.relative_to(folder).as_posix()
            row["text"] = " ".join(clip.text.split())
            writer.writerow(row)
    part.replace(folder / TABLE)


def sample(clips: Sequence[Clip], most: int, most_words: int, seed: int) -> list[Clip]:
    """Choose some of many: half of them short, if there are as many.

    Args:
        clips: All there are.
        most: How many to choose.
        most_words: What is short.
        seed: The same seed chooses the same.
    """
    if len(clips) <= most:
        return list(clips)
    shuffled = random.Random(seed).sample(clips, len(clips))
    short = [clip for clip in shuffled if len(words_of(clip.text)) <= most_words]
    chosen = short[: most // 2]
    rest = [clip for clip in shuffled if clip not in chosen]
    return [*chosen, *rest[: most - len(chosen)]]


def read_sound(file: Path) -> Samples:
    """Read a sound of any kind, mono at HEARING_RATE_HZ.

    Raises:
        ClipsError: If it is none.
    """
    resampler = av.AudioResampler(format="s16", layout="mono", rate=HEARING_RATE_HZ)
    pieces: list[NDArray[np.int16]] = []
    try:
        with av.open(str(file)) as container:
            for frame in container.decode(audio=0):
                pieces += [it.to_ndarray()[0] for it in resampler.resample(frame)]
            pieces += [it.to_ndarray()[0] for it in resampler.resample(None)]
    except (av.FFmpegError, IndexError) as error:
        raise ClipsError(f"{file} is no readable sound: {error}") from error
    if not pieces:
        raise ClipsError(f"{file} holds no sound")
    return np.concatenate(pieces)


def with_noise(sound: Samples, below_db: float, seed: int) -> Samples:
    """Add pink noise, which is alike to that of a room with a kitchen.

    Args:
        sound: Speech.
        below_db: Level of the speech above that of the noise, in dB.
        seed: The same seed makes the same noise.
    """
    white = np.random.default_rng(seed).standard_normal(sound.size)
    spectrum = np.fft.rfft(white)
    spectrum[1:] /= np.sqrt(np.arange(1, spectrum.size))
    spectrum[0] = 0
    pink = np.fft.irfft(spectrum, sound.size)
    rms = float(np.sqrt(np.mean(pink**2))) or 1.0
    wanted = _FULL_SCALE * 10 ** ((speech_level_dbfs(sound) - below_db) / 20)
    noisy = sound + pink * (wanted / rms)
    return np.clip(np.rint(noisy), -32768, 32767).astype(np.int16)
