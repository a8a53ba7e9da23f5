"""Somebody is asked along: read back, sent, answered, told once; and taken back."""

from collections.abc import Callable, Coroutine
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from calls.note_messages import About, NoteOver, Over, Reply
from companion.agenda import Entry, EntryId, Kind
from companion.agenda_book import AgendaBook
from companion.settings import CheckInSettings, Settings
from hardware.panel import Button
from tests.stories.paper_hub import PaperHub
from tests.stories.person import Home
from tests.stories.test_helping import ANNA, PIET, TRUUS, WILMA, Said, at_home, text_of
from tests.virtual_time import AMSTERDAM

# A Monday; the coffee is on Wednesday.
COFFEE = datetime(2026, 3, 25, 10, 0, tzinfo=AMSTERDAM)
EVENT = "De koffieochtend, woensdag 25 maart om tien uur 's ochtends"
ASKS: Said = {
    "conversation.wish": "vraag anna mee naar de koffieochtend",
    "along.send": "ja",
}
Story = Callable[[Home, PaperHub], Coroutine[None, None, None]]


def book(home: Home) -> AgendaBook:
    return AgendaBook(home.journal._store.agenda)


def plan(home: Home, what: str = "de koffieochtend") -> EntryId:
    """Something in the agenda."""
    entry = Entry(
        None, Kind.APPOINTMENT, what, COFFEE.date(), COFFEE, times=(COFFEE.time(),)
    )
    added = book(home).add(entry)
    assert added.id is not None
    return added.id


def whats(home: Home) -> list[str]:
    return [entry.what for entry in book(home).entries()]


def overs(hub: PaperHub) -> list[Over]:
    return [each.reason for each in hub.received if isinstance(each, NoteOver)]


async def ask(home: Home) -> None:
    """The person asks for it."""
    plan(home)
    await home.press(Button.TALK)


def test_asked_answered_told_and_noted(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await ask(home)
        (note,) = hub.notes
        assert (note.about, note.member) == (About.GO_ALONG, ANNA.video)
        assert note.text == EVENT
        assert note.until == COFFEE.timestamp()
        assert text_of(home, "along.reads") == f"Dit vraag ik dan aan Anna. {EVENT}."
        assert home.person.keys()[-1] == "along.sent"

        hub.answers(Reply.YES, "Gezellig! <b>Ik rijd</b>\n\U0001f600")
        await home.until(home.clock.now() + timedelta(seconds=5))
        assert "Er is antwoord van Anna." in home.screen.view.notice
        home.person.said.clear()
        await home.press(Button.TALK)
        assert text_of(home, "along.answer.go_along.yes") == (
            f"Anna gaat met u mee. {EVENT}."
        )
        assert text_of(home, "along.said") == ("Anna schrijft, Gezellig! bIk rijd/b.")
        assert "antwoord" not in home.screen.view.notice
        assert whats(home) == ["de koffieochtend met Anna"]
        assert overs(hub) == [Over.TOLD]

        home.person.said.clear()
        await home.press(Button.TALK)
        assert "along.said" not in home.person.keys()

    at_home(tmp_path, story, ASKS)


def test_without_a_yes_nothing_is_sent(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await ask(home)
        assert hub.notes == []
        assert home.person.keys()[-1] == "along.not_sent"

    for answer in ("nee", None):
        folder = tmp_path / str(answer)
        folder.mkdir()
        at_home(folder, story, {**ASKS, "along.send": answer})


def test_who_of_several_is_asked_one_at_a_time(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await ask(home)
        (note,) = hub.notes
        # The coordinator is no company; and Anna was not wanted.
        assert note.member == PIET.video

    answers: Said = {
        "conversation.wish": "kan er iemand mee naar de koffieochtend",
        "along.who": ["nee", "ja"],
        "along.send": "ja",
    }
    at_home(tmp_path, story, answers, people=(ANNA, WILMA, PIET, TRUUS))


def test_a_hub_that_is_away_is_told_of(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        hub.is_there = False
        await ask(home)
        assert home.person.keys()[-1] == "along.waits"
        hub.comes_back()
        await home.until(home.clock.now() + timedelta(seconds=5))
        assert len(hub.notes) == 1

    at_home(tmp_path, story, ASKS)


@pytest.mark.parametrize("has_hub", [True, False])
def test_nobody_can_be_asked(tmp_path: Path, has_hub: bool) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await ask(home)
        assert "along.nobody" in home.person.keys()
        assert "along.send.ask" not in home.person.keys()

    at_home(tmp_path, story, ASKS, people=(TRUUS,), has_hub=has_hub)


def test_what_is_not_in_the_agenda_is_said(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await home.press(Button.TALK)
        assert home.person.keys()[-1] == "agenda.not_found"

    at_home(tmp_path, story, ASKS)


def test_nobody_answered_the_day_before(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        # The daily questions come first.
        await home.press(Button.TALK, 300)
        await ask(home)
        assert len(hub.notes) == 1
        home.person.said.clear()
        # After the daily questions, for who never presses a button.
        await home.until(datetime.combine(date(2026, 3, 24), time(10, 30), AMSTERDAM))
        assert home.person.keys().count("along.late") == 1
        assert overs(hub) == []
        # And still, an answer is told.
        hub.answers(Reply.NO)
        await home.until(home.clock.now() + timedelta(seconds=5))
        await home.press(Button.TALK)
        assert "along.answer.go_along.no" in home.person.keys()
        assert whats(home) == ["de koffieochtend"]

    settings = Settings(checkin=CheckInSettings())
    at_home(tmp_path, story, ASKS, settings=settings, is_well=True)


@pytest.mark.parametrize("is_told", [False, True])
def test_what_is_cancelled_is_taken_back(tmp_path: Path, is_told: bool) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await ask(home)
        hub.answers(Reply.YES)
        await home.until(home.clock.now() + timedelta(seconds=5))
        if is_told:
            await home.press(Button.TALK)
        (entry,) = book(home).entries()
        assert entry.id is not None
        book(home).remove(entry.id)
        await home.until(home.clock.now() + timedelta(minutes=15))
        assert overs(hub)[-1] is Over.WITHDRAWN

    at_home(tmp_path, story, {**ASKS, "conversation.more": "nee"})


def test_the_same_is_not_asked_twice(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await ask(home)
        await home.press(Button.TALK)
        assert len(hub.notes) == 1
        assert home.person.keys()[-1] == "along.already"

    at_home(tmp_path, story, ASKS)


def says(*wishes: str) -> Said:
    """Who asks for company first, and then says this at each press."""
    return {
        **ASKS,
        "conversation.wish": ["vraag anna mee naar de koffieochtend", *wishes, "nee"],
        "conversation.more": "nee",
        "forget.all": "ja",
    }


def test_wat_bewaart_u_names_what_family_was_asked(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await ask(home)
        await home.press(Button.TALK, 120)

    home = at_home(tmp_path, story, says("wat bewaart u"))
    assert text_of(home, "along.is_kept") == (
        "Wie meekijkt kreeg van u één vraag of bericht, die ik bewaar. "
        "Het antwoord bewaar ik er ook bij."
    )


def test_vergeet_alles_takes_back_what_waits_for_an_answer(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await ask(home)
        await home.press(Button.TALK, 120)
        assert overs(hub) == [Over.WITHDRAWN]
        # Nothing of it is left here, once the hub knows, but the coffee itself.
        assert home.journal._store.notes.all() == []
        assert whats(home) == ["de koffieochtend"]

    at_home(tmp_path, story, says("vergeet alles"))


def test_vergeet_alles_leaves_company_that_was_agreed(tmp_path: Path) -> None:
    async def story(home: Home, hub: PaperHub) -> None:
        await ask(home)
        hub.answers(Reply.YES)
        await home.until(home.clock.now() + timedelta(seconds=5))
        await home.press(Button.TALK, 120)
        assert {"along.answer.go_along.yes", "forget.all.done"} <= set(
            home.person.keys()
        )
        assert overs(hub) == [Over.TOLD]
        (entry,) = book(home).entries()
        assert (entry.what, entry.id is None) == ("de koffieochtend met Anna", False)
        # Anna still hears it when it does not take place.
        assert entry.id is not None
        book(home).remove(entry.id)
        await home.until(home.clock.now() + timedelta(hours=1))
        assert overs(hub) == [Over.TOLD, Over.WITHDRAWN]

    at_home(tmp_path, story, says("vergeet alles", "vergeet alles"))
