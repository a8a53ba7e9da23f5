"""The daily check-in: how are you, as a neighbour would ask it."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import time, timedelta

from companion.asking import NoAnswer, Question, Skipped, yes_or_no
from companion.buttons import Floor
from companion.followups import (
    DRINKING,
    EATING,
    MOOD,
    PAIN,
    PLANS,
    SLEEP,
    FollowUp,
    History,
    follow_up,
    likely_answers,
    opener,
    plan_of_yesterday,
)
from companion.journal import Outcome
from companion.talk import Talk
from companion.understanding.intents import Intent, Meaning
from companion.wording import Line, greet
from voice.speech import Chime

# A voice out of nowhere frightens: chime and light first, then a second.
AFTER_CHIME_S = 1.0
LATER = timedelta(minutes=30)
# Two questions in a row that nobody answers: the person has gone, or is tired.
NO_ANSWERS_TO_STOP = 2


def _kept(
    name: str, yes: Intent, no: Intent, others: Collection[Intent] = ()
) -> Question:
    """A question whose answer is kept; yes and no are answers, also when rephrased."""
    return Question(
        name=name,
        answers=frozenset({yes, no, *others}),
        yes=yes,
        no=no,
        rephrased_yes=yes,
        rephrased_no=no,
        is_kept=True,
    )


QUESTIONS = {
    MOOD: Question(
        name=MOOD,
        answers=frozenset(
            {Intent.MOOD_GOOD, Intent.MOOD_FAIR, Intent.MOOD_LOW, Intent.LONELY}
        ),
        rephrased_yes=Intent.MOOD_GOOD,
        rephrased_no=Intent.MOOD_LOW,
        is_kept=True,
    ),
    SLEEP: Question(
        name=SLEEP,
        answers=frozenset({Intent.SLEPT_WELL, Intent.SLEPT_FAIRLY, Intent.SLEPT_BADLY}),
        rephrased_yes=Intent.SLEPT_WELL,
        rephrased_no=Intent.SLEPT_BADLY,
        is_kept=True,
    ),
    PAIN: _kept(
        PAIN,
        yes=Intent.PAIN,
        no=Intent.NO_PAIN,
        others=(Intent.PAIN_LESS, Intent.PAIN_SAME, Intent.PAIN_WORSE),
    ),
    EATING: _kept(EATING, Intent.ATE_WELL, Intent.ATE_NOTHING, (Intent.ATE_LITTLE,)),
    DRINKING: _kept(DRINKING, Intent.DRANK_ENOUGH, Intent.DRANK_LITTLE),
    PLANS: _kept(PLANS, Intent.PLANS, Intent.NO_PLANS),
    "checkin.pain_where": Question(
        name="checkin.pain_where", answers=frozenset({Intent.PAIN}), is_kept=True
    ),
    "checkin.plan_done": _kept("checkin.plan_done", Intent.YES, Intent.NO),
    "checkin.company": yes_or_no("checkin.company"),
}

# A few at a time; after the first group the person says whether to go on.
FIRST_GROUP = (MOOD, SLEEP, PAIN)
SECOND_GROUP = (EATING, DRINKING, PLANS)

CONVENIENT = replace(
    yes_or_no("checkin.convenient"),
    answers=frozenset({Intent.YES, Intent.NO, Intent.LATER, Intent.AWAY}),
)

MESSAGE = Question(
    name="checkin.message",
    answers=frozenset({Intent.FREE_TEXT, Intent.YES, Intent.NO}),
    yes=Intent.YES,
    no=Intent.NO,
    ends_early=False,
)
# After a bare "ja": there is something, and it is still to be said.
MESSAGE_WORDS = Question(
    name="checkin.message_words",
    answers=MESSAGE.answers,
    yes=Intent.YES,
    no=Intent.NO,
    ends_early=False,
)


@dataclass(frozen=True, slots=True)
class Offered:
    """How the person took the offer of a check-in.

    Attributes:
        is_accepted: Whether to start now.
        outcome: Why not, when not: declined or unanswered; None for later.
        later: When to ask again, if that was asked.
        away: Kind of absence that was told.
    """

    is_accepted: bool = False
    outcome: Outcome | None = None
    later: time | timedelta | None = None
    away: str | None = None


async def offer(talk: Talk) -> Offered:
    """Chime, light, a second, and ask whether it is convenient."""
    talk.stage.give_floor(Floor.OFFERED)
    talk.stage.call_attention()
    await talk.chime(Chime.ATTENTION)
    await asyncio.sleep(AFTER_CHIME_S)
    likely = (Line("checkin.start"), Line(f"{MOOD}.ask"), Line("checkin.later"))
    reply = await talk.ask(CONVENIENT, likely=likely, greeting=greeting_of(talk))
    talk.stage.give_floor(Floor.TAKEN)
    return await _take_offer(talk, reply)


async def _take_offer(talk: Talk, reply: object) -> Offered:
    match reply:
        case Meaning(intent=Intent.YES):
            return Offered(is_accepted=True)
        case Meaning(intent=Intent.LATER, value=value):
            return Offered(
                later=value if isinstance(value, time | timedelta) else LATER
            )
        case Meaning(intent=Intent.AWAY, value=value):
            return Offered(away=str(value or "holiday"))
        case NoAnswer():
            return Offered(outcome=Outcome.NO_ANSWER)
        case _:
            return await _later_or_not(talk)


async def _later_or_not(talk: Talk) -> Offered:
    if await talk.confirm("checkin.ask_later"):
        return Offered(later=LATER)
    await talk.say("checkin.declined")
    return Offered(outcome=Outcome.DECLINED)


async def check_in(talk: Talk, history: History, answered: Sequence[str]) -> Outcome:
    """Ask how the person is, a few questions at a time.

    Args:
        talk: The conversation.
        history: What was told on earlier days.
        answered: Questions that were answered today already, before an
            interruption; they are not asked again.
    """
    asker = _Asker(talk, history, answered)
    if MOOD not in answered:
        await talk.say("checkin.start")
    if not await asker.ask_all(FIRST_GROUP, "checkin.more.ask"):
        return Outcome.NO_ANSWER
    if asker.has_rung:
        return Outcome.DONE
    after_more = (asker.first_after_more(), Line("checkin.closing"))
    if not await talk.confirm("checkin.more", likely=after_more):
        await _close(talk)
        return Outcome.DONE
    await asker.ask_about_yesterday()
    if not await asker.ask_all(SECOND_GROUP, f"{MESSAGE.name}.ask"):
        return Outcome.NO_ANSWER
    if asker.has_rung:
        return Outcome.DONE
    await pass_on(talk)
    await _close(talk)
    return Outcome.DONE


async def _close(talk: Talk) -> None:
    await talk.say("checkin.closing")


class _Asker:
    """Asks, reacts, and notices when nobody answers any more."""

    def __init__(self, talk: Talk, history: History, answered: Sequence[str]) -> None:
        self._talk = talk
        self._history = history
        self._answered = answered
        self._no_answers = 0
        self.has_rung = False
        """Whether somebody was rung: then a person matters more than our questions."""

    async def ask_all(self, names: Sequence[str], then: str) -> bool:
        """Ask these, or until somebody is rung; False when nobody answers any more.

        Args:
            names: The questions.
            then: Name of what will be said after them.
        """
        names = [name for name in names if name not in self._answered]
        following = [*map(self._line_of, names[1:]), Line(then)]
        for name, next_up in zip(names, following, strict=False):
            await self._ask(name, next_up)
            if self.has_rung:
                return True
            if self._no_answers >= NO_ANSWERS_TO_STOP:
                await self._talk.say("checkin.stops_unanswered")
                return False
        return True

    async def ask_about_yesterday(self) -> None:
        """Ask how yesterday's plan went."""
        plan = plan_of_yesterday(self._history)
        if plan is None or plan.ask in self._answered:
            return
        reply = await self._talk.ask(QUESTIONS[plan.ask], it=self._it(plan))
        if isinstance(reply, Meaning):
            done = reply.intent is Intent.YES
            await self._talk.say(f"{plan.ask}.{'yes' if done else 'no'}")

    def first_after_more(self) -> Line:
        """What is asked first of the second group."""
        plan = plan_of_yesterday(self._history)
        if plan is None or plan.ask in self._answered:
            return self._line_of(SECOND_GROUP[0])
        return self._line(f"{plan.ask}.ask", plan)

    def _line_of(self, name: str) -> Line:
        """How this question will be asked today."""
        opening = opener(name, self._history)
        return self._line(opening.say if opening else f"{name}.ask", opening)

    def _likely(self, name: str, next_up: Line) -> tuple[Line, ...]:
        """What is said after the likeliest answers, and asked next."""
        lines = [
            self._line(reaction.say, reaction)
            for answer in likely_answers(name, self._history)
            if (reaction := follow_up(name, answer, self._history)) is not None
        ]
        return (*lines[:1], next_up, *lines[1:])

    async def _ask(self, name: str, next_up: Line) -> None:
        opening = opener(name, self._history)
        reply = await self._talk.ask(
            QUESTIONS[name],
            prompt=opening.say if opening else "",
            likely=self._likely(name, next_up),
            it=self._it(opening),
        )
        match reply:
            case Meaning():
                self._no_answers = 0
                await self._react(name, reply)
            case Skipped():
                self._no_answers = 0
                await self._talk.say("checkin.skipped")
            case NoAnswer():
                self._no_answers += 1
                await self._talk.say("checkin.no_answer")

    async def _react(self, name: str, meaning: Meaning) -> None:
        reaction = follow_up(name, meaning, self._history)
        if reaction is None:
            return
        await self._talk.say(reaction.say, it=self._it(reaction))
        if reaction.ask == "checkin.company":
            self.has_rung = await offer_company(self._talk)
        elif reaction.ask:
            reply = await self._talk.ask(QUESTIONS[reaction.ask])
            if isinstance(reply, Meaning):
                await self._talk.say(f"{reaction.ask}.thanks")

    def _line(self, key: str, follow: FollowUp | None) -> Line:
        return Line(key, {"it": self._it(follow)})

    def _it(self, follow: FollowUp | None) -> str:
        """What {it} stands for in a wording."""
        fact = follow.fact if follow is not None else ""
        return self._talk.phrasebook.text(fact or "checkin.it")


async def offer_company(talk: Talk) -> bool:
    """Lead to people: family, or the listening line by telephone.

    Returns:
        Whether somebody was rung.
    """
    reply = await talk.ask(QUESTIONS["checkin.company"])
    if not isinstance(reply, Meaning) or reply.intent is not Intent.YES:
        await talk.say("company.not_now")
        return False
    if talk.call_somebody is not None and await talk.call_somebody(talk):
        return True
    await talk.say("company.whom")
    await talk.tell("company.line_number")
    return False


async def pass_on(talk: Talk) -> None:
    """Anything to tell somebody: read back, confirmed, and only then kept."""
    for question in (MESSAGE, MESSAGE_WORDS, MESSAGE_WORDS):
        reply = await talk.ask(question, likely=(Line("checkin.closing"),))
        if not (isinstance(reply, Meaning) and reply.intent is Intent.YES):
            break
    if not isinstance(reply, Meaning) or reply.intent is not Intent.FREE_TEXT:
        return
    words = str(reply.value)
    if await talk.confirm("checkin.message_right", ends_early=False, message=words):
        is_kept = await talk.keep_message(words)
        await talk.say("checkin.message_kept" if is_kept else "checkin.message_failed")
    else:
        await talk.say("checkin.message_dropped")


def greeting_of(talk: Talk) -> str:
    """The greeting of this part of the day, with how the person is addressed."""
    hour = talk.clock.now().hour
    part = "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
    return greet(talk.phrasebook, part, talk.facts.get("name", ""))
