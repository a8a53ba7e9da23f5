"""What the device keeps of proposals for the agenda: its part of the store's SQL."""

from dataclasses import astuple

from companion.agenda_store import insert_entry
from companion.part_store import PartStore
from companion.rows import AgendaEntryRow, ProposalRow


class ProposalStore(PartStore):
    """The table of proposals."""

    def all(self) -> list[ProposalRow]:
        """All, in the order in which they came."""
        rows = self._read("SELECT * FROM proposal ORDER BY came_s, id", ())
        return [ProposalRow(*row) for row in rows]

    def keep(self, row: ProposalRow, entry: AgendaEntryRow | None = None) -> None:
        """Write down how one stands, and what goes into the agenda: both or none."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM proposal WHERE id = ?", (row.id,))
            values = astuple(row)
            marks = ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO proposal VALUES ({marks})", values)
            if entry is not None:
                insert_entry(connection, entry)
        self._empty_log()

    def remove(self, proposal: str) -> None:
        """Delete one."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM proposal WHERE id = ?", (proposal,))
        self._empty_log()
