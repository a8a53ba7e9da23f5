"""The agenda: what happens when, and what is kept of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from companion.agenda import (
    Change,
    Entry,
    EntryId,
    Kind,
    Occurrence,
    find_by_words,
    moved,
    next_of,
    occurrences,
    without,
)
from companion.agenda_book import TOLD_DAYS, AgendaBook, AgendaMemory
from companion.reminding import Notice, Response, Told
from companion.store import Store, StoreError, open_store
from tests.virtual_time import AMSTERDAM

CREATED = datetime(2026, 3, 1, 12, 0, tzinfo=AMSTERDAM)
MONDAY = date(2026, 3, 23)
# Summer time begins on the Sunday of this week.
SUNDAY = date(2026, 3, 29)


def wall(day: date, hour: int = 0, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute))


def entry(what: str = "de kapper", number: int = 1, **facts: object) -> Entry:
    made = Entry(EntryId(number), Kind.APPOINTMENT, what, MONDAY, CREATED, (time(14),))
    return replace(made, **facts)  # type: ignore[arg-type]


def days_of(found: list[Occurrence]) -> list[int]:
    return [o.wall.day for o in found]


def test_once_is_once() -> None:
    found = occurrences([entry()], MONDAY - timedelta(days=9), MONDAY)
    assert [o.wall for o in found] == [wall(MONDAY, 14)]
    assert occurrences([entry()], MONDAY + timedelta(days=1), SUNDAY) == []


def test_all_that_happens_stands_in_its_order_and_whole_days_first() -> None:
    found = occurrences(
        [
            entry("laat", 1, times=(time(20), time(22))),
            entry("vroeg", 2, times=(time(8),)),
            entry("jarig", 3, times=(), kind=Kind.BIRTHDAY),
            entry("om middernacht", 4, times=(time(0),)),
        ],
        MONDAY,
        MONDAY,
    )
    assert [o.entry.what for o in found] == [
        "jarig",
        "om middernacht",
        "vroeg",
        "laat",
        "laat",
    ]


def test_what_comes_back_keeps_its_time_when_summer_time_begins() -> None:
    daily = entry(rule="FREQ=DAILY", times=(time(9),))
    found = occurrences([daily], SUNDAY - timedelta(days=1), SUNDAY)
    assert [f"{o.at(AMSTERDAM):%d %H:%M %z}" for o in found] == [
        "28 09:00 +0100",
        "29 09:00 +0200",
    ]


def test_a_time_that_spring_skips_is_an_hour_later_and_autumn_has_two() -> None:
    skipped = entry(rule="FREQ=DAILY", times=(time(2, 30),))
    (found,) = occurrences([skipped], SUNDAY, SUNDAY)
    assert f"{found.at(AMSTERDAM):%H:%M}" == "03:30"
    twice = entry(day=date(2026, 10, 25), times=(time(2, 30, fold=1),))
    (second,) = occurrences([twice], date(2026, 10, 25), date(2026, 10, 25))
    assert second.at(AMSTERDAM).astimezone(UTC).hour == 1


def test_a_rule_gives_its_days_and_every_time_of_them() -> None:
    pills = entry(
        "pillen", kind=Kind.MEDICINE, rule="FREQ=DAILY", times=(time(8), time(18))
    )
    found = occurrences([pills], MONDAY, MONDAY + timedelta(days=1))
    assert [o.wall.hour for o in found] == [8, 18, 8, 18]
    other_week = entry(rule="FREQ=WEEKLY;INTERVAL=2;BYDAY=MO")
    found = occurrences([other_week], MONDAY, MONDAY + timedelta(days=30))
    assert days_of(found) == [23, 6, 20]


def test_one_time_can_be_cancelled_or_moved_and_the_others_stay() -> None:
    weekly = entry(rule="FREQ=WEEKLY;BYDAY=MO")
    until = MONDAY + timedelta(days=20)
    first, second, _ = occurrences([weekly], MONDAY, until)
    cancelled = without(first)
    assert cancelled is not None
    changed = moved(
        replace(second, entry=cancelled), wall(MONDAY + timedelta(days=11), 10, 30)
    )
    found = occurrences([changed], MONDAY, until)
    assert [f"{o.wall:%d %H:%M}" for o in found] == ["03 10:30", "06 14:00"]
    # Moved once more, it has one place and not two.
    again = moved(found[0], wall(MONDAY + timedelta(days=12), 9))
    assert days_of(occurrences([again], MONDAY, until)) == [4, 6]
    assert len(again.changes) == 2
    # A time that was moved is another to be told of.
    assert second.key != found[0].key


def test_a_time_moved_out_of_sight_and_into_it_is_found_where_it_is() -> None:
    weekly = entry(rule="FREQ=WEEKLY;BYDAY=MO")
    (first,) = occurrences([weekly], MONDAY, MONDAY)
    later = moved(first, wall(MONDAY + timedelta(days=40), 14))
    assert occurrences([later], MONDAY, MONDAY) == []
    day = MONDAY + timedelta(days=40)
    assert len(occurrences([later], day, day)) == 1


def test_what_happens_once_is_moved_or_gone_as_a_whole() -> None:
    (only,) = occurrences([entry()], MONDAY, MONDAY)
    assert without(only) is None
    there = moved(only, wall(SUNDAY, 11, 15))
    assert (there.day, there.times, there.changes) == (SUNDAY, (time(11, 15),), ())
    (whole_day,) = occurrences([entry(times=())], MONDAY, MONDAY)
    assert moved(whole_day, wall(SUNDAY)).is_all_day


def test_one_of_two_times_of_a_day_can_be_cancelled() -> None:
    first, _ = occurrences([entry(times=(time(8), time(18)))], MONDAY, MONDAY)
    left = without(first)
    assert left is not None
    assert [o.wall.hour for o in occurrences([left], MONDAY, MONDAY)] == [18]


def test_the_next_time_is_not_over_and_within_reach() -> None:
    weekly = entry(rule="FREQ=WEEKLY;BYDAY=MO")
    month = timedelta(days=31)
    at = next_of(weekly, datetime(2026, 3, 23, 14, 0, tzinfo=AMSTERDAM), month)
    assert at is not None and at.wall == wall(MONDAY + timedelta(days=7), 14)
    # A whole day is there until its end.
    jarig = entry(times=())
    evening = datetime(2026, 3, 23, 23, 0, tzinfo=AMSTERDAM)
    assert next_of(jarig, evening, month) is not None
    assert next_of(entry(), evening, month) is None


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("de kapper", ["kapper"]),
        ("kapper", ["kapper"]),
        ("de afspraak bij de tandarts", ["de tandarts"]),
        ("tandarst", ["de tandarts"]),
        ("de pillen", ["mijn pillen voor het hart"]),
        ("de loodgieter", []),
        ("de", []),
    ],
)
def test_words_find_what_they_may_mean(words: str, expected: list[str]) -> None:
    entries = [
        entry("kapper", 1, rule="FREQ=WEEKLY"),
        entry("de tandarts", 2),
        entry("mijn pillen voor het hart", 3),
    ]
    found = occurrences(entries, MONDAY, MONDAY + timedelta(days=20))
    assert [o.entry.what for o in find_by_words(found, words)] == expected


# --- kept ---------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "journal.db", CREATED)
    yield store
    store.close()


def told(number: int, response: Response, at: datetime = CREATED) -> Told:
    return Told(EntryId(number), wall(MONDAY, 14), Notice.TAKE, response, at)


def test_an_entry_comes_back_as_it_was_kept(store: Store) -> None:
    book = AgendaBook(store.agenda)
    made = Entry(
        None,
        Kind.MEDICINE,
        "mijn pillen",
        MONDAY,
        CREATED,
        (time(2, 30, fold=1), time(18, 5)),
        "FREQ=DAILY",
        45,
        "thuis",
        "abc@example.org",
        (Change(wall(MONDAY, 18, 5)), Change(wall(SUNDAY, 18, 5), wall(SUNDAY, 20))),
    )
    kept = book.add(made)
    assert book.entries() == [replace(made, id=kept.id)]
    assert book.entries()[0].times[0].fold == 1
    changed = replace(kept, what="mijn andere pillen", changes=())
    assert book.change(changed)
    assert book.entries() == [changed]


def test_what_is_removed_is_gone_with_what_was_told_of_it(store: Store) -> None:
    book = AgendaBook(store.agenda)
    kept = book.add(entry(changes=(Change(wall(MONDAY, 14)),)))
    assert kept.id is not None
    book.tell(told(kept.id, Response.TAKEN))
    assert book.remove(kept.id)
    assert not book.remove(kept.id)
    assert not book.change(kept)
    assert (book.entries(), book.told(CREATED), store.agenda.changes()) == ([], [], [])


def test_the_same_notice_is_kept_once_with_its_last_answer(store: Store) -> None:
    book = AgendaBook(store.agenda)
    book.tell(told(1, Response.UNHEARD))
    book.tell(told(1, Response.TAKEN))
    assert [t.response for t in book.told(CREATED)] == [Response.TAKEN]
    book.forget_told(CREATED + timedelta(seconds=1))
    assert book.told(CREATED) == []


def test_who_has_all_forgotten_keeps_the_agenda_but_not_the_answers(
    store: Store,
) -> None:
    book = AgendaBook(store.agenda)
    book.add(entry())
    book.tell(told(1, Response.NOT_TAKEN))
    store.forget_all()
    assert len(book.entries()) == 1
    assert [t.response for t in book.told(CREATED)] == [Response.HEARD]


class BrokenBook(AgendaBook):
    """A book on a card that fails from time to time."""

    is_broken = False

    def version(self) -> tuple[int, int]:
        self._check()
        return super().version()

    def entries(self) -> list[Entry]:
        self._check()
        return super().entries()

    def add(self, entry: Entry) -> Entry:
        self._check()
        return super().add(entry)

    def tell(self, told: Told) -> None:
        self._check()
        super().tell(told)

    def told(self, since: datetime) -> list[Told]:
        self._check()
        return super().told(since)

    def _check(self) -> None:
        if self.is_broken:
            raise StoreError("the card refuses")


async def test_a_broken_card_stops_no_reminder_and_nothing_is_said_twice(
    store: Store,
) -> None:
    book = BrokenBook(store.agenda)
    memory = AgendaMemory(book)
    assert await memory.add(entry())
    assert len(await memory.entries()) == 1
    book.is_broken = True
    assert not await memory.add(entry(number=2))
    assert len(await memory.entries()) == 1
    heard = told(1, Response.HEARD)
    await memory.tell(heard)
    assert await memory.told(CREATED) == {heard.key: heard}
    book.is_broken = False
    assert await memory.told(CREATED) == {heard.key: heard}
    assert book.told(CREATED) == [heard]


async def test_what_was_told_long_ago_is_forgotten(store: Store) -> None:
    memory = AgendaMemory(AgendaBook(store.agenda))
    await memory.tell(told(1, Response.HEARD))
    later = CREATED + timedelta(days=TOLD_DAYS, seconds=1)
    assert await memory.told(later) == {}
    await memory.forget_told(later)
    assert AgendaBook(store.agenda).told(CREATED) == []


async def test_what_another_program_changes_is_seen(
    store: Store, tmp_path: Path
) -> None:
    memory = AgendaMemory(AgendaBook(store.agenda))
    assert await memory.entries() == []
    other = open_store(tmp_path / "journal.db", CREATED)
    AgendaBook(other.agenda).add(entry())
    other.close()
    assert [e.what for e in await memory.entries()] == ["de kapper"]
