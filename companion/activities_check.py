"""Checks the social map: is each source read, and why not?"""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

from companion.activities.catalogue import (
    CatalogueError,
    Source,
    open_catalogue,
)
from companion.commands.activity_tables import explain_fetch
from companion.finding import Finding, found
from companion.settings import Settings


async def check_activities(settings: Settings) -> list[Finding]:
    """Is there something to do, and is it kept up to date?

    Nothing to say where no source was ever wanted.
    """
    return await asyncio.to_thread(_check, settings)


def _check(settings: Settings) -> list[Finding]:
    path = settings.folders.activities_path()
    urls = settings.activities.urls()
    if not urls and not path.exists():
        return []
    now = datetime.now(ZoneInfo(settings.device.time_zone))
    try:
        with open_catalogue(path, now) as catalogue:
            sources, damaged = catalogue.sources(), catalogue.was_damaged
    except CatalogueError as error:
        return [found("activities", "fault", False, problem=error)]
    if damaged is not None:
        return [found("activities", "damaged", False, file=damaged)]
    by_location = {source.location: source for source in sources}
    findings = [
        finding
        for url in urls
        if (finding := _check_source(url, by_location.get(url))) is not None
    ]
    if sources and not findings:
        records = sum(source.records for source in sources)
        counts = {"records": records, "sources": len(sources)}
        return [found("activities", "fine", True, **counts)]
    return findings


def _check_source(url: str, source: Source | None) -> Finding | None:
    """What is to be said about one source; None if it is fine."""
    if source is None:
        # Right after it was set up that is no fault.
        return found("activities", "waiting", True, url=url)
    if not source.failure:
        return None
    why = explain_fetch(source.failure)
    if source.read_at is None:
        return found("activities", "never", False, url=url, reason=why)
    since = f"{source.read_at:%d-%m-%Y}"
    return found("activities", "failing", False, url=url, since=since, reason=why)
