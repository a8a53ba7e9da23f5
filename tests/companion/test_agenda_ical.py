"""Calendar files, as programs and people make them."""

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from companion import agenda_ical
from companion.agenda import Change, Entry, EntryId, Kind, occurrences
from companion.agenda_export import write_calendar
from companion.agenda_ical import NoCalendar, Read, read_calendar
from tests.virtual_time import AMSTERDAM

NOW = datetime(2026, 3, 23, 10, 0, tzinfo=AMSTERDAM)


def calendar(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{body}END:VCALENDAR\n".encode()


def read(*events: str) -> Read:
    return read_calendar(calendar(*events), NOW)


def times(found: Read, days: int = 30) -> list[str]:
    last = NOW.date() + timedelta(days=days)
    return [
        f"{o.wall:%d-%m %H:%M} {o.entry.what}"
        for o in occurrences(found.entries, NOW.date(), last)
    ]


KAPPER = "UID:1\nSUMMARY:De kapper\nDTSTART;TZID=Europe/Amsterdam:20260324T143000"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (KAPPER, ["24-03 14:30 De kapper"]),
        # Floating, in UTC after summer time began, in another zone, and all day.
        ("UID:2\nSUMMARY:A\nDTSTART:20260324T143000", ["24-03 14:30 A"]),
        ("UID:3\nSUMMARY:B\nDTSTART:20260330T120000Z", ["30-03 14:00 B"]),
        ("UID:4\nSUMMARY:C\nDTSTART;TZID=Europe/London:20260324T120000",
         ["24-03 13:00 C"]),
        ("UID:5\nSUMMARY:D\nDTSTART;VALUE=DATE:20260324", ["24-03 00:00 D"]),
        # Over the change to summer time it keeps its hour.
        (f"{KAPPER}\nRRULE:FREQ=WEEKLY;COUNT=3",
         ["24-03 14:30 De kapper", "31-03 14:30 De kapper", "07-04 14:30 De kapper"]),
        (f"{KAPPER}\nRRULE:FREQ=WEEKLY;UNTIL=20260331T123000Z",
         ["24-03 14:30 De kapper", "31-03 14:30 De kapper"]),
        (f"{KAPPER}\nRRULE:FREQ=WEEKLY;COUNT=3\n"
         "EXDATE;TZID=Europe/Amsterdam:20260331T143000",
         ["24-03 14:30 De kapper", "07-04 14:30 De kapper"]),
        ("UID:6\nSUMMARY:E\nDTSTART;VALUE=DATE:20260324\nRRULE:FREQ=DAILY;COUNT=3\n"
         "EXDATE;VALUE=DATE:20260325", ["24-03 00:00 E", "26-03 00:00 E"]),
    ],
)  # fmt: skip
def test_every_kind_of_time(event: str, expected: list[str]) -> None:
    found = read(event)
    assert times(found) == expected
    assert found.set_aside == ()


def test_one_time_of_a_series_is_moved_and_another_is_cancelled() -> None:
    found = read(
        f"{KAPPER}\nRRULE:FREQ=WEEKLY;COUNT=4",
        "UID:1\nSUMMARY:De kapper\n"
        "RECURRENCE-ID;TZID=Europe/Amsterdam:20260331T143000\n"
        "DTSTART;TZID=Europe/Amsterdam:20260402T100000",
        "UID:1\nSTATUS:CANCELLED\nRECURRENCE-ID;TZID=Europe/Amsterdam:20260407T143000\n"
        "DTSTART;TZID=Europe/Amsterdam:20260407T143000",
    )
    assert times(found) == [
        "24-03 14:30 De kapper",
        "02-04 10:00 De kapper",
        "14-04 14:30 De kapper",
    ]


def test_what_is_over_or_cancelled_is_counted_and_not_kept() -> None:
    found = read(
        "UID:1\nSUMMARY:Voorbij\nDTSTART:20200101T100000",
        "UID:2\nSUMMARY:Reeks\nDTSTART:20200101T100000\nRRULE:FREQ=DAILY;COUNT=5",
        f"{KAPPER}\nSTATUS:CANCELLED",
    )
    assert (found.entries, found.set_aside, found.over) == ((), (), 3)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("UID:1\nDTSTART:20260324T143000", "no_title"),
        ("UID:1\nSUMMARY:A", "no_start"),
        ("UID:1\nSUMMARY:A\nDTSTART:morgen", "no_start"),
        ("UID:1\nSUMMARY:A\nDTSTART:20260332T143000", "no_start"),
        (f"{KAPPER}\nRRULE:FREQ=HOURLY", "rule"),
        (f"{KAPPER}\nRRULE:elke week", "rule"),
        (f"{KAPPER}\nRRULE:FREQ=DAILY;BYHOUR=3", "rule"),
        (f"{KAPPER}\nRRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY", "rule"),
        (f"{KAPPER}\nRDATE:20260401T100000", "rdate"),
        (f"{KAPPER}\nRRULE:FREQ=DAILY\nEXDATE:gisteren", "time"),
        ("UID:9\nSUMMARY:A\nRECURRENCE-ID:20260324T143000\nDTSTART:20260324T150000",
         "no_series"),
    ],
)  # fmt: skip
def test_a_bad_event_is_set_aside_with_its_reason_and_the_others_are_kept(
    event: str, reason: str
) -> None:
    found = read(event, KAPPER.replace("UID:1", "UID:goed"))
    assert [(one.number, one.reason) for one in found.set_aside] == [(1, reason)]
    assert times(found) == ["24-03 14:30 De kapper"]


def test_birthdays_alarms_and_places_are_understood() -> None:
    found = read(
        "UID:1\nSUMMARY:Verjaardag van Anna\nDTSTART;VALUE=DATE:19500403\n"
        "RRULE:FREQ=YEARLY",
        f"{KAPPER.replace('UID:1', 'UID:2')}\nLOCATION:Dorpsstraat 12\n"
        "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT90M\nEND:VALARM",
    )
    anna, kapper = found.entries
    assert (anna.kind, anna.what) == (Kind.BIRTHDAY, "Anna")
    assert (kapper.place, kapper.ahead_min) == ("Dorpsstraat 12", 90)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no_calendar"),
        (b"\xff\xfe\x00", "no_calendar"),
        (b"naam;telefoon\nAnna;06\n", "no_calendar"),
        (b"x" * (agenda_ical.MOST_BYTES + 1), "too_large"),
    ],
)
def test_what_is_no_calendar_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(NoCalendar) as caught:
        read_calendar(data, NOW)
    assert caught.value.reason == reason


def test_no_damage_to_a_file_breaks_it() -> None:
    whole = calendar(
        f"{KAPPER}\nRRULE:FREQ=MONTHLY;BYDAY=3TU;UNTIL=20270101T000000Z\n"
        "EXDATE;TZID=Europe/Amsterdam:20260331T143000",
        "UID:1\nRECURRENCE-ID:20260421T123000Z\nDTSTART:20260422T123000Z\nSUMMARY:x",
    )
    dice = random.Random(4)
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            place = dice.randrange(len(data))
            match dice.randrange(3):
                case 0:
                    data[place] = dice.randrange(256)
                case 1:
                    del data[place : place + dice.randint(1, 9)]
                case _:
                    data[place:place] = data[place // 2 : place // 2 + 9]
        try:
            read_calendar(bytes(data), NOW)
        except NoCalendar:
            continue


def test_what_is_written_is_read_as_the_same() -> None:
    created = NOW - timedelta(days=1)
    day = date(2026, 3, 24)
    entries = [
        Entry(EntryId(1), Kind.APPOINTMENT, "de kapper; en zo, café", day, created,
              (time(14, 30),), place="Dorpsstraat 12"),
        Entry(EntryId(2), Kind.MEDICINE, "mijn pillen", day, created,
              (time(8), time(18)), "FREQ=DAILY;UNTIL=20260501T235959",
              changes=(
                  Change(datetime.combine(day, time(18))),
                  Change(datetime.combine(day, time(8)),
                         datetime.combine(day, time(9, 15))),
              )),
        Entry(EntryId(3), Kind.BIRTHDAY, "anna", date(2026, 4, 3), created, (),
              "FREQ=YEARLY"),
        Entry(EntryId(4), Kind.REMINDER, "de vuilnis", date(2026, 3, 20), created,
              (time(20),), "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"),
        Entry(EntryId(5), Kind.REMINDER, "de huur", day, created, (time(10),),
              "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1"),
    ]  # fmt: skip
    data = write_calendar(entries, AMSTERDAM, NOW)
    found = read_calendar(data, NOW)
    assert found.set_aside == ()
    until = NOW.date() + timedelta(days=400)

    def happens(some: list[Entry]) -> list[tuple[str, str, datetime]]:
        every = occurrences(some, NOW.date(), until)
        return [(o.entry.kind, o.entry.what, o.wall) for o in every]

    assert sorted(happens(list(found.entries))) == sorted(happens(entries))
    assert {e.what: e.place for e in found.entries}["de kapper; en zo, café"]
    # Written again, it is what it was.
    again = [replace(e, id=EntryId(n)) for n, e in enumerate(found.entries)]
    assert read_calendar(write_calendar(again, AMSTERDAM, NOW), NOW) == found
