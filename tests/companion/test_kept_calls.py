"""Calls on the card: kept, shown, taken along and forgotten like all that was told."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from calls.call_messages import Reason
from calls.messages import Role
from companion.callbook import CallRecord, Direction
from companion.consent import Agreement, Consent, Way
from companion.journal import Journal
from companion.memory import MOST_PENDING, Memory
from companion.people import (
    People,
    PersonError,
    PersonId,
    make_person,
    say_phone,
    show_phone,
)
from companion.store import open_memory_store, open_store, read_migrations
from tests.stories.person import Card
from tests.virtual_time import AMSTERDAM

NOW = datetime(2026, 3, 25, 15, 0, tzinfo=AMSTERDAM)
EVER = (NOW - timedelta(days=4000), NOW + timedelta(days=1))
STRANGER = "Onbekende Beller"


def call(key: str = "a", minutes_ago: float = 5.0) -> CallRecord:
    began = NOW - timedelta(minutes=minutes_ago)
    return CallRecord(key, Direction.IN, None, STRANGER, began)


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Card]:
    store = open_store(tmp_path / "journal.db", NOW)
    yield Card(store)
    store.close()


async def test_a_call_comes_back_as_it_was_kept(card: Card) -> None:
    begun = call()
    await card.keep_call(begun)
    assert await card.calls(*EVER) == [begun]
    ended = replace(
        begun,
        person=PersonId(3),
        name=None,
        answered_at=NOW - timedelta(minutes=4),
        ended_at=NOW,
        reason=Reason.LOST,
        told_at=NOW,
    )
    await card.keep_call(ended)
    older = call("b", 60)
    await card.keep_call(older)
    assert await card.calls(*EVER) == [older, ended]
    assert await card.calls(NOW - timedelta(minutes=10), NOW) == [ended]


async def test_a_call_can_be_taken_along(card: Card) -> None:
    await card.keep_call(replace(call(), reason=Reason.QUIET))
    export = json.loads(json.dumps(await card.export()))
    (kept,) = export["calls"]
    assert kept["direction"] == "in"
    assert kept["reason"] == "quiet"
    assert kept["name"] == STRANGER
    assert kept["began_at"] == "2026-03-25T14:55:00+01:00"


async def test_calls_are_forgotten_with_the_rest(card: Card, tmp_path: Path) -> None:
    async def forget_all() -> None:
        await card.forget_all()

    async def forget_since() -> None:
        await card.forget_since(NOW - timedelta(hours=1))

    async def grow_old() -> None:
        await card.apply_retention(30, NOW.date() + timedelta(days=40))

    for forget in (forget_all, forget_since, grow_old):
        await card.keep_call(call())
        assert STRANGER.encode() in bytes_of(tmp_path)
        await forget()
        assert await card.calls(*EVER) == []
        assert STRANGER.encode() not in bytes_of(tmp_path)


async def test_who_is_forgotten_leaves_no_calls(tmp_path: Path) -> None:
    store = open_store(tmp_path / "journal.db", NOW)
    people, journal = People(store), Journal(store)
    anna = people.add(make_person("Anna Bos", "daughter", NOW))
    assert anna.id is not None
    await journal.keep_call(replace(call(), person=anna.id, name=None))
    await journal.keep_call(call("b"))
    people.remove(anna.id)
    assert [c.key for c in await journal.calls(*EVER)] == ["b"]
    await journal.close()


# -- a card that refuses -------------------------------------------------------------


async def test_what_the_card_refuses_is_kept_until_it_works(card: Card) -> None:
    faults: list[bool] = []
    memory = Memory(card, Journal(open_memory_store()), faults.append)
    card.refuses = "all"
    await memory.keep_call(call())
    await memory.keep_call(replace(call(), reason=Reason.UNANSWERED))
    assert faults[-1] is True
    # Known meanwhile, as it stands now.
    assert [c.reason for c in await memory.calls(*EVER)] == [Reason.UNANSWERED]
    assert await memory.calls(NOW, EVER[1]) == []
    card.refuses = ""
    await memory.remember_volume(3)
    assert faults[-1] is False
    assert [c.reason for c in await card.calls(*EVER)] == [Reason.UNANSWERED]
    await memory.close()


async def test_what_waits_for_the_card_has_an_end(card: Card) -> None:
    memory = Memory(card, Journal(open_memory_store()), lambda _: None)
    card.refuses = "write"
    for number in range(MOST_PENDING + 5):
        await memory.keep_call(call(str(number), minutes_ago=500 - number))
    kept = await memory.calls(*EVER)
    assert len(kept) == MOST_PENDING
    assert kept[-1].key == str(MOST_PENDING + 4)
    await memory.forget_all()
    assert await memory.calls(*EVER) == []
    card.refuses = ""
    await memory.close()


# -- people ---------------------------------------------------------------------------


def test_a_list_of_the_second_version_gets_room_for_addresses(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    connection = sqlite3.connect(path)
    for statements in read_migrations()[:2]:
        for statement in statements:
            connection.execute(statement)
    connection.execute("PRAGMA user_version = 2")
    connection.execute(
        "INSERT INTO person VALUES (1, 'Anna Bos', 'Anna', 'daughter', NULL, ?)",
        (NOW.isoformat(),),
    )
    connection.commit()
    connection.close()
    store = open_store(path, NOW)
    (anna,) = People(store).all()
    assert (anna.spoken_name, anna.video) == ("Anna", None)
    assert (anna.role, anna.agreed) == (None, frozenset())
    store.close()


def test_what_was_agreed_about_somebody_is_kept(tmp_path: Path) -> None:
    store = open_store(tmp_path / "journal.db", NOW)
    people = People(store)
    anna = people.add(
        replace(make_person("Anna Bos", "daughter", NOW), video="member-1")
    )
    assert people.all() == [anna]
    night = Consent(anna.id or 0, Agreement.QUIET_HOURS, True, Way.VOICE, NOW)
    with pytest.raises(PersonError, match="not_invited"):
        people.agree([night])
    people.change(replace(anna, role=Role.FAMILY))
    with pytest.raises(PersonError, match="not_close"):
        people.agree([night])
    people.change(replace(anna, role=Role.CLOSE_FAMILY))
    seen = replace(night, agreement=Agreement.PRESENCE)
    people.agree([night, seen, replace(night, is_given=False)])
    (agreed,) = people.all()
    assert agreed.agreed == {Agreement.PRESENCE}
    assert people.consents() == [night, seen, replace(night, is_given=False)]
    with pytest.raises(PersonError, match="unknown"):
        people.agree([seen, replace(seen, person=99)])
    # One member is one person.
    piet = replace(make_person("Piet Bos", "son", NOW), video="member-1")
    with pytest.raises(PersonError, match="same_video"):
        people.add(piet)
    people.change(replace(agreed, video=None))
    people.add(piet)
    # Who has no address shares nothing.
    people.add(make_person("Wim Bos", "son", NOW))
    store.close()


@pytest.mark.parametrize(
    ("phone", "shown", "said"),
    [
        ("+31612345678", "06 12 34 56 78", "0 6, 1 2, 3 4, 5 6, 7 8"),
        ("+4930123456", "00 49 30 12 34 56", "0 0, 4 9, 3 0, 1 2, 3 4, 5 6"),
        ("+32212345678", "00 32 21 23 45 678", "0 0, 3 2, 2 1, 2 3, 4 5, 6 7 8"),
    ],
)
def test_a_number_is_told_in_pairs(phone: str, shown: str, said: str) -> None:
    assert show_phone(phone) == shown
    assert say_phone(phone) == said
