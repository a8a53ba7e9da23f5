"""A full card, forgetting, and messages."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from companion.checkins import Outcome
from companion.journal import Answer, Journal, Message
from companion.memory import Memory
from companion.store import open_memory_store, open_store
from companion.understanding.intents import Intent
from hardware.panel import Button, Light
from tests.stories.person import (
    Answers,
    Home,
    living,
    until_said,
)
from tests.virtual_time import AMSTERDAM, VirtualLoop, run

START = datetime(2026, 3, 23, 8, 59, tzinfo=AMSTERDAM)
DAY = timedelta(days=1)


async def questions(home: Home) -> list[str]:
    return [a.question for a in await home.journal.answers(START, START + DAY)]


async def messages(home: Home) -> list[Message]:
    return await home.journal.messages(START, START + DAY)


async def outcomes(home: Home) -> list[Outcome | None]:
    days = await home.journal.check_ins(START.date(), START.date())
    return [c.outcome for c in days]


@pytest.mark.parametrize("refuses", ["write", "all"])
def test_a_card_that_fails_halfway_and_comes_back(
    tmp_path: Path, refuses: Literal["write", "all"]
) -> None:
    async def story() -> None:
        async with living(tmp_path, START, Answers({})) as home:
            await until_said(home, "checkin.sleep.ask")
            home.card.refuses = refuses
            await until_said(home, "checkin.eating.ask")
            # A full card can still be read; that does not end the fault.
            assert home.faults.count(False) == 0 and True in home.faults
            assert "niets onthouden" in home.screen.view.notice
            home.card.refuses = ""
            await home.until(START + timedelta(minutes=8))
            assert await questions(home) == [
                "checkin.mood", "checkin.sleep", "checkin.pain",
                "checkin.eating", "checkin.drinking", "checkin.plans",
            ]  # fmt: skip
            assert home.faults[-1] is False
            assert home.panel.light() is Light.READY
            assert await outcomes(home) == [Outcome.DONE]

    run(story(), VirtualLoop())


@pytest.mark.parametrize("refuses", ["write", "all"])
def test_with_a_dead_card_the_day_goes_as_always(
    tmp_path: Path, refuses: Literal["write", "all"]
) -> None:
    async def story() -> None:
        answers = Answers({"checkin.convenient": [None, "straks", "ja"]})
        answers.answers["talk.take_your_time"] = None
        async with living(tmp_path, START, answers) as home:
            home.card.refuses = refuses
            answers.answers["checkin.convenient.rephrase"] = None
            await home.until(START + timedelta(hours=5))
            offers = [
                f"{at:%H:%M}"
                for (at, _), key in zip(
                    home.person.said, home.person.keys(), strict=True
                )
                if key == "checkin.convenient.ask"
            ]
            # Unanswered, then later, then done; and not asked a fourth time.
            assert offers == ["09:00", "09:10", "09:40"]
            assert home.person.keys()[-1] == "checkin.closing"
            assert home.panel.light() is Light.FAULT
            home.card.refuses = ""

    run(story(), VirtualLoop())


def test_a_message_is_read_back_and_kept_only_after_yes(tmp_path: Path) -> None:
    words = "zeg tegen de buurvrouw dat de kat terug is"

    async def story(confirmed: str, folder: Path) -> tuple[list[str], Home]:
        answers = Answers(
            {"checkin.message": words, "checkin.message_right": confirmed}
        )
        async with living(folder, START, answers) as home:
            await home.until(START + timedelta(minutes=8))
            return [m.text for m in await messages(home) if m.is_confirmed], home

    for confirmed, kept, said in (
        ("ja", [words], "checkin.message_kept"),
        ("nee", [], "checkin.message_dropped"),
        ("zeventien giraffen", [], "checkin.message_dropped"),
    ):
        folder = tmp_path / confirmed
        folder.mkdir()
        found, home = run(story(confirmed, folder), VirtualLoop())
        assert found == kept
        assert said in home.person.keys()
        index = home.person.keys().index("checkin.message_right.ask")
        assert words in home.person.texts()[index]


def test_a_message_that_cannot_be_kept_is_not_said_to_be(tmp_path: Path) -> None:
    async def story() -> None:
        answers = Answers(
            {"checkin.message": "de kat is terug", "checkin.message_right": "ja"}
        )
        async with living(tmp_path, START, answers) as home:
            await until_said(home, "checkin.message_right.ask")
            home.card.refuses = "write"
            await home.until(START + timedelta(minutes=8))
            assert "checkin.message_failed" in home.person.keys()
            assert "checkin.message_kept" not in home.person.keys()

    run(story(), VirtualLoop())


def test_the_last_answer_is_forgotten_when_asked(tmp_path: Path) -> None:
    async def story() -> None:
        answers = Answers({"checkin.sleep": ["vergeet wat ik zei", "goed geslapen"]})
        async with living(tmp_path, START, answers) as home:
            await home.until(START + timedelta(minutes=8))
            assert "forget.last" in home.person.keys()
            assert "checkin.mood" not in await questions(home)
            assert "checkin.sleep" in await questions(home)

    run(story(), VirtualLoop())


def test_a_card_that_does_not_forget_is_no_empty_journal(tmp_path: Path) -> None:
    async def story() -> None:
        answers = Answers({"checkin.sleep": ["vergeet wat ik zei", "goed geslapen"]})
        async with living(tmp_path, START, answers) as home:
            await until_said(home, "checkin.sleep.ask")
            home.card.refuses = "write"
            await home.until(START + timedelta(minutes=8))
            assert "forget.all.failed" in home.person.keys()
            assert "forget.nothing" not in home.person.keys()

    run(story(), VirtualLoop())


@pytest.mark.parametrize("confirmed", ["ja", "nee"])
def test_all_is_forgotten_only_after_yes_and_really(
    tmp_path: Path, confirmed: str
) -> None:
    secret = "de kat heet mimi"

    async def story() -> None:
        answers = Answers(
            {
                "checkin.message": secret,
                "checkin.message_right": "ja",
                "conversation.wish": "vergeet alles",
                "conversation.more": "nee",
                "forget.all": confirmed,
            }
        )
        async with living(tmp_path, START, answers) as home:
            await home.until(START + timedelta(minutes=8))
            await home.press(Button.TALK)
            is_gone = confirmed == "ja"
            assert (await questions(home) == []) is is_gone
            assert (await messages(home) == []) is is_gone
            # Not asked the same again today.
            await home.until(START + timedelta(hours=6))
            assert home.person.keys().count("checkin.convenient.ask") == 1

    run(story(), VirtualLoop())
    data = b"".join(file.read_bytes() for file in tmp_path.glob("journal*"))
    assert (secret.encode() in data) is (confirmed == "nee")


def test_all_forgotten_in_the_middle_of_a_check_in(tmp_path: Path) -> None:
    async def story() -> None:
        answers = Answers(
            {"checkin.pain": ["vergeet alles", "nee"], "forget.all": "ja"}
        )
        async with living(tmp_path, START, answers) as home:
            await home.until(START + timedelta(hours=3))
            assert await questions(home) == [
                "checkin.pain", "checkin.eating", "checkin.drinking", "checkin.plans",
            ]  # fmt: skip
            assert True not in home.faults
            assert home.person.keys().count("checkin.convenient.ask") == 1
            assert home.person.keys()[-1] == "checkin.closing"

    run(story(), VirtualLoop())


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Memory]:
    """With threads, as on the device: what is written takes its time."""
    card = Journal(open_store(tmp_path / "journal.db", START))
    memory = Memory(card, Journal(open_memory_store()), lambda is_faulty: None)
    yield memory
    await memory.close()


NO_PAIN = Answer("checkin.pain", Intent.NO_PAIN, None, 1.0, None, START)


async def test_what_is_told_while_midnight_tidies_is_kept_once(memory: Memory) -> None:
    await asyncio.gather(
        memory.apply_retention(400, START.date()), memory.record(NO_PAIN)
    )
    assert await memory.answers(START, START + DAY) == [NO_PAIN]


async def test_a_press_while_an_answer_is_written_does_not_double_it(
    memory: Memory,
) -> None:
    writing = asyncio.create_task(memory.record(NO_PAIN))
    await asyncio.sleep(0)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await memory.wording_used("checkin.closing", 0, START.date())
    assert await memory.answers(START, START + DAY) == [NO_PAIN]
