"""What the person likes, can and thought of activities (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from companion.activities.record import Category

LIKES_MOST = 3
"""How strongly somebody can like or dislike a kind of thing; 1 is the least."""


class Aid(StrEnum):
    """What somebody goes with."""

    NONE = "none"
    ROLLATOR = "rollator"
    WHEELCHAIR = "wheelchair"


class PartOfDay(StrEnum):
    """When on a day; by when something begins."""

    MORNING = "morning"  # until noon
    AFTERNOON = "afternoon"  # until 18:00, when people eat
    EVENING = "evening"


@dataclass(frozen=True, slots=True)
class Home:
    """Where the person lives.

    Attributes:
        latitude: In degrees, WGS 84.
        longitude: In degrees, WGS 84.
        within_m: By how much that may be wrong, in metres.
    """

    latitude: float
    longitude: float
    within_m: int = 0


def _none() -> Mapping[Category, int]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Tastes:
    """What is known of the person; whatever nobody told is None or empty.

    Attributes:
        home: Where they live. Of the settings, never of the store.
        age: In years. Of the settings, never of the store.
        walks_m: How far they get by themselves, one way, in metres.
        aid: What they go with.
        needs_transport: Whether they only go where they are fetched.
        parts: Parts of the day on which they go out; empty: any.
        most_cents: What they want to pay at most each time, in euro cents.
        wants_company: Whether they want to be among people.
        languages: What they speak, the dearest first (BCP 47).
        likes: How strongly they like a kind of thing, 1 to `LIKES_MOST`.
        dislikes: How strongly they dislike it, 1 to `LIKES_MOST`.
    """

    home: Home | None = None
    age: int | None = None
    walks_m: int | None = None
    aid: Aid = Aid.NONE
    needs_transport: bool = False
    parts: frozenset[PartOfDay] = frozenset()
    most_cents: int | None = None
    wants_company: bool | None = None
    languages: tuple[str, ...] = ("nl",)
    likes: Mapping[Category, int] = field(default_factory=_none)
    dislikes: Mapping[Category, int] = field(default_factory=_none)

    def liking(self, category: Category, strength: int = 2) -> "Tastes":
        """The same, with a kind of thing liked; 0 takes back what was said of it."""
        return self._with(category, strength, 0)

    def disliking(self, category: Category, strength: int = 2) -> "Tastes":
        """The same, with a kind of thing disliked."""
        return self._with(category, 0, strength)

    def _with(self, category: Category, like: int, dislike: int) -> "Tastes":
        return replace(
            self,
            likes=_set(self.likes, category, like),
            dislikes=_set(self.dislikes, category, dislike),
        )


def _set(
    known: Mapping[Category, int], category: Category, strength: int
) -> Mapping[Category, int]:
    if not 0 <= strength <= LIKES_MOST:
        raise ValueError(f"nobody likes with a strength of {strength}")
    others = {it: known[it] for it in known if it is not category}
    if strength:
        others[category] = strength
    return MappingProxyType(others)


class OpinionKind(StrEnum):
    """What came of an activity."""

    SUGGESTED = "suggested"  # it was told, and nothing came of it yet
    REFUSED = "refused"  # "niet voor mij"
    PLANNED = "planned"  # it is in the agenda
    WENT = "went"
    DID_NOT_GO = "did_not_go"
    ENJOYED = "enjoyed"
    NOT_ENJOYED = "not_enjoyed"


class Why(StrEnum):
    """Why somebody refused, did not go or did not enjoy it."""

    TOO_FAR = "too_far"
    TOO_DEAR = "too_dear"
    NOT_MY_TASTE = "not_my_taste"
    WRONG_TIME = "wrong_time"
    ALONE = "alone"  # nobody goes along
    TOO_BUSY = "too_busy"  # no time now; says nothing of the activity
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the person thought of one activity at one time.

    `suggesting.opinion_of` makes one of a suggestion.

    Attributes:
        source: Name of who published the activity.
        id: Of the activity, there.
        kind: What came of it.
        at: When it was said, aware.
        organisation: Who does it.
        category: What kind of thing it is.
        why: Why not, where that was said.
        distance_m: How far away it is; None: not known.
        part: When on the day it was; None: not known.
        cents: What it costs at least; None: not known.
    """

    source: str
    id: str
    kind: OpinionKind
    at: datetime
    organisation: str = ""
    category: Category = Category.OTHER
    why: Why | None = None
    distance_m: int | None = None
    part: PartOfDay | None = None
    cents: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What names the activity."""
        return self.source, self.id


# What somebody does of themselves tells what they like to do with others. Duties, such
# as the doctor, tell nothing.
OF_PLANS: Mapping[str, tuple[Category, ...]] = MappingProxyType(
    {
        "visit_received": (Category.MEETING,),
        "visit_paid": (Category.MEETING,),
        "walk": (Category.WALKING,),
        "cycle": (Category.MOVING,),
        "church": (Category.FAITH,),
        "club": (Category.MEETING,),
        "sport": (Category.MOVING,),
        "eating_out": (Category.EATING,),
        "hobby": (Category.CREATIVE,),
        "reading": (Category.CULTURE,),
        "garden": (Category.NATURE,),
        "day_care": (Category.MEETING,),
        "outing": (Category.OUTING,),
    }
)
"""Kinds of things to do by plan of the check-in (`intents.PLAN_KINDS`)."""

# One walk is chance, a second one a habit; more than this adds nothing.
_SECOND_TIME = 2
_HABIT = 6


def learn_from_plans(tastes: Tastes, plans: Mapping[str, int]) -> Tastes:
    """The tastes with what plans of the last weeks tell; what was said stays.

    Args:
        tastes: As they were told.
        plans: How often each of `PLAN_KINDS` was told.
    """
    counts: dict[Category, int] = {}
    for plan, count in plans.items():
        for category in OF_PLANS.get(plan, ()):
            counts[category] = counts.get(category, 0) + count
    told = tastes.likes.keys() | tastes.dislikes.keys()
    for category, count in sorted(counts.items()):
        if count >= _SECOND_TIME and category not in told:
            tastes = tastes.liking(category, 2 if count >= _HABIT else 1)
    return tastes
