"""When the device says something about the agenda, minute by minute."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from companion.agenda import Entry, EntryId, Kind
from companion.checkins import CheckInPlan
from companion.reminding import (
    Announce,
    Announcement,
    Attempts,
    Key,
    Notice,
    Response,
    Told,
    Wait,
    due,
    missed,
)
from tests.virtual_time import AMSTERDAM

# Quiet from 21:30 to 8:00.
PLAN = CheckInPlan(times=(None,) * 7)
CREATED = datetime(2026, 3, 1, 12, 0, tzinfo=AMSTERDAM)
MONDAY = date(2026, 3, 23)
SUNDAY = date(2026, 3, 29)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=AMSTERDAM)


def entry(kind: Kind, *times: time, **facts: object) -> Entry:
    made = Entry(EntryId(1), kind, "de kapper", MONDAY, CREATED, times)
    return replace(made, **facts)  # type: ignore[arg-type]


def live(
    entries: list[Entry],
    since: datetime,
    until: datetime,
    hears: Callable[[Announcement], bool] = lambda a: True,
    plan: CheckInPlan = PLAN,
    is_off: Callable[[datetime], bool] = lambda now: False,
) -> list[str]:
    """Every announcement from minute to minute, as "23 13:00 ahead"."""
    told: dict[Key, Told] = {}
    tried: dict[Key, Attempts] = {}
    said = []
    now_s = since.timestamp()
    while now_s < until.timestamp():
        now = datetime.fromtimestamp(now_s, AMSTERDAM)
        now_s += 60
        if is_off(now):
            continue
        match due(entries, told, tried, plan, now, is_sure=True):
            case Wait(waits_until):
                assert waits_until > now
                now_s = max(now_s, -(-waits_until.timestamp() // 60) * 60)
                continue
            case Announce(found):
                pass
        for one in found:
            said.append(f"{now:%d %H:%M} {one.notice}")
            if hears(one):
                response = Response.HEARD
                told[one.key] = Told(
                    one.occurrence.entry.id,
                    one.occurrence.wall,
                    one.notice,
                    response,
                    now,
                )
            else:
                before = tried.get(one.key, Attempts(now, 0))
                tried[one.key] = Attempts(before.first, before.count + 1)
    return said


WEEK = (at(MONDAY, 0) - timedelta(days=3), at(SUNDAY, 23))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (entry(Kind.APPOINTMENT, time(14)), ["22 19:00 eve", "23 13:00 ahead"]),
        (entry(Kind.APPOINTMENT, time(14), ahead_min=90),
         ["22 19:00 eve", "23 12:30 ahead"]),
        # Not before the quiet hours end, and not at all where that is too late.
        (entry(Kind.APPOINTMENT, time(8, 30)), ["22 19:00 eve", "23 08:00 ahead"]),
        (entry(Kind.APPOINTMENT, time(7)), ["22 19:00 eve"]),
        (entry(Kind.APPOINTMENT), ["22 19:00 eve", "23 09:00 today"]),
        (entry(Kind.BIRTHDAY), ["22 19:00 eve", "23 09:00 today"]),
        (entry(Kind.REMINDER, time(14)), ["23 14:00 now"]),
        # Who asks to be woken at six is.
        (entry(Kind.REMINDER, time(6)), ["23 06:00 now"]),
        (entry(Kind.REMINDER), ["23 09:00 today"]),
        (entry(Kind.MEDICINE, time(8), time(18)), ["23 08:00 take", "23 18:00 take"]),
    ],
)  # fmt: skip
def test_each_kind_is_told_in_its_way(made: Entry, expected: list[str]) -> None:
    assert live([made], *WEEK) == expected


def test_what_is_agreed_shortly_before_is_told_halfway() -> None:
    short = entry(Kind.APPOINTMENT, time(14), created_at=at(MONDAY, 13, 20))
    assert live([short], at(MONDAY, 13, 20), at(MONDAY, 15)) == ["23 13:40 ahead"]
    very_short = entry(Kind.APPOINTMENT, time(14), created_at=at(MONDAY, 13, 50))
    assert live([very_short], at(MONDAY, 13, 50), at(MONDAY, 15)) == []


def test_what_nobody_heard_is_said_twice_more_and_then_only_shown() -> None:
    said = live([entry(Kind.REMINDER, time(14))], *WEEK, hears=lambda a: False)
    assert said == ["23 14:00 now", "23 14:05 now", "23 14:15 now"]
    said = live([entry(Kind.MEDICINE, time(8))], *WEEK, hears=lambda a: False)
    assert said == ["23 08:00 take", "23 08:10 take", "23 08:30 take"]
    # In time to leave is over when it begins.
    short = entry(Kind.APPOINTMENT, time(14), ahead_min=12)
    said = live([short], at(MONDAY, 8), at(SUNDAY, 1), hears=lambda a: False)
    assert said == ["23 13:48 ahead", "23 13:53 ahead"]


def test_after_a_power_cut_only_what_is_still_of_use_is_said() -> None:
    def off(now: datetime) -> bool:
        return at(MONDAY, 7) < now < at(MONDAY, 14, 30)

    entries = [
        entry(Kind.APPOINTMENT, time(14), id=EntryId(1)),
        entry(Kind.REMINDER, time(13), id=EntryId(2)),
        entry(Kind.REMINDER, time(12), id=EntryId(3)),
        entry(Kind.MEDICINE, time(14), id=EntryId(4)),
        entry(Kind.MEDICINE, time(8), id=EntryId(5)),
        entry(Kind.BIRTHDAY, id=EntryId(6)),
    ]
    said = live(entries, at(MONDAY, 0), at(SUNDAY, 1), is_off=off)
    assert sorted(said) == ["23 14:30 now", "23 14:30 take", "23 14:30 today"]


def test_late_nothing_is_said_in_quiet_hours() -> None:
    late = entry(Kind.REMINDER, time(21))
    said = live([late], *WEEK, is_off=lambda now: now < at(MONDAY, 22))
    assert said == []
    early = entry(Kind.REMINDER, time(7))
    said = live([early], *WEEK, is_off=lambda now: now < at(MONDAY, 7, 15))
    assert said == ["23 08:00 now"]


def test_at_most_three_things_are_said_in_one_go() -> None:
    many = [entry(Kind.REMINDER, time(14), id=EntryId(n)) for n in range(1, 6)]
    said = live(many, *WEEK)
    assert said == ["23 14:00 now"] * 3 + ["23 14:01 now"] * 2


def test_nothing_is_said_while_the_clock_may_be_wrong() -> None:
    now = at(MONDAY, 14)
    entries = [entry(Kind.REMINDER, time(14))]
    assert isinstance(due(entries, {}, {}, PLAN, now, is_sure=True), Announce)
    wait = due(entries, {}, {}, PLAN, now, is_sure=False)
    assert wait == Wait(now + timedelta(minutes=1))
    # A device without a network begins in 1970, or on the day of its image.
    old = entry(
        Kind.REMINDER,
        time(14),
        day=date(2024, 5, 1),
        created_at=CREATED.replace(year=2024),
    )
    past = datetime(2024, 5, 1, 14, 0, tzinfo=AMSTERDAM)
    assert isinstance(due([old], {}, {}, PLAN, past, is_sure=True), Wait)


def test_without_quiet_hours_the_eve_lasts_until_midnight() -> None:
    plan = replace(PLAN, quiet_starts=time(0), quiet_ends=time(0))
    said = live(
        [entry(Kind.APPOINTMENT, time(7))],
        *WEEK,
        plan=plan,
        is_off=lambda now: now < at(MONDAY - timedelta(days=1), 23, 50),
    )
    assert said == ["22 23:50 eve", "23 06:00 ahead"]


def test_an_eve_in_quiet_hours_is_told_before_they_start() -> None:
    plan = replace(PLAN, quiet_starts=time(18, 30))
    said = live([entry(Kind.APPOINTMENT, time(14))], *WEEK, plan=plan)
    assert said == ["22 16:30 eve", "23 13:00 ahead"]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        # Summer time begins, and ends.
        (date(2026, 3, 15), date(2026, 4, 14)),
        (date(2026, 10, 11), date(2026, 11, 10)),
    ],
)
def test_a_month_tells_each_thing_once_and_at_its_time_by_the_clock(
    first: date, last: date
) -> None:
    facts: dict[str, object] = {"day": first, "created_at": at(first, 0)}
    entries = [
        entry(Kind.APPOINTMENT, time(14), rule="FREQ=WEEKLY;BYDAY=SU", **facts),
        entry(
            Kind.MEDICINE, time(8), time(22), rule="FREQ=DAILY", id=EntryId(2), **facts
        ),
        entry(Kind.REMINDER, time(0), rule="FREQ=DAILY", id=EntryId(3), **facts),
        entry(Kind.REMINDER, time(2, 30), rule="FREQ=DAILY", id=EntryId(4), **facts),
    ]
    said = live(entries, at(first, 0), at(last, 0))
    days = (last - first).days
    spring = {s for s in said if s.endswith("03:30 now")}
    assert spring == ({"29 03:30 now"} if first.month == 3 else set())
    clocks = [s.split(" ", 1)[1] for s in said]
    assert clocks.count("08:00 take") == clocks.count("22:00 take") == days
    # The first midnight is that of the moment at which it was told.
    assert clocks.count("00:00 now") == days - 1
    assert clocks.count("02:30 now") == days - len(spring)
    sundays = [d for d in range(days) if (first + timedelta(days=d)).weekday() == 6]
    assert clocks.count("13:00 ahead") == len(sundays)
    assert (
        len(said)
        == len(set(said))
        == days * 4 - 1 + clocks.count("13:00 ahead") + (clocks.count("19:00 eve"))
    )


# --- missed ---------------------------------------------------------------------------


def answered(one: Entry, response: Response, notice: Notice = Notice.TAKE) -> Told:
    wall = datetime.combine(MONDAY, one.times[0])
    return Told(one.id, wall, notice, response, at(MONDAY, 9))


def test_medicine_that_nobody_confirmed_is_missed_once_it_is_too_late() -> None:
    pills = entry(Kind.MEDICINE, time(8))
    assert missed([pills], {}, at(MONDAY, 8, 40)) == []
    assert len(missed([pills], {}, at(MONDAY, 9))) == 1
    assert len(missed([pills], {}, at(MONDAY + timedelta(days=1), 7, 59))) == 1
    assert missed([pills], {}, at(MONDAY + timedelta(days=1), 8, 1)) == []


@pytest.mark.parametrize(
    ("response", "count"),
    [
        (Response.TAKEN, 0),
        (Response.NOT_TAKEN, 0),
        (Response.HEARD, 0),
        (Response.UNHEARD, 1),
    ],
)
def test_what_was_answered_is_not_missed(response: Response, count: int) -> None:
    pills = entry(Kind.MEDICINE, time(8))
    told = answered(pills, response)
    assert len(missed([pills], {told.key: told}, at(MONDAY, 10))) == count


def test_missed_is_told_once() -> None:
    pills = entry(Kind.MEDICINE, time(8))
    told = answered(pills, Response.HEARD, Notice.MISSED)
    assert missed([pills], {told.key: told}, at(MONDAY, 10)) == []
    # What was set up after that time was not missed.
    new = replace(pills, created_at=at(MONDAY, 8, 5))
    assert missed([new], {}, at(MONDAY, 10)) == []
