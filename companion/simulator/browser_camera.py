"""The camera of the laptop, lent by the page."""

import asyncio
import logging
from collections.abc import Callable

from av.video.frame import VideoFrame

from companion.simulator.messages import write_camera
from companion.simulator.pictures import Pictures
from companion.simulator.tabs import Tabs
from hardware.camera import CameraError, CameraMissing

logger = logging.getLogger(__name__)

# A browser asks the person first, and not everybody answers at once.
FIRST_PICTURE_S = 20.0

# A page shows 24 a second; this long without one and it is gone or asleep.
NEXT_PICTURE_S = 2.0


class BrowserCamera:
    """A `hardware.camera.Camera` whose lens is that of a browser tab.

    The tab that lends its sound lends its camera too, and only while a picture is
    sent.
    """

    name = "browser"

    def __init__(self, tabs: Tabs, pictures: Pictures) -> None:
        """Take the tabs; none films yet."""
        self._tabs = tabs
        self._pictures = pictures
        self._newest: VideoFrame | None = None
        self._has_news = asyncio.Event()
        self._is_on = False
        self._patience_s = FIRST_PICTURE_S
        self._callbacks: list[Callable[[bool], None]] = []

    @property
    def is_on(self) -> bool:
        """Whether a tab is asked to film."""
        return self._is_on

    def on_change(self, callback: Callable[[bool], None]) -> Callable[[], None]:
        """Call back when it begins or ends to film; returns how to stop."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    async def open(self) -> None:
        """Ask the tab to film.

        Raises:
            CameraMissing: If no page is open.
        """
        if not len(self._tabs):
            raise CameraMissing("no page is open that could lend its camera")
        self._newest = None
        self._has_news.clear()
        self._patience_s = FIRST_PICTURE_S
        self._pictures.use_camera(self._see)
        self._switch(True)

    async def picture(self) -> VideoFrame:
        """Wait for the next picture; only the newest one is kept.

        Raises:
            CameraMissing: If the page sends none: refused, closed, asleep.
            CameraError: If it is not open.
        """
        if not self._is_on:
            raise CameraError("the camera of the page is not open")
        try:
            async with asyncio.timeout(self._patience_s):
                await self._has_news.wait()
        except TimeoutError as error:
            raise CameraMissing("the page sends no picture") from error
        self._has_news.clear()
        self._patience_s = NEXT_PICTURE_S
        picture, self._newest = self._newest, None
        if picture is None:
            raise CameraError("the camera of the page was closed")
        return picture

    async def close(self) -> None:
        """Let the tab film no more; may be called twice."""
        self._pictures.use_camera(None)
        self._newest = None
        # Whoever waits for a picture goes on, and hears that there is none.
        self._has_news.set()
        self._switch(False)

    def _see(self, picture: VideoFrame) -> None:
        self._newest = picture
        self._has_news.set()

    def _switch(self, is_on: bool) -> None:
        if self._is_on == is_on:
            return
        self._is_on = is_on
        self._tabs.show("camera", write_camera(is_on))
        for callback in tuple(self._callbacks):
            callback(is_on)
