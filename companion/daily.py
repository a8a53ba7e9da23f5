"""Does the daily check-in when it is due, and remembers how it ended."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from companion.checkins import (
    Ask,
    Away,
    AwayKind,
    CheckInId,
    CheckInPlan,
    Facts,
    Outcome,
    RecordMissed,
    Start,
    WaitUntil,
    day_of,
    decide,
    decide_on_press,
)
from companion.director import Director, Ending, Priority
from companion.followups import WEEK_DAYS, History, day_told
from companion.looking_in import LookingIn
from companion.memory import Memory
from companion.ports import Clock
from companion.stage import Stage
from companion.talk import CannotHear, DangerHeard, Stopped, Talk
from companion.topics.checkin import Offered, check_in, offer
from companion.topics.conversation import go_away, later, welcome_back
from companion.understanding.times import resolve

logger = logging.getLogger(__name__)

# Clocks are set, and summer time begins: look at least this often.
LOOK_S = 60.0
# Cut off by a call: what was not asked yet is offered again soon after.
AFTER_INTERRUPTION = timedelta(minutes=10)


@dataclass(slots=True)
class _Attempt:
    """One time that it asks; all of it belongs to the day on which it began."""

    start: Start
    day: date
    checkin: CheckInId | None = None
    has_begun: bool = False
    is_accepted: bool = False
    outcome: Outcome | None = None


class Daily:
    """The daily rhythm of one person."""

    def __init__(
        self,
        director: Director,
        memory: Memory,
        stage: Stage,
        clock: Clock,
        plan: CheckInPlan,
        looking_in: LookingIn,
        keep_days: int,
        afterwards: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Build it.

        Args:
            director: Gives the floor.
            memory: What was told, and how each check-in ended.
            stage: Where a missed check-in is shown.
            clock: The time on the wall.
            plan: When to ask.
            looking_in: Asks somebody to look in after a missed check-in.
            keep_days: Days after which answers are forgotten.
            afterwards: Called when a check-in that it began came to its end; begins
                a conversation of its own, if there is something to tell.
        """
        self._director = director
        self._memory = memory
        self._stage = stage
        self._clock = clock
        self._plan = plan
        self._looking_in = looking_in
        self._keep_days = keep_days
        self._afterwards = afterwards
        self._has_news = True
        self._wake = asyncio.Event()
        self._facts: Facts | None = None
        self._day: date | None = None
        self._missed_told: CheckInId | None = None
        self._has_failed = False
        self.looked_at_s = 0.0
        """When it last looked at the clock, in the loop's seconds."""

    async def run(self) -> None:
        """Ask when it is time, without end."""
        self._director.on_free(self._note)
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            self.looked_at_s = loop.time()
            wait_s = await self._look_safely()
            self._stage.refresh()
            alarm = loop.call_later(wait_s, self._wake.set)
            try:
                await self._wake.wait()
            finally:
                alarm.cancel()

    def _note(self) -> None:
        """Something happened: learn what, and decide anew."""
        self._has_news = True
        self._wake.set()

    async def _look_safely(self) -> float:
        """A failure of the daily rhythm leaves a device that answers presses."""
        try:
            wait_s = await self._look()
        except Exception:
            if not self._has_failed:
                # Tried again every minute: one traceback tells it all.
                logger.exception("the daily rhythm failed")
            self._has_failed = True
            self._stage.fault("daily", self._stage.phrasebook.text("fault.talk"))
            return LOOK_S
        self._has_failed = False
        self._stage.fault("daily", "")
        return wait_s

    async def _look(self) -> float:
        """Do what is due; returns how long to wait before the next look, in s."""
        now = self._clock.now()
        match decide(self._plan, await self._learn(now.date()), now):
            case Ask(start) if self._director.is_free:
                await self._ask(start, now)
                return 0.0
            case RecordMissed(day) if self._director.is_free:
                await self._miss(day, now)
                return 0.0
            case WaitUntil(at):
                return min(max((at - now).total_seconds(), 0.5), LOOK_S)
        # The shown clock has minutes: look when the next one begins.
        return min(60.0 - now.second - now.microsecond / 1e6 + 0.01, LOOK_S)

    async def _learn(self, today: date) -> Facts:
        """What happened so far; asked again only when something did."""
        if self._facts is None or self._day != today:
            await self._memory.apply_retention(self._keep_days, today)
            self._has_news = True
        if self._facts is None or self._has_news:
            self._has_news = False
            self._facts = await self._memory.facts(today)
        self._day = today
        return self._facts

    async def _ask(self, start: Start, now: datetime) -> None:
        attempt = _Attempt(start, now.date())

        async def topic(talk: Talk) -> None:
            await self._begin(attempt, talk)
            await self._take(attempt, talk, await offer(talk))

        ending = await self._director.give_floor(topic, Priority.CHECK_IN)
        await self._finish(attempt, ending)
        if attempt.outcome is Outcome.DONE and self._afterwards is not None:
            await self._afterwards()

    async def _begin(self, attempt: _Attempt, talk: Talk) -> None:
        attempt.checkin = await self._memory.begin_checkin(
            attempt.day, self._clock.now(), attempt.start
        )
        attempt.has_begun = True
        talk.checkin = attempt.checkin

    async def _take(self, attempt: _Attempt, talk: Talk, offered: Offered) -> None:
        """Do what the person answered to the offer."""
        if offered.is_accepted:
            attempt.is_accepted = True
            attempt.outcome = await self._ask_questions(talk, attempt.day)
        elif offered.later is not None:
            will_ask = await self._postpone(
                talk, offered.later, attempt.day, refusal="checkin.declined"
            )
            attempt.outcome = Outcome.POSTPONED if will_ask else Outcome.DECLINED
        elif offered.away is not None:
            attempt.outcome = Outcome.POSTPONED
            if not await self.go_away(talk, offered.away):
                attempt.outcome = Outcome.DECLINED
        else:
            attempt.outcome = offered.outcome

    async def _ask_questions(self, talk: Talk, day: date) -> Outcome:
        now = self._clock.now()
        first = day - timedelta(days=WEEK_DAYS + 1)
        since = datetime.combine(first, time.min, tzinfo=now.tzinfo)
        answers = await self._memory.answers(since, now + timedelta(seconds=1))
        check_ins = await self._memory.check_ins(first, day)
        yesterday = day - timedelta(days=1)
        missed = any(
            c.day == yesterday and c.outcome is Outcome.MISSED for c in check_ins
        )
        # What was told before an interruption is not asked again; who asks for a
        # second round after a whole one gets all questions.
        is_done = any(c.day == day and c.outcome is Outcome.DONE for c in check_ins)
        answered = (
            ()
            if is_done
            else tuple(a.question for a in answers if day_told(a, check_ins) == day)
        )
        history = History.from_answers(answers, day, missed, check_ins)
        return await check_in(talk, history, answered)

    async def _finish(self, attempt: _Attempt, ending: Ending) -> None:
        if not attempt.has_begun:
            return
        outcome = attempt.outcome
        now = self._clock.now()
        if ending is Ending.INTERRUPTED:
            again = now + AFTER_INTERRUPTION
            # Nobody is woken for the rest of yesterday's questions.
            is_over = again.date() != attempt.day
            outcome = Outcome.STOPPED if is_over else Outcome.POSTPONED
            if not is_over:
                await self._memory.postpone(again)
        elif ending in (Ending.STOPPED, Ending.IN_DANGER):
            is_told = attempt.is_accepted or ending is Ending.IN_DANGER
            outcome = Outcome.STOPPED if is_told else Outcome.DECLINED
        elif outcome is None:
            outcome = Outcome.NO_ANSWER
        if outcome in (Outcome.DONE, Outcome.STOPPED, Outcome.DECLINED):
            self._stage.notice("")
        logger.info("check-in ended: %s", outcome)
        await self._memory.finish_checkin(
            attempt.checkin, attempt.day, outcome, now, attempt.start
        )
        self._note()

    async def _miss(self, day: date, now: datetime) -> None:
        """Nobody answered: say who is told of it, or honestly that nobody is."""
        is_asked = await self._looking_in.miss(day, now)
        self._note()
        if not is_asked:
            self._stage.notice(self._stage.phrasebook.text("notice.missed"))
        if day != now.date() or self._plan.is_quiet(now.time()):
            # Back after a power cut, at night or on another day. Family is told at
            # once, for they are late enough; the person at the next press.
            return

        async def tell(talk: Talk) -> None:
            if is_asked:
                await self._looking_in.tell_asked(talk)
            else:
                await talk.say("checkin.missed_said")

        await self._director.give_floor(tell, Priority.CHECK_IN)

    # -- what the person asks for ------------------------------------------

    async def on_press(self, talk: Talk) -> bool:
        """The talk button, with nobody talking: is it the first of the day?

        Returns:
            Whether the check-in was done, so that nothing more needs to be asked.
        """
        now = self._clock.now()
        facts = await self._memory.facts(now.date())
        await self._memory.remember_press(now.date())
        self._stage.notice("")
        await self._tell_missed(talk, facts.pressed_on, now.date())
        if not isinstance(decide_on_press(self._plan, facts, now), Ask):
            return False
        if not await talk.confirm("checkin.first_press"):
            return False
        await self.check_in(talk, Start.FIRST_PRESS)
        return True

    async def _tell_missed(
        self, talk: Talk, pressed_on: date | None, today: date
    ) -> None:
        """Say once that nobody was told of a missed check-in, if that is so."""
        since = pressed_on or today - timedelta(days=WEEK_DAYS)
        check_ins = await self._memory.check_ins(since, today)
        last = check_ins[-1] if check_ins else None
        if last is None or last.outcome is not Outcome.MISSED:
            return
        if last.id != self._missed_told and not self._looking_in.was_asked(
            last.begun_at
        ):
            self._missed_told = last.id
            await talk.say("checkin.missed_earlier_said")

    async def check_in(self, talk: Talk, start: Start = Start.ASKED) -> None:
        """Do the check-in in a conversation that goes on."""
        now = self._clock.now()
        yesterday = now.date() - timedelta(days=1)
        known = await self._memory.check_ins(yesterday, yesterday)
        attempt = _Attempt(start, day_of(known, now), is_accepted=True)
        await self._begin(attempt, talk)
        # As the director calls it; a press cancels.
        ending = Ending.STOPPED
        try:
            attempt.outcome = await self._ask_questions(talk, attempt.day)
            ending = Ending.FINISHED
        except CannotHear:
            ending = Ending.UNHEARD
            raise
        except DangerHeard:
            ending = Ending.IN_DANGER
            raise
        except Exception as error:
            if not isinstance(error, Stopped):
                ending = Ending.FAILED
            raise
        finally:
            await asyncio.shield(self._finish(attempt, ending))
            talk.checkin = None

    async def postpone(self, talk: Talk, value: object) -> bool:
        """Ask again at the time that was said, if that is one to ask at today.

        Args:
            talk: The conversation.
            value: The time or the wait that was said; anything else: half an hour.
        """
        today = self._clock.now().date()
        return await self._postpone(talk, value, today, "conversation.not_then")

    async def _postpone(
        self, talk: Talk, value: object, day: date, refusal: str
    ) -> bool:
        """The same, of a check-in of that day; `refusal` is said when it will not."""
        now = self._clock.now()
        until = resolve(later(value), now)
        if until.date() != day or not await self._asks_at(until, now):
            await talk.say(refusal)
            return False
        await self._memory.postpone(until)
        self._note()
        await talk.say("checkin.later")
        return True

    async def _asks_at(self, until: datetime, now: datetime) -> bool:
        """Promise nothing that is not done: "morgen", ten in the evening, or
        anything on a day whose check-in is over."""
        if until.date() != now.date() or self._plan.is_quiet(until.time()):
            return False
        facts = await self._memory.facts(now.date())
        then = decide(self._plan, replace(facts, postponed_until=until), now)
        return isinstance(then, Ask | WaitUntil)

    async def go_away(self, talk: Talk, kind: str) -> bool:
        """Ask nothing until the person is back, if that is what is wanted."""
        if not await go_away(talk, kind):
            return False
        await self._memory.set_away(Away(AwayKind(kind)))
        return True

    async def come_back(self, talk: Talk) -> None:
        """The daily questions start again."""
        await self._memory.set_away(None)
        await welcome_back(talk)
        self._note()
