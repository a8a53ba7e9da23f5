"""A device and its hub are killed again and again while notes are sent and answered.

The device asks, tells the answers and takes some notes back; at the hub family answers.
What either promised is written to a file outside. After the last kill both live until
all is known everywhere, and what they keep is compared with what was promised.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from calls.call_messages import RingsBy
from calls.hub.alarms import Told
from calls.hub.errors import Refusal
from calls.hub.jobs import Jobs
from calls.hub.notes import NoteNews
from calls.hub.notes import Notes as HubNotes
from calls.hub.server import Hub
from calls.hub.settings import HubSettings
from calls.hub.signalling import signalling
from calls.hub_client import HubClient
from calls.keys import load_key
from companion.clock import SystemClock
from companion.following import Follower
from companion.notes import About, NoteRefused, Notes, Refused, Reply
from companion.notes_book import NotesBook
from companion.people import People
from companion.store import open_store
from tests.companion.alarm_killing import (
    ZONE,
    Line,
    append_line,
    begin,
    lines_of,
    read_rows,
    wait_until,
)
from tests.companion.killing import Killing, Made
from tests.peers.device import free_port

TAKEN_BACK = 0.15
"""So many of what is answered do not take place."""


# -- in the processes that are killed ------------------------------------------------


async def live(folder: Path, url: str, device: str, seed: int, most: int) -> None:
    """Be a device that asks and tells, until there was so much."""
    store = open_store(folder / "journal.db", datetime.now(UTC))
    if store.was_damaged:
        raise SystemExit("damaged")
    people, clock, chance = People(store), SystemClock(ZONE), random.Random(seed)

    async def followers() -> Sequence[Follower]:
        return [Follower(person, True) for person in people.all()]

    client = HubClient(url, device, load_key(folder / "device.key"))
    notes = Notes(NotesBook(store.notes), followers, Line(client), clock)
    await notes.load()

    async def ask() -> None:
        while len(lines_of(folder / "asked")) < most:
            await asyncio.sleep(chance.uniform(0, 0.1))
            person = chance.choice(people.all()).id
            assert person is not None
            until = clock.now() + timedelta(days=3)
            try:
                note = await notes.send(person, About.GO_ALONG, "Naar het bos", until)
            except NoteRefused as refused:
                # Too many wait for an answer, while the hub is away.
                assert refused.reason is Refused.TOO_MANY
                continue
            append_line(folder / "asked", note.id)

    async def tell() -> None:
        while True:
            await asyncio.sleep(chance.uniform(0, 0.1))
            for note in (await notes.answers())[:2]:
                if chance.random() < TAKEN_BACK:
                    await notes.withdraw(note)
                else:
                    await notes.mark_told(note)
                    append_line(folder / "told", note.id)

    async with asyncio.TaskGroup() as tasks:
        for work in (client.run(), notes.run(), ask(), tell()):
            tasks.create_task(work)


class Nobody:
    """Tells nothing: what is told is another test's."""

    async def tell_note(self, _way: RingsBy, _news: NoteNews) -> Told:
        """There is no way."""
        return Told.NO_WAY


async def serve(folder: Path, port: int, seed: int) -> None:
    """Be a hub over which family answers, and changes it now and then."""
    hub = Hub(HubSettings(port=port), folder / "hub.db", [signalling()])
    await hub.open()
    store, chance = hub.state.store, random.Random(seed)
    notes = HubNotes(
        store,
        Jobs(store, time.time),
        time.time,
        Nobody(),
        hub.state.tell_members_changed,
        lambda: None,
    )
    sql = "SELECT id FROM note WHERE over IS NULL AND (reply IS NULL OR answers < 3)"
    while True:
        await asyncio.sleep(chance.uniform(0, 0.05))
        found = await asyncio.to_thread(read_rows, folder / "hub.db", sql)
        if found:
            note = str(chance.choice(found)[0])
            try:
                await notes.answer(note, chance.choice((Reply.YES, Reply.NO)), "")
                append_line(folder / "answered", note)
            except Refusal:
                # It was over meanwhile.
                continue


def run_device(folder: Path, url: str, device: str, seed: int, most: int) -> None:
    """Of a process."""
    asyncio.run(live(folder, url, device, seed, most))


def run_hub(folder: Path, port: int, seed: int) -> None:
    """Of a process."""
    asyncio.run(serve(folder, port, seed))


# -- around them -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is left when all is known everywhere.

    Attributes:
        kills: Of processes.
        asked: That the device had promised to ask.
        told: That the person had heard.
        withdrawn: That were taken back.
        wrong: What was not kept, in words; nothing of it should be there.
    """

    kills: int
    asked: int
    told: int
    withdrawn: int
    wrong: tuple[str, ...]


def kill_again_and_again(folder: Path, notes: int, kills: int, seed: int) -> Outcome:
    """Ask so much while device and hub are killed so often.

    Raises:
        TimeoutError: If they do not agree in the end.
    """
    device, _ = asyncio.run(begin(folder))
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    def made(number: int) -> Made:
        return {
            "hub": (run_hub, (folder, port, seed + number)),
            "device": (run_device, (folder, url, device, seed + number, notes)),
        }

    def is_enough(killed: int) -> bool:
        asked = len(lines_of(folder / "asked"))
        return killed >= kills and asked >= notes // 2

    with Killing(made, __name__, seed) as killing:
        killing.go_on(is_enough)
        _wait_until_known(folder, notes)
        return _compare(folder, killing.killed)


def _wait_until_known(folder: Path, notes: int) -> None:
    """Until all was asked, answered, told, and both know it."""
    waits = "SELECT id FROM note WHERE over IS NULL OR over_kept_at IS NULL"

    def is_known() -> bool:
        if len(lines_of(folder / "asked")) < notes:
            return False
        return (
            not read_rows(folder / "journal.db", waits)
            and _kept(folder / "journal.db") == _kept(folder / "hub.db")
        )  # fmt: skip

    wait_until(is_known, "not all is answered, told and known")


def _kept(path: Path) -> dict[object, tuple[object, ...]]:
    """Why each is over, and what was answered where the person heard it."""
    sql = "SELECT id, over, CASE over WHEN 'told' THEN reply END FROM note"
    return {row[0]: row[1:] for row in read_rows(path, sql)}


def _compare(folder: Path, kills: int) -> Outcome:
    here = _kept(folder / "journal.db")
    there = _kept(folder / "hub.db")
    asked = lines_of(folder / "asked")
    wrong = [f"{each}: the device lost it" for each in asked if each not in here]
    wrong += [f"{each}: the hub lost it" for each in here if each not in there]
    for each in set(lines_of(folder / "told")):
        over, reply = here[each]
        if over != "withdrawn" and (over, reply is None) != ("told", False):
            wrong.append(f"{each}: told, and kept as {over}")
    for each in set(lines_of(folder / "answered")):
        if each not in here:
            wrong.append(f"{each}: answered, and nobody asked it")
    reasons = [over for over, _ in here.values()]
    return Outcome(
        kills,
        len(asked),
        reasons.count("told"),
        reasons.count("withdrawn"),
        tuple(wrong),
    )
