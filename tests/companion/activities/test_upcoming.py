"""The index of what is to come, and who asks it."""

import asyncio
import random
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from companion.activities import upcoming
from companion.activities.catalogue import Source, open_catalogue
from companion.activities.example.making import write_example
from companion.activities.histories import look_back
from companion.activities.importing import Wanted, import_file
from companion.activities.limits import TRAVELS_M, Request
from companion.activities.ranking import suggest
from companion.activities.reading import Read
from companion.activities.record import (
    Access,
    Activity,
    Audience,
    Category,
    Contact,
    Place,
    Status,
)
from companion.activities.suggesting import (
    ANYTHING,
    Because,
    Found,
    InTheWay,
    Obstacle,
    Reason,
    Taken,
    Wish,
)
from companion.activities.tastes import Aid, Home, Opinion, OpinionKind, Tastes
from companion.activities.upcoming import Suggester, choose
from companion.activities.upcoming_index import (
    LASTS_DAYS,
    Index,
    build,
    index_path,
    is_current,
)
from companion.activities.when import Opening
from companion.activities.whereabouts import Whereabouts
from companion.understanding.activity_wishes import read_wish
from tests.companion.activities.test_suggesting import (
    DAY,
    HOME,
    NOW,
    ZONE,
    at,
    said,
    thing,
)


class PaperPerson:
    """Likes what it is told to like; its clock stands still."""

    def __init__(self, tastes: Tastes | None = None) -> None:
        self.known = tastes or Tastes()
        self.said: list[Opinion] = []
        self.at = NOW

    async def tastes(self) -> Tastes:
        return self.known

    async def opinions(self) -> Sequence[Opinion]:
        return self.said

    def now(self) -> datetime:
        return self.at


EXACT = Whereabouts(latitude=HOME.latitude, longitude=HOME.longitude)


def kept(folder: Path, activities: Iterable[Activity], now: datetime = NOW) -> Path:
    """A catalogue of these, each source of its own."""
    path = folder / "activities.db"
    by_source: dict[str, list[Activity]] = {}
    for it in activities:
        by_source.setdefault(it.source, []).append(it)
    with open_catalogue(path, now) as catalogue:
        for name, known in by_source.items():
            reads = (Read(it, (), 1) for it in known)
            catalogue.take_in(Source(name, name), reads, now, is_trial=False)
    return path


def suggester(
    path: Path, person: PaperPerson, where: Whereabouts | None = EXACT
) -> Suggester:
    return Suggester(path, person, person, where)


async def ask(
    path: Path,
    person: PaperPerson | None = None,
    where: Whereabouts | None = EXACT,
    wish: Wish = ANYTHING,
) -> Found:
    asked = suggester(path, person or PaperPerson(), where)
    try:
        return await asked.suggest(wish)
    finally:
        asked.close()


def titles(found: Found) -> list[str]:
    return [it.activity.title for it in found.suggestions]


# --- as the ranking says ------------------------------------------------------------


def _some(chance: random.Random, number: int) -> Activity:
    return thing(
        f"ding {number}",
        chance.choice(tuple(Category)),
        NOW + chance.randrange(300) * timedelta(hours=1),
        chance.choice((50, 300, 900, 3_000, 9_000)),
        chance.choice(("", "FREQ=WEEKLY", "FREQ=DAILY")),
        status=chance.choice((Status.OPEN, Status.OPEN, Status.FULL)),
        accessibility=tuple(chance.sample(tuple(Access), chance.randrange(5))),
        languages=chance.choice(((), ("nl",), ("tr",), ("nl", "tr"))),
        organisation=chance.choice(("", "Welzijn", "Kerk")),
        checked_on=chance.choice(
            (None, NOW.date() - 170 * DAY, NOW.date() - 300 * DAY)
        ),
    )


def _summary(found: Found) -> list[object]:
    return [
        (it.activity.id, it.occurrence.start, it.reasons, it.doubts, it.distance_m)
        for it in found.suggestions
    ]


@pytest.mark.parametrize("seed", range(6))
async def test_from_the_index_comes_what_the_ranking_would_choose_of_all(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    activities = [_some(chance, number) for number in range(120)]
    path = kept(tmp_path, activities)
    # In the catalogue the day on which a source was read stands in for another.
    known = [replace(it, checked_on=it.checked_on or NOW.date()) for it in activities]
    person = PaperPerson()
    asked = suggester(path, person)
    fitted = 0
    for wish in (
        ANYTHING,
        Wish(is_near=True),
        Wish(categories=frozenset({Category.MUSIC, Category.GAMES})),
        Wish(days=(NOW.date() + 2 * DAY, NOW.date() + 4 * DAY)),
    ):
        for tastes in (
            Tastes(),
            Tastes(walks_m=400, aid=Aid.ROLLATOR),
            Tastes(aid=Aid.WHEELCHAIR, languages=("tr", "nl")),
            Tastes(needs_transport=True).liking(Category.EATING),
        ):
            person.known = tastes
            person.said = [
                said(chance.choice(activities), chance.choice(tuple(OpinionKind)))
                for _ in range(chance.randrange(10))
            ]
            found = await asked.suggest(wish)
            tastes = replace(tastes, home=HOME)
            wanted = suggest(tastes, person.said, known, NOW, wish)
            assert _summary(found) == _summary(wanted)
            fitted += len(found.suggestions)
    asked.close()
    assert fitted > 10


async def test_the_made_up_village_has_something_for_everybody(tmp_path: Path) -> None:
    path = tmp_path / "activities.db"
    with open_catalogue(path, NOW) as catalogue:
        for file in write_example(tmp_path, NOW.date()):
            wanted = Wanted(file.name, str(file), "CC0")
            import_file(catalogue, file, wanted, NOW, str(ZONE))
    person = PaperPerson(Tastes(walks_m=400, aid=Aid.ROLLATOR))
    where = Whereabouts("1234 AB")
    for days in range(30):
        person.at = NOW + days * DAY
        found = await ask(path, person, where)
        assert len(found.suggestions) == 2
        for it in found.suggestions:
            assert it.activity.status is Status.OPEN
            person.said.append(said(it.activity, OpinionKind.SUGGESTED))
            person.said[-1] = replace(person.said[-1], at=person.at)
    assert len({it.id for it in person.said}) > 10
    person.known = Tastes(languages=("tr", "nl"))
    person.said.clear()
    first = (await ask(path, person, where)).suggestions[0]
    assert Reason.LANGUAGE in {term.reason for term in first.reasons}


# --- where and when -------------------------------------------------------------------


async def test_home_is_where_the_map_says_that_its_postcode_is(tmp_path: Path) -> None:
    def placed(name: str, metres: float, postcode: str, **more: object) -> Activity:
        it = thing(name, **more)  # type: ignore[arg-type]
        return replace(it, place=replace(at(metres), postcode=postcode))

    known = [
        placed("a", 0, "1234 AB"),
        placed("b", 10, "1234 AB", status=Status.FULL),
        placed("fout", 90_000, "1234 AB", status=Status.FULL),
        placed("c", 700, "1234 CD", category=Category.GAMES),
        placed("ver", 30_000, "9999 ZZ", category=Category.MUSIC),
    ]
    path = kept(tmp_path, known)
    (a, c) = (await ask(path, where=Whereabouts("1234ab"))).suggestions
    assert (a.activity.title, a.distance_m, a.is_rough) == ("a", 10, False)
    assert (c.activity.title, c.distance_m) == ("c", 690)
    rough = (await ask(path, where=Whereabouts("1234 XX"))).suggestions
    assert [it.is_rough for it in rough] == [True, True]
    for unknown in (Whereabouts("4321 AB"), Whereabouts(), None):
        found = await ask(path, where=unknown)
        assert [it.distance_m for it in found.suggestions] == [None, None]


async def test_what_has_no_coordinates_is_where_its_postcode_is(tmp_path: Path) -> None:
    known = replace(at(500), postcode="1234 AB")
    street = Place(name="Zaal", postcode="1234 AB")
    path = kept(
        tmp_path,
        [
            thing("met", place=known, status=Status.FULL),
            thing("zonder", place=street),
        ],
    )
    (it,) = (await ask(path)).suggestions
    assert it.distance_m == 500
    # What the record says of its place stays as the source has it.
    assert it.activity.place == street


async def test_ages_follow_from_the_year_of_birth(tmp_path: Path) -> None:
    path = kept(tmp_path, [thing("tachtig", audience=Audience(lowest_age=80))])
    assert titles(await ask(path)) == []
    where = replace(EXACT, birth_year=NOW.year - 84)
    assert titles(await ask(path, where=where)) == ["tachtig"]


async def test_who_is_away_or_occupied_is_asked_of_the_agenda(tmp_path: Path) -> None:
    async def all_week(now: datetime) -> Sequence[Taken]:
        return [Taken(now, now + 8 * DAY)]

    person = PaperPerson()
    path = kept(tmp_path, [thing("koffie")])
    asked = Suggester(path, person, person, EXACT, all_week)
    assert (await asked.suggest()).in_the_way == (InTheWay(Obstacle.TAKEN, 1),)
    asked.close()


async def test_what_nobody_made_sure_of_counts_from_when_it_was_read(
    tmp_path: Path,
) -> None:
    path = kept(tmp_path, [thing("soos", checked_on=None)])
    person = PaperPerson()
    for days, expected in ((0, ["soos"]), (183, ["soos"]), (184, [])):
        person.at = NOW + days * DAY + timedelta(hours=5)
        assert titles(await ask(path, person)) == expected


async def test_opening_hours_serve_while_they_last(tmp_path: Path) -> None:
    hours = (Opening(0, time(8), time(12)),)
    path = kept(tmp_path, [thing("kamer", times=(), opening_hours=hours)])
    (it,) = (await ask(path)).suggestions
    assert it.is_open_house
    assert it.occurrence.start == NOW + timedelta(hours=1)
    assert it.occurrence.end == NOW.replace(hour=12)


# --- what changes -------------------------------------------------------------------


async def test_the_same_of_two_sources_is_one_with_all_that_was_said_of_it(
    tmp_path: Path,
) -> None:
    one = thing("koffie", organisation="Welzijn")
    other = replace(one, source="wijk", checked_on=NOW.date() - 60 * DAY, bring="kopje")
    path = kept(tmp_path, [one, other])
    (it,) = (await ask(path)).suggestions
    assert it.sources == (("kaart", "koffie"), ("wijk", "koffie"))
    assert it.activity.bring == "kopje"
    person = PaperPerson()
    person.said = [said(other, OpinionKind.REFUSED, days) for days in (100, 200)]
    found = await ask(path, person)
    assert found.in_the_way == (InTheWay(Obstacle.REFUSED, 1),)


async def test_a_small_map_is_looked_through_when_it_changed_or_days_went_by(
    tmp_path: Path,
) -> None:
    path = kept(tmp_path, [thing("koffie")])
    person = PaperPerson()
    asked = suggester(path, person)
    assert titles(await asked.suggest()) == ["koffie"]
    kept(tmp_path, [thing("thee")], NOW + timedelta(minutes=1))
    assert titles(await asked.suggest()) == ["thee"]
    person.at = NOW + LASTS_DAYS * DAY + timedelta(hours=5)
    assert titles(await asked.suggest()) == ["thee"]
    assert Index(index_path(path)).about.first_day == person.at.date()
    asked.close()
    asked.close()


async def test_a_large_map_is_asked_when_its_index_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upcoming, "SMALL", 0)
    path = kept(tmp_path, [thing("koffie")])
    person = PaperPerson()
    asked = suggester(path, person)
    assert await asked.suggest() == Found((), (InTheWay(Obstacle.NOT_READY, 0),))
    with open_catalogue(path, NOW) as catalogue:
        assert build(catalogue, NOW) == 1
    assert titles(await asked.suggest()) == ["koffie"]
    # One that is gone meanwhile is left out, until a new index is made.
    with open_catalogue(path, NOW) as catalogue:
        catalogue.remove_source("kaart")
    assert await asked.suggest() == Found()
    asked.close()


async def test_a_broken_index_is_made_again_and_a_broken_map_ends_no_talk(
    tmp_path: Path,
) -> None:
    path = kept(tmp_path, [thing("koffie")])
    for content in (b"", b"no database", b"SQLite format 3\0" + bytes(100)):
        index_path(path).write_bytes(content)
        assert titles(await ask(path)) == ["koffie"]
    for change in (
        "UPDATE about SET value = '999' WHERE name = 'version'",
        "DROP TABLE tile",
    ):
        with sqlite3.connect(index_path(path)) as connection:
            connection.execute(change)
        connection.close()
        asked = suggester(path, PaperPerson())
        # What was not seen to be broken when it was opened is made again after.
        found = [titles(await asked.suggest()) for _ in range(2)]
        assert found[-1] == ["koffie"]
        asked.close()
    index_path(path).unlink()
    path.write_bytes(b"no database at all")
    asked = suggester(path, PaperPerson())
    assert await asked.suggest() == Found()
    assert await asked.find("kaart", "koffie") is None
    asked.close()


def test_without_a_map_nothing_is_made(tmp_path: Path) -> None:
    assert asyncio.run(ask(tmp_path / "activities.db")) == Found()
    assert list(tmp_path.iterdir()) == []


async def test_an_activity_is_found_as_its_source_had_it_last(tmp_path: Path) -> None:
    path = kept(tmp_path, [thing("koffie"), thing("thee")])
    kept(tmp_path, [thing("thee", status=Status.CANCELLED)], NOW + DAY)
    asked = suggester(path, PaperPerson())
    gone, changed = (
        await asked.find("kaart", "koffie"),
        await asked.find("kaart", "thee"),
    )
    assert gone is not None and gone.title == "koffie"
    assert changed is not None and changed.status is Status.CANCELLED
    assert await asked.find("kaart", "nooit") is None


def test_the_index_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    path = kept(tmp_path, [thing("koffie")])
    with open_catalogue(path, NOW) as catalogue:
        sources = catalogue.sources()
        assert not is_current(path, sources, NOW)
        build(catalogue, NOW)
        assert is_current(path, sources, NOW)
        assert not is_current(path, sources, NOW + DAY)
        assert not is_current(path, [replace(sources[0], records=2)], NOW)
        # Who has it open keeps what they opened.
        old = Index(index_path(path))
        build(catalogue, NOW + DAY)
        assert old.about.first_day == NOW.date()
        assert old.connection.execute("SELECT count(*) FROM thing").fetchone() == (1,)
        old.close()
    left = {it.name for it in tmp_path.iterdir() if "upcoming" in it.name}
    assert left == {"activities-upcoming.db"}


def test_no_more_is_looked_at_than_is_needed(tmp_path: Path) -> None:
    """Of a thousand of a kind around the corner some are enough."""
    many = [thing(f"nummer {it}", metres=100 + it / 100) for it in range(1000)]
    path = kept(tmp_path, [*many, thing("film", Category.CULTURE, metres=3000)])
    with open_catalogue(path, NOW) as catalogue:
        build(catalogue, NOW)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    index = Index(index_path(path))
    index.connection.set_progress_handler(count, 100)
    firsts = set()
    for days in range(7):
        now = NOW + timedelta(hours=days)
        request = Request(Tastes(home=HOME), look_back([], now), now, ANYTHING)
        found = choose(index, request)
        assert [it.candidate.key[1] for it in found.choices][1:] == ["film"]
        firsts.add(found.choices[0].candidate.key)
    # The same all day.
    assert len(firsts) == 1
    assert steps < 7 * 100
    index.close()


def test_a_home_far_from_all_is_no_error(tmp_path: Path) -> None:
    path = kept(tmp_path, [thing("koffie")])
    with open_catalogue(path, NOW) as catalogue:
        build(catalogue, NOW)
    index = Index(index_path(path))
    for latitude, longitude in ((0.0, 0.1), (-40.0, -170.0), (85.0, 179.99)):
        tastes = Tastes(home=Home(latitude, longitude))
        request = Request(tastes, look_back([], NOW), NOW, ANYTHING)
        assert choose(index, request).choices == ()
    index.close()


async def test_days_on_which_the_clock_changes(tmp_path: Path) -> None:
    now = datetime(2027, 3, 27, 9, tzinfo=ZONE)
    walk = thing(
        "ommetje",
        Category.WALKING,
        datetime(2027, 3, 21, 10, tzinfo=ZONE),
        checked_on=date(2027, 3, 1),
    )
    path = kept(tmp_path, [walk], now)
    person = PaperPerson()
    person.at = now
    (it,) = (await ask(path, person)).suggestions
    assert it.occurrence.start.isoformat() == "2027-03-28T10:00:00+02:00"


async def test_what_they_do_of_themselves_counts_as_liked(tmp_path: Path) -> None:
    async def walks_often(now: datetime) -> Mapping[str, int]:
        return {"walk": 9}

    walk, film = thing("ommetje", Category.WALKING), thing("film", Category.CULTURE)
    path, person = kept(tmp_path, [walk, film]), PaperPerson()
    asked = Suggester(path, person, person, EXACT, plans=walks_often)
    first = (await asked.suggest()).suggestions[0]
    assert first.activity.title == "ommetje"
    assert first.reasons[0] == Because(Reason.LIKED, 20, Category.WALKING)
    asked.close()


# --- asked for by name ----------------------------------------------------------------


def swimming_and_more(folder: Path, swims: bool = True) -> Path:
    """Six kinds of moving at the same hour, of which one in the water, the furthest."""
    found = [
        thing(name, Category.MOVING, metres=100 + 50 * number)
        for number, name in enumerate(("Stoelgym", "Koersbal", "Tai chi", "Fietsclub"))
    ]
    water = thing("Zwemmen in warm water", Category.MOVING, metres=900)
    baths = replace(water, id="bad", title="Warm water", subject="zwemmen")
    return kept(folder, [*found, *((water, baths) if swims else ())])


@pytest.mark.parametrize("words", ["ik wil graag zwemmen", "is er iets met zwemmen"])
async def test_what_is_asked_for_by_name_comes_first(
    tmp_path: Path, words: str
) -> None:
    wish = read_wish(words, NOW)
    assert wish.categories == {Category.MOVING}
    assert wish.names == ("zwemmen",)
    found = await ask(swimming_and_more(tmp_path), wish=wish)
    assert found.has_named
    assert set(titles(found)) <= {"Zwemmen in warm water", "Warm water"}
    assert titles(found)


async def test_what_is_not_there_by_name_is_said_and_its_kind_named(
    tmp_path: Path,
) -> None:
    wish = read_wish("ik wil graag zwemmen", NOW)
    found = await ask(swimming_and_more(tmp_path, swims=False), wish=wish)
    assert not found.has_named
    assert titles(found)
    # Who asks for the kind is told of nothing that lacks.
    wish = read_wish("ik wil graag bewegen", NOW)
    assert wish.names == ()
    assert (await ask(swimming_and_more(tmp_path), wish=wish)).has_named


def test_index_and_ranking_agree_on_names() -> None:
    things = [thing("Koor", Category.MUSIC), thing("Piano", Category.MUSIC, metres=90)]
    found = suggest(Tastes(), [], things, NOW, read_wish("ik wil graag zingen", NOW))
    assert (titles(found), found.has_named) == (["Koor"], True)
    found = suggest(Tastes(), [], things[1:], NOW, Wish(names=("zingen",)))
    assert (titles(found), found.has_named) == (["Piano"], False)


# --- services that one rings ----------------------------------------------------------


def service(title: str, **facts: object) -> Activity:
    made = thing(title, Category.TRANSPORT, metres=300)
    rung = replace(
        made,
        times=(),
        must_sign_up=True,
        contact=Contact(phone="0101234567"),
        opening_hours=(Opening(0, time(9), time(12)),),
    )
    return replace(rung, **facts)  # type: ignore[arg-type]


async def rung(path: Path, *kinds: Category) -> str:
    asked = suggester(path, PaperPerson())
    try:
        found = await asked.service(kinds)
        return found.title if found else ""
    finally:
        asked.close()


async def test_a_service_that_one_rings_is_found_by_its_kind(tmp_path: Path) -> None:
    far = service("Verre bus", place=thing("x", metres=TRAVELS_M + 2_000).place)
    nowhere = service("Regiotaxi", place=Place())
    path = kept(tmp_path, [far, nowhere, service("Plusbus")])
    assert await rung(path, Category.TRANSPORT) == "Plusbus"
    assert await rung(path, Category.ADVICE) == ""
    # Still nothing to go to.
    assert titles(await ask(path)) == []


@pytest.mark.parametrize(
    "bad",
    [
        {"contact": Contact()},
        {"status": Status.CLOSED},
        {"checked_on": NOW.date() - 400 * DAY},
    ],
)
async def test_none_that_cannot_be_rung_is_told(
    tmp_path: Path, bad: dict[str, object]
) -> None:
    path = kept(tmp_path, [service("Plusbus", **bad), service("Bus", place=Place())])
    assert await rung(path, Category.TRANSPORT) == "Bus"
