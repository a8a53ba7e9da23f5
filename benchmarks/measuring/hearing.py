"""One recogniser hears prepared clips; a process of its own for each.

    python -m benchmarks.measuring.hearing JOB.json RESULT.json

So the memory is the recogniser's, and a crash takes nothing along.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring.processes import memory_of
from benchmarks.measuring.words import words_of
from companion.asking import Patience, Question, expectation_of
from companion.topics.questions import ALL_QUESTIONS
from companion.understanding.emergency import find_danger
from companion.understanding.intents import Intent
from companion.understanding.meaning import Understanding
from voice.activity import WINDOW_SAMPLES, VoiceActivity
from voice.audio import BLOCK_S, HEARING_RATE_HZ, Samples
from voice.ears import hear_blocks, recorded_blocks
from voice.files import read_wav
from voice.hearing import Expectation, Heard, Silence
from voice.recogniser import Recogniser, RecogniserError
from voice.vosk_recogniser import VoskRecogniser
from voice.whisper_recogniser import WhisperRecogniser


class HearingError(Exception):
    """A recogniser or a question is not what was asked for; says why."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one recogniser is to hear.

    Attributes:
        kind: "vosk" or "whisper".
        folder: Of its model.
        is_told: Whether it gets the expected answers.
        clips: What to hear, by data set.
    """

    kind: str
    folder: str
    is_told: bool
    clips: dict[str, list["Prepared"]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A clip that is ready to be heard.

    Attributes:
        file: WAV at HEARING_RATE_HZ.
        text: What is said.
        question: What it answers; "" if none.
        phrases: What may be said where no question is asked; the text may be
            among them. Empty: anything.
        is_paced: Whether it is heard as slowly as it was spoken.
    """

    file: str
    text: str
    question: str = ""
    phrases: tuple[str, ...] = ()
    is_paced: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a clip.

    Attributes:
        open_text: The words without a grammar; None where they were not asked for.
        outcome: "right", "asked", "rejected" or "wrong"; "" where anything may be
            said.
        is_answer: Whether what is said is one of the expected answers.
        audio_s: Length of the sound.
        cpu_s: Processor time of the recogniser.
        end_of_turn_s: From the last speech to the result; None if it was not paced.
    """

    open_text: str | None
    outcome: str
    is_answer: bool
    audio_s: float
    cpu_s: float
    end_of_turn_s: float | None


def question_of(name: str) -> Question:
    """A question by name, or one that expects the intents in the name ("yes+no").

    Raises:
        HearingError: If there is none of that name.
    """
    if name in ALL_QUESTIONS:
        return ALL_QUESTIONS[name]
    try:
        return Question(name, frozenset(map(Intent, name.split("+"))))
    except ValueError as error:
        raise HearingError(f"no question {name!r}: {error}") from error


def outcome_of_question(
    question: Question,
    said: str,
    heard: Heard | Silence,
    understanding: Understanding,
) -> tuple[str, bool]:
    """Judge an answer as `companion.talk` takes it.

    A cry for help counts wherever it is heard, the grammar's words count as they
    are, and what was only heard without the grammar is asked back.

    Returns:
        The outcome, and whether what is said is an answer at all. Then "right" is
        to understand nothing.
    """

    def meaning(words: str) -> object:
        danger = find_danger(words)
        if danger is not None:
            return danger
        meant = understanding.interpret(words, question.answers)
        if meant is None or not meant.is_certain:
            return None
        return meant.intent, meant.value

    wanted = meaning(said)
    is_answer = wanted is not None
    found: object = None
    is_asked = False
    if isinstance(heard, Heard):
        dangers = (find_danger(it) for it in (heard.text, heard.open_text or ""))
        found = next((it for it in dangers if it is not None), None)
        words = heard.text or heard.open_text or ""
        if found is None and words:
            meant = understanding.interpret(
                words, question.answers, heard.confidence if heard.text else 1.0
            )
            if meant is not None:
                found = (meant.intent, meant.value)
                is_asked = not meant.is_certain or not heard.text
    if found is None:
        return "rejected" if is_answer else "right", is_answer
    if is_asked:
        return "asked", is_answer
    return "right" if found == wanted else "wrong", is_answer


def outcome_of_phrase(
    said: str, phrases: tuple[str, ...], heard: Heard | Silence
) -> tuple[str, bool]:
    """Judge which of some phrases was heard; see `outcome_of_question`."""
    text = heard.text if isinstance(heard, Heard) else ""
    is_answer = said in phrases
    if text not in phrases:
        return "rejected" if is_answer else "right", is_answer
    return "right" if text == said else "wrong", is_answer


def make(kind: str, folder: Path) -> Recogniser:
    """The recogniser of a model's folder.

    Raises:
        HearingError: If there is no such kind.
    """
    match kind:
        case "vosk":
            return VoskRecogniser(folder)
        case "whisper":
            return WhisperRecogniser(folder, "nl")
    raise HearingError(f"no recogniser of the kind {kind!r}")


async def paced(blocks: AsyncIterator[Samples]) -> AsyncIterator[Samples]:
    """The same blocks, each when it would have been spoken."""
    begun_s = time.monotonic()
    number = 0
    async for block in blocks:
        number += 1
        await asyncio.sleep(max(0.0, begun_s + number * BLOCK_S - time.monotonic()))
        yield block


async def hear(
    clip: Prepared, recogniser: Recogniser, understanding: Understanding, is_told: bool
) -> Result:
    """Let a recogniser hear one clip, as the product would.

    Raises:
        RecogniserError: If it breaks.
    """
    sound, _ = read_wav(clip.file)
    question = question_of(clip.question) if clip.question else None
    expectation = Expectation(end_of_turn_s=Patience().end_open_s, longest_s=60.0)
    if question is not None and is_told:
        expectation = expectation_of(question, question.answers, understanding)
    elif clip.phrases and is_told:
        expectation = Expectation(phrases=clip.phrases)
    blocks = recorded_blocks(sound, expectation.patience_s)
    if clip.is_paced:
        blocks = paced(blocks)
    heard = await hear_blocks(blocks, expectation, recogniser, VoiceActivity())
    outcome, is_answer = "", False
    if question is not None:
        outcome, is_answer = outcome_of_question(
            question, clip.text, heard, understanding
        )
    elif clip.phrases:
        outcome, is_answer = outcome_of_phrase(clip.text, clip.phrases, heard)
    if isinstance(heard, Silence):
        heard = Heard(text="", confidence=0.0, open_text="")
        is_timed = False
    else:
        is_timed = clip.is_paced
    return Result(
        open_text=heard.open_text,
        outcome=outcome,
        is_answer=is_answer,
        audio_s=sound.size / HEARING_RATE_HZ,
        cpu_s=heard.cpu_s,
        end_of_turn_s=heard.end_of_turn_s if is_timed else None,
    )


async def hear_all(job: Job) -> dict[str, Any]:
    """Hear every clip of a job.

    Returns:
        By data set the results, as plain values; what the model lacks; memory.

    Raises:
        RecogniserError: If the recogniser does not start or breaks.
    """
    understanding = Understanding()
    # Loaded before the recogniser, so that it is not counted with it.
    VoiceActivity()(np.zeros(WINDOW_SAMPLES, np.int16))
    before = memory_of(os.getpid())
    recogniser = make(job.kind, Path(job.folder))
    sets: dict[str, Any] = {}
    lacking: dict[str, int] = {}
    try:
        await recogniser.start()
        for name, clips in job.clips.items():
            sets[name] = [
                asdict(await hear(clip, recogniser, understanding, job.is_told))
                for clip in clips
            ]
            if isinstance(recogniser, VoskRecogniser):
                said = (" ".join(words_of(clip.text)) for clip in clips)
                lacking[name] = len(recogniser.missing_words(said))
        after = memory_of(os.getpid())
    finally:
        await recogniser.close()
    return {
        "sets": sets,
        "lacking": lacking,
        "peak_mb": after.peak,
        "before_mb": before.resident,
    }


def read_job(file: Path) -> Job:
    """Read a job that was written as JSON."""
    plain = json.loads(file.read_text("utf-8"))
    plain["clips"] = {
        name: [
            Prepared(**{**clip, "phrases": tuple(clip["phrases"])}) for clip in clips
        ]
        for name, clips in plain["clips"].items()
    }
    return Job(**plain)


def main() -> int:
    """Do a job; a recogniser that fails is told in one line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("job", type=Path)
    parser.add_argument("result", type=Path)
    options = parser.parse_args()
    # A word that a model lacks is counted, not told each time.
    logging.disable(logging.WARNING)
    try:
        result = asyncio.run(hear_all(read_job(options.job)))
    except (RecogniserError, HearingError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    options.result.write_text(json.dumps(result), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
