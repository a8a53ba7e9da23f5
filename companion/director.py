"""Gives the floor: one topic talks at a time, and a press always gets through."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import partial

from companion.buttons import ON_CALL, Floor, Press, meaning_of
from companion.keys import CallKeys
from companion.ports import Panel
from companion.stage import Stage
from companion.talk import CannotHear, DangerHeard, Stopped, Talk
from companion.topics.danger import danger
from companion.understanding.intents import Intent
from hardware.panel import Button, ButtonStuck, MicrophoneSwitched, Pressed
from voice.speech import Chime

logger = logging.getLogger(__name__)

Topic = Callable[[Talk], Awaitable[None]]


class Priority(IntEnum):
    """What interrupts what: only the higher takes the floor from the lower."""

    SUGGESTION = 0
    CHECK_IN = 1
    REMINDER = 2
    PERSON = 3
    CALL = 4
    DANGER = 5


class Ending(StrEnum):
    """How a topic ended."""

    FINISHED = "finished"
    STOPPED = "stopped"  # by a press or by "stop"
    INTERRUPTED = "interrupted"  # something more important took the floor
    IN_DANGER = "in_danger"  # help was needed instead
    UNHEARD = "unheard"  # there is nothing to hear with
    FAILED = "failed"
    BUSY = "busy"  # it never had the floor


@dataclass(slots=True)
class _Running:
    priority: Priority
    task: asyncio.Task[Ending]
    talk: Talk
    ending: Ending | None = None
    keys: CallKeys | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the buttons start when nobody has the floor."""

    talk: Topic
    call_family: Topic
    call_line: Topic


class Director:
    """Has the floor to give, and hears the buttons."""

    def __init__(
        self,
        panel: Panel,
        stage: Stage,
        make_talk: Callable[[], Talk],
        open_conversation: Callable[[bool], None],
    ) -> None:
        """Build it.

        Args:
            panel: Where presses come from.
            stage: Where it shows.
            make_talk: A fresh conversation.
            open_conversation: Told True when a conversation opens and False when
                it closes; outside one no sound reaches a recogniser.
        """
        self._panel = panel
        self._stage = stage
        self._make_talk = make_talk
        self._open_conversation = open_conversation
        self._running: _Running | None = None
        self._wishes: Wishes | None = None
        self._on_switch: Callable[[bool], None] | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._when_free: list[Callable[[], None]] = []
        self._when_heard: list[Callable[[Ending], None]] = []

    def attend(self, wishes: Wishes, on_switch: Callable[[bool], None]) -> None:
        """Say what presses start, and who is told of the microphone switch."""
        self._wishes = wishes
        self._on_switch = on_switch

    def on_free(self, callback: Callable[[], None]) -> None:
        """Call this each time that the floor becomes free."""
        self._when_free.append(callback)

    def on_heard(self, callback: Callable[[Ending], None]) -> None:
        """Call this after each conversation in which the person pressed or answered.

        It is told how that ended: IN_DANGER also where a press ended the danger.
        """
        self._when_heard.append(callback)

    @property
    def is_free(self) -> bool:
        """Whether nobody has the floor."""
        return self._running is None

    @property
    def moved_at_s(self) -> float:
        """When the conversation last went on, in the loop's seconds; 0 without."""
        return self._running.talk.moved_at_s if self._running else 0.0

    async def give_floor(self, topic: Topic, priority: Priority) -> Ending:
        """Let a topic talk until it ends, is stopped or is interrupted.

        What a person told was kept when it was told, so that a topic that is cut
        off loses nothing.
        """
        if self._running is not None:
            if self._running.priority >= priority:
                return Ending.BUSY
            await self._cut_off(self._running, Ending.INTERRUPTED)
            if self._running is not None:
                return Ending.BUSY
        return await self._follow(self._claim(topic, priority))

    def begin(self, topic: Topic, priority: Priority) -> None:
        """Let a topic talk while the buttons are heard; for use within `run`.

        The floor is taken before this returns, so that the next press, however
        soon, means what it means while somebody talks.
        """
        if self._tasks is None:
            raise RuntimeError("the director does not run yet")
        if self._running is None:
            self._tasks.create_task(self._follow(self._claim(topic, priority)))
        else:
            self._tasks.create_task(self.give_floor(topic, priority))

    @contextmanager
    def in_call(self, keys: CallKeys) -> Iterator[None]:
        """Let the topic that has the floor be in a call.

        As long as it is, only danger takes the floor from it, and it is told of what
        the buttons mean to a call.
        """
        running = self._running
        if running is None:
            raise RuntimeError("nobody has the floor")
        before = running.priority
        running.priority, running.keys = max(before, Priority.CALL), keys
        try:
            yield
        finally:
            # What follows it is a conversation: who calls back now gets through.
            running.priority, running.keys = min(before, Priority.PERSON), None

    def _claim(self, topic: Topic, priority: Priority) -> _Running:
        talk = self._make_talk()
        self._open_conversation(True)
        self._stage.give_floor(Floor.TAKEN)
        task = asyncio.ensure_future(self._perform(topic, talk))
        self._running = _Running(priority, task, talk)
        return self._running

    async def _follow(self, running: _Running) -> Ending:
        """Wait for its end, and free the floor whatever that end is."""
        try:
            return await running.task
        except asyncio.CancelledError:
            if running.ending is None:
                await self._cut_off(running, Ending.INTERRUPTED)
                raise
            this = asyncio.current_task()
            if this is not None and this.cancelling():
                raise
            return running.ending
        finally:
            self._release(running)

    async def run(self) -> None:
        """Act on presses, without end."""
        try:
            async with asyncio.TaskGroup() as self._tasks:
                await self._attend_panel()
        finally:
            # One that was begun in the very moment of the end.
            await self.stop()

    async def _attend_panel(self) -> None:
        async for event in self._panel.events():
            match event:
                case Pressed(button=button):
                    await self.press(button)
                case MicrophoneSwitched(is_on=is_on):
                    self._stage.microphone(is_on)
                    self.nudge()
                    if self._on_switch is not None:
                        self._on_switch(is_on)
                case ButtonStuck(is_stuck=is_stuck):
                    text = self._stage.phrasebook.text("fault.button")
                    self._stage.fault("button", text if is_stuck else "")

    def nudge(self) -> None:
        """Let a call that goes on look again at what stands around it."""
        if self._running is not None and self._running.keys is not None:
            self._running.keys.moved.set()

    async def press(self, button: Button) -> None:
        """Do what this button means now."""
        meaning = meaning_of(self._floor_now(), button)
        # Not which one: that the listening line was called is nobody's business.
        logger.info("a button was pressed")
        stood = self._running
        if stood is not None:
            stood.talk.has_heard = True
        await self._actions()[meaning]()
        if stood is None and self._running is not None:
            # It began with the press.
            self._running.talk.has_heard = True

    def _floor_now(self) -> Floor:
        if self._running is None:
            return Floor.ALERT if self._stage.view.alert else Floor.FREE
        return self._stage.floor

    def _actions(self) -> dict[Press, Callable[[], Awaitable[None]]]:
        return {
            Press.TALK: lambda: self._wish(lambda wishes: wishes.talk),
            Press.CALL_FAMILY: lambda: self._wish(lambda wishes: wishes.call_family),
            Press.CALL_LINE: lambda: self._wish(lambda wishes: wishes.call_line),
            Press.ACCEPT: lambda: self._answer(Intent.YES),
            Press.ANSWER_YES: lambda: self._answer(Intent.YES),
            Press.ANSWER_NO: lambda: self._answer(Intent.NO),
            Press.PUT_AWAY: lambda: self._answer(Intent.YES),
            Press.STOP: self.stop,
            Press.CLOSE_ALERT: self._close_alert,
            Press.LOUDER: lambda: self._change_volume(+1),
            Press.QUIETER: lambda: self._change_volume(-1),
            Press.NOTHING_ASKED: self._nothing_asked,
            **{press: partial(self._tell_call, press) for press in ON_CALL},
        }

    async def _tell_call(self, press: Press) -> None:
        """A call ends in good order; one that does not listen any more is cut off."""
        keys = self._running.keys if self._running is not None else None
        if keys is None or not keys.press(press):
            await self.stop()

    async def _wish(self, pick: Callable[[Wishes], Topic]) -> None:
        if self._wishes is not None:
            self.begin(pick(self._wishes), Priority.PERSON)

    async def _answer(self, intent: Intent) -> None:
        if self._running is not None:
            self._running.talk.press(intent)

    async def stop(self) -> None:
        """Silence, now; whatever was going on has ended."""
        if self._running is not None:
            await self._cut_off(self._running, Ending.STOPPED)

    async def _close_alert(self) -> None:
        self._stage.alert("")
        await self.stop()
        self._stage.rest()

    async def _change_volume(self, steps: int) -> None:
        """A knob: the next sound is louder or softer, whoever speaks."""
        if self._running is not None:
            mouth = self._running.talk.mouth
            mouth.set_volume(mouth.volume + steps)
            await self._running.talk.memory.remember_volume(mouth.volume)
            return

        async def adjust(talk: Talk) -> None:
            await talk.change_volume(steps)

        self.begin(adjust, Priority.PERSON)

    async def _nothing_asked(self) -> None:
        async def tell(talk: Talk) -> None:
            await talk.say("press.nothing_asked_said")

        self.begin(tell, Priority.PERSON)

    async def _cut_off(self, running: _Running, ending: Ending) -> None:
        running.ending = ending
        running.task.cancel()
        await asyncio.gather(running.task, return_exceptions=True)
        self._release(running)

    def _release(self, running: _Running) -> None:
        if self._running is running:
            self._running = None
            self._open_conversation(False)
            self._stage.rest()
            if running.talk.has_heard:
                for tell in self._when_heard:
                    tell(_ending_of(running))
            for tell_free in self._when_free:
                tell_free()

    async def _perform(self, topic: Topic, talk: Talk) -> Ending:
        """Let it talk to its end; no failure of a topic reaches the buttons."""
        try:
            return await self._converse(topic, talk)
        except Exception:
            logger.exception("a conversation failed")
        self._stage.fault("talk", talk.phrasebook.text("fault.talk"))
        try:
            await talk.say("fault.talk_said")
        except Exception:
            logger.exception("the failure could not be said")
        return Ending.FAILED

    async def _converse(self, topic: Topic, talk: Talk) -> Ending:
        try:
            await topic(talk)
        except Stopped:
            await talk.chime(Chime.DONE)
            return Ending.STOPPED
        except DangerHeard as heard:
            # Answered outside this block: no traceback may ever name the danger.
            kind = heard.danger
        except CannotHear as problem:
            await talk.say(f"cannot_hear.{problem.reason}")
            return Ending.UNHEARD
        else:
            self._stage.fault("talk", "")
            return Ending.FINISHED
        if self._running is not None:
            self._running.priority = Priority.DANGER
        await danger(talk, kind)
        return Ending.IN_DANGER


def _ending_of(running: _Running) -> Ending:
    if running.priority is Priority.DANGER:
        return Ending.IN_DANGER
    task = running.task
    if running.ending is None and task.done() and not task.cancelled():
        return task.result()
    return running.ending or Ending.INTERRUPTED
