"""Pictures to and from the page, on a WebSocket of their own.

Apart from the sound, which a picture on the same wire would delay.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from av.video.frame import VideoFrame

from companion.simulator.jpeg import JpegWriter, read_jpeg
from companion.simulator.messages import BadMessage

logger = logging.getLogger(__name__)

NO_PICTURE = b""
"""Takes the picture away."""


class PictureSocket(Protocol):
    """The sending half of a WebSocket."""

    async def send_bytes(self, data: bytes) -> None: ...


class Watcher:
    """One tab that is shown pictures; a slow one misses some, never the last."""

    def __init__(self, newest: bytes) -> None:
        """Begin with what the others show."""
        self._newest: bytes | None = newest
        self._has_work = asyncio.Event()
        self._has_work.set()

    def show(self, jpeg: bytes) -> None:
        """Show this next; replaces one that was not sent yet."""
        self._newest = jpeg
        self._has_work.set()

    async def send_all(self, socket: PictureSocket) -> None:
        """Send what comes, until cancelled or the wire breaks.

        Raises:
            ConnectionError: If the page is gone.
        """
        while True:
            await self._has_work.wait()
            self._has_work.clear()
            jpeg, self._newest = self._newest, None
            if jpeg is not None:
                await socket.send_bytes(jpeg)


class Pictures:
    """What the tabs show of the other side, and what their camera sees."""

    def __init__(self) -> None:
        """Begin without a picture and without a camera."""
        self._watchers: set[Watcher] = set()
        self._picture: VideoFrame | None = None
        self._has_news = asyncio.Event()
        self._newest = NO_PICTURE
        self._writer = JpegWriter()
        self._seen: Callable[[VideoFrame], None] | None = None

    def add(self) -> Watcher:
        """A tab opened."""
        watcher = Watcher(self._newest)
        self._watchers.add(watcher)
        return watcher

    def remove(self, watcher: Watcher) -> None:
        """A tab closed."""
        self._watchers.discard(watcher)

    def show(self, picture: VideoFrame | None) -> None:
        """Show this from now on; None: no picture. The newest wins, nothing waits."""
        self._picture = picture
        self._has_news.set()

    async def run(self) -> None:
        """Send what is to be shown, without end."""
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            picture = self._picture
            if picture is None:
                self._newest = NO_PICTURE
            elif self._watchers:
                try:
                    jpeg = await asyncio.to_thread(self._writer.write, picture)
                except Exception:
                    # One picture less; the next may be another.
                    logger.exception("a picture cannot be written")
                    continue
                self._newest = jpeg
            for watcher in self._watchers:
                watcher.show(self._newest)

    def use_camera(self, seen: Callable[[VideoFrame], None] | None) -> None:
        """Hand what the camera of a tab sees to this; None: to nobody."""
        self._seen = seen

    async def see(self, jpeg: bytes) -> None:
        """A tab sent what its camera sees."""
        if self._seen is None:
            return
        try:
            picture = await asyncio.to_thread(read_jpeg, jpeg)
        except BadMessage as error:
            logger.debug("ignored a picture of a page: %s", error)
            return
        if self._seen is not None:
            self._seen(picture)
