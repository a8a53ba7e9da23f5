"""Offers and requests: when to speak of them, and what is kept of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from calls.messages import Role
from companion.helping import (
    FIRST_GIFT_AFTER,
    GAVE_AFTER,
    GIFT_EVERY,
    HELPED_AFTER,
    HOLDS_AFTER,
    MOST_ASKED,
    Help,
    HelpId,
    Kind,
    Matter,
    Rounds,
    Stage,
    Standing,
    asked,
    is_to_ask,
    matter_of,
    read_rounds,
    standing,
    whom_to_ask,
    write_rounds,
)
from companion.helping_book import HelpBook, HelpMemory
from companion.notes import About, Note, NoteId, Over, Reply
from companion.people import Person, PersonId, Relation
from companion.store import Store, StoreError, open_store
from companion.understanding.intents import Intent
from tests.virtual_time import AMSTERDAM

NOW = datetime(2026, 3, 23, 10, 0, tzinfo=AMSTERDAM)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
ASKED = Help(HelpId("a"), Kind.REQUEST, "ik zoek iemand die mijn lamp vervangt", NOW)
OFFERED = replace(ASKED, id=HelpId("b"), kind=Kind.OFFER, what="ik kan breien")


def note(
    reply: Reply | None = None,
    told_at: datetime | None = None,
    over: Over | None = None,
    at: datetime = NOW,
) -> Note:
    return Note(
        NoteId("n"),
        PersonId(1),
        About.REQUEST,
        "Ik zoek iemand.",
        at,
        at + timedelta(days=28),
        ASKED.reference,
        reply=reply,
        told_at=told_at,
        over=over,
        over_at=at + timedelta(days=28) if over else None,
    )


# -- what is passed on ---------------------------------------------------------------


def test_only_what_was_said_is_passed_on() -> None:
    assert ASKED.text == "ik zoek iemand die mijn lamp vervangt"
    timed = replace(ASKED, what="Een lamp vervangen.", moment=" zaterdag! ")
    assert timed.text == "Een lamp vervangen, zaterdag"
    assert "lamp" not in repr(timed)
    assert (ASKED.about, OFFERED.about) == (About.REQUEST, About.OFFER)


def person(number: int, role: Role) -> Person:
    return Person(
        PersonId(number), f"P{number}", f"P{number}", Relation.OTHER, None, NOW,
        video=f"m{number}", role=role,
    )  # fmt: skip


def test_a_coordinator_is_asked_before_family() -> None:
    family, wilma = person(1, Role.FAMILY), person(2, Role.COORDINATOR)
    assert whom_to_ask([family, wilma]) == [wilma]
    assert whom_to_ask([family]) == [family]
    assert whom_to_ask([]) == []


# -- how it stands -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ([], Standing.HERE),
        ([note()], Standing.WAITING),
        ([note(Reply.YES)], Standing.AGREED),
        ([note(Reply.SEEN)], Standing.AGREED),
        ([note(Reply.NO)], Standing.REFUSED),
        ([note(over=Over.EXPIRED)], Standing.LAPSED),
        ([note(over=Over.WITHDRAWN)], Standing.HERE),
        # An answer that was told stays one.
        ([note(Reply.YES, NOW, Over.TOLD)], Standing.AGREED),
        # The one who was asked last tells.
        ([note(Reply.NO, NOW, Over.TOLD), note()], Standing.WAITING),
    ],
)
def test_the_newest_note_tells_how_it_stands(
    notes: list[Note], expected: Standing
) -> None:
    assert standing(notes) is expected


@pytest.mark.parametrize(
    ("one", "made", "after", "matter"),
    [
        (ASKED, note(), HOLDS_AFTER, Matter.HOLDS),
        (ASKED, note(Reply.YES, NOW, Over.TOLD), HELPED_AFTER, Matter.HAPPENED),
        (OFFERED, note(Reply.SEEN, NOW, Over.TOLD), GAVE_AFTER, Matter.HAPPENED),
    ],
)
def test_each_matter_comes_in_its_time_and_a_week_later_again(
    one: Help, made: Note, after: timedelta, matter: Matter
) -> None:
    assert matter_of(one, [made], NOW + after - SECOND) is None
    assert matter_of(one, [made], NOW + after) is matter
    again = asked(one, NOW + after)
    assert again.asked == 1
    assert matter_of(again, [made], NOW + after + HOLDS_AFTER - SECOND) is None
    assert matter_of(again, [made], NOW + after + HOLDS_AFTER) is matter


def test_an_answer_is_told_before_it_is_asked_about() -> None:
    assert matter_of(ASKED, [note(Reply.YES)], NOW + 20 * DAY) is None
    assert matter_of(ASKED, [note(Reply.NO)], NOW + 20 * DAY) is None


def test_who_is_refused_is_asked_once_whether_somebody_else_may_know() -> None:
    refused = note(Reply.NO, NOW + DAY, Over.TOLD)
    assert matter_of(ASKED, [refused], NOW + DAY) is Matter.ELSEWHERE
    assert matter_of(asked(ASKED, NOW + DAY), [refused], NOW + 20 * DAY) is None


def test_what_nobody_answered_in_time_is_asked_about_once() -> None:
    lapsed = note(over=Over.EXPIRED)
    late = NOW + 30 * DAY
    assert matter_of(ASKED, [lapsed], late) is Matter.ELSEWHERE
    assert matter_of(asked(ASKED, NOW + 21 * DAY), [lapsed], late) is Matter.ELSEWHERE
    assert matter_of(asked(ASKED, late), [lapsed], late + 60 * DAY) is None


def test_nothing_is_asked_for_ever() -> None:
    agreed = note(Reply.YES, NOW, Over.TOLD)
    tired = replace(ASKED, asked=MOST_ASKED, asked_at=NOW + 10 * DAY)
    assert matter_of(tired, [agreed], NOW + 300 * DAY) is None


@pytest.mark.parametrize("stage", [Stage.DONE, Stage.CLOSED])
def test_what_is_over_is_not_spoken_of(stage: Stage) -> None:
    over = replace(ASKED, stage=stage)
    assert matter_of(over, [note()], NOW + 20 * DAY) is None


def test_what_stayed_here_is_not_brought_up() -> None:
    assert matter_of(ASKED, [], NOW + 300 * DAY) is None


# -- asked by itself -----------------------------------------------------------------

TODAY = NOW.date()
KNOWN = Rounds(since=TODAY - FIRST_GIFT_AFTER)


def test_it_is_asked_on_a_good_day_after_four_weeks() -> None:
    assert is_to_ask(KNOWN, [], Intent.MOOD_GOOD, TODAY)
    assert not is_to_ask(KNOWN, [], Intent.MOOD_GOOD, TODAY - DAY)
    assert not is_to_ask(Rounds(), [], Intent.MOOD_GOOD, TODAY)


@pytest.mark.parametrize("mood", [Intent.MOOD_FAIR, Intent.MOOD_LOW, None])
def test_it_is_not_asked_on_other_days(mood: Intent | None) -> None:
    assert not is_to_ask(KNOWN, [], mood, TODAY)


def test_it_is_asked_once_a_quarter_and_not_after_two_refusals() -> None:
    before = replace(KNOWN, asked_on=TODAY)
    assert not is_to_ask(before, [], Intent.MOOD_GOOD, TODAY + GIFT_EVERY - DAY)
    assert is_to_ask(before, [], Intent.MOOD_GOOD, TODAY + GIFT_EVERY)
    once = replace(before, refused=1)
    assert is_to_ask(once, [], Intent.MOOD_GOOD, TODAY + GIFT_EVERY)
    twice = replace(before, refused=2)
    assert not is_to_ask(twice, [], Intent.MOOD_GOOD, TODAY + 10 * GIFT_EVERY)


def test_who_offers_something_already_is_not_asked() -> None:
    assert not is_to_ask(KNOWN, [OFFERED], Intent.MOOD_GOOD, TODAY)
    over = replace(OFFERED, stage=Stage.CLOSED)
    assert is_to_ask(KNOWN, [over, ASKED], Intent.MOOD_GOOD, TODAY)


@pytest.mark.parametrize(
    "rounds",
    [Rounds(since=date(2026, 3, 1)), Rounds(date(2026, 3, 1), date(2026, 6, 1), 2)],
)
def test_rounds_come_back_as_they_were_kept(rounds: Rounds) -> None:
    assert read_rounds(write_rounds(rounds)) == rounds


@pytest.mark.parametrize("text", ["", "?", "2026-13-45 - 0", "2026-03-01 -"])
def test_what_cannot_be_read_is_nothing(text: str) -> None:
    assert read_rounds(text) == Rounds()


# -- kept ----------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "journal.db", NOW)
    yield store
    store.close()


def test_it_comes_back_as_it_was_kept(store: Store) -> None:
    book = HelpBook(store.helps)
    one = replace(ASKED, moment="zaterdag", asked_at=NOW + DAY, asked=2)
    book.keep(OFFERED)
    book.keep(one)
    assert book.all() == [one, OFFERED]
    book.keep(replace(one, stage=Stage.DONE))
    assert book.all()[0].stage is Stage.DONE
    book.remove(one.id)
    book.remove(one.id)
    assert book.all() == [OFFERED]


def test_vergeet_alles_forgets_it_to_the_last_byte(store: Store) -> None:
    book = HelpBook(store.helps)
    book.keep(ASKED)
    book.keep_rounds(KNOWN)
    assert book.rounds() == KNOWN
    store.forget_all()
    assert (book.all(), book.rounds()) == ([], Rounds())
    files = store.path.parent.glob(f"{store.path.name}*")
    assert not any(b"lamp vervangt" in file.read_bytes() for file in files)


def test_the_last_thing_told_and_the_things_of_some_days_are_forgotten(
    store: Store,
) -> None:
    book = HelpBook(store.helps)
    book.keep(ASKED)
    book.keep(replace(OFFERED, at=NOW + DAY))
    assert store.forget_last()
    assert book.all() == [ASKED]
    assert store.forget_since((NOW + DAY).timestamp()) == 0
    assert store.forget_before((NOW + DAY).timestamp(), "2026-03-24") == 1
    assert book.all() == []


class BrokenBook(HelpBook):
    """A book on a card that fails from time to time."""

    is_broken = False

    def all(self) -> list[Help]:
        self._check()
        return super().all()

    def keep(self, one: Help) -> None:
        self._check()
        super().keep(one)

    def remove(self, number: HelpId) -> None:
        self._check()
        super().remove(number)

    def rounds(self) -> Rounds:
        self._check()
        return super().rounds()

    def keep_rounds(self, rounds: Rounds) -> None:
        self._check()
        super().keep_rounds(rounds)

    def _check(self) -> None:
        if self.is_broken:
            raise StoreError("the card refuses")


async def test_it_goes_on_when_the_card_refuses_and_writes_later(store: Store) -> None:
    book = BrokenBook(store.helps)
    memory = HelpMemory(book)
    assert not memory.is_whole
    assert await memory.keep(ASKED)
    assert await memory.all() == [ASKED]
    assert memory.is_whole
    book.is_broken = True
    assert not await memory.keep(replace(OFFERED, at=NOW + DAY))
    changed = replace(ASKED, moment="zaterdag")
    assert not await memory.keep(changed)
    assert await memory.all() == [changed, replace(OFFERED, at=NOW + DAY)]
    assert not memory.is_whole
    assert not await memory.remove(OFFERED)
    await memory.keep_rounds(KNOWN)
    assert await memory.rounds() == KNOWN
    book.is_broken = False
    assert await memory.all() == [changed]
    assert book.all() == [changed]


async def test_what_waits_for_the_card_is_forgotten_too(store: Store) -> None:
    book = BrokenBook(store.helps)
    memory = HelpMemory(book)
    book.is_broken = True
    await memory.keep(ASKED)
    memory.forget()
    book.is_broken = False
    assert await memory.all() == []
    assert await memory.rounds() == Rounds()


async def test_of_a_card_that_stays_full_the_newest_are_remembered(
    store: Store,
) -> None:
    book = BrokenBook(store.helps)
    memory = HelpMemory(book)
    book.is_broken = True
    for number in range(120):
        at = NOW + number * SECOND
        await memory.keep(replace(ASKED, id=HelpId(str(number)), at=at))
    found = await memory.all()
    assert (len(found), found[-1].id) == (100, "119")
