"""A device and its hub are killed again and again while things are proposed.

Family proposes, takes some of it back, and the person answers. What either end promised
is written to a file outside. After the last kill both live until all is answered and
known everywhere, and what they keep is compared with what was promised.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from calls.agenda_messages import ProposalState, Repeats
from calls.hub.agenda import Agendas, Wish
from calls.hub.errors import Refusal
from calls.hub.members import members
from calls.hub.server import Hub
from calls.hub.settings import HubSettings
from calls.hub.signalling import signalling
from calls.hub_client import HubClient
from calls.keys import load_key
from companion.agenda_book import AgendaBook, AgendaMemory
from companion.agenda_sharing import AgendaSharing, Kept
from companion.clock import SystemClock
from companion.consent import Agreement
from companion.people import People, Person
from companion.proposal_book import ProposalBook
from companion.proposing import entry_of
from companion.stage import Stage
from companion.store import open_store
from companion.wording import load_phrasebook
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
from tests.stories.person import PaperPanel, PaperScreen

TAKEN_BACK = 4
"""One of so many is taken back, whether it was answered or not."""


# -- in the processes that are killed ------------------------------------------------


async def live(folder: Path, url: str, device: str, seed: int) -> None:
    """Be a device, and a person who answers yes and no."""
    store = open_store(folder / "journal.db", datetime.now(UTC))
    if store.was_damaged:
        raise SystemExit("damaged")
    people, clock = People(store), SystemClock(ZONE)

    async def listed() -> Sequence[Person]:
        return await asyncio.to_thread(people.all)

    client = HubClient(url, device, load_key(folder / "device.key"))
    sharing = AgendaSharing(
        AgendaMemory(AgendaBook(store.agenda)),
        ProposalBook(store.proposals),
        listed,
        Line(client),
        clock,
        ZONE,
        lambda: True,
    )
    chance = random.Random(seed)

    async def answer() -> None:
        while True:
            await asyncio.sleep(chance.uniform(0, 0.1))
            for proposed, person in (await sharing.waiting())[:1]:
                entry, state = None, ProposalState.REFUSED
                if chance.random() < 0.7:
                    entry = entry_of(proposed, person.spoken_name, clock.now())
                    state = ProposalState.IN_AGENDA
                kept = await sharing.answer(proposed, state, entry)
                if kept is Kept.DONE:
                    append_line(folder / "answered", f"{proposed.id} {state.value}")

    stage = Stage(PaperPanel(), PaperScreen(), clock, load_phrasebook("nl"))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(client.run())
        tasks.create_task(sharing.run(stage))
        tasks.create_task(answer())


async def serve(folder: Path, port: int, household: str, seed: int, most: int) -> None:
    """Be a hub over which family proposes, until there was so much."""
    hub = Hub(HubSettings(port=port), folder / "hub.db", [signalling()])
    await hub.open()
    store, chance = hub.state.store, random.Random(seed)
    day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    agendas = Agendas(store, time.time, hub.state.tell_members_changed)
    everybody = await members(store, household)
    while True:
        await asyncio.sleep(chance.uniform(0, 0.08))
        number = len(lines_of(folder / "proposed"))
        member = chance.choice(everybody)
        if number >= most:
            continue
        # The number comes twice where a kill fell before it was written down.
        what = f"nummer {number} {chance.getrandbits(40)}"
        wish = Wish(what, day, "10:00", "", Repeats.ONCE)
        try:
            proposal = await agendas.propose(member, wish, "")
            append_line(folder / "proposed", proposal)
            if number % TAKEN_BACK == 0:
                await asyncio.sleep(chance.uniform(0, 0.2))
                await agendas.take_back(member, proposal)
                append_line(folder / "taken_back", proposal)
        except Refusal:
            # Too many wait: the device was killed too often.
            continue


def run_device(folder: Path, url: str, device: str, seed: int) -> None:
    """Of a process."""
    asyncio.run(live(folder, url, device, seed))


def run_hub(folder: Path, port: int, household: str, seed: int, most: int) -> None:
    """Of a process."""
    asyncio.run(serve(folder, port, household, seed, most))


# -- around them -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is left when all is known everywhere.

    Attributes:
        kills: Of processes.
        proposed: That the hub had promised to ask.
        answers: How often what was answered.
        wrong: What was not kept, in words; nothing of it should be there.
    """

    kills: int
    proposed: int
    answers: dict[str, int]
    wrong: tuple[str, ...]


def kill_again_and_again(
    folder: Path, proposals: int, kills: int, seed: int
) -> Outcome:
    """Propose so much while device and hub are killed so often.

    Raises:
        TimeoutError: If they do not agree in the end.
    """
    device, household = asyncio.run(begin(folder, Agreement.AGENDA))
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    def made(number: int) -> Made:
        return {
            "hub": (run_hub, (folder, port, household, seed + number, proposals)),
            "device": (run_device, (folder, url, device, seed + number)),
        }

    def is_enough(killed: int) -> bool:
        asked = len(lines_of(folder / "proposed"))
        return killed >= kills and asked >= proposals // 2

    with Killing(made, __name__, seed) as killing:
        killing.go_on(is_enough)
        _wait_until_known(folder, proposals)
        return _compare(folder, killing.killed)


def _wait_until_known(folder: Path, proposals: int) -> None:
    """Until all was proposed, asked, answered, and told to the hub."""

    def is_known() -> bool:
        if len(lines_of(folder / "proposed")) < proposals:
            return False
        waiting = read_rows(
            folder / "hub.db",
            "SELECT id FROM proposal WHERE state IN ('sent', 'waiting')"
            " OR withdrawn_at IS NOT NULL",
        )
        untold = read_rows(
            folder / "journal.db", "SELECT id FROM proposal WHERE state != told"
        )
        return not waiting and not untold

    wait_until(is_known, "not all is answered and known")


def _compare(folder: Path, kills: int) -> Outcome:
    answered = dict(line.split() for line in lines_of(folder / "answered"))
    rows = read_rows(folder / "journal.db", "SELECT id, state FROM proposal")
    here = {row[0]: row[1] for row in rows}
    there = {
        row[0]: row[1:]
        for row in read_rows(folder / "hub.db", "SELECT id, state, what FROM proposal")
    }
    entries = Counter(
        str(what)
        for (what,) in read_rows(folder / "journal.db", "SELECT what FROM agenda_entry")
    )
    taken_back = set(lines_of(folder / "taken_back"))
    wrong = [
        f"{each}: answered {state}, kept as {here.get(each)}"
        for each, state in answered.items()
        if here.get(each) != state
    ]
    for each in lines_of(folder / "proposed"):
        if each not in there:
            if each not in taken_back and here.get(each) != "withdrawn":
                wrong.append(f"{each}: the hub lost it")
            continue
        state, what = there[each]
        if here.get(each) != state:
            wrong.append(f"{each}: {state} at the hub, {here.get(each)} here")
        if entries[str(what)] != (1 if state == "in_agenda" else 0):
            wrong.append(
                f"{each}: {state}, and {entries[str(what)]} times in the agenda"
            )
    wrong += [
        f"{what}: {n} times in the agenda" for what, n in entries.items() if n > 1
    ]
    proposed = len(lines_of(folder / "proposed"))
    return Outcome(kills, proposed, dict(Counter(answered.values())), tuple(wrong))
