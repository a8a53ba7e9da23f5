"""Reads a TOML file into dataclasses and finds every mistake in it at once.

A field's metadata may hold `unit`, `lowest` and `highest` (numbers), `longest`
(characters) and `kind` ("time_or_off", "time_zone"). A field of type `Secret` names
a file; its value is the content of that file.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

# A complete file is 5 kB; somebody who points at a picture hears so.
LARGEST_BYTES = 256 * 1024

LONGEST_TEXT = 250
"""Characters in any text, where the field names no other bound."""

QUOTES = str.maketrans("“”„‟«»‘’‚‛", '""""""' + "''''")
"""What word processors and telephones make of straight quotes."""


class ProblemKind(StrEnum):
    """What can be wrong. The value is the name of its sentence."""

    NOT_FOUND = "not_found"
    NOT_A_FILE = "not_a_file"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    NOT_TEXT = "not_text"
    WRONG_ENCODING = "wrong_encoding"
    NOT_TOML = "not_toml"
    BARE_TIME = "bare_time"
    BARE_WORD = "bare_word"
    TWICE = "twice"
    UNKNOWN_SECTION = "unknown_section"
    UNKNOWN_KEY = "unknown_key"
    OUTSIDE_SECTION = "outside_section"
    NOT_A_SECTION = "not_a_section"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    NOT_A_CHOICE = "not_a_choice"
    NOT_A_TIME = "not_a_time"
    NOT_A_ZONE = "not_a_zone"
    TOO_LONG = "too_long"
    CONTROL_CHARACTER = "control_character"
    NO_SECRET_FILE = "no_secret_file"
    SAME_PIN = "same_pin"
    NO_TALK_BUTTON = "no_talk_button"
    NEEDS_FILE = "needs_file"
    NOT_A_SOURCE = "not_a_source"
    NOT_A_POSTCODE = "not_a_postcode"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake, in a form that any language can make a sentence of.

    Attributes:
        kind: What is wrong.
        section: Section of the file; empty for the file as a whole.
        key: Name of the setting in its section.
        line: Line it is on, from 1; None where no line is to blame.
        given: What the file says.
        wanted: What would be right: a type, a range, the choices, a suggestion.
    """

    kind: ProblemKind
    section: str = ""
    key: str = ""
    line: int | None = None
    given: str = ""
    wanted: str = ""


class SettingsError(Exception):
    """The settings cannot be used.

    Attributes:
        problems: Every mistake, in the order of the file.
        path: The file, where one was read.
    """

    def __init__(self, problems: list[Problem], path: Path | None = None) -> None:
        self.problems = tuple(problems)
        self.path = path
        super().__init__(
            "; ".join(f"{p.kind} {p.section}.{p.key} (line {p.line})" for p in problems)
        )


class Secret:
    """A text that prints as stars; `reveal` gives it to the one that needs it."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself. Never log or show it."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "********" if self._text else ""

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")


T = TypeVar("T")


def read_settings(kind: type[T], path: Path, check: Callable[[T], list[Problem]]) -> T:
    """Read a file into a dataclass of dataclasses.

    Args:
        kind: Its fields are the sections, theirs are the settings; every one of
            them has a default.
        path: The TOML file.
        check: Finds what is right by itself and wrong together.

    Raises:
        SettingsError: With every problem in the file.
    """
    text = _read_text(path)
    table, text = _parse(text, path)
    lines = find_lines(text)
    problems: list[Problem] = []
    whole = _fill(kind, table, problems)
    faulty = {(p.section, p.key) for p in problems}
    problems += [p for p in check(whole) if (p.section, p.key) not in faulty]
    if problems:
        placed = [_place(problem, lines) for problem in problems]
        placed.sort(key=lambda p: p.line or 0)
        raise SettingsError(placed, path)
    return whole


def _place(problem: Problem, lines: Mapping[tuple[str, str], int]) -> Problem:
    """Name the line: of the setting, of the one it clashes with, or none."""
    places = ((problem.section, problem.key), (problem.section, problem.wanted))
    found = next((lines[place] for place in places if place in lines), None)
    return replace(problem, line=problem.line or found)


def _read_text(path: Path) -> str:
    def fail(kind: ProblemKind, given: str = "", line: int | None = None) -> Exception:
        return SettingsError([Problem(kind, given=given, line=line)], path)

    try:
        if not path.exists():
            raise fail(ProblemKind.NOT_FOUND)
        if not path.is_file():
            raise fail(ProblemKind.NOT_A_FILE)
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise fail(ProblemKind.UNREADABLE, type(error).__name__) from error
    if len(content) > LARGEST_BYTES:
        raise fail(ProblemKind.TOO_LARGE)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise fail(ProblemKind.WRONG_ENCODING, line=1)
    if b"\0" in content:
        raise fail(
            ProblemKind.NOT_TEXT, line=content[: content.index(b"\0")].count(b"\n") + 1
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise fail(ProblemKind.WRONG_ENCODING, line=line) from error
    # Old Macs ended lines with a bare carriage return, which TOML refuses.
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parse(text: str, path: Path) -> tuple[dict[str, Any], str]:
    """The table, and the text that it was at last read from."""
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError:
        text = text.translate(QUOTES)
    except RecursionError as error:
        raise SettingsError([Problem(ProblemKind.NOT_TOML)], path) from error
    try:
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([_explain(error, text)], path) from error


_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_TWICE = re.compile(r"Cannot (overwrite|declare)|Duplicate", re.IGNORECASE)
_HAS_BARE_TIME = re.compile(r"=\s*\d?\d[:.]\d\d")
_HAS_BARE_WORD = re.compile(r"=\s*[A-Za-z~/][^\"'#]*(#.*)?$")


def _explain(error: tomllib.TOMLDecodeError, text: str) -> Problem:
    """Find the line to blame, and what is likely to be wrong on it."""
    lines = text.split("\n")
    found = _AT_LINE.search(str(error))
    line = int(found[1]) if found else len(lines)
    # At the end of a document the line to blame is the last one with words.
    while line > 1 and not lines[line - 1].strip():
        line -= 1
    blamed = lines[line - 1].strip()
    kind = ProblemKind.NOT_TOML
    if _TWICE.search(str(error)):
        kind = ProblemKind.TWICE
    elif _HAS_BARE_TIME.search(blamed):
        kind = ProblemKind.BARE_TIME
    elif _HAS_BARE_WORD.search(blamed):
        kind = ProblemKind.BARE_WORD
    return Problem(kind, line=line, given=blamed[:60])


_SECTION = re.compile(r"^\s*\[\[?\s*[\"']?([^\]\"']+?)[\"']?\s*\]")
_KEY = re.compile(r"^\s*[\"']?([\w.-]+)[\"']?\s*=")


def find_lines(text: str) -> dict[tuple[str, str], int]:
    """Find the line of each section, as (section, ""), and of each setting."""
    lines: dict[tuple[str, str], int] = {}
    section = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if found := _SECTION.match(line):
            section = found[1]
            lines.setdefault((section, ""), number)
        elif found := _KEY.match(line):
            key = found[1]
            if not section and "." in key:
                above, _, key = key.partition(".")
                lines.setdefault((above, ""), number)
                lines.setdefault((above, key), number)
            elif not section:
                # `person = 3`: a section that is a value.
                lines.setdefault((key, ""), number)
            else:
                lines.setdefault((section, key), number)
    return lines


def _fill(kind: type[T], table: Mapping[str, Any], problems: list[Problem]) -> T:
    sections = get_type_hints(kind)
    filled = {}
    for name, value in table.items():
        if name not in sections:
            problems.append(_unknown_at_top(name, value, sections))
        elif not isinstance(value, dict):
            problems.append(Problem(ProblemKind.NOT_A_SECTION, section=name))
        else:
            filled[name] = _fill_section(name, sections, value, problems)
    return kind(**filled)


def _unknown_at_top(name: str, value: object, sections: Mapping[str, Any]) -> Problem:
    if isinstance(value, dict):
        near = difflib.get_close_matches(name.lower(), sections, n=1)
        return Problem(
            ProblemKind.UNKNOWN_SECTION, section=name, wanted=near[0] if near else ""
        )
    return Problem(
        ProblemKind.OUTSIDE_SECTION,
        section=name,
        given=name,
        wanted=_home_of(name, sections),
    )


def _home_of(key: str, sections: Mapping[str, Any]) -> str:
    """The section that has this setting, for the one who put it elsewhere."""
    homes = [n for n, s in sections.items() if key in s.__dataclass_fields__]
    return f"[{homes[0]}]" if homes else ""


def _fill_section(
    section: str,
    sections: Mapping[str, Any],
    table: Mapping[str, Any],
    problems: list[Problem],
) -> Any:
    kind = sections[section]
    hints = get_type_hints(kind)
    known = {f.name: f for f in fields(kind)}
    filled = {}
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key.lower(), known, n=1)
            wanted = near[0] if near else _home_of(key, sections)
            problem = Problem(ProblemKind.UNKNOWN_KEY, section, key, wanted=wanted)
            problems.append(problem)
            continue
        result = _value(value, hints[key], known[key].metadata)
        if isinstance(result, Problem):
            problems.append(replace(result, section=section, key=key))
        else:
            filled[key] = result
    return kind(**filled)


def _value(value: object, kind: Any, metadata: Mapping[str, Any]) -> object:
    """The value as the dataclass holds it, or the Problem with it."""
    given = _shown(value)
    if get_origin(kind) is Literal:
        return _choice(value, given, get_args(kind))
    if kind is time:
        return _time(value, given)
    if metadata.get("kind") == "time_or_off":
        return _time_or_off(value, given)
    if kind is bool:
        if isinstance(value, bool):
            return value
        return Problem(ProblemKind.WRONG_TYPE, given=given, wanted="bool")
    if kind in (int, float):
        return _number(value, given, kind, metadata)
    if not isinstance(value, str):
        return Problem(ProblemKind.WRONG_TYPE, given=given, wanted="str")
    if metadata.get("kind") == "time_zone":
        return _time_zone(value, given)
    return _secret(value) if kind is Secret else _text(value, metadata)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value[:40]}"'
    if isinstance(value, list):
        return "[...]"
    return "{...}" if isinstance(value, dict) else str(value)[:40]


def _choice(value: object, given: str, choices: tuple[str, ...]) -> object:
    if value in choices:
        return value
    wanted = ", ".join(f'"{choice}"' for choice in choices)
    return Problem(ProblemKind.NOT_A_CHOICE, given=given, wanted=wanted)


def _time(value: object, given: str) -> object:
    if isinstance(value, time):
        return value.replace(second=0, microsecond=0)
    if isinstance(value, str):
        found = re.fullmatch(r"([01]?\d|2[0-3])[:.]([0-5]\d)", value.strip())
        if found:
            return time(int(found[1]), int(found[2]))
    return Problem(ProblemKind.NOT_A_TIME, given=given)


def _time_or_off(value: object, given: str) -> object:
    if value in ("", "off"):
        return value
    result = _time(value, given)
    return f"{result:%H:%M}" if isinstance(result, time) else result


def _time_zone(value: str, given: str) -> object:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        near = difflib.get_close_matches(value, available_timezones(), n=1)
        wanted = near[0] if near else ""
        return Problem(ProblemKind.NOT_A_ZONE, given=given, wanted=wanted)
    return value


def _number(
    value: object,
    given: str,
    kind: type[int] | type[float],
    metadata: Mapping[str, Any],
) -> object:
    is_right = isinstance(value, int) or (kind is float and isinstance(value, float))
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not is_right:
        return Problem(ProblemKind.WRONG_TYPE, given=given, wanted=kind.__name__)
    lowest, highest = metadata["lowest"], metadata["highest"]
    # This way round a "nan" is out of range too.
    if not lowest <= value <= highest:
        wanted = f"{lowest:g} {highest:g}"
        return Problem(ProblemKind.OUT_OF_RANGE, given=given, wanted=wanted)
    return kind(value)


def _text(value: str, metadata: Mapping[str, Any]) -> object:
    longest = metadata.get("longest", LONGEST_TEXT)
    if len(value) > longest:
        return Problem(ProblemKind.TOO_LONG, given=str(len(value)), wanted=str(longest))
    if not value.isprintable():
        return Problem(ProblemKind.CONTROL_CHARACTER, given=repr(value[:40]))
    return value.strip()


def _secret(value: str) -> object:
    if not value:
        return Secret()
    try:
        with Path(value).expanduser().open(encoding="utf-8") as file:
            text = file.read(LARGEST_BYTES).strip()
    except (OSError, ValueError, RuntimeError):
        return Problem(ProblemKind.NO_SECRET_FILE, given=f'"{value[:200]}"')
    if not text:
        return Problem(ProblemKind.NO_SECRET_FILE, given=f'"{value[:200]}"')
    return Secret(text)
