"""Calls that come in: who rings, who does not, and what the person says to it."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import time
from itertools import chain, repeat

from calls.call import Call, CallState, Phone
from calls.call_messages import Reason
from calls.wire import new_id
from companion.buttons import Floor, Press
from companion.callbook import CallRecord, Direction
from companion.callplan import Tried, plan_for_name
from companion.consent import Agreement
from companion.desk import Desk
from companion.director import Director, Ending, Priority
from companion.following import Following
from companion.line import Line
from companion.memory import Memory
from companion.overhearing import Overhearing
from companion.people import Person
from companion.ports import Clock
from companion.speaking import first_of
from companion.stage import Stage
from companion.talk import DangerHeard, Talk
from companion.topics.calling import call_by_plan
from companion.topics.missed import missed_calls, name_of, tell_missed
from companion.topics.one_call import TO_A_RING, OneCall, Result, speak_together
from companion.understanding.intents import Intent
from companion.understanding.numbers import say_number
from voice.speech import Chime

logger = logging.getLogger(__name__)

# Softer first, so that nobody is frightened; then so that it is heard in the kitchen.
RINGS = (Chime.RINGS_SOFTLY, Chime.RINGS, Chime.RINGS_LOUDLY)

# Between two rings, for an answer.
ANSWER_S = 4.0

# A page rings for 45 s; this is for one that does not stop.
RINGS_AT_MOST_S = 90.0

# A phone that breaks is tried again.
AGAIN_S = 5.0

# More calls at once than this are no family's.
MOST_AT_ONCE = 8


def refusal(is_quiet: bool, person: Person) -> Reason | None:
    """Why somebody may not ring now; None if they may (pure).

    Args:
        is_quiet: Whether these are quiet hours.
        person: Who calls.
    """
    may_disturb = Agreement.QUIET_HOURS in person.agreed
    return Reason.QUIET if is_quiet and not may_disturb else None


class Incoming:
    """Takes the calls that come in, one at a time."""

    def __init__(
        self,
        desk: Desk,
        director: Director,
        memory: Memory,
        stage: Stage,
        clock: Clock,
        is_quiet: Callable[[time], bool],
        following: Following,
    ) -> None:
        """Build it.

        Args:
            desk: What rings, and who may.
            director: Gives the floor.
            memory: Where calls are kept.
            stage: Where missed ones are shown.
            clock: The time on the wall.
            is_quiet: Whether a time lies in quiet hours.
            following: Whether the list of people is whole.
        """
        self._desk = desk
        self._following = following
        self._director = director
        self._memory = memory
        self._stage = stage
        self._clock = clock
        self._is_quiet = is_quiet
        self._at_once = 0

    async def run(self) -> None:
        """Take calls as they come, without end; at once on a device without calls."""
        if self._desk.phone is None:
            return
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    await self._take_all(self._desk.phone, tasks)
                except Exception:
                    logger.exception("calls cannot come in")
                await asyncio.sleep(AGAIN_S)

    async def _take_all(self, phone: Phone, tasks: asyncio.TaskGroup) -> None:
        async for call in phone.incoming():
            if self._at_once >= MOST_AT_ONCE:
                logger.warning("too many calls at once")
                continue
            self._at_once += 1
            tasks.create_task(self._take_safely(call))

    async def show_missed(self) -> None:
        """Show who called in vain, until the person was told."""
        people = await self._desk.people()
        found = await missed_calls(self._memory, self._clock.now())
        names = (name_of(one.last, people) for one in found)
        name = next((name for name in names if name), "")
        text = self._stage.phrasebook.text
        self._stage.missed(text("notice.missed_call", person=name) if name else "")

    async def _take_safely(self, call: Call) -> None:
        """One call that goes wrong leaves a device that takes the next."""
        try:
            await self._take(call)
        except Exception:
            logger.exception("a call that came in failed")
        finally:
            self._at_once -= 1

    async def _take(self, call: Call) -> None:
        people = await self._desk.people()
        address = call.caller.address
        person = next((p for p in people if p.video == address), None)
        if person is None:
            await self._turn_away(call)
            return
        now = self._clock.now()
        record = CallRecord(new_id(), Direction.IN, person.id, None, now)
        reason = refusal(self._is_quiet(now.time()), person)
        if call.now.state is CallState.ENDED:
            # The phone itself refused it: another call goes on.
            reason = call.now.reason
        elif reason is None:
            ending = await self._director.give_floor(
                lambda talk: self._answer(talk, call, record, person), Priority.CALL
            )
            reason = Reason.BUSY if ending is Ending.BUSY else None
        if reason is not None:
            await _end(call, reason)
            # It may have ended by itself meanwhile: then that is why.
            reason = call.now.reason or reason
            ended_at = self._clock.now()
            await self._memory.keep_call(
                replace(record, ended_at=ended_at, reason=reason)
            )
        await self.show_missed()

    async def _turn_away(self, call: Call) -> None:
        """Who follows no longer does not ring, and is not told of.

        Whether they may is not known while the list cannot be read: they hear that the
        device is out of reach, and not that they were sent away.
        """
        logger.info("somebody called who is not in the list")
        is_sure = self._following.is_sure
        await _end(call, Reason.WITHDRAWN if is_sure else Reason.OFFLINE)

    # -- with the floor -----------------------------------------------------------

    async def _answer(
        self, talk: Talk, call: Call, record: CallRecord, person: Person
    ) -> None:
        """It rings; what the person does, and what comes of it."""
        one = OneCall(talk, person.spoken_name, record)
        with self._desk.in_call(one.keys):
            result = await self._ring_here(one, call, person)
        await self._tell_end(one, result)
        if result.reason in (Reason.LOST, Reason.FAILED):
            plan = plan_for_name(person, await self._desk.people(), self._desk.ring_s)
            tried = [Tried(person.id, Reason.LOST)]
            await call_by_plan(talk, self._desk, plan, tried)
        if result.is_answered:
            while await tell_missed(talk, self._desk):
                pass

    async def _ring_here(self, one: OneCall, call: Call, person: Person) -> Result:
        line = Line(call, one.keys.moved.set)
        try:
            async with line:
                is_accepted = await self._ask(one, line, person)
                if is_accepted:
                    is_stopped = await self._speak(one, line, person)
                    return await one.finish(line, is_stopped)
                is_declined = not line.ended.done()
                await line.end(Reason.DECLINED)
                return await one.finish(line, is_declined)
        finally:
            await one.close(line.ended.result())

    async def _ask(self, one: OneCall, line: Line, person: Person) -> bool:
        """Ring until the person decides, or the caller gives up; True: answer it."""
        stage = one.talk.stage
        if self._answers_itself(one, person):
            stage.call(one.name, "state.call_answering", is_ringing=True)
            stage.give_floor(Floor.ANSWERING)
            one.keep()
            asking = asyncio.ensure_future(self._count_down(one))
        else:
            stage.call(one.name, "state.call_here", is_ringing=True)
            stage.give_floor(Floor.RINGING)
            one.keep()
            asking = asyncio.ensure_future(_ring(one))
        try:
            async with asyncio.timeout(RINGS_AT_MOST_S):
                await first_of(asking, line.ended, one.keys.pressed)
            if (press := one.keys.take()) is not None:
                return press is Press.ANSWER_CALL and not line.ended.done()
            return not asking.cancelled() and asking.result()
        except TimeoutError:
            await line.end(Reason.UNANSWERED)
            return False
        except DangerHeard:
            await line.end(Reason.BUSY)
            raise

    async def _speak(self, one: OneCall, line: Line, person: Person) -> bool:
        """Answer, and let them speak; True if the person hung up."""
        assert self._desk.phone is not None
        has_camera = self._desk.phone.has_camera
        is_seen = has_camera and not self._answers_itself(one, person)
        one.talk.stage.call(one.name, "state.call_connecting")
        await line.accept(camera=is_seen)
        return await speak_together(
            one, line, "incoming.accepted", is_seen=is_seen or not has_camera
        )

    def _answers_itself(self, one: OneCall, person: Person) -> bool:
        """Whether that was agreed; not for a person whose microphone is off."""
        is_agreed = Agreement.AUTO_ANSWER in person.agreed
        return is_agreed and one.talk.stage.microphone_is_on

    async def _count_down(self, one: OneCall) -> bool:
        """Say that it answers soon; True unless the person does not want it."""
        seconds = self._desk.countdown_s
        half_s = seconds // 2
        loop = asyncio.get_running_loop()
        hearing = Overhearing(one.talk, TO_A_RING)
        await one.talk.chime(Chime.RINGS)
        meaning = await hearing.say(
            "incoming.countdown", person=one.name, seconds=say_number(seconds)
        )
        until_s = loop.time() + seconds
        meaning = meaning or await hearing.listen(seconds - half_s)
        meaning = meaning or await hearing.say(
            "incoming.countdown_half", seconds=say_number(half_s)
        )
        meaning = meaning or await hearing.listen(until_s - loop.time())
        return meaning is None or meaning.intent is Intent.YES

    async def _tell_end(self, one: OneCall, result: Result) -> None:
        """Say why it is over."""
        has_rung_only = one.record.answered_at is None
        if result.reason is Reason.DECLINED:
            key = "incoming.declined"
        elif result.is_stopped:
            key = "calling.hung_up"
        elif has_rung_only and result.reason in (Reason.HUNG_UP, Reason.UNANSWERED):
            key = "incoming.gone"
        else:
            key = f"calling.ended.{result.reason}"
        await one.talk.say(key, person=one.name)


async def _end(call: Call, reason: Reason) -> None:
    """End one that never rang here."""
    async with Line(call, lambda: None) as line:
        await line.end(reason)


async def _ring(one: OneCall) -> bool:
    """Chime and say who calls, again and again; True when the person says yes."""
    hearing = Overhearing(one.talk, TO_A_RING)
    for chime in chain(RINGS, repeat(RINGS[-1])):
        await one.talk.chime(chime)
        # With the microphone off "ja" is not heard.
        is_on = one.talk.stage.microphone_is_on
        key = "incoming.rings" if is_on else "incoming.rings_unheard"
        meaning = await hearing.say(key, person=one.name)
        meaning = meaning or await hearing.listen(ANSWER_S)
        if meaning is not None:
            return meaning.intent is Intent.YES
    return False
