"""Numbers, times of day and durations, said and understood."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.understanding.numbers import (
    parse_amount,
    parse_number,
    parse_ordinal,
    say_number,
    say_ordinal,
)
from companion.understanding.times import (
    parse_duration,
    parse_time,
    resolve,
    say_date,
    say_time,
)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_every_number_said_is_understood() -> None:
    assert [parse_number(say_number(n)) for n in range(10_000)] == list(range(10_000))


def test_every_ordinal_said_is_understood() -> None:
    numbers = list(range(1, 10_000))
    assert [parse_ordinal(say_ordinal(n)) for n in numbers] == numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("een stuk of drie", 3),
        ("twee en twintig", 22),
        ("negentien tweeënveertig", 1942),
        ("zeuven", 7),
        ("honderd en een", 101),
        ("84", 84),
        ("koffie", None),
        ("dertig twintig", None),
    ],
)
def test_numbers_as_people_say_them(text: str, number: int | None) -> None:
    assert parse_number(text) == number


def test_one_and_a_half_is_an_amount() -> None:
    assert parse_amount("anderhalf") == 1.5
    assert parse_number("anderhalf") is None


@pytest.mark.parametrize("number", [-1, 10_000])
def test_numbers_out_of_range_cannot_be_said(number: int) -> None:
    with pytest.raises(ValueError, match="cannot say"):
        say_number(number)


def test_every_minute_said_is_understood() -> None:
    for minutes in range(24 * 60):
        moment = time(*divmod(minutes, 60))
        assert parse_time(say_time(moment)) == moment


@given(
    st.integers(0, 10_000_000).map(lambda minutes: NOON + timedelta(minutes=minutes))
)
def test_a_said_time_resolves_to_the_same_moment(moment: datetime) -> None:
    moment = moment.replace(second=0, microsecond=0, fold=0)
    said = parse_time(say_time(moment))
    assert said is not None
    assert resolve(said, moment - timedelta(hours=1)) == moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("half drie", time(14, 30)),
        ("kwart voor negen 's avonds", time(20, 45)),
        ("vijf over half acht", time(7, 35)),
        ("vanmiddag om vier uur", time(16, 0)),
        ("om acht uur", time(8, 0)),
        ("20.15", time(20, 15)),
        ("twaalf uur 's avonds", time(0, 0)),
        ("vanavond", time(19, 0)),
        ("goed", None),
    ],
)
def test_times_as_people_say_them(text: str, expected: time | None) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("over drie kwartier", 45),
        ("over een half uur", 30),
        ("straks", 30),
        ("anderhalf uur", 90),
        ("over een uur of twee", 120),
        ("na het eten", 60),
    ],
)
def test_durations_as_people_say_them(text: str, minutes: int) -> None:
    assert parse_duration(text) == timedelta(minutes=minutes)


def test_two_oclock_is_no_duration() -> None:
    assert parse_duration("twee uur") is None


@pytest.mark.parametrize(
    ("text", "day", "hour"),
    [
        ("acht uur", 22, 20),
        ("acht uur 's ochtends", 23, 8),
        ("vier uur", 22, 16),
        ("twaalf uur", 23, 12),
        ("morgen om negen uur", 23, 9),
    ],
)
def test_the_next_sensible_moment_is_meant(text: str, day: int, hour: int) -> None:
    said = parse_time(text)
    assert said is not None
    assert resolve(said, NOON) == NOON.replace(day=day, hour=hour)


def test_the_date_is_said_in_full() -> None:
    assert say_date(NOON) == "zondag 22 november"
