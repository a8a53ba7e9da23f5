"""What is in the agenda kept from others, or all of it wiped."""

from datetime import datetime, timedelta

from companion.agenda import Entry, Kind
from companion.agenda_book import AgendaMemory
from companion.proposing import SHARED_KINDS
from companion.talk import Talk
from companion.topics.agenda import say_what
from companion.topics.agenda_changes import choose
from companion.understanding.agenda_wishes import read_told
from companion.understanding.intents import Intent
from companion.understanding.numbers import say_number

# "Dit is privé" is said of what was just put in.
JUST_NOW = timedelta(minutes=10)


async def keep_private(talk: Talk, agenda: AgendaMemory, words: str) -> None:
    """ "Houd de dokter voor uzelf": nobody who follows sees it, whatever was agreed.

    Args:
        talk: The conversation.
        agenda: Where it is kept.
        words: What was said, with what it is about.

    Raises:
        DangerHeard: If the person says something that needs help now.
    """
    now = talk.clock.now()
    told = read_told(words, Intent.KEEP_PRIVATE, now)
    entry = None if told.what else await _newest(agenda, now)
    if entry is None:
        one = await choose(talk, agenda, told.what, told.when)
        if one is None:
            return
        entry = one.entry
    what = say_what(talk.phrasebook, entry)
    if entry.is_private or entry.kind not in SHARED_KINDS:
        # Reminders and medicine are never shared.
        await talk.say("agenda.kept_private")
    elif not await talk.confirm("agenda.private", ends_early=False, what=what):
        await talk.say("agenda.unchanged")
    else:
        is_kept = await agenda.keep_private(entry)
        await talk.say("agenda.kept_private" if is_kept else "agenda.failed")


async def _newest(agenda: AgendaMemory, now: datetime) -> Entry | None:
    """What was put in last, if that was just now."""
    entries = [
        each
        for each in await agenda.entries()
        if abs(now - each.created_at) <= JUST_NOW
    ]
    return max(entries, key=lambda each: each.id or 0, default=None)


async def tell_kept(talk: Talk, agenda: AgendaMemory) -> None:
    """After "wat bewaart u?": the agenda too, and how it is wiped."""
    if await agenda.entries():
        await talk.say("agenda.is_kept")


async def clear(talk: Talk, agenda: AgendaMemory) -> None:
    """ "Wis mijn hele agenda": asked, and once more where there is medicine in it.

    Raises:
        DangerHeard: If the person says something that needs help now.
    """
    entries = await agenda.entries()
    if not entries:
        await talk.say("agenda.empty")
        return
    count = say_number(len(entries))
    is_wanted = await talk.confirm("agenda.clear", ends_early=False, count=count)
    if is_wanted and any(each.kind is Kind.MEDICINE for each in entries):
        is_wanted = await talk.confirm("agenda.clear_medicine", ends_early=False)
    if not is_wanted:
        await talk.say("agenda.unchanged")
        return
    is_done = await agenda.clear()
    await talk.say("agenda.cleared" if is_done else "agenda.failed")
