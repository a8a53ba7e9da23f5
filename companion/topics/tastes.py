"""What the person likes and can: told by them, asked a little, and told back."""

from dataclasses import replace
from datetime import timedelta

from companion.activities.tastes import Aid, PartOfDay, Tastes
from companion.asking import NoAnswer, Question, Skipped, yes_or_no
from companion.journal import Answer
from companion.talk import Talk
from companion.tastes_book import TastesMemory
from companion.topics.activity_words import say_distance, say_kinds, say_money
from companion.understanding.activity_wishes import ANY_COST, TasteTold, read_taste
from companion.understanding.intents import Intent, Meaning

# After one conversation about things to do.
MOST_QUESTIONS = 2

# Answers are kept no longer than a year.
ASKED_WITHIN = timedelta(days=366)

# A quarter of an hour and five minutes of walking, somewhat below the pace at which
# ways are reckoned (`activities.distances`), for one has to come back as well.
QUARTER_M = 600
FIVE_MINUTES_M = 200
HARDLY_M = 100


def _asked(name: str) -> Question:
    """A question that is answered with yes or no, or in words about oneself."""
    question = yes_or_no(name)
    return replace(question, answers=question.answers | {Intent.TASTE})


AID = _asked("tastes.aid")
WALKS = _asked("tastes.walks")
WALKS_LITTLE = _asked("tastes.walks_little")
PART = _asked("tastes.part")
PART_AFTERNOON = _asked("tastes.part_afternoon")
COST = _asked("tastes.cost")

ASKED = (AID, WALKS, WALKS_LITTLE, PART, PART_AFTERNOON, COST)

# What rules out most comes first.
IN_ORDER = (AID, WALKS, COST, PART)
# A no to these is followed by this one.
_AFTER_NO = {WALKS.name: WALKS_LITTLE, PART.name: PART_AFTERNOON}


async def take_taste(talk: Talk, tastes: TastesMemory, words: str) -> None:
    """Remember what the person told of what they like or can.

    Args:
        talk: The conversation.
        tastes: Where it is kept.
        words: What was said: "ik houd niet van kaarten".
    """
    told = read_taste(words)
    is_kept = await tastes.change(with_told(await tastes.tastes(), told))
    await talk.say("tastes.noted" if is_kept else "tastes.failed")


def with_told(tastes: Tastes, told: TasteTold) -> Tastes:
    """What is known, with what was told put into it."""
    for kind in told.likes:
        tastes = tastes.liking(kind)
    for kind in told.dislikes:
        tastes = tastes.disliking(kind)
    if told.aid is not None:
        tastes = replace(tastes, aid=told.aid)
    if told.walks_m is not None:
        tastes = replace(tastes, walks_m=told.walks_m)
    if told.needs_transport is not None:
        tastes = replace(tastes, needs_transport=told.needs_transport)
    if told.part is not None:
        tastes = replace(tastes, parts=frozenset({told.part}))
    if told.most_cents is not None:
        most = None if told.most_cents == ANY_COST else told.most_cents
        tastes = replace(tastes, most_cents=most)
    if told.wants_company is not None:
        tastes = replace(tastes, wants_company=told.wants_company)
    return tastes


# --- asked ---------------------------------------------------------------------------


async def ask_tastes(talk: Talk, tastes: TastesMemory) -> None:
    """Ask a little of what is not known yet, what matters most first; each once.

    Raises:
        Stopped: If the person says stop.
        DangerHeard: If the person says something that needs help now.
    """
    asked = await _asked_before(talk)
    left = MOST_QUESTIONS
    for question in IN_ORDER:
        if not left:
            return
        if question.name in asked or _is_known(question, await tastes.tastes()):
            continue
        left -= 1
        if not await _ask(talk, tastes, question):
            return


async def _asked_before(talk: Talk) -> set[str]:
    """Names of what was asked, as far back as answers are kept."""
    now = talk.clock.now()
    answers = await talk.memory.answers(now - ASKED_WITHIN, now + timedelta(seconds=1))
    return {answer.question for answer in answers}


def _is_known(question: Question, tastes: Tastes) -> bool:
    match question.name:
        case AID.name:
            return tastes.aid is not Aid.NONE
        case WALKS.name:
            # Who goes in a wheelchair is not asked how they walk.
            return tastes.walks_m is not None or tastes.aid is Aid.WHEELCHAIR
        case COST.name:
            return tastes.most_cents is not None
    return bool(tastes.parts)


async def _ask(talk: Talk, tastes: TastesMemory, question: Question) -> bool:
    """Ask one; False when nobody answers."""
    reply = await talk.ask(question)
    if isinstance(reply, Meaning):
        await _note_asked(talk, question, reply.intent)
    following = _AFTER_NO.get(question.name)
    is_no = isinstance(reply, Meaning) and reply.intent is Intent.NO
    if is_no and following is not None:
        question = following
        reply = await talk.ask(question)
    match reply:
        case Meaning(intent=Intent.TASTE, value=words):
            await take_taste(talk, tastes, str(words or ""))
            return True
        case Meaning(intent=intent):
            is_yes = intent is Intent.YES
            known = _with_answer(await tastes.tastes(), question.name, is_yes)
            is_kept = await tastes.change(known)
            await talk.say("tastes.noted" if is_kept else "tastes.failed")
            return True
        case Skipped():
            # Not asked again: who would rather not say has said so.
            await _note_asked(talk, question, Intent.SKIP)
            return True
        case NoAnswer():
            return False


def _with_answer(tastes: Tastes, name: str, is_yes: bool) -> Tastes:
    match name:
        case AID.name:
            return replace(tastes, aid=Aid.ROLLATOR if is_yes else Aid.NONE)
        case WALKS.name:
            return replace(tastes, walks_m=QUARTER_M)
        case WALKS_LITTLE.name:
            return replace(tastes, walks_m=FIVE_MINUTES_M if is_yes else HARDLY_M)
        case PART.name:
            return replace(tastes, parts=frozenset({PartOfDay.MORNING}))
        case PART_AFTERNOON.name if is_yes:
            return replace(tastes, parts=frozenset({PartOfDay.AFTERNOON}))
        case COST.name if not is_yes:
            return replace(tastes, most_cents=0)
    return tastes


async def _note_asked(talk: Talk, question: Question, intent: Intent) -> None:
    """That it was asked; the words of an answer are not kept, only what they tell."""
    await talk.memory.record(
        Answer(
            question=question.name,
            intent=intent,
            value=None,
            confidence=1.0,
            words=None,
            at=talk.clock.now(),
            checkin=talk.checkin,
        )
    )


# --- told back -----------------------------------------------------------------------


async def tell_tastes(talk: Talk, memory: TastesMemory) -> None:
    """ "Wat weet u van mij?": what was told of what they like and can."""
    tastes, opinions = await memory.tastes(), await memory.opinions()
    if tastes == Tastes(home=tastes.home, age=tastes.age) and not opinions:
        return
    await talk.say("tastes.kept")
    if tastes.aid is Aid.ROLLATOR:
        await talk.say("tastes.told.rollator")
    if tastes.aid is Aid.WHEELCHAIR:
        await talk.say("tastes.told.wheelchair")
    if tastes.walks_m is not None:
        await talk.say("tastes.told.walks", distance=say_distance(tastes.walks_m))
    if tastes.needs_transport:
        await talk.say("tastes.told.transport")
    for part in sorted(tastes.parts):
        text = talk.phrasebook.text(f"outings.part.{part}")
        await talk.say("tastes.told.part", part=text)
    if tastes.most_cents == 0:
        await talk.say("tastes.told.free")
    elif tastes.most_cents is not None:
        await talk.say("tastes.told.most", cost=say_money(tastes.most_cents))
    if tastes.wants_company:
        await talk.say("tastes.told.together")
    if tastes.likes:
        kinds = say_kinds(sorted(tastes.likes), talk.phrasebook)
        await talk.say("tastes.told.likes", kinds=kinds)
    if tastes.dislikes:
        kinds = say_kinds(sorted(tastes.dislikes), talk.phrasebook)
        await talk.say("tastes.told.dislikes", kinds=kinds)
