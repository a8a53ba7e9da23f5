"""The screen through SDL: a television on a Pi, a window on a laptop."""

import asyncio
import contextlib
import ctypes
import logging
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hardware.painter import FONT_FOLDERS, Painter, Pixels, load_sdl
from hardware.panel import HardwareError
from hardware.screen import View

logger = logging.getLogger(__name__)

# A window wants to be asked about its events; four times a second is enough
# for one that nobody types in, and costs nothing.
EVENTS_S = 0.25

# A television that was switched off is tried again at this pace.
RETRY_S = 10.0

# Drivers of SDL that draw in memory only.
INVISIBLE_DRIVERS = (b"offscreen", b"dummy", b"evdev")

OPENING_S = 15.0
CLOSING_S = 2.0

# Larger screens get these lines enlarged: drawing all of a 4K picture takes a
# Pi four times as long, and no letter gets easier to read by it.
MOST_LINES = 1080


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
        self._shown: View | None = None
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
            _Display(self._driver, self._size, self._is_full_screen) as display,
        ):
            if not opened.done():
                opened.set_result(None)
            self._shown = None
            shown_size = (0, 0)
            while (view := self._next_view()) is not None:
                is_uncovered = display.read_events()
                size = display.drawing_size()
                if view != self._shown or size != shown_size:
                    display.present(painter.paint(view, *size))
                    self._shown, shown_size = view, size
                    if self._on_shown is not None:
                        self._on_shown(view)
                    if self._is_lost:
                        self._is_lost = False
                        logger.info("the display is back")
                elif is_uncovered:
                    display.present_again()

    def _next_view(self) -> View | None:
        """Wait for a new view, a quarter of a second at most; None to close."""
        with self._change:
            self._change.wait_for(
                lambda: self._is_closing or self._view != self._shown, EVENTS_S
            )
            return None if self._is_closing else self._view


class _Display:
    """A window or a whole television; for use in one thread, in a `with`."""

    def __init__(
        self, driver: str | None, size: tuple[int, int], is_full_screen: bool | None
    ) -> None:
        self._video = load_sdl().video
        self._driver = driver
        self._size = size
        self._is_full_screen = is_full_screen
        self._window: Any = None
        self._renderer: Any = None
        self._texture: Any = None
        self._texture_size = (0, 0)

    def __enter__(self) -> Self:
        video = self._video
        # Ctrl-C and systemd's stop belong to the program, not to SDL.
        video.SDL_SetHint(b"SDL_NO_SIGNAL_HANDLERS", b"1")
        # Smooth letters where the picture is enlarged.
        video.SDL_SetHint(b"SDL_RENDER_SCALE_QUALITY", b"1")
        # Also without a choice, to forget the choice of a screen before this one.
        driver = self._driver or os.environ.get("SDL_VIDEODRIVER")
        video.SDL_SetHintWithPriority(
            b"SDL_VIDEODRIVER",
            None if driver is None else driver.encode(),
            video.SDL_HINT_OVERRIDE,
        )
        if video.SDL_InitSubSystem(video.SDL_INIT_VIDEO) != 0:
            raise self._error("no display to draw on")
        try:
            self._refuse_nobodys_display()
            self._open_window()
        except HardwareError:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def _refuse_nobodys_display(self) -> None:
        """SDL falls back to a display that nobody can see; we never do."""
        driver = self._video.SDL_GetCurrentVideoDriver()
        was_chosen = self._driver is not None or "SDL_VIDEODRIVER" in os.environ
        if driver in INVISIBLE_DRIVERS and not was_chosen:
            raise HardwareError(
                "no display to draw on: no desktop, and no television or monitor "
                "that this user may draw on"
            )

    def _open_window(self) -> None:
        video = self._video
        flags = video.SDL_WINDOW_RESIZABLE
        fills = self._is_full_screen
        if fills is None:
            fills = video.SDL_GetCurrentVideoDriver() == b"KMSDRM"
        if fills:
            flags = video.SDL_WINDOW_FULLSCREEN_DESKTOP
            video.SDL_ShowCursor(0)
        middle = video.SDL_WINDOWPOS_CENTERED
        self._window = video.SDL_CreateWindow(
            b"Praatpaal", middle, middle, *self._size, flags
        )
        if not self._window:
            raise self._error("the display gives no window")
        self._renderer = video.SDL_CreateRenderer(self._window, -1, 0)
        if not self._renderer:
            raise self._error("the display cannot be drawn on")

    def drawing_size(self) -> tuple[int, int]:
        """Width and height to draw in, in pixels; at most 1080 lines."""
        width, height = ctypes.c_int(0), ctypes.c_int(0)
        answer = self._video.SDL_GetRendererOutputSize(
            self._renderer, ctypes.byref(width), ctypes.byref(height)
        )
        if answer != 0 or width.value < 1 or height.value < 1:
            raise self._error("the display has no size")
        if height.value <= MOST_LINES:
            return width.value, height.value
        return round(width.value * MOST_LINES / height.value), MOST_LINES

    def present(self, pixels: Pixels) -> None:
        """Bring a picture on the display."""
        height, width = pixels.shape[:2]
        video = self._video
        if self._texture is None or self._texture_size != (width, height):
            if self._texture is not None:
                video.SDL_DestroyTexture(self._texture)
                self._texture = None
            texture = video.SDL_CreateTexture(
                self._renderer,
                video.SDL_PIXELFORMAT_ARGB8888,
                video.SDL_TEXTUREACCESS_STREAMING,
                width,
                height,
            )
            if not texture:
                raise self._error("the display has no room for a picture")
            self._texture, self._texture_size = texture, (width, height)
        data = pixels.ctypes.data_as(ctypes.c_void_p)
        if video.SDL_UpdateTexture(self._texture, None, data, pixels.strides[0]) != 0:
            raise self._error("the display takes no picture")
        self.present_again()

    def present_again(self) -> None:
        """Bring the last picture on the display once more."""
        if self._texture is None:
            return
        self._video.SDL_RenderClear(self._renderer)
        if self._video.SDL_RenderCopy(self._renderer, self._texture, None, None) != 0:
            raise self._error("the display shows no picture")
        self._video.SDL_RenderPresent(self._renderer)

    def read_events(self) -> bool:
        """Take what the window has to tell; True if it must be drawn again.

        Closing the window is not for the person who looks at it: it stays.
        """
        event = self._video.SDL_Event()
        is_uncovered = False
        while self._video.SDL_PollEvent(ctypes.byref(event)):
            if event.type == self._video.SDL_WINDOWEVENT:
                is_uncovered = True
        return is_uncovered

    def _close(self) -> None:
        video = self._video
        if self._texture is not None:
            video.SDL_DestroyTexture(self._texture)
            self._texture = None
        if self._renderer:
            video.SDL_DestroyRenderer(self._renderer)
            self._renderer = None
        if self._window:
            video.SDL_DestroyWindow(self._window)
            self._window = None
        video.SDL_QuitSubSystem(video.SDL_INIT_VIDEO)

    def _error(self, what: str) -> HardwareError:
        reason: bytes = self._video.SDL_GetError()
        return HardwareError(f"{what}: {reason.decode(errors='replace')}")
