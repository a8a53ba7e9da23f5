"""`praatpaal say TEXT --out FILE.wav`: the voice of the device, in a file."""

import argparse
import asyncio
from pathlib import Path
from typing import Any

from companion.app import build_synthesisers
from companion.commands.options import (
    FAILED,
    FINE,
    WRONG_USE,
    add_json,
    complain,
    print_json,
)
from companion.commands.texts import Texts
from companion.settings import Settings, load
from voice.models import ModelStore
from voice.mouth import render_to_wav
from voice.synthesiser import Synthesiser, SynthesisError


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    texts = Texts("cli", "say")
    parser = commands.add_parser("say", help=texts.say("help"))
    parser.add_argument("text", metavar="TEXT", help=texts.say("text"))
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE.wav", help=texts.say("out")
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the file."""
    texts = Texts("cli", "say")
    text = args.text.strip()
    if not text:
        complain(texts.say("empty"))
        return WRONG_USE
    settings = load(args.settings)
    voices = build_synthesisers(
        settings.mouth, ModelStore(settings.folders.models_path())
    )
    try:
        voice, seconds = asyncio.run(_render(voices, text, args.out, settings))
    except SynthesisError as error:
        complain(texts.say("failed", problem=error))
        return FAILED
    except OSError as error:
        complain(texts.say("cannot_write", file=args.out, problem=error.strerror))
        return FAILED
    if args.json:
        print_json(
            {"file": str(args.out), "seconds": round(seconds, 2), "voice": voice}
        )
    else:
        print(texts.say("done", seconds=f"{seconds:.1f}", file=args.out))
    return FINE


async def _render(
    voices: list[Synthesiser], text: str, out: Path, settings: Settings
) -> tuple[str, float]:
    """Speak with the first voice that works; returns its name and the length, s."""
    for voice in voices:
        try:
            await voice.start()
            seconds = await render_to_wav(
                voice, text, out, rate_wpm=settings.mouth.rate_wpm
            )
        except SynthesisError:
            if voice is voices[-1]:
                raise
        else:
            return f"{voice.name} {voice.voice}", seconds
        finally:
            await voice.close()
    raise SynthesisError("no voice")
