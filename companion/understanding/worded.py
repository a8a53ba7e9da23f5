"""Wishes in words of one's own, of which only the words around them are known."""

from collections.abc import Collection
from typing import Final

from companion.understanding.activity_wishes import ACTIVITY, find_activity_wish
from companion.understanding.agenda_wishes import AGENDA, find_wish
from companion.understanding.along_wishes import ALONG, find_along
from companion.understanding.helping_wishes import HELPING, find_help
from companion.understanding.intents import Intent
from companion.understanding.visit_wishes import VISITING, find_visit_wish

WORDED: Final = frozenset({*ALONG, *AGENDA, *ACTIVITY, *HELPING, *VISITING})
"""Their value is what was said, in which it stands what is wanted."""


def find_worded(text: str, expected: Collection[Intent]) -> Intent | None:
    """Which of `WORDED` is meant, of those expected; None if it is something else."""
    asked = WORDED.intersection(expected)
    if not asked:
        return None
    # "Vraag of Anna meegaat naar de kapper" is no question about the kapper.
    if (of_along := find_along(text)) is not None:
        return of_along if of_along in asked else None
    # "Trek mijn vraag in" is nothing of the agenda.
    if (of_helping := find_help(text)) is not None:
        return of_helping if of_helping in asked else None
    # Nor is what a visitor promised; and who comes is more than that something is on.
    if (of_visits := find_visit_wish(text)) is not None:
        return of_visits if of_visits in asked else None
    of_agenda, of_activities = find_wish(text), find_activity_wish(text)
    # "Wat is er morgen te doen?" is more than what stands in the agenda.
    is_told = of_agenda not in (None, Intent.TELL_AGENDA)
    found = of_agenda if is_told or of_activities is None else of_activities
    return found if found in asked else None
