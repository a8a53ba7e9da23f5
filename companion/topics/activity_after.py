"""After it was planned: when it is off, and the next day "hoe was het?"."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from companion.activities.record import Activity, Status
from companion.activities.tastes import Opinion, OpinionKind, Why
from companion.activities.upcoming import Suggester
from companion.agenda import Entry, Occurrence, occurrences
from companion.agenda_book import AgendaMemory
from companion.asking import NoAnswer, Question
from companion.reminding import Notice, Response, Told
from companion.talk import Talk
from companion.tastes_book import TastesMemory
from companion.topics.activities import WHY_NOT
from companion.topics.agenda_changes import say_moment
from companion.understanding.intents import Intent, Meaning
from companion.understanding.times import WEEKDAYS

AFTER = Question(
    name="outings.after",
    answers=frozenset(
        {Intent.ENJOYED, Intent.NOT_ENJOYED, Intent.DID_NOT_GO, Intent.MOOD_FAIR}
    ),
    rephrased_yes=Intent.ENJOYED,
    rephrased_no=Intent.NOT_ENJOYED,
)
MISSED = replace(WHY_NOT, name="outings.missed")

# From the next day on; after that nobody cares any more how it was.
ASKED_WITHIN_DAYS = 3
# How far ahead it is told that something is off.
TOLD_AHEAD = timedelta(days=14)
# One may come in late, and times are rounded.
ABOUT_THE_TIME = timedelta(minutes=20)


class Off(StrEnum):
    """What became of something that stands in the agenda."""

    CANCELLED = "cancelled"
    FULL = "full"
    CHANGED = "changed"  # not at that time any more, as far as the map knows


@dataclass(frozen=True, slots=True)
class Plans:
    """What is needed to look back and ahead at what was planned.

    Attributes:
        suggester: Knows the social map; None where there can be none.
        agenda: What is to come, and what was told of it.
        tastes: Where it is kept how it was.
    """

    suggester: Suggester | None
    agenda: AgendaMemory
    tastes: TastesMemory


# --- is it still on? -----------------------------------------------------------------


def state_of(activity: Activity | None, one: Occurrence, zone: datetime) -> Off | None:
    """What became of it since it was planned; None: nothing (pure).

    Args:
        activity: As the map has it now; None if that is not known.
        one: As it stands in the agenda.
        zone: Any moment that is aware of the person's zone.
    """
    if activity is None:
        return None
    match activity.status:
        case Status.CANCELLED | Status.CLOSED:
            return Off.CANCELLED
        case Status.FULL:
            return Off.FULL
    assert zone.tzinfo is not None
    at = one.at(zone.tzinfo)
    if one.is_all_day or not activity.times:
        return None
    around = at - ABOUT_THE_TIME, at + ABOUT_THE_TIME
    is_on = any(any(times.occurrences(*around)) for times in activity.times)
    return None if is_on else Off.CHANGED


async def off(plans: Plans, one: Occurrence, now: datetime) -> Off | None:
    """What became of one occurrence in the agenda since it was planned."""
    entry = one.entry
    if plans.suggester is None or not entry.activity:
        return None
    return state_of(await plans.suggester.find(entry.source, entry.activity), one, now)


async def tell_off(talk: Talk, plans: Plans) -> None:
    """Tell, once, what of the days ahead is off, and take it out after a yes.

    Raises:
        Stopped: If the person says stop.
        DangerHeard: If the person says something that needs help now.
    """
    for one, became in await untold(plans, talk.clock.now()):
        await _tell_off(talk, plans, one, became)


async def untold(plans: Plans, now: datetime) -> list[tuple[Occurrence, Off]]:
    """What of the days ahead is off, and the person was not told."""
    assert now.tzinfo is not None
    told = await plans.agenda.told(now)
    found = []
    for one in await _planned(plans, now.date(), (now + TOLD_AHEAD).date()):
        is_past = one.at(now.tzinfo).timestamp() < now.timestamp()
        if is_past or (*one.key, Notice.OFF) in told:
            continue
        became = await off(plans, one, now)
        if became is not None:
            found.append((one, became))
    return found


async def _tell_off(talk: Talk, plans: Plans, one: Occurrence, became: Off) -> None:
    now = talk.clock.now()
    facts = {"title": one.entry.what, "moment": say_moment(one, now)}
    await talk.say(f"outings.off.{became}", **facts)
    await note_off(plans, one, now)
    if became is not Off.CANCELLED:
        return
    if await talk.confirm("outings.take_out", ends_early=False):
        assert one.entry.id is not None
        is_gone = await plans.agenda.remove(one.entry.id)
        await talk.say("agenda.cancelled" if is_gone else "agenda.failed")
    else:
        await talk.say("outings.stays_in")


async def note_off(plans: Plans, one: Occurrence, now: datetime) -> None:
    """Write down that it was told."""
    told = Told(one.entry.id, one.wall, Notice.OFF, Response.HEARD, now)
    await plans.agenda.tell(told)


async def _planned(plans: Plans, since: date, until: date) -> list[Occurrence]:
    entries = [it for it in await plans.agenda.entries() if it.activity]
    return occurrences(entries, since, until)


# --- how was it? ---------------------------------------------------------------------


async def to_ask_about(plans: Plans, now: datetime) -> Occurrence | None:
    """What took place these days and was not asked about; the last one."""
    today = now.date()
    first = today - timedelta(days=ASKED_WITHIN_DAYS)
    told = await plans.agenda.told(now)
    found = [
        one
        for one in await _planned(plans, first, today - timedelta(days=1))
        if (*one.key, Notice.AFTER) not in told
    ]
    return found[-1] if found else None


async def ask_how_it_was(talk: Talk, plans: Plans) -> bool:
    """Ask once how it was, and learn from it; False where there is nothing to ask.

    Raises:
        Stopped: If the person says stop.
        DangerHeard: If the person says something that needs help now.
    """
    now = talk.clock.now()
    one = await to_ask_about(plans, now)
    if one is None:
        return False
    if await off(plans, one, now) is Off.CANCELLED:
        # It did not take place; who knows better says so when they are asked.
        await _note_asked(plans, one, now)
        return False
    # Asked once, whatever comes of it.
    await _note_asked(plans, one, now)
    day = say_past_day(one.wall.date(), now.date())
    reply = await talk.ask(AFTER, title=one.entry.what, day=day)
    if isinstance(reply, NoAnswer) or not isinstance(reply, Meaning):
        return True
    kind, why = _KINDS[reply.intent], None
    await talk.say(f"outings.after.{kind}")
    if kind is OpinionKind.DID_NOT_GO:
        why = await _ask_why(talk)
    await plans.tastes.note(await _opinion(plans, one.entry, kind, why, now))
    return True


_KINDS = {
    Intent.ENJOYED: OpinionKind.ENJOYED,
    Intent.NOT_ENJOYED: OpinionKind.NOT_ENJOYED,
    Intent.DID_NOT_GO: OpinionKind.DID_NOT_GO,
    Intent.MOOD_FAIR: OpinionKind.WENT,
}


async def _ask_why(talk: Talk) -> Why | None:
    """Why they did not go, once, and no guesses."""
    match await talk.ask(MISSED):
        case Meaning(intent=Intent.WHY_NOT, value=value):
            await talk.say("outings.noted")
            return Why(str(value))
    return None


async def _note_asked(plans: Plans, one: Occurrence, now: datetime) -> None:
    told = Told(one.entry.id, one.wall, Notice.AFTER, Response.HEARD, now)
    await plans.agenda.tell(told)


async def _opinion(
    plans: Plans, entry: Entry, kind: OpinionKind, why: Why | None, now: datetime
) -> Opinion:
    """As it was noted when it was planned, with what became of it."""
    before = _last(await plans.tastes.opinions(), entry)
    if before is not None:
        return replace(before, kind=kind, why=why, at=now)
    return Opinion(entry.source, entry.activity, kind, now, why=why)


def _last(opinions: Sequence[Opinion], entry: Entry) -> Opinion | None:
    key = (entry.source, entry.activity)
    return next((it for it in reversed(opinions) if it.key == key), None)


def say_past_day(day: date, today: date) -> str:
    """ "Gisteren", "eergisteren", "afgelopen vrijdag"."""
    names = {1: "gisteren", 2: "eergisteren"}
    name = names.get((today - day).days)
    return name or f"afgelopen {WEEKDAYS[day.weekday()]}"
