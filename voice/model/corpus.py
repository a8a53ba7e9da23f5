"""Speaks sentences in many voices and rooms; keeps their features and targets.

The corpus is a folder of files, each of some hundred sentences. A file is there
whole or not at all, so an interrupted run goes on where it was.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voice.audio import HEARING_RATE_HZ as RATE_HZ
from voice.model import alignment, augment, children, speaker
from voice.model.errors import ForeignSounds, ModelBuildError
from voice.model.features import COEFFICIENTS, mfcc
from voice.model.files import remove_half_written, write_whole
from voice.model.texts import Material, sentence
from voice.model.voices import TRAINING_VOICES

# About ten minutes of sound: some seconds of work, and little lost in a crash.
SENTENCES_AT_ONCE = 250

# A young quick speaker and an old slow one; espeak-ng's own default is 175.
RATES_WPM = (105, 225)
PITCHES = (8, 95)

# How many sentences back people in the background speak.
_OTHERS = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """What the corpus consists of; the same plan gives the same corpus.

    Attributes:
        material: What sentences are made of.
        sentences: How many.
        seed: Another seed gives other sentences, voices and rooms.
        voices: In which they are spoken.
        chances: What happens to their sound.
    """

    material: Material
    sentences: int
    seed: int
    voices: tuple[str, ...] = TRAINING_VOICES
    chances: augment.Chances = augment.USUAL


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """Features and targets of some sentences, one after the other.

    Attributes:
        features: Shape (frames, COEFFICIENTS).
        targets: Shape (outputs,); the numbers of `voice.model.phones`.
        frames: Frames of each sentence, shape (sentences,).
        outputs: Outputs of each sentence, shape (sentences,).
    """

    features: NDArray[np.float16]
    targets: NDArray[np.int16]
    frames: NDArray[np.int32]
    outputs: NDArray[np.int32]

    @property
    def hours(self) -> float:
        """Length of the sound."""
        return float(self.frames.sum()) / 360_000


Progress = Callable[[int, int], None]
"""Told how many sentences are done, and of how many."""


def generate(
    plan: Plan,
    folder: Path,
    workers: int,
    progress: Progress,
    at_once: int = SENTENCES_AT_ONCE,
) -> None:
    """Make what is not there yet of the corpus in `folder`.

    Args:
        plan: What to make.
        folder: Where its files are.
        workers: How many child processes speak at a time.
        progress: Told how far it is.
        at_once: Sentences of a file; part of what makes the corpus the same, as
            people in the background speak what was spoken before in the same file.

    Raises:
        EspeakMissing: If espeak-ng or one of its voices is not there.
        OSError: If the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    remove_half_written(folder)
    missing = _missing(plan, folder, at_once)
    done = plan.sentences - sum(len(part) for part in missing)
    progress(done, plan.sentences)
    work = partial(_write, plan, folder)
    for made in children.map_in_children(work, missing, workers):
        done += made
        progress(done, plan.sentences)


def load(folder: Path) -> Sentences:
    """Read the whole corpus, in the order of its sentences.

    Raises:
        ModelBuildError: If there is none.
    """
    parts = [np.load(path) for path in sorted(folder.glob("*.npz"))]
    if not parts:
        raise ModelBuildError(f"there are no sentences in {folder}")
    return Sentences(
        *(
            np.concatenate([part[name] for part in parts])
            for name in ("features", "targets", "frames", "outputs")
        )
    )


def make(plan: Plan, indices: Sequence[int]) -> Sentences:
    """Speak, spoil and analyse some sentences; only in a child process of its own.

    espeak-ng goes on from what it said before (its random flutter does), so the
    same sentences are the same only as the first that a process says.
    """
    features, targets = [], []
    others: list[augment.Floats] = []
    for index in indices:
        made = _one(plan, index, others)
        if made is not None:
            features.append(made[0])
            targets.append(made[1])
    empty = np.empty((0, COEFFICIENTS), np.float32)
    return Sentences(
        np.concatenate([empty, *features]).astype(np.float16),
        np.concatenate([np.empty(0, np.int16), *targets]),
        np.array([len(part) for part in features], np.int32),
        np.array([len(part) for part in targets], np.int32),
    )


def _one(
    plan: Plan, index: int, others: list[augment.Floats]
) -> tuple[augment.Floats, NDArray[np.int16]] | None:
    """Features and targets of one sentence, or None if it cannot be used.

    Args:
        plan: What to make.
        index: Which sentence.
        others: Earlier sentences, to be heard in the background; this one is added.
    """
    random = np.random.default_rng((plan.seed, index))
    voice = plan.voices[int(random.integers(len(plan.voices)))]
    rate_wpm, pitch = (int(random.integers(*span)) for span in (RATES_WPM, PITCHES))
    stretch = random.uniform(*plan.chances.stretch)
    # Rounded, as the triangles of each warp are kept.
    warp = round(float(random.uniform(*plan.chances.warp)), 2)
    text = sentence(plan.material, f"{plan.seed}/{index}")
    try:
        spoken = speaker.speak(text, voice, rate_wpm, pitch)
    except ForeignSounds:
        return None
    clean = augment.resampled(spoken.samples, spoken.rate_hz, stretch)
    sound, begin = augment.spoil(clean, others, plan.chances, random)
    others.append(clean)
    del others[:-_OTHERS]
    scale = RATE_HZ * stretch / spoken.rate_hz
    phones = [(phone, begin + int(start * scale)) for phone, start in spoken.phones]
    targets = alignment.targets(phones, begin + len(clean), len(sound))
    return None if targets is None else (mfcc(sound, warp), targets)


def _write(plan: Plan, folder: Path, indices: range) -> int:
    """Make a file of sentences; a range that crashes comes again in halves."""
    made = make(plan, indices)
    path = folder / f"{indices.start:06d}-{indices.stop:06d}.npz"
    with write_whole(path) as half_written, half_written.open("wb") as file:
        np.savez(
            file,
            features=made.features,
            targets=made.targets,
            frames=made.frames,
            outputs=made.outputs,
        )
    return len(indices)


def _missing(plan: Plan, folder: Path, at_once: int) -> list[range]:
    """What no file holds, in parts of at most `at_once`."""
    written: set[int] = set()
    for path in folder.glob("*.npz"):
        start, _, stop = path.stem.partition("-")
        written.update(range(int(start), int(stop)))
    missing: list[range] = []
    for index in range(plan.sentences):
        if index in written:
            continue
        if missing and missing[-1].stop == index and len(missing[-1]) < at_once:
            missing[-1] = range(missing[-1].start, index + 1)
        else:
            missing.append(range(index, index + 1))
    return missing
