"""What is spoken in training: expected phrases, their words, and other Dutch."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from voice.model.errors import ModelBuildError

# Shares of the sentences; the rest is frequent words, in any order. Expected
# phrases alone would teach the network which phones follow each other in them.
PHRASES_SHARE = 0.35
SHUFFLED_SHARE = 0.15
# Of the phrases: those of one or two words, said alone. They are answers to most
# questions and cries for help, and have the least sound to be known by.
SHORT_SHARE = 0.55
# Of the short ones: the very first phrases and the most usual answers.
USUAL_SHARE = 0.5
USUAL = 150

LONGEST = 8
# A pause within a sentence, about one in eight words.
_PAUSE_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class Material:
    """What sentences are made of.

    Attributes:
        phrases: What people are expected to say, the most usual first.
        words: Words that the model shall know, the most needed first.
    """

    phrases: tuple[str, ...]
    words: tuple[str, ...]


def load_material(phrases: Path, words: Path) -> Material:
    """Read two files with a phrase or a word on each line.

    Raises:
        ModelBuildError: If a file is not there or holds nothing.
    """
    return Material(_lines_of(phrases), _lines_of(words))


def sentence(material: Material, seed: str) -> str:
    """One text to speak; the same for the same seed."""
    chance = random.Random(seed)
    kind = chance.random()
    if kind < PHRASES_SHARE:
        return _phrase(material.phrases, chance)
    if kind < PHRASES_SHARE + SHUFFLED_SHARE:
        said = " ".join(chance.choices(material.phrases, k=LONGEST)).split()
        chance.shuffle(said)
        return _joined(said[: chance.randint(1, LONGEST)], chance)
    said = chance.choices(material.words, k=chance.randint(1, LONGEST))
    return _joined(said, chance)


def _phrase(phrases: Sequence[str], chance: random.Random) -> str:
    if chance.random() >= SHORT_SHARE:
        return chance.choice(phrases)
    short = [phrase for phrase in phrases if len(phrase.split()) <= 2]
    if chance.random() < USUAL_SHARE:
        return chance.choice(short[:USUAL])
    return chance.choice(short)


def _joined(words: Sequence[str], chance: random.Random) -> str:
    """A sentence, sometimes with a comma: a pause."""
    text = words[0]
    for word in words[1:]:
        text += (", " if chance.random() < _PAUSE_SHARE else " ") + word
    return text


def _lines_of(path: Path) -> tuple[str, ...]:
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ModelBuildError(f"{path} cannot be read: {error}") from error
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    if not lines:
        raise ModelBuildError(f"{path} holds nothing")
    return lines
