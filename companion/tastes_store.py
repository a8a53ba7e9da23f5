"""What the device keeps of tastes and opinions: its part of `companion.store`'s SQL."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import astuple
from typing import Any

from companion.rows import OpinionRow

Read = Callable[[str, tuple[object, ...]], list[Any]]
Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]

SAID = "kind NOT IN ('suggested', 'planned')"
"""Of an opinion: the person said it; the others are what was arranged with them."""

# That something was told, or planned, is of no use later; what they thought of it
# stays as long as what they like does.
PASSING = "kind IN ('suggested', 'planned', 'did_not_go')"


class TastesStore:
    """The tables of tastes and opinions, on the connection of the store that made it.

    Every method is one transaction, on disk on return.
    """

    def __init__(
        self, read: Read, transaction: Transaction, empty_log: Callable[[], None]
    ) -> None:
        """Use the store's own ways.

        Args:
            read: Answers a query.
            transaction: Opens a transaction.
            empty_log: Takes what was deleted out of the write-ahead log as well.
        """
        self._read = read
        self._transaction = transaction
        self._empty_log = empty_log

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
