"""Shows that there is an answer, and takes back what needs none any more."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from companion.agenda_book import AgendaMemory
from companion.along import dropped, name_in
from companion.notes import About, Notes
from companion.people import Person
from companion.ports import Clock
from companion.stage import Stage

logger = logging.getLogger(__name__)

# What was taken out of the agenda by hand, or from another calendar.
LOOK_S = 600.0

NEWS = "notes"
"""Under which name the stage shows it."""


class NotesKeeper:
    """Keeps notes in step with the agenda, and the screen with the notes."""

    def __init__(
        self,
        notes: Notes,
        agenda: AgendaMemory,
        people: Callable[[], Awaitable[Sequence[Person]]],
        stage: Stage,
        clock: Clock,
    ) -> None:
        """Build it.

        Args:
            notes: Where notes are.
            agenda: What they are about.
            people: Everybody in the list, as it is now.
            stage: Where news is shown.
            clock: The time on the wall.
        """
        self._notes = notes
        self._agenda = agenda
        self._people = people
        self._stage = stage
        self._clock = clock
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Do so, without end."""
        await self._notes.load()
        self._notes.on_change(self._wake.set)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._notes.run())
            tasks.create_task(self._keep())

    def look(self) -> None:
        """The agenda may have changed."""
        self._wake.set()

    async def _keep(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._withdraw()
                await self._show()
            except Exception:
                # A fault here leaves a device that asks and tells.
                logger.exception("notes are not kept in step")
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _withdraw(self) -> None:
        today = self._clock.now().date()
        asked = self._notes.about(About.GO_ALONG)
        for note in dropped(asked, await self._agenda.entries(), today):
            await self._notes.withdraw(note)

    async def _show(self) -> None:
        people = await self._people()
        names = [name_in(people, note) for note in await self._notes.answers()]
        name = next(filter(None, names), "")
        text = self._stage.phrasebook.text
        self._stage.news(NEWS, text("notice.answer", person=name) if name else "")
