"""The agenda in the home: made, told, changed, and over the change of time."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from companion.agenda import Entry, Kind
from companion.agenda_book import AgendaBook
from companion.reminding import Notice, Response
from companion.settings import CheckInSettings, Settings
from hardware.panel import Button
from tests.stories.person import Answers, Home, key_of, living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run
from voice.hearing import Heard
from voice.speech import Chime

MONDAY = datetime(2026, 3, 23, 10, 0, tzinfo=AMSTERDAM)
SETTINGS = Settings(checkin=CheckInSettings(is_on=False))

Said = dict[str, str | Heard | list[str | Heard | None] | None]
Story = Callable[[Home], Coroutine[None, None, None]]


def at_home(
    folder: Path,
    story: Story,
    answers: Said | None = None,
    entries: tuple[Entry, ...] = (),
    start: datetime = MONDAY,
    settings: Settings = SETTINGS,
    is_sure: Callable[[], bool] = lambda: True,
) -> Home:
    """A home with an agenda, and a person who says little of their own accord."""

    async def main() -> Home:
        said = Answers(answers or {}, base={})
        async with living(folder, start, said, settings, clock_is_sure=is_sure) as home:
            for entry in entries:
                book(home).add(entry)
            await asyncio.sleep(1)
            await story(home)
            return home

    return run(main(), VirtualLoop())


def book(home: Home) -> AgendaBook:
    return AgendaBook(home.journal._store.agenda)


def entry(kind: Kind, *times: time, **facts: object) -> Entry:
    created = MONDAY - timedelta(days=3)
    made = Entry(None, kind, "de kapper", MONDAY.date(), created, times)
    return replace(made, **facts)  # type: ignore[arg-type]


def said_at(home: Home, *keys: str) -> list[str]:
    """When which of these was said."""
    return [
        f"{at:%d %H:%M} {key_of(text)}"
        for at, text in home.person.said
        if key_of(text) in keys
    ]


def text_of(home: Home, key: str) -> str:
    return next(text for text in home.person.texts() if key_of(text) == key)


# --- made --------------------------------------------------------------------------


def test_a_reminder_is_read_back_kept_after_a_yes_and_told(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK)
        (kept,) = book(home).entries()
        assert (kept.what, kept.day, kept.times) == (
            "de kapper",
            date(2026, 3, 24),
            (time(14, 30),),
        )
        await home.until(MONDAY + timedelta(days=2))

    home = at_home(
        tmp_path,
        story,
        {
            "conversation.wish": "herinner mij morgen om half drie aan de kapper",
            "agenda.right": "ja",
            "agenda.soon": "ja",
        },
    )
    assert text_of(home, "agenda.right.ask") == (
        "Morgen om half drie 's middags, de kapper. Zal ik dat zo onthouden?"
    )
    assert said_at(home, "agenda.soon.ask") == [
        "23 19:00 agenda.soon.ask",
        "24 13:30 agenda.soon.ask",
    ]
    # A voice out of nowhere frightens: chime first, then a second.
    assert home.person.chimes.count(Chime.ATTENTION) == 2


def test_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 120)
        (kept,) = book(home).entries()
        assert (kept.kind, kept.what) == (Kind.REMINDER, "de vuilnis buiten zetten")
        assert (kept.rule, kept.times) == ("FREQ=WEEKLY;BYDAY=TU", (time(20),))

    home = at_home(
        tmp_path,
        story,
        {
            "conversation.wish": "herinner mij ergens aan",
            "agenda.about": "de vuilnis buiten zetten",
            "agenda.day": "elke dinsdag",
            "agenda.hour": "acht uur",
            # In the evening.
            "agenda.half": "nee",
            "agenda.right": "ja",
        },
    )
    assert [k for k in home.person.keys() if k.endswith(".ask")] == [
        "conversation.wish.ask",
        "agenda.about.ask",
        "agenda.day.ask",
        "agenda.hour.ask",
        "agenda.half.ask",
        "agenda.right.ask",
    ]


@pytest.mark.parametrize("retold", ["nee", None])
def test_without_a_yes_nothing_is_kept(tmp_path: Path, retold: str | None) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 180)
        assert book(home).entries() == []

    home = at_home(
        tmp_path,
        story,
        {
            "conversation.wish": "herinner mij morgen om half drie aan de kapper",
            "agenda.right": "nee",
            "agenda.retell": retold,
        },
    )
    assert "agenda.not_kept" in home.person.keys()


def test_what_was_misunderstood_is_told_once_more(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 120)
        (kept,) = book(home).entries()
        assert (kept.what, kept.times) == ("de kapper", (time(15, 0),))

    at_home(
        tmp_path,
        story,
        {
            "conversation.wish": "herinner mij morgen om half drie aan de klepper",
            "agenda.right": ["nee", "ja"],
            "agenda.retell": "herinner mij morgen om drie uur aan de kapper",
        },
    )


def test_yes_and_no_buttons_do_as_well_as_words(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        # The wish was said, and is read back.
        await home.press(Button.TALK, 12)
        assert home.person.keys()[-1] == "agenda.right.ask"
        await home.press(Button.YES, 10)
        assert len(book(home).entries()) == 1

    at_home(
        tmp_path,
        story,
        {"conversation.wish": "zet morgen om half drie de kapper in mijn agenda"},
    )


def test_what_no_grammar_knows_is_taken_from_the_words_heard_without_one(
    tmp_path: Path,
) -> None:
    words = "herinner mij morgen om half drie aan de kapper"

    async def story(home: Home) -> None:
        await home.press(Button.TALK)
        assert [e.what for e in book(home).entries()] == ["de kapper"]

    heard = Heard("herinner mij ergens aan", 0.8, words, "paper")
    answers: Said = {"conversation.wish": heard, "agenda.right": "ja"}
    at_home(tmp_path / "a", story, answers)
    # Nothing of it fitted the grammar.
    answers["conversation.wish"] = Heard("", 0.4, words, "paper")
    at_home(tmp_path / "b", story, answers)


def test_a_card_that_refuses_is_said(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        home.journal._store._connection.execute("PRAGMA query_only = ON")
        await home.press(Button.TALK)

    home = at_home(
        tmp_path,
        story,
        {
            "conversation.wish": "herinner mij morgen om half drie aan de kapper",
            "agenda.right": "ja",
        },
    )
    assert "agenda.failed" in home.person.keys()


# --- told --------------------------------------------------------------------------


def test_what_nobody_hears_is_said_three_times_and_then_shown(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.until(MONDAY.replace(hour=15))
        assert "de kapper" in home.screen.view.notice
        await home.press(Button.TALK)
        assert "de kapper" not in home.screen.view.notice

    home = at_home(tmp_path, story, entries=(entry(Kind.REMINDER, time(14)),))
    assert said_at(home, "agenda.now.ask") == [
        "23 14:00 agenda.now.ask",
        "23 14:05 agenda.now.ask",
        "23 14:15 agenda.now.ask",
    ]
    # At the press it is told once more.
    assert said_at(home, "agenda.item") == ["23 15:00 agenda.item"]


def test_a_conversation_is_not_cut_off(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.until(MONDAY.replace(hour=13, minute=59, second=50))
        # "Wacht even": a minute in which the person has the floor.
        await home.press(Button.TALK, 120)
        await home.until(MONDAY.replace(hour=14, minute=10))

    home = at_home(
        tmp_path,
        story,
        {"conversation.wish": ["wacht even", "stop"], "agenda.now": "ja"},
        entries=(entry(Kind.REMINDER, time(14)),),
    )
    assert said_at(home, "agenda.now.ask") == ["23 14:01 agenda.now.ask"]


def test_stop_is_hearing_it(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.until(MONDAY.replace(hour=16))

    home = at_home(
        tmp_path,
        story,
        {"agenda.now": "stop"},
        entries=(entry(Kind.REMINDER, time(14)),),
    )
    assert len(said_at(home, "agenda.now.ask")) == 1


def test_nothing_is_said_until_the_clock_is_sure(tmp_path: Path) -> None:
    sure = [False]

    async def story(home: Home) -> None:
        await home.until(MONDAY.replace(hour=14, minute=30))
        assert home.person.said == []
        sure[0] = True
        await home.until(MONDAY.replace(hour=14, minute=32))

    home = at_home(
        tmp_path,
        story,
        {"agenda": "ja"},
        entries=(entry(Kind.REMINDER, time(14)),),
        is_sure=lambda: sure[0],
    )
    # Half an hour late it says so.
    assert said_at(home, "agenda.late.ask") == ["23 14:30 agenda.late.ask"]


@pytest.mark.parametrize(
    ("words", "times"), [("ik ga op vakantie", 0), ("ik heb logees", 1)]
)
def test_nothing_is_said_to_an_empty_home(
    tmp_path: Path, words: str, times: int
) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK)
        await home.until(MONDAY.replace(hour=16))

    home = at_home(
        tmp_path,
        story,
        {"conversation.wish": words, "away.confirm": "ja", "agenda.now": "ja"},
        entries=(entry(Kind.REMINDER, time(14)),),
    )
    assert len(said_at(home, "agenda.now.ask")) == times


# --- medicine ------------------------------------------------------------------------

PILLS = entry(Kind.MEDICINE, time(12), what="mijn pillen")


def test_medicine_is_asked_about_and_the_answer_is_kept(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.until(MONDAY.replace(hour=13))
        (told,) = book(home).told(MONDAY)
        assert (told.notice, told.response) == (Notice.TAKE, Response.TAKEN)

    home = at_home(tmp_path, story, {"agenda.take": "ja"}, entries=(PILLS,))
    assert text_of(home, "agenda.take.ask") == (
        "Het is tijd voor uw pillen. Hebt u dat al ingenomen?"
    )


def test_not_yet_is_asked_again_and_no_is_no(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.until(MONDAY.replace(hour=13))
        (told,) = book(home).told(MONDAY)
        assert told.response is Response.NOT_TAKEN

    home = at_home(
        tmp_path,
        story,
        {"agenda.take": "nee", "agenda.take_later": ["ja", "nee"]},
        entries=(PILLS,),
    )
    assert said_at(home, "agenda.take.ask", "agenda.not_taken") == [
        "23 12:00 agenda.take.ask",
        "23 12:10 agenda.take.ask",
        "23 12:10 agenda.not_taken",
    ]


def test_a_missed_dose_is_told_kindly_once_and_leads_to_the_pharmacist(
    tmp_path: Path,
) -> None:
    async def story(home: Home) -> None:
        await home.until(MONDAY.replace(hour=14))
        assert len(said_at(home, "agenda.take.ask")) == 3
        await home.press(Button.TALK)
        await home.press(Button.TALK)

    home = at_home(tmp_path, story, entries=(PILLS,))
    assert len(said_at(home, "agenda.missed")) == 1
    assert "apotheek" in text_of(home, "agenda.pharmacist")
    # Nowhere is anybody told to take it now.
    assert not [t for t in home.person.texts() if "alsnog" in t or "innemen" in t]


def test_who_takes_it_of_their_own_accord_is_not_asked(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.until(MONDAY.replace(hour=11, minute=30))
        await home.press(Button.TALK)
        await home.until(MONDAY.replace(hour=15))
        await home.press(Button.TALK)

    home = at_home(
        tmp_path,
        story,
        {
            "conversation.wish": [
                "ik heb mijn pillen genomen",
                "heb ik mijn pillen al gehad",
            ],
            "agenda.taken": "ja",
        },
        entries=(PILLS,),
    )
    assert said_at(home, "agenda.take.ask") == []
    assert "agenda.was_taken" in home.person.keys()


# --- read and changed -------------------------------------------------------------


def test_the_day_is_read_out_without_what_is_over(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK)
        await home.press(Button.TALK)

    home = at_home(
        tmp_path,
        story,
        {"conversation.wish": ["wat heb ik vandaag", "wat heb ik morgen"]},
        entries=(
            entry(Kind.APPOINTMENT, time(9), what="de dokter"),
            entry(Kind.APPOINTMENT, time(16), what="de tandarts"),
            PILLS,
        ),
    )
    items = [t for t in home.person.texts() if key_of(t) == "agenda.item"]
    assert items == ["Vandaag om vier uur 's middags staat er, de tandarts."]
    assert text_of(home, "agenda.nothing").endswith("morgen.")


def test_one_time_of_what_comes_back_is_cancelled_or_all_of_it(tmp_path: Path) -> None:
    weekly = entry(Kind.APPOINTMENT, time(14), rule="FREQ=WEEKLY;BYDAY=MO")

    async def story(home: Home) -> None:
        await home.press(Button.TALK)
        (kept,) = book(home).entries()
        assert [c.moved_to for c in kept.changes] == [None]
        await home.press(Button.TALK)
        assert book(home).entries() == []

    at_home(
        tmp_path,
        story,
        {
            "conversation.wish": "de kapper gaat niet door",
            "agenda.meant": "ja",
            "agenda.cancel_once": ["ja", "nee"],
            "agenda.cancel_all": "ja",
            "agenda.soon": "ja",
        },
        entries=(weekly,),
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("verzet de kapper naar vrijdag", "2026-03-27 14:00"),
        ("verzet de kapper naar vrijdag om half vier", "2026-03-27 15:30"),
        ("verzet de kapper naar vier uur", "2026-03-23 16:00"),
    ],
)
def test_an_appointment_is_moved_after_a_yes(
    tmp_path: Path, words: str, expected: str
) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK)
        (kept,) = book(home).entries()
        assert f"{kept.day} {kept.times[0]:%H:%M}" == expected

    at_home(
        tmp_path,
        story,
        {"conversation.wish": words, "agenda.meant": "ja", "agenda.move": "ja"},
        entries=(entry(Kind.APPOINTMENT, time(14)),),
    )


def test_what_is_not_there_is_said_and_nothing_changes(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK)
        await home.press(Button.TALK)
        assert len(book(home).entries()) == 1

    home = at_home(
        tmp_path,
        story,
        {
            "conversation.wish": [
                "de loodgieter gaat niet door",
                "verzet de kapper naar vrijdag",
            ],
            "agenda.meant": "nee",
        },
        entries=(entry(Kind.APPOINTMENT, time(14)),),
    )
    assert {"agenda.not_found", "agenda.unchanged"} <= set(home.person.keys())


# --- the change of time -----------------------------------------------------------


def test_days_over_the_change_to_summer_time(tmp_path: Path) -> None:
    """A month of it, and autumn, go by in tests/companion/test_reminding.py."""
    start, days = date(2026, 3, 26), 6
    first = datetime.combine(start, time(7), tzinfo=AMSTERDAM)
    facts: dict[str, object] = {"day": start, "created_at": first}

    async def story(home: Home) -> None:
        await home.until(first + timedelta(days=days))

    home = at_home(
        tmp_path,
        story,
        {"agenda": "ja"},
        entries=(
            entry(Kind.MEDICINE, time(8), time(18), rule="FREQ=DAILY", **facts),
            entry(Kind.APPOINTMENT, time(14), rule="FREQ=WEEKLY;BYDAY=SU", **facts),
            entry(Kind.BIRTHDAY, rule="FREQ=YEARLY", **facts | {"what": "anna"}),
        ),
        start=first,
    )
    taken = said_at(home, "agenda.take.ask")
    assert [t[3:8] for t in taken] == ["08:00", "18:00"] * days
    sundays = [d for d in range(days) if (start + timedelta(days=d)).weekday() == 6]
    soon = said_at(home, "agenda.soon.ask")
    assert len([t for t in soon if "13:00" in t]) == len(sundays)
    assert len([t for t in soon if "19:00" in t]) == len(sundays)
    assert soon[0].startswith(f"{start.day:02} 09:00")
    assert home.is_open.count(True) == len(taken) + len(soon)
    assert not [t for t in home.person.texts() if "{" in t or key_of(t) == "?"]
