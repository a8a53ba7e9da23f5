"""What is asked of itself about giving and asking, each seldom and one at a time.

Whether it still holds, whether it took place, whether somebody else shall be asked; and
once a quarter what the person could do for others.
"""

from dataclasses import replace
from datetime import datetime, time, timedelta

from companion.asking import NoAnswer, Question, yes_or_no
from companion.checkins import FIRST_SURE_YEAR
from companion.followups import MOOD
from companion.helping import (
    Help,
    Kind,
    Matter,
    Stage,
    Standing,
    asked,
    is_to_ask,
    matter_of,
)
from companion.memory import Memory
from companion.notes import About
from companion.talk import Talk
from companion.topics.helping import Giving, begin, close, pass_on
from companion.understanding.intents import Intent, Meaning


def _kept(name: str) -> Question:
    """Whether it took place: counted as being in touch with somebody."""
    return replace(
        yes_or_no(name), answers=frozenset({Intent.YES, Intent.NO}), is_kept=True
    )


HAPPENED = {
    Kind.OFFER: _kept("helping.gave"),
    Kind.REQUEST: _kept("helping.helped"),
}
HOLDS = yes_or_no("helping.holds", ends_early=False)
STILL = yes_or_no("helping.still", ends_early=False)

GIFT = Question(
    name="helping.gift",
    answers=frozenset({Intent.FREE_TEXT, Intent.YES, Intent.NO}),
    yes=Intent.YES,
    no=Intent.NO,
    rephrased_yes=Intent.YES,
    rephrased_no=Intent.NO,
    ends_early=False,
)


async def next_matter(giving: Giving, now: datetime) -> tuple[Help, Matter] | None:
    """What there is to ask; None: nothing."""
    if giving.notes is None:
        return None
    for one in await giving.open():
        matter = matter_of(one, giving.notes.of(one.reference), now)
        if matter is not None:
            return one, matter
    return None


async def follow_up(talk: Talk, giving: Giving) -> bool:
    """Ask how one of them stands; False if there is nothing to ask.

    Args:
        talk: The conversation.
        giving: What it needs.

    Raises:
        DangerHeard: If the person says something that needs help now.
    """
    found = await next_matter(giving, talk.clock.now())
    if found is None:
        return False
    one, matter = found
    person = await giving.asked(one)
    # Kept before it is asked: who says stop was asked all the same.
    one = asked(one, talk.clock.now())
    await giving.helps.keep(one)
    name = person.spoken_name if person else talk.phrasebook.text("alarm.somebody")
    match matter:
        case Matter.HOLDS:
            await _ask_whether_it_holds(talk, giving, one, name)
        case Matter.HAPPENED:
            await _ask_whether_it_took_place(talk, giving, one)
        case Matter.ELSEWHERE:
            await _ask_elsewhere(talk, giving, one, name)
    return True


async def _ask_whether_it_holds(
    talk: Talk, giving: Giving, one: Help, name: str
) -> None:
    reply = await talk.ask(HOLDS, text=one.text, person=name)
    match reply:
        case Meaning(intent=Intent.NO):
            await close(talk, giving, one)
        case Meaning(intent=Intent.YES):
            if not await _offer_another(talk, giving, one):
                await talk.say("helping.waits")
        case _:
            await talk.say("helping.waits")


async def _ask_whether_it_took_place(talk: Talk, giving: Giving, one: Help) -> None:
    reply = await talk.ask(HAPPENED[one.kind], text=one.text)
    match reply:
        case Meaning(intent=Intent.YES):
            await giving.end(one, Stage.DONE)
            await talk.say("helping.done")
        case Meaning(intent=Intent.NO):
            still = await talk.ask(STILL)
            if isinstance(still, Meaning) and still.intent is Intent.NO:
                await close(talk, giving, one)
            else:
                await talk.say("helping.waits")
        case _:
            await talk.say("helping.waits")


async def _ask_elsewhere(talk: Talk, giving: Giving, one: Help, name: str) -> None:
    """Who was asked cannot, or never answered."""
    if giving.standing(one) is Standing.LAPSED:
        await talk.say("helping.lapsed", person=name)
    if not await _offer_another(talk, giving, one):
        await talk.say("helping.kept_on", text=one.text)


async def _offer_another(talk: Talk, giving: Giving, one: Help) -> bool:
    """Ask somebody who was not asked before; False if nobody is."""
    notes = giving.notes.of(one.reference) if giving.notes else []
    before = {int(note.person) for note in notes}
    if not await giving.reachable(before):
        return False
    if not await talk.confirm("helping.other", ends_early=False, text=one.text):
        return False
    await pass_on(talk, giving, one, before)
    return True


async def tidy(giving: Giving) -> None:
    """Withdraw what was passed on of what the person had forgotten or closed."""
    if giving.notes is None:
        return
    known = {one.reference: one.stage for one in await giving.helps.all()}
    if not giving.helps.is_whole:
        return
    for note in giving.notes.about(About.OFFER, About.REQUEST):
        if known.get(note.reference, Stage.CLOSED) is Stage.CLOSED:
            await giving.notes.withdraw(note)
        if note.reference not in known:
            # Its words are forgotten as well, as soon as the hub took them back.
            await giving.notes.forget(note)


# -- asked by itself -----------------------------------------------------------------


async def has_to_ask(giving: Giving, memory: Memory, now: datetime) -> bool:
    """Whether `ask_by_itself` would ask anything now."""
    return await next_matter(giving, now) is not None or await _is_gift_due(
        giving, memory, now
    )


async def ask_by_itself(talk: Talk, giving: Giving) -> None:
    """After a check-in: how one of them stands, or what the person can do for others.

    Raises:
        DangerHeard: If the person says something that needs help now.
    """
    if await follow_up(talk, giving):
        return
    if await _is_gift_due(giving, talk.memory, talk.clock.now()):
        await ask_gift(talk, giving)


async def ask_gift(talk: Talk, giving: Giving) -> None:
    """Ask what the person can do for others; kept and passed on like what they offer.

    Raises:
        DangerHeard: If the person says something that needs help now.
    """
    rounds = await giving.helps.rounds()
    # Kept before it is asked: who says stop was asked all the same.
    rounds = replace(rounds, asked_on=talk.clock.now().date())
    await giving.helps.keep_rounds(rounds)
    reply = await talk.ask(GIFT)
    match reply:
        case NoAnswer():
            await talk.say("helping.gift_unanswered")
        case Meaning(intent=Intent.YES | Intent.FREE_TEXT, value=value):
            await giving.helps.keep_rounds(replace(rounds, refused=0))
            await begin(talk, giving, Kind.OFFER, str(value or ""))
        case _:
            refused = rounds.refused + 1
            await giving.helps.keep_rounds(replace(rounds, refused=refused))
            await talk.say("helping.gift_refused")


async def _is_gift_due(giving: Giving, memory: Memory, now: datetime) -> bool:
    today = now.date()
    if today.year < FIRST_SURE_YEAR:
        return False
    rounds = await giving.helps.rounds()
    if rounds.since is None or rounds.since > today:
        await giving.helps.keep_rounds(replace(rounds, since=today))
        return False
    mood = await _mood(memory, now)
    return is_to_ask(rounds, await giving.helps.all(), mood, today)


async def _mood(memory: Memory, now: datetime) -> Intent | None:
    """What the person answered today to how they are."""
    midnight = datetime.combine(now.date(), time.min, tzinfo=now.tzinfo)
    answers = await memory.answers(midnight, now + timedelta(seconds=1))
    moods = [answer.intent for answer in answers if answer.question == MOOD]
    return moods[-1] if moods else None
