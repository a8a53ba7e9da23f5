"""What others propose for the agenda: told one at a time, and asked."""

from calls.agenda_messages import ProposalState
from companion.agenda import Entry
from companion.agenda_sharing import AgendaSharing, Kept
from companion.asking import yes_or_no
from companion.people import Person
from companion.proposing import Proposed, entry_of, is_over
from companion.talk import Talk
from companion.topics.agenda import say_entry, say_what
from companion.understanding.intents import Intent, Meaning

# Who comes home to ten of them hears the first; the others stay until the next time.
MOST_TOLD = 3

ALLOW = yes_or_no("proposal.allow", ends_early=False)


async def tell_proposals(talk: Talk, sharing: AgendaSharing) -> None:
    """Tell what is proposed, and ask of each whether it may go into the agenda.

    Without an answer it stays, and is asked the next time.

    Args:
        talk: The conversation.
        sharing: Keeps proposals, and tells the hub.

    Raises:
        Stopped: If the person says stop.
        DangerHeard: If the person says something that needs help now.
    """
    for proposed, person in (await sharing.waiting())[:MOST_TOLD]:
        now = talk.clock.now()
        entry = entry_of(proposed, person.spoken_name, now)
        if is_over(proposed, now):
            await _tell_over(talk, sharing, proposed, person, entry)
        elif not await _ask(talk, sharing, proposed, person, entry):
            return


async def _tell_over(
    talk: Talk, sharing: AgendaSharing, proposed: Proposed, person: Person, entry: Entry
) -> None:
    # Kept first: it is told once, also if the person stops it.
    await sharing.answer(proposed, ProposalState.OVER)
    what = say_what(talk.phrasebook, entry)
    await talk.say("proposal.over", person=person.spoken_name, what=what)


async def _ask(
    talk: Talk, sharing: AgendaSharing, proposed: Proposed, person: Person, entry: Entry
) -> bool:
    """Whether the person answered."""
    name, what = person.spoken_name, say_what(talk.phrasebook, entry)
    moment = say_entry(entry, talk.clock.now())
    await talk.say("proposal.tells", person=name, moment=moment, what=what)
    if entry.place:
        await talk.say("agenda.place", place=entry.place)
    reply = await talk.ask(ALLOW, person=name, moment=moment, what=what)
    match reply:
        case Meaning(intent=Intent.YES):
            kept = await sharing.answer(proposed, ProposalState.IN_AGENDA, entry)
            said = "proposal.kept"
        case Meaning(intent=Intent.NO):
            kept = await sharing.answer(proposed, ProposalState.REFUSED)
            said = "proposal.refused"
        case _:
            # Skipped, or nobody was heard: that is no refusal.
            await talk.say("proposal.later")
            return False
    match kept:
        case Kept.DONE:
            await talk.say(said, person=name)
        case Kept.GONE:
            await talk.say("proposal.gone", person=name)
        case Kept.FAILED:
            await talk.say("agenda.failed")
    return True
