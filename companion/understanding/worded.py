"""Wishes in words of one's own, of which only the words around them are known."""

from collections.abc import Collection
from typing import Final

from companion.understanding.agenda_wishes import AGENDA, find_wish
from companion.understanding.helping_wishes import HELPING, find_help
from companion.understanding.intents import Intent

WORDED: Final = frozenset({*AGENDA, *HELPING})
"""Their value is what was said, in which it stands what is wanted."""


def find_worded(text: str, expected: Collection[Intent]) -> Intent | None:
    """Which of `WORDED` is meant, of those expected; None if it is something else."""
    asked = WORDED.intersection(expected)
    if not asked:
        return None
    # "Trek mijn vraag in" is nothing of the agenda.
    found = find_help(text) or find_wish(text)
    return found if found in asked else None
