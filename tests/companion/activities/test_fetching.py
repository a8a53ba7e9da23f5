"""Fetching, and what is not fetched: private networks, bombs, endless files."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from companion.activities.fetching import (
    PUBLIC_ONLY,
    AddressPolicy,
    Fetcher,
    FetchError,
    Version,
)
from companion.activities.fetching_rules import UrlError, check_url
from companion.commands.texts import Texts
from tests.companion.activities.https_server import (
    LOOPBACK,
    Page,
    Site,
    https_site,
    raw_site,
)

NOTHING = Version()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with https_site(tmp_path) as opened:
        yield opened


def page(text: str = "Titel", **headers: str) -> Page:
    return Page(text, headers=headers)


async def refused(site: Site, fetcher: Fetcher, path: str = "/kaart.csv") -> str:
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(site.url(path), Path("/dev/null"), NOTHING)
    assert caught.value.reason in Texts("activities", "fetch").names
    return caught.value.reason


async def test_a_file_with_its_version(site: Site, tmp_path: Path) -> None:
    site.pages["/kaart.csv"] = [page("Titel", ETag='"1"')]
    path = tmp_path / "fetched"
    version = await site.fetcher().fetch(site.url(), path, NOTHING)
    assert version == Version('"1"')
    assert path.read_text() == "Titel"
    assert site.asked[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("known", "header"),
    [
        (Version('"1"', "Sun, 01 Nov 2026 12:00:00 GMT"), "If-None-Match"),
        (Version("", "Sun, 01 Nov 2026 12:00:00 GMT"), "If-Modified-Since"),
    ],
)
async def test_what_did_not_change_is_not_sent_again(
    site: Site, tmp_path: Path, known: Version, header: str
) -> None:
    site.pages["/kaart.csv"] = [Page(status=304)]
    path = tmp_path / "fetched"
    assert await site.fetcher().fetch(site.url(), path, known) is None
    assert header in site.asked[0].headers
    assert not path.exists()


async def test_a_redirect_is_followed(site: Site, tmp_path: Path) -> None:
    site.pages["/kaart.csv"] = [Page(status=302, headers={"Location": "/b"})]
    site.pages["/b"] = [page("b")]
    path = tmp_path / "fetched"
    await site.fetcher().fetch(site.url(), path, NOTHING)
    assert path.read_text() == "b"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://kaart.example/", "not_https"),
        ("file:///etc/passwd", "not_https"),
        ("https://192.168.1.1/", "private"),
        ("https://[::1]/", "private"),
        ("https://[::ffff:10.0.0.1]/", "private"),
        ("https://169.254.169.254/latest/", "private"),
        ("https://u:p@kaart.example/", "not_https"),
        ("/kaart.csv", "redirects"),
    ],
)
async def test_a_redirect_leads_to_no_other_place(
    site: Site, location: str, reason: str
) -> None:
    site.pages["/kaart.csv"] = [Page(status=301, headers={"Location": location})]
    assert await refused(site, site.fetcher()) == reason
    assert len(site.asked) == (6 if reason == "redirects" else 1)


async def test_a_name_with_private_addresses_is_not_connected_to(site: Site) -> None:
    site.pages["/kaart.csv"] = [page()]

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1", "10.0.0.1", "fd00::1"]

    assert await refused(site, Fetcher(PUBLIC_ONLY, resolve, site.trust)) == "private"
    assert site.asked == []


async def test_a_name_is_resolved_once_for_each_connection(
    site: Site, tmp_path: Path
) -> None:
    """A name that changes its address between the look and the call gains nothing."""
    site.pages["/kaart.csv"] = [page()]
    answers = [["127.0.0.1"], ["10.0.0.1"]]

    async def resolve(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    fetcher = Fetcher(LOOPBACK, resolve, site.trust)
    await fetcher.fetch(site.url(), tmp_path / "fetched", NOTHING)
    assert answers == [["10.0.0.1"]]
    # The next one is looked at anew.
    assert await refused(site, fetcher) == "private"


async def test_of_several_addresses_only_allowed_ones_are_tried(
    site: Site, tmp_path: Path
) -> None:
    site.pages["/kaart.csv"] = [page()]
    fetcher = site.fetcher(addresses=["10.0.0.1", "127.0.0.1"])
    assert await fetcher.fetch(site.url(), tmp_path / "fetched", NOTHING) is not None


async def test_sizes_have_a_bound(site: Site) -> None:
    site.pages["/kaart.csv"] = [page("x" * 2_000)]
    assert await refused(site, site.fetcher(largest_bytes=1_999)) == "large"


async def test_a_size_that_is_not_told_has_a_bound(tmp_path: Path) -> None:
    async def endless(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 10_000)
                await writer.drain()
        except ConnectionError:
            writer.close()

    async with raw_site(tmp_path, endless) as site:
        assert await refused(site, site.fetcher(largest_bytes=50_000)) == "large"


async def test_a_server_that_says_nothing_is_left(tmp_path: Path) -> None:
    is_asked = asyncio.Event()

    async def silent(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        is_asked.set()
        await reader.read()
        writer.close()

    async with raw_site(tmp_path, silent) as site:
        assert await refused(site, site.fetcher(whole_s=1)) == "slow"
        assert is_asked.is_set()


async def test_packed_content_is_refused(site: Site) -> None:
    site.pages["/kaart.csv"] = [page("x", **{"Content-Encoding": "gzip"})]
    assert await refused(site, site.fetcher()) == "packed"


async def test_what_a_website_answers_instead(site: Site) -> None:
    assert await refused(site, site.fetcher(), "/nergens") == "status"


async def test_a_certificate_that_nobody_vouches_for(site: Site) -> None:
    site.pages["/kaart.csv"] = [page()]

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    stranger = Fetcher(LOOPBACK, resolve, ssl.create_default_context())
    assert await refused(site, stranger) == "certificate"
    with pytest.raises(FetchError) as caught:
        other = site.url(host="ander.example")
        await site.fetcher().fetch(other, Path("/dev/null"), NOTHING)
    assert caught.value.reason == "certificate"


async def test_nobody_there_and_no_such_name(site: Site, tmp_path: Path) -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    assert await refused(site, Fetcher(LOOPBACK, unknown, site.trust)) == "unreachable"
    gone = "https://kaart.example:1/"
    with pytest.raises(FetchError) as caught:
        await site.fetcher().fetch(gone, tmp_path / "fetched", NOTHING)
    assert caught.value.reason == "unreachable"


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("2001:0:7f00:1::", False),
    ],
)
def test_only_the_public_internet(address: str, is_allowed: bool) -> None:
    assert PUBLIC_ONLY.allows(ipaddress.ip_address(address)) is is_allowed


def test_a_network_of_their_own_may_be_named() -> None:
    policy = AddressPolicy(also=(ipaddress.ip_network("10.1.0.0/16"),))
    assert policy.allows(ipaddress.ip_address("10.1.2.3"))
    assert policy.allows(ipaddress.ip_address("::ffff:10.1.2.3"))
    assert not policy.allows(ipaddress.ip_address("10.2.2.3"))


@pytest.mark.parametrize(
    "url",
    ["", "kaart.csv", "http://example.org/", "https://", "https://u@example.org/",
     "https://example.org:99999/", "https://[::1", "ftp://example.org/"],
)  # fmt: skip
def test_what_is_no_address_of_a_source(url: str) -> None:
    with pytest.raises(UrlError):
        check_url(url)
    check_url("https://example.org/kaart.csv?a=b")
