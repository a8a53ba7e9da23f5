"""Whom to ring, in which order, and what to do when that comes to nothing (pure).

The plan in short: the family button rings the first of the list at once, a name that
was spoken rings that person. When that comes to nothing, the next one is offered and
only rung after a yes. Nobody is rung twice, unless a talk broke off and the person
wants it back. In the end there is always a telephone number, or the honest word that
there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from calls.call_messages import Reason
from companion.people import Person, PersonId, Relation

# After three people who do not answer, somebody of 84 wants something else.
MOST_RUNG = 3

# A connection that keeps breaking is not mended by a third try.
MOST_AGAIN = 2

# Only rung when they are asked for by name.
NEVER_OFFERED = frozenset({Relation.DOCTOR, Relation.CARER})

_FAMILY = frozenset(
    {
        Relation.DAUGHTER, Relation.SON, Relation.PARTNER, Relation.SISTER,
        Relation.BROTHER, Relation.GRANDCHILD, Relation.FAMILY,
    }
)  # fmt: skip


class Then(StrEnum):
    """What a call that ended leads to."""

    DONE = "done"  # they spoke, or whoever rang has had enough
    NEXT = "next"  # somebody else may be there
    AGAIN = "again"  # they were speaking
    GIVE_UP = "give_up"  # nobody can be reached now


AFTER: dict[Reason, Then] = {
    Reason.HUNG_UP: Then.DONE,
    Reason.DECLINED: Then.NEXT,
    Reason.UNANSWERED: Then.NEXT,
    Reason.BUSY: Then.NEXT,
    Reason.QUIET: Then.NEXT,
    Reason.ELSEWHERE: Then.NEXT,
    Reason.UNREACHABLE: Then.NEXT,
    Reason.WITHDRAWN: Then.NEXT,
    Reason.OFFLINE: Then.GIVE_UP,
    Reason.LOST: Then.AGAIN,
    Reason.FAILED: Then.NEXT,
    Reason.NO_MICROPHONE: Then.NEXT,
}


@dataclass(frozen=True, slots=True)
class CallPlan:
    """Whom to ring.

    Attributes:
        order: Who is rung, the one who is wanted first; each once.
        ring_s: How long each is rung, in seconds.
    """

    order: tuple[Person, ...]
    ring_s: int


@dataclass(frozen=True, slots=True)
class Tried:
    """Somebody was rung, and this came of it."""

    person: PersonId | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Ring:
    """Ring this person now."""

    person: Person


@dataclass(frozen=True, slots=True)
class Offer:
    """Ask whether to ring this person.

    Attributes:
        person: Whom.
        is_again: Whether they were spoken with just now.
    """

    person: Person
    is_again: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Tell a telephone number instead.

    Attributes:
        person: Whose; None when nobody is known.
    """

    person: Person | None


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing more to do."""


Step = Ring | Offer | GiveUp | Done


def plan_for_button(people: Sequence[Person], ring_s: int) -> CallPlan:
    """The family button: those who can be rung, family before friends.

    Without anybody who can be rung, the first of the list, for their number.

    Args:
        people: Everybody, in the order of the list.
        ring_s: How long each is rung, in seconds.
    """
    able = [p for p in _by_nearness(people) if p.video]
    return CallPlan(tuple(able or list(people[:1])), ring_s)


def plan_for_name(wanted: Person, people: Sequence[Person], ring_s: int) -> CallPlan:
    """Somebody was asked for by name: they come first, then as for the button.

    Args:
        wanted: Who was asked for.
        people: Everybody, in the order of the list.
        ring_s: How long each is rung, in seconds.
    """
    others = [p for p in _by_nearness(people) if p.video and p.id != wanted.id]
    return CallPlan((wanted, *others), ring_s)


def _by_nearness(people: Sequence[Person]) -> list[Person]:
    offered = [p for p in people if p.relation not in NEVER_OFFERED]
    # Sorting keeps the order of the list within each.
    return sorted(offered, key=lambda p: p.relation not in _FAMILY)


def next_step(plan: CallPlan, tried: Sequence[Tried], is_refused: bool = False) -> Step:
    """What to do now.

    Args:
        plan: Whom to ring.
        tried: What was done of it so far, in its order.
        is_refused: Whether the person said no to the last offer.
    """
    if not plan.order:
        return GiveUp(None)
    if not tried:
        first = plan.order[0]
        return Ring(first) if first.video else GiveUp(first)
    last = tried[-1]
    then = AFTER[last.reason]
    if then is Then.DONE:
        return Done()
    if is_refused or then is Then.GIVE_UP:
        return GiveUp(_to_telephone(plan, tried))
    if then is Then.AGAIN:
        return _again(plan, tried, last)
    rung = {one.person for one in tried}
    left = next((p for p in plan.order if p.video and p.id not in rung), None)
    if left is None or len(rung) >= MOST_RUNG:
        return GiveUp(_to_telephone(plan, tried))
    return Offer(left)


def _again(plan: CallPlan, tried: Sequence[Tried], last: Tried) -> Step:
    lost = sum(1 for one in tried if one.reason is Reason.LOST)
    person = next((p for p in plan.order if p.id == last.person), None)
    if person is None or lost > MOST_AGAIN:
        return GiveUp(_to_telephone(plan, tried))
    return Offer(person, is_again=True)


def _to_telephone(plan: CallPlan, tried: Sequence[Tried]) -> Person:
    """Whose number helps most: of who was wanted, else of one who was rung too."""
    rung = {one.person for one in tried}
    meant = [plan.order[0], *(p for p in plan.order if p.id in rung)]
    return next((p for p in meant if p.phone), plan.order[0])
