"""Home visits, as far as they speak up: announced, prepared, and asked about."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import date

from companion.agenda_book import AgendaMemory
from companion.buttons import Floor
from companion.checkins import CheckInPlan
from companion.director import Director, Priority
from companion.memory import Memory
from companion.notes import Notes
from companion.own_starts import may_begin
from companion.ports import Clock
from companion.reminding import Announcement, Notice
from companion.stage import Stage
from companion.talk import Talk
from companion.topics.visit_talk import use_visits
from companion.topics.visits import (
    SHOWN,
    Visits,
    say_what,
    take_up,
    tell_kept,
    tell_visitor,
)
from companion.understanding.intents import Meaning
from companion.visits import Visit, coming
from companion.visits_book import VisitsMemory
from companion.visits_due import MOST_AT_ONCE, Matter, matters, met_on, speak_up
from voice.speech import Chime

logger = logging.getLogger(__name__)

# Clocks are set, and visits are entered beside it. Nothing of it is urgent: reminders
# and conversations look for themselves.
LOOK_S = 300.0

# A voice out of nowhere frightens: chime and light first, then a second.
AFTER_CHIME_S = 1.0

# Before an appointment it is told who comes; of other notices there is nothing to add.
BEFORE = frozenset({Notice.EVE, Notice.AHEAD, Notice.TODAY})


class Visiting:
    """The home visits of one person."""

    def __init__(
        self,
        director: Director,
        memory: Memory,
        visits: VisitsMemory,
        agenda: AgendaMemory,
        notes: Notes | None,
        stage: Stage,
        clock: Clock,
        plan: CheckInPlan,
        is_sure: Callable[[], bool],
        is_away: Callable[[], Awaitable[bool]],
        changed: Callable[[], None],
    ) -> None:
        """Build it.

        Args:
            director: Gives the floor.
            memory: Knows how often the device began by itself today.
            visits: What is known of them.
            agenda: What is to come.
            notes: Passes on what the person agreed to; None without a hub.
            stage: Where it shows what to speak of.
            clock: The time on the wall.
            plan: When the daily questions are asked, and the quiet hours.
            is_sure: Whether the clock was set since the device started.
            is_away: Whether the person is not at home.
            changed: Called when the agenda was changed.
        """
        self._director = director
        self._memory = memory
        self._visits = Visits(visits, notes)
        self._agenda = agenda
        self._stage = stage
        self._clock = clock
        self._plan = plan
        self._is_sure = is_sure
        self._is_away = is_away
        self._changed = changed
        self._has_failed = False

    async def run(self) -> None:
        """Look now and then whether there is something to ask, without end."""
        while True:
            await self._look_safely()
            await asyncio.sleep(LOOK_S)

    async def _look_safely(self) -> None:
        """A failure leaves a device that answers presses."""
        try:
            await self._look()
        except Exception:
            if not self._has_failed:
                logger.exception("visits failed")
            self._has_failed = True
        else:
            self._has_failed = False

    async def _look(self) -> None:
        await self._arrange()
        now, known = self._clock.now(), await self._visits.memory.known()
        if not coming(known.visits, now):
            self._stage.news(SHOWN, "")
        if not known.visits or not self._director.is_free or await self._is_away():
            return
        has_room = may_begin(self._plan, await self._memory.facts(now.date()), now)
        matter = speak_up(known, self._plan, has_room, now, self._is_sure())
        if matter is not None:
            await self._speak_up(matter)

    async def _arrange(self) -> None:
        def say(visit: Visit) -> str:
            return say_what(self._stage.phrasebook, visit)

        if await self._visits.memory.arrange(say, self._clock.now()):
            self._changed()

    async def _speak_up(self, matter: Matter) -> None:
        """Chime, light, a second, and ask first; once a day at most."""

        async def topic(talk: Talk) -> None:
            now = self._clock.now()
            await self._visits.memory.change(matter.visit, spoke_on=now.date())
            await self._memory.began_by_itself(now)
            talk.stage.give_floor(Floor.OFFERED)
            talk.stage.call_attention()
            await talk.chime(Chime.ATTENTION)
            await asyncio.sleep(AFTER_CHIME_S)
            is_welcome = await talk.confirm("visits.offer", who=matter.visit.who)
            talk.stage.give_floor(Floor.TAKEN)
            if is_welcome:
                await self.tell(talk)
            elif talk.has_heard:
                await talk.say("visits.not_now")

        ending = await self._director.give_floor(topic, Priority.SUGGESTION)
        logger.info("speaking of a visit ended: %s", ending)

    # -- at a conversation ---------------------------------------------------------

    async def has_to_tell(self) -> bool:
        """Whether there is something to ask or tell now, outside the quiet hours."""
        return bool(await self._matters())

    async def tell(self, talk: Talk, most: int = MOST_AT_ONCE) -> None:
        """Ask and tell what there is, a few at a time.

        Args:
            talk: The conversation.
            most: How many; who pressed for something else is not kept long.

        Raises:
            Stopped: If the person says stop.
            DangerHeard: If the person says something that needs help now.
        """
        # What was cancelled in the agenda a minute ago is no visit any more.
        await self._arrange()
        found = await self._matters()
        for matter in found[:most]:
            await take_up(talk, self._visits, matter)
        if found:
            await self._arrange()

    async def _matters(self) -> list[Matter]:
        now = self._clock.now()
        if not self._is_sure() or self._plan.is_quiet(now.time()):
            return []
        return matters(await self._visits.memory.known(), now)

    async def use(self, talk: Talk, wish: Meaning) -> None:
        """Do what the person wishes of visits."""
        await use_visits(talk, self._visits, self._agenda, wish)
        self._changed()

    async def met(self) -> list[date]:
        """On which days a visitor came: each was a contact with people."""
        return met_on((await self._visits.memory.known()).visits)

    async def tell_kept(self, talk: Talk) -> None:
        """When the person asks what is kept of them."""
        await tell_kept(talk, self._visits)

    async def tell_more(self, talk: Talk, announcement: Announcement) -> None:
        """After a reminder of a visit was heard: who comes, and what to ask."""
        uid = announcement.occurrence.entry.uid
        known = await self._visits.memory.known()
        visit = next((one for one in known.visits if one.uid == uid), None)
        if visit is not None and announcement.notice in BEFORE:
            await tell_visitor(talk, visit)
