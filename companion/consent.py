"""What the person agreed to, with whom, and since when (pure).

Each is agreed with one somebody, and can be taken back at any time. All
that was said is kept as a text with its date; the newest of each holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from calls.messages import Role


class Agreement(StrEnum):
    """What can be agreed with somebody who follows; named in the language pack."""

    PRESENCE = "presence"  # they see whether the device is there
    USE = "use"  # they see whether it was used today
    MISSED_CHECK_IN = "missed_check_in"  # they are told of a check-in without answer
    AGENDA = "agenda"  # they see what is to come, and may propose something
    QUIET_HOURS = "quiet_hours"  # their calls ring in quiet hours as well
    AUTO_ANSWER = "auto_answer"  # their calls are answered after a countdown


CLOSE_ONLY = frozenset({Agreement.QUIET_HOURS, Agreement.AUTO_ANSWER})
"""Who disturbs at night or looks into the room must be close family."""


class Way(StrEnum):
    """How it was said."""

    VOICE = "voice"  # to the device, or by its yes and no buttons
    COMMAND = "command"  # by who helps the person, at the command line


@dataclass(frozen=True, slots=True)
class Consent:
    """One yes or no.

    Attributes:
        person: Number of whom it is about, in the list of people.
        agreement: On what.
        is_given: True: agreed; False: taken back, or not agreed when asked.
        way: How it was said.
        at: When, local and aware of its zone.
    """

    person: int
    agreement: Agreement
    is_given: bool
    way: Way
    at: datetime


def agreements_for(role: Role) -> tuple[Agreement, ...]:
    """What can be agreed with somebody who follows as this."""
    return tuple(
        t for t in Agreement if t not in CLOSE_ONLY or role is Role.CLOSE_FAMILY
    )


def agreed(consents: Iterable[Consent], person: int) -> frozenset[Agreement]:
    """What holds for somebody.

    Args:
        consents: All, oldest first.
        person: Their number.
    """
    newest = {
        each.agreement: each.is_given for each in consents if each.person == person
    }
    return frozenset(each for each, is_given in newest.items() if is_given)


@dataclass(frozen=True, slots=True)
class Held:
    """What holds for somebody, since when, and how it was said last.

    Attributes:
        agreement: What.
        since: When it was agreed after it was not.
        said_at: When it was agreed last: it is asked again now and then.
        way: How it was said then.
    """

    agreement: Agreement
    since: datetime
    said_at: datetime
    way: Way


def held(consents: Iterable[Consent], person: int) -> list[Held]:
    """All that holds for somebody, in the order of `Agreement`.

    Args:
        consents: All, oldest first.
        person: Their number.
    """
    found: dict[Agreement, Held] = {}
    for each in consents:
        if each.person != person:
            continue
        before = found.pop(each.agreement, None)
        if each.is_given:
            since = before.since if before else each.at
            found[each.agreement] = Held(each.agreement, since, each.at, each.way)
    return [found[agreement] for agreement in Agreement if agreement in found]
