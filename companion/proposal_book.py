"""Proposals for the agenda on the card."""

from datetime import date, datetime, time

from calls.agenda_messages import ProposalState, Repeats
from companion.agenda import Entry
from companion.agenda_book import row_of
from companion.proposal_store import ProposalStore
from companion.proposing import Proposed
from companion.rows import ProposalRow


class ProposalBook:
    """Proposals in the database. Any thread may call."""

    def __init__(self, store: ProposalStore) -> None:
        """Read and write there."""
        self._store = store

    def all(self) -> list[Proposed]:
        """All, in the order in which they came.

        Raises:
            StoreError: If they cannot be read.
        """
        return [_proposed(row) for row in self._store.all()]

    def keep(self, proposed: Proposed, entry: Entry | None = None) -> None:
        """Write down how one stands, and what goes into the agenda: both or none.

        Raises:
            StoreError: If it cannot be written.
        """
        self._store.keep(_row(proposed), None if entry is None else row_of(entry))

    def remove(self, proposal: str) -> None:
        """Forget one.

        Raises:
            StoreError: If it cannot be written.
        """
        self._store.remove(proposal)


def _row(proposed: Proposed) -> ProposalRow:
    return ProposalRow(
        id=proposed.id,
        member=proposed.member,
        what=proposed.what,
        day=proposed.day.isoformat(),
        time="" if proposed.at is None else f"{proposed.at:%H:%M}",
        place=proposed.place,
        repeats=proposed.repeats.value,
        came_at=proposed.came_at.isoformat(),
        came_s=proposed.came_at.timestamp(),
        state=proposed.state.value,
        told=proposed.told.value,
    )


def _proposed(row: ProposalRow) -> Proposed:
    return Proposed(
        id=row.id,
        member=row.member,
        what=row.what,
        day=date.fromisoformat(row.day),
        at=time.fromisoformat(row.time) if row.time else None,
        place=row.place,
        repeats=Repeats(row.repeats),
        came_at=datetime.fromisoformat(row.came_at),
        state=ProposalState(row.state),
        told=ProposalState(row.told),
    )
