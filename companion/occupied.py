"""When the person cannot come: what is in the agenda, and when they are away."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from companion.activities.limits import LASTS
from companion.activities.ranking import AHEAD
from companion.activities.suggesting import Taken
from companion.agenda import Entry, Kind, occurrences
from companion.agenda_book import AgendaMemory
from companion.checkins import Away, AwayKind
from companion.memory import Memory


async def when_taken(
    agenda: AgendaMemory, memory: Memory, now: datetime
) -> list[Taken]:
    """When they cannot come in the next two weeks, as far as is known."""
    facts = await memory.facts(now.date())
    return taken(await agenda.entries(), facts.away, now)


def taken(entries: Iterable[Entry], away: Away | None, now: datetime) -> list[Taken]:
    """When they cannot come (pure).

    An appointment takes as long as is usual, one without a time the whole day. Pills
    and birthdays keep nobody at home, and with visitors one can go out.

    Args:
        entries: Of the agenda.
        away: Where they are, if not at home.
        now: Aware, in the zone of the person.
    """
    zone, today = now.tzinfo, now.date()
    appointments = [it for it in entries if it.kind is Kind.APPOINTMENT]
    found = []
    for it in occurrences(appointments, today, today + AHEAD):
        starts = it.wall.replace(tzinfo=zone)
        ends = starts + (timedelta(days=1) if it.is_all_day else LASTS)
        found.append(Taken(starts, ends))
    if away is not None and away.kind is not AwayKind.VISITORS:
        back = away.until or today + 2 * AHEAD
        found.append(Taken(now, datetime.combine(back, time.min, zone)))
    return [it for it in found if it.starts < it.ends]
