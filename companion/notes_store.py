"""What the device keeps of its notes: its part of the SQL of `companion.store`."""

import sqlite3
from dataclasses import astuple

from companion.part_store import PartStore
from companion.rows import NoteRow


class NotesStore(PartStore):
    """The table of notes."""

    def all(self) -> list[NoteRow]:
        """All, oldest first."""
        rows = self._read("SELECT * FROM note ORDER BY at_s, id", ())
        return [NoteRow(*row) for row in rows]

    def keep(self, row: NoteRow) -> None:
        """Write down how one stands; the same one is replaced."""
        with self._transaction() as connection:
            _put(connection, row)

    def change(self, row: NoteRow) -> bool:
        """Replace one; False where it was deleted meanwhile, and then it stays so."""
        with self._transaction() as connection:
            found = connection.execute("SELECT 1 FROM note WHERE id = ?", (row.id,))
            if found.fetchone() is None:
                return False
            _put(connection, row)
        return True

    def forget(self, note: str) -> None:
        """Delete one."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM note WHERE id = ?", (note,))
        self._empty_log()


def _put(connection: sqlite3.Connection, row: NoteRow) -> None:
    values = astuple(row)
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT OR REPLACE INTO note VALUES ({marks})", values)
