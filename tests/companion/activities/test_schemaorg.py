"""Events of schema.org, in files and in pages."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from companion.activities.importers.schemaorg import read_schemaorg
from companion.activities.problems import Reason
from companion.activities.reading import NotRead, Read
from companion.activities.record import Audience, Category, Contact, Cost, Place, Status
from tests.companion.activities.reading import (
    activities,
    noted,
    only,
    read,
    set_aside,
    starts,
    wall,
)

EVENT: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "SocialEvent",
    "@id": "https://example.org/events/1",
    "name": "Bingo &amp; thee",
    "description": "Met leuke prijzen.",
    "keywords": "bingo",
    "startDate": "2026-12-01T14:00:00+01:00",
    "endDate": "2026-12-01T16:00:00+01:00",
    "location": {
        "@type": "Place",
        "name": "Dorpshuis",
        "address": {
            "@type": "PostalAddress",
            "streetAddress": "Dorpsstraat 1",
            "postalCode": "1234 AB",
            "addressLocality": "Voorbeelddorp",
        },
        "geo": {"latitude": "52.1", "longitude": "5.1"},
    },
    "organizer": {
        "@type": "Organization",
        "name": "Welzijn",
        "telephone": "06-00000001",
        "email": "balie@example.org",
    },
    "offers": [{"price": "2.50", "priceCurrency": "EUR"}],
    "typicalAgeRange": "65-",
    "inLanguage": "nl-NL",
    "url": "https://example.org/bingo",
    "dateModified": "2026-11-01",
}


def reads(folder: Path, **changes: Any) -> list[Read]:
    event = {name: it for name, it in {**EVENT, **changes}.items() if it is not ...}
    return read(read_schemaorg, folder, json.dumps(event))


def test_a_whole_event(tmp_path: Path) -> None:
    activity = only(reads(tmp_path))
    assert activity.id == "https://example.org/events/1"
    assert activity.title == "Bingo & thee"
    assert activity.category is Category.GAMES
    assert activity.organisation == "Welzijn"
    assert activity.contact == Contact("", "0600000001", "balie@example.org")
    assert activity.cost == Cost(250, 250)
    assert activity.audience == Audience("", 65)
    assert activity.languages == ("nl",)
    assert activity.checked_on == date(2026, 11, 1)
    assert activity.place == Place(
        "Dorpshuis", "Dorpsstraat 1", "1234 AB", "Voorbeelddorp", 52.1, 5.1
    )
    (times,) = activity.times
    assert times.first.start == wall("2026-12-01 14:00")
    assert times.first.end == wall("2026-12-01 16:00")


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda event: [event],
        lambda event: {"@graph": [{"@type": "WebSite", "name": "x"}, event]},
        lambda event: {
            "@type": "ItemList",
            "itemListElement": [{"@type": "ListItem", "item": event}],
        },
        lambda event: {**event, "@type": ["http://schema.org/Event", "x"]},
        lambda event: {**event, "@type": "schema:Event"},
        lambda event: {"@type": "EventSeries", "name": "reeks", "subEvent": [event]},
        lambda event: {"@type": "WebPage", "mainEntity": event},
    ],
)
def test_the_many_ways_to_wrap_an_event(tmp_path: Path, wrapped: Any) -> None:
    found = read(read_schemaorg, tmp_path, json.dumps(wrapped(EVENT)))
    assert only(found).title == "Bingo & thee"


def test_a_page(tmp_path: Path) -> None:
    page = f"""<!DOCTYPE html>
<html><head><title>Agenda</title>
<script>var x = "<script>";</script>
<script type="application/ld+json">{{"@type": "Organization", "name": "x"}}</script>
<script type='application/ld+json; charset=utf-8'>
<!--
{json.dumps(EVENT)}
-->
</script>
<script type="application/ld+json">{{"@type": "Event",}}</script>
</head><body>&lt;Event&gt;</body></html>"""
    found = read(read_schemaorg, tmp_path, page)
    assert only(found).title == "Bingo & thee"
    assert [it.line for it in found if it.activity] == [5]
    assert set_aside(found) == [Reason.NOT_A_RECORD]


def test_a_schedule(tmp_path: Path) -> None:
    schedule = {
        "@type": "Schedule",
        "startDate": "2026-11-02",
        "endDate": "2026-11-30",
        "repeatFrequency": "P1W",
        "byDay": ["https://schema.org/Tuesday", "Thursday"],
        "startTime": "10:00:00",
        "endTime": "11:30:00",
        "exceptDate": ["2026-11-12"],
        "scheduleTimezone": "Europe/Amsterdam",
    }
    activity = only(reads(tmp_path, eventSchedule=schedule, startDate=...))
    assert starts(activity, date(2026, 1, 1), date(2027, 1, 1)) == [
        f"2026-11-{day} 10:00" for day in ("03", "05", "10", "17", "19", "24", "26")
    ]


def test_several_schedules_are_one_activity(tmp_path: Path) -> None:
    schedules = [
        {"startDate": "2026-11-24", "repeatFrequency": "P1W", "startTime": "10:00"},
        {"startDate": "2026-11-27", "repeatFrequency": "P2W", "startTime": "14:00"},
    ]
    activity = only(reads(tmp_path, eventSchedule=schedules))
    assert starts(activity, date(2026, 11, 22), date(2026, 12, 6)) == [
        "2026-11-24 10:00",
        "2026-12-01 10:00",
        "2026-11-27 14:00",
    ]


def test_days_include_the_last_one(tmp_path: Path) -> None:
    found = reads(tmp_path, startDate="2026-12-01", endDate="2026-12-03")
    (times,) = only(found).times
    assert times.is_all_day
    assert times.first.end == wall("2026-12-04")


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("2026-12-01T14:00", [Reason.NO_TIME_ZONE]),
        ("2026-12-01 14:00:00", [Reason.NO_TIME_ZONE]),
        ("2026-12-01T13:00:00Z", []),
        ("2026-12-01T14:00:00+0100", []),
        ("2026-12-01T08:00:00-05:00", []),
    ],
)
def test_moments_as_pages_write_them(
    tmp_path: Path, written: str, reason: list[Reason]
) -> None:
    found = reads(tmp_path, startDate=written, endDate=..., name="Bingo")
    assert only(found).times[0].first.start == wall("2026-12-01 14:00")
    assert noted(found) == reason


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, Status.OPEN),
        ({"eventStatus": "https://schema.org/EventCancelled"}, Status.CANCELLED),
        ({"eventStatus": "EventPostponed"}, Status.CANCELLED),
        ({"eventStatus": "http://schema.org/EventRescheduled"}, Status.OPEN),
        ({"offers": {"price": 0, "availability": "https://schema.org/SoldOut"}},
         Status.FULL),
    ],
)  # fmt: skip
def test_statuses(tmp_path: Path, changes: dict[str, Any], status: Status) -> None:
    assert only(reads(tmp_path, **changes)).status is status


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": ""}, Reason.MISSING),
        ({"startDate": ...}, Reason.MISSING),
        ({"startDate": "binnenkort"}, Reason.NOT_A_DATE),
        ({"startDate": "2026-12-01T30:00"}, Reason.NOT_A_DATE),
        ({"endDate": "2026-12-01T10:00:00+01:00"}, Reason.ENDS_BEFORE_START),
        ({"eventStatus": "EventPerhaps"}, Reason.NOT_A_STATUS),
        ({"eventSchedule": {"repeatFrequency": "now and then"}}, Reason.NOT_A_RULE),
        ({"eventSchedule": {"startDate": "2026-12-01", "scheduleTimezone": "Mars"}},
         Reason.UNKNOWN_ZONE),
    ],
)  # fmt: skip
def test_an_event_that_would_mislead_is_set_aside(
    tmp_path: Path, changes: dict[str, Any], reason: Reason
) -> None:
    found = reads(tmp_path, **changes)
    assert activities(found) == []
    assert set_aside(found) == [reason]


@pytest.mark.parametrize("name", sorted(set(EVENT) - {"@type"}))
def test_a_part_of_a_wrong_type_never_stops_the_import(
    tmp_path: Path, name: str
) -> None:
    values: list[Any] = [
        7,
        True,
        "x",
        [],
        {},
        [7],
        [[]],
        {"x": {}},
        [None],
        {"@value": 3},
    ]
    for value in values:
        events = [{**EVENT, name: value}, {**EVENT, "@id": "2"}]
        found = read(read_schemaorg, tmp_path, json.dumps(events))
        assert activities(found)[-1].id == "2"


def test_what_holds_no_event_is_said(tmp_path: Path) -> None:
    for content in ("", "<html></html>", '{"@type": "Person"}', "x"):
        with pytest.raises(NotRead):
            read(read_schemaorg, tmp_path, content)
