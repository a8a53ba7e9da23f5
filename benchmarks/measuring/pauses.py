"""Answers in which the person stops to think, and who is cut off in them.

The answers are put together from two pieces of synthesised speech with a pause
between them. What ends before the last piece does was cut off.
"""

import random
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.measuring.hearing import outcome_of_question
from benchmarks.measuring.voices import espeak_voices, speak_all
from companion.asking import Question, expectation_of
from companion.topics.questions import ALL_QUESTIONS
from companion.understanding.intents import Intent
from companion.understanding.meaning import Understanding
from voice.activity import VoiceActivity
from voice.audio import BLOCK_S, HEARING_RATE_HZ, RATE_HZ, Samples
from voice.ears import hear_blocks, recorded_blocks
from voice.files import resample
from voice.hearing import Expectation, Heard
from voice.recogniser import Recogniser

SHORTEST_S, LONGEST_S = 0.5, 2.5

# The stock voice and some that trained no model.
VOICES = ("nl", "nl+f4", "nl+m6", "nl+Alex", "nl+Annie")
_RATE_WPM = 140

# Faint noise, as every microphone has; its standard deviation in steps of 16 bit.
_NOISE = 6.0
_LEAD_S = 0.6

THINKING = {
    "after a filler": (
        ("checkin.mood", "nou", "het gaat goed"),
        ("checkin.mood", "eh", "het gaat wel"),
        ("checkin.mood", "uhm", "prima"),
        ("checkin.mood", "even denken", "het gaat niet zo goed"),
        ("checkin.mood", "tja", "niet zo best"),
        ("checkin.sleep", "even kijken", "goed geslapen"),
        ("checkin.sleep", "nou", "ik heb slecht geslapen"),
        ("checkin.sleep", "uhm", "redelijk"),
        ("checkin.pain", "eh", "nee geen pijn"),
        ("checkin.pain", "wacht even", "mijn knie"),
        ("checkin.pain", "nou", "ik heb last van mijn rug"),
        ("checkin.convenient", "ik denk", "ja hoor"),
        ("checkin.convenient", "eh", "over een uur"),
        ("checkin.eating", "laat me denken", "een boterham met kaas"),
        ("checkin.eating", "nou", "ik heb goed gegeten"),
        ("checkin.drinking", "tja", "een kopje koffie"),
    ),
    "inside a phrase": (
        ("checkin.mood", "het gaat niet", "zo goed"),
        ("checkin.mood", "ik voel me", "niet lekker"),
        ("checkin.mood", "ik mag", "niet klagen"),
        ("checkin.sleep", "ik heb", "goed geslapen"),
        ("checkin.sleep", "ik heb niet zo goed", "geslapen"),
        ("checkin.sleep", "een paar keer", "wakker geweest"),
        ("checkin.pain", "ik heb last van", "mijn rug"),
        ("checkin.pain", "ik heb pijn in", "mijn knie"),
        ("checkin.pain", "ik heb nergens", "last van"),
        ("checkin.convenient", "over een", "half uur"),
        ("checkin.convenient", "om", "drie uur"),
        ("checkin.eating", "ik heb twee", "boterhammen gegeten"),
        ("checkin.eating", "ik moet nog", "ontbijten"),
        ("checkin.drinking", "twee kopjes", "koffie"),
        ("checkin.drinking", "ik heb niet genoeg", "gedronken"),
        ("checkin.plan_done", "het is", "gelukt"),
    ),
    "after a joining word": (
        ("checkin.mood", "goed maar", "ik ben moe"),
        ("checkin.mood", "het gaat wel en", "ik mag niet klagen"),
        ("checkin.sleep", "slecht want", "ik lag wakker"),
        ("checkin.sleep", "goed of", "redelijk goed"),
        # Not "mijn knie en", which sounds like "mijn knieën".
        ("checkin.pain", "mijn rug en", "mijn heup"),
        ("checkin.convenient", "ja maar", "nu niet"),
        ("checkin.eating", "goed dus", "ja genoeg"),
        ("checkin.drinking", "weinig maar", "een kopje thee"),
    ),
    "in words of one's own": (
        ("checkin.plans", "ik ga", "wandelen"),
        ("checkin.plans", "ik ga wandelen en", "boodschappen doen"),
        ("checkin.plans", "eh", "mijn dochter komt"),
        ("checkin.plans", "ik moet naar", "de dokter"),
        ("checkin.plans", "nou", "ik blijf thuis"),
        ("checkin.plans", "ik krijg", "bezoek"),
        ("checkin.message", "even denken", "ik wil naar de kerk"),
        ("checkin.message", "ik ga naar", "de kapper"),
        ("checkin.message", "mijn dochter komt en", "dat is fijn"),
        ("checkin.message", "uhm", "ik heb nieuwe schoenen"),
    ),
}
"""Question, what is said before the pause, and what is said after it; by what shows
that the person is not ready."""

GONE_ON = {
    "goes on after a whole answer": (
        ("ja_of_nee", "ja", "nee toch niet"),
        ("ja_of_nee", "ja", "dat is goed"),
        ("ja_of_nee", "nee", "liever niet"),
        ("checkin.mood", "goed", "maar ik ben gevallen"),
        ("checkin.mood", "goed", "ik mag niet klagen"),
        ("checkin.mood", "het gaat", "wel goed"),
        ("checkin.pain", "nee", "geen pijn"),
        ("checkin.pain", "ik heb pijn", "in mijn knie"),
        ("checkin.pain", "mijn knie", "en mijn rug"),
        ("checkin.eating", "een boterham", "met kaas"),
    ),
}
"""Nothing shows that more is to come; people would be taken up on these too."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with a pause in it.

    Attributes:
        why: What shows that the person is not ready.
        question: Name of what was asked.
        text: All that is said.
        pause_s: Length of the pause, in seconds.
        sound: At HEARING_RATE_HZ.
        end_s: Where the speech ends in it, in seconds.
    """

    why: str
    question: str
    text: str
    pause_s: float
    sound: Samples
    end_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """When a turn was taken to be over.

    Attributes:
        why: As of the answer.
        pause_s: As of the answer.
        is_cut_off: Whether the person was still to say something.
        wait_s: From the end of the speech; negative when it was cut off.
        outcome: "right", "asked", "rejected" or "wrong", as the talk would take it.
    """

    why: str
    pause_s: float
    is_cut_off: bool
    wait_s: float
    outcome: str


Change = Callable[[Expectation], Expectation]


def fixed(expectation: Expectation) -> Expectation:
    """The baseline: 0.7 s of silence ends every turn, whatever was said."""
    return replace(expectation, end_of_turn_s=0.7, standing=None)


def as_it_is(expectation: Expectation) -> Expectation:
    """What the companion asks for."""
    return expectation


async def speak(
    pieces: dict[str, tuple[tuple[str, str, str], ...]], times: int, seed: int
) -> list[Answer]:
    """Have each answer said some times, by one voice after the other.

    Args:
        pieces: As THINKING.
        times: How often each, with different pauses.
        seed: The same seed gives the same pauses.

    Raises:
        voice.synthesiser.SynthesisError: If a voice does not start.
    """
    said = [(why, *row) for why, rows in pieces.items() for row in rows] * times
    pauses_s = np.linspace(SHORTEST_S, LONGEST_S, len(said)).tolist()
    random.Random(seed).shuffle(pauses_s)
    made: list[Answer | None] = [None] * len(said)
    for number, voice in enumerate(espeak_voices(VOICES)):
        # Each voice says other answers the second time.
        own = [at for at in range(len(said)) if (at + at // 50) % len(VOICES) == number]
        texts = [piece for at in own for piece in said[at][2:]]
        sounds = await speak_all(voice.synthesiser, texts, _RATE_WPM)
        for nth, at in enumerate(own):
            first, second = sounds[2 * nth], sounds[2 * nth + 1]
            made[at] = _join(said[at], pauses_s[at], first, second, seed + at)
    return [answer for answer in made if answer is not None]


def _join(
    said: tuple[str, str, str, str],
    pause_s: float,
    first: Samples,
    second: Samples,
    seed: int,
) -> Answer:
    why, question, before, after = said
    clean = np.concatenate(
        [
            _silence(_LEAD_S),
            resample(first, RATE_HZ, HEARING_RATE_HZ),
            _silence(pause_s),
            resample(second, RATE_HZ, HEARING_RATE_HZ),
        ]
    )
    noise = np.random.default_rng(seed).normal(0, _NOISE, clean.size)
    sound = np.clip(clean + noise, -32_768, 32_767).astype(np.int16)
    text = f"{before} {after}"
    return Answer(why, question, text, pause_s, sound, sound.size / HEARING_RATE_HZ)


def _silence(length_s: float) -> Samples:
    return np.zeros(round(length_s * HEARING_RATE_HZ), np.int16)


async def listen(
    answers: Sequence[Answer],
    recogniser: Recogniser,
    understanding: Understanding,
    change: Change,
    tell: Callable[[str], None],
) -> list[Ended]:
    """Hear the answers, each as one turn, faster than real time.

    Args:
        answers: To be heard.
        recogniser: Started.
        understanding: For the expectations.
        change: What to make of each expectation.
        tell: Gets a line now and then.

    Raises:
        voice.recogniser.RecogniserError: If it breaks.
    """
    ended = []
    for number, answer in enumerate(answers):
        if number % 20 == 0:
            tell(f"{number} of {len(answers)} answers heard")
        ended.append(await _listen(answer, recogniser, understanding, change))
    return ended


async def _listen(
    answer: Answer, recogniser: Recogniser, understanding: Understanding, change: Change
) -> Ended:
    question = ALL_QUESTIONS[answer.question]
    expectation = change(_expectation(question, understanding))
    taken = 0

    async def counted() -> AsyncGenerator[Samples, None]:
        nonlocal taken
        async for block in recorded_blocks(answer.sound, expectation.patience_s):
            taken += 1
            yield block

    blocks = counted()
    heard = await hear_blocks(blocks, expectation, recogniser, VoiceActivity())
    await blocks.aclose()
    wait_s = taken * BLOCK_S - answer.end_s
    outcome, _ = outcome_of_question(question, answer.text, heard, understanding)
    if not isinstance(heard, Heard):
        outcome = "rejected"
    return Ended(answer.why, answer.pause_s, wait_s < 0, wait_s, outcome)


def _expectation(question: Question, understanding: Understanding) -> Expectation:
    bare = {Intent.YES, Intent.NO} if question.yes is not None else set()
    expectation = expectation_of(question, question.answers | bare, understanding)
    # The second look without a grammar decides nothing about the end of the turn.
    return replace(expectation, with_open_vocabulary=not expectation.phrases)
