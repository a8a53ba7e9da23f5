"""`praatpaal hear FILE...`: what the ears make of recorded speech."""

import argparse
import asyncio
from pathlib import Path
from typing import Any

from companion.app import build_recognisers
from companion.commands.options import (
    FAILED,
    FINE,
    WRONG_USE,
    add_json,
    complain,
    print_json,
)
from companion.commands.texts import Texts
from companion.settings import load
from companion.talk import Question, expectation_of
from companion.topics.questions import ALL_QUESTIONS
from companion.understanding.emergency import find_danger
from companion.understanding.meaning import Understanding
from voice.activity import VoiceActivity
from voice.audio import HEARING_RATE_HZ, AudioError
from voice.ears import hear_blocks, recorded_blocks
from voice.files import read_wav, resample
from voice.hearing import Deaf, Expectation, Heard, Silence
from voice.models import ModelStore
from voice.recogniser import Recogniser, RecogniserError


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    texts = Texts("cli", "hear")
    parser = commands.add_parser("hear", help=texts.say("help"))
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help=texts.say("files")
    )
    parser.add_argument("--question", metavar="NAME", help=texts.say("question"))
    parser.add_argument("--engine", metavar="NAME", help=texts.say("engine"))
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
    engines = build_recognisers(settings, ModelStore(settings.folders.models_path()))
    if not engines:
        complain(texts.say("no_recogniser"))
        return FAILED
    if args.engine is not None:
        names = ", ".join(engine.name for engine in engines)
        engines = [e for e in engines if e.name.startswith(args.engine)]
        if not engines:
            complain(texts.say("unknown_engine", given=args.engine, names=names))
            return WRONG_USE
    question = ALL_QUESTIONS.get(args.question or "")
    return asyncio.run(_hear_all(args.files, engines[0], question, args.json, texts))


async def _hear_all(
    files: list[Path],
    engine: Recogniser,
    question: Question | None,
    as_json: bool,
    texts: Texts,
) -> int:
    understanding = Understanding()
    expectation = (
        Expectation()
        if question is None
        else expectation_of(question, question.answers, understanding)
    )
    exit_code = FINE
    try:
        await engine.start()
        for file in files:
            answer = await _hear_one(file, engine, expectation)
            if isinstance(answer, str):
                complain(texts.say("failed", file=file, problem=answer))
                exit_code = FAILED
            elif isinstance(answer, Heard):
                _tell(file, answer, question, understanding, as_json, texts)
            else:
                complain(texts.say("no_speech", file=file))
                exit_code = FAILED
    except RecogniserError as error:
        complain(texts.say("failed", file=engine.name, problem=error))
        exit_code = FAILED
    finally:
        await engine.close()
    return exit_code


async def _hear_one(
    file: Path, engine: Recogniser, expectation: Expectation
) -> Heard | Silence | Deaf | str:
    """What was said in a file, or why it cannot be read."""
    try:
        samples, rate_hz = await asyncio.to_thread(read_wav, file)
    except (AudioError, OSError) as error:
        return str(error)
    sound = resample(samples, rate_hz, HEARING_RATE_HZ)
    blocks = recorded_blocks(sound, expectation.patience_s)
    return await hear_blocks(blocks, expectation, engine, VoiceActivity())


def _tell(
    file: Path,
    heard: Heard,
    question: Question | None,
    understanding: Understanding,
    as_json: bool,
    texts: Texts,
) -> None:
    words = heard.text or heard.open_text or ""
    danger = find_danger(words)
    expected = question.answers if question else frozenset()
    meaning = understanding.interpret(words, expected, heard.confidence)
    name = danger.value if danger else meaning.intent.value if meaning else None
    value = None if meaning is None or danger else meaning.value
    if as_json:
        print_json(
            {
                "file": str(file),
                "text": heard.text,
                "open_text": heard.open_text,
                "meaning": name,
                "value": None if value is None else str(value),
                "is_danger": danger is not None,
                "confidence": round(heard.confidence, 3),
                "engine": heard.engine,
                "audio_s": round(heard.audio_s, 2),
                "cpu_s": round(heard.cpu_s, 3),
                "end_of_turn_s": round(heard.end_of_turn_s, 3),
            }
        )
        return
    print(
        texts.say(
            "line",
            file=file,
            text=words,
            meaning=name or "-",
            confidence=f"{heard.confidence:.2f}",
            engine=heard.engine,
        )
    )
