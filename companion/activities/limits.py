"""What rules an activity out, whatever else speaks for it (pure)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from companion.activities.candidates import Candidate, Moment
from companion.activities.distances import way_m
from companion.activities.histories import (
    History,
    days_since_told,
    is_planned,
    is_refused,
)
from companion.activities.record import Access, Category, Status
from companion.activities.suggesting import WEEK, Obstacle, Taken, Wish
from companion.activities.tastes import Aid, Opinion, OpinionKind, Tastes

# Nobody of 84 goes further for an afternoon without being asked along.
TRAVELS_M = 10_000

# "In de buurt": a quarter of an hour on foot.
NEAR_M = 800

# The age from which municipalities visit people at home; the device is made for them.
LIKELY_AGE = 75

# To wash, dress and look for the keys, before setting out.
READY_WITHIN = timedelta(minutes=60)

# Opening hours are worth it if that much of them is left.
_STAY = timedelta(minutes=45)
_ROUND = timedelta(minutes=15)

# Where the source does not say when it ends, it is taken to last that long.
LASTS = timedelta(hours=2)

# From this strength on "daar houd ik niet van" is a no; below, it only weighs.
DISLIKES_FROM = 2

# Services one turns to, not things to do: only for who asks for them.
SERVICES = frozenset({Category.ADVICE, Category.TRANSPORT, Category.HEALTH})

_CLOSED = {
    Status.CLOSED: Obstacle.CLOSED,
    Status.FULL: Obstacle.FULL,
    Status.CANCELLED: Obstacle.CANCELLED,
}

# Who goes on wheels needs to know that they get in; others can ask.
_WHEELCHAIR = frozenset({Access.WHEELCHAIR})
_ON_FOOT = frozenset({Category.WALKING, Category.MOVING, Category.OUTING})


@dataclass(frozen=True, slots=True)
class Request:
    """All that a suggestion must fit.

    Attributes:
        tastes: Of the person.
        history: What they thought of activities.
        now: Aware, in the zone of the person.
        wish: What they ask for.
        taken: When they cannot come.
    """

    tastes: Tastes
    history: History
    now: datetime
    wish: Wish
    taken: Sequence[Taken] = ()

    @property
    def reach_m(self) -> int:
        """How far they go by themselves for this, in metres."""
        tastes = self.tastes
        reach = TRAVELS_M if tastes.walks_m is None else tastes.walks_m
        if tastes.needs_transport:
            reach = tastes.walks_m or 0
        if self.history.too_far_m is not None:
            # As far as what was too far is too far.
            reach = min(reach, self.history.too_far_m - 1)
        return min(reach, NEAR_M) if self.wish.is_near else reach

    @property
    def most_cents(self) -> int | None:
        """What they pay at most; None: anything."""
        most, too_dear = self.tastes.most_cents, self.history.too_dear_cents
        if too_dear is None:
            return most
        return too_dear - 1 if most is None else min(most, too_dear - 1)

    @property
    def window(self) -> tuple[datetime, datetime]:
        """From when, and before when, something may begin."""
        zone, soonest = self.now.tzinfo, self.now + READY_WITHIN
        if not self.wish.days:
            return soonest, self.now + WEEK
        first = datetime.combine(min(self.wish.days), time.min, zone)
        after = max(self.wish.days) + timedelta(days=1)
        return max(soonest, first), datetime.combine(after, time.min, zone)


def distance_m(candidate: Candidate, tastes: Tastes) -> int | None:
    """How far one has to go; None where home or place is not known."""
    home, latitude, longitude = tastes.home, candidate.latitude, candidate.longitude
    if home is None or latitude is None or longitude is None:
        return None
    return way_m(latitude, longitude, home)


def obstacles(
    candidate: Candidate, request: Request, opinions: Sequence[Opinion]
) -> Iterator[Obstacle]:
    """All that rules it out, apart from when it is.

    Args:
        candidate: What.
        request: What it must fit.
        opinions: Those on this activity.
    """
    tastes, wish, now = request.tastes, request.wish, request.now
    if candidate.status is not Status.OPEN:
        yield _CLOSED[candidate.status]
    if candidate.fresh_until < now.date():
        yield Obstacle.STALE
    if not _is_of_age(candidate, tastes):
        yield Obstacle.AGE
    if not set(candidate.languages or ("nl",)) & set(tastes.languages):
        yield Obstacle.LANGUAGE
    if not _is_within_reach(candidate, request):
        yield Obstacle.TOO_FAR
    if not _can_get_in(candidate, tastes):
        yield Obstacle.NOT_ACCESSIBLE
    if _is_too_dear(candidate, request):
        yield Obstacle.TOO_DEAR
    if is_refused(opinions, now):
        yield Obstacle.REFUSED
    if days_since_told(opinions, now) == 0:
        yield Obstacle.TOLD_TODAY
    if is_planned(opinions, now):
        yield Obstacle.PLANNED
    if wish.categories:
        if candidate.category not in wish.categories:
            yield Obstacle.NOT_WISHED
        return
    if candidate.category in SERVICES:
        yield Obstacle.NOT_WISHED
    was_enjoyed = any(it.kind is OpinionKind.ENJOYED for it in opinions)
    strength = tastes.dislikes.get(candidate.category, 0)
    if strength >= DISLIKES_FROM and not was_enjoyed:
        yield Obstacle.DISLIKED


def _is_of_age(candidate: Candidate, tastes: Tastes) -> bool:
    age = LIKELY_AGE if tastes.age is None else tastes.age
    return (candidate.lowest_age or 0) <= age <= (candidate.highest_age or age)


def _is_within_reach(candidate: Candidate, request: Request) -> bool:
    tastes = request.tastes
    if tastes.home is None:
        # Of nothing the distance is known: it cannot choose.
        return not tastes.needs_transport or Access.TRANSPORT in candidate.access
    way = distance_m(candidate, tastes)
    if way is None:
        # Unknown is not near; who goes anywhere can ask.
        is_limited = request.reach_m < TRAVELS_M
        return not is_limited or Access.TRANSPORT in candidate.access
    way = max(0, way - tastes.home.within_m)
    if 0 < request.reach_m >= way:
        return True
    is_fetched = Access.TRANSPORT in candidate.access and not request.wish.is_near
    return is_fetched and way <= TRAVELS_M


def _can_get_in(candidate: Candidate, tastes: Tastes) -> bool:
    """Not known to be accessible is not accessible.

    With a rollator one gets into most places, with help if need be, but not along on a
    walk: there it must be said.
    """
    match tastes.aid:
        case Aid.WHEELCHAIR:
            return bool(candidate.access & _WHEELCHAIR)
        case Aid.ROLLATOR if candidate.category in _ON_FOOT:
            return is_accessible(candidate, tastes.aid)
        case _:
            return True


def is_accessible(candidate: Candidate, aid: Aid) -> bool:
    """Whether the source says that one gets in with this; never without an aid."""
    match aid:
        case Aid.WHEELCHAIR:
            return Access.WHEELCHAIR in candidate.access
        case Aid.ROLLATOR:
            # Where a wheelchair gets in, a rollator does.
            return bool(candidate.access & {Access.ROLLATOR, Access.WHEELCHAIR})
        case Aid.NONE:
            return False


def _is_too_dear(candidate: Candidate, request: Request) -> bool:
    cents, most = candidate.lowest_cents, request.most_cents
    if request.wish.is_free:
        return cents != 0
    return cents is not None and most is not None and cents > most


# --- when -----------------------------------------------------------------------------


def fitting(
    candidate: Candidate, request: Request
) -> tuple[list[Moment], Obstacle | None]:
    """The moments at which the person can come, or why there are none."""
    since, until = request.window
    at_other_time = True
    found = []
    for moment in candidate.moments:
        moment = _from_now(moment, since)
        if not _is_wished(moment, request, since, until):
            continue
        at_other_time = False
        if not _is_taken(moment, request.taken):
            found.append(moment)
    if found:
        return found, None
    return [], Obstacle.OTHER_TIME if at_other_time else Obstacle.TAKEN


def _from_now(moment: Moment, since: datetime) -> Moment:
    """Of opening hours that have begun, what is left of them."""
    if not moment.is_open_house or moment.starts >= since:
        return moment
    midnight = datetime.combine(since.date(), time.min, since.tzinfo)
    rounds = -((midnight - since) // _ROUND)
    return replace(moment, starts=midnight + rounds * _ROUND)


def _is_wished(
    moment: Moment, request: Request, since: datetime, until: datetime
) -> bool:
    if not since <= moment.starts < until:
        return False
    if moment.is_open_house and (
        moment.ends is None or moment.ends - moment.starts < _STAY
    ):
        return False
    days: Sequence[date] = request.wish.days
    if days and moment.starts.date() not in days:
        return False
    if moment.is_all_day:
        return True
    part, parts = request.wish.part, request.tastes.parts
    if part is not None:
        return moment.part is part
    return not parts or moment.part in parts


def _is_taken(moment: Moment, taken: Sequence[Taken]) -> bool:
    ends = moment.ends
    if ends is None or moment.is_open_house:
        # In opening hours one comes and goes.
        ends = moment.starts + (_STAY if moment.is_open_house else LASTS)
    return any(it.starts < ends and moment.starts < it.ends for it in taken)
