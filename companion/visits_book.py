"""Visits on the card, and as the device goes on with them when the card fails."""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from functools import partial
from typing import TypeVar

from companion.agenda import Entry, EntryId
from companion.agenda_book import AgendaBook
from companion.part_memory import PartMemory
from companion.people import PersonId
from companion.rows import PromiseRow, VisitRow, VisitWishRow
from companion.store import StoreError
from companion.visits import (
    Came,
    Kept,
    Known,
    MadeBy,
    News,
    Promise,
    Suits,
    Visit,
    VisitId,
    VisitWish,
    as_in_agenda,
    entry_of,
)
from companion.visits_store import VisitsStore

One = TypeVar("One", bound=Visit | VisitWish | Promise)

# Of a card that stays full: years of visits.
_MOST_UNWRITTEN = 200


def new_uid() -> str:
    """A name that nothing else has."""
    return f"visit-{secrets.token_hex(8)}"


class VisitsBook:
    """Visits in the database. Any thread may call."""

    def __init__(self, store: VisitsStore, agenda: AgendaBook) -> None:
        """Read and write there.

        Args:
            store: Their tables.
            agenda: Where each visit has an entry, so that it is reminded of.
        """
        self._store = store
        self._agenda = agenda

    def known(self) -> Known:
        """All, in the order they were told.

        Raises:
            StoreError: If it cannot be read.
        """
        return Known(
            visits=[_visit(row) for row in self._store.visits()],
            wishes=[_wish(row) for row in self._store.wishes()],
            promises=[_promise(row) for row in self._store.promises()],
        )

    def put(self, one: Visit | VisitWish | Promise) -> None:
        """Keep one; what is known under the same name is replaced.

        Raises:
            StoreError: If it cannot be written.
        """
        match one:
            case Visit():
                self._store.put(_visit_row(one))
            case VisitWish():
                self._store.put(_wish_row(one))
            case Promise():
                self._store.put(_promise_row(one))

    def remove(self, one: Visit | VisitWish | Promise) -> bool:
        """Delete one, with all that belongs to it; False if there is none.

        Raises:
            StoreError: If it cannot be written.
        """
        tables = {Visit: VisitRow, VisitWish: VisitWishRow, Promise: PromiseRow}
        return self._store.remove(tables[type(one)], one.uid)

    def arrange(self, say: Callable[[Visit], str], now: datetime) -> bool:
        """Let agenda and visits agree on what is to come; whether anything changed.

        Who moves or cancels a visit in the agenda does so with the visit, and what is
        entered or changed here comes into the agenda.

        Args:
            say: What the agenda says of a visit.
            now: Local time.

        Raises:
            StoreError: If it cannot be read or written.
        """
        ahead = [visit for visit in self.known().visits if not visit.is_over(now)]
        if not ahead:
            return False
        entries = {entry.uid: entry for entry in self._agenda.entries() if entry.uid}
        has_changed = False
        for visit in ahead:
            entry = entries.get(visit.uid)
            has_changed |= self._arrange(visit, entry, say(visit), now)
        return has_changed

    def _arrange(
        self, visit: Visit, entry: Entry | None, what: str, now: datetime
    ) -> bool:
        if visit.is_cancelled:
            return entry is not None and self._agenda.remove(_number(entry))
        if visit.is_noted:
            as_it_is = as_in_agenda(visit, entry, now)
            if as_it_is != visit:
                self.put(as_it_is)
            return as_it_is != visit
        made = entry_of(visit, what)
        if entry is None:
            self._agenda.add(made)
        else:
            # What was said of another time says nothing of this one.
            self._agenda.change(replace(made, id=entry.id))
        self.put(replace(visit, is_noted=True))
        return True


def _number(entry: Entry) -> EntryId:
    assert entry.id is not None
    return entry.id


class VisitsMemory(PartMemory):
    """Visits as the conversation uses them.

    A broken card stops no conversation: what it refuses is remembered here until it
    works, and while it cannot be read all is as it was last.
    """

    WHAT = "visits"

    def __init__(self, book: VisitsBook) -> None:
        """Keep them in this book."""
        self._book = book
        self._kept = Known()
        self._unwritten: dict[str, Visit | VisitWish | Promise] = {}

    async def known(self) -> Known:
        """All, as far as it can be read."""
        await self._catch_up()
        try:
            self._kept = await asyncio.to_thread(self._book.known)
        except StoreError as error:
            self._complain(error)
        kept = self._kept
        return Known(
            self._newest(Visit, kept.visits),
            self._newest(VisitWish, kept.wishes),
            self._newest(Promise, kept.promises),
        )

    async def put(self, one: Visit | VisitWish | Promise) -> bool:
        """Remember how one stands; False if the card refused."""
        self._unwritten.pop(one.uid, None)
        self._unwritten[one.uid] = one
        await self._catch_up()
        while len(self._unwritten) > _MOST_UNWRITTEN:
            self._unwritten.pop(next(iter(self._unwritten)))
        return one.uid not in self._unwritten

    async def change(self, visit: Visit, **changes: object) -> Visit:
        """Change some of one as it is now: it may have been moved meanwhile.

        Args:
            visit: As it was known.
            changes: What is otherwise, by name.

        Returns:
            As it is now.
        """
        found = next(
            (v for v in (await self.known()).visits if v.uid == visit.uid), None
        )
        changed: Visit = replace(found or visit, **changes)  # type: ignore[arg-type]
        if found is not None:
            await self.put(changed)
        return changed

    async def arrange(self, say: Callable[[Visit], str], now: datetime) -> bool:
        """As `VisitsBook.arrange`; False too while the card refuses."""
        await self._catch_up()
        try:
            return await asyncio.to_thread(self._book.arrange, say, now)
        except StoreError as error:
            self._complain(error)
            return False

    async def remove(self, one: VisitWish | Promise) -> bool:
        """Drop one that was misunderstood; False if the card refused."""
        if self._unwritten.pop(one.uid, None) is not None:
            return True
        return await self._write(lambda: self._book.remove(one))

    def forget(self) -> None:
        """All that the person told is forgotten: what waits here is so as well."""
        self._kept = Known(self._kept.visits)
        self._unwritten = {
            uid: one for uid, one in self._unwritten.items() if isinstance(one, Visit)
        }

    def _newest(self, kind: type[One], kept: Iterable[One]) -> Sequence[One]:
        waiting = {
            uid: one for uid, one in self._unwritten.items() if isinstance(one, kind)
        }
        newest = [waiting.pop(one.uid, one) for one in kept]
        newest.extend(waiting.values())
        return newest

    async def _catch_up(self) -> None:
        """Write what the card refused before."""
        while self._unwritten:
            uid, one = next(iter(self._unwritten.items()))
            if not await self._write(partial(self._book.put, one)):
                return
            if self._unwritten.get(uid) is one:
                del self._unwritten[uid]


# --- rows ---------------------------------------------------------------------------


def _visit_row(visit: Visit) -> VisitRow:
    return VisitRow(
        id=visit.id,
        uid=visit.uid,
        who=visit.who,
        organisation=visit.organisation,
        about=visit.about,
        day=visit.day.isoformat(),
        at="" if visit.at is None else f"{visit.at:%H:%M}",
        part=visit.part,
        known_by=visit.known_by,
        doubt_phone=visit.doubt_phone,
        contact=visit.contact,
        made_by=visit.made_by.value,
        created_at=visit.created_at.isoformat(),
        changed_at=visit.changed_at.isoformat(),
        news=visit.news.value,
        suits=visit.suits.value,
        is_noted=visit.is_noted,
        is_cancelled=visit.is_cancelled,
        wishes_asked=visit.wishes_asked,
        came=visit.came.value,
        asked=visit.asked,
        spoke_on=None if visit.spoke_on is None else visit.spoke_on.isoformat(),
    )


def _visit(row: VisitRow) -> Visit:
    assert row.id is not None
    return Visit(
        uid=row.uid,
        who=row.who,
        day=date.fromisoformat(row.day),
        created_at=datetime.fromisoformat(row.created_at),
        changed_at=datetime.fromisoformat(row.changed_at),
        made_by=MadeBy(row.made_by),
        organisation=row.organisation,
        about=row.about,
        at=time.fromisoformat(row.at) if row.at else None,
        part=row.part,
        known_by=row.known_by,
        doubt_phone=row.doubt_phone,
        contact=None if row.contact is None else PersonId(row.contact),
        news=News(row.news),
        suits=Suits(row.suits),
        is_noted=bool(row.is_noted),
        is_cancelled=bool(row.is_cancelled),
        wishes_asked=bool(row.wishes_asked),
        came=Came(row.came),
        asked=row.asked,
        spoke_on=date.fromisoformat(row.spoke_on) if row.spoke_on else None,
        id=VisitId(row.id),
    )


def _wish_row(wish: VisitWish) -> VisitWishRow:
    return VisitWishRow(
        id=None,
        uid=wish.uid,
        visit=wish.visit,
        text=wish.text,
        at=wish.at.isoformat(),
        at_s=wish.at.timestamp(),
        passed_at=wish.passed_at.isoformat() if wish.passed_at else None,
    )


def _wish(row: VisitWishRow) -> VisitWish:
    return VisitWish(
        uid=row.uid,
        visit=row.visit,
        text=row.text,
        at=datetime.fromisoformat(row.at),
        passed_at=datetime.fromisoformat(row.passed_at) if row.passed_at else None,
    )


def _promise_row(promise: Promise) -> PromiseRow:
    return PromiseRow(
        id=None,
        uid=promise.uid,
        visit=promise.visit,
        text=promise.text,
        at=promise.at.isoformat(),
        at_s=promise.at.timestamp(),
        due=promise.due.isoformat(),
        ask_on=promise.ask_on.isoformat(),
        kept=promise.kept.value,
        misses=promise.misses,
        asked=promise.asked,
    )


def _promise(row: PromiseRow) -> Promise:
    return Promise(
        uid=row.uid,
        visit=row.visit,
        text=row.text,
        at=datetime.fromisoformat(row.at),
        due=date.fromisoformat(row.due),
        ask_on=date.fromisoformat(row.ask_on),
        kept=Kept(row.kept),
        misses=row.misses,
        asked=row.asked,
    )
