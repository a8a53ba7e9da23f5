"""What the benchmark of the hub tells."""

from collections import Counter

from benchmarks.hub_fuzz import as_json, lines
from tests.calls.hub.fuzzing import Outcome

OUTCOME = Outcome(
    Counter({("GET", "/api/me", 200): 3, ("GET", "/api/me", 500): 1}), ["no such thing"]
)


def test_it_tells_what_was_answered() -> None:
    assert lines(OUTCOME, 2.4) == [
        "GET /api/me                              200: 3, 500: 1",
        "4 cases in 2 s, 1 server errors, 1 answers beside the description",
        "no such thing",
    ]
    told = as_json(OUTCOME, 2.4)
    assert (told["cases"], told["server_errors"], told["seconds"]) == (4, 1, 2.4)
