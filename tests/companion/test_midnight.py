"""Midnight: what is under way then belongs to one day, and nobody is woken."""

from collections import Counter
from collections.abc import Coroutine
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from companion.agenda import Entry, Kind
from companion.agenda_book import AgendaBook
from companion.checkins import Outcome
from companion.director import Ending, Priority
from companion.settings import CheckInSettings, QuietSettings, Settings
from companion.talk import Talk
from hardware.panel import Button
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

NO_QUIET = QuietSettings(starts=time(0), ends=time(0))
# Who chose to be asked at night, and at a press at any time.
AT_NIGHT = Settings(checkin=CheckInSettings(first_press_from=time(0)), quiet=NO_QUIET)
# Begins by itself, and midnight comes before anybody can answer.
LATE = Settings(checkin=CheckInSettings(at=time(23, 59, 57)), quiet=NO_QUIET)

ASKS = {"conversation.wish": "stel de dagelijkse vragen", "conversation.more": "nee"}


def at(clock: str, day: int = 0) -> datetime:
    return datetime.combine(
        DAY.date() + timedelta(days=day), time.fromisoformat(clock), AMSTERDAM
    )


def play(story: Coroutine[Any, Any, None]) -> None:
    run(story, VirtualLoop())


async def known(home: Home) -> list[tuple[int, Outcome | None]]:
    """Day and outcome of each check-in."""
    found = await home.journal.check_ins(at("00:00").date(), at("00:00", 9).date())
    return [((c.day - DAY.date()).days, c.outcome) for c in found]


async def asked(home: Home) -> Counter[str]:
    """How often each question was answered."""
    told = await home.journal.answers(at("00:00"), at("00:00", 9))
    return Counter(answer.question for answer in told)


def offers(home: Home) -> list[str]:
    """The times at which it asked whether it may begin."""
    pairs = zip(home.person.said, home.person.keys(), strict=True)
    return [f"{when:%H:%M}" for (when, _), key in pairs if key == OFFER]


async def call(home: Home) -> None:
    """A call comes in: what goes on is interrupted."""

    async def ring(talk: Talk) -> None:
        await talk.say("calling.family")

    ending = await home.companion.director.give_floor(ring, Priority.CALL)
    assert ending is Ending.FINISHED


@pytest.mark.parametrize("begins", ["23:59:15", "23:59:30", "23:59:45"])
def test_a_check_in_belongs_to_the_day_on_which_it_began(
    tmp_path: Path, begins: str
) -> None:
    answers = Answers({**ASKS, "checkin.pain": ["ja mijn knie", "nee"]})

    async def story() -> None:
        async with living(tmp_path, at(begins), answers) as home:
            await home.press(Button.TALK, 600)
            told = await home.journal.answers(at("00:00"), at("00:00", 2))
            assert {answer.at.day for answer in told} == {23, 24}
            assert await known(home) == [(0, Outcome.DONE)]
            assert set((await asked(home)).values()) == {1}
            # In the morning all is asked, and that evening is yesterday.
            await home.until(at("10:00", 1))
            assert offers(home) == ["09:00"]
            assert await known(home) == [(0, Outcome.DONE), (1, Outcome.DONE)]
            assert await asked(home) == {
                "checkin.mood": 2, "checkin.sleep": 2, "checkin.pain": 2,
                "checkin.eating": 2, "checkin.drinking": 2, "checkin.plans": 2,
                "checkin.plan_done": 1,
            }  # fmt: skip
            assert "checkin.pain.ask_about" in home.person.keys()

    play(story())


def test_what_it_began_itself_before_midnight_is_of_that_day(tmp_path: Path) -> None:
    async def story() -> None:
        async with living(tmp_path, at("23:50"), Answers({}), LATE) as home:
            await home.until(at("23:50", 1))
            assert await known(home) == [(0, Outcome.DONE)]
            assert set((await asked(home)).values()) == {1}
            assert offers(home) == ["23:59"]
            await home.until(at("12:00", 2))
            assert await known(home) == [(0, Outcome.DONE), (1, Outcome.DONE)]

    play(story())


def test_unanswered_at_midnight_it_is_missed_of_that_day_and_then_silent(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with living(tmp_path, at("23:50"), NOBODY, LATE) as home:
            await home.until(at("23:50", 1))
            assert offers(home) == ["23:59"]
            assert await known(home) == [(0, Outcome.NO_ANSWER), (0, Outcome.MISSED)]
            assert "checkin.missed_said" not in home.person.keys()
            assert home.screen.view.notice != ""
            await home.press(Button.TALK)
            assert "checkin.missed_earlier_said" in home.person.keys()

    play(story())


def test_back_after_midnight_the_day_before_is_missed_and_the_house_stays_still(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with living(tmp_path, at("08:59"), NOBODY) as home:
            await home.until(at("09:02"))
        async with living(tmp_path, at("00:30", 1), NOBODY) as home:
            await home.until(at("08:59", 1))
            assert await known(home) == [(0, Outcome.NO_ANSWER), (0, Outcome.MISSED)]
            assert home.person.said == []
            assert home.screen.view.notice != ""
            home.person.answer = Answers({})
            await home.until(at("10:00", 1))
            # It asks as on any day, and knows of yesterday.
            assert offers(home) == ["09:00"]
            assert "checkin.mood.ask_after_missed" in home.person.keys()
            assert (await known(home))[-1] == (1, Outcome.DONE)

    play(story())


def test_interrupted_before_midnight_nobody_is_woken_for_the_rest(
    tmp_path: Path,
) -> None:
    evening = Settings(checkin=CheckInSettings(at=time(23, 55)), quiet=NO_QUIET)

    async def story() -> None:
        async with living(tmp_path, at("23:54"), Answers({}), evening) as home:
            await until_said(home, "checkin.eating.ask")
            await call(home)
            await home.until(at("23:54", 1))
            assert await known(home) == [(0, Outcome.STOPPED)]
            assert offers(home) == ["23:55"]
            await home.until(at("12:00", 2))
            assert offers(home) == ["23:55"] * 2

    play(story())


def test_broken_off_by_a_power_cut_it_goes_on_where_it_was(tmp_path: Path) -> None:
    answers = Answers({**ASKS, "checkin.first_press": "nee"})

    async def story() -> None:
        async with living(tmp_path, at("23:57"), answers) as home:
            home.panel.press(Button.TALK)
            await until_said(home, "checkin.pain.ask")
            home.card.refuses = "all"
        async with living(tmp_path, at("00:01", 1), answers) as home:
            await home.press(Button.TALK, 600)
            assert "checkin.mood.ask" not in home.person.keys()
            assert set((await asked(home)).values()) == {1}
            assert len(await asked(home)) == 6
            assert (await known(home))[-1] == (0, Outcome.DONE)
            await home.until(at("10:00", 1))
            assert offers(home) == ["09:00"]
            assert (await known(home))[-1] == (1, Outcome.DONE)

    play(story())


def test_a_press_past_midnight_is_not_the_first_of_a_day(tmp_path: Path) -> None:
    answers = Answers({"conversation.wish": "hoe laat is het"})

    async def story() -> None:
        async with living(tmp_path, at("23:55"), answers, AT_NIGHT) as home:
            await home.press(Button.TALK, 270)
            assert await known(home) == [(0, Outcome.DONE)]
            await home.until(at("00:01", 1))
            await home.press(Button.TALK, 300)
            assert home.person.keys().count("checkin.first_press.ask") == 1
            assert await known(home) == [(0, Outcome.DONE)]

    play(story())


def test_later_that_is_past_midnight_is_not_promised(tmp_path: Path) -> None:
    answers = Answers({"checkin.convenient": "straks"})

    async def story() -> None:
        async with living(tmp_path, at("23:50"), answers, LATE) as home:
            await home.until(at("12:00", 1))
            (when, _) = home.person.said[-1]
            assert when.day == 24
            assert home.person.keys()[-1] == "checkin.declined"
            assert await known(home) == [(0, Outcome.DECLINED)]

    play(story())


def test_at_night_it_says_nothing_by_itself(tmp_path: Path) -> None:
    async def story() -> None:
        async with living(tmp_path, at("20:30"), NOBODY) as home:
            await home.until(at("12:00", 3))
            assert {f"{when:%H}" for when, _ in home.person.said} == {"09"}

    play(story())


# -- what "morgen" means ---------------------------------------------------------------

# The wish is said before midnight, and what is asked then is answered after it.
AT_MIDNIGHT = "23:59:52"
TOMORROW = at("00:00", 1).date()


def said(home: Home, key: str) -> str:
    """What was said under this name."""
    texts = zip(home.person.texts(), home.person.keys(), strict=True)
    (text,) = [text for text, each in texts if each == key]
    return text


@pytest.mark.parametrize(
    ("wish", "read_back"),
    [
        ("zet in de agenda morgen naar de kapper", "agenda.right.ask"),
        ("mevrouw de boer komt morgen langs", "visits.keep.ask"),
    ],
)
def test_tomorrow_is_the_day_that_was_meant_when_it_was_said(
    tmp_path: Path, wish: str, read_back: str
) -> None:
    yes = dict.fromkeys(("agenda.half", "agenda.right", "visits.keep"), "ja")
    answers = Answers({"conversation.wish": wish, "agenda.hour": "tien uur", **yes})

    async def story() -> None:
        async with living(tmp_path, at(AT_MIDNIGHT), answers) as home:
            await home.press(Button.TALK, 120)
            asked_at = dict(zip(home.person.keys(), home.person.said, strict=True))
            assert asked_at["conversation.wish.ask"][0].date() == DAY.date()
            assert asked_at[read_back][0].date() == TOMORROW
            (entry,) = AgendaBook(home.journal._store.agenda).entries()
            assert entry.day == TOMORROW
            assert "morgen om tien uur" in said(home, read_back).lower()

    play(story())


def test_moved_to_tomorrow_is_the_same_day(tmp_path: Path) -> None:
    answers = Answers(
        {
            "conversation.wish": "verzet de kapper naar morgen",
            "agenda.meant": "ja",
            "agenda.move": "ja",
        }
    )
    friday, created = at("00:00", 4).date(), at("12:00", -1)
    barber = Entry(
        None, Kind.APPOINTMENT, "de kapper", friday, created, times=(time(10),)
    )

    async def story() -> None:
        async with living(tmp_path, at(AT_MIDNIGHT), answers) as home:
            agenda = AgendaBook(home.journal._store.agenda)
            agenda.add(barber)
            await home.press(Button.TALK, 120)
            asked_at = dict(zip(home.person.keys(), home.person.said, strict=True))
            assert asked_at["agenda.meant.ask"][0].date() == DAY.date()
            assert asked_at["agenda.move.ask"][0].date() == TOMORROW
            assert "morgen om tien uur" in said(home, "agenda.move.ask").lower()
            (entry,) = agenda.entries()
            assert entry.day == TOMORROW

    play(story())
