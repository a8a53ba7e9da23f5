"""Serves the family page: its files, under the rules that it comes with."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from calls.family.files import PAGE_FILES, PAGE_HEADERS, page_version, read_file
from calls.hub.state import HubState, RouteGroup


@dataclass(frozen=True, slots=True)
class Page:
    """What is served to a browser.

    Attributes:
        files: Path at the hub: name of the file, content type.
        headers: With each of them.
        read: The content of the file at a path.
        version: Changes with any of them.
    """

    files: Mapping[str, tuple[str, str]]
    headers: Mapping[str, str]
    read: Callable[[str], bytes]
    version: Callable[[], str]


FAMILY_PAGE = Page(PAGE_FILES, PAGE_HEADERS, read_file, page_version)


# Two years, as the lists of browsers ask for.
_TLS_ONLY = {"Strict-Transport-Security": "max-age=63072000"}


def security_headers(page: Page, state: HubState) -> dict[str, str]:
    """Of every answer: the rules of the page, but for how long it is kept."""
    rules = {name: v for name, v in page.headers.items() if name != "Cache-Control"}
    return {**rules, **(_TLS_ONLY if state.is_secure else {})}


def routes_of(page: Page) -> RouteGroup:
    """The routes of all its files."""

    def add_routes(app: web.Application, state: HubState) -> None:
        for path, (_, content_type) in page.files.items():
            app.router.add_get(path, _sender(page, path, content_type))

    return add_routes


def _sender(
    page: Page, path: str, content_type: str
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    is_text = not content_type.startswith(("font/", "image/png"))

    async def send(request: web.Request) -> web.StreamResponse:
        body = page.read(path)
        tag = hashlib.sha256(body).hexdigest()[:16]
        if any(each.value == tag for each in request.if_none_match or ()):
            response = web.Response(status=304)
        else:
            response = web.Response(
                body=body,
                content_type=content_type,
                charset="utf-8" if is_text else None,
            )
        response.etag = tag
        # Asked for anew each time, and sent only where it changed.
        response.headers["Cache-Control"] = page.headers.get(
            "Cache-Control", "no-cache"
        )
        return response

    return send
