"""A call to one person, over video or telephone: its states, and who can make one.

`Phone` is what the companion knows of all this.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from calls.call_messages import Reason, RingsBy


class CallState(StrEnum):
    """Where a call is."""

    CALLING = "calling"  # going out; nothing rings there yet
    RINGING = "ringing"  # at the other side; for a call that comes in, here
    CONNECTING = "connecting"  # answered; sound and picture are on their way
    ACTIVE = "active"  # sound goes both ways
    INTERRUPTED = "interrupted"  # nothing came for 1.5 s
    RECONNECTING = "reconnecting"  # a new connection within the same call
    ENDED = "ended"


class CallEvent(StrEnum):
    """What moves a call from one state to the next."""

    RINGS = "rings"
    ACCEPTED = "accepted"
    SOUND_CAME = "sound_came"
    NOTHING_COMES = "nothing_comes"
    RECONNECT = "reconnect"
    END = "end"


_C, _E = CallState, CallEvent

# An event that is not here is late or doubled, and changes nothing.
TRANSITIONS: dict[CallState, dict[CallEvent, CallState]] = {
    _C.CALLING: {
        _E.RINGS: _C.RINGING,
        _E.ACCEPTED: _C.CONNECTING,
        _E.END: _C.ENDED,
    },
    _C.RINGING: {_E.ACCEPTED: _C.CONNECTING, _E.END: _C.ENDED},
    _C.CONNECTING: {
        _E.SOUND_CAME: _C.ACTIVE,
        _E.RECONNECT: _C.RECONNECTING,
        _E.END: _C.ENDED,
    },
    _C.ACTIVE: {
        _E.NOTHING_COMES: _C.INTERRUPTED,
        _E.RECONNECT: _C.RECONNECTING,
        _E.END: _C.ENDED,
    },
    _C.INTERRUPTED: {
        _E.SOUND_CAME: _C.ACTIVE,
        _E.RECONNECT: _C.RECONNECTING,
        _E.END: _C.ENDED,
    },
    _C.RECONNECTING: {_E.SOUND_CAME: _C.ACTIVE, _E.END: _C.ENDED},
    _C.ENDED: {},
}


def after(state: CallState, event: CallEvent) -> CallState:
    """The next state; the same one where the event means nothing now."""
    return TRANSITIONS[state].get(event, state)


class CallError(Exception):
    """Base of the errors of calls."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who can be called, or calls.

    Attributes:
        address: Where: for video the member's id, for a telephone its number.
        name: As the person says it; for who is not in their list, as it came.
    """

    address: str
    name: str

    def __repr__(self) -> str:
        """Without name and address: it ends up in logs."""
        return "Caller()"


@dataclass(frozen=True, slots=True)
class CallChange:
    """How a call stands.

    Attributes:
        state: Now.
        reason: Why it ended; None before.
        rings_by: By what it rings at the other side, as far as is known.
        has_picture: Whether their picture comes.
        has_microphone: False when they switched theirs off.
    """

    state: CallState
    reason: Reason | None = None
    rings_by: frozenset[RingsBy] = frozenset()
    has_picture: bool = False
    has_microphone: bool = True


class Call(Protocol):
    """One call, from the first ring to the end."""

    @property
    def caller(self) -> Caller:
        """The other side."""

    @property
    def now(self) -> CallChange:
        """How it stands."""

    def changes(self) -> AsyncIterator[CallChange]:
        """How it stands, now and at each change, up to and with the end."""

    async def accept(self, *, camera: bool) -> None:
        """Answer a call that came in.

        Args:
            camera: Whether our picture goes to the other side from the start.
        """

    async def show_camera(self, is_shown: bool) -> None:
        """Let our picture go to the other side, or not."""

    async def end(self, reason: Reason) -> None:
        """Hang up, or decline; it has ended when this returns. May be called twice."""


class Phone(Protocol):
    """Rings people, and is rung."""

    @property
    def has_camera(self) -> bool:
        """Whether there is a picture of ours to send."""

    def call(self, caller: Caller, seconds: int, *, camera: bool) -> Call:
        """Ring somebody; what comes of it is told by the call.

        Args:
            caller: Whom.
            seconds: How long it rings at most.
            camera: Whether our picture goes there once they answer.
        """

    def incoming(self) -> AsyncIterator[Call]:
        """Calls that come in, as they come, without end.

        Who does not take them from here does not hear them: they ring out.
        """
