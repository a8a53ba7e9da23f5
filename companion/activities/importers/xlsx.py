"""Spreadsheets of Excel and LibreOffice (.xlsx), read row by row."""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet

from companion.activities.importers.sheet import Formats, Sheet, column
from companion.activities.importers.tables import (
    HEADER_WITHIN_ROWS,
    Row,
    is_header,
    read_rows,
)
from companion.activities.importers.zips import refuse_entities, weigh
from companion.activities.problems import Outcome, Reason
from companion.activities.reading import Context, NotRead, Read, about_file


def read_xlsx(path: Path, context: Context) -> Iterator[Read]:
    """Read every sheet that has the columns of the template, and is to be seen.

    Raises:
        NotRead: If there is none, or it is no workbook.
        OSError: If the file cannot be read.
    """
    weigh(path)
    refuse_entities(path)
    try:
        # By its content: openpyxl refuses a name that does not end in ".xlsx".
        with path.open("rb") as file, warnings.catch_warnings():
            # Of styles and extensions that it leaves out, which say nothing to us.
            warnings.simplefilter("ignore")
            yield from _read_book(_Book(file), context)
    except (NotRead, OSError, GeneratorExit):
        raise
    except Exception as error:
        # openpyxl raises whatever its parsers raise: KeyError, ParseError, ValueError.
        raise NotRead(Reason.NOT_READABLE, type(error).__name__) from error


def _read_book(book: "_Book", context: Context) -> Iterator[Read]:
    with_columns = [it for it in book.sheets if _has_header(it.sheet)]
    shown = [it for it in with_columns if it.is_shown]
    for hidden in with_columns:
        # Whoever hides a sheet keeps it for themselves: last year, or a try.
        if shown and hidden not in shown:
            yield about_file(
                Reason.HIDDEN_SHEET, Outcome.LEFT_OUT, field=hidden.title, found=""
            )
    # With none that can be read, the first one says why.
    sheets = shown or with_columns or book.sheets[:1]
    if not sheets:
        raise NotRead(Reason.NOTHING_KNOWN, "")
    for named in sheets:
        for read in _read_sheet(named.sheet, context):
            yield read if len(sheets) == 1 else _named(read, named.title)


@dataclass(frozen=True, slots=True)
class _Named:
    """A sheet of a workbook."""

    title: str
    is_shown: bool
    sheet: Sheet


class _Book:
    """A workbook, opened step by step as `openpyxl.load_workbook` does, but for the
    sheets: it would go through each to see how large it is.

    These are parts of the library that it does not promise to keep; tests notice when
    they go, and its version is locked.
    """

    def __init__(self, file: IO[bytes]) -> None:
        reader: Any = ExcelReader(file, read_only=True, keep_links=False)
        reader.read_manifest()
        reader.read_strings()
        reader.read_workbook()
        apply_stylesheet(reader.archive, reader.wb)
        formats = Formats(
            shared=reader.shared_strings,
            dates=reader.wb._date_formats,
            durations=reader.wb._timedelta_formats,
            epoch=reader.wb.epoch,
        )
        self.sheets = [
            _Named(
                it.name,
                it.state == "visible",
                Sheet(reader.archive, part.target, formats),
            )
            for it, part in reader.parser.find_sheets()
            if part.target in reader.valid_files and "chartsheet" not in part.Type
        ]


def _has_header(sheet: Sheet) -> bool:
    rows = islice(sheet.rows(), HEADER_WITHIN_ROWS)
    return any(is_header(cells) for line, cells in rows if line <= HEADER_WITHIN_ROWS)


def _named(read: Read, title: str) -> Read:
    """With the sheet before the record, since lines begin anew in each."""
    problems = tuple(
        replace(it, record=f"{title}: {it.record}".rstrip(": ")) for it in read.problems
    )
    return replace(read, problems=problems)


def _read_sheet(sheet: Sheet, context: Context) -> Iterator[Read]:
    merged = _Merged(sheet)
    yield from read_rows(merged.fill(sheet.rows()), context)
    if merged.lines:
        yield about_file(Reason.MERGED_CELLS, Outcome.REPAIRED, merged.lines[0])


_MERGE = re.compile(
    rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"'
)


class _Merged:
    """Cells that were merged over several rows: the value counts for each of them.

    A workbook holds it in the first one only, and tells of it below the rows.
    """

    def __init__(self, sheet: Sheet) -> None:
        self.lines: list[int] = []
        # By first row: column and last row.
        self._spans: dict[int, list[tuple[int, int]]] = {}
        for first, number, last in _find_merged(sheet):
            self._spans.setdefault(first, []).append((number, last))

    def fill(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows with those values in each row that they span."""
        if not self._spans:
            yield from rows
            return
        going: dict[int, tuple[object, int]] = {}
        for line, cells in rows:
            filled = list(cells)
            for number, (value, last) in list(going.items()):
                if line > last:
                    del going[number]
                    continue
                if number >= len(filled):
                    filled += [None] * (number + 1 - len(filled))
                if filled[number] is None:
                    filled[number] = value
            if going and filled != list(cells):
                self.lines.append(line)
            for number, last in self._spans.get(line, ()):
                if number < len(filled) and filled[number] is not None:
                    going[number] = (filled[number], last)
            yield line, filled


def _find_merged(sheet: Sheet) -> Iterator[tuple[int, int, int]]:
    """First row, column (from 0) and last row of what is merged downwards."""
    with sheet.archive.open(sheet.part) as file:
        rest = b""
        while chunk := file.read(1 << 20):
            text = rest + chunk
            for found in _MERGE.finditer(text):
                first, last = int(found[2]), int(found[4])
                if last > first and found[1] == found[3]:
                    yield first, column(found[1].decode()), last
            # What is found twice in the overlap says the same twice.
            rest = text[-200:]
