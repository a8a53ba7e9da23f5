"""What the person likes and thought of activities: kept, told and forgotten."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from companion.activities.record import Category
from companion.activities.suggesting import Taken
from companion.activities.tastes import (
    Aid,
    Home,
    Opinion,
    OpinionKind,
    PartOfDay,
    Tastes,
    Why,
)
from companion.agenda import Entry, EntryId, Kind
from companion.agenda_book import AgendaBook, AgendaMemory
from companion.checkins import Away, AwayKind
from companion.cli import main
from companion.commands.texts import Texts
from companion.followups import PLANS
from companion.habits import recent_plans
from companion.journal import Answer, Journal
from companion.memory import Memory
from companion.occupied import taken, when_taken
from companion.store import Store, StoreError, open_memory_store, open_store
from companion.tastes_book import TastesBook, TastesMemory
from companion.understanding.intents import Intent

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 11, 23, 9, tzinfo=ZONE)
DAY = timedelta(days=1)

ALL = Tastes(
    walks_m=400,
    aid=Aid.ROLLATOR,
    needs_transport=True,
    parts=frozenset({PartOfDay.MORNING, PartOfDay.AFTERNOON}),
    most_cents=500,
    wants_company=True,
    languages=("tr", "nl"),
    likes={Category.MUSIC: 3, Category.WALKING: 1},
    dislikes={Category.GAMES: 2},
)
WHOLE = Opinion(
    "kaart",
    "koor-1",
    OpinionKind.REFUSED,
    NOW,
    "Zangkoor",
    Category.MUSIC,
    Why.TOO_FAR,
    700,
    PartOfDay.EVENING,
    600,
)
BARE = Opinion("kaart", "film", OpinionKind.SUGGESTED, NOW - DAY)


class BrokenBook(TastesBook):
    """A book on a card that can be made to refuse."""

    is_broken = False

    def _refuse(self) -> None:
        if self.is_broken:
            raise StoreError("the card refuses")

    def tastes(self) -> Tastes:
        self._refuse()
        return super().tastes()

    def change(self, tastes: Tastes) -> None:
        self._refuse()
        super().change(tastes)

    def opinions(self) -> list[Opinion]:
        self._refuse()
        return super().opinions()

    def note(self, opinion: Opinion) -> None:
        self._refuse()
        super().note(opinion)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "journal.db", NOW)
    yield opened
    opened.close()


def test_all_that_was_told_is_kept_but_where_they_live(store: Store) -> None:
    book = TastesBook(store.tastes)
    assert book.tastes() == Tastes()
    book.change(Tastes(home=Home(52.0, 5.0), age=84))
    assert (book.tastes(), store.tastes.tastes()) == (Tastes(), {"languages": "nl"})
    book.change(ALL)
    assert book.tastes() == ALL
    no_company = Tastes(wants_company=False)
    book.change(no_company)
    assert book.tastes() == no_company


def test_opinions_are_kept_whole_and_in_order(store: Store) -> None:
    book = TastesBook(store.tastes)
    book.note(WHOLE)
    book.note(BARE)
    assert book.opinions() == [BARE, WHOLE]


def test_what_a_newer_program_wrote_is_left_out(store: Store) -> None:
    book = TastesBook(store.tastes)
    book.note(WHOLE)
    row = replace(store.tastes.opinions()[0], id=None)
    store.tastes.add_opinion(replace(row, kind="sold"))
    store.tastes.add_opinion(replace(row, why="new"))
    store.tastes.add_opinion(replace(row, category="new"))
    found = book.opinions()
    assert [(it.why, it.category) for it in found] == [
        (Why.TOO_FAR, Category.MUSIC),
        (None, Category.MUSIC),
        (Why.TOO_FAR, Category.OTHER),
    ]
    store.tastes.put_tastes(
        {
            "aid": "drone",
            "walks_m": "far",
            "like.music": "9",
            "like.new": "2",
            "new": "",
        }
    )
    assert book.tastes() == Tastes(likes={Category.MUSIC: 3})


def test_what_was_only_told_is_forgotten_as_answers_are(store: Store) -> None:
    book = TastesBook(store.tastes)
    for kind in OpinionKind:
        book.note(Opinion("kaart", kind.value, kind, NOW))
    store.forget_before(NOW.timestamp(), "2026-11-23")
    assert len(book.opinions()) == len(OpinionKind)
    store.forget_before((NOW + DAY).timestamp(), "2026-11-24")
    assert {it.kind for it in book.opinions()} == {
        OpinionKind.REFUSED,
        OpinionKind.WENT,
        OpinionKind.ENJOYED,
        OpinionKind.NOT_ENJOYED,
    }


def test_forgetting_all_forgets_tastes_and_opinions_in_the_file_too(
    store: Store,
) -> None:
    book = TastesBook(store.tastes)
    book.change(ALL)
    book.note(WHOLE)
    store.forget_all()
    assert (book.tastes(), book.opinions()) == (Tastes(), [])
    store.close()
    assert b"Zangkoor" not in store.path.read_bytes()


def test_the_last_that_was_said_may_be_an_opinion(store: Store) -> None:
    book = TastesBook(store.tastes)
    book.note(WHOLE)
    told = Opinion("kaart", "x", OpinionKind.SUGGESTED, NOW + DAY)
    book.note(told)
    # What was told to them is not what they said.
    assert store.forget_last()
    assert book.opinions() == [told]
    assert not store.forget_last()
    book.note(WHOLE)
    assert store.forget_since(NOW.timestamp()) == 1
    assert book.opinions() == []


async def test_a_broken_card_forgets_nothing_that_was_said(store: Store) -> None:
    book = BrokenBook(store.tastes)
    memory = TastesMemory(book)
    assert await memory.change(Tastes(walks_m=900))
    assert await memory.note(BARE)
    book.is_broken = True
    assert (await memory.tastes()).walks_m == 900
    assert not await memory.change(ALL)
    assert not await memory.note(WHOLE)
    assert await memory.tastes() == ALL
    assert list(await memory.opinions()) == [BARE, WHOLE]
    book.is_broken = False
    assert list(await memory.opinions()) == [BARE, WHOLE]
    assert (book.tastes(), book.opinions()) == (ALL, [BARE, WHOLE])


async def test_forgetting_all_forgets_what_a_broken_card_refused_as_well(
    store: Store,
) -> None:
    book = BrokenBook(store.tastes)
    tastes = TastesMemory(book)
    memory = Memory(Journal(store), Journal(open_memory_store()), lambda _: None)
    memory.on_forget(tastes.forget)
    book.is_broken = True
    await tastes.change(ALL)
    await tastes.note(WHOLE)
    assert await memory.forget_all()
    assert (await tastes.tastes(), await tastes.opinions()) == (Tastes(), [])
    book.is_broken = False
    assert (await tastes.tastes(), await tastes.opinions()) == (Tastes(), [])
    await memory.close()


# --- the journal on the command line ------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path) -> str:
    path = tmp_path / "praatpaal.toml"
    path.write_text(f'[folders]\nstate = "{tmp_path / "state"}"\n', encoding="utf-8")
    return str(path)


def test_the_journal_shows_takes_along_and_forgets_it(
    tmp_path: Path, settings: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = open_store(tmp_path / "state" / "journal.db", NOW)
    book = TastesBook(store.tastes)
    book.change(ALL)
    lately = datetime.now(ZONE) - timedelta(hours=1)
    book.note(replace(WHOLE, at=lately))
    store.close()

    assert main(["journal", "show", "--settings", settings]) == 0
    shown = capsys.readouterr().out
    assert "muziek van Zangkoor: wilde niet (te ver)" in shown
    assert "houdt van muziek (3 van 3)" in shown
    assert "gaat met een rollator" in shown
    assert "betaalt hoogstens € 5,00" in shown

    assert main(["journal", "export", "--settings", settings]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["tastes"]["like.music"] == "3"
    (opinion,) = content["opinions"]
    assert (opinion["activity"], opinion["why"]) == ("koor-1", "too_far")

    forget = ["journal", "forget", "--all", "--yes", "--settings", settings]
    assert main(forget) == 0
    capsys.readouterr()
    assert main(["journal", "export", "--settings", settings]) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["tastes"], content["opinions"]) == ({}, [])


def test_everything_that_can_be_kept_has_its_words() -> None:
    sections = {
        "opinions": OpinionKind,
        "whys": Why,
        "kinds": Category,
        "parts": PartOfDay,
    }
    for section, names in sections.items():
        assert Texts("activities", section).names == {it.value for it in names}
    assert Texts("activities", "aids").names == {it for it in Aid if it is not Aid.NONE}


# --- what they do of themselves -----------------------------------------------------


async def test_plans_of_the_last_weeks_are_counted(store: Store) -> None:
    memory = Memory(Journal(store), Journal(open_memory_store()), lambda _: None)
    told = [
        (PLANS, Intent.PLANS, "walk", 1),
        (PLANS, Intent.PLANS, "walk", 55),
        (PLANS, Intent.PLANS, "church", 7),
        (PLANS, Intent.PLANS, None, 6),
        (PLANS, Intent.NO_PLANS, None, 5),
        (PLANS, Intent.PLANS, "walk", 70),
        ("checkin.other", Intent.PLANS, "sport", 1),
    ]
    for question, intent, value, days in told:
        at = NOW - days * DAY
        await memory.record(Answer(question, intent, value, 1.0, None, at))
    assert await recent_plans(memory, NOW) == {"walk": 2, "church": 1}
    await memory.close()


# --- when they cannot come ----------------------------------------------------------


def _entry(kind: Kind, wall: datetime | None, **more: object) -> Entry:
    return Entry(
        id=EntryId(1),
        kind=kind,
        what="de kapper",
        day=NOW.date() + DAY,
        created_at=NOW,
        times=(wall.time(),) if wall else (),
        **more,  # type: ignore[arg-type]
    )


def test_appointments_keep_somebody_occupied_and_pills_do_not() -> None:
    at = NOW.replace(hour=14, tzinfo=None)
    tomorrow = NOW.replace(hour=14) + DAY
    two_hours = Taken(tomorrow, tomorrow + timedelta(hours=2))
    assert taken([_entry(Kind.APPOINTMENT, at)], None, NOW) == [two_hours]
    for kind in (Kind.MEDICINE, Kind.REMINDER, Kind.BIRTHDAY):
        assert taken([_entry(kind, at)], None, NOW) == []
    (all_day,) = taken([_entry(Kind.APPOINTMENT, None)], None, NOW)
    midnight = NOW.replace(hour=0) + DAY
    assert all_day == Taken(midnight, midnight + DAY)
    weekly = taken([_entry(Kind.APPOINTMENT, at, rule="FREQ=WEEKLY")], None, NOW)
    assert [it.starts for it in weekly] == [tomorrow + it * DAY for it in (0, 7, 14)]


def test_who_is_away_cannot_come_until_they_are_back() -> None:
    back = NOW.date() + 3 * DAY
    (away,) = taken([], Away(AwayKind.HOSPITAL, back), NOW)
    assert away == Taken(NOW, NOW.replace(hour=0) + 3 * DAY)
    (unknown,) = taken([], Away(AwayKind.HOLIDAY, None), NOW)
    assert unknown.ends > NOW + 20 * DAY
    assert taken([], Away(AwayKind.HOLIDAY, NOW.date()), NOW) == []
    assert taken([], Away(AwayKind.VISITORS, None), NOW) == []


async def test_the_agenda_and_the_journal_tell_when(store: Store) -> None:
    agenda = AgendaMemory(AgendaBook(store.agenda))
    memory = Memory(Journal(store), Journal(open_memory_store()), lambda _: None)
    assert await when_taken(agenda, memory, NOW) == []
    await agenda.add(_entry(Kind.APPOINTMENT, NOW.replace(tzinfo=None)))
    await memory.set_away(Away(AwayKind.HOSPITAL, NOW.date() + DAY))
    assert len(await when_taken(agenda, memory, NOW)) == 2
    await memory.close()
