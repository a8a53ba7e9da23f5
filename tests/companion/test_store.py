"""The database: migrations, damage, a full disk, and who may read it."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from companion.rows import AnswerRow, PauseRow
from companion.store import (
    Store,
    StoreError,
    StoreFull,
    StoreTooNew,
    open_memory_store,
    open_store,
    read_migrations,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def answer(
    question: str = "mood", words: str | None = None, at_s: float = 1
) -> AnswerRow:
    return AnswerRow(
        id=None,
        check_in=None,
        question=question,
        intent="mood_good",
        value_kind=None,
        value=None,
        confidence=1.0,
        words=words,
        at="2026-03-02T09:00:00+00:00",
        at_s=at_s,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = open_store(path, NOW)
    yield store
    store.close()


def bytes_of(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_what_is_kept_survives_a_new_start(path: Path) -> None:
    first = open_store(path, NOW)
    first.add_answer(answer("sleep"))
    first.close()
    second = open_store(path, NOW)
    assert [row.question for row in second.answers(0, 2)] == ["sleep"]
    assert second.was_damaged is None
    second.close()


def test_the_log_is_written_through_to_the_disk(store: Store) -> None:
    def ask(pragma: str) -> object:
        return store._connection.execute(f"PRAGMA {pragma}").fetchone()[0]

    assert ask("journal_mode") == "wal"
    assert ask("synchronous") == 2  # FULL
    assert ask("secure_delete") == 1
    assert ask("user_version") == len(read_migrations())


def test_nobody_else_may_read_it(path: Path, store: Store) -> None:
    store.add_answer(answer())
    assert path.parent.stat().st_mode & 0o077 == 0
    for file in path.parent.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file.name


def test_closing_twice_is_closing_once(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreError):
        store.add_answer(answer())


def test_a_newer_database_is_left_as_it_is(path: Path) -> None:
    open_store(path, NOW).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(read_migrations()) + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew, match="version"):
        open_store(path, NOW)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_migration_that_fails_halfway_leaves_nothing(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    # In the way of the first migration's last table.
    connection.execute("CREATE TABLE person (id INTEGER)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="person"):
        open_store(path, NOW)
    connection = sqlite3.connect(path)
    tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    version = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    assert tables == [("person",)]
    assert version == (0,)


def test_migrations_are_numbered_without_gaps() -> None:
    import companion

    folder = Path(companion.__file__).parent / "migrations"
    names = sorted(file.name for file in folder.glob("*.sql"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    assert all(read_migrations())


def test_a_journal_of_the_first_version_gets_room_for_pauses(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    for statement in read_migrations()[0]:
        connection.execute(statement)
    connection.execute("PRAGMA user_version = 1")
    connection.execute("INSERT INTO state VALUES ('volume', '5')")
    connection.commit()
    connection.close()
    store = open_store(path, NOW)
    assert store.state() == {"volume": "5"}
    store.add_pauses([pause(1.5)], keep=10)
    assert [row.length_s for row in store.pauses()] == [1.5]
    store.close()


def pause(length_s: float, at_s: float = 0.0, kind: str = "closed") -> PauseRow:
    return PauseRow(None, kind, length_s, "1970-01-01T01:00:00+01:00", at_s)


def test_only_the_newest_pauses_of_each_kind_are_kept(store: Store) -> None:
    store.add_pauses([pause(9.0, kind="open")], keep=3)
    for start in (0.0, 5.0):
        store.add_pauses([pause(start + step) for step in range(5)], keep=3)
    lengths_s = [row.length_s for row in store.pauses()]
    assert lengths_s == [9.0, 7.0, 8.0, 9.0]


@pytest.mark.parametrize(
    ("forget", "left"),
    [
        (lambda store: store.forget_all(), []),
        (lambda store: store.forget_since(50.0), [1.0]),
        (lambda store: store.forget_before(50.0, "1970-01-01"), [2.0]),
        (lambda store: store.forget_last(), [1.0, 2.0]),
    ],
)
def test_pauses_are_forgotten_with_what_was_told_then(
    store: Store, forget: Callable[[Store], object], left: list[float]
) -> None:
    store.add_pauses([pause(1.0, at_s=10.0), pause(2.0, at_s=100.0)], keep=10)
    forget(store)
    assert [row.length_s for row in store.pauses()] == left


@pytest.mark.parametrize("where", ["header", "middle", "text"])
def test_a_damaged_database_is_set_aside_and_said(path: Path, where: str) -> None:
    first = open_store(path, NOW)
    for number in range(300):
        first.add_answer(answer(words="w" * 100, at_s=number))
    first.close()
    content = bytearray(path.read_bytes())
    match where:
        case "header":
            content[:100] = os.urandom(100)
        case "middle":
            content[4096:] = b"\xa5" * (len(content) - 4096)
        case "text":
            content = bytearray(b"This is not a database at all. " * 200)
    path.write_bytes(content)

    store = open_store(path, NOW)
    assert store.was_damaged == path.with_name("journal.db.damaged-2026-03-02T090000")
    assert store.was_damaged.read_bytes() == bytes(content)
    assert store.answers(0, 1000) == []
    store.add_answer(answer())
    store.close()
    again = open_store(path, NOW)
    assert again.was_damaged is None
    assert len(again.answers(0, 1000)) == 1
    again.close()


def test_the_log_of_a_damaged_database_goes_with_it(path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from datetime import datetime, UTC;"
        "from companion.store import open_store; from companion.rows import MessageRow;"
        "s = open_store(Path(sys.argv[1]), datetime.now(UTC));"
        "s.add_message(MessageRow(None, None, 'oldwords', True, 'x', 1.0));"
        "os._exit(0)"
    )
    open_store(path, NOW).close()
    subprocess.run([sys.executable, "-c", script, str(path)], check=True, timeout=30)
    assert path.with_name("journal.db-wal").stat().st_size > 0
    path.write_bytes(b"rubbish" * 1000)
    store = open_store(path, NOW)
    assert store.was_damaged is not None
    assert store.messages(0, 9) == []
    store.close()


def test_an_empty_file_is_a_new_database(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    store = open_store(path, NOW)
    store.add_answer(answer())
    assert store.was_damaged is None
    store.close()


def test_a_full_disk_has_its_own_error_and_loses_nothing(store: Store) -> None:
    store.add_answer(answer("kept"))
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFull):
        store.add_answer(answer("lost", words="w" * 100_000))
    assert [row.question for row in store.answers(0, 9)] == ["kept"]
    store._connection.execute("PRAGMA max_page_count = 100000")
    store.add_answer(answer("room again"))
    assert len(store.answers(0, 9)) == 2


def test_a_store_that_cannot_be_written_says_so(store: Store) -> None:
    store._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError):
        store.add_answer(answer())


@pytest.mark.parametrize("place", ["file", "folder"])
def test_no_place_for_a_database_is_a_typed_error(tmp_path: Path, place: str) -> None:
    if place == "file":
        (tmp_path / "state").write_text("in the way")
        path = tmp_path / "state" / "journal.db"
    else:
        path = tmp_path / "journal.db"
        path.mkdir()
    with pytest.raises(StoreError, match="cannot write"):
        open_store(path, NOW)


def test_forgetting_all_leaves_no_word_in_any_file(path: Path, store: Store) -> None:
    for number in range(200):
        store.add_answer(answer(words=f"geheimpje {number}", at_s=number))
    aside = path.with_name(f"{path.name}.damaged-2025-01-01T000000")
    aside.write_bytes(b"geheimpje")
    assert b"geheimpje" in bytes_of(path)
    store.forget_all()
    assert b"geheimpje" not in bytes_of(path)
    assert not aside.exists()


@pytest.mark.parametrize("way", ["last", "since", "before"])
def test_forgetting_one_thing_leaves_no_word_of_it(
    path: Path, store: Store, way: str
) -> None:
    store.add_answer(answer(words="blijft", at_s=500 if way == "before" else 1))
    store.add_answer(answer(words="geheimpje", at_s=100))
    match way:
        case "last":
            assert store.forget_last()
        case "since":
            assert store.forget_since(50) == 1
        case "before":
            assert store.forget_before(200, "1970-01-02") == 1
    content = bytes_of(path)
    assert b"geheimpje" not in content
    assert b"blijft" in content


def test_what_was_set_aside_is_kept_no_longer_than_the_rest(
    path: Path, store: Store
) -> None:
    old = path.with_name(f"{path.name}.damaged-2020-01-01T000000")
    new = path.with_name(f"{path.name}.damaged-2026-01-01T000000")
    for file, at_s in ((old, 100), (new, 300)):
        file.write_bytes(b"x")
        os.utime(file, (at_s, at_s))
    store.forget_before(200, "1970-01-02")
    assert not old.exists()
    assert new.exists()


def test_two_programs_share_the_database(path: Path, store: Store) -> None:
    other = open_store(path, NOW)
    for number in range(20):
        (store if number % 2 else other).add_answer(answer(at_s=number))
    assert len(store.answers(0, 99)) == len(other.answers(0, 99)) == 20
    other.close()


def test_forgetting_while_another_program_reads_still_forgets(
    path: Path, store: Store
) -> None:
    store._connection.execute("PRAGMA busy_timeout = 10")
    store.add_answer(answer(words="geheimpje"))
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM answer").fetchall()
    assert store.forget_last()
    assert store.answers(0, 9) == []
    reader.execute("COMMIT")
    reader.close()


def test_a_store_in_memory_does_the_same_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ":memory:.damaged-2020-01-01T000000").touch()
    store = open_memory_store()
    store.add_answer(answer())
    assert len(store.answers(0, 9)) == 1
    store.forget_all()
    assert store.answers(0, 9) == []
    store.close()
    assert len(list(tmp_path.iterdir())) == 1
