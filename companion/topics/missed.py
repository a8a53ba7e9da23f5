"""Calls that were missed, and how often the person was in touch with people."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from companion.activities.tastes import Opinion
from companion.callbook import TOLD_WITHIN, CallRecord, Missed, missed
from companion.callplan import plan_for_name
from companion.contacts import CONTACT_DAYS, Contacts, contacts
from companion.desk import Desk
from companion.memory import Memory
from companion.people import Person
from companion.talk import Talk
from companion.topics.calling import call_by_plan
from companion.understanding.numbers import say_number
from companion.understanding.times import say_date, say_time
from companion.wording import Phrasebook

# Who comes home to ten calls hears of the newest; the others stay until the next time.
MOST_TOLD = 3

# "Om drie uur" is what a person remembers of a call, not "om zeven over drie".
ROUNDED_TO = timedelta(minutes=5)


async def missed_calls(memory: Memory, now: datetime) -> list[Missed]:
    """Who called in vain and is to be told of, the newest first."""
    return missed(await memory.calls(now - TOLD_WITHIN, _later(now)), now)


async def tell_missed(talk: Talk, desk: Desk, since: datetime | None = None) -> bool:
    """Tell who called in vain, and call back who is wanted; True if somebody was.

    Args:
        talk: The conversation.
        desk: What rings people.
        since: Only of calls that began since then; None: of all.

    Raises:
        DangerHeard: If the person says something that needs help now.
    """
    people = await desk.people()
    found = await missed_calls(talk.memory, talk.clock.now())
    fresh = [m for m in found if since is None or m.last.began_at >= since]
    for one in fresh[:MOST_TOLD]:
        person = next((p for p in people if p.id == one.last.person), None)
        name = name_of(one.last, people)
        if not name:
            # They were taken off the list since.
            await _mark_told(talk, one)
            continue
        when = say_when(talk.phrasebook, one.last.began_at, talk.clock.now())
        await talk.say("missed.call", person=name, when=when)
        await _mark_told(talk, one)
        if person is None or desk.phone is None or not person.video:
            continue
        if await talk.confirm("missed.back", ends_early=False, person=name):
            plan = plan_for_name(person, people, desk.ring_s)
            await call_by_plan(talk, desk, plan)
            return True
    return False


async def tell_contacts(
    talk: Talk, opinions: Sequence[Opinion], met: Sequence[date]
) -> bool:
    """Tell with how many people the person was in touch this week.

    Args:
        talk: The conversation.
        opinions: What they thought of activities.
        met: On which days somebody came on a home visit.

    Returns:
        Whether somebody is to be called: there were none.
    """
    now = talk.clock.now()
    midnight = datetime.combine(now.date(), time.min, tzinfo=now.tzinfo)
    since = midnight - timedelta(days=CONTACT_DAYS)
    counted = contacts(
        await talk.memory.calls(since, _later(now)),
        await talk.memory.answers(since - timedelta(days=1), _later(now)),
        [opinion for opinion in opinions if opinion.at >= since],
        [day for day in met if day >= since.date()],
    )
    if counted.calls or counted.visits or not counted.activities:
        await talk.say(_key_of(counted), **_facts_of(counted))
    if counted.activities:
        times = say_number(counted.activities)
        await talk.say("contacts.activities", activities=times)
    if counted.calls or counted.visits or counted.activities:
        return False
    return await talk.confirm("contacts.wanted", ends_early=False)


def _key_of(counted: Contacts) -> str:
    match counted:
        case Contacts(calls=0, visits=0):
            return "contacts.none"
        case Contacts(visits=0):
            return "contacts.calls"
        case Contacts(calls=0):
            return "contacts.visits"
        case _:
            return "contacts.both"


def _facts_of(counted: Contacts) -> dict[str, str]:
    return {"calls": say_number(counted.calls), "visits": say_number(counted.visits)}


async def _mark_told(talk: Talk, one: Missed) -> None:
    for call in one.calls:
        await talk.memory.keep_call(replace(call, told_at=talk.clock.now()))


def name_of(call: CallRecord, people: Sequence[Person]) -> str:
    """How the other side is named; empty if nobody knows any more."""
    spoken = (p.spoken_name for p in people if p.id == call.person)
    return next(spoken, call.name or "")


def say_when(phrasebook: Phrasebook, at: datetime, now: datetime) -> str:
    """ "om drie uur 's middags", "gisteren om ...", "op zondag 22 november"."""
    rounded = at - timedelta(seconds=at.second, minutes=at.minute % 5)
    if at.minute % 5 >= 3:
        rounded += ROUNDED_TO
    days = (now.date() - at.astimezone(now.tzinfo).date()).days
    if days > 1:
        return phrasebook.text("missed.when.earlier", date=say_date(at))
    key = "missed.when.yesterday" if days == 1 else "missed.when.today"
    return phrasebook.text(key, time=say_time(rounded))


def _later(now: datetime) -> datetime:
    """What began in this very moment counts as well."""
    return now + timedelta(seconds=1)
