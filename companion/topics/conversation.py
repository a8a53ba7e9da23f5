"""What follows a press on the talk button: whatever the person wants."""

from collections.abc import Awaitable, Callable
from datetime import time, timedelta

from companion.asking import NoAnswer, Question
from companion.talk import ALWAYS, Talk
from companion.topics.checkin import offer_company
from companion.understanding.intents import Intent, Meaning
from companion.understanding.worded import WORDED
from companion.wording import Line
from voice.speech import Chime

REMARKS = frozenset(
    {
        Intent.GREETING,
        Intent.THANKS,
        Intent.MOOD_GOOD,
        Intent.MOOD_FAIR,
        Intent.MOOD_LOW,
        Intent.LONELY,
    }
)

WISHES = frozenset(
    {
        Intent.CHECK_IN,
        Intent.LATER,
        Intent.AWAY,
        Intent.BACK,
        Intent.CALL_FAMILY,
        Intent.CALL_LINE,
        Intent.WHO_FOLLOWS,
        Intent.WITHDRAW,
        Intent.ALLOW,
        Intent.FORBID,
        Intent.CONTACTS,
        *WORDED,
        Intent.INVITE,
    }
)

WISH = Question(
    name="conversation.wish",
    answers=REMARKS | WISHES | (ALWAYS - {Intent.STOP, Intent.REPEAT, Intent.WAIT}),
)
MORE = Question(
    name="conversation.more", answers=WISH.answers | {Intent.YES, Intent.NO}
)
# Ends by itself: success is contact with people, not minutes with the device.
TURNS_AT_MOST = 8

Act = Callable[[Meaning], Awaitable[None]]


async def conversation(talk: Talk, do: Act) -> None:
    """Do what is asked, one wish at a time, until nothing more is wished.

    Args:
        talk: The conversation.
        do: Carries out the wishes in WISHES, which reach beyond talking.
    """
    await talk.chime(Chime.LISTENING)
    question = WISH
    for _ in range(TURNS_AT_MOST):
        likely = (Line("conversation.goodbye"), Line(f"{MORE.name}.ask"))
        reply = await talk.ask(question, likely=likely)
        match reply:
            case Meaning(intent=Intent.YES):
                question = WISH
                continue
            case Meaning(intent=Intent.NO | Intent.THANKS):
                break
            case Meaning() if reply.intent in WISHES:
                await do(reply)
                return
            case Meaning() if await talk.command(reply.intent):
                pass
            case Meaning():
                if await _answer_remark(talk, reply.intent):
                    return
            case NoAnswer(was_silent=False):
                await talk.say("conversation.examples")
            case _:
                break
        question = MORE
    await talk.say("conversation.goodbye")


async def _answer_remark(talk: Talk, intent: Intent) -> bool:
    """Whether somebody was rung, after which there is nothing to add."""
    await talk.say(f"conversation.{intent}")
    return intent in (Intent.LONELY, Intent.MOOD_LOW) and await offer_company(talk)


async def go_away(talk: Talk, kind: str) -> bool:
    """Whether to ask nothing until the person is back."""
    if await talk.confirm("away.confirm", why=talk.phrasebook.text(f"away.{kind}")):
        await talk.say("away.done")
        return True
    await talk.say("away.not_done")
    return False


async def welcome_back(talk: Talk) -> None:
    """The daily questions start again."""
    await talk.say("away.welcome_back")


def later(value: object) -> time | timedelta:
    """When "straks" is: half an hour, unless the person said when."""
    return value if isinstance(value, time | timedelta) else timedelta(minutes=30)
