"""HSDS as a zip: a data package of tables, and files of JSON."""

import csv
import io
import json
import zipfile
from datetime import date, time
from pathlib import Path

import pytest

from companion.activities.importers.hsds import read_hsds
from companion.activities.importing import find_form
from companion.activities.problems import Reason
from companion.activities.reading import NotRead, Read
from companion.activities.record import Access, Category, Cost
from companion.activities.when import Opening
from tests.companion.activities.reading import activities, noted, read, starts

Table = list[dict[str, str]]

TABLES: dict[str, Table] = {
    "organizations": [
        {"id": "o1", "name": "Welzijn", "email": "info@example.org"},
        {"id": "o2", "name": "Kerk"},
    ],
    "services": [
        {"id": "s1", "organization_id": "o1", "name": "Eettafel", "status": "active",
         "assured_date": "2026-10-01", "minimum_age": "65"},
        {"id": "s2", "organization_id": "o2", "name": "Koor", "status": "active"},
        {"id": "s3", "name": "", "status": "active"},
    ],
    "service_at_location": [
        {"id": "a1", "service_id": "s1", "location_id": "l1"},
        {"id": "a2", "service_id": "s2", "location_id": "l1"},
        {"id": "a3", "service_id": "s2", "location_id": "l2"},
    ],
    "locations": [
        {"id": "l1", "name": "Dorpshuis", "latitude": "52.1", "longitude": "5.1"},
        {"id": "l2", "name": "Kerk"},
    ],
    "addresses": [
        {"id": "d1", "location_id": "l1", "address_1": "Dorpsstraat 1",
         "city": "Voorbeelddorp", "postal_code": "1234AB", "address_type": "physical"},
    ],
    "accessibility": [{"id": "x1", "location_id": "l1", "description": "Rolstoel"}],
    "schedules": [
        {"id": "t1", "service_id": "s1", "byday": "FR", "opens_at": "12:00",
         "closes_at": "13:30"},
        {"id": "t2", "service_at_location_id": "a2", "freq": "WEEKLY", "byday": "TH",
         "dtstart": "2026-01-01", "opens_at": "19:30", "closes_at": "21:30"},
    ],
    "phones": [
        {"id": "p1", "contact_id": "c1", "service_id": "s1", "number": "0101111111"},
        {"id": "p2", "service_id": "s1", "number": "0101234567"},
        {"id": "p3", "organization_id": "o2", "number": "0107654321"},
    ],
    "contacts": [{"id": "c1", "service_id": "s1", "name": "Balie"}],
    "cost_options": [{"id": "k1", "service_id": "s1", "amount": "7.50",
                      "currency": "eur"}],
    "languages": [{"id": "g1", "service_id": "s1", "code": "nl"}],
    "attributes": [{"id": "b1", "link_id": "s1", "taxonomy_term_id": "w1"}],
    "taxonomy_terms": [{"id": "w1", "name": "Maaltijd"}],
    "funding": [{"id": "f1", "service_id": "s1", "source": "Gemeente"}],
}  # fmt: skip


def as_csv(table: Table) -> str:
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in table for name in row))
    writer = csv.DictWriter(text, names, restval="")
    writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def package(tables: dict[str, Table], **more: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in tables.items():
            archive.writestr(f"export/{name}.csv", as_csv(table))
        for name, text in more.items():
            archive.writestr(f"export/{name.replace('_json', '.json')}", text)
    return made.getvalue()


def reads(folder: Path, content: bytes) -> list[Read]:
    (folder / "source").write_bytes(content)
    assert find_form(folder / "source") == "hsds"
    return read(read_hsds, folder, content)


def test_tables_are_put_together(tmp_path: Path) -> None:
    found = reads(tmp_path, package(TABLES))
    table, choir, elsewhere = activities(found)
    assert table.title == "Eettafel"
    assert table.organisation == "Welzijn"
    assert table.category is Category.EATING
    assert table.checked_on == date(2026, 10, 1)
    assert table.audience.lowest_age == 65
    assert table.cost == Cost(750, 750)
    assert table.languages == ("nl",)
    # Not that of a person, which is there first.
    assert table.contact.phone == "0101234567"
    assert table.contact.name == "Balie"
    assert table.place.address == "Dorpsstraat 1"
    assert table.place.postcode == "1234 AB"
    assert table.accessibility == (Access.WHEELCHAIR,)
    assert table.opening_hours == (Opening(4, time(12), time(13, 30)),)
    assert choir.contact.phone == "0107654321"
    assert starts(choir, date(2026, 12, 1), date(2026, 12, 8)) == ["2026-12-03 19:30"]
    assert elsewhere.place.name == "Kerk"
    assert elsewhere.times == ()
    assert noted(found) == [Reason.MISSING]
    # Nothing of it is left lying about.
    assert [it.name for it in tmp_path.iterdir()] == ["source"]


def test_the_descriptor_names_the_files(tmp_path: Path) -> None:
    tables = {f"deel{number}": table for number, table in enumerate(TABLES.values())}
    resources = [
        {"name": name, "path": f"deel{number}.csv"}
        for number, name in enumerate(TABLES)
    ]
    described = json.dumps({"resources": resources})
    found = reads(tmp_path, package(tables, datapackage_json=described))
    assert [it.title for it in activities(found)] == ["Eettafel", "Koor", "Koor"]


@pytest.mark.parametrize(
    "broken", ["{", "[]", '{"resources": [3]}', '{"resources": [{"name": "service"}]}']
)
def test_a_broken_descriptor_is_passed_over(tmp_path: Path, broken: str) -> None:
    found = reads(tmp_path, package(TABLES, datapackage_json=broken))
    assert len(activities(found)) == 3


def test_a_package_of_services_only(tmp_path: Path) -> None:
    found = activities(reads(tmp_path, package({"services": TABLES["services"]})))
    assert [it.organisation for it in found] == ["Voorbeelddorp", "Voorbeelddorp"]


def test_a_zip_of_json(tmp_path: Path) -> None:
    services = [{"id": "1", "name": "A", "status": "active"}]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("een.json", json.dumps({"contents": services}))
        archive.writestr("twee.json", json.dumps({**services[0], "id": "2"}))
    assert [it.id for it in activities(reads(tmp_path, made.getvalue()))] == ["1", "2"]


def test_a_cell_without_end_ends_its_table(tmp_path: Path) -> None:
    tables = {**TABLES, "phones": [{"id": "p", "service_id": "s1",
                                    "number": "1" * 300_000}]}  # fmt: skip
    found = reads(tmp_path, package(tables))
    assert len(activities(found)) == 3
    assert Reason.ENDS_EARLY in noted(found)


def test_a_zip_that_is_broken_or_holds_nothing(tmp_path: Path) -> None:
    content = package(TABLES)
    # The sum behind a part does not fit any more.
    at = content.index(b"services.csv") + 40
    spoilt = content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]
    for wrong in (content[: len(content) // 2], spoilt):
        with pytest.raises(NotRead):
            read(read_hsds, tmp_path, wrong)
    with pytest.raises(NotRead) as caught:
        read(read_hsds, tmp_path, package({"phones": TABLES["phones"]}))
    assert caught.value.problem.reason is Reason.NOTHING_KNOWN
    assert [it.name for it in tmp_path.iterdir()] == ["source"]
