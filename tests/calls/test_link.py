"""The reliable link: what is lost, doubled and reordered is acted on once."""

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import WSMessage, WSMsgType
from hypothesis import given
from hypothesis import strategies as some

from calls.call_messages import Accepted
from calls.link import (
    GIVE_UP_S,
    MOST_POSTED,
    MOST_SEEN,
    MOST_WAITING,
    Link,
    LinkFull,
    Seen,
    Sending,
    id_of,
)
from calls.messages import Ack, AlarmOver, Gone, Withdraw, read
from calls.wire import Message, write
from tests.virtual_time import VirtualLoop
from tests.virtual_time import run as run_virtually


def message(key: str) -> Withdraw:
    return Withdraw(key, "m")


# -- pure -------------------------------------------------------------------------


@dataclass
class Road:
    """Carries messages with loss, doubling and delay, each drawn from a seed."""

    rng: random.Random
    loss: float
    doubling: float
    slowest: int
    under_way: list[tuple[int, Message]] = field(default_factory=list)

    def put(self, sent: Message, tick: int) -> None:
        times = 2 if self.rng.random() < self.doubling else 1
        for _ in range(times):
            if self.rng.random() >= self.loss:
                late = self.rng.randrange(self.slowest)
                self.under_way.append((tick + late, sent))

    def get(self, tick: int) -> list[Message]:
        came = [each for at, each in self.under_way if at <= tick]
        self.under_way = [(at, each) for at, each in self.under_way if at > tick]
        self.rng.shuffle(came)
        return came


@given(
    seed=some.integers(0, 2**32),
    loss=some.floats(0.0, 0.9),
    doubling=some.floats(0.0, 1.0),
    slowest=some.integers(1, 40),
    count=some.integers(1, 30),
    new_connections=some.sets(some.integers(0, 250), max_size=5),
)
def test_each_message_is_acted_on_once_however_bad_the_road(
    seed: int,
    loss: float,
    doubling: float,
    slowest: int,
    count: int,
    new_connections: set[int],
) -> None:
    rng = random.Random(seed)
    there = Road(rng, loss, doubling, slowest)
    back = Road(rng, loss, doubling, slowest)
    sending, seen = Sending(), Seen()
    acted: list[str] = []
    acked: set[str] = set()
    given_up: set[str] = set()
    for tick in range(300):  # of 0.1 s
        now_s = tick / 10
        given_up |= {id_of(each) for each in sending.give_up(now_s)}
        if tick < count:
            sending.add(message(f"m{tick}"), now_s)
        if tick in new_connections:
            sending.again()
        for each in sending.due(now_s):
            there.put(each, tick)
        for each in there.get(tick):
            key = id_of(each)
            if key not in seen:
                seen.add(key)
                acted.append(key)
            back.put(Ack(key), tick)
        for each in back.get(tick):
            assert isinstance(each, Ack)
            if sending.remove(each.id):
                acked.add(each.id)
    everything = {f"m{tick}" for tick in range(count)}
    assert len(acted) == len(set(acted))
    assert acked <= set(acted)
    assert acked | given_up == everything and not acked & given_up
    if loss == 0.0:
        assert set(acted) == acked == everything


def test_it_is_repeated_each_second_and_given_up_after_twenty() -> None:
    sending = Sending()
    sending.add(message("a"), 100.0)
    times = []
    for tenth in range(300):
        now_s = 100.0 + tenth / 10
        if sending.due(now_s):
            times.append(tenth / 10)
    assert times == pytest.approx([float(second) for second in range(20)], abs=0.11)
    assert sending.next_at() is None


def test_giving_up_tells_what() -> None:
    sending = Sending()
    sending.add(message("old"), 0.0)
    sending.add(message("new"), 5.0)
    assert sending.give_up(GIVE_UP_S - 0.1) == []
    assert sending.give_up(GIVE_UP_S) == [message("old")]
    assert sending.due(GIVE_UP_S) == [message("new")]


def test_a_new_connection_gets_everything_in_the_order_of_sending() -> None:
    sending = Sending()
    for key in "abc":
        sending.add(message(key), ord(key) / 100)
    assert len(sending.due(1.0)) == 3
    assert sending.due(1.1) == []
    sending.remove("b")
    sending.again()
    assert sending.due(1.2) == [message("a"), message("c")]


def test_too_much_is_refused_and_the_same_again_is_no_more() -> None:
    sending = Sending()
    for number in range(MOST_WAITING):
        sending.add(message(f"{number}"), 0.0)
    sending.add(message("0"), 0.0)
    with pytest.raises(LinkFull):
        sending.add(message("one more"), 0.0)
    assert len(sending) == MOST_WAITING


@pytest.mark.parametrize("without", [Gone("m"), message(""), Ack("a")], ids=repr)
def test_what_has_no_id_is_not_repeated(without: Message) -> None:
    with pytest.raises(ValueError):
        Sending().add(without, 0.0)


def test_only_the_newest_ids_are_remembered() -> None:
    seen = Seen()
    for number in range(MOST_SEEN + 10):
        seen.add(f"{number}")
        seen.add(f"{number}")
    assert list(seen) == [f"{number}" for number in range(10, MOST_SEEN + 10)]


# -- at a socket ------------------------------------------------------------------


class Side:
    """One side of a WebSocket in memory; may lose the first frames it sends."""

    def __init__(self, loses: int = 0) -> None:
        self.frames: asyncio.Queue[WSMessage] = asyncio.Queue()
        self.other: Side = self
        self.loses = loses
        self.sent: list[Message] = []
        self.takes = asyncio.Event()
        self.takes.set()

    async def send_str(self, data: str) -> None:
        await self.takes.wait()
        self.sent.append(read(data))
        if self.loses:
            self.loses -= 1
        else:
            self.other.frames.put_nowait(WSMessage(WSMsgType.TEXT, data, None))

    async def receive(self) -> WSMessage:
        return await self.frames.get()

    def close(self) -> None:
        for side in (self, self.other):
            side.frames.put_nowait(WSMessage(WSMsgType.CLOSED, None, None))


def sides(loses: int = 0) -> tuple[Side, Side]:
    left, right = Side(loses), Side(loses)
    left.other, right.other = right, left
    return left, right


class Keeper:
    """Keeps what comes; says "not now" as often as it is told."""

    def __init__(self, not_now: int = 0) -> None:
        self.kept: list[Message] = []
        self.not_now = not_now

    async def __call__(self, came: Message) -> bool:
        if self.not_now:
            self.not_now -= 1
            return False
        self.kept.append(came)
        return True


def virtually(story: Coroutine[Any, Any, None]) -> None:
    run_virtually(story, VirtualLoop())


@asynccontextmanager
async def linked(
    left: Link, right: Link, loses: int = 0
) -> AsyncIterator[tuple[Side, Side]]:
    """Both links on the two sides of one connection."""
    here, there = sides(loses)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(left.run(here))
        tasks.create_task(right.run(there))
        yield here, there
        here.close()


def test_what_is_delivered_came_once_although_frames_were_lost() -> None:
    async def story() -> None:
        keeper = Keeper()
        left, right = Link(Keeper()), Link(keeper)
        async with linked(left, right, loses=3):
            assert await left.deliver(message("a"))
            assert await left.deliver(message("b"))
        assert keeper.kept == [message("a"), message("b")]

    virtually(story())


def test_without_a_socket_it_is_given_up_after_twenty_seconds() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        assert not await Link(Keeper()).deliver(message("a"))
        assert loop.time() == pytest.approx(GIVE_UP_S, abs=0.1)

    virtually(story())


def test_what_waits_survives_the_connection() -> None:
    async def story() -> None:
        keeper = Keeper()
        left, right = Link(Keeper()), Link(keeper)
        async with asyncio.TaskGroup() as tasks:
            async with linked(left, right, loses=100):
                for key in "abc":
                    left.send(message(key))
                waiting = tasks.create_task(left.deliver(message("d")))
                await asyncio.sleep(2.5)
            assert not keeper.kept
            async with linked(left, right):
                assert await waiting
        assert keeper.kept == [message(key) for key in "abcd"]

    virtually(story())


def test_not_now_is_asked_again_and_acked_only_when_done() -> None:
    async def story() -> None:
        keeper = Keeper(not_now=2)
        left, right = Link(Keeper()), Link(keeper)
        async with linked(left, right) as (_, there):
            assert await left.deliver(message("a"))
            assert there.sent == [Ack("a")]
        assert keeper.kept == [message("a")]
        assert asyncio.get_running_loop().time() == pytest.approx(2.0, abs=0.2)

    virtually(story())


def test_what_was_forgotten_is_sent_no_more() -> None:
    async def story() -> None:
        left, right = Link(Keeper()), Link(Keeper(not_now=1_000))
        async with linked(left, right) as (here, _), asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(left.deliver(message("a")))
            await asyncio.sleep(1.5)
            left.forget("a")
            assert not await waiting
            await asyncio.sleep(10)
            assert here.sent == [message("a")] * 2

    virtually(story())


def test_it_is_known_what_has_arrived() -> None:
    async def story() -> None:
        left, right = Link(Keeper()), Link(Keeper(not_now=1))
        async with linked(left, right):
            left.send(message("a"))
            await asyncio.sleep(0.5)
            assert not left.has_arrived(message("a"))
            await asyncio.sleep(1)
            assert left.has_arrived(message("a"))
            assert not left.has_arrived(message("b"))

    virtually(story())


def test_acks_of_what_was_posted_are_told() -> None:
    async def story() -> None:
        told: list[str] = []
        left, right = Link(Keeper(), acked=told.append), Link(Keeper())
        async with linked(left, right) as (here, _):
            left.post(Accepted("x", "c", "m", "p"))
            await asyncio.sleep(5)
            assert len(here.sent) == 1
        assert told == ["x"]

    virtually(story())


def test_nonsense_and_binary_frames_break_nothing() -> None:
    async def story() -> None:
        keeper = Keeper()
        link = Link(keeper)
        here, there = sides()
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(link.run(here))
            for text in ("", "{", "[]", '{"type": "unknown"}', write(Gone("m"))):
                here.frames.put_nowait(WSMessage(WSMsgType.TEXT, text, None))
            await asyncio.sleep(0.1)
            assert keeper.kept == [Gone("m")] and not running.done()
            here.frames.put_nowait(WSMessage(WSMsgType.BINARY, b"x", None))
        assert there.frames.empty()

    virtually(story())


def test_a_socket_that_takes_nothing_ends_the_run_and_loses_nothing() -> None:
    async def story() -> None:
        keeper = Keeper()
        left, right = Link(Keeper()), Link(keeper)
        here, _ = sides()
        here.takes.clear()
        left.send(AlarmOver("a", "alarm"))
        await left.run(here)
        assert asyncio.get_running_loop().time() == pytest.approx(10.0, abs=0.2)
        async with linked(left, right):
            await asyncio.sleep(1)
        assert keeper.kept == [AlarmOver("a", "alarm")]

    virtually(story())


def test_too_much_for_a_slow_socket_is_refused() -> None:
    async def story() -> None:
        link = Link(Keeper())
        for _ in range(MOST_POSTED):
            link.post(Gone("m"))
        with pytest.raises(LinkFull):
            link.post(Gone("m"))

    virtually(story())


def test_a_flood_is_acked_without_end_and_within_bounds() -> None:
    async def story() -> None:
        right = Link(Keeper())
        here, there = sides()
        for number in range(3 * MOST_POSTED):
            there.frames.put_nowait(
                WSMessage(WSMsgType.TEXT, write(message(f"{number}")), None)
            )
        there.close()
        await right.run(there)
        assert here.frames.qsize() > 2 * MOST_POSTED

    virtually(story())


def test_what_the_handler_raises_ends_the_run() -> None:
    class Broken(Exception):
        pass

    async def fail(_: Message) -> bool:
        raise Broken

    async def story() -> None:
        here, there = sides()
        await there.send_str(write(Gone("m")))
        with pytest.raises(Broken):
            await Link(fail).run(here)

    virtually(story())


def test_a_cancel_is_not_lost_where_the_socket_breaks_at_the_same_moment() -> None:
    class Breaking(Side):
        async def send_str(self, data: str) -> None:
            try:
                await asyncio.sleep(3_600)
            finally:
                raise ConnectionResetError

    async def story() -> None:
        link = Link(Keeper())
        link.post(Gone("m"))
        running = asyncio.create_task(link.run(Breaking()))
        await asyncio.sleep(1)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    virtually(story())
