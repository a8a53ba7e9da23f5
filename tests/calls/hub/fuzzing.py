"""Asks a real hub thousands of things that its own description makes up.

Half of them keep to the description, half break it; who asks is now a stranger, now
somebody who is logged in, and some tokens are real ones.
"""

import asyncio
import datetime
import random
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import schemathesis
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from calls.hub.endpoints import BY_KEY, Who
from calls.hub.enrolment import make_code
from calls.hub.guard import TOKEN_HEADER
from calls.hub.invitations import accept
from calls.hub.login_links import create_links
from calls.hub.members import agree
from calls.hub.openapi import describe_hub
from calls.hub.sessions import find_session
from calls.hub.state import RouteGroup
from calls.keys import DeviceKey
from calls.messages import Role
from tests.calls.hub.peers import Home, Place, add_note, running_hub, subscription

Some = TypeVar("Some")

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EMAIL = "anna@example.org"

MOST_USES = 20
"""Of one session, before somebody new logs in."""


class HubThread:
    """A hub with an event loop of its own, for who asks without one."""

    def __init__(self, place: Place, home: Home) -> None:
        self.place = place
        self.home = home
        self._loop = asyncio.get_running_loop()

    def do(self, work: Coroutine[Any, Any, Some]) -> Some:
        """Let the hub's own thread do it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


@contextmanager
def hub_thread(folder: Path, groups: Sequence[RouteGroup]) -> Iterator[HubThread]:
    """A hub beside this thread."""
    found: list[HubThread] = []
    ready, done = threading.Event(), threading.Event()

    async def live() -> None:
        async with running_hub(folder, groups=groups) as place:
            home = await place.home()
            found.append(HubThread(place, home))
            ready.set()
            await asyncio.to_thread(done.wait)

    def run() -> None:
        try:
            asyncio.run(live())
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="hub")
    thread.start()
    try:
        ready.wait()
        if not found:
            raise RuntimeError("the hub did not open")
        yield found[0]
    finally:
        done.set()
        thread.join()


@dataclass
class Outcome:
    """What was asked, and what came of it.

    Attributes:
        statuses: How often each endpoint answered what.
        problems: Answers that the description does not allow.
    """

    statuses: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """How many were asked."""
        return self.statuses.total()

    @property
    def server_errors(self) -> int:
        """How many the hub had no answer to."""
        return sum(n for (_, _, status), n in self.statuses.items() if status >= 500)


class Fuzzer:
    """Asks one hub.

    Args:
        hub: That is asked.
        chance: Who asks, and what is real.
    """

    def __init__(self, hub: HubThread, chance: random.Random) -> None:
        self.outcome = Outcome()
        self._hub = hub
        self._chance = chance
        self._session: tuple[str, str] | None = None
        self._member = ""
        self._uses = 0

    def run(self, cases: int, each: int) -> Outcome:
        """Ask all endpoints in turn, right and wrong things, until it is enough.

        Args:
            cases: So many at least.
            each: So many of each endpoint and kind in one round.
        """
        schema = schemathesis.openapi.from_dict(
            describe_hub(self._hub.place.hub.local_url)
        )
        operations = [
            result.ok()
            for result in schema.get_all_operations()
            if isinstance(result, Ok)
        ]
        while self.outcome.cases < cases:
            for operation in operations:
                for mode in self._modes(operation):
                    strategy = operation.as_strategy(generation_mode=mode)
                    self._ask_many(strategy, each)
        return self.outcome

    @staticmethod
    def _modes(operation: APIOperation[Any, Any, Any, Any]) -> list[GenerationMode]:
        """Who is asked nothing in particular cannot be asked it wrongly."""
        has_body = BY_KEY[operation.method.upper(), operation.path].body is not None
        if has_body or "{" in operation.path:
            return list(GenerationMode)
        return [GenerationMode.POSITIVE]

    def _ask_many(self, strategy: st.SearchStrategy[Case[Any]], count: int) -> None:
        before = self.outcome.cases

        @seed(self._chance.randrange(2**32))
        @settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def ask(case: Case[Any]) -> None:
            if self.outcome.cases < before + count:
                self._ask(case)

        ask()

    def _ask(self, case: Case[Any]) -> None:
        key = (case.method.upper(), case.operation.path)
        headers = self._headers(BY_KEY[key].who)
        if isinstance(case.body, dict) and self._chance.random() < 0.4:
            self._make_real(key[1], case.body)
        if "member" in case.path_parameters and self._chance.random() < 0.7:
            # As whom they may see an agenda.
            case.path_parameters["member"] = self._member or "nobody"
        if "note" in case.path_parameters and self._member:
            note = self._hub.do(add_note(self._hub.home, self._member))
            case.path_parameters["note"] = note
        if key == ("DELETE", "/api/session"):
            self._uses = MOST_USES
        response = case.call(self._hub.place.hub.local_url, headers=headers)
        self.outcome.statuses[(*key, response.status_code)] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except* AssertionError as group:
            self.outcome.problems += [
                f"{key[0]} {key[1]} {response.status_code}: {error}"
                for error in group.exceptions
            ]

    def _headers(self, who: Who) -> dict[str, str]:
        """Mostly as our page sends them."""
        place, headers = self._hub.place, {}
        if self._chance.random() < 0.9:
            headers["Origin"] = place.origin
        if who in (Who.ACCOUNT, Who.VISITOR) and self._chance.random() < 0.9:
            cookie, token = self._logged_in()
            headers["Cookie"] = f"{place.hub.state.cookie_name}={cookie}"
            headers[TOKEN_HEADER] = token
        return headers

    def _logged_in(self) -> tuple[str, str]:
        """The cookie and the token of a session that is still good."""
        self._uses += 1
        if self._session is None or self._uses > MOST_USES:
            self._session = self._hub.do(self._new_session())
            self._uses = 0
        return self._session

    async def _new_session(self) -> tuple[str, str]:
        """The cookie and the token of somebody new."""
        place = self._hub.place
        store, now = place.hub.state.store, place.time.now
        self._member, token = await self._hub.home.invite()
        joined = await accept(store, token, "nl", EMAIL, now)
        assert joined.session is not None
        await agree(
            store,
            self._hub.home.id,
            self._member,
            Role.FAMILY,
            sees_presence=False,
            sees_use=False,
            sees_agenda=True,
        )
        found = await find_session(store, joined.session.token, now)
        assert found is not None
        return joined.session.token, found.csrf

    def _make_real(self, path: str, body: dict[str, Any]) -> None:
        """Put in a token or a code that lets somebody in."""
        place = self._hub.place
        store, now = place.hub.state.store, place.time.now
        if path.startswith("/api/invitations/"):
            body["token"] = self._hub.do(self._hub.home.invite())[1]
        elif path == "/api/links/use":
            url = place.hub.url
            links = self._hub.do(create_links(store, url, EMAIL, now))
            body["token"] = links[0].url.partition("#")[2] if links else "x"
        elif path == "/api/devices":
            key = ec.generate_private_key(ec.SECP256R1())
            body["key"] = DeviceKey(key).public
            body["code"] = self._hub.do(make_code(store, now)).text
        elif path.endswith("/proposals"):
            today = datetime.datetime.fromtimestamp(now, datetime.UTC).date()
            body |= {"what": "De tandarts", "day": today.isoformat(), "time": "10:00"}
            body |= {"place": None, "repeats": "once", "replaces": None}
        elif path == "/api/push":
            body |= subscription()


def fuzz(
    folder: Path,
    groups: Sequence[RouteGroup],
    cases: int,
    each: int,
    number: int,
) -> Outcome:
    """Ask a new hub.

    Args:
        folder: Where its database is.
        groups: Of its routes besides those of who is who.
        cases: So many at least.
        each: So many of each endpoint and kind in one round.
        number: Where chance starts.
    """
    with hub_thread(folder, groups) as hub:
        return Fuzzer(hub, random.Random(number)).run(cases, each)
