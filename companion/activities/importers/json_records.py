"""The records of a JSON file one by one, so that a large one needs little memory.

A record that is no JSON costs that record: the next one begins behind its brace.
"""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHUNK_CHARACTERS = 1 << 16

# The longest records seen have some 30,000 characters.
LONGEST_RECORD = 2_000_000

_SPACE = re.compile(r"[\s\ufeff]*")
_PARENTHESIS = re.compile(r'["{}\[\]]')
# Possessive: to remember ways back would take sixty bytes for each character.
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Broken:
    """A part of the file that is no JSON.

    Attributes:
        found: How it begins.
        is_end: Whether the file ends in the middle of it.
    """

    found: str
    is_end: bool = False


Item = tuple[int, Any]
"""Number of the line on which a record begins, and the record or `Broken`."""


def json_records(path: Path, lists: Collection[str]) -> Iterator[Item]:
    """Every record of a file.

    Args:
        path: Holds a list of records, an object in which one of `lists` is that
            list, one record, or a record on each line.
        lists: Names of members that hold records.

    Raises:
        OSError: If the file cannot be read.
    """
    yield from _Reader(path, lists).records()


class _End(Exception):
    """The file ends where it should not."""


class _Reader:
    def __init__(self, path: Path, lists: Collection[str]) -> None:
        self._path = path
        self._lists = lists
        self._decoder = json.JSONDecoder()
        self._text = ""
        self._at = 0
        self._line = 1
        self._is_read = False

    def records(self) -> Iterator[Item]:
        with self._path.open(encoding="utf-8", errors="replace") as self._file:
            try:
                while self._peek():
                    yield from self._value()
            except _End:
                yield self._line, Broken(self._text[self._at :][:100], is_end=True)

    def _value(self) -> Iterator[Item]:
        match self._peek():
            case "[":
                yield from self._list()
            case "{":
                yield from self._object()
            case _:
                line, value = self._whole()
                if not isinstance(value, Broken):
                    value = Broken(str(value))
                yield line, value
                self._skip_line()

    def _skip_line(self) -> None:
        """Behind what is no JSON at all: a line with something else may follow."""
        end = self._text.find("\n", self._at)
        self._move(len(self._text) if end < 0 else end)

    def _list(self) -> Iterator[Item]:
        self._move(self._at + 1)
        while True:
            # Here no position but ours is kept.
            self._text, self._at = self._text[self._at :], 0
            sign = self._peek()
            if not sign:
                raise _End
            if sign == "]":
                self._move(self._at + 1)
                return
            if sign == ",":
                self._move(self._at + 1)
                continue
            yield self._whole()

    def _object(self) -> Iterator[Item]:
        """One record, or what stands around a list of them."""
        begun, start = self._line, self._at
        if not self._holds_list(start):
            yield self._whole()
            return
        self._move(self._at + 1)
        while (sign := self._peek()) != "}":
            if not sign:
                raise _End
            if sign == ",":
                self._move(self._at + 1)
                continue
            _, name = self._whole()
            if not isinstance(name, str) or self._peek() != ":":
                yield begun, Broken(str(name))
                self._move(len(self._text))
                return
            self._move(self._at + 1)
            if name in self._lists and self._peek() == "[":
                yield from self._list()
            else:
                self._whole()
        self._move(self._at + 1)

    def _holds_list(self, start: int) -> bool:
        """Whether one of the lists is a member of this object, not deeper."""
        wanted = tuple(f'"{name}"' for name in self._lists)
        depth, at = 0, start
        while True:
            found = _PARENTHESIS.search(self._text, at)
            if found is None:
                if not self._more():
                    return False
                continue
            at = found.end()
            if found[0] in "{[":
                depth += 1
            elif found[0] in "}]":
                depth -= 1
                if depth == 0:
                    return False
            else:
                word = self._string_at(found.start())
                if word is None:
                    return False
                at = word.end()
                if depth == 1 and word[0] in wanted:
                    self._fill(at + 100)
                    return bool(re.match(r"\s*:\s*\[", self._text[at : at + 100]))
            if at - start > LONGEST_RECORD:
                return False

    def _string_at(self, at: int) -> re.Match[str] | None:
        while (found := _STRING.match(self._text, at)) is None:
            if len(self._text) - at > LONGEST_RECORD or not self._more():
                return None
        return found

    def _whole(self) -> Item:
        """The value that begins here."""
        self._peek()
        line = self._line
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                # At the end of what was read it may only be cut off.
                is_cut = getattr(error, "pos", 0) > len(self._text) - 40
                is_cut |= str(error).startswith("Unterminated string")
                is_short = len(self._text) - self._at < LONGEST_RECORD
                if is_cut and is_short and self._more():
                    continue
                return line, self._skip()
            if end == len(self._text) and self._more():
                # A number may go on in what was not read yet.
                continue
            self._move(end)
            return line, value

    def _skip(self) -> Broken:
        """Go on behind the brace that closes this value.

        Raises:
            _End: If it never closes.
        """
        start = self._at
        depth, at = 0, start
        while True:
            found = _PARENTHESIS.search(self._text, at)
            if found is None or at - start > LONGEST_RECORD:
                if at - start > LONGEST_RECORD or not self._more():
                    raise _End
                continue
            at = found.end()
            if found[0] == '"':
                word = self._string_at(found.start())
                at = word.end() if word else at
            else:
                depth += 1 if found[0] in "{[" else -1
            if depth <= 0 and found[0] != '"':
                # A value without braces ends before the one that is around it.
                end = at if depth == 0 else found.start()
                broken = Broken(self._text[start : start + 200])
                self._move(max(end, start + 1))
                return broken

    def _peek(self) -> str:
        """The next sign that is no space; empty at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            assert found is not None
            self._move(found.end())
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _move(self, at: int) -> None:
        self._line += self._text.count("\n", self._at, at)
        self._at = at

    def _fill(self, until: int) -> None:
        while len(self._text) < until and self._more():
            pass

    def _more(self) -> bool:
        """Read on. What was taken before stays, for positions count from it."""
        if self._is_read:
            return False
        chunk = self._file.read(max(CHUNK_CHARACTERS, len(self._text) - self._at))
        self._is_read = not chunk
        self._text += chunk
        return bool(chunk)
