"""One part of what the device keeps: tables with a module of their own."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

Read = Callable[[str, tuple[object, ...]], list[Any]]
Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]


def version(read: Read) -> tuple[int, int]:
    """Another one whenever anything in the database may have changed.

    Asked each minute, which spares reading all of it.

    Args:
        read: Answers a query.
    """
    sql = "SELECT data_version, total_changes() FROM pragma_data_version"
    by_others, here = read(sql, ())[0]
    return by_others, here


class PartStore:
    """Tables on the connection of the store that made it (`companion.store`).

    Every method of a part is one transaction, on disk on return, and raises StoreError
    where the card refuses.
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
