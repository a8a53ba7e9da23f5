"""`praatpaal settings`: what is in force, and what is wrong with it."""

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, fields
from datetime import time
from typing import Any, Literal, get_args, get_origin, get_type_hints

from companion.commands.complaints import explain, sentence
from companion.commands.options import FAILED, FINE, add_json
from companion.commands.texts import Texts
from companion.settings import (
    Problem,
    Secret,
    Settings,
    SettingsError,
    find,
    load,
)

# argparse names this type in no public way.
Subparsers = Any


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting, as it is shown.

    Attributes:
        section: Section of the file.
        name: Name in its section.
        value: Its value as TOML.
        standard: Its default as TOML.
        bounds: Unit, range or choices in words; empty if there are none.
    """

    section: str
    name: str
    value: str
    standard: str
    bounds: str


def add_parser(subparsers: Subparsers) -> None:
    """Add `settings show|check|example`."""
    texts = Texts("settings", "commands")
    parser = subparsers.add_parser("settings", help=texts.say("settings"))
    actions = parser.add_subparsers(required=True, metavar="show|check|example")
    show = actions.add_parser("show", help=texts.say("show"))
    add_json(show)
    show.set_defaults(run=run_show)
    check = actions.add_parser("check", help=texts.say("check"))
    add_json(check)
    check.set_defaults(run=run_check)
    example = actions.add_parser("example", help=texts.say("example"))
    example.set_defaults(run=run_example)


def run_show(args: argparse.Namespace) -> int:
    """Print every setting in force, secrets as stars."""
    settings = load(args.settings)
    if args.json:
        print(json.dumps(as_plain(settings), ensure_ascii=False, indent=2))
        return FINE
    texts, found = Texts("settings"), find(args.settings)
    print(texts.say("words.file", path=found) if found else texts.say("words.no_file"))
    print(texts.say("words.changed"))
    for section, entries in by_section(settings):
        print(f"\n[{section}]  {texts.say(f'sections.{section}')}")
        for entry in entries:
            mark = "*" if entry.value != entry.standard else " "
            print(f"{mark} {entry.name} = {entry.value}")
            print(f"      {_describe(entry)}")
    return FINE


def run_check(args: argparse.Namespace) -> int:
    """Print every mistake; 0 when there is none, 1 when there is."""
    problems: tuple[Problem, ...] = ()
    text = Texts("settings", "words").say("all_good")
    try:
        load(args.settings)
    except SettingsError as error:
        problems, text = error.problems, explain(error)
    if args.json:
        found = find(args.settings)
        report = {
            "file": str(found) if found else None,
            "problems": [
                {
                    "kind": problem.kind.value,
                    "section": problem.section,
                    "key": problem.key,
                    "line": problem.line,
                    "sentence": sentence(problem),
                }
                for problem in problems
            ],
        }
        print(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        print(text)
    return FAILED if problems else FINE


def run_example(args: argparse.Namespace) -> int:
    """Print a file with every setting, commented out."""
    print(example(), end="")
    return FINE


def example() -> str:
    """A file with every setting at its default, commented out."""
    texts = Texts("settings")
    title = texts.say("words.example_title").splitlines()
    lines = [f"# {line}" for line in title]
    for section, entries in by_section(Settings()):
        lines += ["", f"# {texts.say(f'sections.{section}')}", f"[{section}]"]
        for entry in entries:
            lines += [f"# {_describe(entry)}", f"#{entry.name} = {entry.standard}"]
    return "\n".join(lines) + "\n"


def by_section(settings: object) -> Iterator[tuple[str, list[Shown]]]:
    """Every setting of every section, in the order of their declaration."""
    for part in _fields(settings):
        section = getattr(settings, part.name)
        standard = type(section)()
        hints = get_type_hints(type(section))
        yield (
            part.name,
            [
                Shown(
                    section=part.name,
                    name=f.name,
                    value=as_toml(getattr(section, f.name)),
                    standard=as_toml(getattr(standard, f.name)),
                    bounds=_bounds(hints[f.name], f.metadata),
                )
                for f in _fields(section)
            ],
        )


def as_plain(settings: object) -> dict[str, dict[str, object]]:
    """Every setting as a plain value for JSON, secrets as stars."""
    return {
        part.name: {
            f.name: _plain(getattr(getattr(settings, part.name), f.name))
            for f in _fields(getattr(settings, part.name))
        }
        for part in _fields(settings)
    }


def as_toml(value: object) -> str:
    """A value as it stands in the file."""
    plain = _plain(value)
    # JSON's text, numbers and booleans are TOML's as well.
    return json.dumps(plain, ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, Secret):
        return str(value)
    return f"{value:%H:%M}" if isinstance(value, time) else value


def _fields(holder: Any) -> tuple[Field[Any], ...]:
    return fields(holder)


def _describe(entry: Shown) -> str:
    text = Texts("settings", "help").say(f"{entry.section}.{entry.name}")
    return f"{text} ({entry.bounds})" if entry.bounds else text


def _bounds(kind: Any, metadata: Mapping[str, Any]) -> str:
    texts = Texts("settings")
    parts = []
    if get_origin(kind) is Literal:
        choices = ", ".join(f'"{choice}"' for choice in get_args(kind))
        parts.append(texts.say("words.choices", choices=choices))
    if "lowest" in metadata:
        lowest, highest = f"{metadata['lowest']:g}", f"{metadata['highest']:g}"
        parts.append(texts.say("words.range", lowest=lowest, highest=highest))
    if "unit" in metadata:
        parts.append(texts.say(f"units.{metadata['unit']}"))
    return ", ".join(parts)
