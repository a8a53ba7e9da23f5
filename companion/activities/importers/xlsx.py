"""Spreadsheets of Excel and LibreOffice (.xlsx), read row by row."""

import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl

from companion.activities.importers.tables import (
    HEADER_WITHIN_ROWS,
    Row,
    is_header,
    read_rows,
)
from companion.activities.problems import Outcome, Reason
from companion.activities.reading import Context, NotRead, Read, about_file

# 100,000 rows of the template take some 150 MB unpacked; more is a bomb, or no table.
LARGEST_BYTES = 600_000_000
LARGEST_RATIO = 200
MOST_COLUMNS = 200


def read_xlsx(path: Path, context: Context) -> Iterator[Read]:
    """Read the first sheet that has the columns of the template.

    Raises:
        NotRead: If there is none, or it is no workbook.
        OSError: If the file cannot be read.
    """
    _weigh(path)
    try:
        # By its content: openpyxl refuses a name that does not end in ".xlsx".
        with path.open("rb") as file, warnings.catch_warnings():
            # Of styles and extensions that it leaves out, which say nothing to us.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            try:
                sheet = _find_sheet(book)
                merged = _Merged(path, sheet.title, book.sheetnames)
                yield from read_rows(merged.fill(_rows(sheet)), context)
                if merged.lines:
                    line = merged.lines[0]
                    yield about_file(Reason.MERGED_CELLS, Outcome.REPAIRED, line)
            finally:
                book.close()
    except (NotRead, OSError, GeneratorExit):
        raise
    except Exception as error:
        # openpyxl raises whatever its parsers raise: KeyError, ParseError, ValueError.
        raise NotRead(Reason.NOT_READABLE, type(error).__name__) from error


def _weigh(path: Path) -> None:
    """Look at what a zip unpacks to before it is unpacked.

    Raises:
        NotRead: If that is too much, or it is no zip.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise NotRead(Reason.NOT_READABLE, path.name) from error
    if unpacked > LARGEST_BYTES or unpacked > LARGEST_RATIO * max(
        path.stat().st_size, 50_000
    ):
        raise NotRead(Reason.TOO_LARGE, f"{unpacked / 1e6:.0f} MB")


def _find_sheet(book: Any) -> Any:
    for sheet in book.worksheets:
        rows = sheet.iter_rows(
            max_row=HEADER_WITHIN_ROWS, max_col=MOST_COLUMNS, values_only=True
        )
        if any(is_header(row) for row in rows):
            return sheet
    return book.worksheets[0]


def _rows(sheet: Any) -> Iterator[Row]:
    # What a sheet says about its own size is wrong at times.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)
    yield from enumerate(rows, start=1)


_MERGE = re.compile(
    rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"'
)


class _Merged:
    """Cells that were merged over several rows: the value counts for each of them.

    A workbook holds it in the first one only, and openpyxl does not tell of them
    when it reads row by row.
    """

    def __init__(self, path: Path, title: str, titles: list[str]) -> None:
        self.lines: list[int] = []
        # By first row: column and last row.
        self._spans: dict[int, list[tuple[int, int]]] = {}
        for first, column, last in _find_merged(path, titles.index(title) + 1):
            self._spans.setdefault(first, []).append((column, last))

    def fill(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows with those values in each row that they span."""
        going: dict[int, tuple[object, int]] = {}
        for line, cells in rows:
            if not self._spans:
                yield line, cells
                continue
            filled = list(cells)
            for column, (value, last) in list(going.items()):
                if line > last:
                    del going[column]
                elif column < len(filled) and filled[column] is None:
                    filled[column] = value
            has_more = any(cell is not None for cell in cells)
            if has_more and going and filled != list(cells):
                self.lines.append(line)
            for column, last in self._spans.get(line, ()):
                if column < len(filled) and filled[column] is not None:
                    going[column] = (filled[column], last)
            yield line, filled if has_more else cells


def _find_merged(path: Path, number: int) -> Iterator[tuple[int, int, int]]:
    """First row, column (from 0) and last row of what is merged downwards."""
    name = f"xl/worksheets/sheet{number}.xml"
    with zipfile.ZipFile(path) as archive:
        if name not in archive.namelist():
            return
        with archive.open(name) as file:
            rest = b""
            while chunk := file.read(1 << 20):
                text = rest + chunk
                for found in _MERGE.finditer(text):
                    first, last = int(found[2]), int(found[4])
                    if last > first and found[1] == found[3]:
                        yield first, _column(found[1]), last
                # What is found twice in the overlap says the same twice.
                rest = text[-200:]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1
