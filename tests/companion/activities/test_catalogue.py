"""The catalogue: whole or not at all, only what changed, and what happens to damage."""

import io
import sqlite3
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from companion.activities import catalogue as catalogue_module
from companion.activities import intake
from companion.activities.catalogue import (
    Catalogue,
    CatalogueBusy,
    CatalogueError,
    CatalogueTooNew,
    Source,
    open_catalogue,
)
from companion.activities.importing import Wanted, find_form, import_file
from companion.activities.intake import Outcomes
from companion.activities.plain import from_json, to_json
from companion.activities.problems import Outcome, Problem, Reason
from companion.activities.reading import NotRead, Read
from companion.activities.record import Activity
from companion.activities.same import Merged
from companion.activities.when import Span, Times
from tests.companion.activities.reading import NOW, ZONE, wall

COFFEE = Activity(
    "1",
    "a",
    "Koffie",
    "Welzijn",
    times=(Times(Span(wall("2026-03-03 10:00")), ZONE, rule="FREQ=WEEKLY"),),
)
TEA = replace(COFFEE, id="2", title="Thee")


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with open_catalogue(tmp_path / "activities.db", NOW) as opened:
        yield opened


def take(catalogue: Catalogue, *activities: Activity, name: str = "a") -> Outcomes:
    reads = [Read(replace(it, source=name)) for it in activities]
    return catalogue.take_in(Source(name), reads, NOW, is_trial=False)


def titles(catalogue: Catalogue) -> list[str]:
    return sorted(it.activity.title for it in catalogue.records())


def counts(outcomes: Outcomes) -> tuple[int, int, int, int]:
    return outcomes.new, outcomes.changed, outcomes.same, outcomes.gone


def test_only_what_changed_is_written_again(catalogue: Catalogue) -> None:
    assert counts(take(catalogue, COFFEE, TEA)) == (2, 0, 0, 0)
    before = catalogue.changes()
    written = catalogue._connection.total_changes
    assert counts(take(catalogue, COFFEE, TEA)) == (0, 0, 2, 0)
    # The source itself, with when it was read, and no record.
    assert catalogue._connection.total_changes - written <= 2
    assert catalogue.changes() != before
    other = replace(TEA, description="met koek")
    assert counts(take(catalogue, COFFEE, other)) == (0, 1, 1, 0)
    assert catalogue.find("a", "2") == other


def test_what_vanished_is_gone_and_may_come_back(catalogue: Catalogue) -> None:
    take(catalogue, COFFEE, TEA)
    assert counts(take(catalogue, COFFEE)) == (0, 0, 1, 1)
    assert titles(catalogue) == ["Koffie"]
    # It is still known for who has it in the agenda.
    assert catalogue.find("a", "2") is not None
    assert counts(take(catalogue, COFFEE, TEA)) == (1, 0, 1, 0)
    assert titles(catalogue) == ["Koffie", "Thee"]


def test_a_file_that_ends_early_takes_nothing_away(catalogue: Catalogue) -> None:
    take(catalogue, COFFEE, TEA)
    broken = Problem(Reason.ENDS_EARLY, Outcome.SET_ASIDE)
    reads = [Read(COFFEE), Read(None, (broken,))]
    outcomes = catalogue.take_in(Source("a"), reads, NOW, is_trial=False)
    assert counts(outcomes) == (0, 0, 1, 0)
    assert titles(catalogue) == ["Koffie", "Thee"]


def test_an_import_that_fails_changes_nothing(catalogue: Catalogue) -> None:
    take(catalogue, COFFEE)

    def breaking() -> Iterator[Read]:
        for number in range(2_500):
            yield Read(replace(TEA, id=f"t{number}"))
        raise NotRead(Reason.NOT_READABLE)

    with pytest.raises(NotRead):
        catalogue.take_in(Source("a"), breaking(), NOW, is_trial=False)
    assert titles(catalogue) == ["Koffie"]
    assert catalogue.count() == 1


def test_a_trial_tells_and_changes_nothing(catalogue: Catalogue) -> None:
    outcomes = catalogue.take_in(Source("a"), [Read(COFFEE)], NOW, is_trial=True)
    assert outcomes.new == 1
    assert catalogue.sources() == []
    assert titles(catalogue) == []


def test_the_same_id_twice(catalogue: Catalogue) -> None:
    outcomes = take(catalogue, COFFEE, COFFEE, replace(TEA, id="1"))
    assert counts(outcomes) == (1, 0, 0, 0)
    assert [(it.reason, it.outcome) for it in outcomes.problems] == [
        (Reason.SAME_ID, Outcome.SET_ASIDE),
        (Reason.SAME_RECORD, Outcome.REPAIRED),
    ]


def test_the_same_of_two_sources_is_one(catalogue: Catalogue) -> None:
    take(catalogue, COFFEE, TEA)
    take(catalogue, replace(COFFEE, id="x", bring="goed humeur"), name="b")
    (coffee, tea) = sorted(catalogue.records(), key=lambda it: it.activity.title)
    assert coffee.activity.bring == "goed humeur"
    assert sorted(coffee.sources) == [("a", "1"), ("b", "x")]
    assert tea == Merged(TEA, (("a", "2"),))
    assert catalogue.remove_source("b")
    assert titles(catalogue) == ["Koffie", "Thee"]
    assert not catalogue.remove_source("b")


def test_problems_are_kept_for_each_source_and_replaced(catalogue: Catalogue) -> None:
    minor = Problem(Reason.ENTITIES, Outcome.REPAIRED, 2, "A", "titel", "&amp;", "&")
    major = Problem(Reason.MISSING, Outcome.SET_ASIDE, 9, "", "titel")
    reads = [Read(COFFEE, (minor,)), Read(None, (major,))]
    outcomes = catalogue.take_in(Source("a"), reads, NOW, is_trial=False)
    assert (outcomes.set_aside, outcomes.repaired) == (1, 1)
    assert list(catalogue.problems()) == [("a", major), ("a", minor)]
    take(catalogue, COFFEE)
    assert list(catalogue.problems("a")) == []


def test_a_thousand_problems_of_one_kind_hide_no_other(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MOST_PROBLEMS", 5)
    minor = Problem(Reason.ENTITIES, Outcome.REPAIRED)
    major = Problem(Reason.MISSING, Outcome.SET_ASIDE)
    reads = [Read(None, (minor,))] * 9 + [Read(None, (major,))]
    outcomes = catalogue.take_in(Source("a"), reads, NOW, is_trial=False)
    assert outcomes.repaired == 9
    assert outcomes.problems == [major, minor, minor, minor, minor]


def test_sources_keep_how_it_stands_with_them(catalogue: Catalogue) -> None:
    source = Source(
        "a",
        "https://example.org",
        "CC0",
        "csv",
        tried_at=NOW,
        failures=2,
        failure="slow",
    )
    catalogue.put_source(source)
    assert catalogue.source("a") == source
    assert catalogue.source_at("https://example.org") == source
    assert catalogue.source("b") is None


@pytest.mark.parametrize("spoil", ["header", "middle", "text"])
def test_a_damaged_one_is_set_aside_and_said(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "activities.db"
    with open_catalogue(path, NOW) as catalogue:
        take(catalogue, *(replace(COFFEE, id=str(it)) for it in range(400)))
    content = bytearray(path.read_bytes())
    match spoil:
        case "header":
            content[:16] = b"x" * 16
        case "middle":
            content[4096:] = b"\x07" * (len(content) - 4096)
        case "text":
            content = bytearray(b"geen database")
    path.write_bytes(content)
    with open_catalogue(path, NOW) as catalogue:
        assert catalogue.was_damaged is not None
        assert catalogue.was_damaged.read_bytes() == content
        assert catalogue.sources() == []
        take(catalogue, COFFEE)
    with open_catalogue(path, NOW) as catalogue:
        assert catalogue.was_damaged is None
        assert titles(catalogue) == ["Koffie"]


def test_one_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "activities.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(CatalogueTooNew):
        open_catalogue(path, NOW)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CatalogueError):
        open_catalogue(tmp_path / "file" / "activities.db", NOW)


def test_who_writes_meanwhile_is_said_and_readers_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "activities.db"
    with open_catalogue(path, NOW) as first:
        take(first, COFFEE)
        monkeypatch.setattr(catalogue_module, "BUSY_TIMEOUT_MS", 10)
        with open_catalogue(path, NOW) as second:

            def reads() -> Iterator[Read]:
                yield Read(TEA)
                assert titles(second) == ["Koffie"]
                with pytest.raises(CatalogueBusy):
                    second.put_source(Source("b"))

            first.take_in(Source("a"), reads(), NOW, is_trial=False)
            assert titles(second) == ["Thee"]


def test_records_are_the_same_after_the_disk() -> None:
    whole = replace(
        COFFEE,
        checked_on=NOW.date(),
        times=(
            replace(
                COFFEE.times[0],
                without=(wall("2026-03-10 10:00"),),
                also=(Span(wall("2026-03-11 10:00"), wall("2026-03-11 11:00")),),
            ),
        ),
    )
    assert from_json(to_json(whole)) == whole
    for text in ("[]", "3", '{"id": 3}', '{"x": "y"}', '{"id": "1"}'):
        with pytest.raises(ValueError):
            from_json(text)


def zipped(*names: str, content: str = "") -> bytes:
    """A zip with parts of these names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04...", Reason.NOT_READABLE),
        (zipped("photo.jpg"), Reason.NOTHING_KNOWN),
        (
            zipped(
                "mimetype", content="application/vnd.oasis.opendocument.spreadsheet"
            ),
            Reason.OTHER_SPREADSHEET,
        ),
        # Excel 97, and also any workbook that has a password.
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(500), Reason.OTHER_SPREADSHEET),
    ],
)
def test_what_cannot_be_read_is_said(
    tmp_path: Path, content: bytes, reason: Reason
) -> None:
    path = tmp_path / "something.xlsx"
    path.write_bytes(content)
    with pytest.raises(NotRead) as caught:
        find_form(path)
    assert caught.value.problem.reason is reason


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "xlsx"),
        (zipped("datapackage.json", "services.csv"), "hsds"),
        (b"BEGIN:VCALENDAR\r\n", "ical"),
        (b"\xef\xbb\xbf\r\nbegin:vcalendar\r\n", "ical"),
        (b"<!DOCTYPE html>", "schemaorg"),
        (b'{"@context": "https://schema.org"}', "schemaorg"),
        (b'[{"@type": "Event"}]', "schemaorg"),
        (b'{"contents": []}', "hsds"),
        (b"Titel;Organisatie\n", "csv"),
        ("Titel;Organisatie\n".encode("utf-16"), "csv"),
        (b"", "csv"),
    ],
)
def test_the_form_is_seen_in_the_content(
    tmp_path: Path, content: bytes, form: str
) -> None:
    path = tmp_path / "something.xls"
    path.write_bytes(content)
    assert find_form(path) == form


def test_the_last_day_is_kept_with_a_record(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Titel;Organisatie;Datum;Begintijd\nA;B;3-3-2026;10:00\n")
    import_file(catalogue, path, Wanted("x", str(path)), NOW, ZONE)
    (merged,) = catalogue.records()
    assert merged.activity.last_day() == (NOW - timedelta(days=264)).date()
