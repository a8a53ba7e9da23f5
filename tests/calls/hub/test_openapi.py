"""The hub's description of itself: right, complete, and kept."""

from pathlib import Path

import schemathesis

from calls.hub.endpoints import BY_KEY
from calls.hub.openapi import describe_hub
from calls.hub.signalling import signalling
from tests.calls.hub.fuzzing import fuzz
from tests.calls.hub.peers import Browser, Place


async def test_it_is_served(place: Place, anna: Browser) -> None:
    answer = await anna.ask("GET", "/api/openapi.json")
    assert answer.body == describe_hub(place.hub.url)


def test_it_names_every_endpoint() -> None:
    description = describe_hub("https://hub.example")
    named = {
        (method.upper(), path)
        for path, methods in description["paths"].items()
        for method in methods
    }
    assert named == BY_KEY.keys()
    # Another reader of such descriptions finds nothing wrong with it.
    schema = schemathesis.openapi.from_dict(description)
    assert len([*schema.get_all_operations()]) == len(BY_KEY)
    schema.validate()


def test_the_hub_answers_as_it_says_whatever_it_is_asked(tmp_path: Path) -> None:
    outcome = fuzz(tmp_path, [signalling()], cases=150, each=6, number=1)
    assert outcome.problems == []
    assert outcome.server_errors == 0
    # And it was no play with closed doors only.
    let_in = {key[:2] for key in outcome.statuses if key[2] < 300}
    assert ("POST", "/api/devices") in let_in
    assert ("POST", "/api/invitations/accept") in let_in
    assert ("PUT", "/api/push") in let_in
    assert ("GET", "/api/me") in let_in
    assert ("GET", "/api/agenda/{member}") in let_in
    assert ("POST", "/api/agenda/{member}/proposals") in let_in
    assert ("POST", "/api/notes/{note}/answer") in let_in
