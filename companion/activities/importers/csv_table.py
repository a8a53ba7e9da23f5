"""CSV as spreadsheets write it: `;`, `,` or tabs, in any usual encoding.

The file is read line by line, so that one broken line costs one record.
"""

import csv
import html
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from companion.activities.importers.tables import (
    HEADER_WITHIN_ROWS,
    Row,
    is_header,
    read_rows,
)
from companion.activities.problems import Outcome, Reason
from companion.activities.reading import Context, Read, about_file

SEPARATORS = (";", ",", "\t", "|")

# A description of more lines than this is a quote that nobody closed.
LONGEST_CELL_LINES = 60
LONGEST_LINE_BYTES = 200_000

# Not those of quotes, which would open a cell.
_ENTITY = re.compile(r"&(?!quot|apos)(?:[a-zA-Z]{2,8}|#(?!34;|39;|59;)\d{2,4});")

Line = tuple[int, str]


def read_csv(path: Path, context: Context) -> Iterator[Read]:
    """Read a table of the template.

    Raises:
        NotRead: If no line names the columns.
        OSError: If the file cannot be read.
    """
    reader = _Reader(path)
    # What the reader notes about lines belongs before the record that follows them.
    for read in read_rows(reader.rows(), context):
        yield from reader.take_notes()
        yield read
    yield from reader.take_notes()


class _Reader:
    """The rows of a file, with notes about lines that are no rows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encoding = find_encoding(path)
        self._notes: list[Read] = []

    def take_notes(self) -> list[Read]:
        """What was found out since the last time."""
        taken, self._notes = self._notes, []
        return taken

    def rows(self) -> Iterator[Row]:
        """Rows with the number of their first line."""
        lines = self._lines()
        first = list(itertools.islice(lines, HEADER_WITHIN_ROWS))
        separator = find_separator([text for _, text in first])
        width = 0
        waiting = _Waiting(itertools.chain(first, lines))
        for line, text in waiting:
            if not text.strip(f"{separator} \r\n\t"):
                continue
            if text.lower().startswith("sep=") and line == 1:
                continue
            row = self._row(line, text, separator, waiting)
            if row is None:
                continue
            if not width and is_header(row):
                width = len(row)
            extra = row[width:] if width else []
            if any(cell.strip() for cell in extra):
                self._note(Reason.TOO_MANY_CELLS, Outcome.SET_ASIDE, line, text)
                continue
            yield line, row

    def _row(
        self, line: int, text: str, separator: str, waiting: "_Waiting"
    ) -> list[str] | None:
        """The cells that begin on a line, which may take more lines."""
        if separator == ";" and "&" in text:
            text = self._without_entities(line, text)
        if '"' not in text:
            return text.rstrip("\r\n").split(separator)
        if text.count('"') % 2 == 0:
            row = _parsed(text, separator)
            if row is None:
                self._note(Reason.NOT_A_RECORD, Outcome.SET_ASIDE, line, text)
            return row
        # A cell with line ends in it, or a quote that somebody forgot: the next one
        # then closes a cell only by chance.
        more = waiting.until_quote(LONGEST_CELL_LINES)
        row = _parsed(text + "".join(more), separator, is_strict=True) if more else None
        if row is not None:
            waiting.drop(len(more))
            return row
        if text.lstrip().startswith('"') or f'{separator}"' in text:
            self._note(Reason.OPEN_QUOTE, Outcome.SET_ASIDE, line, text)
            return None
        self._note(Reason.LOOSE_QUOTE, Outcome.REPAIRED, line, text)
        return text.rstrip("\r\n").split(separator)

    def _without_entities(self, line: int, text: str) -> str:
        """The ";" of "&amp;" ends no cell."""
        better = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
        if better != text:
            self._note(Reason.ENTITIES, Outcome.REPAIRED, line, text)
        return better

    def _note(self, reason: Reason, outcome: Outcome, line: int, found: object) -> None:
        self._notes.append(about_file(reason, outcome, line, found=found))

    def _lines(self) -> Iterator[Line]:
        if self._encoding != "utf-8":
            with self._path.open(
                encoding=self._encoding, errors="replace", newline=""
            ) as file:
                yield from enumerate(iter(lambda: file.readline(200_000), ""), start=1)
            return
        is_told = False
        with self._path.open("rb") as file:
            lines = iter(lambda: file.readline(LONGEST_LINE_BYTES), b"")
            for number, raw in enumerate(lines, start=1):
                if number == 1:
                    raw = raw.removeprefix(b"\xef\xbb\xbf")
                try:
                    text = raw.decode("utf-8")
                except UnicodeDecodeError:
                    # Line by line, since tables are pasted together from several.
                    text = raw.decode("cp1252", errors="replace")
                    if not is_told:
                        is_told = True
                        self._note(
                            Reason.WRONG_ENCODING, Outcome.REPAIRED, number, text
                        )
                # Old Macs end a line otherwise.
                if "\r" in text.rstrip("\r\n") and '"' not in text:
                    for part in text.splitlines(keepends=True):
                        yield number, part
                    continue
                yield number, text.replace("\x00", "")


def _parsed(text: str, separator: str, is_strict: bool = False) -> list[str] | None:
    try:
        found = list(csv.reader([text], delimiter=separator, strict=is_strict))
    except csv.Error:
        return None
    return found[0] if len(found) == 1 else None


class _Waiting:
    """Lines, of which some can be looked at before they are taken."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._ahead: list[Line] = []

    def __iter__(self) -> Iterator[Line]:
        return self

    def __next__(self) -> Line:
        return self._ahead.pop(0) if self._ahead else next(self._lines)

    def until_quote(self, most: int) -> list[str]:
        """The next lines, until one closes a quote; empty if none does."""
        for number in range(most):
            if number == len(self._ahead):
                following = next(self._lines, None)
                if following is None:
                    return []
                self._ahead.append(following)
            if self._ahead[number][1].count('"') % 2:
                return [text for _, text in self._ahead[: number + 1]]
        return []

    def drop(self, count: int) -> None:
        """Take lines that `until_quote` gave."""
        del self._ahead[:count]


def find_encoding(path: Path) -> str:
    """The encoding of a text file: its mark, or the look of its first bytes.

    "utf-8" also stands for files without a mark; lines that are no UTF-8 are then
    read as Windows-1252.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if start[1:2] == b"\x00" and start[3:4] == b"\x00":
        return "utf-16-le"
    if start[:1] == b"\x00" and start[2:3] == b"\x00":
        return "utf-16-be"
    return "utf-8"


def find_separator(lines: list[str]) -> str:
    """What stands between the cells: what makes a header of the first lines."""
    for line in lines:
        if line.lower().startswith("sep=") and len(line.strip()) == 5:
            return line.strip()[4]
        for separator in SEPARATORS:
            try:
                cells = next(csv.reader([line], delimiter=separator), [])
            except csv.Error:
                continue
            if is_header(cells):
                return separator
    whole = "".join(lines)
    return max(SEPARATORS, key=whole.count)
