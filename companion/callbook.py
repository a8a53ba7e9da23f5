"""What is kept of calls, and which of them the person missed (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from calls.call_messages import Reason
from companion.people import PersonId

# Who missed a call a month ago has spoken with them since, or does not wait for it.
TOLD_WITHIN = timedelta(days=7)

# One without an end is going on, or the power went while it rang.
RINGS_AT_MOST = timedelta(minutes=5)


class Direction(StrEnum):
    """Who called whom."""

    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call, as it is kept.

    Attributes:
        key: Made with the call.
        direction: Who called whom.
        person: Who of the list; None for somebody else.
        name: As it came, of somebody who is not in the list.
        began_at: When it began to ring, local and aware of its zone.
        answered_at: When sound went both ways; None if it never did.
        ended_at: When it ended; None while it goes on, or when the power went.
        reason: Why it ended.
        told_at: When the person was told of a call that they missed.
    """

    key: str
    direction: Direction
    person: PersonId | None
    name: str | None
    began_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    reason: Reason | None = None
    told_at: datetime | None = None

    def __repr__(self) -> str:
        """Without the name: it ends up in logs."""
        return f"CallRecord(direction={self.direction.value}, reason={self.reason})"

    @property
    def is_missed(self) -> bool:
        """Whether somebody called and the person did not speak with them.

        Who declined knows of it.
        """
        return (
            self.direction is Direction.IN
            and self.answered_at is None
            and self.reason is not Reason.DECLINED
        )


@dataclass(frozen=True, slots=True)
class Missed:
    """Somebody called in vain, perhaps more than once.

    Attributes:
        calls: Those that were not told yet, oldest first.
    """

    calls: tuple[CallRecord, ...]

    @property
    def last(self) -> CallRecord:
        """The newest."""
        return self.calls[-1]


def missed(calls: Sequence[CallRecord], now: datetime) -> list[Missed]:
    """Who called in vain and is to be told of, the newest first.

    Whom the person spoke with since needs no telling.

    Args:
        calls: At least those of `TOLD_WITHIN`, oldest first.
        now: Local time.
    """
    found: dict[PersonId | str | None, list[CallRecord]] = {}
    for call in calls:
        who = call.person if call.person is not None else call.name
        if call.answered_at is not None:
            found.pop(who, None)
        elif call.is_missed and call.told_at is None:
            has_ended = call.reason or now - call.began_at > RINGS_AT_MOST
            if has_ended and now - call.began_at <= TOLD_WITHIN:
                found.setdefault(who, []).append(call)
    by_caller = [Missed(tuple(calls)) for calls in found.values()]
    return sorted(by_caller, key=lambda m: m.last.began_at.timestamp(), reverse=True)
