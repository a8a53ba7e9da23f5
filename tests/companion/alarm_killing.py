"""A device and its hub are killed again and again while check-ins are missed.

The device writes down missed check-ins and that the person was heard again; the hub
takes what it is sent and now and then somebody takes care of an alarm. What either
promised is written to a file outside. After the last kill both live until all is known
everywhere, and what they keep is compared with what was promised.
"""

import asyncio
import json
import os
import random
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from calls.call_messages import RingsBy
from calls.hub.alarms import Alarms, News, Told
from calls.hub.enrolment import enrol_own, find_device
from calls.hub.jobs import Jobs
from calls.hub.server import Hub
from calls.hub.settings import HubSettings
from calls.hub.signalling import signalling
from calls.hub.store import open_store as open_hub_store
from calls.hub.tables import account, member
from calls.hub_client import HubClient
from calls.keys import load_key
from calls.messages import Role
from calls.wire import Message
from companion.clock import SystemClock
from companion.consent import Agreement, Consent, Way
from companion.journal import Journal
from companion.memory import Memory
from companion.outbox import Outbox
from companion.people import People, Person, make_person
from companion.store import open_memory_store, open_store
from tests.companion.killing import Killing, Made
from tests.peers.device import free_port

NAMES = ("Anna", "Piet")
ZONE = "Europe/Amsterdam"

HEARD_EVERY = 25
"""After so many alarms the person is heard, so that all of them are over."""

MANY = 2
"""More alarms than these do not wait long: somebody takes care."""

SETTLES_WITHIN_S = 200.0
"""Who was cut off again and again waits up to 30 s before each next try."""


def append_line(path: Path, line: str) -> None:
    """One write: a kill tears none apart."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


def lines_of(path: Path) -> list[str]:
    """What was promised so far."""
    return path.read_text().splitlines() if path.exists() else []


# -- in the processes that are killed ------------------------------------------------


class Line:
    """The way to the hub, without calls."""

    def __init__(self, client: HubClient) -> None:
        self._client = client

    def on_message(self, callback: Callable[[Message], None]) -> None:
        """Of every message."""
        self._client.on_message(callback)

    async def deliver(self, message: Message) -> bool:
        """As the real one does."""
        return await self._client.deliver(message)


async def live(folder: Path, url: str, device: str, seed: int, most: int) -> None:
    """Be a device that misses check-ins, until there were so many."""
    store = open_store(folder / "journal.db", datetime.now(UTC))
    if store.was_damaged:
        raise SystemExit("damaged")
    people = People(store)

    async def listed() -> Sequence[Person]:
        return await asyncio.to_thread(people.all)

    clock = SystemClock(ZONE)
    spare = Journal(open_memory_store())
    memory = Memory(Journal(store), spare, lambda is_faulty: None)
    client = HubClient(url, device, load_key(folder / "device.key"))
    outbox = Outbox(memory, listed, Line(client), clock)
    await outbox.load()
    chance = random.Random(seed)

    async def miss_and_be_heard() -> None:
        while (number := len(lines_of(folder / "missed"))) < most:
            await asyncio.sleep(chance.uniform(0, 0.1))
            now = clock.now()
            alarm = await outbox.miss(now.date(), now)
            assert alarm is not None
            append_line(folder / "missed", alarm.id)
            if number % HEARD_EVERY == HEARD_EVERY - 1:
                for over in await outbox.end():
                    append_line(folder / "over", over.id)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(client.run())
        tasks.create_task(outbox.run())
        tasks.create_task(miss_and_be_heard())


class Nobody:
    """Tells nothing: what is told is another test's."""

    async def tell(self, _way: RingsBy, _news: News) -> Told:
        """There is no way."""
        return Told.NO_WAY


async def serve(folder: Path, port: int, household: str) -> None:
    """Be a hub; where several wait, somebody takes care of the oldest."""
    hub = Hub(HubSettings(port=port), folder / "hub.db", [signalling()])
    await hub.open()
    store, now = hub.state.store, time.time

    async def changed(_: str) -> None:
        """The device is told when it connects the next time."""

    alarms = Alarms(store, Jobs(store, now), now, Nobody(), changed, lambda: None)
    while True:
        await asyncio.sleep(0.03)
        oldest, *others = await alarms.waiting(household) or ("",)
        if len(others) >= MANY and await alarms.acknowledge(
            oldest, household, f"m-{NAMES[0]}"
        ):
            append_line(folder / "taken", oldest)


def run_device(folder: Path, url: str, device: str, seed: int, most: int) -> None:
    """Of a process."""
    asyncio.run(live(folder, url, device, seed, most))


def run_hub(folder: Path, port: int, household: str) -> None:
    """Of a process."""
    asyncio.run(serve(folder, port, household))


# -- around them -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is left when all is known everywhere.

    Attributes:
        kills: Of processes.
        alarms: That the device had promised to tell.
        over: That it had promised to be over.
        taken: Of which the hub had promised that somebody takes care.
        wrong: What was not kept, in words; nothing of it should be there.
    """

    kills: int
    alarms: int
    over: int
    taken: int
    wrong: tuple[str, ...]


async def begin(
    folder: Path, agreement: Agreement = Agreement.MISSED_CHECK_IN
) -> tuple[str, str]:
    """A device with two people in its list, known to a hub.

    Args:
        folder: Where both keep what they know.
        agreement: With both of them.

    Returns:
        Its id, and that of its household.
    """
    now = datetime.now(UTC)
    key = load_key(folder / "device.key")
    hub = await open_hub_store(folder / "hub.db", now)
    device = await enrol_own(hub, key.public, "Test", now.timestamp())
    known = await find_device(hub, device)
    assert known is not None
    store = open_store(folder / "journal.db", now)
    people = People(store)
    async with hub.writing() as connection:
        for name in NAMES:
            person = make_person(name, "family", now)
            added = people.add(
                Person(
                    None, name, name, person.relation, None, now,
                    video=f"m-{name}", role=Role.FAMILY,
                )
            )  # fmt: skip
            assert added.id is not None
            agreed = Consent(added.id, agreement, True, Way.COMMAND, now)
            people.agree([agreed])
            await connection.execute(
                sa.insert(account).values(
                    id=name, name=name, email="", language="nl", created_at=0
                )
            )
            await connection.execute(
                sa.insert(member).values(
                    id=f"m-{name}", household=known.household, account=name, name=name,
                    role="family", sees_presence=False, sees_use=False, created_at=0,
                    sees_agenda=agreement is Agreement.AGENDA,
                )
            )  # fmt: skip
    store.close()
    await hub.close()
    return device, known.household


def kill_again_and_again(folder: Path, alarms: int, kills: int, seed: int) -> Outcome:
    """Miss so many check-ins while device and hub are killed so often.

    Raises:
        TimeoutError: If they do not agree in the end.
    """
    device, household = asyncio.run(begin(folder))
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    def made(number: int) -> Made:
        return {
            "hub": (run_hub, (folder, port, household)),
            "device": (run_device, (folder, url, device, seed + number, alarms)),
        }

    with Killing(made, __name__, seed) as killing:
        killing.go_on(lambda killed: killed >= kills)
        _wait_until_known(folder, alarms)
        # The hub tells who takes care at each connection.
        killing.kill("device")
        killing.start(killing.killed + 1)
        return _compare(folder, killing.killed)


def read_rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    """What is kept in a database, beside the program that writes it."""
    connection = sqlite3.connect(path, timeout=5)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Wait; a TimeoutError says what did not happen."""
    give_up = time.monotonic() + SETTLES_WITHIN_S
    while not is_so():
        if time.monotonic() > give_up:
            raise TimeoutError(what)
        time.sleep(0.05)


def _wait_until_known(folder: Path, alarms: int) -> None:
    """Until the hub has all that the device wants it to know."""
    unknown = (
        "SELECT id FROM alarm WHERE (over_at IS NULL AND kept_at IS NULL)"
        " OR (over_at IS NOT NULL AND over_kept_at IS NULL)"
    )

    def is_known() -> bool:
        is_all = len(lines_of(folder / "missed")) >= alarms
        return is_all and not read_rows(folder / "journal.db", unknown)

    wait_until(is_known, "the hub does not get all")


def _compare(folder: Path, kills: int) -> Outcome:
    wait_until(lambda: bool(lines_of(folder / "taken")), "nobody takes care")
    missed, over = lines_of(folder / "missed"), set(lines_of(folder / "over"))
    taken = set(lines_of(folder / "taken"))

    def here() -> dict[object, tuple[object, ...]]:
        sql = "SELECT id, over_at, acknowledged_at FROM alarm"
        return {row[0]: row[1:] for row in read_rows(folder / "journal.db", sql)}

    def told(alarm: str) -> bool:
        over_at, acknowledged_at = here()[alarm]
        return over_at is not None or acknowledged_at is not None

    wait_until(lambda: all(map(told, taken)), "the device does not hear who looks in")
    device = here()
    (checkins,) = read_rows(
        folder / "journal.db", "SELECT count(*) FROM check_in WHERE outcome = 'missed'"
    )
    hub = {
        row[0]: row[1:]
        for row in read_rows(
            folder / "hub.db", "SELECT id, over_at, members FROM alarm"
        )
    }
    wrong = [f"{each}: the device lost it" for each in missed if each not in device]
    wrong += [f"{each}: not over on the device" for each in over if not device[each][0]]
    if checkins != (len(device),):
        wrong.append("check-ins and alarms are not one to one")
    for alarm, (over_at, _) in device.items():
        if alarm not in hub:
            wrong.append(f"{alarm}: the hub lost it")
            continue
        hub_over_at, members = hub[alarm]
        if (over_at is None) != (hub_over_at is None):
            wrong.append(f"{alarm}: over on one side only")
        if over_at is None and members != json.dumps([f"m-{n}" for n in NAMES]):
            wrong.append(f"{alarm}: somebody is not told")
    return Outcome(kills, len(missed), len(over), len(taken), tuple(wrong))
