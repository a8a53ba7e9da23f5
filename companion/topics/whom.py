"""Who of several is meant."""

from collections.abc import Sequence

from companion.asking import Question
from companion.people import Person
from companion.talk import Talk
from companion.understanding.intents import Intent, Meaning

MOST_CHOICES = 3
"""More than three is no question any more."""


async def ask_which(
    talk: Talk, people: Sequence[Person], question: Question
) -> Person | None:
    """Two daughters: which of them? None if it is none of the first three.

    One at a time, to be answered with yes or no: a recogniser need not know their
    names, and there may be buttons.

    Args:
        talk: The conversation.
        people: Those who may be meant.
        question: To be answered with yes or no; its wording gets {person}.
    """
    for person in people[:MOST_CHOICES]:
        reply = await talk.ask(question, person=person.spoken_name)
        if isinstance(reply, Meaning) and reply.intent is Intent.YES:
            return person
    return None
