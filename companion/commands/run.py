"""`praatpaal run`: be a Praatpaal."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from companion.app import run_device
from companion.commands.logs import log_to_stderr
from companion.commands.options import FINE, complain
from companion.commands.texts import Texts
from companion.settings import load, with_overrides
from companion.simulator.server import SimulatorError

logger = logging.getLogger(__name__)

PANELS = ("gpio", "browser", "terminal")
SCREENS = ("sdl", "browser", "none")
SOUNDS = ("soundcard", "browser", "files")


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    texts = Texts("cli", "run")
    parser = commands.add_parser(
        "run",
        help=texts.say("help"),
        description=texts.say("description"),
        epilog=texts.say("settings_hint"),
    )
    parser.add_argument("--panel", choices=PANELS, help=texts.say("panel"))
    parser.add_argument("--screen", choices=SCREENS, help=texts.say("screen"))
    parser.add_argument("--sound", choices=SOUNDS, help=texts.say("sound"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until it is stopped."""
    log_to_stderr()
    texts = Texts("cli", "run")
    settings = with_overrides(load(args.settings), args.panel, args.screen, args.sound)
    try:
        ready = partial(_tell_ready, texts)
        asyncio.run(run_device(settings, banner_of, ready))
    except SimulatorError:
        return complain(texts.say("port_taken", port=settings.device.simulator_port))
    except Exception:
        # The technician finds it in the log of the system.
        logger.exception("Praatpaal stopped by a mistake of its own")
        raise
    return FINE


def banner_of(simulated: Sequence[str], hears_people: bool) -> str:
    """What stays on the screen of a device that is not quite a real one."""
    texts = Texts("cli", "simulated")
    names = ", ".join(texts.say(name) for name in simulated)
    sentences = [
        # First: a full banner is cut off at its end.
        "" if hears_people else texts.say("deaf_to_people"),
        texts.say("banner", parts=names) if names else "",
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _tell_ready(texts: Texts, url: str) -> None:
    if url:
        sys.stderr.write(texts.say("open_page", url=url) + "\n")
    sys.stderr.write(texts.say("ready") + "\n")
    sys.stderr.flush()
