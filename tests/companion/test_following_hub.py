"""What is agreed on the device, as a hub that is really one then has it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from calls.messages import Member, Members, Role
from calls.wire import Message
from companion.clock import SystemClock
from companion.consent import Agreement
from companion.following import Following
from companion.inviting import Inviting
from companion.people import People, PersonId, make_person
from companion.store import open_store
from tests.companion.test_family_line import running

ANNA = PersonId(1)
CLOCK = SystemClock("Europe/Amsterdam")

WITHIN_S = 20.0


class Told:
    """What the hub last told of who follows."""

    def __init__(self) -> None:
        self.members: tuple[Member, ...] | None = None
        self._has_news = asyncio.Event()

    def take(self, message: Message) -> None:
        if isinstance(message, Members):
            self.members = message.members
            self._has_news.set()

    async def until(self, is_so: Callable[[tuple[Member, ...]], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while self.members is None or not is_so(self.members):
                self._has_news.clear()
                await self._has_news.wait()


@asynccontextmanager
async def device(state: Path) -> AsyncIterator[tuple[Following, Inviting, Told]]:
    """A device with a hub of its own, and what that hub tells."""
    store = open_store(state / "journal.db", CLOCK.now())
    people, told = People(store), Told()
    async with running(state) as home:
        home.line.on_message(told.take)
        following = Following(people, home.line)
        inviting = Inviting(people, following, home.line, CLOCK)
        task = asyncio.create_task(following.run())
        try:
            yield following, inviting, told
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            store.close()


def sees(presence: bool, use: bool) -> Callable[[tuple[Member, ...]], bool]:
    return lambda members: (
        [(m.sees_presence, m.sees_use) for m in members] == [(presence, use)]
    )


async def test_a_hub_has_what_was_agreed_also_while_it_was_away(tmp_path: Path) -> None:
    store = open_store(tmp_path / "journal.db", CLOCK.now())
    people = People(store)
    people.add(make_person("Anna Bos", "daughter", CLOCK.now()))
    async with device(tmp_path) as (following, inviting, told):
        await inviting.invite(ANNA, Role.FAMILY)
        await told.until(sees(False, False))
        await following.agree(ANNA, {Agreement.PRESENCE: True}, CLOCK.now())
        await told.until(sees(True, False))
    # No hub, and no device: only the card knows.
    await Following(people).agree(
        ANNA, {Agreement.PRESENCE: False, Agreement.USE: True}, CLOCK.now()
    )
    async with device(tmp_path) as (following, _, told):
        await told.until(sees(False, True))
        await following.withdraw(ANNA, CLOCK.now())
        await told.until(lambda members: members == ())
    # Invited and taken off the list while nothing runs: gone with the next start.
    async with device(tmp_path) as (_, inviting, told):
        await inviting.invite(ANNA, Role.CLOSE_FAMILY)
        await told.until(lambda members: len(members) == 1)
    people.remove(ANNA)
    async with device(tmp_path) as (_, _, told):
        await told.until(lambda members: members == ())
    store.close()
