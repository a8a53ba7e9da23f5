"""The outbox of alarms: sent until the hub has them, also after a power cut.

A missed check-in that somebody is told of is on the card before anything is sent. It is
sent under the same id at each connection until the hub confirms that it keeps it, and
so is that it is over. What the hub tells twice is acted on once.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Protocol

from calls.messages import Acknowledged, AlarmOver, Members
from calls.wire import Message, new_id
from companion.alarms import REMEMBERED, AlarmRecord, Sending, may_be_told, to_send
from companion.memory import Memory
from companion.people import Person
from companion.ports import Clock

logger = logging.getLogger(__name__)

# For what is tried in vain, and for consent that was taken back meanwhile.
AGAIN_S = 30.0

# The hub tells at most fifty at once.
MOST_ACKNOWLEDGED = 64


class HubLine(Protocol):
    """What the outbox needs of the way to family."""

    def on_message(self, callback: Callable[[Message], None]) -> None:
        """Tell of every message of the hub; the callback takes no time."""

    async def deliver(self, message: Message) -> bool:
        """Send it; whether the hub has it. False at once without a way to the hub."""


class Outbox:
    """Alarms of one device: those that are open, and the others of this week.

    It alone changes them, so that of two changes none is lost.
    """

    def __init__(
        self,
        memory: Memory,
        people: Callable[[], Awaitable[Sequence[Person]]],
        line: HubLine | None,
        clock: Clock,
    ) -> None:
        """Build it; nothing is read yet.

        Args:
            memory: Where they are kept.
            people: Everybody in the list, as it is now.
            line: The way to the hub; None: there is none, and nobody is told.
            clock: The time on the wall.
        """
        self._memory = memory
        self._people = people
        self._line = line
        self._clock = clock
        self._alarms: dict[str, AlarmRecord] = {}
        self._acknowledged: deque[Acknowledged] = deque(maxlen=MOST_ACKNOWLEDGED)
        self._wake = asyncio.Event()
        self._on_change: Callable[[], None] = lambda: None

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call this each time that an alarm stands otherwise."""
        self._on_change = callback

    async def load(self) -> None:
        """Read what was under way when the device stopped."""
        now = self._clock.now()
        # Also what was written by a clock that ran ahead.
        kept = await self._memory.alarms(now - REMEMBERED, now + REMEMBERED)
        self._alarms = {alarm.id: alarm for alarm in kept} | self._alarms

    # -- what happened here ---------------------------------------------------------

    async def miss(self, day: date, at: datetime) -> AlarmRecord | None:
        """Write down that a check-in was missed, with who is told of it.

        Args:
            day: Whose check-in.
            at: When that is known.

        Returns:
            The alarm; None if nobody is told.
        """
        people = may_be_told(await self._people()) if self._line is not None else []
        numbers = tuple(person.id for person in people if person.id is not None)
        alarm = AlarmRecord(new_id(), at, numbers) if numbers else None
        await self._memory.record_missed(day, at, alarm)
        if alarm is not None:
            logger.info("a missed check-in is told to %d", len(numbers))
            self._alarms = {
                old.id: old
                for old in self._alarms.values()
                if old.over_kept_at is None or at - old.at < REMEMBERED
            }
            self._alarms[alarm.id] = alarm
            self._changed()
        return alarm

    async def end(self) -> list[AlarmRecord]:
        """The person was heard: nobody needs to look in. Returns what is over now."""
        over = [alarm for alarm in self._alarms.values() if alarm.is_open]
        for alarm in over:
            await self._change(replace(alarm, over_at=self._clock.now()))
        return over

    @property
    def newest_open(self) -> AlarmRecord | None:
        """The newest since which the person was not heard."""
        found = [alarm for alarm in self._alarms.values() if alarm.is_open]
        return max(found, key=lambda alarm: alarm.at.timestamp(), default=None)

    def of(self, at: datetime) -> AlarmRecord | None:
        """That of the check-in that was missed at this moment."""
        return next((a for a in self._alarms.values() if a.at == at), None)

    # -- with the hub -----------------------------------------------------------------

    async def run(self) -> None:
        """Send what the hub does not know, without end; at once without a hub."""
        if self._line is None:
            return
        self._line.on_message(self._hear)
        while True:
            self._wake.clear()
            is_known = False
            try:
                await self._take_acknowledged()
                is_known = await self._send_all(self._line)
            except Exception:
                # Whatever it is: nobody else sends them.
                logger.exception("alarms wait")
            is_quiet = is_known and self.newest_open is None
            try:
                async with asyncio.timeout(None if is_quiet else AGAIN_S):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _hear(self, message: Message) -> None:
        if isinstance(message, Acknowledged):
            self._acknowledged.append(message)
        if isinstance(message, Acknowledged | Members):
            # Who follows is told first of all at each connection.
            self._wake.set()

    async def _take_acknowledged(self) -> None:
        """Keep who takes care; what a power cut takes here, the hub tells again."""
        while self._acknowledged:
            message = self._acknowledged.popleft()
            people = await self._people()
            by = next((p.id for p in people if p.video == message.member), None)
            alarm = self._alarms.get(message.alarm)
            if alarm is None or alarm.acknowledged_at is not None:
                continue
            logger.info("somebody takes care of an alarm")
            now = self._clock.now()
            await self._change(replace(alarm, acknowledged_by=by, acknowledged_at=now))

    async def _send_all(self, line: HubLine) -> bool:
        """Tell the hub what it does not know; whether it knows all now."""
        for number in list(self._alarms):
            people = await self._people()
            sending = to_send(self._alarms[number], people)
            if sending is None:
                continue
            if not await line.deliver(sending.message):
                return False
            await self._note(number, sending)
        return True

    async def _note(self, number: str, sending: Sending) -> None:
        """The hub has it."""
        alarm, now = self._alarms[number], self._clock.now()
        if isinstance(sending.message, AlarmOver):
            await self._change(replace(alarm, over_kept_at=now))
        else:
            await self._change(
                replace(alarm, people=sending.people, kept_at=alarm.kept_at or now)
            )

    async def _change(self, alarm: AlarmRecord) -> None:
        # Here at once, so that nobody changes what it was before.
        self._alarms[alarm.id] = alarm
        await self._memory.keep_alarm(alarm)
        self._changed()

    def _changed(self) -> None:
        self._wake.set()
        self._on_change()
