"""Who is around the person."""

import inspect
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from companion import family_line, inviting
from companion import people as module
from companion.cli import main
from companion.commands.texts import Texts
from companion.people import (
    People,
    Person,
    PersonError,
    PersonId,
    Relation,
    make_person,
    read_phone,
)
from companion.store import open_store

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    store = open_store(tmp_path / "journal.db", NOW)
    yield People(store)
    store.close()


def anja(**changes: str) -> Person:
    given = {"name": "Anja Voorbeeld", "relation": "daughter", **changes}
    return make_person(now=NOW, **given)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("06-12345678", "+31612345678"),
        ("06 12 34 56 78", "+31612345678"),
        ("020 123 4567", "+31201234567"),
        ("(020) 123.45.67", "+31201234567"),
        ("088 0767 000", "+31880767000"),
        ("+31 6 12345678", "+31612345678"),
        ("+31 (0)6 12345678", "+31612345678"),
        ("0031612345678", "+31612345678"),
        ("+32 470 12 34 56", "+32470123456"),
        ("0049 30 123456", "+4930123456"),
    ],
)
def test_a_number_is_read_as_people_write_it(written: str, number: str) -> None:
    assert read_phone(written) == number
    assert read_phone(number) == number


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("112", "phone_dutch"),
        ("0612345", "phone_dutch"),
        ("06123456789", "phone_dutch"),
        ("0900 1234567", "phone_dutch"),
        ("0800 1234567", "phone_dutch"),
        ("+31 061234567", "phone_dutch"),
        ("1612345678", "phone_dutch"),
        ("+31 6 1234", "phone_international"),
        ("+316123456789", "phone_dutch"),
        ("+1234567890123456", "phone_international"),
        ("+0612345678", "phone_international"),
        ("06-1234567a", "phone_characters"),
        ("06+12345678", "phone_characters"),
        ("sip:anja@voorbeeld", "phone_characters"),
        ("٠٦١٢٣٤٥٦٧٨", "phone_dutch"),
        ("   ", "phone_dutch"),
    ],
)
def test_what_is_no_persons_number_is_refused(written: str, reason: str) -> None:
    with pytest.raises(PersonError) as caught:
        read_phone(written)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "  "}, "name"),
        ({"name": "123"}, "name"),
        ({"name": "An\x07ja"}, "name"),
        ({"name": "a" * 61}, "name_long"),
        ({"spoken_name": "!"}, "name"),
        ({"relation": "dochter"}, "relation"),
        ({"phone": "06"}, "phone_dutch"),
    ],
)
def test_what_is_no_person_is_refused(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(PersonError) as caught:
        anja(**changes)
    assert caught.value.reason == reason
    for text in changes.values():
        assert text.strip() == "" or text not in str(caught.value)


def test_a_person_is_named_by_the_first_name_unless_said_otherwise() -> None:
    assert anja(name="  Anja   Voorbeeld ").name == "Anja Voorbeeld"
    assert anja().spoken_name == "Anja"
    assert anja(spoken_name="uw dochter").spoken_name == "uw dochter"


def test_people_come_back_as_they_were_kept(people: People) -> None:
    first = people.add(anja(phone="06-12345678", email="anja@post.voorbeeld.nl"))
    second = people.add(anja(name="Piet Voorbeeld", relation="son"))
    assert people.all() == [first, second]
    assert first.id is not None
    assert people.find(first.id) == first
    changed = replace(first, relation=Relation.FRIEND, phone=None, email=None)
    people.change(changed)
    assert people.all() == [changed, second]
    people.remove(first.id)
    assert people.all() == [second]


def test_somebody_who_is_not_there_cannot_be_changed(people: People) -> None:
    nobody = PersonId(7)
    for act in (
        lambda: people.remove(nobody),
        lambda: people.change(replace(anja(), id=nobody)),
        lambda: people.find(nobody),
    ):
        with pytest.raises(PersonError, match="unknown"):
            act()


def test_two_people_are_never_named_the_same_aloud(people: People) -> None:
    first = people.add(anja())
    with pytest.raises(PersonError, match="same_name"):
        people.add(anja(name="anja Anders"))
    second = people.add(anja(name="Anja Anders", spoken_name="Anja van hiernaast"))
    with pytest.raises(PersonError, match="same_name"):
        people.change(replace(second, spoken_name="ANJA"))
    people.change(first)


def test_a_person_shows_no_name_or_number_in_a_log() -> None:
    text = repr(anja(phone="06-12345678"))
    assert "Anja" not in text
    assert "612345678" not in text
    assert "daughter" in text


def test_somebody_who_was_removed_is_in_no_file(tmp_path: Path) -> None:
    store = open_store(tmp_path / "journal.db", NOW)
    people = People(store)
    person = people.add(anja(name="Wegwezen"))
    assert person.id is not None
    people.remove(person.id)
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"Wegwezen" not in content
    store.close()


# -- the command --------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., int]:
    file = tmp_path / "praatpaal.toml"
    file.write_text(f'[folders]\nstate = "{tmp_path}/state"\n', encoding="utf-8")
    return lambda *arguments: main(["--settings", str(file), "people", *arguments])


def test_from_the_command_line(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("list") == 0
    assert capsys.readouterr().out == "Er staat nog niemand in de lijst.\n"
    assert run("add", "Anja Voorbeeld", "daughter", "--phone", "0612345678") == 0
    assert capsys.readouterr().out == (
        "Anja Voorbeeld staat nu in de lijst, met nummer 1.\n"
    )
    assert run("edit", "1", "--spoken", "uw dochter Anja") == 0
    assert run("list") == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "1  Anja Voorbeeld (dochter), zegt: uw dochter Anja, telefoon +31612345678"
    )
    assert run("edit", "1", "--phone", "", "--email", "anja@post.voorbeeld.nl") == 0
    capsys.readouterr()
    assert run("list", "--json") == 0
    [shown] = json.loads(capsys.readouterr().out)
    assert shown["phone"] is None
    assert shown["email"] == "anja@post.voorbeeld.nl"
    assert shown["spoken_name"] == "uw dochter Anja"
    assert run("remove", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"removed": 1}


@pytest.mark.parametrize(
    "arguments",
    [
        ("remove", "9"),
        ("edit", "9", "--name", "Piet"),
        ("add", "Piet", "son", "--phone", "12"),
        ("add", "Piet", "son", "--email", "piet"),
        ("add", "", "son"),
    ],
)
def test_a_mistake_is_one_sentence(
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
) -> None:
    assert run(*arguments) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1


def test_settings_that_are_broken_are_explained(
    run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "praatpaal.toml").write_text("[mouth]\nvolume = 9\n")
    assert run("list") == 1
    assert "volume is 9" in capsys.readouterr().err


def test_a_store_that_cannot_be_opened_is_one_sentence(
    run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state").write_text("in the way")
    assert run("list") == 1
    assert capsys.readouterr().err == (
        "Het dagboek kan niet worden geopend of beschreven.\n"
    )


def test_every_relation_and_every_mistake_has_its_words() -> None:
    relations = Texts("people", "relations").names
    assert relations == {relation.value for relation in Relation}
    named = {"not_running", "failed"}
    for source in (module, inviting, family_line):
        text = inspect.getsource(source)
        named |= set(re.findall(r'(?:PersonError|Refused)\("(\w+)"', text))
    # Only a program that is not ours asks so that it is not understood.
    assert Texts("people", "errors").names == named - {"not_understood"}
