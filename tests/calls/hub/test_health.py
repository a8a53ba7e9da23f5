"""The hub says what of it does not work, and `praatpaal hub check` passes it on."""

from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa
from aiohttp import web

from calls.hub.errors import StoreFull
from calls.hub.jobs import LATE_S, Jobs, Worker, enqueue
from calls.hub.settings import HubSettings
from calls.hub.signalling import signalling
from calls.hub.state import HubState
from calls.hub.store import open_store
from companion.hub_check import HubFinding, check_hub
from tests.calls.hub.peers import NOW, Place, browser, running_hub


async def health(place: Place) -> tuple[int, str | None]:
    async with browser(place) as found:
        answer = await found.ask("GET", "/api/health")
        return answer.status, answer.error


async def checked(place: Place) -> HubFinding:
    """What `praatpaal hub check` says of the hub itself."""
    settings = HubSettings(port=place.hub.state.port)
    (found,) = [each for each in await check_hub(settings) if each.part == "running"]
    return found


async def test_a_hub_that_works_says_so(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        assert await health(place) == (200, None)
        found = await checked(place)
        assert found.is_fine and "antwoordt" in found.text


async def test_alarms_that_nobody_tells_are_noticed(tmp_path: Path) -> None:
    """The program runs, and answers; but what works through the ladder stands still."""

    def stand_still(_: web.Application, state: HubState) -> None:
        state.jobs_are_late = Worker(
            Jobs(state.store, state.now), {}, state.now
        ).is_late

    async with running_hub(tmp_path, groups=[stand_still]) as place:
        async with place.hub.state.store.writing() as connection:
            await enqueue(connection, "alarm", "a1/0", {}, NOW + 60)
        assert await health(place) == (200, None)
        place.time.pass_(60 + LATE_S)
        assert await health(place) == (200, None)
        place.time.pass_(1)
        assert await health(place) == (503, "alarms_wait")
        found = await checked(place)
        assert not found.is_fine and found.is_needed and "alarmen" in found.text


async def test_a_write_that_found_no_room_is_told(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        store = place.hub.state.store
        with pytest.raises(StoreFull):
            async with store.writing() as connection:
                await connection.execute(sa.text("PRAGMA max_page_count = 1"))
                await enqueue(connection, "work", "k", {"long": "x" * 100_000}, NOW)
        assert await health(place) == (503, "disk_full")
        found = await checked(place)
        assert not found.is_fine and "schijf" in found.text
        async with store.writing() as connection:
            await connection.execute(sa.text("PRAGMA max_page_count = 100000"))
            await enqueue(connection, "work", "k", {"long": "x" * 100_000}, NOW)
        assert await health(place) == (200, None)


async def test_a_hub_that_is_away_is_not_said_to_be_ill(tmp_path: Path) -> None:
    async with running_hub(tmp_path) as place:
        settings = HubSettings(port=place.hub.state.port)
    (found,) = [each for each in await check_hub(settings) if each.part == "running"]
    assert not found.is_fine and "hub run" in found.text


async def test_another_program_in_its_place_is_no_hub(tmp_path: Path) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=503, text="<h1>no</h1>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/api/health", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    settings = HubSettings(port=runner.addresses[0][1])
    (found,) = [each for each in await check_hub(settings) if each.part == "running"]
    await runner.cleanup()
    assert not found.is_fine and "antwoordt niet" in found.text


async def test_a_store_that_finds_room_again_is_full_no_longer(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "hub.db", datetime.fromtimestamp(NOW, UTC))
    assert not store.was_full_lately
    with pytest.raises(StoreFull):
        async with store.writing():
            raise StoreFull("as SQLite says it")
    assert store.was_full_lately
    async with store.writing() as connection:
        await enqueue(connection, "work", "k", {}, NOW)
    assert not store.was_full_lately
    await store.close()


async def test_a_page_is_served_also_while_the_hub_is_ill(tmp_path: Path) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        with pytest.raises(StoreFull):
            async with place.hub.state.store.writing():
                raise StoreFull("as SQLite says it")
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"{place.hub.local_url}/") as answer,
        ):
            assert answer.status == 200
