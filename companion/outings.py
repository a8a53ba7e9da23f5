"""Things to do in the life of the device: asked for, offered, and looked back at."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from companion.activities.suggesting import ANYTHING
from companion.agenda import Occurrence
from companion.asking import NoAnswer, yes_or_no
from companion.buttons import Floor
from companion.checkins import CheckInPlan
from companion.director import Director, Priority
from companion.journal import Answer
from companion.memory import Memory
from companion.offering import (
    ASKED,
    OFFER,
    is_lonely,
    is_weekly_moment,
    may_offer,
)
from companion.own_starts import may_begin
from companion.ports import Clock
from companion.talk import CannotHear, Stopped, Talk
from companion.topics.activities import Doing, suggest, suggest_by_words
from companion.topics.activity_after import (
    Off,
    Plans,
    ask_how_it_was,
    off,
    tell_off,
    to_ask_about,
    untold,
)
from companion.topics.activity_steps import arrange
from companion.topics.checkin import AFTER_CHIME_S, greeting_of
from companion.topics.tastes import take_taste
from companion.understanding.intents import Intent, Meaning
from voice.speech import Chime

logger = logging.getLogger(__name__)

# Who says what they would like has said yes.
OFFERED = replace(
    yes_or_no(OFFER), answers=frozenset({Intent.YES, Intent.NO, Intent.ACTIVITIES})
)

# The clock is looked at so often.
LOOK_S = 60.0

# Three refusals lie weeks apart.
LOOK_BACK = timedelta(days=120)

_ASKED_INSTEAD = {
    Off.CANCELLED: "outings.off.ask_cancelled",
    Off.CHANGED: "outings.off.ask_changed",
}


class Outings:
    """What the device does about things to do, besides being asked."""

    def __init__(
        self,
        director: Director,
        doing: Doing,
        memory: Memory,
        clock: Clock,
        plan: CheckInPlan,
        may_start: Callable[[], Awaitable[bool]],
    ) -> None:
        """Build it.

        Args:
            director: Gives the floor.
            doing: What a conversation about things to do needs.
            memory: What was told.
            clock: The time on the wall.
            plan: When the daily questions are asked.
            may_start: Whether it may begin by itself now: neither at rest nor away.
        """
        self._director = director
        self._doing = doing
        self._memory = memory
        self._clock = clock
        self._plan = plan
        self._may_start = may_start
        self._plans = Plans(doing.suggester, doing.agenda, doing.tastes)
        self._has_failed = False

    async def run(self) -> None:
        """Offer something each week, where that is wanted, without end."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self._look()
            except Exception:
                # Presses work without it; the next look is in a minute.
                if not self._has_failed:
                    logger.exception("the weekly offer failed")
                self._has_failed = True

    async def _look(self) -> None:
        now = self._clock.now()
        if not is_weekly_moment(now) or not self._director.is_free:
            return
        facts = await self._memory.facts(now.date())
        if may_begin(self._plan, facts, now) and await self._may_offer():
            ending = await self._director.give_floor(
                self._offer_weekly, Priority.SUGGESTION
            )
            logger.info("the weekly offer ended: %s", ending)

    # -- what the person asks for ----------------------------------------------------

    async def use(self, talk: Talk, wish: Meaning) -> bool:
        """Do what is wished of things to do; False if it is another wish."""
        words = str(wish.value or "")
        match wish.intent:
            case Intent.ACTIVITIES:
                await self._note(talk, ASKED, Intent.ACTIVITIES)
                await suggest_by_words(talk, self._doing, words, arrange)
            case Intent.TASTE:
                await take_taste(talk, self._doing.tastes, words)
            case _:
                return False
        return True

    # -- what there is to tell and to ask -----------------------------------------

    async def has_to_ask(self) -> bool:
        """Whether there is something to come back to after a check-in."""
        if not await self._may_start():
            return False
        now = self._clock.now()
        return (
            await to_ask_about(self._plans, now) is not None
            or bool(await untold(self._plans, now))
            or (is_lonely(await self._answers(), now) and await self._may_offer())
        )

    async def come_back_to(self, talk: Talk) -> None:
        """In a conversation: what is off, and how yesterday was."""
        await tell_off(talk, self._plans)
        if await self._may_start():
            await ask_how_it_was(talk, self._plans)

    async def after_check_in(self, talk: Talk) -> None:
        """After a check-in: as in any conversation; and who is alone gets an offer."""
        await self.come_back_to(talk)
        is_alone = is_lonely(await self._answers(), talk.clock.now())
        if is_alone and await self._may_start() and await self._may_offer():
            await self._offer(talk, "")

    async def news_of(self, one: Occurrence) -> str:
        """Name of what is asked of what is no longer so before leaving; or empty."""
        became = await off(self._plans, one, self._clock.now())
        return _ASKED_INSTEAD.get(became, "") if became is not None else ""

    # -- by itself ---------------------------------------------------------------------

    async def _may_offer(self) -> bool:
        """Whether an offer is welcome, and there is something to offer."""
        suggester = self._doing.suggester
        if suggester is None or not await self._may_start():
            return False
        if not may_offer(await self._answers(), self._clock.now()):
            return False
        return bool((await suggester.suggest(ANYTHING)).suggestions)

    async def _answers(self) -> list[Answer]:
        now = self._clock.now()
        soon = now + timedelta(seconds=1)
        return await self._memory.answers(now - LOOK_BACK, soon)

    async def _offer_weekly(self, talk: Talk) -> None:
        """Chime, light, a second, and ask whether it may name something."""
        await self._memory.began_by_itself(self._clock.now())
        talk.stage.give_floor(Floor.OFFERED)
        talk.stage.call_attention()
        await talk.chime(Chime.ATTENTION)
        await asyncio.sleep(AFTER_CHIME_S)
        await self._offer(talk, f"{OFFER}.ask_greeting")

    async def _offer(self, talk: Talk, prompt: str) -> None:
        try:
            reply = await talk.ask(OFFERED, prompt=prompt, greeting=greeting_of(talk))
        except CannotHear:
            await self._note(talk, OFFER, Intent.UNSURE)
            raise
        except Stopped:
            # Or it would be offered again a few minutes later.
            await self._note(talk, OFFER, Intent.NO)
            raise
        talk.stage.give_floor(Floor.TAKEN)
        match reply:
            case Meaning(intent=Intent.YES):
                await self._note(talk, OFFER, Intent.YES)
                await suggest(talk, self._doing, ANYTHING, arrange)
            case Meaning(intent=Intent.ACTIVITIES, value=words):
                await self._note(talk, OFFER, Intent.ACTIVITIES)
                await suggest_by_words(talk, self._doing, str(words), arrange)
            case NoAnswer():
                # Nobody there is no no, but for this week it is enough.
                await self._note(talk, OFFER, Intent.UNSURE)
            case _:
                await self._note(talk, OFFER, Intent.NO)
                await talk.say("outings.offer_declined")

    async def _note(self, talk: Talk, question: str, intent: Intent) -> None:
        """That it was offered or asked for; the words are not kept."""
        await self._memory.record(
            Answer(
                question=question,
                intent=intent,
                value=None,
                confidence=1.0,
                words=None,
                at=talk.clock.now(),
                checkin=talk.checkin,
            )
        )
