"""The journal as the conversation uses it: a full or broken card stops no talk."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from companion.alarms import AlarmRecord
from companion.asking import TurnKind
from companion.callbook import CallRecord
from companion.checkins import Away, CheckIn, CheckInId, Facts, Outcome, Start
from companion.journal import Answer, Journal
from companion.pace import RECENT, Pause, usable
from companion.store import StoreError

logger = logging.getLogger(__name__)

R = TypeVar("R")
_Write = Callable[[Journal], Awaitable[None]]

# Some days of check-ins; a card that stays full longer needs somebody to look.
MOST_PENDING = 200


class Memory:
    """Keeps what a person told; while the card fails, in memory until it works.

    A failing journal is said (`on_fault`), never hidden: what is pending then
    would be lost in a power cut.
    """

    def __init__(
        self, journal: Journal, spare: Journal, on_fault: Callable[[bool], None]
    ) -> None:
        """Build it.

        Args:
            journal: On the card.
            spare: The same in memory; takes over for what the card refuses.
            on_fault: Told True when the card refuses, False when it works again.
        """
        self._journal = journal
        self._spare = spare
        self._on_fault = on_fault
        self._is_failing = False
        self._pending: list[Answer] = []
        self._unwritten: dict[str, _Write] = {}
        self._calls: dict[str, CallRecord] = {}
        self._alarms: dict[str, AlarmRecord] = {}
        self._pauses: list[Pause] = []
        self._spare_checkin: CheckInId | None = None
        self._forgetting: list[Callable[[], None]] = []

    def on_forget(self, forget: Callable[[], None]) -> None:
        """Call this when all is forgotten: whoever holds more drops it then."""
        self._forgetting.append(forget)

    async def record(self, answer: Answer) -> None:
        """Keep an answer, and those that the card refused before."""
        self._pending.append(answer)
        await self._catch_up()
        del self._pending[:-MOST_PENDING]

    async def keep_message(
        self, text: str, at: datetime, checkin: CheckInId | None
    ) -> bool:
        """Keep a message that the person confirmed; False if that failed."""
        try:
            await self._journal.keep_message(text, at, checkin, is_confirmed=True)
        except StoreError as error:
            self._fail(error)
            return False
        await self._catch_up()
        return True

    async def answers(self, since: datetime, until: datetime) -> list[Answer]:
        """What was told from `since` to before `until`, oldest first."""
        kept = await self._read(lambda journal: journal.answers(since, until))
        pending = [a for a in self._pending if since <= a.at < until]
        return kept + pending

    async def keep_call(self, call: CallRecord) -> None:
        """Keep how a call stands, and those that the card refused before."""
        # The newest last, so that the oldest go first where there is no room.
        self._calls.pop(call.key, None)
        self._calls[call.key] = call
        await self._catch_up()
        for key in list(self._calls)[:-MOST_PENDING]:
            del self._calls[key]

    async def calls(self, since: datetime, until: datetime) -> list[CallRecord]:
        """Those that began from `since` to before `until`, oldest first."""
        kept = await self._read(lambda journal: journal.calls(since, until))
        pending = {k: c for k, c in self._calls.items() if since <= c.began_at < until}
        calls = {call.key: call for call in kept} | pending
        return sorted(calls.values(), key=lambda call: call.began_at.timestamp())

    async def keep_alarm(self, alarm: AlarmRecord) -> None:
        """Keep how an alarm stands, and those that the card refused before."""
        # There is one a day at most: no bound is needed.
        self._alarms[alarm.id] = alarm
        await self._catch_up()

    async def alarms(self, since: datetime, until: datetime) -> list[AlarmRecord]:
        """Those from `since` to before `until`, oldest first."""
        kept = await self._read(lambda journal: journal.alarms(since, until))
        pending = {i: a for i, a in self._alarms.items() if since <= a.at < until}
        alarms = {alarm.id: alarm for alarm in kept} | pending
        return sorted(alarms.values(), key=lambda alarm: alarm.at.timestamp())

    def note_pauses(
        self, kind: TurnKind, lengths_s: Sequence[float], at: datetime
    ) -> None:
        """Remember how long the person paused in a turn that was understood."""
        self._pauses += [Pause(kind, length_s, at) for length_s in usable(lengths_s)]
        del self._pauses[:-RECENT]

    async def keep_pauses(self) -> None:
        """Write the pauses of a conversation; once for all, which spares the card."""
        pauses, self._pauses = self._pauses, []
        if pauses:
            await self._write(lambda journal: journal.keep_pauses(pauses))

    async def pauses(self) -> Sequence[Pause]:
        """How long the person paused in earlier conversations, oldest first."""
        spare = await self._spare.pauses()
        return await self._read(lambda journal: journal.pauses()) + spare

    async def forget_last_answer(self) -> bool | None:
        """Forget the newest answer; False without one, None if the card refused."""
        if self._pending:
            self._pending.pop()
            return True
        try:
            is_forgotten = await self._journal.forget_last_answer()
        except StoreError as error:
            self._fail(error)
            return None
        await self._catch_up()
        return is_forgotten

    async def forget_all(self) -> bool:
        """Forget every answer, really; False if the card refused."""
        self._pending.clear()
        self._calls.clear()
        self._pauses.clear()
        for forget in self._forgetting:
            forget()
        await self._spare.forget_all()
        try:
            await self._journal.forget_all()
        except StoreError as error:
            self._fail(error)
            return False
        self._unwritten.clear()
        await self._catch_up()
        return True

    async def wording_used(self, key: str, variant: int, day: date) -> None:
        """Remember that this was said."""
        await self._write(lambda journal: journal.wording_used(key, variant, day))

    async def wordings_since(self, day: date) -> Sequence[tuple[str, int]]:
        """(key, variant) said since that day, oldest first."""
        spare = await self._spare.wordings_since(day)
        return await self._read(lambda journal: journal.wordings_since(day)) + spare

    async def remember_volume(self, step: int) -> None:
        """Keep the volume for the next start."""
        await self._put("volume", lambda journal: journal.remember_volume(step))

    async def remember_rate(self, rate_wpm: int) -> None:
        """Keep the speaking rate for the next start."""
        await self._put("rate", lambda journal: journal.remember_rate(rate_wpm))

    async def volume(self) -> int | None:
        """The volume step that was kept."""
        return await self._read(lambda journal: journal.volume())

    async def rate_wpm(self) -> int | None:
        """The speaking rate that was kept, in words per minute."""
        return await self._read(lambda journal: journal.rate_wpm())

    async def begin_checkin(
        self, day: date, at: datetime, start: Start
    ) -> CheckInId | None:
        """Write down that it asks now; None when only the spare knows."""
        try:
            checkin = await self._journal.begin_checkin(day, at, start)
        except StoreError as error:
            self._fail(error)
            self._spare_checkin = await self._spare.begin_checkin(day, at, start)
            return None
        await self._catch_up()
        return checkin

    async def finish_checkin(
        self,
        checkin: CheckInId | None,
        day: date,
        outcome: Outcome,
        at: datetime,
        start: Start,
    ) -> None:
        """Write down how it ended, in the spare too: it is not asked twice."""
        if checkin is not None:
            try:
                await self._journal.finish_checkin(checkin, outcome, at)
            except StoreError as error:
                self._fail(error)
            else:
                await self._catch_up()
                return
        spare, self._spare_checkin = self._spare_checkin, None
        if spare is None:
            spare = await self._spare.begin_checkin(day, at, start)
        await self._spare.finish_checkin(spare, outcome, at)

    async def record_missed(
        self, day: date, at: datetime, alarm: AlarmRecord | None = None
    ) -> None:
        """Write down that every attempt of a day went unanswered.

        Args:
            day: That day.
            at: When that is known.
            alarm: Who is told of it; None: nobody.
        """
        try:
            await self._journal.record_missed(day, at, alarm)
        except StoreError as error:
            self._fail(error)
            await self._spare.record_missed(day, at)
            if alarm is not None:
                self._alarms[alarm.id] = alarm
        else:
            await self._catch_up()

    async def check_ins(self, since: date, until: date) -> list[CheckIn]:
        """Those of these days, both included, oldest first."""
        spare = await self._spare.check_ins(since, until)
        try:
            kept = await self._journal.check_ins(since, until)
        except StoreError as error:
            self._fail(error)
            kept = []
        return sorted(kept + spare, key=lambda c: c.begun_at.timestamp())

    async def facts(self, today: date) -> Facts:
        """All that `checkins.decide` needs to know."""
        facts = await self._read(lambda journal: journal.facts(today))
        spare = await self._spare.facts(today)
        newer = self._unwritten.keys()
        return Facts(
            check_ins=await self.check_ins(today - timedelta(days=1), today),
            postponed_until=(spare if "postponed" in newer else facts).postponed_until,
            away=(spare if "away" in newer else facts).away,
            rest_day=facts.rest_day,
            pressed_on=(spare if "pressed" in newer else facts).pressed_on,
            other_starts=(spare if "own_starts" in newer else facts).other_starts,
        )

    async def remember_press(self, day: date) -> None:
        """Keep that a button was pressed that day."""
        await self._put("pressed", lambda journal: journal.remember_press(day))

    async def began_by_itself(self, at: datetime) -> None:
        """Keep that the device began now, about something else than the check-in."""
        starts = (*(await self.facts(at.date())).other_starts, at)
        await self._put(
            "own_starts", lambda journal: journal.remember_own_starts(starts)
        )

    async def set_away(self, away: Away | None) -> None:
        """The person goes away, or (None) is back."""
        await self._put("away", lambda journal: journal.set_away(away))

    async def postpone(self, until: datetime | None) -> None:
        """Ask at this moment today; None: at the usual one again."""
        await self._put("postponed", lambda journal: journal.postpone(until))

    async def apply_retention(self, keep_days: int, today: date) -> None:
        """Forget what is older than that."""

        async def apply(journal: Journal) -> None:
            await journal.apply_retention(keep_days, today)

        await self._write(apply)

    async def close(self) -> None:
        """Write what is pending, then close; may be called twice."""
        await self._catch_up()
        if self._pending:
            logger.error("%d answers stay unwritten", len(self._pending))
        await self._journal.close()
        await self._spare.close()

    async def _read(self, call: Callable[[Journal], Awaitable[R]]) -> R:
        """From the card, else from the spare. A full card can be read: that a
        read works does not end the fault."""
        try:
            return await call(self._journal)
        except StoreError as error:
            self._fail(error)
            return await call(self._spare)

    async def _write(self, call: _Write) -> None:
        """To the card, else to the spare."""
        try:
            await call(self._journal)
        except StoreError as error:
            self._fail(error)
            await call(self._spare)
        else:
            await self._catch_up()

    async def _put(self, name: str, call: _Write) -> None:
        """A state that lasts: in the spare until the card takes it."""
        await call(self._spare)
        self._unwritten[name] = call
        await self._catch_up()

    async def _catch_up(self) -> None:
        """Write what the card refused before; then it works again."""
        try:
            while self._unwritten:
                name, call = next(iter(self._unwritten.items()))
                await call(self._journal)
                if self._unwritten.get(name) is call:
                    del self._unwritten[name]
            while self._pending:
                answer = self._pending[0]
                await self._journal.record(answer)
                if self._pending and self._pending[0] is answer:
                    self._pending.pop(0)
            while self._calls:
                key, kept = next(iter(self._calls.items()))
                await self._journal.keep_call(kept)
                if self._calls.get(key) is kept:
                    del self._calls[key]
            while self._alarms:
                number, alarm = next(iter(self._alarms.items()))
                await self._journal.keep_alarm(alarm)
                if self._alarms.get(number) is alarm:
                    del self._alarms[number]
        except StoreError as error:
            self._fail(error)
        else:
            self._recover()

    def _fail(self, error: StoreError) -> None:
        if not self._is_failing:
            logger.error("the journal fails: %s", type(error).__name__)
        self._is_failing = True
        self._on_fault(True)

    def _recover(self) -> None:
        if self._is_failing:
            logger.warning("the journal works again")
            self._is_failing = False
            self._on_fault(False)
