"""The graph from steps between phones to words, and from words to sentences.

Vosk composes the two when it knows the grammar. It composes plainly, so an
ordinary transducer will do if its arcs are sorted by word and the word stands on
its first arc: then only the words of the grammar are ever looked at.

    between words --(epsilon | silence)--> words --(word: its phones)--> between words

Words share their endings. `[unk]` is every row of phones: see `UnknownSound`.
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from voice.model.fst import Arc, Fst
from voice.model.phones import SILENCE, SPEECH_PHONES
from voice.model.transitions import (
    SILENCE_ID,
    entering,
    phone_id,
    positions_of,
    staying,
)

EPSILON = 0
UNKNOWN = "[unk]"
UNKNOWN_LABEL = 1
FIRST_LABEL = 2
"""Of the words; below it are epsilon and `UNKNOWN`."""

BETWEEN, WORDS, PAUSE = 0, 1, 2
"""The states that every graph begins with."""


@dataclass(frozen=True, slots=True)
class UnknownSound:
    """What it costs to take sound for no word of the grammar.

    The best row of phones always fits better than the phones of a word; these
    costs are what a word may fit worse, in natural logarithms of a likelihood
    that is scaled by `acoustic-scale`.

    Attributes:
        per_sound: Once for each `[unk]`.
        per_phone: For each of its phones.
        per_frame: For each further 30 ms that a phone lasts.
        fewest_phones: A sound of fewer is not `[unk]`.
    """

    per_sound: float = 0.0
    per_phone: float = 1.5
    per_frame: float = 0.0
    fewest_phones: int = 2


@dataclass(frozen=True, slots=True)
class GraphCosts:
    """What the graph adds to what the sound says.

    Attributes:
        unknown: Of sound that is no word.
        pause: Of a pause between two words, natural logarithm.
    """

    unknown: UnknownSound = UnknownSound()
    pause: float = math.log(2)


USUAL_COSTS = GraphCosts()
"""As tuned; see the figures in the model's card."""

Pronunciation = tuple[int, Sequence[str]]
"""A word's label and its phones."""


def word_graph(words: Iterable[Pronunciation], costs: GraphCosts) -> Fst:
    """Make HCLr.fst: from steps between phones to words.

    Args:
        words: From `FIRST_LABEL` on.
        costs: What is tuned.
    """
    fst = Fst()
    for final in (0.0, float("inf"), 0.0):
        fst.add_state(final)
    fst.arcs[BETWEEN] = [
        (EPSILON, EPSILON, math.log(2), WORDS),
        (entering(SILENCE_ID), EPSILON, costs.pause, PAUSE),
    ]
    fst.arcs[PAUSE] = [
        (staying(SILENCE_ID), EPSILON, 0.0, PAUSE),
        (EPSILON, EPSILON, 0.0, WORDS),
    ]
    _add_unknown(fst, costs.unknown)
    fst.arcs[WORDS] += word_arcs(words, fst, first_state=0)
    return fst


def word_arcs(words: Iterable[Pronunciation], fst: Fst, first_state: int) -> list[Arc]:
    """The arcs by which words begin; their other states are added to `fst`.

    Args:
        words: Labels and phones.
        fst: Where their states come.
        first_state: What state 0 of `fst` will be called.
    """
    endings: dict[tuple[int, ...], int] = {}

    def state_of(numbers: tuple[int, ...]) -> int:
        """The state of being in the first of these phones; kept."""
        if numbers not in endings:
            rest = numbers[1:]
            following = (
                (entering(rest[0]), EPSILON, 0.0, state_of(rest))
                if rest
                else (EPSILON, EPSILON, 0.0, BETWEEN)
            )
            state = fst.add_state()
            endings[numbers] = first_state + state
            stay = (staying(numbers[0]), EPSILON, 0.0, first_state + state)
            fst.arcs[state] = [stay, following]
        return endings[numbers]

    arcs = []
    for label, phones in words:
        positions = positions_of(len(phones))
        numbers = tuple(map(phone_id, phones, positions))
        arcs.append((entering(numbers[0]), label, 0.0, state_of(numbers)))
    return arcs


def _add_unknown(fst: Fst, unknown: UnknownSound) -> None:
    """Add the loop over all phones, unrolled for those that there must be."""

    def sound(phone: str, position: str, then: int) -> tuple[int, int]:
        """A state for a phone; returns the step into it, and the state."""
        number = phone_id(phone, position)
        state = fst.add_state()
        fst.arcs[state] = [
            (staying(number), EPSILON, unknown.per_frame, state),
            (EPSILON, EPSILON, 0.0, then),
        ]
        return entering(number), state

    hubs = [fst.add_state() for _ in range(max(1, unknown.fewest_phones - 1))]
    for phone in SPEECH_PHONES:
        steps = [(WORDS, "B", hubs[0])]
        steps += [(at, "I", then) for at, then in itertools.pairwise(hubs)]
        steps += [(hubs[-1], "I", hubs[-1]), (hubs[-1], "E", BETWEEN)]
        if unknown.fewest_phones < 2:
            steps.append((WORDS, "S", BETWEEN))
        for at, position, then in steps:
            step, state = sound(phone, position, then)
            label, cost = EPSILON, unknown.per_phone
            if at == WORDS:
                label, cost = UNKNOWN_LABEL, cost + unknown.per_sound
            fst.arcs[at].append((step, label, cost, state))


assert SILENCE not in SPEECH_PHONES
