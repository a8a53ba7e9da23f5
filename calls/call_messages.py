"""What device and family page tell each other about one call; the hub hands it on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from calls.wire import Message


class Reason(StrEnum):
    """Why a call did not come about, or ended."""

    HUNG_UP = "hung_up"  # by either side
    DECLINED = "declined"
    UNANSWERED = "unanswered"  # it rang for as long as it may
    BUSY = "busy"  # in another call
    QUIET = "quiet"  # the person rests; only for those who may not disturb
    ELSEWHERE = "elsewhere"  # answered on another page of the same member
    UNREACHABLE = "unreachable"  # nothing of theirs can ring
    WITHDRAWN = "withdrawn"  # the person let them call no longer
    OFFLINE = "offline"  # no way to the hub, or the device is not there
    LOST = "lost"  # the connection broke and did not come back
    FAILED = "failed"  # no way for sound and picture was found
    NO_MICROPHONE = "no_microphone"  # refused by the browser, or none there


class RingsBy(StrEnum):
    """How somebody notices a call."""

    PAGE = "page"
    PUSH = "push"
    MAIL = "mail"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class CallMessage(Message):
    """Base of all about one call; the hub hands them on as they are.

    The device knows its own state of a call, each page its own; the hub keeps none
    but who rings, so that a hub that starts anew disturbs no call.

    Attributes:
        id: Of this message.
        call: Of the call, made by who calls.
        member: Which member of which household is the other end.
        page: Which page of the member; chosen by the page when it is loaded, and
            told when it connects: /api/page?page=ID. Empty, from the device: all of
            them.
    """

    id: str
    call: str
    member: str
    page: str


@dataclass(frozen=True, slots=True)
class Ring(CallMessage):
    """Somebody calls.

    Attributes:
        name: Who calls, as it is shown; the hub fills it in.
        seconds: How long it rings.
    """

    type: ClassVar[str] = "ring"
    name: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Ringing(CallMessage):
    """It rings: a page shows it, or the hub sent something that does."""

    type: ClassVar[str] = "ringing"
    by: RingsBy


@dataclass(frozen=True, slots=True)
class Accepted(CallMessage):
    """The call was answered; the page now sends an Offer."""

    type: ClassVar[str] = "accepted"


@dataclass(frozen=True, slots=True)
class Offer(CallMessage):
    """Always from a page: its end of the connection (RFC 8829).

    Attributes:
        attempt: 1, and one more for each connection anew within the call.
        sdp: With the candidates it knows; others follow.
    """

    type: ClassVar[str] = "offer"
    attempt: int
    sdp: str


@dataclass(frozen=True, slots=True)
class Answer(CallMessage):
    """Always from the device, to an Offer."""

    type: ClassVar[str] = "answer"
    attempt: int
    sdp: str


@dataclass(frozen=True, slots=True)
class Candidate(CallMessage):
    """One more way to the page (RFC 8838); empty: there are no more."""

    type: ClassVar[str] = "candidate"
    attempt: int
    candidate: str
    mid: str


@dataclass(frozen=True, slots=True)
class Reconnect(CallMessage):
    """From the device: make a new Offer, the connection broke."""

    type: ClassVar[str] = "reconnect"
    attempt: int


@dataclass(frozen=True, slots=True)
class Media(CallMessage):
    """What the sender sends now, and whether it shows captions of what it hears."""

    type: ClassVar[str] = "media"
    microphone: bool
    camera: bool
    captions: bool


@dataclass(frozen=True, slots=True)
class Ended(CallMessage):
    """No call (any more)."""

    type: ClassVar[str] = "ended"
    reason: Reason
