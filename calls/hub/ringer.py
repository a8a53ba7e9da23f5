"""Lets calls from devices ring until they are answered, by the plan of `ringing`."""

import asyncio
import logging
from dataclasses import replace

from calls.call_messages import Ended, Reason, Ring, Ringing, RingsBy
from calls.hub.doorbell import Doorbell
from calls.hub.errors import StoreError
from calls.hub.links import Ends, PageEnd
from calls.hub.ringing import Pace, Reach, Rings, Rung, next_way, said_again
from calls.hub.tasks import Tasks
from calls.wire import Message, new_id

logger = logging.getLogger(__name__)

MAIL_AGAIN_S = 60.0
"""Who is called three times in a minute gets one mail and one text message."""

MOST_MAILED = 5_000


class Ringer:
    """Knows what rings, and rings on.

    Args:
        ends: Who is connected.
        doorbell: For who is not.
        tasks: Of the hub.
        pace: How soon what goes out.
    """

    def __init__(
        self, ends: Ends, doorbell: Doorbell, tasks: Tasks, pace: Pace
    ) -> None:
        self._ends = ends
        self._doorbell = doorbell
        self._tasks = tasks
        self._pace = pace
        # Until then pages come back that the hub lost when it started anew.
        self._pages_are_back_s = _now_s() + pace.pages_back_s
        self._rings = Rings()
        self._changed: dict[tuple[str, str], asyncio.Event] = {}
        self._written_s: dict[tuple[str, RingsBy], float] = {}

    async def reach(self, account: str) -> Reach:
        """What of an account can ring now."""
        ways = await self._doorbell.ways(account)
        return Reach(
            pages=bool(self._ends.pages(account)),
            push=RingsBy.PUSH in ways,
            mail=RingsBy.MAIL in ways,
            text=RingsBy.TEXT in ways,
        )

    async def ring(self, ring: Ring, household: str, account: str | None) -> None:
        """A device calls; said again by it, it changes nothing but for new pages."""
        known = self._rings.find(household, ring.call)
        if known is not None and known.ended is not None:
            self._tell(household, _ended(known.ring, known.ended))
            return
        reach = None if account is None else await self.reach(account)
        is_out_of_reach = reach is None or not (
            reach.anything or _now_s() < self._pages_are_back_s
        )
        if account is None or is_out_of_reach:
            self._tell(household, _ended(ring, Reason.UNREACHABLE))
            return
        rung = self._rings.begin(ring, household, account, _now_s())
        if not rung.rings:
            return
        for page in self._ends.pages(account):
            page.send(rung.ring)
        key = (household, ring.call)
        if key not in self._changed:
            self._changed[key] = asyncio.Event()
            if not self._tasks.start(self._run(key, rung), "ringing"):
                del self._changed[key]

    def page_came(self, end: PageEnd) -> None:
        """A page opens: tell it what rings, and what does no longer."""
        for rung in self._rings.of_account(end.account, _now_s()):
            message = said_again(rung, new_id())
            if message is not None:
                end.send(message)

    def shown(self, household: str, call: str) -> None:
        """A page shows it, and can be seen."""
        rung = self._rings.find(household, call)
        if rung is not None and rung.rings:
            rung.progress = rung.progress.after(RingsBy.PAGE, _now_s())
            rung.told.add(RingsBy.PAGE)
            self._wake(household, call)

    def answered(self, household: str, call: str) -> None:
        """A page answered; who was first, the device knows."""
        if self._rings.end(household, call, None, _now_s()) is not None:
            self._wake(household, call)

    def ended_by_page(self, household: str, message: Ended) -> None:
        """It was declined, so it rings nowhere any more."""
        rung = self._rings.find(household, message.call)
        if rung is None or not rung.rings:
            return
        self._rings.end(household, message.call, message.reason, _now_s())
        self._wake(household, message.call)
        for page in self._ends.pages(rung.account):
            if page.page != message.page:
                page.send(_ended(rung.ring, Reason.ELSEWHERE))

    def ended_by_device(self, household: str, message: Ended) -> None:
        """It rings no longer, or the call is over."""
        self._rings.end(household, message.call, message.reason, _now_s())
        self._wake(household, message.call)

    def withdrawn(self, member: str) -> None:
        """They follow no longer: what rings there ends."""
        for rung in self._rings.of_member(member):
            ended = Ended(new_id(), rung.ring.call, member, "", Reason.WITHDRAWN)
            for page in self._ends.pages(rung.account):
                page.send(ended)
            self.ended_by_device(rung.household, ended)

    # -- while it rings -------------------------------------------------------------

    async def _run(self, key: tuple[str, str], rung: Rung) -> None:
        changed = self._changed[key]
        failed: set[RingsBy] = set()
        try:
            while rung.rings:
                changed.clear()
                try:
                    until_s = await self._step(rung, failed)
                except StoreError as error:
                    logger.error("a call rings at open pages only: %s", error)
                    until_s = _now_s() + 1.0
                await _wait(changed, until_s)
                self._rings.expire(rung, _now_s())
            if rung.progress.last_push_s is not None:
                await self._doorbell.ring_is_over(rung)
        finally:
            self._changed.pop(key, None)

    async def _step(self, rung: Rung, failed: set[RingsBy]) -> float:
        """Do what is due; returns when to look again."""
        reach = await self.reach(rung.account)
        reach = replace(reach, push=reach.push and RingsBy.PUSH not in failed)
        step = next_way(rung.progress, reach, self._pace)
        if step is None:
            if not reach.pages and not rung.told and not reach.push:
                if _now_s() < self._pages_are_back_s:
                    return min(self._pages_are_back_s, rung.progress.ends_s)
                # All was tried, and nothing went out.
                self._unreachable(rung)
            return rung.progress.ends_s
        way, at_s = step
        if at_s > _now_s():
            return min(at_s, rung.progress.ends_s)
        is_sent = await self._go(way, rung)
        rung.progress = rung.progress.after(way, _now_s())
        if not is_sent:
            failed.add(way)
        elif way not in rung.told:
            rung.told.add(way)
            if rung.rings:
                ring = rung.ring
                self._tell(
                    rung.household,
                    Ringing(new_id(), ring.call, ring.member, "", way),
                )
        return _now_s()

    async def _go(self, way: RingsBy, rung: Rung) -> bool:
        if way is not RingsBy.PUSH:
            now_s, who = _now_s(), (rung.account, way)
            if now_s - self._written_s.get(who, -MAIL_AGAIN_S) < MAIL_AGAIN_S:
                # They have one that says the same, so this one rings too.
                return True
            if len(self._written_s) >= MOST_MAILED:
                self._written_s.clear()
            self._written_s[who] = now_s
        return await self._doorbell.ring(way, rung)

    def _unreachable(self, rung: Rung) -> None:
        ended = _ended(rung.ring, Reason.UNREACHABLE)
        self._tell(rung.household, ended)
        self.ended_by_device(rung.household, ended)

    def _tell(self, household: str, message: Message) -> None:
        device = self._ends.device(household)
        if device is not None:
            device.send(message)

    def _wake(self, household: str, call: str) -> None:
        changed = self._changed.get((household, call))
        if changed is not None:
            changed.set()


def _ended(ring: Ring, reason: Reason) -> Ended:
    return Ended(new_id(), ring.call, ring.member, "", reason)


def _now_s() -> float:
    return asyncio.get_running_loop().time()


async def _wait(changed: asyncio.Event, until_s: float) -> None:
    try:
        async with asyncio.timeout_at(until_s):
            await changed.wait()
    except TimeoutError:
        return
