"""Sources on the web that are kept up to date, and those that fail."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from companion.activities.catalogue import Catalogue, Source, open_catalogue
from companion.activities.fetching import FetchError
from companion.activities.keeping import LOOK_S, REFRESH, SETTLED_S, Keeping
from companion.activities.refresh import (
    FIRST_AGAIN,
    LAST_AGAIN,
    Job,
    due,
    next_try,
    refresh,
    source_of,
    work,
)
from tests.companion.activities.https_server import Page, Site, https_site
from tests.companion.activities.reading import NOW, ZONE
from tests.virtual_time import VirtualLoop, run

DAY = timedelta(days=1)
TABLE = "Titel;Organisatie;Datum;Begintijd\nKoffie;Welzijn;3-3-2026;10:00\n"
AHEAD = TABLE.replace("3-3-2026", "3-12-2026")


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with open_catalogue(tmp_path / "activities.db", NOW) as opened:
        yield opened


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with https_site(tmp_path) as opened:
        yield opened


async def test_a_source_is_read_and_then_only_when_it_changed(
    site: Site, catalogue: Catalogue
) -> None:
    site.pages["/kaart.csv"] = [
        Page(TABLE, headers={"ETag": '"1"'}),
        Page(status=304),
        Page(TABLE.replace("Koffie", "Thee"), headers={"ETag": '"2"'}),
    ]
    for expected, titles in (
        (1, ["Koffie"]),
        (None, ["Koffie"]),
        (1, ["Thee"]),
    ):
        source = source_of(catalogue, site.url(), licence="CC0")
        outcomes = await refresh(catalogue, source, site.fetcher(), NOW, ZONE)
        assert (outcomes.new if outcomes else None) == expected
        assert [it.activity.title for it in catalogue.records()] == titles
    assert [it.headers.get("If-None-Match") for it in site.asked] == [
        None,
        '"1"',
        '"1"',
    ]
    (kept,) = catalogue.sources()
    assert (kept.name, kept.licence, kept.etag) == ("kaart.example", "CC0", '"2"')


async def test_a_source_that_is_unchanged_counts_as_read(
    site: Site, catalogue: Catalogue
) -> None:
    etag = {"ETag": '"1"'}
    # One website says that nothing changed, another one sends it all again.
    site.pages["/kaart.csv"] = [Page(TABLE, headers=etag), Page(status=304)]
    site.pages["/b.csv"] = [Page(TABLE), Page(TABLE)]
    for path in ("/kaart.csv", "/b.csv"):
        for day in range(2):
            source = source_of(catalogue, site.url(path))
            now = NOW + day * DAY
            await refresh(catalogue, source, site.fetcher(), now, ZONE)
        kept = catalogue.source_at(site.url(path))
        assert kept is not None
        assert (kept.read_at, kept.tried_at, kept.records) == (now, now, 1)


async def test_what_is_to_be_read_otherwise_is_fetched_again(
    site: Site, catalogue: Catalogue
) -> None:
    site.pages["/kaart.csv"] = [Page(TABLE, headers={"ETag": '"1"'})] * 4
    for licence in ("CC0", "CC-BY"):
        source = source_of(catalogue, site.url(), licence=licence)
        await refresh(catalogue, source, site.fetcher(), NOW, ZONE)
        assert [it.activity.licence for it in catalogue.records()] == [licence]
    source = source_of(catalogue, site.url(), name="kaart")
    await refresh(catalogue, source, site.fetcher(), NOW, ZONE)
    assert {it.name: it.records for it in catalogue.sources()} == {
        "kaart.example": 1,
        "kaart": 1,
    }
    # In another year other dates can be meant.
    later = NOW + 50 * DAY
    source = source_of(catalogue, site.url())
    await refresh(catalogue, source, site.fetcher(), later, ZONE)
    assert [it.headers.get("If-None-Match") for it in site.asked] == [None] * 4


async def test_a_failure_is_kept_with_the_source_and_takes_nothing_away(
    site: Site, catalogue: Catalogue
) -> None:
    site.pages["/kaart.csv"] = [Page(TABLE), Page(status=500), Page("Beste mensen")]
    await refresh(
        catalogue, source_of(catalogue, site.url()), site.fetcher(), NOW, ZONE
    )
    for failures, failure in ((1, "status 500"), (2, "not_read nothing_known")):
        source = source_of(catalogue, site.url())
        with pytest.raises(FetchError):
            await refresh(catalogue, source, site.fetcher(), NOW + DAY, ZONE)
        (kept,) = catalogue.sources()
        assert (kept.failures, kept.failure) == (failures, failure)
        assert kept.read_at == NOW
        assert kept.tried_at == NOW + DAY
    assert catalogue.count() == 1


async def test_a_source_that_is_suddenly_empty_takes_nothing_away(
    site: Site, catalogue: Catalogue
) -> None:
    titles = AHEAD.splitlines()[0]
    site.pages["/kaart.csv"] = [Page(AHEAD), Page(titles), Page(titles), Page(AHEAD)]
    source = source_of(catalogue, site.url("/kaart.csv"))
    await refresh(catalogue, source, site.fetcher(), NOW, ZONE)
    for number in (1, 2):
        source = source_of(catalogue, source.location)
        with pytest.raises(FetchError, match="not_read nothing_left"):
            await refresh(catalogue, source, site.fetcher(), NOW, ZONE)
        kept = catalogue.source(source.name)
        assert kept is not None
        assert (kept.records, kept.failures) == (1, number)
        assert [it.activity.title for it in catalogue.records()] == ["Koffie"]
    await refresh(catalogue, source, site.fetcher(), NOW, ZONE)
    kept = catalogue.source(source.name)
    assert kept is not None and not kept.failures


async def test_a_source_of_which_all_is_over_may_be_empty(
    site: Site, catalogue: Catalogue
) -> None:
    site.pages["/kaart.csv"] = [Page(AHEAD), Page(AHEAD.splitlines()[0])]
    source = source_of(catalogue, site.url("/kaart.csv"))
    await refresh(catalogue, source, site.fetcher(), NOW, ZONE)
    later = NOW.replace(month=12, day=4)
    outcomes = await refresh(catalogue, source, site.fetcher(), later, ZONE)
    assert outcomes is not None
    assert (outcomes.records, outcomes.gone, outcomes.is_emptied) == (0, 1, False)


async def test_nothing_that_was_fetched_stays_behind(
    site: Site, catalogue: Catalogue, tmp_path: Path
) -> None:
    room = tmp_path / "fetched"
    room.mkdir()
    (room / "of a power cut").touch()
    os.utime(room / "of a power cut", (0, 0))
    site.pages["/kaart.csv"] = [Page(TABLE)]
    source = source_of(catalogue, site.url())
    await refresh(catalogue, source, site.fetcher(), NOW, ZONE)
    assert list(room.iterdir()) == []


async def test_all_that_is_due_is_done_whatever_fails(
    site: Site, tmp_path: Path
) -> None:
    site.pages["/b.csv"] = [Page(TABLE)]
    urls = (site.url("/a.csv"), site.url("/b.csv"))
    job = Job(str(tmp_path / "activities.db"), urls, 24, ZONE)
    assert not await work(job, site.fetcher(), NOW)
    with open_catalogue(Path(job.catalogue), NOW) as catalogue:
        states = {it.name: (it.records, it.failure) for it in catalogue.sources()}
    assert states == {
        "kaart.example": (0, "status 404"),
        site.url("/b.csv").removeprefix("https://"): (1, ""),
    }
    # Not due yet, so nobody is asked.
    asked = len(site.asked)
    assert await work(job, site.fetcher(), NOW + timedelta(minutes=1))
    assert len(site.asked) == asked


async def test_as_a_program_it_does_the_job_on_its_input(tmp_path: Path) -> None:
    job = Job(str(tmp_path / "activities.db"), ("https://127.0.0.1:1/x",), 24, ZONE)
    process = await asyncio.create_subprocess_exec(
        *REFRESH, stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        _, errors = await process.communicate(job.to_json().encode())
    assert (process.returncode, errors) == (1, b"")
    with open_catalogue(Path(job.catalogue), NOW) as catalogue:
        (source,) = catalogue.sources()
    assert (source.failure, source.failures) == ("private", 1)


# -- when -----------------------------------------------------------------------------


def test_after_failures_it_waits_longer_each_time() -> None:
    def wait(failures: int, interval: timedelta) -> timedelta:
        at = next_try(Source("a", tried_at=NOW, failures=failures), interval)
        assert at is not None
        return at - NOW

    assert next_try(Source("a"), DAY) is None
    assert wait(0, DAY) == DAY
    waits = [wait(failures, DAY) for failures in range(1, 40)]
    assert waits[:3] == [FIRST_AGAIN, 2 * FIRST_AGAIN, 4 * FIRST_AGAIN]
    assert waits == sorted(waits)
    assert waits[-1] == LAST_AGAIN
    assert wait(39, 7 * DAY) == 7 * DAY


def test_those_that_waited_longest_come_first() -> None:
    sources = [
        Source("a", "u:a", tried_at=NOW - DAY),
        Source("b", "u:b", tried_at=NOW - 2 * DAY),
        Source("c", "u:c", tried_at=NOW),
        # Tried before the clock was set right.
        Source("d", "u:d", tried_at=NOW + 300 * DAY),
    ]
    found = due(["u:a", "u:b", "u:c", "u:d", "u:new"], sources, DAY, NOW)
    assert found == ["u:new", "u:b", "u:a", "u:d"]


def test_a_name_that_was_given_stays_and_no_other_takes_it(
    catalogue: Catalogue,
) -> None:
    catalogue.put_source(Source("mijn kaart", "https://example.org/a"))
    assert source_of(catalogue, "https://example.org/a").name == "mijn kaart"
    catalogue.put_source(replace(source_of(catalogue, "https://example.org/b")))
    assert source_of(catalogue, "https://example.org/b").name == "example.org"
    assert source_of(catalogue, "https://example.org/c").name == "example.org/c"


# -- in the device ---------------------------------------------------------------


class PaperClock:
    """Says what it is told."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time


WRITES = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read() + '\\n')"
HANGS = (
    "import os, sys, time; sys.stdin.read();"
    " open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"
)


def keeping(
    folder: Path, program: str, is_busy: list[bool], clock: PaperClock
) -> Keeping:
    return Keeping(
        folder / "activities.db",
        ["https://example.org/a"],
        24,
        ZONE,
        clock,
        lambda: is_busy[0],
        (sys.executable, "-c", program, str(folder / "told")),
    )


async def test_what_is_due_is_given_to_a_process_of_its_own(tmp_path: Path) -> None:
    await keeping(tmp_path, WRITES, [False], PaperClock()).look()
    (told,) = (tmp_path / "told").read_text().splitlines()
    assert json.loads(told) == {
        "catalogue": str(tmp_path / "activities.db"),
        "urls": ["https://example.org/a"],
        "interval_h": 24,
        "zone": ZONE,
    }


@pytest.mark.parametrize("hindrance", ["talk", "clock", "fresh"])
async def test_nothing_is_read_while_somebody_talks_or_the_clock_is_wrong(
    tmp_path: Path, hindrance: str
) -> None:
    clock = PaperClock(NOW.replace(year=1970) if hindrance == "clock" else NOW)
    if hindrance == "fresh":
        with open_catalogue(tmp_path / "activities.db", NOW) as catalogue:
            catalogue.put_source(Source("a", "https://example.org/a", tried_at=NOW))
    await keeping(tmp_path, WRITES, [hindrance == "talk"], clock).look()
    assert not (tmp_path / "told").exists()


async def test_who_begins_to_talk_gets_the_processor(tmp_path: Path) -> None:
    is_busy = [False]
    looking = asyncio.create_task(
        keeping(tmp_path, HANGS, is_busy, PaperClock()).look()
    )
    process = await _told(tmp_path)
    is_busy[0] = True
    async with asyncio.timeout(20):
        await looking
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


async def test_the_end_of_the_device_leaves_no_process(tmp_path: Path) -> None:
    looking = asyncio.create_task(
        keeping(tmp_path, HANGS, [False], PaperClock()).look()
    )
    process = await _told(tmp_path)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    with pytest.raises(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


async def _told(folder: Path) -> int:
    async with asyncio.timeout(20):
        while True:
            text = (folder / "told").read_text() if (folder / "told").exists() else ""
            if text:
                return int(text)
            await asyncio.sleep(0.02)


def test_without_sources_there_is_nothing_to_do(tmp_path: Path) -> None:
    path = tmp_path / "activities.db"
    asyncio.run(Keeping(path, (), 24, ZONE, PaperClock(), lambda: False).look())
    assert list(tmp_path.iterdir()) == []


def test_it_looks_now_and_then_and_outlives_a_broken_disk(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    looked = 0

    def look() -> bool:
        nonlocal looked
        looked += 1
        return False

    async def story() -> None:
        kept = Keeping(
            tmp_path / "file" / "activities.db",
            ["https://example.org/a"],
            24,
            ZONE,
            PaperClock(),
            look,
        )
        running = asyncio.ensure_future(kept.run())
        await asyncio.sleep(SETTLED_S + 2.5 * LOOK_S)
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    run(story(), VirtualLoop())
    assert looked == 3
