"""Writes the social map of Voorbeelddorp in every form that can be read.

`village.csv` beside this file is what happens there. What happens once is so many
days from today, and the rest has no end, so that there is always something to do.

Nobody can be called or visited by mistake: the village lies in the Markermeer, its
neighbourhood code belongs to no municipality, and telephone numbers that begin with
060 are given to nobody (of the Dutch mobile numbers, 061 to 065 and 068 are).
"""

import csv
import html
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl

from companion.activities.example.template import write_template
from companion.activities.problems import Notes
from companion.activities.repeating import (
    CODES,
    first_day,
    parse_opening,
    parse_repeats,
)
from companion.activities.values import made_id, parse_languages
from companion.activities.when import make_rule
from companion.activities.words import load_words

LICENCE = "CC0-1.0"
TOWN = "Voorbeelddorp"
ZONE = "Europe/Amsterdam"

# Name, street, and metres east and north of the middle of the village.
PLACES: Mapping[str, tuple[str, str, int, int]] = {
    "dorpshuis": ("Dorpshuis De Vijver", "Dorpsstraat 1", 0, 0),
    "kerk": ("Kerk aan de Dorpsstraat", "Dorpsstraat 24", 180, 40),
    "bieb": ("Bibliotheek Voorbeelddorp", "Dorpsstraat 9", 90, -30),
    "linde": ("Buurtkamer De Linde", "Lindelaan 3", -260, 310),
    "gemeentehuis": ("Gemeentehuis", "Marktplein 1", 220, 160),
    "zorghuis": ("Zorghuis Het Voorbeeld", "Lindelaan 40", -390, 420),
    "werkplaats": ("Werkplaats", "Ambachtsweg 12", 610, -240),
    "sporthal": ("Sporthal De Hoek", "Sportlaan 5", 820, 510),
    "zwembad": ("Zwembad De Plons", "Sportlaan 7", 870, 560),
    "speeltuin": ("Speeltuin De Wip", "Esdoornstraat 2", -520, -180),
    "park": ("Park aan de Vijver", "Vijverlaan 1", 60, 220),
    "haven": ("Haven", "Havenkade 4", 1240, -310),
    "atelier": ("Atelier Kleur", "Ambachtsweg 3", 540, -190),
    "filmhuis": ("Filmhuis De Lamp", "Marktplein 8", 250, 190),
    "tuin": ("Tuin van Groen", "Vijverlaan 30", -110, 470),
}
MIDDLE = (52.55, 5.2)
METRES_PER_DEGREE = (111_300, 67_700)
POSTCODE = "1234 AB"
NEIGHBOURHOOD = "BU00000001"

# What cannot be said in a cell of the table beside this file.
SEASONS = {
    "zomer op woensdag": "FREQ=WEEKLY;BYDAY=WE;BYMONTH=5,6,7,8",
    "lente op vrijdag": "FREQ=WEEKLY;BYDAY=FR;BYMONTH=3,4,5,6,7,8,9",
    # It begins in the first days of October.
    "week tegen eenzaamheid": "FREQ=YEARLY;BYMONTH=10;BYDAY=1TH",
}

Row = dict[str, str]


def write_example(folder: Path, today: date) -> list[Path]:
    """Write the five files, as they are today.

    Raises:
        OSError: If that fails.
    """
    rows = _village(today)

    def of(form: str) -> list[Row]:
        return [row for row in rows if form in row["vorm"]]

    made = {
        "voorbeelddorp.csv": _write_csv,
        "voorbeelddorp.xlsx": _write_xlsx,
        "voorbeelddorp.ics": _write_ical,
        "voorbeelddorp.json": _write_hsds,
        "voorbeelddorp.html": _write_page,
    }
    paths = []
    for (name, write), form in zip(made.items(), "cxihs", strict=True):
        path = folder / name
        write(path, of(form), today)
        paths.append(path)
    return paths


def write_templates(folder: Path) -> list[Path]:
    """Write the empty template, as CSV and as a workbook.

    Raises:
        OSError: If that fails.
    """
    paths = [folder / "sjabloon.csv", folder / "sjabloon.xlsx"]
    for path in paths:
        write_template(path)
    return paths


def _village(today: date) -> list[Row]:
    file = resources.files("companion.activities.example") / "village.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(lines, delimiter=";"))
    organisations = sorted({row["organisatie"] for row in rows})
    for row in rows:
        number = organisations.index(row["organisatie"]) + 1
        row["telefoon"] = f"060000{number:04}"
        row["id"] = made_id(row["titel"], row["organisatie"])
        row["gecontroleerd op"] = f"{today - timedelta(days=int(row['oud'])):%d-%m-%Y}"
        if season := SEASONS.get(row["voorwaarden"]):
            row["herhaling"], row["voorwaarden"] = season, ""
    return rows


def _where(row: Row) -> tuple[str, str, str, str] | None:
    """Name, street, latitude and longitude."""
    place = PLACES.get(row["locatie"])
    if place is None:
        return None
    name, street, east, north = place
    latitude = MIDDLE[0] + north / METRES_PER_DEGREE[0]
    longitude = MIDDLE[1] + east / METRES_PER_DEGREE[1]
    return name, street, f"{latitude:.5f}", f"{longitude:.5f}"


def _day(row: Row, today: date) -> date:
    """When it happens, or happened first."""
    if row["over"]:
        return today + timedelta(days=int(row["over"]))
    parts = parse_repeats(row["herhaling"], "", "herhaling")
    # A Monday; the first weeks of that year are whole.
    return first_day(parts, date(2026, 1, 5))


def _span(row: Row, today: date) -> tuple[datetime, datetime]:
    start, _, end = row["tijd"].partition("-")
    day = _day(row, today)
    clock = [datetime.strptime(it, "%H:%M").time() for it in (start, end)]  # noqa: DTZ007
    return datetime.combine(day, clock[0]), datetime.combine(day, clock[1])


# -- tables -----------------------------------------------------------------------


def _cells(row: Row, today: date) -> Row:
    """The row by the columns of the template."""
    where = _where(row)
    begins, _, ends = row["tijd"].partition("-")
    day = f"{_day(row, today):%d-%m-%Y}" if row["tijd"] else ""
    cells = {name: row.get(name, "") for name in load_words().column_names.values()}
    cells |= {
        "datum": day,
        "begintijd": begins,
        "eindtijd": ends,
        "e-mail": "info@example.org",
        "website": "https://example.org/voorbeelddorp",
        "taal": row["taal"],
    }
    if where is not None:
        cells |= {
            "locatie": where[0],
            "adres": where[1],
            "postcode": POSTCODE,
            "plaats": TOWN,
            "breedtegraad": where[2].replace(".", ","),
            "lengtegraad": where[3].replace(".", ","),
            "buurtcode": NEIGHBOURHOOD,
        }
    if row["titel"] == "Koffieochtend":
        # One week it is not there, so that an exception can be tried.
        off = first_day({"FREQ": "WEEKLY", "BYDAY": "TU"}, today + timedelta(days=7))
        cells["niet op"] = f"{off:%d-%m-%Y}"
    return cells


def _write_csv(path: Path, rows: Sequence[Row], today: date) -> None:
    names = list(load_words().column_names.values())
    cells = [_cells(row, today) for row in rows]
    _write_cells(path, [names, *([it[name] for name in names] for it in cells)])


def _write_cells(path: Path, rows: Iterable[Sequence[str]]) -> None:
    # With the mark by which Excel knows UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)


def _write_xlsx(path: Path, rows: Sequence[Row], today: date) -> None:
    names = list(load_words().column_names.values())
    title = [f"Sociale kaart van {TOWN} (verzonnen)"]
    cells = [_cells(row, today) for row in rows]
    _write_workbook(path, [title, [], names, *([it[n] for n in names] for it in cells)])


def _write_workbook(path: Path, rows: Iterable[Sequence[str]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append([cell or None for cell in row])
    book.save(path)


# -- calendar ---------------------------------------------------------------------


def _write_ical(path: Path, rows: Sequence[Row], today: date) -> None:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{TOWN}//NL",
        f"X-WR-CALNAME:Agenda van {TOWN}",
        f"X-WR-TIMEZONE:{ZONE}",
    ]
    for row in rows:
        lines += _event(row, today)
    lines.append("END:VCALENDAR")
    path.write_bytes("".join(f"{_folded(line)}\r\n" for line in lines).encode())


def _event(row: Row, today: date) -> list[str]:
    start, end = _span(row, today)
    parts = parse_repeats(row["herhaling"], "", "herhaling")
    lines = [
        "BEGIN:VEVENT",
        f"UID:{row['id']}@example.org",
        f"DTSTAMP:{today:%Y%m%d}T000000Z",
        f"LAST-MODIFIED:{today - timedelta(days=int(row['oud'])):%Y%m%d}T090000Z",
        f"DTSTART;TZID={ZONE}:{start:%Y%m%dT%H%M%S}",
        f"DTEND;TZID={ZONE}:{end:%Y%m%dT%H%M%S}",
        f"SUMMARY:{_escaped(row['titel'])}",
        f"DESCRIPTION:{_escaped(row['omschrijving'])}",
        f"CATEGORIES:{_escaped(row['soort'])}",
        f'ORGANIZER;CN="{row["organisatie"]}":mailto:info@example.org',
        "URL:https://example.org/voorbeelddorp",
    ]
    if parts:
        lines.append(f"RRULE:{make_rule(dict(parts), start)}")
    if (where := _where(row)) is not None:
        address = f"{where[0]}, {where[1]}, {POSTCODE} {TOWN}"
        lines += [f"LOCATION:{_escaped(address)}", f"GEO:{where[2]};{where[3]}"]
    return [*lines, "END:VEVENT"]


def _escaped(text: str) -> str:
    """As RFC 5545, 3.3.11 wants it."""
    for sign in "\\;,":
        text = text.replace(sign, f"\\{sign}")
    return text


def _folded(line: str) -> str:
    """Lines of at most 75 bytes (RFC 5545, 3.1)."""
    parts, part = [], ""
    for letter in line:
        if len((part + letter).encode()) > 74:
            parts.append(part)
            part = ""
        part += letter
    return "\r\n ".join([*parts, part])


# -- HSDS -------------------------------------------------------------------------


def _write_hsds(path: Path, rows: Sequence[Row], today: date) -> None:
    services = [_service(row, today) for row in rows]
    page: dict[str, Any] = {
        "total_items": len(services),
        "total_pages": 1,
        "page_number": 1,
        "size": len(services),
        "first_page": True,
        "last_page": True,
        "empty": False,
        "contents": services,
    }
    _write_json(path, page)


def _service(row: Row, today: date) -> dict[str, Any]:
    notes = Notes()
    service: dict[str, Any] = {
        "id": row["id"],
        "name": row["titel"],
        "description": row["omschrijving"],
        "status": "temporarily closed" if row["status"] == "gesloten" else "active",
        "application_process": row["voorwaarden"] or None,
        "fees_description": row["kosten"],
        "eligibility_description": row["doelgroep"],
        "assured_date": f"{today - timedelta(days=int(row['oud']))}",
        "organization": {"id": made_id(row["organisatie"]), "name": row["organisatie"]},
        "phones": [{"number": row["telefoon"]}],
        "languages": [
            {"code": code} for code in parse_languages(row["taal"], notes, "taal")
        ],
        "attributes": [{"taxonomy_term": {"name": row["soort"]}}],
        "schedules": [
            {
                "freq": "WEEKLY",
                "byday": CODES[opening.weekday],
                "opens_at": f"{opening.opens:%H:%M}",
                "closes_at": f"{opening.closes:%H:%M}",
            }
            for opening in parse_opening(row["openingstijden"], notes, "openingstijden")
        ],
    }
    if (where := _where(row)) is not None:
        location = {
            "name": where[0],
            "latitude": float(where[2]),
            "longitude": float(where[3]),
            "addresses": [
                {
                    "address_1": where[1],
                    "city": TOWN,
                    "postal_code": POSTCODE,
                    "country": "NL",
                    "address_type": "physical",
                }
            ],
            "accessibility": [{"description": row["toegankelijkheid"]}],
        }
        service["service_at_locations"] = [{"location": location}]
    return service


# -- schema.org -------------------------------------------------------------------


def _write_page(path: Path, rows: Sequence[Row], today: date) -> None:
    events = [_linked(row, today) for row in rows]
    data = json.dumps({"@context": "https://schema.org", "@graph": events}, indent=1)
    items = "\n".join(f"<li>{html.escape(row['titel'])}</li>" for row in rows)
    # "<" would end the script.
    script = data.replace("<", "\\u003c")
    path.write_text(
        f"""<!DOCTYPE html>
<html lang="nl">
<head><meta charset="utf-8"><title>Agenda van {TOWN}</title>
<script type="application/ld+json">
{script}
</script>
</head>
<body><h1>Agenda van {TOWN} (verzonnen)</h1>
<ul>
{items}
</ul></body>
</html>
""",
        encoding="utf-8",
    )


def _linked(row: Row, today: date) -> dict[str, Any]:
    start, end = _span(row, today)
    status = "Cancelled" if row["status"] == "afgelast" else "Scheduled"
    where = _where(row)
    free = row["kosten"] == "gratis"
    event: dict[str, Any] = {
        "@type": "SocialEvent",
        "@id": f"https://example.org/voorbeelddorp/{row['id']}",
        "name": row["titel"],
        "description": row["omschrijving"],
        "keywords": row["soort"],
        "startDate": start.replace(tzinfo=ZoneInfo(ZONE)).isoformat(),
        "endDate": end.replace(tzinfo=ZoneInfo(ZONE)).isoformat(),
        "eventStatus": f"https://schema.org/Event{status}",
        "isAccessibleForFree": free,
        "organizer": {
            "@type": "Organization",
            "name": row["organisatie"],
            "telephone": row["telefoon"],
        },
        "inLanguage": "nl",
        "accessibilitySummary": row["toegankelijkheid"],
        "dateModified": f"{today - timedelta(days=int(row['oud']))}",
    }
    if not free:
        price = row["kosten"].replace(",", ".")
        event["offers"] = {"@type": "Offer", "price": price, "priceCurrency": "EUR"}
    if where is not None:
        event["location"] = {
            "@type": "Place",
            "name": where[0],
            "address": {
                "@type": "PostalAddress",
                "streetAddress": where[1],
                "postalCode": POSTCODE,
                "addressLocality": TOWN,
            },
            "geo": {"latitude": where[2], "longitude": where[3]},
        }
    return event


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
