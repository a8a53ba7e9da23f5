"""A page of two files, in place of the family page."""

from calls.hub.pages import Page

_CONTENT = {"/": b"<p>page</p>", "/small.js": b"// small"}

SMALL_PAGE = Page(
    files={"/": ("index.html", "text/html"), "/small.js": ("s.js", "text/javascript")},
    headers={"Content-Security-Policy": "default-src 'none'"},
    read=_CONTENT.__getitem__,
    version=lambda: "small",
)
