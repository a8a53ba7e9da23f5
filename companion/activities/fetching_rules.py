"""Which addresses a source may have, as far as an address itself tells."""

from urllib.parse import urlsplit


class UrlError(ValueError):
    """This is no address of a source."""


def check_url(url: str) -> None:
    """See whether an address is one that may be fetched, as far as it tells.

    Raises:
        UrlError: If it is not https, has no host, or carries a name and password.
    """
    try:
        parts = urlsplit(url)
        is_right = parts.scheme == "https" and bool(parts.hostname)
        is_right &= parts.port is None or parts.port > 0
    except ValueError as error:
        raise UrlError(url) from error
    if not is_right or parts.username is not None or parts.password is not None:
        raise UrlError(url)
