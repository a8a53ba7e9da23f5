"""Who is told of a check-in that nobody answered, and what is kept of it."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from calls.messages import Alarm, AlarmOver, Role
from companion.alarms import (
    KIND,
    REACHED_WITHIN,
    AlarmRecord,
    Standing,
    may_be_told,
    standing,
    to_send,
)
from companion.checkins import Outcome
from companion.consent import Agreement
from companion.journal import Journal
from companion.memory import Memory
from companion.people import People, Person, PersonId, make_person
from companion.store import (
    StoreError,
    open_memory_store,
    open_store,
    read_migrations,
)
from tests.stories.person import Card
from tests.virtual_time import AMSTERDAM

NOW = datetime(2026, 3, 25, 9, 31, tzinfo=AMSTERDAM)
EVER = (NOW - timedelta(days=4000), NOW + timedelta(days=1))
LATER = NOW + timedelta(hours=1)

TOLD = frozenset({Agreement.MISSED_CHECK_IN})


def person(
    number: int,
    role: Role | None = Role.FAMILY,
    agreed: frozenset[Agreement] = TOLD,
    video: str | None = "member",
) -> Person:
    made = make_person(f"Iemand {number}", "family", NOW)
    return replace(
        made,
        id=PersonId(number),
        role=role,
        agreed=agreed,
        video=f"{video}-{number}" if video else None,
    )


def alarm(*people: int, key: str = "a1") -> AlarmRecord:
    return AlarmRecord(key, NOW, tuple(map(PersonId, people)))


# -- whom, and what the hub must know ------------------------------------------------


def test_close_family_is_told_first_and_then_the_order_of_the_list() -> None:
    people = [
        person(1),
        person(2, Role.CLOSE_FAMILY),
        person(3, Role.COORDINATOR),
        person(4, Role.CLOSE_FAMILY),
    ]
    assert [each.id for each in may_be_told(people)] == [2, 4, 1, 3]


def test_only_who_was_agreed_upon_and_follows_is_told() -> None:
    others = frozenset(Agreement) - TOLD
    assert may_be_told([person(1, agreed=others), person(2, video=None)]) == []


def test_an_alarm_goes_to_the_hub_until_it_has_it() -> None:
    people = [person(1), person(2)]
    first, second = to_send(alarm(2, 1), people), to_send(alarm(2, 1), people)
    assert first is not None and second is not None
    assert isinstance(first.message, Alarm)
    assert first.message.alarm == "a1"
    assert first.message.kind == KIND
    assert first.message.at == NOW.timestamp()
    assert first.message.members == ("member-2", "member-1")
    # The same alarm, but never taken for the same message.
    assert isinstance(second.message, Alarm)
    assert second.message.alarm == "a1" and second.message.id != first.message.id
    assert to_send(replace(alarm(2, 1), kept_at=NOW), people) is None


def test_who_may_be_told_no_longer_is_taken_off() -> None:
    kept = replace(alarm(1, 2), kept_at=NOW)
    for left in ([person(2)], [person(1, agreed=frozenset()), person(2)]):
        sending = to_send(kept, left)
        assert sending is not None and isinstance(sending.message, Alarm)
        assert sending.message.members == ("member-2",)
        assert sending.people == (2,)
    nobody = to_send(kept, [])
    assert nobody is not None and isinstance(nobody.message, Alarm)
    assert nobody.message.members == ()


def test_an_alarm_without_anybody_to_tell_is_not_sent() -> None:
    assert to_send(alarm(1), []) is None


def test_who_was_agreed_upon_later_is_not_told_of_what_was_before() -> None:
    assert to_send(replace(alarm(1), kept_at=NOW), [person(1), person(2)]) is None


def test_that_it_is_over_is_sent_and_nothing_after_it() -> None:
    people = [person(1)]
    for is_kept in (None, NOW):
        over = replace(alarm(1), kept_at=is_kept, over_at=LATER)
        sending = to_send(over, people)
        assert sending is not None and isinstance(sending.message, AlarmOver)
        assert sending.message.alarm == "a1"
        assert to_send(replace(over, over_kept_at=LATER), people) is None


def test_of_an_alarm_that_somebody_took_nothing_more_is_sent() -> None:
    taken = replace(alarm(1, 2), kept_at=NOW, acknowledged_at=LATER)
    assert to_send(taken, [person(1)]) is None


def test_how_it_stands_with_every_alarm() -> None:
    moments = (None, NOW)
    for kept_at, acknowledged_at, late in product(moments, moments, (False, True)):
        one = replace(alarm(1), kept_at=kept_at, acknowledged_at=acknowledged_at)
        now = NOW + REACHED_WITHIN + timedelta(seconds=1 if late else 0)
        expected = (
            Standing.LOOKING
            if acknowledged_at
            else Standing.ASKED
            if kept_at
            else Standing.UNREACHED
            if late
            else Standing.ASKING
        )
        assert standing(one, now) is expected


# -- kept on the card ------------------------------------------------------------------


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Card]:
    store = open_store(tmp_path / "journal.db", NOW)
    yield Card(store)
    store.close()


async def outcomes(journal: Journal) -> list[Outcome | None]:
    return [c.outcome for c in await journal.check_ins(NOW.date(), NOW.date())]


async def test_a_missed_check_in_and_its_alarm_are_kept_together(card: Card) -> None:
    await card.record_missed(NOW.date(), NOW, alarm(3, 1))
    assert await outcomes(card) == [Outcome.MISSED]
    assert await card.alarms(*EVER) == [alarm(3, 1)]


async def test_neither_is_kept_without_the_other(card: Card) -> None:
    await card.record_missed(NOW.date(), NOW, alarm(1))
    with pytest.raises(StoreError):
        await card.record_missed(NOW.date(), NOW, alarm(1))
    assert await outcomes(card) == [Outcome.MISSED]


async def test_an_alarm_comes_back_as_it_was_kept(card: Card) -> None:
    done = AlarmRecord(
        "a1",
        NOW,
        (PersonId(2), PersonId(1)),
        kept_at=NOW + timedelta(seconds=1),
        acknowledged_by=PersonId(1),
        acknowledged_at=NOW + timedelta(minutes=2),
        over_at=NOW + timedelta(minutes=3),
        over_kept_at=NOW + timedelta(minutes=4),
    )
    for one in (alarm(2, 1), done):
        await card.keep_alarm(one)
        assert await card.alarms(*EVER) == [one]
    export = json.loads(json.dumps(await card.export()))
    assert export["alarms"][0]["acknowledged_by"] == 1
    assert export["alarms"][0]["people"] == [2, 1]


async def test_alarms_are_forgotten_once_the_hub_knows_that_they_are_over(
    card: Card,
) -> None:
    over = replace(alarm(1, key="over"), over_at=NOW, over_kept_at=NOW)
    not_yet = replace(alarm(1, key="not-yet"), over_at=NOW)

    async def forget_all() -> None:
        await card.forget_all()

    async def forget_since() -> None:
        await card.forget_since(NOW - timedelta(hours=1))

    async def grow_old() -> None:
        await card.apply_retention(30, NOW.date() + timedelta(days=33))

    for forget in (forget_all, forget_since, grow_old):
        await card.keep_alarm(over)
        await card.keep_alarm(not_yet)
        await forget()
        assert [each.id for each in await card.alarms(*EVER)] == ["not-yet"]
    # By then the hub tells nobody any more.
    await card.apply_retention(30, NOW.date() + timedelta(days=40))
    assert await card.alarms(*EVER) == []


async def test_who_is_forgotten_is_in_no_alarm(tmp_path: Path) -> None:
    store = open_store(tmp_path / "journal.db", NOW)
    people, journal = People(store), Journal(store)
    for number in range(1, 12):
        people.add(make_person(f"Iemand{number}", "family", NOW))
    await journal.keep_alarm(replace(alarm(1, 11, 2), acknowledged_by=PersonId(1)))
    people.remove(PersonId(1))
    (kept,) = await journal.alarms(*EVER)
    assert kept.people == (11, 2)
    assert kept.acknowledged_by is None
    await journal.close()


async def test_what_the_card_refuses_is_kept_until_it_works(card: Card) -> None:
    memory = Memory(card, Journal(open_memory_store()), lambda is_faulty: None)
    card.refuses = "all"
    await memory.record_missed(NOW.date(), NOW, alarm(1))
    assert [c.outcome for c in await memory.check_ins(NOW.date(), NOW.date())] == [
        Outcome.MISSED
    ]
    await memory.keep_alarm(replace(alarm(1), kept_at=NOW))
    assert await memory.alarms(*EVER) == [replace(alarm(1), kept_at=NOW)]
    card.refuses = ""
    await memory.keep_alarm(replace(alarm(1), kept_at=NOW, over_at=LATER))
    assert await card.alarms(*EVER) == [replace(alarm(1), kept_at=NOW, over_at=LATER)]


def test_a_device_from_before_gets_the_table(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    before = sqlite3.connect(path)
    for statements in read_migrations()[:4]:
        for statement in statements:
            before.execute(statement)
    before.execute("PRAGMA user_version = 4")
    before.commit()
    before.close()
    store = open_store(path, NOW)
    assert store.was_damaged is None
    assert store.alarms(0, 9e9) == []
    store.close()
