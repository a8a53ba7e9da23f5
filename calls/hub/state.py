"""What the parts of the hub share."""

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from calls.hub.settings import HubSettings
from calls.hub.store import Store

logger = logging.getLogger(__name__)

LOOPBACK_NAMES = ("localhost", "127.0.0.1")
"""Passkeys work under the first only: a number is no relying party (WebAuthn, 5.1.2).
"""

MembersListener = Callable[[str], Awaitable[None]]
AccountListener = Callable[[str], Awaitable[None]]


@dataclass(slots=True)
class HubState:
    """Handed to every group of routes.

    Attributes:
        settings: As they were read.
        store: Open for as long as the routes are there.
        now: Seconds since 1970; the only clock that tokens and alarms know.
        port: That it listens on; known when it is open.
        members_changed: Called with a household's id after somebody joined or left
            it, or may see something else.
        sessions_ended: Called with an account's id after sessions of it ended: who
            is connected must show anew that they may be.
    """

    settings: HubSettings
    store: Store
    now: Callable[[], float] = time.time
    port: int = 0
    members_changed: list[MembersListener] = field(default_factory=list)
    sessions_ended: list[AccountListener] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where a browser finds the page, without a slash at the end."""
        if self.settings.url:
            return self.settings.url.rstrip("/")
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

    async def tell_members_changed(self, household: str) -> None:
        """Call who wants to know."""
        for listener in self.members_changed:
            await listener(household)

    async def tell_sessions_ended(self, account: str) -> None:
        """Call who wants to know."""
        for listener in self.sessions_ended:
            await listener(account)


STATE = web.AppKey("praatpaal_hub", HubState)
"""Where the application keeps it."""

RouteGroup = Callable[[web.Application, HubState], None]
"""Adds its routes, and what runs beside them as `app.cleanup_ctx`."""
