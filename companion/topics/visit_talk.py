"""What the person says of home visits by themselves: who comes, what to speak of."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from companion.agenda import Kind
from companion.agenda_book import AgendaMemory
from companion.talk import Talk
from companion.topics.agenda import RETELL, ask_when, ask_words
from companion.topics.agenda_changes import cancel, move
from companion.topics.visits import (
    SHOWN,
    WORDS,
    Visits,
    keep_promise,
    keep_wish,
    pass_on_wishes,
    say_moment,
    say_what,
    say_who,
    tell_visitor,
)
from companion.topics.whom import MOST_CHOICES
from companion.understanding.dates import find_day
from companion.understanding.intents import Intent, Meaning
from companion.understanding.numbers import say_number
from companion.understanding.visit_wishes import (
    named_in,
    read_moved,
    read_promise,
    read_visit,
    read_visit_wish,
)
from companion.understanding.when import When
from companion.understanding.words import plain
from companion.visits import (
    LONGEST,
    Came,
    Kept,
    MadeBy,
    Suits,
    Visit,
    coming,
    find,
    recent,
)
from companion.visits_book import new_uid

# What was promised is asked for as long as it is fresh.
MOST_RECENT = 3


async def use_visits(
    talk: Talk, visits: Visits, agenda: AgendaMemory, wish: Meaning
) -> None:
    """Do what is wished of home visits.

    Args:
        talk: The conversation.
        visits: What is known of them.
        agenda: Where it may stand what is no home visit: "het bezoek van Anja".
        wish: One of `VISITING`.

    Raises:
        Stopped: If the person says stop.
        DangerHeard: If the person says something that needs help now.
    """
    words = str(wish.value or "")
    match wish.intent:
        case Intent.VISIT:
            await _note_visit(talk, visits, words)
        case Intent.VISIT_OFF:
            if not await _cancel(talk, visits, words):
                await cancel(talk, agenda, words)
        case Intent.VISIT_MOVED:
            if not await _move(talk, visits, words):
                await move(talk, agenda, words)
        case Intent.WHO_VISITS:
            await _tell_who(talk, visits)
        case Intent.VISIT_WISH:
            await _note_wish(talk, visits, words)
        case Intent.TELL_WISHES:
            await _tell_wishes(talk, visits, words)
        case Intent.PROMISED:
            await _note_promise(talk, visits, words)
        case Intent.TELL_PROMISES:
            await _tell_promises(talk, visits, words)


# --- who comes ------------------------------------------------------------------------


async def _note_visit(talk: Talk, visits: Visits, words: str) -> None:
    """Keep who comes and when, after a yes to all of it."""
    for _ in range(2):
        said_at = talk.clock.now()
        visit = await _complete(talk, words, said_at)
        if visit is None:
            break
        if await talk.confirm(
            "visits.keep",
            ends_early=False,
            moment=say_moment(visit, said_at),
            who=say_who(talk.phrasebook, visit),
        ):
            await _keep(talk, visits, visit)
            return
        again = await ask_words(talk, RETELL)
        if again is None:
            break
        words = again
    await talk.say("agenda.not_kept")


async def _complete(talk: Talk, words: str, said_at: datetime) -> Visit | None:
    """The visit, with what was missing asked for; None if that stays unknown."""
    told = read_visit(words, said_at)
    when = await ask_when(talk, told.said, Kind.APPOINTMENT, said_at)
    if when is None or when.day is None:
        return None
    now = talk.clock.now()
    return Visit(
        uid=new_uid(),
        who=told.who[:LONGEST],
        day=when.day,
        created_at=now,
        changed_at=now,
        made_by=MadeBy.PERSON,
        organisation=told.organisation[:LONGEST],
        about=told.about[:LONGEST],
        at=min(when.times, default=None),
        part="" if when.times or when.part == "nacht" else when.part,
        suits=Suits.YES,
    )


async def _keep(talk: Talk, visits: Visits, visit: Visit) -> None:
    is_kept = await visits.memory.put(visit)
    await arrange(talk, visits)
    await talk.say("visits.kept" if is_kept else "agenda.failed")


async def arrange(talk: Talk, visits: Visits) -> None:
    """Let the agenda know of what was changed."""

    def say(visit: Visit) -> str:
        return say_what(talk.phrasebook, visit)

    await visits.memory.arrange(say, talk.clock.now())


async def _choose(
    talk: Talk, found: Sequence[Visit], words: str, is_told: bool = False
) -> Visit | None:
    """Which visit is meant: the only one, or one at a time with yes or no.

    Args:
        talk: The conversation.
        found: Those that may be, the likeliest first.
        words: What was said.
        is_told: Whether it is read back afterwards, so that one needs no asking.
    """
    name = named_in(words)
    likely = find(found, name)
    if len(likely) == 1 and (is_told or name or len(found) == 1):
        return likely[0]
    # A name that nobody knows may be one that was heard badly.
    for visit in (likely or found)[:MOST_CHOICES]:
        if await talk.confirm(
            "visits.meant",
            ends_early=False,
            who=say_who(talk.phrasebook, visit),
            moment=say_moment(visit, talk.clock.now()),
        ):
            return visit
    return None


async def _cancel(talk: Talk, visits: Visits, words: str) -> bool:
    """Take a visit out; False if none can be meant."""
    now = talk.clock.now()
    found = coming((await visits.memory.known()).visits, now)
    likely = find(found, named_in(words))
    for visit in likely[:MOST_CHOICES]:
        if await talk.confirm(
            "visits.cancel",
            ends_early=False,
            who=say_who(talk.phrasebook, visit),
            moment=say_moment(visit, now),
        ):
            await visits.memory.change(visit, is_cancelled=True, changed_at=now)
            await arrange(talk, visits)
            await talk.say("agenda.cancelled")
            return True
    if likely:
        await talk.say("agenda.unchanged")
    return bool(likely)


async def _move(talk: Talk, visits: Visits, words: str) -> bool:
    """Move a visit to another day or time; False if none can be meant."""
    said_at = talk.clock.now()
    found = coming((await visits.memory.known()).visits, said_at)
    if not find(found, named_in(words)):
        return False
    visit = await _choose(talk, found, words, is_told=True)
    to = None if visit is None else await _where_to(talk, visit, words, said_at)
    if visit is None or to is None or to.day is None:
        await talk.say("agenda.unchanged")
        return True
    at = min(to.times, default=None)
    at, part = (at, "") if at is not None or to.part else (visit.at, visit.part)
    moved = replace(visit, day=to.day, at=at, part=to.part or part)
    if not await talk.confirm(
        "visits.move",
        ends_early=False,
        who=say_who(talk.phrasebook, moved),
        moment=say_moment(moved, said_at),
    ):
        await talk.say("agenda.unchanged")
        return True
    await visits.memory.change(
        visit,
        day=moved.day,
        at=moved.at,
        part=moved.part,
        is_noted=False,
        changed_at=talk.clock.now(),
    )
    await arrange(talk, visits)
    await talk.say("agenda.moved")
    return True


async def _where_to(
    talk: Talk, visit: Visit, words: str, said_at: datetime
) -> When | None:
    """The new time; what was not told of it stays as it was."""
    said, _ = read_moved(words, said_at)
    if said and find_day(plain(said), said_at.date()) is None:
        # An hour alone is another hour of the same day.
        said = f"{said} {visit.day.day}-{visit.day.month}-{visit.day.year}"
    # As of a birthday the hour is not asked for.
    return await ask_when(talk, said, Kind.BIRTHDAY, said_at)


async def _tell_who(talk: Talk, visits: Visits) -> None:
    """Who comes today, and how to recognise them; else who comes next."""
    now = talk.clock.now()
    found = coming((await visits.memory.known()).visits, now)
    today = [visit for visit in found if visit.day == now.date()]
    for visit in today:
        await _tell_next(talk, visit)
        await tell_visitor(talk, visit)
    if not today:
        await talk.tell("visits.nobody_today")
        for visit in found[:1]:
            await _tell_next(talk, visit)


async def _tell_next(talk: Talk, visit: Visit) -> None:
    moment = say_moment(visit, talk.clock.now())
    who = say_who(talk.phrasebook, visit)
    await talk.say("visits.next", who=who, moment=moment)


# --- what to speak of -----------------------------------------------------------------


async def _note_wish(talk: Talk, visits: Visits, words: str) -> None:
    found = coming((await visits.memory.known()).visits, talk.clock.now())
    if not found:
        await talk.say("visits.none")
        return
    visit = await _choose(talk, found, words)
    if visit is None:
        await talk.say("agenda.not_kept")
        return
    text = read_visit_wish(words) or await ask_words(talk, WORDS) or ""
    if text and await keep_wish(talk, visits, visit, text):
        await talk.say("visits.wishes_kept")
        await pass_on_wishes(talk, visits, visit)


async def _tell_wishes(talk: Talk, visits: Visits, words: str) -> None:
    """Read out what to speak of, and show it until the visit is over."""
    now, known = talk.clock.now(), await visits.memory.known()
    found = coming(known.visits, now)
    if not found:
        await talk.say("visits.none")
        return
    likely = find(found, named_in(words)) or found
    visit = next((one for one in likely if known.wishes_for(one)), None)
    if visit is None:
        await talk.say("visits.no_wishes")
        return
    wishes = [wish.text for wish in known.wishes_for(visit)]
    talk.stage.news(
        SHOWN,
        talk.phrasebook.text("visits.shown", who=visit.who, text="; ".join(wishes)),
    )
    await talk.say("visits.wishes_are", who=visit.who)
    for number, text in enumerate(wishes, start=1):
        await talk.say("visits.wish_is", number=say_number(number), text=text)


# --- what was promised ----------------------------------------------------------------


async def _note_promise(talk: Talk, visits: Visits, words: str) -> None:
    found = recent((await visits.memory.known()).visits, talk.clock.now())
    if not found:
        await talk.say("visits.none_recent")
        return
    visit = await _choose(talk, found[:MOST_RECENT], words)
    if visit is None:
        await talk.say("agenda.not_kept")
        return
    # Who promised something was there.
    visit = await visits.memory.change(visit, came=Came.YES)
    text = read_promise(words) or await ask_words(talk, WORDS) or ""
    if text and await keep_promise(talk, visits, visit, text):
        await talk.say("visits.promises_kept")


async def _tell_promises(talk: Talk, visits: Visits, words: str) -> None:
    """Read out what was promised and is not done yet."""
    known = await visits.memory.known()
    name = named_in(words)
    any_told = False
    for visit in find(recent(known.visits, talk.clock.now()), name):
        open_ones = [p for p in known.promises_of(visit) if p.kept is not Kept.YES]
        if open_ones:
            any_told = True
            await talk.say("visits.promises_are", who=visit.who)
        for number, promise in enumerate(open_ones, start=1):
            said = say_number(number)
            await talk.say("visits.promise_is", number=said, text=promise.text)
    if not any_told:
        await talk.say("visits.no_promises")
