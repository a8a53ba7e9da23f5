"""Open Referral's HSDS 3 and its UK variant, whole and with parts missing."""

import json
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from companion.activities.importers.hsds import read_hsds
from companion.activities.problems import Reason
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
from companion.activities.when import Opening
from tests.companion.activities.reading import (
    activities,
    noted,
    only,
    read,
    set_aside,
    starts,
)

# After the examples of the UK profile, with other values.
WHOLE: dict[str, Any] = {
    "id": "ac148810-0000-4000-8000-000000000001",
    "name": "Lunch Club",
    "description": "<p>Lunch for people who live alone &amp; their friends.</p>",
    "url": "https://example.org/lunch",
    "email": "lunch@example.org",
    "status": "active",
    "application_process": "Ring the reception",
    "eligibility_description": "For everybody of 65+",
    "minimum_age": 65,
    "assured_date": "2026-10-01",
    "last_modified": "2026-11-15T10:30:45.123Z",
    "organization": {
        "id": "d9d5e0f5-0000-4000-8000-000000000001",
        "name": "Example Organisation",
        "website": "https://example.org",
    },
    "schedules": [
        {
            "id": "48102e86-0000-4000-8000-000000000001",
            "freq": "WEEKLY",
            "byday": "TH,FR",
            "opens_at": "10:00:00",
            "closes_at": "14:00:00Z",
            "valid_from": "2026-01-01",
            "valid_to": "2099-12-31",
        }
    ],
    "service_at_locations": [
        {
            "id": "e94c9f38-0000-4000-8000-000000000001",
            "location": {
                "name": "Village Hall",
                "latitude": 52.1,
                "longitude": 5.1,
                "addresses": [
                    {"address_1": "PO Box 1", "address_type": "postal"},
                    {
                        "address_1": "Main Street 1",
                        "address_2": "Room 2",
                        "city": "Exampleton",
                        "postal_code": "EX4 4PL",
                        "address_type": "physical",
                    },
                ],
                "accessibility": [
                    {"description": "Wheelchair access. Hearing loop available."}
                ],
            },
        }
    ],
    "languages": [{"code": "en"}, {"name": "Turkish"}],
    "cost_options": [
        {"amount": 3.5, "currency": "EUR", "amount_description": "per lunch"},
        {"amount": 9, "currency": "EUR", "valid_to": "2020-12-31"},
    ],
    "contacts": [{"name": "Reception", "phones": [{"number": "+44 20 7946 0000"}]}],
    "required_documents": [{"document": "a card"}],
    "attributes": [{"taxonomy_term": {"name": "Meal"}}],
}


def page(*services: Any, **around: Any) -> str:
    return json.dumps({"total_items": len(services), **around, "contents": services})


def reads(folder: Path, **changes: Any) -> list[Read]:
    service = {**WHOLE, **changes}
    for name in [name for name, value in changes.items() if value is ...]:
        del service[name]
    return read(read_hsds, folder, page(service))


def test_a_whole_service_of_the_uk_variant(tmp_path: Path) -> None:
    activity = only(reads(tmp_path))
    assert activity.title == "Lunch Club"
    assert activity.description == "Lunch for people who live alone & their friends."
    assert activity.organisation == "Example Organisation"
    assert activity.category is Category.EATING
    assert activity.audience == Audience("For everybody of 65+", 65)
    assert activity.conditions == "Ring the reception"
    assert activity.cost == Cost(350, 350, "per lunch")
    assert activity.contact == Contact(
        "Reception", "+442079460000", "lunch@example.org"
    )
    assert activity.place == Place(
        "Village Hall", "Main Street 1, Room 2", "EX4 4PL", "Exampleton", 52.1, 5.1
    )
    assert activity.opening_hours == (
        Opening(3, time(10), time(14)),
        Opening(4, time(10), time(14)),
    )
    assert activity.accessibility == (Access.HEARING_LOOP, Access.WHEELCHAIR)
    assert activity.languages == ("en", "tr")
    assert activity.bring == "a card"
    assert activity.checked_on == date(2026, 10, 1)


@pytest.mark.parametrize("name", sorted(set(WHOLE) - {"id", "name"}))
def test_each_optional_part_may_be_missing_or_null(tmp_path: Path, name: str) -> None:
    for value in (..., None):
        found = reads(tmp_path, **{name: value})
        assert only(found).title == "Lunch Club"
        assert set_aside(found) == []


def test_the_least_that_hsds_requires(tmp_path: Path) -> None:
    service = {"id": "1", "name": "Advice", "status": "active"}
    activity = only(read(read_hsds, tmp_path, page(service)))
    # Who publishes answers for it.
    assert activity.organisation == "Voorbeelddorp"
    assert not activity.times
    assert not activity.opening_hours


@pytest.mark.parametrize("name", sorted(set(WHOLE) - {"id"}))
def test_a_part_of_a_wrong_type_never_stops_the_import(
    tmp_path: Path, name: str
) -> None:
    good = {"id": "2", "name": "Good", "status": "active"}
    values: list[Any] = [
        7,
        True,
        "x",
        [],
        {},
        [7],
        ["x"],
        [[]],
        {"x": {}},
        [None],
        -1.5,
    ]
    for value in values:
        found = read(read_hsds, tmp_path, page({**WHOLE, name: value}, good))
        assert [it.title for it in activities(found)][-1] == "Good"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": ""}, Reason.MISSING),
        ({"name": None}, Reason.MISSING),
        ({"status": "perhaps"}, Reason.NOT_A_STATUS),
        ({"schedules": [{"opens_at": "ten"}]}, Reason.NOT_A_TIME),
        ({"schedules": [{"opens_at": "10:00", "dtstart": "2026-02-30"}]},
         Reason.NOT_A_DATE),
        ({"schedules": [{"opens_at": "10:00", "dtstart": "2026-02-03",
                         "freq": "SOMETIMES"}]}, Reason.NOT_A_RULE),
        ({"schedules": [{"opens_at": "10:00", "freq": "MONTHLY", "byday": "1TU"}]},
         Reason.RULE_WITHOUT_DATE),
    ],
)  # fmt: skip
def test_an_invalid_service_is_set_aside_with_its_reason(
    tmp_path: Path, changes: dict[str, Any], reason: Reason
) -> None:
    found = reads(tmp_path, **changes)
    assert activities(found) == []
    assert set_aside(found) == [reason]


def test_statuses(tmp_path: Path) -> None:
    for status, kept in (
        ("active", Status.OPEN),
        ("inactive", Status.CLOSED),
        ("defunct", Status.CLOSED),
        ("temporarily closed", Status.CLOSED),
    ):
        assert only(reads(tmp_path, status=status)).status is kept


def test_a_schedule_with_a_first_day_is_a_series(tmp_path: Path) -> None:
    schedule = {
        "dtstart": "2026-11-03",
        "freq": "MONTHLY",
        "interval": 1,
        "byday": "1TU,3TU",
        "opens_at": "14:00",
        "closes_at": "16:00",
        "until": "2026-12-31",
    }
    activity = only(reads(tmp_path, schedules=[schedule]))
    assert activity.opening_hours == ()
    assert starts(activity, date(2026, 1, 1), date(2027, 6, 1)) == [
        "2026-11-03 14:00",
        "2026-11-17 14:00",
        "2026-12-01 14:00",
        "2026-12-15 14:00",
    ]


def test_a_schedule_that_is_over_says_nothing(tmp_path: Path) -> None:
    old = {"byday": "MO", "opens_at": "9:00", "closes_at": "10:00",
           "valid_to": "2005-01-01"}  # fmt: skip
    assert only(reads(tmp_path, schedules=[old])).opening_hours == ()


def test_each_place_has_its_own_record_and_hours(tmp_path: Path) -> None:
    other = {
        "location": {"name": "Library"},
        "schedules": [{"byday": "MO", "opens_at": "9:00", "closes_at": "10:00"}],
    }
    first, second = activities(
        reads(
            tmp_path,
            service_at_locations=[*WHOLE["service_at_locations"], other],
        )
    )
    assert (first.place.name, second.place.name) == ("Village Hall", "Library")
    assert first.opening_hours[0].weekday == 3
    assert second.opening_hours == (Opening(0, time(9), time(10)),)
    assert first.id != second.id


def test_money_of_another_country_is_not_said_as_ours(tmp_path: Path) -> None:
    found = reads(tmp_path, cost_options=[{"amount": 5, "currency": "GBP"}])
    assert only(found).cost.lowest_cents is None
    assert Reason.OTHER_CURRENCY in noted(found)


def test_the_older_uk_variant(tmp_path: Path) -> None:
    service = {
        "id": "1",
        "name": "Walking group",
        "organization": {"name": "Example"},
        "eligibilitys": [{"eligibility": "Everybody", "minimum_age": 50}],
        "regular_schedules": [
            {"weekday": "MO", "opens_at": "09:00", "closes_at": "10:30"}
        ],
        "service_taxonomys": [{"taxonomy": {"name": "Walking"}}],
        "service_at_locations": [
            {
                "location": {
                    "name": "Park",
                    "physical_addresses": [
                        {"address_1": "Lane 2", "city": "Exampleton"}
                    ],
                }
            }
        ],
    }
    found = read(read_hsds, tmp_path, json.dumps({"content": [service]}))
    activity = only(found)
    assert activity.category is Category.WALKING
    assert activity.audience == Audience("Everybody", 50)
    assert activity.place.address == "Lane 2"
    assert activity.opening_hours == (Opening(0, time(9), time(10, 30)),)


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda services: json.dumps(services),
        lambda services: json.dumps({"contents": services, "empty": False}),
        lambda services: json.dumps({"a": {"contents": [1]}, "services": services}),
        lambda services: "\n".join(json.dumps(it) for it in services),
        lambda services: "\ufeff" + json.dumps(services, indent=2),
    ],
)
def test_lists_pages_and_lines(tmp_path: Path, wrapped: Any) -> None:
    services = [{"id": str(n), "name": f"S{n}", "status": "active"} for n in range(3)]
    found = read(read_hsds, tmp_path, wrapped(services))
    assert [it.title for it in activities(found)] == ["S0", "S1", "S2"]
    assert noted(found) == []


def test_a_service_that_is_no_json_costs_one_service(tmp_path: Path) -> None:
    text = (
        '{"contents": [\n{"id": "1", "name": "A"},\n{"id": "2", "name": "B",},\n'
        '"losse tekst",\n{"id": "3", "name": "C"}\n]}'
    )
    found = read(read_hsds, tmp_path, text)
    assert [it.title for it in activities(found)] == ["A", "C"]
    assert set_aside(found) == [Reason.NOT_A_RECORD] * 2
    lines = [problem.line for it in found for problem in it.problems]
    assert lines == [3, 4]


def test_a_file_that_was_cut_off_says_so(tmp_path: Path) -> None:
    text = page(WHOLE, {**WHOLE, "id": "2"})
    found = read(read_hsds, tmp_path, text[:-200])
    assert len(activities(found)) == 1
    assert set_aside(found) == [Reason.ENDS_EARLY]


def test_records_longer_than_what_is_read_at_once(tmp_path: Path) -> None:
    services = [
        {"id": str(n), "name": f"S{n}", "note": '{["x' * 40_000} for n in range(4)
    ]
    found = read(read_hsds, tmp_path, json.dumps({"total": 4, "contents": services}))
    assert [it.title for it in activities(found)] == ["S0", "S1", "S2", "S3"]


@pytest.mark.parametrize("content", ["", "{}", "[]", "hallo", "[1, 2", "[[[[", "null"])
def test_what_holds_no_service_is_said(tmp_path: Path, content: str) -> None:
    if content == "{}":
        assert set_aside(read(read_hsds, tmp_path, content)) == [Reason.MISSING]
        return
    with pytest.raises(NotRead):
        read(read_hsds, tmp_path, content)
