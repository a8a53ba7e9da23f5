"""What the device asks and tells about home visits.

At the door the advice of the police against fraud: let nobody in unseen, ask for
identification from who says to come from an organisation, and ring that organisation
(politie.nl, "Oudere dames bestolen door brutale babbeldief", October 2020). The number
to ring is the one that was entered with the visit, never one that a visitor gives.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from calls.messages import Role
from calls.note_messages import LONGEST_NOTE
from companion.asking import NoAnswer, Question, yes_or_no
from companion.notes import About, NoteRefused, Notes
from companion.people import Person
from companion.talk import Talk
from companion.topics.counting import say_count
from companion.understanding.intents import Intent, Meaning
from companion.understanding.say_when import say_when
from companion.understanding.visit_wishes import read_promise, read_visit_wish
from companion.understanding.when import When, find_when
from companion.visits import (
    LONGEST,
    Came,
    Kept,
    MadeBy,
    News,
    Promise,
    Suits,
    Visit,
    VisitWish,
    say_doubt_phone,
)
from companion.visits_book import VisitsMemory, new_uid
from companion.visits_due import (
    Matter,
    Step,
    ask_after,
    came_unanswered,
    is_due_on,
    is_to_pass_on,
    missed,
    unanswered,
)
from companion.wording import Phrasebook


def _open(name: str) -> Question:
    """A question in words of one's own, or with yes or no: there may be buttons."""
    return Question(
        name=name,
        answers=frozenset({Intent.FREE_TEXT, Intent.YES, Intent.NO}),
        yes=Intent.YES,
        no=Intent.NO,
        rephrased_yes=Intent.YES,
        rephrased_no=Intent.NO,
        ends_early=False,
    )


SUITS = yes_or_no("visits.suits")
WISHES = _open("visits.wishes")
MORE_WISHES = _open("visits.more_wishes")
CAME = yes_or_no("visits.came")
PROMISED = _open("visits.promised")
MORE_PROMISED = _open("visits.more_promised")
# After a bare "ja": there is something, and it is still to be said.
WORDS = _open("visits.words")
DUE = _open("visits.due")
DUE_DAY = _open("visits.due_day")
DONE = yes_or_no("visits.done")
RIGHT = yes_or_no("visits.right", ends_early=False)

# Of one visit; more nobody remembers, and a visit has no time for more.
MOST_TOLD = 6

# What is passed on about a promise is of use so long.
NOTE_HOLDS = timedelta(days=14)

SHOWN = "visit"
"""What the screen shows of it lasts until the visit is over."""


@dataclass(frozen=True, slots=True)
class Visits:
    """What the topics need.

    Attributes:
        memory: What is known of visits.
        notes: Passes on what the person agreed to; None without a hub.
    """

    memory: VisitsMemory
    notes: Notes | None


async def take_up(talk: Talk, visits: Visits, matter: Matter) -> None:
    """Ask or tell what is to be asked or told.

    Raises:
        Stopped: If the person says stop.
        DangerHeard: If the person says something that needs help now.
    """
    match matter.step:
        case Step.NEWS:
            await _tell_news(talk, visits, matter.visit)
        case Step.WISHES:
            await _ask_wishes(talk, visits, matter.visit)
        case Step.CAME:
            await _ask_how_it_went(talk, visits, matter.visit)
        case Step.PROMISE:
            assert matter.promise is not None
            await _ask_whether_done(talk, visits, matter.visit, matter.promise)


# --- how it is said -------------------------------------------------------------------


def say_who(phrasebook: Phrasebook, visit: Visit) -> str:
    """The visitor, and from where: "mevrouw De Boer van het buurtteam"."""
    if not visit.organisation:
        return visit.who
    origin = phrasebook.text("visits.from", organisation=visit.organisation)
    return f"{visit.who} {origin}"


def say_what(phrasebook: Phrasebook, visit: Visit) -> str:
    """The visit, as it stands in the agenda."""
    who = say_who(phrasebook, visit) if visit.who == "iemand" else visit.who
    if visit.part and visit.at is None:
        return phrasebook.text("visits.visit_in", who=who, part=visit.part)
    return phrasebook.text("visits.visit", who=who)


def say_moment(visit: Visit, now: datetime) -> str:
    """When it is: "vrijdag 27 november om tien uur 's ochtends"."""
    times = () if visit.at is None else (visit.at,)
    part = "" if visit.at is not None else visit.part
    return say_when(When(visit.day, times, part), now)


async def tell_kept(talk: Talk, visits: Visits) -> None:
    """Tell what is kept of visits; nothing where that is nothing."""
    known = await visits.memory.known()
    counted = [
        say_count(talk.phrasebook, len(told), one, many)
        for told, one, many in (
            (known.wishes, "visits.wish", "visits.wishes_of"),
            (known.promises, "visits.promise_of", "visits.promises_of"),
        )
        if told
    ]
    if not known.visits:
        return
    if not counted:
        await talk.say("visits.are_kept.alone")
    elif len(counted) == 1:
        await talk.say("visits.are_kept.with_one", first=counted[0])
    else:
        first, second = counted
        await talk.say("visits.are_kept.with_both", first=first, second=second)


# --- a visit that another entered -----------------------------------------------------


async def _tell_news(talk: Talk, visits: Visits, visit: Visit) -> None:
    who, now = say_who(talk.phrasebook, visit), talk.clock.now()
    if visit.news is News.CANCELLED:
        moment = say_moment(visit, now)
        await talk.say("visits.cancelled", who=who, moment=moment)
        await visits.memory.change(visit, news=News.NONE)
        return
    prompt = "visits.suits.ask_moved" if visit.news is News.MOVED else ""
    reply = await talk.ask(SUITS, prompt=prompt, who=who, moment=say_moment(visit, now))
    match reply:
        case Meaning(intent=Intent.YES):
            await visits.memory.change(visit, news=News.NONE, suits=Suits.YES)
            await talk.say("visits.suits_yes")
            if visit.about:
                await talk.say("visits.about", about=visit.about)
        case Meaning(intent=Intent.NO):
            await visits.memory.change(visit, news=News.NONE, suits=Suits.NO)
            await talk.say("visits.suits_no")
            await _pass_on(
                talk, visits, visit, [_note(talk, "visits.note.unsuitable", visit)]
            )
        case NoAnswer():
            # It is told again at the next conversation.
            pass
        case _:
            await visits.memory.change(visit, news=News.NONE)


# --- at the door ----------------------------------------------------------------------


async def tell_visitor(talk: Talk, visit: Visit) -> None:
    """Who comes, how to recognise them, and what to do in doubt."""
    who = say_who(talk.phrasebook, visit)
    await talk.say("visits.visitor", who=who)
    if visit.known_by:
        await talk.say("visits.known_by", who=visit.who, known=visit.known_by)
    if visit.doubt_phone:
        number = say_doubt_phone(visit.doubt_phone)
        await talk.tell("visits.doubt", number=number)
    else:
        await talk.tell("visits.doubt_nobody")


# --- what to speak of -----------------------------------------------------------------


async def _ask_wishes(talk: Talk, visits: Visits, visit: Visit) -> None:
    moment = say_moment(visit, talk.clock.now())
    told = await _gather(
        talk, (WISHES, MORE_WISHES), visit,
        lambda words: keep_wish(talk, visits, visit, words), moment=moment,
    )  # fmt: skip
    await visits.memory.change(visit, wishes_asked=True)
    if told:
        await talk.say("visits.wishes_kept")
        await pass_on_wishes(talk, visits, visit)
    else:
        await talk.say("visits.no_wishes_needed")


async def _gather(
    talk: Talk,
    questions: tuple[Question, Question],
    visit: Visit,
    keep: Callable[[str], Awaitable[bool]],
    moment: str = "",
) -> int:
    """Ask until there is no more; returns how many were kept."""
    count, question = 0, questions[0]
    for _ in range(MOST_TOLD):
        words = await _ask_words(talk, question, visit.who, moment)
        if words is None:
            break
        count += await keep(words)
        question = questions[1]
    return count


async def _ask_words(
    talk: Talk, question: Question, who: str, moment: str
) -> str | None:
    """What was told in words of one's own; None for nothing."""
    for asked in (question, WORDS, WORDS):
        reply = await talk.ask(asked, who=who, moment=moment)
        if not (isinstance(reply, Meaning) and reply.intent is Intent.YES):
            break
    if isinstance(reply, Meaning) and reply.intent is Intent.FREE_TEXT:
        return str(reply.value)
    return None


async def keep_wish(talk: Talk, visits: Visits, visit: Visit, words: str) -> bool:
    """Keep what to speak of at once, and read it back; whether it stays."""
    text = (read_visit_wish(words) or words)[:LONGEST]
    wish = VisitWish(new_uid(), visit.uid, text, talk.clock.now())
    return await _read_back(talk, visits, wish)


async def _read_back(talk: Talk, visits: Visits, one: VisitWish | Promise) -> bool:
    is_kept = await visits.memory.put(one)
    reply = await talk.ask(RIGHT, text=one.text)
    if isinstance(reply, Meaning) and reply.intent is Intent.NO:
        await visits.memory.remove(one)
        await talk.say("visits.dropped")
        return False
    if not is_kept:
        await talk.say("agenda.failed")
    return True


async def pass_on_wishes(talk: Talk, visits: Visits, visit: Visit) -> None:
    """Offer to tell the visitor's side beforehand; without a contact nothing."""
    known = await visits.memory.known()
    wishes = [w for w in known.wishes_for(visit) if w.passed_at is None]
    if not wishes or await contact_for(visits, visit) is None:
        return
    texts = _share_out(
        _note(talk, "visits.note.wishes", visit), [wish.text for wish in wishes]
    )
    if await _pass_on(talk, visits, visit, texts):
        for wish in wishes:
            await visits.memory.put(replace(wish, passed_at=talk.clock.now()))


def _share_out(lead: str, wishes: Sequence[str]) -> list[str]:
    """As few notes as hold them all."""
    notes = [f"{lead} {wishes[0]}"]
    for wish in wishes[1:]:
        longer = f"{notes[-1]}; {wish}"
        if len(longer) <= LONGEST_NOTE:
            notes[-1] = longer
        else:
            notes.append(f"{lead} {wish}")
    return notes


# --- afterwards -----------------------------------------------------------------------


async def _ask_how_it_went(talk: Talk, visits: Visits, visit: Visit) -> None:
    is_today = visit.day == talk.clock.now().date()
    prompt = "visits.came.ask_today" if is_today else ""
    reply = await talk.ask(CAME, prompt=prompt, who=visit.who)
    match reply:
        case Meaning(intent=Intent.YES):
            await visits.memory.change(visit, came=Came.YES)
            await talk.say("visits.came_yes")
            await _ask_promises(talk, visits, visit)
        case Meaning(intent=Intent.NO):
            await visits.memory.change(visit, came=Came.NO)
            await talk.say("visits.came_no")
            await _pass_on(
                talk, visits, visit, [_note(talk, "visits.note.absent", visit)]
            )
        case NoAnswer():
            changed = came_unanswered(visit)
            await visits.memory.change(visit, came=changed.came, asked=changed.asked)
        case _:
            await visits.memory.change(visit, came=Came.UNANSWERED)


async def _ask_promises(talk: Talk, visits: Visits, visit: Visit) -> None:
    told = await _gather(
        talk, (PROMISED, MORE_PROMISED), visit,
        lambda words: keep_promise(talk, visits, visit, words),
    )  # fmt: skip
    await talk.say("visits.promises_kept" if told else "visits.nothing_promised")


async def keep_promise(talk: Talk, visits: Visits, visit: Visit, words: str) -> bool:
    """Keep what was promised at once, read it back, and ask by when."""
    now = talk.clock.now()
    text = (read_promise(words) or words)[:LONGEST]
    today, due = now.date(), is_due_on(None, visit, now.date())
    promise = Promise(new_uid(), visit.uid, text, now, due, due)
    if not await _read_back(talk, visits, promise):
        return False
    told = await _ask_due(talk)
    if told is not None:
        due = is_due_on(told, visit, today)
        is_told = due == told
        await visits.memory.put(
            replace(promise, due=due, ask_on=ask_after(due, is_told))
        )
    return True


async def _ask_due(talk: Talk) -> date | None:
    """By which day; None if nobody said."""
    for question in (DUE, DUE_DAY):
        reply = await talk.ask(question)
        match reply:
            case Meaning(intent=Intent.FREE_TEXT, value=str(words)):
                when = find_when(words, talk.clock.now()).when
                # "Volgende week" is over on its last day.
                last = timedelta(days=when.days - 1)
                return None if when.day is None else when.day + last
            case Meaning(intent=Intent.YES):
                continue
        break
    return None


async def _ask_whether_done(
    talk: Talk, visits: Visits, visit: Visit, promise: Promise
) -> None:
    today = talk.clock.now().date()
    reply = await talk.ask(DONE, who=visit.who, text=promise.text)
    match reply:
        case Meaning(intent=Intent.YES):
            await visits.memory.put(replace(promise, kept=Kept.YES))
            await talk.say("visits.done_yes")
        case Meaning(intent=Intent.NO):
            late = missed(promise, today)
            await visits.memory.put(late)
            if is_to_pass_on(late):
                await _pass_on_promise(talk, visits, visit, late)
            else:
                await talk.say("visits.done_not")
        case NoAnswer():
            await visits.memory.put(unanswered(promise, today))
        case _:
            await visits.memory.put(replace(promise, kept=Kept.UNANSWERED))


async def _pass_on_promise(
    talk: Talk, visits: Visits, visit: Visit, promise: Promise
) -> None:
    note = _note(talk, "visits.note.promise", visit, text=promise.text)
    await talk.say("visits.done_twice")
    await _pass_on(talk, visits, visit, [note])
    await visits.memory.put(replace(promise, kept=Kept.NO))


# --- passing on -----------------------------------------------------------------------


async def contact_for(visits: Visits, visit: Visit) -> Person | None:
    """To whom may be passed on what is about this visit; None: to nobody.

    To the contact of the visit, else to a coordinator; never to other family.
    """
    people = await visits.notes.reachable() if visits.notes is not None else ()
    agreed = [person for person in people if person.id == visit.contact]
    agreed += [person for person in people if person.role is Role.COORDINATOR]
    return agreed[0] if agreed else None


async def _pass_on(
    talk: Talk, visits: Visits, visit: Visit, texts: Sequence[str]
) -> bool:
    """Read back and, after a clear yes, pass on; else tell the number to ring."""
    contact = await contact_for(visits, visit)
    if contact is None or visits.notes is None:
        await _tell_number(talk, visit)
        return False
    for text in texts:
        if not await talk.confirm(
            "visits.pass_on",
            ends_early=False,
            text=text.removesuffix("."),
            person=contact.spoken_name,
        ):
            await talk.say("visits.not_passed")
            return False
        now = talk.clock.now()
        assert contact.id is not None and now.tzinfo is not None
        ends = visit.ends(now.tzinfo)
        until = ends if ends > now else now + NOTE_HOLDS
        try:
            await visits.notes.send(
                contact.id, About.VISIT, text, until, f"visit {visit.uid}"
            )
        except NoteRefused:
            await talk.say("visits.pass_failed")
            await _tell_number(talk, visit)
            return False
    await talk.say("visits.passed", person=contact.spoken_name)
    return True


async def _tell_number(talk: Talk, visit: Visit) -> None:
    if visit.doubt_phone:
        number = say_doubt_phone(visit.doubt_phone)
        await talk.tell("visits.call", number=number)
    elif visit.made_by is MadeBy.HELPER:
        await talk.say("visits.tell_yourself")


def _note(talk: Talk, key: str, visit: Visit, **facts: str) -> str:
    # The day with its month: "morgen" is another day to who reads it later.
    far = talk.clock.now() - timedelta(days=30)
    return talk.phrasebook.text(
        key, who=visit.who, moment=say_moment(visit, far), **facts
    )[:LONGEST_NOTE]
