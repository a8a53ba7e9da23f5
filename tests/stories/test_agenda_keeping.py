"""The agenda kept from others, wiped, and who put something in it."""

import asyncio
from datetime import date, time
from pathlib import Path

import pytest

from companion.agenda import Kind
from hardware.panel import Button
from tests.stories.home_with_phone import Said
from tests.stories.person import Home
from tests.stories.test_proposals import (
    MONDAY,
    FamilyHub,
    add,
    at_home,
    entries_of,
    entry,
)

DOCTOR = entry(Kind.APPOINTMENT, "de dokter", time(9))
HAIR = entry(Kind.APPOINTMENT, "de kapper", time(14, 30))
PILLS = entry(Kind.MEDICINE, "mijn pillen", time(8), rule="FREQ=DAILY")


@pytest.mark.parametrize(
    ("answer", "is_private"), [("ja", True), ("nee", False), (None, False)]
)
def test_what_is_private_is_seen_by_nobody_from_then_on(
    tmp_path: Path, answer: str | None, is_private: bool
) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        add(home, DOCTOR, HAIR)
        await asyncio.sleep(61)
        assert [e.what for e in hub.shared[-1].entries] == ["de dokter", "de kapper"]
        await home.press(Button.TALK, seconds=120)
        await asyncio.sleep(1)
        left = ["de kapper"] if is_private else ["de dokter", "de kapper"]
        assert [e.what for e in hub.shared[-1].entries] == left
        assert [e.is_private for e in entries_of(home)] == [is_private, False]

    answers: Said = {
        "conversation.wish": "houd de dokter voor uzelf",
        "agenda.meant": "ja",
        "agenda.private": answer,
    }
    home = at_home(tmp_path, story, answers)
    assert ("agenda.kept_private" in home.person.keys()) == is_private


def test_this_is_what_was_put_in_just_now(tmp_path: Path) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        add(home, HAIR, entry(Kind.APPOINTMENT, "de notaris", time(9)))
        await home.press(Button.TALK, seconds=60)
        assert [e.is_private for e in entries_of(home)] == [False, True]

    answers: Said = {"conversation.wish": "dit is privé", "agenda.private": "ja"}
    home = at_home(tmp_path, story, answers, start=MONDAY)
    assert "agenda.meant.ask" not in home.person.keys()


@pytest.mark.parametrize(
    ("answers", "is_cleared"),
    [
        ({"agenda.clear": "ja", "agenda.clear_medicine": "ja"}, True),
        ({"agenda.clear": "ja", "agenda.clear_medicine": "nee"}, False),
        ({"agenda.clear": "nee"}, False),
        ({}, False),
    ],
)
def test_all_of_it_is_wiped_only_after_a_yes(
    tmp_path: Path, answers: dict[str, str], is_cleared: bool
) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        add(home, HAIR, PILLS)
        await asyncio.sleep(61)
        await home.press(Button.TALK, seconds=200)
        assert bool(entries_of(home)) is not is_cleared
        await asyncio.sleep(61)
        assert bool(hub.shared[-1].entries) is not is_cleared

    said = {"conversation.wish": "wis mijn hele agenda", **answers}
    home = at_home(tmp_path, story, {**said})
    assert ("agenda.cleared" in home.person.keys()) is is_cleared


def test_without_medicine_one_yes_is_enough(tmp_path: Path) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        add(home, HAIR)
        await home.press(Button.TALK)
        assert entries_of(home) == []
        await home.press(Button.TALK)

    answers = {"conversation.wish": "maak mijn agenda leeg", "agenda.clear": "ja"}
    home = at_home(tmp_path, story, {**answers})
    assert "agenda.clear_medicine.ask" not in home.person.keys()
    assert home.person.keys().count("agenda.empty") == 1


def test_it_says_who_put_it_there(tmp_path: Path) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        add(
            home,
            entry(Kind.APPOINTMENT, "mijn feest", by="Anna", day=date(2026, 3, 25)),
        )
        await home.press(Button.TALK)

    home = at_home(tmp_path, story, {"conversation.wish": "lees mijn agenda"})
    texts = home.person.texts()
    # Hers, so not "uw feest".
    assert any(text.endswith("staat er, mijn feest.") for text in texts)
    assert "Dat kwam van Anna." in texts


def test_it_says_that_the_agenda_is_kept_and_how_it_is_wiped(tmp_path: Path) -> None:
    async def story(home: Home, hub: FamilyHub) -> None:
        await home.press(Button.TALK, seconds=120)
        assert "agenda.is_kept" not in home.person.keys()
        add(home, HAIR)
        await home.press(Button.TALK, seconds=120)

    home = at_home(tmp_path, story, {"conversation.wish": "wat bewaart u"})
    assert home.person.keys().count("agenda.is_kept") == 1
