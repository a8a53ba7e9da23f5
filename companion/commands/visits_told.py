"""What the person told of home visits, in lines for `praatpaal journal`."""

from collections.abc import Iterator

from companion.commands.texts import Texts
from companion.visits import Known


def visit_lines(known: Known) -> Iterator[str]:
    """A line for each thing that was told; none if nothing was."""
    texts = Texts("visits", "journal")
    for visit in known.visits:
        for wish in known.wishes_for(visit):
            yield texts.say("wish", day=visit.day, who=visit.who, text=wish.text)
        for promise in known.promises_of(visit):
            kept = Texts("visits", "kept").say(promise.kept.value)
            yield texts.say(
                "promise",
                day=visit.day,
                who=visit.who,
                text=promise.text,
                due=promise.due,
                kept=kept,
            )
