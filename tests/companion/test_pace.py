"""At what pace a person speaks, learnt from their pauses."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.asking import Patience, TurnKind
from companion.journal import Journal
from companion.memory import Memory
from companion.pace import (
    ENOUGH,
    ENOUGH_DAYS,
    HIGHEST_S,
    HIGHEST_URGENT_S,
    LOWEST_SHARE,
    MOST_IN_A_TURN,
    RECENT,
    Pause,
    end_of_turn_s,
    patience_of,
    usable,
)
from companion.store import StoreFull, open_memory_store
from hardware.panel import Button
from tests.stories.person import Answers, living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run
from voice.hearing import Heard

START = datetime(2026, 3, 23, 8, 59, tzinfo=AMSTERDAM)
CLOSED, OPEN = TurnKind.CLOSED, TurnKind.OPEN


def pauses(
    lengths_s: list[float], kind: TurnKind = CLOSED, days: int = ENOUGH_DAYS
) -> list[Pause]:
    """Spread over that many days."""
    return [
        Pause(kind, length_s, START + timedelta(days=number * days // len(lengths_s)))
        for number, length_s in enumerate(lengths_s)
    ]


def test_nine_of_ten_pauses_and_half_as_much_again() -> None:
    known = pauses([0.4] * 17 + [1.0] * 3)
    assert end_of_turn_s(CLOSED, 1.5, known) == 1.5 * 1.0
    known = pauses([0.4] * 10 + [2.0] * 10)
    assert end_of_turn_s(CLOSED, 1.5, known) == 1.5 * 2.0


def test_a_few_outliers_change_nothing() -> None:
    calm = [0.8] * 90
    assert end_of_turn_s(CLOSED, 1.5, pauses(calm + [5.9] * 10)) == pytest.approx(1.2)


def test_little_is_known_at_first() -> None:
    slow = [2.0] * (ENOUGH - 1)
    assert end_of_turn_s(CLOSED, 1.5, pauses(slow)) == 1.5
    assert end_of_turn_s(CLOSED, 1.5, pauses([*slow, 2.0])) == 3.0


def test_one_day_with_the_television_on_changes_nothing() -> None:
    assert end_of_turn_s(CLOSED, 1.5, pauses([2.5] * 100, days=1)) == 1.5
    assert usable([0.5] * MOST_IN_A_TURN) == (0.5,) * MOST_IN_A_TURN
    assert usable([0.5] * (MOST_IN_A_TURN + 1)) == ()


def test_the_newest_pauses_count() -> None:
    slower = pauses([0.5] * RECENT, days=50) + [
        Pause(CLOSED, 2.0, START + timedelta(days=60 + number))
        for number in range(RECENT)
    ]
    assert end_of_turn_s(CLOSED, 1.5, slower) == 3.0


@pytest.mark.parametrize(
    ("kind", "start_s", "pause_s", "expected_s"),
    [
        (CLOSED, 1.5, 0.3, 1.0),
        (CLOSED, 3.5, 0.3, 3.5 * LOWEST_SHARE),
        (CLOSED, 1.5, 5.0, HIGHEST_S),
        (OPEN, 2.5, 0.3, 2.5 * LOWEST_SHARE),
        (OPEN, 2.5, 2.0, 3.0),
        (TurnKind.SPELT, 2.0, 1.6, 2.4),
    ],
)
def test_each_kind_has_its_bounds(
    kind: TurnKind, start_s: float, pause_s: float, expected_s: float
) -> None:
    learnt_s = end_of_turn_s(kind, start_s, pauses([pause_s] * ENOUGH, kind))
    assert learnt_s == pytest.approx(expected_s)


@pytest.mark.parametrize(
    ("pause_s", "expected_s"), [(0.3, 1.5), (1.4, 2.1), (4.0, HIGHEST_URGENT_S)]
)
def test_an_urgent_question_waits_as_a_closed_one_never_less_and_not_long(
    pause_s: float, expected_s: float
) -> None:
    known = pauses([pause_s] * ENOUGH)
    learnt_s = end_of_turn_s(TurnKind.URGENT, 1.5, known)
    assert learnt_s == pytest.approx(expected_s)


def test_kinds_are_learnt_apart() -> None:
    patience = patience_of(Patience(), pauses([2.0] * ENOUGH, OPEN))
    assert patience.end_open_s == 3.0
    assert patience.end_closed_s == Patience().end_closed_s
    assert patience.end_spelt_s == Patience().end_spelt_s
    assert patience.think_s == Patience().think_s


lengths = st.lists(st.floats(min_value=0.25, max_value=20.0), max_size=300)


@given(lengths, st.sampled_from(TurnKind), st.floats(min_value=0.5, max_value=6.0))
def test_whatever_is_heard_the_wait_stays_within_its_bounds(
    lengths_s: list[float], kind: TurnKind, start_s: float
) -> None:
    known = pauses(lengths_s, kind) + pauses(lengths_s) if lengths_s else []
    wait_s = end_of_turn_s(kind, start_s, known)
    assert LOWEST_SHARE * start_s <= wait_s <= max(start_s, HIGHEST_S)
    if kind is TurnKind.URGENT:
        assert start_s <= wait_s <= max(start_s, HIGHEST_URGENT_S)


# ---- In a home


def slow(words: str) -> Heard:
    """Said with long pauses."""
    return Heard(words, 0.9, words, "paper", pauses_s=(0.5, 1.9, 2.0, 1.9))


def answers() -> Answers:
    return Answers(
        {
            "checkin.mood": slow("het gaat goed"),
            "checkin.sleep": slow("goed geslapen"),
            "checkin.pain": slow("nee geen pijn"),
        }
    )


def test_a_slow_person_gets_more_time_after_some_days_also_after_a_restart(
    tmp_path: Path,
) -> None:
    async def story() -> list[float]:
        waits_s = []
        for day in range(4):
            start = START + timedelta(days=day)
            async with living(tmp_path, start, answers()) as home:
                await home.until(start + timedelta(minutes=8))
                keys = [k for k in home.person.keys() if k.endswith(".ask")]
                asked = dict(zip(keys, home.person.expectations, strict=True))
                waits_s.append(asked["checkin.sleep.ask"].end_of_turn_s)
        return waits_s

    assert run(story(), VirtualLoop()) == pytest.approx([1.5, 1.5, 1.5, 3.0])


def test_pauses_are_written_once_a_conversation(tmp_path: Path) -> None:
    async def story() -> None:
        async with living(tmp_path, START, answers()) as home:
            await home.until(START + timedelta(seconds=75))
            assert not await home.journal.pauses()
            await home.until(START + timedelta(minutes=8))
            kept = await home.journal.pauses()
            assert len(kept) == 12
            assert {pause.kind for pause in kept} == {CLOSED}
            assert max(pause.length_s for pause in kept) == 2.0

    run(story(), VirtualLoop())


def test_what_was_not_understood_teaches_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        heard = Answers({"checkin.mood": slow("zeventien giraffen")})
        async with living(tmp_path, START, heard) as home:
            await home.until(START + timedelta(minutes=8))
            assert not await home.journal.pauses()

    run(story(), VirtualLoop())


def test_vergeet_alles_forgets_the_pauses_too(tmp_path: Path) -> None:
    async def story() -> None:
        async with living(tmp_path, START, answers()) as home:
            await home.until(START + timedelta(minutes=8))
            assert await home.journal.pauses()
            home.person.answer = Answers(
                {"conversation": "vergeet alles", "forget.all": "ja"}
            )
            await home.press(Button.TALK, 120)
            assert "forget.all.done" in home.person.keys()
            assert not await home.journal.pauses()

    run(story(), VirtualLoop())


async def test_what_a_full_card_refuses_is_learnt_until_the_restart() -> None:
    class FullCard(Journal):
        async def keep_pauses(self, pauses: Sequence[Pause]) -> None:
            raise StoreFull("the card is full")

    faults: list[bool] = []
    card = FullCard(open_memory_store())
    memory = Memory(card, Journal(open_memory_store()), faults.append)
    memory.note_pauses(CLOSED, (1.0, 2.0), START)
    await memory.keep_pauses()
    assert [pause.length_s for pause in await memory.pauses()] == [1.0, 2.0]
    assert faults == [True]
    await memory.close()
