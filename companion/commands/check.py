"""`praatpaal check`: is every part of this device in order?"""

import argparse
import asyncio
from dataclasses import asdict
from typing import Any

from companion.commands.options import FAILED, FINE, add_json, print_json
from companion.commands.texts import Texts
from companion.finding import Finding
from companion.selftest import check_all
from companion.settings import load


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    texts = Texts("check")
    parser = commands.add_parser(
        "check", help=texts.say("help"), description=texts.say("description")
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check each part; 1 if one is not in order."""
    findings = asyncio.run(check_all(load(args.settings)))
    is_fine = all(finding.is_fine for finding in findings)
    if args.json:
        parts = [asdict(finding) for finding in findings]
        print_json({"is_fine": is_fine, "parts": parts})
    else:
        for finding in findings:
            print(_line(finding))
    return FINE if is_fine else FAILED


def _line(finding: Finding) -> str:
    texts = Texts("check")
    mark = "fault" if not finding.is_fine else "fine"
    if finding.is_simulated:
        mark = "simulated"
    # Words, since not every terminal has check marks.
    said = texts.say(f"marks.{mark}")
    return f"{said:5} {texts.say(f'parts.{finding.part}')}: {finding.text}"
