"""What can be set about the hub."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Where the hub is, and what it sends with.

    As it is, nobody but this machine reaches it; a public one gets a `url` with
    https, which a web server before it answers.
    """

    address: str = field(
        default="127.0.0.1",
        metadata={"help": "Address it listens on.", "longest": 60},
    )
    port: int = field(
        default=8138,
        metadata={
            "help": "TCP port it listens on; 0: any free one.",
            "unit": "port",
            "lowest": 0,
            "highest": 65_535,
        },
    )
    url: str = field(
        default="",
        metadata={
            "help": "Where family finds it, https://...; empty: on this machine only.",
            "longest": 200,
        },
    )
    smtp_host: str = field(
        default="",
        metadata={"help": "Mail server; empty: no mails.", "longest": 200},
    )
    smtp_port: int = field(
        default=587,
        metadata={
            "help": "Its port; 465 speaks TLS from the start, others STARTTLS.",
            "unit": "port",
            "lowest": 1,
            "highest": 65_535,
        },
    )
    smtp_user: str = field(
        default="",
        metadata={"help": "Name at the mail server; empty: none.", "longest": 200},
    )
    smtp_password_file: str = field(
        default="",
        metadata={"help": "File with the password there; empty: none."},
    )
    mail_from: str = field(
        default="",
        metadata={"help": "Address that mails come from.", "longest": 200},
    )
    text_url: str = field(
        default="",
        metadata={"help": "Where text messages are asked for; empty: nowhere."},
    )
    text_secret_file: str = field(
        default="",
        metadata={"help": "File with the secret sent along there; empty: none."},
    )
    turn_urls: str = field(
        default="",
        metadata={
            "help": "TURN and STUN servers, with blanks between; empty: none.",
        },
    )
    turn_secret_file: str = field(
        default="",
        metadata={"help": "File with the secret shared with TURN; empty: none."},
    )
    push_contact: str = field(
        default="",
        metadata={
            "help": "Mail address that push services may write to (RFC 8292, 2.1).",
            "longest": 200,
        },
    )

    @property
    def is_public(self) -> bool:
        """Whether a web server with TLS stands before it."""
        return bool(self.url)

    @property
    def is_loopback(self) -> bool:
        """Whether it listens to this machine only."""
        try:
            return ip_address(self.address).is_loopback
        except ValueError:
            return self.address == "localhost"


def is_origin(url: str) -> bool:
    """Whether this is https, a name and at most a port: what a browser trusts."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    name = parts.hostname or ""
    rest = url.removeprefix(f"https://{name}").removeprefix(f":{port}")
    return bool(name) and name.isascii() and rest in ("", "/")
