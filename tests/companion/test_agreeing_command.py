"""`praatpaal people agree|disagree|following`, with and without a device that runs."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest

from calls.messages import Invite, Invited, Member, Members, Role
from calls.wire import Message
from companion.cli import main
from companion.clock import SystemClock
from companion.commands.texts import Texts
from companion.consent import Agreement, Way
from companion.control import SOCKET_FILE, Control
from companion.following import Following
from companion.inviting import Inviting
from companion.people import People, PersonId, make_person
from companion.store import open_store

ANNA = PersonId(1)

Run = Callable[..., Awaitable[int]]


class Hub:
    """A hub that makes invitations, and tells who joined."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Message], None]] = []

    def on_message(self, callback: Callable[[Message], None]) -> None:
        self._listeners.append(callback)

    async def deliver(self, message: Message) -> bool:
        return True

    async def invite(self, invite: Invite) -> Invited:
        return Invited(invite.id, invite.member, "https://hub.example/join#1", 9e9)

    def tells(self, member: str, role: Role) -> None:
        joined = Member(member, "Anna", role, True, True, False, False)
        for listener in self._listeners:
            listener(Members((joined,)))


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    with_anna = open_store(folder / "journal.db", datetime.now().astimezone())
    made = make_person("Anna Bos", "daughter", datetime.now().astimezone())
    People(with_anna).add(made)
    with_anna.close()
    (tmp_path / "praatpaal.toml").write_text(f'[folders]\nstate = "{folder}"\n')
    return folder


@pytest.fixture
def run(state: Path) -> Run:
    settings = str(state.parent / "praatpaal.toml")

    async def people(*arguments: str) -> int:
        asked = ["--settings", settings, "people", *arguments]
        return await asyncio.to_thread(main, asked)

    return people


@asynccontextmanager
async def device(state: Path) -> AsyncIterator[tuple[People, Hub]]:
    """The part of a device that the command line asks."""
    clock = SystemClock("Europe/Amsterdam")
    store = open_store(state / "journal.db", clock.now())
    people, hub = People(store), Hub()
    inviting = Inviting(people, Following(people, hub), hub, clock)
    running = asyncio.create_task(Control(state, inviting.handlers).run())
    async with asyncio.timeout(5):
        while not (state / SOCKET_FILE).is_socket():
            assert not running.done()
            await asyncio.sleep(0)
    try:
        yield people, hub
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        store.close()


async def test_agreed_shown_and_taken_back(
    run: Run, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with device(state) as (people, hub):
        assert await run("invite", "1", "--role", "close_family") == 0
        assert await run("agree", "1", "presence", "quiet_hours") == 0
        assert people.find(ANNA).agreed == {Agreement.PRESENCE, Agreement.QUIET_HOURS}
        assert {each.way for each in people.consents()} == {Way.COMMAND}
        assert await run("disagree", "1", "presence", "--json") == 0
        assert people.find(ANNA).agreed == {Agreement.QUIET_HOURS}
        hub.tells(str(people.find(ANNA).video), Role.CLOSE_FAMILY)
        capsys.readouterr()

        assert await run("following") == 0
        shown = capsys.readouterr().out.splitlines()
        assert shown[0] == "1  Anna Bos (naaste familie), doet mee"
        assert shown[1].startswith("   mag in de rusttijd bellen: sinds ")
        assert shown[1].endswith(", ingesteld, en nog niet bevestigd")
        assert len(shown) == 2
        assert await run("list") == 0
        assert capsys.readouterr().out.endswith(", volgt als naaste familie\n")
    # Without the device only the hub's part is not known.
    assert await run("following", "--json") == 0
    [one] = json.loads(capsys.readouterr().out)
    assert one["has_joined"] is None and one["role"] == "close_family"
    assert [each["agreement"] for each in one["agreed"]] == ["quiet_hours"]


async def test_a_role_that_is_less_takes_back_what_only_close_family_may(
    run: Run, state: Path
) -> None:
    async with device(state) as (people, _):
        await run("invite", "1", "--role", "close_family")
        await run("agree", "1", "presence", "auto_answer")
        await run("invite", "1")
        assert people.find(ANNA).agreed == {Agreement.PRESENCE}
        await run("invite", "1", "--role", "close_family")
        assert people.find(ANNA).agreed == {Agreement.PRESENCE}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("agree", "1", "presence"), "not_invited"),
        (("agree", "9", "presence"), "unknown"),
        (("disagree", "9", "presence"), "unknown"),
        (("withdraw", "1"), "not_invited"),
    ],
)
async def test_what_cannot_be_is_one_sentence(
    run: Run,
    state: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    reason: str,
) -> None:
    async with device(state):
        assert await run(*arguments) == 1
    assert capsys.readouterr().err == Texts("people", "errors").say(reason) + "\n"


async def test_who_is_no_close_family_may_not_disturb(
    run: Run, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with device(state) as (people, _):
        await run("invite", "1")
        assert await run("agree", "1", "quiet_hours") == 1
        assert not people.find(ANNA).agreed
    assert Texts("people", "errors").say("not_close") in capsys.readouterr().err


@pytest.mark.parametrize("action", ["agree", "disagree"])
async def test_without_a_device_that_runs_it_says_so(
    run: Run, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    assert await run(action, "1", "presence") == 1
    assert (
        capsys.readouterr().err == Texts("people", "errors").say("not_running") + "\n"
    )


async def test_nobody_follows_and_that_is_said(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run("following") == 0
    assert capsys.readouterr().out == "Er kijkt niemand mee.\n"


async def test_somebody_is_removed_also_while_no_device_runs(
    run: Run, state: Path
) -> None:
    async with device(state):
        await run("invite", "1")
    assert await run("remove", "1") == 0
    async with device(state) as (people, _):
        assert people.all() == []


def test_every_agreement_way_and_role_has_its_words() -> None:
    for section, names in (("agreements", Agreement), ("ways", Way), ("roles", Role)):
        assert Texts("people", section).names == {each.value for each in names}
