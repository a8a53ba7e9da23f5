"""A check-in that nobody answered, and who is told of it (pure).

The hub tells one after the other until somebody takes care. The device only says whom,
and that it is over as soon as the person is heard again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from calls.messages import Alarm, AlarmOver, Role
from calls.wire import new_id
from companion.consent import Agreement
from companion.people import Person, PersonId

KIND = "missed_check_in"

REACHED_WITHIN = timedelta(minutes=1)
"""A hub that is there has it within a second; later it is said that it has not."""

REMEMBERED = timedelta(days=8)
"""The hub tells nobody any more after a week; one day for a clock that was off."""


@dataclass(frozen=True, slots=True)
class AlarmRecord:
    """One check-in that nobody answered, as it is kept.

    Attributes:
        id: Made here; the hub knows the alarm by it, however often it is sent.
        at: When the check-in was missed, local and aware of its zone.
        people: Who is told, in that order; who may be told no longer is taken out.
        kept_at: When the hub first confirmed that it tells them.
        acknowledged_by: Who takes care; None as well if nobody knows any more who.
        acknowledged_at: When the device heard that.
        over_at: When the person was heard again.
        over_kept_at: When the hub confirmed that it knows.
    """

    id: str
    at: datetime
    people: tuple[PersonId, ...]
    kept_at: datetime | None = None
    acknowledged_by: PersonId | None = None
    acknowledged_at: datetime | None = None
    over_at: datetime | None = None
    over_kept_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the person was not heard since."""
        return self.over_at is None


class Standing(StrEnum):
    """How it stands with an alarm, as the person is told."""

    ASKING = "asking"  # it is on its way
    UNREACHED = "unreached"  # no hub has it yet
    ASKED = "asked"  # they are told, one after the other
    LOOKING = "looking"  # somebody takes care


def standing(alarm: AlarmRecord, now: datetime) -> Standing:
    """How it stands with an alarm that is not over.

    Args:
        alarm: It.
        now: Local time.
    """
    if alarm.acknowledged_at is not None:
        return Standing.LOOKING
    if alarm.kept_at is not None:
        return Standing.ASKED
    is_late = now - alarm.at > REACHED_WITHIN
    return Standing.UNREACHED if is_late else Standing.ASKING


def may_be_told(people: Sequence[Person]) -> list[Person]:
    """Who is told of a check-in that nobody answers, in the order of telling.

    Only who follows and was agreed upon. Close family comes first, for they live with
    it; within that the order of the list, which the person knows as theirs.
    """
    agreed = [
        person
        for person in people
        if person.video and Agreement.MISSED_CHECK_IN in person.agreed
    ]
    return sorted(agreed, key=lambda person: person.role is not Role.CLOSE_FAMILY)


@dataclass(frozen=True, slots=True)
class Sending:
    """What the hub must be told.

    Attributes:
        message: It; another id each time, of the same alarm.
        people: Who is told of the alarm once the hub has this.
    """

    message: Alarm | AlarmOver
    people: tuple[PersonId, ...]


def to_send(alarm: AlarmRecord, people: Sequence[Person]) -> Sending | None:
    """What the hub does not know yet; None: it knows all.

    Args:
        alarm: It.
        people: Everybody in the list, as it is now.
    """
    if alarm.over_at is not None:
        if alarm.over_kept_at is not None:
            return None
        return Sending(AlarmOver(new_id(), alarm.id), alarm.people)
    if alarm.acknowledged_at is not None:
        return None
    members = {
        person.id: person.video for person in may_be_told(people) if person.video
    }
    left = tuple(number for number in alarm.people if number in members)
    is_known = alarm.kept_at is not None
    if (is_known and left == alarm.people) or not (is_known or left):
        return None
    return Sending(
        Alarm(
            id=new_id(),
            alarm=alarm.id,
            kind=KIND,
            at=alarm.at.timestamp(),
            members=tuple(members[number] for number in left),
        ),
        left,
    )
