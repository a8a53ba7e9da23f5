"""What device, hub and page tell each other of a question to one member (pure).

The device makes a note: it sends it until the hub acks it, which is when it is kept
there. What the member answers goes the other way, at each connection again, until the
device says that the note is over.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from calls.wire import Message

LONGEST_NOTE = 200
"""Characters of what is asked, and of what is answered: two or three sentences."""

MOST_OPEN = 20
"""Notes of one household that wait for something; nobody has more to ask."""

MOST_SHOWN = 10
"""Of one member on a page: so many of the longest fit in one message."""

LONGEST_OPEN_S = 30 * 86_400.0
"""Who has not answered in a month does not; what is further off is asked again."""


class About(StrEnum):
    """What a note is about, which decides how it may be answered."""

    GO_ALONG = "go_along"  # to something in the agenda
    OFFER = "offer"  # the person would do something for somebody
    REQUEST = "request"  # the person looks for somebody who does something
    VISIT = "visit"  # of a visitor, and what the person wishes of it


class Reply(StrEnum):
    """What the member answers."""

    YES = "yes"
    NO = "no"
    SEEN = "seen"


REPLIES = {
    About.GO_ALONG: (Reply.YES, Reply.NO),
    About.OFFER: (Reply.SEEN,),
    About.REQUEST: (Reply.YES, Reply.NO),
    About.VISIT: (Reply.SEEN,),
}
"""What may be answered."""


class Over(StrEnum):
    """Why a note needs no answer any more."""

    TOLD = "told"  # the person heard the answer
    WITHDRAWN = "withdrawn"  # it does not take place, or the member follows no longer
    EXPIRED = "expired"  # its time came


@dataclass(frozen=True, slots=True)
class PutNote(Message):
    """Device to hub: keep this, and let the member know that there is something.

    Attributes:
        note: Its id, made by the device; the same note may come more than once.
        member: For whom; nobody else sees it.
        text: What is asked, told or offered; the person said yes to it.
        until: When it is over by itself, in seconds since 1970.
    """

    type: ClassVar[str] = "note"
    id: str
    note: str
    member: str
    about: About
    text: str
    until: float


@dataclass(frozen=True, slots=True)
class NoteOver(Message):
    """Device to hub: no answer is needed any more.

    Attributes:
        reply: What the person heard; another answer that came meanwhile is told first.
    """

    type: ClassVar[str] = "note_over"
    id: str
    note: str
    reason: Over
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class NoteAnswer(Message):
    """Hub to device: what the member answered last, until the note is over.

    Attributes:
        text: Written by the member: may hold anything, or nothing.
        number: Counts how often they answered something else: an older answer that
            comes late is none.
    """

    type: ClassVar[str] = "note_answer"
    id: str
    note: str
    reply: Reply
    text: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class ShownNote(Message):
    """A note as its member sees it.

    Attributes:
        at: When it came, in seconds since 1970.
        reply: What they answered; None: nothing yet.
        said: What they wrote with it.
        over: TOLD: the answer stands; WITHDRAWN: it does not take place; None: they
            may answer, or answer something else.
    """

    type: ClassVar[str] = "shown_note"
    note: str
    about: About
    text: str
    at: float
    reply: Reply | None
    said: str
    over: Over | None


@dataclass(frozen=True, slots=True)
class ShownNotes(Message):
    """Hub to page: all that there is for a member, the newest first."""

    type: ClassVar[str] = "notes"
    member: str
    notes: tuple[ShownNote, ...]
