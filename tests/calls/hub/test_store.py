"""The hub's database: migrations, damage, a full disk, and who may read it."""

import asyncio
import gc
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from calls.hub.errors import (
    StoreConflict,
    StoreError,
    StoreFull,
    StoreTooNew,
)
from calls.hub.store import Store, open_store, revisions
from calls.hub.tables import household, metadata, used

MIGRATIONS = Path(__file__).parents[3] / "calls/hub/migrations"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROW = {"id": "h1", "name": "Mevrouw Test", "created_at": 1.0}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "hub.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    store = await open_store(path, NOW)
    yield store
    await store.close()


async def names(store: Store) -> list[str]:
    async with store.reading() as connection:
        return list((await connection.execute(sa.select(household.c.name))).scalars())


async def add(store: Store, **changes: object) -> None:
    async with store.writing() as connection:
        await connection.execute(household.insert().values({**ROW, **changes}))


async def once(path: Path) -> Path | None:
    """Open it, write, close; returns where a damaged one was set aside."""
    store = await open_store(path, NOW)
    await add(store)
    await store.close()
    return store.was_damaged


async def test_what_is_kept_survives_a_new_start(path: Path) -> None:
    first = await open_store(path, NOW)
    await add(first)
    await first.close()
    second = await open_store(path, NOW)
    assert await names(second) == ["Mevrouw Test"]
    assert second.was_damaged is None
    await second.close()
    await second.close()


async def test_the_migrations_make_the_tables(store: Store, path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "target_metadata": metadata}
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_alembic_knows_the_same_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert [each.revision for each in scripts.walk_revisions()][::-1] == revisions()


def test_a_database_that_is_up_to_date_needs_no_alembic(path: Path) -> None:
    asyncio.run(once(path))
    again = (
        "import asyncio, sys; from datetime import UTC, datetime; "
        "from pathlib import Path; from calls.hub.store import open_store; "
        "store = asyncio.run(open_store(Path(sys.argv[1]), datetime.now(UTC))); "
        "asyncio.run(store.close()); print('alembic' in sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", again, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "False\n"


async def test_it_is_written_through_to_the_disk(store: Store) -> None:
    async with store.writing() as connection:
        found = [
            (await connection.execute(sa.text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        ]
    assert found == ["wal", 2, 1, 1]


async def test_only_this_user_reads_it(store: Store, path: Path) -> None:
    await add(store)
    for file in path.parent.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file.name


async def test_all_or_nothing(store: Store) -> None:
    with pytest.raises(StoreConflict):
        async with store.writing() as connection:
            await connection.execute(household.insert().values(ROW))
            await connection.execute(used.insert().values(household="none", day="x"))
    assert await names(store) == []


async def test_writers_wait_for_each_other(store: Store, path: Path) -> None:
    async def one(number: int) -> None:
        async with store.writing() as connection:
            count = sa.select(sa.func.count()).select_from(household)
            before = (await connection.execute(count)).scalar_one()
            values = {**ROW, "id": str(number), "name": str(before)}
            await connection.execute(household.insert().values(values))

    beside = await open_store(path, NOW)
    await asyncio.gather(*(one(number) for number in range(20)))
    assert sorted(map(int, await names(beside))) == list(range(20))
    await beside.close()


async def test_who_is_cancelled_leaves_nothing_behind(store: Store) -> None:
    inside = asyncio.Event()

    async def begin() -> None:
        async with store.writing() as connection:
            await connection.execute(household.insert().values(ROW))
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(begin())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await names(store) == []
    await add(store)
    assert await names(store) == ["Mevrouw Test"]


async def test_a_full_disk_is_told_apart(store: Store) -> None:
    async def limit(pages: int) -> None:
        async with store.writing() as connection:
            await connection.execute(sa.text(f"PRAGMA max_page_count = {pages}"))

    await limit(1)  # as many as there are
    with pytest.raises(StoreFull):
        async with store.writing() as connection:
            for number in range(1_000):
                values = {**ROW, "id": str(number), "name": "x" * 200}
                await connection.execute(household.insert().values(values))
    assert await names(store) == []
    await limit(1_000_000)
    await add(store)
    assert await names(store) == ["Mevrouw Test"]


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"\xff" * 8192])
def test_a_damaged_one_is_set_aside(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    aside = asyncio.run(once(path))
    assert aside is not None
    assert aside.read_bytes() == content


def test_a_newer_one_is_left_as_it_is(path: Path) -> None:
    asyncio.run(once(path))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew):
        asyncio.run(once(path))
    assert path.read_bytes() == before


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError):
        await open_store(tmp_path / "file" / "hub.db", NOW)


async def test_two_that_start_at_once(path: Path) -> None:
    stores = await asyncio.gather(*(open_store(path, NOW) for _ in range(4)))
    for store in stores:
        await store.close()


async def test_who_is_cancelled_leaves_no_connection_behind(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "hub.db", NOW)

    async def read() -> None:
        async with store.reading() as connection:
            await connection.execute(sa.text("SELECT 1"))

    for steps in range(40):
        readers = [asyncio.create_task(read()) for _ in range(3)]
        for _ in range(steps):
            await asyncio.sleep(0)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        await asyncio.wait_for(read(), 30)
    using = asyncio.create_task(read())
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(using, return_exceptions=True)
    # A connection that nobody closed complains when it is collected.
    gc.collect()
