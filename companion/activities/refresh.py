"""Brings sources on the web up to date; also a program of its own, for the device.

As a program it reads one JSON object from its input (`Job`) and refreshes what is
due. The device starts it in a process of its own, since reading a large source takes
a minute of processor and memory that speaking must not wait for.
"""

import asyncio
import json
import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from companion.activities.catalogue import (
    Catalogue,
    CatalogueError,
    Source,
    open_catalogue,
)
from companion.activities.fetching import Fetcher, FetchError, Version
from companion.activities.importing import Wanted, import_file, way_of
from companion.activities.intake import Outcomes
from companion.activities.problems import Reason
from companion.activities.reading import NotRead
from companion.activities.upcoming_index import build, is_current

logger = logging.getLogger(__name__)

# A server that is being restarted is back in minutes; one that is gone for good is
# asked once a day.
FIRST_AGAIN = timedelta(minutes=15)
LAST_AGAIN = timedelta(days=1)

# Longer than any fetch takes.
LEFT_BEHIND_S = 3_600.0

NICE = 15
"""Below everything that somebody waits for."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be kept up to date.

    Attributes:
        catalogue: The file of the catalogue.
        urls: Addresses of sources.
        interval_h: How often each is read, in hours.
        zone: IANA name of the zone of the person.
    """

    catalogue: str
    urls: tuple[str, ...]
    interval_h: int
    zone: str

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))


def next_try(source: Source, interval: timedelta) -> datetime | None:
    """When to read a source again; None: at once.

    After a failure it is tried again soon, then after twice as long each time.
    """
    if source.tried_at is None:
        return None
    if not source.failures:
        return source.tried_at + interval
    doublings = min(source.failures - 1, 20)
    wait = timedelta(seconds=FIRST_AGAIN.total_seconds() * 2.0**doublings)
    return source.tried_at + min(wait, max(LAST_AGAIN, interval))


def due(
    urls: Sequence[str], sources: Sequence[Source], interval: timedelta, now: datetime
) -> list[str]:
    """The addresses that are to be read now, those that waited longest first.

    One that was tried in the future, before a clock was set right, is due as well.
    """
    by_location = {source.location: source for source in sources}
    waiting = []
    for url in urls:
        source = by_location.get(url)
        at = None if source is None else next_try(source, interval)
        is_odd = (
            source is not None
            and source.tried_at is not None
            and (source.tried_at > now + timedelta(minutes=5))
        )
        if at is None or at <= now or is_odd:
            waiting.append((at.timestamp() if at else 0.0, url))
    return [url for _, url in sorted(waiting)]


def source_of(
    catalogue: Catalogue, url: str, name: str = "", licence: str = ""
) -> Source:
    """The source at an address, as it is known or as it will be called."""
    known = catalogue.source_at(url)
    if known is None:
        parts = urlsplit(url)
        called = name or parts.hostname or url
        taken = None if name else catalogue.source(called)
        if taken is not None:
            # Another one of the same website.
            called = url.removeprefix("https://")
        known = Source(called, url)
    return replace(
        known, name=name or known.name, location=url, licence=licence or known.licence
    )


async def refresh(
    catalogue: Catalogue,
    source: Source,
    fetcher: Fetcher,
    now: datetime,
    zone: str,
    is_trial: bool = False,
) -> Outcomes | None:
    """Fetch a source and read it into the catalogue.

    A failure is written down with the source, and raised.

    Returns:
        What came of it; None if nothing changed since the last time.

    Raises:
        FetchError: If it cannot be fetched, or what came cannot be read.
        CatalogueError: If the catalogue cannot be written.
    """
    try:
        return await _refresh(catalogue, source, fetcher, now, zone, is_trial)
    except FetchError as error:
        failed = replace(
            source,
            tried_at=now,
            failures=source.failures + 1,
            failure=f"{error.reason} {error.detail}".strip(),
        )
        if not is_trial:
            catalogue.put_source(failed)
        raise


async def _refresh(
    catalogue: Catalogue,
    source: Source,
    fetcher: Fetcher,
    now: datetime,
    zone: str,
    is_trial: bool,
) -> Outcomes | None:
    try:
        # Beside the catalogue: what /tmp holds is memory on many systems.
        with tempfile.NamedTemporaryFile(dir=_room(catalogue.path)) as file:
            path = Path(file.name)
            wanted = Wanted(source.name, source.location, source.licence)
            taken = catalogue.taken(source.name, way_of(wanted, zone), now.date())
            # What would be read otherwise today is fetched once more.
            known = Version(source.etag, source.changed) if taken else Version()
            version = await fetcher.fetch(source.location, path, known)
            if version is None:
                catalogue.confirm(source, now, is_trial)
                return None
            wanted = replace(wanted, etag=version.etag, changed=version.changed)
            outcomes = import_file(catalogue, path, wanted, now, zone, is_trial)
            if outcomes.is_emptied:
                raise FetchError("not_read", Reason.NOTHING_LEFT)
            return outcomes
    except NotRead as error:
        raise FetchError("not_read", error.problem.reason) from error
    except OSError as error:
        raise FetchError("disk", error.strerror or type(error).__name__) from error


def _room(catalogue: Path) -> Path:
    """The folder for what is fetched, without what an earlier power cut left there."""
    folder = catalogue.parent / "fetched"
    folder.mkdir(exist_ok=True, mode=0o700)
    for left in folder.iterdir():
        if left.stat().st_mtime < time.time() - LEFT_BEHIND_S:
            left.unlink(missing_ok=True)
    return folder


async def work(job: Job, fetcher: Fetcher, now: datetime) -> bool:
    """Refresh all that is due, and what is found by day; False if one of them failed.

    Raises:
        CatalogueError: If the catalogue cannot be read or written.
    """
    is_fine = True
    interval = timedelta(hours=job.interval_h)
    with open_catalogue(Path(job.catalogue), now) as catalogue:
        for url in due(job.urls, catalogue.sources(), interval, now):
            source = source_of(catalogue, url)
            try:
                await refresh(catalogue, source, fetcher, now, job.zone)
            except FetchError as error:
                logger.info("a source was not read: %s", error.reason)
                is_fine = False
        if not is_current(catalogue.path, catalogue.sources(), now):
            build(catalogue, now)
    return is_fine


def main() -> int:
    """Do the job on standard input."""
    os.nice(NICE)
    # As an exception, so that what was fetched is taken away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    asked = json.loads(sys.stdin.read())
    job = Job(**{**asked, "urls": tuple(asked["urls"])})
    now = datetime.now(ZoneInfo(job.zone))
    try:
        return 0 if asyncio.run(work(job, Fetcher(), now)) else 1
    except CatalogueError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
