"""Series of moments, beside an expansion that goes day by day."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from companion.activities.repeating import CODES
from companion.activities.when import (
    Span,
    Times,
    WrongRule,
    make_rule,
    rule_parts,
)
from tests.companion.activities.reading import AMSTERDAM, ZONE, wall

DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))
CLOCKS = st.times(time(4), time(23)).map(lambda it: it.replace(second=0, microsecond=0))


def on_days(first: date, until: date, is_in: Callable[[date], bool]) -> list[date]:
    days = (first + timedelta(days=it) for it in range((until - first).days))
    return [day for day in days if is_in(day)]


def expanded(times: Times, until: date) -> list[datetime]:
    low = datetime(2000, 1, 1, tzinfo=UTC)
    high = datetime.combine(until, time.min, AMSTERDAM)
    return [it.start for it in times.occurrences(low, high)]


@given(
    DAYS,
    CLOCKS,
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(1, 4),
    st.sets(st.integers(0, 60), max_size=6),
)
def test_weekly_series_are_what_a_calendar_on_the_wall_shows(
    first: date, clock: time, weekdays: set[int], every: int, left_out: set[int]
) -> None:
    weekdays |= {first.weekday()}
    until = first + timedelta(days=400)
    week = first - timedelta(days=first.weekday())

    def is_in(day: date) -> bool:
        return day.weekday() in weekdays and (day - week).days // 7 % every == 0

    days = on_days(first, until, is_in)
    without = {days[it] for it in left_out if it < len(days)}
    codes = ",".join(CODES[it] for it in sorted(weekdays))
    rule = make_rule(
        rule_parts(f"FREQ=WEEKLY;INTERVAL={every};BYDAY={codes}"),
        datetime.combine(first, clock),
    )
    times = Times(
        Span(datetime.combine(first, clock)),
        ZONE,
        rule=rule,
        without=tuple(datetime.combine(it, clock) for it in without),
    )
    assert expanded(times, until) == [
        datetime.combine(day, clock, AMSTERDAM) for day in days if day not in without
    ]


@given(DAYS, CLOCKS, st.integers(-1, 4).filter(bool), st.integers(0, 6))
def test_monthly_series_by_weekday(
    since: date, clock: time, place: int, weekday: int
) -> None:
    until = since + timedelta(days=500)

    def is_in(day: date) -> bool:
        if day.weekday() != weekday:
            return False
        is_last = (day + timedelta(days=7)).month != day.month
        return is_last if place == -1 else (day.day - 1) // 7 + 1 == place

    days = on_days(since, until, is_in)
    start = datetime.combine(days[0], clock)
    rule = make_rule(rule_parts(f"FREQ=MONTHLY;BYDAY={place}{CODES[weekday]}"), start)
    assert expanded(Times(Span(start), ZONE, rule=rule), until) == [
        datetime.combine(day, clock, AMSTERDAM) for day in days
    ]


@given(DAYS, st.integers(1, 40), st.integers(0, 40))
def test_a_count_counts_what_is_left_out_as_well(
    first: date, count: int, left_out: int
) -> None:
    start = datetime.combine(first, time(10))
    rule = make_rule(rule_parts(f"FREQ=DAILY;COUNT={count}"), start)
    without = (start + timedelta(days=left_out),)
    times = Times(Span(start), ZONE, rule=rule, without=without)
    found = expanded(times, first + timedelta(days=100))
    assert len(found) == count - (left_out < count)


def test_a_window_gives_the_same_as_the_whole() -> None:
    start = wall("2026-03-03 10:00")
    times = Times(Span(start), ZONE, rule="FREQ=WEEKLY")
    low = datetime(2026, 6, 1, tzinfo=AMSTERDAM)
    high = datetime(2026, 7, 1, tzinfo=AMSTERDAM)
    inside = [it.start for it in times.occurrences(low, high)]
    assert inside == [it for it in expanded(times, date(2026, 7, 1)) if it >= low]
    # The beginning belongs to it, the end does not.
    edges = list(times.occurrences(inside[0], inside[1]))
    assert [it.start for it in edges] == [inside[0]]


@pytest.mark.parametrize(
    ("rule", "last"),
    [
        ("", "2026-03-03 10:00"),
        ("FREQ=WEEKLY;COUNT=3", "2026-03-17 10:00"),
        ("FREQ=WEEKLY;UNTIL=20260317T235959", "2026-03-17 23:59:59"),
        ("FREQ=WEEKLY", None),
    ],
)
def test_the_last_time_is_known_where_there_is_one(rule: str, last: str | None) -> None:
    times = Times(Span(wall("2026-03-03 10:00")), ZONE, rule=rule)
    assert times.last_start() == (wall(last) if last else None)


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "FREQ",
        "FREQ=",
        "FREQ=SECONDLY",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;X=1",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=-1",
        "FREQ=WEEKLY;INTERVAL=x",
        "FREQ=WEEKLY;UNTIL=soon",
        "FREQ=WEEKLY;BYDAY=1",
        "FREQ=MONTHLY;BYMONTHDAY=99",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
        # What dateutil would look for until the year 9999.
        "FREQ=DAILY;BYSETPOS=5",
        "FREQ=WEEKLY;BYSETPOS=3;BYDAY=TU,FR",
        "FREQ=WEEKLY;BYMONTHDAY=31;BYMONTH=2",
        "FREQ=DAILY;BYWEEKNO=-53;BYMONTHDAY=31",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
        "FREQ=DAILY;BYYEARDAY=366;BYMONTH=6",
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused_at_once(rule: str) -> None:
    with pytest.raises(WrongRule):
        make_rule(rule_parts(rule), wall("2026-03-03 10:00"))


def test_a_leap_day_is_waited_for() -> None:
    first = wall("2026-02-28 10:00")
    assert make_rule(rule_parts("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"), first)


def _any_rule(chance: random.Random) -> str:
    parts = [f"FREQ={chance.choice(('DAILY', 'WEEKLY'))}"]
    if chance.random() < 0.5:
        parts.append(f"INTERVAL={chance.randint(1, 5)}")
    if "WEEKLY" in parts[0] and chance.random() < 0.7:
        days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
        parts.append(f"BYDAY={','.join(chance.sample(days, chance.randint(1, 4)))}")
        if chance.random() < 0.2:
            parts.append("BYSETPOS=1")
    if chance.random() < 0.2:
        parts.append(f"BYMONTH={chance.randint(1, 12)}")
    if chance.random() < 0.2:
        parts.append(f"WKST={chance.choice(('MO', 'SU', 'WE'))}")
    if chance.random() < 0.3:
        parts.append("UNTIL=20260801T000000")
    return ";".join(parts)


def test_a_series_of_years_is_the_same_from_its_first_week_or_from_today() -> None:
    chance = random.Random(1)
    seen = 0
    for _ in range(300):
        rule = _any_rule(chance)
        first = wall("2024-01-01") + timedelta(minutes=chance.randint(0, 800_000))
        low = wall("2024-01-01") + timedelta(minutes=chance.randint(0, 1_500_000))
        since = low.replace(tzinfo=UTC)
        until = since + timedelta(days=chance.randint(1, 40))
        found = list(Times(Span(first), "UTC", rule=rule).occurrences(since, until))
        series = rrulestr(rule, dtstart=first)
        wanted = series.between(low, until.replace(tzinfo=None), inc=True)
        # The first is one whether the rule names it or not (RFC 5545, 3.8.5.3).
        starts = {it.replace(tzinfo=UTC) for it in (first, *wanted)}
        assert [it.start for it in found] == sorted(
            it for it in starts if since <= it < until
        ), rule
        seen += len(found)
    assert seen > 500
