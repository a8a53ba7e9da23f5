"""The UK variant of HSDS, as its profile (3.0) and its predecessor (1.0) want it.

The examples are our own, after the schema and the API that Open Referral UK
publishes: what is required there is here, with what implementations get wrong.
"""

import copy
import json
from collections.abc import Callable
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from companion.activities.importers.hsds import read_hsds
from companion.activities.importing import find_form
from companion.activities.problems import Outcome, Reason
from companion.activities.reading import NotRead, Read
from companion.activities.record import Access, Audience, Category, Cost, Status
from companion.activities.when import Opening
from tests.companion.activities.reading import activities, noted, only, read, set_aside
from tests.companion.activities.reading import starts as starts_of

SERVICE: dict[str, Any] = {
    "id": "5a1c1d52-0000-4000-8000-000000000001",
    "organization_id": "5a1c1d52-0000-4000-8000-000000000002",
    "name": "Singing for Breathing",
    "description": "A gentle choir for people with breathing problems.",
    "url": "https://example.org/singing",
    "email": "choir@example.org",
    "status": "active",
    "fees": "Two pounds each time",
    "accreditations": "",
    "minimum_age": 60,
    "maximum_age": 100,
    "assured_date": "2026-09-30",
    "assurer_email": "checks@example.org",
    "alert": "No session at Christmas.",
    "last_modified": "2026-11-01T09:15:30.000Z",
    "schedules": [
        {
            "id": "5a1c1d52-0000-4000-8000-000000000003",
            "valid_from": "2026-09-01",
            "dtstart": "2026-09-01",
            "freq": "MONTHLY",
            "interval": 1,
            "byday": "1TU",
            "opens_at": "14:00",
            "closes_at": "15:30",
            "description": "First Tuesday of the month",
        }
    ],
    "service_at_locations": [
        {
            "id": "5a1c1d52-0000-4000-8000-000000000004",
            "location": {
                "id": "5a1c1d52-0000-4000-8000-000000000005",
                "location_type": "physical",
                "name": "Example Hall",
                "latitude": 53.4,
                "longitude": -1.5,
                "addresses": [
                    {
                        "id": "5a1c1d52-0000-4000-8000-000000000006",
                        "address_1": "1 Example Street",
                        "city": "EXAMPLETON",
                        "state_province": "Exampleshire",
                        "postal_code": "EX4 4PL",
                        "country": "GB",
                        "address_type": "physical",
                    }
                ],
                "accessibility": [
                    {
                        "id": "5a1c1d52-0000-4000-8000-000000000007",
                        "description": "Step-free, with a hearing loop",
                    }
                ],
            },
        }
    ],
    # The profile leaves out the name and the code of a language.
    "languages": [{"id": "5a1c1d52-0000-4000-8000-000000000008"}],
    "organization": {
        "id": "5a1c1d52-0000-4000-8000-000000000002",
        "name": "Example Lungs Society",
        "description": "Helps people breathe.",
        "email": "office@example.org",
    },
    "cost_options": [
        {
            "id": "5a1c1d52-0000-4000-8000-000000000009",
            "option": "Each session",
            "amount": 2,
            "amount_description": "including tea",
        }
    ],
    "contacts": [{"id": "5a1c1d52-0000-4000-8000-00000000000a", "name": "Reception"}],
    "attributes": [
        {
            "id": "5a1c1d52-0000-4000-8000-00000000000b",
            "taxonomy_term": {
                "id": "5a1c1d52-0000-4000-8000-00000000000c",
                "name": "Singing",
                "description": "Making music by voice",
            },
        }
    ],
}


def page(*services: dict[str, Any], **header: Any) -> str:
    whole = {
        "total_items": len(services),
        "total_pages": 1,
        "page_number": 1,
        "size": len(services),
        "first_page": True,
        "last_page": True,
        "empty": not services,
        "contents": list(services),
    }
    return json.dumps({**whole, **header})


def reads(folder: Path, **changes: Any) -> list[Read]:
    return read(read_hsds, folder, json.dumps({**SERVICE, **changes}))


def test_a_whole_service_of_the_profile(tmp_path: Path) -> None:
    found = reads(tmp_path)
    activity = only(found)
    assert activity.title == "Singing for Breathing"
    assert activity.organisation == "Example Lungs Society"
    assert activity.category is Category.MUSIC
    assert activity.audience == Audience("", 60, 100)
    assert activity.checked_on == date(2026, 9, 30)
    assert activity.contact.email == "choir@example.org"
    assert activity.accessibility == (Access.HEARING_LOOP, Access.ROLLATOR)
    assert activity.place.postcode == "EX4 4PL"
    assert starts_of(activity, date(2026, 12, 1), date(2027, 2, 1)) == [
        "2026-12-01 14:00",
        "2027-01-05 14:00",
    ]


def test_an_amount_without_a_currency_is_not_told_as_euros(tmp_path: Path) -> None:
    found = reads(tmp_path)
    assert only(found).cost == Cost(text="Two pounds each time")
    assert Reason.OTHER_CURRENCY in noted(found, Outcome.LEFT_OUT)
    dutch = copy.deepcopy(SERVICE["service_at_locations"])
    dutch[0]["location"]["addresses"][0]["country"] = "NL"
    cost = only(reads(tmp_path, service_at_locations=dutch)).cost
    assert (cost.lowest_cents, cost.highest_cents) == (200, 200)


def test_a_page_of_services(tmp_path: Path) -> None:
    direct = {
        name: value
        for name, value in SERVICE.items()
        if not isinstance(value, list) and name != "organization_id"
    }
    other = {**direct, "id": "other", "status": "temporarily closed"}
    path = tmp_path / "page.json"
    path.write_text(page(direct, other), encoding="utf-8")
    assert find_form(path) == "hsds"
    found = activities(read(read_hsds, tmp_path, page(direct, other)))
    assert [it.status for it in found] == [Status.OPEN, Status.CLOSED]
    assert not found[0].times
    assert not found[0].opening_hours


def test_a_page_of_the_older_variant(tmp_path: Path) -> None:
    old = {
        "id": "1",
        "name": "Lunch Club",
        "status": "active",
        "assured_date": "2026-10-01",
        "organization": {"id": "2", "name": "Example Society"},
        "eligibilitys": [{"eligibility": "Older people", "minimum_age": 65}],
        "regular_schedules": [
            {"weekday": "TU", "opens_at": "10:00Z", "closes_at": "12:00Z"}
        ],
        "service_at_locations": [
            {"location": {"physical_addresses": [{"address_1": "1 Example Street"}]}}
        ],
        "service_taxonomys": [{"taxonomy": {"name": "Meal"}}],
    }
    content = {"totalElements": 1, "totalPages": 1, "number": 1, "content": [old]}
    activity = only(read(read_hsds, tmp_path, json.dumps(content)))
    assert activity.opening_hours == (Opening(1, time(10), time(12)),)
    assert activity.audience.lowest_age == 65
    assert activity.category is Category.EATING
    assert activity.place.address == "1 Example Street"


Change = Callable[[dict[str, Any]], None]


def put(path: str, value: Any) -> Change:
    """Put a value in the place of another, or add it."""

    def change(service: dict[str, Any]) -> None:
        *inner, last = path.split(".")
        part: Any = service
        for name in inner:
            part = part[int(name)] if name.isdecimal() else part[name]
        part[last] = value

    return change


PLACE = "service_at_locations.0.location"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (put("name", None), Reason.MISSING),
        (put("name", ""), Reason.MISSING),
        (put("name", ["a", "b"]), Reason.MISSING),
        (put("status", "open?"), Reason.NOT_A_STATUS),
        (put("schedules.0.freq", "FORTNIGHTLY"), Reason.NOT_A_RULE),
        (put("schedules.0.byday", "First Tuesday"), Reason.NOT_A_RULE),
        (put("schedules.0.dtstart", "01/13/2026"), Reason.NOT_A_DATE),
        (put("schedules.0.opens_at", "2 o'clock"), Reason.NOT_A_TIME),
        (put("schedules.0.interval", 0), Reason.NOT_A_RULE),
    ],
)
def test_what_would_mislead_sets_the_service_aside(
    tmp_path: Path, change: Change, reason: Reason
) -> None:
    service = copy.deepcopy(SERVICE)
    change(service)
    found = read(read_hsds, tmp_path, page(service, SERVICE))
    # And only this one.
    assert only(found).title == SERVICE["name"]
    assert set_aside(found) == [reason]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (put("url", "example/counselling"), Reason.NOT_A_URL),
        (put("email", "email-example_org"), Reason.NOT_AN_EMAIL),
        (put("maximum_age", "a hundred"), Reason.NOT_AN_AGE),
        (put("assured_date", "yesterday"), Reason.NOT_A_DATE),
        (put("languages", "English"), Reason.WRONG_TYPE),
        (put("cost_options", [3]), Reason.WRONG_TYPE),
        (put(f"{PLACE}.latitude", 100), Reason.NOT_A_COORDINATE),
        (put(f"{PLACE}.longitude", "west"), Reason.NOT_A_COORDINATE),
    ],
)
def test_what_is_wrong_otherwise_costs_a_field(
    tmp_path: Path, change: Change, reason: Reason
) -> None:
    service = copy.deepcopy(SERVICE)
    change(service)
    found = reads(tmp_path, **service)
    assert only(found).title == SERVICE["name"]
    assert reason in noted(found, Outcome.LEFT_OUT)


@pytest.mark.parametrize("name", sorted(SERVICE.keys() - {"name"}))
@pytest.mark.parametrize("value", [None, "absent"])
def test_what_is_optional_may_be_missing_or_null(
    tmp_path: Path, name: str, value: str | None
) -> None:
    service = {**SERVICE, name: None}
    if value is not None:
        del service[name]
    found = read(read_hsds, tmp_path, json.dumps(service))
    assert only(found).title == "Singing for Breathing"


def test_a_list_of_organisations_is_no_list_of_services(tmp_path: Path) -> None:
    with pytest.raises(NotRead) as caught:
        read(read_hsds, tmp_path, page())
    assert caught.value.problem.reason is Reason.NOTHING_KNOWN
