"""When the person is told who follows, and asked again what was agreed (pure).

Once a month the device tells it by itself; once a quarter it asks again, one person at
a time. What is not answered twice in a row ends: silence is no consent.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from companion.consent import Agreement, Consent, Way, agreements_for
from companion.people import Person

TELL_AFTER = timedelta(days=30)
ASK_AFTER = timedelta(days=91)

# A person who was silent had company perhaps, or was tired that day.
AGAIN_AFTER = timedelta(days=7)

MOST_UNANSWERED = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """How it went to ask about somebody.

    Attributes:
        on: When last.
        unanswered: How often in a row there was no answer.
    """

    on: date
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class Rounds:
    """What was told and asked so far.

    Attributes:
        told_on: When it was told last who follows; None: never.
        told_of: Numbers of those of whom was told then.
        heard_at: Until when the person was told what was changed for them.
        asked: By number of whom it was about.
    """

    told_on: date | None = None
    told_of: frozenset[int] = frozenset()
    heard_at: datetime | None = None
    asked: Mapping[int, Asked] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Renewal:
    """What is to be asked again about one person."""

    person: Person
    agreements: tuple[Agreement, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """What somebody else changed for the person, about one of those they know.

    Attributes:
        person: Whom it is about.
        given: What is to be asked: it holds, and the person did not say so.
        ended: What is to be told: it holds no longer.
    """

    person: Person
    given: tuple[Agreement, ...]
    ended: tuple[Agreement, ...]


def is_to_tell(rounds: Rounds, followers: Collection[Person], today: date) -> bool:
    """Whether to tell who follows: a month is over, or of somebody nothing was told."""
    if not followers:
        return False
    if rounds.told_on is None or today - rounds.told_on >= TELL_AFTER:
        return True
    return any(person.id not in rounds.told_of for person in followers)


def whom_to_ask(
    rounds: Rounds,
    followers: Iterable[Person],
    consents: Sequence[Consent],
    today: date,
) -> Renewal | None:
    """Whom to ask about again now, and what; the longest ago first.

    Args:
        rounds: What was told and asked so far.
        followers: Who follows.
        consents: All that was ever said, oldest first.
        today: The date where the person is.
    """
    newest = _newest(consents)
    due: list[tuple[date, Renewal]] = []
    for person in followers:
        asked = rounds.asked.get(person.id or 0)
        if asked is not None and today - asked.on < AGAIN_AFTER:
            continue
        said_on = {
            agreement: newest[person.id or 0, agreement].at.date()
            for agreement in _in_order(person)
        }
        old = {a: on for a, on in said_on.items() if today - on >= ASK_AFTER}
        if old:
            due.append((min(old.values()), Renewal(person, tuple(old))))
    return min(due, key=lambda pair: pair[0])[1] if due else None


def whats_changed(
    rounds: Rounds, people: Iterable[Person], consents: Sequence[Consent]
) -> list[Changed]:
    """What who helps the person changed, of which the person was not told yet."""
    newest = _newest(consents)
    found = []
    for person in people:
        said = {
            agreement: consent
            for agreement in Agreement
            if (consent := newest.get((person.id or 0, agreement))) is not None
            and consent.way is Way.COMMAND
        }
        given = tuple(a for a, c in said.items() if c.is_given and a in person.agreed)
        ended = tuple(
            agreement
            for agreement, consent in said.items()
            if not consent.is_given
            and (rounds.heard_at is None or consent.at > rounds.heard_at)
        )
        if given or ended:
            found.append(Changed(person, given, ended))
    return found


def has_ended(asked: Asked) -> bool:
    """Whether what was not answered ends now."""
    return asked.unanswered >= MOST_UNANSWERED


def _in_order(person: Person) -> list[Agreement]:
    may_be = agreements_for(person.role) if person.role else ()
    return [agreement for agreement in may_be if agreement in person.agreed]


def _newest(
    consents: Iterable[Consent],
) -> dict[tuple[int, Agreement], Consent]:
    return {(each.person, each.agreement): each for each in consents}


# -- as it is kept ------------------------------------------------------------------


def write_rounds(rounds: Rounds) -> str:
    """As a text that `read_rounds` understands."""
    return json.dumps(
        {
            "told_on": rounds.told_on.isoformat() if rounds.told_on else None,
            "told_of": sorted(rounds.told_of),
            "heard_at": rounds.heard_at.isoformat() if rounds.heard_at else None,
            "asked": {
                str(number): [asked.on.isoformat(), asked.unanswered]
                for number, asked in rounds.asked.items()
            },
        }
    )


def read_rounds(text: str) -> Rounds:
    """What was told and asked; nothing at all if the text cannot be understood.

    Then the person is told once more, which does no harm.
    """
    try:
        found = json.loads(text)
        told_on, heard_at = found["told_on"], found["heard_at"]
        return Rounds(
            date.fromisoformat(told_on) if told_on else None,
            frozenset(int(number) for number in found["told_of"]),
            datetime.fromisoformat(heard_at) if heard_at else None,
            {
                int(number): Asked(date.fromisoformat(on), int(unanswered))
                for number, (on, unanswered) in found["asked"].items()
            },
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return Rounds()
