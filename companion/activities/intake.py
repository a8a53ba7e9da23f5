"""What an import does to the records of a source, within one transaction.

Part of the catalogue, whose tables these are.
"""

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from companion.activities.plain import to_json
from companion.activities.problems import Outcome, Problem, Reason
from companion.activities.reading import Read
from companion.activities.record import Activity
from companion.activities.same import Marks, marks

BATCH = 1_000

# More of the same in one table help nobody; all are counted.
MOST_PROBLEMS = 5_000


@dataclass(slots=True)
class Outcomes:
    """What an import did.

    Attributes:
        new: Records that were not there.
        changed: Records that differ from before.
        same: Records that do not; those that stay where nothing else could be used.
        gone: Records that the source no longer has.
        set_aside: Records that cannot be used.
        left_out: Fields that were left out.
        repaired: What was repaired.
        problems: The first `MOST_PROBLEMS` of these, those set aside first.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    gone: int = 0
    set_aside: int = 0
    left_out: int = 0
    repaired: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def records(self) -> int:
        """How many the source has that can be used."""
        return self.new + self.changed + self.same

    @property
    def is_emptied(self) -> bool:
        """Whether nothing can be used any more, so that what was there stays."""
        return any(it.reason is Reason.NOTHING_LEFT for it in self.problems)


class Intake:
    """One import, within its transaction."""

    def __init__(
        self, connection: sqlite3.Connection, source: str, now: datetime
    ) -> None:
        self._connection = connection
        self._source = source
        self._now = now.isoformat()
        self._outcomes = Outcomes()
        self._aside: list[Problem] = []
        self._others: list[Problem] = []
        # What is there: hash, and whether it is gone.
        self._before: dict[str, tuple[bytes, bool]] = {
            id: (digest, is_gone)
            for id, digest, is_gone in connection.execute(
                "SELECT id, hash, gone_at IS NOT NULL FROM record WHERE source = ?",
                (source,),
            )
        }
        self._seen: dict[str, bytes] = {}
        self._rows: list[tuple[Any, ...]] = []

    def run(self, reads: Iterable[Read]) -> Outcomes:
        is_whole = True
        for read in reads:
            for problem in read.problems:
                self._note(problem)
                is_whole &= problem.reason is not Reason.ENDS_EARLY
            if read.activity is not None:
                self._take(read.activity, read.line)
        self._write()
        if not self._outcomes.records and (left := self._still_to_come()):
            # A website that broke, and not a municipality that ends everything.
            self._outcomes.same = left
            self._outcomes.set_aside += 1
            # The first that is shown.
            self._aside.insert(0, Problem(Reason.NOTHING_LEFT, Outcome.SET_ASIDE))
        elif is_whole:
            self._mark_gone()
        self._outcomes.problems = [*self._aside, *self._others][:MOST_PROBLEMS]
        return self._outcomes

    def _note(self, problem: Problem) -> None:
        match problem.outcome:
            case Outcome.SET_ASIDE:
                self._outcomes.set_aside += 1
            case Outcome.LEFT_OUT:
                self._outcomes.left_out += 1
            case Outcome.REPAIRED:
                self._outcomes.repaired += 1
        kept = self._aside if problem.outcome is Outcome.SET_ASIDE else self._others
        if len(kept) < MOST_PROBLEMS:
            kept.append(problem)

    def _take(self, activity: Activity, line: int | None) -> None:
        data = to_json(activity)
        digest = hashlib.blake2b(data.encode(), digest_size=16).digest()
        if (seen := self._seen.get(activity.id)) is not None:
            self._take_twice(activity, seen == digest, line)
            return
        self._seen[activity.id] = digest
        before = self._before.get(activity.id)
        if before == (digest, False):
            self._outcomes.same += 1
            return
        if before is None or before[1]:
            self._outcomes.new += 1
        else:
            self._outcomes.changed += 1
        mark = marks(activity)
        last = activity.last_day()
        self._rows.append(
            (
                self._source, activity.id, digest, _key(mark), mark.organisation,
                mark.place, None, last.isoformat() if last else None, data,
            )
        )  # fmt: skip
        if len(self._rows) >= BATCH:
            self._write()

    def _take_twice(self, activity: Activity, is_same: bool, line: int | None) -> None:
        """A second record of the same id: the first one stays."""
        reason = Reason.SAME_RECORD if is_same else Reason.SAME_ID
        outcome = Outcome.REPAIRED if is_same else Outcome.SET_ASIDE
        self._note(Problem(reason, outcome, line, activity.title, "id", activity.id))

    def _write(self) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self._rows,
        )
        self._rows.clear()

    def _still_to_come(self) -> int:
        """How much of what was there is not over by its own date."""
        row = self._connection.execute(
            "SELECT count(*) FROM record WHERE source = ? AND gone_at IS NULL"
            " AND (last_day IS NULL OR last_day >= substr(?, 1, 10))",
            (self._source, self._now),
        ).fetchone()
        return int(row[0])

    def _mark_gone(self) -> None:
        gone = [
            id
            for id, (_, is_gone) in self._before.items()
            if not is_gone and id not in self._seen
        ]
        self._outcomes.gone = len(gone)
        self._connection.executemany(
            "UPDATE record SET gone_at = ? WHERE source = ? AND id = ?",
            ((self._now, self._source, id) for id in gone),
        )


def _key(mark: Marks) -> bytes:
    return hashlib.blake2b(mark.what.encode(), digest_size=8).digest()


def put_problems(
    connection: sqlite3.Connection, source: str, problems: list[Problem]
) -> None:
    """Put what is wrong with a source in the place of what was before."""
    connection.execute("DELETE FROM problem WHERE source = ?", (source,))
    connection.executemany(
        "INSERT INTO problem VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                source, number, it.outcome, it.reason, it.line, it.record,
                it.field, it.found, it.became,
            )
            for number, it in enumerate(problems)
        ),
    )  # fmt: skip
