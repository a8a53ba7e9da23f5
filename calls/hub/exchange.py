"""Hands messages about calls on, from device to page and back, to who may have them."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import sqlalchemy as sa

from calls.call_messages import (
    Accepted,
    Answer,
    CallMessage,
    Candidate,
    Ended,
    Media,
    Offer,
    Reason,
    Reconnect,
    Ring,
    Ringing,
    RingsBy,
)
from calls.hub.errors import Refusal
from calls.hub.links import DeviceEnd, Ends, PageEnd
from calls.hub.members import (
    MemberRow,
    member_of_account,
    member_of_household,
)
from calls.hub.ringer import Ringer
from calls.hub.ringing import Pace, ring_seconds
from calls.hub.store import Store
from calls.hub.tables import household as households
from calls.hub.tasks import Tasks
from calls.wire import new_id

logger = logging.getLogger(__name__)

FROM_DEVICE = (Ring, Ringing, Accepted, Answer, Candidate, Reconnect, Media, Ended)
FROM_PAGE = (Ring, Ringing, Accepted, Offer, Candidate, Media, Ended)


MOST_CALLERS = 5_000


@dataclass(frozen=True, slots=True)
class _Caller:
    """Of a call that rings at a device."""

    account: str
    page: str
    member: str
    household: str


class Exchange:
    """Checks who may send what to whom, and hands it on.

    What it returns is for `calls.link`: True, done, so it is acked; False, the ack of
    the receiver will be handed back, or it is tried again when it is repeated.

    Args:
        store: Who follows whom.
        ends: Who is connected.
        ringer: Of calls from devices.
        is_online: Whether the device of a household is there, or was until a moment
            ago.
        pace: How soon what is done.
        tasks: Of the hub.
    """

    def __init__(
        self,
        store: Store,
        ends: Ends,
        ringer: Ringer,
        is_online: Callable[[str], bool],
        pace: Pace,
        tasks: Tasks,
    ) -> None:
        self._store = store
        self._ends = ends
        self._ringer = ringer
        self._is_online = is_online
        self._tasks = tasks
        self._pace = pace
        # By call: who waits until the device answers.
        self._callers: dict[str, _Caller] = {}
        self._back_at_s = asyncio.get_running_loop().time() + pace.devices_back_s

    # -- from a device --------------------------------------------------------------

    async def from_device(self, end: DeviceEnd, message: CallMessage) -> bool:
        """A device says something about a call."""
        if not isinstance(message, FROM_DEVICE):
            logger.info("a device may not send %s", message.type)
            return True
        try:
            member = await member_of_household(
                self._store, end.household, message.member
            )
        except Refusal:
            if not isinstance(message, Ended):
                end.send(_ended(message, Reason.WITHDRAWN))
            return True
        if isinstance(message, Ring):
            await self._device_rings(end, message, member)
            return True
        if isinstance(message, Accepted | Ended):
            self._callers.pop(message.call, None)
        if isinstance(message, Ended):
            self._ringer.ended_by_device(end.household, message)
        if member.account is None:
            return True
        if not message.page:
            # To all of them. Each acks to us: they are not one receiver.
            for page in self._ends.pages(member.account):
                page.send(message)
            return True
        for page in self._ends.page(member.account, message.page):
            page.hand_on(message, end)
        return False

    async def _device_rings(
        self, end: DeviceEnd, message: Ring, member: MemberRow
    ) -> None:
        ring = replace(
            message,
            page="",
            name=await self._name_of(end.household),
            seconds=ring_seconds(message.seconds),
        )
        await self._ringer.ring(ring, end.household, member.account)

    async def _name_of(self, household: str) -> str:
        async with self._store.reading() as connection:
            found = await connection.execute(
                sa.select(households.c.name).where(households.c.id == household)
            )
            return str(found.scalar_one())

    # -- from a page ----------------------------------------------------------------

    async def from_page(self, end: PageEnd, message: CallMessage) -> bool:
        """A page says something about a call."""
        if not isinstance(message, FROM_PAGE) or not message.page:
            logger.info("a page may not send %s", message.type)
            return True
        end.page = message.page
        try:
            member = await member_of_account(self._store, end.account, message.member)
        except Refusal:
            if not isinstance(message, Ended):
                end.send(_ended(message, Reason.WITHDRAWN))
            return True
        home = member.household
        match message:
            case Ring():
                return self._page_rings(end, message, member)
            case Ringing():
                message = replace(message, by=RingsBy.PAGE)
                self._ringer.shown(home, message.call)
            case Accepted():
                self._ringer.answered(home, message.call)
            case Ended():
                self._callers.pop(message.call, None)
                self._ringer.ended_by_page(home, message)
            case _:
                pass
        device = self._ends.device(home)
        if device is not None:
            device.hand_on(message, end)
        return False

    def _page_rings(self, end: PageEnd, message: Ring, member: MemberRow) -> bool:
        device = self._ends.device(member.household)
        if device is not None:
            ring = replace(
                message, name=member.name, seconds=ring_seconds(message.seconds)
            )
            device.hand_on(ring, end)
            self._remember(
                message.call,
                _Caller(end.account, message.page, member.id, member.household),
            )
            return False
        now_s = asyncio.get_running_loop().time()
        if self._is_online(member.household) or now_s < self._back_at_s:
            # It is about to come back; the page says it again within a second.
            return False
        end.send(_ended(message, Reason.OFFLINE))
        return True

    def _remember(self, call: str, caller: _Caller) -> None:
        self._callers.pop(call, None)
        self._callers[call] = caller
        if len(self._callers) > MOST_CALLERS:
            del self._callers[next(iter(self._callers))]

    def page_left(self, end: PageEnd) -> None:
        """Nobody shall answer a call of which the caller is gone."""
        for call, caller in self._callers.items():
            if (caller.account, caller.page) == (end.account, end.page):
                self._tasks.start(self._hang_up(call, caller), "a caller is gone")

    async def _hang_up(self, call: str, caller: _Caller) -> None:
        await asyncio.sleep(self._pace.caller_back_s)
        pages = self._ends.pages(caller.account)
        if any(each.page == caller.page for each in pages):
            return
        device = self._ends.device(caller.household)
        if self._callers.pop(call, None) is not None and device is not None:
            device.send(
                Ended(new_id(), call, caller.member, caller.page, Reason.HUNG_UP)
            )


def _ended(message: CallMessage, reason: Reason) -> Ended:
    return Ended(new_id(), message.call, message.member, message.page, reason)
