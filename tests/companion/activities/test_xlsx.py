"""Workbooks as people make them."""

import re
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from companion.activities.importers.xlsx import read_xlsx
from companion.activities.problems import Reason
from companion.activities.reading import NotRead, Read
from companion.activities.record import Cost
from companion.activities.when import Span
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


def with_part(content: bytes, name: str, change: Callable[[str], str]) -> bytes:
    """The workbook with one of its parts written otherwise."""
    made = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(content)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            text = old.read(part).decode()
            new.writestr(part, change(text) if part == name else text)
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
SHARED = "xl/sharedStrings.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def with_shared_texts(content: bytes, before: str = "") -> bytes:
    """The workbook as Excel writes it: each text once, in a part of its own."""
    texts: list[str] = []

    def share(text: str) -> str:
        def number(found: re.Match[str]) -> str:
            if found[2] not in texts:
                texts.append(found[2])
            return f'<c{found[1]} t="s"><v>{texts.index(found[2])}</v></c>'

        cell = r'<c([^>]*) t="inlineStr"><is><t>(.*?)</t></is></c>'
        return re.sub(cell, number, text)

    content = with_part(content, SHEET, share)
    relation = (
        '<Relationship Id="rId99" Target="sharedStrings.xml" Type="http://schemas.'
        'openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/>'
    )
    kind = (
        f'<Override PartName="/{SHARED}" ContentType="application/vnd.openxmlformats-'
        'officedocument.spreadsheetml.sharedStrings+xml"/>'
    )

    def relate(text: str) -> str:
        return text.replace("</Relationships>", f"{relation}</Relationships>")

    def declare(text: str) -> str:
        return text.replace("</Types>", f"{kind}</Types>")

    content = with_part(content, "xl/_rels/workbook.xml.rels", relate)
    content = with_part(content, "[Content_Types].xml", declare)
    made = BytesIO(content)
    with zipfile.ZipFile(made, "a") as archive:
        items = "".join(f"<si><r><t>{text}</t></r></si>" for text in texts)
        archive.writestr(SHARED, f'{before}<sst xmlns="{MAIN}">{items}</sst>')
    return made.getvalue()


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


def test_the_calendar_of_old_macs_begins_in_1904(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    assert book.active is not None
    book.active.append(HEADER)
    book.active.append(["A", "B", date(2027, 3, 2), time(10, 30)])
    book.save(tmp_path / "mac.xlsx")
    found = read(read_xlsx, tmp_path, (tmp_path / "mac.xlsx").read_bytes())
    assert only(found).times[0].first.start == wall("2027-03-02 10:30")


def test_a_sheet_per_village_and_one_that_is_hidden(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.remove(book.active)
    for title in ("Noord", "Vorig jaar", "Zuid", "Grafiek"):
        sheet = book.create_sheet(title)
        if title != "Grafiek":
            sheet.append(HEADER)
            sheet.append([f"Koffie {title}", "Welzijn"])
            sheet.append(["Thee", None])
    book["Vorig jaar"].sheet_state = "hidden"
    book.save(tmp_path / "book.xlsx")
    found = read(read_xlsx, tmp_path, (tmp_path / "book.xlsx").read_bytes())
    assert [it.title for it in activities(found)] == ["Koffie Noord", "Koffie Zuid"]
    assert noted(found) == [Reason.HIDDEN_SHEET, Reason.MISSING, Reason.MISSING]
    problems = [problem for it in found for problem in it.problems]
    assert problems[0].field == "Vorig jaar"
    # Lines begin anew on each sheet.
    assert [(it.record, it.line) for it in problems[1:]] == [
        ("Noord: Thee", 3),
        ("Zuid: Thee", 3),
    ]


def test_a_workbook_of_which_all_is_hidden_is_read(tmp_path: Path) -> None:
    content = workbook(HEADER, ["A", "B"], sheets=("Uitleg",))
    hide = with_part(
        content,
        "xl/workbook.xml",
        lambda text: text.replace('sheetId="1" state="visible"',
                                  'sheetId="1" state="hidden"'),
    )  # fmt: skip
    assert only(read(read_xlsx, tmp_path, hide)).title == "A"


def test_names_of_columns_in_two_rows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Titel", "Organisatie", "Wanneer", None, None])
    sheet.append([None, None, "Datum", "Begintijd", "Eindtijd"])
    sheet.append(["A", "B", date(2027, 3, 2), time(10), time(11)])
    for cells in ("A1:A2", "B1:B2", "C1:E1"):
        sheet.merge_cells(cells)
    book.save(tmp_path / "book.xlsx")
    found = read(read_xlsx, tmp_path, (tmp_path / "book.xlsx").read_bytes())
    span = only(found).times[0].first
    assert (span.start, span.end) == (
        wall("2027-03-02 10:00"),
        wall("2027-03-02 11:00"),
    )


def test_notes_and_totals_below_the_table(tmp_path: Path) -> None:
    found = reads(
        tmp_path,
        HEADER,
        ["A", "B", None, None, None, 2.5],
        ["Totaal", None, None, None, None, 2.5],
        [],
        ["Let op: tijdens schoolvakanties kan het anders zijn."],
        ["* = alleen met indicatie"],
        ["Deze lijst is met zorg gemaakt door de gemeente, en er kunnen geen rechten"
         " aan worden ontleend."],
        ["Bronwandeling", "Natuurclub"],
        ["Somalische koffie"],
    )  # fmt: skip
    assert [it.title for it in activities(found)] == ["A", "Bronwandeling"]
    assert noted(found) == [*[Reason.NOT_AN_ACTIVITY] * 4, Reason.MISSING]


def test_a_cell_far_away_costs_nothing(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    sheet.append(["A", "B"])
    sheet["XFD1048576"] = "oeps"
    file = BytesIO()
    book.save(file)
    tracemalloc.start()
    try:
        assert only(read(read_xlsx, tmp_path, file.getvalue())).title == "A"
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_what_cells_can_hold(tmp_path: Path) -> None:
    cells = """
        <row r="2">
         <c r="A2" t="inlineStr"><is><r><t>Koffie</t></r><r><t xml:space="preserve"> en
 thee</t></r><rPh sb="0" eb="1"><t>kohi</t></rPh></is></c>
         <c r="B2" t="str"><f>A1</f><v>Welzijn</v></c>
         <c r="C2" t="d"><v>2027-03-02T00:00:00</v></c>
         <c r="D2"><v>0.4375</v></c>
         <c r="E2" t="e"><v>#N/A</v></c>
         <c r="F2" t="b"><v>1</v></c>
         <c t="s"><v>99999</v></c>
        </row>
    """
    content = with_part(
        workbook(HEADER, ["A", "B"]),
        SHEET,
        lambda text: re.sub(r'<row r="2".*</row>', cells, text, flags=re.DOTALL),
    )
    found = read(read_xlsx, tmp_path, content)
    activity = only(found)
    assert activity.title == "Koffie en thee"
    assert activity.organisation == "Welzijn"
    assert activity.times[0].first == Span(wall("2027-03-02 10:30"))
    assert activity.contact.phone == ""


def test_texts_that_cells_share(tmp_path: Path) -> None:
    content = with_shared_texts(workbook(HEADER, ["A", "B"], ["C", "B"]))
    found = activities(read(read_xlsx, tmp_path, content))
    assert [(it.title, it.organisation) for it in found] == [("A", "B"), ("C", "B")]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("<!DOCTYPE a [<!ENTITY a 'b'>]>", Reason.NOT_READABLE),
        ("<", Reason.NOT_READABLE),
    ],
)
def test_a_sheet_that_is_none(tmp_path: Path, broken: str, reason: Reason) -> None:
    content = with_part(workbook(HEADER, ["A", "B"]), SHEET, lambda text: broken + text)
    with pytest.raises(NotRead) as caught:
        read(read_xlsx, tmp_path, content)
    assert caught.value.problem.reason is reason


LAUGHS = "<!DOCTYPE a [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {chr(98 + it)} '{f'&{chr(97 + it)};' * 10}'>" for it in range(9)
)


@pytest.mark.parametrize("part", [SHEET, SHARED, "xl/workbook.xml"])
def test_a_billion_laughs_are_not_laughed(tmp_path: Path, part: str) -> None:
    def laugh(text: str) -> str:
        text = re.sub(r"^<\?xml.*?\?>", "", text)
        return f"{LAUGHS}]>" + re.sub(r"(<(?:t|v|definedNames)[^>]*>)", r"\1&j;", text)

    content = with_shared_texts(workbook(HEADER, ["A", "B"]))
    content = with_part(content, part, laugh)
    tracemalloc.start()
    try:
        with pytest.raises(NotRead):
            read(read_xlsx, tmp_path, content)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
