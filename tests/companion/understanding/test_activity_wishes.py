"""What is asked for of things to do, and what people tell of what they like and can."""

from datetime import date, datetime

import pytest

from companion.activities.record import Category
from companion.activities.suggesting import ANYTHING, Wish
from companion.activities.tastes import Aid, PartOfDay
from companion.understanding.activity_wishes import (
    ANY_COST,
    FAR_M,
    NOT_FAR_M,
    TasteTold,
    find_activity_wish,
    read_taste,
    read_wish,
)
from companion.understanding.intents import Intent
from companion.understanding.worded import WORDED, find_worded
from tests.virtual_time import AMSTERDAM

# A Sunday.
NOW = datetime(2026, 11, 22, 14, 10, tzinfo=AMSTERDAM)
MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("wat is er te doen", ANYTHING),
        ("ik verveel me", ANYTHING),
        ("ik wil onder de mensen", ANYTHING),
        ("ik heb niets te doen", ANYTHING),
        ("wat kan ik morgen doen", Wish(days=(MONDAY,))),
        ("is er iets met muziek", Wish(frozenset({Category.MUSIC}))),
        ("waar kan ik kaarten", Wish(frozenset({Category.GAMES}))),
        ("iets gratis", Wish(is_free=True)),
        ("iets dichtbij graag", Wish(is_near=True)),
        (
            "is er morgenmiddag iets gratis met muziek in de buurt",
            Wish(
                frozenset({Category.MUSIC}),
                (MONDAY,),
                PartOfDay.AFTERNOON,
                is_free=True,
                is_near=True,
            ),
        ),
    ],
)
def test_what_is_asked_for(said: str, wish: Wish) -> None:
    assert find_worded(said, WORDED) is Intent.ACTIVITIES
    assert read_wish(said, NOW) == wish


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("ik houd van zingen", TasteTold(likes=(Category.MUSIC,))),
        ("ik houd niet van kaarten", TasteTold(dislikes=(Category.GAMES,))),
        ("van bingo houd ik niet", TasteTold(dislikes=(Category.GAMES,))),
        ("ik vind wandelen niet leuk", TasteTold(dislikes=(Category.WALKING,))),
        ("ik heb een hekel aan bingo", TasteTold(dislikes=(Category.GAMES,))),
        ("ik wandel graag", TasteTold(likes=(Category.WALKING,))),
        ("ik loop met een rollator", TasteTold(aid=Aid.ROLLATOR)),
        ("ik loop zonder rollator", TasteTold(aid=Aid.NONE)),
        ("ik loop niet meer met een rollator", TasteTold(aid=Aid.NONE)),
        ("ik zit in een rolstoel", TasteTold(aid=Aid.WHEELCHAIR)),
        ("ik kan niet ver lopen", TasteTold(walks_m=NOT_FAR_M)),
        ("ik kan nog goed lopen", TasteTold(walks_m=FAR_M)),
        ("ik kan ongeveer vierhonderd meter lopen", TasteTold(walks_m=400)),
        ("ik kan tien minuten lopen", TasteTold(walks_m=500)),
        ("ik kan een kwartier lopen", TasteTold(walks_m=750)),
        ("ik heb vervoer nodig", TasteTold(needs_transport=True)),
        ("ik heb geen vervoer nodig", TasteTold(needs_transport=False)),
        ("ik ga liever 's ochtends", TasteTold(part=PartOfDay.MORNING)),
        ("liever 's middags", TasteTold(part=PartOfDay.AFTERNOON)),
        ("het moet gratis zijn", TasteTold(most_cents=0)),
        ("het mag hooguit vijf euro kosten", TasteTold(most_cents=500)),
        ("het mag best wat kosten", TasteTold(most_cents=ANY_COST)),
        ("ik ben graag onder de mensen", TasteTold(wants_company=True)),
        ("ik ben liever alleen", TasteTold(wants_company=False)),
    ],
)
def test_what_is_told_of_oneself(said: str, told: TasteTold) -> None:
    assert find_activity_wish(said) is Intent.TASTE
    assert read_taste(said) == told


@pytest.mark.parametrize(
    "said",
    [
        "",
        "wat kunt u allemaal doen",
        "ik houd van mijn dochter",
        "de rollator staat in de gang",
        "vroeger zong ik in een koor",
        "ik kan niet meer lopen",
        "ik zoek iemand die met mij wandelt",
        "de trein stopt niet meer in ons dorp",
        "ik wil naar bed",
    ],
)
def test_what_is_something_else(said: str) -> None:
    assert find_activity_wish(said) is None


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("wat is er morgen te doen", Intent.ACTIVITIES),
        ("wat heb ik morgen te doen", Intent.TELL_AGENDA),
        ("wat heb ik morgen", Intent.TELL_AGENDA),
        ("zet morgen om tien uur koffie in mijn agenda", Intent.NOTE_DOWN),
        ("herinner mij morgen aan het koor", Intent.REMIND),
    ],
)
def test_the_agenda_and_what_there_is_to_do_are_told_apart(
    said: str, intent: Intent
) -> None:
    assert find_worded(said, WORDED) is intent


def test_only_what_is_expected_is_found() -> None:
    assert find_worded("wat is er te doen", {Intent.TASTE, Intent.REMIND}) is None
