"""Tells devices who follows them, and pages how those they follow are doing.

Only what the older person agreed: whether the device is there, whether it was used
today, and that something changed in the agenda. Told whole at each change, so that
nothing depends on what was told before.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from calls.hub import members
from calls.hub.agenda_rows import mark_of
from calls.hub.alarms import Alarms
from calls.hub.errors import StoreError
from calls.hub.links import DeviceEnd, Ends, PageEnd
from calls.hub.note_rows import shown_to
from calls.hub.ringing import Reach
from calls.hub.store import Store
from calls.hub.tables import used
from calls.hub.tasks import Tasks
from calls.messages import Gone, Household, Member, Members, UsedToday

logger = logging.getLogger(__name__)

AWAY_AFTER_S = 8.0
"""A device that comes back sooner was never away: it changed from cable to Wi-Fi."""

MIDNIGHT_EVERY_S = 300.0
"""How often it is looked whether a new day began, and "used today" is over."""

GetReach = Callable[[str], Awaitable[Reach]]
"""What of an account can ring."""


class Presence:
    """Knows what each end was told, and tells it what has changed.

    Args:
        store: Who follows whom.
        ends: Who is connected.
        alarms: Which wait.
        tasks: Of the hub.
        now: Seconds since 1970.
        reach: What of an account can ring.
    """

    def __init__(
        self,
        store: Store,
        ends: Ends,
        alarms: Alarms,
        tasks: Tasks,
        now: Callable[[], float],
        reach: GetReach,
    ) -> None:
        self._store = store
        self._ends = ends
        self._alarms = alarms
        self._tasks = tasks
        self._now = now
        self._reach = reach
        # Households of which the device left a moment ago.
        self._leaving: set[str] = set()

    def is_online(self, household: str) -> bool:
        """Whether its device is there, or was until a moment ago."""
        return self._ends.device(household) is not None or household in self._leaving

    # -- what happens ---------------------------------------------------------------

    async def device_came(self, end: DeviceEnd) -> None:
        """Tell it who follows it, and them that it is there."""
        self._leaving.discard(end.household)
        await self.tell_device(end)
        await self._tell_watching(end.household)

    def device_left(self, household: str) -> None:
        """Tell those who follow it, unless it comes back at once."""
        if household not in self._leaving:
            self._leaving.add(household)
            if not self._tasks.start(self._leave(household), "a device leaves"):
                self._leaving.discard(household)

    async def _leave(self, household: str) -> None:
        await asyncio.sleep(AWAY_AFTER_S)
        if household in self._leaving:
            self._leaving.discard(household)
            await self._tell_watching(household)

    async def page_came(self, end: PageEnd) -> None:
        """Tell it how all are doing, and the devices that something can ring."""
        await self.tell_page(end)
        await self.account_changed(end.account)

    async def account_changed(self, account: str) -> None:
        """Something of theirs can ring, or no longer: tell the devices."""
        for each in await members.households(self._store, account):
            device = self._ends.device(each.member.household)
            if device is not None:
                await self.tell_device(device)

    async def household_changed(self, household: str) -> None:
        """Somebody joined or left, may see something else, or an alarm changed."""
        device = self._ends.device(household)
        if device is not None:
            await self.tell_device(device)
        told = set(self._ends.watching(household))
        for member in await members.members(self._store, household):
            if member.account is not None:
                told.update(self._ends.pages(member.account))
        for page in told:
            await self.tell_page(page)

    async def used_today(self, household: str, message: UsedToday) -> None:
        """Keep the last day on which the device was used.

        Raises:
            StoreError: If it could not be kept.
        """
        async with self._store.writing() as connection:
            found = await connection.execute(
                sa.select(used.c.day).where(used.c.household == household)
            )
            if found.one_or_none() is None:
                change: sa.Insert | sa.Update = sa.insert(used).values(
                    household=household, day=message.day[:10]
                )
            else:
                change = (
                    sa.update(used)
                    .where(used.c.household == household)
                    .values(day=message.day[:10])
                )
            await connection.execute(change)
        await self._tell_watching(household)

    async def watch_midnight(self) -> None:
        """Tell pages at the end of a day that nothing was used yet; until cancelled."""
        day = self._today()
        while True:
            await asyncio.sleep(MIDNIGHT_EVERY_S)
            if day == self._today():
                continue
            day = self._today()
            try:
                for page in self._ends.all_pages():
                    await self.tell_page(page)
            except StoreError as error:
                logger.error("nobody could be told of a new day: %s", error)

    # -- telling --------------------------------------------------------------------

    async def tell_device(self, end: DeviceEnd) -> None:
        """Who follows it, if that is another answer than before."""
        async with end.telling:
            told = await self._members(end.household)
            if told != end.members:
                end.members = told
                end.tell(told)

    async def _members(self, household: str) -> Members:
        theirs = []
        for each in await members.members(self._store, household):
            can_ring = (
                each.account is not None and (await self._reach(each.account)).anything
            )
            theirs.append(
                Member(
                    member=each.id,
                    name=each.name,
                    role=each.role,
                    has_joined=each.has_joined,
                    can_ring=can_ring,
                    sees_presence=each.sees_presence,
                    sees_use=each.sees_use,
                    sees_agenda=each.sees_agenda,
                )
            )
        return Members(tuple(theirs))

    async def tell_page(self, end: PageEnd) -> None:
        """All that has changed for it."""
        async with end.telling:
            found = await self._households(end.account)
            if end not in self._ends.pages(end.account):
                return
            for member in end.shown.keys() - found.keys():
                del end.shown[member]
                end.notes.pop(member, None)
                end.tell(Gone(member))
            for member, (_, told) in found.items():
                if end.shown.get(member) != told:
                    end.shown[member] = told
                    end.tell(told)
            self._ends.watch(end, {household for household, _ in found.values()})
            for member in found:
                await self._tell_notes(end, member)

    async def _tell_notes(self, end: PageEnd, member: str) -> None:
        """What is asked of this member, if that is another answer than before."""
        async with self._store.reading() as connection:
            told = await shown_to(connection, member, self._now())
        if told.notes or member in end.notes:
            if end.notes.get(member) != told:
                end.notes[member] = told
                end.tell(told)

    async def _tell_watching(self, household: str) -> None:
        for page in self._ends.watching(household):
            await self.tell_page(page)

    async def _households(self, account: str) -> dict[str, tuple[str, Household]]:
        """By member: the household, and what this account may know of it."""
        found = {}
        for each in await members.households(self._store, account):
            member = each.member
            waiting = await self._alarms.waiting(member.household)
            online = self.is_online(member.household) if member.sees_presence else None
            told = Household(
                member=member.id,
                name=each.name,
                role=member.role,
                online=online,
                used_today=(
                    await self._was_used_today(member.household)
                    if member.sees_use
                    else None
                ),
                alarms=tuple(alarm for alarm, to in waiting.items() if member.id in to),
                agenda=await self._agenda_of(member) if member.sees_agenda else "",
            )
            found[member.id] = (member.household, told)
        return found

    async def _agenda_of(self, member: members.MemberRow) -> str:
        async with self._store.reading() as connection:
            return await mark_of(connection, member.household, member.id)

    async def _was_used_today(self, household: str) -> bool | None:
        async with self._store.reading() as connection:
            found = await connection.execute(
                sa.select(used.c.day).where(used.c.household == household)
            )
            day = found.scalar_one_or_none()
        if day is None:
            return None
        # By the clock of the device, which may be a little ahead of ours. One that is
        # years ahead would be used today for years.
        return self._today() <= str(day) <= self._today(days_ahead=1)

    def _today(self, days_ahead: int = 0) -> str:
        """Here: hub and devices are in one country."""
        here = datetime.fromtimestamp(self._now(), UTC).astimezone()
        return (here.date() + timedelta(days=days_ahead)).isoformat()
