"""Who follows the person, and what was agreed with each of them.

The device is the truth. What is agreed or taken back holds here at once; each time
that the hub tells who follows, it is corrected to what holds here. So nothing waits to
be sent, and a hub that was away is right again as soon as it is there.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Protocol

from calls.messages import Agree, Member, Members, UsedToday, Withdraw
from calls.wire import Message, new_id
from companion.checkins import FIRST_SURE_YEAR
from companion.consent import Agreement, Consent, Way
from companion.people import People, Person, PersonError, PersonId
from companion.renewing import Rounds, read_rounds, write_rounds
from companion.store import StoreError

logger = logging.getLogger(__name__)

# A hub that is there and does not answer, or a card that cannot be read now.
TRY_AGAIN_S = 60.0


class Hub(Protocol):
    """What following needs of the way to family."""

    def on_message(self, callback: Callable[[Message], None]) -> None:
        """Tell of every message of the hub; the callback takes no time."""

    async def deliver(self, message: Message) -> bool:
        """Send it; whether the hub has it. False at once without a way to the hub."""


@dataclass(frozen=True, slots=True)
class Follower:
    """Somebody who follows, or was invited to.

    Attributes:
        person: Who, with what was agreed.
        has_joined: Whether they used the invitation; None while the hub has not told.
    """

    person: Person
    has_joined: bool | None


def corrections(
    people: Iterable[Person], members: Iterable[Member]
) -> list[Agree | Withdraw]:
    """What the hub must be told, so that it lets see what was agreed (pure).

    Args:
        people: Everybody in the list.
        members: Who follows, as the hub has it.
    """
    by_member = {person.video: person for person in people if person.video}
    needed: list[Agree | Withdraw] = []
    for member in members:
        person = by_member.get(member.member)
        if person is None or person.role is None:
            needed.append(Withdraw(new_id(), member.member))
            continue
        sees_presence = Agreement.PRESENCE in person.agreed
        sees_use = Agreement.USE in person.agreed
        sees_agenda = Agreement.AGENDA in person.agreed
        agree = Agree(
            new_id(), member.member, person.role, sees_presence, sees_use, sees_agenda
        )
        known = Agree(
            agree.id,
            member.member,
            member.role,
            member.sees_presence,
            member.sees_use,
            member.sees_agenda,
        )
        if agree != known:
            needed.append(agree)
    return needed


class Following:
    """Keeps what is agreed, and the hub in step with it."""

    def __init__(self, people: People, hub: Hub | None = None) -> None:
        """Take the list of people and the way to the hub.

        Args:
            people: The list, with all that was agreed.
            hub: None on a device without calls.
        """
        self._people = people
        self._hub = hub
        self._known: Sequence[Person] = ()
        self._members: tuple[Member, ...] | None = None
        # What ends holds at once, also while the card refuses to keep it.
        self._ended: dict[PersonId, frozenset[Agreement]] = {}
        self._withdrawn: set[PersonId] = set()
        self._unkept: list[Callable[[], None]] = []
        self._writing = asyncio.Lock()
        self._used_on: date | None = None
        self._told_used_on: date | None = None
        self._due = asyncio.Event()
        self._news = asyncio.Event()
        self._rounds: Rounds | None = None
        if hub is not None:
            hub.on_message(self._take)

    # -- as it is -------------------------------------------------------------------

    @property
    def is_sure(self) -> bool:
        """Whether the list is whole; not where the card refused from the start."""
        return self._people.are_all

    async def everybody(self) -> Sequence[Person]:
        """The people in the list, each with what holds now.

        As they were last while the card cannot be read: who can be called does not
        depend on it.
        """
        with suppress(StoreError):
            self._known = await asyncio.to_thread(self._people.all)
        return [self._as_it_holds(person) for person in self._known]

    async def followers(self) -> Sequence[Follower]:
        """Those who follow or were invited to, in the order of the list."""
        joined = {member.member: member.has_joined for member in self._members or ()}
        is_told = self._members is not None
        return [
            Follower(person, joined.get(person.video, False) if is_told else None)
            for person in await self.everybody()
            if person.video
        ]

    async def joined(self, member: str) -> None:
        """Wait until somebody used their invitation; at once if they did before.

        Args:
            member: Their id as a member (`Person.video`).
        """
        while not any(
            each.member == member and each.has_joined for each in self._members or ()
        ):
            self._news.clear()
            await self._news.wait()

    async def consents(self) -> Sequence[Consent]:
        """All that was ever agreed or taken back, oldest first; none on a dead card."""
        try:
            return await asyncio.to_thread(self._people.consents)
        except StoreError:
            return ()

    async def rounds(self) -> Rounds:
        """What the person was told and asked of this so far."""
        if self._rounds is None:
            with suppress(StoreError):
                kept = await asyncio.to_thread(self._people.rounds)
                self._rounds = read_rounds(kept)
        return self._rounds or Rounds()

    async def keep_rounds(self, rounds: Rounds) -> None:
        """Remember it; until the end of the program where the card refuses."""
        self._rounds = rounds
        try:
            await asyncio.to_thread(self._people.keep_rounds, write_rounds(rounds))
        except StoreError as error:
            logger.error("what was told is not kept: %s", type(error).__name__)

    # -- as it changes --------------------------------------------------------------

    async def agree(
        self,
        person: PersonId,
        changes: Mapping[Agreement, bool],
        at: datetime,
        way: Way = Way.VOICE,
    ) -> bool:
        """Keep what was agreed (True) or taken back (False), and tell the hub.

        Args:
            person: With whom.
            changes: What was said of each; the rest stays as it is.
            at: When, local and aware of its zone.
            way: How it was said.

        Returns:
            False where the card refused. What was agreed does not hold then; what was
            taken back does, and is tried again.

        Raises:
            PersonError: If there is no such person, or they may not be given that.
        """
        said = [Consent(person, each, is_, way, at) for each, is_ in changes.items()]
        taken_back = [each for each in said if not each.is_given]
        async with self._changing():
            is_kept = await self._keep(
                partial(self._people.agree, said),
                partial(self._people.agree, taken_back),
            )
            if not is_kept:
                ended = self._ended.get(person, frozenset())
                self._ended[person] = ended.union(c.agreement for c in taken_back)
        return is_kept

    async def withdraw(
        self, person: PersonId, at: datetime, way: Way = Way.VOICE
    ) -> bool:
        """Let somebody follow and call no longer, from now on.

        Args:
            person: Whom.
            at: When, local and aware of its zone.
            way: How it was said.

        Returns:
            False where the card refused; it holds, and is tried again.

        Raises:
            PersonError: If there is no such person.
        """
        end = partial(self._people.withdraw, person, way, at)
        async with self._changing():
            is_kept = await self._keep(end, end)
            if not is_kept:
                self._withdrawn.add(person)
        return is_kept

    @asynccontextmanager
    async def _changing(self) -> AsyncIterator[None]:
        """One change after the other; the hub hears of it, whatever cuts it off."""
        async with self._writing:
            try:
                yield
            finally:
                self._due.set()

    async def _keep(self, write: Callable[[], None], end: Callable[[], None]) -> bool:
        """Write; where the card refuses, at least what ends is written later."""
        try:
            await self._catch_up()
            await asyncio.to_thread(write)
        except StoreError as error:
            logger.error("what was agreed is not kept: %s", type(error).__name__)
            self._unkept.append(end)
            return False
        return True

    async def _catch_up(self) -> None:
        """Keep what the card refused before, in its order.

        Raises:
            StoreError: If it still refuses.
        """
        while self._unkept:
            # Who was taken off the list meanwhile needs none of it.
            with suppress(PersonError):
                await asyncio.to_thread(self._unkept[0])
            del self._unkept[0]
        self._ended.clear()
        self._withdrawn.clear()

    def used(self, at: datetime) -> None:
        """The person used the device: who may know that sees it today."""
        if at.year >= FIRST_SURE_YEAR and self._used_on != at.date():
            self._used_on = at.date()
            self._due.set()

    def _as_it_holds(self, person: Person) -> Person:
        assert person.id is not None
        if person.id in self._withdrawn:
            return replace(person, video=None, role=None, agreed=frozenset())
        ended = self._ended.get(person.id, frozenset())
        return replace(person, agreed=person.agreed - ended) if ended else person

    # -- the hub --------------------------------------------------------------------

    def _take(self, message: Message) -> None:
        if isinstance(message, Members):
            self._members = message.members
            self._due.set()
            self._news.set()

    async def run(self) -> None:
        """Keep the hub in step, without end."""
        is_right = True
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(None if is_right else TRY_AGAIN_S):
                    await self._due.wait()
            self._due.clear()
            try:
                is_right = await self._correct()
            except Exception:
                # The way to people stays open, and it is tried again.
                logger.exception("the hub could not be corrected")
                is_right = False

    async def _correct(self) -> bool:
        """Tell the hub what it has wrong; False to try again soon."""
        is_right = await self._is_kept()
        hub, members = self._hub, self._members
        if hub is None or members is None or not self._people.are_all:
            # From an empty list, for lack of a card, nobody is sent away for good.
            return is_right
        try:
            kept = await asyncio.to_thread(self._people.all)
        except StoreError:
            return False
        people = [self._as_it_holds(person) for person in kept]
        for message in corrections(people, members):
            logger.info("the hub is told what was agreed: %s", message.type)
            is_right &= await hub.deliver(message)
        return await self._tell_used(hub, people) and is_right

    async def _is_kept(self) -> bool:
        try:
            async with self._writing:
                await self._catch_up()
        except StoreError:
            return False
        return True

    async def _tell_used(self, hub: Hub, people: Iterable[Person]) -> bool:
        day = self._used_on
        may_know = any(Agreement.USE in person.agreed for person in people)
        if day is None or day == self._told_used_on or not may_know:
            return True
        if not await hub.deliver(UsedToday(new_id(), day.isoformat())):
            return False
        self._told_used_on = day
        return True
