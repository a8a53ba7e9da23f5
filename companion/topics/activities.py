"""Something to do is named, one at a time, and what the person answers is remembered.

At most two, and then it is asked whether more is wanted. A yes leads to the steps that
make it happen (`activity_steps`).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from companion.activities.record import Activity
from companion.activities.suggesting import (
    ANYTHING,
    InTheWay,
    Obstacle,
    Suggestion,
    Wish,
    opinion_of,
)
from companion.activities.tastes import OpinionKind, Why
from companion.activities.upcoming import Suggester
from companion.agenda_book import AgendaMemory
from companion.asking import NoAnswer, Question, Skipped, yes_or_no
from companion.desk import Desk
from companion.notes import Notes
from companion.talk import Talk
from companion.tastes_book import TastesMemory
from companion.topics.activity_words import (
    ask_with_cost,
    card_of,
    named,
    number_lines,
    tell_detail,
)
from companion.topics.tastes import ask_tastes, take_taste
from companion.understanding.activity_wishes import read_wish
from companion.understanding.intents import Intent, Meaning
from companion.understanding.say_when import join

FITS = Question(
    name="outings.fits",
    answers=frozenset(
        {
            Intent.YES, Intent.NO, Intent.DETAIL, Intent.ANOTHER, Intent.NOT_FOR_ME,
            Intent.WHY_NOT, Intent.TASTE, Intent.ACTIVITIES,
        }
    ),
    yes=Intent.YES,
    no=Intent.NO,
    rephrased_yes=Intent.YES,
    rephrased_no=Intent.NO,
)  # fmt: skip
WHY_NOT = Question(
    name="outings.why_not",
    answers=frozenset({Intent.WHY_NOT, Intent.YES, Intent.NO}),
    yes=Intent.YES,
    no=Intent.NO,
    rephrased_yes=Intent.YES,
    rephrased_no=Intent.NO,
)

# Then it is asked whether more is wanted.
MOST_AT_A_TIME = 2
# Success is somebody who goes, not an evening of names.
MOST_IN_ALL = 6
# "Hoeveel kost dat?", "waar is dat?" and so on, of one suggestion.
MOST_DETAILS = 6
# "Is het te ver?": one short question why, and no interrogation.
MOST_GUESSES = 2

_SAYS_WHAT_WAS_WISHED = frozenset({Obstacle.NOT_WISHED, Obstacle.OTHER_TIME})


@dataclass(frozen=True, slots=True)
class Doing:
    """What a conversation about things to do needs.

    Attributes:
        suggester: Finds what there is to do; None where no social map can be.
        tastes: What the person likes, can and thought of activities.
        agenda: What is to come.
        desk: What rings people.
        notes: Asks somebody along; None on a device without a hub.
        agenda_changed: Told when something was put into the agenda.
    """

    suggester: Suggester | None
    tastes: TastesMemory
    agenda: AgendaMemory
    desk: Desk
    notes: Notes | None
    agenda_changed: Callable[[], None]


class _Took(StrEnum):
    """How a suggestion was taken."""

    YES = "yes"
    NO = "no"
    ANOTHER = "another"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What became of one suggestion; with another wish if one was said."""

    took: _Took
    wish: Wish | None = None


Arrange = Callable[[Talk, Doing, Suggestion], Awaitable[None]]


async def suggest(talk: Talk, doing: Doing, wish: Wish, arrange: Arrange) -> None:
    """Name things to do until one fits, or no more are wanted.

    Args:
        talk: The conversation.
        doing: What it needs.
        wish: What was asked for.
        arrange: Makes happen what fits.

    Raises:
        Stopped: If the person says stop.
        DangerHeard: If the person says something that needs help now.
    """
    told: set[tuple[str, str]] = set()
    while len(told) < MOST_IN_ALL:
        batch = await _find(talk, doing, wish, told)
        if batch is None:
            return
        answer = _Answer(_Took.NO)
        for suggestion in batch:
            told.add(_key(suggestion))
            answer = await _name(talk, doing, suggestion)
            if answer.took is _Took.YES:
                await arrange(talk, doing, suggestion)
                await ask_tastes(talk, doing.tastes)
                return
            if answer.took is _Took.SILENT:
                await talk.say("outings.enough")
                return
            if answer.wish is not None:
                break
        if answer.wish is not None:
            wish = answer.wish
        elif not await talk.confirm("outings.more"):
            break
    await talk.say("outings.enough")
    await ask_tastes(talk, doing.tastes)


async def suggest_by_words(
    talk: Talk, doing: Doing, words: str, arrange: Arrange
) -> None:
    """As `suggest`, of what was asked for in words: "is er iets met muziek?"."""
    await suggest(talk, doing, read_wish(words, talk.clock.now()), arrange)


async def _find(
    talk: Talk, doing: Doing, wish: Wish, told: set[tuple[str, str]]
) -> Sequence[Suggestion] | None:
    """The next to be named; None where there is none, which was said."""
    if doing.suggester is None:
        await talk.say("outings.no_map")
        return None
    found = await doing.suggester.suggest(wish)
    fresh = [it for it in found.suggestions if _key(it) not in told]
    if fresh:
        if not found.has_named and not told:
            await talk.say("outings.lacks", what=join(list(wish.names)))
        return fresh[:MOST_AT_A_TIME]
    is_more = bool(found.suggestions or told)
    if not is_more and not found.in_the_way:
        await talk.say("outings.no_map")
        return None
    await _tell_what_was_in_the_way(talk, doing, found.in_the_way)
    if wish != ANYTHING and not told:
        others = (await doing.suggester.suggest(ANYTHING)).suggestions
        if others and await talk.confirm("outings.instead"):
            return others[:MOST_AT_A_TIME]
        if others:
            await talk.say("outings.enough")
            return None
    if not told and talk.call_somebody is not None:
        # The nearest there is to meeting somebody.
        await talk.say("outings.rather_call")
        await talk.call_somebody(talk)
    return None


async def _tell_what_was_in_the_way(
    talk: Talk, doing: Doing, in_the_way: Sequence[InTheWay]
) -> None:
    obstacle = in_the_way[0].obstacle if in_the_way else Obstacle.TOLD_TODAY
    if obstacle not in _SAYS_WHAT_WAS_WISHED | {Obstacle.TOLD_TODAY}:
        await talk.say("outings.nothing")
    aid = (await doing.tastes.tastes()).aid
    words = talk.phrasebook.text(f"outings.aid.{aid}")
    await talk.say(f"outings.in_the_way.{obstacle}", aid=words)


def _key(suggestion: Suggestion) -> tuple[str, str]:
    return suggestion.activity.source, suggestion.activity.id


# --- one suggestion ------------------------------------------------------------------


async def _name(talk: Talk, doing: Doing, suggestion: Suggestion) -> _Answer:
    """Name one, answer what is asked about it, and remember how it was taken."""
    now = talk.clock.now()
    await doing.tastes.note(opinion_of(suggestion, OpinionKind.SUGGESTED, now))
    question = ask_with_cost(suggestion.activity)
    talk.stage.card(card_of(suggestion, talk.phrasebook, now))
    try:
        reply = await talk.ask(
            FITS,
            prompt=question.key,
            likely=(),
            told=named(suggestion, now),
            **question.facts,
        )
        for _ in range(MOST_DETAILS):
            if not (isinstance(reply, Meaning) and reply.intent is Intent.DETAIL):
                break
            await _tell_detail(talk, suggestion, str(reply.value))
            reply = await talk.ask(FITS, prompt="outings.fits.ask_again")
    finally:
        talk.stage.card("")
    return await _take(talk, doing, suggestion, reply)


async def _tell_detail(talk: Talk, suggestion: Suggestion, which: str) -> None:
    if which == "contact":
        await tell_number(talk, suggestion.activity)
        return
    now = talk.clock.now()
    for line in tell_detail(which, suggestion, talk.phrasebook, now):
        await talk.say(line.key, **line.facts)


async def tell_number(talk: Talk, activity: Activity) -> None:
    """Who does it, and their number, said digit by digit and shown large."""
    if activity.organisation:
        await talk.say("outings.organised", organisation=activity.organisation)
    found = number_lines(activity)
    if found is None:
        await talk.say("outings.no_number")
        return
    line, shown = found
    talk.stage.alert(shown)
    try:
        await talk.tell(line.key, **line.facts)
        if await talk.confirm("calling.number_again"):
            await talk.tell(line.key, **line.facts)
    finally:
        talk.stage.alert("")


async def _take(
    talk: Talk, doing: Doing, suggestion: Suggestion, reply: object
) -> _Answer:
    match reply:
        case Meaning(intent=Intent.YES):
            return _Answer(_Took.YES)
        case Meaning(intent=Intent.NO | Intent.NOT_FOR_ME):
            why = await ask_why_not(talk, suggestion)
            await _refuse(doing, talk, suggestion, why)
        case Meaning(intent=Intent.WHY_NOT, value=value):
            await _refuse(doing, talk, suggestion, Why(str(value)))
            await talk.say("outings.noted")
        case Meaning(intent=Intent.ACTIVITIES, value=words):
            # Another wish says nothing against this one.
            return _Answer(_Took.ANOTHER, read_wish(str(words), talk.clock.now()))
        case Meaning(intent=Intent.TASTE, value=words):
            await take_taste(talk, doing.tastes, str(words or ""))
            return _Answer(_Took.ANOTHER)
        case NoAnswer():
            return _Answer(_Took.SILENT)
        case Skipped() | _:
            return _Answer(_Took.ANOTHER)
    return _Answer(_Took.NO)


async def _refuse(
    doing: Doing, talk: Talk, suggestion: Suggestion, why: Why | None
) -> None:
    now = talk.clock.now()
    await doing.tastes.note(opinion_of(suggestion, OpinionKind.REFUSED, now, why))


# --- why not -------------------------------------------------------------------------


def _guess(name: str) -> Question:
    """What is said at a guess counts as much as a yes."""
    question = yes_or_no(name)
    return replace(question, answers=question.answers | {Intent.WHY_NOT})


IS_TOO_FAR = _guess("outings.is_too_far")
IS_TOO_DEAR = _guess("outings.is_too_dear")
IS_WRONG_TIME = _guess("outings.is_wrong_time")
IS_NOT_MY_TASTE = _guess("outings.is_not_my_taste")
GUESSES = (IS_TOO_FAR, IS_TOO_DEAR, IS_WRONG_TIME, IS_NOT_MY_TASTE)

# Below these nobody calls it far or dear.
_MAY_BE_FAR_MIN = 5
_MAY_BE_DEAR_CENTS = 300


async def ask_why_not(talk: Talk, suggestion: Suggestion) -> Why | None:
    """One short question why; with the yes and no buttons alone two guesses."""
    reply = await talk.ask(WHY_NOT)
    match reply:
        case Meaning(intent=Intent.WHY_NOT, value=value):
            why: Why | None = Why(str(value))
        case Meaning(intent=Intent.YES):
            why = await _guess_why(talk, suggestion)
        case _:
            await talk.say("outings.not_this")
            return None
    await talk.say("outings.noted")
    return why


async def _guess_why(talk: Talk, suggestion: Suggestion) -> Why:
    for question, why in _guesses(suggestion)[:MOST_GUESSES]:
        reply = await talk.ask(question)
        match reply:
            case Meaning(intent=Intent.YES):
                return why
            case Meaning(intent=Intent.WHY_NOT, value=value):
                return Why(str(value))
    return Why.OTHER


def _guesses(suggestion: Suggestion) -> list[tuple[Question, Why]]:
    """What may be the reason, the likeliest first."""
    cents = suggestion.activity.cost.lowest_cents or 0
    minutes = suggestion.walk_min
    guesses = []
    if minutes is None or minutes > _MAY_BE_FAR_MIN:
        guesses.append((IS_TOO_FAR, Why.TOO_FAR))
    guesses.append((IS_NOT_MY_TASTE, Why.NOT_MY_TASTE))
    if cents >= _MAY_BE_DEAR_CENTS:
        guesses.insert(1, (IS_TOO_DEAR, Why.TOO_DEAR))
    guesses.append((IS_WRONG_TIME, Why.WRONG_TIME))
    return guesses
