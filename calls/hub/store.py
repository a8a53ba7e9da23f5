"""The hub's database: opened, checked, brought up to date; transactions.

SQLite with a write-ahead log and synchronous=FULL: what is acknowledged is on the
disk. Writers wait for each other (BEGIN IMMEDIATE), so that none fails halfway.
"""

import asyncio
import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from calls.hub.errors import (
    StoreConflict,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreTooNew,
)

logger = logging.getLogger(__name__)

# The command line may write while the hub runs; nothing of it takes long.
BUSY_TIMEOUT_S = 5.0

# What a transaction takes at most, where the disk is not stuck.
CLOSE_WITHIN_S = 1.0

# What must be kept is sent again within this time, so a disk that is still full is
# noticed anew.
FULL_LATELY_S = 300.0

# Readers beside the one writer; each is a thread.
READERS = 3

_IS_WRITING = "praatpaal_is_writing"
_MIGRATIONS = Path(__file__).parent / "migrations"

# Alembic keeps what it works on in its module.
_migrating = threading.Lock()


class Store:
    """One open database."""

    def __init__(self, engine: AsyncEngine, path: Path, aside: Path | None) -> None:
        """Take over what `open_store` made."""
        self.path = path
        self.was_damaged = aside
        """Where a damaged database was set aside when this one was begun."""
        self._engine = engine
        self._writing = asyncio.Lock()
        self._in_use = 0
        self._is_free = asyncio.Event()
        self._is_free.set()
        self._full_s: float | None = None

    @property
    def was_full_lately(self) -> bool:
        """Whether the last write found no room, some minutes ago at most."""
        full_s = self._full_s
        return full_s is not None and time.monotonic() - full_s < FULL_LATELY_S

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One transaction that only reads; it sees one state of all tables.

        Raises:
            StoreError: If it cannot be read.
        """
        with translated():
            async with self._connection() as connection, connection.begin():
                yield connection

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: all of it is on disk afterwards, or none of it.

        Raises:
            StoreConflict: If a row breaks a rule of the tables.
            StoreFull: If there is no room.
            StoreError: If it cannot be written.
        """
        try:
            with translated():
                async with self._writing, self._connection() as connection:
                    await connection.execution_options(**{_IS_WRITING: True})
                    async with connection.begin():
                        yield connection
        except StoreFull:
            self._full_s = time.monotonic()
            raise
        self._full_s = None

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        """One of the pool, which gets it back also where its user is cancelled."""
        self._in_use += 1
        self._is_free.clear()
        opening = asyncio.ensure_future(_open(self._engine))
        try:
            try:
                connection = await asyncio.shield(opening)
            except asyncio.CancelledError:
                # Half made, it would belong to nobody.
                await asyncio.wait([opening])
                if not opening.cancelled() and opening.exception() is None:
                    await opening.result().close()
                raise
            try:
                yield connection
            finally:
                await asyncio.shield(asyncio.ensure_future(connection.close()))
        finally:
            self._in_use -= 1
            if not self._in_use:
                self._is_free.set()

    async def close(self) -> None:
        """Bring all into one file; may be called twice."""
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                # The pool forgets those that are in use, and then nobody closes them.
                await self._is_free.wait()
        except TimeoutError:
            logger.warning("%d connections to the database hang", self._in_use)
        await self._engine.dispose()


async def _open(engine: AsyncEngine) -> AsyncConnection:
    return await engine.connect()


async def open_store(path: Path, now: datetime) -> Store:
    """Open the database, or begin one.

    A damaged one is set aside under a name with the date, and `was_damaged` of the
    new store says where it is: who followed must be invited again.

    Args:
        path: The file; its folder is made if need be, for this user only.
        now: Part of the name of a database that is set aside.

    Raises:
        StoreTooNew: If a newer program wrote it.
        StoreFull: If there is no room.
        StoreError: If it cannot be opened or written.
    """
    aside = await asyncio.to_thread(_prepare, path, now)
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        connect_args={"timeout": BUSY_TIMEOUT_S},
        pool_size=1 + READERS,
        max_overflow=0,
        hide_parameters=True,
    )
    _listen(engine.sync_engine)
    return Store(engine, path, aside)


def _listen(engine: Engine) -> None:
    """Transactions begin when we say so, not when the driver thinks so."""

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            # What was deleted is overwritten with zeros.
            "secure_delete = ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        is_writing = connection.get_execution_options().get(_IS_WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


def _prepare(path: Path, now: datetime) -> Path | None:
    """Make it if need be, check it, bring it up to date."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Created by us, so that nobody else may ever read it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}") from error
    try:
        _migrate(path)
    except StoreDamaged as error:
        aside = _set_aside(path, now)
        logger.error("the database was damaged (%s) and is set aside", error)
        _migrate(path)
        return aside
    return None


def _migrate(path: Path) -> None:
    engine = sqlalchemy.create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_TIMEOUT_S},
        poolclass=sqlalchemy.NullPool,
    )
    _listen(engine)
    try:
        with translated(), engine.connect() as connection:
            connection.execution_options(**{_IS_WRITING: True})
            with connection.begin():
                _upgrade(connection)
    finally:
        engine.dispose()


def _upgrade(connection: Connection) -> None:
    """Under the write lock: two programs may start at once."""
    verdict = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    if verdict != "ok":
        raise StoreDamaged("quick_check found a fault")
    known = revisions()
    found = _revision(connection)
    if found is not None and found not in known:
        raise StoreTooNew("a newer program wrote the hub's database")
    if found != known[-1]:
        _migrate_from(connection)


def revisions() -> list[str]:
    """Those of `migrations`, in their order: their files are named after them."""
    files = (_MIGRATIONS / "versions").glob("v[0-9][0-9][0-9][0-9]_*.py")
    return sorted(file.name[1:5] for file in files)


def _revision(connection: Connection) -> str | None:
    """What the database was brought up to; None: it is new."""
    if not sqlalchemy.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate_from(connection: Connection) -> None:
    # Alembic takes a second to load on a small machine, and is needed once a year.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    with _migrating:
        command.upgrade(config, "head")


def _set_aside(path: Path, now: datetime) -> Path:
    """Rename the file and its log, which holds what came last."""
    aside = path.with_name(f"{path.name}.damaged-{now:%Y-%m-%dT%H%M%S}")
    try:
        # The log goes first: it must never be replayed into a new database.
        for suffix in ("-wal", "-shm"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.replace(aside.with_name(aside.name + suffix))
        path.replace(aside)
    except OSError as error:
        raise StoreError(f"cannot set aside {path}: {error.strerror}") from error
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return aside


_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn errors of SQLAlchemy, SQLite and the system into ours."""
    try:
        yield
    except IntegrityError as error:
        raise StoreConflict(type(error.orig).__name__) from error
    except (SQLAlchemyError, sqlite3.Error) as error:
        origin = error.orig if isinstance(error, DBAPIError) else error
        # The low byte is the primary code, the rest tells more.
        code = getattr(origin, "sqlite_errorcode", 0) & 0xFF
        message = f"{type(origin).__name__} {code}"
        if code == sqlite3.SQLITE_FULL:
            raise StoreFull(message) from error
        if code in _DAMAGED:
            raise StoreDamaged(message) from error
        raise StoreError(message) from error
