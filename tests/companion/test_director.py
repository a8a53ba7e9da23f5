"""Who has the floor, and what a press does to it."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from companion.buttons import MEANINGS, Floor, Press, meaning_of, press_labels
from companion.director import Ending, Priority
from companion.settings import CheckInSettings, Settings
from companion.talk import CannotHear, DangerHeard, Stopped, Talk
from companion.understanding.intents import Danger
from hardware.panel import Button, ButtonStuck, Light, MicrophoneSwitched
from tests.stories.person import Answers, Home, living, phrasebook
from tests.virtual_time import AMSTERDAM, VirtualLoop, run
from voice.speech import Chime

START = datetime(2026, 3, 23, 14, 0, tzinfo=AMSTERDAM)
STOPPERS = (Button.TALK, Button.FAMILY, Button.LINE)
NO_CHECK_IN = replace(Settings(), checkin=CheckInSettings(is_on=False))

# A call: what each press means, written out a second time.
_ENDS = dict.fromkeys(STOPPERS, Press.HANG_UP)
_DECLINES = dict.fromkeys(STOPPERS, Press.DECLINE_CALL)
OF_CALLS = {
    Floor.RINGING: {
        Button.TALK: Press.ANSWER_CALL,
        Button.FAMILY: Press.ANSWER_CALL,
        Button.LINE: Press.DECLINE_CALL,
        Button.YES: Press.ANSWER_CALL,
        Button.NO: Press.DECLINE_CALL,
    },
    Floor.ANSWERING: {
        **_DECLINES,
        Button.YES: Press.ANSWER_CALL,
        Button.NO: Press.DECLINE_CALL,
    },
    Floor.CALLING: {
        **_ENDS,
        Button.YES: Press.NOTHING_ASKED,
        Button.NO: Press.HANG_UP,
    },
    Floor.IN_CALL: {
        **_ENDS,
        Button.YES: Press.NOTHING_ASKED,
        Button.NO: Press.NOTHING_ASKED,
    },
    Floor.SEEN: {
        **_ENDS,
        Button.TALK: Press.BE_SEEN,
        Button.YES: Press.BE_SEEN,
        Button.NO: Press.STAY_UNSEEN,
    },
}

Story = Callable[[Home], Coroutine[None, None, None]]


def home_alone(folder: Path, story: Story) -> None:
    async def main() -> None:
        async with living(
            folder, START, Answers({"danger.repeat": "nee"}), NO_CHECK_IN
        ) as home:
            await asyncio.sleep(1)
            await story(home)

    run(main(), VirtualLoop())


async def speaks_long(talk: Talk) -> None:
    for _ in range(20):
        await talk.say("about.kept")


def test_each_press_has_one_meaning_in_each_state() -> None:
    assert MEANINGS.keys() == set(itertools.product(Floor, Button))
    for floor, button in itertools.product(Floor, Button):
        meaning = meaning_of(floor, button)
        if button is Button.LOUDER:
            assert meaning is Press.LOUDER
        elif button is Button.QUIETER:
            assert meaning is Press.QUIETER
        elif floor is Floor.TAKEN and button in STOPPERS:
            assert meaning is Press.STOP
        elif floor is Floor.ALERT and button in STOPPERS:
            assert meaning is Press.CLOSE_ALERT
        elif floor is Floor.OFFERED and button in STOPPERS:
            taken = button is Button.TALK
            assert meaning is (Press.ACCEPT if taken else Press.STOP)
        elif floor is Floor.FREE:
            assert meaning in (
                Press.TALK, Press.CALL_FAMILY, Press.CALL_LINE, Press.NOTHING_ASKED,
            )  # fmt: skip
        elif floor is Floor.SHOWING:
            assert meaning is Press.PUT_AWAY
        elif floor in OF_CALLS:
            assert meaning is OF_CALLS[floor][button]
        else:
            yes = button is Button.YES
            assert meaning is (Press.ANSWER_YES if yes else Press.ANSWER_NO)
    for floor in Floor:
        labels = press_labels(floor, frozenset(Button), phrasebook())
        assert [name for name, _ in labels] == [button.value for button in Button]


@pytest.mark.parametrize("button", STOPPERS)
def test_a_press_while_it_speaks_is_silence_at_once(
    tmp_path: Path, button: Button
) -> None:
    async def story(home: Home) -> None:
        director = home.companion.director
        speaking = asyncio.ensure_future(
            director.give_floor(speaks_long, Priority.PERSON)
        )
        await asyncio.sleep(10)
        said, at = len(home.person.said), home.clock.now()
        home.panel.press(button)
        assert await speaking is Ending.STOPPED
        # No virtual time went by: it did not even wait for a timer.
        assert home.clock.now() == at
        assert len(home.person.said) == said
        assert director.is_free and home.screen.view.state == ""

    home_alone(tmp_path, story)


@pytest.mark.parametrize(("lower", "higher"), list(itertools.combinations(Priority, 2)))
def test_only_what_matters_more_takes_the_floor(
    tmp_path: Path, lower: Priority, higher: Priority
) -> None:
    async def story(home: Home) -> None:
        director = home.companion.director
        first = asyncio.ensure_future(director.give_floor(speaks_long, lower))
        await asyncio.sleep(5)
        assert await director.give_floor(speaks_long, lower) is Ending.BUSY
        second = asyncio.ensure_future(director.give_floor(speaks_long, higher))
        assert await first is Ending.INTERRUPTED
        await asyncio.sleep(5)
        assert await director.give_floor(speaks_long, lower) is Ending.BUSY
        assert await second is Ending.FINISHED
        assert director.is_free
        assert home.is_open == [True, False] * 2

    home_alone(tmp_path, story)


class Unforeseen(Exception):
    """Something that nobody thought of."""


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (None, Ending.FINISHED),
        (Stopped(), Ending.STOPPED),
        (DangerHeard(Danger.FIRE), Ending.IN_DANGER),
        (CannotHear("no_microphone"), Ending.UNHEARD),
        (CannotHear("a reason without a text"), Ending.FAILED),
        (Unforeseen(), Ending.FAILED),
    ],
)
def test_the_floor_is_free_after_every_ending(
    tmp_path: Path, error: Exception | None, ending: Ending
) -> None:
    async def topic(talk: Talk) -> None:
        await talk.chime(Chime.LISTENING)
        if error is not None:
            raise error

    async def story(home: Home) -> None:
        director = home.companion.director
        assert await director.give_floor(topic, Priority.PERSON) is ending
        assert director.is_free
        assert home.is_open == [True, False]

    home_alone(tmp_path, story)


@pytest.mark.parametrize("mouth_fails", [False, True])
def test_after_a_failure_the_next_press_is_answered(
    tmp_path: Path, mouth_fails: bool
) -> None:
    async def topic(talk: Talk) -> None:
        raise Unforeseen

    async def story(home: Home) -> None:
        if mouth_fails:
            home.person.breaks = Unforeseen()
        home.companion.director.begin(topic, Priority.PERSON)
        await asyncio.sleep(10)
        assert home.panel.light() is Light.FAULT
        assert phrasebook().text("fault.talk") in home.screen.view.notice
        home.person.breaks = None
        await home.press(Button.YES, 10)
        assert home.person.keys()[-1] == "press.nothing_asked_said"
        assert home.panel.light() is Light.READY
        assert home.screen.view.notice == ""
        assert home.is_open == [True, False] * 2

    home_alone(tmp_path, story)


def test_two_buttons_in_one_moment_are_a_start_and_a_stop(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        home.panel.press(Button.TALK)
        home.panel.press(Button.FAMILY)
        await asyncio.sleep(1)
        assert home.companion.director.is_free
        assert home.is_open == [True, False]
        assert home.person.said == []

    home_alone(tmp_path, story)


def test_danger_is_cut_off_by_nothing_but_a_press(tmp_path: Path) -> None:
    async def topic(talk: Talk) -> None:
        raise DangerHeard(Danger.MEDICAL)

    async def story(home: Home) -> None:
        director = home.companion.director
        first = asyncio.ensure_future(director.give_floor(topic, Priority.CHECK_IN))
        await asyncio.sleep(1)
        assert await director.give_floor(speaks_long, Priority.CALL) is Ending.BUSY
        assert await first is Ending.IN_DANGER

    home_alone(tmp_path, story)


@pytest.mark.parametrize("button", [Button.TALK, Button.FAMILY, Button.LINE])
def test_each_round_button_says_what_it_does(tmp_path: Path, button: Button) -> None:
    first = {
        Button.TALK: "conversation.wish.ask",
        Button.FAMILY: "calling.family",
        Button.LINE: "calling.line",
    }

    async def story(home: Home) -> None:
        await home.press(button, 60)
        assert home.person.keys()[0] == first[button]
        assert home.companion.director.is_free
        assert home.screen.view.alert == ""

    home_alone(tmp_path, story)


def test_the_switch_and_a_stuck_button_are_shown(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        home.panel.put(MicrophoneSwitched(False))
        await asyncio.sleep(1)
        assert home.panel.light() is Light.MICROPHONE_OFF
        assert "microfoon" in home.screen.view.notice
        home.panel.put(MicrophoneSwitched(True))
        home.panel.put(ButtonStuck(Button.TALK, True))
        await asyncio.sleep(1)
        assert home.panel.light() is Light.FAULT
        home.panel.put(ButtonStuck(Button.TALK, False))
        await asyncio.sleep(1)
        assert home.panel.light() is Light.READY
        assert home.screen.view.notice == ""

    home_alone(tmp_path, story)


def test_the_end_of_the_program_ends_a_conversation(tmp_path: Path) -> None:
    async def main() -> Home:
        async with living(tmp_path, START, Answers({}), NO_CHECK_IN) as home:
            await asyncio.sleep(1)
            home.companion.director.begin(speaks_long, Priority.PERSON)
        # Cancelled in the very moment that it was begun.
        await asyncio.sleep(30)
        return home

    home = run(main(), VirtualLoop())
    assert home.is_open == [True, False]
    assert len(home.person.said) <= 1


def test_a_long_conversation_is_no_hang(tmp_path: Path) -> None:
    async def alive_for(home: Home, minutes: int) -> list[bool]:
        found = []
        for _ in range(minutes):
            await asyncio.sleep(60)
            found.append(home.companion.is_alive)
        return found

    async def main() -> None:
        # Sixty seconds of waiting, again and again, while the daily rhythm waits.
        answers = Answers({"checkin.mood": "wacht even"})
        start = START.replace(hour=8, minute=59, second=50)
        async with living(tmp_path, start, answers) as home:
            assert await alive_for(home, 10) == [True] * 10
            assert not home.companion.director.is_free

    run(main(), VirtualLoop())
