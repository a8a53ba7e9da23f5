"""`praatpaal talk`: the whole companion, typed instead of spoken."""

import argparse
import asyncio
import sys
from typing import Any

from companion.app import run_typed
from companion.commands.options import FINE
from companion.commands.texts import Texts
from companion.settings import load


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    texts = Texts("cli", "talk")
    parser = commands.add_parser(
        "talk", help=texts.say("help"), description=texts.say("description")
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Talk until the input ends."""
    settings = load(args.settings)
    texts = Texts("cli", "talk")
    if sys.stdin.isatty():
        sys.stderr.write(texts.say("welcome") + "\n")
    unknown = texts.say("unknown_button", word="{word}")
    try:
        asyncio.run(run_typed(settings, sys.stdin, _write, unknown))
    except KeyboardInterrupt:
        # The usual way to leave it.
        sys.stderr.write("\n")
    return FINE


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
