"""Shared agendas at the hub: who sees what, and what becomes of what is proposed."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from calls.agenda_messages import (
    Proposal,
    ProposalStands,
    ProposalState,
    ProposalWithdrawn,
    SharedAgenda,
    SharedEntry,
)
from calls.hub import tables
from calls.hub.agenda import FORGOTTEN_S, MOST_OPEN, STALE_S, Agendas
from calls.hub.limits import LIMITS, Buckets
from calls.hub.members import agree, withdraw
from calls.hub.signalling import signalling
from calls.messages import Agree, Household, Role, Withdraw
from calls.wire import new_id
from tests.calls.hub.callers import Device, Page, device_of, page_of
from tests.calls.hub.peers import Browser, Home, Place, browser, running_hub

DENTIST = SharedEntry(
    "appointment", "De tandarts", "2026-03-03", "10:00", "Dorpsstraat 1"
)
WISH = {"what": "De kapper", "day": "2026-03-10", "time": "11:30", "repeats": "once"}


def agenda(*entries: SharedEntry) -> SharedAgenda:
    return SharedAgenda(new_id(), "Europe/Amsterdam", entries, 0)


async def allow(home: Home, member: str, is_given: bool = True) -> None:
    store = home.place.hub.state.store
    await agree(
        store,
        home.id,
        member,
        Role.FAMILY,
        sees_presence=False,
        sees_use=False,
        sees_agenda=is_given,
    )


@dataclass
class Family:
    """Anna, who may see the agenda of a household."""

    home: Home
    anna: Browser
    member: str

    @property
    def path(self) -> str:
        return f"/api/agenda/{self.member}"

    async def sees(self) -> dict[str, Any]:
        answer = await self.anna.ask("GET", self.path)
        assert answer.status == 200, answer
        found: dict[str, Any] = answer.body
        return found

    async def proposes(self, **other: str) -> str:
        wish = {**WISH, **other}
        answer = await self.anna.ask("POST", f"{self.path}/proposals", wish)
        assert answer.status == 201, answer
        return str(answer.body["proposal"])

    async def states(self) -> list[str]:
        return [each["state"] for each in (await self.sees())["proposals"]]


@asynccontextmanager
async def follows(home: Home, name: str = "Anna") -> AsyncIterator[Family]:
    async with browser(home.place) as anna:
        member, token = await home.invite(name)
        await anna.join(token)
        await allow(home, member)
        yield Family(home, anna, member)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        yield place


@pytest.fixture
async def family(place: Place) -> AsyncIterator[Family]:
    async with follows(await place.home()) as family:
        yield family


async def marks(page: Page, member: str, before: str) -> str:
    """What tells the page to ask anew."""
    while True:
        told = await page.inbox.get(Household)
        if told.member == member and told.agenda != before:
            return told.agenda


# -- seen -----------------------------------------------------------------------------


async def test_what_the_device_shares_is_seen_as_it_was_told_last(
    family: Family,
) -> None:
    assert await family.sees() == {
        "zone": "", "stale_since": None, "entries": [], "left_out": 0, "proposals": [],
    }  # fmt: skip
    async with device_of(family.home) as device, page_of(family.anna) as page:
        mark = await marks(page, family.member, "")
        assert await device.client.deliver(agenda(DENTIST))
        mark = await marks(page, family.member, mark)
        seen = await family.sees()
        assert seen["zone"] == "Europe/Amsterdam"
        assert seen["entries"] == [
            {
                "kind": "appointment",
                "what": "De tandarts",
                "day": "2026-03-03",
                "time": "10:00",
                "place": "Dorpsstraat 1",
            }
        ]
        family.home.place.time.pass_(1)
        assert await device.client.deliver(agenda())
        await marks(page, family.member, mark)
        assert (await family.sees())["entries"] == []


async def test_who_may_not_see_it_sees_nothing(family: Family) -> None:
    async with (
        device_of(family.home) as device,
        follows(family.home, "Piet") as piet,
        page_of(piet.anna) as page,
    ):
        assert await device.client.deliver(agenda(DENTIST))
        await allow(family.home, piet.member, is_given=False)
        for method, path, body in (
            ("GET", piet.path, None),
            ("POST", f"{piet.path}/proposals", WISH),
            ("DELETE", f"{piet.path}/proposals/x", None),
        ):
            answer = await piet.anna.ask(method, path, body)
            assert (answer.status, answer.error) == (403, "not_agreed")
        # And he is nobody else.
        answer = await piet.anna.ask("GET", family.path)
        assert (answer.status, answer.error) == (404, "no_member")
        await family.home.place.hub.state.tell_members_changed(family.home.id)
        while (await page.inbox.get(Household)).agenda:
            pass
    assert (await family.sees())["entries"] != []


async def rows(place: Place) -> tuple[int, int]:
    """How many agendas and proposals are kept."""
    async with place.hub.state.store.reading() as connection:
        counts = [
            (await connection.execute(sa.select(sa.func.count()).select_from(each)))
            for each in (tables.shared_agenda, tables.proposal)
        ]
        agendas, proposals = (int(each.scalar_one()) for each in counts)
    return agendas, proposals


async def test_taken_back_it_is_gone_at_once(place: Place, family: Family) -> None:
    async with device_of(family.home) as device, follows(family.home, "Piet") as piet:
        assert await device.client.deliver(agenda(DENTIST))
        await family.proposes()
        await piet.proposes()
        assert await rows(place) == (1, 2)
        no = Agree(new_id(), family.member, Role.FAMILY, False, False, False)
        assert await device.client.deliver(no)
        assert await rows(place) == (1, 1)
        assert await device.client.deliver(Withdraw(new_id(), piet.member))
        assert await rows(place) == (0, 0)
        # What was on its way meanwhile is not kept either.
        assert await device.client.deliver(agenda(DENTIST))
        assert await rows(place) == (0, 0)


async def test_whoever_follows_no_longer_takes_it_along(
    place: Place, family: Family
) -> None:
    async with device_of(family.home) as device:
        assert await device.client.deliver(agenda(DENTIST))
    await family.proposes()
    store, now = place.hub.state.store, place.time.now
    await withdraw(store, family.home.id, family.member, now)
    assert await rows(place) == (0, 0)


async def test_an_old_one_is_shown_with_its_date_and_then_forgotten(
    place: Place, family: Family
) -> None:
    async with device_of(family.home) as device:
        assert await device.client.deliver(agenda(DENTIST))
    told_at = place.time.now
    place.time.pass_(STALE_S - 1)
    assert (await family.sees())["stale_since"] is None
    place.time.pass_(2)
    seen = await family.sees()
    assert (seen["stale_since"], len(seen["entries"])) == (told_at, 1)
    place.time.pass_(FORGOTTEN_S)
    assert (await family.sees())["entries"] == []

    async def changed(_: str) -> None:
        """Nobody looks."""

    await Agendas(place.hub.state.store, place.hub.state.now, changed).tidy()
    assert await rows(place) == (0, 0)


async def test_a_device_that_tells_nonsense_is_shown_nowhere(family: Family) -> None:
    odd = [
        SharedEntry("appointment", "x", day, time, "")
        for day, time in (("morgen", ""), ("2026-03-03", "25:00"), ("", "10:00"))
    ]
    async with device_of(family.home) as device:
        assert await device.client.deliver(agenda(*odd, DENTIST))
    assert len((await family.sees())["entries"]) == 1


# -- proposed -------------------------------------------------------------------------


async def stands(device: Device, proposal: str, state: ProposalState) -> None:
    assert await device.client.deliver(ProposalStands(new_id(), proposal, state))


async def test_a_proposal_waits_for_the_device_and_for_the_answer(
    family: Family,
) -> None:
    first = await family.proposes(place="Kerkstraat 2")
    family.home.place.time.pass_(1)
    second = await family.proposes(what="Gymnastiek", time="", repeats="weekly")
    assert await family.states() == ["sent", "sent"]
    async with device_of(family.home) as device:
        told = [await device.inbox.get(Proposal) for _ in range(2)]
        assert [each.proposal for each in told] == [first, second]
        assert told[0].member == family.member
        assert (told[0].what, told[0].place) == ("De kapper", "Kerkstraat 2")
        assert (told[1].time, told[1].repeats) == ("", "weekly")
        await stands(device, first, ProposalState.WAITING)
    # The one that the device did not say to have comes again.
    async with device_of(family.home) as device:
        assert (await device.inbox.get(Proposal)).proposal == second
        await stands(device, second, ProposalState.WAITING)
        assert await family.states() == ["waiting", "waiting"]
        await stands(device, first, ProposalState.IN_AGENDA)
        await stands(device, second, ProposalState.REFUSED)
        assert await family.states() == ["in_agenda", "refused"]
        # An answer stays as it is, whatever comes late.
        await stands(device, first, ProposalState.WAITING)
        await stands(device, second, ProposalState.OVER)
        assert await family.states() == ["in_agenda", "refused"]
        assert device.inbox.count(Proposal) == 1


async def test_it_is_taken_back_until_it_is_answered(family: Family) -> None:
    proposal = await family.proposes()
    path = f"{family.path}/proposals/{proposal}"
    assert (await family.anna.ask("DELETE", path)).status == 204
    assert await family.states() == []
    async with device_of(family.home) as device:
        assert (await device.inbox.get(ProposalWithdrawn)).proposal == proposal
        assert device.inbox.count(Proposal) == 0
        await stands(device, proposal, ProposalState.WITHDRAWN)
    assert await rows(family.home.place) == (0, 0)
    assert (await family.anna.ask("DELETE", path)).status == 404


async def test_an_answer_that_crosses_it_counts(family: Family) -> None:
    proposal = await family.proposes()
    path = f"{family.path}/proposals/{proposal}"
    async with device_of(family.home) as device:
        await device.inbox.get(Proposal)
        await stands(device, proposal, ProposalState.WAITING)
        assert (await family.anna.ask("DELETE", path)).status == 204
        await stands(device, proposal, ProposalState.IN_AGENDA)
        assert await family.states() == ["in_agenda"]
        replaces = {**WISH, "replaces": proposal}
        answer = await family.anna.ask("POST", f"{family.path}/proposals", replaces)
        assert (answer.status, answer.error) == (409, "answered")
        # Seen, and out of sight.
        assert (await family.anna.ask("DELETE", path)).status == 204
        assert await family.states() == []


async def test_another_one_takes_its_place(family: Family) -> None:
    proposal = await family.proposes()
    better = await family.proposes(time="15:00", replaces=proposal)
    async with device_of(family.home) as device:
        assert (await device.inbox.get(ProposalWithdrawn)).proposal == proposal
        told = await device.inbox.get(Proposal)
        assert (told.proposal, told.time) == (better, "15:00")


async def test_a_device_that_is_there_gets_it_at_once(family: Family) -> None:
    async with device_of(family.home) as device, page_of(family.anna) as page:
        mark = await marks(page, family.member, "")
        proposal = await family.proposes()
        mark = await marks(page, family.member, mark)
        assert (await device.inbox.get(Proposal)).proposal == proposal
        family.home.place.time.pass_(1)
        await stands(device, proposal, ProposalState.WAITING)
        await marks(page, family.member, mark)
        assert await family.states() == ["waiting"]


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({"what": ""}, "what"),
        ({"what": "x" * 81}, "what"),
        ({"what": "!!! ..."}, "what"),
        ({"what": "a\u202eb"}, "what"),
        ({"what": "a\x00b"}, "what"),
        ({"what": 7}, "malformed"),
        ({"day": "2026-02-30"}, "day"),
        ({"day": "2026-02-20"}, "day"),
        ({"day": "2028-01-01"}, "day"),
        ({"day": "morgen"}, "day"),
        ({"time": "24:00"}, "time"),
        ({"time": "9:00"}, "time"),
        ({"place": "x" * 81}, "place"),
        ({"repeats": "daily"}, "malformed"),
        ({"replaces": "../x"}, "malformed"),
    ],
)
async def test_what_nobody_can_be_asked(
    family: Family, wish: dict[str, Any], error: str
) -> None:
    answer = await family.anna.ask("POST", f"{family.path}/proposals", {**WISH, **wish})
    assert (answer.status, answer.error) == (400, error)
    assert await rows(family.home.place) == (0, 0)


async def test_nobody_is_asked_too_much(family: Family) -> None:
    for _ in range(MOST_OPEN):
        proposal = await family.proposes()
    answer = await family.anna.ask("POST", f"{family.path}/proposals", WISH)
    assert (answer.status, answer.error) == (409, "too_many_proposals")
    async with device_of(family.home) as device:
        await stands(device, proposal, ProposalState.REFUSED)
    await family.proposes()


async def test_nobody_proposes_faster_than_they_can_think(tmp_path: Path) -> None:
    async with (
        running_hub(tmp_path, groups=[signalling()], buckets=Buckets(LIMITS)) as place,
        follows(await place.home()) as family,
    ):
        found = [
            (await family.anna.ask("POST", f"{family.path}/proposals", WISH)).status
            for _ in range(16)
        ]
        assert found == [201] * 15 + [429]


async def test_nothing_of_it_is_logged(
    family: Family, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="calls")
    secret = SharedEntry("appointment", "Geheim", "2026-03-03", "10:00", "Geheim")
    async with device_of(family.home) as device:
        assert await device.client.deliver(agenda(secret))
        proposal = await family.proposes(what="Geheim", place="Geheim")
        assert (await device.inbox.get(Proposal)).what == "Geheim"
        await stands(device, proposal, ProposalState.REFUSED)
    assert "a proposal stands" in caplog.text
    assert "Geheim" not in caplog.text
    assert proposal not in caplog.text


async def test_both_may_change_it_at_once(family: Family) -> None:
    """The device answers while the member changes it: both end in the same state."""
    async with device_of(family.home) as device:
        for _ in range(10):
            proposal = await family.proposes()
            replaces = {**WISH, "replaces": proposal}
            answer, _ = await asyncio.gather(
                family.anna.ask("POST", f"{family.path}/proposals", replaces),
                stands(device, proposal, ProposalState.IN_AGENDA),
            )
            assert answer.status in (201, 409)
            assert (await family.states()).count("in_agenda") == 1
            for each in (await family.sees())["proposals"]:
                path = f"{family.path}/proposals/{each['id']}"
                assert (await family.anna.ask("DELETE", path)).status == 204
