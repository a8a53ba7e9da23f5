"""What device, hub and family page tell each other: the wire format (pure).

Each message is one JSON object in one WebSocket text frame: "type" names its class
here, the other keys are its fields. A message with an "id" is repeated by its sender
until an Ack with that id comes; who gets it twice acts on it once. Everything that
comes in is checked here. States and keys: docs/developers/calls.md.
"""

import json
import re
import secrets
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, TypeVar, get_args, get_origin

VERSION = 1
"""Of this format; each end tells its own, and another one is told so."""

MESSAGE_BYTES = 65_536
"""The longest: an offer with many candidates has some 8 kB."""

LONGEST_TEXT = 200
"""Characters in any text but an SDP."""

LONGEST_SDP = 49_152

MOST_ITEMS = 200
"""Of a list."""


class BadMessage(ValueError):
    """No message of ours; the reason names no content."""


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


class Role(StrEnum):
    """What a member may do."""

    FAMILY = "family"
    CLOSE_FAMILY = "close_family"
    COORDINATOR = "coordinator"


@dataclass(frozen=True, slots=True)
class Message:
    """Base of all."""

    type: ClassVar[str] = ""


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


# -- a call ---------------------------------------------------------------------


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
    """

    type: ClassVar[str] = "member"
    member: str
    name: str
    role: Role
    has_joined: bool
    can_ring: bool
    sees_presence: bool
    sees_use: bool


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
    """

    type: ClassVar[str] = "household"
    member: str
    name: str
    role: Role
    online: bool | None
    used_today: bool | None
    alarms: tuple[str, ...]


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
        Gone,
    )
}  # fmt: skip

Some = TypeVar("Some", bound=Message)

# Made with `new_id`; nothing else is looked up or written into a log.
_ID = re.compile(r"[A-Za-z0-9_-]{0,64}")
_IDS = {
    "id", "re", "call", "member", "page", "alarm", "device", "members", "alarms",
}  # fmt: skip
_LONGEST = {"sdp": LONGEST_SDP, "candidate": 1_000, "url": 1_000}


def write(message: Message) -> str:
    """As it travels."""
    return json.dumps(_plain(message), separators=(",", ":"))


def read(text: str) -> Message:
    """Understand what came.

    Raises:
        BadMessage: If it is none of ours: unknown type, a field missing, of another
            type, too long or too much. Unknown fields are left out, so that a newer
            end may tell more.
    """
    if len(text) > MESSAGE_BYTES:
        raise BadMessage("too long")
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        # A number of a million digits is a ValueError as well.
        raise BadMessage("not JSON") from error
    if not isinstance(found, dict):
        raise BadMessage("not an object")
    name = found.get("type")
    kind = MESSAGES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise BadMessage("unknown type")
    return _read_as(kind, found)


def _plain(message: Message) -> dict[str, Any]:
    plain: dict[str, Any] = {"type": message.type}
    for each in fields(message):
        value = getattr(message, each.name)
        if isinstance(value, tuple):
            value = [_plain(v) if isinstance(v, Message) else v for v in value]
        plain[each.name] = value
    return plain


def _read_as(kind: type[Some], found: dict[str, Any]) -> Some:
    values = {}
    for each in fields(kind):
        if each.name not in found:
            raise BadMessage(f"{kind.type} without {each.name}")
        values[each.name] = _value(kind.type, each.name, each.type, found[each.name])
    return kind(**values)


def _value(of: str, name: str, kind: Any, value: Any) -> Any:
    """A value of that type; JSON knows no others."""
    if get_origin(kind) is tuple:
        if not isinstance(value, list) or len(value) > MOST_ITEMS:
            raise BadMessage(f"{of}.{name} is no list")
        inner = get_args(kind)[0]
        return tuple(_value(of, name, inner, each) for each in value)
    if type(None) in get_args(kind):
        if value is None:
            return None
        kind = get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, Message):
        if not isinstance(value, dict):
            raise BadMessage(f"{of}.{name} is no object")
        return _read_as(kind, value)
    if kind is float and type(value) is int:
        value = float(value)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        if not isinstance(value, str) or value not in set(kind):
            raise BadMessage(f"{of}.{name} is unknown")
        return kind(value)
    if type(value) is not kind:
        raise BadMessage(f"{of}.{name} is no {kind.__name__}")
    if isinstance(value, str):
        _check_text(of, name, value)
    return value


def _check_text(of: str, name: str, value: str) -> None:
    if name in _IDS and not _ID.fullmatch(value):
        raise BadMessage(f"{of}.{name} is no id")
    if len(value) > _LONGEST.get(name, LONGEST_TEXT):
        raise BadMessage(f"{of}.{name} is too long")


def _no_number(name: str) -> float:
    raise BadMessage(f"{name} is no number of JSON")


def new_id() -> str:
    """An id that nobody guesses: 128 bits."""
    return secrets.token_urlsafe(16)
