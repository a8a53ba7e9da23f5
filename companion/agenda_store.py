"""What the device keeps of the agenda: its part of the SQL of `companion.store`."""

import sqlite3
from collections.abc import Sequence
from dataclasses import astuple

from companion.part_store import PartStore, version
from companion.rows import AgendaChangeRow, AgendaEntryRow, AgendaToldRow


class AgendaStore(PartStore):
    """The agenda's tables."""

    def version(self) -> tuple[int, int]:
        """As `part_store.version`."""
        return version(self._read)

    def entries(self) -> list[AgendaEntryRow]:
        """All, in the order they were added."""
        rows = self._read("SELECT * FROM agenda_entry ORDER BY id", ())
        return [AgendaEntryRow(*row) for row in rows]

    def changes(self) -> list[AgendaChangeRow]:
        """Of all entries."""
        rows = self._read("SELECT * FROM agenda_change ORDER BY id", ())
        return [AgendaChangeRow(*row) for row in rows]

    def add(self, row: AgendaEntryRow, changes: Sequence[AgendaChangeRow]) -> int:
        """Add one; the changes get its number, which is returned."""
        with self._transaction() as connection:
            number = insert_entry(connection, row).lastrowid
            assert number is not None
            _insert_changes(connection, number, changes)
        return number

    def replace(self, row: AgendaEntryRow, changes: Sequence[AgendaChangeRow]) -> bool:
        """Replace one with its changes; False if there is none of that number."""
        assert row.id is not None
        with self._transaction() as connection:
            if not _delete(connection, row.id):
                return False
            insert_entry(connection, row)
            _insert_changes(connection, row.id, changes)
        self._empty_log()
        return True

    def remove(self, number: int) -> bool:
        """Delete one, with what was told of it; False if there is none."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM agenda_told WHERE entry = ?", (number,))
            is_removed = _delete(connection, number)
        self._empty_log()
        return is_removed

    def add_told(self, row: AgendaToldRow) -> None:
        """Write down that something was said; the same notice is replaced."""
        with self._transaction() as connection:
            connection.execute(
                "DELETE FROM agenda_told WHERE entry = ? AND wall = ? AND notice = ?",
                (row.entry, row.wall, row.notice),
            )
            connection.execute(
                "INSERT INTO agenda_told VALUES (?, ?, ?, ?, ?, ?, ?)", astuple(row)
            )

    def told(self, since_s: float) -> list[AgendaToldRow]:
        """What was said from a moment on, oldest first."""
        rows = self._read(
            "SELECT * FROM agenda_told WHERE at_s >= ? ORDER BY at_s, id", (since_s,)
        )
        return [AgendaToldRow(*row) for row in rows]

    def forget_told(self, before_s: float) -> None:
        """Delete what was said before a moment."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM agenda_told WHERE at_s < ?", (before_s,))

    def clear(self) -> None:
        """Delete all, with what was told of it."""
        with self._transaction() as connection:
            for table in ("agenda_told", "agenda_change", "agenda_entry"):
                connection.execute(f"DELETE FROM {table}")
        self._empty_log()


def insert_entry(connection: sqlite3.Connection, row: AgendaEntryRow) -> sqlite3.Cursor:
    """Add one, within a transaction."""
    values = astuple(row)
    marks = ", ".join("?" * len(values))
    return connection.execute(f"INSERT INTO agenda_entry VALUES ({marks})", values)


def _delete(connection: sqlite3.Connection, number: int) -> bool:
    connection.execute("DELETE FROM agenda_change WHERE entry = ?", (number,))
    deleted = connection.execute("DELETE FROM agenda_entry WHERE id = ?", (number,))
    return deleted.rowcount > 0


def _insert_changes(
    connection: sqlite3.Connection, entry: int, changes: Sequence[AgendaChangeRow]
) -> None:
    connection.executemany(
        "INSERT INTO agenda_change VALUES (NULL, ?, ?, ?)",
        [(entry, change.original, change.moved_to) for change in changes],
    )
