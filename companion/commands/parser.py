"""Reads the command line, and explains in Dutch what is wrong with it."""

import argparse
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from companion.commands.options import WRONG_USE, metavar
from companion.commands.texts import Texts

# What argparse says, by the name of our sentence for it. Python 3.11 to 3.13 differ
# in quotes only.
_WRONG_USES = (
    ("missing", r"the following arguments are required: (?P<given>.+)"),
    ("missing", r"one of the arguments (?P<given>.+) is required"),
    (
        "no_choice",
        r"argument (?P<name>.+?): invalid choice: (?P<given>.+)"
        r" \(choose from (?P<wanted>.+)\)",
    ),
    ("no_number", r"argument (?P<name>.+?): invalid int value: (?P<given>.+)"),
    ("no_value", r"argument (?P<name>.+?): expected (one|at least one) argument"),
    ("not_both", r"argument (?P<name>.+?): not allowed with argument (?P<given>.+)"),
    ("takes_none", r"argument (?P<name>.+?): ignored explicit argument (?P<given>.+)"),
    ("unknown", r"unrecognized arguments: (?P<given>.+)"),
)


class _Formatter(argparse.HelpFormatter):
    """The layout of argparse with "gebruik:"."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        if prefix is None:
            prefix = Texts("cli", "parser").say("usage")
        super().add_usage(usage, actions, groups, prefix)


class Parser(argparse.ArgumentParser):
    """A parser of a command: Dutch, one sentence per mistake, `--settings` anywhere."""

    def __init__(self, **kwargs: Any) -> None:
        """Take what `argparse.ArgumentParser` takes."""
        texts = Texts("cli", "parser")
        super().__init__(
            **kwargs, add_help=False, allow_abbrev=False, formatter_class=_Formatter
        )
        self._positionals.title = texts.say("positionals")
        self._optionals.title = texts.say("options")
        self.add_argument("-h", "--help", action="help", help=texts.say("help"))
        # Left out of the result unless given, so that the parser of a subcommand
        # does not undo what stood before it.
        self.add_argument(
            "--settings",
            type=Path,
            default=argparse.SUPPRESS,
            metavar=metavar("file"),
            help=Texts("cli").say("settings"),
        )

    def parse_known_args(
        self, args: Any = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Refuse what is not known here, so that the hint names this command."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return known, unknown

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one sentence, without the usage block."""
        problem = translate(message)
        hint = Texts("cli", "parser").say("wrong", problem=problem, program=self.prog)
        sys.stderr.write(f"{hint}\n")
        sys.exit(WRONG_USE)


def translate(message: str) -> str:
    """What argparse says about wrong use, in Dutch."""
    texts = Texts("cli", "parser")
    for name, pattern in _WRONG_USES:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            facts = {key: _plain(text) for key, text in found.groupdict().items()}
            return texts.say(name, **facts)
    return texts.say("otherwise")


def _plain(text: str) -> str:
    """Without the quotes of Python."""
    return re.sub(r"(?<![\w])'([^']*)'", r"\1", text)
