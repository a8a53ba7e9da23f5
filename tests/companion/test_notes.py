"""Notes on the device: kept, sent until the hub has them, answered, told once."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from calls.messages import Members, Role
from calls.note_messages import (
    LONGEST_NOTE,
    LONGEST_OPEN_S,
    MOST_OPEN,
    NoteAnswer,
    NoteOver,
    PutNote,
)
from calls.wire import Message, new_id
from companion.following import Follower
from companion.notes import (
    LONGEST_WORD,
    PATIENCE,
    REMEMBERED,
    About,
    Note,
    NoteId,
    NoteRefused,
    Notes,
    Over,
    Refused,
    Reply,
    forgotten,
    harmless,
    is_late,
    may_reach,
)
from companion.notes_book import NotesBook
from companion.people import People, Person, PersonId, make_person
from companion.store import Store, open_memory_store, open_store
from tests.virtual_time import AMSTERDAM, VirtualClock, VirtualLoop, run

NOW = datetime(2026, 3, 23, 14, 0, tzinfo=AMSTERDAM)
DAY = timedelta(days=1)
TEXT = "De koffieochtend, woensdag om tien uur"


def person(number: int = 1, role: Role | None = Role.FAMILY) -> Person:
    made = make_person("Anna Bos", "daughter", NOW)
    video = f"member-{number}" if role else None
    return replace(made, id=PersonId(number), role=role, video=video)


class PaperLine:
    """A hub that takes what it is sent, while it is there."""

    def __init__(self) -> None:
        self.is_there = True
        self.sent: list[Message] = []
        self._told: Callable[[Message], None] = self.sent.append

    def on_message(self, callback: Callable[[Message], None]) -> None:
        self._told = callback

    async def deliver(self, message: Message) -> bool:
        if self.is_there:
            self.sent.append(message)
        return self.is_there

    def tell(self, message: Message) -> None:
        self._told(message)

    def comes_back(self) -> None:
        self.is_there = True
        self.tell(Members(()))


class Desk:
    """The notes of a device, on a card."""

    def __init__(self, store: Store, clock: VirtualClock) -> None:
        self.clock = clock
        self.line = PaperLine()
        self.followers = [Follower(person(), True)]
        self.notes = Notes(NotesBook(store.notes), self._followers, self.line, clock)

    async def _followers(self) -> Sequence[Follower]:
        return self.followers

    async def send(self, until: timedelta = 2 * DAY, reference: str = "x") -> Note:
        return await self.notes.send(
            PersonId(1), About.GO_ALONG, TEXT, self.clock.now() + until, reference
        )

    def answers(self, note: Note, reply: Reply, text: str = "") -> None:
        self.line.tell(NoteAnswer(new_id(), note.id, reply, text))

    def one(self) -> Note:
        (found,) = self.notes.of("x")
        return found


Story = Callable[[Desk], Awaitable[None]]


def at_home(story: Story, folder: Path | None = None) -> None:
    """Run a story with a device whose notes are kept and sent."""

    async def main(loop: VirtualLoop) -> None:
        clock = VirtualClock(loop, NOW)
        store = (
            open_store(folder / "journal.db", NOW) if folder else open_memory_store()
        )
        desk = Desk(store, clock)
        await desk.notes.load()
        running = asyncio.create_task(desk.notes.run())
        await asyncio.sleep(0)
        try:
            await story(desk)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            store.close()

    loop = VirtualLoop()
    run(main(loop), loop)


# -- the rules ------------------------------------------------------------------------


def test_only_who_follows_is_reached() -> None:
    assert may_reach(person())
    assert not may_reach(person(role=None))


def test_it_is_told_the_day_before_that_nobody_answered() -> None:
    note = Note(
        NoteId("n"), PersonId(1), About.GO_ALONG, TEXT, NOW, NOW + timedelta(days=2)
    )
    assert not is_late(note, NOW + timedelta(hours=5))
    the_day_before = NOW + timedelta(hours=12)
    assert is_late(note, the_day_before)
    assert not is_late(replace(note, reply=Reply.NO), the_day_before)
    assert not is_late(replace(note, told_at=NOW), the_day_before)
    assert not is_late(replace(note, over=Over.WITHDRAWN), the_day_before)
    # What asks for no yes or no, and who was asked only now.
    assert not is_late(replace(note, about=About.OFFER), the_day_before)
    assert not is_late(replace(note, at=the_day_before), the_day_before)
    assert is_late(replace(note, at=the_day_before), the_day_before + PATIENCE)


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("  Gezellig,\n ik  kom! ", "Gezellig, ik kom!"),
        ("<b>Ja</b> & amen", "bJa/b & amen"),
        ("a\x00b\u202ec\u200bd\x1b[2J", "abcd2J"),
        ("\U0001f600 oké \U0001f600", "oké"),
        ("Ça va, schön, žluťoučký", "Ça va, schön, žluťoučký"),
        ("A" * 500, "A" * LONGEST_WORD),
        ("{person} {0}", "person 0"),
        ("", ""),
        ("\u0301\u0301", "\u0301\u0301"),
    ],
)
def test_what_was_written_is_made_harmless(written: str, left: str) -> None:
    assert harmless(written) == left


@given(some.text())
def test_anything_is_made_harmless(text: str) -> None:
    found = harmless(text)
    assert len(found) <= LONGEST_NOTE
    assert found == " ".join(found.split())
    assert all(len(word) <= LONGEST_WORD for word in found.split())
    assert not set(found) & set("<>{}[]\\`\n\r\t\x00\u202e")
    assert harmless(found) == found


def test_a_note_tells_nothing_to_who_reads_a_log() -> None:
    note = Note(NoteId("n"), PersonId(1), About.VISIT, TEXT, NOW, NOW, said="Geheim")
    assert TEXT not in repr(note) and "Geheim" not in repr(note)


# -- the outbox -----------------------------------------------------------------------


def test_a_note_is_sent_and_its_answer_told_once() -> None:
    async def story(desk: Desk) -> None:
        note = await desk.send()
        assert await desk.notes.wait_sent(note, 3)
        (put,) = desk.line.sent
        assert isinstance(put, PutNote)
        assert (put.note, put.member, put.text) == (note.id, "member-1", TEXT)
        assert put.until == note.until.timestamp()

        assert await desk.notes.answers() == []
        for _ in range(2):
            desk.answers(note, Reply.YES, "Leuk\n!")
        await asyncio.sleep(1)
        (answered,) = await desk.notes.answers()
        assert (answered.reply, answered.said) == (Reply.YES, "Leuk !")
        await desk.notes.mark_told(answered)
        await asyncio.sleep(1)
        assert await desk.notes.answers() == []
        over = desk.line.sent[-1]
        assert isinstance(over, NoteOver) and over.reason is Over.TOLD
        assert over.reply is Reply.YES
        # The same again changes nothing here; the hub does not know that it is over.
        desk.answers(note, Reply.YES)
        await asyncio.sleep(1)
        assert await desk.notes.answers() == []
        (again,) = desk.line.sent[2:]
        assert isinstance(again, NoteOver) and again.reply is Reply.YES
        # They changed it before they could know that the person had heard.
        desk.answers(note, Reply.NO)
        await asyncio.sleep(1)
        (changed,) = await desk.notes.answers()
        await desk.notes.mark_told(changed)
        await asyncio.sleep(1)
        over = desk.line.sent[-1]
        assert isinstance(over, NoteOver) and over.reply is Reply.NO

    at_home(story)


def test_an_answer_that_changes_while_it_is_told_is_told_again() -> None:
    async def story(desk: Desk) -> None:
        note = await desk.send()
        desk.answers(note, Reply.YES)
        await asyncio.sleep(1)
        (told,) = await desk.notes.answers()
        desk.answers(note, Reply.NO)
        await asyncio.sleep(1)
        await desk.notes.mark_told(told)
        (again,) = await desk.notes.answers()
        assert again.reply is Reply.NO

    at_home(story)


def test_an_older_answer_that_comes_late_is_none() -> None:
    async def story(desk: Desk) -> None:
        note = await desk.send()
        for number, reply in ((3, Reply.YES), (2, Reply.NO)):
            desk.line.tell(NoteAnswer(new_id(), note.id, reply, "", number))
        await asyncio.sleep(1)
        (answered,) = await desk.notes.answers()
        assert answered.reply is Reply.YES
        await desk.notes.mark_told(answered)
        desk.line.tell(NoteAnswer(new_id(), note.id, Reply.NO, "", 2))
        await asyncio.sleep(1)
        assert desk.one().over is Over.TOLD

    at_home(story)


def test_that_nobody_answered_is_told_once_and_a_later_answer_as_well() -> None:
    async def story(desk: Desk) -> None:
        note = await desk.send(until=DAY)
        await asyncio.sleep(4 * 3600)
        (late,) = await desk.notes.unanswered()
        await desk.notes.mark_told(late)
        assert await desk.notes.unanswered() == []
        assert desk.one().is_open
        desk.answers(note, Reply.YES)
        await asyncio.sleep(1)
        assert len(await desk.notes.answers()) == 1

    at_home(story)


def test_a_hub_that_is_away_gets_it_when_it_comes_back(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        desk.line.is_there = False
        note = await desk.send()
        assert not await desk.notes.wait_sent(note, 3)
        desk.line.comes_back()
        assert await desk.notes.wait_sent(note, 3)

    at_home(story, tmp_path)


def test_what_was_not_sent_is_sent_after_a_new_start(tmp_path: Path) -> None:
    async def before(desk: Desk) -> None:
        desk.line.is_there = False
        await desk.send()

    async def after(desk: Desk) -> None:
        await asyncio.sleep(1)
        assert [each.type for each in desk.line.sent] == ["note"]
        await desk.notes.withdraw(desk.one())
        await asyncio.sleep(1)
        assert [each.type for each in desk.line.sent] == ["note", "note_over"]

    async def later(desk: Desk) -> None:
        await asyncio.sleep(120)
        assert desk.line.sent == []

    for story in (before, after, later):
        at_home(story, tmp_path)


def test_it_is_over_when_its_time_comes() -> None:
    async def story(desk: Desk) -> None:
        note = await desk.send(until=DAY)
        desk.answers(note, Reply.YES)
        await asyncio.sleep(DAY.total_seconds() + 120)
        assert desk.one().over is Over.EXPIRED
        assert await desk.notes.answers() == []
        over = desk.line.sent[-1]
        assert isinstance(over, NoteOver) and over.reason is Over.EXPIRED

    at_home(story)


def test_an_answer_that_was_told_can_still_be_withdrawn() -> None:
    async def story(desk: Desk) -> None:
        note = await desk.send()
        desk.answers(note, Reply.YES)
        await asyncio.sleep(1)
        await desk.notes.mark_told((await desk.notes.answers())[0])
        await asyncio.sleep(1)
        await desk.notes.withdraw(note)
        await asyncio.sleep(1)
        overs = [m.reason for m in desk.line.sent if isinstance(m, NoteOver)]
        assert overs == [Over.TOLD, Over.WITHDRAWN]

    at_home(story)


def test_who_follows_no_longer_is_asked_nothing_more() -> None:
    async def story(desk: Desk) -> None:
        await desk.send()
        await asyncio.sleep(1)
        desk.followers = []
        await asyncio.sleep(120)
        assert desk.one().over is Over.WITHDRAWN

    at_home(story)


def test_nobody_is_asked_who_does_not_follow() -> None:
    async def story(desk: Desk) -> None:
        async def refused(reason: Refused) -> None:
            with pytest.raises(NoteRefused) as error:
                await desk.send()
            assert error.value.reason is reason

        for followers in (
            [],
            [Follower(person(role=None), True)],
            [Follower(person(2), True)],
            # Invited, and not there yet.
            [Follower(person(), False)],
        ):
            desk.followers = followers
            await refused(Refused.NOT_FOLLOWING)
        desk.followers = [Follower(person(), None)]
        for _ in range(MOST_OPEN):
            await desk.send()
        await refused(Refused.TOO_MANY)

    at_home(story)


@pytest.mark.parametrize(
    ("text", "until", "reason"),
    [
        ("", DAY, Refused.TOO_LONG),
        ("x" * (LONGEST_NOTE + 1), DAY, Refused.TOO_LONG),
        (TEXT, timedelta(0), Refused.TOO_LATE),
    ],
)
def test_what_cannot_be_asked(text: str, until: timedelta, reason: Refused) -> None:
    async def story(desk: Desk) -> None:
        with pytest.raises(NoteRefused) as error:
            await desk.notes.send(PersonId(1), About.VISIT, text, NOW + until)
        assert error.value.reason is reason

    at_home(story)


def test_no_note_is_open_for_longer_than_a_month() -> None:
    async def story(desk: Desk) -> None:
        note = await desk.send(until=90 * DAY)
        assert note.until == NOW + timedelta(seconds=LONGEST_OPEN_S)

    at_home(story)


def test_nothing_is_sent_that_is_not_on_the_card(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        break_card(tmp_path)
        with pytest.raises(NoteRefused) as error:
            await desk.send()
        assert error.value.reason is Refused.NOT_KEPT
        await asyncio.sleep(120)
        assert desk.line.sent == []

    at_home(story, tmp_path)


def test_an_answer_is_told_though_the_card_refuses_and_kept_when_it_works(
    tmp_path: Path,
) -> None:
    async def story(desk: Desk) -> None:
        note = await desk.send()
        await asyncio.sleep(1)
        break_card(tmp_path)
        desk.answers(note, Reply.YES)
        await asyncio.sleep(1)
        assert len(await desk.notes.answers()) == 1
        mend_card(tmp_path)
        await asyncio.sleep(120)

    async def later(desk: Desk) -> None:
        (answered,) = await desk.notes.answers()
        assert answered.reply is Reply.YES

    at_home(story, tmp_path)
    at_home(later, tmp_path)


def break_card(folder: Path) -> None:
    """Nothing more can be written of notes."""
    _do(folder, "CREATE TRIGGER broken BEFORE INSERT ON note BEGIN"
                " SELECT RAISE(ABORT, 'broken'); END")  # fmt: skip


def mend_card(folder: Path) -> None:
    """It can again."""
    _do(folder, "DROP TRIGGER broken")


def _do(folder: Path, sql: str) -> None:
    with closing(sqlite3.connect(folder / "journal.db")) as connection:
        connection.execute(sql)
        connection.commit()


# -- forgetting -----------------------------------------------------------------------


def test_with_somebody_who_is_taken_off_the_list_it_goes(tmp_path: Path) -> None:
    store = open_store(tmp_path / "journal.db", NOW)
    people = People(store)
    anna = people.add(person())
    assert anna.id is not None
    book = NotesBook(store.notes)
    note = Note(NoteId("n"), anna.id, About.VISIT, TEXT, NOW, NOW + DAY)
    book.add(note)
    assert book.all() == [note]
    people.remove(anna.id)
    assert book.all() == []
    # And it does not come back.
    assert not book.change(replace(note, told_at=NOW))
    assert book.all() == []
    store.close()
    for file in tmp_path.iterdir():
        assert TEXT.encode() not in file.read_bytes()


def test_all_is_forgotten_but_what_the_hub_must_still_be_told(tmp_path: Path) -> None:
    store = open_store(tmp_path / "journal.db", NOW)
    book = NotesBook(store.notes)
    note = Note(NoteId("open"), PersonId(1), About.VISIT, TEXT, NOW, NOW + DAY)
    over = replace(note, over=Over.TOLD, over_at=NOW)
    untold = replace(over, id=NoteId("untold"))
    known = replace(over, id=NoteId("known"), over_kept_at=NOW)
    expired = replace(known, id=NoteId("expired"), over=Over.EXPIRED)
    company = replace(known, about=About.GO_ALONG, reply=Reply.YES)
    company = replace(company, id=NoteId("company"), text="De kapper", reference="a")
    for each in (note, untold, known, expired, company):
        book.add(each)
    store.forget_all()
    kept = {each.id: each for each in book.all()}
    # The hub must hear that these are over, those too of which the answer was told.
    for name in ("open", "untold", "known"):
        left = kept.pop(NoteId(name))
        assert (left.over, left.over_kept_at) == (Over.WITHDRAWN, None)
        assert left.is_forgotten and not left.said and not left.reference
    # Who comes along to what stays in the agenda still does.
    assert kept == {"company": company}
    store.close()
    for file in tmp_path.iterdir():
        assert TEXT.encode() not in file.read_bytes()


@pytest.mark.parametrize("over", [None, *Over])
@pytest.mark.parametrize("reply", [None, Reply.YES, Reply.NO])
@pytest.mark.parametrize("about", [About.GO_ALONG, About.REQUEST])
@pytest.mark.parametrize("is_known", [True, False])
def test_card_and_device_forget_the_same(
    over: Over | None, reply: Reply | None, about: About, is_known: bool
) -> None:
    store = open_memory_store()
    book = NotesBook(store.notes)
    ended = NOW if over else None
    note = Note(
        NoteId("n"), PersonId(1), about, TEXT, NOW, NOW + DAY, "x",
        reply=reply, over=over, over_at=ended,
        over_kept_at=ended if is_known else None,
    )  # fmt: skip
    book.add(note)
    store.forget_all()
    left = forgotten(note, NOW)
    gone = left.is_forgotten and left.over_kept_at is not None
    assert book.all() == ([] if gone else [left])
    store.close()


def test_what_was_forgotten_is_withdrawn_and_gone_when_the_hub_knows(
    tmp_path: Path,
) -> None:
    async def story(desk: Desk) -> None:
        note = await desk.send()
        assert await desk.notes.wait_sent(note, 5)
        desk.line.is_there = False
        desk.notes.forget_all()
        await asyncio.sleep(1)
        # No word of it is left, and it is told of no more.
        assert desk.notes.of("x") == [] and await desk.notes.answers() == []
        assert [left.text for left in desk.notes.about(About.GO_ALONG)] == [""]

    async def next_day(desk: Desk) -> None:
        # The device was off meanwhile; the hub hears it after all.
        await asyncio.sleep(1)
        assert over(desk) == [Over.WITHDRAWN]
        assert desk.notes.about(About.GO_ALONG) == []
        assert not any(isinstance(each, PutNote) for each in desk.line.sent)

    at_home(story, tmp_path)
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        (kept,) = connection.execute("SELECT text, over FROM note").fetchall()
        assert kept == ("", "withdrawn")
    at_home(next_day, tmp_path)
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        assert connection.execute("SELECT * FROM note").fetchall() == []


def test_an_answer_to_what_was_forgotten_is_not_told(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        note = await desk.send()
        await asyncio.sleep(1)
        desk.line.is_there = False
        desk.notes.forget_all()
        desk.answers(note, Reply.YES, "ik kom")
        await asyncio.sleep(1)
        assert await desk.notes.answers() == []
        desk.line.comes_back()
        await asyncio.sleep(61)
        assert over(desk) == [Over.WITHDRAWN]
        assert desk.notes.about(About.GO_ALONG) == []

    at_home(story, tmp_path)


def test_what_was_forgotten_at_the_command_line_does_not_come_back(
    tmp_path: Path,
) -> None:
    async def story(desk: Desk) -> None:
        note = await desk.send()
        await asyncio.sleep(1)
        other = open_store(tmp_path / "journal.db", NOW)
        other.forget_all()
        other.close()
        # The device knows nothing of it, and is answered.
        desk.answers(note, Reply.NO)
        await asyncio.sleep(121)
        assert await desk.notes.answers() == []
        assert over(desk) == [Over.WITHDRAWN]
        assert desk.notes.about(About.GO_ALONG) == []

    at_home(story, tmp_path)
    with closing(sqlite3.connect(tmp_path / "journal.db")) as connection:
        assert connection.execute("SELECT * FROM note").fetchall() == []


def over(desk: Desk) -> list[Over]:
    """What the hub was told to be over, each time once."""
    return [each.reason for each in desk.line.sent if isinstance(each, NoteOver)]


def test_what_is_long_over_is_forgotten() -> None:
    async def story(desk: Desk) -> None:
        await desk.send(until=DAY)
        await asyncio.sleep(REMEMBERED.total_seconds() - 3600)
        assert len(desk.notes.of("x")) == 1
        await asyncio.sleep(7200)
        assert desk.notes.of("x") == []

    at_home(story)
