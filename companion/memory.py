"""The journal as the conversation uses it: a full or broken card stops no talk."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import TypeVar

from companion.checkins import Away, CheckIn, CheckInId, Facts, Outcome, Start
from companion.journal import Answer, Journal
from companion.store import StoreError

logger = logging.getLogger(__name__)

R = TypeVar("R")

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

    async def record(self, answer: Answer) -> None:
        """Keep an answer, and those that the card refused before."""
        self._pending.append(answer)
        try:
            while self._pending:
                await self._journal.record(self._pending[0])
                self._pending.pop(0)
        except StoreError as error:
            self._fail(error)
            del self._pending[:-MOST_PENDING]
        else:
            self._recover()

    async def keep_message(
        self, text: str, at: datetime, checkin: CheckInId | None
    ) -> bool:
        """Keep a message that the person confirmed; False if that failed."""
        try:
            await self._journal.keep_message(text, at, checkin, is_confirmed=True)
        except StoreError as error:
            self._fail(error)
            return False
        self._recover()
        return True

    async def answers(self, since: datetime, until: datetime) -> list[Answer]:
        """What was told from `since` to before `until`, oldest first."""
        kept = await self._either(lambda journal: journal.answers(since, until))
        pending = [a for a in self._pending if since <= a.at < until]
        return kept + pending

    async def forget_last_answer(self) -> bool:
        """Forget the newest answer; False when there is none."""
        if self._pending:
            self._pending.pop()
            return True
        return await self._either(lambda journal: journal.forget_last_answer())

    async def forget_all(self) -> bool:
        """Forget every answer, really; False if the card refused."""
        self._pending.clear()
        await self._spare.forget_all()
        try:
            await self._journal.forget_all()
        except StoreError as error:
            self._fail(error)
            return False
        self._recover()
        return True

    async def wording_used(self, key: str, variant: int, day: date) -> None:
        """Remember that this was said."""
        await self._either(lambda journal: journal.wording_used(key, variant, day))

    async def wordings_since(self, day: date) -> Sequence[tuple[str, int]]:
        """(key, variant) said since that day, oldest first."""
        return await self._either(lambda journal: journal.wordings_since(day))

    async def remember_volume(self, step: int) -> None:
        """Keep the volume for the next start."""
        await self._either(lambda journal: journal.remember_volume(step))

    async def remember_rate(self, rate_wpm: int) -> None:
        """Keep the speaking rate for the next start."""
        await self._either(lambda journal: journal.remember_rate(rate_wpm))

    async def volume(self) -> int | None:
        """The volume step that was kept."""
        return await self._either(lambda journal: journal.volume())

    async def rate_wpm(self) -> int | None:
        """The speaking rate that was kept, in words per minute."""
        return await self._either(lambda journal: journal.rate_wpm())

    async def begin_checkin(self, at: datetime, start: Start) -> CheckInId | None:
        """Write down that it asks now; None when only the spare knows."""
        try:
            checkin = await self._journal.begin_checkin(at.date(), at, start)
        except StoreError as error:
            self._fail(error)
            await self._spare.begin_checkin(at.date(), at, start)
            return None
        self._recover()
        return checkin

    async def finish_checkin(
        self, checkin: CheckInId | None, outcome: Outcome, at: datetime, start: Start
    ) -> None:
        """Write down how it ended, in the spare too: it is not asked twice."""
        if checkin is not None:
            try:
                await self._journal.finish_checkin(checkin, outcome, at)
            except StoreError as error:
                self._fail(error)
            else:
                return
        spare = await self._spare.begin_checkin(at.date(), at, start)
        await self._spare.finish_checkin(spare, outcome, at)

    async def record_missed(self, at: datetime) -> None:
        """Write down that every attempt of the day went unanswered."""
        await self._either(lambda journal: journal.record_missed(at.date(), at))

    async def check_ins(self, since: date, until: date) -> list[CheckIn]:
        """Those of these days, both included, oldest first."""
        spare = await self._spare.check_ins(since, until)
        kept = await self._either(lambda journal: journal.check_ins(since, until))
        return kept if self._is_failing else kept + spare

    async def facts(self, today: date) -> Facts:
        """All that `checkins.decide` needs to know."""
        facts = await self._either(lambda journal: journal.facts(today))
        return Facts(
            check_ins=await self.check_ins(today, today),
            postponed_until=facts.postponed_until,
            away=facts.away,
            rest_day=facts.rest_day,
            pressed_on=facts.pressed_on,
        )

    async def remember_press(self, day: date) -> None:
        """Keep that a button was pressed that day."""
        await self._either(lambda journal: journal.remember_press(day))

    async def set_away(self, away: Away | None) -> None:
        """The person goes away, or (None) is back."""
        await self._either(lambda journal: journal.set_away(away))

    async def postpone(self, until: datetime | None) -> None:
        """Ask at this moment today; None: at the usual one again."""
        await self._either(lambda journal: journal.postpone(until))

    async def apply_retention(self, keep_days: int, today: date) -> None:
        """Forget what is older than that."""
        await self._either(lambda journal: journal.apply_retention(keep_days, today))

    async def close(self) -> None:
        """Write what is pending, then close; may be called twice."""
        while self._pending:
            try:
                await self._journal.record(self._pending[0])
            except StoreError as error:
                logger.error("answers stay unwritten: %s", type(error).__name__)
                break
            self._pending.pop(0)
        await self._journal.close()
        await self._spare.close()

    async def _either(self, call: Callable[[Journal], Awaitable[R]]) -> R:
        try:
            result = await call(self._journal)
        except StoreError as error:
            self._fail(error)
            return await call(self._spare)
        self._recover()
        return result

    def _fail(self, error: StoreError) -> None:
        if not self._is_failing:
            logger.error("the journal fails: %s", type(error).__name__)
        self._is_failing = True
        self._on_fault(True)

    def _recover(self) -> None:
        if self._is_failing and not self._pending:
            logger.warning("the journal works again")
            self._is_failing = False
            self._on_fault(False)
