"""What the device keeps of tastes and opinions: its part of `companion.store`'s SQL."""

from collections.abc import Mapping
from dataclasses import astuple

from companion.part_store import PartStore
from companion.rows import OpinionRow

SAID = "kind NOT IN ('suggested', 'planned')"
"""Of an opinion: the person said it; the others are what was arranged with them."""

# That something was told, or planned, is of no use later; what they thought of it
# stays as long as what they like does.
PASSING = "kind IN ('suggested', 'planned', 'did_not_go')"


class TastesStore(PartStore):
    """The tables of tastes and opinions."""

    def tastes(self) -> dict[str, str]:
        """All that is known of the person, by name."""
        return dict(self._read("SELECT name, value FROM taste", ()))

    def put_tastes(self, values: Mapping[str, str]) -> None:
        """Put these in the place of all that was known."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM taste")
            connection.executemany("INSERT INTO taste VALUES (?, ?)", values.items())
        self._empty_log()

    def add_opinion(self, row: OpinionRow) -> None:
        """Add one."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO opinion VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                astuple(row),
            )

    def opinions(self) -> list[OpinionRow]:
        """All, oldest first."""
        rows = self._read("SELECT * FROM opinion ORDER BY at_s, id", ())
        return [OpinionRow(*row) for row in rows]
