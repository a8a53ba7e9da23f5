"""What was read last of a source, so that the same need not be read again.

Part of the catalogue, whose table this is. A source is read each day and changes each
week: most days only that nothing changed is to be written down.
"""

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Taken:
    """Contents, and how they were read.

    Attributes:
        way: Names whatever else makes a difference: the reader and what it was told.
        digest: Of the bytes.
        same_until: The last day on which they would be read the same.
    """

    way: str
    digest: str
    same_until: date


def digest_of(path: Path) -> str:
    """Names the bytes of a file.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, hashlib.blake2b).hexdigest()


def put_taken(
    connection: sqlite3.Connection, source: str, taken: Taken | None, read_at: datetime
) -> None:
    """Write down what is in the catalogue now; None: nobody knows."""
    connection.execute("DELETE FROM taken WHERE source = ?", (source,))
    if taken is not None:
        row = (source, taken.way, taken.digest, taken.same_until, read_at)
        connection.execute(
            "INSERT INTO taken VALUES (?, ?, ?, ?, ?)",
            [it if isinstance(it, str) else it.isoformat() for it in row],
        )


def confirm_taken(
    connection: sqlite3.Connection, source: str, read_at: datetime
) -> None:
    """Write down that the source still holds it."""
    connection.execute(
        "UPDATE taken SET read_at = ? WHERE source = ?", (read_at.isoformat(), source)
    )


def find_taken(
    connection: sqlite3.Connection, source: str, way: str, today: date
) -> Taken | None:
    """What is in the catalogue, if it would be read the same today, in this way.

    A day before it was read is none of those: then a clock was wrong.
    """
    row = connection.execute(
        "SELECT way, digest, same_until FROM taken"
        " JOIN source ON name = taken.source AND source.read_at = taken.read_at"
        " WHERE taken.source = ? AND way = ?"
        " AND ? BETWEEN substr(taken.read_at, 1, 10) AND same_until",
        (source, way, today.isoformat()),
    ).fetchone()
    return Taken(row[0], row[1], date.fromisoformat(row[2])) if row else None
