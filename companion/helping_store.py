"""What the device keeps of offers and requests: its part of `companion.store`'s SQL."""

from dataclasses import astuple

from companion.part_store import PartStore
from companion.rows import HelpRow


class HelpStore(PartStore):
    """The table of offers and requests."""

    def all(self) -> list[HelpRow]:
        """All, oldest first."""
        rows = self._read("SELECT * FROM help ORDER BY at_s, id", ())
        return [HelpRow(*row) for row in rows]

    def keep(self, row: HelpRow) -> None:
        """Write down how one stands; the same one is replaced."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO help VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                astuple(row),
            )

    def remove(self, help_id: str) -> None:
        """Delete one, if it is there."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM help WHERE id = ?", (help_id,))
        self._empty_log()

    def rounds(self) -> str:
        """What is kept of how often the person was asked; empty: nothing."""
        rows = self._read("SELECT value FROM state WHERE name = 'helping'", ())
        return str(rows[0][0]) if rows else ""

    def keep_rounds(self, text: str) -> None:
        """Keep it in the place of what was."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO state VALUES ('helping', ?)", (text,)
            )
