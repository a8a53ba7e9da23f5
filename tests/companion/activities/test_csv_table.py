"""Tables as people make them."""

from datetime import date, datetime, time
from pathlib import Path

import pytest

from companion.activities.importers.csv_table import read_csv
from companion.activities.problems import Outcome, Problem, Reason
from companion.activities.reading import NotRead, Read
from companion.activities.record import (
    Access,
    Audience,
    Category,
    Contact,
    Cost,
    Place,
    Status,
)
from companion.activities.when import Opening, Span, Times
from tests.companion.activities.reading import (
    ZONE,
    activities,
    noted,
    only,
    read,
    set_aside,
    starts,
    wall,
)

HEADER = "Titel;Organisatie;Datum;Begintijd;Eindtijd;Herhaling;Kosten\n"
ROW = "Koffie;Welzijn Voorbeelddorp;3-3-2026;10:00;11:30;wekelijks;€ 2,50\n"


def rows(folder: Path, *lines: str, header: str = HEADER) -> list[Read]:
    return read(read_csv, folder, header + "".join(lines))


def test_every_column_of_the_template_is_read(tmp_path: Path) -> None:
    cells = {
        "id": "k-1",
        "titel": "Koffieochtend",
        "organisatie": "Stichting Welzijn",
        "omschrijving": "Samen koffie drinken",
        "soort": "ontmoeten",
        "doelgroep": "iedereen van 65+",
        "kosten": "€ 2,50 per keer, koffie inbegrepen",
        "voorwaarden": "geen",
        "aanmelden": "nee",
        "contactpersoon": "balie",
        "telefoon": "06 - 00 00 00 01",
        "e-mail": "balie@example.org",
        "website": "https://example.org/koffie",
        "locatie": "Dorpshuis",
        "adres": "Dorpsstraat 1",
        "postcode": "1234ab",
        "plaats": "Voorbeelddorp",
        "breedtegraad": "52,1",
        "lengtegraad": "5,1",
        "buurtcode": "bu12345678",
        "datum": "3-3-2026",
        "begintijd": "10.00 uur",
        "eindtijd": "11:30",
        "herhaling": "elke week",
        "niet op": "28-4-2026, 5-5-2026",
        "ook op": "1-5-2026",
        "toegankelijkheid": "rolstoel en ringleiding, geen lift",
        "taal": "Nederlands en Turks",
        "meenemen": "goed humeur",
        "status": "vol",
        "gecontroleerd op": "1 november 2026",
        "licentie": "CC BY 4.0",
    }
    reads = read(read_csv, tmp_path, ";".join(cells) + "\n" + ";".join(cells.values()))
    assert noted(reads) == []
    activity = only(reads)
    assert activity.id == "k-1"
    assert activity.title == "Koffieochtend"
    assert activity.source == "Voorbeelddorp"
    assert activity.category is Category.MEETING
    assert activity.audience == Audience("iedereen van 65+", 65)
    assert activity.cost == Cost(250, 250, "€ 2,50 per keer, koffie inbegrepen")
    assert activity.must_sign_up is False
    assert activity.contact == Contact("balie", "0600000001", "balie@example.org")
    assert activity.place == Place(
        "Dorpshuis", "Dorpsstraat 1", "1234 AB", "Voorbeelddorp", 52.1, 5.1,
        "BU12345678",
    )  # fmt: skip
    assert activity.times == (
        Times(
            Span(wall("2026-03-03 10:00"), wall("2026-03-03 11:30")),
            ZONE,
            rule="FREQ=WEEKLY",
            without=(wall("2026-04-28 10:00"), wall("2026-05-05 10:00")),
            also=(Span(wall("2026-05-01 10:00"), wall("2026-05-01 11:30")),),
        ),
    )
    assert activity.accessibility == (Access.HEARING_LOOP, Access.WHEELCHAIR)
    assert activity.languages == ("nl", "tr")
    assert activity.status is Status.FULL
    assert activity.checked_on == date(2026, 11, 1)
    assert activity.licence == "CC BY 4.0"


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_separators_and_encodings_of_spreadsheets(
    tmp_path: Path, separator: str, encoding: str
) -> None:
    text = "Titel;Organisatie;Datum\r\nCafé ’t Hoekje;Coöperatie;3-3-2026\r\n"
    reads = read(read_csv, tmp_path, text.replace(";", separator).encode(encoding))
    activity = only(reads)
    assert activity.title == "Café ’t Hoekje"
    assert activity.organisation == "Coöperatie"
    assert noted(reads) == ([Reason.WRONG_ENCODING] if encoding == "cp1252" else [])


def test_a_table_pasted_together_from_two_encodings(tmp_path: Path) -> None:
    text = HEADER.encode() + "Café;A;;;;;\n".encode() + "Thé;B;;;;;\n".encode("cp1252")
    titles = [it.title for it in activities(read(read_csv, tmp_path, text))]
    assert titles == ["Café", "Thé"]


def test_utf8_that_was_saved_as_windows_is_put_right(tmp_path: Path) -> None:
    spoilt = "Café ’t Hoekje".encode().decode("cp1252")
    reads = rows(tmp_path, f"{spoilt};A;;;;;\n")
    assert only(reads).title == "Café ’t Hoekje"
    assert noted(reads) == [Reason.MOJIBAKE]


def test_a_title_above_the_columns_and_empty_lines(tmp_path: Path) -> None:
    reads = read(
        read_csv, tmp_path, f"Sociale kaart 2026;;\n\n;;;;;;\n{HEADER}\n{ROW};;;;;;\n"
    )
    assert only(reads).title == "Koffie"
    assert noted(reads) == []


def test_the_line_of_the_separator_that_excel_writes(tmp_path: Path) -> None:
    assert only(read(read_csv, tmp_path, f"sep=;\r\n{HEADER}{ROW}")).title == "Koffie"


def test_a_header_that_comes_back_and_a_column_that_is_there_twice(
    tmp_path: Path,
) -> None:
    reads = rows(tmp_path, ROW, HEADER, ROW.replace("Koffie", "Thee"))
    assert [it.title for it in activities(reads)] == ["Koffie", "Thee"]
    assert noted(reads) == [Reason.REPEATED_HEADER]
    reads = read(
        read_csv, tmp_path, "Titel;Organisatie;Telefoon;Tel\nA;B;;0600000001\n"
    )
    assert only(reads).contact.phone == "0600000001"
    assert noted(reads) == [Reason.DOUBLED_COLUMN]


def test_an_unknown_column_is_named_and_left_out(tmp_path: Path) -> None:
    reads = read(read_csv, tmp_path, "Titel;Organisatie;Intern nummer\nA;B;7\n")
    (problem,) = [it for r in reads for it in r.problems]
    assert problem == Problem(
        Reason.UNKNOWN_COLUMN, Outcome.LEFT_OUT, 1, field="Intern nummer"
    )


def test_markup_and_entities_are_taken_out(tmp_path: Path) -> None:
    reads = rows(tmp_path, '"Koffie &amp; thee";"<b>Welzijn</b>";;;;;\n')
    activity = only(reads)
    assert (activity.title, activity.organisation) == ("Koffie & thee", "Welzijn")
    assert set(noted(reads)) == {Reason.ENTITIES, Reason.MARKUP}


def test_the_semicolon_of_an_entity_ends_no_cell(tmp_path: Path) -> None:
    reads = rows(tmp_path, "Koffie &amp; thee;Welzijn;3-3-2026;10:00;;;gratis\n")
    assert only(reads).title == "Koffie & thee"
    assert noted(reads) == [Reason.ENTITIES]


def test_a_broken_line_costs_one_record(tmp_path: Path) -> None:
    reads = rows(
        tmp_path,
        ROW,
        '"Open aanhalingsteken;B;3-3-2026;10:00;;;\n',
        "Te veel;B;;;;;;;;erbij\n",
        'Lied "Aan de Amstel;B;3-3-2026;10:00;;;\n',
        "Laatste;B;3-3-2026;10:00;;;\n",
    )
    titles = [it.title for it in activities(reads)]
    assert titles == ["Koffie", 'Lied "Aan de Amstel', "Laatste"]
    problems = [problem for it in reads for problem in it.problems]
    assert [(it.reason, it.line) for it in problems] == [
        (Reason.OPEN_QUOTE, 3),
        (Reason.TOO_MANY_CELLS, 4),
        (Reason.LOOSE_QUOTE, 5),
    ]


def test_a_cell_of_several_lines(tmp_path: Path) -> None:
    reads = read(
        read_csv, tmp_path, 'Titel;Organisatie;Omschrijving\nA;B;"een\n\ntwee"\nC;D;\n'
    )
    assert [it.description for it in activities(reads)] == ["een twee", ""]
    assert [it.line for it in reads] == [2, 5]


@pytest.mark.parametrize(
    ("cells", "reason", "field"),
    [
        (";Welzijn;3-3-2026;10:00;;;", Reason.MISSING, "titel"),
        ("Koffie;;3-3-2026;10:00;;;", Reason.MISSING, "organisatie"),
        ("Koffie;W;31-2-2026;10:00;;;", Reason.NOT_A_DATE, "datum"),
        ("Koffie;W;binnenkort;10:00;;;", Reason.NOT_A_DATE, "datum"),
        ("Koffie;W;3-3-2206;10:00;;;", Reason.FAR_YEAR, "datum"),
        ("Koffie;W;3-3-1926;10:00;;;", Reason.FAR_YEAR, "datum"),
        ("Koffie;W;3-3-2026;25:00;;;", Reason.NOT_A_TIME, "begintijd"),
        ("Koffie;W;3-3-2026;10:00;9:00;;", Reason.ENDS_BEFORE_START, "eindtijd"),
        ("Koffie;W;3-3-2026;10:00;;soms;", Reason.NOT_A_RULE, "herhaling"),
        ("Koffie;W;;10:00;;om de week;", Reason.RULE_WITHOUT_DATE, "datum"),
        ("Koffie;W;;10:00;;;", Reason.MISSING, "datum"),
        ("Koffie;W;3-3-2026;;11:00;;", Reason.MISSING, "begintijd"),
    ],
)
def test_a_record_that_would_mislead_is_set_aside_with_its_reason(
    tmp_path: Path, cells: str, reason: Reason, field: str
) -> None:
    reads = rows(tmp_path, f"{cells}\n", ROW)
    assert only(reads).title == "Koffie"
    (problem,) = reads[0].problems
    assert (problem.reason, problem.outcome) == (reason, Outcome.SET_ASIDE)
    assert (problem.field, problem.line) == (field, 2)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("3-3-2026", date(2026, 3, 3)),
        ("03/12/2026", date(2026, 12, 3)),
        ("3.3.2026", date(2026, 3, 3)),
        ("2026-03-03", date(2026, 3, 3)),
        ("2026-03-03 00:00:00", date(2026, 3, 3)),
        ("20260303", date(2026, 3, 3)),
        ("3 maart 2026", date(2026, 3, 3)),
        ("di 3 mrt 2026", date(2026, 3, 3)),
        ("dinsdag 3 maart 2026", date(2026, 3, 3)),
        ("3-3-26", date(2026, 3, 3)),
        ("46084", date(2026, 3, 3)),
    ],
)
def test_dates_as_people_and_excel_write_them(
    tmp_path: Path, written: str, day: date
) -> None:
    activity = only(rows(tmp_path, f"A;B;{written};10:00;;;\n"))
    assert activity.times[0].first.start == datetime.combine(day, time(10))


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("9:30", time(9, 30)),
        ("9.30 uur", time(9, 30)),
        ("09:30:00", time(9, 30)),
        ("14u", time(14)),
        ("14 uur", time(14)),
        ("14u30", time(14, 30)),
        ("0,395833333", time(9, 30)),
    ],
)
def test_times_as_people_and_excel_write_them(
    tmp_path: Path, written: str, at: time
) -> None:
    activity = only(rows(tmp_path, f"A;B;3-3-2026;{written};;;\n"))
    assert activity.times[0].first.start.time() == at


@pytest.mark.parametrize(
    ("said", "rule", "first"),
    [
        ("wekelijks", "FREQ=WEEKLY", "2026-03-04"),
        ("elke dinsdag", "FREQ=WEEKLY;BYDAY=TU", "2026-03-10"),
        ("elke maandag", "FREQ=WEEKLY;BYDAY=MO", "2026-03-09"),
        ("RRULE:FREQ=WEEKLY;BYDAY=FR;BYMONTH=5", "FREQ=WEEKLY;BYDAY=FR;BYMONTH=5",
         "2026-05-01"),
        ("om de week op woensdag", "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE", "2026-03-04"),
        ("dinsdag en donderdag", "FREQ=WEEKLY;BYDAY=TU,TH", "2026-03-05"),
        ("ma t/m vr", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "2026-03-04"),
        ("werkdagen", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "2026-03-04"),
        ("elke werkdag", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "2026-03-04"),
        ("dagelijks", "FREQ=DAILY", "2026-03-04"),
        ("eerste dinsdag van de maand", "FREQ=MONTHLY;BYDAY=1TU", "2026-04-07"),
        ("elke 1e en 3e donderdag van de maand", "FREQ=MONTHLY;BYDAY=1TH,3TH",
         "2026-03-05"),
        ("laatste vrijdag van de maand", "FREQ=MONTHLY;BYDAY=-1FR", "2026-03-27"),
        ("maandelijks", "FREQ=MONTHLY", "2026-03-04"),
        ("jaarlijks", "FREQ=YEARLY", "2026-03-04"),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=15", "FREQ=MONTHLY;BYMONTHDAY=15",
         "2026-03-15"),
        ("eenmalig", "", "2026-03-04"),
    ],
)  # fmt: skip
def test_how_often_as_people_write_it(
    tmp_path: Path, said: str, rule: str, first: str
) -> None:
    activity = only(
        rows(
            tmp_path,
            f"A;B;4-3-2026;10:00;;{said};\n".replace(";FREQ", " FREQ")
            if "FREQ" not in said
            else f'A;B;4-3-2026;10:00;;"{said}";\n',
        )
    )
    (times,) = activity.times
    assert times.rule == rule
    assert f"{times.first.start:%Y-%m-%d}" == first


def test_a_weekly_group_needs_no_first_day(tmp_path: Path) -> None:
    activity = only(rows(tmp_path, "A;B;;10:00;;elke dinsdag;\n"))
    found = starts(activity, date(2026, 11, 22), date(2026, 12, 6))
    assert found == ["2026-11-24 10:00", "2026-12-01 10:00"]


def test_a_series_ends_on_its_last_day(tmp_path: Path) -> None:
    reads = read(
        read_csv,
        tmp_path,
        "Titel;Organisatie;Datum;Einddatum;Begintijd;Herhaling\n"
        "A;B;3-3-2026;17-3-2026;10:00;wekelijks\n",
    )
    activity = only(reads)
    assert starts(activity, date(2026, 1, 1), date(2027, 1, 1)) == [
        "2026-03-03 10:00",
        "2026-03-10 10:00",
        "2026-03-17 10:00",
    ]
    assert activity.last_day() == date(2026, 3, 17)


def test_an_evening_that_ends_after_midnight(tmp_path: Path) -> None:
    reads = rows(
        tmp_path, "A;B;3-3-2026;20:00;0:30;;\n", "C;D;3-3-2026;20:00;24:00;;\n"
    )
    ends = [it.times[0].first.end for it in activities(reads)]
    assert ends == [wall("2026-03-04 00:30"), wall("2026-03-04 00:00")]
    assert noted(reads) == [Reason.ENDS_NEXT_DAY]


def test_days_without_a_time_are_whole_days(tmp_path: Path) -> None:
    reads = read(
        read_csv,
        tmp_path,
        "Titel;Organisatie;Datum;Einddatum\nReis;B;3-3-2026;5-3-2026\n",
    )
    (times,) = only(reads).times
    assert times.is_all_day
    # The day behind the last one, as calendars count.
    assert times.first.end == wall("2026-03-06 00:00")


def test_opening_hours(tmp_path: Path) -> None:
    header = "Titel;Organisatie;Openingstijden\n"
    reads = rows(
        tmp_path,
        'Spreekuur;B;"ma, wo 9.00-12.00 en 13:00-17:00 uur; za 10-12"\n',
        "Winkel;B;altijd\n",
        header=header,
    )
    first, second = activities(reads)
    assert first.opening_hours == (
        Opening(0, time(9), time(12)),
        Opening(0, time(13), time(17)),
        Opening(2, time(9), time(12)),
        Opening(2, time(13), time(17)),
        Opening(5, time(10), time(12)),
    )
    assert second.opening_hours == ()
    assert noted(reads) == [Reason.NOT_HOURS]


@pytest.mark.parametrize(
    ("written", "cost"),
    [
        ("gratis", Cost(0, 0)),
        ("€ 2,50", Cost(250, 250)),
        ("2.50", Cost(250, 250)),
        ("€ 5,-", Cost(500, 500)),
        ("3 euro", Cost(300, 300)),
        ("€ 3,00 tot € 5,00", Cost(300, 500, "€ 3,00 tot € 5,00")),
        ("vrijwillige bijdrage", Cost(0, None, "vrijwillige bijdrage")),
        ("contributie per jaar", Cost(None, None, "contributie per jaar")),
        ("", Cost()),
    ],
)
def test_prices(tmp_path: Path, written: str, cost: Cost) -> None:
    assert only(rows(tmp_path, f"A;B;3-3-2026;10:00;;;{written}\n")).cost == cost


@pytest.mark.parametrize(
    ("written", "kept", "reason"),
    [
        ("010 - 123 45 67", "0101234567", None),
        ("+31 (0)10 1234567", "0101234567", None),
        ("0031101234567", "0101234567", None),
        ("14 010", "14010", None),
        ("0800-0113", "08000113", None),
        ("+49 30 1234567", "+49301234567", None),
        ("600000001", "0600000001", Reason.LOST_ZERO),
        ("0600000001 / 0101234567", "0600000001", Reason.MORE_PHONES),
        ("zie website", "", Reason.NOT_A_PHONE),
        ("06123", "", Reason.NOT_A_PHONE),
    ],
)
def test_telephone_numbers(
    tmp_path: Path, written: str, kept: str, reason: Reason | None
) -> None:
    reads = read(read_csv, tmp_path, f"Titel;Organisatie;Telefoon\nA;B;{written}\n")
    assert only(reads).contact.phone == kept
    assert noted(reads) == ([] if reason is None else [reason])


def test_coordinates_that_were_exchanged(tmp_path: Path) -> None:
    header = "Titel;Organisatie;Lat;Lon\n"
    reads = rows(tmp_path, "A;B;5,12;52,09\n", "C;D;0;0\n", "E;F;x;y\n", header=header)
    places = [(it.place.latitude, it.place.longitude) for it in activities(reads)]
    assert places == [(52.09, 5.12), (None, None), (None, None)]
    assert noted(reads) == [
        Reason.SWAPPED_COORDINATES,
        Reason.NOT_A_COORDINATE,
        Reason.NOT_A_COORDINATE,
    ]


def test_an_unknown_status_might_mean_closed(tmp_path: Path) -> None:
    header = "Titel;Organisatie;Status\n"
    reads = rows(tmp_path, "A;B;afgelast\n", "C;D;wie weet\n", header=header)
    assert only(reads).status is Status.CANCELLED
    assert set_aside(reads) == [Reason.NOT_A_STATUS]


def test_a_check_in_the_future_is_no_check(tmp_path: Path) -> None:
    header = "Titel;Organisatie;Gecontroleerd op\n"
    reads = rows(tmp_path, "A;B;1-1-2027\n", "C;D;gisteren\n", header=header)
    assert [it.checked_on for it in activities(reads)] == [None, None]
    assert noted(reads) == [Reason.FAR_YEAR, Reason.NOT_A_DATE]


def test_what_is_no_table_is_said(tmp_path: Path) -> None:
    for content in ("", "Geachte heer,\nhierbij\n", b"\x00\x01\x02\xff" * 50):
        with pytest.raises(NotRead) as caught:
            read(read_csv, tmp_path, content)
        assert caught.value.problem.reason is Reason.NOTHING_KNOWN


def test_an_id_stays_when_a_price_or_an_end_is_corrected(tmp_path: Path) -> None:
    first = only(rows(tmp_path, ROW))
    second = only(rows(tmp_path, ROW.replace("2,50", "3,00").replace("11:30", "12:00")))
    other = only(rows(tmp_path, ROW.replace("10:00", "10:30")))
    assert first.id == second.id != other.id
