"""The companion itself: conversations, the daily rhythm, and what buttons do.

It knows ports only. `app.py` gives it real parts, `praatpaal talk` a keyboard,
and the stories in the tests a scripted person.
"""

import asyncio
import logging
from collections.abc import Sequence

from companion.agenda_sharing import AgendaSharing
from companion.asking import Patience
from companion.checkins import AwayKind, plan_from
from companion.consent import Agreement
from companion.daily import Daily
from companion.desk import Desk
from companion.director import Director, Wishes
from companion.incoming import Incoming
from companion.looking_in import LookingIn
from companion.news import News
from companion.notes_keeper import NotesKeeper
from companion.outbox import Outbox
from companion.outings import Outings
from companion.pace import Pause, patience_of
from companion.parts import Parts
from companion.reminders import Reminders
from companion.settings import PersonSettings, Settings
from companion.stage import Stage
from companion.talk import Talk
from companion.topics.activities import Doing
from companion.topics.agenda import note_down
from companion.topics.agenda_changes import cancel, move, take_note, tell_agenda
from companion.topics.agenda_keeping import clear, keep_private
from companion.topics.agenda_keeping import tell_kept as tell_agenda_kept
from companion.topics.along import tell_notes_kept, use_along
from companion.topics.calling import call_family, call_line, offer_call
from companion.topics.conversation import conversation
from companion.topics.following import (
    change,
    tell_followers,
    withdraw,
)
from companion.topics.helped import tidy
from companion.topics.helping import Giving, tell_helps_kept, use_helping
from companion.topics.invitation import invite
from companion.topics.missed import tell_contacts, tell_missed
from companion.topics.services import tell_service
from companion.topics.tastes import tell_tastes
from companion.understanding.helping_wishes import HELPING
from companion.understanding.intents import Intent, Meaning, Named
from companion.understanding.meaning import Understanding
from companion.understanding.visit_wishes import VISITING
from companion.visiting import Visiting
from companion.wording import Phrasebook

logger = logging.getLogger(__name__)

# The daily rhythm looks at the clock at least once a minute, and a conversation says
# or hears something at least that often; three misses in a row mean that it hangs.
ALIVE_S = 180.0


NAMELESS = "Praatpaal"
"""What others see of somebody whose name is not in the settings."""


class Companion:
    """One Praatpaal, for one person."""

    def __init__(
        self,
        parts: Parts,
        settings: Settings,
        phrasebook: Phrasebook,
        understanding: Understanding,
        simulated: str = "",
    ) -> None:
        """Put it together; nothing starts yet.

        Args:
            parts: The world.
            settings: What was chosen.
            phrasebook: What it says.
            understanding: What it understands.
            simulated: The banner that names simulated parts.
        """
        self._parts = parts
        self._settings = settings
        self._phrasebook = phrasebook
        self._understanding = understanding
        self._pauses: Sequence[Pause] = ()
        self._is_over = asyncio.Event()
        self.stage = Stage(
            parts.panel, parts.screen, parts.clock, phrasebook, simulated
        )
        self.director = Director(
            parts.panel, self.stage, self._make_talk, self._open_conversation
        )
        self._desk = Desk(
            phone=parts.phone,
            people=parts.people,
            in_call=self.director.in_call,
            ring_s=settings.calls.ring_s,
            countdown_s=settings.calls.countdown_s,
            has_screen=settings.device.screen != "none",
        )
        self._giving = Giving(parts.helping, parts.notes, self._desk)
        plan = plan_from(settings.checkin, settings.quiet)
        self.incoming = Incoming(
            self._desk,
            self.director,
            parts.memory,
            self.stage,
            parts.clock,
            plan.is_quiet,
            parts.following,
        )
        self._is_quiet = plan.is_quiet
        self.director.on_heard(lambda _: parts.following.used(parts.clock.now()))
        self._outbox = Outbox(parts.memory, parts.people, parts.line, parts.clock)
        self._notes_keeper = (
            NotesKeeper(
                parts.notes, parts.agenda, parts.people, self.stage, parts.clock
            )
            if parts.notes is not None
            else None
        )
        if parts.notes is not None:
            parts.memory.on_forget(parts.notes.forget_all)
        self._looking_in = LookingIn(
            self.director,
            self._outbox,
            self.stage,
            parts.clock,
            parts.people,
            plan.is_quiet,
        )
        self.daily = Daily(
            self.director,
            parts.memory,
            self.stage,
            parts.clock,
            plan,
            self._looking_in,
            settings.journal.keep_days,
            lambda: self._news.begin_after_check_in(),
        )
        self._outings = Outings(
            self.director,
            Doing(
                suggester=parts.suggester,
                tastes=parts.tastes,
                agenda=parts.agenda,
                desk=self._desk,
                notes=parts.notes,
                agenda_changed=lambda: self._reminders.note(),
            ),
            parts.memory,
            parts.clock,
            plan,
            self._may_start,
        )
        self._visiting = Visiting(
            self.director,
            parts.memory,
            parts.visits,
            parts.agenda,
            parts.notes,
            self.stage,
            parts.clock,
            plan,
            parts.clock_is_sure,
            self._is_away,
            lambda: self._reminders.note(),
        )
        self._reminders = Reminders(
            self.director,
            parts.agenda,
            self.stage,
            parts.clock,
            plan,
            parts.clock_is_sure,
            self._is_away,
            self._outings.news_of,
            self._visiting.tell_more,
        )
        self._sharing = AgendaSharing(
            parts.agenda,
            parts.proposals,
            parts.people,
            parts.line,
            parts.clock,
            settings.device.time_zone,
            parts.clock_is_sure,
        )
        self._news = News(
            self.director,
            parts,
            self._desk,
            self._sharing,
            self._outings,
            self._visiting,
            self._giving,
            plan.is_quiet,
            lambda: self._reminders.note(),
        )
        self.director.attend(
            Wishes(
                talk=self._talk,
                call_family=self._call_family,
                call_line=call_line,
            ),
            parts.switch_microphone,
        )

    async def run(self) -> None:
        """Be there, without end."""
        await self._recall_sound()
        self._pauses = await self._parts.memory.pauses()
        self.stage.microphone(self._parts.panel.microphone_is_on)
        self._parts.switch_microphone(self._parts.panel.microphone_is_on)
        self.stage.rest()
        await self.incoming.show_missed()
        await self._outbox.load()
        if (notes := self._parts.notes) is not None:
            await notes.load()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.director.run())
            tasks.create_task(self.daily.run())
            tasks.create_task(self._reminders.run())
            tasks.create_task(self._visiting.run())
            tasks.create_task(self._outings.run())
            tasks.create_task(self._sharing.run(self.stage))
            tasks.create_task(self.incoming.run())
            tasks.create_task(self._parts.following.run())
            tasks.create_task(self._outbox.run())
            if self._notes_keeper is not None:
                tasks.create_task(self._notes_keeper.run())
            tasks.create_task(self._looking_in.run())
            tasks.create_task(self._learn())

    def fault(self, part: str, is_faulty: bool) -> None:
        """A part broke, or works again: light and screen say so."""
        text = self._phrasebook.text(f"fault.{part}") if is_faulty else ""
        self.stage.fault(part, text)

    def television(self, is_dark: bool) -> None:
        """There is something to see on a television that cannot be switched on."""
        self.stage.television(is_dark)
        self.director.nudge()

    @property
    def is_alive(self) -> bool:
        """Whether day or conversation goes on; for the watchdog."""
        loop = asyncio.get_running_loop()
        moved_at_s = max(self.daily.looked_at_s, self.director.moved_at_s)
        return loop.time() - moved_at_s < ALIVE_S

    async def _recall_sound(self) -> None:
        volume = await self._parts.memory.volume()
        rate_wpm = await self._parts.memory.rate_wpm()
        if volume is not None:
            self._parts.mouth.set_volume(volume)
        if rate_wpm is not None:
            self._parts.mouth.set_rate(rate_wpm)

    def _open_conversation(self, is_open: bool) -> None:
        self._parts.open_conversation(is_open)
        if not is_open:
            self._is_over.set()

    async def _learn(self) -> None:
        """After each conversation: how the person paused, and what they were told."""
        while True:
            await self._is_over.wait()
            self._is_over.clear()
            await self._parts.memory.keep_pauses()
            # Read again, for they may have been forgotten meanwhile.
            self._pauses = await self._parts.memory.pauses()
            await self.incoming.show_missed()
            if self._notes_keeper is not None:
                self._notes_keeper.look()
            await tidy(self._giving)

    def _make_talk(self) -> Talk:
        ears = self._settings.ears
        return Talk(
            mouth=self._parts.mouth,
            ears=self._parts.ears,
            stage=self.stage,
            clock=self._parts.clock,
            phrasebook=self._phrasebook,
            understanding=self._understanding,
            memory=self._parts.memory,
            patience=patience_of(
                Patience(
                    think_s=ears.patience_s,
                    end_closed_s=ears.end_of_turn_closed_s,
                    end_open_s=ears.end_of_turn_open_s,
                ),
                self._pauses,
            ),
            keeps_words=self._settings.journal.keep_words,
            facts={"name": address(self._settings.person)},
            kept=(
                lambda talk: tell_tastes(talk, self._parts.tastes),
                self._visiting.tell_kept,
                lambda talk: tell_helps_kept(talk, self._giving),
                lambda talk: tell_notes_kept(talk, self._parts.notes),
                lambda talk: tell_agenda_kept(talk, self._parts.agenda),
            ),
            in_company=self._looking_in.hear_in_call,
            call_somebody=lambda talk: offer_call(talk, self._desk),
        )

    async def _talk(self, talk: Talk) -> None:
        """The talk button."""
        # Who was added meanwhile can be called by name.
        self._understanding.know(await self._parts.people())
        # Before all else: somebody may be on their way.
        await self._looking_in.report(talk)
        if await self._news.of_people(talk):
            return
        await self._reminders.on_press(talk)
        if await self.daily.on_press(talk):
            await self._news.after_check_in(talk)
        else:
            await self._news.before_a_wish(talk)
            await conversation(talk, lambda wish: self._do(talk, wish))

    async def _do(self, talk: Talk, wish: Meaning) -> None:
        """Carry out a wish that reaches beyond talking."""
        following = self._parts.following
        match wish.intent:
            case Intent.CHECK_IN:
                await self.daily.check_in(talk)
                await self._news.after_check_in(talk)
            case Intent.LATER:
                await self.daily.postpone(talk, wish.value)
            case Intent.AWAY:
                await self.daily.go_away(talk, str(wish.value or "holiday"))
            case Intent.BACK:
                await self.daily.come_back(talk)
            case Intent.CALL_FAMILY:
                whom = wish.value if isinstance(wish.value, tuple) else None
                await self._call_family(talk, whom)
            case Intent.CALL_LINE:
                await call_line(talk)
            case Intent.WHO_FOLLOWS:
                await tell_followers(talk, following)
            case Intent.INVITE:
                whom = wish.value if isinstance(wish.value, tuple) else None
                await self._invite(talk, whom)
            case Intent.WITHDRAW:
                whom = wish.value if isinstance(wish.value, tuple) else None
                await withdraw(talk, following, whom)
            case Intent.ALLOW | Intent.FORBID if isinstance(wish.value, Named):
                what, is_given = Agreement(wish.value.what), wish.intent is Intent.ALLOW
                await change(talk, following, wish.value.ids, what, is_given)
            case intent if intent in VISITING:
                await self._visiting.use(talk, wish)
            case intent if intent in HELPING:
                words = str(wish.value or "")
                is_sought = intent is Intent.SEEK_HELP
                suggester = self._parts.suggester
                if not (is_sought and await tell_service(talk, suggester, words)):
                    await use_helping(talk, self._giving, intent, words)
            case Intent.COME_ALONG:
                parts, words = self._parts, str(wish.value or "")
                await use_along(talk, parts.notes, self._desk, parts.agenda, words)
            case Intent.CONTACTS:
                opinions = await self._parts.tastes.opinions()
                if await tell_contacts(talk, opinions, await self._visiting.met()):
                    await self._call_family(talk)
            case _ if not await self._outings.use(talk, wish):
                await self._use_agenda(talk, wish)

    async def _may_start(self) -> bool:
        """Whether it may begin by itself: nobody is at rest, and somebody at home."""
        is_quiet = self._is_quiet(self._parts.clock.now().time())
        return not is_quiet and not await self._is_away()

    async def _is_away(self) -> bool:
        """Whether nobody is at home: then nothing of the agenda is announced."""
        today = self._parts.clock.now().date()
        away = (await self._parts.memory.facts(today)).away
        return (
            away is not None
            and away.kind is not AwayKind.VISITORS
            and (away.until is None or today < away.until)
        )

    async def _use_agenda(self, talk: Talk, wish: Meaning) -> None:
        """Do what is wished of the agenda."""
        agenda, words = self._parts.agenda, str(wish.value or "")
        match wish.intent:
            case Intent.REMIND | Intent.NOTE_DOWN:
                await note_down(talk, agenda, words, wish.intent)
            case Intent.TELL_AGENDA:
                await tell_agenda(talk, agenda, words)
            case Intent.CANCEL:
                await cancel(talk, agenda, words)
            case Intent.MOVE:
                await move(talk, agenda, words)
            case Intent.TAKEN:
                await take_note(talk, agenda, words)
            case Intent.KEEP_PRIVATE:
                await keep_private(talk, agenda, words)
            case Intent.CLEAR_AGENDA:
                await clear(talk, agenda)
        self._reminders.note()
        self._sharing.note()

    async def _invite(self, talk: Talk, whom: Sequence[int] | None) -> None:
        has_screen = self._desk.has_screen
        inviter, following = self._parts.inviting, self._parts.following
        await invite(talk, inviter, following, whom, has_screen)

    async def _call_family(self, talk: Talk, whom: Sequence[int] | None = None) -> None:
        """Ring them; afterwards tell who called meanwhile."""
        began = self._parts.clock.now()
        await call_family(talk, self._desk, whom)
        while await tell_missed(talk, self._desk, since=began):
            pass


def address(person: PersonSettings) -> str:
    """How the person is addressed: "mevrouw De Vries", or nothing."""
    return " ".join(part for part in (person.address, person.name) if part)


def shown_name(person: PersonSettings) -> str:
    """The person as others see them by themselves: "Mevrouw De Vries"."""
    name = address(person) or NAMELESS
    return name[0].upper() + name[1:]
