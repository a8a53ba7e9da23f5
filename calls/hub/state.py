"""What the parts of the hub share."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from calls.hub.limits import Buckets
from calls.hub.mail import Notifier
from calls.hub.settings import HubSettings
from calls.hub.store import Store

logger = logging.getLogger(__name__)

LOOPBACK_NAMES = ("localhost", "127.0.0.1")
"""Passkeys work under the first only: a number is no relying party (WebAuthn, 5.1.2).
"""

MembersListener = Callable[[str], Awaitable[None]]
SessionListener = Callable[[str, bytes | None], Awaitable[None]]


async def _never() -> bool:
    """A hub without jobs does all that there is to do."""
    return False


@dataclass(slots=True)
class HubState:
    """Handed to every group of routes.

    Attributes:
        settings: As they were read.
        store: Open for as long as the routes are there.
        now: Seconds since 1970; the only clock that tokens and alarms know.
        port: That it listens on; known when it is open.
        headers: Of every answer, unless it has its own.
        notifier: Sends mails.
        page_version: Of the page that is served.
        push_key: That a browser subscribes to pushes with; empty: no pushes.
        can_text: Whether this hub can have text messages sent.
        buckets: How often who asked.
        monotonic: Seconds of a clock that never goes back, for `buckets`.
        members_changed: Called with a household's id after somebody joined or left
            it, or may see something else.
        sessions_ended: Called with an account's id and the `Session.token_hash` that
            ended, None for all: their connections end as well.
        jobs_are_late: Whether nobody does what is to be done, such as telling alarms.
    """

    settings: HubSettings
    store: Store
    now: Callable[[], float] = time.time
    port: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    notifier: Notifier = field(default_factory=lambda: Notifier(None))
    page_version: Callable[[], str] = str
    push_key: str = ""
    can_text: bool = False
    buckets: Buckets = field(default_factory=Buckets)
    monotonic: Callable[[], float] = time.monotonic
    members_changed: list[MembersListener] = field(default_factory=list)
    sessions_ended: list[SessionListener] = field(default_factory=list)
    jobs_are_late: Callable[[], Awaitable[bool]] = _never

    @property
    def url(self) -> str:
        """Where a browser finds the page, without a slash at the end."""
        if self.settings.url:
            # As browsers write it, without the usual port.
            return self.settings.url.rstrip("/").removesuffix(":443")
        return f"http://{LOOPBACK_NAMES[0]}:{self.port}"

    @property
    def origins(self) -> frozenset[str]:
        """Whose requests change something (RFC 6454)."""
        if self.settings.url:
            return frozenset({self.url})
        return frozenset(f"http://{name}:{self.port}" for name in LOOPBACK_NAMES)

    @property
    def hosts(self) -> frozenset[str]:
        """Names under which it is asked; others come from DNS rebinding."""
        ours = {f"{name}:{self.port}" for name in LOOPBACK_NAMES}
        return frozenset(ours | {each.split("://")[1] for each in self.origins})

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it by TLS."""
        return self.url.startswith("https://")

    @property
    def cookie_name(self) -> str:
        """Of the session; "__Host-" binds it to this very name (RFC 6265bis, 4.1.3).

        Without TLS, so on this machine only, browsers refuse that one.
        """
        return "__Host-praatpaal" if self.is_secure else "praatpaal"

    async def tell_members_changed(self, household: str) -> None:
        """Call who wants to know; what was kept stays so whatever they do."""
        for listener in self.members_changed:
            try:
                await listener(household)
            except Exception:
                logger.exception("who wants to know of members fails")

    async def tell_sessions_ended(
        self, account: str, token_hash: bytes | None = None
    ) -> None:
        """Call who wants to know; what was kept stays so whatever they do."""
        for listener in self.sessions_ended:
            try:
                await listener(account, token_hash)
            except Exception:
                logger.exception("who wants to know of sessions fails")


STATE = web.AppKey("praatpaal_hub", HubState)
"""Where the application keeps it."""

RouteGroup = Callable[[web.Application, HubState], None]
"""Adds its routes, and what runs beside them as `app.cleanup_ctx`."""
