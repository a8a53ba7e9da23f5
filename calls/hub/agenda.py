"""Shared agendas, and what members propose for them, until the device has answered.

Who may see an agenda was checked by who calls this (`agenda_pages`); the database is
the truth of what the device was not told yet.
"""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from calls.agenda_messages import (
    ANSWERED,
    MOST_SHARED,
    SHARED_KINDS,
    Proposal,
    ProposalStands,
    ProposalState,
    ProposalWithdrawn,
    Repeats,
    SharedAgenda,
    SharedEntry,
)
from calls.hub.agenda_rows import find_proposal
from calls.hub.errors import Refusal, StoreError
from calls.hub.members import MemberRow
from calls.hub.store import Store
from calls.hub.tables import member as members
from calls.hub.tables import proposal as proposals
from calls.hub.tables import shared_agenda
from calls.wire import Message, new_id

logger = logging.getLogger(__name__)

STALE_S = 7 * 86_400.0
"""Older than this, an agenda is shown with its date: the device tells it each day."""

FORGOTTEN_S = 35 * 86_400.0
"""All that was in it is over by then."""

ANSWERED_S = 14 * 86_400.0
"""So long a member sees what became of what they proposed."""

UNANSWERED_S = 90 * 86_400.0
"""A device that was not there for so long does not come back for a proposal."""

LONGEST_AHEAD = timedelta(days=400)

MOST_OPEN = 20
"""Proposals of one member that wait for an answer."""

MOST_ANSWERED = 40
"""Of one member, that are still shown."""

TIDY_EVERY_S = 6 * 3_600.0

Changed = Callable[[str], Awaitable[None]]
"""Told the household of which something changed."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|")

_OPEN = (ProposalState.SENT, ProposalState.WAITING)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a member proposes.

    Attributes:
        what: What it is.
        day: By the person's wall clock, as YYYY-MM-DD.
        time: As HH:MM; empty: all day.
        place: Where; may be empty.
        repeats: How it comes back.
    """

    what: str
    day: str
    time: str
    place: str
    repeats: Repeats

    def __repr__(self) -> str:
        """Without what it says: it ends up in logs."""
        return "Wish()"


@dataclass(frozen=True, slots=True)
class Shown:
    """An agenda as one member sees it.

    Attributes:
        zone: Of the person's wall clock; empty: not known yet.
        stale_since: When the device told it last, if that is long ago.
        entries: What is to come, each with kind, what, day, time and place.
        left_out: How many more there are.
        proposals: Those of this member, the oldest first.
    """

    zone: str
    stale_since: float | None
    entries: Sequence[dict[str, str]]
    left_out: int
    proposals: Sequence[dict[str, Any]]


class Agendas:
    """Keeps what devices share, and brings them what members propose.

    Args:
        store: Where it is.
        now: Seconds since 1970.
        changed: Told after each change.
    """

    def __init__(
        self, store: Store, now: Callable[[], float], changed: Changed
    ) -> None:
        self._store = store
        self._now = now
        self._changed = changed

    # -- of the device ----------------------------------------------------------------

    async def keep(self, household: str, agenda: SharedAgenda) -> None:
        """Keep what is shared, in place of what was told before.

        Nothing, where nobody may see it (any more): then the device was not told yet
        that they follow no longer, or it overtook its own consent.

        Raises:
            StoreError: If it could not be kept: the device tells it again.
        """
        entries = [
            {
                "kind": e.kind,
                "what": e.what,
                "day": e.day,
                "time": e.time,
                "place": e.place,
            }
            for e in agenda.entries[:MOST_SHARED]
            if _can_be_shown(e)
        ]
        values = {
            "zone": agenda.zone[:64],
            "entries": json.dumps(entries, ensure_ascii=False),
            "left_out": max(0, min(agenda.left_out, 10_000)),
            "kept_at": self._now(),
        }
        async with self._store.writing() as connection:
            seeing = await connection.execute(
                sa.select(members.c.id)
                .where(members.c.household == household, members.c.sees_agenda)
                .where(members.c.withdrawn_at.is_(None))
                .limit(1)
            )
            if seeing.one_or_none() is None:
                return
            await connection.execute(
                sa.delete(shared_agenda).where(shared_agenda.c.household == household)
            )
            await connection.execute(
                sa.insert(shared_agenda).values(household=household, **values)
            )
        await self._changed(household)

    async def stand(self, household: str, told: ProposalStands) -> None:
        """The device has it, the person answered, or it knows that it was withdrawn.

        Raises:
            StoreError: If it could not be kept: the device tells it again.
        """
        async with self._store.writing() as connection:
            owner = proposals.c.household == household
            row = await find_proposal(connection, told.proposal, owner)
            if row is None or row.state in ANSWERED:
                return
            this = proposals.c.id == told.proposal
            if told.state is ProposalState.WITHDRAWN:
                if row.withdrawn_at is None:
                    # The device never asked: nobody took this back.
                    return
                await connection.execute(sa.delete(proposals).where(this))
            elif told.state in ANSWERED or row.state == ProposalState.SENT:
                values: dict[str, object] = {"state": told.state.value}
                if told.state in ANSWERED:
                    # Answered before the device knew that it was taken back.
                    values["withdrawn_at"] = None
                await connection.execute(
                    sa.update(proposals)
                    .where(this)
                    .values(**values, changed_at=self._now())
                )
        logger.info("a proposal stands: %s", told.state.value)
        await self._changed(household)

    async def untold(self, household: str) -> list[Message]:
        """What the device has not told to have, in the order in which it was wished."""
        async with self._store.reading() as connection:
            rows = await connection.execute(
                sa.select(proposals)
                .where(proposals.c.household == household)
                .where(
                    (proposals.c.state == ProposalState.SENT)
                    | proposals.c.withdrawn_at.is_not(None)
                )
                .order_by(proposals.c.created_at, proposals.c.id)
            )
            return [_message(row) for row in rows]

    # -- of members -------------------------------------------------------------------

    async def show(self, member: MemberRow) -> Shown:
        """What a member sees."""
        now = self._now()
        async with self._store.reading() as connection:
            found = await connection.execute(
                sa.select(shared_agenda)
                .where(shared_agenda.c.household == member.household)
                .where(shared_agenda.c.kept_at > now - FORGOTTEN_S)
            )
            agenda = found.one_or_none()
            rows = await connection.execute(
                sa.select(proposals)
                .where(proposals.c.member == member.id)
                .where(proposals.c.withdrawn_at.is_(None))
                .order_by(proposals.c.created_at, proposals.c.id)
            )
            theirs = [_shown(row) for row in rows]
        if agenda is None:
            return Shown("", None, (), 0, theirs)
        is_stale = agenda.kept_at < now - STALE_S
        return Shown(
            agenda.zone,
            agenda.kept_at if is_stale else None,
            json.loads(agenda.entries),
            agenda.left_out,
            theirs,
        )

    async def propose(self, member: MemberRow, wish: Wish, replaces: str) -> str:
        """Keep it for the device; returns its id.

        Args:
            member: Who proposes it.
            wish: What.
            replaces: Id of one of theirs that is taken back with it; empty: none.

        Raises:
            Refusal: "day", "too_many_proposals", "no_proposal", "answered".
            StoreError: If it could not be kept.
        """
        now = self._now()
        _check_day(wish.day, now)
        proposal = new_id()
        async with self._store.writing() as connection:
            if replaces:
                await _take_back(connection, member, replaces, now)
            await _make_room(connection, member)
            await connection.execute(
                sa.insert(proposals).values(
                    id=proposal,
                    household=member.household,
                    member=member.id,
                    what=wish.what,
                    day=wish.day,
                    time=wish.time,
                    place=wish.place,
                    repeats=wish.repeats.value,
                    state=ProposalState.SENT.value,
                    created_at=now,
                    changed_at=now,
                )
            )
        logger.info("something is proposed for an agenda")
        await self._changed(member.household)
        return proposal

    async def take_back(self, member: MemberRow, proposal: str) -> None:
        """The member does not want it any more; one that was answered goes from sight.

        Raises:
            Refusal: "no_proposal".
            StoreError: If it could not be kept.
        """
        async with self._store.writing() as connection:
            owner = proposals.c.member == member.id
            row = await find_proposal(connection, proposal, owner)
            if row is not None and row.state in ANSWERED:
                await connection.execute(
                    sa.delete(proposals).where(proposals.c.id == proposal)
                )
            else:
                await _take_back(connection, member, proposal, self._now())
        await self._changed(member.household)

    # -- tidying ----------------------------------------------------------------------

    async def watch(self) -> None:
        """Forget what is of no use any more; for ever."""
        while True:
            try:
                await self.tidy()
            except StoreError as error:
                logger.error("old agendas could not be forgotten: %s", error)
            await asyncio.sleep(TIDY_EVERY_S)

    async def tidy(self) -> None:
        """Forget agendas that are over, and proposals that were answered long ago."""
        now = self._now()
        async with self._store.writing() as connection:
            await connection.execute(
                sa.delete(shared_agenda).where(
                    shared_agenda.c.kept_at < now - FORGOTTEN_S
                )
            )
            await connection.execute(
                sa.delete(proposals).where(
                    (
                        proposals.c.state.in_([each.value for each in ANSWERED])
                        & (proposals.c.changed_at < now - ANSWERED_S)
                    )
                    | (proposals.c.changed_at < now - UNANSWERED_S)
                )
            )


def _can_be_shown(entry: SharedEntry) -> bool:
    """Whether a page can show it; a page trusts what the hub tells."""
    is_moment = _DAY.fullmatch(entry.day) and _TIME.fullmatch(entry.time)
    return bool(is_moment and entry.kind in SHARED_KINDS)


async def _take_back(
    connection: AsyncConnection, member: MemberRow, proposal: str, now: float
) -> None:
    row = await find_proposal(connection, proposal, proposals.c.member == member.id)
    if row is None or row.withdrawn_at is not None:
        raise Refusal("no_proposal", 404)
    if row.state in ANSWERED:
        raise Refusal("answered", 409)
    # Not deleted: the device may have it, and must be told.
    await connection.execute(
        sa.update(proposals)
        .where(proposals.c.id == proposal)
        .values(withdrawn_at=now, changed_at=now)
    )


async def _make_room(connection: AsyncConnection, member: MemberRow) -> None:
    """Refuse what is too much; of what was answered, the oldest goes."""
    rows = await connection.execute(
        sa.select(proposals.c.id, proposals.c.state)
        .where(proposals.c.member == member.id)
        .order_by(proposals.c.changed_at.desc())
    )
    found = rows.all()
    # Also those that were taken back: the device has to be told of each.
    if sum(row.state in _OPEN for row in found) >= MOST_OPEN:
        raise Refusal("too_many_proposals", 409)
    answered = [row.id for row in found if row.state in ANSWERED]
    if len(answered) >= MOST_ANSWERED:
        await connection.execute(
            sa.delete(proposals).where(
                proposals.c.id.in_(answered[MOST_ANSWERED - 1 :])
            )
        )


def _check_day(text: str, now: float) -> None:
    """Refuse what is no day to come; the device judges the hour, by its own clock."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Refusal("day") from error
    # Somewhere it is still yesterday.
    today = datetime.fromtimestamp(now, UTC).date()
    if not today - timedelta(days=1) <= day <= today + LONGEST_AHEAD:
        raise Refusal("day")


def _message(row: sa.Row[Any]) -> Message:
    if row.withdrawn_at is not None:
        return ProposalWithdrawn(new_id(), row.id)
    return Proposal(
        id=new_id(),
        proposal=row.id,
        member=row.member,
        what=row.what,
        day=row.day,
        time=row.time,
        place=row.place,
        repeats=Repeats(row.repeats),
    )


def _shown(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "what": row.what,
        "day": row.day,
        "time": row.time,
        "place": row.place,
        "repeats": row.repeats,
        "state": row.state,
        "changed": row.changed_at,
    }
