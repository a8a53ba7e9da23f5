"""The hub opens, serves its page, closes."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from calls.family.files import PAGE_FILES, PAGE_HEADERS, page_version, read_file
from calls.hub.errors import HubError
from calls.hub.server import Hub
from calls.hub.settings import HubSettings, is_origin
from calls.hub.state import HubState
from tests.calls.hub.peers import running_hub
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


async def test_it_serves_the_whole_family_page(tmp_path: Path) -> None:
    hub = Hub(HubSettings(port=0), tmp_path / "hub.db")
    await hub.open()
    async with aiohttp.ClientSession() as client:
        for path, (_, content_type) in PAGE_FILES.items():
            async with client.get(f"{hub.local_url}{path}") as answer:
                assert answer.status == 200, path
                assert answer.content_type == content_type
                assert await answer.read() == read_file(path)
                for name, value in PAGE_HEADERS.items():
                    assert answer.headers[name] == value
    assert hub.state.page_version() == page_version()
    await hub.close()


async def test_a_name_is_the_same_with_the_usual_port(tmp_path: Path) -> None:
    async with running_hub(
        tmp_path, HubSettings(port=0, url="https://hub.example:443/")
    ) as place:
        assert place.hub.url == "https://hub.example"
        assert place.hub.state.origins == {"https://hub.example"}
        assert "hub.example" in place.hub.state.hosts


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
