"""Options and endings that several commands share."""

import argparse
import json
import sys

from companion.commands.texts import Texts

FINE, FAILED, WRONG_USE = 0, 1, 2
"""Exit codes."""


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`, for programs that want the answer."""
    parser.add_argument("--json", action="store_true", help=Texts("cli").say("json"))


def print_json(answer: object) -> None:
    """One JSON value on one line, as programs read it."""
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def complain(sentence: str) -> None:
    """One plain sentence on standard error."""
    sys.stderr.write(f"{sentence}\n")
