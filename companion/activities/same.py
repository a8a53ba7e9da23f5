"""Which records of different sources tell of the same thing (pure).

The rule can be explained on the telephone: the same title at the same times, by the
same organisation or in the same place, and nothing that contradicts it. Spelling,
capitals and words such as "stichting" make no difference.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from companion.activities.record import Activity
from companion.activities.words import bare

# What an organisation is called with or without, depending on who writes it down.
_LEGAL = frozenset(
    "stichting vereniging bv b v nv coöperatie cooperatie st ver de het een".split()
)

# 3 decimals are some 100 m: the same building, whoever took the measure.
_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class Marks:
    """What two records are compared by.

    Attributes:
        what: Title and times; records that differ in these are never the same.
        organisation: Empty: not known.
        place: Empty: not known.
    """

    what: str
    organisation: str
    place: str


def marks(activity: Activity) -> Marks:
    """What this record is compared by."""
    return Marks(
        what=f"{bare(activity.title)}|{_moments(activity)}",
        organisation=_without_legal(activity.organisation),
        place=_place(activity),
    )


def _without_legal(name: str) -> str:
    words = bare(name).split()
    return " ".join(word for word in words if word not in _LEGAL) or " ".join(words)


def _moments(activity: Activity) -> str:
    """When it is, without what sources write differently about the same.

    A weekly group counts by weekday and time: sources name different first weeks.
    """
    found = []
    for times in activity.times:
        first = times.first.start
        if "FREQ=WEEKLY" in times.rule and "INTERVAL" not in times.rule:
            days = re.search(r"BYDAY=([A-Z,]+)", times.rule)
            named = days[1] if days else "MO TU WE TH FR SA SU".split()[first.weekday()]
            found.append(f"{','.join(sorted(named.split(',')))} {first:%H:%M}")
        elif times.rule:
            rule = re.sub(r";?(UNTIL|COUNT)=[^;]*", "", times.rule)
            found.append(f"{';'.join(sorted(rule.split(';')))} {first:%H:%M}")
        else:
            found.append(f"{first:%Y-%m-%d %H:%M}")
    found += [
        f"{opening.weekday} {opening.opens:%H:%M}-{opening.closes:%H:%M}"
        for opening in activity.opening_hours
    ]
    return ";".join(sorted(found))


def _place(activity: Activity) -> str:
    place = activity.place
    number = re.search(r"\d+\s*[a-z]?\b", place.address.casefold())
    if place.postcode and number:
        return f"{place.postcode.replace(' ', '')} {number[0].replace(' ', '')}"
    if place.address:
        return f"{bare(place.address)} {bare(place.town)}".strip()
    if place.name:
        return f"{bare(place.name)} {bare(place.town)}".strip()
    if place.latitude is not None and place.longitude is not None:
        return f"{place.latitude:.{_DECIMALS}f} {place.longitude:.{_DECIMALS}f}"
    return ""


def group(records: Sequence[Marks]) -> list[list[int]]:
    """Put together what is the same; numbers of the records, in their order.

    Those that agree in everything are together first. One that lacks a place joins
    those of its organisation, and one that lacks an organisation those in its place,
    if there is one such group only.
    """
    groups: dict[tuple[str, str, str], list[int]] = {}
    for number, mark in enumerate(records):
        key = (mark.what, mark.organisation, mark.place)
        groups.setdefault(key, []).append(number)
    whole = [key for key in groups if key[1] and key[2]]
    by_organisation: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    by_place: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for key in whole:
        by_organisation.setdefault((key[0], key[1]), []).append(key)
        by_place.setdefault((key[0], key[2]), []).append(key)
    for key in [it for it in groups if not (it[1] and it[2])]:
        what, organisation, place = key
        near = []
        if organisation:
            near = by_organisation.get((what, organisation), [])
        elif place:
            near = by_place.get((what, place), [])
        if len(near) == 1:
            groups[near[0]] = sorted(groups[near[0]] + groups.pop(key))
    return sorted(groups.values())


@dataclass(frozen=True, slots=True)
class Merged:
    """One thing to do, as all sources tell of it.

    Attributes:
        activity: The freshest record, with what it lacks out of the others.
        sources: Name and id of each record, the freshest first.
    """

    activity: Activity
    sources: tuple[tuple[str, str], ...]


def merge(activities: Iterable[Activity]) -> Merged:
    """Put together records that are the same; at least one."""
    ordered = list(activities)
    if len(ordered) == 1:
        return Merged(ordered[0], ((ordered[0].source, ordered[0].id),))
    # The freshest first; of two that are as fresh, the one that tells more.
    ordered.sort(
        key=lambda it: (it.checked_on or date.min, len(repr(it)), it.source, it.id),
        reverse=True,
    )
    best = ordered[0]
    lacking: dict[str, Any] = {}
    empty = Activity(id="", source="", title="")
    for other in ordered[1:]:
        for f in fields(Activity):
            # A status is that of the freshest, also if it is "open" again.
            if f.name in (
                "id",
                "source",
                "licence",
                "status",
                "times",
                "opening_hours",
            ):
                continue
            held = lacking.get(f.name, getattr(best, f.name))
            if held == getattr(empty, f.name) != getattr(other, f.name):
                lacking[f.name] = getattr(other, f.name)
    return Merged(replace(best, **lacking), tuple((it.source, it.id) for it in ordered))
