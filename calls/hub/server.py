"""The hub itself: one HTTP server, made of groups of routes."""

import logging
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from calls.hub import routes
from calls.hub.endpoints import BY_KEY
from calls.hub.errors import HubError
from calls.hub.guard import guard_of
from calls.hub.limits import Buckets
from calls.hub.mail import Notifier, notifier_of
from calls.hub.pages import FAMILY_PAGE, Page, routes_of, security_headers
from calls.hub.settings import HubSettings, is_origin
from calls.hub.state import STATE, HubState, RouteGroup
from calls.hub.store import Store, open_store

logger = logging.getLogger(__name__)

# A connection that is not ours to keep open longer; calls go on without us.
CLOSE_WITHIN_S = 2.0

# The longest is an answer of a passkey, 3 kB; attestations of some are longer.
REQUEST_BYTES = 65_536


class Hub:
    """Serves devices and the family page.

    Args:
        settings: Where, and what it sends with.
        path: The database; its folder is made if need be.
        groups: Routes beside those of who is who, such as signalling.
        page: What a browser is served.
        notifier: Sends mails; None: the one that the settings ask for.
        buckets: How often who may ask; None: as often as is usual.
        now: Seconds since 1970.
        monotonic: Seconds of a clock that never goes back.
    """

    def __init__(
        self,
        settings: HubSettings,
        path: Path,
        groups: Sequence[RouteGroup] = (),
        page: Page = FAMILY_PAGE,
        notifier: Notifier | None = None,
        buckets: Buckets | None = None,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._path = path
        self._page = page
        self._groups = (routes_of(page), routes.add_routes, *groups)
        self._notifier = notifier
        self._buckets = buckets
        self._now = now
        self._monotonic = monotonic
        self._runner: web.AppRunner | None = None
        self._store: Store | None = None
        self._state: HubState | None = None

    @property
    def state(self) -> HubState:
        """What its parts share; valid while open."""
        if self._state is None:
            raise HubError("the hub is not open")
        return self._state

    @property
    def url(self) -> str:
        """Where family finds it, without a slash at the end; valid while open."""
        return self.state.url

    @property
    def local_url(self) -> str:
        """Where this machine finds it, also when it is public; valid while open."""
        address = self._settings.address
        if address in ("", "0.0.0.0", "::"):
            address = "127.0.0.1"
        return (
            f"http://{f'[{address}]' if ':' in address else address}:{self.state.port}"
        )

    async def open(self) -> None:
        """Open the database and serve; another `open` begins anew.

        Raises:
            HubError: If the settings let everybody in without TLS, the port is
                taken, or the database cannot be used.
        """
        await self.close()
        _check(self._settings)
        began = datetime.fromtimestamp(self._now(), UTC)
        store = self._store = await open_store(self._path, began)
        try:
            await self._serve(store)
        except BaseException:
            await self.close()
            raise
        logger.info("the hub is open on port %d", self.state.port)

    async def _serve(self, store: Store) -> None:
        settings = self._settings
        state = self._state = HubState(
            settings,
            store,
            self._now,
            settings.port,
            notifier=self._notifier or notifier_of(settings),
            page_version=self._page.version,
            buckets=self._buckets or Buckets(),
            monotonic=self._monotonic,
        )
        state.headers = security_headers(self._page, state)
        app = web.Application(
            middlewares=[guard_of(state)], client_max_size=REQUEST_BYTES
        )
        app[STATE] = state
        for add_routes in self._groups:
            add_routes(app, state)
        _check_routes(app)
        runner = self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=CLOSE_WITHIN_S, handle_signals=False
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.address, settings.port).start()
        except OSError as error:
            raise HubError(
                f"cannot serve the hub on port {settings.port}: {_why(error)}; "
                "is it running already? Another port can be set"
            ) from error
        state.port = runner.addresses[0][1]

    async def close(self) -> None:
        """Stop serving and close the database; may be called twice."""
        runner, self._runner = self._runner, None
        store, self._store = self._store, None
        try:
            if runner is not None:
                await runner.cleanup()
        finally:
            self._state = None
            if store is not None:
                await store.close()


def _check_routes(app: web.Application) -> None:
    """What the guard does not know of would be open to everybody."""
    for route in app.router.routes():
        path = route.resource.canonical if route.resource else ""
        method = "GET" if route.method == "HEAD" else route.method
        known = (method, path) in BY_KEY or not path.startswith("/api/")
        assert known, f"{method} {path} is not in calls.hub.endpoints"


def _why(error: OSError) -> str:
    """asyncio's own text repeats the address."""
    return os.strerror(error.errno) if error.errno else str(error)


def _check(settings: HubSettings) -> None:
    if settings.url and not is_origin(settings.url):
        raise HubError(
            f"the hub's url is {settings.url!r}; it must be https:// and a name, "
            "without a path: cameras and passkeys need https"
        )
    if not settings.is_loopback and not settings.is_public:
        raise HubError(
            f"the hub would listen on {settings.address} without TLS; "
            "keep it on 127.0.0.1, or set the url at which a web server answers"
        )
