"""What must be answered with fixed, reviewed text and a number to call.

Never generated, never kept, and what was said stands on no screen. Praatpaal is
no alarm system: it says whom to call, loud and large.
"""

from dataclasses import replace

from companion.asking import NoAnswer, yes_or_no
from companion.buttons import Floor
from companion.talk import CannotHear, DangerHeard, Stopped, Talk
from companion.understanding.intents import Danger, Intent, Meaning

AGAIN = replace(yes_or_no("danger.repeat"), is_urgent=True)
# The advice, and once more for who asks or does not answer.
TIMES_AT_MOST = 3


async def danger(talk: Talk, kind: Danger) -> None:
    """Say whom to call, show the number, and repeat it until it has been heard."""
    talk.stage.understand("")
    talk.stage.give_floor(Floor.ALERT)
    try:
        times = 0
        while times < TIMES_AT_MOST:
            times += 1
            talk.stage.alert(talk.phrasebook.text(f"danger.{kind}.number"))
            await talk.tell(f"danger.{kind}.say")
            try:
                if not await _wants_it_again(talk):
                    break
            except DangerHeard as heard:
                if heard.danger is not kind:
                    kind, times = heard.danger, 0
        await talk.tell(f"danger.{kind}.after")
    except Stopped:
        talk.stage.alert("")


async def _wants_it_again(talk: Talk) -> bool:
    """Only a clear no ends it: silence may be a person who cannot answer."""
    try:
        reply = await talk.ask(AGAIN)
    except CannotHear:
        return True
    return isinstance(reply, NoAnswer) or (
        isinstance(reply, Meaning) and reply.intent is Intent.YES
    )
