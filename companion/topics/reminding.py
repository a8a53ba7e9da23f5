"""What the device says about the agenda of its own accord."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from companion.agenda import Kind, Occurrence
from companion.asking import NoAnswer, yes_or_no
from companion.buttons import Floor
from companion.reminding import Announcement, Key, Notice, Response
from companion.talk import CannotHear, Talk
from companion.topics.agenda import say_what
from companion.topics.agenda_changes import say_moment
from companion.understanding.intents import Intent, Meaning
from companion.understanding.times import say_time
from voice.speech import Chime

# A voice out of nowhere frightens: chime and light first, then a second.
AFTER_CHIME_S = 1.0

# Later than the last time that it is said again, it says that it is late.
LATE = timedelta(minutes=20)

HEARD = yes_or_no("agenda.soon")
TAKE = replace(
    yes_or_no("agenda.take"),
    answers=frozenset({Intent.YES, Intent.NO, Intent.LATER}),
)

Settle = Callable[[Announcement, Response], Awaitable[None]]
"""Writes down what became of it, the moment that is known."""

More = Callable[[Talk, Announcement], Awaitable[None]]
"""Tells what belongs to it, once it was heard."""


async def announce(
    talk: Talk,
    announcements: Sequence[Announcement],
    settle: Settle,
    news: Mapping[Key, str],
    more: More,
) -> bool:
    """Chime, light, a second, and say each; whether the person was there.

    Args:
        talk: The conversation.
        announcements: What is to be said.
        settle: Told what was heard; of what nobody heard it is told nothing.
        news: Name of what is asked of one that is no longer so; empty of the others.
        more: Tells what belongs to one that was heard, such as who comes to visit.

    Raises:
        Stopped: If the person says stop.
        DangerHeard: If the person says something that needs help now.
    """
    talk.stage.give_floor(Floor.OFFERED)
    talk.stage.call_attention()
    await talk.chime(Chime.ATTENTION)
    await asyncio.sleep(AFTER_CHIME_S)
    for one in announcements:
        try:
            is_there = await _say(talk, one, settle, news.get(one.key, ""), more)
        except CannotHear:
            # It was said, and is shown; nobody can tell whether it was heard.
            return False
        if not is_there:
            return False
        talk.stage.give_floor(Floor.TAKEN)
    return True


async def _say(
    talk: Talk, one: Announcement, settle: Settle, news: str, more: More
) -> bool:
    """Say one; whether somebody answered."""
    if one.notice is Notice.TAKE:
        return await _ask_about_medicine(talk, one, settle)
    moment, what = _facts(talk, one)
    prompt = news or _prompt(talk, one)
    reply = await talk.ask(HEARD, prompt=prompt, moment=moment, what=what)
    if isinstance(reply, NoAnswer):
        return False
    # "Nee" was an answer to it too: it is said once more.
    if isinstance(reply, Meaning) and reply.intent is Intent.NO and not news:
        await talk.tell("agenda.item", moment=moment, what=what)
    await settle(one, Response.HEARD)
    if not news:
        await _say_what_is_needed(talk, one)
        await more(talk, one)
    await talk.say("agenda.heard")
    return True


async def _say_what_is_needed(talk: Talk, one: Announcement) -> None:
    """Where it is, in time to go there; and what to take along, the eve as well."""
    entry = one.occurrence.entry
    if entry.place and one.notice is Notice.AHEAD:
        await talk.say("agenda.place", place=entry.place)
    if entry.bring and one.notice in (Notice.AHEAD, Notice.EVE, Notice.TODAY):
        await talk.say("agenda.bring", bring=entry.bring)


def _prompt(talk: Talk, one: Announcement) -> str:
    if one.occurrence.entry.kind is not Kind.REMINDER:
        return "agenda.soon.ask"
    is_late = talk.clock.now().timestamp() - one.at.timestamp() > LATE.total_seconds()
    return "agenda.late.ask" if is_late else "agenda.now.ask"


def _facts(talk: Talk, one: Announcement) -> tuple[str, str]:
    """When it is, and what it is about, as they are said."""
    occurrence = one.occurrence
    moment = say_moment(occurrence, talk.clock.now())
    return moment, say_what(talk.phrasebook, occurrence.entry)


async def _ask_about_medicine(talk: Talk, one: Announcement, settle: Settle) -> bool:
    """Ask whether it was taken; never that it should be."""
    what = say_what(talk.phrasebook, one.occurrence.entry)
    reply = await talk.ask(TAKE, what=what)
    match reply:
        case Meaning(intent=Intent.YES):
            await settle(one, Response.TAKEN)
            await talk.say("agenda.noted_taken")
        case Meaning(intent=Intent.NO) if not await talk.confirm("agenda.take_later"):
            await settle(one, Response.NOT_TAKEN)
            await talk.say("agenda.not_taken")
        case Meaning():
            await talk.say("agenda.asks_again")
        case NoAnswer():
            return False
        case _:
            await settle(one, Response.HEARD)
    return True


async def tell_missed(
    talk: Talk,
    medicine: Sequence[Occurrence],
    settle: Callable[[Occurrence], Awaitable[None]],
) -> None:
    """Tell kindly, once, of what nobody heard whether it was taken.

    What to do now is not ours to say: in doubt the pharmacist knows.
    """
    for one in medicine:
        what = say_what(talk.phrasebook, one.entry)
        await talk.say("agenda.missed", what=what, time=say_time(one.wall))
        await settle(one)
    if medicine:
        await talk.say("agenda.pharmacist")


async def tell_unheard(talk: Talk, unheard: Sequence[Announcement]) -> None:
    """What was said to nobody."""
    for one in unheard:
        if one.notice is not Notice.TAKE:
            moment, what = _facts(talk, one)
            await talk.say("agenda.item", moment=moment, what=what)
