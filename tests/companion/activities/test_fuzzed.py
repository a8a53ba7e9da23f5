"""Each importer takes anything: it reads, sets aside, or says what it is not.

What is fed are the files of the village, spoilt in the ways in which files get
spoilt, and values that nobody expects. The seed is fixed, so that a finding stays.
"""

import json
import random
import re
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from companion.activities.example.making import write_example
from companion.activities.importing import IMPORTERS, find_form
from companion.activities.plain import from_json, to_json
from companion.activities.problems import Outcome
from companion.activities.reading import NotRead
from companion.commands.activity_tables import explain
from tests.companion.activities.reading import CONTEXT, NOW, TODAY, wall

ROUNDS = 60

ODD = [
    "", " ", "\x00", "\ufeff", "€", "é", "\U0001f600", '"', '""', "'", ";", ",", "\t",
    "\n", "\r", "\r\n", "<b>", "</script>", "<!--", "&amp;", "&#0;", "&#x110000;",
    "{", "}", "[", "]", "\\", "\\u0000", "\\ud800", "null", "NaN", "1e999", "-1",
    "9" * 5000, "0", "24:00", "99:99", "31-2-2026", "2026-12-01", "99999999", "FREQ=",
    "RRULE:FREQ=YEARLY;INTERVAL=0", "FREQ=DAILY;COUNT=0", "BEGIN:VEVENT", "END:VEVENT",
    "END:VCALENDAR", "TZID=", "DTSTART:", "P1W", "ma-zo", "elke", "x" * 3000,
]  # fmt: skip


def spoilt(content: bytes, chance: random.Random) -> bytes:
    """The file with one to five things wrong with it."""
    made = bytearray(content)
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(made) + 1)
        match chance.randrange(6):
            case 0:
                made[at : at + chance.randint(1, 40)] = b""
            case 1:
                made[at:at] = chance.choice(ODD).encode("utf-8", "surrogatepass")
            case 2:
                made[at : at + 8] = chance.randbytes(8)
            case 3:
                del made[at:]
            case 4:
                other = chance.randrange(len(made) + 1)
                made[at:at] = made[other : other + chance.randint(1, 400)]
            case _:
                # A line, field or value that is something else now.
                parts = re.split(rb"([\r\n;,:\"]+)", bytes(made))
                parts[chance.randrange(len(parts))] = chance.choice(ODD).encode()
                made = bytearray(b"".join(parts))
    return bytes(made)


def read_anything(path: Path, form: str) -> None:
    """What comes out can be kept and explained, whatever went in."""
    try:
        for read in IMPORTERS[form](path, CONTEXT):
            if read.activity is not None:
                assert from_json(to_json(read.activity)) == read.activity
                read.activity.last_day()
                for times in read.activity.times:
                    next(times.occurrences(NOW, NOW.replace(year=2027)), None)
            else:
                assert read.problems
            for problem in read.problems:
                assert all(explain(problem))
            if read.activity is None:
                continue
            assert Outcome.SET_ASIDE not in {it.outcome for it in read.problems}
    except NotRead as error:
        assert all(explain(error.problem))


@pytest.mark.parametrize("number", range(5))
def test_files_that_were_spoilt(tmp_path: Path, number: int) -> None:
    source = write_example(tmp_path, TODAY)[number]
    # Ten records are as good as fifty, and take less time.
    form = find_form(source)
    content = source.read_bytes()
    if form in ("csv", "ical"):
        content = content[: len(content) // 4]
    chance = random.Random(number)
    path = tmp_path / "spoilt"
    for _ in range(ROUNDS):
        path.write_bytes(spoilt(content, chance))
        read_anything(path, form)
        # And whatever it looks like by now.
        try:
            looks_like = find_form(path)
        except NotRead as error:
            assert all(explain(error.problem))
            continue
        read_anything(path, looks_like)


def odd_value(chance: random.Random, depth: int = 0) -> Any:
    match chance.randrange(9 if depth < 3 else 6):
        case 0:
            return chance.choice(ODD)
        case 1:
            return chance.choice([None, True, False])
        case 2:
            return chance.randint(-(10**12), 10**12)
        case 3:
            return chance.choice([0.5, -0.0, 1e300, float("nan"), float("inf")])
        case 4 | 5:
            return f"{date.fromordinal(chance.randint(1, 3_000_000))}T10:00"
        case 6:
            return [odd_value(chance, depth + 1) for _ in range(chance.randrange(4))]
        case _:
            names = ["name", "@type", "startDate", "opens_at", "byday", "x", "amount"]
            return {chance.choice(names): odd_value(chance, depth + 1)}


def with_odd_values(value: Any, chance: random.Random) -> Any:
    """The same structure with some parts replaced."""
    if chance.random() < 0.08:
        return odd_value(chance)
    if isinstance(value, dict):
        return {name: with_odd_values(it, chance) for name, it in value.items()}
    if isinstance(value, list):
        return [with_odd_values(it, chance) for it in value]
    return value


@pytest.mark.parametrize("form", ["hsds", "schemaorg"])
def test_values_that_nobody_expects(tmp_path: Path, form: str) -> None:
    paths = {find_form(path): path for path in write_example(tmp_path, TODAY)}
    text = paths[form].read_text("utf-8")
    if form == "schemaorg":
        text = text[text.index("{") : text.rindex("}") + 1]
    whole = json.loads(text)
    chance = random.Random(7)
    path = tmp_path / "odd.json"
    for _ in range(ROUNDS):
        path.write_text(json.dumps(with_odd_values(whole, chance)), encoding="utf-8")
        read_anything(path, form)


def test_cells_that_nobody_expects(tmp_path: Path) -> None:
    source = write_example(tmp_path, TODAY)[0]
    lines = source.read_text("utf-8-sig").splitlines()
    chance = random.Random(8)
    path = tmp_path / "odd.csv"
    for _ in range(ROUNDS):
        rows = [
            ";".join(
                chance.choice(ODD).replace("\n", " ") if chance.random() < 0.1 else cell
                for cell in line.split(";")
            )
            for line in lines[1:12]
        ]
        path.write_text("\n".join([lines[0], *rows]), encoding="utf-8", newline="")
        read_anything(path, "csv")


CELLS = [
    None, True, False, 0, -5, 3.7, 1e300, 46084, 0.5, 99999999, "", "=1/0", "#DIV/0!",
    "elke dinsdag", "31-2-2026", wall("1900-01-01"), wall("2026-12-01 10:00"),
    wall("9999-12-31"), time(23, 59, 59), timedelta(days=3), timedelta(minutes=90),
    TODAY,
    "x" * 3000, "<b>", "ma-zo 24:00-0:00", "RRULE:FREQ=DAILY;COUNT=x",
]  # fmt: skip


def test_cells_of_workbooks_that_nobody_expects(tmp_path: Path) -> None:
    source = openpyxl.load_workbook(write_example(tmp_path, TODAY)[1]).active
    assert source is not None
    _, _, header, *rows = source.iter_rows(values_only=True)
    chance = random.Random(9)
    path = tmp_path / "odd.xlsx"
    for _ in range(ROUNDS // 4):
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(header)
        for row in rows[:12]:
            sheet.append([chance.choice([*CELLS, *[it] * 90]) for it in row])
        book.save(path)
        read_anything(path, "xlsx")
