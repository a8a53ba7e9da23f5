"""Words of danger: a number at once, and nothing of it anywhere else."""

import json
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from companion.buttons import Floor
from companion.checkins import Outcome
from companion.settings import JournalSettings, Settings
from hardware.panel import Button, Light
from tests.stories.person import Answers, Home, living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run
from voice.hearing import Heard

START = datetime(2026, 3, 23, 8, 59, tzinfo=AMSTERDAM)
KEEPS_WORDS = Settings(journal=JournalSettings(keep_words=True))
SCRIPTED = dict[str, str | Heard | list[str | Heard | None] | None]


def live(
    folder: Path,
    answers: SCRIPTED,
    during: Callable[[Home], Coroutine[None, None, None]] | None = None,
    minutes: float = 8,
) -> tuple[Home, str]:
    """A morning, and all that the journal holds after it."""

    async def story() -> tuple[Home, str]:
        script = Answers({"danger.repeat": "nee", **answers})
        async with living(folder, START, script, KEEPS_WORDS) as home:
            if during is not None:
                await during(home)
            await home.until(START + timedelta(minutes=minutes))
            days = await home.journal.check_ins(START.date(), START.date())
            home.outcomes.extend(c.outcome for c in days)
            return home, json.dumps(await home.journal.export())

    return run(story(), VirtualLoop())


@pytest.mark.parametrize(
    ("words", "kind", "number"),
    [
        ("ik heb pijn op de borst", "medical", "112"),
        ("ik ben gevallen en kan niet opstaan", "medical", "112"),
        ("ik heb hulp nodig bij het opstaan", "medical", "112"),
        ("er is brand in de keuken", "fire", "112"),
        ("ik wil niet meer leven", "suicide", "113"),
        ("mijn zoon slaat mij", "abuse", "0800 2000"),
    ],
)
@pytest.mark.parametrize("question", ["checkin.convenient", "checkin.message"])
def test_it_names_the_number_and_keeps_nothing(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    words: str,
    kind: str,
    number: str,
    question: str,
) -> None:
    caplog.set_level(logging.DEBUG)

    home, kept = live(tmp_path, {question: words})

    assert f"danger.{kind}.say" in home.person.keys()
    assert number in home.screen.view.alert
    assert home.outcomes == [Outcome.STOPPED]
    assert not any(words in view.heard for view in home.screen.views)
    assert words not in kept and kind not in kept
    for word in words.split():
        if len(word) > 3 and word != "niet":
            assert word not in caplog.text
    assert kind not in caplog.text


@pytest.mark.parametrize("text", ["ja", ""])
def test_a_cry_beside_the_grammar_is_heard(tmp_path: Path, text: str) -> None:
    cry = Heard(text, 0.9, "help ik ben gevallen", "paper")

    home, _ = live(tmp_path, {"checkin.pain": cry})

    assert "danger.medical.say" in home.person.keys()
    assert "checkin.pain.some" not in home.person.keys()


@pytest.mark.parametrize(
    "words",
    [
        "nee ik ben niet gevallen",
        "mijn buurvrouw is vorig jaar gevallen",
        "nee er is geen brand",
    ],
)
def test_a_denial_raises_no_alarm(tmp_path: Path, words: str) -> None:
    home, _ = live(tmp_path, {"checkin.pain": [words, "nee"]})

    assert not any(key.startswith("danger") for key in home.person.keys())
    assert not any(view.alert for view in home.screen.views)
    assert home.outcomes == [Outcome.DONE]


def test_silence_after_it_repeats_the_number(tmp_path: Path) -> None:
    home, _ = live(tmp_path, {"checkin.mood": "ik ben gevallen", "danger.repeat": None})

    keys = home.person.keys()
    assert keys.count("danger.medical.say") == 3
    assert keys[-1] == "danger.medical.after"
    assert home.screen.view.alert == "Bel 112"


def test_another_danger_brings_its_own_number_and_advice(tmp_path: Path) -> None:
    home, _ = live(
        tmp_path,
        {
            "checkin.mood": "ik ben gevallen",
            "danger.repeat": ["ja", "ja", "ik wil niet meer leven", "nee"],
        },
    )

    keys = home.person.keys()
    assert keys.count("danger.medical.say") == 3
    assert keys[-3:] == [
        "danger.suicide.say", "danger.repeat.ask", "danger.suicide.after",
    ]  # fmt: skip
    assert home.screen.view.alert == "Bel 113"


def test_an_unhearing_device_says_it_three_times_and_keeps_it_shown(
    tmp_path: Path,
) -> None:
    async def during(home: Home) -> None:
        while "checkin.mood.ask" not in home.person.keys():
            await home.until(home.clock.now() + timedelta(seconds=1))
        await home.until(home.clock.now() + timedelta(seconds=3.5))
        home.person.deaf = "no_microphone"

    home, _ = live(tmp_path, {"checkin.mood": "ik ben gevallen"}, during)

    assert home.person.keys().count("danger.medical.say") == 3
    assert home.screen.view.alert == "Bel 112"


@pytest.mark.parametrize("button", [Button.TALK, Button.FAMILY, Button.LINE])
def test_a_press_closes_it_while_it_is_spoken(tmp_path: Path, button: Button) -> None:
    async def during(home: Home) -> None:
        while not home.screen.view.alert:
            await home.until(home.clock.now() + timedelta(seconds=0.5))
        assert home.companion.stage.floor is Floor.ALERT
        home.panel.press(button)
        await home.until(home.clock.now() + timedelta(seconds=1))
        assert home.screen.view.alert == ""
        assert home.companion.director.is_free

    home, _ = live(tmp_path, {"checkin.mood": "ik ben gevallen"}, during)

    assert home.outcomes == [Outcome.STOPPED]
    assert home.is_open == [True, False]


def test_afterwards_the_number_stays_and_the_button_says_what_it_does(
    tmp_path: Path,
) -> None:
    async def during(home: Home) -> None:
        await home.until(START + timedelta(minutes=5))
        assert home.companion.director.is_free
        assert home.screen.view.alert == "Bel 112"
        assert dict(home.screen.view.buttons)["talk"] == "Nummer weg"
        assert home.panel.light() is Light.READY
        await home.press(Button.TALK, 1)
        assert home.screen.view.alert == ""
        assert dict(home.screen.view.buttons)["talk"] == "Praten"
        assert home.companion.director.is_free

    live(tmp_path, {"checkin.mood": "ik ben gevallen"}, during)


def test_nobody_in_danger_is_told_that_there_is_no_haste(tmp_path: Path) -> None:
    answers: SCRIPTED = {
        "checkin.convenient": "ik heb pijn op de borst",
        "danger.repeat": None,
    }

    home, _ = live(tmp_path, answers)

    assert home.person.keys().count("danger.medical.say") == 3
    assert "talk.take_your_time" not in home.person.keys()
