"""When a service answers its telephone, as it is said."""

from datetime import date, time

import pytest

from companion.activities.when import Opening
from companion.topics.services import MOST_HOURS, hours_of

TODAY = date(2027, 3, 1)


def opening(weekday: int, opens: int = 9, closes: int = 17) -> Opening:
    return Opening(weekday, time(opens), time(closes))


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((0,), "maandag"),
        ((1, 3), "dinsdag en donderdag"),
        ((0, 1), "maandag en dinsdag"),
        ((0, 1, 2, 3, 4), "maandag tot en met vrijdag"),
        ((0, 2, 3, 4), "maandag en woensdag tot en met vrijdag"),
        ((6, 5, 4, 3, 2, 1, 0), "maandag tot en met zondag"),
    ],
)
def test_days_with_the_same_hours_are_said_together(
    days: tuple[int, ...], said: str
) -> None:
    (line,) = hours_of([opening(day) for day in days], TODAY)
    assert line.facts == {
        "weekdays": said,
        "opens": "negen uur 's ochtends",
        "closes": "vijf uur 's middags",
    }


def test_other_hours_are_said_apart_and_too_many_not_at_all() -> None:
    twice = [opening(0, 9, 12), opening(0, 13, 17), opening(1, 9, 12)]
    said = [line.facts["weekdays"] for line in hours_of(twice, TODAY)]
    assert said == ["maandag en dinsdag", "maandag"]
    many = [opening(day, 8 + day) for day in range(MOST_HOURS + 1)]
    assert hours_of(many, TODAY) == []
    assert hours_of([], TODAY) == []


def test_hours_of_another_season_are_not_said() -> None:
    past = Opening(0, time(9), time(12), until=date(2027, 2, 28))
    later = Opening(0, time(9), time(12), since=date(2027, 3, 2))
    assert hours_of([past, later], TODAY) == []
