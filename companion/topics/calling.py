"""What the family and listening line buttons say until calls are set up."""

from collections.abc import Sequence

from companion.people import Person
from companion.talk import Talk


async def call_family(talk: Talk, people: Sequence[Person]) -> None:
    """Say what this button will do, and whom to call meanwhile."""
    await talk.say("calling.family")
    for person in people[:1]:
        await talk.say("calling.family_person", person=person.spoken_name)


async def call_line(talk: Talk) -> None:
    """Say the listening line's number, large and slow; it is never kept."""
    talk.stage.alert(talk.phrasebook.text("calling.line_shown"))
    try:
        await talk.say("calling.line")
        await talk.say("company.line_number")
        if await talk.confirm("calling.line_again"):
            await talk.say("company.line_number")
    finally:
        talk.stage.alert("")
