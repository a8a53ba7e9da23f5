"""What the device keeps of home visits: its part of the SQL of `companion.store`."""

import sqlite3
from dataclasses import astuple, fields

from companion.part_store import PartStore
from companion.rows import PromiseRow, VisitRow, VisitWishRow

Row = VisitRow | VisitWishRow | PromiseRow

TABLES: dict[type[Row], str] = {
    VisitRow: "visit",
    VisitWishRow: "visit_wish",
    PromiseRow: "promise",
}

TOLD = ("visit_wish", "promise")
"""What the person told of visits; both tables have `at_s`."""


class VisitsStore(PartStore):
    """The tables of visits."""

    def visits(self) -> list[VisitRow]:
        """All, in the order they were added."""
        rows = self._read("SELECT * FROM visit ORDER BY id", ())
        return [VisitRow(*row) for row in rows]

    def wishes(self) -> list[VisitWishRow]:
        """Of all visits, in the order they were told."""
        rows = self._read("SELECT * FROM visit_wish ORDER BY id", ())
        return [VisitWishRow(*row) for row in rows]

    def promises(self) -> list[PromiseRow]:
        """Of all visits, in the order they were told."""
        rows = self._read("SELECT * FROM promise ORDER BY id", ())
        return [PromiseRow(*row) for row in rows]

    def put(self, row: Row) -> None:
        """Keep one; what is known of the same `uid` is replaced, its number stays."""
        table, names = TABLES[type(row)], [field.name for field in fields(row)]
        marks = ", ".join("?" * len(names))
        changes = ", ".join(
            f"{name} = excluded.{name}" for name in names if name not in ("id", "uid")
        )
        with self._transaction() as connection:
            connection.execute(
                f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"
                f" ON CONFLICT (uid) DO UPDATE SET {changes}",
                astuple(row),
            )

    def remove(self, table: type[Row], uid: str) -> bool:
        """Delete one, with all that belongs to it; False if there is none."""
        with self._transaction() as connection:
            gone = connection.execute(
                f"DELETE FROM {TABLES[table]} WHERE uid = ?", (uid,)
            ).rowcount
            if table is VisitRow:
                for other in ("visit_wish", "promise"):
                    connection.execute(f"DELETE FROM {other} WHERE visit = ?", (uid,))
        self._empty_log()
        return gone > 0


def forget_day(connection: sqlite3.Connection, before_day: str) -> None:
    """Delete the visits before a day, with what was told of them."""
    for table in TOLD:
        connection.execute(
            f"DELETE FROM {table} WHERE visit IN (SELECT uid FROM visit WHERE day < ?)",
            (before_day,),
        )
    connection.execute("DELETE FROM visit WHERE day < ?", (before_day,))


def forget_told(connection: sqlite3.Connection) -> None:
    """Delete what the person told; that somebody comes is an agreement and stays."""
    for table in TOLD:
        connection.execute(f"DELETE FROM {table}")
    connection.execute("UPDATE visit SET came = 'unanswered' WHERE came <> 'unknown'")
