"""Which activities fit the person best, and why (pure).

What is not ruled out (`limits`) gets points for every reason and loses some for every
doubt. The most points win; among equals the day decides, so that not every day the same
is told, and the same question on the same day has the same answer.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from companion.activities.candidates import (
    Candidate,
    Moment,
    candidate_of,
)
from companion.activities.distances import walk_min
from companion.activities.histories import (
    TOLD_RESTS_DAYS,
    days_since_told,
    look_back,
)
from companion.activities.limits import (
    Request,
    distance_m,
    fitting,
    is_accessible,
    obstacles,
)
from companion.activities.named import is_named
from companion.activities.record import Access, Activity, Category
from companion.activities.seasons import fits_season, season_of
from companion.activities.suggesting import (
    ANYTHING,
    Because,
    Doubt,
    Found,
    InTheWay,
    Obstacle,
    Reason,
    Suggestion,
    Taken,
    Wish,
)
from companion.activities.tastes import Aid, Opinion, OpinionKind, Tastes

MOST = 2
"""More than two things nobody keeps in mind while listening."""

AHEAD = timedelta(days=15)
"""How far moments are looked up: two weeks, and what is left of today."""

# Points. What the person said of it counts most, then what they said of its kind; how
# easy it is to get there decides among what they like; the rest breaks ties.
_ENJOYED = 30
_LIKED_EACH = 10
_ENJOYED_KIND_EACH, _ENJOYED_KIND_MOST = 4, 12
_SAME_ORGANISATION = 6
_COMPANY = 8
_NEAR = 12
_FETCHED = 10
_ACCESSIBLE = 6
_LANGUAGE = 15
_FREE, _CHEAP = 5, 2
_PART_OF_DAY = 4
_NO_SIGN_UP = 3
_NEW_MOST = 6
_SEASON, _SEASON_NAMED = 8, 20

_FAR_EACH_KM, _FAR_MOST = 3, 20
_DISTANCE_UNKNOWN = 6
_ACCESS_UNKNOWN = 10
_COST_UNKNOWN = 2
_FOR_SOME = 20
_OTHER_LANGUAGE = 12
_DISLIKED = 10
_NOT_TO_TASTE_EACH, _NOT_TO_TASTE_MOST = 6, 18
_NOT_ENJOYED = 25
_REFUSED = 25
_WRONG_TIME_EACH, _WRONG_TIME_MOST = 6, 18
_TOLD_LATELY = 60
_NOT_FRESH = 5

# What is nearer than this has points for being near, what is further loses them.
_NEAR_WITHIN_M = 1_500

# Two of a kind are less of a choice.
_SAME_KIND = 10

_CHEAP_CENTS = 300

_SOON_STALE = timedelta(days=60)

_AMONG_PEOPLE = frozenset(
    {
        Category.MEETING,
        Category.EATING,
        Category.GAMES,
        Category.COMPANY,
        Category.MUSIC,
        Category.CREATIVE,
        Category.FAITH,
        Category.OUTING,
    }
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A candidate at its best moment.

    Attributes:
        candidate: What.
        moment: When.
        reasons: All that speaks for it, what weighs most first.
        doubts: All that speaks against it, what weighs most first.
        distance_m: How far one has to go; None: not known.
    """

    candidate: Candidate
    moment: Moment
    reasons: tuple[Because, ...]
    doubts: tuple[Because, ...]
    distance_m: int | None

    @property
    def points(self) -> int:
        """The sum of all that speaks for and against it."""
        return sum(it.points for it in (*self.reasons, *self.doubts))

    def suggestion(self, activity: Activity, tastes: Tastes) -> Suggestion:
        """The same with the whole record, to be told."""
        way, home = self.distance_m, tastes.home
        return Suggestion(
            activity=activity,
            occurrence=self.moment.occurrence(),
            reasons=self.reasons,
            doubts=self.doubts,
            distance_m=way,
            is_rough=home is not None and home.within_m >= 500,
            walk_min=None if way is None else walk_min(way, tastes.aid),
            is_open_house=self.moment.is_open_house,
            sources=self.candidate.sources,
        )


@dataclass(frozen=True, slots=True)
class Ranked:
    """What fits best, or what was in the way.

    Attributes:
        choices: The best first.
        in_the_way: As in `Found`.
        has_named: As in `Found`.
    """

    choices: tuple[Choice, ...]
    in_the_way: tuple[InTheWay, ...]
    has_named: bool = True


def suggest(
    tastes: Tastes,
    opinions: Iterable[Opinion],
    activities: Iterable[Activity],
    now: datetime,
    wish: Wish = ANYTHING,
    most: int = MOST,
    taken: Sequence[Taken] = (),
) -> Found:
    """What of some activities fits the person best.

    Args:
        tastes: What they like and can.
        opinions: What they thought of activities.
        activities: What there is, in any order.
        now: Aware, in the zone of the person.
        wish: What they ask for.
        most: How many at most.
        taken: When they cannot come.
    """
    known = {(it.source, it.id): it for it in activities}
    # What is going on now may have begun hours ago.
    since = now - timedelta(days=1)
    candidates = [candidate_of(it, since, now + AHEAD) for it in known.values()]
    request = Request(tastes, look_back(opinions, now), now, wish, taken)
    ranked = rank(
        candidates, request, most, lambda it: is_named(known[it.key], wish.names)
    )
    return Found(
        tuple(it.suggestion(known[it.candidate.key], tastes) for it in ranked.choices),
        ranked.in_the_way,
        ranked.has_named,
    )


def rank(
    candidates: Iterable[Candidate],
    request: Request,
    most: int = MOST,
    is_named: Callable[[Candidate], bool] | None = None,
) -> Ranked:
    """Choose the best; where nothing fits, say what was in the way.

    Args:
        candidates: What there is.
        request: What it must fit.
        most: How many at most.
        is_named: Whether it is what was asked for by name; only then others are left
            out. Nobody is asked where nothing was named.
    """
    choices: list[Choice] = []
    alone: Counter[Obstacle] = Counter()
    for candidate in candidates:
        opinions = request.history.of(candidate.sources)
        against = list(obstacles(candidate, request, opinions))
        moments, obstacle = fitting(candidate, request)
        if obstacle is not None:
            against.append(obstacle)
        if not against:
            choices.append(_best(candidate, moments, request, opinions))
        elif len(against) == 1:
            alone[against[0]] += 1
    if choices:
        named = choices
        if request.wish.names and is_named is not None:
            named = [it for it in choices if is_named(it.candidate)]
        picked = _pick(named or choices, request.now, most)
        return Ranked(tuple(picked), (), bool(named))
    counts = sorted(alone.items(), key=lambda it: (-it[1], it[0]))
    return Ranked((), tuple(InTheWay(*it) for it in counts))


def _pick(choices: list[Choice], now: datetime, most: int) -> Iterator[Choice]:
    """The best, and then the best that differs from those in kind or day."""
    left = sorted(choices, key=lambda it: _order(it, it.points, now))
    taken: list[Choice] = []
    while left and len(taken) < most:
        chosen = left[0]
        yield chosen
        taken.append(chosen)
        left = sorted(
            (it for it in left[1:] if all(_differ(it, other) for other in taken)),
            key=lambda it: _order(it, it.points - _likeness(it, taken), now),
        )


def _order(
    choice: Choice, points: int, now: datetime
) -> tuple[int, int, tuple[str, str]]:
    key = choice.candidate.key
    return -points, _chance(key, now), key


def _differ(one: Choice, other: Choice) -> bool:
    if set(one.candidate.sources) & set(other.candidate.sources):
        return False
    is_other_day = one.moment.starts.date() != other.moment.starts.date()
    return is_other_day or one.candidate.category is not other.candidate.category


def _likeness(choice: Choice, taken: Sequence[Choice]) -> int:
    kinds = {it.candidate.category for it in taken}
    return _SAME_KIND if choice.candidate.category in kinds else 0


def _chance(key: tuple[str, str], now: datetime) -> int:
    """Another order each day; the same one all day."""
    text = f"{now.toordinal()}|{key[0]}|{key[1]}"
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest())


# --- points -------------------------------------------------------------------------


def _best(
    candidate: Candidate,
    moments: Sequence[Moment],
    request: Request,
    opinions: Sequence[Opinion],
) -> Choice:
    """The candidate at the moment that fits best; of equals the first."""
    way = distance_m(candidate, request.tastes)
    always = [
        *_of_person(candidate, request, opinions),
        *_of_getting_there(candidate, request, way),
        *_of_cost(candidate),
        *_of_age(candidate, request.now),
    ]
    options = [[*_of_moment(candidate, it, request)] for it in moments]
    points = [sum(it.points for it in option) for option in options]
    best = points.index(max(points))
    terms = sorted(always + options[best], key=lambda it: (-abs(it.points), it.reason))
    return Choice(
        candidate,
        moments[best],
        tuple(it for it in terms if it.points > 0),
        tuple(it for it in terms if it.points < 0),
        way,
    )


def _of_person(
    candidate: Candidate, request: Request, opinions: Sequence[Opinion]
) -> Iterator[Because]:
    """What they said of it, of its kind and of who does it."""
    tastes, history, kind = request.tastes, request.history, candidate.category
    said = {it.kind for it in opinions}
    if OpinionKind.ENJOYED in said:
        yield Because(Reason.ENJOYED, _ENJOYED)
    elif count := history.enjoyed_kinds.get(kind, 0):
        points = min(_ENJOYED_KIND_EACH * count, _ENJOYED_KIND_MOST)
        yield Because(Reason.ENJOYED_KIND, points, kind)
    if OpinionKind.NOT_ENJOYED in said:
        yield Because(Doubt.NOT_ENJOYED, -_NOT_ENJOYED)
    if OpinionKind.REFUSED in said:
        yield Because(Doubt.REFUSED, -_REFUSED)
    if strength := tastes.likes.get(kind, 0):
        yield Because(Reason.LIKED, _LIKED_EACH * strength, kind)
    if strength := tastes.dislikes.get(kind, 0):
        yield Because(Doubt.DISLIKED, -_DISLIKED * strength, kind)
    if candidate.organisation in history.enjoyed_organisations:
        if OpinionKind.ENJOYED not in said:
            name = candidate.organisation
            yield Because(Reason.SAME_ORGANISATION, _SAME_ORGANISATION, name)
    if candidate.is_for_some and OpinionKind.ENJOYED not in said:
        yield Because(Doubt.FOR_SOME, -_FOR_SOME)
    if (tastes.wants_company or history.was_alone) and kind in _AMONG_PEOPLE:
        yield Because(Reason.COMPANY, _COMPANY)
    if count := history.not_to_taste.get(kind, 0):
        points = min(_NOT_TO_TASTE_EACH * count, _NOT_TO_TASTE_MOST)
        yield Because(Doubt.NOT_TO_TASTE, -points, kind)
    if kind not in history.tried and kind not in {*tastes.likes, *tastes.dislikes}:
        # Each day another kind is the one to try.
        chance = _chance((kind, ""), request.now)
        yield Because(Reason.NEW, 1 + chance % _NEW_MOST, kind)
    days = days_since_told(opinions, request.now)
    if days is not None and days < TOLD_RESTS_DAYS:
        left = TOLD_RESTS_DAYS - days
        yield Because(
            Doubt.TOLD_LATELY, -(_TOLD_LATELY * left // TOLD_RESTS_DAYS), days
        )
    own = [it for it in tastes.languages if it in candidate.languages]
    if own and own[0] != "nl":
        yield Because(Reason.LANGUAGE, _LANGUAGE, own[0])
    elif not set(candidate.languages) <= set(tastes.languages):
        # "Theemiddag in het Arabisch" is first of all for who speaks it.
        yield Because(Doubt.OTHER_LANGUAGE, -_OTHER_LANGUAGE)


def _of_getting_there(
    candidate: Candidate, request: Request, way: int | None
) -> Iterator[Because]:
    tastes = request.tastes
    is_fetched = Access.TRANSPORT in candidate.access
    if way is not None:
        yield from _of_distance(way, request.reach_m, is_fetched)
    elif tastes.home is not None:
        yield Because(Doubt.DISTANCE_UNKNOWN, -_DISTANCE_UNKNOWN)
    is_hard = tastes.needs_transport or tastes.walks_m is not None
    if is_fetched and is_hard and (way is None or way > (tastes.walks_m or 0)):
        yield Because(Reason.FETCHED, _FETCHED)
    if tastes.aid is not Aid.NONE:
        if is_accessible(candidate, tastes.aid):
            yield Because(Reason.ACCESSIBLE, _ACCESSIBLE, tastes.aid)
        else:
            yield Because(Doubt.ACCESS_UNKNOWN, -_ACCESS_UNKNOWN)


def _of_distance(way: int, reach: int, is_fetched: bool) -> Iterator[Because]:
    """Near is what is well within reach."""
    near = min(reach, _NEAR_WITHIN_M)
    if way < near:
        # Never 0, so that whatever is near is so said.
        yield Because(Reason.NEAR, max(1, _NEAR * (near - way) // near), way)
    elif way > _NEAR_WITHIN_M and not is_fetched:
        points = _FAR_EACH_KM * (way - _NEAR_WITHIN_M) // 1000
        if points:
            yield Because(Doubt.FAR, -min(points, _FAR_MOST), way)


def _of_cost(candidate: Candidate) -> Iterator[Because]:
    cents = candidate.lowest_cents
    if cents is None:
        yield Because(Doubt.COST_UNKNOWN, -_COST_UNKNOWN)
    elif cents == 0:
        yield Because(Reason.FREE, _FREE)
    elif cents <= _CHEAP_CENTS:
        yield Because(Reason.CHEAP, _CHEAP, cents)
    if candidate.must_sign_up is False:
        yield Because(Reason.NO_SIGN_UP, _NO_SIGN_UP)


def _of_age(candidate: Candidate, now: datetime) -> Iterator[Because]:
    """What nobody made sure of for long may have changed."""
    if candidate.fresh_until - now.date() < _SOON_STALE:
        yield Because(Doubt.NOT_FRESH, -_NOT_FRESH)


def _of_moment(
    candidate: Candidate, moment: Moment, request: Request
) -> Iterator[Because]:
    history = request.history
    if not moment.is_all_day:
        part = moment.part
        if part in history.good_parts:
            yield Because(Reason.PART_OF_DAY, _PART_OF_DAY, part)
        if count := history.wrong_parts.get(part, 0):
            points = min(_WRONG_TIME_EACH * count, _WRONG_TIME_MOST)
            yield Because(Doubt.WRONG_TIME, -points, part)
    season = season_of(moment.starts.date())
    if season and candidate.season == season:
        yield Because(Reason.SEASON, _SEASON_NAMED, season)
    elif fits_season(candidate.category, season):
        yield Because(Reason.SEASON, _SEASON, season)
