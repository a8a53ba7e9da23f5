"""What is the same is not read again, and nothing shows that it was not."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from companion.activities.catalogue import Catalogue, Source, open_catalogue
from companion.activities.importing import Wanted, import_file, reader, way_of
from companion.activities.intake import Outcomes
from companion.activities.plain import to_json
from companion.activities.problems import Reason
from companion.activities.reading import NotRead, Read, Today
from companion.activities.record import Activity
from companion.activities.taken import Taken
from tests.companion.activities.reading import NOW, TODAY, ZONE

DAY = timedelta(days=1)
WANTED = Wanted("kaart", "kaart.csv", "CC0")
TABLE = (
    "Titel;Organisatie;Datum;Begintijd;Telefoon\n"
    "Koffie;Welzijn;3-3-2027;10:00;nummer onbekend\n"
    "Thee;Welzijn;31-2-2027;10:00;\n"
)


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with open_catalogue(tmp_path / "activities.db", NOW) as opened:
        yield opened


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "kaart.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def put(
    catalogue: Catalogue,
    path: Path,
    wanted: Wanted = WANTED,
    days: int = 0,
    zone: str = ZONE,
    is_trial: bool = False,
) -> Outcomes:
    now = NOW + days * DAY
    return import_file(catalogue, path, wanted, now, zone, is_trial)


def mark(catalogue: Catalogue) -> None:
    """Spoil the records, so that reading the file would be seen."""
    catalogue._connection.execute("UPDATE record SET hash = x'00'")


def was_read(catalogue: Catalogue, outcomes: Outcomes) -> bool:
    """Whether the file was read since they were spoilt."""
    count = catalogue._connection.execute(
        "SELECT count(*) FROM record WHERE hash = x'00'"
    )
    assert outcomes.new + outcomes.changed + outcomes.same
    return bool(count.fetchone() == (0,))


def said(catalogue: Catalogue) -> list[str]:
    return [to_json(it.activity) for it in catalogue.records()]


def test_the_same_is_not_read_again_and_counts_as_read(
    catalogue: Catalogue, table: Path
) -> None:
    first = put(catalogue, table)
    problems = list(catalogue.problems())
    before = catalogue.source("kaart")
    assert (first.new, first.set_aside, first.left_out) == (1, 1, 1)
    assert before is not None
    # A failure in between is over.
    catalogue.put_source(replace(before, failures=2, failure="status 500"))
    mark(catalogue)
    again = put(catalogue, table, replace(WANTED, location="elders", etag='"2"'), 1)
    assert not was_read(catalogue, again)
    assert again == replace(first, new=0, same=1)
    assert list(catalogue.problems()) == problems
    assert catalogue.source("kaart") == replace(
        before, location="elders", etag='"2"', read_at=NOW + DAY, tried_at=NOW + DAY
    )


def test_a_trial_of_the_same_writes_nothing(catalogue: Catalogue, table: Path) -> None:
    first = put(catalogue, table)
    before = catalogue.sources()
    assert put(catalogue, table, days=1, is_trial=True) == replace(first, new=0, same=1)
    assert catalogue.sources() == before


def test_a_trial_counts_for_nothing_later(catalogue: Catalogue, table: Path) -> None:
    put(catalogue, table, is_trial=True)
    assert put(catalogue, table).new == 1


@pytest.mark.parametrize(
    "difference", ["contents", "licence", "zone", "reader", "year", "clock", "older"]
)
def test_whatever_makes_a_difference_has_it_read_anew(
    catalogue: Catalogue, table: Path, difference: str
) -> None:
    put(catalogue, table)
    mark(catalogue)
    match difference:
        case "contents":
            table.write_text(TABLE.replace("Thee", "Soep"), encoding="utf-8")
            again = put(catalogue, table)
        case "licence":
            again = put(catalogue, table, replace(WANTED, licence="CC-BY"))
        case "zone":
            again = put(catalogue, table, zone="America/Curacao")
        case "year":
            # By then other years can be meant.
            again = put(catalogue, table, days=50)
        case "clock":
            again = put(catalogue, table, days=-1)
        case "reader":
            way = way_of(WANTED, ZONE).replace(reader(), "of an earlier version")
            catalogue._connection.execute("UPDATE taken SET way = ?", (way,))
            again = put(catalogue, table)
        case _:
            # An older program, which knows nothing of this, read something else.
            (source,) = catalogue.sources()
            catalogue.put_source(replace(source, read_at=NOW + timedelta(hours=1)))
            again = put(catalogue, table, days=1)
    assert was_read(catalogue, again)


def test_under_another_name_it_is_another_source(
    catalogue: Catalogue, table: Path
) -> None:
    put(catalogue, table)
    assert put(catalogue, table, replace(WANTED, source="buurt")).new == 1
    assert catalogue.remove_source("kaart")
    # What was forgotten is read again.
    assert put(catalogue, table).new == 1
    assert {it.name: it.records for it in catalogue.sources()} == {
        "buurt": 1,
        "kaart": 1,
    }


def test_what_failed_half_way_was_not_taken_in(
    catalogue: Catalogue, table: Path
) -> None:
    put(catalogue, table)
    way = way_of(WANTED, ZONE)
    before = catalogue.taken("kaart", way, TODAY)

    def breaking() -> Iterator[Read]:
        for number in range(2_500):
            yield Read(Activity(f"{number}", "kaart", f"Koffie {number}"))
        raise NotRead(Reason.NOT_READABLE)

    other = Taken(way, "of another file", TODAY)
    with pytest.raises(NotRead):
        catalogue.take_in(
            Source("kaart"), breaking(), NOW, is_trial=False, name_taken=lambda: other
        )
    assert catalogue.taken("kaart", way, TODAY) == before
    mark(catalogue)
    # So the one that was there is the same still.
    assert not was_read(catalogue, put(catalogue, table))


def test_what_cannot_be_read_leaves_what_was_taken_in(
    catalogue: Catalogue, table: Path
) -> None:
    put(catalogue, table)
    table.write_text("Beste mensen", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(NotRead):
            put(catalogue, table)
    table.write_text(TABLE, encoding="utf-8")
    mark(catalogue)
    assert not was_read(catalogue, put(catalogue, table))


def test_a_catalogue_of_an_older_program_is_gone_on_with(
    tmp_path: Path, table: Path
) -> None:
    path = tmp_path / "activities.db"
    with open_catalogue(path, NOW) as catalogue:
        put(catalogue, table)
        catalogue._connection.execute("DROP TABLE taken")
    with open_catalogue(path, NOW) as catalogue:
        for same in (False, True):
            mark(catalogue)
            assert was_read(catalogue, put(catalogue, table)) is not same


# -- the day -------------------------------------------------------------------------


def test_a_day_is_past_or_ahead_and_that_ends() -> None:
    def asked(*days: date) -> date:
        today = Today(TODAY)
        for day in days:
            assert today.is_past(day) == (day < TODAY)
            assert today.is_ahead(day) == (day > TODAY)
        return today.same_until

    assert asked() == asked(TODAY - DAY) == date(2026, 12, 31)
    # Tomorrow it is past.
    assert asked(TODAY) == TODAY
    # Tomorrow it is no longer ahead.
    assert asked(TODAY + DAY) == TODAY
    assert asked(TODAY + 9 * DAY, TODAY + 5 * DAY) == TODAY + 4 * DAY
    assert asked(date.max) == date(2026, 12, 31)


def service(number: int, **parts: object) -> dict[str, object]:
    return {
        "id": f"{number}",
        "name": f"Spreekuur {number}",
        "status": "active",
    } | parts


def hours(**parts: object) -> dict[str, object]:
    return {"byday": "TU", "opens_at": "10:00", "closes_at": "11:00"} | parts


def day(ahead: int) -> str:
    return (TODAY + ahead * DAY).isoformat()


SERVICES = [
    service(1, schedules=[hours(valid_to=day(3)), hours(valid_from=day(6))]),
    service(2, cost_options=[{"amount": 3, "valid_to": day(9)}, {"amount": 5}]),
    service(3, assured_date=day(12), last_modified=day(-40)),
    service(4, schedules=[hours(dtstart="2037-01-05")]),
]
ROWS = (
    "Titel;Organisatie;Herhaling;Begintijd;Datum;Gecontroleerd op\n"
    "Koffie;Welzijn;elke dinsdag;10:00;;\n"
    f"Thee;Welzijn;;10:00;{day(4)};{day(7)}\n"
    "Soep;Welzijn;;10:00;3-3-2037;\n"
)
EVENTS = "\n".join(
    (
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        "UID:1",
        "SUMMARY:Koffie",
        "DTSTART:20370303T100000",
        f"LAST-MODIFIED:{TODAY + 5 * DAY:%Y%m%d}T090000Z",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:2",
        "SUMMARY:Thee",
        "DTSTART:20270303T100000",
        f"LAST-MODIFIED:{TODAY + 8 * DAY:%Y%m%d}T090000Z",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
)
PAGE = [
    {"@type": "Event", "name": "Koffie", "startDate": "2027-03-03T10:00"}
    | {"dateModified": day(10), "sdDatePublished": day(11)},
    {"@type": "Event", "name": "Thee", "startDate": "2037-03-03T10:00"},
]


@pytest.mark.parametrize(
    ("contents", "days_read"),
    [
        (json.dumps({"contents": SERVICES}), [0, 4, 6, 10, 12, 40, 405]),
        (ROWS, [0, 7, 40, 405]),
        (EVENTS, [0, 8, 40, 405]),
        (json.dumps({"@graph": PAGE}), [0, 10, 11, 40, 405]),
    ],
    ids=["hsds", "csv", "ical", "schemaorg"],
)
def test_each_day_says_what_reading_it_that_day_says(
    tmp_path: Path, contents: str, days_read: list[int]
) -> None:
    path = tmp_path / "source"
    path.write_text(contents, encoding="utf-8")
    read = []
    with open_catalogue(tmp_path / "kept.db", NOW) as kept:
        for days in (*range(15), 39, 40, 41, 404, 405, 406):
            if kept.taken("kaart", way_of(WANTED, ZONE), TODAY + days * DAY) is None:
                read.append(days)
            outcomes = put(kept, path, days=days)
            with open_catalogue(tmp_path / f"{days}.db", NOW) as anew:
                expected = put(anew, path, days=days)
                assert said(kept) == said(anew)
                assert list(kept.problems()) == list(anew.problems())
            assert outcomes.records == expected.records
            assert outcomes.problems == expected.problems
    # And only on the days on which something may have changed.
    assert read == days_read
