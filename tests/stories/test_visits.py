"""A home visit in the home: announced, prepared, and asked about afterwards."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from calls.messages import Role
from calls.note_messages import About
from companion.agenda_book import AgendaBook
from companion.people import People, Person, Relation
from companion.settings import CheckInSettings, Settings
from companion.store import open_store
from companion.visiting import LOOK_S
from companion.visits import Came, Kept, MadeBy, News, Promise, Suits, Visit, VisitWish
from companion.visits_book import VisitsBook
from hardware.panel import Button
from tests.stories.paper_hub import PaperHub
from tests.stories.person import Answers, Home, key_of, living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run
from voice.hearing import Heard

# Summer time begins on the Sunday between this day and the visit.
MONDAY = datetime(2026, 3, 23, 9, 30, tzinfo=AMSTERDAM)
FRIDAY = date(2026, 3, 27)
SETTINGS = Settings(checkin=CheckInSettings(is_on=False))

Said = dict[str, str | Heard | list[str | Heard | None] | None]
Story = Callable[[Home], Coroutine[None, None, None]]


def at_home(
    folder: Path,
    story: Story,
    answers: Said | None = None,
    *told: Visit | VisitWish | Promise,
    start: datetime = MONDAY,
    settings: Settings = SETTINGS,
    line: PaperHub | None = None,
) -> Home:
    """A home with visits, and a person who says little of their own accord."""

    async def main() -> Home:
        said = Answers(answers or {}, base={})
        async with living(folder, start, said, settings, line=line) as home:
            for one in told:
                book(home).put(one)
            await asyncio.sleep(LOOK_S + 1)
            await story(home)
            return home

    return run(main(), VirtualLoop())


def book(home: Home) -> VisitsBook:
    store = home.journal._store
    return VisitsBook(store.visits, AgendaBook(store.agenda))


def entries(home: Home) -> list[tuple[str, date, tuple[time, ...]]]:
    store = home.journal._store
    return [(e.what, e.day, e.times) for e in AgendaBook(store.agenda).entries()]


def the_visit(home: Home) -> Visit:
    (visit,) = book(home).known().visits
    return visit


def visit(**facts: object) -> Visit:
    made = Visit(
        uid="visit-1",
        who="mevrouw De Boer",
        day=FRIDAY,
        created_at=MONDAY - timedelta(days=1),
        changed_at=MONDAY - timedelta(days=1),
        made_by=MadeBy.HELPER,
        organisation="het buurtteam",
        at=time(10),
        known_by="een blauwe pas",
        doubt_phone="14010",
        news=News.NEW,
    )
    return replace(made, **facts)  # type: ignore[arg-type]


KNOWN = {"news": News.NONE, "suits": Suits.YES}


def said_at(home: Home, *keys: str) -> list[str]:
    """On which day and in which hour which of these was said."""
    return [
        f"{at:%d %H} {key_of(text)}"
        for at, text in home.person.said
        if key_of(text) in keys
    ]


def text_of(home: Home, key: str) -> str:
    return next(text for text in home.person.texts() if key_of(text) == key)


# --- told by the person ---------------------------------------------------------------


def test_who_comes_is_read_back_and_kept_after_a_yes(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK)
        kept = the_visit(home)
        assert (kept.who, kept.organisation) == ("mevrouw De Boer", "het buurtteam")
        assert (kept.day, kept.at, kept.made_by) == (
            FRIDAY,
            time(10),
            MadeBy.PERSON,
        )
        when = FRIDAY, (time(10),)
        assert entries(home) == [("het bezoek van mevrouw De Boer", *when)]

    home = at_home(
        tmp_path,
        story,
        {
            "conversation.wish": "mevrouw de boer van het buurtteam komt vrijdag om "
            "tien uur 's ochtends op bezoek",
            "visits.keep": "ja",
        },
    )
    assert text_of(home, "visits.keep.ask") == (
        "Vrijdag 27 maart om tien uur 's ochtends komt mevrouw De Boer van het "
        "buurtteam. Zal ik dat zo onthouden?"
    )


def test_what_is_missing_of_a_visit_is_asked_for(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 120)
        kept = the_visit(home)
        assert (kept.who, kept.at, kept.part) == ("iemand", None, "middag")

    at_home(
        tmp_path,
        story,
        {
            "conversation.wish": "er komt iemand van de gemeente op bezoek",
            "agenda.day": "vrijdag",
            "agenda.hour": "in de middag",
            "visits.keep": "ja",
        },
    )


@pytest.mark.parametrize("again", ["nee", None])
def test_without_a_yes_no_visit_is_kept(tmp_path: Path, again: str | None) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 180)
        assert not book(home).known().visits
        assert not entries(home)

    home = at_home(
        tmp_path,
        story,
        {
            "conversation.wish": "mevrouw de boer komt vrijdag om elf uur langs",
            "visits.keep": "nee",
            "agenda.retell": again,
        },
    )
    assert "agenda.not_kept" in home.person.keys()


def test_buttons_alone_do_after_the_wish(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 12)
        assert home.person.keys()[-1] == "visits.keep.ask"
        await home.press(Button.YES, 10)
        assert the_visit(home).day == FRIDAY

    at_home(
        tmp_path,
        story,
        {"conversation.wish": "mevrouw de boer komt vrijdag om elf uur langs"},
    )


@pytest.mark.parametrize(
    ("words", "day", "at"),
    [
        ("het huisbezoek is verzet naar maandag", date(2026, 3, 30), time(10)),
        ("mevrouw de boer komt pas om elf uur", FRIDAY, time(11)),
        (
            "mevrouw de boer komt donderdag om twee uur in plaats van vrijdag",
            date(2026, 3, 26),
            time(14),
        ),
    ],
)
def test_a_visit_is_moved_by_voice_and_so_is_its_reminder(
    tmp_path: Path, words: str, day: date, at: time
) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 90)
        assert (the_visit(home).day, the_visit(home).at) == (day, at)
        assert entries(home) == [("het bezoek van mevrouw De Boer", day, (at,))]

    at_home(
        tmp_path,
        story,
        {"conversation.wish": words, "visits.move": "ja", "visits.meant": "ja"},
        visit(**KNOWN, wishes_asked=True),
    )


@pytest.mark.parametrize(
    "words",
    ["het huisbezoek gaat niet door", "mevrouw de boer komt vrijdag niet"],
)
def test_a_visit_is_cancelled_by_voice(tmp_path: Path, words: str) -> None:
    async def story(home: Home) -> None:
        assert len(entries(home)) == 1
        await home.press(Button.TALK, 90)
        assert the_visit(home).is_cancelled
        assert entries(home) == []

    at_home(
        tmp_path,
        story,
        {"conversation.wish": words, "visits.cancel": "ja"},
        visit(**KNOWN, wishes_asked=True),
    )


def test_who_takes_it_out_of_the_agenda_cancels_the_visit(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        store = home.journal._store
        (entry,) = AgendaBook(store.agenda).entries()
        assert entry.id is not None
        AgendaBook(store.agenda).remove(entry.id)
        await asyncio.sleep(LOOK_S + 1)
        assert the_visit(home).is_cancelled

    at_home(tmp_path, story, None, visit(**KNOWN))


# --- entered by another ---------------------------------------------------------------


def test_four_weeks_of_a_visit(tmp_path: Path) -> None:
    """Announced, reminded of, prepared, held, and its promise asked about."""

    async def story(home: Home) -> None:
        await home.until(MONDAY + timedelta(days=29))
        known = book(home).known()
        assert the_visit(home).suits is Suits.YES
        assert the_visit(home).came is Came.YES
        assert [wish.text for wish in known.wishes] == ["de trap"]
        assert [(p.text, p.kept) for p in known.promises] == [
            ("een leuning bij de trap", Kept.YES)
        ]

    home = at_home(
        tmp_path,
        story,
        {
            "visits.offer": "ja",
            "visits.suits": "ja",
            "agenda.soon": "ja",
            "visits.wishes": "over de trap",
            "visits.right": "ja",
            "visits.more_wishes": "nee",
            "visits.came": "ja",
            "visits.promised": "een leuning bij de trap",
            "visits.due": "weet ik niet",
            "visits.more_promised": "nee",
            "visits.done": ["nee", "ja"],
        },
        visit(),
    )
    assert said_at(
        home,
        "visits.suits.ask",
        "visits.wishes.ask",
        "agenda.soon.ask",
        "visits.doubt",
        "visits.came.ask",
        "visits.done.ask",
    ) == [
        # Who is in nobody's way is asked in the afternoon, once a day.
        "23 14 visits.suits.ask",
        "26 14 visits.wishes.ask",
        "26 19 agenda.soon.ask",
        "26 19 visits.doubt",
        "27 09 agenda.soon.ask",
        "27 09 visits.doubt",
        "28 14 visits.came.ask",
        # Two weeks later, across the change of time, and a week after that.
        "12 14 visits.done.ask",
        "20 14 visits.done.ask",
    ]
    assert text_of(home, "visits.doubt").endswith("bel dan 1 4, 0 1 0.")
    assert text_of(home, "visits.known_by") == (
        "U herkent mevrouw De Boer aan een blauwe pas."
    )


def test_what_does_not_suit_is_kept_and_the_number_told(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 60)
        assert (the_visit(home).suits, the_visit(home).news) == (Suits.NO, News.NONE)
        # The visitor may come all the same: the reminder stays.
        assert len(entries(home)) == 1

    home = at_home(tmp_path, story, {"visits.suits": "nee"}, visit())
    assert text_of(home, "visits.call").endswith("Het nummer is 1 4, 0 1 0.")


def test_cut_off_half_way_the_rest_comes_later(tmp_path: Path) -> None:
    """What was told stays, and what was not asked is asked again."""

    async def story(home: Home) -> None:
        await home.press(Button.TALK, 14)
        assert home.person.keys()[-1] == "visits.right.ask"
        await home.press(Button.TALK, 30)
        assert [wish.text for wish in book(home).known().wishes] == ["de trap"]
        assert not the_visit(home).wishes_asked

    at_home(
        tmp_path,
        story,
        {"visits.wishes": "over de trap", "visits.right": None},
        visit(**KNOWN, day=MONDAY.date(), at=time(16)),
    )


def test_wishes_are_told_any_time_and_shown_at_the_visit(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 60)
        assert [w.text for w in book(home).known().wishes] == ["mijn rollator"]
        await home.until(datetime(2026, 3, 27, 10, 10, tzinfo=AMSTERDAM))
        await home.press(Button.TALK, 60)
        assert (
            "Bespreken met mevrouw De Boer: mijn rollator." in home.screen.view.notice
        )
        await home.until(datetime(2026, 3, 27, 12, 10, tzinfo=AMSTERDAM))
        assert "rollator" not in home.screen.view.notice

    home = at_home(
        tmp_path,
        story,
        {
            "conversation.wish": [
                "ik wil met mevrouw de boer over mijn rollator praten",
                "wat zijn mijn wensen",
            ],
            "visits.right": "ja",
            "agenda.soon": "ja",
        },
        visit(**KNOWN, wishes_asked=True),
    )
    assert text_of(home, "visits.wish_is") == "Punt één, mijn rollator."


def test_who_is_at_the_door(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 60)

    said: Said = {"conversation.wish": "er staat iemand voor de deur"}
    today = visit(**KNOWN, wishes_asked=True, day=MONDAY.date(), at=time(16))
    home = at_home(tmp_path / "a", story, said, today)
    assert text_of(home, "visits.doubt") == (
        "Vraag bij de deur naar de pas. Twijfelt u, bel dan 1 4, 0 1 0."
    )
    home = at_home(tmp_path / "b", story, said)
    assert "laat niemand zomaar binnen" in text_of(home, "visits.nobody_today")


def test_danger_in_an_open_answer_goes_first(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 60)
        assert not book(home).known().wishes

    home = at_home(
        tmp_path,
        story,
        {"visits.wishes": "ik ben gevallen en kan niet opstaan"},
        visit(**KNOWN, day=MONDAY.date(), at=time(16)),
    )
    assert "danger.medical.say" in home.person.keys()


def test_a_promise_not_kept_twice_is_not_left_at_that(tmp_path: Path) -> None:
    promise = Promise(
        "visit-2", "visit-1", "een leuning", MONDAY, MONDAY.date(), MONDAY.date(),
        misses=1,
    )  # fmt: skip

    async def story(home: Home) -> None:
        await home.press(Button.TALK, 60)
        (kept,) = book(home).known().promises
        assert kept.kept is Kept.NO

    home = at_home(
        tmp_path,
        story,
        {"visits.done": "nee"},
        visit(**KNOWN, came=Came.YES, day=MONDAY.date() - timedelta(days=21)),
        promise,
    )
    assert "visits.call" in home.person.keys()


@pytest.mark.parametrize(
    ("wishes", "promises", "said"),
    [
        (0, 0, "Ook bewaar ik wie er op bezoek komt."),
        (1, 0, "En ook één wens voor een gesprek."),
        (0, 1, "En ook één belofte."),
        (2, 1, "En ook twee wensen voor een gesprek en één belofte."),
        (1, 3, "En ook één wens voor een gesprek en drie beloften."),
    ],
)
def test_what_is_kept_of_visits_is_counted_in_plain_words(
    tmp_path: Path, wishes: int, promises: int, said: str
) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 90)

    told: list[VisitWish | Promise] = [
        *(VisitWish(f"w-{n}", "visit-1", "de trap", MONDAY) for n in range(wishes)),
        *(
            Promise(f"p-{n}", "visit-1", "een leuning", MONDAY, FRIDAY, FRIDAY)
            for n in range(promises)
        ),
    ]
    home = at_home(
        tmp_path,
        story,
        {"conversation.wish": ["wat bewaart u", "nee"], "conversation.more": "nee"},
        visit(**KNOWN, wishes_asked=True),
        *told,
    )
    (kept,) = [t for t in home.person.texts() if t.startswith("Ook bewaar ik wie")]
    assert kept.endswith(said)


def test_all_that_was_told_of_visits_is_forgotten(tmp_path: Path) -> None:
    wish = VisitWish("visit-3", "visit-1", "de trap", MONDAY)

    async def story(home: Home) -> None:
        await home.press(Button.TALK, 60)
        assert not book(home).known().wishes
        # That somebody comes is an agreement, as in the agenda.
        assert len(book(home).known().visits) == 1

    at_home(
        tmp_path,
        story,
        {"conversation.wish": "vergeet alles", "forget.all": "ja"},
        visit(**KNOWN, wishes_asked=True),
        wish,
    )


# --- passed on ------------------------------------------------------------------------

WILMA = Person(
    id=None,
    name="Wilma de Wit",
    spoken_name="Wilma",
    relation=Relation.OTHER,
    phone=None,
    created_at=MONDAY,
    video="member-Wilma",
    role=Role.COORDINATOR,
)


@pytest.mark.parametrize("answer", ["ja", "nee", None])
def test_wishes_are_passed_on_only_after_a_yes(
    tmp_path: Path, answer: str | None
) -> None:
    hub = PaperHub()

    async def story(home: Home) -> None:
        hub.joins("member-Wilma")
        await asyncio.sleep(1)
        await home.press(Button.TALK, 120)
        (wish,) = book(home).known().wishes
        assert (wish.passed_at is not None) is (answer == "ja")

    store = open_store(tmp_path / "journal.db", MONDAY)
    People(store).add(WILMA)
    store.close()
    home = at_home(
        tmp_path,
        story,
        {
            "conversation.wish": "ik wil met mevrouw de boer over de trap praten",
            "visits.right": "ja",
            "visits.pass_on": answer,
        },
        visit(**KNOWN, wishes_asked=True),
        line=hub,
    )
    sent = [(note.member, note.about, note.text) for note in hub.notes]
    lead = "Voor mevrouw De Boer, vrijdag 27 maart om tien uur 's ochtends"
    text = f"{lead}: de trap"
    assert sent == ([("member-Wilma", About.VISIT, text)] if answer == "ja" else [])
    assert text_of(home, "visits.pass_on.ask") == (
        f"{text}. Zal ik dat doorgeven aan Wilma?"
    )
