"""Workbooks as people make them."""

import zipfile
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from companion.activities.importers.xlsx import read_xlsx
from companion.activities.problems import Reason
from companion.activities.reading import NotRead, Read
from companion.activities.record import Cost
from tests.companion.activities.reading import activities, noted, only, read, wall

HEADER = ["Titel", "Organisatie", "Datum", "Begintijd", "Eindtijd", "Kosten", "Tel."]


def workbook(*rows: list[Any], merge: str = "", sheets: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for title in sheets:
        book.create_sheet(title, 0).append(["Lees dit eerst"])
    for row in rows:
        sheet.append(row)
    if merge:
        sheet.merge_cells(merge)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def reads(folder: Path, *rows: list[Any], **how: Any) -> list[Read]:
    return read(read_xlsx, folder, workbook(*rows, **how))


def test_dates_times_and_prices_of_excel(tmp_path: Path) -> None:
    found = reads(
        tmp_path,
        HEADER,
        ["A", "B", datetime.fromisoformat("2026-03-03"), time(10), time(11, 30), 2.5,
         612345678],
        ["C", "D", date(2026, 3, 3), 0.395833333, "11.30 uur", "gratis", "0612345678"],
    )  # fmt: skip
    first, second = activities(found)
    assert first.times[0].first.start == wall("2026-03-03 10:00")
    assert first.times[0].first.end == wall("2026-03-03 11:30")
    assert first.cost == Cost(250, 250)
    assert first.contact.phone == second.contact.phone == "0612345678"
    assert second.times[0].first.start == wall("2026-03-03 09:30")
    assert set(noted(found)) == {Reason.LOST_ZERO, Reason.EXCEL_NUMBER}


def test_a_title_above_and_empty_lines_between(tmp_path: Path) -> None:
    found = reads(
        tmp_path,
        ["Sociale kaart van Voorbeelddorp"],
        [],
        HEADER,
        [],
        ["A", "B"],
        [None, None],
        ["C", "D"],
    )
    assert [(it.line, it.activity.title) for it in found if it.activity] == [
        (5, "A"),
        (7, "C"),
    ]


def test_cells_merged_downwards_count_for_each_row(tmp_path: Path) -> None:
    found = reads(
        tmp_path,
        HEADER,
        ["Koffie", "Welzijn"],
        ["Thee", None],
        ["Soep", None],
        ["Taart", None],
        merge="B2:B4",
    )
    assert [it.organisation for it in activities(found)] == ["Welzijn"] * 3
    assert noted(found) == [Reason.MISSING, Reason.MERGED_CELLS]


def test_the_sheet_with_the_columns_is_found(tmp_path: Path) -> None:
    found = reads(tmp_path, HEADER, ["A", "B"], sheets=("Uitleg", "Voorblad"))
    assert only(found).title == "A"


def test_what_is_no_workbook_is_said(tmp_path: Path) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("hallo.txt", "hallo")
    whole = workbook(HEADER, ["A", "B"])
    for content in (b"", b"PK\x03\x04", packed.getvalue(), whole[: len(whole) // 2]):
        with pytest.raises(NotRead) as caught:
            read(read_xlsx, tmp_path, content)
        assert caught.value.problem.reason is Reason.NOT_READABLE
    with pytest.raises(NotRead) as caught:
        reads(tmp_path, ["Beste mensen"])
    assert caught.value.problem.reason is Reason.NOTHING_KNOWN


def test_a_bomb_is_weighed_before_it_is_unpacked(tmp_path: Path) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 30_000_000)
    with pytest.raises(NotRead) as caught:
        read(read_xlsx, tmp_path, packed.getvalue())
    assert caught.value.problem.reason is Reason.TOO_LARGE
