"""Lists that come page by page, from a website that may not mean well."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from companion.activities import fetching, paging
from companion.activities.fetching import FetchError, Version
from companion.activities.importers.hsds import read_hsds
from companion.activities.importing import find_form
from companion.activities.paging import (
    page_url,
    read_page,
    service_url,
)
from companion.commands.texts import Texts
from tests.companion.activities.https_server import Page, Site, https_site
from tests.companion.activities.reading import CONTEXT

LIST = "/o/v3/services"
WHEN = [{"byday": "MO", "opens_at": "9:00", "closes_at": "10:00"}]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with https_site(tmp_path) as opened:
        yield opened


def service(id: str, is_whole: bool = True) -> dict[str, Any]:
    made: dict[str, Any] = {"id": id, "name": f"Koffie {id}", "status": "active"}
    return {**made, "schedules": WHEN} if is_whole else made


def listed(number: int, pages: int, *services: Mapping[str, Any]) -> Page:
    text = {
        "total_pages": pages,
        "page_number": number,
        "last_page": number == pages,
        "contents": services,
    }
    return Page(json.dumps(text), headers={"ETag": '"1"'})


async def fetched(site: Site, folder: Path, path: str = LIST) -> list[str]:
    """The titles of what came, with the hours of it."""
    file = folder / "fetched"
    await site.fetcher().fetch(site.url(path), file, Version())
    assert find_form(file) == "hsds"
    return [
        f"{it.activity.title}{' ?' if not it.activity.opening_hours else ''}"
        for it in read_hsds(file, CONTEXT)
        if it.activity is not None
    ]


async def test_every_page_is_read(site: Site, tmp_path: Path) -> None:
    site.pages[LIST] = [
        listed(1, 3, service("1"), service("2")),
        listed(2, 3, service("3")),
        listed(3, 3, service("4")),
    ]
    titles = await fetched(site, tmp_path, f"{LIST}?per_page=2&page=1")
    assert titles == ["Koffie 1", "Koffie 2", "Koffie 3", "Koffie 4"]
    assert [it.query_string for it in site.asked] == [
        "per_page=2&page=1",
        "per_page=2&page=2",
        "per_page=2&page=3",
    ]


async def test_one_page_keeps_its_version(site: Site, tmp_path: Path) -> None:
    site.pages[LIST] = [listed(1, 1, service("1"))]
    path = tmp_path / "fetched"
    assert await site.fetcher().fetch(site.url(LIST), path, Version()) == Version('"1"')
    site.pages[LIST] = [listed(1, 2, service("1")), listed(2, 2, service("2"))]
    # That of the first page says nothing of the second one.
    assert await site.fetcher().fetch(site.url(LIST), path, Version()) == Version()


async def test_what_a_list_leaves_out_is_asked_for(site: Site, tmp_path: Path) -> None:
    ids = ("a/b", "2", "3", "4")
    site.pages[LIST] = [listed(1, 1, *(service(it, is_whole=False) for it in ids))]
    site.pages[f"{LIST}/a/b"] = [Page(json.dumps(service("a/b")))]
    site.pages[f"{LIST}/2"] = [Page(json.dumps(service("other")))]
    site.pages[f"{LIST}/3"] = [Page("no json")]
    titles = await fetched(site, tmp_path)
    # One that is another, broken or not there leaves what the list told.
    assert titles == ["Koffie a/b", "Koffie 2 ?", "Koffie 3 ?", "Koffie 4 ?"]
    assert site.asked[1].rel_url.raw_path == f"{LIST}/a%2Fb"


async def test_another_list_has_nothing_to_ask_for(site: Site, tmp_path: Path) -> None:
    site.pages["/list"] = [
        listed(1, 2, service("1", is_whole=False)),
        listed(2, 2, service("2", is_whole=False)),
    ]
    assert await fetched(site, tmp_path, "/list") == ["Koffie 1 ?", "Koffie 2 ?"]
    assert len(site.asked) == 2


async def test_a_website_that_gives_the_same_page_for_ever(
    site: Site, tmp_path: Path
) -> None:
    site.pages[LIST] = [listed(1, 900, service("1"))]
    assert await fetched(site, tmp_path) == ["Koffie 1"]
    assert len(site.asked) == 2


async def test_a_website_that_is_asked_too_often(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "BUSY_WAITS_S", (0.0, 0.0))
    site.pages[LIST] = [
        listed(1, 2, service("1")),
        Page(status=429),
        listed(2, 2, service("2")),
    ]
    assert await fetched(site, tmp_path) == ["Koffie 1", "Koffie 2"]


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (Page(status=500), "status"),
        (Page(status=429), "status"),
        (Page(status=302, headers={"Location": "https://192.168.1.1/"}), "status"),
        (Page("{}", headers={"Content-Encoding": "gzip"}), "broken_off"),
        (Page(" " * 3_000), "large"),
    ],
)
async def test_half_a_list_is_none(
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    second: Page,
    reason: str,
) -> None:
    monkeypatch.setattr(fetching, "BUSY_WAITS_S", (0.0,))
    monkeypatch.setattr(fetching, "LARGEST_PAGE_BYTES", 2_000)
    site.pages[LIST] = [listed(1, 3, service("1")), second]
    with pytest.raises(FetchError) as caught:
        await fetched(site, tmp_path)
    assert caught.value.reason in (reason, "packed")
    assert caught.value.reason in Texts("activities", "fetch").names


@pytest.mark.parametrize(("limit", "value"), [("MOST_PAGES", 3), ("MOST_SERVICES", 3)])
async def test_more_than_anybody_waits_for(
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    value: int,
) -> None:
    monkeypatch.setattr(paging, limit, value)
    site.pages[LIST] = [
        listed(it, 9, service(str(it), is_whole=False)) for it in range(1, 10)
    ]
    with pytest.raises(FetchError) as caught:
        await fetched(site, tmp_path)
    assert (caught.value.reason, caught.value.detail) == ("pages", "3")
    assert len(site.asked) < 10


async def test_all_pages_together_are_bounded(site: Site, tmp_path: Path) -> None:
    text = "x" * 900
    site.pages[LIST] = [
        listed(it, 99, {**service(str(it)), "description": text}) for it in range(1, 9)
    ]
    fetcher = site.fetcher(largest_bytes=4_000)
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(site.url(LIST), tmp_path / "fetched", Version())
    assert caught.value.reason == "large"


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "3", "{", "null", '{"contents": []}', '{"page_number": 1}',
        '{"page_number": "1", "contents": []}', '{"page_number": -1, "contents": []}',
        '{"page_number": true, "contents": []}', "[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_page(text: str) -> None:
    assert read_page(text.encode()) is None


@pytest.mark.parametrize(
    ("page", "is_last"),
    [
        ({"page_number": 1, "total_pages": 2, "contents": [{}]}, False),
        ({"page_number": 2, "total_pages": 2, "contents": [{}]}, True),
        ({"page_number": 1, "total_pages": 2, "contents": []}, True),
        # The older variant; and one that counts from 0.
        ({"number": 1, "totalPages": 2, "last": False, "content": [{}]}, False),
        ({"number": 0, "totalPages": 1, "last": True, "content": [{}]}, True),
        ({"page_number": 1, "contents": [{}, 3]}, True),
    ],
)
def test_pages_of_several_kinds(page: dict[str, Any], is_last: bool) -> None:
    found = read_page(json.dumps(page).encode())
    assert found is not None
    assert found.is_last is is_last


def test_addresses() -> None:
    url = "https://kaart.example/o/services/?taxonomy=a+b&page=3"
    assert page_url(url, 4) == "https://kaart.example/o/services/?taxonomy=a+b&page=4"
    assert service_url(url, "../x?y") == "https://kaart.example/o/services/..%2Fx%3Fy"
    assert service_url("https://kaart.example/kaart.json", "1") is None
