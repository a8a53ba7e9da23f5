"""What a camera is, and how pictures come from its thread to the loop."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Generator
from typing import Protocol

import av

from hardware.panel import HardwareError

logger = logging.getLogger(__name__)

# The first picture of a USB camera comes within a second; of a slow one in three.
OPENING_S = 8.0

# A camera that sends nothing for so long hangs.
PICTURE_S = 5.0

CLOSING_S = 2.0


class CameraError(HardwareError, OSError):
    """The camera does not work."""


class CameraMissing(CameraError, LookupError):
    """The camera is not connected."""


class Camera(Protocol):
    """Films only between `open` and `close`, and says so.

    The only users are the tests and a call.
    """

    name: str
    """What the camera calls itself, for the self-test and the log."""

    @property
    def is_on(self) -> bool:
        """Whether it films now."""

    def on_change(self, callback: Callable[[bool], None]) -> Callable[[], None]:
        """Call back on the loop when it begins or ends to film; returns how to stop."""

    async def open(self) -> None:
        """Begin to film.

        Raises:
            CameraMissing: If it is not connected.
            CameraError: If it does not work.
        """

    async def picture(self) -> av.VideoFrame:
        """Wait for the next picture, in yuv420p; only the newest one is kept.

        For one reader, who may change the frame.

        Raises:
            CameraMissing: If it was unplugged; it may be opened again.
            CameraError: If it broke, hangs or is not open.
        """

    async def close(self) -> None:
        """Film no more; may be called twice."""


Film = Callable[[threading.Event], Generator[av.VideoFrame]]
"""Films in a thread until the event is set; raises CameraError."""


class ThreadCamera:
    """A camera whose pictures are made in a thread of their own, while it is open."""

    def __init__(self, name: str, film: Film) -> None:
        """Prepare; nothing is opened before `open`."""
        self.name = name
        self._film = film
        self._filming: _Filming | None = None
        self._callbacks: list[Callable[[bool], None]] = []

    @property
    def is_on(self) -> bool:
        """Whether it films now."""
        return self._filming is not None

    def on_change(self, callback: Callable[[bool], None]) -> Callable[[], None]:
        """Call back when it begins or ends to film; returns how to stop."""
        self._callbacks.append(callback)

        def stop() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return stop

    async def open(self) -> None:
        """Begin to film; returns with the first picture.

        Raises:
            CameraError: If it does not work.
        """
        if self._filming is not None:
            return
        self._filming = _Filming(self._film)
        # From here on: its lamp may be on already, whatever comes of it.
        self._tell()
        try:
            await self._filming.first()
        except BaseException:
            await self.close()
            raise

    async def picture(self) -> av.VideoFrame:
        """Wait for the next picture.

        Raises:
            CameraError: If it was unplugged, broke, hangs or is not open.
        """
        if self._filming is None:
            raise CameraError("open the camera before taking pictures")
        return await self._filming.picture()

    async def close(self) -> None:
        """Film no more; may be called twice."""
        filming, self._filming = self._filming, None
        if filming is not None:
            try:
                await filming.stop()
            finally:
                self._tell()

    def _tell(self) -> None:
        for callback in tuple(self._callbacks):
            try:
                callback(self.is_on)
            except Exception:
                # Whoever shows it must not keep it from closing.
                logger.exception("a callback for the camera broke")


class _Filming:
    """One time that a camera films: its thread, and the newest picture of it."""

    def __init__(self, pictures: Film) -> None:
        """Begin."""
        self._pictures = pictures
        self._loop = asyncio.get_running_loop()
        self._is_over = threading.Event()
        self._lock = threading.Lock()
        self._newest: av.VideoFrame | None = None
        self._error: CameraError | None = None
        self._is_told = False
        self._news = asyncio.Event()
        # A daemon: a camera that hangs must not keep the program from ending.
        self._thread = threading.Thread(target=self._film, name="camera", daemon=True)
        self._thread.start()

    async def first(self) -> None:
        """Wait until there is a picture; it is kept.

        Raises:
            CameraError: If there is none.
        """
        try:
            async with asyncio.timeout(OPENING_S):
                await self._news.wait()
        except TimeoutError:
            raise CameraError(f"no picture within {OPENING_S:.0f} s") from None
        self._check()

    async def picture(self) -> av.VideoFrame:
        """Wait for the next picture."""
        try:
            async with asyncio.timeout(PICTURE_S):
                while True:
                    await self._news.wait()
                    self._news.clear()
                    self._check()
                    with self._lock:
                        newest, self._newest = self._newest, None
                    if newest is not None:
                        return newest
        except TimeoutError:
            raise CameraError(f"no picture for {PICTURE_S:.0f} s") from None

    async def stop(self) -> None:
        """End the thread; one that hangs is left behind."""
        self._is_over.set()
        await asyncio.to_thread(self._thread.join, CLOSING_S)
        if self._thread.is_alive():
            logger.warning("the camera does not close; it is left behind")

    def _check(self) -> None:
        if self._error is not None:
            self._news.set()
            raise self._error

    def _film(self) -> None:
        try:
            with contextlib.closing(self._pictures(self._is_over)) as pictures:
                for picture in pictures:
                    if self._is_over.is_set():
                        return
                    self._give(picture, None)
            if not self._is_over.is_set():
                self._give(None, CameraError("the camera sends no more pictures"))
        except CameraError as error:
            self._give(None, error)
        except Exception as error:
            # The outer edge of this thread: a driver may break in any way.
            logger.exception("the camera broke")
            failure = CameraError(f"the camera broke: {type(error).__name__}")
            self._give(None, failure)

    def _give(self, picture: av.VideoFrame | None, error: CameraError | None) -> None:
        with self._lock:
            self._newest, self._error = picture, error
            if self._is_told:
                return
            self._is_told = True
        # The loop may be gone where the camera hung.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        with self._lock:
            self._is_told = False
        self._news.set()
