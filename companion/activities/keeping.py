"""Keeps the social map up to date while nobody talks."""

import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from companion.activities.catalogue import CatalogueError, open_catalogue
from companion.activities.refresh import Job, due
from companion.activities.upcoming_index import is_current
from companion.checkins import FIRST_SURE_YEAR

logger = logging.getLogger(__name__)

# The start of a device is for who presses a button.
SETTLED_S = 120.0

# Sources are read once a day or less often: nobody sees ten minutes.
LOOK_S = 600.0

# Who begins to talk gets the processor at once.
BUSY_EACH_S = 1.0

# A source takes a minute or two; one that takes longer is broken off.
WHOLE_S = 1_800.0
END_WITHIN_S = 5.0


class Clock(Protocol):
    """The time on the wall."""

    def now(self) -> datetime:
        """Aware of its zone."""


Command = Sequence[str]

REFRESH: Command = (sys.executable, "-m", "companion.activities.refresh")


class Keeping:
    """Reads sources anew when they are due."""

    def __init__(
        self,
        catalogue: Path,
        urls: Sequence[str],
        interval_h: int,
        zone: str,
        clock: Clock,
        is_busy: Callable[[], bool],
        command: Command = REFRESH,
    ) -> None:
        """Take what is needed; nothing starts yet.

        Args:
            catalogue: The file of the catalogue.
            urls: Addresses of sources; none: only what was read before is kept.
            interval_h: How often each is read, in hours.
            zone: IANA name of the zone of the person.
            clock: The time on the wall.
            is_busy: Whether somebody talks with the device now.
            command: The program that does a `Job`.
        """
        self._job = Job(str(catalogue), tuple(urls), interval_h, zone)
        self._clock = clock
        self._is_busy = is_busy
        self._command = command

    async def run(self) -> None:
        """Look now and then, without end."""
        await asyncio.sleep(SETTLED_S)
        while True:
            try:
                await self.look()
            except (CatalogueError, OSError) as error:
                logger.warning("the social map is not kept: %s", type(error).__name__)
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Read what is due, and look up the days ahead, unless somebody talks.

        Raises:
            CatalogueError: If the catalogue cannot be read.
            OSError: If the program cannot be started.
        """
        now = self._clock.now()
        if self._is_busy() or now.year < FIRST_SURE_YEAR:
            return
        if await asyncio.to_thread(self._is_due, now) and not self._is_busy():
            await self._read()

    def _is_due(self, now: datetime) -> bool:
        path = Path(self._job.catalogue)
        if not self._job.urls and not path.exists():
            return False
        with open_catalogue(path, now) as catalogue:
            sources = catalogue.sources()
        interval = timedelta(hours=self._job.interval_h)
        # Each night the days that it looks ahead are others.
        return bool(due(self._job.urls, sources, interval, now)) or (
            any(it.read_at for it in sources) and not is_current(path, sources, now)
        )

    async def _read(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        ending = asyncio.ensure_future(
            process.communicate(self._job.to_json().encode())
        )
        try:
            async with asyncio.timeout(WHOLE_S):
                while not ending.done():
                    await asyncio.wait({ending}, timeout=BUSY_EACH_S)
                    if self._is_busy() and not ending.done():
                        # An import is whole or not at all: the next look begins anew.
                        logger.info("reading the social map waits: somebody talks")
                        return
            logger.info("the social map was read, with status %s", process.returncode)
        except TimeoutError:
            logger.warning("reading the social map took too long")
        finally:
            await _end(process, ending)


async def _end(
    process: asyncio.subprocess.Process, ending: "asyncio.Future[tuple[bytes, bytes]]"
) -> None:
    """Leave no process behind."""
    if process.returncode is None:
        process.terminate()
        await asyncio.wait({ending}, timeout=END_WITHIN_S)
        if process.returncode is None:
            process.kill()
    await asyncio.gather(ending, return_exceptions=True)
