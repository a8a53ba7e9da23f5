"""What opinions on activities tell of the next one (pure)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from companion.activities.record import Category
from companion.activities.tastes import Opinion, OpinionKind, PartOfDay, Why

# People get better and worse: what was too far, too dear or at the wrong time half a
# year ago may be tried again.
LATELY = timedelta(days=183)

# After one "niet voor mij" it is left alone for two months; without time, for a week.
REFUSED_RESTS = timedelta(days=60)
BUSY_RESTS = timedelta(days=7)

# Somebody who was told of something and did not take it up hears of it again when
# there is nothing else, and freely after two weeks.
TOLD_RESTS_DAYS = 14
PLANNED_RESTS = timedelta(days=14)

_NEVER_AFTER = 2

_HAPPENED = frozenset(
    {
        OpinionKind.WENT,
        OpinionKind.ENJOYED,
        OpinionKind.NOT_ENJOYED,
        OpinionKind.DID_NOT_GO,
        OpinionKind.REFUSED,
    }
)
_TAKEN_UP = frozenset({OpinionKind.PLANNED, OpinionKind.WENT, OpinionKind.ENJOYED})
_WENT = frozenset({OpinionKind.WENT, OpinionKind.ENJOYED})


@dataclass(frozen=True, slots=True)
class History:
    """All opinions, by what they are asked for.

    Attributes:
        by_key: Those on each activity, oldest first.
        enjoyed_kinds: How often each kind of thing was enjoyed.
        enjoyed_organisations: Of whom something was enjoyed.
        not_to_taste: How often each kind of thing was lately not to their taste.
        wrong_parts: How often each part of the day was lately the wrong one.
        good_parts: On which parts of the day they went out.
        tried: Kinds of things that anything was said of.
        too_far_m: What was lately too far; None: nothing.
        too_dear_cents: What was lately too dear; None: nothing.
        was_alone: Whether they lately did not go because they would be alone.
    """

    by_key: Mapping[tuple[str, str], Sequence[Opinion]]
    enjoyed_kinds: Mapping[Category, int]
    enjoyed_organisations: frozenset[str]
    not_to_taste: Mapping[Category, int]
    wrong_parts: Mapping[PartOfDay, int]
    good_parts: frozenset[PartOfDay]
    tried: frozenset[Category]
    too_far_m: int | None
    too_dear_cents: int | None
    was_alone: bool

    def of(self, sources: Iterable[tuple[str, str]]) -> list[Opinion]:
        """Those on one activity, by whichever of its records, oldest first."""
        found = [it for key in sources for it in self.by_key.get(key, ())]
        return sorted(found, key=lambda it: it.at.timestamp())


def look_back(opinions: Iterable[Opinion], now: datetime) -> History:
    """Put opinions in order; their own order makes no difference."""
    ordered = sorted(
        opinions, key=lambda it: (it.at.timestamp(), it.source, it.id, it.kind)
    )
    by_key: dict[tuple[str, str], list[Opinion]] = {}
    for it in ordered:
        by_key.setdefault(it.key, []).append(it)
    enjoyed = [it for it in ordered if it.kind is OpinionKind.ENJOYED]
    lately = [it for it in ordered if now - it.at <= LATELY]
    whys = {why: [it for it in lately if it.why is why] for why in Why}
    wrong_parts = [it.part for it in whys[Why.WRONG_TIME] if it.part is not None]
    return History(
        by_key=by_key,
        enjoyed_kinds=Counter(it.category for it in enjoyed),
        enjoyed_organisations=frozenset(
            it.organisation for it in enjoyed if it.organisation
        ),
        not_to_taste=Counter(it.category for it in whys[Why.NOT_MY_TASTE]),
        wrong_parts=Counter(wrong_parts),
        good_parts=frozenset(
            it.part for it in ordered if it.kind in _WENT and it.part is not None
        ),
        tried=frozenset(it.category for it in ordered),
        too_far_m=_too_far(lately),
        too_dear_cents=min(
            (it.cents for it in whys[Why.TOO_DEAR] if it.cents), default=None
        ),
        was_alone=bool(whys[Why.ALONE]),
    )


def _too_far(lately: Iterable[Opinion]) -> int | None:
    """The least that was too far, until they went as far again."""
    limit: int | None = None
    for it in lately:
        if it.distance_m is None:
            continue
        if it.why is Why.TOO_FAR:
            limit = min(it.distance_m, limit or it.distance_m)
        elif it.kind in _WENT and limit is not None and it.distance_m >= limit:
            limit = None
    return limit


# --- of one activity ------------------------------------------------------------------


def is_refused(opinions: Sequence[Opinion], now: datetime) -> bool:
    """Whether it is left alone now: after two refusals for ever.

    Two times not enjoyed count as much. No time says nothing of the activity.
    """
    noes = [
        it
        for it in opinions
        if it.kind in (OpinionKind.REFUSED, OpinionKind.NOT_ENJOYED)
        and it.why is not Why.TOO_BUSY
    ]
    if len(noes) >= _NEVER_AFTER:
        return True
    for it in opinions:
        rests = BUSY_RESTS if it.why is Why.TOO_BUSY else REFUSED_RESTS
        if it.kind is OpinionKind.REFUSED and now - it.at < rests:
            return True
    return False


def is_planned(opinions: Sequence[Opinion], now: datetime) -> bool:
    """Whether it is in the agenda, as far as was said."""
    is_to_come = False
    for it in opinions:
        if it.kind is OpinionKind.PLANNED:
            is_to_come = now - it.at < PLANNED_RESTS
        elif it.kind in _HAPPENED:
            is_to_come = False
    return is_to_come


def days_since_told(opinions: Sequence[Opinion], now: datetime) -> int | None:
    """Days since it was told and not taken up; None: it was not."""
    told: Opinion | None = None
    for it in opinions:
        if it.kind is OpinionKind.SUGGESTED:
            told = it
        elif it.kind in _TAKEN_UP:
            told = None
    if told is None:
        return None
    return max(0, (now.date() - told.at.astimezone(now.tzinfo).date()).days)
