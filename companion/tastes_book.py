"""Tastes and opinions on the card, and as the device goes on when the card fails."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import TypeVar

from companion.activities.record import Category
from companion.activities.tastes import (
    LIKES_MOST,
    Aid,
    Opinion,
    OpinionKind,
    PartOfDay,
    Tastes,
    Why,
)
from companion.part_memory import PartMemory
from companion.rows import OpinionRow
from companion.store import StoreError
from companion.tastes_store import TastesStore

T = TypeVar("T")

# Of a card that stays full, some months of talk.
_MOST_UNWRITTEN = 200


class TastesBook:
    """Tastes and opinions in the database. Any thread may call."""

    def __init__(self, store: TastesStore) -> None:
        """Read and write there."""
        self._store = store

    def tastes(self) -> Tastes:
        """What is known of the person.

        Raises:
            StoreError: If it cannot be read.
        """
        return _tastes(self._store.tastes())

    def change(self, tastes: Tastes) -> None:
        """Replace what is known of the person; their home and age are not kept.

        Raises:
            StoreError: If it cannot be written.
        """
        self._store.put_tastes(_values(tastes))

    def opinions(self) -> list[Opinion]:
        """What they thought of activities, oldest first.

        Raises:
            StoreError: If it cannot be read.
        """
        found = (_opinion(row) for row in self._store.opinions())
        return [it for it in found if it is not None]

    def note(self, opinion: Opinion) -> None:
        """Keep one.

        Raises:
            StoreError: If it cannot be written.
        """
        self._store.add_opinion(_row(opinion))


class TastesMemory(PartMemory):
    """Tastes and opinions as the conversation uses them.

    A broken card stops no conversation: what it refuses is remembered here until it
    works, and while it cannot be read all is as it was last.
    """

    WHAT = "tastes"

    def __init__(self, book: TastesBook) -> None:
        """Keep it in this book."""
        self._book = book
        self._tastes = Tastes()
        self._opinions: Sequence[Opinion] = ()
        self._unwritten_tastes: Tastes | None = None
        self._unwritten: list[Opinion] = []

    async def tastes(self) -> Tastes:
        """What is known of the person, as far as it can be read."""
        await self._catch_up()
        if self._unwritten_tastes is not None:
            return self._unwritten_tastes
        self._tastes = await self._read(self._book.tastes, self._tastes)
        return self._tastes

    async def change(self, tastes: Tastes) -> bool:
        """Replace what is known of the person; False if the card refused."""
        self._unwritten_tastes = tastes
        await self._catch_up()
        return self._unwritten_tastes is None

    async def opinions(self) -> Sequence[Opinion]:
        """What they thought of activities, oldest first."""
        await self._catch_up()
        self._opinions = await self._read(self._book.opinions, self._opinions)
        return [*self._opinions, *self._unwritten]

    async def note(self, opinion: Opinion) -> bool:
        """Remember an opinion; False if the card refused."""
        self._unwritten.append(opinion)
        await self._catch_up()
        del self._unwritten[:-_MOST_UNWRITTEN]
        return not self._unwritten

    def forget(self) -> None:
        """All is forgotten: what waits here is so as well."""
        self._tastes, self._opinions = Tastes(), ()
        self._unwritten_tastes = None
        self._unwritten.clear()

    async def _catch_up(self) -> None:
        """Write what the card refused before."""
        tastes = self._unwritten_tastes
        if tastes is not None:
            if not await self._write(lambda: self._book.change(tastes)):
                return
            if self._unwritten_tastes is tastes:
                self._tastes, self._unwritten_tastes = tastes, None
        while self._unwritten:
            opinion = self._unwritten[0]
            if not await self._write(partial(self._book.note, opinion)):
                return
            if self._unwritten and self._unwritten[0] is opinion:
                self._opinions = [*self._opinions, self._unwritten.pop(0)]

    async def _read(self, call: Callable[[], T], otherwise: T) -> T:
        try:
            return await asyncio.to_thread(call)
        except StoreError as error:
            self._complain(error)
            return otherwise


# --- rows ---------------------------------------------------------------------------

_LIKE, _DISLIKE = "like.", "dislike."


def _values(tastes: Tastes) -> dict[str, str]:
    """What differs from knowing nothing, by name."""
    values = {
        "walks_m": _text(tastes.walks_m),
        "aid": "" if tastes.aid is Aid.NONE else tastes.aid.value,
        "needs_transport": "yes" if tastes.needs_transport else "",
        "parts": " ".join(sorted(tastes.parts)),
        "most_cents": _text(tastes.most_cents),
        "wants_company": _yes_no(tastes.wants_company),
        "languages": " ".join(tastes.languages),
    }
    likes = {f"{_LIKE}{it.value}": str(n) for it, n in tastes.likes.items()}
    dislikes = {f"{_DISLIKE}{it.value}": str(n) for it, n in tastes.dislikes.items()}
    return {name: it for name, it in values.items() if it} | likes | dislikes


def _tastes(values: Mapping[str, str]) -> Tastes:
    """What a newer program wrote that is not known here counts as not told."""
    known = Tastes()
    parts = values.get("parts", "").split()
    return Tastes(
        walks_m=_number(values.get("walks_m")),
        aid=Aid(values["aid"]) if values.get("aid") in set(Aid) else Aid.NONE,
        needs_transport=values.get("needs_transport") == "yes",
        parts=frozenset(it for it in PartOfDay if it in parts),
        most_cents=_number(values.get("most_cents")),
        wants_company={"yes": True, "no": False}.get(values.get("wants_company", "")),
        languages=tuple(values.get("languages", "").split()) or known.languages,
        likes=_strengths(values, _LIKE),
        dislikes=_strengths(values, _DISLIKE),
    )


def _strengths(values: Mapping[str, str], prefix: str) -> Mapping[Category, int]:
    found = {it: _number(values.get(f"{prefix}{it.value}")) for it in Category}
    return MappingProxyType({it: min(n, LIKES_MOST) for it, n in found.items() if n})


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _yes_no(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _row(opinion: Opinion) -> OpinionRow:
    return OpinionRow(
        id=None,
        source=opinion.source,
        activity=opinion.id,
        kind=opinion.kind.value,
        why=opinion.why.value if opinion.why else None,
        organisation=opinion.organisation,
        category=opinion.category.value,
        distance_m=opinion.distance_m,
        part=opinion.part.value if opinion.part else None,
        cents=opinion.cents,
        at=opinion.at.isoformat(),
        at_s=opinion.at.timestamp(),
    )


def _opinion(row: OpinionRow) -> Opinion | None:
    """None for one of a kind that only a newer program knows."""
    if row.kind not in set(OpinionKind):
        return None
    return Opinion(
        source=row.source,
        id=row.activity,
        kind=OpinionKind(row.kind),
        at=datetime.fromisoformat(row.at),
        organisation=row.organisation,
        category=(
            Category(row.category) if row.category in set(Category) else Category.OTHER
        ),
        why=Why(row.why) if row.why in set(Why) else None,
        distance_m=row.distance_m,
        part=PartOfDay(row.part) if row.part in set(PartOfDay) else None,
        cents=row.cents,
    )
