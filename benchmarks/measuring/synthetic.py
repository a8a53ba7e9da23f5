"""Answers to the device's questions, spoken by voices that trained no model."""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

import yaml

from benchmarks.measuring.clips import Clip, write_table
from benchmarks.measuring.voices import Voice, speak_all
from companion.topics.questions import ALL_QUESTIONS
from companion.understanding import grammar
from voice.audio import HEARING_RATE_HZ, RATE_HZ
from voice.files import resample, write_wav

# What matters most is said by each voice, whatever else is drawn.
_ALWAYS = ("ja", "nee", "stop", "help mij")
_YES_OR_NO = "ja_of_nee"

# Of what is drawn, this part is talk that answers no question.
_OTHER_PART = 0.25
_OTHER_TALK = Path("tests/sentences/nl/must_not_match.yaml")

_RATES_WPM = (120, 140, 160)


def answers(count: int, seed: int) -> list[tuple[str, str]]:
    """Draw what is said and the question that it answers.

    Args:
        count: How many.
        seed: The same seed draws the same.

    Returns:
        Text and name of the question, as `transcripts.tsv` has it.
    """
    chance = random.Random(seed)
    closed = [question for question in ALL_QUESTIONS.values() if not question.is_open]
    expected = [
        (phrase, question.name)
        for question in closed
        for phrase in grammar.phrases(question.answers)
    ]
    other = other_talk()
    others = min(len(other), round(count * _OTHER_PART))
    return [
        *chance.sample(expected, min(len(expected), count - others)),
        *chance.sample(other, others),
    ]


def other_talk() -> list[tuple[str, str]]:
    """Small talk and half sentences, each with a question that it does not answer."""
    read = yaml.safe_load(_OTHER_TALK.read_text("utf-8"))
    return [
        (sentence["say"], "+".join(sentence["expected"]))
        for sentence in read["sentences"]
        if "free_text" not in sentence["expected"]
    ]


def speak(folder: Path, voices: Sequence[Voice], count: int, seed: int) -> list[Clip]:
    """Have voices say answers, each voice its own part of them.

    Args:
        folder: Gets the sounds and their table.
        voices: Who speak.
        count: How many answers are drawn, besides those that each voice says.
        seed: The same seed draws the same.

    Raises:
        voice.synthesiser.SynthesisError: If a voice does not start.
    """
    drawn = answers(count, seed)
    random.Random(seed).shuffle(drawn)
    clips: list[Clip] = []
    for number, voice in enumerate(voices):
        said = [(word, _YES_OR_NO) for word in _ALWAYS]
        said += drawn[number :: len(voices)]
        sounds = asyncio.run(
            speak_all(
                voice.synthesiser,
                [text for text, _ in said],
                _RATES_WPM[number % len(_RATES_WPM)],
            )
        )
        for (text, question), sound in zip(said, sounds, strict=True):
            file = folder / f"{len(clips):04}.wav"
            write_wav(file, resample(sound, RATE_HZ, HEARING_RATE_HZ), HEARING_RATE_HZ)
            clips.append(Clip(file, text, voice.name, question))
    write_table(folder, clips)
    return clips
