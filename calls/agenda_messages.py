"""What device and hub tell each other of the agenda that is shared (pure).

The device tells what is to come, whole each time. What a member proposes goes the other
way: the hub sends it until the device has told how it stands, and the device tells that
until the hub acks it. A proposal never changes; who wants another one withdraws it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from calls.wire import Message

SHARED_DAYS = 28
"""From today on: the weeks that somebody who helps plans ahead."""

MOST_SHARED = 150
"""Occurrences in those weeks: five a day, more than anybody keeps up with."""

LONGEST_WHAT = 80
"""Characters of what something is, and of where: as much as can be said in a breath."""


SHARED_KINDS = ("appointment", "birthday")


class Repeats(StrEnum):
    """How what is proposed comes back."""

    ONCE = "once"
    WEEKLY = "weekly"


class ProposalState(StrEnum):
    """How a proposal stands."""

    SENT = "sent"  # the hub has it, the device not yet
    WAITING = "waiting"  # on the device; the person was not asked yet
    IN_AGENDA = "in_agenda"  # the person said yes
    REFUSED = "refused"  # the person said no
    OVER = "over"  # the time came before the answer
    WITHDRAWN = "withdrawn"  # the member took it back, and the device knows


ANSWERED = frozenset(
    {ProposalState.IN_AGENDA, ProposalState.REFUSED, ProposalState.OVER}
)
"""These stay as they are."""


@dataclass(frozen=True, slots=True)
class SharedEntry(Message):
    """One time that something happens.

    Attributes:
        kind: "appointment" or "birthday".
        what: What it is.
        day: By the wall clock of the person, as YYYY-MM-DD.
        time: As HH:MM; empty: all day.
        place: Where; empty: nobody said.
    """

    type: ClassVar[str] = "shared_entry"
    kind: str
    what: str
    day: str
    time: str
    place: str


@dataclass(frozen=True, slots=True)
class SharedAgenda(Message):
    """Device to hub: all that is shared; what was told before is forgotten.

    Attributes:
        zone: Of the person's wall clock, such as "Europe/Amsterdam".
        left_out: How many more there are in these days.
    """

    type: ClassVar[str] = "shared_agenda"
    id: str
    zone: str
    entries: tuple[SharedEntry, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Proposal(Message):
    """Hub to device: a member proposes something.

    Attributes:
        proposal: Its id, made by the hub.
        member: Who proposes it.
        what: Written by them: may hold anything.
        day: The day, or the first one, as YYYY-MM-DD by the person's wall clock.
        time: As HH:MM; empty: all day.
        place: Written by them as well; may be empty.
    """

    type: ClassVar[str] = "proposal"
    id: str
    proposal: str
    member: str
    what: str
    day: str
    time: str
    place: str
    repeats: Repeats


@dataclass(frozen=True, slots=True)
class ProposalWithdrawn(Message):
    """Hub to device: the member took it back; where it was answered, it stays."""

    type: ClassVar[str] = "proposal_withdrawn"
    id: str
    proposal: str


@dataclass(frozen=True, slots=True)
class ProposalStands(Message):
    """Device to hub: how a proposal stands; never SENT."""

    type: ClassVar[str] = "proposal_stands"
    id: str
    proposal: str
    state: ProposalState
