"""A decoder for tests: the best row of words, found as the theory says."""

from collections.abc import Mapping

import numpy as np

from voice.model import transitions
from voice.model.acoustic import Floats
from voice.model.fst import NOT_FINAL, Fst

_FOREVER = float("inf")
Best = dict[int, tuple[float, tuple[int, ...]]]


def best_words(
    scores: Floats, graph: Fst, word_costs: Mapping[int, float]
) -> tuple[float, tuple[int, ...]]:
    """The cheapest way through the graph: its cost and its words.

    Args:
        scores: Acoustic log likelihood of each output, scaled; shape (frames, outputs).
        graph: From steps to words.
        word_costs: What each word costs; no others may be said.
    """
    output_of = {}
    for phone, _, enters, stays in transitions.tuples():
        output_of[transitions.entering(phone)] = enters
        output_of[transitions.staying(phone)] = stays
    reached: Best = {0: (0.0, ())}
    for frame in scores:
        reached = _closed(reached, graph, word_costs)
        following: Best = {}
        for state, (cost, words) in reached.items():
            for step, word, weight, to in graph.arcs[state]:
                if step and (word == 0 or word in word_costs):
                    sound = -float(frame[output_of[step]])
                    more = cost + weight + sound + word_costs.get(word, 0.0)
                    _keep(following, to, more, (*words, word) if word else words)
        reached = following
    reached = _closed(reached, graph, word_costs)
    return min(
        (cost + graph.finals[state], words)
        for state, (cost, words) in reached.items()
        if graph.finals[state] != NOT_FINAL
    )


def _closed(reached: Best, graph: Fst, word_costs: Mapping[int, float]) -> Best:
    """Go along steps that take no time."""
    closed, waiting = dict(reached), list(reached)
    while waiting:
        state = waiting.pop()
        cost, words = closed[state]
        for step, word, weight, to in graph.arcs[state]:
            assert not (step == 0 and word), "words stand on their first sound"
            if step == 0 and cost + weight < closed.get(to, (_FOREVER, ()))[0]:
                closed[to] = (cost + weight, words)
                waiting.append(to)
    return closed


def _keep(best: Best, state: int, cost: float, words: tuple[int, ...]) -> None:
    if cost < best.get(state, (_FOREVER, ()))[0]:
        best[state] = (cost, words)


def acoustic_scores(log_posteriors: Floats, log_priors: Floats, scale: float) -> Floats:
    """As Kaldi makes likelihoods of posteriors."""
    return np.asarray(scale * (log_posteriors - log_priors), np.float32)


def scaled(graph: Fst, factor: float) -> Fst:
    """The graph with all that it costs by itself multiplied."""
    return Fst(
        [[(a, b, factor * weight, to) for a, b, weight, to in arcs]
         for arcs in graph.arcs],
        [factor * final for final in graph.finals],
    )  # fmt: skip
