"""What the device keeps of offers and requests: its part of `companion.store`'s SQL."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import astuple
from typing import Any

from companion.rows import HelpRow

Read = Callable[[str, tuple[object, ...]], list[Any]]
Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]


class HelpStore:
    """The table of offers and requests, on the connection of the store that made it.

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
