"""Somebody is asked to look in: what the person hears and sees of it.

They are asked when a check-in was missed and that was agreed; no longer as soon as the
person presses or answers. That waits for the end of the conversation, for whoever says
that they fell must not be reported to be well.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, time, timedelta

from companion.alarms import AlarmRecord, Standing, standing
from companion.director import Director, Ending, Priority
from companion.outbox import Outbox
from companion.people import Person, PersonId
from companion.ports import Clock
from companion.stage import Stage
from companion.talk import Talk
from voice.speech import Chime

logger = logging.getLogger(__name__)

# What is shown depends on the time as well.
LOOK_S = 60.0

# Later it is no news that is worth a voice out of nowhere: it is shown, and told at
# the next press.
FRESH = timedelta(minutes=10)

# A voice out of nowhere frightens: chime and light first, then a second.
AFTER_CHIME_S = 1.0

MOST_HEARD = 100


class LookingIn:
    """Tells the person who was asked to look in, who does, and that it is over."""

    def __init__(
        self,
        director: Director,
        outbox: Outbox,
        stage: Stage,
        clock: Clock,
        people: Callable[[], Awaitable[Sequence[Person]]],
        is_quiet: Callable[[time], bool],
    ) -> None:
        """Build it.

        Args:
            director: Gives the floor, and tells when the person was heard.
            outbox: Where alarms are.
            stage: Where they are shown.
            clock: The time on the wall.
            people: Everybody in the list, as it is now.
            is_quiet: Whether a time lies in quiet hours.
        """
        self._director = director
        self._outbox = outbox
        self._stage = stage
        self._clock = clock
        self._people = people
        self._is_quiet = is_quiet
        self._wake = asyncio.Event()
        self._heard: deque[Ending | None] = deque(maxlen=MOST_HEARD)
        self._told: set[str] = set()
        self._over = ""

    async def run(self) -> None:
        """Tell and show it, without end."""
        self._director.on_heard(self._hear)
        self._director.on_free(self._wake.set)
        self._outbox.on_change(self._wake.set)
        alarm = self._outbox.newest_open
        if alarm is not None and alarm.acknowledged_at is not None:
            # Told before the device stopped, or shown now.
            self._told.add(alarm.id)
        while True:
            self._wake.clear()
            try:
                await self._go_on()
            except Exception:
                # A fault here leaves a device that answers presses.
                logger.exception("who looks in could not be told")
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def hear_in_call(self) -> None:
        """The person speaks with somebody: they were heard, whatever comes of it."""
        self._heard.append(None)
        self._wake.set()

    def _hear(self, ending: Ending) -> None:
        self._heard.append(ending)
        self._wake.set()

    # -- a missed check-in ----------------------------------------------------------

    async def miss(self, day: date, at: datetime) -> bool:
        """Write down that a check-in was missed; whether somebody is asked.

        Args:
            day: Whose check-in.
            at: When that is known.
        """
        alarm = await self._outbox.miss(day, at)
        await self._show()
        return alarm is not None

    async def tell_asked(self, talk: Talk) -> None:
        """Say who is asked."""
        alarm = self._outbox.newest_open
        name = await self._name_of(alarm)
        if name:
            await talk.say("alarm.asks", person=name)

    def was_asked(self, at: datetime) -> bool:
        """Whether somebody was asked after the check-in missed at this moment."""
        return self._outbox.of(at) is not None

    async def report(self, talk: Talk) -> None:
        """Say how it stands, to who presses now, if somebody is asked."""
        alarm = self._outbox.newest_open
        name = await self._name_of(alarm)
        if alarm is None or not name:
            return
        stands = standing(alarm, self._clock.now())
        if stands is Standing.LOOKING:
            self._told.add(alarm.id)
        await talk.say(f"alarm.report.{stands}", person=name)

    # -- as it goes on ----------------------------------------------------------------

    async def _go_on(self) -> None:
        while self._heard:
            await self._end(self._heard.popleft())
        await self._show()
        alarm = self._outbox.newest_open
        if alarm is not None and self._is_news(alarm):
            name = await self._name_of(alarm)
            if name:
                await self._tell_looking(alarm, name)

    async def _end(self, ending: Ending | None) -> None:
        """The person was heard, in a call (None) or in a conversation that ended so."""
        if ending is Ending.IN_DANGER:
            return
        over = await self._outbox.end()
        self._over = ""
        reached = [alarm for alarm in over if alarm.kept_at is not None]
        name = await self._name_of(reached[-1]) if reached else ""
        if not name:
            return
        self._over = self._stage.phrasebook.text("notice.alarm.over", person=name)
        if ending is not Ending.FINISHED:
            # Who stopped it wants silence; who speaks with somebody tells it.
            return

        async def tell(talk: Talk) -> None:
            await talk.say("alarm.over", person=name)

        if await self._director.give_floor(tell, Priority.PERSON) is Ending.FINISHED:
            self._over = ""

    def _is_news(self, alarm: AlarmRecord) -> bool:
        """Whether it is to be said now, unasked, that somebody looks in."""
        now = self._clock.now()
        return (
            alarm.acknowledged_at is not None
            and alarm.id not in self._told
            and now - alarm.acknowledged_at <= FRESH
            and not self._is_quiet(now.time())
            and self._director.is_free
        )

    async def _tell_looking(self, alarm: AlarmRecord, name: str) -> None:
        async def tell(talk: Talk) -> None:
            talk.stage.call_attention()
            await talk.chime(Chime.ATTENTION)
            await asyncio.sleep(AFTER_CHIME_S)
            await talk.say("alarm.looks", person=name)

        if await self._director.give_floor(tell, Priority.CHECK_IN) is not Ending.BUSY:
            self._told.add(alarm.id)

    async def _show(self) -> None:
        alarm = self._outbox.newest_open
        name = await self._name_of(alarm)
        text = self._over
        if alarm is not None and name:
            stands = standing(alarm, self._clock.now())
            text = self._stage.phrasebook.text(f"notice.alarm.{stands}", person=name)
        self._stage.looking_in(text)

    async def _name_of(self, alarm: AlarmRecord | None) -> str:
        """Who looks in, or who is asked first; empty if nobody is."""
        if alarm is None:
            return ""
        names = {person.id: person.spoken_name for person in await self._people()}
        if alarm.acknowledged_at is not None:
            somebody = self._stage.phrasebook.text("alarm.somebody")
            return _named(names, alarm.acknowledged_by) or somebody
        return next((n for p in alarm.people if (n := _named(names, p))), "")


def _named(names: dict[PersonId | None, str], person: PersonId | None) -> str:
    return names.get(person, "") if person is not None else ""
