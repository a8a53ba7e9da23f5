"""Writes a few settings into the file that a person keeps: nothing else changes.

Comments, order and line ends stay as they are. What would come out is read again
before it is written; a file that is laid out in another way than usual is left alone.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from companion.whole_file import write_whole

_BOM = "\ufeff"

Values = Mapping[str, str]
"""Names and texts of one section."""


class SettingsNotWritten(Exception):
    """The file was left as it was.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, cause: str) -> None:
        self.path = path
        super().__init__(f"the settings are not written: {cause}")


def toml_lines(section: str, values: Values) -> str:
    """The section with its values, as somebody would write it by hand."""
    lines = [f"[{section}]", *(_line(key, text) for key, text in values.items())]
    return "\n".join(lines) + "\n"


def new_file(places: Sequence[Path]) -> Path:
    """Where settings go that are not anywhere yet: the first place we may write."""
    return next((it for it in places if _may_write(it.parent)), places[-1])


def _may_write(folder: Path) -> bool:
    there = next(it for it in (folder, *folder.parents) if os.path.exists(it))
    return os.path.isdir(there) and os.access(there, os.W_OK | os.X_OK)


def write_settings(path: Path, section: str, values: Values) -> None:
    """Give settings these values, in the file; it is made where there is none.

    Raises:
        SettingsNotWritten: If the file cannot be written, or is laid out so that
            it cannot be changed with care.
    """
    try:
        # A link, as to a folder that is backed up, stays a link.
        path = path.resolve()
        before = path.read_bytes().decode() if path.exists() else ""
        after = with_values(before, section, values)
        if after != before:
            write_whole(path, after.encode())
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise SettingsNotWritten(path, type(error).__name__) from error


def with_values(text: str, section: str, values: Values) -> str:
    """The text of a file in which settings have these values.

    Raises:
        ValueError: If that cannot be done without touching anything else.
    """
    bom = _BOM if text.startswith(_BOM) else ""
    text = text.removeprefix(_BOM)
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").split("\n")
    wanted = tomllib.loads("\n".join(lines))
    wanted[section] = {**wanted.get(section, {}), **values}
    made = "\n".join(_changed(lines, section, values))
    if tomllib.loads(made) != wanted:
        raise ValueError(f"[{section}] is not laid out as usual")
    return bom + made.replace("\n", end)


def _changed(lines: Sequence[str], section: str, values: Values) -> list[str]:
    made = list(lines)
    head = _find(rf"\s*\[\s*{re.escape(section)}\s*\]\s*(#.*)?", made, 0, len(made))
    if head is None:
        while made and not made[-1].strip():
            made.pop()
        return [
            *made,
            *([""] if made else []),
            *toml_lines(section, values).split("\n"),
        ]
    for key, text in values.items():
        last = _find(r"\s*\[.*", made, head + 1, len(made)) or len(made)
        name = re.escape(key)
        if (at := _find(rf"\s*{name}\s*=.*", made, head + 1, last)) is not None:
            made[at] = _line(key, text) + _comment_of(made[at])
            continue
        # Below its explanation, where the example has it.
        at = _find(rf"\s*#\s*{name}\s*=.*", made, head + 1, last)
        made.insert((head if at is None else at) + 1, _line(key, text))
    return made


def _find(pattern: str, lines: Sequence[str], start: int, end: int) -> int | None:
    """Number of the first line from `start` to before `end` that matches."""
    found = re.compile(pattern)
    return next((at for at in range(start, end) if found.fullmatch(lines[at])), None)


def _comment_of(line: str) -> str:
    """What stands behind the value, with the space before it."""
    for at in (it.start() for it in re.finditer(r"\s*#", line)):
        with suppress(tomllib.TOMLDecodeError):
            tomllib.loads(line[:at])
            return line[at:]
    return ""


def _line(key: str, text: str) -> str:
    # A text of JSON is one of TOML too.
    return f"{key} = {json.dumps(text, ensure_ascii=False)}"
