"""An alarm is told until somebody takes care: the ladder, and how it is kept."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as some

from calls.call_messages import RingsBy
from calls.hub.alarms import (
    JOB,
    LONGEST_WAIT_S,
    OVER_AFTER_S,
    OVER_JOB,
    Alarms,
    News,
    Told,
    step_at,
    told_id,
    wait_s,
)
from calls.hub.jobs import Job, Jobs
from calls.hub.store import Store, open_store
from calls.hub.tables import account, household, member
from calls.messages import Alarm, AlarmOver
from calls.wire import new_id

NOW = 1_772_442_000.0

PUSH, MAIL = RingsBy.PUSH, RingsBy.MAIL

# -- the plan ---------------------------------------------------------------------


def test_each_member_is_pushed_then_mailed_and_then_it_begins_anew() -> None:
    steps = [step_at(level, 2) for level in range(6)]
    assert steps == [(0, PUSH), (0, MAIL), (1, PUSH), (1, MAIL), (0, PUSH), (0, MAIL)]


def test_the_intervals_grow_with_each_round() -> None:
    waits = [wait_s(level, 1, Told.SENT) for level in range(12)]
    assert waits[:6] == [120, 600, 240, 1_200, 480, 2_400]
    assert max(waits) <= LONGEST_WAIT_S
    assert waits[-1] > waits[1]


def test_a_way_that_somebody_has_not_is_left_out_at_once() -> None:
    assert wait_s(0, 3, Told.NO_WAY) == 0
    assert wait_s(0, 3, Told.FAILED) == 10


@given(
    count=some.integers(1, 20),
    start=some.integers(0, 200),
    told=some.lists(some.sampled_from(Told), min_size=60, max_size=60),
)
def test_no_round_is_a_quick_one_and_every_member_is_in_it(
    count: int, start: int, told: list[Told]
) -> None:
    levels = range(start, start + 2 * count)
    assert {step_at(level, count) for level in levels} == {
        (which, way) for which in range(count) for way in (PUSH, MAIL)
    }
    outcomes = [told[number % 60] for number in range(2 * count)]
    waits = [
        wait_s(level, count, each) for level, each in zip(levels, outcomes, strict=True)
    ]
    assert sum(waits) >= 120
    assert all(0 <= each <= LONGEST_WAIT_S for each in waits)


# -- kept and worked through ------------------------------------------------------


class Ladder:
    """Alarms of one household, whose teller keeps what it told, and when."""

    def __init__(self, store: Store) -> None:
        self.now = NOW
        self.store = store
        self.told: list[tuple[float, RingsBy, str]] = []
        self.told_over: list[tuple[RingsBy, str]] = []
        self.outcome: dict[tuple[str, RingsBy], Told] = {}
        self.changes: list[str] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.jobs = Jobs(store, lambda: self.now)
        self.alarms = Alarms(
            store, self.jobs, lambda: self.now, self, self.changed, lambda: None
        )

    async def changed(self, home: str) -> None:
        self.changes.append(home)

    async def tell(self, way: RingsBy, news: News) -> Told:
        """As asked for; else it is sent."""
        outcome = self.outcome.get((news.account, way), Told.SENT)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        if outcome is Told.SENT and news.is_over:
            self.told_over.append((way, news.account))
        elif outcome is Told.SENT:
            self.told.append((self.now - NOW, way, news.account))
        return outcome

    async def follow(self, name: str, joined: bool = True) -> str:
        """Somebody follows the household; returns the member."""
        key = f"m-{name}"
        async with self.store.writing() as connection:
            if joined:
                await connection.execute(
                    sa.insert(account).values(
                        id=name, name=name, email="", language="nl", created_at=NOW
                    )
                )
            await connection.execute(
                sa.insert(member).values(
                    id=key,
                    household="home",
                    account=name if joined else None,
                    name=name,
                    role="family",
                    sees_presence=False,
                    sees_use=False,
                    created_at=NOW,
                )
            )
        return key

    async def go_on(self, seconds: float) -> None:
        """Do what is due, as the worker does, while so much time goes by."""
        until = self.now + seconds
        while True:
            for job in await self.jobs.claim():
                await {
                    JOB: self.alarms.escalate,
                    OVER_JOB: self.alarms.tell_over,
                }[job.kind](job)
            at = await self.jobs.next_at()
            if at is None or at > until:
                self.now = until
                return
            self.now = max(self.now, at)

    @property
    def who(self) -> list[tuple[RingsBy, str]]:
        return [(way, name) for _, way, name in self.told]


@asynccontextmanager
async def ladder(folder: Path) -> AsyncIterator[Ladder]:
    store = await open_store(folder / "hub.db", datetime.fromtimestamp(NOW, UTC))
    try:
        async with store.writing() as connection:
            await connection.execute(
                sa.insert(household).values(id="home", name="Test", created_at=NOW)
            )
        yield Ladder(store)
    finally:
        await store.close()


def missed(*members: str, key: str = "a1") -> Alarm:
    return Alarm(new_id(), key, "missed_check_in", NOW - 60, members)


async def test_one_member_after_the_other_at_growing_intervals(tmp_path: Path) -> None:
    async with ladder(tmp_path) as it:
        anna, piet = await it.follow("anna"), await it.follow("piet")
        await it.alarms.keep("home", missed(anna, piet))
        await it.go_on(3 * 3_600)
        assert it.told[:6] == [
            (0, PUSH, "anna"),
            (120, MAIL, "anna"),
            (720, PUSH, "piet"),
            (840, MAIL, "piet"),
            (1_440, PUSH, "anna"),
            (1_680, MAIL, "anna"),
        ]


async def test_acknowledging_ends_it_and_only_the_first_counts(tmp_path: Path) -> None:
    async with ladder(tmp_path) as it:
        anna, piet = await it.follow("anna"), await it.follow("piet")
        await it.alarms.keep("home", missed(anna, piet))
        await it.go_on(60)
        assert await it.alarms.waiting("home") == {"a1": (anna, piet)}
        assert not await it.alarms.acknowledge("a1", "other", anna)
        assert await it.alarms.acknowledge("a1", "home", anna)
        assert not await it.alarms.acknowledge("a1", "home", piet)
        await it.go_on(86_400)
        assert it.who == [(PUSH, "anna")]
        assert await it.alarms.waiting("home") == {}
        (told,) = await it.alarms.acknowledged("home")
        assert (told.id, told.alarm, told.member) == (told_id("a1"), "a1", anna)
        assert await it.jobs.next_at() is None


async def test_an_alarm_that_is_over_is_told_no_more(tmp_path: Path) -> None:
    async with ladder(tmp_path) as it:
        anna = await it.follow("anna")
        await it.alarms.keep("home", missed(anna))
        await it.go_on(130)
        for _ in range(2):
            await it.alarms.over("home", AlarmOver(new_id(), "a1"))
        await it.go_on(86_400)
        assert it.who == [(PUSH, "anna"), (MAIL, "anna")]
        assert await it.alarms.acknowledged("home") == []


async def test_an_alarm_that_is_over_before_it_came_never_begins(
    tmp_path: Path,
) -> None:
    async with ladder(tmp_path) as it:
        anna = await it.follow("anna")
        await it.alarms.over("home", AlarmOver(new_id(), "a1"))
        await it.alarms.keep("home", missed(anna))
        await it.go_on(86_400)
        assert it.told == [] and await it.alarms.waiting("home") == {}


async def test_the_same_alarm_again_is_the_same(tmp_path: Path) -> None:
    async with ladder(tmp_path) as it:
        anna = await it.follow("anna")
        for _ in range(3):
            await it.alarms.keep("home", missed(anna))
        await it.go_on(60)
        assert it.who == [(PUSH, "anna")]


async def test_another_household_ends_nothing(tmp_path: Path) -> None:
    async with ladder(tmp_path) as it:
        anna = await it.follow("anna")
        await it.alarms.keep("home", missed(anna))
        await it.alarms.over("other", AlarmOver(new_id(), "a1"))
        assert await it.alarms.waiting("home") == {"a1": (anna,)}


async def test_only_members_are_told_each_once_in_the_order_named(
    tmp_path: Path,
) -> None:
    async with ladder(tmp_path) as it:
        anna, piet = await it.follow("anna"), await it.follow("piet")
        not_joined = await it.follow("kees", joined=False)
        await it.alarms.keep("home", missed("stranger", piet, not_joined, piet, anna))
        await it.go_on(1_400)
        assert it.who == [
            (PUSH, "piet"), (MAIL, "piet"), (PUSH, "anna"), (MAIL, "anna"),
        ]  # fmt: skip


async def test_who_cannot_be_told_is_left_out_at_once(tmp_path: Path) -> None:
    async with ladder(tmp_path) as it:
        anna, piet = await it.follow("anna"), await it.follow("piet")
        it.outcome = {("anna", PUSH): Told.NO_WAY, ("anna", MAIL): Told.FAILED}
        await it.alarms.keep("home", missed(anna, piet))
        await it.go_on(60)
        assert it.told == [(10, PUSH, "piet")]


async def test_nobody_to_tell_is_tried_again_but_not_all_the_time(
    tmp_path: Path,
) -> None:
    async with ladder(tmp_path) as it:
        anna = await it.follow("anna")
        it.outcome = {("anna", way): Told.NO_WAY for way in (PUSH, MAIL)}
        await it.alarms.keep("home", missed(anna))
        await it.go_on(100)
        it.outcome = {}
        await it.go_on(100)
        assert it.told == [(120, PUSH, "anna")]


async def test_after_a_week_nobody_is_told_any_more(tmp_path: Path) -> None:
    async with ladder(tmp_path) as it:
        anna = await it.follow("anna")
        await it.alarms.keep("home", missed(anna))
        await it.go_on(3 * OVER_AFTER_S)
        assert it.told[-1][0] < OVER_AFTER_S
        assert len(it.told) < 100
        assert await it.alarms.waiting("home") == {}


async def test_who_was_withdrawn_is_told_no_more(tmp_path: Path) -> None:
    async with ladder(tmp_path) as it:
        anna, piet = await it.follow("anna"), await it.follow("piet")
        await it.alarms.keep("home", missed(anna, piet))
        await it.go_on(60)
        async with it.store.writing() as connection:
            await connection.execute(
                sa.update(member)
                .where(member.c.id == anna)
                .values(withdrawn_at=it.now, account=None)
            )
        await it.go_on(3_600)
        assert {name for _, name in it.who[1:]} == {"piet"}


# -- it is over, or asks fewer -----------------------------------------------------


async def test_who_was_asked_is_told_in_the_same_way_that_it_is_over(
    tmp_path: Path,
) -> None:
    async with ladder(tmp_path) as it:
        anna, piet = await it.follow("anna"), await it.follow("piet")
        kees = await it.follow("kees")
        await it.alarms.keep("home", missed(anna, piet, kees))
        # Anna had a push and a mail, Piet a push, Kees nothing yet.
        await it.go_on(730)
        for _ in range(2):
            await it.alarms.over("home", AlarmOver(new_id(), "a1"))
        await it.go_on(86_400)
        assert it.told_over == [(PUSH, "anna"), (MAIL, "anna"), (PUSH, "piet")]
        assert await it.jobs.next_at() is None


async def test_nobody_who_heard_nothing_is_told_that_it_is_over(
    tmp_path: Path,
) -> None:
    async with ladder(tmp_path) as it:
        anna = await it.follow("anna")
        it.outcome = {("anna", PUSH): Told.FAILED, ("anna", MAIL): Told.NO_WAY}
        await it.alarms.keep("home", missed(anna))
        await it.go_on(60)
        it.outcome = {}
        await it.alarms.over("home", AlarmOver(new_id(), "a1"))
        await it.go_on(60)
        assert it.told_over == []


async def test_who_took_care_is_told_though_they_saw_it_on_the_page_only(
    tmp_path: Path,
) -> None:
    async with ladder(tmp_path) as it:
        anna, piet = await it.follow("anna"), await it.follow("piet")
        await it.alarms.keep("home", missed(anna, piet))
        await it.go_on(60)
        assert await it.alarms.acknowledge("a1", "home", piet)
        await it.alarms.over("home", AlarmOver(new_id(), "a1"))
        await it.go_on(60)
        assert it.told_over == [(PUSH, "anna"), (PUSH, "piet"), (MAIL, "piet")]


async def test_who_is_asked_in_the_moment_in_which_it_is_over_is_told_so(
    tmp_path: Path,
) -> None:
    async with ladder(tmp_path) as it:
        anna = await it.follow("anna")
        await it.alarms.keep("home", missed(anna))

        async def over() -> None:
            await it.alarms.over("home", AlarmOver(new_id(), "a1"))

        it.meanwhile = over
        await it.go_on(86_400)
        assert it.who == [(PUSH, "anna")]
        assert it.told_over == [(PUSH, "anna")]


async def test_who_was_asked_by_a_hub_that_was_killed_is_told_that_it_is_over(
    tmp_path: Path,
) -> None:
    async with ladder(tmp_path) as it:
        anna = await it.follow("anna")
        await it.alarms.keep("home", missed(anna))
        # Killed after the push went out, before that was written down.
        assert len(await it.jobs.claim()) == 1
        await it.alarms.over("home", AlarmOver(new_id(), "a1"))
        await it.go_on(60)
        assert it.told_over == [(PUSH, "anna")]


async def test_that_it_is_over_is_tried_again_but_not_for_ever(tmp_path: Path) -> None:
    async with ladder(tmp_path) as it:
        anna, piet = await it.follow("anna"), await it.follow("piet")
        await it.alarms.keep("home", missed(anna, piet))
        await it.go_on(730)
        it.outcome = {(name, PUSH): Told.FAILED for name in ("anna", "piet")}
        await it.alarms.over("home", AlarmOver(new_id(), "a1"))
        await it.go_on(60)
        assert it.told_over == [(MAIL, "anna")]
        del it.outcome["anna", PUSH]
        await it.go_on(86_400)
        assert it.told_over[1:] == [(PUSH, "anna")]
        assert await it.jobs.next_at() is None


async def test_who_was_withdrawn_is_not_told_that_it_is_over(tmp_path: Path) -> None:
    async with ladder(tmp_path) as it:
        anna = await it.follow("anna")
        await it.alarms.keep("home", missed(anna))
        await it.go_on(60)
        async with it.store.writing() as connection:
            await connection.execute(
                sa.update(member)
                .where(member.c.id == anna)
                .values(withdrawn_at=it.now, account=None)
            )
        await it.alarms.over("home", AlarmOver(new_id(), "a1"))
        await it.go_on(60)
        assert it.told_over == []


async def test_the_same_alarm_with_fewer_members_asks_fewer(tmp_path: Path) -> None:
    async with ladder(tmp_path) as it:
        anna, piet = await it.follow("anna"), await it.follow("piet")
        await it.alarms.keep("home", missed(anna, piet))
        await it.go_on(60)
        await it.alarms.keep("home", missed(piet))
        assert await it.alarms.waiting("home") == {"a1": (piet,)}
        await it.go_on(3_600)
        assert {name for _, name in it.who[1:]} == {"piet"}
        # Nobody is put on again, and nobody of another household takes off anybody.
        await it.alarms.keep("home", missed(anna, piet))
        await it.alarms.keep("other", missed())
        assert await it.alarms.waiting("home") == {"a1": (piet,)}
        await it.alarms.keep("home", missed())
        told = len(it.told)
        await it.go_on(86_400)
        assert len(it.told) == told
        assert await it.jobs.next_at() is None


# -- jobs -------------------------------------------------------------------------


async def test_who_lost_the_lease_writes_nothing(tmp_path: Path) -> None:
    async with ladder(tmp_path) as it:
        anna = await it.follow("anna")
        await it.alarms.keep("home", missed(anna))
        (ours,) = await it.jobs.claim()
        it.now += 31
        others = Jobs(it.store, lambda: it.now)
        (theirs,) = await others.claim()
        assert theirs.id == ours.id and theirs.tries == 2
        # Told twice, as after a kill; but planned once.
        await it.alarms.escalate(ours)
        async with it.store.writing() as connection:
            assert await others.finish(connection, theirs)
            assert not await others.finish(connection, theirs)
        assert await it.jobs.next_at() is None


async def test_a_leased_job_is_nobody_elses(tmp_path: Path) -> None:
    async with ladder(tmp_path) as it:
        anna = await it.follow("anna")
        await it.alarms.keep("home", missed(anna))
        assert len(await it.jobs.claim()) == 1
        assert await it.jobs.claim() == []
        assert await Jobs(it.store, lambda: it.now).claim() == []
        assert await it.jobs.next_at() == NOW + 30


async def test_a_job_that_failed_comes_again_later(tmp_path: Path) -> None:
    async with ladder(tmp_path) as it:
        anna = await it.follow("anna")
        await it.alarms.keep("home", missed(anna))
        (job,) = await it.jobs.claim()
        await it.jobs.postpone(job, 5.0)
        assert await it.jobs.claim() == []
        assert await it.jobs.late_s() == 0
        it.now += 65
        assert await it.jobs.late_s() == 60
        assert [each.tries for each in await it.jobs.claim()] == [2]


async def test_a_clock_that_was_wrong_loses_no_job(tmp_path: Path) -> None:
    async with ladder(tmp_path) as it:
        anna = await it.follow("anna")
        it.now = NOW + 10 * 365 * 86_400
        await it.alarms.keep("home", missed(anna))
        assert len(await it.jobs.claim()) == 1
        it.now = NOW
        assert len(await it.jobs.claim()) == 1


async def test_what_was_done_is_forgotten_after_a_week(tmp_path: Path) -> None:
    async with ladder(tmp_path) as it:
        anna = await it.follow("anna")
        await it.alarms.keep("home", missed(anna))
        job: Job
        (job,) = await it.jobs.claim()
        async with it.store.writing() as connection:
            await it.jobs.finish(connection, job)
        it.now += 8 * 86_400
        await it.jobs.sweep()
        async with it.store.reading() as connection:
            count = await connection.scalar(sa.text("SELECT count(*) FROM job"))
        assert count == 0


@pytest.mark.parametrize("alarm", ["a", "x" * 64])
def test_the_id_of_what_the_device_is_told_fits(alarm: str) -> None:
    assert 0 < len(told_id(alarm)) <= 64
