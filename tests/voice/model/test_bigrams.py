"""What may follow what where anything may be said."""

import math

from hypothesis import given
from hypothesis import strategies as st

from voice.model.bigrams import ANY_WORD, START, cost_of_added_word, sentence_graph
from voice.model.fst import Fst

LABELS = {"ja": 2, "nee": 3, "hoor": 4, "huis": 5}


def share(cost: float) -> float:
    return math.exp(-cost)


def cost_of(graph: Fst, words: str) -> float:
    """The cheapest way to say these words, and to stop."""
    reached = closed(graph, {START: 0.0})
    for word in words.split():
        following: dict[int, float] = {}
        for state, cost in reached.items():
            for label, _, weight, to in graph.arcs[state]:
                if label == LABELS[word]:
                    following[to] = min(cost + weight, following.get(to, math.inf))
        reached = closed(graph, following)
    return min(cost + graph.finals[state] for state, cost in reached.items())


def closed(graph: Fst, reached: dict[int, float]) -> dict[int, float]:
    result = dict(reached)
    for state, cost in reached.items():
        for label, _, weight, to in graph.arcs[state]:
            if label == 0:
                result[to] = min(cost + weight, result.get(to, math.inf))
    return result


def test_what_people_say_is_likelier_than_its_words_in_another_order() -> None:
    graph = sentence_graph(["ja hoor", "nee hoor", "ja", "nee"], LABELS)
    assert cost_of(graph, "ja hoor") < cost_of(graph, "hoor ja") < math.inf
    assert cost_of(graph, "ja") < cost_of(graph, "huis") < math.inf


def test_phrases_with_words_that_the_model_lacks_do_not_count() -> None:
    one = sentence_graph(["ja", "ja mevrouw"], LABELS)
    assert one.to_bytes() == sentence_graph(["ja"], LABELS).to_bytes()


def test_without_phrases_any_word_may_be_said() -> None:
    graph = sentence_graph([], LABELS)
    assert cost_of(graph, "huis ja huis") < math.inf
    assert cost_of(graph, "ja") < cost_of(graph, "huis")


phrases = st.lists(
    st.lists(st.sampled_from(list(LABELS)), min_size=1, max_size=4).map(" ".join),
    max_size=12,
)


@given(phrases)
def test_shares_of_each_state_add_up_to_no_more_than_one(said: list[str]) -> None:
    graph = sentence_graph(said, LABELS)
    for state, arcs in enumerate(graph.arcs):
        total = sum(share(cost) for _, _, cost, _ in arcs) + share(graph.finals[state])
        assert total <= 1 + 1e-6 or (not said and state == ANY_WORD)
        assert len({label for label, *_ in arcs}) == len(arcs)
        assert all(label == output for label, output, *_ in arcs)


@given(phrases)
def test_everything_may_be_said_and_ended(said: list[str]) -> None:
    graph = sentence_graph(said, LABELS)
    for words in ("ja", "huis huis", "hoor ja nee"):
        assert cost_of(graph, words) < math.inf


def test_an_added_word_is_as_likely_as_a_frequent_one() -> None:
    graph = sentence_graph([], {f"woord{n}": n + 2 for n in range(3000)})
    costs = sorted(cost for _, _, cost, _ in graph.arcs[ANY_WORD])
    assert costs[50] < cost_of_added_word() < costs[200]
