"""Finds what to suggest in the social map on disk, off the event loop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from companion.activities.catalogue import CatalogueError, open_catalogue
from companion.activities.ranking import suggest
from companion.activities.record import Activity
from companion.activities.suggesting import ANYTHING, Found, Taken, Wish
from companion.activities.tastes import Opinion, Tastes

logger = logging.getLogger(__name__)


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


class Suggester:
    """Suggests what to do."""

    def __init__(
        self,
        catalogue: Path,
        remembers: Remembers,
        clock: Clock,
        taken: Callable[[datetime], Awaitable[Sequence[Taken]]] = nothing_taken,
    ) -> None:
        """Take what is needed; nothing is opened yet.

        Args:
            catalogue: The file of the catalogue.
            remembers: What is known of the person.
            clock: The time on the wall.
            taken: When the person cannot come, from a moment on.
        """
        self._catalogue = catalogue
        self._remembers = remembers
        self._clock = clock
        self._taken = taken

    async def suggest(self, wish: Wish = ANYTHING) -> Found:
        """What fits the person best, at most two; nothing if the map is broken."""
        now = self._clock.now()
        tastes = await self._remembers.tastes()
        opinions = await self._remembers.opinions()
        taken = await self._taken(now)
        try:
            return await asyncio.to_thread(
                self._suggest, tastes, opinions, now, wish, taken
            )
        except CatalogueError as error:
            _complain(error)
            return Found()

    async def find(self, source: str, id: str) -> Activity | None:
        """One activity; None if it is not known any more."""
        try:
            return await asyncio.to_thread(self._find, source, id)
        except CatalogueError as error:
            _complain(error)
            return None

    def _suggest(
        self,
        tastes: Tastes,
        opinions: Sequence[Opinion],
        now: datetime,
        wish: Wish,
        taken: Sequence[Taken],
    ) -> Found:
        with open_catalogue(self._catalogue, now) as catalogue:
            activities = (it.activity for it in catalogue.records())
            return suggest(tastes, opinions, activities, now, wish, taken=taken)

    def _find(self, source: str, id: str) -> Activity | None:
        with open_catalogue(self._catalogue, self._clock.now()) as catalogue:
            return catalogue.find(source, id)


def _complain(error: CatalogueError) -> None:
    logger.error("the social map fails: %s", type(error).__name__)
