"""The empty template, for who keeps a social map in a spreadsheet."""

import csv
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import openpyxl
import yaml
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from companion.activities.words import load_words

# Words of the two sheets of a workbook; the second one has no columns of the template.
SHEETS = ("kaart", "uitleg")
HEADINGS = ("kolom", "wat erin staat", "voorbeeld")

_WIDE = ("title", "organisation", "description", "repeats", "opening_hours")


def columns() -> Mapping[str, tuple[str, str]]:
    """What stands in each column and an example, by its name, in their order."""
    file = resources.files("companion") / "nl" / "activities" / "template.yaml"
    read = yaml.safe_load(file.read_text(encoding="utf-8"))
    names = load_words().column_names
    return {names[field]: (what, example) for field, (what, example) in read.items()}


def write_template(path: Path) -> None:
    """Write the empty template, as CSV or, by its name, as a workbook.

    Raises:
        OSError: If that fails.
        ValueError: If the name ends neither in ".csv" nor in ".xlsx".
    """
    match path.suffix.casefold():
        case ".csv":
            # With the mark by which Excel knows UTF-8.
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                csv.writer(file, delimiter=";").writerow(columns())
        case ".xlsx":
            _workbook().save(path)
        case _:
            raise ValueError(path.suffix)


def _workbook() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = SHEETS[0]
    sheet.append(list(columns()))
    wide = {load_words().column_names[it] for it in _WIDE}
    for number, name in enumerate(columns(), start=1):
        letter = get_column_letter(number)
        sheet[f"{letter}1"].font = Font(bold=True)
        width = 34 if name in wide else max(12, len(name) + 3)
        sheet.column_dimensions[letter].width = width
        # So that "0101234567" and "1-11-2026" stay what somebody typed.
        sheet.column_dimensions[letter].number_format = "@"
    sheet.freeze_panes = "C2"
    told = book.create_sheet(SHEETS[1])
    told.append(list(HEADINGS))
    for name, (what, example) in columns().items():
        told.append([name, what, example])
    for letter, width in zip("ABC", (22, 70, 36), strict=True):
        told[f"{letter}1"].font = Font(bold=True)
        told.column_dimensions[letter].width = width
        for cell in told[letter]:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    return book
