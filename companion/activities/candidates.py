"""What of an activity decides whether it is suggested, with its moments (pure).

A record has much that only matters once it is chosen. Of a hundred thousand this is
what the ranking looks at, and what the index of `upcoming_index` keeps.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from companion.activities.audiences import is_for_some
from companion.activities.record import Access, Activity, Category, Status
from companion.activities.seasons import season_named
from companion.activities.tastes import PartOfDay
from companion.activities.when import Occurrence

# Municipalities ask organisations for changes once or twice a year, and a weekly group
# stops when its volunteer falls ill: after half a year nobody knows whether it still
# is there. What has one date was made for that date, and is believed for a year.
RECURRING_FRESH = timedelta(days=183)
ONCE_FRESH = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Moment:
    """One time that it takes place.

    Attributes:
        starts: On the wall clock of the person, aware.
        ends: As `starts`; None where the source does not say it.
        is_all_day: Whether only the day counts.
        is_open_house: Whether one can come at any time between both.
    """

    starts: datetime
    ends: datetime | None = None
    is_all_day: bool = False
    is_open_house: bool = False

    @property
    def part(self) -> PartOfDay:
        """The part of the day on which it begins."""
        return part_of(self.starts)

    def occurrence(self) -> Occurrence:
        """The same, as the record has it."""
        return Occurrence(self.starts, self.ends, self.is_all_day)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be suggested.

    Attributes:
        sources: Name and id of each record that tells of it, the freshest first.
        category: What kind of thing it is.
        organisation: Who does it.
        status: Whether one can come.
        fresh_until: The last day on which it is believed.
        latitude: In degrees, WGS 84; None with `longitude`: not known.
        longitude: In degrees, WGS 84.
        lowest_cents: What it costs at least, in euro cents; None: not known.
        lowest_age: In years; None: any.
        highest_age: In years; None: any.
        is_for_some: Whether it is for more than an age, such as people who mourn.
        access: What is known to be there.
        languages: In which it is held; empty: nobody said, so in Dutch.
        must_sign_up: Whether one has to; None: not known.
        season: The season that it names itself; empty: none.
        moments: When, in their order.
    """

    sources: tuple[tuple[str, str], ...]
    category: Category
    organisation: str
    status: Status
    fresh_until: date
    latitude: float | None
    longitude: float | None
    lowest_cents: int | None
    lowest_age: int | None
    highest_age: int | None
    is_for_some: bool
    access: frozenset[Access]
    languages: tuple[str, ...]
    must_sign_up: bool | None
    season: str
    moments: tuple[Moment, ...]

    @property
    def key(self) -> tuple[str, str]:
        """What names it: the freshest record."""
        return self.sources[0]


# Opening hours are a moment in each part of the day that they reach into.
_PARTS_BEGIN = (time(12), time(18))


def part_of(start: datetime) -> PartOfDay:
    """The part of the day on which something begins, by its own clock."""
    if start.time() < _PARTS_BEGIN[0]:
        return PartOfDay.MORNING
    is_evening = start.time() >= _PARTS_BEGIN[1]
    return PartOfDay.EVENING if is_evening else PartOfDay.AFTERNOON


def candidate_of(
    activity: Activity,
    since: datetime,
    until: datetime,
    sources: Sequence[tuple[str, str]] = (),
    read_on: date | None = None,
) -> Candidate:
    """What the ranking looks at.

    Args:
        activity: The record.
        since: Moments that begin from here on, in the zone of the person.
        until: And before here.
        sources: All records that tell of it; none: only this one.
        read_on: When its source was read, which counts where the record does not say
            when somebody made sure of it.
    """
    return Candidate(
        sources=tuple(sources) or ((activity.source, activity.id),),
        category=activity.category,
        organisation=activity.organisation,
        status=activity.status,
        fresh_until=fresh_until(activity, read_on or date.min),
        latitude=activity.place.latitude,
        longitude=activity.place.longitude,
        lowest_cents=activity.cost.lowest_cents,
        lowest_age=activity.audience.lowest_age,
        highest_age=activity.audience.highest_age,
        is_for_some=is_for_some(activity.audience),
        access=frozenset(activity.accessibility),
        languages=activity.languages,
        must_sign_up=activity.must_sign_up,
        season=season_named(f"{activity.title} {activity.description}"),
        moments=tuple(moments(activity, since, until)),
    )


def fresh_until(activity: Activity, read_on: date) -> date:
    """The last day on which a record is believed.

    Args:
        activity: The record.
        read_on: When its source was read.
    """
    comes_back = activity.opening_hours or any(it.rule for it in activity.times)
    checked_on = activity.checked_on or read_on
    return checked_on + (RECURRING_FRESH if comes_back else ONCE_FRESH)


def moments(activity: Activity, since: datetime, until: datetime) -> list[Moment]:
    """When one can go there, in order.

    Opening hours count where one can walk in: for the others they tell when to call.
    """
    zone = since.tzinfo
    assert zone is not None
    found = [
        Moment(
            it.start.astimezone(zone),
            it.end.astimezone(zone) if it.end else None,
            it.is_all_day,
        )
        for times in activity.times
        for it in times.occurrences(since, until)
    ]
    if not found and _is_walked_into(activity):
        found = list(_open_houses(activity, since, until, zone))
    return sorted(set(found), key=lambda it: it.starts.timestamp())


def _is_walked_into(activity: Activity) -> bool:
    place = activity.place
    has_place = bool(place.name or place.address or place.latitude is not None)
    return has_place and activity.must_sign_up is not True


def _open_houses(
    activity: Activity, since: datetime, until: datetime, zone: tzinfo
) -> Iterator[Moment]:
    for day in _days(since.date(), until.date()):
        for opening in activity.opening_hours:
            if opening.weekday != day.weekday():
                continue
            if day < (opening.since or day) or day > (opening.until or day):
                continue
            ends = datetime.combine(day, opening.closes, zone)
            if opening.closes == time.min:
                ends += timedelta(days=1)
            for begins in (opening.opens, *_PARTS_BEGIN):
                starts = datetime.combine(day, begins, zone)
                if (
                    begins >= opening.opens
                    and since < ends
                    and starts < min(ends, until)
                ):
                    yield Moment(starts, ends, is_open_house=True)


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=it) for it in range((last - first).days + 1))
