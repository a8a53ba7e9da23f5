"""The way to family: a hub of its own, one elsewhere, and none."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from calls.call import Caller, CallState
from calls.call_messages import Reason
from calls.hub.enrolment import make_code
from calls.hub.settings import HubSettings
from calls.messages import Invite, Role
from calls.wire import new_id
from companion.control import Refused
from companion.family_line import FamilyLine
from companion.family_parts import make_hub
from tests.sound.handmade import HandmadeDevice
from voice.path import AudioPath

ANNA = Caller("anna", "Anna")


class Line:
    """A family line that runs, and what it complained of."""

    def __init__(self, state: Path, hub: HubSettings, address: str) -> None:
        self.is_busy = False
        self.faults: list[bool] = []
        self._has_news = asyncio.Event()
        self.line = FamilyLine(
            hub,
            address,
            state,
            "Mevrouw De Vries",
            open_line=AudioPath(HandmadeDevice()).open_line,
            camera=None,
            show=lambda picture: None,
            on_fault=self._note,
            is_busy=lambda: self.is_busy,
            settled_s=0.01,
        )

    def _note(self, is_faulty: bool) -> None:
        self.faults.append(is_faulty)
        self._has_news.set()

    async def until(self, is_so: Callable[[list[bool]], bool]) -> None:
        async with asyncio.timeout(20):
            while not is_so(self.faults):
                self._has_news.clear()
                await self._has_news.wait()


@asynccontextmanager
async def running(
    state: Path, hub: HubSettings | None = None, address: str = ""
) -> AsyncIterator[Line]:
    line = Line(state, hub or HubSettings(port=0), address)
    task = asyncio.create_task(line.line.run())
    try:
        yield line
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def invitation(member: str) -> Invite:
    return Invite(new_id(), member, "Anna", Role.FAMILY, "", "nl")


async def test_without_settings_it_has_a_hub_of_its_own(tmp_path: Path) -> None:
    for _ in range(2):
        # The second time it is the same device, and the same hub.
        async with running(tmp_path) as home:
            await home.until(lambda faults: faults == [False])
            member = new_id()
            invited = await home.line.invite(invitation(member))
            assert invited.member == member and "/join#" in invited.url
            call = home.line.call(ANNA, 30, camera=False)
            states = [change.state async for change in call.changes()]
            assert states[-1] is CallState.ENDED
            assert call.now.reason is Reason.WITHDRAWN or (
                call.now.reason is Reason.UNREACHABLE
            )


async def test_before_there_is_a_hub_nobody_is_reached(tmp_path: Path) -> None:
    home = Line(tmp_path, HubSettings(), "https://hub.example")
    call = home.line.call(ANNA, 30, camera=False)
    assert [change.reason async for change in call.changes()] == [Reason.OFFLINE]
    await call.end(Reason.HUNG_UP)
    assert call.now.reason is Reason.OFFLINE


async def test_a_device_that_no_hub_knows_says_so(tmp_path: Path) -> None:
    async with running(tmp_path, address="https://hub.example") as home:
        await home.until(lambda faults: faults == [True])


async def test_a_taken_port_is_a_fault_and_no_end(tmp_path: Path) -> None:
    hub = make_hub(HubSettings(port=0), tmp_path / "other")
    await hub.open()
    taken = HubSettings(port=hub.state.port)
    try:
        async with running(tmp_path, taken) as home:
            await home.until(lambda faults: faults == [True])
            call = home.line.call(ANNA, 30, camera=False)
            assert call.now.reason is Reason.OFFLINE
    finally:
        await hub.close()


async def test_a_device_joins_a_hub_elsewhere_with_a_code(tmp_path: Path) -> None:
    hub = make_hub(HubSettings(port=0), tmp_path / "hub")
    await hub.open()
    try:
        code = (await make_code(hub.state.store, hub.state.now())).text
        state = tmp_path / "device"
        settings = tmp_path / "praatpaal.toml"
        settings.write_text(
            f'[calls]\nhub = "{hub.local_url}"\n[folders]\nstate = "{state}"\n'
        )
        for attempt, status in (("WRONG-CODE-0000", 1), (code, 0), (code, 0)):
            assert await join(settings, attempt) == status
        async with running(state, address=hub.local_url) as home:
            await home.until(lambda faults: faults == [False])
            invited = await home.line.invite(invitation(new_id()))
            assert invited.url.startswith("http")
    finally:
        await hub.close()


async def join(settings: Path, code: str) -> int:
    """`praatpaal hub join`; returns its exit code."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "companion.cli", "hub", "join", code),
        *("--settings", str(settings), "--json"),
        env=dict(os.environ),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, wrong = await process.communicate()
    assert process.returncode is not None
    assert bool(wrong) == (process.returncode != 0)
    return process.returncode


async def test_an_invitation_without_a_hub_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("companion.family_line.SOON_S", 0.05)
    home = Line(tmp_path, HubSettings(), "https://hub.example")
    with pytest.raises(Refused, match="no_hub"):
        await home.line.invite(invitation("anna"))


async def test_it_waits_for_the_end_of_a_conversation_and_for_no_call(
    tmp_path: Path,
) -> None:
    for end_of_waiting in ("rest", "call"):
        home = Line(tmp_path, HubSettings(port=0), "")
        home.is_busy = True
        task = asyncio.create_task(home.line.run())
        try:
            await asyncio.sleep(0.1)
            assert not home.faults
            if end_of_waiting == "rest":
                home.is_busy = False
            else:
                home.line.call(ANNA, 30, camera=False)
            await home.until(lambda faults: faults == [False])
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
