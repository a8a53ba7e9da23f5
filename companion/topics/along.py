"""Somebody of the family is asked along, and what they answered is told."""

from datetime import UTC, datetime, timedelta

from calls.messages import Role
from companion.agenda import Occurrence, find_by_words, occurrences
from companion.agenda_book import AgendaMemory
from companion.along import event_of, name_in, reference_of, with_company
from companion.asking import yes_or_no
from companion.callplan import plan_for_name
from companion.desk import Desk
from companion.notes import About, Note, NoteRefused, Notes, Refused
from companion.people import Person
from companion.talk import Talk
from companion.topics.agenda import ask_words, say_what
from companion.topics.agenda_changes import WHICH, say_moment
from companion.topics.calling import call_by_plan, call_family, offer_call
from companion.topics.counting import say_count
from companion.topics.whom import MOST_CHOICES, ask_which
from companion.understanding.along_wishes import to_what
from companion.understanding.words import normalise

WHO = yes_or_no("along.who", ends_early=False)

# What is further off is asked when it is nearer.
LOOK_AHEAD = timedelta(days=30)

# A hub that is there has it within a second.
SENT_WITHIN_S = 3.0

# Who has had many answers hears three; the others stay until the next time.
MOST_TOLD = 3


async def ask_along(
    talk: Talk,
    notes: Notes | None,
    desk: Desk,
    *,
    what: str,
    starts: datetime,
    is_all_day: bool = False,
    reference: str,
) -> bool:
    """Offer to ask somebody of the family along, and ask after a yes to the text.

    Args:
        talk: The conversation.
        notes: Asks; None on a device without a hub.
        desk: What rings people, where nobody can be asked.
        what: To what: "de koffieochtend".
        starts: When it begins, aware of its zone.
        is_all_day: Whether it has no time of day.
        reference: Of it in the agenda (`along.reference_of`); empty: it is not there.

    Returns:
        Whether somebody was asked, or rung.

    Raises:
        Stopped: If the person says stop.
        DangerHeard: If the person says something that needs help now.
    """
    if not await talk.confirm("along.wanted", ends_early=False):
        return False
    event = event_of(what, starts.astimezone(talk.clock.now().tzinfo), is_all_day)
    until = starts + timedelta(days=1) if is_all_day else starts
    return await _ask(talk, notes, desk, event, until, reference, ())


async def use_along(
    talk: Talk, notes: Notes | None, desk: Desk, agenda: AgendaMemory, words: str
) -> None:
    """Ask somebody along to something in the agenda: "vraag Anna mee naar de kapper".

    Args:
        talk: The conversation.
        notes: Asks; None on a device without a hub.
        desk: What rings people, where nobody can be asked.
        agenda: Where it stands.
        words: What was said, with who and to what as far as that was told.

    Raises:
        Stopped: If the person says stop.
        DangerHeard: If the person says something that needs help now.
    """
    named = talk.understanding.callees.find(normalise(words).split())
    whom = next((found.ids for found in named), ())
    what = to_what(words)
    if not what:
        what = await ask_words(talk, WHICH) or ""
        what = to_what(what) or what
    one = await _choose(talk, agenda, what) if what else None
    if one is None:
        await talk.say("agenda.not_found")
        return
    now = talk.clock.now()
    assert now.tzinfo is not None
    until = one.at(now.tzinfo) + (timedelta(days=1) if one.is_all_day else timedelta())
    event = event_of(say_what(talk.phrasebook, one.entry), one.wall, one.is_all_day)
    await _ask(talk, notes, desk, event, until, reference_of(one), whom)


async def _choose(talk: Talk, agenda: AgendaMemory, what: str) -> Occurrence | None:
    """Which of the agenda is meant; the only one is read back with the question."""
    now = talk.clock.now()
    assert now.tzinfo is not None
    found = [
        one
        for one in occurrences(
            await agenda.entries(), now.date(), (now + LOOK_AHEAD).date()
        )
        if one.at(now.tzinfo).astimezone(UTC) > now.astimezone(UTC)
    ]
    likely = find_by_words(found, what)[:MOST_CHOICES]
    if len(likely) == 1:
        return likely[0]
    for one in likely:
        if await talk.confirm(
            "agenda.meant",
            ends_early=False,
            moment=say_moment(one, now),
            what=say_what(talk.phrasebook, one.entry),
        ):
            return one
    return None


async def _ask(
    talk: Talk,
    notes: Notes | None,
    desk: Desk,
    text: str,
    until: datetime,
    reference: str,
    whom: tuple[int, ...],
) -> bool:
    """Choose who, read it back, and send it; else offer to ring somebody."""
    family = [
        person
        for person in (await notes.reachable() if notes is not None else ())
        if person.role is not Role.COORDINATOR and (not whom or person.id in whom)
    ]
    if notes is None or not family:
        return await _call_instead(talk, desk, whom)
    person = family[0] if len(family) == 1 else await ask_which(talk, family, WHO)
    if person is None:
        await talk.say("along.not_sent")
        return False
    name = person.spoken_name
    if reference and any(
        note.is_open and note.person == person.id for note in notes.of(reference)
    ):
        await talk.say("along.already", person=name)
        return True
    # As they read it.
    await talk.say("along.reads", person=name, event=text)
    if not await talk.confirm("along.send", ends_early=False, person=name):
        await talk.say("along.not_sent")
        return False
    return await _send(talk, notes, desk, person, text, until, reference)


async def _send(
    talk: Talk,
    notes: Notes,
    desk: Desk,
    person: Person,
    text: str,
    until: datetime,
    reference: str,
) -> bool:
    assert person.id is not None
    try:
        note = await notes.send(person.id, About.GO_ALONG, text, until, reference)
    except NoteRefused as refused:
        if refused.reason is Refused.TOO_MANY:
            await talk.say("along.too_many")
            return False
        await talk.say("along.failed")
        return await offer_call(talk, desk)
    is_sent = await notes.wait_sent(note, SENT_WITHIN_S)
    await talk.say(
        "along.sent" if is_sent else "along.waits", person=person.spoken_name
    )
    return True


async def _call_instead(talk: Talk, desk: Desk, whom: tuple[int, ...]) -> bool:
    """Nobody can be asked through the hub: ring somebody, or say that one can."""
    await talk.say("along.nobody")
    named = [person for person in await desk.people() if person.id in whom]
    if len(named) == 1:
        if not await talk.confirm("along.call", person=named[0].spoken_name):
            return False
        await call_family(talk, desk, whom)
        return True
    if await offer_call(talk, desk):
        return True
    await talk.say("along.call_instead")
    return False


# -- what came back ------------------------------------------------------------------


async def tell_notes_kept(talk: Talk, notes: Notes | None) -> None:
    """When the person asks what is kept: what others were asked, and answered."""
    asked = notes.about(About.GO_ALONG, About.VISIT) if notes is not None else []
    kept = sum(not note.is_forgotten for note in asked)
    if kept:
        count = say_count(talk.phrasebook, kept, "along.message", "along.messages")
        await talk.say("along.is_kept", count=count)


async def has_answers(notes: Notes | None) -> bool:
    """Whether there is an answer to tell, or that there is none in time."""
    if notes is None:
        return False
    return bool(await notes.answers() or await notes.unanswered())


async def tell_answers(
    talk: Talk, notes: Notes | None, desk: Desk, agenda: AgendaMemory
) -> bool:
    """Tell what was answered, each once; True if somebody was rung after it.

    Of what takes place tomorrow, and nobody answered, it is told that nobody did: then
    there is still time to ring.

    Args:
        talk: The conversation.
        notes: Where they are; None on a device without a hub.
        desk: What rings people.
        agenda: Where who comes along is noted.

    Raises:
        Stopped: If the person says stop.
        DangerHeard: If the person says something that needs help now.
    """
    if notes is None:
        return False
    people = await desk.people()
    for note in [*await notes.answers(), *await notes.unanswered()][:MOST_TOLD]:
        name = name_in(people, note)
        if not name:
            await notes.withdraw(note)
            continue
        await _tell(talk, note, name)
        await notes.mark_told(note)
        await _note_company(talk, agenda, note, name)
        if note.reply is None and await _offer_to_ring(talk, desk, note):
            return True
    return False


async def _tell(talk: Talk, note: Note, name: str) -> None:
    event = note.text.rstrip(" .!?")
    if note.reply is None:
        await talk.say("along.late", person=name, event=event)
    else:
        key = f"along.answer.{note.about}.{note.reply}"
        await talk.say(key, person=name, event=event)
    if note.said:
        await talk.say("along.said", person=name, said=note.said.rstrip(" .!?"))


async def _note_company(
    talk: Talk, agenda: AgendaMemory, note: Note, name: str
) -> None:
    """Who comes along stands in the agenda from now on; nobody misses it if not."""
    if note.about is About.GO_ALONG:
        today = talk.clock.now().date()
        entry = with_company(note, await agenda.entries(), today, name)
        if entry is not None:
            await agenda.change(entry)


async def _offer_to_ring(talk: Talk, desk: Desk, note: Note) -> bool:
    people = await desk.people()
    person = next((p for p in people if p.id == note.person and p.video), None)
    if desk.phone is None or person is None:
        return False
    if not await talk.confirm("along.call", person=person.spoken_name):
        return False
    await call_by_plan(talk, desk, plan_for_name(person, people, desk.ring_s))
    return True
