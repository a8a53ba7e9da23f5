"""Options and endings that several commands share."""

import argparse
import json
import sys

from companion.commands.texts import Texts

FINE, FAILED, WRONG_USE = 0, 1, 2
"""Exit codes."""


def metavar(name: str) -> str:
    """How a value is named in the help, such as BESTAND."""
    return Texts("cli", "metavars").say(name)


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`, for programs that want the answer."""
    parser.add_argument("--json", action="store_true", help=Texts("cli").say("json"))


def print_json(answer: object) -> None:
    """One JSON value on one line, as programs read it."""
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def answer(args: argparse.Namespace, sentence: str, data: object) -> None:
    """The data where the command line asked for JSON, else the sentence."""
    if args.json:
        print_json(data)
    else:
        print(sentence)


def complain(*sentences: str) -> int:
    """Say what is wrong on standard error; returns the exit code, 1."""
    for sentence in sentences:
        sys.stderr.write(f"{sentence}\n")
    return FAILED
