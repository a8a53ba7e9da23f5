"""`praatpaal hear FILE...`: what the ears make of recorded speech."""

import argparse
import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion.asking import Question, expectation_of
from companion.choosing import choose, recognisers
from companion.commands.meanings import name_meaning
from companion.commands.options import (
    FAILED,
    FINE,
    WRONG_USE,
    add_json,
    complain,
    metavar,
    print_json,
)
from companion.commands.texts import Texts
from companion.device import build_recogniser
from companion.settings import Settings, load
from companion.topics.questions import ALL_QUESTIONS
from companion.understanding.emergency import find_danger
from companion.understanding.intents import Danger, Meaning
from companion.understanding.meaning import Understanding
from voice.activity import activity_in_noise
from voice.audio import HEARING_RATE_HZ, AudioError, Samples
from voice.ears import hear_blocks, recorded_blocks
from voice.files import read_wav, resample
from voice.hearing import Expectation, Heard, Silence
from voice.models import Model, ModelStore
from voice.recogniser import Recogniser, RecogniserError


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one file.

    Attributes:
        heard: What the engine heard; None without speech or without sound.
        meaning: What was meant, if that is known.
        danger: What must be answered before anything else.
        problem: Why there is nothing, by the name of its sentence.
    """

    heard: Heard | None = None
    meaning: Meaning | None = None
    danger: Danger | None = None
    problem: str = ""

    @property
    def is_fault(self) -> bool:
        """Whether the file is at fault; silence is an answer too."""
        return self.problem not in ("", "no_speech")


class _Unusable(Exception):
    """A file that cannot be heard; names its sentence."""


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    texts = Texts("cli", "hear")
    parser = commands.add_parser("hear", help=texts.say("help"))
    parser.add_argument(
        "files", nargs="+", type=Path, metavar=metavar("file"), help=texts.say("files")
    )
    parser.add_argument(
        "--question", metavar=metavar("name"), help=texts.say("question")
    )
    parser.add_argument("--engine", metavar=metavar("name"), help=texts.say("engine"))
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Hear each file; one line each."""
    texts = Texts("cli", "hear")
    if args.question is not None and args.question not in ALL_QUESTIONS:
        names = ", ".join(sorted(ALL_QUESTIONS))
        complain(texts.say("unknown_question", given=args.question, names=names))
        return WRONG_USE
    settings = load(args.settings)
    models = ModelStore(settings.folders.models_path())
    model = _pick(args.engine, settings, models)
    if model is None and args.engine is None:
        return complain(texts.say("no_recogniser"))
    if model is None:
        names = ", ".join(it.name for it in recognisers(models.installed))
        complain(texts.say("unknown_engine", given=args.engine, names=names))
        return WRONG_USE
    if not model.hears_people and args.engine is None and not settings.ears.model:
        complain(texts.say("deaf_to_people", engine=model.name))
    question = ALL_QUESTIONS.get(args.question or "")
    engine = build_recogniser(model, models)
    return asyncio.run(_hear_all(args.files, engine, question, args.json))


def _pick(name: str | None, settings: Settings, models: ModelStore) -> Model | None:
    """The recogniser that is named, or the one for sound from files."""
    if name is None:
        return next(iter(choose(settings.ears, "files", models.installed)), None)
    named = (it for it in recognisers(models.installed) if it.name.startswith(name))
    return next(named, None) if name else None


async def _hear_all(
    files: list[Path], engine: Recogniser, question: Question | None, as_json: bool
) -> int:
    texts = Texts("cli", "hear")
    understanding = Understanding()
    exit_code = FINE
    try:
        await engine.start()
        for file in files:
            outcome = await _hear_one(file, engine, question, understanding)
            if outcome.is_fault:
                exit_code = complain(texts.say(outcome.problem, file=file))
            if as_json:
                print_json(_plain(file, engine.name, outcome))
            elif not outcome.is_fault:
                print(_line(file, outcome))
    except RecogniserError as error:
        complain(texts.say("engine_failed", engine=engine.name, problem=error))
        exit_code = FAILED
    finally:
        await engine.close()
    return exit_code


async def _hear_one(
    file: Path,
    engine: Recogniser,
    question: Question | None,
    understanding: Understanding,
) -> _Outcome:
    """What was said in a file, and what that means."""
    try:
        sound = await asyncio.to_thread(_read, file)
    except _Unusable as error:
        return _Outcome(problem=str(error))
    expectation = (
        Expectation()
        if question is None
        else expectation_of(question, question.answers, understanding)
    )
    blocks = recorded_blocks(sound, expectation.patience_s)
    heard = await hear_blocks(blocks, expectation, engine, activity_in_noise())
    if isinstance(heard, Silence):
        return _Outcome(problem="no_speech")
    words = heard.text or heard.open_text or ""
    danger = find_danger(words) or find_danger(heard.open_text or "")
    if danger is not None:
        return _Outcome(heard, danger=danger)
    expected = question.answers if question else frozenset()
    return _Outcome(heard, understanding.interpret(words, expected, heard.confidence))


def _read(file: Path) -> Samples:
    """The sound of a file as the ears want it.

    Raises:
        _Unusable: With the name of the sentence that says why.
    """
    try:
        if file.is_dir():
            raise _Unusable("is_folder")
        with file.open("rb"):
            pass
        samples, rate_hz = read_wav(file)
    except FileNotFoundError:
        raise _Unusable("not_found") from None
    except AudioError:
        raise _Unusable("no_wav") from None
    except (OSError, ValueError):
        raise _Unusable("unreadable") from None
    return resample(samples, rate_hz, HEARING_RATE_HZ)


def _plain(file: Path, engine: str, outcome: _Outcome) -> dict[str, object]:
    heard, meaning, danger = outcome.heard, outcome.meaning, outcome.danger
    name = danger.value if danger else meaning.intent.value if meaning else None
    return {
        "file": str(file),
        "problem": outcome.problem or None,
        "text": heard.text if heard else None,
        "open_text": heard.open_text if heard else None,
        "meaning": name,
        "value": str(meaning.value) if meaning and meaning.value is not None else None,
        "is_certain": meaning.is_certain if meaning else None,
        "is_danger": danger is not None,
        "confidence": round(heard.confidence, 3) if heard else None,
        "engine": heard.engine if heard else engine,
        "audio_s": round(heard.audio_s, 2) if heard else None,
        "cpu_s": round(heard.cpu_s, 3) if heard else None,
        "end_of_turn_s": round(heard.end_of_turn_s, 3) if heard else None,
    }


def _line(file: Path, outcome: _Outcome) -> str:
    texts = Texts("cli", "hear")
    heard, meaning, danger = outcome.heard, outcome.meaning, outcome.danger
    if heard is None:
        return texts.say("no_speech", file=file)
    if danger is not None:
        said = texts.say(f"dangers.{danger.value}")
    elif meaning is not None:
        said = name_meaning(meaning.intent, meaning.value)
    else:
        said = texts.say("no_meaning")
    return texts.say(
        "line",
        file=file,
        text=heard.text or heard.open_text or "",
        meaning=said,
        confidence=f"{heard.confidence:.2f}",
        engine=heard.engine,
        seconds=f"{heard.cpu_s:.1f}",
    )
