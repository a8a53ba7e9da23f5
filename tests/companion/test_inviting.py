"""The command line asks the device that runs: invitations, and taking them back."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from calls.messages import Invite, Invited, Role
from companion.control import (
    LINE_BYTES,
    SOCKET_FILE,
    Control,
    Handler,
    NotRunning,
    Refused,
    ask,
)
from companion.following import Following
from companion.household import (
    FILE,
    Enrolment,
    read_enrolment,
    write_enrolment,
)
from companion.inviting import Inviting
from companion.people import People, PersonId, make_person
from companion.store import open_memory_store

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Hub:
    """A hub that keeps what it is asked."""

    def __init__(self, is_away: bool = False) -> None:
        self.asked: list[Invite] = []
        self._is_away = is_away

    async def invite(self, invite: Invite) -> Invited:
        if self._is_away:
            raise Refused("no_hub")
        self.asked.append(invite)
        return Invited(invite.id, invite.member, "https://hub.example/join#1", 99.0)


class Wall:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW


def inviting(people: People, hub: Hub) -> Inviting:
    return Inviting(people, Following(people), hub, Wall())


@pytest.fixture
def people() -> People:
    people = People(open_memory_store())
    people.add(make_person("Anna Smit", "daughter", NOW))
    return people


ANNA = PersonId(1)


async def test_the_member_is_kept_before_the_hub_hears_of_them(people: People) -> None:
    with pytest.raises(Refused, match="no_hub"):
        await inviting(people, Hub(is_away=True)).invite(ANNA, Role.FAMILY)
    kept = people.find(ANNA).video
    hub = Hub()
    invited = await inviting(people, hub).invite(ANNA, Role.CLOSE_FAMILY, "a@b.nl")
    (asked,) = hub.asked
    assert isinstance(asked, Invite)
    assert asked.member == kept == people.find(ANNA).video == invited.member
    assert (asked.name, asked.role, asked.email) == (
        "Anna Smit", Role.CLOSE_FAMILY, "a@b.nl",
    )  # fmt: skip


async def test_a_withdrawal_needs_no_hub(people: People) -> None:
    await inviting(people, Hub()).invite(ANNA, Role.FAMILY)
    await inviting(people, Hub(is_away=True)).withdraw(ANNA)
    assert people.find(ANNA).video is None and people.find(ANNA).role is None


@pytest.mark.parametrize(
    ("asked", "mailed"), [(None, "anna@post.nl"), ("", ""), ("a@b.nl", "a@b.nl")]
)
async def test_it_is_mailed_to_the_address_in_the_list_unless_asked_otherwise(
    people: People, tmp_path: Path, asked: str | None, mailed: str
) -> None:
    people.change(replace(people.find(ANNA), email="anna@post.nl"))
    hub = Hub()
    async with control(tmp_path, **inviting(people, hub).handlers):
        answer = await ask(
            tmp_path, "invite", person=1, role="family", email=asked, language="nl"
        )
    (invite,) = hub.asked
    assert isinstance(invite, Invite) and invite.email == mailed
    assert answer["is_mailed"] == bool(mailed)
    # The list keeps its own.
    assert people.find(ANNA).email == "anna@post.nl"


@pytest.mark.parametrize("email", ["anna", "a@b", "a b@c.nl", "a@b.nl\nBcc: x@y.nl"])
async def test_what_is_no_address_is_refused(people: People, email: str) -> None:
    hub = Hub()
    with pytest.raises(Refused, match="email"):
        await inviting(people, hub).invite(ANNA, Role.FAMILY, email)
    assert not hub.asked and people.find(ANNA).video is None


async def test_nobody_and_never_invited_are_refused(people: People) -> None:
    asked = inviting(people, Hub())
    with pytest.raises(Refused, match="unknown"):
        await asked.invite(PersonId(7), Role.FAMILY)
    with pytest.raises(Refused, match="not_invited"):
        await asked.withdraw(ANNA)


# -- the socket ------------------------------------------------------------


@asynccontextmanager
async def control(state: Path, **handlers: Handler) -> AsyncIterator[None]:
    running = asyncio.create_task(Control(state, handlers).run())
    async with asyncio.timeout(30):
        while not (state / SOCKET_FILE).is_socket():
            assert not running.done()
            await asyncio.sleep(0)
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def echo(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"heard": asked["word"]}


async def test_what_is_asked_is_answered(tmp_path: Path, people: People) -> None:
    handlers = inviting(people, Hub()).handlers
    async with control(tmp_path, echo=echo, **handlers):
        assert await ask(tmp_path, "echo", word="ja") == {"heard": "ja"}
        invited = await ask(
            tmp_path, "invite", person=1, role="family", email="", language="nl"
        )
        assert invited == {
            "url": "https://hub.example/join#1",
            "expires": 99.0,
            "is_mailed": False,
        }
        assert await ask(tmp_path, "withdraw", person=1) == {}
    assert not (tmp_path / SOCKET_FILE).exists()


async def test_only_this_user_may_ask(tmp_path: Path) -> None:
    async with control(tmp_path, echo=echo):
        assert (tmp_path / SOCKET_FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "wrong",
    [
        {"person": "1", "role": "family", "email": "", "language": "nl"},
        {"person": 1, "role": "boss", "email": "", "language": "nl"},
        {"person": 1, "role": "family", "email": "", "language": "de"},
        {"person": 1},
    ],
    ids=str,
)
async def test_a_wrong_wish_is_refused(
    tmp_path: Path, people: People, wrong: dict[str, Any]
) -> None:
    async with control(tmp_path, **inviting(people, Hub()).handlers):
        with pytest.raises(Refused, match="not_understood"):
            await ask(tmp_path, "invite", **wrong)
        with pytest.raises(Refused, match="not_understood"):
            await ask(tmp_path, "dance")


async def test_a_handler_that_breaks_is_said_and_the_next_is_answered(
    tmp_path: Path,
) -> None:
    async def breaks(_: Mapping[str, Any]) -> Mapping[str, Any]:
        raise RuntimeError("broken on purpose")

    async with control(tmp_path, breaks=breaks, echo=echo):
        with pytest.raises(Refused, match="failed"):
            await ask(tmp_path, "breaks")
        for rubbish in (b"", b"\n", b"[1]\n", b"{" * (LINE_BYTES + 1) + b"\n"):
            _, writer = await asyncio.open_unix_connection(tmp_path / SOCKET_FILE)
            writer.write(rubbish)
            writer.close()
        assert await ask(tmp_path, "echo", word="nog") == {"heard": "nog"}


async def test_nobody_answers_where_none_runs(tmp_path: Path) -> None:
    with pytest.raises(NotRunning):
        await ask(tmp_path, "echo", word="?")
    # One that was killed leaves its socket behind.
    (tmp_path / SOCKET_FILE).touch()
    with pytest.raises(NotRunning):
        await ask(tmp_path, "echo", word="?")
    async with control(tmp_path, echo=echo):
        assert await ask(tmp_path, "echo", word="ja") == {"heard": "ja"}


# -- where it is known ------------------------------------------------------------


def test_where_the_device_is_known_is_kept_whole(tmp_path: Path) -> None:
    url = "https://hub.example"
    assert read_enrolment(tmp_path, url) is None
    write_enrolment(tmp_path, Enrolment(url, "device-1"))
    assert read_enrolment(tmp_path, url) == Enrolment(url, "device-1")
    assert read_enrolment(tmp_path, "https://other.example") is None
    assert os.listdir(tmp_path) == [FILE]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", json.dumps({"url": "x"})])
def test_half_a_file_means_to_join_again(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert read_enrolment(tmp_path, "https://hub.example") is None
