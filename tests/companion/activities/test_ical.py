"""Calendars: series, exceptions, zones, and what programs make of them."""

from datetime import date
from pathlib import Path

import pytest

from companion.activities.importers.ical import read_ical
from companion.activities.problems import Reason
from companion.activities.reading import NotRead, Read
from companion.activities.record import Contact, Place, Status
from tests.companion.activities.reading import (
    activities,
    noted,
    occurrences,
    only,
    read,
    set_aside,
    starts,
    wall,
)

ZONED = "DTSTART;TZID=Europe/Amsterdam"


def calendar(*events: str, head: str = "") -> str:
    return "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            *head.splitlines(),
            *events,
            "END:VCALENDAR",
            "",
        ]
    )


def event(*lines: str, uid: str = "1@example.org", title: str = "Koffie") -> str:
    return "\r\n".join(
        ["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{title}", *lines, "END:VEVENT"]
    )


def reads(folder: Path, *events: str, head: str = "") -> list[Read]:
    return read(read_ical, folder, calendar(*events, head=head))


def test_an_event_with_all_that_it_can_tell(tmp_path: Path) -> None:
    found = reads(
        tmp_path,
        event(
            f"{ZONED}:20260303T100000",
            "DURATION:PT1H30M",
            "RRULE:FREQ=WEEKLY",
            "DESCRIPTION:Samen koffie drinken\\, met koek.\\nRolstoel kan.",
            "LOCATION:Dorpshuis\\, Dorpsstraat 1\\, 1234 AB Voorbeelddorp",
            "GEO:52.1;5.1",
            "URL:https://example.org/koffie",
            'ORGANIZER;CN="Welzijn: Voorbeelddorp":mailto:balie@example.org',
            "CATEGORIES:ontmoeten,koffie",
            "LAST-MODIFIED:20261101T120000Z",
            "CONTACT:de balie",
            "BEGIN:VALARM",
            "TRIGGER:-PT15M",
            "DESCRIPTION:niet deze",
            "END:VALARM",
        ),
    )
    assert noted(found) == []
    activity = only(found)
    assert activity.id == "1@example.org"
    assert activity.organisation == "Welzijn: Voorbeelddorp"
    assert activity.description == "Samen koffie drinken, met koek. Rolstoel kan."
    assert activity.contact == Contact("de balie", "", "balie@example.org")
    assert activity.place == Place(
        "Dorpshuis", "Dorpsstraat 1", "1234 AB", "Voorbeelddorp", 52.1, 5.1
    )
    assert activity.checked_on == date(2026, 11, 1)
    (times,) = activity.times
    assert times.first.end == wall("2026-03-03 11:30")
    assert times.zone == "Europe/Amsterdam"


def test_a_weekly_series_stays_at_its_time_across_summer_time(tmp_path: Path) -> None:
    activity = only(
        reads(tmp_path, event(f"{ZONED}:20260317T100000", "RRULE:FREQ=WEEKLY;COUNT=4"))
    )
    found = occurrences(activity, date(2026, 1, 1), date(2027, 1, 1))
    assert [f"{it.start:%d-%m %H:%M %z}" for it in found] == [
        "17-03 10:00 +0100",
        "24-03 10:00 +0100",
        "31-03 10:00 +0200",
        "07-04 10:00 +0200",
    ]


def test_exceptions_additions_moves_and_cancellations(tmp_path: Path) -> None:
    found = reads(
        tmp_path,
        event(
            f"{ZONED}:20260303T100000",
            "DTEND;TZID=Europe/Amsterdam:20260303T110000",
            "RRULE:FREQ=WEEKLY;UNTIL=20260331T215959Z",
            "EXDATE;TZID=Europe/Amsterdam:20260310T100000",
            "RDATE;TZID=Europe/Amsterdam:20260305T150000",
        ),
        event(
            "RECURRENCE-ID;TZID=Europe/Amsterdam:20260317T100000",
            f"{ZONED}:20260318T140000",
            "DTEND;TZID=Europe/Amsterdam:20260318T160000",
        ),
        event(
            "RECURRENCE-ID:20260324T090000Z",
            f"{ZONED}:20260324T100000",
            "STATUS:CANCELLED",
        ),
    )
    assert noted(found) == []
    activity = only(found)
    assert starts(activity, date(2026, 1, 1), date(2027, 1, 1)) == [
        "2026-03-03 10:00",
        "2026-03-05 15:00",
        "2026-03-18 14:00",
        "2026-03-31 10:00",
    ]
    ends = [
        it.end for it in occurrences(activity, date(2026, 3, 18), date(2026, 3, 19))
    ]
    assert [f"{it:%H:%M}" for it in ends if it] == ["16:00"]
    assert activity.last_day() == date(2026, 3, 31)


def test_an_occurrence_elsewhere_is_a_record_of_its_own(tmp_path: Path) -> None:
    found = reads(
        tmp_path,
        # What was changed may stand above the series.
        event(
            "RECURRENCE-ID;TZID=Europe/Amsterdam:20260310T100000",
            f"{ZONED}:20260310T100000",
            "LOCATION:Bibliotheek",
        ),
        event(
            f"{ZONED}:20260303T100000",
            "RRULE:FREQ=WEEKLY;COUNT=3",
            "LOCATION:Dorpshuis",
        ),
    )
    series, moved = activities(found)
    assert starts(series, date(2026, 1, 1), date(2027, 1, 1)) == [
        "2026-03-03 10:00",
        "2026-03-17 10:00",
    ]
    assert moved.place.name == "Bibliotheek"
    assert moved.id == "1@example.org/20260310T1000"


def test_a_changed_occurrence_whose_series_is_not_there(tmp_path: Path) -> None:
    found = reads(
        tmp_path,
        event("RECURRENCE-ID:20260310T090000Z", f"{ZONED}:20260310T110000"),
    )
    assert starts(only(found), date(2026, 1, 1), date(2027, 1, 1)) == [
        "2026-03-10 11:00"
    ]


WEEKLY = (f"{ZONED}:20260303T100000", "DURATION:PT1H")
FOLLOWING = "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Amsterdam"


def test_a_series_that_goes_on_at_another_time(tmp_path: Path) -> None:
    found = reads(
        tmp_path,
        event(
            *WEEKLY,
            "RRULE:FREQ=WEEKLY;COUNT=6",
            "EXDATE;TZID=Europe/Amsterdam:20260310T100000,20260331T100000",
        ),
        event(
            f"{FOLLOWING}:20260317T100000",
            f"{ZONED}:20260317T140000",
            "DURATION:PT2H",
        ),
        # Of the new part, named by when it would have been at first.
        event(
            "RECURRENCE-ID;TZID=Europe/Amsterdam:20260324T100000",
            f"{ZONED}:20260325T150000",
        ),
    )
    activity = only(found)
    assert starts(activity, date(2026, 3, 1), date(2026, 6, 1)) == [
        "2026-03-03 10:00",
        "2026-03-17 14:00",
        "2026-03-25 15:00",
        "2026-04-07 14:00",
    ]
    (_, last) = activity.times
    assert last.first.end == wall("2026-03-17 16:00")
    assert activity.last_day() == date(2026, 4, 7)


def test_a_series_that_goes_on_elsewhere(tmp_path: Path) -> None:
    found = reads(
        tmp_path,
        event(*WEEKLY, "RRULE:FREQ=WEEKLY", "LOCATION:Dorpshuis"),
        event(
            f"{FOLLOWING}:20260317T100000",
            f"{ZONED}:20260317T100000",
            "LOCATION:Bibliotheek",
        ),
    )
    before, after = activities(found)
    assert starts(before, date(2026, 3, 1), date(2026, 4, 1)) == [
        "2026-03-03 10:00",
        "2026-03-10 10:00",
    ]
    assert starts(after, date(2026, 3, 1), date(2026, 4, 1)) == [
        "2026-03-17 10:00",
        "2026-03-24 10:00",
        "2026-03-31 10:00",
    ]
    assert after.place.name == "Bibliotheek"
    assert after.id != before.id == "1@example.org"


def test_a_series_that_stops_and_one_that_is_another_from_the_start(
    tmp_path: Path,
) -> None:
    found = reads(
        tmp_path,
        event(*WEEKLY, "RRULE:FREQ=WEEKLY"),
        event(f"{FOLLOWING}:20260317T100000", "STATUS:CANCELLED"),
        event(*WEEKLY, "RRULE:FREQ=WEEKLY;UNTIL=20260318T000000Z", uid="2"),
        event(f"{FOLLOWING}:20260303T100000", f"{ZONED}:20260303T110000", uid="2"),
        # With a rule of its own it may be on another day.
        event(*WEEKLY, "RRULE:FREQ=WEEKLY;COUNT=4", uid="3"),
        event(
            f"{FOLLOWING}:20260310T100000",
            f"{ZONED}:20260312T100000",
            "RRULE:FREQ=WEEKLY;COUNT=2",
            uid="3",
        ),
    )
    since, until = date(2026, 3, 1), date(2026, 5, 1)
    assert [starts(it, since, until) for it in activities(found)] == [
        ["2026-03-03 10:00", "2026-03-10 10:00"],
        ["2026-03-03 11:00", "2026-03-10 11:00", "2026-03-17 11:00"],
        ["2026-03-03 10:00", "2026-03-12 10:00", "2026-03-19 10:00"],
    ]  # fmt: skip
    assert [it.id for it in activities(found)] == ["1@example.org", "2", "3"]


@pytest.mark.parametrize(
    ("range_", "which", "start"),
    [
        # Another day, and no word about the days after it.
        ("THISANDFUTURE", "20260310T100000", "20260312T100000"),
        # No time of the series.
        ("THISANDFUTURE", "20260311T100000", "20260311T110000"),
        # What RFC 2445 had, and nobody wrote.
        ("THISANDPRIOR", "20260310T100000", "20260310T110000"),
    ],
)
def test_a_change_of_what_follows_that_is_not_certain_is_set_aside(
    tmp_path: Path, range_: str, which: str, start: str
) -> None:
    found = reads(
        tmp_path,
        event(*WEEKLY, "RRULE:FREQ=WEEKLY"),
        event(
            f"RECURRENCE-ID;RANGE={range_};TZID=Europe/Amsterdam:{which}",
            f"{ZONED}:{start}",
        ),
        event(f"{ZONED}:20260303T100000", uid="2"),
    )
    assert only(found).id == "2"
    assert set_aside(found) == [Reason.NOT_A_RULE]


def test_a_floating_time_is_read_as_ours_and_that_is_noted(tmp_path: Path) -> None:
    found = reads(tmp_path, event("DTSTART:20260703T100000"))
    assert starts(only(found), date(2026, 1, 1), date(2027, 1, 1)) == [
        "2026-07-03 10:00"
    ]
    assert noted(found) == [Reason.NO_TIME_ZONE]


def test_a_calendar_in_utc_that_names_its_zone_stays_at_its_time(
    tmp_path: Path,
) -> None:
    one = event("DTSTART:20260323T090000Z", "RRULE:FREQ=WEEKLY;COUNT=2")
    found = reads(tmp_path, one, head="X-WR-TIMEZONE:Europe/Amsterdam")
    assert starts(only(found), date(2026, 1, 1), date(2027, 1, 1)) == [
        "2026-03-23 10:00",
        "2026-03-30 10:00",
    ]
    # Without that it is at nine in UTC, as it says.
    assert starts(only(reads(tmp_path, one)), date(2026, 1, 1), date(2027, 1, 1)) == [
        "2026-03-23 10:00",
        "2026-03-30 11:00",
    ]


VTIMEZONE = """BEGIN:VTIMEZONE
TZID:Eigen zone
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:{summer}
END:DAYLIGHT
END:VTIMEZONE"""


@pytest.mark.parametrize(
    ("name", "head", "reason"),
    [
        ("Europe/Amsterdam", "", None),
        ("W. Europe Standard Time", "", None),
        ("/mozilla.org/20050126_1/Europe/Amsterdam", "", None),
        ("Eigen zone", VTIMEZONE.format(summer="+0200"), Reason.ZONE_GUESSED),
    ],
)
def test_names_of_our_zone(
    tmp_path: Path, name: str, head: str, reason: Reason | None
) -> None:
    found = reads(tmp_path, event(f"DTSTART;TZID={name}:20260703T100000"), head=head)
    assert starts(only(found), date(2026, 1, 1), date(2027, 1, 1)) == [
        "2026-07-03 10:00"
    ]
    assert noted(found) == ([] if reason is None else [reason])


@pytest.mark.parametrize("head", ["", VTIMEZONE.format(summer="+0300")])
def test_an_unknown_zone_is_set_aside(tmp_path: Path, head: str) -> None:
    found = reads(tmp_path, event("DTSTART;TZID=Eigen zone:20260703T100000"), head=head)
    assert set_aside(found) == [Reason.UNKNOWN_ZONE]
    assert activities(found) == []


def test_another_zone_is_told_in_ours(tmp_path: Path) -> None:
    found = reads(tmp_path, event("DTSTART;TZID=Europe/London:20260703T100000"))
    assert starts(only(found), date(2026, 1, 1), date(2027, 1, 1)) == [
        "2026-07-03 11:00"
    ]


@pytest.mark.parametrize(
    ("end", "last", "reason"),
    [
        ("DTEND;VALUE=DATE:20260505", "2026-05-05", None),
        ("DTEND;VALUE=DATE:20260506", "2026-05-06", None),
        ("DTEND;VALUE=DATE:20260504", "2026-05-05", Reason.END_ON_START_DAY),
        ("DURATION:P2D", "2026-05-06", None),
        ("X-NONE:1", "2026-05-05", None),
    ],
)
def test_the_end_of_a_whole_day(
    tmp_path: Path, end: str, last: str, reason: Reason | None
) -> None:
    found = reads(tmp_path, event("DTSTART;VALUE=DATE:20260504", end))
    (times,) = only(found).times
    assert times.is_all_day
    assert times.first.end == wall(last)
    assert noted(found) == ([] if reason is None else [reason])


def days(number: int, length: int) -> list[str]:
    return [
        event(
            f"DTSTART;VALUE=DATE:2026050{day}",
            f"DTEND;VALUE=DATE:2026050{day + length}",
            uid=str(day),
        )
        for day in range(1, number + 1)
    ]


def test_a_calendar_whose_days_all_end_a_day_late_is_put_right(tmp_path: Path) -> None:
    found = reads(tmp_path, *days(3, 2))
    assert noted(found) == [Reason.END_DAY_TOO_LATE] * 3
    assert [it.times[0].first.end for it in activities(found)] == [
        wall(f"2026-05-0{day}") for day in (2, 3, 4)
    ]
    # A weekend may well last two days, as long as not everything does.
    assert noted(reads(tmp_path, *days(2, 2))) == []
    assert (
        noted(
            reads(
                tmp_path,
                *days(3, 2),
                event("DTSTART;VALUE=DATE:20260509", "DTEND;VALUE=DATE:20260510"),
            )
        )
        == []
    )


def test_from_midnight_to_midnight_is_the_whole_day(tmp_path: Path) -> None:
    found = reads(
        tmp_path,
        event(
            f"{ZONED}:20260504T000000", "DTEND;TZID=Europe/Amsterdam:20260505T000000"
        ),
    )
    assert only(found).times[0].is_all_day


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([f"{ZONED}:20261303T100000"], Reason.NOT_A_DATE),
        ([f"{ZONED}:morgen"], Reason.NOT_A_DATE),
        (["DESCRIPTION:geen begin"], Reason.MISSING),
        ([f"{ZONED}:20260303T100000", "DTEND:20260303T080000Z"],
         Reason.ENDS_BEFORE_START),
        ([f"{ZONED}:20260303T100000", "DTEND:later"], Reason.NOT_A_DATE),
        ([f"{ZONED}:20260303T100000", "DURATION:lang"], Reason.NOT_A_DATE),
        ([f"{ZONED}:20260303T100000", "RRULE:FREQ=SOMS"], Reason.NOT_A_RULE),
        ([f"{ZONED}:20260303T100000", "RRULE:FREQ=MINUTELY"], Reason.NOT_A_RULE),
        ([f"{ZONED}:20260303T100000", "RRULE:FREQ=WEEKLY;BYDAY=XX"], Reason.NOT_A_RULE),
        ([f"{ZONED}:20260303T100000", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"],
         Reason.NOT_A_RULE),
        ([f"{ZONED}:20260303T100000", "RRULE:FREQ=WEEKLY", "EXDATE:nooit"],
         Reason.NOT_A_DATE),
        ([f"{ZONED}:20260303T100000", "RRULE:FREQ=WEEKLY", "RRULE:FREQ=DAILY"],
         Reason.NOT_A_RULE),
        ([f"{ZONED}:22260303T100000"], Reason.FAR_YEAR),
    ],
)  # fmt: skip
def test_a_time_that_cannot_be_read_sets_one_event_aside(
    tmp_path: Path, lines: list[str], reason: Reason
) -> None:
    good = event(f"{ZONED}:20260303T100000", uid="2")
    found = reads(tmp_path, event(*lines), good)
    assert only(found).id == "2"
    assert set_aside(found) == [reason]
    assert found[0].problems[0].line == 3


def test_an_exception_that_names_only_the_day_means_that_day(tmp_path: Path) -> None:
    found = reads(
        tmp_path,
        event(
            f"{ZONED}:20260303T100000",
            "RRULE:FREQ=WEEKLY;COUNT=2",
            "EXDATE;VALUE=DATE:20260310",
        ),
    )
    assert starts(only(found), date(2026, 1, 1), date(2027, 1, 1)) == [
        "2026-03-03 10:00"
    ]
    assert noted(found) == [Reason.NOT_A_TIME]


def test_an_event_that_never_ends_takes_no_other_with_it(tmp_path: Path) -> None:
    text = calendar(
        f"BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:A\r\n{ZONED}:20260303T100000",
        event(f"{ZONED}:20260303T100000", uid="2"),
    )
    found = read(read_ical, tmp_path, text)
    assert only(found).id == "2"
    assert set_aside(found) == [Reason.ENDS_EARLY]


def test_a_file_that_was_cut_off(tmp_path: Path) -> None:
    text = calendar(
        event(f"{ZONED}:20260303T100000"), event(f"{ZONED}:20260303T100000", uid="2")
    )
    found = read(read_ical, tmp_path, text[:-60])
    assert only(found).id == "1@example.org"
    assert Reason.ENDS_EARLY in noted(found)


def test_of_two_versions_of_an_event_the_newest_counts(tmp_path: Path) -> None:
    found = reads(
        tmp_path,
        event(f"{ZONED}:20260303T100000", "SEQUENCE:2", title="nieuw"),
        event(f"{ZONED}:20260303T100000", "SEQUENCE:1", title="oud"),
    )
    assert only(found).title == "nieuw"
    assert noted(found) == [Reason.SAME_ID]


def test_folded_lines_also_within_a_letter(tmp_path: Path) -> None:
    text = calendar(event(f"{ZONED}:20260303T100000", title="Café"))
    cut = text.encode().replace("é".encode(), b"\xc3\r\n \xa9")
    assert only(read(read_ical, tmp_path, cut)).title == "Café"


def test_a_repeated_calscale_and_bare_line_ends_do_no_harm(tmp_path: Path) -> None:
    text = calendar(
        event(f"{ZONED}:20260303T100000"), head="CALSCALE:GREGORIAN\nCALSCALE:GREGORIAN"
    )
    assert noted(read(read_ical, tmp_path, text.replace("\r\n", "\n"))) == []


def test_a_cancelled_event_stays_known_as_cancelled(tmp_path: Path) -> None:
    found = reads(tmp_path, event(f"{ZONED}:20260303T100000", "STATUS:CANCELLED"))
    assert only(found).status is Status.CANCELLED


def test_the_calendar_names_who_organises_where_the_event_does_not(
    tmp_path: Path,
) -> None:
    head = "X-WR-CALNAME:Dorpshuis\\, agenda"
    found = reads(tmp_path, event(f"{ZONED}:20260303T100000"), head=head)
    assert only(found).organisation == "Dorpshuis, agenda"


def test_what_is_no_calendar_is_said(tmp_path: Path) -> None:
    for content in ("", "Titel;Organisatie\n", b"\xff\xfe\x00" * 9):
        with pytest.raises(NotRead):
            read(read_ical, tmp_path, content)
