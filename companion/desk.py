"""What a conversation needs to ring people."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from calls.call import Phone
from companion.keys import CallKeys
from companion.people import Person


@dataclass(frozen=True, slots=True)
class Desk:
    """What a conversation needs to ring people.

    Attributes:
        phone: Rings them; None on a device without calls.
        people: Everybody in the list, as it is now.
        in_call: Held by the conversation that has the floor while it is in a call.
        ring_s: How long somebody is rung, in seconds.
        countdown_s: How long is counted down before a call is answered by itself.
        has_screen: Whether the person can see the other side.
    """

    phone: Phone | None
    people: Callable[[], Awaitable[Sequence[Person]]]
    in_call: Callable[[CallKeys], AbstractContextManager[None]]
    ring_s: int
    countdown_s: int
    has_screen: bool
