"""The social maps of the benchmark are what they say, and read as such."""

import zipfile
from pathlib import Path

import pytest

from benchmarks.activities_import import measure
from benchmarks.measuring.social_maps import FORMS, SHARED, write
from companion.activities.importers.xlsx import read_xlsx
from tests.companion.activities.reading import CONTEXT

COUNT = 300


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_read_and_only_what_changed_is_written(
    tmp_path: Path, form: str
) -> None:
    write(tmp_path / form, form, COUNT)
    found = measure(tmp_path / form, form, COUNT)
    # One in a hundred is wrong, and one in a hundred changes.
    assert (found.kept, found.set_aside, found.written) == (COUNT - 3, 3, 3)


def test_texts_that_cells_share_say_the_same(tmp_path: Path) -> None:
    plain, shared = tmp_path / "plain", tmp_path / "shared"
    write(plain, "xlsx", COUNT)
    write(shared, SHARED, COUNT)
    with zipfile.ZipFile(shared) as archive:
        assert archive.read("xl/sharedStrings.xml").count(b"<si>") > COUNT
        assert b'<c r="A1" t="s"><v>0</v></c>' in archive.read(
            "xl/worksheets/sheet1.xml"
        )
    with zipfile.ZipFile(plain) as archive:
        assert "xl/sharedStrings.xml" not in archive.namelist()
    one, other = (
        [it.activity for it in read_xlsx(path, CONTEXT)] for path in (plain, shared)
    )
    # The number names the form.
    assert [it and it.title for it in one] == [it and it.title for it in other]
    assert [it and it.times for it in one] == [it and it.times for it in other]
