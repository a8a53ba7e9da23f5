"""What the device begins by itself in a home: never more than four times a day."""

from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from companion.settings import CheckInSettings, Settings
from hardware.panel import Button
from tests.stories.person import Home
from tests.stories.test_activities import MONDAY, at_home, said_at
from tests.stories.test_visits import book, visit
from tests.stories.village import AT_HOME_IN_THE_VILLAGE

TUESDAY = MONDAY.date() + timedelta(days=1)
IN_THE_AFTERNOON = replace(
    AT_HOME_IN_THE_VILLAGE, checkin=CheckInSettings(at=time(15, 0))
)


@pytest.mark.parametrize(
    ("settings", "begun", "asked"),
    [
        (AT_HOME_IN_THE_VILLAGE, ["10:30", "14:00"], []),
        # One of four was used, and three may be needed at three.
        (IN_THE_AFTERNOON, ["10:30"], ["15:00", "15:10", "15:30"]),
    ],
)
def test_a_visit_waits_for_the_questions_of_the_afternoon(
    tmp_path: Path, settings: Settings, begun: list[str], asked: list[str]
) -> None:
    async def story(home: Home) -> None:
        await home.until(MONDAY.replace(hour=20))
        told = MONDAY.replace(hour=9)
        book(home).put(visit(day=date(2027, 3, 11), created_at=told, changed_at=told))
        await home.until(MONDAY.replace(day=2, hour=21))
        facts = await home.journal.facts(TUESDAY)
        assert [f"{at:%H}" for at in facts.other_starts] == [at[:2] for at in begun]
        tried = [f"{c.begun_at:%H:%M}" for c in facts.check_ins]
        assert tried[: len(asked)] == asked

    home = at_home(
        tmp_path,
        story,
        {"outings.offer": "nee", "checkin.convenient": None, "visits": None},
        settings=settings,
    )
    said = said_at(home, "outings.offer.ask_greeting", "visits.offer.ask")
    assert len([at for at in said if at.startswith("02-03")]) == len(begun)


def test_stop_is_a_no_to_the_offer_of_the_week(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.until(MONDAY + timedelta(days=3))
        await home.press(Button.TALK)

    home = at_home(tmp_path, story, {"outings.offer": "stop"})
    assert said_at(home, "outings.offer.ask_greeting") == [
        "02-03 10:30 outings.offer.ask_greeting"
    ]
