"""Finds what to suggest in the social map on disk, off the event loop."""

import asyncio
import logging
import os
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from companion.activities.candidates import Candidate
from companion.activities.catalogue import (
    CatalogueError,
    open_catalogue,
    read_sources,
    reading,
)
from companion.activities.distances import way_m
from companion.activities.gathering import EACH, Gathering
from companion.activities.histories import look_back
from companion.activities.limits import TRAVELS_M, Request
from companion.activities.named import is_named
from companion.activities.plain import from_json
from companion.activities.ranking import MOST, Ranked, rank
from companion.activities.record import Activity, Category
from companion.activities.same import merge
from companion.activities.suggesting import (
    ANYTHING,
    Found,
    InTheWay,
    Obstacle,
    Suggestion,
    Taken,
    Wish,
)
from companion.activities.tastes import Opinion, Tastes, learn_from_plans
from companion.activities.upcoming_index import (
    Index,
    build,
    index_path,
    is_rung,
    signature,
)
from companion.activities.whereabouts import Whereabouts

logger = logging.getLogger(__name__)

# Of a smaller map the index is made while somebody waits: a second or two on a Pi.
SMALL = 2_000

# Where nothing fits among the nearest, this many times more are looked at, and again.
_WIDER = 8
_WIDEST = 5_000


class Clock(Protocol):
    """The time on the wall."""

    def now(self) -> datetime:
        """Aware of its zone."""


class Remembers(Protocol):
    """What is known of the person; `tastes_book.TastesMemory`."""

    async def tastes(self) -> Tastes:
        """What they like and can."""

    async def opinions(self) -> Sequence[Opinion]:
        """What they thought of activities."""


async def nothing_taken(now: datetime) -> Sequence[Taken]:
    """An agenda in which there is nothing."""
    return ()


async def no_plans(now: datetime) -> Mapping[str, int]:
    """Nobody told what they do."""
    return {}


class Suggester:
    """Suggests what to do. One question at a time goes to the card."""

    def __init__(
        self,
        catalogue: Path,
        remembers: Remembers,
        clock: Clock,
        whereabouts: Whereabouts | None = None,
        taken: Callable[[datetime], Awaitable[Sequence[Taken]]] = nothing_taken,
        plans: Callable[[datetime], Awaitable[Mapping[str, int]]] = no_plans,
    ) -> None:
        """Take what is needed; nothing is opened yet.

        Args:
            catalogue: The file of the catalogue.
            remembers: What is known of the person.
            clock: The time on the wall.
            whereabouts: What the settings tell of the person; None: nothing.
            taken: When the person cannot come, from a moment on.
            plans: How often they lately told each of `intents.PLAN_KINDS`.
        """
        self._catalogue = catalogue
        self._remembers = remembers
        self._clock = clock
        self._whereabouts = whereabouts or Whereabouts()
        self._taken = taken
        self._plans = plans
        self._index: Index | None = None
        self._mark: tuple[int, int, int] | None = None
        self._lock = threading.Lock()

    async def suggest(self, wish: Wish = ANYTHING) -> Found:
        """What fits the person best, at most two; nothing if the map is broken."""
        now = self._clock.now()
        tastes = await self._remembers.tastes()
        opinions = await self._remembers.opinions()
        taken = await self._taken(now)
        year = self._whereabouts.birth_year
        tastes = replace(tastes, age=None if year is None else now.year - year)
        tastes = learn_from_plans(tastes, await self._plans(now))
        request = Request(tastes, look_back(opinions, now), now, wish, taken)
        try:
            return await asyncio.to_thread(self._suggest, request)
        except CatalogueError as error:
            _complain(error)
            return Found()

    async def find(self, source: str, id: str) -> Activity | None:
        """One activity as its source has it or had it last; None: never heard of."""
        try:
            return await asyncio.to_thread(self._read, ((source, id),))
        except CatalogueError as error:
            _complain(error)
            return None

    async def service(self, kinds: Collection[Category]) -> Activity | None:
        """The nearest service of these kinds that one rings; None: there is none."""
        try:
            return await asyncio.to_thread(self._service, kinds, self._clock.now())
        except CatalogueError as error:
            _complain(error)
            return None

    def close(self) -> None:
        """Let go of the files; may be called twice."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._index is not None:
            self._index.close()
        self._index = self._mark = None

    # -- in a thread ------------------------------------------------------------

    def _suggest(self, request: Request) -> Found:
        with self._lock:
            if not self._catalogue.exists():
                return Found()
            index = self._current_index(request.now)
            if index is None:
                return Found((), (InTheWay(Obstacle.NOT_READY, 0),))
            home = self._whereabouts.home(index.postcode)
            request = replace(request, tastes=replace(request.tastes, home=home))
            try:
                ranked = choose(index, request, is_named=self._is_named(request.wish))
            except sqlite3.Error as error:
                # It is made again at the next question, or before.
                self._close()
                index_path(self._catalogue).unlink(missing_ok=True)
                raise CatalogueError(str(error)) from error
        suggestions: list[Suggestion] = []
        for choice in ranked.choices:
            # One may be gone since the index was made.
            if (activity := self._read(choice.candidate.sources)) is not None:
                suggestions.append(choice.suggestion(activity, request.tastes))
        return Found(tuple(suggestions), ranked.in_the_way, ranked.has_named)

    def _is_named(self, wish: Wish) -> Callable[[Candidate], bool]:
        """The index knows no titles: of what fits and is near, the records are read."""

        def check(candidate: Candidate) -> bool:
            activity = self._read(candidate.sources)
            return activity is not None and is_named(activity, wish.names)

        return check

    def _service(self, kinds: Collection[Category], now: datetime) -> Activity | None:
        with self._lock:
            index = self._current_index(now) if self._catalogue.exists() else None
            if index is None:
                return None
            home = self._whereabouts.home(index.postcode)
            try:
                known = index.services(kinds)
            except sqlite3.Error as error:
                raise CatalogueError(str(error)) from error
        # What serves a whole region often has no place of its own: it comes last.
        near = []
        for key, north, east in known:
            way = None
            if home is not None and north is not None and east is not None:
                way = way_m(north, east, home)
            if way is None or way <= TRAVELS_M:
                near.append((way is None, way or 0, key))
        for *_, key in sorted(near):
            activity = self._read((key,))
            if activity is not None and is_rung(activity):
                return activity
        return None

    def _current_index(self, now: datetime) -> Index | None:
        """The index as it is now; None: it has to be made, and that takes long."""
        index = self._opened()
        if index is not None and index.about.serves(now.date()):
            if index.about.signature == _signature(self._catalogue):
                return index
        if _count(self._catalogue) <= SMALL:
            with open_catalogue(self._catalogue, now) as catalogue:
                build(catalogue, now)
            return self._opened()
        # An older one is better than none: what is gone meanwhile is left out.
        return index if index is not None and index.about.serves(now.date()) else None

    def _opened(self) -> Index | None:
        """The index on disk; None where there is none that can be read."""
        path = index_path(self._catalogue)
        try:
            status = os.stat(path)
            mark = status.st_ino, status.st_mtime_ns, status.st_size
            if mark != self._mark:
                self._close()
                self._index, self._mark = Index(path), mark
        except (OSError, CatalogueError):
            self._close()
        return self._index

    def _read(self, sources: Sequence[tuple[str, str]]) -> Activity | None:
        found = []
        with reading(self._catalogue) as connection:
            for key in sources:
                row = connection.execute(
                    "SELECT data FROM record WHERE source = ? AND id = ?", key
                ).fetchone()
                if row is not None:
                    found.append(from_json(row[0]))
        return merge(found).activity if found else None


def choose(
    index: Index,
    request: Request,
    most: int = MOST,
    is_named: Callable[[Candidate], bool] | None = None,
) -> Ranked:
    """The best of an index; more is looked at only where too little fits.

    What was asked for by name is looked for among what is near, and no further.

    Raises:
        sqlite3.Error: If the index cannot be read.
    """
    gathering = Gathering(index, request)
    each, is_all = EACH, False
    ranked = Ranked((), ())
    while not is_all and each <= _WIDEST:
        candidates, is_all = gathering.fitting(each)
        ranked = rank(candidates, request, most, is_named)
        is_enough = len(ranked.choices) >= most and ranked.has_named
        if is_enough or (ranked.choices and each > EACH):
            return ranked
        each *= _WIDER
    if ranked.choices:
        return ranked
    return rank(gathering.whatever(EACH), request, most)


def _signature(catalogue: Path) -> str:
    with reading(catalogue) as connection:
        return signature(read_sources(connection))


def _count(catalogue: Path) -> int:
    with reading(catalogue) as connection:
        row = connection.execute("SELECT count(*) FROM record").fetchone()
        return int(row[0])


def _complain(error: CatalogueError) -> None:
    logger.error("the social map fails: %s", type(error).__name__)
