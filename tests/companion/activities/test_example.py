"""The social map of the village that does not exist."""

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from companion.activities.catalogue import Catalogue, open_catalogue
from companion.activities.example.making import (
    LICENCE,
    write_example,
    write_templates,
)
from companion.activities.example.template import SHEETS, columns, write_template
from companion.activities.importers.csv_table import read_csv
from companion.activities.importers.xlsx import read_xlsx
from companion.activities.importing import IMPORTERS, Wanted, find_form, import_file
from companion.activities.reading import NotRead
from companion.activities.record import Access, Category, Status
from companion.activities.same import Merged
from companion.activities.words import load_words
from tests.companion.activities.reading import AMSTERDAM, CONTEXT, ZONE, starts

ROOT = Path(__file__).parents[3]
TODAYS = [date(2026, 11, 22), date(2027, 2, 28), date(2028, 8, 1), date(2035, 12, 31)]


def village(folder: Path, today: date) -> list[Merged]:
    now = datetime.combine(today, datetime.min.time(), AMSTERDAM)
    with open_catalogue(folder / "activities.db", now) as catalogue:
        forms = {_import(catalogue, path, now) for path in write_example(folder, today)}
        assert forms == set(IMPORTERS)
        return list(catalogue.records())


def _import(catalogue: Catalogue, path: Path, now: datetime) -> str:
    wanted = Wanted(path.suffix, str(path), LICENCE)
    outcomes = import_file(catalogue, path, wanted, now, ZONE)
    assert outcomes.problems == [], path.name
    assert outcomes.records > 5
    return find_form(path)


@pytest.mark.parametrize("today", TODAYS)
def test_there_is_always_something_to_do_for_a_month(
    tmp_path: Path, today: date
) -> None:
    found = village(tmp_path, today)
    assert len(found) >= 60
    now = datetime.combine(today, datetime.min.time(), AMSTERDAM)
    days = Counter(
        moment.start.date()
        for merged in found
        for times in merged.activity.times
        for moment in times.occurrences(now, now + timedelta(days=31))
    )
    assert len(days) == 31
    assert sum(days.values()) > 120
    # What happens once lies ahead.
    once = [
        it.activity
        for it in found
        if it.activity.times and not it.activity.times[0].rule
    ]
    assert len(once) >= 7
    assert all((it.last_day() or date.min) > today for it in once)


def test_it_is_rich_enough_to_try_everything(tmp_path: Path) -> None:
    found = [it.activity for it in village(tmp_path, TODAYS[0])]
    assert {it.category for it in found} >= set(Category) - {Category.OTHER}
    assert {it.status for it in found} == set(Status)
    assert sum(1 for it in found if it.cost.lowest_cents == 0) > 10
    assert sum(1 for it in found if it.cost.lowest_cents) > 20
    assert sum(1 for it in found if it.opening_hours) > 8
    assert sum(1 for it in found if "tr" in it.languages) >= 3
    assert sum(1 for it in found if "ar" in it.languages) >= 3
    assert any(it.languages == ("fy",) for it in found)
    assert sum(1 for it in found if (it.cost.lowest_cents or 0) >= 1_500) >= 3
    assert any(times.without for it in found for times in it.times)
    assert any("BYMONTH" in times.rule for it in found for times in it.times)
    # Some are long not looked at, so that it is seen what happens to those.
    old = [it for it in found if it.checked_on and it.checked_on.year < 2026]
    assert len(old) >= 2


def test_a_rollator_can_come_cannot_or_nobody_knows(tmp_path: Path) -> None:
    found = [it.activity for it in village(tmp_path, TODAYS[0])]
    can = [it for it in found if Access.ROLLATOR in it.accessibility]
    cannot = [
        it for it in found if "rollator" in it.accessibility_note and it not in can
    ]
    unknown = [it for it in found if it.times and not it.accessibility_note]
    assert len(can) >= 10
    assert len(cannot) >= 1
    assert len(unknown) >= 5


def test_evenings_and_weekends_too(tmp_path: Path) -> None:
    now = datetime.combine(TODAYS[0], datetime.min.time(), AMSTERDAM)
    kinds = Counter(
        (moment.start.weekday() >= 5, moment.start.hour >= 17)
        for merged in village(tmp_path, TODAYS[0])
        for times in merged.activity.times
        for moment in times.occurrences(now, now + timedelta(days=31))
    )
    assert len(kinds) == 4
    assert min(kinds.values()) >= 4


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("Reizen met een VR-bril", Category.DIGITAL),
        ("Maatje aan huis", Category.COMPANY),
        ("Telefooncirkel", Category.COMPANY),
        ("Plusbus", Category.TRANSPORT),
        ("Burenhulp: vragen en aanbieden", Category.VOLUNTEERING),
        ("Spreekuur ouderenadviseur", Category.ADVICE),
        ("Start van de Week tegen Eenzaamheid", Category.MEETING),
        ("Ontmoetingscentrum Samen", Category.MEETING),
    ],
)
def test_what_the_national_programme_names_is_there(
    tmp_path: Path, title: str, category: Category
) -> None:
    found = {it.activity.title: it.activity for it in village(tmp_path, TODAYS[0])}
    assert found[title].category is category


def test_several_sources_tell_of_the_same(tmp_path: Path) -> None:
    found = village(tmp_path, TODAYS[0])
    assert sum(1 for it in found if len(it.sources) == 2) >= 8


def test_nobody_is_called_by_mistake(tmp_path: Path) -> None:
    for merged in village(tmp_path, TODAYS[0]):
        phone = merged.activity.contact.phone
        assert phone == "" or phone.startswith("060")
        assert merged.activity.url in ("",) or "example.org" in merged.activity.url
        assert merged.activity.contact.email in ("", "info@example.org")
        assert merged.activity.place.town in ("", "Voorbeelddorp")


def test_the_template_has_every_column_and_nothing_else(tmp_path: Path) -> None:
    text, book = write_templates(tmp_path)
    names = list(load_words().column_names.values())
    assert list(columns()) == names
    assert text.read_text("utf-8-sig").strip().split(";") == names
    assert text.read_bytes().startswith(b"\xef\xbb\xbf")
    sheets = openpyxl.load_workbook(book).worksheets
    assert tuple(it.title for it in sheets) == SHEETS
    assert [cell.value for cell in next(sheets[0].iter_rows())] == names
    assert [row[0].value for row in sheets[1].iter_rows(min_row=2)] == names
    assert list(read_csv(text, CONTEXT)) == list(read_xlsx(book, CONTEXT)) == []
    with pytest.raises(ValueError):
        write_template(tmp_path / "sjabloon.ods")


def test_the_examples_of_the_template_are_right(tmp_path: Path) -> None:
    _, path = write_templates(tmp_path)
    book = openpyxl.load_workbook(path)
    # Opening hours stand in the place of moments.
    filled = {
        name: "" if name == "openingstijden" else example
        for name, (_, example) in columns().items()
    }
    book[SHEETS[0]].append([it or None for it in filled.values()])
    book.save(path)
    (found,) = read_xlsx(path, CONTEXT)
    assert found.problems == ()
    activity = found.activity
    assert activity is not None
    assert (activity.title, activity.category) == ("Koffieochtend", Category.MEETING)
    assert activity.cost.lowest_cents == 250
    assert (activity.audience.lowest_age, activity.audience.highest_age) == (65, 99)
    assert (activity.place.latitude, activity.place.longitude) == (52.55, 5.2)
    assert starts(activity, date(2026, 12, 1), date(2027, 1, 1)) == [
        "2026-12-03 10:00",
        "2026-12-17 10:00",
        "2026-12-19 10:00",
    ]
    assert activity.checked_on == date(2026, 11, 1)


def test_the_page_and_the_template_say_the_same() -> None:
    page = (ROOT / "docs" / "gemeenten.md").read_text("utf-8")
    for name, (what, _) in columns().items():
        (line,) = [it for it in page.splitlines() if it.startswith(f"| `{name}`")]
        # What is in backticks there is a word of the template.
        assert what in line.replace("`", "").replace("**", ""), name


def test_the_page_for_municipalities_explains_every_column_and_kind() -> None:
    page = (ROOT / "docs" / "gemeenten.md").read_text("utf-8")
    missing = [it for it in load_words().column_names.values() if f"`{it}`" not in page]
    assert missing == []
    words = load_words().categories
    (kinds,) = [it for it in page.split("\n\n") if it.startswith("**Soort**")]
    named = {words[word] for word in words if f"`{word}`" in kinds}
    assert named == set(Category) - {"company"} | {words["maatje"]}
    for status in ("open", "vol", "afgelast", "gesloten"):
        assert f"`{status}`" in page


def test_every_word_means_something_known() -> None:
    words = load_words()
    assert set(words.categories.values()) == set(Category)
    assert set(words.status.values()) == set(Status)
    assert not words.yes & words.no
    # A column cannot mean two things.
    assert len(words.columns) >= len(words.column_names)


def test_an_empty_folder_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(NotRead):
        list(read_csv(tmp_path / "empty", CONTEXT))
