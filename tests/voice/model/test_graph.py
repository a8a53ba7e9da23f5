"""The graph allows the words as they sound, and no others."""

from collections.abc import Sequence

import numpy as np
import pytest

from tests.voice.model.viterbi import best_words
from voice.model import transitions
from voice.model.fst import NOT_FINAL, Fst
from voice.model.graph import (
    BETWEEN,
    FIRST_LABEL,
    PAUSE,
    UNKNOWN_LABEL,
    WORDS,
    GraphCosts,
    UnknownSound,
    word_graph,
)
from voice.model.phones import PDFS, SILENCE, first_pdf, rest_pdf

JA, NEE, JE = FIRST_LABEL, FIRST_LABEL + 1, FIRST_LABEL + 2
LEXICON = [(JA, ("j", "a:")), (NEE, ("n", "e:")), (JE, ("j", "@")), (JE, ("j", "E"))]
FREE = {JA: 0.0, NEE: 0.0, JE: 0.0}


def heard(
    sounds: Sequence[str],
    costs: dict[int, float],
    graph: Fst,
    frames_each: int = 3,
) -> tuple[int, ...]:
    """What a network that is sure of these phones makes the graph hear."""
    rows = []
    for phone in sounds:
        for output in [first_pdf(phone)] + [rest_pdf(phone)] * (frames_each - 1):
            row = np.full(PDFS, -10.0, np.float32)
            row[output] = 0.0
            rows.append(row)
    return best_words(np.array(rows), graph, costs)[1]


def test_a_word_is_heard_by_its_sounds() -> None:
    graph = word_graph(LEXICON, GraphCosts())
    assert heard(["j", "a:"], FREE, graph) == (JA,)
    assert heard(["j", "E"], FREE, graph) == (JE,)
    assert heard(["j", "@"], FREE, graph) == (JE,)
    assert heard([SILENCE, "n", "e:", SILENCE, "j", "a:"], FREE, graph) == (NEE, JA)
    assert heard([SILENCE], FREE, graph) == ()


def test_what_is_no_word_is_unknown_where_the_grammar_has_that() -> None:
    graph = word_graph(LEXICON, GraphCosts(UnknownSound(1.0, 0.5)))
    grammar = {**FREE, UNKNOWN_LABEL: 1.0}
    other = ["b", "r", "o:", "t"]
    assert heard(other, grammar, graph) == (UNKNOWN_LABEL,)
    assert UNKNOWN_LABEL not in heard(other, FREE, graph)
    assert heard(["j", "a:"], grammar, graph) == (JA,)


def test_a_sound_of_few_phones_is_not_unknown() -> None:
    grammar = {JE: 50.0, UNKNOWN_LABEL: 1.0}
    graph = word_graph(LEXICON, GraphCosts(UnknownSound(0.0, 0.5, fewest_phones=4)))
    assert heard(["b", "o:", "m"], grammar, graph, 1) != (UNKNOWN_LABEL,)
    assert heard(["b", "o:", "m", "@"], grammar, graph, 1) == (UNKNOWN_LABEL,)
    single = word_graph(LEXICON, GraphCosts(UnknownSound(0.0, 0.5, fewest_phones=1)))
    assert heard(["b"], grammar, single, 2) == (UNKNOWN_LABEL,)


@pytest.mark.parametrize("fewest", [1, 2, 3, 5])
def test_each_way_of_being_unknown_costs_what_it_should(fewest: int) -> None:
    unknown = UnknownSound(2.0, 0.5, 0.1, fewest_phones=fewest)
    graph = word_graph([], GraphCosts(unknown))
    # Where one can be, after how many phones, and at which cost.
    places = {(WORDS, 0, 0.0)}
    ended = set()
    while places:
        state, count, cost = places.pop()
        for step, _, weight, to in graph.arcs[state]:
            place = (to, count + bool(step), round(cost + weight, 5))
            if to == BETWEEN:
                ended.add(place[1:])
            elif to != state and place[1] < fewest + 3:
                places.add(place)
    least = max(1, fewest)
    assert ended == {(n, round(2.0 + 0.5 * n, 5)) for n in range(least, fewest + 3)}


def test_each_frame_of_an_unknown_sound_costs_what_it_should() -> None:
    graph = word_graph([], GraphCosts(UnknownSound(2.0, 0.5, 0.1, fewest_phones=2)))
    loops = [arc for at, arcs in enumerate(graph.arcs) for arc in arcs if arc[3] == at]
    assert {weight for step, _, weight, _ in loops if step > 1} == {0.1}


def steps_of(graph: Fst, label: int) -> list[int]:
    """The steps into the phones of a word that has one pronunciation."""
    [(step, _, _, state)] = [arc for arc in graph.arcs[WORDS] if arc[1] == label]
    steps = [step]
    while state != BETWEEN:
        [(step, _, _, state)] = [arc for arc in graph.arcs[state] if arc[3] != state]
        steps += [step] if step else []
    return steps


def test_each_phone_stands_at_its_place_in_the_word() -> None:
    graph = word_graph([(JA, ("h", "a:", "l", "o:")), (NEE, ("o:",))], GraphCosts())
    assert steps_of(graph, JA) == [
        transitions.entering(transitions.phone_id(phone, position))
        for phone, position in zip(("h", "a:", "l", "o:"), "BIIE", strict=True)
    ]
    single = transitions.entering(transitions.phone_id("o:", "S"))
    assert steps_of(graph, NEE) == [single]


def test_words_share_their_endings() -> None:
    endings = [(JA + n, (first, "o:", "p", "@", "n")) for n, first in enumerate("lkd")]
    few = word_graph(endings[:1], GraphCosts())
    all_three = word_graph(endings, GraphCosts())
    assert len(all_three.finals) == len(few.finals) + 2


def test_words_stand_first_and_in_order_for_composing() -> None:
    graph = Fst.from_bytes(word_graph(LEXICON, GraphCosts()).to_bytes())
    labels = [word for _, word, _, _ in graph.arcs[WORDS]]
    assert labels == sorted(labels)
    assert set(labels) == {UNKNOWN_LABEL, JA, NEE, JE}
    for state, arcs in enumerate(graph.arcs):
        if state != WORDS:
            assert all(word == 0 for _, word, _, _ in arcs)
    assert [graph.finals[state] for state in (BETWEEN, WORDS, PAUSE)] == [
        0.0, NOT_FINAL, 0.0,
    ]  # fmt: skip
