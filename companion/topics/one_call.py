"""One call, as the person lives it: it rings, they speak, it ends.

While they speak the device is silent, except for what they must know of the
connection and of the microphone.
"""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from calls.call import Call, CallChange, Caller, CallError, CallState
from calls.call_messages import Reason, RingsBy
from calls.wire import new_id
from companion.buttons import Floor, Press
from companion.callbook import CallRecord, Direction
from companion.desk import Desk
from companion.keys import CallKeys
from companion.line import Line
from companion.overhearing import Overhearing
from companion.people import Person
from companion.speaking import cancel, first_of
from companion.talk import Talk
from companion.understanding.intents import Intent, Meaning
from companion.wording import Line as Sentence
from voice.speech import Chime

logger = logging.getLogger(__name__)

# The network ends a call that rings too long; this is for where it does not.
SLACK_S = 5.0

# A relay far away needs some 2 s (measured); what takes longer finds no way at all.
CONNECT_WITHIN_S = 20.0

# As often as the tone in a telephone that rings at the other side.
TONE_EVERY_S = 5.0

# A picture is offered twice; after that the person would rather not, or did not hear.
SEEN_ASKED = 2
SEEN_WAIT_S = 6.0

# To a call that goes out.
TO_STOP = frozenset({Intent.YES, Intent.NO, Intent.STOP})
# To one that comes in.
TO_A_RING = TO_STOP | {Intent.LATER, Intent.SKIP}

# In this order where it rings in several ways at once.
RINGING_SAID = {
    RingsBy.PAGE: "calling.rings",
    RingsBy.PUSH: "calling.rings_push",
    RingsBy.MAIL: "calling.rings_mail",
    RingsBy.TEXT: "calling.rings_text",
}

SHOWN = {
    CallState.CALLING: "state.call_calling",
    CallState.RINGING: "state.call_rings",
    CallState.CONNECTING: "state.call_connecting",
    CallState.ACTIVE: "state.call_active",
    CallState.INTERRUPTED: "state.call_interrupted",
    CallState.RECONNECTING: "state.call_reconnecting",
    CallState.ENDED: "state.call_ended",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one call.

    Attributes:
        reason: Why it ended.
        is_answered: Whether they spoke.
        is_stopped: Whether the person ended it.
    """

    reason: Reason
    is_answered: bool = False
    is_stopped: bool = False


@dataclass(slots=True)
class OneCall:
    """A call that goes on: with whom, and what is kept of it."""

    talk: Talk
    name: str
    record: CallRecord
    keys: CallKeys = field(default_factory=CallKeys)
    _keeping: list[asyncio.Task[None]] = field(default_factory=list)

    def keep(self) -> None:
        """Write down how it stands, beside what goes on: no card holds up a press."""
        keeping = self.talk.memory.keep_call(self.record)
        self._keeping.append(asyncio.create_task(keeping))

    async def finish(self, line: Line, is_stopped: bool) -> Result:
        """End it if need be, write it down, and show that it is over."""
        await line.end(Reason.HUNG_UP)
        reason = line.ended.result()
        self.talk.stage.end_call()
        self.talk.stage.give_floor(Floor.TAKEN)
        return Result(reason, self.record.answered_at is not None, is_stopped)

    async def close(self, reason: Reason) -> None:
        """Write down that it is over, also where a press cut it off."""
        now = self.talk.clock.now()
        self.record = replace(self.record, ended_at=now, reason=reason)
        self.keep()
        await asyncio.gather(*self._keeping)

    def show(self, change: CallChange) -> None:
        """Show how it stands."""
        key = SHOWN[change.state]
        if change.state is CallState.RINGING and RingsBy.PAGE not in change.rings_by:
            key = "state.call_alerted"
        if not self.talk.stage.microphone_is_on and change.state is CallState.ACTIVE:
            key = "state.call_unheard"
        self.talk.stage.call(self.name, key)

    async def announce(self, key: str) -> None:
        """Say something short, without listening; a caller may be speaking."""
        speech = await self.talk.word(key, person=self.name)
        self.talk.stage.speak(speech.text)
        await self.talk.mouth.say(speech)


# -- ringing somebody -------------------------------------------------------------


async def ring(talk: Talk, desk: Desk, person: Person) -> Result:
    """Ring somebody, and let them speak when they answer.

    Raises:
        DangerHeard: If the person says something that needs help now.
    """
    assert desk.phone is not None and person.video
    name = person.spoken_name
    now = talk.clock.now()
    record = CallRecord(new_id(), Direction.OUT, person.id, None, now)
    one = OneCall(talk, name, record)
    camera = desk.phone.has_camera
    with desk.in_call(one.keys):
        talk.stage.give_floor(Floor.CALLING)
        talk.stage.call(name, SHOWN[CallState.CALLING])
        try:
            caller = Caller(person.video, name)
            call = desk.phone.call(caller, desk.ring_s, camera=camera)
        except CallError as error:
            logger.error("nobody can be called: %s", type(error).__name__)
            talk.stage.end_call()
            talk.stage.give_floor(Floor.TAKEN)
            return Result(Reason.FAILED)
        return await _follow(one, desk, call)


async def _follow(one: OneCall, desk: Desk, call: Call) -> Result:
    line = Line(call, one.keys.moved.set)
    try:
        async with line:
            one.keep()
            is_stopped = await _ring_out(one, desk, line)
            if line.answered.done() and not is_stopped:
                is_stopped = await speak_together(one, line, "calling.answered")
            return await one.finish(line, is_stopped)
    finally:
        await one.close(line.ended.result())


async def _ring_out(one: OneCall, desk: Desk, line: Line) -> bool:
    """Tell how it rings, until it is answered or over; True: the person had enough."""
    telling = asyncio.ensure_future(_tell_of_ringing(one, desk, line))
    try:
        async with asyncio.timeout(desk.ring_s + SLACK_S):
            await first_of(telling, line.answered, line.ended, one.keys.pressed)
    except TimeoutError:
        await line.end(Reason.UNANSWERED)
        return False
    if one.keys.take() is not None:
        return True
    if telling.cancelled():
        return False
    telling.result()
    return not line.answered.done() and not line.ended.done()


async def _tell_of_ringing(one: OneCall, desk: Desk, line: Line) -> None:
    """Say how it rings, each way once; returns when the person says stop."""
    await _prepare(one)
    hearing = Overhearing(one.talk, TO_STOP)
    to_say = ["calling.dial", *_warnings(one, desk)]
    said: set[str] = set()
    while True:
        one.keys.moved.clear()
        one.show(line.now)
        key = to_say.pop(0) if to_say else _news_of_ringing(line.now, said)
        if key is not None:
            said.add(key)
            meaning = await hearing.say(key, person=one.name)
        else:
            meaning = await _listen_for_news(one, hearing)
            if meaning is None and line.now.rings_by and not one.keys.moved.is_set():
                await one.talk.chime(Chime.RINGS_THERE)
        if meaning is not None and meaning.intent is not Intent.YES:
            return


async def _prepare(one: OneCall) -> None:
    facts = {"person": one.name}
    likely = (
        RINGING_SAID[RingsBy.PAGE],
        "calling.answered",
        f"calling.ended.{Reason.UNANSWERED}",
        f"calling.ended.{Reason.DECLINED}",
    )
    await one.talk.prepare([Sentence(key, facts) for key in likely])


def _warnings(one: OneCall, desk: Desk) -> list[str]:
    """What the person must know before they speak."""
    warnings = []
    if not one.talk.stage.microphone_is_on:
        warnings.append("calling.microphone_first")
    if desk.phone is not None and not desk.phone.has_camera:
        warnings.append("calling.no_camera")
    if not desk.has_screen:
        warnings.append("calling.no_screen")
    return warnings


def _news_of_ringing(now: CallChange, said: Collection[str]) -> str | None:
    """How it rings, if that was not said: a page that rings outweighs the others."""
    ways = now.rings_by
    if RingsBy.PAGE in ways:
        ways = frozenset({RingsBy.PAGE})
    keys = (key for by, key in RINGING_SAID.items() if by in ways)
    return next((key for key in keys if key not in said), None)


async def _listen_for_news(one: OneCall, hearing: Overhearing) -> Meaning | None:
    """Listen until the next tone, or until something changed."""
    listening = asyncio.ensure_future(hearing.listen(TONE_EVERY_S))
    moved = asyncio.ensure_future(one.keys.moved.wait())
    try:
        await first_of(listening, moved)
    finally:
        await cancel(moved)
    return None if listening.cancelled() else listening.result()


# -- speaking -----------------------------------------------------------------------


async def speak_together(
    one: OneCall, line: Line, said: str, is_seen: bool = True
) -> bool:
    """From the answer to the end of the talk; True if the person hung up.

    Args:
        one: The call.
        line: The same, as it goes on.
        said: Name of what is said while sound and picture are on their way.
        is_seen: Whether the person agreed to be seen, by answering or by calling.
    """
    stage = one.talk.stage
    stage.give_floor(Floor.IN_CALL)
    one.show(line.now)
    if not await _connect(one, line, said):
        return one.keys.take() is not None
    one.record = replace(one.record, answered_at=one.talk.clock.now())
    one.keep()
    if one.talk.has_heard:
        # Not where the call answered itself: perhaps nobody is there to speak.
        one.talk.in_company()
    if not is_seen:
        await _offer_picture(one, line)
        stage.give_floor(Floor.IN_CALL)
    attending = asyncio.ensure_future(_attend(one, line))
    await first_of(attending, line.ended, one.keys.pressed)
    if not attending.cancelled():
        attending.result()
    return one.keys.take() is not None


async def _connect(one: OneCall, line: Line, said: str) -> bool:
    """Wait for sound; False if the call ended, or the person hung up."""
    telling = asyncio.ensure_future(one.announce(said))
    until: set[asyncio.Future[Any]] = {line.active, line.ended, one.keys.pressed}
    try:
        await asyncio.wait(
            until, timeout=CONNECT_WITHIN_S, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        await cancel(telling)
    if not (line.active.done() or line.ended.done() or one.keys.pressed.done()):
        await line.end(Reason.FAILED)
    return line.active.done() and not one.keys.pressed.done()


async def _attend(one: OneCall, line: Line) -> None:
    """Show how the call stands, and say what must be known; without end."""
    news = News()
    while True:
        one.keys.moved.clear()
        one.show(line.now)
        stage = one.talk.stage
        key = news.next(line.now, stage.microphone_is_on, stage.television_is_dark)
        if key is None:
            await one.keys.moved.wait()
        else:
            await one.announce(key)


@dataclass(slots=True)
class News:
    """What must be said within a call, each thing once (pure)."""

    _said: set[str] = field(default_factory=set)

    def next(
        self, now: CallChange, microphone_is_on: bool, television_is_dark: bool = False
    ) -> str | None:
        """Name of what is to be said now; it counts as said."""
        is_broken = now.state in (CallState.INTERRUPTED, CallState.RECONNECTING)
        for key, holds, is_forgotten in (
            ("calling.microphone_off", not microphone_is_on, microphone_is_on),
            ("calling.television", television_is_dark, False),
            # Said once, and then only shown: it may come and go all the time.
            ("calling.interrupted", is_broken, False),
            ("calling.their_microphone", not now.has_microphone, now.has_microphone),
        ):
            if is_forgotten:
                self._said.discard(key)
            if holds and key not in self._said:
                self._said.add(key)
                return key
        return None


async def _offer_picture(one: OneCall, line: Line) -> None:
    """Ask whether the other side may see the person; anything but a yes is a no."""
    one.talk.stage.give_floor(Floor.SEEN)
    asking = asyncio.ensure_future(_ask_to_be_seen(one))
    await first_of(asking, line.ended, one.keys.pressed)
    is_agreed = False if asking.cancelled() else asking.result()
    if one.keys.pressed.done():
        if one.keys.pressed.result() is Press.HANG_UP:
            return
        is_agreed = one.keys.take() is Press.BE_SEEN
    if line.ended.done():
        return
    if is_agreed:
        await line.show_camera()
    one.talk.stage.give_floor(Floor.IN_CALL)
    telling = one.announce("incoming.seen" if is_agreed else "incoming.unseen")
    await first_of(asyncio.ensure_future(telling), line.ended, one.keys.pressed)


async def _ask_to_be_seen(one: OneCall) -> bool:
    hearing = Overhearing(one.talk, TO_STOP, minds_danger=False)
    for _ in range(SEEN_ASKED):
        meaning = await hearing.say("incoming.camera.ask", person=one.name)
        meaning = meaning or await hearing.listen(SEEN_WAIT_S)
        if meaning is not None:
            return meaning.intent is Intent.YES
    return False
