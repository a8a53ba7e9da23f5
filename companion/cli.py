"""The command line: `praatpaal run | talk | say | hear | check | ...`.

Exit codes: 0 fine, 1 failed, 2 wrong use. Errors are one plain sentence on
standard error.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import NoReturn

from companion.commands import check, hear, journal, models, people, run, say, talk
from companion.commands import settings as settings_command
from companion.commands.complaints import complain_of_settings
from companion.commands.texts import Texts
from companion.settings import SettingsError, load

FINE, FAILED, WRONG_USE = 0, 1, 2


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, in Dutch, without the usage block."""

    def error(self, message: str) -> NoReturn:
        texts = Texts("cli")
        sys.stderr.write(texts.say("wrong_use", problem=message, program=self.prog))
        sys.stderr.write("\n")
        sys.exit(WRONG_USE)


def build_parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    texts = Texts("cli")
    parser = _Parser(prog="praatpaal", description=texts.say("description"))
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help=texts.say("settings")
    )
    parser.add_argument(
        "--version", action="version", version=metadata.version("praatpaal")
    )
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=_Parser
    )
    modules = (run, talk, say, hear, check, settings_command, models, journal, people)
    for module in modules:
        module.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = build_parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = args.run
    try:
        if args.command == "models":
            args.models_folder = load(args.settings).folders.models_path()
        return command(args)
    except SettingsError as error:
        return complain_of_settings(error)
    except KeyboardInterrupt:
        return FINE
    except BrokenPipeError:
        # The reader of our output has gone, as in `praatpaal ... | head`.
        sys.stderr.close()
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
