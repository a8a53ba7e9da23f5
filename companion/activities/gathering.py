"""Fetches from the index what may be suggested: of each kind of thing the nearest.

What the index leaves out here is also ruled out by `limits`, which is asked again: the
words of SQL only keep the number small.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from math import cos, hypot, radians

from companion.activities.candidates import Candidate
from companion.activities.distances import DETOUR
from companion.activities.limits import LIKELY_AGE, SERVICES, TRAVELS_M, Request
from companion.activities.record import Access, Category
from companion.activities.seasons import season_of
from companion.activities.tastes import Aid, Home, OpinionKind, PartOfDay
from companion.activities.upcoming_index import (
    CELL_EAST,
    CELL_NORTH,
    COLUMNS,
    DAYS,
    FETCHED,
    NOWHERE,
    Index,
    cell,
    language_kind,
    read_candidate,
    row_of,
    season_kind,
    wheelchair_kind,
    when_bit,
)

# Of each kind of thing. Among that many nearby ones of a kind there is one at a time
# and a price that fits; where there is not, more are fetched.
EACH = 16

_METRES_PER_DEGREE = 111_195.0

# Half of the diagonal of a square, and a little.
_DIAGONAL_M = 250.0

# What was enjoyed is always looked at, wherever it is.
_MOST_ENJOYED = 30
_MOST_ORGANISATIONS = 10


class Gathering:
    """One question to the index."""

    def __init__(self, index: Index, request: Request) -> None:
        """Work out what to look for.

        Args:
            index: Where to look.
            request: What it must fit.
        """
        self._index = index
        self._request = request
        self._where, self._values = _limits(request)
        self._whens = _whens(request, index)
        since, until = request.window
        self._zone = since.tzinfo
        self._since_s, self._until_s = since.timestamp(), until.timestamp()

    def fitting(self, each: int) -> tuple[list[Candidate], bool]:
        """Candidates, and whether these are all there are.

        Args:
            each: How many of each kind at most.
        """
        rows: dict[int, Sequence[object]] = {}
        is_all = True
        # When something is, is told beside its square, so that few are looked up.
        where, values = f"member.whens & ? AND {self._where}", [self._whens]
        whens = "free" if self._request.wish.is_free else "whens"
        kinds = _kinds(self._request)
        tiles = self._near_tiles(kinds, f"{whens} & ?", values)
        for kind in kinds:
            found = self._of_kind(
                kind, each, tiles.get(kind, ()), where, (*values, *self._values)
            )
            is_all = is_all and len(found) < each
            rows.update((row[0], row[1:]) for row in found)
        rows.update((row[0], row[1:]) for row in self._enjoyed())
        return self._read(rows.values()), is_all

    def whatever(self, each: int) -> list[Candidate]:
        """What is nearby, also what is ruled out: to tell what is in the way."""
        rows: dict[int, Sequence[object]] = {}
        tiles = self._near_tiles(list(Category), "1", ())
        for kind in Category:
            found = self._of_kind(kind, each, tiles.get(kind, ()), "1", ())
            rows.update((row[0], row[1:]) for row in found)
        return self._read(rows.values())

    def _read(self, rows: Iterable[Sequence[object]]) -> list[Candidate]:
        assert self._zone is not None
        return [
            read_candidate(row, self._since_s, self._until_s, self._zone)
            for row in rows
        ]

    def _of_kind(
        self,
        kind: str,
        each: int,
        tiles: Iterable[tuple[int, int]],
        where: str,
        values: Sequence[object],
    ) -> list[tuple[int, *tuple[object, ...]]]:
        """The nearest of a kind, square by square."""
        if self._request.tastes.home is None:
            return self._from_anywhere(kind, each, where, values)
        found: list[tuple[int, *tuple[object, ...]]] = []
        chance = self._chance(kind)
        for square, things in tiles:
            # Of a full square others are taken each day.
            begin = 0 if things <= each else chance
            for low, high in ((begin, _LAST), (0, begin)):
                if low < high and len(found) < each:
                    found += self._index.connection.execute(
                        f"SELECT thing.id, {COLUMNS} FROM member"
                        " JOIN thing ON thing.id = member.thing"
                        " WHERE kind = ? AND cell = ?"
                        f" AND thing >= ? AND thing < ? AND {where} LIMIT ?",
                        (kind, square, low, high, *values, each - len(found)),
                    ).fetchall()
            if len(found) >= each:
                break
        return found

    def _from_anywhere(
        self, kind: str, each: int, where: str, values: Sequence[object]
    ) -> list[tuple[int, *tuple[object, ...]]]:
        """Where nobody said where home is: some of all, others each day."""
        begin = self._chance(kind)
        found: list[tuple[int, *tuple[object, ...]]] = []
        for low, high in ((begin, _LAST), (0, begin)):
            found += self._index.connection.execute(
                f"SELECT thing.id, {COLUMNS} FROM member CROSS JOIN thing"
                " ON thing.id = member.thing WHERE kind = ?"
                f" AND thing >= ? AND thing < ? AND {where} LIMIT ?",
                (kind, low, high, *values, each - len(found)),
            ).fetchall()
        return found

    def _chance(self, kind: str) -> int:
        day = f"{self._request.now:%Y-%m-%d}|{kind}"
        return zlib.crc32(day.encode()) % max(1, self._index.count)

    def _enjoyed(self) -> Iterator[tuple[int, *tuple[object, ...]]]:
        history, connection = self._request.history, self._index.connection
        keys = [
            key
            for key, opinions in history.by_key.items()
            if any(it.kind is OpinionKind.ENJOYED for it in opinions)
        ]
        for key in keys[-_MOST_ENJOYED:]:
            yield from connection.execute(
                f"SELECT thing.id, {COLUMNS} FROM key JOIN thing"
                " ON thing.id = key.thing WHERE key.source = ? AND key.id = ?",
                key,
            )
        for name in sorted(history.enjoyed_organisations)[:_MOST_ORGANISATIONS]:
            yield from connection.execute(
                f"SELECT thing.id, {COLUMNS} FROM thing"
                f" WHERE organisation = ? AND {self._where} LIMIT ?",
                (name, *self._values, EACH),
            )

    def _near_tiles(
        self, kinds: Sequence[str], where: str, values: Sequence[object]
    ) -> dict[str, list[tuple[int, int]]]:
        """Squares within reach by kind, the nearest first, with how much is there."""
        home = self._request.tastes.home
        if home is None:
            return {}
        # To what fetches one it may be far, and where it begins may be unknown.
        reach_m = TRAVELS_M if _is_fetched(self._request) else self._request.reach_m
        radius_m = reach_m / DETOUR + home.within_m
        most_m = self._request.reach_m / DETOUR + home.within_m + _DIAGONAL_M
        found: dict[int, list[tuple[str, int]]] = {}
        marks = ", ".join("?" * len(kinds))
        for first, last in _squares(home, radius_m):
            for square, kind, things in self._index.connection.execute(
                "SELECT cell, kind, things FROM tile"
                f" WHERE cell BETWEEN ? AND ? AND kind IN ({marks}) AND {where}",
                (first, last, *kinds, *values),
            ):
                found.setdefault(square, []).append((kind, things))
        tiles: dict[str, list[tuple[int, int]]] = {}
        for away_m, square in sorted((_away_m(it, home), it) for it in found):
            for kind, things in found[square]:
                if away_m <= most_m or kind == FETCHED or reach_m == TRAVELS_M:
                    tiles.setdefault(kind, []).append((square, things))
        return tiles


_LAST = 1 << 62


def _squares(home: Home, radius_m: float) -> Iterator[tuple[int, int]]:
    """The first and last square of each row within reach, and what lies nowhere."""
    north = radius_m / _METRES_PER_DEGREE
    east = north / cos(radians(home.latitude))
    first, last = (int((home.longitude + it) // CELL_EAST) for it in (-east, east))
    low, high = (int((home.latitude + it) // CELL_NORTH) for it in (-north, north))
    for row in range(low, high + 1):
        yield cell(row, first), cell(row, last)
    yield NOWHERE, NOWHERE


def _away_m(square: int, home: Home) -> float:
    """How far the middle of a square is; what lies nowhere comes last."""
    if square == NOWHERE:
        return float("inf")
    row, column = row_of(square)
    north = (row + 0.5) * CELL_NORTH - home.latitude
    east = ((column + 0.5) * CELL_EAST - home.longitude) * cos(radians(home.latitude))
    return _METRES_PER_DEGREE * hypot(north, east)


def _kinds(request: Request) -> list[str]:
    """What to look for: kinds of things, and what few others have."""
    tastes, wish = request.tastes, request.wish
    kinds: list[str] = sorted(wish.categories or set(Category) - SERVICES)
    if tastes.aid is Aid.WHEELCHAIR:
        # Of most kinds there is little, which would else be sought among all.
        kinds = [wheelchair_kind(it) for it in kinds]
    kinds += [language_kind(it) for it in tastes.languages if it != "nl"]
    if _is_fetched(request):
        kinds.append(FETCHED)
    seasons = {season_of(it.date()) for it in request.window}
    return [*kinds, *(season_kind(it) for it in sorted(seasons) if it)]


def _is_fetched(request: Request) -> bool:
    """Whether it matters that one is brought there."""
    return request.reach_m < TRAVELS_M and not request.wish.is_near


def _limits(request: Request) -> tuple[str, tuple[object, ...]]:
    """What SQL can rule out, with its values."""
    tastes, today = request.tastes, request.now.date()
    age = LIKELY_AGE if tastes.age is None else tastes.age
    parts = [
        "status = 'open' AND fresh_until >= ?"
        " AND coalesce(lowest_age, 0) <= ? AND coalesce(highest_age, 999) >= ?"
    ]
    values: list[object] = [today.toordinal(), age, age]
    if request.wish.is_free:
        parts.append("cents = 0")
    elif (most := request.most_cents) is not None:
        parts.append("(cents IS NULL OR cents <= ?)")
        values.append(most)
    languages = [f"languages LIKE '% {it} %'" for it in _codes(tastes.languages)]
    if "nl" in tastes.languages:
        languages.append("languages = ''")
    parts.append(f"({' OR '.join(languages) or '0'})")
    if tastes.aid is Aid.WHEELCHAIR:
        parts.append(f"access LIKE '% {Access.WHEELCHAIR} %'")
    return " AND ".join(parts), tuple(values)


def _codes(languages: Iterable[str]) -> list[str]:
    """Only what is a code stands in SQL."""
    return [it for it in languages if it.replace("-", "").isalnum()]


def _whens(request: Request, index: Index) -> int:
    """The bits of the parts of days on which it may begin."""
    since, until = request.window
    wish, bits = request.wish, 0
    parts = {wish.part} if wish.part else request.tastes.parts or set(PartOfDay)
    for ahead in range(DAYS):
        day = index.about.first_day + timedelta(days=ahead)
        is_wished = not wish.days or day in wish.days
        if is_wished and since.date() <= day <= until.date():
            for number, part in enumerate(PartOfDay):
                if part in parts:
                    bits |= when_bit(ahead, number)
    return bits
