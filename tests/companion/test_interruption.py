"""Speaking over the device: an answer, a command, a cry, or only a noise."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from companion.checkins import Outcome
from companion.journal import Answer
from companion.settings import CheckInSettings, Settings
from companion.speaking import SLIPS_AT_MOST, WORDS_WITHIN_S, SpokenOver
from companion.understanding.intents import Intent
from hardware.panel import Button
from tests.stories.person import SAY_S, Answers, Home, living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run
from voice.hearing import Heard
from voice.speech import Speech

START = datetime(2026, 3, 23, 8, 59, tzinfo=AMSTERDAM)
SCRIPTED = Mapping[str, str | Heard | list[str | Heard | None] | None]


def morning(
    folder: Path, answers: SCRIPTED, speaks_over: dict[str, list[float]]
) -> Home:
    """A check-in at nine o'clock, in which the person speaks over the device."""

    async def story() -> Home:
        async with living(folder, START, Answers(dict(answers))) as home:
            home.person.speaks_over = speaks_over
            await home.until(START + timedelta(minutes=8))
            home.told += await home.journal.answers(START, START + timedelta(days=1))
            days = await home.journal.check_ins(START.date(), START.date())
            home.outcomes += [day.outcome for day in days]
            return home

    return run(story(), VirtualLoop())


def talked(
    folder: Path, answers: SCRIPTED, speaks_over: dict[str, list[float]]
) -> Home:
    """What follows a press on the white button."""

    async def story() -> Home:
        off = Settings(checkin=CheckInSettings(is_on=False))
        async with living(folder, START, Answers(dict(answers)), off) as home:
            home.person.speaks_over = speaks_over
            await home.press(Button.TALK, 300)
            assert home.companion.director.is_free
            return home

    return run(story(), VirtualLoop())


def after(home: Home, key: str) -> list[str]:
    keys = home.person.keys()
    return keys[keys.index(key) :]


def answer_to(home: Home, question: str) -> Answer | None:
    return next((a for a in home.told if a.question == question), None)


def began_after_s(home: Home, key: str) -> float:
    """How long after it began, the device said something else."""
    index = home.person.keys().index(key)
    (before, _), (then, _) = home.person.said[index : index + 2]
    return (then - before).total_seconds()


# Questions


def test_an_answer_over_the_question_is_an_answer(tmp_path: Path) -> None:
    home = morning(
        tmp_path, {"checkin.sleep": "goed geslapen"}, {"checkin.sleep.ask": [1.0]}
    )

    assert home.person.keys().count("checkin.sleep.ask") == 1
    answer = answer_to(home, "checkin.sleep")
    assert answer is not None and answer.intent is Intent.SLEPT_WELL
    # It fell silent after a second, and heard the answer for two.
    assert began_after_s(home, "checkin.sleep.ask") == pytest.approx(3.0, abs=0.1)
    assert home.outcomes == [Outcome.DONE]


def test_who_begins_to_speak_is_waited_for_only_briefly(tmp_path: Path) -> None:
    home = morning(
        tmp_path, {"checkin.sleep": [None, "goed"]}, {"checkin.sleep.ask": [1.0]}
    )

    assert after(home, "checkin.sleep.ask")[1] == "checkin.sleep.ask"
    waited_s = began_after_s(home, "checkin.sleep.ask")
    assert waited_s == pytest.approx(1.0 + WORDS_WITHIN_S, abs=0.1)


@pytest.mark.parametrize("noise", [None, "zeventien giraffen", "hm", "goedemorgen"])
def test_the_question_is_put_again_after_nothing_of_use(
    tmp_path: Path, noise: str | None
) -> None:
    home = morning(
        tmp_path, {"checkin.sleep": [noise, "goed"]}, {"checkin.sleep.ask": [2.9]}
    )

    keys = after(home, "checkin.sleep.ask")
    assert keys[1] == "checkin.sleep.ask"
    assert "talk.not_understood" not in keys
    assert "talk.take_your_time" not in keys
    answer = answer_to(home, "checkin.sleep")
    assert answer is not None and answer.intent is Intent.SLEPT_WELL


def test_the_second_time_no_noise_silences_it(tmp_path: Path) -> None:
    home = morning(
        tmp_path,
        {"checkin.sleep": [None, None, "goed"]},
        {"checkin.sleep.ask": [1.0, 0.5]},
    )

    first, second = [
        number
        for number, key in enumerate(home.person.keys())
        if key == "checkin.sleep.ask"
    ]
    said = home.person.said
    lasted_s = (said[second + 1][0] - said[second][0]).total_seconds()
    assert second == first + 1
    # To its end, and then the answer.
    assert lasted_s >= SAY_S


def test_but_words_do_the_second_time_too(tmp_path: Path) -> None:
    home = morning(
        tmp_path, {"checkin.sleep": [None, "stop"]}, {"checkin.sleep.ask": [1.0, 0.5]}
    )

    assert home.person.keys()[-2:] == ["checkin.sleep.ask", "checkin.sleep.ask"]
    assert home.outcomes == [Outcome.STOPPED]


def test_a_yes_before_the_question_was_put_is_no_answer(tmp_path: Path) -> None:
    early = morning(
        tmp_path / "early",
        {"checkin.convenient": ["ja", "nee"], "checkin.ask_later": "nee"},
        {"checkin.convenient.ask": [0.2]},
    )
    assert early.person.keys()[:2] == ["checkin.convenient.ask"] * 2
    assert early.outcomes == [Outcome.DECLINED]


def test_nobody_agrees_to_what_was_not_said_to_its_end(tmp_path: Path) -> None:
    home = talked(
        tmp_path,
        {
            "conversation.wish": "vergeet alles",
            "forget.all.ask": ["ja", "nee"],
            "conversation.more": "nee",
        },
        {"forget.all.ask": [2.9]},
    )

    keys = home.person.keys()
    assert keys.count("forget.all.ask") == 2
    assert "forget.all.not_done" in keys and "forget.all.done" not in keys


def test_an_answer_over_what_is_said_between_is_an_answer(tmp_path: Path) -> None:
    home = morning(
        tmp_path,
        {"checkin.sleep": None, "talk.take_your_time": "slecht geslapen"},
        {"talk.take_your_time": [0.5]},
    )

    answer = answer_to(home, "checkin.sleep")
    assert answer is not None and answer.intent is Intent.SLEPT_BADLY


def test_after_not_understood_the_person_need_not_hear_it_all_again(
    tmp_path: Path,
) -> None:
    home = morning(
        tmp_path,
        {
            "checkin.sleep": "zeventien giraffen",
            "talk.not_understood": "slecht geslapen",
        },
        {"talk.not_understood": [0.5]},
    )

    assert home.person.keys().count("checkin.sleep.ask") == 1
    answer = answer_to(home, "checkin.sleep")
    assert answer is not None and answer.intent is Intent.SLEPT_BADLY


def test_wait_a_moment_is_not_made_longer_by_who_speaks_on(tmp_path: Path) -> None:
    home = morning(
        tmp_path,
        {"checkin.sleep": "wacht even", "talk.waiting": "goed geslapen"},
        {"talk.waiting": [1.0]},
    )

    assert "talk.back_again" not in home.person.keys()
    answer = answer_to(home, "checkin.sleep")
    assert answer is not None and answer.intent is Intent.SLEPT_WELL


# Statements


@pytest.mark.parametrize("words", [None, "ja ja", "hm"])
def test_a_statement_is_said_again_after_a_backchannel(
    tmp_path: Path, words: str | None
) -> None:
    home = talked(
        tmp_path,
        {
            "conversation.wish": "wat kunt u",
            "about.abilities": words,
            "conversation.more": "nee",
        },
        {"about.abilities": [1.0]},
    )

    assert after(home, "about.abilities")[:2] == ["about.abilities"] * 2
    assert "conversation.more.ask" in home.person.keys()


def test_stop_over_a_statement_ends_the_conversation(tmp_path: Path) -> None:
    home = talked(
        tmp_path,
        {"conversation.wish": "wat kunt u", "about.abilities": "stop"},
        {"about.abilities": [1.0]},
    )

    assert home.person.keys()[-1] == "about.abilities"


def test_a_statement_may_be_passed_over(tmp_path: Path) -> None:
    home = talked(
        tmp_path,
        {
            "conversation.wish": "wat kunt u",
            "about.abilities": "sla over",
            "conversation.more": "nee",
        },
        {"about.abilities": [1.0]},
    )

    assert after(home, "about.abilities")[1] == "conversation.more.ask"


@pytest.mark.parametrize(
    ("words", "then"),
    [
        ("wat zegt u", ["about.abilities"]),
        ("harder", ["volume.changed", "about.abilities"]),
        ("hoe laat is het", ["about.time", "about.abilities"]),
    ],
)
def test_a_command_over_a_statement_is_obeyed(
    tmp_path: Path, words: str, then: list[str]
) -> None:
    home = talked(
        tmp_path,
        {
            "conversation.wish": "wat kunt u",
            "about.abilities": words,
            "conversation.more": "nee",
        },
        {"about.abilities": [1.0]},
    )

    assert after(home, "about.abilities")[1 : 1 + len(then)] == then
    assert home.person.volume == (4 if words == "harder" else 3)


def test_after_two_noises_only_words_silence_it(tmp_path: Path) -> None:
    home = morning(
        tmp_path,
        {
            "checkin.mood": [None, "goed"],
            "checkin.sleep": [None, "goed"],
            "checkin.pain": [None, "nee"],
        },
        {
            "checkin.mood.ask": [1.0],
            "checkin.sleep.ask": [1.0],
            "checkin.pain.ask": [1.0],
        },
    )

    keys = home.person.keys()
    assert SLIPS_AT_MOST == 2
    assert keys.count("checkin.mood.ask") == keys.count("checkin.sleep.ask") == 2
    assert keys.count("checkin.pain.ask") == 1
    assert home.outcomes == [Outcome.DONE]


# Danger


def test_a_cry_over_a_question_is_answered_at_once(tmp_path: Path) -> None:
    home = morning(
        tmp_path,
        {"checkin.mood": "ik ben gevallen", "danger.repeat": "nee"},
        {"checkin.mood.ask": [0.5]},
    )

    assert after(home, "checkin.mood.ask")[1] == "danger.medical.say"


@pytest.mark.parametrize("noise", [None, "hm", "zeventien giraffen"])
def test_no_noise_cuts_off_a_number_to_call(tmp_path: Path, noise: str | None) -> None:
    home = morning(
        tmp_path,
        {
            "checkin.mood": "ik ben gevallen",
            "danger.medical.say": [noise],
            "danger.repeat": "nee",
        },
        {"danger.medical.say": [0.1]},
    )

    assert home.person.keys().count("danger.medical.say") == 1
    assert began_after_s(home, "danger.medical.say") >= SAY_S


@pytest.mark.parametrize("question", ["danger.medical.say", "danger.repeat.ask"])
def test_stop_does(tmp_path: Path, question: str) -> None:
    home = morning(
        tmp_path,
        {
            "checkin.mood": "ik ben gevallen",
            "danger.medical.say": "stop",
            "danger.repeat": "stop",
        },
        {question: [0.1]},
    )

    assert home.person.keys()[-1] == question
    assert home.screen.view.alert == ""


def test_and_a_worse_cry_does(tmp_path: Path) -> None:
    home = morning(
        tmp_path,
        {
            "checkin.mood": "mijn zoon slaat mij",
            "danger.repeat.ask": ["er is brand", "nee"],
        },
        {"danger.repeat.ask": [0.1]},
    )

    assert "danger.fire.say" in home.person.keys()


# Reckoning


def test_the_question_is_put_when_half_of_its_last_sentence_is_out() -> None:
    speech = Speech(("Goedemorgen mevrouw De Vries.", "Heeft u goed geslapen?"))
    # Four words at 150 a minute are 1.6 s; then 0.8 s of silence, and 0.8 s of 1.6.
    assert not SpokenOver(speech, 3.1).was_put(150)
    assert SpokenOver(speech, 3.3).was_put(150)
    assert not SpokenOver(speech, 3.3).was_put(120)
