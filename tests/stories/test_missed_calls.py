"""Calls that nobody took, kept until they were told, and the contacts of a week."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from calls.call_messages import Reason
from companion.consent import Agreement
from companion.settings import Settings
from hardware.panel import Button, Light
from tests.stories.home_with_phone import (
    ANNA,
    NIGHT,
    RINGS_OUT,
    START,
    at_home,
)
from tests.stories.paper_phone import (
    ANSWERS,
    PaperPhone,
)
from tests.stories.person import ALL_WELL, Home
from tests.virtual_time import AMSTERDAM


def test_a_call_that_rang_out_is_shown_and_told_at_the_next_press(
    tmp_path: Path,
) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.until(START + timedelta(hours=1))
        phone.comes_in("member-1", happens=RINGS_OUT)
        await asyncio.sleep(60)
        assert home.person.keys()[-1] == "incoming.gone"
        notice = "Anna heeft u gebeld. Druk op de praatknop."
        assert home.screen.view.notice == notice
        await home.until(START + timedelta(hours=3))
        assert home.screen.view.notice == notice
        said = len(home.person.said)
        await home.press(Button.TALK, 40)
        assert home.person.texts()[said : said + 3] == [
            "Anna belde om drie uur 's middags.",
            "Zal ik Anna terugbellen?",
            "Ik bel Anna.",
        ]
        assert phone.rung() == ["Anna"]
        await home.press(Button.TALK, 10)
        assert home.screen.view.notice == ""
        # Told once is told.
        await home.press(Button.TALK, 60)
        assert home.person.keys().count("missed.call") == 1

    at_home(tmp_path, story, {"member-1": [ANSWERS]}, {"missed.back": "ja"})


def test_who_hears_that_somebody_called_may_leave_it_at_that(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        phone.comes_in("member-1", happens=RINGS_OUT)
        await asyncio.sleep(60)
        phone.comes_in("member-2", happens=RINGS_OUT)
        await asyncio.sleep(60)
        await home.press(Button.TALK, 60)
        assert phone.rung() == []

    home = at_home(
        tmp_path, story, answers={"missed.back": "nee", "conversation.wish": "stop"}
    )
    told = [text for text in home.person.texts() if " belde " in text]
    assert len(told) == 2
    assert home.person.keys().count("missed.back.ask") == 2
    assert "conversation.wish.ask" in home.person.keys()


def test_a_missed_call_outlives_a_new_start_and_a_day(tmp_path: Path) -> None:
    async def missed(home: Home, phone: PaperPhone) -> None:
        phone.comes_in("member-1", happens=RINGS_OUT)
        await asyncio.sleep(60)

    async def told(home: Home, phone: PaperPhone) -> None:
        assert home.screen.view.notice.startswith("Anna heeft u gebeld.")
        await home.press(Button.TALK, 60)

    at_home(tmp_path, missed)
    home = at_home(
        tmp_path,
        told,
        answers={"missed.back": "nee", "conversation.wish": "stop"},
        start=START + timedelta(days=1),
    )
    assert home.person.texts()[0] == "Anna belde gisteren om twee uur 's middags."


def test_in_quiet_hours_nothing_rings_and_it_is_told_in_the_morning(
    tmp_path: Path,
) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1", happens=RINGS_OUT)
        await asyncio.sleep(1)
        assert call.now.reason is Reason.QUIET
        assert home.person.said == [] and home.person.chimes == []
        assert Light.RINGING not in home.panel.lights
        assert home.is_open == []
        await home.until(NIGHT + timedelta(hours=9))
        await home.press(Button.TALK, 30)

    home = at_home(tmp_path, story, answers={"missed.back": "nee"}, start=NIGHT)
    assert home.person.texts()[0] == "Anna belde gisteren om half twaalf 's avonds."


def test_close_family_rings_in_quiet_hours_if_that_was_agreed(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        phone.comes_in("member-1", happens=RINGS_OUT)
        await asyncio.sleep(10)
        assert home.panel.light() is Light.RINGING
        await home.press(Button.TALK, 1)

    at_home(
        tmp_path,
        story,
        people=[replace(ANNA, agreed=frozenset({Agreement.QUIET_HOURS}))],
        start=NIGHT,
    )


def test_contacts_of_a_week_are_counted_and_told_on_request(tmp_path: Path) -> None:
    answers = {
        **ALL_WELL,
        "checkin.plans": "mijn dochter komt",
        "conversation.wish": "hoeveel mensen heb ik deze week gesproken",
    }

    async def story(home: Home, phone: PaperPhone) -> None:
        # Monday to Wednesday: a check-in each day, in which a visit is told of.
        await home.until(datetime(2026, 3, 25, 12, 0, tzinfo=AMSTERDAM))
        for _ in range(2):
            await home.press(Button.FAMILY, 30)
            await home.press(Button.TALK, 30)
        await home.press(Button.TALK, 30)

    home = at_home(
        tmp_path,
        story,
        {"member-1": [ANSWERS, ANSWERS]},
        dict(answers),
        settings=Settings(),
        start=datetime(2026, 3, 23, 8, 55, tzinfo=AMSTERDAM),
    )
    assert home.person.texts()[-1] == (
        "U sprak deze week twee keer met iemand via mij. "
        "Over bezoek vertelde u twee keer."
    )


def test_a_week_without_contacts_leads_to_people(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.TALK, 30)
        assert phone.rung() == ["Anna"]

    home = at_home(
        tmp_path,
        story,
        answers={
            "conversation.wish": "wie heb ik deze week gesproken",
            "contacts.wanted": "ja graag",
        },
    )
    keys = home.person.keys()
    at = keys.index("contacts.none")
    assert keys[at : at + 3] == ["contacts.none", "contacts.wanted.ask", "calling.dial"]
