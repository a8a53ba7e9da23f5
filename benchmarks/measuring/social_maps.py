"""Social maps of any size in each form, for the benchmarks to read."""

import contextlib
import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import openpyxl
from openpyxl.utils import get_column_letter

from companion.activities.example import making

ZONE = "Europe/Amsterdam"
NOW = datetime(2026, 11, 22, 12, tzinfo=ZoneInfo(ZONE))
EACH_WRONG = 100
EACH_CHANGED = 100
_BEFORE, _AFTER = "Tweemaal!", "Driemaal!"

SHARED = "xlsx-shared"
FORMS = ("csv", "xlsx", SHARED, "ical", "hsds", "schemaorg")
# By which letter the village names who publishes in a form.
LETTERS = dict(zip(FORMS, "cxxihs", strict=True))

Cells = dict[str, str]


def later(path: Path) -> Path:
    """The file in which one record in a hundred has changed."""
    return path.with_suffix(".later")


def rows(form: str, count: int) -> Iterator[making.Row]:
    """As many rows of the village as are wanted, no two the same."""
    village = making._village(NOW.date())
    of_form = [row for row in village if LETTERS[form] in row["vorm"]]
    for number in range(count):
        row = dict(of_form[number % len(of_form)])
        row["titel"] = f"{row['titel']} {number}"
        row["organisatie"] = f"{row['organisatie']} {number % 997}"
        row["id"] = f"{form}-{number}"
        if row["tijd"]:
            hour, minute = 8 + number % 9, number % 12 * 5
            row["tijd"] = f"{hour}:{minute:02}-{hour + 2}:{minute:02}"
        if row["over"]:
            row["over"] = str(1 + number % 300)
        if number % EACH_CHANGED == 0:
            # In front, where no form breaks a line.
            row["omschrijving"] = f"{_BEFORE} {row['omschrijving']}"
        yield row


def is_wrong(number: int) -> bool:
    """Whether this record gets a mistake."""
    return number % EACH_WRONG == EACH_WRONG - 1


def write(path: Path, form: str, count: int) -> None:
    """Write a file of one form, and `later`."""
    {
        "csv": _write_csv,
        "xlsx": _write_xlsx,
        SHARED: _write_shared,
        "ical": _write_ical,
        "hsds": _write_hsds,
        "schemaorg": _write_schemaorg,
    }[form](path, rows(form, count))
    if not zipfile.is_zipfile(path):
        later(path).write_bytes(_changed(path.read_bytes()))
        return
    with zipfile.ZipFile(path) as parts, _zip(later(path)) as archive:
        for name in parts.namelist():
            archive.writestr(name, _changed(parts.read(name)))


def _changed(content: bytes) -> bytes:
    return content.replace(_BEFORE.encode(), _AFTER.encode())


def _zip(path: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)


def _cells(every: Iterator[making.Row]) -> Iterator[Cells]:
    for number, row in enumerate(every):
        cells = making._cells(row, NOW.date())
        if is_wrong(number):
            cells["datum"] = "31-2-2026"
        yield cells


def _write_csv(path: Path, every: Iterator[making.Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        for number, cells in enumerate(_cells(every)):
            if number == 0:
                writer.writerow(cells)
            writer.writerow(cells.values())


def _write_xlsx(path: Path, every: Iterator[making.Row]) -> None:
    with _workbook(path) as archive:
        _write_sheet(
            archive,
            every,
            lambda text: ("inlineStr", f"<is><t>{escape(text)}</t></is>"),
        )


def _write_shared(path: Path, every: Iterator[making.Row]) -> None:
    numbers: dict[str, int] = {}

    def cell(text: str) -> tuple[str, str]:
        return "s", f"<v>{numbers.setdefault(text, len(numbers))}</v>"

    with _workbook(path, _OVERRIDE) as archive:
        _write_sheet(archive, every, cell)
        texts = "".join(f"<si><t>{escape(it)}</t></si>" for it in numbers)
        archive.writestr(_TEXTS, f"<sst {_MAIN}>{texts}</sst>")


_TYPES = "[Content_Types].xml"
_SHEET = "xl/worksheets/sheet1.xml"
_TEXTS = "xl/sharedStrings.xml"
_OVERRIDE = (
    f'<Override PartName="/{_TEXTS}" ContentType="application/'
    'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


@contextlib.contextmanager
def _workbook(path: Path, kinds: str = "") -> Iterator[zipfile.ZipFile]:
    """A workbook without its sheet, which a library would write for minutes."""
    empty = io.BytesIO()
    openpyxl.Workbook().save(empty)
    with zipfile.ZipFile(empty) as parts, _zip(path) as archive:
        for name in parts.namelist():
            if name == _TYPES:
                text = parts.read(name).decode()
                archive.writestr(name, text.replace("</Types>", f"{kinds}</Types>"))
            elif name != _SHEET:
                archive.writestr(name, parts.read(name))
        yield archive


def _write_sheet(
    archive: zipfile.ZipFile,
    every: Iterator[making.Row],
    cell: Callable[[str], tuple[str, str]],
) -> None:
    """Write the sheet; `cell` gives the type of a cell and what stands in it."""
    with archive.open(_SHEET, "w", force_zip64=True) as file:
        file.write(f"<worksheet {_MAIN}><sheetData>".encode())
        for line, texts in enumerate(_lines(every), start=1):
            held = [
                f'<c r="{letters}{line}" t="{kind}">{inner}</c>'
                for letters, text in zip(_COLUMNS, texts, strict=False)
                if text
                for kind, inner in [cell(text)]
            ]
            file.write(f'<row r="{line}">{"".join(held)}</row>'.encode())
        file.write(b"</sheetData></worksheet>")


_COLUMNS = [get_column_letter(number) for number in range(1, 100)]


def _lines(every: Iterator[making.Row]) -> Iterator[Iterable[str]]:
    for number, cells in enumerate(_cells(every)):
        if number == 0:
            yield cells
        yield cells.values()


def _write_ical(path: Path, every: Iterator[making.Row]) -> None:
    with path.open("w", encoding="utf-8", newline="\r\n") as file:
        file.write("BEGIN:VCALENDAR\nVERSION:2.0\nX-WR-CALNAME:Agenda\n")
        for number, row in enumerate(every):
            lines = making._event(row, NOW.date())
            if is_wrong(number):
                lines = [it for it in lines if not it.startswith("DTSTART")]
            file.write("".join(f"{making._folded(line)}\n" for line in lines))
        file.write("END:VCALENDAR\n")


def _write_hsds(path: Path, every: Iterator[making.Row]) -> None:
    _write_list(path, "contents", (_service(it) for it in enumerate(every)))


def _service(item: tuple[int, making.Row]) -> object:
    service = making._service(item[1], NOW.date())
    return {**service, "status": "?"} if is_wrong(item[0]) else service


def _write_schemaorg(path: Path, every: Iterator[making.Row]) -> None:
    _write_list(path, "@graph", (_linked(it) for it in enumerate(every)))


def _linked(item: tuple[int, making.Row]) -> object:
    event = making._linked(item[1], NOW.date())
    event["@id"] = item[1]["id"]
    return {**event, "startDate": "?"} if is_wrong(item[0]) else event


def _write_list(path: Path, name: str, items: Iterator[object]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"{name}": [\n')
        for number, item in enumerate(items):
            file.write((",\n" if number else "") + json.dumps(item, ensure_ascii=False))
        file.write("\n]}\n")
