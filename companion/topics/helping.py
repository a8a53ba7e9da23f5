"""Giving and asking: what the person can do for others, and what others for them.

Read back in the person's own words, and passed on only after a yes to whom and what.
Of the person nothing else is sent. What was told is kept the moment it is told.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from calls.wire import new_id
from companion.asking import Question, yes_or_no
from companion.desk import Desk
from companion.helping import (
    LONGEST,
    OPEN_DAYS,
    Help,
    HelpId,
    Kind,
    Stage,
    Standing,
    standing,
    whom_to_ask,
)
from companion.helping_book import HelpMemory
from companion.notes import NoteRefused, Notes, Refused
from companion.people import Person
from companion.talk import Talk
from companion.topics.calling import offer_call, tell_number
from companion.topics.counting import say_count
from companion.topics.whom import ask_which
from companion.understanding.helping_wishes import (
    is_about_money,
    is_any_time,
    tells_what,
)
from companion.understanding.intents import Intent, Meaning
from companion.understanding.when import find_when

_WORDS = frozenset({Intent.FREE_TEXT})
_WORDS_YES_NO = frozenset({Intent.FREE_TEXT, Intent.YES, Intent.NO})


def _what(name: str) -> Question:
    """What it is about; where only the buttons answer, some things are named."""
    return Question(
        name=name,
        answers=_WORDS_YES_NO,
        rephrased_yes=Intent.YES,
        rephrased_no=Intent.NO,
        ends_early=False,
    )


WHAT = {
    Kind.OFFER: _what("helping.offer_what"),
    Kind.REQUEST: _what("helping.request_what"),
}
MOMENT = Question(
    name="helping.moment",
    answers=_WORDS_YES_NO,
    yes=Intent.YES,
    no=Intent.NO,
    rephrased_yes=Intent.YES,
    rephrased_no=Intent.NO,
    ends_early=False,
)
# After a bare "ja" it is still to be said when.
MOMENT_WORDS = Question(name="helping.moment_words", answers=_WORDS, ends_early=False)
RETELL = Question(
    name="helping.retell",
    answers=_WORDS_YES_NO,
    yes=Intent.YES,
    no=Intent.NO,
    ends_early=False,
)
# Never early: it is about sharing.
RIGHT = yes_or_no("helping.right", ends_early=False)
SEND = yes_or_no("helping.send", ends_early=False)
WHO = yes_or_no("helping.who", ends_early=False)
KEEP = yes_or_no("helping.keep", ends_early=False)
NAMED = yes_or_no("helping.named", ends_early=False)

# What people ask and offer most, for who answers with the buttons only.
USUAL = {
    Kind.OFFER: ("helping.usual.calling", "helping.usual.coffee"),
    Kind.REQUEST: ("helping.usual.errands", "helping.usual.house"),
}
# So many are told of in one conversation.
MOST_TOLD = 3
TELLINGS = 2


@dataclass(frozen=True, slots=True)
class Giving:
    """What these conversations need.

    Attributes:
        helps: What was offered and asked.
        notes: The way to who follows; None on a device without one.
        desk: What rings people.
    """

    helps: HelpMemory
    notes: Notes | None
    desk: Desk

    async def open(self, kind: Kind | None = None) -> list[Help]:
        """What still matters, oldest first; of one kind, or of both."""
        found = [one for one in await self.helps.all() if one.is_open]
        return [one for one in found if kind in (None, one.kind)]

    def standing(self, one: Help) -> Standing:
        """How far it came."""
        return standing(self.notes.of(one.reference)) if self.notes else Standing.HERE

    async def reachable(self, but: Collection[int] = ()) -> list[Person]:
        """To whom something may be passed on, without these."""
        found = await self.notes.reachable() if self.notes else ()
        return whom_to_ask(each for each in found if each.id not in but)

    async def asked(self, one: Help) -> Person | None:
        """Who was asked last; None if nobody, or if they are no longer in the list."""
        notes = self.notes.of(one.reference) if self.notes else []
        people = await self.desk.people()
        last = notes[-1].person if notes else None
        return next((each for each in people if each.id == last), None)

    async def end(self, one: Help, stage: Stage) -> None:
        """It matters no more; who was asked is told so, unless it took place."""
        await self.helps.keep(replace(one, stage=stage))
        if stage is not Stage.DONE and self.notes is not None:
            for note in self.notes.of(one.reference):
                await self.notes.withdraw(note)


class _AboutMoney(Exception):
    """The person said something of money, codes or passwords."""


async def use_helping(talk: Talk, giving: Giving, intent: Intent, words: str) -> None:
    """Do what is wished of helping and being helped.

    Args:
        talk: The conversation.
        giving: What it needs.
        intent: One of `HELPING`.
        words: What was said.

    Raises:
        DangerHeard: If the person says something that needs help now.
    """
    match intent:
        case Intent.OFFER_HELP:
            await begin(talk, giving, Kind.OFFER, words)
        case Intent.SEEK_HELP:
            await begin(talk, giving, Kind.REQUEST, words)
        case Intent.TELL_HELP:
            await tell_helps(talk, giving, words)
        case Intent.END_HELP:
            await end_help(talk, giving)


# -- told ----------------------------------------------------------------------------


async def begin(talk: Talk, giving: Giving, kind: Kind, words: str) -> None:
    """Keep what the person offers or asks, read it back, and pass it on after a yes.

    Args:
        talk: The conversation.
        giving: What it needs.
        kind: Which of both.
        words: What was said, with what it is about as far as that was told.
    """
    one: Help | None = None
    try:
        what = words if tells_what(words) else await _ask_what(talk, kind)
        if what is None:
            await talk.say("helping.nothing")
            return
        one = await _keep(giving, _checked(Help(_new(), kind, what, talk.clock.now())))
        one = await _add_moment(talk, giving, one)
        one = await _read_back(talk, giving, one)
    except _AboutMoney:
        if one is not None:
            await giving.helps.remove(one)
        await _refuse(talk, giving)
        return
    if one is not None:
        await pass_on(talk, giving, one)


def _new() -> HelpId:
    return HelpId(new_id())


async def _keep(giving: Giving, one: Help) -> Help:
    await giving.helps.keep(one)
    return one


def _checked(one: Help) -> Help:
    """The same; money, codes and passwords are not even kept."""
    if is_about_money(one.text):
        raise _AboutMoney
    return one


async def _refuse(talk: Talk, giving: Giving) -> None:
    await talk.say("helping.money")
    await talk.say("helping.money_family")
    await offer_call(talk, giving.desk)


async def _ask_what(talk: Talk, kind: Kind) -> str | None:
    """What it is about, in words of one's own; None if that is not said."""
    match await talk.ask(WHAT[kind]):
        case Meaning(intent=Intent.FREE_TEXT, value=str(words)):
            return words
        case Meaning(intent=Intent.YES):
            return await _name_some(talk, kind)
    return None


async def _name_some(talk: Talk, kind: Kind) -> str | None:
    """Some things that are asked and offered most; None if it is none of them."""
    for key in USUAL[kind]:
        what = talk.phrasebook.text(key)
        reply = await talk.ask(NAMED, what=what)
        if isinstance(reply, Meaning) and reply.intent is Intent.YES:
            return what
    return None


async def _add_moment(talk: Talk, giving: Giving, one: Help) -> Help:
    """When it is wanted, where that matters and was not said."""
    if find_when(one.what, talk.clock.now()).said:
        return one
    reply = await talk.ask(MOMENT)
    if isinstance(reply, Meaning) and reply.intent is Intent.YES:
        reply = await talk.ask(MOMENT_WORDS)
    match reply:
        case Meaning(intent=Intent.FREE_TEXT, value=str(words)):
            if not is_any_time(words):
                return await _keep(giving, _checked(replace(one, moment=words)))
    return one


async def _read_back(talk: Talk, giving: Giving, one: Help) -> Help | None:
    """The same once the person said yes to it; None: it is not to be passed on now."""
    for telling in range(TELLINGS):
        if len(one.text) > LONGEST:
            await talk.say("helping.long")
        else:
            reply = await talk.ask(RIGHT, text=one.text)
            if not isinstance(reply, Meaning):
                # No answer is no "nee": it stays, and can be passed on later.
                await talk.say("helping.kept")
                return None
            if reply.intent is Intent.YES:
                return one
        if telling + 1 == TELLINGS:
            break
        again = await _ask_again(talk)
        if again is None:
            break
        one = await _keep(giving, _checked(replace(one, what=again, moment="")))
    await giving.helps.remove(one)
    await talk.say("helping.dropped")
    return None


async def _ask_again(talk: Talk) -> str | None:
    reply = await talk.ask(RETELL)
    if isinstance(reply, Meaning) and reply.intent is Intent.YES:
        reply = await talk.ask(RETELL, prompt="helping.retell.ask_words")
    match reply:
        case Meaning(intent=Intent.FREE_TEXT, value=str(words)):
            return words
    return None


# -- passed on -----------------------------------------------------------------------


async def pass_on(
    talk: Talk, giving: Giving, one: Help, but: Collection[int] = ()
) -> None:
    """Pass it on to one person, after a yes to whom and to every word of it.

    Args:
        talk: The conversation.
        giving: What it needs.
        one: What to pass on.
        but: Numbers of people who are not asked: they cannot.
    """
    people = await giving.reachable(but)
    if not people:
        await _tell_of_nobody(talk, giving)
        return
    person = await _choose(talk, people)
    if person is not None:
        reply = await talk.ask(SEND, text=one.text, person=person.spoken_name)
        if _is(reply, Intent.YES):
            await _send(talk, giving, one, person)
            return
    await _keep_or_not(talk, giving, one)


def _is(reply: object, intent: Intent) -> bool:
    return isinstance(reply, Meaning) and reply.intent is intent


async def _choose(talk: Talk, people: Sequence[Person]) -> Person | None:
    """To whom; one at a time, to be answered with yes or no."""
    return people[0] if len(people) == 1 else await ask_which(talk, people, WHO)


async def _send(talk: Talk, giving: Giving, one: Help, person: Person) -> None:
    assert giving.notes is not None and person.id is not None
    until = talk.clock.now() + timedelta(days=OPEN_DAYS)
    text = one.text[0].upper() + one.text[1:]
    try:
        await giving.notes.send(person.id, one.about, text, until, one.reference)
    except NoteRefused as refused:
        match refused.reason:
            case Refused.TOO_MANY:
                await talk.say("helping.many")
            case Refused.NOT_KEPT:
                await talk.say("helping.failed")
            case _:
                await _tell_of_nobody(talk, giving)
        return
    await talk.say(f"helping.sent.{one.kind}", person=person.spoken_name)


async def _keep_or_not(talk: Talk, giving: Giving, one: Help) -> None:
    """It is not passed on: kept here, or forgotten, as the person says."""
    reply = await talk.ask(KEEP)
    if _is(reply, Intent.NO):
        await giving.helps.remove(one)
        await talk.say("helping.removed")
    else:
        await talk.say("helping.kept")


async def _tell_of_nobody(talk: Talk, giving: Giving) -> None:
    """Nobody can be reached so: it stays here, and a call may do as well."""
    await talk.say("helping.nobody")
    if giving.desk.phone is not None and await offer_call(talk, giving.desk):
        return
    people = await giving.desk.people()
    person = next((each for each in people if each.phone), None)
    if person is not None and await talk.confirm(
        "helping.number", person=person.spoken_name
    ):
        await tell_number(talk, person)


# -- told again and ended --------------------------------------------------------------


async def tell_helps(talk: Talk, giving: Giving, words: str) -> None:
    """Tell what was offered and asked, and how far it came."""
    found = await giving.open(_kind_of(words))
    if not found:
        await talk.say("helping.none")
        return
    for one in found[-MOST_TOLD:]:
        await _tell(talk, giving, one)
    here = [one for one in found if giving.standing(one) is Standing.HERE]
    if here and await giving.reachable():
        one = here[-1]
        if await talk.confirm("helping.pass_now", ends_early=False, text=one.text):
            await pass_on(talk, giving, one)


def _kind_of(words: str) -> Kind | None:
    if "aanbod" in words or "aangeboden" in words:
        return Kind.OFFER
    return Kind.REQUEST if "vra" in words or "vroeg" in words else None


async def _tell(talk: Talk, giving: Giving, one: Help) -> None:
    await talk.say(f"helping.told.{one.kind}", text=one.text)
    person = await giving.asked(one)
    how = giving.standing(one)
    if person is None or how is Standing.HERE:
        await talk.say("helping.stands.here")
    else:
        await talk.say(f"helping.stands.{how}", person=person.spoken_name)


async def tell_helps_kept(talk: Talk, giving: Giving) -> None:
    """When the person asks what is kept: what was offered and asked for."""
    kept = await giving.helps.all()
    if kept:
        what = say_count(talk.phrasebook, len(kept), "helping.one", "helping.several")
        await talk.say("helping.is_kept", what=what)


async def end_help(talk: Talk, giving: Giving) -> None:
    """It is solved or no longer wanted: whoever was asked is told so."""
    found = await giving.open()
    if not found:
        await talk.say("helping.none")
        return
    for one in reversed(found[-MOST_TOLD:]):
        if await talk.confirm("helping.end", ends_early=False, text=one.text):
            await close(talk, giving, one)
            return
    await talk.say("helping.unchanged")


async def close(talk: Talk, giving: Giving, one: Help) -> None:
    """End it, and say who is told."""
    person = await giving.asked(one)
    is_out = giving.standing(one) in (Standing.WAITING, Standing.AGREED)
    await giving.end(one, Stage.CLOSED)
    if is_out and person is not None:
        await talk.say("helping.ended.told", person=person.spoken_name)
    else:
        await talk.say("helping.ended.here")
