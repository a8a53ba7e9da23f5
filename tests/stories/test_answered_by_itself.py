"""Calls of close family that are answered after a countdown, as was agreed."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from calls.call import CallState
from calls.call_messages import Reason
from companion.buttons import Floor
from companion.consent import Agreement
from hardware.panel import Button, MicrophoneSwitched
from tests.stories.home_with_phone import (
    ANNA,
    NIGHT,
    RINGS_OUT,
    STOPPERS,
    at_home,
    let_connect,
)
from tests.stories.paper_phone import (
    PaperPhone,
)
from tests.stories.person import Home

CLOSE = replace(ANNA, agreed=frozenset({Agreement.AUTO_ANSWER}))


def test_it_answers_by_itself_after_ten_seconds_without_a_picture(
    tmp_path: Path,
) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1")
        # The bell, the sentence, and ten seconds after it.
        await asyncio.sleep(13)
        assert call.accepted_with == []
        await asyncio.sleep(1)
        assert call.accepted_with == [False]
        await let_connect(call)
        assert ("talk", "Camera aan") in home.screen.view.buttons
        await asyncio.sleep(40)
        assert call.shown == []
        assert ("talk", "Ophangen") in home.screen.view.buttons

    home = at_home(tmp_path, story, people=[CLOSE])
    assert home.person.texts() == [
        "Anna belt, over tien seconden neem ik op. Wilt u dat niet, zeg dan nee.",
        "Nog vijf seconden, dan neem ik op.",
        "Ik verbind u met Anna.",
        "Uw camera is nog uit. Mag Anna u zien?",
        "Uw camera is nog uit. Mag Anna u zien?",
        "Goed, uw camera blijft uit.",
    ]


@pytest.mark.parametrize("key", ["incoming.countdown", "incoming.countdown_half"])
def test_a_no_stops_the_countdown(tmp_path: Path, key: str) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1")
        await asyncio.sleep(30)
        assert call.now.reason is Reason.DECLINED
        assert call.accepted_with == []

    home = at_home(tmp_path, story, answers={key: "nee"}, people=[CLOSE])
    assert home.person.keys()[-1] == "incoming.declined"


@pytest.mark.parametrize("button", [*STOPPERS, Button.NO])
def test_a_press_stops_the_countdown(tmp_path: Path, button: Button) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1")
        await asyncio.sleep(8)
        await home.press(button, 20)
        assert call.now.reason is Reason.DECLINED
        assert call.accepted_with == []

    at_home(tmp_path, story, people=[CLOSE])


def test_a_yes_answers_before_the_countdown_ends(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1")
        await asyncio.sleep(8)
        assert call.accepted_with == [False]

    at_home(tmp_path, story, answers={"incoming.countdown": "ja"}, people=[CLOSE])


@pytest.mark.parametrize("button", [Button.TALK, Button.YES])
def test_a_press_shows_the_picture(tmp_path: Path, button: Button) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1")
        await asyncio.sleep(16)
        await let_connect(call)
        await home.press(button, 10)
        assert call.shown == [True]
        assert call.now.state is CallState.ACTIVE

    home = at_home(tmp_path, story, people=[CLOSE])
    assert home.person.texts()[-1] == "Anna ziet u nu ook."


@pytest.mark.parametrize(
    ("word", "shown"), [("ja dat mag", [True]), ("nee", []), ("stop", [])]
)
def test_a_word_decides_about_the_picture(
    tmp_path: Path, word: str, shown: list[bool]
) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1")
        await asyncio.sleep(16)
        await let_connect(call)
        await asyncio.sleep(10)
        assert call.shown == shown
        assert call.now.state is CallState.ACTIVE

    at_home(tmp_path, story, answers={"incoming.camera": word}, people=[CLOSE])


def test_no_is_a_press_too_and_the_call_goes_on(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1")
        await asyncio.sleep(16)
        await let_connect(call)
        await home.press(Button.NO, 10)
        assert call.shown == []
        assert call.now.state is CallState.ACTIVE
        await home.press(Button.FAMILY, 1)
        assert call.now.reason is Reason.HUNG_UP

    at_home(tmp_path, story, people=[CLOSE])


def test_a_press_hangs_up_while_it_asks_about_the_picture(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1")
        await asyncio.sleep(16)
        await let_connect(call)
        await home.press(Button.LINE, 1)
        assert call.now.reason is Reason.HUNG_UP
        assert call.shown == []

    at_home(tmp_path, story, people=[CLOSE])


def test_nothing_is_answered_by_itself_in_quiet_hours_or_with_the_microphone_off(
    tmp_path: Path,
) -> None:
    async def at_night(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1")
        await asyncio.sleep(30)
        assert call.now.reason is Reason.QUIET

    async def unheard(home: Home, phone: PaperPhone) -> None:
        home.panel.put(MicrophoneSwitched(is_on=False))
        await asyncio.sleep(1)
        call = phone.comes_in("member-1", happens=RINGS_OUT)
        await asyncio.sleep(30)
        assert home.companion.stage.floor is Floor.RINGING
        assert call.accepted_with == []

    at_home(tmp_path / "a", at_night, people=[CLOSE], start=NIGHT)
    at_home(tmp_path / "b", unheard, people=[CLOSE])
