"""What the person does of themselves, as the check-in was told."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from companion.followups import PLANS
from companion.memory import Memory
from companion.understanding.intents import Intent

# Long enough for what is done every other week, short enough to follow the season.
_WEEKS = timedelta(weeks=8)


async def recent_plans(memory: Memory, now: datetime) -> Mapping[str, int]:
    """How often each kind of plan was told in the last weeks."""
    answers = await memory.answers(now - _WEEKS, now)
    return Counter(
        it.value
        for it in answers
        if it.question == PLANS
        and it.intent is Intent.PLANS
        and isinstance(it.value, str)
    )
