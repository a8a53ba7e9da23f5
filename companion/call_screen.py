"""The television while there is a picture of a call: switched on, and off again."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from av.video.frame import VideoFrame

logger = logging.getLogger(__name__)


class Television(Protocol):
    """What is needed of `hardware.television.Television`."""

    async def show(self) -> object:
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
        self._has_picture = False
        self._changed = asyncio.Event()

    def show(self, picture: VideoFrame | None) -> None:
        """Show this picture; None: none any more."""
        self._show(picture)
        if (picture is not None) != self._has_picture:
            self._has_picture = picture is not None
            self._changed.set()

    async def run(self) -> None:
        """Switch the television, without end."""
        while self._television is not None:
            await self._changed.wait()
            self._changed.clear()
            try:
                if self._has_picture:
                    logger.info("television: %s", await self._television.show())
                else:
                    await self._television.rest()
            except OSError:
                # The call goes on with the picture on whatever is on.
                logger.exception("the television cannot be switched")
