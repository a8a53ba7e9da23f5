"""The daily rhythm: when it asks, when it waits, and what it remembers."""

from collections import Counter
from collections.abc import Coroutine
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from companion.checkins import Outcome, Start
from companion.director import Ending, Priority
from companion.settings import CheckInSettings, QuietSettings, Settings
from companion.talk import Talk
from companion.understanding.intents import Intent
from hardware.panel import Button, Light
from tests.stories.person import (
    Answers,
    Home,
    living,
    until_said,
)
from tests.virtual_time import AMSTERDAM, VirtualLoop, run

DAY = datetime(2026, 3, 23, 0, 0, tzinfo=AMSTERDAM)
NOBODY = Answers({}, base={})
OFFER = "checkin.convenient.ask"


def at(clock: str, day: int = 0) -> datetime:
    return datetime.combine(
        DAY.date() + timedelta(days=day), time.fromisoformat(clock), AMSTERDAM
    )


def play(story: Coroutine[Any, Any, None]) -> None:
    run(story, VirtualLoop())


def offers(home: Home) -> list[str]:
    """The times at which it asked whether it may begin."""
    pairs = zip(home.person.said, home.person.keys(), strict=True)
    return [f"{when:%H:%M}" for (when, _), key in pairs if key == OFFER]


async def outcomes(home: Home, day: int = 0) -> list[Outcome | None]:
    date = at("00:00", day).date()
    return [c.outcome for c in await home.journal.check_ins(date, date)]


async def questions(home: Home) -> Counter[str]:
    told = await home.journal.answers(at("00:00"), at("00:00", 1))
    return Counter(answer.question for answer in told)


def test_nobody_answers(tmp_path: Path) -> None:
    async def story() -> None:
        async with living(tmp_path, at("08:00"), NOBODY) as home:
            await home.until(at("11:00"))
            assert offers(home) == ["09:00", "09:10", "09:30"]
            no = Outcome.NO_ANSWER
            assert await outcomes(home) == [no, no, no, Outcome.MISSED]
            assert home.person.keys()[-1] == "checkin.missed_said"
            assert "Niemand krijgt daar bericht van" in home.screen.view.notice
            home.person.answer = Answers({"conversation": "nee"})
            await home.press(Button.TALK)
            assert "checkin.missed_earlier_said" in home.person.keys()
            assert home.screen.view.notice == ""
            await home.press(Button.TALK)
            assert home.person.keys().count("checkin.missed_earlier_said") == 1
            assert await questions(home) == {}

    play(story())


@pytest.mark.parametrize(
    ("words", "again"),
    [
        ("straks", "09:30"),
        ("over een uur", "10:00"),
        ("om drie uur", "15:00"),
        ("over tien minuten", "09:10"),
    ],
)
def test_later_is_when_the_person_said(tmp_path: Path, words: str, again: str) -> None:
    async def story() -> None:
        answers = Answers({"checkin.convenient": [words, "ja hoor"]})
        async with living(tmp_path, at("08:59"), answers) as home:
            await home.until(at("18:00"))
            assert offers(home) == ["09:00", again]
            assert await outcomes(home) == [Outcome.POSTPONED, Outcome.DONE]

    play(story())


def test_tomorrow_is_not_today(tmp_path: Path) -> None:
    async def story() -> None:
        answers = Answers({"checkin.convenient": ["morgen", "ja"]})
        async with living(tmp_path, at("08:59"), answers) as home:
            await home.until(at("20:30"))
            assert offers(home) == ["09:00"]
            await home.until(at("20:30", 1))
            assert len(offers(home)) == 2
            assert await outcomes(home, 1) == [Outcome.DONE]

    play(story())


@pytest.mark.parametrize(
    ("later", "found", "times"),
    [
        ("ja", [Outcome.POSTPONED, Outcome.DONE], 2),
        ("nee", [Outcome.DECLINED], 1),
    ],
)
def test_no_is_asked_about_and_taken(
    tmp_path: Path, later: str, found: list[Outcome], times: int
) -> None:
    async def story() -> None:
        answers = Answers(
            {"checkin.convenient": ["nee", "ja"], "checkin.ask_later": later}
        )
        async with living(tmp_path, at("08:59"), answers) as home:
            await home.until(at("18:00"))
            assert await outcomes(home) == found
            assert len(offers(home)) == times

    play(story())


@pytest.mark.parametrize(
    "words", ["ik ga naar het ziekenhuis", "ik ga op vakantie", "er komen logees"]
)
def test_away_until_back(tmp_path: Path, words: str) -> None:
    async def story() -> None:
        answers = Answers(
            {
                "checkin.convenient": [words, "ja"],
                "away.confirm": "ja",
                "conversation.wish": "ik ben weer thuis",
            }
        )
        async with living(tmp_path, at("08:59"), answers) as home:
            await home.until(at("12:00", 3))
            assert offers(home) == ["09:00"]
            await home.press(Button.TALK)
            assert "away.welcome_back" in home.person.keys()
            await home.until(at("12:00", 4))
            assert await outcomes(home, 4) == [Outcome.DONE]

    play(story())


def test_away_that_was_not_meant(tmp_path: Path) -> None:
    async def story() -> None:
        answers = Answers(
            {"checkin.convenient": ["ik ga op vakantie", "ja"], "away.confirm": "nee"}
        )
        async with living(tmp_path, at("08:59"), answers) as home:
            await home.until(at("12:00", 1))
            assert await outcomes(home) == [Outcome.DECLINED]
            assert await outcomes(home, 1) == [Outcome.DONE]

    play(story())


def test_the_first_press_of_the_day_offers_it_once(tmp_path: Path) -> None:
    async def story() -> None:
        answers = Answers({"checkin.first_press": "nee", "conversation": "nee"})
        async with living(tmp_path, at("07:30"), answers) as home:
            # In quiet hours a press is only a press.
            await home.press(Button.TALK)
            assert "checkin.first_press.ask" not in home.person.keys()

        async with living(tmp_path, at("08:10", 1), answers) as home:
            await home.press(Button.TALK)
            await home.press(Button.TALK)
            assert home.person.keys().count("checkin.first_press.ask") == 1
            await home.until(at("10:00", 1))
            assert await outcomes(home, 1) == [Outcome.DONE]

    play(story())


def test_the_first_press_does_it_and_the_clock_does_not_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with living(tmp_path, at("08:10"), Answers({})) as home:
            await home.press(Button.TALK, 3600)
            assert await outcomes(home) == [Outcome.DONE]
            assert offers(home) == []
            (done,) = await home.journal.check_ins(DAY.date(), DAY.date())
            assert done.start is Start.FIRST_PRESS

    play(story())


def test_it_is_done_when_it_is_asked_for(tmp_path: Path) -> None:
    async def story() -> None:
        answers = Answers(
            {"checkin.first_press": "nee", "conversation": "stel de dagelijkse vragen"}
        )
        async with living(tmp_path, at("14:00"), answers) as home:
            await home.press(Button.TALK, 600)
            assert Outcome.DONE in await outcomes(home)

    play(story())


def test_it_starts_nothing_in_quiet_hours(tmp_path: Path) -> None:
    settings = Settings(
        checkin=CheckInSettings(at=time(7, 0)), quiet=QuietSettings(ends=time(8, 30))
    )

    async def story() -> None:
        async with living(tmp_path, at("06:00"), Answers({}), settings) as home:
            await home.until(at("12:00"))
            assert offers(home) == ["08:30"]

    play(story())


def test_it_waits_for_a_conversation_to_end(tmp_path: Path) -> None:
    async def story() -> None:
        answers = Answers(
            {
                "checkin.first_press": "nee",
                "conversation.wish": ["wacht even", "hoe laat is het"],
                "conversation.more": "nee",
            }
        )
        async with living(tmp_path, at("08:59"), answers) as home:
            await home.press(Button.TALK, 600)
            keys = home.person.keys()
            assert keys.index("conversation.goodbye") < keys.index(OFFER)
            assert await outcomes(home) == [Outcome.DONE]
            assert home.is_open == [True, False] * 2

    play(story())


def test_stopped_by_a_press_it_is_over_for_today(tmp_path: Path) -> None:
    async def story() -> None:
        async with living(tmp_path, at("08:59"), Answers({})) as home:
            await until_said(home, "checkin.pain.ask")
            await home.press(Button.TALK, 7200)
            assert await outcomes(home) == [Outcome.STOPPED]
            assert await questions(home) == {"checkin.mood": 1, "checkin.sleep": 1}

    play(story())


def test_the_talk_button_takes_the_offer(tmp_path: Path) -> None:
    async def story() -> None:
        answers = Answers({"checkin.convenient": None})
        async with living(tmp_path, at("08:59"), answers) as home:
            await until_said(home, OFFER)
            assert home.panel.lights.count(Light.ATTENTION) == 1
            assert dict(home.screen.view.buttons)["talk"] == "Nu praten"
            await home.press(Button.TALK, 600)
            assert await outcomes(home) == [Outcome.DONE]

    play(story())


def test_after_an_interruption_it_goes_on_where_it_was(tmp_path: Path) -> None:
    async def story() -> None:
        async with living(tmp_path, at("08:59"), Answers({})) as home:
            await until_said(home, "checkin.eating.ask")
            await _call(home)
            await home.until(at("12:00"))
            assert await outcomes(home) == [Outcome.POSTPONED, Outcome.DONE]
            assert set((await questions(home)).values()) == {1}
            assert len(await questions(home)) == 6
            assert home.person.keys().count("checkin.mood.ask") == 1

    play(story())


async def _call(home: Home) -> None:
    async def ring(talk: Talk) -> None:
        await talk.say("calling.family")

    ending = await home.companion.director.give_floor(ring, Priority.CALL)
    assert ending is Ending.FINISHED


@pytest.mark.parametrize("by_press", [False, True])
def test_a_power_cut_in_the_middle_loses_and_repeats_nothing(
    tmp_path: Path, by_press: bool
) -> None:
    async def story() -> None:
        async with living(tmp_path, at("08:59"), Answers({})) as home:
            if by_press:
                home.panel.press(Button.TALK)
            await until_said(home, "checkin.pain.ask")
            home.card.refuses = "all"
        async with living(tmp_path, at("09:20"), Answers({})) as home:
            await home.until(at("12:00"))
            assert (await outcomes(home))[-1] is Outcome.DONE
            assert "checkin.mood.ask" not in home.person.keys()
            assert set((await questions(home)).values()) == {1}
            assert len(await questions(home)) == 6

    play(story())


def test_back_after_a_power_cut_at_night_it_is_silent(tmp_path: Path) -> None:
    async def story() -> None:
        async with living(tmp_path, at("08:59"), NOBODY) as home:
            await home.until(at("09:02"))
        async with living(tmp_path, at("23:00"), NOBODY) as home:
            await home.until(at("23:30"))
            assert (await outcomes(home))[-1] is Outcome.MISSED
            assert home.person.said == []
            assert home.screen.view.notice != ""

    play(story())


def test_with_a_clock_that_was_never_set_it_waits(tmp_path: Path) -> None:
    early = datetime(2024, 5, 1, 8, 59, tzinfo=AMSTERDAM)

    async def story() -> None:
        async with living(tmp_path, early, Answers({"conversation": "nee"})) as home:
            await home.until(early + timedelta(hours=3))
            assert home.person.said == []
            # A press is answered all the same.
            await home.press(Button.TALK)
            assert home.person.keys()[0] == "conversation.wish.ask"

    play(story())


def test_a_failing_rhythm_leaves_a_device_that_answers(tmp_path: Path) -> None:
    async def story() -> None:
        async with living(tmp_path, at("08:30"), Answers({})) as home:
            # A row that no program wrote.
            await home.journal._put(postponed_until="flauwekul")
        async with living(tmp_path, at("08:40"), Answers({})) as home:
            await home.until(at("08:50"))
            assert home.panel.light() is Light.FAULT
            await home.press(Button.NO, 10)
            assert home.person.keys()[-1] == "press.nothing_asked_said"
            await home.journal.postpone(None)
            await home.until(at("09:10"))
            assert await outcomes(home) == [Outcome.DONE]
            assert home.panel.light() is Light.READY

    play(story())


def test_pain_is_followed_by_where(tmp_path: Path) -> None:
    async def story() -> None:
        answers = Answers({"checkin.pain": "ja", "checkin.pain_where": "mijn knie"})
        async with living(tmp_path, at("08:59"), answers) as home:
            await home.until(at("09:10"))
            told = await home.journal.answers(at("00:00"), at("00:00", 1))
            where = [a for a in told if a.question == "checkin.pain_where"]
            assert [(a.intent, a.value) for a in where] == [(Intent.PAIN, "knee")]

    play(story())


@pytest.mark.parametrize("words", ["om tien uur", "om tien uur vanavond", "morgen"])
def test_no_later_is_promised_that_does_not_come(tmp_path: Path, words: str) -> None:
    async def story() -> None:
        answers = Answers({"checkin.convenient": words})
        evening = Settings(checkin=CheckInSettings(at=time(19, 0)))
        async with living(tmp_path, at("18:59"), answers, evening) as home:
            await home.until(at("23:59"))
            assert offers(home) == ["19:00"]
            assert home.person.keys()[-1] == "checkin.declined"
            assert "checkin.later" not in home.person.keys()
            assert await outcomes(home) == [Outcome.DECLINED]

    play(story())


def test_later_after_the_check_in_of_today_promises_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        answers = Answers({"conversation.wish": "straks"})
        async with living(tmp_path, at("08:59"), answers) as home:
            await home.until(at("11:00"))
            await home.press(Button.TALK)
            await home.until(at("20:00"))
            assert offers(home) == ["09:00"]
            assert home.person.keys()[-1] == "conversation.not_then"
            assert "checkin.later" not in home.person.keys()

    play(story())


def test_a_refused_later_leaves_the_set_time(tmp_path: Path) -> None:
    async def story() -> None:
        answers = Answers({"conversation.wish": "straks om tien uur vanavond"})
        late = Settings(checkin=CheckInSettings(at=time(19, 0), at_first_press=False))
        async with living(tmp_path, at("18:00"), answers, late) as home:
            await home.press(Button.TALK)
            await home.until(at("18:30"))
            assert home.person.keys()[-1] == "conversation.not_then"
            await home.until(at("19:30"))
            assert offers(home) == ["19:00"]

    play(story())
