"""What is shared of the agenda, and what others propose for it (pure)."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from calls.agenda_messages import (
    LONGEST_WHAT,
    MOST_SHARED,
    SHARED_DAYS,
    Proposal,
    ProposalState,
    Repeats,
    SharedAgenda,
    SharedEntry,
)
from calls.wire import MESSAGE_BYTES, write
from companion.agenda import Entry, Kind, Occurrence, moment, occurrences
from companion.consent import Agreement
from companion.people import Person
from companion.understanding.recurrence import Every, Recurrence

SHARED_KINDS = frozenset({Kind.APPOINTMENT, Kind.BIRTHDAY})
"""Medicine is nobody's affair, and what one wants to be reminded of is one's own."""

REMEMBERED = timedelta(days=30)
"""The hub asks no more for a proposal after that time."""

MOST_WAITING = 40
"""More proposals nobody listens to; the hub keeps the others until there is room."""

_LONGEST_WORD = 24
_ALLOWED = frozenset(" .,:;'’&+-/!?%€()")


@dataclass(frozen=True, slots=True)
class Proposed:
    """Something that somebody proposes for the agenda.

    Attributes:
        id: Made by the hub.
        member: Who proposes it (`Person.video`).
        what: What it is, made harmless; empty once that is not needed any more.
        day: The day, or the first one, by the wall clock.
        at: The time of day; None: all day.
        place: Where; may be empty.
        repeats: How it comes back.
        came_at: When the device got it.
        state: How it stands.
        told: How the hub knows it to stand.
    """

    id: str
    member: str
    what: str
    day: date
    at: time | None
    place: str
    repeats: Repeats
    came_at: datetime
    state: ProposalState = ProposalState.WAITING
    told: ProposalState = ProposalState.SENT

    def __repr__(self) -> str:
        """Without what it says: it ends up in logs."""
        return f"Proposed(state={self.state.value})"

    @property
    def is_known(self) -> bool:
        """Whether the hub knows how it stands."""
        return self.told is self.state

    def answered(self, state: ProposalState) -> "Proposed":
        """The same, settled; its words are not needed any more."""
        return replace(self, state=state, what="", place="")


def may_see(people: Iterable[Person]) -> dict[str, Person]:
    """Who may see the agenda and propose something for it, by their id as a member."""
    return {
        person.video: person
        for person in people
        if person.video and Agreement.AGENDA in person.agreed
    }


# -- shared ---------------------------------------------------------------------------


def to_share(
    entries: Iterable[Entry], today: date, zone: str, message: str
) -> SharedAgenda:
    """What those may see with whom it was agreed: the next weeks, whole.

    Args:
        entries: Of the agenda.
        today: By the person's wall clock.
        zone: Of that clock.
        message: Id of the message.
    """
    shown = [e for e in entries if e.kind in SHARED_KINDS and not e.is_private]
    until = today + timedelta(days=SHARED_DAYS - 1)
    every = [_shared(one) for one in occurrences(shown, today, until)]
    # A message has its bounds; what is left out is the last of all, and counted.
    count = min(len(every), MOST_SHARED)
    while True:
        agenda = SharedAgenda(message, zone, tuple(every[:count]), len(every) - count)
        if not count or len(write(agenda)) <= MESSAGE_BYTES:
            return agenda
        count = count * 3 // 4


def _shared(one: Occurrence) -> SharedEntry:
    return SharedEntry(
        kind=one.entry.kind.value,
        what=one.entry.what[:LONGEST_WHAT],
        day=one.wall.date().isoformat(),
        time="" if one.is_all_day else f"{one.wall:%H:%M}",
        place=one.entry.place[:LONGEST_WHAT],
    )


# -- proposed -------------------------------------------------------------------------


def read_proposal(message: Proposal, now: datetime) -> Proposed | None:
    """What came, made harmless; None if nobody can be asked that."""
    what = harmless(message.what)
    try:
        day = date.fromisoformat(message.day)
        at = time.fromisoformat(message.time) if message.time else None
    except ValueError:
        return None
    if not any(map(str.isalnum, what)) or (at is not None and at.tzinfo is not None):
        return None
    return Proposed(
        id=message.proposal,
        member=message.member,
        what=what,
        day=day,
        at=at,
        place=harmless(message.place),
        repeats=message.repeats,
        came_at=now,
    )


def harmless(text: str) -> str:
    """What somebody else wrote, as it can be said and shown: letters, and no markup.

    Control characters and what turns the direction of text become spaces, and words
    that nobody could follow are cut.
    """
    plain = unicodedata.normalize("NFKC", text)
    kept = "".join(c if c.isalnum() or c in _ALLOWED else " " for c in plain)
    words = (word[:_LONGEST_WORD] for word in kept.split())
    return " ".join(words)[:LONGEST_WHAT].strip(" .,:;-/")


def is_over(proposed: Proposed, now: datetime) -> bool:
    """Whether it is of no use any more to ask.

    Args:
        proposed: What.
        now: Local and aware.
    """
    assert now.tzinfo is not None
    if proposed.repeats is Repeats.WEEKLY:
        return False
    at = proposed.at or time.max.replace(microsecond=0)
    ends = moment(datetime.combine(proposed.day, at), now.tzinfo)
    return ends.timestamp() <= now.timestamp()


def entry_of(proposed: Proposed, by: str, now: datetime) -> Entry:
    """As it stands in the agenda.

    Args:
        proposed: What.
        by: Who proposed it, as the person names them.
        now: Local and aware.
    """
    weekly = Recurrence(Every.WEEK, weekdays=(proposed.day.weekday(),))
    return Entry(
        id=None,
        kind=Kind.APPOINTMENT,
        what=proposed.what,
        day=proposed.day,
        created_at=now,
        times=() if proposed.at is None else (proposed.at,),
        rule=weekly.rule if proposed.repeats is Repeats.WEEKLY else "",
        place=proposed.place,
        by=by,
    )
