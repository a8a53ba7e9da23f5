"""`praatpaal say TEXT --out FILE.wav`: the voice of the device, in a file."""

import argparse
import asyncio
from pathlib import Path
from typing import Any

from companion.commands.options import (
    FINE,
    WRONG_USE,
    add_json,
    complain,
    metavar,
    print_json,
)
from companion.commands.speaking import explain_voice, speak
from companion.commands.texts import Texts
from companion.device import build_recordings, build_synthesisers
from companion.settings import Settings, load
from voice.audio import RATE_HZ, AudioError
from voice.files import write_wav
from voice.models import ModelStore
from voice.synthesiser import Synthesiser, SynthesisError


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    texts = Texts("cli", "say")
    parser = commands.add_parser("say", help=texts.say("help"))
    parser.add_argument("text", metavar=metavar("text"), help=texts.say("text"))
    parser.add_argument(
        "--out", type=Path, required=True, metavar=metavar("wav"), help=texts.say("out")
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the file."""
    texts = Texts("cli", "say")
    # A terminal with other letters hands over what is no text.
    text = args.text.encode(errors="replace").decode().strip()
    if not text:
        complain(texts.say("empty"))
        return WRONG_USE
    if args.out.is_dir():
        complain(texts.say("is_folder", file=args.out))
        return WRONG_USE
    settings = load(args.settings)
    voices = build_synthesisers(
        settings.mouth, ModelStore(settings.folders.models_path())
    )
    try:
        voice, seconds = asyncio.run(_say(voices, text, args.out, settings))
    except SynthesisError as error:
        return complain(texts.say("failed", problem=explain_voice(error)))
    except (AudioError, OSError, ValueError):
        return complain(texts.say("cannot_write", file=args.out))
    if seconds == 0:
        return complain(texts.say("nothing_to_say"))
    if args.json:
        print_json(
            {"file": str(args.out), "seconds": round(seconds, 2), "voice": voice}
        )
    else:
        print(texts.say("done", seconds=f"{seconds:.1f}", file=args.out))
    return FINE


async def _say(
    voices: list[Synthesiser], text: str, out: Path, settings: Settings
) -> tuple[str, float]:
    """Speak as the device would; returns the voice's name and the length in s."""
    recordings = build_recordings(settings)
    await recordings.open()
    voice, samples = await speak(voices, text, settings.mouth.rate_wpm, recordings)
    if samples.size:
        await asyncio.to_thread(write_wav, out, samples)
    return f"{voice.name} {voice.voice}", samples.size / RATE_HZ
