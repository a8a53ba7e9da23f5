"""The agenda on the card, and as the device goes on with it when the card fails."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from companion.agenda import Change, Entry, EntryId, Kind
from companion.agenda_store import AgendaStore
from companion.part_memory import PartMemory
from companion.reminding import Key, Notice, Response, Told
from companion.rows import AgendaChangeRow, AgendaEntryRow, AgendaToldRow
from companion.store import StoreError

# Enough for whatever may still be said; the rest is history.
TOLD_DAYS = 14

_LONG_AGO = datetime.fromtimestamp(0, UTC)

# The second of the two hours in autumn that have the same name.
_SECOND_HOUR = "/2"


class AgendaBook:
    """The agenda in the database. Any thread may call."""

    def __init__(self, store: AgendaStore) -> None:
        """Read and write there."""
        self._store = store

    def version(self) -> tuple[int, int]:
        """Another one whenever anything may have changed.

        Raises:
            StoreError: If it cannot be read.
        """
        return self._store.version()

    def entries(self) -> list[Entry]:
        """All, in the order they were added.

        Raises:
            StoreError: If it cannot be read.
        """
        changes: dict[int, list[Change]] = {}
        for row in self._store.changes():
            changes.setdefault(row.entry, []).append(_change(row))
        return [_entry(row, changes) for row in self._store.entries()]

    def add(self, entry: Entry) -> Entry:
        """Keep one; returns it with its number.

        Raises:
            StoreError: If it cannot be written.
        """
        number = self._store.add(row_of(entry), _change_rows(entry))
        return replace(entry, id=EntryId(number))

    def change(self, entry: Entry) -> bool:
        """Replace what is known of one; False if it is gone.

        Raises:
            StoreError: If it cannot be written.
        """
        return self._store.replace(row_of(entry), _change_rows(entry))

    def remove(self, entry: EntryId) -> bool:
        """Delete one; False if there is none.

        Raises:
            StoreError: If it cannot be written.
        """
        return self._store.remove(entry)

    def clear(self) -> None:
        """Delete all, with what was said of it.

        Raises:
            StoreError: If it cannot be written.
        """
        self._store.clear()

    def tell(self, told: Told) -> None:
        """Write down that something was said.

        Raises:
            StoreError: If it cannot be written.
        """
        self._store.add_told(
            AgendaToldRow(
                id=None,
                entry=told.entry or 0,
                wall=told.wall.isoformat(),
                notice=told.notice.value,
                response=told.response.value,
                at=told.at.isoformat(),
                at_s=told.at.timestamp(),
            )
        )

    def told(self, since: datetime) -> list[Told]:
        """What was said since a moment, oldest first.

        Raises:
            StoreError: If it cannot be read.
        """
        return [_told(row) for row in self._store.told(since.timestamp())]

    def forget_told(self, before: datetime) -> None:
        """Forget what was said before a moment.

        Raises:
            StoreError: If it cannot be written.
        """
        self._store.forget_told(before.timestamp())


class AgendaMemory(PartMemory):
    """The agenda as the conversation uses it: a broken card stops no reminder.

    While it cannot be read the agenda is as it was last; what was said is remembered
    here too, so that nothing is said twice.
    """

    WHAT = "the agenda"

    def __init__(self, book: AgendaBook) -> None:
        """Keep it in this book."""
        self._book = book
        self._entries: Sequence[Entry] = ()
        self._kept: Sequence[Told] = ()
        self._version: tuple[int, int] | None = None
        self._told: dict[Key, Told] = {}
        self._unwritten: list[Told] = []

    async def entries(self) -> Sequence[Entry]:
        """All, as far as is known."""
        await self._read()
        return self._entries

    async def _read(self) -> None:
        """Read it again where it may have changed."""
        try:
            version = await asyncio.to_thread(self._book.version)
            if version == self._version:
                return
            self._entries = await asyncio.to_thread(self._book.entries)
            self._kept = await asyncio.to_thread(self._book.told, _LONG_AGO)
            self._version = version
        except StoreError as error:
            self._complain(error)

    async def add(self, entry: Entry) -> bool:
        """Keep one; False if the card refused."""
        return await self._write(lambda: self._book.add(entry))

    async def change(self, entry: Entry) -> bool:
        """Replace one; False if the card refused."""
        return await self._write(lambda: self._book.change(entry))

    async def remove(self, entry: EntryId) -> bool:
        """Delete one; False if the card refused."""
        return await self._write(lambda: self._book.remove(entry))

    async def keep_private(self, entry: Entry) -> bool:
        """Let nobody who follows see it; False if the card refused."""
        return await self.change(replace(entry, is_private=True))

    async def clear(self) -> bool:
        """Delete all; False if the card refused."""
        return await self._write(self._book.clear)

    async def tell(self, told: Told) -> None:
        """Remember that something was said, on the card as soon as that works."""
        self._told[told.key] = told
        self._unwritten.append(told)
        await self._catch_up()

    async def told(self, now: datetime) -> dict[Key, Told]:
        """What was said of late."""
        _, told = await self.known(now)
        return told

    async def known(self, now: datetime) -> tuple[Sequence[Entry], dict[Key, Told]]:
        """All entries, and what was said of late; looked up once for both."""
        await self._catch_up()
        await self._read()
        return self._entries, self._recent(now)

    def _recent(self, now: datetime) -> dict[Key, Told]:
        since_s = (now - timedelta(days=TOLD_DAYS)).timestamp()
        every = {told.key: told for told in self._kept} | self._told
        recent = {k: t for k, t in every.items() if t.at.timestamp() >= since_s}
        self._told = {k: t for k, t in self._told.items() if k in recent}
        return recent

    async def forget_told(self, now: datetime) -> None:
        """Forget what was said long ago."""
        before = now - timedelta(days=TOLD_DAYS)
        await self._write(lambda: self._book.forget_told(before))

    async def _catch_up(self) -> None:
        while self._unwritten:
            told = self._unwritten[0]
            if not await self._write(partial(self._book.tell, told)):
                # Of two weeks at most; what is older is not asked for.
                del self._unwritten[:-200]
                return
            self._unwritten.pop(0)


# --- rows ---------------------------------------------------------------------------


def row_of(entry: Entry) -> AgendaEntryRow:
    """As it is kept."""
    return AgendaEntryRow(
        id=entry.id,
        kind=entry.kind.value,
        what=entry.what,
        day=entry.day.isoformat(),
        times=",".join(_time_text(at) for at in entry.times),
        rule=entry.rule,
        ahead_min=entry.ahead_min,
        place=entry.place,
        uid=entry.uid,
        created_at=entry.created_at.isoformat(),
        source=entry.source,
        activity=entry.activity,
        bring=entry.bring,
        by_whom=entry.by,
        is_private=entry.is_private,
    )


def _entry(row: AgendaEntryRow, changes: dict[int, list[Change]]) -> Entry:
    assert row.id is not None
    return Entry(
        id=EntryId(row.id),
        kind=Kind(row.kind),
        what=row.what,
        day=date.fromisoformat(row.day),
        created_at=datetime.fromisoformat(row.created_at),
        times=tuple(_time(text) for text in row.times.split(",") if text),
        rule=row.rule,
        ahead_min=row.ahead_min,
        place=row.place,
        uid=row.uid,
        changes=tuple(changes.get(row.id, ())),
        source=row.source,
        activity=row.activity,
        bring=row.bring,
        by=row.by_whom,
        is_private=bool(row.is_private),
    )


def _time_text(at: time) -> str:
    return f"{at:%H:%M}{_SECOND_HOUR if at.fold else ''}"


def _time(text: str) -> time:
    clock = time.fromisoformat(text.removesuffix(_SECOND_HOUR))
    return clock.replace(fold=1) if text.endswith(_SECOND_HOUR) else clock


def _change_rows(entry: Entry) -> list[AgendaChangeRow]:
    return [
        AgendaChangeRow(
            id=None,
            entry=entry.id or 0,
            original=change.original.isoformat(),
            moved_to=change.moved_to.isoformat() if change.moved_to else None,
        )
        for change in entry.changes
    ]


def _change(row: AgendaChangeRow) -> Change:
    moved_to = datetime.fromisoformat(row.moved_to) if row.moved_to else None
    return Change(datetime.fromisoformat(row.original), moved_to)


def _told(row: AgendaToldRow) -> Told:
    return Told(
        entry=EntryId(row.entry),
        wall=datetime.fromisoformat(row.wall),
        notice=Notice(row.notice),
        response=Response(row.response),
        at=datetime.fromisoformat(row.at),
    )
