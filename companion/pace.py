"""At what pace a person speaks, learnt from their pauses (pure).

Fixed waits of 0.5 to 0.7 s cut people off. Pauses of more than a second are usual
in spontaneous speech, and only there (Campione and Véronis, A large-scale
multilingual study of silent pause duration, Speech Prosody 2002); how long they are
differs more between people than between anything else. So the wait begins at a
patient one, and follows the person: the 90th percentile of the pauses inside their
turns, and half as much again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from companion.asking import Patience, TurnKind

OF_LONGEST: Final = 0.9
ROOM: Final = 1.5

HIGHEST_S: Final = 6.0
"""Beyond this a person wonders whether anybody listens."""

HIGHEST_URGENT_S: Final = 3.0
"""Who is short of breath pauses long, and still help must not wait."""

LOWEST_SHARE: Final = 2 / 3
"""Of the wait that was set: for who has aphasia the setting is high for a reason."""

ENOUGH: Final = 20
"""Pauses before anything changes: of 20, two lie beyond the 90th percentile."""

ENOUGH_DAYS: Final = 3
"""One day with a visitor or the television on changes nothing."""

RECENT: Final = 200
"""Pauses of a kind that count, the newest; some weeks of check-ins."""

MOST_IN_A_TURN: Final = 8
"""A turn with more holds other people's talk, or a television's."""


@dataclass(frozen=True, slots=True)
class Pause:
    """One silence inside a turn. There are no words with it.

    Attributes:
        kind: How the question was to be answered.
        length_s: How long it was, in seconds.
        at: When, local and aware of its zone.
    """

    kind: TurnKind
    length_s: float
    at: datetime


def usable(lengths_s: Sequence[float]) -> tuple[float, ...]:
    """Those pauses of one turn to learn from: none of a turn that looks odd.

    The caller leaves out turns that were not understood: what a television or a
    visitor says is hardly ever an answer.
    """
    return tuple(lengths_s) if len(lengths_s) <= MOST_IN_A_TURN else ()


def end_of_turn_s(kind: TurnKind, start_s: float, pauses: Sequence[Pause]) -> float:
    """Silence that ends such a turn of this person, in seconds.

    Args:
        kind: How the question is to be answered. For an urgent one the pauses in
            other short answers count, and it never ends sooner than was set.
        start_s: The wait that was set, which holds until enough is known.
        pauses: What was heard of the person, oldest first.
    """
    is_urgent = kind is TurnKind.URGENT
    like = TurnKind.CLOSED if is_urgent else kind
    known = [pause for pause in pauses if pause.kind is like][-RECENT:]
    days = {pause.at.date() for pause in known}
    if len(known) < ENOUGH or len(days) < ENOUGH_DAYS:
        return start_s
    learnt_s = ROOM * _percentile([pause.length_s for pause in known])
    lowest_s = start_s if is_urgent else LOWEST_SHARE * start_s
    highest_s = HIGHEST_URGENT_S if is_urgent else HIGHEST_S
    return max(lowest_s, min(learnt_s, highest_s))


def patience_of(start: Patience, pauses: Sequence[Pause]) -> Patience:
    """How long to wait for this person.

    Args:
        start: The waits that were set.
        pauses: What was heard of the person, oldest first.
    """

    def learnt_s(kind: TurnKind) -> float:
        return end_of_turn_s(kind, start.end_of_turn_s(kind), pauses)

    return replace(
        start,
        end_closed_s=learnt_s(TurnKind.CLOSED),
        end_open_s=learnt_s(TurnKind.OPEN),
        end_spelt_s=learnt_s(TurnKind.SPELT),
        end_urgent_s=learnt_s(TurnKind.URGENT),
    )


def _percentile(lengths_s: Sequence[float]) -> float:
    """The length that nine of ten pauses do not exceed."""
    in_order = sorted(lengths_s)
    return in_order[math.ceil(OF_LONGEST * len(in_order)) - 1]
