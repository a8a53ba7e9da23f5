"""The screen through SDL: a television on a Pi, a window on a laptop."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from av.video.frame import VideoFrame

from hardware.painter import FONT_FOLDERS, Painter
from hardware.panel import HardwareError
from hardware.screen import View
from hardware.sdl_display import Display

logger = logging.getLogger(__name__)

# A window wants to be asked about its events; four times a second is enough
# for one that nobody types in, and costs nothing.
EVENTS_S = 0.25

# A television that was switched off is tried again at this pace.
RETRY_S = 10.0

OPENING_S = 15.0
CLOSING_S = 2.0


class SdlScreen:
    """Shows views through SDL, all of whose calls are made in one thread.

    The newest view wins and nothing waits. A display that is lost while running
    is tried again; one that is missing at the start is an error.
    """

    def __init__(
        self,
        *,
        driver: str | None = None,
        is_full_screen: bool | None = None,
        width: int = 1280,
        height: int = 720,
        font_folders: Sequence[Path] = FONT_FOLDERS,
        on_shown: Callable[[View], None] | None = None,
        retry_s: float = RETRY_S,
    ) -> None:
        """Prepare a screen; nothing is opened before `open`.

        Args:
            driver: SDL's video driver: "KMSDRM" for a Pi without a desktop; None
                leaves the choice to SDL and SDL_VIDEODRIVER.
            is_full_screen: Fill the display; None does so where there is no
                desktop that could have windows.
            width: Of the window, in pixels.
            height: Of the window, in pixels.
            font_folders: Where to look for the letters.
            on_shown: Called in SDL's thread when a view has come on the display.
            retry_s: Wait before a lost display is opened again, in seconds.
        """
        self._driver = driver
        self._is_full_screen = is_full_screen
        self._size = (width, height)
        self._font_folders = font_folders
        self._on_shown = on_shown
        self._retry_s = retry_s
        self._is_lost = False
        self._change = threading.Condition()
        self._view = View()
        self._picture: VideoFrame | None = None
        self._is_closing = False
        self._thread: threading.Thread | None = None

    async def open(self) -> None:
        """Start showing.

        Raises:
            HardwareError: If there is no display, no SDL or no font.
        """
        opened: Future[None] = Future()
        # A daemon: a display that hangs must not keep the program from ending.
        self._thread = threading.Thread(
            target=self._run, args=(opened,), name="screen", daemon=True
        )
        self._thread.start()
        try:
            async with asyncio.timeout(OPENING_S):
                await asyncio.wrap_future(opened)
        except TimeoutError as error:
            await self.close()
            raise HardwareError(
                f"the display did not open within {OPENING_S:.0f} s"
            ) from error

    def show(self, view: View) -> None:
        """Show this from now on; the newest view wins, nothing waits."""
        with self._change:
            self._view = view
            self._change.notify()

    def show_picture(self, picture: VideoFrame | None) -> None:
        """Show this picture above the view from now on; None: no picture."""
        with self._change:
            self._picture = picture
            self._change.notify()

    async def close(self) -> None:
        """Stop showing; may be called twice."""
        with self._change:
            self._is_closing = True
            self._change.notify()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, CLOSING_S)
            if self._thread.is_alive():
                logger.warning("the display does not close; it is left behind")
            self._thread = None

    def _run(self, opened: "Future[None]") -> None:
        """Open the display, and again when it was lost; SDL's thread."""
        while not self._is_closing:
            try:
                self._show_all(opened)
            except Exception as error:
                # The outer edge of this thread: whatever breaks in SDL or in a
                # driver, the display is opened anew and the rest never knows.
                if not opened.done():
                    failure = HardwareError(f"the display cannot open: {error}")
                    failure.__cause__ = error
                    opened.set_exception(failure)
                    return
                if not self._is_lost:
                    # Once: a television may be switched off for days.
                    logger.warning("the display is lost and tried again", exc_info=True)
                    self._is_lost = True
                with self._change:
                    self._change.wait_for(lambda: self._is_closing, self._retry_s)

    def _show_all(self, opened: "Future[None]") -> None:
        """Open the display and draw each new view, until the screen closes."""
        with (
            contextlib.closing(Painter(self._font_folders)) as painter,
            Display(self._driver, self._size, self._is_full_screen) as display,
        ):
            if not opened.done():
                opened.set_result(None)
            drawn: _Scene | None = None
            while (shown := self._next_shown(drawn)) is not None:
                is_uncovered = display.read_events()
                scene = _Scene(*shown, display.drawing_size())
                if scene == drawn:
                    if is_uncovered:
                        display.present()
                    continue
                scene.draw(drawn, painter, display)
                if self._on_shown is not None and (
                    drawn is None or scene.view != drawn.view
                ):
                    self._on_shown(scene.view)
                drawn = scene
                if self._is_lost:
                    self._is_lost = False
                    logger.info("the display is back")

    def _next_shown(
        self, drawn: "_Scene | None"
    ) -> tuple[View, VideoFrame | None] | None:
        """Wait for news, a quarter of a second at most; None to close."""
        with self._change:
            self._change.wait_for(
                lambda: (
                    self._is_closing
                    or drawn is None
                    or self._view != drawn.view
                    or self._picture is not drawn.picture
                ),
                EVENTS_S,
            )
            return None if self._is_closing else (self._view, self._picture)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What is on the display at one moment."""

    view: View
    picture: VideoFrame | None
    size: tuple[int, int]

    def draw(self, before: "_Scene | None", painter: Painter, display: Display) -> None:
        """Draw what differs from the scene before."""
        has_picture = self.picture is not None
        if (
            before is None
            or self.view != before.view
            or self.size != before.size
            or has_picture != (before.picture is not None)
        ):
            paint = painter.paint_strip if has_picture else painter.paint
            display.draw(paint(self.view, *self.size))
        if before is None or self.picture is not before.picture:
            display.draw_picture(self.picture)
        display.present()
