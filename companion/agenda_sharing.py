"""Shares the agenda with whom that was agreed, and keeps what they propose for it.

What is shared is told whole, so that the hub never has a part of it. A proposal is on
the card before the hub hears that it is here, and so is the answer to it, together with
what then goes into the agenda: whatever is killed in between, it is kept once.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from enum import Enum, auto

from calls.agenda_messages import (
    Proposal,
    ProposalStands,
    ProposalState,
    ProposalWithdrawn,
    Repeats,
    SharedAgenda,
)
from calls.messages import Members
from calls.wire import Message, new_id
from companion.agenda import Entry
from companion.agenda_book import AgendaMemory
from companion.outbox import HubLine
from companion.people import Person
from companion.ports import Clock
from companion.proposal_book import ProposalBook
from companion.proposing import (
    MOST_WAITING,
    REMEMBERED,
    Proposed,
    may_see,
    read_proposal,
    to_share,
)
from companion.stage import Stage
from companion.store import StoreError

logger = logging.getLogger(__name__)

# The agenda is changed at the command line as well.
LOOK_S = 60.0

# For a hub that does not answer, and a card that refuses.
AGAIN_S = 30.0

# The hub tells who follows at each connection, and also when a telephone is switched
# on; what it acked so lately it has.
SURE_FOR_S = 600.0

# More than the hub sends at once.
MOST_HEARD = 100


class Kept(Enum):
    """What became of an answer."""

    DONE = auto()
    GONE = auto()  # it was taken back meanwhile
    FAILED = auto()  # the card refused


class AgendaSharing:
    """The agenda of one person, as far as others see and fill it."""

    def __init__(
        self,
        agenda: AgendaMemory,
        book: ProposalBook,
        people: Callable[[], Awaitable[Sequence[Person]]],
        line: HubLine | None,
        clock: Clock,
        zone: str,
        is_sure: Callable[[], bool],
    ) -> None:
        """Build it; nothing is read yet.

        Args:
            agenda: What is to come.
            book: Proposals on the card.
            people: Everybody in the list, as it is now.
            line: The way to the hub; None: there is none.
            clock: The time on the wall.
            zone: Of that clock.
            is_sure: Whether the clock was set since the device started.
        """
        self._agenda = agenda
        self._book = book
        self._people = people
        self._line = line
        self._clock = clock
        self._zone = zone
        self._is_sure = is_sure
        self._proposals: dict[str, Proposed] = {}
        self._is_loaded = False
        self._heard: deque[Proposal | ProposalWithdrawn] = deque(maxlen=MOST_HEARD)
        self._wake = asyncio.Event()
        self._changing = asyncio.Lock()
        self._shared: tuple[SharedAgenda, date] | None = None
        self._shared_at_s = 0.0
        self._seeing: frozenset[str] = frozenset()
        self._may_be_new = True

    def note(self) -> None:
        """The agenda was changed: share it."""
        self._wake.set()

    # -- with the person --------------------------------------------------------------

    async def waiting(self) -> list[tuple[Proposed, Person]]:
        """What the person is to be asked, with who proposes it, the oldest first.

        Nothing while the clock is not sure: nobody knows then what is over.
        """
        if not self._is_sure() or not self._proposals:
            return []
        seeing = may_see(await self._people())
        return [
            (each, seeing[each.member])
            for each in sorted(self._proposals.values(), key=_age)
            if each.state is ProposalState.WAITING and each.member in seeing
        ]

    async def answer(
        self, proposed: Proposed, state: ProposalState, entry: Entry | None = None
    ) -> Kept:
        """Keep what the person answered, with what then goes into the agenda.

        Args:
            proposed: What they were asked.
            state: How it stands now: IN_AGENDA, REFUSED or OVER.
            entry: What goes into the agenda; both are kept, or none.
        """
        # A press that ends the conversation leaves nothing half kept.
        return await asyncio.shield(self._answer(proposed, state, entry))

    async def _answer(
        self, proposed: Proposed, state: ProposalState, entry: Entry | None
    ) -> Kept:
        async with self._changing:
            now = self._proposals.get(proposed.id)
            if now is None or now.state is not ProposalState.WAITING:
                return Kept.GONE
            is_kept = await self._keep(now.answered(state), entry)
        self._wake.set()
        logger.info("a proposal was answered: %s", state.value)
        return Kept.DONE if is_kept else Kept.FAILED

    async def _keep(self, proposed: Proposed, entry: Entry | None = None) -> bool:
        """Write it down; False, and as it was, where the card refused."""
        try:
            await asyncio.to_thread(self._book.keep, proposed, entry)
        except StoreError as error:
            _complain(error)
            return False
        self._proposals[proposed.id] = proposed
        return True

    # -- with the hub -----------------------------------------------------------------

    async def run(self, stage: Stage) -> None:
        """Share, take and tell, without end; at once without a hub.

        Args:
            stage: Where it is shown that there is something to hear.
        """
        if self._line is None:
            return
        self._line.on_message(self._hear)
        while True:
            self._wake.clear()
            is_known = False
            try:
                is_known = await self._go_on(self._line)
                await self._show(stage)
            except Exception:
                # Whatever it is: the device goes on, and it is tried again.
                logger.exception("the agenda is not shared")
            try:
                async with asyncio.timeout(LOOK_S if is_known else AGAIN_S):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _show(self, stage: Stage) -> None:
        waiting = await self.waiting()
        text = ""
        if waiting:
            name = waiting[0][1].spoken_name
            # "uw dochter Anja" begins a line here.
            name = name[:1].upper() + name[1:]
            text = stage.phrasebook.text("notice.proposal", person=name)
        stage.news("proposal", text)

    def _hear(self, message: Message) -> None:
        match message:
            case Proposal() | ProposalWithdrawn():
                self._heard.append(message)
                self._wake.set()
            case Members(members=members):
                seeing = frozenset(m.member for m in members if m.sees_agenda)
                if seeing != self._seeing:
                    # It forgot the agenda when nobody could see it.
                    self._seeing, self._shared = seeing, None
                self._may_be_new = True
                self._wake.set()

    async def _go_on(self, line: HubLine) -> bool:
        """Do what is to be done; False if some of it is to be tried again soon."""
        if not self._is_loaded and not await self._load():
            return False
        people = await self._people()
        is_kept = await self._take(people) and await self._forget(people)
        is_told = await self._tell(line)
        return await self._share(line, people) and is_told and is_kept

    async def _load(self) -> bool:
        try:
            kept = await asyncio.to_thread(self._book.all)
        except StoreError as error:
            _complain(error)
            return False
        self._proposals = {each.id: each for each in kept}
        self._is_loaded = True
        return True

    async def _take(self, people: Sequence[Person]) -> bool:
        """Keep what came; what the card refuses waits here, and the hub has it too."""
        while self._heard:
            message = self._heard[0]
            async with self._changing:
                if not await self._take_one(message, people):
                    return False
            self._heard.popleft()
        return True

    async def _take_one(
        self, message: Proposal | ProposalWithdrawn, people: Sequence[Person]
    ) -> bool:
        known = self._proposals.get(message.proposal)
        if isinstance(message, ProposalWithdrawn):
            if known is not None and known.state is not ProposalState.WAITING:
                return await self._tell_again(known)
            gone = known or _unknown(message.proposal, self._clock.now())
            return await self._keep(gone.answered(ProposalState.WITHDRAWN))
        if known is not None:
            return await self._tell_again(known)
        if message.member not in may_see(people):
            # The hub has not heard yet that this was taken back, and then drops it.
            return True
        waiting = [
            each
            for each in self._proposals.values()
            if each.state is ProposalState.WAITING
        ]
        if len(waiting) >= MOST_WAITING:
            logger.info("too many proposals wait")
            return True
        now = self._clock.now()
        proposed = read_proposal(message, now)
        if proposed is None:
            logger.warning("a proposal is none that anybody could be asked")
            return await self._keep(
                _unknown(message.proposal, now).answered(ProposalState.REFUSED)
            )
        logger.info("something is proposed for the agenda")
        return await self._keep(proposed)

    async def _tell_again(self, known: Proposed) -> bool:
        """The hub lost how it stands, or asked before it heard."""
        return await self._keep(replace(known, told=ProposalState.SENT))

    async def _forget(self, people: Sequence[Person]) -> bool:
        """Drop those of who may propose no longer, and what was settled long ago."""
        if not people:
            # Perhaps the card could not be read; nobody is asked for anybody.
            return True
        seeing, now = may_see(people), self._clock.now()
        for each in list(self._proposals.values()):
            is_old = abs(now - each.came_at) > REMEMBERED and each.is_known
            is_waiting = each.state is ProposalState.WAITING
            if not (is_old and not is_waiting) and not (
                is_waiting and each.member not in seeing
            ):
                continue
            async with self._changing:
                try:
                    await asyncio.to_thread(self._book.remove, each.id)
                except StoreError as error:
                    _complain(error)
                    return False
                del self._proposals[each.id]
        return True

    async def _tell(self, line: HubLine) -> bool:
        """Tell the hub how each stands that it knows otherwise; whether it has all."""
        for each in list(self._proposals.values()):
            if each.is_known:
                continue
            if not await line.deliver(ProposalStands(new_id(), each.id, each.state)):
                return False
            async with self._changing:
                now = self._proposals.get(each.id)
                if now is not None:
                    # It may have been answered meanwhile; that is told next.
                    await self._keep(replace(now, told=each.state))
        return all(each.is_known for each in self._proposals.values())

    async def _share(self, line: HubLine, people: Sequence[Person]) -> bool:
        """Tell the hub what is to come, if it may not have it; whether it has."""
        if not may_see(people):
            # It forgets by itself what nobody may see.
            self._shared = None
            return True
        if not self._is_sure():
            return True
        today = self._clock.now().date()
        agenda = to_share(await self._agenda.entries(), today, self._zone, "")
        now_s = asyncio.get_running_loop().time()
        is_long_ago = now_s - self._shared_at_s > SURE_FOR_S
        # Each day anew, which tells those who look that the device is there.
        if self._shared == (agenda, today) and not (self._may_be_new and is_long_ago):
            return True
        self._may_be_new = False
        if not await line.deliver(replace(agenda, id=new_id())):
            return False
        self._shared, self._shared_at_s = (agenda, today), now_s
        return True


def _age(proposed: Proposed) -> tuple[float, str]:
    return proposed.came_at.timestamp(), proposed.id


def _unknown(proposal: str, now: datetime) -> Proposed:
    """One of which nothing is known but that the hub wants to hear how it stands."""
    return Proposed(proposal, "", "", now.date(), None, "", Repeats.ONCE, now)


def _complain(error: StoreError) -> None:
    logger.error("proposals on the card fail: %s", type(error).__name__)
