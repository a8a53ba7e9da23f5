"""The cells of one worksheet, row by row, as quick as its XML can be taken apart.

The library reads a workbook well, and its cells slowly: it makes four objects of each,
and 50,000 records have two million. So it opens the book, with its styles and texts
that cells share, and only the cells are read here (ECMA-376 part 1, 18.3.1). A library
that reads all of it quicker (calamine) keeps a sheet as one block of memory: a single
cell far away from the others, as stands in many a sheet, ends the program.
"""

import functools
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.parsers import expat

from openpyxl.utils.datetime import from_excel, from_ISO8601

# No sheet of activities is wider, and one with a cell in column XFD is no wider either.
MOST_COLUMNS = 200
MOST_ROWS = 1_048_576
LONGEST_CELL = 40_000

_CHUNK_BYTES = 1 << 16

Row = tuple[int, list[object]]
"""Number of the row, from 1, and its cells up to the last that holds something."""


@dataclass(frozen=True, slots=True)
class Formats:
    """What a workbook says about all of its cells.

    Attributes:
        shared: Texts that cells name by number.
        dates: Numbers of the styles that show a number as a date.
        durations: Of those, the ones that show how long something takes.
        epoch: Day 0 of its calendar: that of old Macs begins in 1904.
    """

    shared: Sequence[str]
    dates: Collection[int]
    durations: Collection[int]
    epoch: datetime


class WrongSheet(ValueError):
    """This is no worksheet."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet, of which rows are read while they are asked for.

    Attributes:
        archive: The workbook.
        part: Name of the sheet in it.
        formats: Of the workbook.
    """

    archive: zipfile.ZipFile
    part: str
    formats: Formats

    def rows(self) -> Iterator[Row]:
        """Number and cells of each row that has any; an empty cell is None.

        Raises:
            WrongSheet: If its XML is broken, or none of a sheet.
        """
        parser = _Parser(self.formats)
        with self.archive.open(self.part) as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield from parser.feed(chunk, is_last=False)
            yield from parser.feed(b"", is_last=True)


class _Parser:
    """Makes rows of XML. Its handlers are called millions of times."""

    def __init__(self, formats: Formats) -> None:
        self._formats = formats
        self._done: list[Row] = []
        self._row: list[object] = []
        self._line = 0
        self._column = -1
        self._kind = "n"
        self._style = ""
        self._text: list[str] = []
        self._is_text = False
        self._is_phonetic = False
        # Without namespaces: they cost a third of the time, and each name is known.
        self._expat = expat.ParserCreate()
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._data
        # No sheet has entities; a document that declares some is a bomb.
        self._expat.EntityDeclHandler = self._refuse

    def feed(self, chunk: bytes, is_last: bool) -> list[Row]:
        """The rows that are whole now."""
        try:
            self._expat.Parse(chunk, is_last)
        except expat.ExpatError as error:
            raise WrongSheet(str(error)) from error
        done, self._done = self._done, []
        return done

    def _refuse(self, *_: object) -> None:
        raise WrongSheet("entities")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match name if ":" not in name else name.rpartition(":")[2]:
            case "c":
                self._kind = attributes.get("t", "n")
                self._style = attributes.get("s", "")
                self._text.clear()
                place = attributes.get("r")
                if place:
                    self._column = column(place.rstrip("0123456789"))
                else:
                    self._column += 1
            case "v" | "t":
                self._is_text = not self._is_phonetic
            case "row":
                number = attributes.get("r", "")
                self._line = int(number) if number.isdecimal() else self._line + 1
                self._column = -1
                self._row = []
            case "rPh":
                # How Japanese is said, beside how it is written.
                self._is_phonetic = True

    def _end(self, name: str) -> None:
        match name if ":" not in name else name.rpartition(":")[2]:
            case "v" | "t":
                self._is_text = False
            case "c":
                if self._text and self._column < MOST_COLUMNS:
                    row = self._row
                    if self._column >= len(row):
                        row.extend([None] * (self._column + 1 - len(row)))
                    row[self._column] = self._value("".join(self._text))
            case "row":
                if self._row and self._line <= MOST_ROWS:
                    self._done.append((self._line, self._row))
                self._row = []
            case "rPh":
                self._is_phonetic = False

    def _data(self, data: str) -> None:
        if self._is_text:
            self._text.append(data)

    def _value(self, text: str) -> object:
        """What a cell means (ECMA-376 part 1, 18.18.11, ST_CellType)."""
        match self._kind:
            case "s":
                number = int(text) if text.isdecimal() else -1
                shared = self._formats.shared
                return shared[number] if 0 <= number < len(shared) else None
            case "inlineStr" | "str":
                return text[:LONGEST_CELL] or None
            case "n":
                return self._number(text)
            case "b":
                return text.strip() == "1"
            case "d":
                try:
                    # The library ships no type of this one.
                    moment: object = from_ISO8601(text.strip())  # type: ignore[no-untyped-call]
                    return moment
                except ValueError:
                    return text
            case _:
                # An error such as #N/A tells nobody anything.
                return None

    def _number(self, text: str) -> object:
        try:
            value: float = int(text)
        except ValueError:
            try:
                value = float(text)
            except ValueError:
                return text
        if not self._style.isdecimal():
            return value
        style = int(self._style)
        if style not in self._formats.dates:
            return value
        try:
            return from_excel(
                value, self._formats.epoch, timedelta=style in self._formats.durations
            )
        except (OverflowError, ValueError):
            return value


@functools.lru_cache(maxsize=1024)
def column(letters: str) -> int:
    """Number of the column with these letters, from 0.

    Raises:
        WrongSheet: If there is none.
    """
    number = 0
    for letter in letters:
        if not "A" <= letter <= "Z" or number > MOST_COLUMNS * 26:
            raise WrongSheet(letters[:20])
        number = number * 26 + ord(letter) - 64
    if not number:
        raise WrongSheet("no column")
    return number - 1
