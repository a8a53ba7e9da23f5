"""Notes: a question to one who follows, and the answer that comes back.

A note that the person said yes to is on the card before anything is sent. It is sent
until the hub has it, also after a power cut, and so is that it is over. What the hub
tells twice is acted on once. Nobody gets one who does not follow.

When the person has all forgotten, the words go at once, and that the note is withdrawn
stays until the hub knows: else family went on seeing it.
"""

import asyncio
import logging
import unicodedata
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol

from calls.messages import Members
from calls.note_messages import (
    LONGEST_NOTE,
    LONGEST_OPEN_S,
    MOST_OPEN,
    REPLIES,
    About,
    NoteAnswer,
    NoteOver,
    Over,
    PutNote,
    Reply,
)
from calls.wire import Message, new_id
from companion.following import Follower
from companion.people import Person, PersonId
from companion.ports import Clock
from companion.store import StoreError

__all__ = ["About", "Note", "NoteId", "NoteRefused", "Notes", "Over", "Reply"]

logger = logging.getLogger(__name__)

NoteId = NewType("NoteId", str)

AGAIN = timedelta(minutes=1)
"""For what is tried in vain, and for consent that was taken back meanwhile."""

IDLE = timedelta(minutes=10)
"""The same, where the hub knows all there is."""

LONGEST_OPEN = timedelta(seconds=LONGEST_OPEN_S)

REMEMBERED = timedelta(days=60)
"""What is over and was told: long enough to say that Anna came along last month."""

PATIENCE = timedelta(hours=3)
"""Who was asked only now is not yet late, though it is tomorrow."""

MOST_ANSWERS = 4 * MOST_OPEN
"""That wait to be kept: each open note has one, and may be answered anew."""

LONGEST_WORD = 40
"""Letters; longer is no word, and fills the screen or a minute of speech."""


class Refused(StrEnum):
    """Why a note is not sent."""

    NO_WAY = "no_way"  # there is no hub
    NOT_FOLLOWING = "not_following"
    TOO_MANY = "too_many"  # wait for an answer
    TOO_LONG = "too_long"
    TOO_LATE = "too_late"  # what it is about is over
    NOT_KEPT = "not_kept"  # the card refused


class NoteRefused(Exception):
    """A note is not sent.

    Attributes:
        reason: Why.
    """

    def __init__(self, reason: Refused) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Note:
    """A question to one who follows.

    Attributes:
        id: Made here; the hub knows it by this, however often it is sent.
        person: Who is asked.
        about: What it is about, which decides how it may be answered.
        text: What they read; the person said yes to it.
        at: When it was made, local and aware of its zone.
        until: When it is over by itself.
        reference: What it is about, to who made it, such as "agenda 12".
        kept_at: When the hub confirmed that it has it.
        reply: What they answered last; None: nothing yet.
        said: What they wrote with it, made harmless; may be empty.
        told_at: When the person heard how it stands now.
        over: Why no answer is needed any more; None: it is.
        over_at: Since when.
        over_kept_at: When the hub confirmed that it knows.
    """

    id: NoteId
    person: PersonId
    about: About
    text: str
    at: datetime
    until: datetime
    reference: str = ""
    kept_at: datetime | None = None
    reply: Reply | None = None
    said: str = ""
    told_at: datetime | None = None
    over: Over | None = None
    over_at: datetime | None = None
    over_kept_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether an answer is waited for, or was not told yet."""
        return self.over is None

    @property
    def is_forgotten(self) -> bool:
        """Whether its words are gone, and only the hub must still know."""
        return not self.text

    @property
    def is_agreed(self) -> bool:
        """Whether somebody said to come along, and the person heard so."""
        is_company = self.about is About.GO_ALONG and self.reply is Reply.YES
        return is_company and self.over is Over.TOLD

    def __repr__(self) -> str:
        """Without what was said: it ends up in logs."""
        return f"Note(about={self.about.value}, reply={self.reply}, over={self.over})"


# -- rules (pure) ------------------------------------------------------------------


def may_reach(person: Person) -> bool:
    """Whether somebody gets notes: who follows through the hub."""
    return person.video is not None and person.role is not None


def has_answer(note: Note) -> bool:
    """Whether there is an answer that the person did not hear yet."""
    return note.is_open and note.reply is not None and note.told_at is None


def is_late(note: Note, now: datetime) -> bool:
    """Whether it is the day before, and the person does not know that nobody answered.

    Only where a yes or no is waited for.

    Args:
        note: It.
        now: Local time.
    """
    until = note.until.astimezone(now.tzinfo)
    return (
        note.is_open
        and note.reply is None
        and note.told_at is None
        and Reply.YES in REPLIES[note.about]
        and until.date() - now.date() <= timedelta(days=1)
        and now - note.at >= PATIENCE
    )


def to_send(note: Note, person: Person | None) -> PutNote | NoteOver | None:
    """What the hub does not know yet; None: it knows all (pure).

    Args:
        note: It.
        person: Who is asked, as they are in the list now; None: no longer there.
    """
    if note.over is not None:
        if note.over_kept_at is not None:
            return None
        heard = note.reply if note.over is Over.TOLD else None
        return NoteOver(new_id(), note.id, note.over, heard)
    if note.kept_at is not None or person is None or person.video is None:
        return None
    until = note.until.timestamp()
    return PutNote(new_id(), note.id, person.video, note.about, note.text, until)


def as_it_stands(note: Note, person: Person | None, now: datetime) -> Note:
    """The note, over if its time came or if who was asked follows no longer (pure)."""
    if note.over is None and note.until <= now:
        return replace(note, over=Over.EXPIRED, over_at=now)
    if person is None or not may_reach(person):
        return withdrawn(note, now)
    return note


def withdrawn(note: Note, now: datetime) -> Note:
    """The note, when what it is about does not take place.

    Also when the answer was told: who said that they come along must know.
    """
    may_end = note.over is None or (note.over is Over.TOLD and note.until > now)
    if not may_end:
        return note
    return replace(note, over=Over.WITHDRAWN, over_at=now, over_kept_at=None)


def forgotten(note: Note, now: datetime) -> Note:
    """What is left when the person has all forgotten (pure).

    It is withdrawn, also where its answer was told, and its words are gone. Company
    that was agreed belongs to the agenda, which stays, until that is over.
    """
    if note.is_agreed and note.until > now:
        return note
    if note.over in (None, Over.TOLD):
        note = replace(note, over=Over.WITHDRAWN, over_at=now, over_kept_at=None)
    return replace(note, text="", said="", reference="")


def harmless(text: str) -> str:
    """What somebody wrote, fit to be kept, shown and read aloud (pure).

    Letters, digits and the usual signs are left, in one line; what steers a screen or
    a voice is not, nor what no voice could say.
    """
    one_line = " ".join(unicodedata.normalize("NFC", text).split())
    kept = "".join(sign for sign in one_line if _is_plain(sign))
    words = (word[:LONGEST_WORD] for word in kept.split())
    return " ".join(words)[:LONGEST_NOTE].strip()


_SIGNS = frozenset(" .,;:!?'’\"()-–+%€&/")


def _is_plain(sign: str) -> bool:
    return sign in _SIGNS or unicodedata.category(sign)[0] in "LMN"


# -- the outbox --------------------------------------------------------------------


class HubLine(Protocol):
    """What notes need of the way to family."""

    def on_message(self, callback: Callable[[Message], None]) -> None:
        """Tell of every message of the hub; the callback takes no time."""

    async def deliver(self, message: Message) -> bool:
        """Send it; whether the hub has it. False at once without a way to the hub."""


class Book(Protocol):
    """Where notes are kept (`companion.notes_book`); calls block for some disk."""

    def all(self) -> list[Note]:
        """All that are kept, oldest first."""

    def add(self, note: Note) -> None:
        """Keep a new one."""

    def change(self, note: Note) -> bool:
        """Keep how one stands; False if it was deleted, or forgotten meanwhile."""

    def forget(self, note: NoteId) -> None:
        """Delete one."""


class Notes:
    """The notes of one device; it alone changes them."""

    def __init__(
        self,
        book: Book,
        followers: Callable[[], Awaitable[Sequence[Follower]]],
        line: HubLine | None,
        clock: Clock,
    ) -> None:
        """Build it; nothing is read yet.

        Args:
            book: Where they are kept.
            followers: Who follows, as it is now (`Following.followers`).
            line: The way to the hub; None: there is none, and nobody is asked.
            clock: The time on the wall.
        """
        self._book = book
        self._followers = followers
        self._line = line
        self._clock = clock
        self._notes: dict[NoteId, Note] = {}
        self._unwritten: set[NoteId] = set()
        self._answers: deque[NoteAnswer] = deque(maxlen=MOST_ANSWERS)
        self._newest: dict[NoteId, int] = {}
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()
        self._on_change: list[Callable[[], None]] = []

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call this each time that a note stands otherwise."""
        self._on_change.append(callback)

    async def load(self) -> None:
        """Read what was under way when the device stopped."""
        try:
            kept = await asyncio.to_thread(self._book.all)
        except StoreError as error:
            logger.error("notes cannot be read: %s", type(error).__name__)
            return
        self._notes = {note.id: note for note in kept} | self._notes

    # -- as it is -------------------------------------------------------------------

    async def reachable(self) -> Sequence[Person]:
        """Who may be asked something: those who follow and are known to have joined.

        Who was invited counts as well while the hub has not told yet who joined.
        """
        if self._line is None:
            return []
        return [
            follower.person
            for follower in await self._followers()
            if may_reach(follower.person) and follower.has_joined is not False
        ]

    async def answers(self) -> list[Note]:
        """Those with an answer that the person did not hear yet, oldest first."""
        return [note for note in self._notes.values() if has_answer(note)]

    async def unanswered(self) -> list[Note]:
        """Those of tomorrow without an answer, which the person does not know yet."""
        now = self._clock.now()
        return [note for note in self._notes.values() if is_late(note, now)]

    def of(self, reference: str) -> list[Note]:
        """All about this, oldest first; what is over too, for some weeks."""
        return [note for note in self._notes.values() if note.reference == reference]

    def about(self, *abouts: About) -> list[Note]:
        """All about such things, oldest first; what is over too, for some weeks."""
        return [note for note in self._notes.values() if note.about in abouts]

    # -- what happens here ------------------------------------------------------------

    async def send(
        self,
        person: PersonId,
        about: About,
        text: str,
        until: datetime,
        reference: str = "",
    ) -> Note:
        """Ask somebody; call it only after the person said yes to the text.

        Args:
            person: Whom.
            about: What it is about.
            text: What they read; 200 characters at most.
            until: When it is over by itself, aware of its zone.
            reference: What it is about, to be found again with `of`.

        Returns:
            The note, on the card; it goes to the hub as soon as that can be reached.

        Raises:
            NoteRefused: If it is not sent, with the reason.
        """
        now = self._clock.now()
        if self._line is None:
            raise NoteRefused(Refused.NO_WAY)
        if person not in {each.id for each in await self.reachable()}:
            raise NoteRefused(Refused.NOT_FOLLOWING)
        if not text or len(text) > LONGEST_NOTE:
            raise NoteRefused(Refused.TOO_LONG)
        if until <= now:
            raise NoteRefused(Refused.TOO_LATE)
        if sum(note.is_open for note in self._notes.values()) >= MOST_OPEN:
            raise NoteRefused(Refused.TOO_MANY)
        until = min(until, now + LONGEST_OPEN)
        note = Note(NoteId(new_id()), person, about, text, now, until, reference)
        try:
            await asyncio.to_thread(self._book.add, note)
        except StoreError as error:
            logger.error("a note is not kept: %s", type(error).__name__)
            raise NoteRefused(Refused.NOT_KEPT) from error
        self._notes[note.id] = note
        self._changed()
        return note

    async def wait_sent(self, note: Note, within_s: float) -> bool:
        """Whether the hub has it within so many seconds."""
        try:
            async with asyncio.timeout(within_s):
                while (found := self._notes.get(note.id)) is not None:
                    if found.kept_at is not None:
                        return True
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            return False
        return False

    async def mark_told(self, note: Note) -> None:
        """The person heard how it stands: its answer, or that there is none yet.

        An answer that was told is over: it can be changed no more. One that came while
        it was told is told the next time.

        Args:
            note: As it was told.
        """
        found = self._notes.get(note.id)
        if found is None or (found.reply, found.said) != (note.reply, note.said):
            return
        now = self._clock.now()
        told = replace(found, told_at=now)
        if found.reply is not None and found.over is None:
            told = replace(told, over=Over.TOLD, over_at=now)
        await self._change(told)

    async def withdraw(self, note: Note) -> None:
        """It needs no answer any more: what it is about does not take place."""
        found = self._notes.get(note.id)
        if found is not None:
            await self._change(withdrawn(found, self._clock.now()))

    async def forget(self, note: Note) -> None:
        """Delete one, if the hub knows that it is over; else it stays until then."""
        found = self._notes.get(note.id)
        if found is None or found.over_kept_at is None:
            return
        del self._notes[note.id]
        try:
            await asyncio.to_thread(self._book.forget, note.id)
        except StoreError as error:
            logger.error("a note is not deleted: %s", type(error).__name__)

    def forget_all(self) -> None:
        """The person has all forgotten: the hub is told, and no word stays here.

        The card is wiped by who forgets the rest (`Store.forget_all`), and once more by
        this, as soon as it can be written.
        """
        now = self._clock.now()
        for note in tuple(self._notes.values()):
            left = forgotten(note, now)
            if left != note:
                self._notes[note.id] = left
                self._unwritten.add(note.id)
        self._changed()

    # -- with the hub -----------------------------------------------------------------

    async def run(self) -> None:
        """Send what the hub does not know, without end; at once without a hub."""
        if self._line is None:
            return
        self._line.on_message(self._hear)
        while True:
            self._wake.clear()
            try:
                await self._go_on(self._line)
            except Exception:
                # Whatever it is: nobody else sends them.
                logger.exception("notes wait")
            wait = AGAIN if self._has_open() else IDLE
            try:
                async with asyncio.timeout(wait.total_seconds()):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _has_open(self) -> bool:
        """Whether anything may have to be written or sent soon."""
        is_open = any(note.over_kept_at is None for note in self._notes.values())
        return is_open or bool(self._unwritten)

    def _hear(self, message: Message) -> None:
        if isinstance(message, NoteAnswer):
            self._answers.append(message)
        if isinstance(message, NoteAnswer | Members):
            # Who follows is told first of all at each connection.
            self._wake.set()

    async def _go_on(self, line: HubLine) -> None:
        await self._catch_up()
        if self._notes:
            await self._learn_forgotten()
        while self._answers:
            # What a power cut takes here, the hub tells again.
            await self._take(self._answers[0])
            self._answers.popleft()
        if not self._notes:
            return
        people = {each.person.id: each.person for each in await self._followers()}
        now = self._clock.now()
        for number in list(self._notes):
            if (note := self._notes.get(number)) is not None:
                person = people.get(note.person)
                await self._change(as_it_stands(note, person, now))
                await self._tell(line, number, person)
        await self._forget_old(now)

    async def _learn_forgotten(self) -> None:
        """Somebody may have had all forgotten at the command line."""
        known = set(self._notes)
        try:
            kept = await asyncio.to_thread(self._book.all)
        except StoreError as error:
            logger.error("notes cannot be read: %s", type(error).__name__)
            return
        for number in known - {note.id for note in kept} - self._unwritten:
            self._notes.pop(number, None)
        for note in kept:
            mine = self._notes.get(note.id)
            if note.is_forgotten and not (mine and mine.is_forgotten):
                self._notes[note.id] = note
                self._unwritten.discard(note.id)

    async def _take(self, answer: NoteAnswer) -> None:
        note = self._notes.get(NoteId(answer.note))
        if note is None or answer.reply not in REPLIES[note.about]:
            return
        # The link keeps no order; after a new start only the newest comes.
        if answer.number < self._newest.get(note.id, 0):
            return
        self._newest[note.id] = answer.number
        if note.over is Over.TOLD and answer.reply is not note.reply:
            # They changed it before they could know that the person had heard.
            note = replace(note, over=None, over_at=None, over_kept_at=None)
        if not note.is_open:
            # The hub tells answers only of what is not over there: it must hear so.
            await self._change(replace(note, over_kept_at=None))
            return
        said = harmless(answer.text)
        if (answer.reply, said) != (note.reply, note.said):
            logger.info("a note was answered")
            changed = replace(note, reply=answer.reply, said=said, told_at=None)
            # The hub would not have it if it had not kept it.
            kept_at = note.kept_at or self._clock.now()
            await self._change(replace(changed, kept_at=kept_at))

    async def _tell(self, line: HubLine, id: NoteId, person: Person | None) -> None:
        note = self._notes.get(id)
        message = to_send(note, person) if note is not None else None
        if message is None or not await line.deliver(message):
            return
        # It may have been withdrawn or answered meanwhile.
        found = self._notes.get(id)
        if found is None:
            return
        now = self._clock.now()
        if isinstance(message, PutNote):
            await self._change(replace(found, kept_at=now))
        elif found.over is message.reason:
            await self._change(replace(found, over_kept_at=now))

    async def _forget_old(self, now: datetime) -> None:
        """What the hub knows to be over, and is forgotten or too old to be told."""
        for note in list(self._notes.values()):
            is_useless = note.is_forgotten or now - note.at >= REMEMBERED
            if note.over_kept_at is not None and is_useless:
                await asyncio.to_thread(self._book.forget, note.id)
                del self._notes[note.id]
                self._newest.pop(note.id, None)

    # -- the card ---------------------------------------------------------------------

    async def _change(self, note: Note) -> None:
        if self._notes.get(note.id) == note:
            return
        # Here at once, so that nobody changes what it was before.
        self._notes[note.id] = note
        self._unwritten.add(note.id)
        await self._catch_up()
        self._changed()

    async def _catch_up(self) -> None:
        """Write how they stand; what the card refuses is tried again."""
        for number in tuple(self._unwritten):
            note = self._notes.get(number)
            self._unwritten.discard(number)
            if note is None:
                continue
            try:
                if not await asyncio.to_thread(self._book.change, note):
                    # Deleted with who was asked, or by who looked in the journal.
                    self._notes.pop(number, None)
            except StoreError as error:
                logger.error("notes on the card fail: %s", type(error).__name__)
                self._unwritten.add(number)
                return

    def _changed(self) -> None:
        self._wake.set()
        self._moved.set()
        for callback in self._on_change:
            callback()
