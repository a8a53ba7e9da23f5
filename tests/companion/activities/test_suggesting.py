"""What is suggested to whom, and why: stories, and what holds whatever happens."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from companion.activities.candidates import ONCE_FRESH, RECURRING_FRESH
from companion.activities.distances import walk_min, way_m
from companion.activities.limits import LASTS, NEAR_M, READY_WITHIN, TRAVELS_M
from companion.activities.ranking import suggest
from companion.activities.record import (
    Access,
    Activity,
    Audience,
    Category,
    Cost,
    Place,
    Status,
)
from companion.activities.seasons import WEEK_AGAINST_LONELINESS, season_of
from companion.activities.suggesting import (
    ANYTHING,
    WEEK,
    Because,
    Doubt,
    Found,
    Obstacle,
    Reason,
    Suggestion,
    Taken,
    Wish,
    opinion_of,
)
from companion.activities.tastes import (
    OF_PLANS,
    Aid,
    Home,
    Opinion,
    OpinionKind,
    PartOfDay,
    Tastes,
    Why,
    learn_from_plans,
)
from companion.activities.when import Opening, Span, Times
from companion.understanding.intents import PLAN_KINDS

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 11, 23, 9, tzinfo=ZONE)  # a Monday
HOME = Home(52.55, 5.2)
DAY = timedelta(days=1)

# So many metres of way are so many degrees to the north.
_DEGREES_PER_M = 1 / 111_195 / 1.3


def at(metres: float) -> Place:
    """A place that far from home."""
    return Place(
        name="Dorpshuis",
        town="Voorbeelddorp",
        latitude=HOME.latitude + metres * _DEGREES_PER_M,
        longitude=HOME.longitude,
    )


def thing(
    name: str,
    category: Category = Category.MEETING,
    starts: datetime = NOW + DAY,
    metres: float = 300,
    rule: str = "FREQ=WEEKLY",
    **more: object,
) -> Activity:
    """Something to do each week, from tomorrow at nine on, around the corner."""
    wall = starts.replace(tzinfo=None)
    known = Activity(
        id=name,
        source="kaart",
        title=name,
        organisation=f"Stichting {name}",
        checked_on=NOW.date() - 30 * DAY,
        category=category,
        cost=Cost(200, 200),
        place=at(metres),
        times=(Times(Span(wall, wall + timedelta(hours=1)), str(ZONE), rule=rule),),
        languages=("nl",),
    )
    return replace(known, **more)  # type: ignore[arg-type]


def said(
    activity: Activity,
    kind: OpinionKind,
    days_ago: float = 1,
    why: Why | None = None,
    **more: object,
) -> Opinion:
    """What the person thought of it."""
    known = Opinion(
        activity.source,
        activity.id,
        kind,
        NOW - days_ago * DAY,
        activity.organisation,
        activity.category,
        why,
    )
    return replace(known, **more)  # type: ignore[arg-type]


def find(
    activities: Iterable[Activity],
    tastes: Tastes | None = None,
    opinions: Sequence[Opinion] = (),
    wish: Wish = ANYTHING,
    now: datetime = NOW,
    taken: Sequence[Taken] = (),
) -> Found:
    """What is suggested to somebody who lives at home."""
    known = tastes or Tastes(home=HOME)
    return suggest(known, opinions, activities, now, wish, taken=taken)


def names(found: Found) -> list[str]:
    """What is suggested, the best first."""
    return [it.activity.title for it in found.suggestions]


def reasons(suggestion: Suggestion) -> dict[Reason | Doubt, Because]:
    """All terms by what they are."""
    return {it.reason: it for it in (*suggestion.reasons, *suggestion.doubts)}


def in_the_way(found: Found) -> list[Obstacle]:
    """What ruled out what else would have fitted."""
    assert not found.suggestions
    return [it.obstacle for it in found.in_the_way]


# --- stories ------------------------------------------------------------------------


def test_refused_once_rests_and_refused_twice_is_never_suggested_again() -> None:
    bingo = thing("bingo", Category.GAMES)
    once = [said(bingo, OpinionKind.REFUSED, 10)]
    assert in_the_way(find([bingo], opinions=once)) == [Obstacle.REFUSED]
    long_ago = [said(bingo, OpinionKind.REFUSED, 90)]
    (again,) = find([bingo], opinions=long_ago).suggestions
    assert Doubt.REFUSED in reasons(again)
    years_ago = [said(bingo, OpinionKind.REFUSED, days) for days in (2000, 3000)]
    assert in_the_way(find([bingo], opinions=years_ago)) == [Obstacle.REFUSED]


def test_who_has_no_time_says_nothing_of_the_activity() -> None:
    choir = thing("koor", Category.MUSIC)
    busy = [
        said(choir, OpinionKind.REFUSED, days, Why.TOO_BUSY) for days in (8, 20, 30)
    ]
    assert names(find([choir], opinions=busy)) == ["koor"]
    now = [said(choir, OpinionKind.REFUSED, 1, Why.TOO_BUSY)]
    assert in_the_way(find([choir], opinions=now)) == [Obstacle.REFUSED]


def test_rollator_400_m() -> None:
    tastes = Tastes(home=HOME, walks_m=400, aid=Aid.ROLLATOR)
    near = thing("om de hoek", metres=350, accessibility=(Access.ROLLATOR,))
    far = thing("verderop", metres=450, accessibility=(Access.ROLLATOR,))
    bus = (Access.TRANSPORT,)
    fetched = thing("met de bus", Category.EATING, metres=3000, accessibility=bus)
    walk = thing("wandelclub", Category.WALKING, metres=100)
    nowhere = thing("ergens", place=Place(name="Zaal", town="Voorbeelddorp"))
    found = find([walk, far, nowhere, fetched, near], tastes)
    assert names(found) == ["om de hoek", "met de bus"]
    best = found.suggestions[0]
    assert best.distance_m == 350
    assert best.walk_min == walk_min(350, Aid.ROLLATOR) == 10
    assert {Reason.NEAR, Reason.ACCESSIBLE} <= reasons(best).keys()
    assert Doubt.ACCESS_UNKNOWN in reasons(found.suggestions[1])
    assert in_the_way(find([far], tastes)) == [Obstacle.TOO_FAR]
    assert in_the_way(find([nowhere], tastes)) == [Obstacle.TOO_FAR]
    assert in_the_way(find([walk], tastes)) == [Obstacle.NOT_ACCESSIBLE]


def test_wheelchair_needs_to_know_that_one_gets_in() -> None:
    tastes = Tastes(home=HOME, aid=Aid.WHEELCHAIR)
    unknown, rollator = thing("a"), thing("b", accessibility=(Access.ROLLATOR,))
    assert in_the_way(find([unknown, rollator], tastes)) == [Obstacle.NOT_ACCESSIBLE]
    known = thing("c", accessibility=(Access.WHEELCHAIR,))
    assert names(find([unknown, known], tastes)) == ["c"]
    assert names(find([unknown], Tastes(home=HOME, aid=Aid.ROLLATOR))) == ["a"]


def test_who_needs_to_be_fetched_is_only_suggested_what_fetches() -> None:
    tastes = Tastes(home=HOME, needs_transport=True)
    near = thing("om de hoek", metres=10)
    fetched = thing("viering", accessibility=(Access.TRANSPORT,), metres=2000)
    assert names(find([near, fetched], tastes)) == ["viering"]
    (it,) = find([fetched], tastes).suggestions
    assert Reason.FETCHED in reasons(it)
    too_far = thing("stad", accessibility=(Access.TRANSPORT,), metres=TRAVELS_M + 100)
    assert in_the_way(find([too_far], tastes)) == [Obstacle.TOO_FAR]
    # Where home is not known the same holds.
    assert names(find([near, fetched], replace(tastes, home=None))) == ["viering"]


def test_turkish_spoken() -> None:
    tea, coffee = thing("cay", languages=("tr",)), thing("koffie", metres=10)
    assert names(find([tea, coffee])) == ["koffie"]
    tastes = Tastes(home=HOME, languages=("tr", "nl"))
    found = find([coffee, replace(tea, category=Category.EATING)], tastes)
    assert names(found) == ["cay", "koffie"]
    term = reasons(found.suggestions[0])[Reason.LANGUAGE]
    assert term.value == "tr"
    assert in_the_way(find([tea])) == [Obstacle.LANGUAGE]
    # Where nobody says it, it is in Dutch.
    unknown = thing("soos", languages=())
    assert in_the_way(find([unknown], Tastes(languages=("tr",)))) == [Obstacle.LANGUAGE]


def test_what_is_in_another_language_as_well_comes_after_what_is_not() -> None:
    both, dutch = thing("thee", languages=("ar", "nl")), thing("koffie")
    for days in range(14):
        found = find([both, dutch], now=NOW + days * DAY - DAY / 24)
        assert names(found)[0] == "koffie"


@pytest.mark.parametrize("status", [it for it in Status if it is not Status.OPEN])
def test_full_cancelled_and_closed_are_not_suggested(status: Status) -> None:
    found = find([thing("soos", status=status)])
    assert in_the_way(found) == [Obstacle(status.value)]


@pytest.mark.parametrize(
    ("rule", "fresh"), [("FREQ=WEEKLY", RECURRING_FRESH), ("", ONCE_FRESH)]
)
def test_what_nobody_made_sure_of_for_too_long_is_not_suggested(
    rule: str, fresh: timedelta
) -> None:
    day = NOW.date() - fresh
    assert names(find([thing("soos", rule=rule, checked_on=day)])) == ["soos"]
    stale = thing("soos", rule=rule, checked_on=day - DAY)
    assert in_the_way(find([stale])) == [Obstacle.STALE]
    # Of what nobody says it of, nothing is known here.
    assert in_the_way(find([thing("soos", checked_on=None)])) == [Obstacle.STALE]


def test_the_week_against_loneliness() -> None:
    begins = {
        2018: date(2018, 9, 27),
        2020: date(2020, 10, 1),
        2021: date(2021, 9, 30),
        2024: date(2024, 9, 26),
        2025: date(2025, 9, 25),
        2026: date(2026, 9, 24),
        # By the rule: the last Thursday of September.
        2027: date(2027, 9, 30),
        2028: date(2028, 9, 28),
        2032: date(2032, 9, 30),
    }
    for year, first in begins.items():
        days = [date(year, 9, 1) + it * DAY for it in range(60)]
        assert [it for it in days if season_of(it)] == [
            first + it * DAY for it in range(7)
        ]
    now = datetime(2024, 9, 26, 9, tzinfo=ZONE)
    day = {"starts": now + DAY, "checked_on": now.date()}
    table = thing("lange tafel", Category.EATING, **day)  # type: ignore[arg-type]
    film = thing("film", Category.CULTURE, metres=250, **day)  # type: ignore[arg-type]
    named = replace(table, id="opening", title="Opening van de  Week tegen Eenzaamheid")
    found = find([film, table], now=now)
    assert names(found) == ["lange tafel", "film"]
    term = reasons(found.suggestions[0])[Reason.SEASON]
    assert term.value == WEEK_AGAINST_LONELINESS
    assert names(find([table, named], now=now))[0] == named.title
    (later,) = find([table], now=now + 14 * DAY).suggestions
    assert Reason.SEASON not in reasons(later)


def test_nothing_fits_and_what_was_in_the_way() -> None:
    far, full = thing("ver", metres=20_000), thing("vol", status=Status.FULL)
    both = thing("beide", metres=20_000, status=Status.FULL)
    others = [thing(f"ver {it}", metres=15_000) for it in range(3)]
    found = find([far, full, both, *others])
    assert [(it.obstacle, it.count) for it in found.in_the_way] == [
        (Obstacle.TOO_FAR, 4),
        (Obstacle.FULL, 1),
    ]
    assert find([]) == Found()


def test_what_is_in_the_agenda_at_that_time_is_in_the_way() -> None:
    coffee = thing("koffie")
    starts = NOW + DAY
    kept = Taken(starts - LASTS, starts)
    assert names(find([coffee], taken=[kept])) == ["koffie"]
    for shift in (timedelta(minutes=1), timedelta(hours=2, minutes=59)):
        taken = [Taken(kept.starts + shift, kept.ends + shift)]
        assert in_the_way(find([coffee], taken=taken)) == [Obstacle.TAKEN]
    away = [Taken(NOW, NOW + 30 * DAY)]
    assert in_the_way(find([coffee], taken=away)) == [Obstacle.TAKEN]


def test_at_the_next_free_time_of_the_week_instead() -> None:
    daily = thing("open tafel", rule="FREQ=DAILY")
    taken = [Taken(NOW, NOW + 2 * DAY)]
    (found,) = find([daily], taken=taken).suggestions
    assert found.occurrence.start == NOW + 2 * DAY


def test_this_week_is_seven_days_ahead_and_nothing_has_begun() -> None:
    soon, next_week = thing("straks", starts=NOW + READY_WITHIN), thing("later")
    began = thing("bezig", starts=NOW - timedelta(minutes=1), rule="")
    last = thing("net niet", starts=NOW + WEEK, rule="")
    assert names(find([soon])) == ["straks"]
    assert in_the_way(find([began, last])) == [Obstacle.OTHER_TIME]
    hurry = thing("haast", starts=NOW + READY_WITHIN - timedelta(minutes=1), rule="")
    assert in_the_way(find([hurry])) == [Obstacle.OTHER_TIME]
    day = (NOW + 8 * DAY).date()
    (found,) = find([next_week], wish=Wish(days=(day,))).suggestions
    assert found.occurrence.start.date() == day


def test_opening_hours_are_open_for_who_walks_in() -> None:
    hours = (Opening(0, time(9), time(16)), Opening(2, time(9), time(12)))
    room = thing("buurtkamer", times=(), opening_hours=hours, must_sign_up=False)
    (now,) = find([room]).suggestions
    assert now.is_open_house
    assert now.occurrence.start == NOW + READY_WITHIN
    at_quarter = find([room], now=NOW + timedelta(minutes=7)).suggestions[0]
    assert at_quarter.occurrence.start.time() == time(10, 15)
    late = find([room], now=NOW.replace(hour=14, minute=20)).suggestions[0]
    assert late.occurrence.start.date() == (NOW + 2 * DAY).date()
    afternoon = find([room], wish=Wish(part=PartOfDay.AFTERNOON)).suggestions[0]
    assert afternoon.occurrence.start == NOW.replace(hour=12)
    by_appointment = replace(room, must_sign_up=True)
    assert in_the_way(find([by_appointment])) == [Obstacle.OTHER_TIME]
    at_home = replace(room, place=Place(town="Voorbeelddorp"))
    assert in_the_way(find([at_home], Tastes())) == [Obstacle.OTHER_TIME]


def test_what_is_liked_wins_from_what_is_near_and_free() -> None:
    choir = thing("koor", Category.MUSIC, metres=900)
    bingo = thing("bingo", Category.GAMES, metres=100, cost=Cost(0, 0))
    assert names(find([choir, bingo])) == ["bingo", "koor"]
    found = find([choir, bingo], Tastes(home=HOME).liking(Category.MUSIC))
    assert names(found) == ["koor", "bingo"]
    first = found.suggestions[0].reasons[0]
    assert (first.reason, first.value) == (Reason.LIKED, Category.MUSIC)


def test_what_is_not_liked_is_only_suggested_to_who_asks_for_it() -> None:
    bingo = thing("bingo", Category.GAMES)
    tastes = Tastes(home=HOME).disliking(Category.GAMES)
    assert in_the_way(find([bingo], tastes)) == [Obstacle.DISLIKED]
    wish = Wish(categories=frozenset({Category.GAMES}))
    assert names(find([bingo], tastes, wish=wish)) == ["bingo"]
    little = Tastes(home=HOME).disliking(Category.GAMES, 1)
    (found,) = find([bingo], little).suggestions
    assert reasons(found)[Doubt.DISLIKED].points < 0


def test_services_are_for_who_asks_for_them() -> None:
    advice = thing("spreekuur", Category.ADVICE)
    assert in_the_way(find([advice])) == [Obstacle.NOT_WISHED]
    wish = Wish(categories=frozenset({Category.ADVICE}))
    assert names(find([advice], wish=wish)) == ["spreekuur"]


def test_what_was_enjoyed_is_suggested_again_and_the_like_of_it_too() -> None:
    choir, piano = thing("koor", Category.MUSIC), thing("piano", Category.MUSIC)
    soup = thing("soep", Category.EATING, organisation=choir.organisation)
    film = thing("film", Category.CULTURE)
    opinions = [said(choir, OpinionKind.ENJOYED, 30)]
    assert names(find([film, soup, piano, choir], opinions=opinions))[0] == "koor"
    (one,) = find([piano], opinions=opinions).suggestions
    assert reasons(one)[Reason.ENJOYED_KIND].value is Category.MUSIC
    (other,) = find([soup], opinions=opinions).suggestions
    assert reasons(other)[Reason.SAME_ORGANISATION].value == choir.organisation


def test_not_enjoyed_is_rather_not_and_twice_never() -> None:
    film = thing("film", Category.CULTURE)
    once = [said(film, OpinionKind.NOT_ENJOYED, 10)]
    (found,) = find([film], opinions=once).suggestions
    assert Doubt.NOT_ENJOYED in reasons(found)
    twice = [*once, said(film, OpinionKind.NOT_ENJOYED, 40)]
    assert in_the_way(find([film], opinions=twice)) == [Obstacle.REFUSED]


def test_too_far_lowers_the_distance_until_they_went_that_far() -> None:
    town = thing("stad", metres=2000)
    village = thing("dorp", metres=500)
    other = thing("elders")
    said_so = said(other, OpinionKind.REFUSED, 5, Why.TOO_FAR, distance_m=1500)
    assert in_the_way(find([town], opinions=[said_so])) == [Obstacle.TOO_FAR]
    assert names(find([village], opinions=[said_so])) == ["dorp"]
    went = said(other, OpinionKind.WENT, 1, distance_m=1600)
    assert names(find([town], opinions=[went, said_so])) == ["stad"]
    assert names(find([town], opinions=[replace(said_so, at=NOW - 200 * DAY)])) == [
        "stad"
    ]


def test_too_dear_lowers_what_it_may_cost() -> None:
    meal = thing("eettafel", Category.EATING, cost=Cost(750, 750))
    tastes = Tastes(home=HOME, most_cents=700)
    assert in_the_way(find([meal], tastes)) == [Obstacle.TOO_DEAR]
    other = thing("elders")
    said_so = said(other, OpinionKind.REFUSED, 5, Why.TOO_DEAR, cents=750)
    assert in_the_way(find([meal], opinions=[said_so])) == [Obstacle.TOO_DEAR]
    assert names(find([replace(meal, cost=Cost(749))], opinions=[said_so])) == [
        "eettafel"
    ]
    unknown = replace(meal, cost=Cost(text="naar draagkracht"))
    (found,) = find([unknown], tastes).suggestions
    assert Doubt.COST_UNKNOWN in reasons(found)
    free = Wish(is_free=True)
    assert in_the_way(find([meal, unknown], wish=free)) == [Obstacle.TOO_DEAR]


def test_the_wrong_time_and_not_my_taste_count_a_little() -> None:
    choir = thing("koor", Category.MUSIC, NOW.replace(hour=20), metres=100)
    lunch = thing("lunch", Category.EATING, NOW.replace(hour=13), metres=200)
    assert names(find([choir, lunch]))[0] == "koor"
    evening = {"part": PartOfDay.EVENING}
    opinions = [
        said(thing("x"), OpinionKind.REFUSED, 3, Why.WRONG_TIME, **evening),
        said(thing("y"), OpinionKind.REFUSED, 3, Why.WRONG_TIME, **evening),
    ]
    found = find([choir, lunch], opinions=opinions)
    assert names(found)[0] == "lunch"
    assert reasons(found.suggestions[1])[Doubt.WRONG_TIME].points == -12
    taste = [
        said(thing(it, Category.MUSIC), OpinionKind.REFUSED, 3, Why.NOT_MY_TASTE)
        for it in "xy"
    ]
    assert names(find([choir, lunch], opinions=taste))[0] == "lunch"


def test_parts_of_the_day_on_which_they_stay_in() -> None:
    choir = thing("koor", Category.MUSIC, NOW.replace(hour=20))
    tastes = Tastes(home=HOME, parts=frozenset({PartOfDay.MORNING}))
    assert in_the_way(find([choir], tastes)) == [Obstacle.OTHER_TIME]
    # Who asks for the evening wants to go out in the evening.
    assert names(find([choir], tastes, wish=Wish(part=PartOfDay.EVENING))) == ["koor"]


def test_who_was_alone_is_suggested_to_be_among_people() -> None:
    walk, meal = thing("ommetje", Category.WALKING), thing("tafel", Category.EATING)
    alone = said(thing("x"), OpinionKind.DID_NOT_GO, 3, Why.ALONE)
    for tastes, opinions in (
        (Tastes(home=HOME, wants_company=True), []),
        (Tastes(home=HOME), [alone]),
    ):
        found = find([walk, meal], tastes, opinions)
        assert names(found)[0] == "tafel"
        assert Reason.COMPANY in reasons(found.suggestions[0])


def test_ages_that_do_not_fit() -> None:
    young = thing("jongeren", audience=Audience(highest_age=30))
    old = thing("ouderen", audience=Audience(lowest_age=65))
    eighty = thing("tachtigers", audience=Audience(lowest_age=80))
    assert in_the_way(find([young])) == [Obstacle.AGE]
    assert names(find([young, old, eighty])) == ["ouderen"]
    assert names(find([eighty], Tastes(home=HOME, age=84))) == ["tachtigers"]


@pytest.mark.parametrize(
    ("text", "is_for_all"),
    [
        ("", True),
        ("iedereen", True),
        ("65+", True),
        ("Ouderen vanaf 70 jaar", True),
        ("iedereen die alleen woont", True),
        ("60-plussers uit de wijk", True),
        ("mensen in rouw", False),
        ("mensen met geheugenproblemen", False),
        ("mantelzorgers", False),
    ],
)
def test_what_is_for_some_is_not_suggested_out_of_the_blue(
    text: str, is_for_all: bool
) -> None:
    meant = thing("a", audience=Audience(text), cost=Cost(0, 0))
    plain = thing("b", metres=900)
    assert names(find([meant, plain]))[0] == ("a" if is_for_all else "b")
    (only,) = find([meant]).suggestions
    assert (Doubt.FOR_SOME in reasons(only)) is not is_for_all
    (again,) = find([meant], opinions=[said(meant, OpinionKind.ENJOYED)]).suggestions
    assert Doubt.FOR_SOME not in reasons(again)


def test_what_was_told_today_is_not_told_again_and_rests_after() -> None:
    one, two = thing("een"), thing("twee", Category.GAMES, metres=1400)
    told = said(one, OpinionKind.SUGGESTED, 0)
    assert names(find([one, two], opinions=[told])) == ["twee"]
    assert in_the_way(find([one], opinions=[told])) == [Obstacle.TOLD_TODAY]
    lately = said(one, OpinionKind.SUGGESTED, 3)
    found = find([one, two], opinions=[lately])
    assert names(found) == ["twee", "een"]
    assert reasons(found.suggestions[1])[Doubt.TOLD_LATELY].value == 3
    rested = said(one, OpinionKind.SUGGESTED, 14)
    assert names(find([one, two], opinions=[rested]))[0] == "een"
    went = [lately, said(one, OpinionKind.WENT, 1)]
    assert names(find([one, two], opinions=went))[0] == "een"


def test_what_is_planned_is_not_suggested_until_it_was() -> None:
    choir = thing("koor")
    planned = said(choir, OpinionKind.PLANNED, 2)
    assert in_the_way(find([choir], opinions=[planned])) == [Obstacle.PLANNED]
    went = said(choir, OpinionKind.ENJOYED, 1)
    assert names(find([choir], opinions=[planned, went])) == ["koor"]


def test_near_is_a_quarter_of_an_hour_and_far_counts_against() -> None:
    near = thing("hier", metres=NEAR_M - 5)
    far = thing("daar", Category.GAMES, metres=5_000)
    assert names(find([far, near], wish=Wish(is_near=True))) == ["hier"]
    found = find([far, near])
    assert names(found) == ["hier", "daar"]
    assert reasons(found.suggestions[1])[Doubt.FAR].value == 5_000


def test_without_a_home_nothing_is_said_of_distance() -> None:
    found = find([thing("koffie")], Tastes(walks_m=300))
    (it,) = found.suggestions
    assert it.distance_m is None and it.walk_min is None
    assert not {Reason.NEAR, Doubt.FAR, Doubt.DISTANCE_UNKNOWN} & reasons(it).keys()


def test_a_home_known_by_its_postcode_is_not_taken_too_exactly() -> None:
    tastes = Tastes(home=replace(HOME, within_m=1000), walks_m=500)
    (it,) = find([thing("koffie", metres=1400)], tastes).suggestions
    assert it.is_rough
    assert in_the_way(find([thing("x", metres=1600)], tastes)) == [Obstacle.TOO_FAR]


def test_the_two_differ_in_kind_or_day() -> None:
    swim = [thing(f"zwemmen {it}", Category.MOVING, metres=10) for it in range(5)]
    assert len(names(find(swim))) == 1
    thursday = thing("zwemmen do", Category.MOVING, NOW + 3 * DAY, metres=1400)
    assert names(find([*swim, thursday]))[1] == "zwemmen do"
    coffee = thing("koffie", metres=1400)
    assert names(find([*swim, thursday, coffee]))[1] == "koffie"


def test_the_day_decides_among_equals_and_all_get_their_turn() -> None:
    equal = [thing(f"nummer {it}", rule="FREQ=DAILY") for it in range(6)]
    first = set()
    for days in range(40):
        now = NOW + days * DAY
        found = find(equal, now=now)
        assert found == find(reversed(equal), now=now)
        first.add(names(found)[0])
    assert first == {it.title for it in equal}


def test_something_new_is_said_to_be_new_only_as_long_as_it_is() -> None:
    choir = thing("koor", Category.MUSIC)
    assert Reason.NEW in reasons(find([choir]).suggestions[0])
    heard = [said(thing("x", Category.MUSIC), OpinionKind.SUGGESTED, 100)]
    assert Reason.NEW not in reasons(find([choir], opinions=heard).suggestions[0])
    liked = Tastes(home=HOME).liking(Category.MUSIC)
    assert Reason.NEW not in reasons(find([choir], liked).suggestions[0])


# --- what they tell of themselves ---------------------------------------------------


def test_plans_of_the_check_in_tell_what_somebody_likes() -> None:
    plans = {"walk": 7, "church": 2, "garden": 1, "doctor": 9, "household": 20}
    learnt = learn_from_plans(Tastes(), plans)
    assert learnt.likes == {Category.WALKING: 2, Category.FAITH: 1}
    told = Tastes().disliking(Category.WALKING)
    assert Category.WALKING not in learn_from_plans(told, plans).likes
    assert OF_PLANS.keys() < set(PLAN_KINDS)


def test_what_is_said_of_a_kind_of_thing_replaces_what_was_said_before() -> None:
    tastes = Tastes().liking(Category.MUSIC, 3).disliking(Category.MUSIC)
    assert (tastes.likes, tastes.dislikes) == ({}, {Category.MUSIC: 2})
    assert tastes.liking(Category.MUSIC, 0) == Tastes()
    with pytest.raises(ValueError, match="strength of 4"):
        Tastes().liking(Category.MUSIC, 4)


def test_an_opinion_of_a_suggestion_knows_all_that_is_learnt_from() -> None:
    meal = thing("tafel", Category.EATING, NOW.replace(hour=18), metres=700)
    (it,) = find([meal]).suggestions
    told = opinion_of(it, OpinionKind.REFUSED, NOW, Why.TOO_FAR)
    assert told == Opinion(
        "kaart",
        "tafel",
        OpinionKind.REFUSED,
        NOW,
        "Stichting tafel",
        Category.EATING,
        Why.TOO_FAR,
        700,
        PartOfDay.EVENING,
        200,
    )


def test_distances_are_along_streets_and_times_by_what_one_goes_with() -> None:
    # Amsterdam Centraal to Utrecht Centraal is 34.6 km as the crow flies.
    amsterdam = Home(52.3791, 4.9003)
    assert abs(way_m(52.0894, 5.1101, amsterdam) / 1.3 - 35_300) < 500
    assert walk_min(0, Aid.NONE) == 0
    assert walk_min(480, Aid.NONE) == 10
    assert walk_min(480, Aid.ROLLATOR) == 14


# --- the truth of the reasons -------------------------------------------------------


def _without(
    reason: Reason, it: Suggestion, tastes: Tastes, opinions: list[Opinion]
) -> tuple[Activity, Tastes, list[Opinion], datetime]:
    """The same, had the reason not been there."""
    activity = it.activity
    kind = activity.category
    match reason:
        case Reason.LIKED:
            tastes = tastes.liking(kind, 0)
        case Reason.ENJOYED | Reason.ENJOYED_KIND | Reason.SAME_ORGANISATION:
            # They went, and said nothing of it.
            opinions = [
                replace(told, kind=OpinionKind.WENT)
                if told.kind is OpinionKind.ENJOYED
                else told
                for told in opinions
            ]
        case Reason.COMPANY:
            tastes = replace(tastes, wants_company=None)
            opinions = [it for it in opinions if it.why is not Why.ALONE]
        case Reason.NEAR:
            here = [a for a in activity.accessibility if a is not Access.TRANSPORT]
            activity = replace(activity, place=at(1_490), accessibility=tuple(here))
        case Reason.FETCHED:
            others = [a for a in activity.accessibility if a is not Access.TRANSPORT]
            activity = replace(activity, accessibility=tuple(others))
        case Reason.ACCESSIBLE:
            only = tuple(a for a in activity.accessibility if a is Access.TRANSPORT)
            activity = replace(activity, accessibility=only)
        case Reason.LANGUAGE:
            activity = replace(activity, languages=("nl",))
        case Reason.FREE | Reason.CHEAP:
            activity = replace(activity, cost=Cost(600))
        case Reason.PART_OF_DAY:
            went = (OpinionKind.WENT, OpinionKind.ENJOYED)
            opinions = [
                replace(told, kind=OpinionKind.DID_NOT_GO)
                if told.kind in went
                else told
                for told in opinions
            ]
        case Reason.NO_SIGN_UP:
            activity = replace(activity, must_sign_up=True)
        case Reason.NEW:
            other = thing("x", kind, organisation="")
            opinions = [*opinions, said(other, OpinionKind.SUGGESTED, 100)]
        case Reason.SEASON:
            activity = replace(activity, title="x", category=Category.CULTURE)
    return activity, tastes, opinions, NOW


CHANCES = range(300)


def test_without_a_reason_it_has_fewer_points() -> None:
    """The answer to "waarom stelt u dat voor?" is what made it win."""
    seen: set[Reason] = set()
    for chance in map(random.Random, range(600)):
        activity, tastes, opinions = _anything(chance), _anybody(chance), []
        activity = replace(
            activity,
            status=Status.OPEN,
            checked_on=NOW.date(),
            audience=Audience(),
            times=thing("x").times,
        )
        kin = replace(activity, id="kin")
        other = replace(kin, category=Category.OTHER)
        for _ in range(chance.randrange(4)):
            opinions.append(_any_opinion(chance, [activity, kin, other]))
        for it in find([activity], tastes, opinions).suggestions:
            assert it.points == sum(term.points for term in reasons(it).values())
            for term in it.reasons:
                seen.add(Reason(term.reason))
                assert term.points > 0
                other, who, history, now = _without(
                    Reason(term.reason), it, tastes, opinions
                )
                found = find([other], who, history, now=now)
                if found.suggestions:
                    assert found.suggestions[0].points < it.points, term
                    again = reasons(found.suggestions[0]).get(term.reason)
                    assert again is None or again.points < term.points
    # A season has its own story.
    assert seen == set(Reason) - {Reason.SEASON}


# --- whatever happens ---------------------------------------------------------------


def _anything(chance: random.Random) -> Activity:
    opening = Opening(chance.randrange(7), time(9), time(chance.choice((12, 16))))
    made = thing(
        f"ding {chance.randrange(30)}",
        chance.choice(tuple(Category)),
        NOW + chance.randrange(-100, 400) * timedelta(hours=1),
        chance.choice((50, 300, 900, 3_000, 12_000)),
        chance.choice(("", "FREQ=WEEKLY", "FREQ=DAILY")),
        status=chance.choice((Status.OPEN, Status.OPEN, Status.FULL)),
        checked_on=NOW.date() - chance.choice((1, 150, 200, 400)) * DAY,
        accessibility=tuple(chance.sample(tuple(Access), chance.randrange(6))),
        languages=chance.choice(((), ("nl",), ("tr",), ("nl", "tr"))),
        cost=Cost(chance.choice((None, 0, 250, 900))),
        must_sign_up=chance.choice((None, True, False)),
        audience=Audience(highest_age=chance.choice((None, None, 30))),
        organisation=chance.choice(("", "Welzijn", "Kerk")),
    )
    if chance.random() < 0.2:
        made = replace(made, times=(), opening_hours=(opening,))
    return made


def _anybody(chance: random.Random) -> Tastes:
    tastes = Tastes(
        home=chance.choice((HOME, HOME, None, replace(HOME, within_m=1000))),
        walks_m=chance.choice((None, 400, 1_000)),
        aid=chance.choice(tuple(Aid)),
        needs_transport=chance.random() < 0.1,
        parts=chance.choice((frozenset(), frozenset({PartOfDay.MORNING}))),
        most_cents=chance.choice((None, 500)),
        wants_company=chance.choice((None, True, False)),
        languages=chance.choice((("nl",), ("tr", "nl"))),
    )
    for category in chance.sample(tuple(Category), 4):
        tastes = tastes.liking(category, chance.randrange(1, 4))
    for category in chance.sample(tuple(Category), 2):
        tastes = tastes.disliking(category, chance.randrange(1, 4))
    return tastes


def _any_opinion(chance: random.Random, of: Sequence[Activity]) -> Opinion:
    return said(
        chance.choice(of),
        chance.choice(tuple(OpinionKind)),
        chance.randrange(0, 300),
        chance.choice((None, None, *Why)),
        distance_m=chance.choice((None, 200, 2_000)),
        part=chance.choice((None, *PartOfDay)),
        cents=chance.choice((None, 0, 700)),
    )


def test_whatever_the_opinions_nothing_is_outside_the_limits() -> None:
    fitted = 0
    for chance in map(random.Random, CHANCES):
        known = {it.id: it for it in (_anything(chance) for _ in range(30))}
        tastes = _anybody(chance)
        opinions = [
            _any_opinion(chance, tuple(known.values()))
            for _ in range(chance.randrange(40))
        ]
        wish = chance.choice((ANYTHING, Wish(is_near=True), Wish(is_free=True)))
        taken = [Taken(NOW + DAY, NOW + 2 * DAY)] if chance.random() < 0.5 else []
        found = find(known.values(), tastes, opinions, wish, taken=taken)
        shuffled = list(known.values())
        chance.shuffle(shuffled)
        chance.shuffle(opinions)
        assert found == find(shuffled, tastes, opinions, wish, taken=taken)
        assert len(found.suggestions) <= 2
        fitted += len(found.suggestions)
        for it in found.suggestions:
            _check_limits(it, tastes, opinions, wish, taken)
        for one, other in product(found.suggestions, repeat=2):
            if one is not other:
                assert one.activity.id != other.activity.id
                assert (
                    one.activity.category is not other.activity.category
                    or one.occurrence.start.date() != other.occurrence.start.date()
                )
    assert fitted > 80


def _check_limits(
    it: Suggestion,
    tastes: Tastes,
    opinions: Sequence[Opinion],
    wish: Wish,
    taken: Sequence[Taken],
) -> None:
    activity, start = it.activity, it.occurrence.start
    assert activity.status is Status.OPEN
    assert NOW + READY_WITHIN <= start < NOW + WEEK
    ends = it.occurrence.end or start + LASTS
    if not it.is_open_house:
        assert not any(no.starts < ends and start < no.ends for no in taken)
    assert activity.audience.highest_age is None
    assert set(activity.languages or ("nl",)) & set(tastes.languages)
    age = NOW.date() - (activity.checked_on or date.min)
    assert age <= ONCE_FRESH
    if activity.opening_hours or activity.times[0].rule:
        assert age <= RECURRING_FRESH
    if tastes.aid is Aid.WHEELCHAIR:
        assert Access.WHEELCHAIR in activity.accessibility
    if it.distance_m is not None and tastes.home is not None:
        reach = TRAVELS_M if tastes.walks_m is None else tastes.walks_m
        way = it.distance_m - tastes.home.within_m
        assert way <= reach or Access.TRANSPORT in activity.accessibility
        assert way <= TRAVELS_M
    if wish.is_free:
        assert activity.cost.lowest_cents == 0
    if tastes.most_cents is not None:
        assert (activity.cost.lowest_cents or 0) <= tastes.most_cents
    own = [told for told in opinions if told.id == activity.id]
    noes = [
        told
        for told in own
        if told.kind is OpinionKind.REFUSED and told.why is not Why.TOO_BUSY
    ]
    assert len(noes) < 2
