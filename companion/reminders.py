"""Says what is in the agenda when it is time, and remembers what became of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime

from companion.agenda import Entry, Occurrence
from companion.agenda_book import AgendaMemory
from companion.checkins import CheckInPlan
from companion.director import Director, Ending, Priority
from companion.ports import Clock
from companion.reminding import (
    Announce,
    Announcement,
    Attempts,
    Key,
    Notice,
    Response,
    Told,
    Wait,
    due,
    missed,
)
from companion.stage import Stage
from companion.talk import Talk
from companion.topics.agenda import say_what
from companion.topics.agenda_changes import say_moment
from companion.topics.reminding import More, announce, tell_missed, tell_unheard

logger = logging.getLogger(__name__)

# Clocks are set, and the agenda is changed beside it: look at least this often.
LOOK_S = 60.0
LEAST_S = 0.5
# While the person has the floor.
BUSY_S = 15.0


class Reminders:
    """The agenda of one person, as far as it speaks up."""

    def __init__(
        self,
        director: Director,
        agenda: AgendaMemory,
        stage: Stage,
        clock: Clock,
        plan: CheckInPlan,
        is_sure: Callable[[], bool],
        is_away: Callable[[], Awaitable[bool]],
        news: Callable[[Occurrence], Awaitable[str]],
        more: More,
    ) -> None:
        """Build it.

        Args:
            director: Gives the floor.
            agenda: What is to come, and what was told of it.
            stage: Where it shows what nobody heard.
            clock: The time on the wall.
            plan: Has the quiet hours.
            is_sure: Whether the clock was set since the device started.
            is_away: Whether the person is not at home, so that nobody would hear it.
            news: Name of what is asked instead, where it is no longer so; or empty.
            more: Tells what belongs to it, once it was heard.
        """
        self._director = director
        self._agenda = agenda
        self._stage = stage
        self._clock = clock
        self._plan = plan
        self._is_sure = is_sure
        self._is_away = is_away
        self._news = news
        self._more = more
        self._tried: dict[Key, Attempts] = {}
        self._unheard: list[Announcement] = []
        self._forgotten_on: date | None = None
        self._has_failed = False
        self._wake = asyncio.Event()
        self._known: tuple[Sequence[Entry], dict[Key, Told]] = (), {}
        self._waiting: tuple[Wait | None, datetime] = None, clock.now()

    async def run(self) -> None:
        """Speak up when it is time, without end."""
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            alarm = loop.call_later(await self._look_safely(), self._wake.set)
            try:
                await self._wake.wait()
            finally:
                alarm.cancel()

    def note(self) -> None:
        """The agenda was changed: decide anew."""
        self._wake.set()

    async def _look_safely(self) -> float:
        """A failure leaves a device that answers presses."""
        try:
            wait_s = await self._look()
        except Exception:
            if not self._has_failed:
                logger.exception("the agenda failed")
            self._has_failed = True
            return LOOK_S
        self._has_failed = False
        return wait_s

    async def _look(self) -> float:
        """Say what is due; returns how long to wait before the next look, in s."""
        now = self._clock.now()
        if self._forgotten_on != now.date():
            self._forgotten_on = now.date()
            await self._agenda.forget_told(now)
        self._show(now)
        match await self._decide(now):
            case Announce(announcements):
                # Asked no sooner: it reads the journal, and most looks say nothing.
                if await self._is_away():
                    return LOOK_S
                await self._announce(announcements)
                return LEAST_S if self._director.is_free else BUSY_S
            case Wait(at):
                left_s = at.timestamp() - now.timestamp()
                return min(max(left_s, LEAST_S), LOOK_S)

    async def _decide(self, now: datetime) -> Announce | Wait:
        """What is due; reckoned anew only where something may have changed."""
        known = await self._agenda.known(now)
        wait, begun_at = self._waiting
        is_waiting = wait is not None and begun_at <= now < wait.at
        if is_waiting and known == self._known and self._is_sure():
            assert wait is not None
            return wait
        self._known = known
        decision = due(*known, self._tried, self._plan, now, self._is_sure())
        self._waiting = (decision if isinstance(decision, Wait) else None), now
        return decision

    async def _announce(self, announcements: tuple[Announcement, ...]) -> None:
        began = self._clock.now()
        news = {one.key: await self._news(one.occurrence) for one in announcements}
        settled: set[Key] = set()
        was_there = False

        async def settle(one: Announcement, response: Response) -> None:
            settled.add(one.key)
            await self._settle(one.occurrence, one.notice, response)
            if news[one.key]:
                await self._settle(one.occurrence, Notice.OFF, response)

        async def topic(talk: Talk) -> None:
            nonlocal was_there
            was_there = await announce(talk, announcements, settle, news, self._more)
            if was_there:
                await self._tell_missed(talk)

        ending = await self._director.give_floor(topic, Priority.REMINDER)
        if ending in (Ending.BUSY, Ending.INTERRUPTED):
            return
        logger.info("a reminder ended: %s", ending)
        for one in announcements:
            if one.key in settled:
                self._tried.pop(one.key, None)
            elif ending is Ending.STOPPED and one.notice is not Notice.TAKE:
                # Who says stop has heard it.
                await settle(one, Response.HEARD)
            else:
                await self._try_again(one, began)

    async def _try_again(self, one: Announcement, began: datetime) -> None:
        """Again after a while; after the last time it is shown."""
        before = self._tried.get(one.key, Attempts(began, 0))
        self._tried[one.key] = Attempts(before.first, before.count + 1)
        self._waiting = None, began
        if before.count < len(one.again_after):
            return
        del self._tried[one.key]
        await self._settle(one.occurrence, one.notice, Response.UNHEARD)
        self._unheard.append(one)
        self._show(self._clock.now())

    async def _settle(
        self, occurrence: Occurrence, notice: Notice, response: Response
    ) -> None:
        await self._agenda.tell(
            Told(
                occurrence.entry.id,
                occurrence.wall,
                notice,
                response,
                self._clock.now(),
            )
        )

    def _show(self, now: datetime) -> None:
        """Show what nobody heard, on the day that it is about."""
        self._unheard = [
            one for one in self._unheard if one.occurrence.wall.date() >= now.date()
        ]
        texts = [
            self._stage.phrasebook.text(
                "notice.reminder",
                moment=say_moment(one.occurrence, now),
                what=say_what(self._stage.phrasebook, one.occurrence.entry),
            )
            for one in self._unheard
        ]
        self._stage.remind(" ".join(texts))

    # -- what the person does --------------------------------------------------------

    async def on_press(self, talk: Talk) -> None:
        """The person is there: tell what they missed, once."""
        unheard, self._unheard = self._unheard, []
        self._show(self._clock.now())
        await tell_unheard(talk, unheard)
        await self._tell_missed(talk)

    async def _tell_missed(self, talk: Talk) -> None:
        if not self._is_sure():
            return
        now = self._clock.now()
        entries, told = await self._agenda.known(now)

        async def settle(one: Occurrence) -> None:
            await self._settle(one, Notice.MISSED, Response.HEARD)

        await tell_missed(talk, missed(entries, told, now), settle)
