"""How often the device begins by itself: all that it begins has one count."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from companion.checkins import (
    MOST_OWN_STARTS,
    Ask,
    CheckIn,
    CheckInId,
    CheckInPlan,
    Facts,
    Nothing,
    Outcome,
    Start,
    decide,
)
from companion.journal import Journal
from companion.memory import Memory
from companion.own_starts import AFTER_TALK, may_begin
from companion.store import open_memory_store, open_store
from tests.virtual_time import AMSTERDAM

TUESDAY = date(2027, 3, 2)
MORNING = CheckInPlan(times=(time(9),) * 7)
AFTERNOON = CheckInPlan(times=(time(15),) * 7)
OFF = CheckInPlan(times=(None,) * 7)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime.combine(TUESDAY, time(hour, minute), tzinfo=AMSTERDAM)


def asked(
    *begun: datetime,
    outcome: Outcome | None = Outcome.NO_ANSWER,
    start: Start = Start.SET_TIME,
) -> list[CheckIn]:
    return [CheckIn(CheckInId(1), it.date(), it, start, outcome) for it in begun]


DONE = asked(at(9), outcome=Outcome.DONE)
LATE_DONE = asked(at(15), outcome=Outcome.DONE)
BY_REQUEST = asked(at(9), outcome=Outcome.DONE, start=Start.ASKED)


@pytest.mark.parametrize(
    ("plan", "check_ins", "others", "now", "may"),
    [
        (OFF, [], (), at(10, 30), True),
        (OFF, [], (at(10), at(11), at(12)), at(14), True),
        (OFF, [], (at(10), at(11), at(12), at(13)), at(14), False),
        # Done: three are left.
        (MORNING, DONE, (), at(10, 30), True),
        (MORNING, DONE, (at(10, 30), at(11)), at(14), True),
        (MORNING, DONE, (at(10, 30), at(11), at(12)), at(14), False),
        # Missed: nobody is there, or well.
        (
            MORNING,
            [
                *asked(at(9), at(9, 10), at(9, 30)),
                *asked(at(9, 31), outcome=Outcome.MISSED),
            ],
            (),
            at(14),
            False,
        ),
        # Three are kept for the questions of this afternoon, and one may be used.
        (AFTERNOON, [], (), at(10, 30), True),
        (AFTERNOON, [], (at(10, 30),), at(14), False),
        (AFTERNOON, LATE_DONE, (at(10, 30),), at(15, 9), True),
        # "Straks": that round may need three again.
        (MORNING, asked(at(9), outcome=Outcome.POSTPONED), (), at(10, 30), False),
        # What the person asked for is no start of ours.
        (MORNING, BY_REQUEST, (at(10), at(11), at(12)), at(14), True),
        # Not right after another, whoever began it.
        (OFF, [], (at(14),), at(14) + AFTER_TALK - timedelta(seconds=1), False),
        (OFF, [], (at(14),), at(14) + AFTER_TALK, True),
        (MORNING, BY_REQUEST, (), at(9, 4), False),
        # A clock that was set back knows of starts to come.
        (OFF, [], (at(16),), at(14), True),
    ],
)  # fmt: skip
def test_all_that_it_begins_has_one_count(
    plan: CheckInPlan,
    check_ins: Sequence[CheckIn],
    others: tuple[datetime, ...],
    now: datetime,
    may: bool,
) -> None:
    postponed = (
        at(16) if any(c.outcome is Outcome.POSTPONED for c in check_ins) else None
    )
    facts = Facts(check_ins, postponed, other_starts=others)
    assert may_begin(plan, facts, now) is may


def test_the_daily_questions_count_what_else_it_began() -> None:
    straks = asked(at(15), at(16), at(17), outcome=Outcome.POSTPONED)
    assert isinstance(decide(AFTERNOON, Facts(straks, at(18)), at(18)), Ask), (
        "the fourth time"
    )
    facts = Facts(straks, at(18), other_starts=(at(10, 30),))
    assert decide(AFTERNOON, facts, at(18)) == Nothing()


@pytest.mark.parametrize("plan", [OFF, MORNING, AFTERNOON])
@pytest.mark.parametrize("outcome", [*Outcome, None])
def test_on_no_day_more_than_four(plan: CheckInPlan, outcome: Outcome | None) -> None:
    """Something wants to begin all day long, beside the questions of the day."""
    check_ins: list[CheckIn] = []
    others: list[datetime] = []
    postponed: datetime | None = None
    now = at(8)
    while now < at(21):
        facts = Facts(tuple(check_ins), postponed, other_starts=tuple(others))
        if isinstance(decide(plan, facts, now), Ask):
            check_ins += asked(now, outcome=outcome)
            if outcome is Outcome.POSTPONED:
                postponed = now + timedelta(minutes=45)
        elif may_begin(plan, facts, now):
            others.append(now)
        now += timedelta(minutes=1)
    assert len(check_ins) + len(others) <= MOST_OWN_STARTS
    if plan is not OFF and outcome is None:
        assert len(check_ins) == 3, "all attempts of a check-in have their place"


async def test_it_is_remembered_over_a_restart_and_on_a_full_card(
    tmp_path: Path,
) -> None:
    faults: list[bool] = []
    for n, hour in enumerate((10, 14)):
        store = open_store(tmp_path / "journal.db", at(hour))
        memory = Memory(Journal(store), Journal(open_memory_store()), faults.append)
        assert len((await memory.facts(TUESDAY)).other_starts) == n
        await memory.began_by_itself(at(hour))
        facts = await memory.facts(TUESDAY)
        assert facts.other_starts[-1] == at(hour)
        assert (await memory.facts(TUESDAY + timedelta(days=1))).other_starts == ()
        await memory.close()
    # The card is gone: it is counted in memory.
    store = open_store(tmp_path / "other.db", at(15))
    memory = Memory(Journal(store), Journal(open_memory_store()), faults.append)
    store.close()
    await memory.began_by_itself(at(15))
    await memory.began_by_itself(at(16))
    assert (await memory.facts(TUESDAY)).other_starts == (at(15), at(16))
    assert faults[-1] is True
