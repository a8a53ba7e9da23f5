"""What is agreed holds on the device at once, and the hub is corrected to it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calls.messages import Agree, Member, Members, Role, UsedToday, Withdraw
from calls.wire import Message
from companion.consent import Agreement, Way
from companion.following import Following, corrections
from companion.people import (
    People,
    Person,
    PersonError,
    PersonId,
    Relation,
    make_person,
)
from companion.renewing import Rounds
from companion.rows import ConsentRow
from companion.store import Store, StoreError, open_memory_store, open_store
from tests.virtual_time import VirtualLoop, run

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ANNA = PersonId(1)
P, U, Q = Agreement.PRESENCE, Agreement.USE, Agreement.QUIET_HOURS


def member(
    name: str = "member-1",
    role: Role = Role.FAMILY,
    *,
    presence: bool = False,
    use: bool = False,
    has_joined: bool = True,
) -> Member:
    return Member(name, "Anna", role, has_joined, True, presence, use)


class Hub:
    """A hub that does what it is told, and tells who follows after it."""

    def __init__(self, *members: Member) -> None:
        self.members = {each.member: each for each in members}
        self.received: list[Message] = []
        self.is_there = True
        self._listeners: list[Callable[[Message], None]] = []

    def on_message(self, callback: Callable[[Message], None]) -> None:
        self._listeners.append(callback)

    async def deliver(self, message: Message) -> bool:
        if not self.is_there:
            return False
        self.received.append(message)
        match message:
            case Agree(member=name):
                self.members[name] = member(
                    name,
                    message.role,
                    presence=message.sees_presence,
                    use=message.sees_use,
                )
                self.tells()
            case Withdraw(member=name):
                self.members.pop(name, None)
                self.tells()
        return True

    def tells(self) -> None:
        for listener in self._listeners:
            listener(Members(tuple(self.members.values())))


class Card(Store):
    """A store whose card refuses what is written."""

    refuses = False

    def add_consents(self, rows: Sequence[ConsentRow]) -> None:
        self._refuse()
        super().add_consents(rows)

    def withdraw_person(self, number: int, taken_back: Sequence[ConsentRow]) -> bool:
        self._refuse()
        return super().withdraw_person(number, taken_back)

    def put_state(self, **values: str | None) -> None:
        self._refuse()
        super().put_state(**values)

    def _refuse(self) -> None:
        if self.refuses:
            raise StoreError("the card refuses")


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Card]:
    opened = open_store(tmp_path / "journal.db", NOW)
    card = Card(opened._connection, opened.path, None)
    yield card
    card.close()


def with_anna(card: Card, role: Role = Role.FAMILY) -> People:
    people = People(card)
    made = make_person("Anna Bos", "daughter", NOW)
    people.add(
        Person(
            None,
            made.name,
            made.spoken_name,
            made.relation,
            None,
            NOW,
            "member-1",
            role,
        )
    )
    return people


@asynccontextmanager
async def running(following: Following) -> AsyncIterator[None]:
    task = asyncio.ensure_future(following.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


# -- what the hub must be told (pure) -----------------------------------------------


def anna(*agreements: Agreement, role: Role = Role.FAMILY) -> Person:
    return Person(
        ANNA, "Anna Bos", "Anna", Relation.DAUGHTER, None, NOW, "member-1", role,
        frozenset(agreements),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("person", "at_hub"),
    [
        (anna(P), member()),
        (anna(), member(presence=True)),
        (anna(U), member()),
        (anna(P), member(presence=True, use=True)),
        (anna(role=Role.CLOSE_FAMILY), member()),
    ],
)
def test_what_differs_is_told(person: Person, at_hub: Member) -> None:
    [agree] = corrections([person], [at_hub])
    assert isinstance(agree, Agree)
    assert (agree.member, agree.role) == ("member-1", person.role)
    assert agree.sees_presence is (P in person.agreed)
    assert agree.sees_use is (U in person.agreed)


def test_what_is_right_is_left_alone() -> None:
    assert corrections([anna(P, Q)], [member(presence=True)]) == []
    # Not known at the hub: who is to come is invited, and not told of.
    assert corrections([anna(P)], []) == []


def test_whom_nobody_in_the_list_is_goes() -> None:
    [withdraw] = corrections([anna()], [member(), member("member-9")])
    assert isinstance(withdraw, Withdraw) and withdraw.member == "member-9"


# -- in step ------------------------------------------------------------------------


def test_a_hub_that_was_away_is_right_when_it_comes(card: Card) -> None:
    async def story() -> None:
        people, hub = with_anna(card), Hub(member(), member("member-9"))
        hub.is_there = False
        following = Following(people, hub)
        async with running(following):
            assert await following.agree(ANNA, {P: True, U: False}, NOW)
            await asyncio.sleep(1)
            assert hub.received == []
            hub.is_there = True
            hub.tells()
            await asyncio.sleep(1)
            assert [type(m) for m in hub.received] == [Agree, Withdraw]
            assert hub.members == {"member-1": member(presence=True)}
            # A change is told at once.
            await following.agree(ANNA, {P: False}, NOW)
            await asyncio.sleep(1)
            assert hub.members == {"member-1": member()}
            assert await following.withdraw(ANNA, NOW)
            await asyncio.sleep(1)
            assert hub.members == {}
            assert not await following.followers()

    run(story(), VirtualLoop())


def test_a_hub_that_does_not_answer_is_told_again(card: Card) -> None:
    async def story() -> None:
        people, hub = with_anna(card), Hub(member(presence=True))
        following = Following(people, hub)
        async with running(following):
            hub.is_there = False
            hub.tells()
            await asyncio.sleep(50)
            hub.is_there = True
            await asyncio.sleep(20)
            assert hub.members == {"member-1": member()}

    run(story(), VirtualLoop())


def test_a_list_that_was_lost_sends_nobody_away() -> None:
    async def story() -> None:
        hub = Hub(member(presence=True))
        following = Following(People(open_memory_store()), hub)
        async with running(following):
            hub.tells()
            await asyncio.sleep(100)
            assert hub.received == [] and not following.is_sure

    run(story(), VirtualLoop())


def test_who_joined_is_known_as_soon_as_the_hub_tells(card: Card) -> None:
    async def story() -> None:
        people, hub = with_anna(card), Hub(member(has_joined=False))
        following = Following(people, hub)
        [one] = await following.followers()
        assert one.has_joined is None
        joined = asyncio.ensure_future(following.joined("member-1"))
        hub.tells()
        await asyncio.sleep(1)
        [one] = await following.followers()
        assert one.has_joined is False and not joined.done()
        hub.members["member-1"] = member()
        hub.tells()
        await joined
        await following.joined("member-1")
        [one] = await following.followers()
        assert one.has_joined is True

    run(story(), VirtualLoop())


# -- a card that refuses ------------------------------------------------------------


def test_what_ends_holds_though_the_card_refuses(card: Card) -> None:
    async def story() -> None:
        people, hub = with_anna(card), Hub(member(presence=True, use=True))
        following = Following(people, hub)
        async with running(following):
            assert await following.agree(ANNA, {P: True, U: True}, NOW)
            card.refuses = True
            assert not await following.agree(ANNA, {P: False}, NOW)
            hub.tells()
            await asyncio.sleep(1)
            [known] = await following.everybody()
            assert known.agreed == {U}
            assert hub.members == {"member-1": member(use=True)}
            assert not await following.withdraw(ANNA, NOW)
            await asyncio.sleep(1)
            [known] = await following.everybody()
            assert (known.video, known.role, known.agreed) == (None, None, frozenset())
            assert hub.members == {}
            assert people.find(ANNA).video == "member-1"
            # The card works again: it is kept by itself.
            card.refuses = False
            await asyncio.sleep(61)
            assert people.find(ANNA).video is None
            ended = [c.agreement for c in people.consents() if not c.is_given]
            assert ended == [P, U]

    run(story(), VirtualLoop())


def test_what_is_given_does_not_hold_when_the_card_refuses(card: Card) -> None:
    async def story() -> None:
        following = Following(with_anna(card))
        card.refuses = True
        assert not await following.agree(ANNA, {P: True}, NOW)
        [known] = await following.everybody()
        assert not known.agreed
        # Taken back, and given again when the card works.
        card.refuses = False
        await following.agree(ANNA, {P: True}, NOW)
        card.refuses = True
        await following.agree(ANNA, {P: False}, NOW)
        card.refuses = False
        assert await following.agree(ANNA, {P: True}, NOW)
        [known] = await following.everybody()
        assert known.agreed == {P}

    run(story(), VirtualLoop())


def test_what_was_told_is_remembered_though_the_card_refuses(card: Card) -> None:
    async def story() -> None:
        following = Following(with_anna(card))
        rounds = Rounds(NOW.date(), frozenset({1}))
        await following.keep_rounds(rounds)
        again = Following(People(card))
        assert await again.rounds() == rounds
        card.refuses = True
        later = Rounds(NOW.date() + timedelta(days=30), frozenset({1}))
        await again.keep_rounds(later)
        assert await again.rounds() == later

    run(story(), VirtualLoop())


# -- who may be given what ----------------------------------------------------------


async def test_what_may_not_be_given_is_refused(card: Card) -> None:
    following = Following(with_anna(card))
    with pytest.raises(PersonError, match="not_close"):
        await following.agree(ANNA, {Q: True}, NOW)
    with pytest.raises(PersonError, match="unknown"):
        await following.agree(PersonId(9), {P: True}, NOW)
    with pytest.raises(PersonError, match="unknown"):
        await following.withdraw(PersonId(9), NOW)
    await following.withdraw(ANNA, NOW)
    with pytest.raises(PersonError, match="not_invited"):
        await following.agree(ANNA, {P: True}, NOW)


async def test_an_invitation_anew_begins_with_nothing(card: Card) -> None:
    people = with_anna(card)
    following = Following(people)
    await following.agree(ANNA, {P: True}, NOW)
    await following.withdraw(ANNA, NOW, Way.COMMAND)
    people.change(anna(role=Role.CLOSE_FAMILY))
    assert not people.find(ANNA).agreed
    assert [(c.is_given, c.way) for c in people.consents()] == [
        (True, Way.VOICE), (False, Way.COMMAND),
    ]  # fmt: skip


# -- used today ---------------------------------------------------------------------


def test_used_is_told_as_soon_as_somebody_may_know(card: Card) -> None:
    async def story() -> None:
        people, hub = with_anna(card), Hub(member())
        following = Following(people, hub)
        async with running(following):
            hub.tells()
            for _ in range(3):
                following.used(NOW)
                await asyncio.sleep(1)
            assert hub.received == []
            await following.agree(ANNA, {U: True}, NOW)
            await asyncio.sleep(1)
            following.used(NOW + timedelta(hours=1))
            # A clock that was not set yet.
            following.used(NOW.replace(year=1970))
            await asyncio.sleep(1)
            days = [m.day for m in hub.received if isinstance(m, UsedToday)]
            assert days == ["2026-11-22"]

    run(story(), VirtualLoop())
