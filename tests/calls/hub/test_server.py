"""The hub opens, serves its page, closes."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from calls.hub.errors import HubError
from calls.hub.server import Hub
from calls.hub.settings import HubSettings, is_origin
from calls.hub.state import HubState
from tests.calls.hub.small_page import SMALL_PAGE


async def test_it_serves_its_page_and_other_groups(tmp_path: Path) -> None:
    lives = []

    def add_routes(app: web.Application, state: HubState) -> None:
        async def live(_: web.Application) -> AsyncIterator[None]:
            lives.append("up")
            yield
            lives.append("down")

        app.cleanup_ctx.append(live)

    hub = Hub(
        HubSettings(port=0), tmp_path / "hub.db", groups=[add_routes], page=SMALL_PAGE
    )
    await hub.open()
    assert lives == ["up"]
    async with aiohttp.ClientSession() as client:
        async with client.get(f"{hub.local_url}/") as answer:
            assert answer.status == 200
            assert await answer.text() == "<p>page</p>"
            assert answer.content_type == "text/html"
            tag = answer.headers["ETag"]
        async with client.get(
            f"{hub.local_url}/", headers={"If-None-Match": tag}
        ) as answer:
            assert answer.status == 304
    await hub.close()
    await hub.close()
    assert lives == ["up", "down"]
    with pytest.raises(HubError):
        _ = hub.url


async def test_the_port_is_taken(tmp_path: Path) -> None:
    first = Hub(HubSettings(port=0), tmp_path / "a.db", page=SMALL_PAGE)
    await first.open()
    second = Hub(HubSettings(port=first.state.port), tmp_path / "b.db", page=SMALL_PAGE)
    with pytest.raises(HubError, match="Another port"):
        await second.open()
    await first.close()


@pytest.mark.parametrize(
    "settings",
    [
        HubSettings(address="0.0.0.0"),
        HubSettings(url="http://hub.example"),
        HubSettings(url="https://hub.example/path"),
        HubSettings(url="https://name:word@hub.example"),
    ],
)
async def test_it_does_not_open_to_everybody(
    tmp_path: Path, settings: HubSettings
) -> None:
    hub = Hub(settings, tmp_path / "hub.db", page=SMALL_PAGE)
    with pytest.raises(HubError):
        await hub.open()


@pytest.mark.parametrize(
    ("url", "is_right"),
    [
        ("https://hub.example", True),
        ("https://hub.example/", True),
        ("https://hub.example:8443", True),
        ("https://hub.example:x", False),
        ("https://", False),
        ("https://hub.example?x", False),
        ("hub.example", False),
    ],
)
def test_what_a_browser_trusts(url: str, is_right: bool) -> None:
    assert is_origin(url) == is_right
