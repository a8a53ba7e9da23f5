"""The command line: `praatpaal run | talk | say | hear | check | ...`.

Exit codes: 0 fine, 1 failed, 2 wrong use. Errors are one plain sentence on
standard error.
"""

import argparse
import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from importlib import metadata
from io import TextIOWrapper
from typing import Any, NoReturn

from companion.commands import (
    activities,
    agenda,
    check,
    hear,
    hub,
    journal,
    models,
    people,
    run,
    say,
    talk,
    visits,
    voices,
)
from companion.commands import settings as settings_command
from companion.commands.complaints import complain_of_settings
from companion.commands.logs import OURS, hush_libraries
from companion.commands.options import FINE, complain
from companion.commands.parser import Parser
from companion.commands.texts import Texts
from companion.settings import SettingsError

logger = logging.getLogger(__name__)


class _ShowVersion(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        try:
            version = metadata.version("praatpaal")
        except metadata.PackageNotFoundError:
            version = Texts("cli").say("not_installed")
        sys.stdout.write(f"{version}\n")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    texts = Texts("cli")
    parser = Parser(prog="praatpaal", description=texts.say("description"))
    parser.set_defaults(settings=None)
    parser.add_argument(
        "--version", action=_ShowVersion, nargs=0, help=texts.say("version")
    )
    commands = parser.add_subparsers(required=True, metavar=texts.say("command"))
    modules = (
        *(run, talk, say, hear, check, settings_command),
        *(models, voices, journal, people, hub, activities, agenda, visits),
    )
    for module in modules:
        module.add_parser(commands)
    return parser


def program() -> NoReturn:
    """Be a process: run one command, and end with its exit code.

    A thread that still works in a library, such as one that loads a model, is left
    behind: Python would break it off there, and some libraries abort at that.
    """
    status = main()
    if any(thread.daemon for thread in threading.enumerate()):
        logging.shutdown()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Raises:
        SystemExit: With 0 after help, with 2 at wrong use.
    """
    _print_whatever_the_terminal_can_not()
    _keep_the_log_to_who_asks()
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough, as in `praatpaal ... | head`. What is left
        # must not be written at exit either.
        _drop_output()
        return FINE
    except OSError as error:
        # A full disk, also when it is the output that goes there.
        _drop_output()
        return complain(Texts("cli").say("refused", problem=error))


def _run(arguments: Sequence[str] | None) -> int:
    args = build_parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = args.run
    try:
        return command(args)
    except SettingsError as error:
        return complain_of_settings(error)
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return complain(Texts("cli").say("interrupted"))
    except OSError:
        raise
    except Exception as error:
        logger.debug("a mistake in the program", exc_info=True)
        return complain(Texts("cli").say("mistake", problem=repr(error)))


def _print_whatever_the_terminal_can_not() -> None:
    """A terminal without our letters shows "?" in their place."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _keep_the_log_to_who_asks() -> None:
    """Print no line of a log unless a command opens one, as `run` does.

    Without this Python prints every warning beside the sentence that a command says.
    """
    hush_libraries()
    for name in OURS:
        ours = logging.getLogger(name)
        if not ours.handlers:
            ours.addHandler(logging.NullHandler())


def _drop_output() -> None:
    """Send what is still buffered nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    program()
