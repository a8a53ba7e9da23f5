"""Things to do in the home: named, made to happen, looked back at, and learnt from."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from companion.activities.record import Category
from companion.activities.tastes import Aid, Opinion, OpinionKind, PartOfDay, Why
from companion.agenda_book import AgendaBook
from companion.settings import CheckInSettings, Settings
from companion.tastes_book import TastesBook
from hardware.panel import Button
from tests.stories.person import Answers, Home, key_of, living
from tests.stories.village import AT_HOME_IN_THE_VILLAGE, change, village
from tests.virtual_time import AMSTERDAM, VirtualLoop, run
from voice.hearing import Heard

# A Monday; the coffee morning is on Tuesdays, and the soup after it.
MONDAY = datetime(2027, 3, 1, 10, 0, tzinfo=AMSTERDAM)

Said = dict[str, str | Heard | list[str | Heard | None] | None]
Story = Callable[[Home], Coroutine[None, None, None]]

# Who says yes to all, and has nothing more to say.
YES: Said = {
    "outings.fits": "ja",
    "outings.into_agenda": "ja",
    "along.wanted": "nee",
    "outings.wants_number": "nee",
    "calling.number_again": "nee",
    "tastes": "sla over",
    "agenda.soon": "ja",
}


def at_home(
    folder: Path,
    story: Story,
    answers: Said,
    start: datetime = MONDAY,
    settings: Settings = AT_HOME_IN_THE_VILLAGE,
    has_map: bool = True,
) -> Home:
    """A home in Voorbeelddorp, and a person who says little of their own accord."""

    async def main() -> Home:
        catalogue = village(folder, start) if has_map else folder / "activities.db"
        said = Answers(answers, base={})
        async with living(folder, start, said, settings, social_map=catalogue) as home:
            await asyncio.sleep(1)
            await story(home)
            return home

    return run(main(), VirtualLoop())


def agenda(home: Home) -> AgendaBook:
    return AgendaBook(home.journal._store.agenda)


def known(home: Home) -> TastesBook:
    return TastesBook(home.journal._store.tastes)


def kinds(home: Home, title: str = "") -> list[OpinionKind]:
    """What came of all, or of one thing to do."""
    return [
        it.kind for it in known(home).opinions() if not title or it.id.startswith(title)
    ]


def said_at(home: Home, *keys: str) -> list[str]:
    """When which of these was said."""
    return [
        f"{at:%d-%m %H:%M} {key_of(text)}"
        for at, text in home.person.said
        if key_of(text) in keys
    ]


def text_of(home: Home, key: str) -> str:
    return next(text for text in home.person.texts() if key_of(text) == key)


def named(home: Home) -> list[str]:
    """What was named, in order."""
    return [
        text for text in home.person.texts() if key_of(text).startswith("outings.named")
    ]


# --- named and made to happen --------------------------------------------------------


def test_one_thing_is_named_put_into_the_agenda_and_told_in_time(
    tmp_path: Path,
) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 180)
        (kept,) = agenda(home).entries()
        assert (kept.what, kept.day) == ("Koffieochtend", date(2027, 3, 2))
        assert kept.times == (time(10, 0),)
        assert kept.place == "Dorpshuis De Vijver, Dorpsstraat 1"
        assert kept.source and kept.activity
        assert kinds(home) == [OpinionKind.SUGGESTED, OpinionKind.PLANNED]
        await home.until(MONDAY + timedelta(days=1, hours=1))

    wish = "is er morgen ergens koffie"
    home = at_home(tmp_path, story, {**YES, "conversation.wish": wish})
    told = [k for k in home.person.keys() if k.startswith(("outings", "along"))]
    assert told[:4] == [
        "outings.named_walk",
        "outings.fits.ask_cost",
        "outings.into_agenda.ask",
        "outings.planned",
    ]
    assert named(home) == [
        "Morgen om tien uur 's ochtends is er Koffieochtend. "
        "De plek is Dorpshuis De Vijver, één minuut lopen."
    ]
    assert text_of(home, "outings.fits.ask_cost") == (
        "Het kost één euro vijftig. Is dat iets voor u?"
    )
    # The eve, and in time to put on a coat: it is around the corner.
    assert said_at(home, "agenda.soon.ask") == [
        "01-03 19:00 agenda.soon.ask",
        "02-03 09:40 agenda.soon.ask",
    ]
    assert "De plaats is Dorpshuis De Vijver, Dorpsstraat 1." in home.person.texts()


def test_what_is_needed_is_brought_along(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 180)
        (kept,) = agenda(home).entries()
        assert kept.bring
        await home.until(MONDAY + timedelta(days=9))
        said = f"Denkt u eraan mee te nemen, {kept.bring}."
        # The eve, and before leaving.
        assert home.person.texts().count(said) == 2

    at_home(tmp_path, story, {**YES, "conversation.wish": "ik wil graag wandelen"})


def test_the_screen_shows_what_when_where_and_what_it_costs(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 180)
        assert home.screen.view.card == ""

    wish = "is er morgen ergens koffie"
    home = at_home(tmp_path, story, {**YES, "conversation.wish": wish})
    cards = {view.card for view in home.screen.views if view.card}
    assert cards == {
        "Koffieochtend\nMorgen om tien uur 's ochtends\nDorpshuis De Vijver\n"
        "Één minuut lopen\nKosten, één euro vijftig"
    }


def test_yes_and_no_buttons_alone_after_the_opening_wish(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 14)
        assert home.person.keys()[-1].startswith("outings.fits")
        for _ in range(12):
            if home.person.keys()[-1] in ("outings.enough", "tastes.noted"):
                break
            is_wanted = home.person.keys()[-1] == "outings.into_agenda.ask"
            is_fitting = home.person.keys()[-1].startswith("outings.fits")
            await home.press(Button.YES if is_wanted or is_fitting else Button.NO, 9)
        assert len(agenda(home).entries()) == 1

    at_home(tmp_path, story, {"conversation.wish": "wat is er te doen"})


def test_what_is_said_is_said_again_word_for_word_and_louder(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 120)

    home = at_home(
        tmp_path,
        story,
        {
            **YES,
            "conversation.wish": "wat is er te doen",
            "outings.fits": ["wat zegt u", "nee"],
            "outings.why_not": "nee",
        },
    )
    first, again = named(home)[:2]
    assert first == again
    louder = [
        speech.louder_db for speech in home.person.speeches if speech.text == first
    ]
    assert louder == [0.0, 3.0]


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("waarom stelt u dat voor", "outings.why."),
        ("hoeveel kost dat", "outings.cost.cents"),
        ("waar is dat", "outings.where.walk"),
        ("hoe laat begint dat", "outings.when.until"),
        ("kan ik er met de rollator komen", "outings.access.wheelchair"),
        ("wat is dat precies", "outings.about.text"),
        ("moet ik iets meenemen", "outings.bring.nothing"),
        ("wie organiseert dat", "outings.organised"),
    ],
)
def test_what_is_asked_about_it_is_answered(
    tmp_path: Path, asked: str, key: str
) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 180)
        assert len(agenda(home).entries()) == 1

    home = at_home(
        tmp_path,
        story,
        {
            **YES,
            "conversation.wish": "is er morgen ergens koffie",
            "outings.fits": [asked, "ja"],
        },
    )
    assert any(said.startswith(key) for said in home.person.keys()), home.person.texts()
    assert named(home)[0].startswith("Morgen om tien uur 's ochtends is er Koffie")


def test_the_number_is_said_digit_by_digit_and_shown(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 240)

    wish = "is er vrijdag iets met samen eten"
    home = at_home(tmp_path, story, {**YES, "conversation.wish": wish})
    assert "outings.sign_up" in home.person.keys(), home.person.texts()
    number = next(t for t in home.person.texts() if key_of(t) == "outings.number")
    assert "0 6, 0 0, 0 0, " in number
    assert any("06 00 00 " in view.alert for view in home.screen.views)
    assert home.screen.view.alert == ""


# --- no ----------------------------------------------------------------------------


def test_after_two_it_is_asked_whether_more_is_wanted(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 300)

    home = at_home(
        tmp_path,
        story,
        {
            **YES,
            "conversation.wish": "wat is er te doen",
            "outings.fits": "iets anders",
            "outings.more": ["ja", "nee"],
        },
    )
    asked = [
        k for k in home.person.keys() if k.startswith(("outings.named", "outings.more"))
    ]
    assert [k.split(".")[1].split("_")[0] for k in asked] == [
        "named", "named", "more", "named", "named", "more",
    ]  # fmt: skip
    assert len(set(named(home))) == 4, "nothing twice"


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"outings.why_not": "te ver"}, Why.TOO_FAR),
        ({"outings.why_not": "daar houd ik niet van"}, Why.NOT_MY_TASTE),
        ({"outings.why_not": "nee"}, None),
        ({"outings.why_not": "ja", "outings.is_not_my_taste": "ja"}, Why.NOT_MY_TASTE),
        ({"outings.why_not": "ja", "outings.is": "nee"}, Why.OTHER),
    ],
)
def test_why_not_is_asked_once_and_kept(
    tmp_path: Path, answers: Said, why: Why | None
) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 300)
        refused = [
            it for it in known(home).opinions() if it.kind is OpinionKind.REFUSED
        ]
        assert refused[0].why is why

    at_home(
        tmp_path,
        story,
        {
            **YES,
            "conversation.wish": "wat is er te doen",
            "outings.fits": ["niets voor mij", None],
            **answers,
        },
    )


def test_another_wish_and_a_taste_are_taken_up_meanwhile(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 300)
        tastes = known(home).tastes()
        assert tastes.aid is Aid.ROLLATOR

    home = at_home(
        tmp_path,
        story,
        {
            **YES,
            "conversation.wish": "wat is er te doen",
            "outings.fits": [
                "ik loop met een rollator",
                "is er ook iets met muziek",
                "ja",
            ],
        },
    )
    assert any("zingen" in it.lower() or "muziek" in it.lower() for it in named(home))


# --- nothing -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "first", "is_there"),
    [
        ("ik wil graag zwemmen", "Zwemmen in warm water", True),
        ("ik wil graag jeu de boules", "", False),
    ],
)
def test_what_is_asked_for_by_name_is_named_first_or_said_to_lack(
    tmp_path: Path, wish: str, first: str, is_there: bool
) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 120)

    answers: Said = {"conversation.wish": wish, **YES}
    home = at_home(tmp_path, story, answers)
    assert first in named(home)[0]
    lacks = [t for t in home.person.texts() if key_of(t) == "outings.lacks"]
    assert lacks == (
        []
        if is_there
        else ["Jeu de boules heb ik niet gevonden. Wel iets dat erop lijkt."]
    )


@pytest.mark.parametrize(("also", "asks"), [("nee", False), ("ja", True)])
def test_the_number_of_a_service_is_told_with_its_hours(
    tmp_path: Path, also: str, asks: bool
) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 120)

    home = at_home(
        tmp_path,
        story,
        {
            "conversation.wish": "wie kan mij helpen met vervoer",
            "calling.number_again": "nee",
            "services.also": also,
            "helping.moment": "nee",
            "helping.right": "ja",
        },
    )
    assert text_of(home, "services.found") == "Daarvoor is er Plusbus."
    assert text_of(home, "services.hours") == (
        "U kunt bellen op maandag tot en met zaterdag. "
        "Dat kan van half negen 's ochtends tot zes uur 's avonds."
    )
    # Digit by digit, and twice.
    number = text_of(home, "outings.number")
    assert re.search(r"nummer(?: \d,?)+\. Ik herhaal het,(?: \d,?)+\.$", number)
    assert any("Plusbus" in view.alert for view in home.screen.views)
    assert ("helping.right.ask" in home.person.keys()) is asks


def test_without_a_map_it_says_so_and_who_can_help(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 60)

    home = at_home(
        tmp_path, story, {"conversation.wish": "wat is er te doen"}, has_map=False
    )
    assert "outings.no_map" in home.person.keys()


def test_what_was_in_the_way_is_said_and_something_else_offered(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 240)
        assert len(agenda(home).entries()) == 1

    wish = "is er vannacht iets met computers"
    home = at_home(
        tmp_path, story, {**YES, "conversation.wish": wish, "outings.instead": "ja"}
    )
    keys = home.person.keys()
    assert any(key.startswith("outings.in_the_way.") for key in keys)
    assert "outings.instead.ask" in keys


# --- afterwards -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "times"),
    [
        ("heel gezellig", OpinionKind.ENJOYED, "één"),
        ("het viel tegen", OpinionKind.NOT_ENJOYED, "één"),
        ("gaat wel", OpinionKind.WENT, "één"),
        ("ik ben niet geweest", OpinionKind.DID_NOT_GO, ""),
    ],
)
def test_the_next_day_it_asks_how_it_was_once(
    tmp_path: Path, answer: str, kind: OpinionKind, times: str
) -> None:
    wishes: list[str | Heard | None] = [
        "is er morgen ergens koffie", "hoe laat is het",
        "hoeveel mensen heb ik deze week gesproken",
    ]  # fmt: skip

    async def story(home: Home) -> None:
        await home.press(Button.TALK, 200)
        # The same day is too early.
        await home.until(MONDAY + timedelta(days=1, hours=4))
        await home.press(Button.TALK, 100)
        assert kinds(home)[-1] is OpinionKind.PLANNED
        await home.until(MONDAY + timedelta(days=2))
        await home.press(Button.TALK, 200)
        assert kinds(home)[-1] is kind
        await home.until(MONDAY + timedelta(days=3))
        await home.press(Button.TALK, 100)

    home = at_home(
        tmp_path,
        story,
        {
            **YES,
            "conversation.wish": wishes,
            "conversation.more": "nee",
            "contacts.wanted": "nee",
            "outings.after": answer,
            "outings.missed": "ik heb het te druk",
        },
    )
    asked = [t for t in home.person.texts() if key_of(t) == "outings.after.ask"]
    assert len(asked) == 1
    assert asked[0].startswith("Gisteren ")
    counted = [t for t in home.person.texts() if key_of(t).startswith("contacts.")]
    if times:
        assert f"U ging deze week {times} keer ergens heen, vertelde u." in counted
    else:
        assert any(key_of(t) == "contacts.none" for t in counted)


def test_what_is_cancelled_meanwhile_is_told_and_taken_out(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 200)
        now = home.clock.now()
        change(tmp_path / "activities.db", "Eettafel", "status", "afgelast", now)
        await home.press(Button.TALK, 100)
        assert agenda(home).entries() == []

    home = at_home(
        tmp_path,
        story,
        {
            **YES,
            "conversation.wish": [
                "is er vrijdag iets met samen eten",
                "hoe laat is het",
            ],
            "outings.take_out": "ja",
        },
    )
    assert text_of(home, "outings.off.cancelled") == (
        "Eettafel gaat niet door. "
        "Dat zou vrijdag 5 maart om twaalf uur 's middags zijn."
    )


def test_what_is_cancelled_is_told_before_leaving_too(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 200)
        now = home.clock.now()
        change(tmp_path / "activities.db", "Eettafel", "status", "afgelast", now)
        await home.until(MONDAY + timedelta(days=5))

    wish = "is er vrijdag iets met samen eten"
    home = at_home(tmp_path, story, {**YES, "conversation.wish": wish})
    assert said_at(home, "outings.off.ask_cancelled") == [
        "04-03 19:00 outings.off.ask_cancelled",
        "05-03 11:40 outings.off.ask_cancelled",
    ]
    assert "agenda.soon.ask" not in home.person.keys()


# --- tastes ---------------------------------------------------------------------------


def test_two_things_are_asked_after_it_and_told_back(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 240)
        tastes = known(home).tastes()
        assert (tastes.aid, tastes.walks_m) == (Aid.ROLLATOR, 200)
        await home.press(Button.TALK, 240)
        tastes = known(home).tastes()
        assert tastes.most_cents == 0
        assert tastes.parts == {PartOfDay.AFTERNOON}
        await home.press(Button.TALK, 100)
        # Nothing is asked twice.
        await home.press(Button.TALK, 240)

    home = at_home(
        tmp_path,
        story,
        {
            **YES,
            "conversation.wish": [
                "wat is er te doen", "wat is er te doen",
                "wat weet u van mij", "wat is er te doen",
            ],
            "conversation.more": "nee",
            "outings.fits": "nee",
            "outings.why_not": "nee",
            "outings.more": "nee",
            "tastes.aid": "ja",
            "tastes.walks": "nee",
            "tastes.walks_little": "ja",
            "tastes.cost": "nee",
            "tastes.part": "liever s middags",
        },
    )  # fmt: skip
    keys = home.person.keys()
    for asked in ("aid", "walks", "walks_little", "cost", "part"):
        assert keys.count(f"tastes.{asked}.ask") == 1
    assert "U loopt met een rollator, zei u." in home.person.texts()
    assert "U kunt ongeveer tweehonderd meter lopen." in home.person.texts()


@pytest.mark.parametrize(
    ("said", "liked", "disliked"),
    [
        ("ik houd van zingen", {Category.MUSIC}, set()),
        ("ik houd niet van kaarten", set(), {Category.GAMES}),
    ],
)
def test_what_is_told_of_oneself_is_kept_and_forgotten(
    tmp_path: Path, said: str, liked: set[Category], disliked: set[Category]
) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 60)
        tastes = known(home).tastes()
        assert (set(tastes.likes), set(tastes.dislikes)) == (liked, disliked)
        await home.press(Button.TALK, 100)
        tastes = known(home).tastes()
        assert not tastes.likes and not tastes.dislikes

    at_home(
        tmp_path,
        story,
        {"conversation.wish": [said, "vergeet alles"], "forget.all": "ja"},
    )


# --- by itself ------------------------------------------------------------------------


def test_each_week_it_offers_once_and_less_after_a_second_no(
    tmp_path: Path,
) -> None:
    async def story(home: Home) -> None:
        await home.until(MONDAY + timedelta(days=16))

    home = at_home(tmp_path, story, {"outings.offer": "nee"})
    assert said_at(home, "outings.offer.ask_greeting") == [
        "02-03 10:30 outings.offer.ask_greeting",
        "09-03 10:30 outings.offer.ask_greeting",
    ]


def test_it_offers_nothing_to_an_empty_home(tmp_path: Path) -> None:
    async def story(home: Home) -> None:
        await home.press(Button.TALK, 60)
        await home.until(MONDAY + timedelta(days=8))

    home = at_home(
        tmp_path,
        story,
        {"conversation.wish": "ik ga op vakantie", "away.confirm": "ja"},
    )
    assert not [k for k in home.person.keys() if k.startswith("outings")]


def test_who_feels_alone_is_asked_after_the_check_in(tmp_path: Path) -> None:
    settings = replace(AT_HOME_IN_THE_VILLAGE, checkin=CheckInSettings())
    lonely: Said = {
        "checkin.convenient": "ja",
        "checkin.mood": "ik voel me alleen",
        "checkin.company": "nee",
        "checkin.sleep": "goed",
        "checkin.pain": "nee",
        "checkin.more": "nee",
        "outings.offer": "ja",
        **YES,
    }

    async def story(home: Home) -> None:
        await home.until(MONDAY + timedelta(hours=1))
        assert len(agenda(home).entries()) == 1

    start = MONDAY.replace(hour=8)
    home = at_home(tmp_path, story, lonely, start=start, settings=settings)
    assert home.person.keys().count("outings.offer.ask") == 1


# --- a month -------------------------------------------------------------------------


def test_a_month_across_the_change_to_summer_time(tmp_path: Path) -> None:
    """Asked for each Saturday: nothing is named again that was refused."""
    start = datetime(2027, 3, 13, 11, 0, tzinfo=AMSTERDAM)
    weeks = 5

    async def story(home: Home) -> None:
        for week in range(weeks):
            await home.until(start + timedelta(days=7 * week))
            await home.press(Button.TALK, 400)
            # On Wednesday only the time is asked, and the device asks how it was.
            await home.until(start + timedelta(days=7 * week + 4))
            await home.press(Button.TALK, 100)
        opinions.extend(known(home).opinions())

    opinions: list[Opinion] = []
    home = at_home(
        tmp_path,
        story,
        {
            **YES,
            "conversation.wish": ["is er maandag iets te doen", "hoe laat is het"]
            * weeks,
            "conversation.more": "nee",
            "outings.fits": ["niets voor mij", "ja"] * weeks,
            "outings.why_not": "daar houd ik niet van",
            "outings.offer": "nee",
            "outings.after": "het was gezellig",
        },
        start=start,
    )
    refused = [it.key for it in opinions if it.kind is OpinionKind.REFUSED]
    assert len(refused) == len(set(refused)) >= 3, "refused once, never named again"
    planned = [it for it in opinions if it.kind is OpinionKind.PLANNED]
    enjoyed = [it for it in opinions if it.kind is OpinionKind.ENJOYED]
    assert len(planned) >= 4
    assert len(enjoyed) == len(planned)
    # By the wall clock, before the change on the 28th as after it: each Sunday evening
    # what is on Monday, and on Monday in time for it.
    told = [at for at, text in home.person.said if key_of(text) == "agenda.soon.ask"]
    eves = [at for at in told if at.weekday() == 6]
    assert [f"{at:%d-%m %H:%M}" for at in eves] == [
        "14-03 19:00", "21-03 19:00", "28-03 19:00", "04-04 19:00", "11-04 19:00",
    ]  # fmt: skip
    hours = [at.utcoffset() for at in eves]
    assert hours == [timedelta(hours=1)] * 2 + [timedelta(hours=2)] * 3
    assert len(told) == 2 * len(eves)
