"""Parts that break at a home, and are tried again for as long as it takes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

from av.video.frame import VideoFrame

from companion.ports import Panel, Screen
from hardware.panel import Button, HardwareError, Light, MicrophoneSwitched, PanelEvent
from hardware.screen import ShowsPictures, View

logger = logging.getLogger(__name__)

# Somebody puts a plug back in: within half a minute it works again.
TRY_AGAIN_S = 30.0

OnFault = Callable[[bool], None]


class _Part(Protocol):
    """What is opened and closed."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...


class _Trying:
    """Tries until it works: once at once, then again and again in a task."""

    def __init__(
        self, attempt: Callable[[], Awaitable[bool]], on_fault: OnFault
    ) -> None:
        self._attempt = attempt
        self._on_fault = on_fault
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if not await self._attempt():
            self._on_fault(True)
            self._task = asyncio.create_task(self._go_on())

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(TRY_AGAIN_S)
            if await self._attempt():
                self._on_fault(False)
                return

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _opens(part: _Part) -> bool:
    """Whether it opens; what does not is closed again."""
    try:
        await part.open()
    except HardwareError as error:
        logger.warning("%s: %s", type(part).__name__, error)
    except Exception:
        # The outer edge: a library that breaks in a new way is tried again too.
        logger.exception("%s does not open", type(part).__name__)
    else:
        return True
    await part.close()
    return False


class LastingPanel:
    """A panel that may be missing when the device starts.

    Without it the check-in and the screen still work; presses come as soon as the
    pins are there.
    """

    def __init__(
        self,
        make: Callable[[], Panel],
        buttons: frozenset[Button],
        on_fault: OnFault,
        *,
        has_switch: bool = False,
    ) -> None:
        """Build it.

        Args:
            make: Makes a panel; a panel whose `open` failed is not used again.
            buttons: The buttons that should be there.
            on_fault: Told True when there is no panel, False when there is.
            has_switch: Whether there should be a microphone switch. One that
                cannot be read counts as off, as with a broken wire.
        """
        self._make = make
        self._buttons = buttons
        self._has_switch = has_switch
        self._panel: Panel | None = None
        self._light = Light.OFF
        self._opened = asyncio.Event()
        self._trying = _Trying(self._try, on_fault)

    @property
    def buttons(self) -> frozenset[Button]:
        """The buttons that should be there."""
        return self._buttons

    @property
    def microphone_is_on(self) -> bool:
        """Position of the switch; while it cannot be read: off if there is one."""
        if self._panel is None:
            return not self._has_switch
        return self._panel.microphone_is_on

    async def open(self) -> None:
        """Try once now, and go on trying; never raises for a missing panel."""
        await self._trying.start()

    async def _try(self) -> bool:
        panel = self._make()
        if not await _opens(panel):
            return False
        self._panel = panel
        panel.show(self._light)
        self._opened.set()
        return True

    async def events(self) -> AsyncIterator[PanelEvent]:
        """Presses, from the moment that there is a panel."""
        counted_as_on = self.microphone_is_on
        await self._opened.wait()
        assert self._panel is not None
        if self._panel.microphone_is_on != counted_as_on:
            yield MicrophoneSwitched(self._panel.microphone_is_on)
        async for event in self._panel.events():
            yield event

    def show(self, light: Light) -> None:
        """Show a pattern, now or when there is a panel."""
        self._light = light
        if self._panel is not None:
            self._panel.show(light)

    async def close(self) -> None:
        """Stop trying, light off, pins free; may be called twice."""
        await self._trying.stop()
        if self._panel is not None:
            await self._panel.close()


class LastingScreen:
    """A screen that may be missing: a television is often switched off."""

    def __init__(self, make: Callable[[], Screen], on_fault: OnFault) -> None:
        """Build it.

        Args:
            make: Makes a screen; a screen whose `open` failed is not used again.
            on_fault: Told True when there is no screen, False when there is.
        """
        self._make = make
        self._screen: Screen | None = None
        self._view = View()
        self._trying = _Trying(self._try, on_fault)

    async def open(self) -> None:
        """Try once now, and go on trying; never raises for a missing screen."""
        await self._trying.start()

    async def _try(self) -> bool:
        screen = self._make()
        if not await _opens(screen):
            return False
        self._screen = screen
        screen.show(self._view)
        return True

    def show(self, view: View) -> None:
        """Show this, now or when there is a screen."""
        self._view = view
        if self._screen is not None:
            self._screen.show(view)

    def show_picture(self, picture: VideoFrame | None) -> None:
        """Show a picture, if there is a screen that can."""
        if isinstance(self._screen, ShowsPictures):
            self._screen.show_picture(picture)

    async def close(self) -> None:
        """Stop trying and showing; may be called twice."""
        await self._trying.stop()
        if self._screen is not None:
            await self._screen.close()
