"""The television while there is something to look at: switched on, and off again.

A picture of a call, or a code to be scanned. The clock at rest wakes nobody's
television.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from av.video.frame import VideoFrame

from companion.ports import Screen
from hardware.screen import View
from hardware.television import Shown

logger = logging.getLogger(__name__)


class Television(Protocol):
    """What is needed of `hardware.television.Television`."""

    async def show(self) -> Shown:
        """Switch it on where it sleeps, and to our input; says what came of it."""

    async def rest(self) -> None:
        """Back to stand-by, where we woke it."""


class CallScreen:
    """Hands pictures on, and has the television switched on at the first of them."""

    def __init__(
        self,
        show: Callable[[VideoFrame | None], None],
        television: Television | None,
    ) -> None:
        """Take what shows pictures, and the television; None: a screen that is on."""
        self._show = show
        self._television = television
        self._tell_dark: Callable[[bool], None] = lambda is_dark: None
        self._has_picture = False
        self._has_code = False
        self._changed = asyncio.Event()

    def on_dark(self, callback: Callable[[bool], None]) -> None:
        """Tell True when it cannot be switched on, and False when it rests or is on."""
        self._tell_dark = callback

    def show(self, picture: VideoFrame | None) -> None:
        """Show this picture; None: none any more."""
        self._show(picture)
        if (picture is not None) != self._has_picture:
            self._has_picture = picture is not None
            self._changed.set()

    def show_code(self, has_code: bool) -> None:
        """There is a code to look at, or there is none any more."""
        if has_code != self._has_code:
            self._has_code = has_code
            self._changed.set()

    async def run(self) -> None:
        """Switch the television, without end."""
        if self._television is None:
            return
        is_wanted = False
        while True:
            await self._changed.wait()
            self._changed.clear()
            if is_wanted != (self._has_picture or self._has_code):
                is_wanted = not is_wanted
                is_done = await self._switch(self._television, is_wanted)
                self._tell_dark(is_wanted and not is_done)

    async def _switch(self, television: Television, is_wanted: bool) -> bool:
        """On or off; whether it does it."""
        try:
            if not is_wanted:
                await television.rest()
                return True
            shown = await television.show()
        except OSError:
            # The call goes on with the picture on whatever is on.
            logger.exception("the television cannot be switched")
            return False
        logger.info("television: %s", shown)
        return shown is Shown.SHOWN


class WatchedScreen:
    """A screen of which the television is told when it has a code to show."""

    def __init__(self, screen: Screen, call_screen: CallScreen) -> None:
        """Take the screen; it is opened and closed through this."""
        self._screen = screen
        self._call_screen = call_screen

    async def open(self) -> None:
        """As the screen."""
        await self._screen.open()

    def show(self, view: View) -> None:
        """As the screen."""
        self._screen.show(view)
        self._call_screen.show_code(view.code is not None)

    async def close(self) -> None:
        """As the screen; may be called twice."""
        await self._screen.close()
