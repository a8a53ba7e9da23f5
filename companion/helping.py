"""What the person offers to others or asks of them, and when to speak of it (pure).

Older people who give feel needed, and who asks is asked in turn. What was told is kept
here; what was passed on after a yes, and answered, are notes (`companion.notes`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType

from calls.messages import Role
from companion.notes import About, Note, Over, Reply
from companion.people import Person
from companion.understanding.intents import Intent

HelpId = NewType("HelpId", str)

OPEN_DAYS = 28
"""A note lives 30 days at most; an old request on somebody's page helps nobody."""

HOLDS_AFTER = timedelta(days=7)
"""Without an answer the person is asked whether it still holds, and again so later."""

HELPED_AFTER = timedelta(days=3)
"""After a yes: most odd jobs are done by then."""

GAVE_AFTER = timedelta(days=14)
"""An offer was seen: a coordinator needs time to find who has use for it."""

# Three times "not yet" to the same question: the person knows where to find us.
MOST_ASKED = 3

FIRST_GIFT_AFTER = timedelta(days=28)
"""Who still gets used to the device is not asked what they can do for others."""

GIFT_EVERY = timedelta(days=91)
REFUSALS_TO_STOP = 2

LONGEST = 160
"""Letters that are passed on; longer is a story, which is better told to a person."""


class Kind(StrEnum):
    """Which way help goes."""

    OFFER = "offer"
    REQUEST = "request"


class Stage(StrEnum):
    """Whether it still matters."""

    OPEN = "open"
    DONE = "done"  # it took place, said the person
    CLOSED = "closed"  # no longer wanted, or nobody could


@dataclass(frozen=True, slots=True)
class Help:
    """One offer or request.

    Attributes:
        id: Made here.
        kind: Which of both.
        what: In the person's own words.
        at: When it was told, local and aware of its zone.
        moment: When or how often, in their own words; empty if that does not matter.
        stage: Whether it still matters.
        asked_at: When the person was last asked how it stands.
        asked: How often.
    """

    id: HelpId
    kind: Kind
    what: str
    at: datetime
    moment: str = ""
    stage: Stage = Stage.OPEN
    asked_at: datetime | None = None
    asked: int = 0

    def __repr__(self) -> str:
        """Without what was told: it ends up in logs."""
        return f"Help({self.kind.value}, {self.stage.value})"

    @property
    def is_open(self) -> bool:
        """Whether it still matters."""
        return self.stage is Stage.OPEN

    @property
    def text(self) -> str:
        """What is passed on, and nothing else of the person."""
        words = self.what.strip(" .,;:!?")
        return f"{words}, {self.moment.strip(' .,;:!?')}" if self.moment else words

    @property
    def reference(self) -> str:
        """How its notes are found."""
        return f"help {self.id}"

    @property
    def about(self) -> About:
        """What its notes are about."""
        return About.OFFER if self.kind is Kind.OFFER else About.REQUEST


# -- how it stands -------------------------------------------------------------------


class Standing(StrEnum):
    """How far it came; named in the language pack."""

    HERE = "here"  # on this device only
    WAITING = "waiting"  # passed on, without an answer
    AGREED = "agreed"  # somebody will help, or has seen what is offered
    REFUSED = "refused"  # who was asked cannot
    LAPSED = "lapsed"  # the time for an answer is over


def standing(notes: Sequence[Note]) -> Standing:
    """How far it came.

    Args:
        notes: Those of it, oldest first; the newest tells.
    """
    if not notes:
        return Standing.HERE
    note = notes[-1]
    if note.over is Over.WITHDRAWN:
        return Standing.HERE
    match note.reply:
        case Reply.NO:
            return Standing.REFUSED
        case None:
            is_over = note.over is Over.EXPIRED
            return Standing.LAPSED if is_over else Standing.WAITING
    return Standing.AGREED


class Matter(StrEnum):
    """What there is to ask the person about it."""

    HOLDS = "holds"  # nobody answered: is it still wanted?
    HAPPENED = "happened"  # did it take place?
    ELSEWHERE = "elsewhere"  # shall somebody else be asked?


def matter_of(one: Help, notes: Sequence[Note], now: datetime) -> Matter | None:
    """What to ask about it now; None: nothing yet.

    An answer is told before it is asked about.

    Args:
        one: It.
        notes: Those of it, oldest first.
        now: Local time.
    """
    if not one.is_open or not notes:
        return None
    note = notes[-1]
    match standing(notes):
        case Standing.WAITING if _is_since(one, note.at, HOLDS_AFTER, now):
            return Matter.HOLDS
        case Standing.AGREED if note.told_at is not None:
            after = HELPED_AFTER if one.kind is Kind.REQUEST else GAVE_AFTER
            is_due = _is_since(one, note.told_at, after, now)
            return Matter.HAPPENED if is_due and one.asked < MOST_ASKED else None
        case Standing.REFUSED if _is_news(one, note.told_at):
            return Matter.ELSEWHERE
        case Standing.LAPSED if _is_news(one, note.over_at):
            return Matter.ELSEWHERE
    return None


def _is_since(one: Help, at: datetime, wait: timedelta, now: datetime) -> bool:
    """Whether it is so long ago, and not asked of late."""
    if one.asked_at is not None and one.asked_at >= at:
        return now - one.asked_at >= HOLDS_AFTER
    return now - at >= wait


def _is_news(one: Help, at: datetime | None) -> bool:
    return at is not None and (one.asked_at is None or one.asked_at < at)


def asked(one: Help, now: datetime) -> Help:
    """It was asked about: not again soon."""
    return replace(one, asked_at=now, asked=one.asked + 1)


def whom_to_ask(people: Iterable[Person]) -> list[Person]:
    """To whom it may be passed on: coordinators before all others.

    Args:
        people: Who may be reached, in the order of the list.
    """
    reachable = list(people)
    coordinators = [each for each in reachable if each.role is Role.COORDINATOR]
    return coordinators or reachable


# -- asked by itself -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rounds:
    """How often the person was asked what they can do for others.

    Attributes:
        since: The first day on which they could have been asked.
        asked_on: When they were asked last.
        refused: How often in a row they would rather not.
    """

    since: date | None = None
    asked_on: date | None = None
    refused: int = 0


def is_to_ask(
    rounds: Rounds, helps: Iterable[Help], mood: Intent | None, today: date
) -> bool:
    """Whether to ask today what the person can do for others.

    About once a quarter, on a good day, and no more after two refusals.

    Args:
        rounds: How often that was done.
        helps: What they offered and asked.
        mood: What they answered today to how they are.
        today: The date.
    """
    if mood is not Intent.MOOD_GOOD or rounds.refused >= REFUSALS_TO_STOP:
        return False
    if any(one.is_open and one.kind is Kind.OFFER for one in helps):
        return False
    if rounds.asked_on is not None:
        return today - rounds.asked_on >= GIFT_EVERY
    return rounds.since is not None and today - rounds.since >= FIRST_GIFT_AFTER


def write_rounds(rounds: Rounds) -> str:
    """As it is kept."""
    since = rounds.since.isoformat() if rounds.since else ""
    asked_on = rounds.asked_on.isoformat() if rounds.asked_on else ""
    return f"{since} {asked_on or '-'} {rounds.refused}".strip()


def read_rounds(text: str) -> Rounds:
    """What was kept; nothing known where it cannot be read."""
    try:
        since, asked_on, refused = text.split()
        return Rounds(
            since=date.fromisoformat(since),
            asked_on=None if asked_on == "-" else date.fromisoformat(asked_on),
            refused=int(refused),
        )
    except ValueError:
        return Rounds()
