"""Notes at the hub: who is asked, what they see and answer, and what is forgotten."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from calls.call_messages import RingsBy
from calls.hub import tables
from calls.hub.alarms import Told
from calls.hub.jobs import Jobs
from calls.hub.limits import LIMITS, Buckets
from calls.hub.members import withdraw
from calls.hub.notes import AGAIN_S, KEPT_S, MAIL_AFTER_S, TRIES, NoteNews, Notes
from calls.hub.signalling import signalling
from calls.messages import Refused, Withdraw
from calls.note_messages import (
    LONGEST_OPEN_S,
    MOST_OPEN,
    REPLIES,
    About,
    NoteAnswer,
    NoteOver,
    Over,
    PutNote,
    Reply,
    ShownNote,
    ShownNotes,
)
from calls.wire import new_id
from tests.calls.hub.callers import Device, Page, device_of, page_of
from tests.calls.hub.peers import NOW, Browser, Home, Place, browser, running_hub

DAY_S = 86_400.0
TEXT = "Naar de koffieochtend, dinsdag om tien uur"


def note_to(
    member: str, about: About = About.GO_ALONG, until: float = NOW + 3 * DAY_S
) -> PutNote:
    return PutNote(new_id(), new_id(), member, about, TEXT, until)


@dataclass
class Family:
    """Anna, who follows a household."""

    home: Home
    anna: Browser
    member: str

    async def answers(
        self, note: PutNote, reply: str, text: str | None = None
    ) -> tuple[int, str | None]:
        path = f"/api/notes/{note.note}/answer"
        answer = await self.anna.ask("POST", path, {"reply": reply, "text": text})
        return answer.status, answer.error


@asynccontextmanager
async def follows(home: Home, name: str = "Anna") -> AsyncIterator[Family]:
    async with browser(home.place) as anna:
        member, token = await home.invite(name)
        await anna.join(token)
        yield Family(home, anna, member)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        yield place


@pytest.fixture
async def family(place: Place) -> AsyncIterator[Family]:
    async with follows(await place.home()) as family:
        yield family


async def shown(page: Page) -> tuple[ShownNote, ...]:
    """What the page is told next."""
    return (await page.inbox.get(ShownNotes)).notes


async def rows(place: Place) -> list[Any]:
    async with place.hub.state.store.reading() as connection:
        found = await connection.execute(sa.select(tables.note))
        return list(found)


async def delivered(device: Device, *messages: PutNote | NoteOver) -> None:
    for message in messages:
        assert await device.client.deliver(message)


# -- asked and answered ---------------------------------------------------------------


async def test_what_is_asked_is_seen_and_answered(family: Family) -> None:
    note = note_to(family.member)
    async with device_of(family.home) as device, page_of(family.anna) as page:
        await delivered(device, note)
        (seen,) = await shown(page)
        assert (seen.note, seen.about, seen.text) == (note.note, About.GO_ALONG, TEXT)
        assert (seen.at, seen.reply, seen.said, seen.over) == (NOW, None, "", None)

        assert await family.answers(note, "yes", "Gezellig!") == (204, None)
        (seen,) = await shown(page)
        assert (seen.reply, seen.said) == (Reply.YES, "Gezellig!")
        told = await device.inbox.get(NoteAnswer)
        assert (told.note, told.reply, told.text) == (note.note, Reply.YES, "Gezellig!")

        # Changed, until the person heard it.
        assert await family.answers(note, "no") == (204, None)
        await shown(page)
        told = await device.inbox.get(NoteAnswer)
        assert (told.reply, told.text) == (Reply.NO, "")
        # What the person heard was another answer: this one is told first.
        await delivered(device, NoteOver(new_id(), note.note, Over.TOLD, Reply.YES))
        assert (await rows(family.home.place))[0].over is None
        await delivered(device, NoteOver(new_id(), note.note, Over.TOLD, Reply.NO))
        (seen,) = await shown(page)
        assert (seen.reply, seen.over) == (Reply.NO, Over.TOLD)
        assert await family.answers(note, "yes") == (409, "note_over")


async def test_an_answer_comes_again_at_each_connection_until_it_was_told(
    family: Family,
) -> None:
    note = note_to(family.member)
    async with device_of(family.home) as device:
        await delivered(device, note)
    assert await family.answers(note, "yes") == (204, None)
    ids = []
    for _ in range(2):
        async with device_of(family.home) as device:
            ids.append((await device.inbox.get(NoteAnswer)).id)
    # The same id, so that it is acted on once.
    assert ids[0] == ids[1]
    async with device_of(family.home) as device:
        await device.inbox.get(NoteAnswer)
        await delivered(device, NoteOver(new_id(), note.note, Over.TOLD, Reply.YES))
    async with device_of(family.home) as device:
        await delivered(device, note_to(family.member))
        assert device.inbox.count(NoteAnswer) == 0


async def test_each_answer_is_told_once_however_often_others_change(
    family: Family,
) -> None:
    notes = [note_to(family.member) for _ in range(MOST_OPEN)]
    async with device_of(family.home) as device:
        await delivered(device, *notes)
        for number in range(3):
            for note in notes:
                reply = ("yes", "no")[number % 2]
                assert await family.answers(note, reply) == (204, None)
        while device.inbox.count(NoteAnswer) < 3 * MOST_OPEN:
            await device.inbox.get(NoteAnswer)
        # Were each told again at each change, its acks alone would be a flood.
        assert device.inbox.count(Refused) == 0
        assert device.client.is_connected


async def test_the_same_note_comes_twice(family: Family) -> None:
    note = note_to(family.member)
    again = PutNote(new_id(), note.note, note.member, note.about, "Anders", note.until)
    async with device_of(family.home) as device:
        await delivered(device, note, again)
    (row,) = await rows(family.home.place)
    assert row.text == TEXT


@pytest.mark.parametrize("about", About)
async def test_only_what_may_be_answered(family: Family, about: About) -> None:
    note = note_to(family.member, about)
    async with device_of(family.home) as device:
        await delivered(device, note)
    for reply in Reply:
        expected = (204, None) if reply in REPLIES[about] else (400, "wrong_reply")
        assert await family.answers(note, reply.value) == expected


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"reply": "perhaps"}, "malformed"),
        ({}, "malformed"),
        ({"reply": "yes", "text": "x" * 201}, "text"),
        ({"reply": "yes", "text": "a\x00b"}, "text"),
        ({"reply": "yes", "text": "a\u202eb"}, "text"),
        ({"reply": "yes", "text": 7}, "malformed"),
    ],
)
async def test_what_cannot_be_told(
    family: Family, body: dict[str, Any], error: str
) -> None:
    note = note_to(family.member)
    async with device_of(family.home) as device:
        await delivered(device, note)
    answer = await family.anna.ask("POST", f"/api/notes/{note.note}/answer", body)
    assert (answer.status, answer.error) == (400, error)


async def test_nobody_answers_for_another(family: Family) -> None:
    note = note_to(family.member)
    async with (
        follows(family.home, "Piet") as piet,
        device_of(family.home) as device,
        page_of(piet.anna) as page,
    ):
        await delivered(device, note)
        # Not even who follows the same person.
        assert await piet.answers(note, "yes") == (404, "no_note")
        seen = await piet.anna.ask("POST", f"/api/notes/{note.note}/seen", {})
        assert seen.status == 404
        # Something of their own comes after it: nothing came before.
        await delivered(device, note_to(piet.member, About.VISIT))
        (only,) = await shown(page)
        assert only.about is About.VISIT


async def test_a_device_asks_only_those_who_follow_it(place: Place) -> None:
    home, other = await place.home(), await place.home()
    async with follows(other) as stranger, device_of(home) as device:
        await delivered(device, note_to(stranger.member), note_to("nobody"))
    assert await rows(place) == []


async def test_a_device_ends_only_its_own(place: Place) -> None:
    home, other = await place.home(), await place.home()
    async with follows(home) as family, device_of(home) as device:
        note = note_to(family.member)
        await delivered(device, note)
        async with device_of(other) as foreign:
            await delivered(foreign, NoteOver(new_id(), note.note, Over.WITHDRAWN))
    (row,) = await rows(place)
    assert row.over is None


async def test_there_is_a_bound(family: Family) -> None:
    async with device_of(family.home) as device:
        for _ in range(2 * MOST_OPEN + 3):
            await delivered(device, note_to(family.member))
    assert len(await rows(family.home.place)) == 2 * MOST_OPEN


async def test_nobody_answers_faster_than_they_can_think(tmp_path: Path) -> None:
    async with (
        running_hub(tmp_path, groups=[signalling()], buckets=Buckets(LIMITS)) as place,
        follows(await place.home()) as family,
        device_of(family.home) as device,
    ):
        note = note_to(family.member)
        await delivered(device, note)
        found = [(await family.answers(note, "yes", str(n)))[0] for n in range(16)]
        assert found == [204] * 15 + [429]


# -- over and forgotten ---------------------------------------------------------------


async def test_who_said_yes_reads_that_it_does_not_take_place(family: Family) -> None:
    yes, no = note_to(family.member), note_to(family.member)
    async with device_of(family.home) as device:
        await delivered(device, yes, no)
        await family.answers(yes, "yes")
        await family.answers(no, "no")
        await delivered(device, NoteOver(new_id(), yes.note, Over.TOLD, Reply.YES))
        for note in (yes, no):
            await delivered(device, NoteOver(new_id(), note.note, Over.WITHDRAWN))
    async with page_of(family.anna) as page:
        (seen,) = await shown(page)
        assert (seen.note, seen.over, seen.text) == (yes.note, Over.WITHDRAWN, TEXT)
    kept = {row.id: (row.text, row.over) for row in await rows(family.home.place)}
    assert kept == {yes.note: (TEXT, "withdrawn"), no.note: ("", "withdrawn")}


async def test_what_is_over_before_it_came_never_begins(family: Family) -> None:
    note = note_to(family.member)
    async with device_of(family.home) as device:
        await delivered(device, NoteOver(new_id(), note.note, Over.WITHDRAWN), note)
    (row,) = await rows(family.home.place)
    assert (row.text, row.over) == ("", "withdrawn")


async def test_with_who_follows_no_longer_it_goes(family: Family) -> None:
    note = note_to(family.member)
    async with device_of(family.home) as device:
        await delivered(device, note)
        assert await device.client.deliver(Withdraw(new_id(), family.member))
    assert await rows(family.home.place) == []


# -- the rules by themselves ----------------------------------------------------------


@dataclass
class PaperTeller:
    """Writes down who was told, and answers as it is told to."""

    told: list[RingsBy] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    outcome: Told = Told.SENT

    async def tell_note(self, way: RingsBy, news: NoteNews) -> Told:
        self.told.append(way)
        self.keys.add(news.key)
        assert news.name not in repr(news)
        return self.outcome


@dataclass
class Rules:
    """Notes of a hub that does no jobs by itself."""

    family: Family
    notes: Notes
    jobs: Jobs
    teller: PaperTeller

    async def work(self, after_s: float = 0.0) -> list[RingsBy]:
        """Do all that is due then; who was told, and by what."""
        self.family.home.place.time.pass_(after_s)
        self.teller.told.clear()
        while claimed := await self.jobs.claim():
            await self.notes.make_known(claimed[0])
        return list(self.teller.told)

    async def keep(self, about: About = About.GO_ALONG, until: float = 5.0) -> PutNote:
        note = note_to(self.family.member, about, NOW + until * DAY_S)
        await self.notes.keep(self.family.home.id, note)
        return note

    async def over(self, note: PutNote, reason: Over) -> None:
        heard = Reply.YES if reason is Over.TOLD else None
        over = NoteOver(new_id(), note.note, reason, heard)
        await self.notes.over(self.family.home.id, over)


@pytest.fixture
async def rules(tmp_path: Path) -> AsyncIterator[Rules]:
    async with (
        running_hub(tmp_path) as place,
        follows(await place.home()) as family,
    ):
        state, teller = place.hub.state, PaperTeller()
        jobs = Jobs(state.store, state.now)

        async def changed(_: str) -> None:
            return

        notes = Notes(state.store, jobs, state.now, teller, changed, lambda: None)
        yield Rules(family, notes, jobs, teller)


async def test_what_is_past_says_nothing_any_more(rules: Rules) -> None:
    place = rules.family.home.place
    await rules.keep(until=1)
    await rules.keep(until=90)
    place.time.pass_(DAY_S)
    await rules.notes.tidy()
    kept = sorted((row.text, row.over, row.until) for row in await rows(place))
    assert kept == [
        ("", "expired", NOW + DAY_S),
        # Who wishes a longer time does not get it.
        (TEXT, None, NOW + LONGEST_OPEN_S),
    ]
    place.time.pass_(KEPT_S - DAY_S)
    await rules.notes.tidy()
    assert await rows(place) == []


async def test_it_is_made_known_by_push_and_later_by_mail(rules: Rules) -> None:
    await rules.keep()
    assert await rules.work() == [RingsBy.PUSH]
    assert await rules.work(MAIL_AFTER_S - 1) == []
    assert await rules.work(1) == [RingsBy.MAIL]
    # Once.
    assert await rules.work(DAY_S) == []


@pytest.mark.parametrize("end", ["seen", "answered", "over", "past", "withdrawn"])
async def test_who_knows_gets_no_mail(rules: Rules, end: str) -> None:
    note = await rules.keep(until=0.01)
    assert await rules.work() == [RingsBy.PUSH]
    store, now = rules.family.home.place.hub.state.store, NOW
    match end:
        case "seen":
            await rules.notes.seen(note.note)
        case "answered":
            await rules.notes.answer(note.note, Reply.NO, "")
        case "over":
            await rules.over(note, Over.WITHDRAWN)
        case "withdrawn":
            await withdraw(store, rules.family.home.id, rules.family.member, now)
    assert await rules.work(MAIL_AFTER_S) == []


async def test_a_push_that_fails_is_tried_again(rules: Rules) -> None:
    await rules.keep()
    rules.teller.outcome = Told.FAILED
    assert await rules.work() == [RingsBy.PUSH]
    told = []
    for wait_s in AGAIN_S:
        assert RingsBy.PUSH not in await rules.work(wait_s - 1)
        told += await rules.work(1)
    assert told.count(RingsBy.PUSH) == TRIES - 1
    assert RingsBy.PUSH not in await rules.work(DAY_S)
    # For who receives them it is one message.
    assert len(rules.teller.keys) == 2


async def test_it_is_written_off_before_it_is_sent(rules: Rules) -> None:
    """A hub that is killed while it sends does not send it twice."""
    await rules.keep()
    (job,) = await rules.jobs.claim()
    await rules.notes.make_known(job)
    await rules.notes.make_known(job)
    assert rules.teller.told == [RingsBy.PUSH]


async def test_who_said_yes_is_told_that_there_is_news(rules: Rules) -> None:
    note = await rules.keep()
    await rules.notes.answer(note.note, Reply.YES, "")
    assert await rules.work() == []
    await rules.over(note, Over.TOLD)
    assert await rules.work(MAIL_AFTER_S) == []
    await rules.over(note, Over.WITHDRAWN)
    assert await rules.work() == [RingsBy.PUSH]
    assert await rules.work(MAIL_AFTER_S) == [RingsBy.MAIL]


async def test_nothing_of_it_is_logged(
    family: Family, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="calls")
    note = note_to(family.member)
    async with device_of(family.home) as device:
        await delivered(device, note)
        await family.answers(note, "yes", "Geheim")
        assert (await device.inbox.get(NoteAnswer)).text == "Geheim"
    assert "a note was answered" in caplog.text
    for secret in (TEXT, "Geheim", note.note, family.member):
        assert secret not in caplog.text
