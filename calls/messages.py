"""What device, hub and family page tell each other (pure).

A message with an "id" is repeated by its sender until an Ack with that id comes; who
gets it twice acts on it once. How they travel: `calls.wire`; those about a call:
`calls.call_messages`. States and keys: docs/developers/calls.md.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from calls.agenda_messages import (
    Proposal,
    ProposalStands,
    ProposalWithdrawn,
    SharedAgenda,
)
from calls.call_messages import (
    Accepted,
    Answer,
    Candidate,
    Ended,
    Media,
    Offer,
    Reconnect,
    Ring,
    Ringing,
)
from calls.note_messages import NoteAnswer, NoteOver, PutNote, ShownNotes
from calls.wire import Message, understand


class Role(StrEnum):
    """What a member may do."""

    FAMILY = "family"
    CLOSE_FAMILY = "close_family"
    COORDINATOR = "coordinator"


@dataclass(frozen=True, slots=True)
class Ack(Message):
    """The message with this id came, and what it asks for is kept."""

    type: ClassVar[str] = "ack"
    id: str


# -- connecting -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Challenge(Message):
    """Hub to device, first of all: sign this (`calls.keys`)."""

    type: ClassVar[str] = "challenge"
    nonce: str


@dataclass(frozen=True, slots=True)
class Proof(Message):
    """Device to hub: who it is, and the challenge signed with its key."""

    type: ClassVar[str] = "proof"
    device: str
    signature: str
    version: int


@dataclass(frozen=True, slots=True)
class Welcome(Message):
    """Hub to device or page: connected.

    Attributes:
        version: Of the hub; a page that was made for another reloads itself.
        now: Time of the hub, in seconds since 1970.
    """

    type: ClassVar[str] = "welcome"
    version: int
    now: float


@dataclass(frozen=True, slots=True)
class Refused(Message):
    """Hub to device or page, before it closes: why.

    Attributes:
        reason: "signature", "unknown_device", "removed", "version", "too_many".
    """

    type: ClassVar[str] = "refused"
    reason: str


# -- device and hub ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IceServer(Message):
    """A STUN or TURN server (RFC 8489, RFC 8656).

    Attributes:
        url: "stun:HOST:PORT" or "turn:HOST:PORT?transport=udp".
        username: Of TURN, else empty.
        credential: Of TURN, else empty.
    """

    type: ClassVar[str] = "ice_server"
    url: str
    username: str
    credential: str


@dataclass(frozen=True, slots=True)
class IceServers(Message):
    """Hub to device: all it may use, before and after each expiry.

    A page gets the same from /api/ice. None at all: only what is reached directly.

    Attributes:
        expires: When the credentials end, in seconds since 1970.
    """

    type: ClassVar[str] = "ice_servers"
    servers: tuple[IceServer, ...]
    expires: float


@dataclass(frozen=True, slots=True)
class Invite(Message):
    """Device to hub: let somebody follow this household. Answered by Invited.

    Attributes:
        name: As the person names them.
        email: Where the invitation also goes; empty: nowhere.
        language: "nl" or "en", of that mail.
    """

    type: ClassVar[str] = "invite"
    id: str
    member: str
    name: str
    role: Role
    email: str
    language: str


@dataclass(frozen=True, slots=True)
class Invited(Message):
    """Hub to device: the invitation.

    Attributes:
        re: The id of the Invite.
        url: To be opened once.
        expires: In seconds since 1970.
    """

    type: ClassVar[str] = "invited"
    re: str
    member: str
    url: str
    expires: float


@dataclass(frozen=True, slots=True)
class Member(Message):
    """Somebody who follows a household.

    Attributes:
        member: Its id, made by the device.
        has_joined: Whether the invitation was used.
        can_ring: Whether something of theirs can ring now.
        sees_presence: Agreed: sees whether the device is online.
        sees_use: Agreed: sees whether it was used today.
        sees_agenda: Agreed: sees what is to come, and may propose something.
    """

    type: ClassVar[str] = "member"
    member: str
    name: str
    role: Role
    has_joined: bool
    can_ring: bool
    sees_presence: bool
    sees_use: bool
    sees_agenda: bool = False


@dataclass(frozen=True, slots=True)
class Members(Message):
    """Hub to device: all that follow it, at each change."""

    type: ClassVar[str] = "members"
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Agree(Message):
    """Device to hub: what the person agreed a member may see."""

    type: ClassVar[str] = "agree"
    id: str
    member: str
    role: Role
    sees_presence: bool
    sees_use: bool
    sees_agenda: bool = False


@dataclass(frozen=True, slots=True)
class Withdraw(Message):
    """Device to hub: this member follows no longer; at once."""

    type: ClassVar[str] = "withdraw"
    id: str
    member: str


@dataclass(frozen=True, slots=True)
class UsedToday(Message):
    """Device to hub: used on this day; sent only where somebody may see it."""

    type: ClassVar[str] = "used_today"
    id: str
    day: str


@dataclass(frozen=True, slots=True)
class Alarm(Message):
    """Device to hub: tell these members until one of them acknowledges.

    Attributes:
        alarm: Made by the device; the same alarm may come more than once.
        kind: "missed_check_in".
        at: In seconds since 1970.
        members: In the order in which they are told.
    """

    type: ClassVar[str] = "alarm"
    id: str
    alarm: str
    kind: str
    at: float
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlarmOver(Message):
    """Device to hub: no longer needed, the person was heard."""

    type: ClassVar[str] = "alarm_over"
    id: str
    alarm: str


@dataclass(frozen=True, slots=True)
class Acknowledged(Message):
    """Hub to device: this member takes care of the alarm."""

    type: ClassVar[str] = "acknowledged"
    id: str
    alarm: str
    member: str


# -- page and hub -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Household(Message):
    """Hub to page: a household it follows, at each change.

    Attributes:
        member: As which member.
        name: Of the person, as the member knows them.
        online: Whether the device is there; None: not agreed.
        used_today: None: not agreed, or not known.
        alarms: Those that wait for an acknowledgement.
        agenda: Another text whenever /api/agenda would tell something else; empty: not
            agreed.
    """

    type: ClassVar[str] = "household"
    member: str
    name: str
    role: Role
    online: bool | None
    used_today: bool | None
    alarms: tuple[str, ...]
    agenda: str = ""


@dataclass(frozen=True, slots=True)
class Gone(Message):
    """Hub to page: this household is followed no longer."""

    type: ClassVar[str] = "gone"
    member: str


MESSAGES: dict[str, type[Message]] = {
    each.type: each
    for each in (
        Ack, Challenge, Proof, Welcome, Refused, Ring, Ringing, Accepted, Offer,
        Answer, Candidate, Reconnect, Media, Ended, IceServers, Invite, Invited,
        Members, Agree, Withdraw, UsedToday, Alarm, AlarmOver, Acknowledged, Household,
        PutNote, NoteOver, NoteAnswer, ShownNotes,
        Gone, SharedAgenda, Proposal, ProposalWithdrawn, ProposalStands,
    )
}  # fmt: skip


def read(text: str) -> Message:
    """Understand what came.

    Raises:
        BadMessage: If it is no message of ours; see `calls.wire.understand`.
    """
    return understand(text, MESSAGES)
