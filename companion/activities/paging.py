"""A list of services that a website gives page by page (HSDS 3.0, API Reference).

Each page says how many there are. Where a page tells little of each service, as the
standard allows, each is asked for by its id. All of it goes to the same address, and
no further than the limits below.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

# Fifty services a page are usual; a nationwide list is better published as a file.
MOST_PAGES = 2_000

# At ten in a second some eight minutes; the whole fetch ends after ten.
MOST_SERVICES = 5_000

LARGEST_PAGE_BYTES = 20_000_000

_LISTS = ("contents", "content")

# What a service has that says when and where it is. HSDS 1.0 of the UK named the
# first one otherwise.
_TELLING = ("schedules", "regular_schedules", "service_at_locations")


class TooManyPages(ValueError):
    """There is more than anybody would wait for."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    Attributes:
        number: As the website counts.
        is_last: Whether no page follows.
        services: What it lists.
    """

    number: int
    is_last: bool
    services: tuple[Mapping[str, Any], ...]

    @property
    def is_all(self) -> bool:
        """Whether there is nothing to be asked for besides this page."""
        return self.is_last and all(_is_telling(it) for it in self.services)

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the services; those without one are left out."""
        return tuple(str(it["id"]) for it in self.services if it.get("id"))


def read_page(text: bytes) -> Page | None:
    """The page that a JSON object is; None if it is none, or the only one."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    listed = next((found[it] for it in _LISTS if isinstance(found.get(it), list)), None)
    number = _number(found, "page_number", "number", "page")
    if listed is None or number is None:
        return None
    pages = _number(found, "total_pages", "totalPages")
    last = found.get("last_page", found.get("last"))
    is_last = last if isinstance(last, bool) else pages is None or number >= pages
    services = tuple(it for it in listed if isinstance(it, dict))
    return Page(number, is_last or not services, services)


def _number(found: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = found.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
    return None


def first_page(path: Path) -> Page | None:
    """The page that a file is; None if it is something else.

    Raises:
        OSError: If the file cannot be read.
    """
    if path.stat().st_size > LARGEST_PAGE_BYTES:
        return None
    with path.open("rb") as file:
        if not file.read(200).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return None
        file.seek(0)
        return read_page(file.read())


def page_url(url: str, number: int) -> str:
    """The address of another page of the same list."""
    parts = urlsplit(url)
    query = [it for it in parse_qsl(parts.query) if it[0] != "page"]
    query.append(("page", str(number)))
    return urlunsplit(parts._replace(query=urlencode(query)))


def service_url(url: str, id: str) -> str | None:
    """The address of one service of a list; None if it is no list of services."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if not path.endswith("/services"):
        return None
    return urlunsplit(parts._replace(path=f"{path}/{quote(id, safe='')}", query=""))


Get = Callable[[str], Awaitable[bytes | None]]
"""Fetches an address; None if there is nothing."""


async def read_on(url: str, first: Page, path: Path, get: Get) -> None:
    """Fetch all pages after the first, and write all as one file of JSON lines.

    Args:
        url: Where the first page came from.
        first: That page.
        path: The file that holds it; is replaced.
        get: Fetches, and raises what it likes.

    Raises:
        TooManyPages: If there are more than anybody would wait for.
        OSError: If the file cannot be written.
    """
    seen: set[tuple[str, ...]] = set()
    page: Page | None = first
    budget = MOST_SERVICES
    with path.open("w", encoding="utf-8") as file:
        while page is not None:
            for service in page.services:
                whole, asked = await _whole(url, service, get)
                budget -= asked
                if budget < 0:
                    raise TooManyPages(f"{MOST_SERVICES}")
                file.write(f"{json.dumps(whole, ensure_ascii=False)}\n")
            seen.add(page.ids)
            if page.is_last:
                return
            if len(seen) >= MOST_PAGES:
                raise TooManyPages(f"{MOST_PAGES}")
            text = await get(page_url(url, page.number + 1))
            page = read_page(text) if text is not None else None
            # A website that takes no notice of the number gives the same for ever.
            if page is not None and page.ids in seen:
                return


def _is_telling(service: Mapping[str, Any]) -> bool:
    return any(service.get(it) for it in _TELLING)


async def _whole(
    url: str, service: Mapping[str, Any], get: Get
) -> tuple[Mapping[str, Any], bool]:
    """All that there is to know of a service, and whether it had to be asked for."""
    id = service.get("id")
    if _is_telling(service) or not isinstance(id, str) or not id:
        return service, False
    address = service_url(url, id)
    text = await get(address) if address is not None else None
    if text is None:
        return service, address is not None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return service, True
    is_same = isinstance(found, dict) and str(found.get("id")) == id
    return (found if is_same else service), True
