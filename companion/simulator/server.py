"""The page that is the device: serves it, and carries messages to and fro."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from importlib.resources import files
from typing import Any, Protocol

from aiohttp import WSCloseCode, WSMsgType, web

from companion.simulator.jpeg import JPEG_BYTES
from companion.simulator.messages import (
    MESSAGE_BYTES,
    BadMessage,
    ButtonMoved,
    FromPage,
    MicrophoneLent,
    SoundTaken,
    SwitchMoved,
    read_block,
    read_message,
    write_light,
    write_panel,
    write_switch,
)
from companion.simulator.pictures import Pictures
from companion.simulator.tabs import Tab, Tabs
from hardware.lights import Colour
from hardware.panel import Button

logger = logging.getLogger(__name__)

# Loopback only: whoever can reach the page can press the buttons and hear the room.
ADDRESS = "127.0.0.1"
DEFAULT_PORT = 8137

# The light breathes at about 1 Hz; 25 steps a second look smooth.
LIGHT_STEP_S = 0.04

# Nobody has more than a few open by hand; each costs 100 kB/s at most.
MOST_TABS = 12

# A page that does not answer a ping for this long is gone.
HEARTBEAT_S = 10.0
CLOSE_WITHIN_S = 1.0

PAGE_FILES = {
    "/": ("index.html", "text/html"),
    "/simulator.css": ("simulator.css", "text/css"),
    "/nl.json": ("nl.json", "application/json"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    "/main.js": ("main.js", "text/javascript"),
    "/link.js": ("link.js", "text/javascript"),
    "/screen.js": ("screen.js", "text/javascript"),
    "/pictures.js": ("pictures.js", "text/javascript"),
    "/buttons.js": ("buttons.js", "text/javascript"),
    "/sound.js": ("sound.js", "text/javascript"),
    "/sound-worklet.js": ("sound-worklet.js", "text/javascript"),
    "/fonts/regular.ttf": ("fonts/AtkinsonHyperlegible-Regular.ttf", "font/ttf"),
    "/fonts/bold.ttf": ("fonts/AtkinsonHyperlegible-Bold.ttf", "font/ttf"),
}

SOCKETS = ("/device", "/pictures")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SimulatorError(Exception):
    """The page cannot be served."""


class PinDriver(Protocol):
    """Moves the mock pins under the real panel, as fingers would."""

    def press(self, button: Button) -> None:
        """Push the button down."""

    def release(self, button: Button) -> None:
        """Let the button up."""

    def switch_microphone(self, is_on: bool) -> None:
        """Move the microphone switch."""

    @property
    def microphone_is_on(self) -> bool:
        """Position of the microphone switch."""

    @property
    def light(self) -> Colour:
        """What the lamps show now."""


class Simulator:
    """Serves the device as a page on a loopback address.

    Args:
        port: TCP port; 0 for any free one.
        pins: The mock pins under the panel; None when the panel is not simulated,
            and then the page has no buttons and no light.
        buttons: The buttons that are there.
        has_switch: Whether there is a microphone switch.
    """

    def __init__(
        self,
        port: int = DEFAULT_PORT,
        pins: PinDriver | None = None,
        buttons: Iterable[Button] = (),
        has_switch: bool = False,
    ) -> None:
        self.tabs = Tabs()
        self.pictures = Pictures()
        self._port = port
        self._pins = pins
        self._has_switch = has_switch and pins is not None
        present = frozenset(buttons) if pins else frozenset()
        self._buttons = tuple(each for each in Button if each in present)
        self._held: dict[Button, set[Tab]] = {each: set() for each in self._buttons}
        self._sockets: set[web.WebSocketResponse] = set()
        self._runner: web.AppRunner | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        """Where the page is; valid while open."""
        return f"http://{ADDRESS}:{self._port}/"

    async def open(self) -> None:
        """Serve the page.

        Raises:
            SimulatorError: If the port is taken.
        """
        await self.close()
        app = web.Application(middlewares=[self._guard])
        for path in PAGE_FILES:
            app.router.add_get(path, self._send_file)
        app.router.add_get("/device", self._connect)
        app.router.add_get("/pictures", self._connect_pictures)
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=CLOSE_WITHIN_S, handle_signals=False
        )
        await runner.setup()
        site = web.TCPSite(runner, ADDRESS, self._port)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            raise SimulatorError(
                f"cannot serve the simulator at {self.url}: {error.strerror}; "
                "is it running already? Another port can be set"
            ) from error
        self._runner = runner
        self._port = runner.addresses[0][1]
        showing = asyncio.create_task(self.pictures.run(), name="simulator pictures")
        self._tasks = [showing]
        self.tabs.show("panel", write_panel(self._buttons))
        if self._pins is not None:
            if self._has_switch:
                switch = write_switch(self._pins.microphone_is_on)
                self.tabs.show("switch", switch)
            following = self._follow_light(self._pins)
            self._tasks.append(asyncio.create_task(following, name="simulator light"))
        logger.info("the simulator is at %s", self.url)

    async def close(self) -> None:
        """Close all tabs' connections and the port; may be called twice."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for socket in list(self._sockets):
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_WITHIN_S):
                    await socket.close(code=WSCloseCode.GOING_AWAY)
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Answer only our own page.

        A name that resolves to 127.0.0.1 (DNS rebinding) shows in Host; another
        site's WebSocket shows in Origin, for which there is no same-origin rule.
        """
        ours = {f"{name}:{self._port}" for name in (ADDRESS, "localhost")}
        origin = request.headers.get("Origin")
        needs_origin = request.path in SOCKETS
        if (
            request.headers.get("Host") not in ours
            or (origin is None and needs_origin)
            or (
                origin is not None and origin not in {f"http://{each}" for each in ours}
            )
        ):
            logger.warning("refused a request that does not come from the page")
            return web.Response(status=403, text="403")
        return await handler(request)

    async def _send_file(self, request: web.Request) -> web.Response:
        name, content_type = PAGE_FILES[request.path]
        # Small files on a local disk, read as they are now: a changed page shows
        # after a reload.
        body = files(__package__).joinpath(name).read_bytes()
        return web.Response(
            body=body,
            content_type=content_type,
            charset=None if content_type.startswith("font/") else "utf-8",
            headers=self._headers(),
        )

    def _headers(self) -> dict[str, str]:
        sockets = " ".join(
            f"ws://{name}:{self._port}" for name in (ADDRESS, "localhost")
        )
        return {
            "Content-Security-Policy": (
                "default-src 'none'; script-src 'self'; style-src 'self'; "
                "img-src 'self'; font-src 'self'; worker-src 'self'; "
                f"connect-src 'self' {sockets}; "
                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            "Permissions-Policy": "microphone=(self), camera=(self), geolocation=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        if len(self.tabs) >= MOST_TABS:
            return web.Response(status=503, text="503")
        socket = web.WebSocketResponse(
            max_msg_size=MESSAGE_BYTES, heartbeat=HEARTBEAT_S, compress=False
        )
        await socket.prepare(request)
        tab = Tab()
        self._sockets.add(socket)
        self.tabs.add(tab)
        sender = asyncio.create_task(
            _until_gone(tab.send_all(socket)), name="simulator tab"
        )
        try:
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    self._receive(tab, message.data)
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
            self._sockets.discard(socket)
            self.tabs.remove(tab)
            for button in self._buttons:
                self._lift(tab, button)
        return socket

    async def _connect_pictures(self, request: web.Request) -> web.StreamResponse:
        if len(self._sockets) >= 2 * MOST_TABS:
            return web.Response(status=503, text="503")
        socket = web.WebSocketResponse(
            max_msg_size=JPEG_BYTES, heartbeat=HEARTBEAT_S, compress=False
        )
        await socket.prepare(request)
        watcher = self.pictures.add()
        self._sockets.add(socket)
        sender = asyncio.create_task(
            _until_gone(watcher.send_all(socket)), name="simulator pictures of a tab"
        )
        try:
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    await self.pictures.see(message.data)
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
            self._sockets.discard(socket)
            self.pictures.remove(watcher)
        return socket

    def _receive(self, tab: Tab, data: str | bytes) -> None:
        try:
            if isinstance(data, bytes):
                self.tabs.hear(tab, read_block(data))
            else:
                self._act(tab, read_message(data))
        except BadMessage as error:
            logger.debug("ignored a message of a page: %s", error)

    def _act(self, tab: Tab, message: FromPage) -> None:
        match message:
            case ButtonMoved(button, is_down=True):
                self._push(tab, button)
            case ButtonMoved(button, is_down=False):
                self._lift(tab, button)
            case SwitchMoved(is_on):
                self._move_switch(is_on)
            case SoundTaken():
                self.tabs.take_sound(tab)
            case MicrophoneLent(is_lent):
                self.tabs.lend_microphone(tab, is_lent)

    def _push(self, tab: Tab, button: Button) -> None:
        holders = self._held.get(button)
        if holders is None or self._pins is None:
            raise BadMessage("this panel has no such button")
        if not holders:
            self._pins.press(button)
        holders.add(tab)

    def _lift(self, tab: Tab, button: Button) -> None:
        """Let go; the pin rises when the last finger of any tab is off it."""
        holders = self._held.get(button, set())
        if tab in holders and self._pins is not None:
            holders.discard(tab)
            if not holders:
                self._pins.release(button)

    def _move_switch(self, is_on: bool) -> None:
        if not self._has_switch or self._pins is None:
            raise BadMessage("this panel has no microphone switch")
        self._pins.switch_microphone(is_on)
        self.tabs.show("switch", write_switch(is_on))

    async def _follow_light(self, pins: PinDriver) -> None:
        """Tell the tabs the colour of the light while it changes."""
        shown: str | None = None
        while True:
            await self.tabs.any_open.wait()
            message = write_light(pins.light)
            if message != shown:
                shown = message
                self.tabs.show("light", message)
            await asyncio.sleep(LIGHT_STEP_S)


async def _until_gone(sending: Coroutine[Any, Any, None]) -> None:
    with suppress(ConnectionError):
        await sending
