"""An activity in words: amounts, ways, times, and the truth about why."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from companion.activities.record import (
    Activity,
    Category,
    Contact,
    Cost,
    Place,
    Status,
)
from companion.activities.suggesting import Because, Doubt, Reason, Suggestion
from companion.activities.when import Occurrence, Span, Times
from companion.agenda import Entry, EntryId, Kind
from companion.agenda import Occurrence as Planned
from companion.topics.activity_after import Off, say_past_day, state_of
from companion.topics.activity_steps import ahead_min, entry_of
from companion.topics.activity_words import (
    ask_with_cost,
    card_of,
    named,
    number_lines,
    say_distance,
    say_minutes,
    say_money,
    tell_why,
)
from companion.wording import load_phrasebook
from tests.virtual_time import AMSTERDAM

NOW = datetime(2027, 3, 27, 9, 0, tzinfo=AMSTERDAM)
# The day after the change to summer time.
STARTS = datetime(2027, 3, 29, 10, 0, tzinfo=AMSTERDAM)
COFFEE = Activity(
    id="koffie",
    source="gemeente",
    title="Koffieochtend",
    place=Place(name="De Vijver", address="Dorpsstraat 1"),
    times=(
        Times(
            Span(datetime(2027, 3, 1, 10, 0)),  # noqa: DTZ001
            "Europe/Amsterdam",
            rule="FREQ=WEEKLY;BYDAY=MO",
        ),
    ),
    bring="een kopje",
)


def suggestion(activity: Activity = COFFEE, **facts: object) -> Suggestion:
    when = Occurrence(STARTS, STARTS + timedelta(hours=2))
    return Suggestion(activity, when, (), **facts)  # type: ignore[arg-type]


def costing(lowest: int | None, highest: int | None = None) -> Activity:
    return Activity(id="a", source="b", title="c", cost=Cost(lowest, highest))


@pytest.mark.parametrize(
    ("cents", "said"),
    [
        (50, "vijftig cent"),
        (100, "één euro"),
        (150, "één euro vijftig"),
        (350, "drie euro vijftig"),
        (1205, "twaalf euro vijf"),
        (3250, "tweeëndertig euro vijftig"),
    ],
)
def test_money_as_people_say_it(cents: int, said: str) -> None:
    assert say_money(cents) == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(1, "één minuut"), (6, "zes minuten"), (15, "een kwartier")],
)
def test_minutes_as_people_say_them(minutes: int, said: str) -> None:
    assert say_minutes(minutes) == said


@pytest.mark.parametrize(
    ("metres", "said"),
    [
        (10, "vijftig meter"),
        (412, "vierhonderd meter"),
        (1010, "een kilometer"),
        (1480, "anderhalve kilometer"),
        (2600, "twee en een halve kilometer"),
        (4100, "vier kilometer"),
    ],
)
def test_how_far_as_people_say_it(metres: int, said: str) -> None:
    assert say_distance(metres) == said


@pytest.mark.parametrize(
    ("activity", "key"),
    [
        (costing(None), "outings.fits.ask"),
        (costing(0, 0), "outings.fits.ask_free"),
        (costing(0, None), "outings.fits.ask_gift"),
        (costing(150, 150), "outings.fits.ask_cost"),
        (costing(150, 300), "outings.fits.ask_between"),
    ],
)
def test_what_it_costs_is_said_before_the_question(
    activity: Activity, key: str
) -> None:
    assert ask_with_cost(activity).key == key


def test_the_way_is_said_as_far_as_it_is_known() -> None:
    assert named(suggestion(), NOW).key == "outings.named_place"
    walk = named(suggestion(distance_m=300, walk_min=6), NOW)
    assert (walk.key, walk.facts["walk"]) == ("outings.named_walk", "zes minuten")
    far = named(suggestion(distance_m=2600, walk_min=50), NOW)
    assert far.facts["distance"] == "twee en een halve kilometer"
    # Wrong by a kilometre is worse than not said.
    rough = named(suggestion(distance_m=300, walk_min=6, is_rough=True), NOW)
    assert rough.key == "outings.named_place"
    nowhere = Activity(id="a", source="b", title="c")
    assert named(suggestion(nowhere), NOW).key == "outings.named"


def test_the_time_to_leave_comes_from_the_way() -> None:
    assert ahead_min(suggestion(walk_min=6)) == 30
    assert ahead_min(suggestion(walk_min=25)) == 45
    assert ahead_min(suggestion(walk_min=200)) == 90
    assert ahead_min(suggestion()) == 60


def test_the_agenda_has_it_by_the_wall_clock_with_what_is_needed() -> None:
    made = entry_of(suggestion(walk_min=6), NOW)
    assert (made.day, made.times) == (STARTS.date(), (STARTS.time(),))
    assert made.place == "De Vijver, Dorpsstraat 1"
    assert (made.source, made.activity) == ("gemeente", "koffie")
    assert (made.bring, made.ahead_min) == ("een kopje", 30)


def test_why_is_what_weighed_and_nothing_else() -> None:
    book = load_phrasebook()
    reasons = (
        Because(Reason.LIKED, 30, Category.MUSIC),
        Because(Doubt.FAR, -10),
        Because(Reason.FREE, 5),
        Because(Reason.NEW, 2, Category.MUSIC),
    )
    lines = tell_why(reasons, book)
    assert [line.key for line in lines] == ["outings.why.liked", "outings.why.free"]
    assert lines[0].facts == {"kind": "muziek"}
    assert [line.key for line in tell_why((), book)] == ["outings.why.nothing"]


def test_the_card_holds_what_when_where_and_cost() -> None:
    shown = card_of(suggestion(walk_min=6), load_phrasebook(), NOW).splitlines()
    assert shown == [
        "Koffieochtend",
        "Overmorgen om tien uur 's ochtends",
        "De Vijver",
        "Zes minuten lopen",
    ]


def test_a_number_is_said_digit_by_digit() -> None:
    contact = Contact(name="mevrouw Bakker", phone="0600000001")
    activity = Activity(id="a", source="b", title="c", contact=contact)
    found = number_lines(activity)
    assert found is not None
    line, shown = found
    assert line.facts["number"] == "0 6, 0 0, 0 0, 0 0, 0 1"
    assert shown == "mevrouw Bakker 06 00 00 00 01"
    assert number_lines(COFFEE) is None


def planned(hour: int, minute: int = 0) -> Planned:
    wall = datetime(2027, 3, 29, hour, minute)  # noqa: DTZ001
    entry = Entry(EntryId(1), Kind.APPOINTMENT, "Koffie", wall.date(), NOW)
    return Planned(entry, wall, wall, is_all_day=False)


def test_what_became_of_it_is_seen_by_status_and_time() -> None:
    assert state_of(COFFEE, planned(10), NOW) is None
    assert state_of(COFFEE, planned(10, 10), NOW) is None
    assert state_of(COFFEE, planned(14), NOW) is Off.CHANGED
    cancelled = replace(COFFEE, status=Status.CANCELLED)
    assert state_of(cancelled, planned(10), NOW) is Off.CANCELLED
    full = replace(COFFEE, status=Status.FULL)
    assert state_of(full, planned(10), NOW) is Off.FULL
    # Of what nobody knows any more nothing is claimed.
    assert state_of(None, planned(10), NOW) is None


def test_a_past_day_as_people_say_it() -> None:
    today = NOW.date()
    said = [say_past_day(today - timedelta(days=n), today) for n in (1, 2, 3)]
    assert said == ["gisteren", "eergisteren", "afgelopen woensdag"]
