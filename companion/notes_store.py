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
        """Replace one; False where it was deleted meanwhile, and then it stays so.

        Words that were forgotten do not come back either.
        """
        with self._transaction() as connection:
            query = "SELECT text FROM note WHERE id = ?"
            found = connection.execute(query, (row.id,)).fetchone()
            if found is None or (row.text and not found[0]):
                return False
            _put(connection, row)
        return True

    def forget(self, note: str) -> None:
        """Delete one."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM note WHERE id = ?", (note,))
        self._empty_log()


# What somebody agreed to come along to: it belongs to the agenda.
_AGREED = "(about = 'go_along' AND coalesce(reply, '') = 'yes' AND over = 'told')"


def forget_notes(connection: sqlite3.Connection) -> None:
    """Wipe what notes say; without words they stay until the hub took them back.

    The same as `companion.notes.forgotten`, which the running device does too.
    """
    connection.execute(
        "UPDATE note SET over = 'withdrawn', over_at = coalesce(over_at, at),"
        " over_kept_at = NULL"
        f" WHERE over IS NULL OR (over = 'told' AND NOT {_AGREED})"
    )
    connection.execute(
        f"DELETE FROM note WHERE over_kept_at IS NOT NULL AND NOT {_AGREED}"
    )
    connection.execute(
        "UPDATE note SET text = '', said = '', reference = ''"
        f" WHERE over IS NULL OR NOT {_AGREED}"
    )


def _put(connection: sqlite3.Connection, row: NoteRow) -> None:
    values = astuple(row)
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT OR REPLACE INTO note VALUES ({marks})", values)
