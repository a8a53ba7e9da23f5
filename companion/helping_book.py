"""Offers and requests on the card, and as the device goes on when the card fails."""

import asyncio
from datetime import datetime
from functools import partial

from companion.helping import (
    Help,
    HelpId,
    Kind,
    Rounds,
    Stage,
    read_rounds,
    write_rounds,
)
from companion.helping_store import HelpStore
from companion.part_memory import PartMemory
from companion.rows import HelpRow
from companion.store import StoreError

# Of a card that stays full: more than anybody asks in a year.
_MOST_UNWRITTEN = 100


class HelpBook:
    """Offers and requests in the database. Any thread may call."""

    def __init__(self, store: HelpStore) -> None:
        """Read and write there."""
        self._store = store

    def all(self) -> list[Help]:
        """All, oldest first.

        Raises:
            StoreError: If they cannot be read.
        """
        return [_help(row) for row in self._store.all()]

    def keep(self, one: Help) -> None:
        """Write down how one stands; the same one is replaced.

        Raises:
            StoreError: If it cannot be written.
        """
        self._store.keep(_row(one))

    def remove(self, number: HelpId) -> None:
        """Delete one, if it is there.

        Raises:
            StoreError: If it cannot be written.
        """
        self._store.remove(number)

    def rounds(self) -> Rounds:
        """How often the person was asked what they can do for others.

        Raises:
            StoreError: If it cannot be read.
        """
        return read_rounds(self._store.rounds())

    def keep_rounds(self, rounds: Rounds) -> None:
        """Keep that.

        Raises:
            StoreError: If it cannot be written.
        """
        self._store.keep_rounds(write_rounds(rounds))


class HelpMemory(PartMemory):
    """Offers and requests as the conversation uses them.

    A broken card stops no conversation: what it refuses is remembered here until it
    works, and while it cannot be read all is as it was last.
    """

    WHAT = "offers and requests"

    def __init__(self, book: HelpBook) -> None:
        """Keep it in this book."""
        self._book = book
        self._kept: dict[HelpId, Help] = {}
        # None: to be deleted.
        self._unwritten: dict[HelpId, Help | None] = {}
        self._rounds: Rounds | None = None
        self.is_whole = False
        """Whether the card could be read last time; else some may be unknown."""

    async def all(self) -> list[Help]:
        """All, oldest first."""
        await self._catch_up()
        try:
            found = await asyncio.to_thread(self._book.all)
            self._kept = {one.id: one for one in found}
            self.is_whole = True
        except StoreError as error:
            self.is_whole = False
            self._complain(error)
        merged = {**self._kept, **self._unwritten}
        known = [one for one in merged.values() if one is not None]
        return sorted(known, key=lambda one: one.at.timestamp())

    async def keep(self, one: Help) -> bool:
        """Remember how one stands; False if the card refused."""
        return await self._put(one.id, one)

    async def remove(self, one: Help) -> bool:
        """Forget one; False if the card refused."""
        return await self._put(one.id, None)

    async def rounds(self) -> Rounds:
        """How often the person was asked what they can do for others."""
        if self._rounds is None:
            try:
                self._rounds = await asyncio.to_thread(self._book.rounds)
            except StoreError as error:
                self._complain(error)
        return self._rounds or Rounds()

    async def keep_rounds(self, rounds: Rounds) -> None:
        """Remember it; until the end of the program where the card refuses."""
        self._rounds = rounds
        await self._write(lambda: self._book.keep_rounds(rounds))

    def forget(self) -> None:
        """All is forgotten: what waits here is so as well."""
        self._kept.clear()
        self._unwritten.clear()
        self._rounds = None

    async def _put(self, number: HelpId, one: Help | None) -> bool:
        # The newest last, so that the oldest go first where there is no room.
        self._unwritten.pop(number, None)
        self._unwritten[number] = one
        await self._catch_up()
        for old in list(self._unwritten)[:-_MOST_UNWRITTEN]:
            del self._unwritten[old]
        return number not in self._unwritten

    async def _catch_up(self) -> None:
        """Write what the card refused before."""
        for number, one in list(self._unwritten.items()):
            if not await self._write(partial(self._put_down, number, one)):
                return
            if one is None:
                self._kept.pop(number, None)
            else:
                self._kept[number] = one
            # It may stand otherwise by now, or all be forgotten.
            if number in self._unwritten and self._unwritten[number] is one:
                del self._unwritten[number]

    def _put_down(self, number: HelpId, one: Help | None) -> None:
        if one is None:
            self._book.remove(number)
        else:
            self._book.keep(one)


# --- rows ---------------------------------------------------------------------------


def _row(one: Help) -> HelpRow:
    return HelpRow(
        id=one.id,
        kind=one.kind.value,
        what=one.what,
        moment=one.moment,
        stage=one.stage.value,
        at=one.at.isoformat(),
        at_s=one.at.timestamp(),
        asked_at=one.asked_at.isoformat() if one.asked_at else None,
        asked=one.asked,
    )


def _help(row: HelpRow) -> Help:
    return Help(
        id=HelpId(row.id),
        kind=Kind(row.kind),
        what=row.what,
        moment=row.moment,
        stage=Stage(row.stage),
        at=datetime.fromisoformat(row.at),
        asked_at=datetime.fromisoformat(row.asked_at) if row.asked_at else None,
        asked=row.asked,
    )
