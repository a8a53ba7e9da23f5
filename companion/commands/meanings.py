"""What somebody was asked and meant, in words to read."""

from datetime import datetime, time, timedelta
from functools import cache

from companion.commands.texts import Texts
from companion.understanding.intents import BODY_PARTS, PLAN_KINDS, Intent, Named, Value
from companion.wording import Phrasebook, load_phrasebook


def name_question(name: str) -> str:
    """What a question is about; its own name when it is of another version."""
    texts = Texts("journal", "questions")
    return texts.say(name) if name in texts.names else name


def name_meaning(intent: Intent, value: Value | None) -> str:
    """What was meant, with its value."""
    meaning = Texts("journal", "meanings").say(intent.value)
    if value is None:
        return meaning
    return f"{meaning} ({_name_value(intent, value)})"


@cache
def _phrasebook() -> Phrasebook:
    return load_phrasebook()


def _name_value(intent: Intent, value: Value) -> str:
    texts = Texts("journal", "values")
    match value:
        case datetime():
            return f"{value:%d-%m-%Y %H:%M}"
        case time():
            return f"{value:%H:%M}"
        case timedelta():
            minutes = value // timedelta(minutes=1)
            return texts.say("minutes", count=minutes)
        case int():
            return str(value)
        case tuple():
            return texts.say("people", count=len(value))
        case Named():
            return Texts("people", "agreements").say(value.what)
    if intent is Intent.AWAY and f"away.{value}" in texts.names:
        return texts.say(f"away.{value}")
    # The words that are said aloud, "uw knie" and "naar de kapper gaan".
    if value in BODY_PARTS:
        return _phrasebook().text(f"body.{value}")
    if value in PLAN_KINDS:
        return _phrasebook().text(f"plan.{value}")
    return value
