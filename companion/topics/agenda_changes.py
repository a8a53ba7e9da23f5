"""The agenda read out, and what is in it moved, cancelled or ticked off."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from companion.agenda import (
    Kind,
    Occurrence,
    find_by_words,
    moved,
    occurrences,
    without,
)
from companion.agenda_book import AgendaMemory
from companion.asking import Question
from companion.reminding import MEDICINE_LATEST, Notice, Response, Told
from companion.talk import Talk
from companion.topics.agenda import ask_when, ask_words, say_what
from companion.topics.whom import MOST_CHOICES
from companion.understanding.agenda_wishes import find_wish, read_told
from companion.understanding.dates import find_day
from companion.understanding.intents import Intent
from companion.understanding.say_when import say_day, say_when
from companion.understanding.times import say_time
from companion.understanding.when import When
from companion.understanding.words import plain

WHICH = Question(
    name="agenda.which", answers=frozenset({Intent.FREE_TEXT}), ends_early=False
)

# In one go; the rest after a yes.
MOST_TOLD = 4
# "Wanneer moet ik naar de kapper?" looks so far.
LOOK_AHEAD = timedelta(days=400)
# "Wat staat er in mijn agenda?" without a day.
USUAL_DAYS = 7
# "Ik heb mijn pillen genomen": those of about now.
TAKEN_WITHIN = timedelta(hours=3)


async def tell_agenda(talk: Talk, agenda: AgendaMemory, words: str) -> None:
    """Read out a day, a week, or when something is.

    Args:
        talk: The conversation.
        agenda: Where it is kept.
        words: What was asked.

    Raises:
        DangerHeard: If the person says something that needs help now.
    """
    now = talk.clock.now()
    told = read_told(words, Intent.TELL_AGENDA, now)
    asks_for_one = plain(words).startswith(("wanneer", "en wanneer", "hoe laat"))
    if told.kind is Kind.MEDICINE and plain(words).startswith("heb ik"):
        await _tell_taken(talk, agenda)
    elif asks_for_one and told.what:
        await _tell_one(talk, agenda, told.what)
    else:
        await _tell_days(talk, agenda, told.when, now)


async def _tell_days(
    talk: Talk, agenda: AgendaMemory, when: When, now: datetime
) -> None:
    first = when.day or now.date()
    days = when.days if when.day else USUAL_DAYS
    last = first + timedelta(days=days - 1)
    found = [
        one
        for one in occurrences(await agenda.entries(), first, last)
        # Asked about three times a day, and not read out as well.
        if one.entry.kind is not Kind.MEDICINE and not _is_over(one, now)
    ]
    which = _say_days(talk, first, days, now.date())
    if not found:
        await talk.say("agenda.nothing", days=which)
        return
    await talk.say("agenda.reads", days=which)
    while found:
        for one in found[:MOST_TOLD]:
            await _tell(talk, one)
        found = found[MOST_TOLD:]
        if found and not await talk.confirm("agenda.more"):
            return


def _is_over(one: Occurrence, now: datetime) -> bool:
    assert now.tzinfo is not None
    if one.is_all_day:
        return one.wall.date() < now.date()
    return one.at(now.tzinfo).timestamp() < now.timestamp()


def _say_days(talk: Talk, first: date, days: int, today: date) -> str:
    if days == 1:
        return say_day(first, today)
    key = "agenda.this_week" if first == today else "agenda.from_day"
    return talk.phrasebook.text(key, day=say_day(first, today))


async def _tell(talk: Talk, one: Occurrence) -> None:
    moment = say_moment(one, talk.clock.now())
    await talk.say(
        "agenda.item", moment=moment, what=say_what(talk.phrasebook, one.entry)
    )
    if one.entry.by:
        await talk.say("agenda.from", person=one.entry.by)


def say_moment(one: Occurrence, now: datetime) -> str:
    """When this one time of it is."""
    times = () if one.is_all_day else (one.wall.time(),)
    return say_when(When(one.wall.date(), times), now)


async def _tell_one(talk: Talk, agenda: AgendaMemory, what: str) -> None:
    found = await _upcoming(talk, agenda)
    likely = find_by_words(found, what)
    if not likely:
        await talk.say("agenda.not_found")
        return
    await _tell(talk, likely[0])


async def _upcoming(talk: Talk, agenda: AgendaMemory) -> list[Occurrence]:
    now = talk.clock.now()
    until = (now + LOOK_AHEAD).date()
    found = occurrences(await agenda.entries(), now.date(), until)
    return [one for one in found if not _is_over(one, now)]


# --- which one -----------------------------------------------------------------------


async def choose(
    talk: Talk, agenda: AgendaMemory, what: str, was: When
) -> Occurrence | None:
    """Which one is meant: one at a time, to be answered with yes or no."""
    if not what:
        what = await ask_words(talk, WHICH) or ""
        intent = find_wish(what)
        what = read_told(what, intent, talk.clock.now()).what
    if not what:
        await talk.say("agenda.not_found")
        return None
    found = await _upcoming(talk, agenda)
    likely = find_by_words(_on_day(found, was), what)[:MOST_CHOICES]
    for one in likely:
        if await talk.confirm(
            "agenda.meant",
            ends_early=False,
            moment=say_moment(one, talk.clock.now()),
            what=say_what(talk.phrasebook, one.entry),
        ):
            return one
    await talk.say("agenda.not_found" if not likely else "agenda.unchanged")
    return None


def _on_day(found: Sequence[Occurrence], was: When) -> Sequence[Occurrence]:
    """Those of the day that was named; all where none was."""
    if was.day is None:
        return found
    days = {was.day + timedelta(days=number) for number in range(was.days)}
    return [one for one in found if one.wall.date() in days]


# --- changing -------------------------------------------------------------------------


async def cancel(talk: Talk, agenda: AgendaMemory, words: str) -> None:
    """Take something out of the agenda: this once, or altogether.

    Raises:
        DangerHeard: If the person says something that needs help now.
    """
    told = read_told(words, Intent.CANCEL, talk.clock.now())
    one = await choose(talk, agenda, told.what, told.when)
    if one is None:
        return
    what, left = say_what(talk.phrasebook, one.entry), without(one)
    comes_back = one.entry.comes_back
    if comes_back and await talk.confirm("agenda.cancel_once", ends_early=False):
        is_wanted = True
    elif comes_back:
        left = None
        is_wanted = await talk.confirm("agenda.cancel_all", ends_early=False, what=what)
    else:
        is_wanted = await talk.confirm("agenda.cancel", ends_early=False, what=what)
    if not is_wanted:
        await talk.say("agenda.unchanged")
        return
    assert one.entry.id is not None
    if left is None:
        is_done = await agenda.remove(one.entry.id)
    else:
        is_done = await agenda.change(left)
    await talk.say("agenda.cancelled" if is_done else "agenda.failed")


async def move(talk: Talk, agenda: AgendaMemory, words: str) -> None:
    """Move one time of something to another day or hour.

    Raises:
        DangerHeard: If the person says something that needs help now.
    """
    said_at = talk.clock.now()
    told = read_told(words, Intent.MOVE, said_at)
    one = await choose(talk, agenda, told.what, told.was)
    if one is None:
        return
    to = await _where_to(talk, one, told.said, said_at)
    if to is None:
        await talk.say("agenda.unchanged")
        return
    there = replace(one, wall=to, is_all_day=one.is_all_day and to.time() == time.min)
    if not await talk.confirm(
        "agenda.move",
        ends_early=False,
        moment=say_moment(there, said_at),
        what=say_what(talk.phrasebook, one.entry),
    ):
        await talk.say("agenda.unchanged")
        return
    is_done = await agenda.change(moved(one, to))
    await talk.say("agenda.moved" if is_done else "agenda.failed")


async def _where_to(
    talk: Talk, one: Occurrence, said: str, said_at: datetime
) -> datetime | None:
    """The new time by the wall clock; the hour stays unless another is told."""
    if said and find_day(plain(said), said_at.date()) is None:
        # An hour alone is another hour of the same day.
        said = f"{said} {one.wall.day}-{one.wall.month}-{one.wall.year}"
    # As of a birthday the hour is not asked for.
    when = await ask_when(talk, said, Kind.BIRTHDAY, said_at)
    if when is None or when.day is None:
        return None
    kept = time.min if one.is_all_day else one.wall.time()
    return datetime.combine(when.day, when.times[0] if when.times else kept)


# --- medicine ---------------------------------------------------------------------


async def take_note(talk: Talk, agenda: AgendaMemory, words: str) -> None:
    """Tick off medicine that the person says they took, or did not.

    Raises:
        DangerHeard: If the person says something that needs help now.
    """
    now = talk.clock.now()
    if {"niet", "vergeten"} & set(plain(words).split()):
        await talk.say("agenda.not_taken")
        return
    told = await agenda.told(now)
    open_ones = [
        one
        for one in await _medicine(agenda, now)
        if (answer := told.get((*one.key, Notice.TAKE))) is None
        or answer.response is not Response.TAKEN
    ]
    if not open_ones:
        await talk.say("agenda.nothing_to_take")
        return
    nearest = min(open_ones, key=lambda one: _distance_s(one, now))
    if not await talk.confirm(
        "agenda.taken",
        ends_early=False,
        what=say_what(talk.phrasebook, nearest.entry),
        time=say_time(nearest.wall),
    ):
        await talk.say("agenda.unchanged")
        return
    await agenda.tell(
        Told(nearest.entry.id, nearest.wall, Notice.TAKE, Response.TAKEN, now)
    )
    await talk.say("agenda.noted_taken")


def _distance_s(one: Occurrence, now: datetime) -> float:
    assert now.tzinfo is not None
    return abs(one.at(now.tzinfo).timestamp() - now.timestamp())


async def _medicine(agenda: AgendaMemory, now: datetime) -> list[Occurrence]:
    """What is to be taken at about this time."""
    day = timedelta(days=1)
    found = occurrences(await agenda.entries(), now.date() - day, now.date() + day)
    return [
        one
        for one in found
        if one.entry.kind is Kind.MEDICINE
        and _distance_s(one, now) <= TAKEN_WITHIN.total_seconds()
    ]


async def _tell_taken(talk: Talk, agenda: AgendaMemory) -> None:
    """ "Heb ik mijn pillen al gehad?": what was said about it; never what to do."""
    now = talk.clock.now()
    assert now.tzinfo is not None
    told = await agenda.told(now)
    latest_s = now.timestamp() + MEDICINE_LATEST.total_seconds()
    due = [
        one
        for one in occurrences(await agenda.entries(), now.date(), now.date())
        if one.entry.kind is Kind.MEDICINE
        and one.at(now.tzinfo).timestamp() <= latest_s
    ]
    if not due:
        await talk.say("agenda.nothing_to_take")
        return
    last = due[-1]
    answer = told.get((*last.key, Notice.TAKE))
    is_taken = answer is not None and answer.response is Response.TAKEN
    key = "agenda.was_taken" if is_taken else "agenda.was_not_told"
    await talk.say(
        key, what=say_what(talk.phrasebook, last.entry), time=say_time(last.wall)
    )
