"""The social map on disk, with where each part of it came from.

A database of its own: it can be read anew at any time, and holds nothing of the
person, so it lies apart from the journal. An import is whole or not at all.
"""

import contextlib
import json
import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from companion.activities.catalogue_tables import LATER, PRAGMAS, TABLES, VERSION
from companion.activities.intake import Intake, Outcomes, put_problems
from companion.activities.plain import from_json
from companion.activities.problems import Outcome, Problem, Reason
from companion.activities.reading import Read
from companion.activities.record import Activity
from companion.activities.same import Merged, group, marks, merge
from companion.activities.taken import (
    Taken,
    confirm_taken,
    find_taken,
    put_taken,
)

logger = logging.getLogger(__name__)

# Somebody may look while the device reads a large source anew.
BUSY_TIMEOUT_MS = 5_000


class CatalogueError(Exception):
    """The catalogue cannot be read or written."""


class CatalogueBusy(CatalogueError):
    """Another program writes it."""


class CatalogueTooNew(CatalogueError):
    """A newer program wrote it; it was left as it is."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where records come from, and how that went the last time.

    Attributes:
        name: As records name it.
        location: File or address.
        licence: Of records that do not name their own.
        form: Name of the form it was read as, such as "csv".
        read_at: When it was last read whole, or found to be the same; None: never.
        records: How many of it are in the catalogue.
        set_aside: How many records were set aside then.
        left_out: How many fields were left out then.
        repaired: How much was repaired then.
        etag: What the server calls this version (RFC 9110, 8.8.3).
        changed: Its Last-Modified.
        tried_at: When it was last tried.
        failures: How often that failed in a row.
        failure: Why it failed, as a name; empty: it did not.
    """

    name: str
    location: str = ""
    licence: str = ""
    form: str = ""
    read_at: datetime | None = None
    records: int = 0
    set_aside: int = 0
    left_out: int = 0
    repaired: int = 0
    etag: str = ""
    changed: str = ""
    tried_at: datetime | None = None
    failures: int = 0
    failure: str = ""


class Catalogue:
    """One database file. Belongs to one thread."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, was_damaged: Path | None
    ) -> None:
        """Take over a connection that `open_catalogue` made."""
        self.path = path
        self._connection = connection
        self.was_damaged = was_damaged
        """Where a damaged one was set aside when this one was begun."""

    def __enter__(self) -> "Catalogue":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Bring all into one file; may be called twice."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    # -- sources ----------------------------------------------------------------

    def sources(self) -> list[Source]:
        """All, by name."""
        with _translated():
            return read_sources(self._connection)

    def source(self, name: str) -> Source | None:
        """The one of this name."""
        return next((it for it in self.sources() if it.name == name), None)

    def source_at(self, location: str) -> Source | None:
        """The one that was read from here."""
        return next((it for it in self.sources() if it.location == location), None)

    def put_source(self, source: Source) -> None:
        """Write down how it stands with a source."""
        with self._transaction():
            self._put_source(source)

    def remove_source(self, name: str) -> bool:
        """Forget a source and its records; False if there is none."""
        with self._transaction():
            for table in ("record", "problem", "taken"):
                self._connection.execute(
                    f"DELETE FROM {table} WHERE source = ?", (name,)
                )
            found = self._connection.execute(
                "DELETE FROM source WHERE name = ?", (name,)
            )
            return found.rowcount > 0

    # -- importing ----------------------------------------------------------------

    def take_in(
        self,
        source: Source,
        reads: Iterable[Read],
        now: datetime,
        is_trial: bool,
        name_taken: Callable[[], Taken] | None = None,
    ) -> Outcomes:
        """Put what a source says in the place of what it said before.

        Records that it no longer has are marked as gone, unless the file ended
        early. Whole or not at all: an error of `reads` leaves all as it was.

        Args:
            source: Without counts; those are filled in.
            reads: What an importer gives.
            now: Aware of its zone.
            is_trial: Only find out what would happen.
            name_taken: Names what `reads` gave, once it is read; None: nobody can.
        """
        with self._transaction(is_trial):
            outcomes = Intake(self._connection, source.name, now).run(reads)
            self._put_source(
                Source(
                    name=source.name,
                    location=source.location,
                    licence=source.licence,
                    form=source.form,
                    read_at=now,
                    records=outcomes.records,
                    set_aside=outcomes.set_aside,
                    left_out=outcomes.left_out,
                    repaired=outcomes.repaired,
                    etag=source.etag,
                    changed=source.changed,
                    tried_at=now,
                )
            )
            put_problems(self._connection, source.name, outcomes.problems)
            taken = name_taken() if name_taken is not None else None
            put_taken(self._connection, source.name, taken, now)
        return outcomes

    def taken(self, source: str, way: str, today: date) -> Taken | None:
        """What was taken in of a source, if it would be read the same today.

        Args:
            source: Name of the source.
            way: How it would be read today (`Taken.way`).
            today: On the wall calendar of the person.
        """
        with _translated():
            return find_taken(self._connection, source, way, today)

    def confirm(self, source: Source, now: datetime, is_trial: bool) -> Outcomes:
        """Write down that a source says what was taken in of it.

        Args:
            source: As it is called and found now; its counts stay what they were.
            now: Aware of its zone.
            is_trial: Only find out what would happen.

        Returns:
            What `take_in` would give for the same once more.
        """
        with self._transaction(is_trial):
            known = self.source(source.name) or source
            self._put_source(
                replace(
                    known,
                    location=source.location,
                    etag=source.etag,
                    changed=source.changed,
                    read_at=now,
                    tried_at=now,
                    failures=0,
                    failure="",
                )
            )
            confirm_taken(self._connection, source.name, now)
            return Outcomes(
                same=known.records,
                set_aside=known.set_aside,
                left_out=known.left_out,
                repaired=known.repaired,
                problems=[problem for _, problem in self.problems(source.name)],
            )

    def _put_source(self, source: Source) -> None:
        values = [getattr(source, name) for name in Source.__dataclass_fields__]
        plain = [it.isoformat() if isinstance(it, datetime) else it for it in values]
        marks_ = ", ".join("?" * len(plain))
        self._connection.execute(
            f"INSERT OR REPLACE INTO source VALUES ({marks_})", plain
        )

    # -- reading --------------------------------------------------------------------

    def problems(self, source: str | None = None) -> Iterator[tuple[str, Problem]]:
        """Source and problem, those set aside first."""
        with _translated():
            rows = self._connection.execute(
                "SELECT * FROM problem WHERE source = coalesce(?, source)"
                " ORDER BY source, number",
                (source,),
            )
            for name, _, outcome, reason, line, *texts in rows:
                yield name, Problem(Reason(reason), Outcome(outcome), line, *texts)

    def records(self) -> Iterator[Merged]:
        """Everything that sources have now, with what is the same put together."""
        with _translated():
            rows = self._connection.execute(
                "SELECT what, organisation, place, data FROM record"
                " WHERE gone_at IS NULL ORDER BY what, source, id"
            )
            bucket: list[tuple[bytes, str, str, str]] = []
            for row in rows:
                if bucket and row[0] != bucket[0][0]:
                    yield from _merged(bucket)
                    bucket = []
                bucket.append(row)
            yield from _merged(bucket)

    def find(self, source: str, id: str) -> Activity | None:
        """One record as its source has it, or had it last."""
        with _translated():
            row = self._connection.execute(
                "SELECT data FROM record WHERE source = ? AND id = ?", (source, id)
            ).fetchone()
        return from_json(row[0]) if row else None

    def count(self) -> int:
        """How many records sources have now, before any is put together."""
        with _translated():
            row = self._connection.execute(
                "SELECT count(*) FROM record WHERE gone_at IS NULL"
            ).fetchone()
        return int(row[0])

    def changes(self) -> int:
        """A number that is another one after each change by anybody."""
        with _translated():
            (number,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(number) * 1_000_000 + self._connection.total_changes

    @contextlib.contextmanager
    def _transaction(self, is_trial: bool = False) -> Iterator[None]:
        with _translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                # A full disk has ended the transaction already.
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("ROLLBACK" if is_trial else "COMMIT")


def _merged(bucket: list[tuple[bytes, str, str, str]]) -> Iterator[Merged]:
    if not bucket:
        return
    activities = [from_json(row[3]) for row in bucket]
    if len(bucket) == 1:
        yield merge(activities)
        return
    for numbers in group([marks(it) for it in activities]):
        yield merge(activities[it] for it in numbers)


def _source(row: tuple[Any, ...]) -> Source:
    values = dict(zip(Source.__dataclass_fields__, row, strict=True))
    for name in ("read_at", "tried_at"):
        if values[name] is not None:
            values[name] = datetime.fromisoformat(values[name])
    return Source(**values)


def read_sources(connection: sqlite3.Connection) -> list[Source]:
    """All sources, by name."""
    rows = connection.execute("SELECT * FROM source ORDER BY name")
    return [_source(row) for row in rows]


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Look something up, without the check of the whole file that opening begins with.

    Raises:
        CatalogueError: If it cannot be read.
    """
    with _translated():
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro",
            uri=True,
            timeout=BUSY_TIMEOUT_MS / 1000,
        )
        with contextlib.closing(connection):
            yield connection


def open_catalogue(path: Path, now: datetime) -> Catalogue:
    """Open the catalogue, or begin one.

    A damaged one is set aside, and `was_damaged` says where: nothing is lost that
    its sources do not have.

    Raises:
        CatalogueTooNew: If a newer program wrote it.
        CatalogueError: If it cannot be opened or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise CatalogueError(f"cannot write {path}: {error.strerror}") from error
    try:
        return Catalogue(_connect(path), path, was_damaged=None)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise CatalogueError(f"cannot open {path}: {error}") from error
        aside = path.with_name(f"{path.name}.damaged-{now:%Y%m%d-%H%M%S}")
        logger.error("the social map was damaged (%s) and is set aside", error)
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    os.replace(path, aside)
    with _translated():
        return Catalogue(_connect(path), path, was_damaged=aside)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None
    )
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise CatalogueTooNew(f"{path} is of version {version}")
        connection.executescript(PRAGMAS)
        if version == 0:
            connection.executescript(f"BEGIN IMMEDIATE; {TABLES} COMMIT;")
        connection.executescript(LATER)
        (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise sqlite3.DatabaseError(state)
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise CatalogueBusy("another program writes the social map") from error
        raise CatalogueError(str(error)) from error
    except sqlite3.Error as error:
        raise CatalogueError(str(error)) from error
    except json.JSONDecodeError as error:
        raise CatalogueError(str(error)) from error
