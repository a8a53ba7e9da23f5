"""Asking for somebody, by name and by what they are."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from companion.people import Person, PersonId, Relation, make_person
from companion.settings import CheckInSettings, Settings
from hardware.panel import Button
from tests.stories.home_with_phone import at_home
from tests.stories.paper_phone import PaperPhone
from tests.stories.person import Answers, Home, living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run
from voice.hearing import Heard

START = datetime(2026, 3, 23, 14, 0, tzinfo=AMSTERDAM)


def person(number: int, name: str, relation: Relation) -> Person:
    made = make_person(name, relation.value, START)
    return Person(PersonId(number), name, made.spoken_name, relation, None, START)


GEERTRUIDA = person(1, "Geertruida Bos", Relation.DAUGHTER)
WIES = person(2, "Wies Bos", Relation.DAUGHTER)
PIET = person(3, "Piet Bakker", Relation.NEIGHBOUR)


def wished(
    folder: Path,
    people: Sequence[Person],
    wish: str,
    answers: dict[str, str | Heard | list[str | Heard | None] | None] | None = None,
) -> Home:
    """One press on the talk button, and a wish."""

    async def listed() -> Sequence[Person]:
        return people

    async def story() -> Home:
        said = Answers({"conversation.wish": wish, **(answers or {})}, base={})
        settings = Settings(checkin=CheckInSettings(is_on=False))
        async with living(folder, START, said, settings, people=listed) as home:
            await home.press(Button.TALK, 180)
            assert home.companion.director.is_free
            return home

    folder.mkdir(exist_ok=True)
    return run(story(), VirtualLoop())


def told(home: Home) -> list[str]:
    """Who can be called, of all that was said."""
    start, end = "U kunt ", " wel bellen met uw eigen telefoon."
    texts = [text for text in home.person.texts() if text.endswith(end)]
    return [text.removeprefix(start).removesuffix(end) for text in texts]


@pytest.mark.parametrize(
    ("wish", "who"),
    [
        ("bel geertruida", ["Geertruida"]),
        ("ik wil piet bellen", ["Piet"]),
        ("bel de buurman", ["Piet"]),
        # Nobody is named: the first of the list, as the family button does.
        ("bel mijn familie", ["Geertruida"]),
    ],
)
def test_who_is_named_is_who_is_meant(
    tmp_path: Path, wish: str, who: list[str]
) -> None:
    home = wished(tmp_path, [GEERTRUIDA, PIET], wish)
    assert told(home) == who
    assert "calling.who.ask" not in home.person.keys()


def test_a_name_that_cannot_be_heard_has_another_way(tmp_path: Path) -> None:
    home = wished(tmp_path, [GEERTRUIDA, PIET], "bel mijn dochter")
    assert told(home) == ["Geertruida"]


def test_of_two_daughters_it_asks_which(tmp_path: Path) -> None:
    both = [GEERTRUIDA, WIES, PIET]
    second = wished(
        tmp_path / "b", both, "bel mijn dochter", {"calling.who": ["nee", "ja"]}
    )
    assert told(second) == ["Wies"]
    assert [text for text in second.person.texts() if "Bedoelt" in text] == [
        "Bedoelt u Geertruida?",
        "Bedoelt u Wies?",
    ]
    first = wished(tmp_path / "a", both, "bel mijn dochter", {"calling.who": "ja"})
    assert told(first) == ["Geertruida"]
    neither = wished(tmp_path / "c", both, "bel mijn dochter", {"calling.who": "nee"})
    assert told(neither) == []
    assert neither.person.keys()[-1] == "calling.nobody_chosen"


def test_who_is_not_in_the_list_is_not_mistaken_for_who_is(tmp_path: Path) -> None:
    home = wished(tmp_path, [GEERTRUIDA, PIET], "bel mijn zoon")
    assert told(home) == []
    assert home.person.keys()[-1] == "calling.not_listed"


def test_until_calls_are_set_up_there_is_the_number(tmp_path: Path) -> None:
    anna = replace(GEERTRUIDA, phone="+31612345678")

    async def nobody_can_be_rung(home: Home, phone: PaperPhone) -> None:
        await home.press(Button.FAMILY, 60)
        assert phone.calls == []

    answers: dict[str, str | Heard | list[str | Heard | None] | None] = {
        "calling.number_again": "nee"
    }
    without = wished(tmp_path / "a", [anna, PIET], "bel mijn familie", answers)
    # A phone that nobody was invited to does no more.
    with_phone = at_home(
        tmp_path / "b", nobody_can_be_rung, answers=answers, people=[anna, PIET]
    )
    for home in (without, with_phone):
        keys = home.person.keys()
        at = keys.index("calling.family")
        assert keys[at : at + 4] == [
            "calling.family",
            "calling.family_person",
            "calling.number",
            "calling.number_again.ask",
        ]
        assert any(view.alert for view in home.screen.views)


def test_the_grammar_knows_who_was_added_since_the_start(tmp_path: Path) -> None:
    people = [GEERTRUIDA]
    home = wished(tmp_path / "a", people, "bel mijn familie")
    assert "bel piet" not in home.person.expectations[0].phrases
    people.append(PIET)
    home = wished(tmp_path / "b", people, "bel mijn familie")
    assert "bel piet" in home.person.expectations[0].phrases
    assert "bel geertruida" in home.person.expectations[0].phrases
