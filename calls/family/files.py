"""What the hub serves of the family page, and under which rules (pure).

What the hub sends to a closed page by Web Push is one JSON object, which `sw.js`
reads: {"kind": "ring", "call", "member", "name"} while it rings, repeated;
{"kind": "ended", "call", "member", "name", "reason"} when it does no longer;
{"kind": "alarm", "alarm", "member", "name"} when somebody is asked to look in, and the
same with "alarm_over" when the person was heard again; {"kind": "note", "note",
"member", "name"} when somebody is asked something. "language" ("nl" or "en") may
be added; without it the language last used on that page counts.
"""

import hashlib
from functools import cache
from importlib.resources import files

_SCRIPT = "text/javascript"

_MODULES = (
    "agenda", "api", "call", "devices", "dom", "home", "install", "join", "link",
    "main", "media", "messages", "notes", "passkeys", "phone", "push", "ring",
    "screens", "settings", "talking", "test", "texts",
)  # fmt: skip

PAGE_FILES: dict[str, tuple[str, str]] = {
    "/": ("index.html", "text/html"),
    # The token of an invitation or a link is in the fragment, which never comes here.
    "/join": ("index.html", "text/html"),
    "/login": ("index.html", "text/html"),
    "/family.css": ("family.css", "text/css"),
    **{f"/{name}.js": (f"{name}.js", _SCRIPT) for name in _MODULES},
    "/sw.js": ("sw.js", _SCRIPT),
    "/manifest.webmanifest": ("manifest.webmanifest", "application/manifest+json"),
    "/nl.json": ("nl.json", "application/json"),
    "/en.json": ("en.json", "application/json"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    "/icon-192.png": ("icon-192.png", "image/png"),
    "/icon-512.png": ("icon-512.png", "image/png"),
    "/badge.png": ("badge.png", "image/png"),
    "/fonts/regular.ttf": ("fonts/AtkinsonHyperlegible-Regular.ttf", "font/ttf"),
    "/fonts/bold.ttf": ("fonts/AtkinsonHyperlegible-Bold.ttf", "font/ttf"),
}
"""Path at the hub: name in this folder, content type (UTF-8 where it is text)."""

PAGE_HEADERS: dict[str, str] = {
    # No script or style but from these files; nothing of anybody else, and nobody
    # shows this page within theirs. 'self' includes wss of the same host
    # (Content Security Policy 3, 6.7.2.8).
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "font-src 'self'; connect-src 'self'; "
        "worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Permissions-Policy": (
        "camera=(self), microphone=(self), publickey-credentials-get=(self), "
        "publickey-credentials-create=(self), screen-wake-lock=(self), geolocation=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # Asked for anew each time; the service worker keeps what is needed offline.
    "Cache-Control": "no-cache",
}
"""With each of them."""


def read_file(path: str) -> bytes:
    """The file that is served at this path of `PAGE_FILES`.

    Raises:
        KeyError: If there is none.
    """
    return files(__package__).joinpath(PAGE_FILES[path][0]).read_bytes()


@cache
def page_version() -> str:
    """Changes with any file of the page: 12 hexadecimal digits.

    `GET /api/me` tells it as "version"; a page that was loaded with another one loads
    itself again once no call goes on.
    """
    digest = hashlib.sha256()
    for path in sorted(PAGE_FILES):
        digest.update(path.encode() + b"\0" + read_file(path) + b"\0")
    return digest.hexdigest()[:12]
