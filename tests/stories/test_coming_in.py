"""Calls that come in, on the virtual clock."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from calls.call import CallState
from calls.call_messages import Reason
from companion.buttons import Floor
from companion.checkins import Outcome
from companion.settings import Settings
from hardware.panel import Button, Light, MicrophoneSwitched
from tests.stories.home_with_phone import (
    RINGS_OUT,
    START,
    STOPPERS,
    at_home,
    calls_of,
    let_connect,
)
from tests.stories.paper_phone import (
    ANSWERS,
    PaperPhone,
    says,
)
from tests.stories.person import ALL_WELL, Home
from tests.virtual_time import AMSTERDAM
from voice.hearing import Heard
from voice.speech import Chime


@pytest.mark.parametrize("button", [Button.TALK, Button.FAMILY, Button.YES])
def test_a_call_is_taken_with_a_press(tmp_path: Path, button: Button) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1", happens=RINGS_OUT)
        await asyncio.sleep(0.1)
        # The light and the name are there before the first sound has ended.
        assert home.panel.light() is Light.RINGING
        assert (home.screen.view.caller, home.screen.view.call) == ("Anna", "Belt u")
        assert home.companion.stage.floor is Floor.RINGING
        await asyncio.sleep(6)
        assert home.panel.light() is Light.RINGING
        await home.press(button, 1)
        assert call.accepted_with == [True]
        await let_connect(call)
        assert home.panel.light() is Light.LISTENING
        assert home.screen.view.call == "In gesprek"
        said = len(home.person.said)
        await asyncio.sleep(300)
        assert len(home.person.said) == said
        call.over(Reason.HUNG_UP)
        await asyncio.sleep(10)
        assert home.companion.director.is_free
        assert home.screen.view.notice == ""
        assert await calls_of(home) == [("in", "hung_up", True)]

    home = at_home(tmp_path, story)
    assert home.person.texts() == [
        "Anna belt. Zeg ja, of druk op de praatknop.",
        "Ik verbind u met Anna.",
        "Anna heeft opgehangen.",
    ]


def test_the_bell_grows_and_the_name_is_said_each_time(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        phone.comes_in("member-1", happens=RINGS_OUT)
        await asyncio.sleep(44)

    home = at_home(tmp_path, story)
    rings = home.person.chimes
    assert rings[:3] == [Chime.RINGS_SOFTLY, Chime.RINGS, Chime.RINGS_LOUDLY]
    assert set(rings[3:]) == {Chime.RINGS_LOUDLY}
    assert len(rings) >= 5
    assert len(home.person.texts()) == len(rings)
    assert all(text.startswith("Anna belt.") for text in home.person.texts())


@pytest.mark.parametrize("word", ["ja", "ja hoor", "graag"])
def test_a_call_is_taken_with_a_yes(tmp_path: Path, word: str) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1", happens=RINGS_OUT)
        await asyncio.sleep(20)
        assert call.accepted_with == [True]

    at_home(tmp_path, story, answers={"incoming.rings": ["wie is dat nou", word]})


def test_a_yes_on_the_television_answers_nothing(tmp_path: Path) -> None:
    scene = "ja dat weet ik wel maar zo gaat het toch altijd met die mensen"
    heard: list[str | Heard | None] = [
        Heard("ja", 0.9, scene, "paper"),
        Heard("ja", 0.9, "ja", "paper", is_endless=True),
        None,
    ]

    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1", happens=RINGS_OUT)
        await asyncio.sleep(60)
        assert call.now.reason is Reason.UNANSWERED

    at_home(tmp_path, story, answers={"incoming.rings": heard})


def test_words_around_a_yes_leave_it_a_yes(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1", happens=RINGS_OUT)
        await asyncio.sleep(10)
        assert call.accepted_with == [True]

    heard = Heard("ja hoor", 0.9, "ja hoor ik kom eraan", "paper")
    at_home(tmp_path, story, answers={"incoming.rings": heard})


def test_a_yes_over_the_voice_is_enough(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        home.person.speaks_over["incoming.rings"] = [0.6]
        call = phone.comes_in("member-1", happens=RINGS_OUT)
        await asyncio.sleep(3.5)
        assert call.accepted_with == [True]

    at_home(tmp_path, story, answers={"incoming.rings": "ja"})


@pytest.mark.parametrize("button", [Button.LINE, Button.NO])
def test_a_call_is_declined_with_a_press(tmp_path: Path, button: Button) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1", happens=RINGS_OUT)
        # In the first chime already.
        await asyncio.sleep(0.2)
        await home.press(button, 1)
        assert call.now.reason is Reason.DECLINED
        await asyncio.sleep(5)
        assert home.person.keys() == ["incoming.declined"]
        # Who declined knows: nothing was missed.
        assert home.screen.view.notice == ""
        assert home.companion.director.is_free

    at_home(tmp_path, story)


@pytest.mark.parametrize("word", ["nee", "nu even niet", "straks", "stop", "laat maar"])
def test_a_call_is_declined_with_a_word(tmp_path: Path, word: str) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1", happens=RINGS_OUT)
        await asyncio.sleep(20)
        assert call.now.reason is Reason.DECLINED

    at_home(tmp_path, story, answers={"incoming.rings": word})


@pytest.mark.parametrize("button", STOPPERS)
def test_a_press_hangs_up(tmp_path: Path, button: Button) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1")
        await asyncio.sleep(2)
        await home.press(Button.TALK, 0.2)
        if button is Button.TALK:
            # Also while sound and picture are still on their way.
            await home.press(button, 1)
        else:
            await let_connect(call)
            await home.press(button, 1)
        assert call.now.reason is Reason.HUNG_UP
        await asyncio.sleep(5)
        assert home.person.keys()[-1] == "calling.hung_up"
        assert home.companion.director.is_free

    at_home(tmp_path, story)


# -- beside something else ------------------------------------------------------------


def test_a_call_takes_the_floor_from_a_check_in_which_is_offered_again(
    tmp_path: Path,
) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        # The check-in begins at nine; the call comes in the middle of it.
        await home.until(datetime(2026, 3, 23, 9, 0, 40, tzinfo=AMSTERDAM))
        assert "checkin.mood.ask" in home.person.keys()
        call = phone.comes_in("member-1")
        await asyncio.sleep(5)
        assert home.companion.stage.floor is Floor.RINGING
        await home.press(Button.TALK, 0.5)
        await let_connect(call)
        call.over(Reason.HUNG_UP)
        await asyncio.sleep(20)
        assert home.companion.director.is_free
        await home.until(datetime(2026, 3, 23, 9, 30, tzinfo=AMSTERDAM))
        day = START.date()
        check_ins = await home.journal.check_ins(day, day)
        assert [c.outcome for c in check_ins] == [Outcome.POSTPONED, Outcome.DONE]

    at_home(
        tmp_path,
        story,
        answers=dict(ALL_WELL),
        settings=Settings(),
        start=datetime(2026, 3, 23, 8, 55, tzinfo=AMSTERDAM),
    )


def test_who_never_presses_hears_of_missed_calls_after_the_check_in(
    tmp_path: Path,
) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        phone.comes_in("member-1", happens=RINGS_OUT)
        await home.until(datetime(2026, 3, 23, 9, 20, tzinfo=AMSTERDAM))
        assert home.companion.director.is_free

    home = at_home(
        tmp_path,
        story,
        answers={**ALL_WELL, "missed.back": "nee"},
        settings=Settings(),
        start=datetime(2026, 3, 23, 8, 40, tzinfo=AMSTERDAM),
    )
    keys = home.person.keys()
    assert keys.index("checkin.closing") < keys.index("missed.call")
    assert "Anna belde om tien over half negen 's ochtends." in home.person.texts()


def test_a_second_caller_is_told_and_told_of(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        first = phone.comes_in("member-1")
        await asyncio.sleep(2)
        while_ringing = phone.comes_in("member-2")
        await asyncio.sleep(0.1)
        assert while_ringing.now.reason is Reason.BUSY
        await home.press(Button.TALK, 0.5)
        await let_connect(first)
        second = phone.comes_in("member-2")
        await asyncio.sleep(0.1)
        assert second.now.reason is Reason.BUSY
        assert first.now.state is CallState.ACTIVE
        await asyncio.sleep(60)
        first.over(Reason.HUNG_UP)
        await asyncio.sleep(60)
        assert phone.rung() == ["Piet"]

    home = at_home(
        tmp_path,
        story,
        {"member-2": [says(Reason.DECLINED)]},
        {"missed.back": "ja", "calling.next": "nee"},
    )
    texts = home.person.texts()
    at = texts.index("Anna heeft opgehangen.")
    assert texts[at + 1 : at + 4] == [
        "Piet belde om twee uur 's middags.",
        "Zal ik Piet terugbellen?",
        "Ik bel Piet.",
    ]


def test_one_who_calls_while_somebody_is_rung_hears_that_it_is_busy(
    tmp_path: Path,
) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.FAMILY, 20)
        assert phone.calls[0].now.state is CallState.ACTIVE
        second = phone.comes_in("member-2")
        await asyncio.sleep(1)
        assert second.now.reason is Reason.BUSY
        assert phone.calls[0].now.state is CallState.ACTIVE
        await home.press(Button.TALK, 30)

    home = at_home(tmp_path, story, {"member-1": [ANSWERS]}, {"missed.back": "nee"})
    assert "Piet belde om twee uur 's middags." in home.person.texts()


def test_who_calls_back_gets_through_while_it_asks_whom_to_call(
    tmp_path: Path,
) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.FAMILY, 22)
        assert home.person.keys()[-1] == "calling.next.ask"
        call = phone.comes_in("member-1", happens=RINGS_OUT)
        await asyncio.sleep(1)
        assert home.companion.stage.floor is Floor.RINGING
        await home.press(Button.FAMILY, 1)
        assert call.accepted_with == [True]

    at_home(tmp_path, story, {"member-1": [says(Reason.DECLINED)]})


def test_danger_is_not_interrupted(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.TALK, 10)
        assert "danger.medical.say" in home.person.keys()
        call = phone.comes_in("member-1")
        await asyncio.sleep(1)
        assert call.now.reason is Reason.BUSY
        assert home.screen.view.alert == "Bel 112"
        await asyncio.sleep(60)
        assert home.screen.view.notice.startswith("Anna heeft u gebeld.")

    at_home(
        tmp_path,
        story,
        answers={"conversation.wish": "help ik ben gevallen", "danger.repeat": "nee"},
    )


def test_a_cry_for_help_while_it_rings_comes_first(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1")
        await asyncio.sleep(15)
        assert call.now.reason is Reason.BUSY
        assert "danger.medical.say" in home.person.keys()
        assert home.screen.view.alert == "Bel 112"

    at_home(
        tmp_path,
        story,
        answers={"incoming.rings": "ik ben gevallen", "danger.repeat": "nee"},
    )


# -- when something is wrong ----------------------------------------------------------


def test_with_the_microphone_off_a_press_is_asked_for(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        home.panel.put(MicrophoneSwitched(is_on=False))
        home.person.deaf = "microphone_off"
        call = phone.comes_in("member-1")
        await asyncio.sleep(5)
        await home.press(Button.TALK, 0.5)
        await let_connect(call)
        await asyncio.sleep(8)
        assert home.screen.view.call == "Uw microfoon staat uit"

    home = at_home(tmp_path, story)
    assert home.person.keys() == [
        "incoming.rings_unheard",
        "incoming.accepted",
        "calling.microphone_off",
    ]


def test_a_call_that_does_not_connect_is_said_and_may_be_made_again(
    tmp_path: Path,
) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1")
        await asyncio.sleep(2)
        await home.press(Button.TALK, 60)
        assert call.now.reason is Reason.FAILED
        assert phone.rung() == ["Anna"]

    home = at_home(tmp_path, story, {"member-1": [ANSWERS]}, {"calling.again": "ja"})
    keys = home.person.keys()
    at = keys.index("calling.ended.failed")
    assert keys[at : at + 3] == [
        "calling.ended.failed",
        "calling.again.ask",
        "calling.dial",
    ]


def test_a_phone_that_does_not_answer_leaves_a_device_that_does(
    tmp_path: Path,
) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-1")
        call.is_stuck = True
        await asyncio.sleep(2)
        await home.press(Button.TALK, 30)
        second = phone.comes_in("member-1")
        await asyncio.sleep(2)
        await home.press(Button.TALK, 1)
        assert second.accepted_with == [True]

    at_home(tmp_path, story, answers={"calling.again": "nee"})


def test_calls_come_in_with_a_dead_card_and_are_remembered(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        home.card.refuses = "all"
        phone.comes_in("member-1", happens=RINGS_OUT)
        await asyncio.sleep(60)
        assert "Anna heeft u gebeld." in home.screen.view.notice
        home.card.refuses = ""
        await home.press(Button.TALK, 30)
        kept = await home.journal.calls(START, home.clock.now())
        assert [(c.reason, c.told_at is not None) for c in kept] == [
            (Reason.UNANSWERED, True)
        ]

    home = at_home(tmp_path, story, answers={"missed.back": "nee"})
    assert "missed.call" in home.person.keys()


def test_who_is_not_in_the_list_does_not_ring(tmp_path: Path) -> None:
    async def story(home: Home, phone: PaperPhone) -> None:
        call = phone.comes_in("member-9", "Wim")
        await asyncio.sleep(1)
        assert call.now.reason is Reason.WITHDRAWN
        assert home.panel.light() is Light.READY and home.screen.view.notice == ""
        assert await calls_of(home) == []

    home = at_home(tmp_path, story)
    assert home.person.said == [] and home.person.chimes == []
