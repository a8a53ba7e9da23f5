"""What is asked of the social map, what is found, and why.

Every reason is an amount of points, and what has the most points is suggested: so the
answer to "waarom stelt u dat voor?" is how it came about. `ranking` gives the points.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from companion.activities.candidates import part_of
from companion.activities.record import Activity, Category
from companion.activities.tastes import Aid, Opinion, OpinionKind, PartOfDay, Why
from companion.activities.when import Occurrence

WEEK = timedelta(days=7)
"""How far ahead "deze week" reaches, and a wish without days."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for; whatever was not said is empty.

    Attributes:
        categories: Only these kinds of things.
        days: Only on these days; empty: in the week ahead.
        part: Only on this part of the day.
        is_free: Only what costs nothing.
        is_near: Only what is close by.
        names: What of these kinds was named ("zwemmen"), as `named` knows it: first.
    """

    categories: frozenset[Category] = frozenset()
    days: tuple[date, ...] = ()
    part: PartOfDay | None = None
    is_free: bool = False
    is_near: bool = False
    names: tuple[str, ...] = ()


ANYTHING = Wish()
"""Whatever there is in the week ahead."""


class Reason(StrEnum):
    """What speaks for an activity; `Because.value` in brackets."""

    ENJOYED = "enjoyed"  # the person enjoyed it before
    LIKED = "liked"  # they like this kind of thing [Category]
    ENJOYED_KIND = "enjoyed_kind"  # they enjoyed this kind of thing [Category]
    SAME_ORGANISATION = "same_organisation"  # they enjoyed another of theirs [name]
    COMPANY = "company"  # it is among people, which they want
    NEAR = "near"  # [metres]
    FETCHED = "fetched"  # one is brought there
    ACCESSIBLE = "accessible"  # for their rollator or wheelchair [Aid]
    LANGUAGE = "language"  # in their own language [BCP 47]
    FREE = "free"
    CHEAP = "cheap"  # [cents]
    PART_OF_DAY = "part_of_day"  # on which they went out before [PartOfDay]
    NO_SIGN_UP = "no_sign_up"  # one can just walk in
    NEW = "new"  # a kind of thing they have not tried [Category]
    SEASON = "season"  # it belongs to the week that is [name]


@dataclass(frozen=True, slots=True)
class Because:
    """One thing that speaks for an activity, or against it.

    Attributes:
        reason: What.
        points: How much; negative: against.
        value: What the reason is about, as `Reason` says.
    """

    reason: "Reason | Doubt"
    points: int
    value: Category | PartOfDay | Aid | int | str | None = None


class Doubt(StrEnum):
    """What speaks against an activity without ruling it out."""

    FAR = "far"  # [metres]
    DISTANCE_UNKNOWN = "distance_unknown"
    ACCESS_UNKNOWN = "access_unknown"  # ask whether a rollator can get in
    COST_UNKNOWN = "cost_unknown"
    OTHER_LANGUAGE = "other_language"  # one they do not speak is spoken there as well
    FOR_SOME = "for_some"  # who it is for, is said in more than an age
    DISLIKED = "disliked"  # they do not like this kind of thing much [Category]
    NOT_TO_TASTE = "not_to_taste"  # as they said of this kind of thing [Category]
    NOT_ENJOYED = "not_enjoyed"  # once
    REFUSED = "refused"  # once, long ago
    WRONG_TIME = "wrong_time"  # as they said of this part of the day [PartOfDay]
    TOLD_LATELY = "told_lately"  # and not taken up [days ago]
    NOT_FRESH = "not_fresh"  # nobody made sure of it for long


class Obstacle(StrEnum):
    """What rules an activity out."""

    CLOSED = "closed"
    FULL = "full"
    CANCELLED = "cancelled"
    STALE = "stale"  # nobody made sure of it for too long
    AGE = "age"
    LANGUAGE = "language"
    DISLIKED = "disliked"
    TOO_FAR = "too_far"
    NOT_ACCESSIBLE = "not_accessible"
    TOO_DEAR = "too_dear"
    REFUSED = "refused"
    TOLD_TODAY = "told_today"
    PLANNED = "planned"  # it is in the agenda already
    NOT_WISHED = "not_wished"  # another kind of thing than was asked for
    OTHER_TIME = "other_time"  # not on the days or the part of the day
    TAKEN = "taken"  # something else is in the agenda, or the person is away
    NOT_READY = "not_ready"  # what there is to do is still being read


@dataclass(frozen=True, slots=True)
class Taken:
    """A time at which the person cannot come.

    Attributes:
        starts: Aware.
        ends: Aware.
    """

    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something to do that fits the person.

    Attributes:
        activity: What.
        occurrence: When. Of something with opening hours: from when one can come, to
            when it closes.
        reasons: All that speaks for it, what weighs most first.
        doubts: All that speaks against it, what weighs most first.
        distance_m: How far one has to go, in metres; None: not known.
        is_rough: Whether the distance may be wrong by a kilometre.
        walk_min: How long that takes on foot, in minutes; None: not known.
        is_open_house: Whether one can come at any time between start and end.
        sources: Name and id of each record that tells of it.
    """

    activity: Activity
    occurrence: Occurrence
    reasons: tuple[Because, ...]
    doubts: tuple[Because, ...] = ()
    distance_m: int | None = None
    is_rough: bool = False
    walk_min: int | None = None
    is_open_house: bool = False
    sources: tuple[tuple[str, str], ...] = ()

    @property
    def points(self) -> int:
        """How well it fits: the sum of all that speaks for and against it."""
        return sum(it.points for it in (*self.reasons, *self.doubts))


@dataclass(frozen=True, slots=True)
class InTheWay:
    """What ruled out activities that had nothing else against them.

    Attributes:
        obstacle: What.
        count: How many would have fitted without it.
    """

    obstacle: Obstacle
    count: int


@dataclass(frozen=True, slots=True)
class Found:
    """What fits; or, where nothing does, what was in the way.

    Attributes:
        suggestions: The best first; at most two.
        in_the_way: What ruled out the most first; empty if anything was found, and
            also where there is nothing at all.
        has_named: Whether what was asked for by name was found, if anything was named.
    """

    suggestions: tuple[Suggestion, ...] = ()
    in_the_way: tuple[InTheWay, ...] = ()
    has_named: bool = True


def opinion_of(
    suggestion: Suggestion, kind: OpinionKind, at: datetime, why: Why | None = None
) -> Opinion:
    """What the person thought of a suggestion, to be noted."""
    activity = suggestion.activity
    return Opinion(
        source=activity.source,
        id=activity.id,
        kind=kind,
        at=at,
        organisation=activity.organisation,
        category=activity.category,
        why=why,
        distance_m=suggestion.distance_m,
        part=part_of(suggestion.occurrence.start),
        cents=activity.cost.lowest_cents,
    )
