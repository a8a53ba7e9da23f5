"""What the family and listening line buttons say until calls are set up."""

from collections.abc import Sequence

from companion.people import Person
from companion.talk import Talk

# More than three is no question any more.
MOST_CHOICES = 3


async def call_family(
    talk: Talk, people: Sequence[Person], whom: Sequence[int] | None = None
) -> None:
    """Say what calling will be, and whom to call meanwhile.

    Args:
        talk: The conversation.
        people: Everybody in the list.
        whom: Numbers of those who may be meant; empty if somebody was named who is
            not in the list; None if nobody was named, which means the first.
    """
    await talk.say("calling.family")
    if whom is None:
        meant = people[:1]
    else:
        meant = [person for person in people if person.id in whom]
        if not meant:
            await talk.say("calling.not_listed")
    if len(meant) > 1:
        meant = await _ask_who(talk, meant)
    for person in meant:
        await talk.say("calling.family_person", person=person.spoken_name)


async def _ask_who(talk: Talk, people: Sequence[Person]) -> Sequence[Person]:
    """Two daughters: which of them?

    One at a time, to be answered with yes or no: a recogniser need not know their
    names, and there may be buttons.
    """
    for person in people[:MOST_CHOICES]:
        # Never early: it is about a call.
        if await talk.confirm(
            "calling.who", ends_early=False, person=person.spoken_name
        ):
            return [person]
    await talk.say("calling.nobody_chosen")
    return []


async def call_line(talk: Talk) -> None:
    """Say the listening line's number, large and slow; it is never kept."""
    talk.stage.alert(talk.phrasebook.text("calling.line_shown"))
    try:
        await talk.tell("calling.line")
        await talk.tell("company.line_number")
        if await talk.confirm("calling.line_again"):
            await talk.tell("company.line_number")
    finally:
        talk.stage.alert("")
