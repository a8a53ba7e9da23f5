"""How likely words follow each other where anything may be said: Gr.fst.

A bigram model with absolute discounting of what people are expected to say, which
backs off to single words: those of the phrases, and the most frequent of Dutch.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise

from voice.model.fst import Fst

EPSILON = 0
START, ANY_WORD = 0, 1
"""The states that Gr.fst begins with: nothing said yet, and no history."""

_END = -1
_BEGIN = -2

# What is taken from each count, for pairs that were never seen.
_DISCOUNT = 0.7
# Share of the words that people say of their own accord.
_OTHER_WORDS = 0.3
# As many as are heard so. With all 9,000, hearing took more than a core of a desktop
# computer, for each word may begin at each moment.
_MOST_OTHER_WORDS = 3000
# What a word said here costs that was added later, as a name of the family: as the
# word at this place among the most frequent ones.
_RANK_OF_ADDED_WORDS = 100


@dataclass(slots=True)
class _Counts:
    """How often words follow others."""

    after: dict[int, Counter[int]] = field(default_factory=dict)
    alone: Counter[int] = field(default_factory=Counter)

    def add(self, labels: Sequence[int]) -> None:
        for before, label in pairwise((_BEGIN, *labels, _END)):
            self.after.setdefault(before, Counter())[label] += 1
            self.alone[label] += 1


def sentence_graph(phrases: Iterable[str], labels: Mapping[str, int]) -> Fst:
    """Make Gr.fst.

    Args:
        phrases: What people are expected to say; those with other words are left
            out.
        labels: The words, the most usual first.
    """
    counts = _Counts()
    for phrase in phrases:
        words = phrase.split()
        if all(word in labels for word in words):
            counts.add([labels[word] for word in words])
    fst = Fst()
    for _ in (START, ANY_WORD):
        fst.add_state()
    state_of = {_BEGIN: START}
    for label in sorted(set(counts.after) - {_BEGIN}):
        state_of[label] = fst.add_state()
    for before, following in counts.after.items():
        _add_history(fst, state_of[before], following, state_of)
    if not counts.after:
        fst.arcs[START].append((EPSILON, EPSILON, 0.0, ANY_WORD))
    for label, cost in _single_words(counts.alone, labels).items():
        if label == _END:
            fst.finals[ANY_WORD] = cost
        else:
            to = state_of.get(label, ANY_WORD)
            fst.arcs[ANY_WORD].append((label, label, cost, to))
    return fst


def cost_of_added_word() -> float:
    """What a word costs that was added to a model, natural logarithm."""
    return -math.log(_OTHER_WORDS * _zipf(_RANK_OF_ADDED_WORDS))


def _add_history(
    fst: Fst, state: int, following: Counter[int], state_of: Mapping[int, int]
) -> None:
    total = following.total()
    for label, count in following.items():
        cost = -math.log((count - _DISCOUNT) / total)
        if label == _END:
            fst.finals[state] = cost
        else:
            fst.arcs[state].append((label, label, cost, state_of[label]))
    other = -math.log(_DISCOUNT * len(following) / total)
    fst.arcs[state].append((EPSILON, EPSILON, other, ANY_WORD))


def _single_words(alone: Counter[int], labels: Mapping[str, int]) -> dict[int, float]:
    """The cost of each word, and of the end, whatever came before."""
    total = alone.total()
    shares = {
        label: (1 - _OTHER_WORDS) * count / total for label, count in alone.items()
    }
    for rank, label in enumerate(islice(labels.values(), _MOST_OTHER_WORDS)):
        shares[label] = shares.get(label, 0.0) + _OTHER_WORDS * _zipf(rank)
    shares.setdefault(_END, 0.2)
    return {label: -math.log(share) for label, share in shares.items()}


def _zipf(rank: int) -> float:
    """Zipf's law: the second word is said half as often as the first."""
    # The sum of 1 / n up to 3,000 is about 8.6.
    return 1 / (8.6 * (rank + 1))
