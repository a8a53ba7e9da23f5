"""What the model is measured with: who says what, in which noise, heard how.

Everything is synthetic, so the figures say how well the model hears synthetic
speakers, and nothing of people.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from voice.audio import Samples
from voice.model import augment, children, speaker
from voice.model.augment import Chances
from voice.model.errors import ForeignSounds, ModelBuildError
from voice.model.lexicon import pronounce
from voice.model.speaker import STOCK_VOICE
from voice.model.voices import HELD_OUT_VOICES, TRAINING_VOICES
from voice.vosk_recogniser import fits

SHORT_WORDS = ("ja", "nee", "stop", "help", "hulp")
"""What matters most, and has the least sound to be known by."""

CLEAN = Chances(
    nothing=1.0, gain_db=(-12.0, -3.0), rest_s=(0.3, 0.5), stretch=(1.0, 1.0)
)
NOISY = Chances(
    nothing=0.0, room=0.0, noise=1.0, babble=0.0, colour=0.0, band=0.0, clipping=0.0,
    snr_db=(15.0, 15.0), gain_db=(-12.0, -3.0), rest_s=(0.3, 0.5), stretch=(1.0, 1.0),
)  # fmt: skip
ROOM = Chances(
    nothing=0.0, room=1.0, noise=1.0, babble=0.0, colour=1.0, band=0.0, clipping=0.0,
    snr_db=(15.0, 15.0), gain_db=(-12.0, -3.0), rest_s=(0.3, 0.5), stretch=(1.0, 1.0),
)  # fmt: skip

_RATES_WPM = (130, 190)
_PITCHES = (30, 70)
# Sentences that a child process speaks, about 5 s of work.
_AT_ONCE = 150


@dataclass(frozen=True, slots=True)
class Material:
    """The texts to measure with; see `companion.vocabulary` for the files.

    Attributes:
        questions: What is listened for at each question.
        words: The model's words, the most needed first.
        unseen: Words that the model was not trained on and does not have.
    """

    questions: Mapping[str, tuple[str, ...]]
    words: tuple[str, ...]
    unseen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """One utterance and how it is listened to.

    Attributes:
        group: What it measures.
        text: What is said.
        grammar: What is expected.
        voice: Who says it.
        chances: What is done to the sound.
        seed: Where chance comes from.
        is_expected: Whether it should be heard; otherwise it should be rejected.
    """

    group: str
    text: str
    grammar: tuple[str, ...]
    voice: str
    chances: Chances
    seed: int
    is_expected: bool = True


def load_material(folder: Path) -> Material:
    """Read the files that `companion.vocabulary` writes.

    Raises:
        ModelBuildError: If one is missing or empty.
    """
    try:
        asked = json.loads((folder / "questions.json").read_text("utf-8"))
        words = (folder / "words.txt").read_text("utf-8").split()
        unseen = (folder / "unseen.txt").read_text("utf-8").split()
        questions = {name: tuple(phrases) for name, phrases in asked.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise ModelBuildError(
            f"the texts in {folder} cannot be read: {error}"
        ) from error
    if not (questions and words and unseen):
        raise ModelBuildError(f"there are no texts in {folder}")
    return Material(questions, tuple(words), tuple(unseen))


def make_trials(material: Material, size: int = 300, seed: int = 7) -> list[Trial]:
    """Choose who says what.

    Args:
        material: The texts.
        size: How many utterances each large group has.
        seed: The same seed gives the same trials.

    Raises:
        ModelBuildError: If a voice that is measured was trained on.
    """
    if trained := set(HELD_OUT_VOICES) & set(TRAINING_VOICES):
        raise ModelBuildError(f"trained on voices to measure with: {sorted(trained)}")
    chance = random.Random(seed)
    made = [
        *_phrases(material, size, chance),
        *_short_words(material, size, chance),
        *_other_speech(material, size, chance),
        *_unseen_words(material, chance),
    ]
    return made


def _phrases(material: Material, size: int, chance: random.Random) -> Iterator[Trial]:
    """Expected phrases, in the grammar of their question and in one of all."""
    asked = [(p, g) for g in material.questions.values() for p in g]
    everything = tuple(dict.fromkeys(phrase for phrase, _ in asked))
    own = {phrase: grammar for phrase, grammar in reversed(asked)}
    stock = chance.sample(everything, min(len(everything), 2 * size))
    for phrase in stock:
        yield _trial("stock voice", phrase, own[phrase], STOCK_VOICE, CLEAN, chance)
    for group, chances in (
        ("held-out voices", CLEAN),
        ("held-out voices, 15 dB noise", NOISY),
        ("held-out voices, room and noise", ROOM),
    ):
        for phrase, voice in _said(everything, size, chance):
            yield _trial(group, phrase, own[phrase], voice, chances, chance)
    for phrase in chance.sample(everything, min(len(everything), size)):
        group = "one grammar: stock voice"
        yield _trial(group, phrase, everything, STOCK_VOICE, CLEAN, chance)
    for group, chances in (
        ("one grammar: held-out voices", CLEAN),
        ("one grammar: 15 dB noise", NOISY),
        ("one grammar: room and noise", ROOM),
    ):
        for phrase, voice in _said(everything, size, chance):
            yield _trial(group, phrase, everything, voice, chances, chance)


def _short_words(
    material: Material, size: int, chance: random.Random
) -> Iterator[Trial]:
    """The words that matter most, where they are expected beside all else."""
    asked = min(material.questions.values(), key=len)
    grammar = tuple(dict.fromkeys((*SHORT_WORDS, *asked)))
    for group, chances in (("clean", CLEAN), ("15 dB noise", NOISY)):
        for word in SHORT_WORDS:
            for _, voice in _said(SHORT_WORDS, max(10, size // 5), chance):
                name = f"{word}, {group}"
                yield _trial(name, word, grammar, voice, chances, chance)


def _other_speech(
    material: Material, size: int, chance: random.Random
) -> Iterator[Trial]:
    """Speech that is no answer: it should be rejected."""
    grammars = list(material.questions.values())
    common = material.words[-6000:]
    for name, least, most in (("other sentences", 3, 8), ("other single words", 1, 1)):
        for voice in _voices(size, chance):
            grammar = chance.choice(grammars)
            said = chance.sample(common, chance.randint(least, most))
            if fits(said, grammar):
                continue
            text = " ".join(said)
            yield _trial(name, text, grammar, voice, CLEAN, chance, False)
    for voice in _voices(size, chance):
        grammar, other = chance.sample(grammars, 2)
        text = chance.choice(other)
        # "Ja hoor" where "ja" is expected is rather an answer.
        if not set(text.split()) & {
            word for phrase in grammar for word in phrase.split()
        }:
            name = "answers to other questions"
            yield _trial(name, text, grammar, voice, CLEAN, chance, False)


def _unseen_words(material: Material, chance: random.Random) -> Iterator[Trial]:
    """Words added after training, fifty at a time."""
    chosen = chance.sample(material.unseen, min(80, len(material.unseen)))
    # English words are among the frequent ones; espeak-ng does not say those.
    grammar = tuple(islice(pronounce(chosen), 50))
    for voice in (STOCK_VOICE, *HELD_OUT_VOICES[::3]):
        group = "stock voice" if voice == STOCK_VOICE else "held-out voices"
        for word in grammar:
            name = f"words added later, {group}"
            yield _trial(name, word, grammar, voice, CLEAN, chance)


def _said(
    texts: Sequence[str], count: int, chance: random.Random
) -> Iterator[tuple[str, str]]:
    for voice in _voices(count, chance):
        yield chance.choice(texts), voice


def _voices(count: int, chance: random.Random) -> list[str]:
    """Held-out voices, each about as often."""
    voices = [HELD_OUT_VOICES[at % len(HELD_OUT_VOICES)] for at in range(count)]
    chance.shuffle(voices)
    return voices


def _trial(
    group: str,
    text: str,
    grammar: tuple[str, ...],
    voice: str,
    chances: Chances,
    chance: random.Random,
    is_expected: bool = True,
) -> Trial:
    seed = chance.randrange(2**32)
    return Trial(group, text, grammar, voice, chances, seed, is_expected)


def speak(trials: Sequence[Trial]) -> list[tuple[Trial, Samples]]:
    """The sound of each trial, at 16 kHz; what espeak-ng cannot say is left out."""
    parts = children.in_parts(trials, _AT_ONCE)
    spoken = children.map_in_children(_speak_part, parts, children.cores())
    return [pair for part in spoken for pair in part]


def _speak_part(trials: Sequence[Trial]) -> list[tuple[Trial, Samples]]:
    made = []
    for trial in trials:
        chance = np.random.default_rng(trial.seed)
        rate_wpm, pitch = (
            int(chance.integers(*span)) for span in (_RATES_WPM, _PITCHES)
        )
        try:
            said = speaker.speak(trial.text, trial.voice, rate_wpm, pitch)
        except ForeignSounds:
            continue
        clean = augment.resampled(said.samples, said.rate_hz, 1.0)
        sound, _ = augment.spoil(clean, [], trial.chances, chance)
        made.append((trial, sound.astype(np.int16)))
    return made
