"""What the device keeps of proposals for the agenda: its part of the store's SQL."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import astuple
from typing import Any

from companion.agenda_store import insert_entry
from companion.rows import AgendaEntryRow, ProposalRow

Read = Callable[[str, tuple[object, ...]], list[Any]]
Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]


class ProposalStore:
    """The table of proposals, on the connection of the store that made it.

    Every method is one transaction, on disk on return.
    """

    def __init__(
        self, read: Read, change: Transaction, empty_log: Callable[[], None]
    ) -> None:
        """Use the store's own ways.

        Args:
            read: Answers a query.
            change: Opens a transaction after which the agenda may be otherwise.
            empty_log: Takes what was deleted out of the write-ahead log as well.
        """
        self._read = read
        self._change = change
        self._empty_log = empty_log

    def all(self) -> list[ProposalRow]:
        """All, in the order in which they came."""
        rows = self._read("SELECT * FROM proposal ORDER BY came_s, id", ())
        return [ProposalRow(*row) for row in rows]

    def keep(self, row: ProposalRow, entry: AgendaEntryRow | None = None) -> None:
        """Write down how one stands, and what goes into the agenda: both or none."""
        with self._change() as connection:
            connection.execute("DELETE FROM proposal WHERE id = ?", (row.id,))
            values = astuple(row)
            marks = ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO proposal VALUES ({marks})", values)
            if entry is not None:
                insert_entry(connection, entry)
        self._empty_log()

    def remove(self, proposal: str) -> None:
        """Delete one."""
        with self._change() as connection:
            connection.execute("DELETE FROM proposal WHERE id = ?", (proposal,))
        self._empty_log()
