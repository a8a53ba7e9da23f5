"""What there is to tell and to ask of itself when a conversation begins or ends.

Who presses wants something: calls and answers of people come first, and of all else
one thing at a time. After a check-in, which the device began, it is two.
"""

from collections.abc import Awaitable, Callable
from datetime import time

from companion.agenda_sharing import AgendaSharing
from companion.checkins import Outcome
from companion.desk import Desk
from companion.director import Director, Priority
from companion.outings import Outings
from companion.parts import Parts
from companion.talk import Talk
from companion.topics.along import has_answers, tell_answers
from companion.topics.following import has_to_tell, tell_by_itself, tell_changes
from companion.topics.helped import ask_by_itself, follow_up, has_to_ask
from companion.topics.helping import Giving
from companion.topics.missed import missed_calls, tell_missed
from companion.topics.proposals import tell_proposals
from companion.visiting import Visiting

Matter = Callable[[Talk], Awaitable[object]]

BEFORE_A_WISH = 1
AFTER_A_CHECK_IN = 2


class News:
    """All that can be told of itself, in its order."""

    def __init__(
        self,
        director: Director,
        parts: Parts,
        desk: Desk,
        sharing: AgendaSharing,
        outings: Outings,
        visiting: Visiting,
        giving: Giving,
        is_quiet: Callable[[time], bool],
        agenda_changed: Callable[[], None],
    ) -> None:
        """Build it.

        Args:
            director: Gives the floor.
            parts: Where it is known from.
            desk: What rings people.
            sharing: What others propose for the agenda.
            outings: Things to do.
            visiting: Home visits.
            giving: Help that is offered and asked for.
            is_quiet: Whether a time of day is in the quiet hours.
            agenda_changed: Called when something was put into the agenda.
        """
        self._director = director
        self._parts = parts
        self._desk = desk
        self._sharing = sharing
        self._outings = outings
        self._visiting = visiting
        self._giving = giving
        self._is_quiet = is_quiet
        self._agenda_changed = agenda_changed

    async def of_people(self, talk: Talk) -> bool:
        """Who called, what they answered, and who follows; True if somebody was rung.

        Raises:
            Stopped: If the person says stop.
            DangerHeard: If the person says something that needs help now.
        """
        parts = self._parts
        if await tell_missed(talk, self._desk) or await tell_answers(
            talk, parts.notes, self._desk, parts.agenda
        ):
            return True
        if not self._is_night:
            await tell_changes(talk, parts.following)
        return False

    async def before_a_wish(self, talk: Talk) -> None:
        """One thing, for who pressed wants something; raises as `of_people`."""
        await self._tell(
            talk,
            BEFORE_A_WISH,
            self._outings.come_back_to,
            lambda talk: self._visiting.tell(talk, most=1),
            self._proposals,
            self._help,
        )

    async def after_check_in(self, talk: Talk) -> None:
        """A few things, when the daily questions are done; raises as `of_people`."""
        await self._tell(
            talk,
            AFTER_A_CHECK_IN,
            self._proposals,
            self._followers,
            self._outings.after_check_in,
            self._visiting.tell,
        )

    async def begin_after_check_in(self) -> None:
        """Tell who never presses a button what there is to tell."""
        if await self._is_waiting():
            self._director.begin(self._tell_all, Priority.PERSON)

    async def _tell_all(self, talk: Talk) -> None:
        if not await self.of_people(talk):
            await self.after_check_in(talk)

    async def _is_waiting(self) -> bool:
        parts, now = self._parts, self._parts.clock.now()
        if await missed_calls(parts.memory, now) or await has_answers(parts.notes):
            return True
        return not self._is_night and (
            await has_to_tell(parts.following, now)
            or bool(await self._sharing.waiting())
            or await self._outings.has_to_ask()
            or await self._visiting.has_to_tell()
            or await has_to_ask(self._giving, parts.memory, now)
        )

    @property
    def _is_night(self) -> bool:
        return self._is_quiet(self._parts.clock.now().time())

    async def _tell(self, talk: Talk, most: int, *matters: Matter) -> None:
        """The first of them that have something to say; the others the next time."""
        told = 0
        for matter in matters:
            before = talk.spoken
            await matter(talk)
            told += talk.spoken > before
            if told == most:
                return

    async def _proposals(self, talk: Talk) -> None:
        """What others propose for the agenda."""
        if not self._is_night:
            await tell_proposals(talk, self._sharing)
            self._agenda_changed()

    async def _help(self, talk: Talk) -> None:
        """How it stands with what was offered or asked for."""
        if not self._is_night:
            await follow_up(talk, self._giving)

    async def _followers(self, talk: Talk) -> None:
        """After a check-in that was done: now and then, who follows, or of helping."""
        now, following = self._parts.clock.now(), self._parts.following
        today = await self._parts.memory.check_ins(now.date(), now.date())
        is_done = any(each.outcome is Outcome.DONE for each in today)
        if is_done and not self._is_night:
            if await has_to_tell(following, now):
                await tell_by_itself(talk, following)
            else:
                await ask_by_itself(talk, self._giving)
