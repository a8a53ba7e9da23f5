"""Tables as municipalities keep them: what is read, and what is set aside and why."""

import csv
import io
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.activities.dutch_grid import is_on_grid, to_degrees
from companion.activities.importers.csv_table import read_csv
from companion.activities.problems import Outcome, Reason
from companion.activities.reading import Read
from companion.activities.record import Cost
from companion.activities.rows import read_row
from companion.commands.activity_tables import explain
from tests.companion.activities.reading import (
    CONTEXT,
    activities,
    noted,
    only,
    read,
    set_aside,
    starts,
)


def row(**cells: Any) -> Read:
    """A row of the template with these fields besides its names."""
    found = read_row(
        {"title": "Koffie", "organisation": "Welzijn", **cells}, 2, CONTEXT
    )
    for problem in found.problems:
        assert all(explain(problem))
    return found


def reasons(found: Read) -> set[tuple[Reason, Outcome]]:
    return {(it.reason, it.outcome) for it in found.problems}


REPAIRED = {(Reason.MORE_IN_A_CELL, Outcome.REPAIRED)}


def when(found: Read) -> str:
    """The series, as short as it can be told."""
    assert found.activity is not None, found.problems
    (times,) = found.activity.times
    start, end = times.first.start, times.first.end
    told = f"{start:%Y-%m-%d %H:%M}" if not times.is_all_day else f"{start:%Y-%m-%d}"
    if end is not None:
        told += f" {end:%H:%M}" if not times.is_all_day else f" {end:%Y-%m-%d}"
    also = "".join(f" +{it.start:%Y-%m-%d}" for it in times.also)
    return f"{told} {times.rule}".strip() + also


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2 maart 2027", "2027-03-02 2027-03-03"),
        ("di. 2 mrt. 2027", "2027-03-02 2027-03-03"),
        ("Dinsdag 2 Maart 2027", "2027-03-02 2027-03-03"),
        ("2-3-2027 10:00", "2027-03-02 10:00"),
        ("2-3-2027 10.00-12.00 uur", "2027-03-02 10:00 12:00"),
        ("dinsdag 2 maart 2027, 10.00 - 12.00 uur", "2027-03-02 10:00 12:00"),
        ("2 maart 2027 om 10.30 uur", "2027-03-02 10:30"),
        ("2 maart 2027 van 10:30 tot 11:45 uur", "2027-03-02 10:30 11:45"),
        ("2 t/m 5 maart 2027", "2027-03-02 2027-03-06"),
        ("28 februari - 2 maart 2027", "2027-02-28 2027-03-03"),
        ("2-3-2027 t/m 5-3-2027", "2027-03-02 2027-03-06"),
        ("2-3-2027, 9-3-2027 en 16-3-2027",
         "2027-03-02 2027-03-03 +2027-03-09 +2027-03-16"),
        (datetime.fromisoformat("2027-03-02 10:30"), "2027-03-02 10:30"),
        (date(2027, 3, 2), "2027-03-02 2027-03-03"),
    ],
)  # fmt: skip
def test_dates_as_people_write_them(text: object, told: str) -> None:
    found = row(date=text)
    assert when(found) == told
    assert reasons(found) <= REPAIRED


@pytest.mark.parametrize(
    ("text", "rule", "first"),
    [
        ("elke 2e dinsdag", "FREQ=MONTHLY;BYDAY=2TU", "2026-01-13"),
        ("elke 2de dinsdag v.d. maand", "FREQ=MONTHLY;BYDAY=2TU", "2026-01-13"),
        ("elke dinsdagmiddag", "FREQ=WEEKLY;BYDAY=TU", "2026-01-06"),
        ("maandag- en donderdagochtend", "FREQ=WEEKLY;BYDAY=MO,TH", "2026-01-01"),
        ("maandagochtend en donderdagavond", "FREQ=WEEKLY;BYDAY=MO,TH", "2026-01-01"),
        ("elke dinsdag vanaf 3 maart 2027", "FREQ=WEEKLY;BYDAY=TU", "2027-03-09"),
        ("om de week op dinsdag m.i.v. 2-3-2027",
         "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "2027-03-02"),
        ("elke laatste vrijdag van de maand", "FREQ=MONTHLY;BYDAY=-1FR", "2026-01-30"),
        ("1x per week op dinsdag", "FREQ=WEEKLY;BYDAY=TU", "2026-01-06"),
    ],
)  # fmt: skip
def test_what_repeats_in_the_column_of_the_date(
    text: str, rule: str, first: str
) -> None:
    found = row(date=text, starts="10:00")
    assert when(found) == f"{first} 10:00 {rule}"
    assert reasons(found) == REPAIRED


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("10.00-12.00 uur", "10:00 12:00"),
        ("10:00 - 12:00", "10:00 12:00"),
        ("van 10 tot 12 uur", "10:00 12:00"),
        ("10.00 uur tot 12.00 uur", "10:00 12:00"),
        ("10u30 – 12u", None),
        ("vanaf 10 uur", "10:00"),
        ("10-12 uur", "10:00 12:00"),
        ("10.00", "10:00"),
        ("10.00 uur, inloop vanaf 9.30 uur", None),
        ("'s ochtends", None),
        ("n.t.b.", None),
    ],
)
def test_times_as_people_write_them(text: str, told: str | None) -> None:
    found = row(date="2-3-2027", starts=text)
    if told is None:
        assert set_aside([found]) == [Reason.NOT_A_TIME]
    else:
        assert when(found) == f"2027-03-02 {told}"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"date": "2 maart"}, Reason.NO_YEAR),
        ({"date": "2-3"}, Reason.NO_YEAR),
        ({"date": "medio maart 2027"}, Reason.NOT_A_DATE),
        ({"date": "in overleg"}, Reason.NOT_A_DATE),
        ({"date": "31-2-2027"}, Reason.NOT_A_DATE),
        ({"date": "5 t/m 2 maart 2027"}, Reason.NOT_A_DATE),
        # Two columns that say something else: nobody knows which is right.
        ({"date": "2-3-2027 10:00-12:00", "ends": "13:00"}, Reason.NOT_A_DATE),
        ({"date": "elke dinsdag", "repeats": "wekelijks"}, Reason.NOT_A_DATE),
        ({"date": "2-3-2027", "repeats": "even weken"}, Reason.NOT_A_RULE),
        ({"date": "2-3-2027", "repeats": "elke dinsdag, niet in vakanties"},
         Reason.NOT_A_RULE),
        ({"date": "2-3-2027", "repeats": "2x per week"}, Reason.NOT_A_RULE),
    ],
)  # fmt: skip
def test_what_nobody_can_be_sure_of_is_set_aside(
    cells: dict[str, str], reason: Reason
) -> None:
    assert set_aside([row(**cells)]) == [reason]


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("€ 3,50 incl. koffie", Cost(350, 350, "€ 3,50 incl. koffie")),
        ("€3,50", Cost(350, 350)),
        ("3,50 euro p.p.", Cost(350, 350)),
        ("gratis", Cost(0, 0)),
        ("Gratis!", Cost(0, 0, "Gratis!")),
        (
            "Gratis (vrijwillige bijdrage)",
            Cost(0, None, "Gratis (vrijwillige bijdrage)"),
        ),
        ("geen", Cost(0, 0)),
        ("€ 0,-", Cost(0, 0)),
        ("€ 5,- / € 2,50 met stadspas", Cost(250, 500, "€ 5,- / € 2,50 met stadspas")),
        ("koffie 1 euro", Cost(100, 100, "koffie 1 euro")),
        ("op aanvraag", Cost(text="op aanvraag")),
        ("10 lessen", Cost(text="10 lessen")),
        ("€ 1.250,00", Cost(text="€ 1.250,00")),
        (2.5, Cost(250, 250)),
    ],
)
def test_what_it_costs(text: object, cost: Cost) -> None:
    activity = row(cost=text).activity
    assert activity is not None
    assert activity.cost == cost


@pytest.mark.parametrize(
    ("text", "number", "reason"),
    [
        ("(010) 123 45 67 / 06-12345678", "0101234567", Reason.MORE_PHONES),
        ("010 - 123 45 67", "0101234567", None),
        ("+31 (0)10 1234567", "0101234567", None),
        ("0031101234567", "0101234567", None),
        ("Tel: 010-1234567", "0101234567", None),
        ("010-1234567 (Anja, di t/m do)", "0101234567", Reason.MORE_IN_A_CELL),
        ("06 12 34 56 78 (na 18 uur)", "0612345678", Reason.MORE_IN_A_CELL),
        (612345678.0, "0612345678", Reason.LOST_ZERO),
        ("14 010", "14010", None),
        ("1234567", "", Reason.NOT_A_PHONE),
        ("zie website", "", Reason.NOT_A_PHONE),
        ("010-1234567 thuis 010-7654321", "", Reason.NOT_A_PHONE),
    ],
)
def test_telephone_numbers(text: object, number: str, reason: Reason | None) -> None:
    found = row(phone=text)
    assert found.activity is not None
    assert found.activity.contact.phone == number
    assert [it.reason for it in found.problems] == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("cells", "place", "reason"),
    [
        ({"postcode": "1234ab"}, ("", "1234 AB", ""), None),
        ({"postcode": "1234 AB Voorbeelddorp"}, ("", "1234 AB", "Voorbeelddorp"),
         Reason.MORE_IN_A_CELL),
        ({"address": "Dorpsstraat 1, 1234 AB Voorbeelddorp"},
         ("Dorpsstraat 1", "1234 AB", "Voorbeelddorp"), Reason.MORE_IN_A_CELL),
        ({"address": "Dorpsstraat 1a 1234AB Voorbeelddorp"},
         ("Dorpsstraat 1a", "1234 AB", "Voorbeelddorp"), Reason.MORE_IN_A_CELL),
        ({"address": "Plein 1940 nr 3", "town": "Voorbeelddorp"},
         ("Plein 1940 nr 3", "", "Voorbeelddorp"), None),
        ({"town": "VOORBEELDDORP"}, ("", "", "Voorbeelddorp"), Reason.CAPITALS),
        ({"town": "BERGEN OP ZOOM"}, ("", "", "Bergen op Zoom"), Reason.CAPITALS),
        ({"town": "'S-GRAVENHAGE"}, ("", "", "'s-Gravenhage"), Reason.CAPITALS),
        ({"town": "DEN HAAG"}, ("", "", "Den Haag"), Reason.CAPITALS),
        ({"town": "CAPELLE AAN DEN IJSSEL"}, ("", "", "Capelle aan den IJssel"),
         Reason.CAPITALS),
        ({"town": "BERGEN NH"}, ("", "", "Bergen NH"), Reason.CAPITALS),
        ({"town": "Ede"}, ("", "", "Ede"), None),
    ],
)  # fmt: skip
def test_places(
    cells: dict[str, str], place: tuple[str, str, str], reason: Reason | None
) -> None:
    found = row(**cells)
    assert found.activity is not None
    at = found.activity.place
    assert (at.address, at.postcode, at.town) == place
    assert [it.reason for it in found.problems] == ([reason] if reason else [])


# The tower of Westerkerk, as the registry publishes it in both systems.
X, Y, LATITUDE, LONGITUDE = 120_700.723, 487_525.501, 52.374532, 4.883526


@pytest.mark.parametrize(
    ("latitude", "longitude", "reason"),
    [
        (f"{LATITUDE}", f"{LONGITUDE}", None),
        (LATITUDE, LONGITUDE, None),
        ("52,374532", "4,883526", None),
        ("4,883526", "52,374532", Reason.SWAPPED_COORDINATES),
        ("52.374532, 4.883526", None, Reason.MORE_IN_A_CELL),
        ("52,374532; 4,883526", None, Reason.MORE_IN_A_CELL),
        (f"{Y}", f"{X}", Reason.DUTCH_GRID),
        (f"{X}".replace(".", ","), f"{Y}".replace(".", ","), Reason.DUTCH_GRID),
        (Y, X, Reason.DUTCH_GRID),
        # Without its comma: it could be anything.
        ("52374532", "4883526", Reason.NOT_A_COORDINATE),
        ("523745", "48835", Reason.NOT_A_COORDINATE),
        ("0", "0", Reason.NOT_A_COORDINATE),
        ("52,37", None, Reason.NOT_A_COORDINATE),
    ],
)
def test_coordinates(
    latitude: object, longitude: object, reason: Reason | None
) -> None:
    cells = {"latitude": latitude, "longitude": longitude}
    found = row(**{name: it for name, it in cells.items() if it is not None})
    assert found.activity is not None
    place = found.activity.place
    assert [it.reason for it in found.problems] == ([reason] if reason else [])
    if reason is Reason.NOT_A_COORDINATE:
        assert place.latitude is None
        return
    assert place.latitude == pytest.approx(LATITUDE, abs=2e-5)
    assert place.longitude == pytest.approx(LONGITUDE, abs=2e-5)


def test_the_middle_of_the_grid() -> None:
    assert to_degrees(155_000, 463_000) == pytest.approx(
        (52.155174, 5.387206), abs=1e-5
    )


@given(st.floats(50.7, 53.6), st.floats(3.2, 7.3), st.integers(3, 6))
def test_degrees_without_their_comma_are_never_taken_for_metres(
    latitude: float, longitude: float, decimals: int
) -> None:
    x, y = int(longitude * 10**decimals), int(latitude * 10**decimals)
    assert not is_on_grid(x, y)
    assert not is_on_grid(y, x)


@given(st.floats(110_000, 275_000), st.floats(310_000, 615_000))
def test_all_of_the_grid_lies_in_the_netherlands(x: float, y: float) -> None:
    latitude, longitude = to_degrees(x, y)
    assert 50.5 < latitude < 53.8
    assert 4.5 < longitude < 7.5


def test_a_description_with_markup() -> None:
    text = "<p>Koffie &amp; thee<br/>met <b>Anja</b></p><script>alert(1)</script>"
    found = row(description=text)
    assert found.activity is not None
    assert found.activity.description == "Koffie & thee met Anja"
    assert {it.reason for it in found.problems} == {Reason.MARKUP, Reason.ENTITIES}


def test_a_file_as_it_was_pasted_together(tmp_path: Path) -> None:
    text = (
        "Sociale kaart;;;;\r\n"
        "\r\n"
        'Titel;Organisatie;"Datum en tijd";Kosten;Kosten;Telefoon\r\n'
        '"Koffie; met koek";Welzijn;2-3-2027 10:00;"€ 1,-";;\r\n'
        'Thee "van vroeger";Welzijn;elke dinsdag 14.00 uur;;2,50;\r\n'
        '\'Soep\';"Kerk ""De Hoek""";;gratis;;\r\n'
        'Titel;Organisatie;"Datum en tijd";Kosten;Kosten;Telefoon\r\n'
        '"Twee\r\nregels";Kerk;;;;\r\n'
        "Totaal;;;€ 3,50;;\r\n"
        "Bron: navraag bij de organisaties;;;;;\r\n"
    )
    found = read(read_csv, tmp_path, text.encode("cp1252"))
    assert [it.title for it in activities(found)] == [
        "Koffie; met koek", 'Thee "van vroeger"', "'Soep'", "Twee regels",
    ]  # fmt: skip
    assert [it.cost.lowest_cents for it in activities(found)] == [100, 250, 0, None]
    assert set_aside(found) == []
    assert Counter(noted(found)) == {
        Reason.DOUBLED_COLUMN: 1,
        Reason.WRONG_ENCODING: 1,
        Reason.MORE_IN_A_CELL: 2,
        Reason.REPEATED_HEADER: 1,
        Reason.NOT_AN_ACTIVITY: 2,
    }


def test_every_second_tuesday_takes_place(tmp_path: Path) -> None:
    rows = [["titel", "organisatie", "datum"], ["A", "B", "elke 2e dinsdag, 10.00 uur"]]
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(rows)
    activity = only(read(read_csv, tmp_path, text.getvalue()))
    assert starts(activity, date(2026, 12, 1), date(2027, 1, 31)) == [
        "2026-12-08 10:00",
        "2027-01-12 10:00",
    ]
