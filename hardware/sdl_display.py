"""A window or a whole television through SDL, for one thread."""

import ctypes
import os
from types import TracebackType
from typing import Any, Self

from av.video.frame import VideoFrame

from hardware.painter import Pixels, load_sdl
from hardware.panel import HardwareError

# Drivers of SDL that draw in memory only.
INVISIBLE_DRIVERS = (b"offscreen", b"dummy", b"evdev")

# Larger screens get these lines enlarged: drawing all of a 4K picture takes a
# Pi four times as long, and no letter gets easier to read by it.
MOST_LINES = 1080

# What cameras and decoders give: brightness, and two colours at half the size.
PICTURE_FORMAT = "yuv420p"


def placed(width: int, height: int, room: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where a picture stands in a room: whole, as large as it can be, in the middle.

    Returns:
        Left, top, width and height, in pixels.
    """
    scale = min(room[0] / width, room[1] / height)
    wide, high = round(width * scale), round(height * scale)
    return (room[0] - wide) // 2, (room[1] - high) // 2, wide, high


class _Layer:
    """A texture of one kind, made anew for each size."""

    def __init__(self, video: Any, kind: int) -> None:
        self.texture: Any = None
        self.size = (0, 0)
        self._video = video
        self._kind = kind

    def fit(self, renderer: Any, width: int, height: int) -> bool:
        """Make it this large; False where there is no room for it."""
        if self.texture is None or self.size != (width, height):
            self.drop()
            self.texture = self._video.SDL_CreateTexture(
                renderer,
                self._kind,
                self._video.SDL_TEXTUREACCESS_STREAMING,
                width,
                height,
            )
            self.size = (width, height)
        return bool(self.texture)

    def drop(self) -> None:
        """Give it back; may be called twice."""
        if self.texture:
            self._video.SDL_DestroyTexture(self.texture)
        self.texture = None


class Display:
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
        self._logical_size = (0, 0)
        video = self._video
        self._painted = _Layer(video, video.SDL_PIXELFORMAT_ARGB8888)
        self._picture = _Layer(video, video.SDL_PIXELFORMAT_IYUV)

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
            wanted = width.value, height.value
        else:
            wanted = round(width.value * MOST_LINES / height.value), MOST_LINES
        if wanted != self._logical_size:
            # What is drawn is enlarged to the whole display.
            self._video.SDL_RenderSetLogicalSize(self._renderer, *wanted)
            self._logical_size = wanted
        return wanted

    def draw(self, pixels: Pixels) -> None:
        """Take what is painted; along the bottom where it is lower than the screen.

        Args:
            pixels: Shape (height, width, 4): blue, green, red, alpha.
        """
        height, width = pixels.shape[:2]
        video = self._video
        if not self._painted.fit(self._renderer, width, height):
            raise self._error("the display has no room for what is painted")
        data = pixels.ctypes.data_as(ctypes.c_void_p)
        texture = self._painted.texture
        if video.SDL_UpdateTexture(texture, None, data, pixels.strides[0]) != 0:
            raise self._error("the display takes nothing painted")

    def draw_picture(self, picture: VideoFrame | None) -> None:
        """Take a picture of a camera, above what is painted; None: none."""
        if picture is None:
            self._picture.drop()
            return
        if picture.format.name != PICTURE_FORMAT:
            picture = picture.reformat(format=PICTURE_FORMAT)
        if not self._picture.fit(self._renderer, picture.width, picture.height):
            raise self._error("the display has no room for a picture")
        planes = []
        for plane in picture.planes:
            planes += [
                ctypes.cast(plane.buffer_ptr, ctypes.POINTER(ctypes.c_uint8)),
                plane.line_size,
            ]
        texture = self._picture.texture
        if self._video.SDL_UpdateYUVTexture(texture, None, *planes) != 0:
            raise self._error("the display takes no picture")

    def present(self) -> None:
        """Bring on the display what was drawn, once more if need be."""
        if self._painted.texture is None:
            return
        width, height = self.drawing_size()
        rows = self._painted.size[1]
        self._video.SDL_RenderClear(self._renderer)
        if self._picture.texture is not None:
            self._copy(
                self._picture.texture,
                placed(*self._picture.size, (width, height - rows)),
            )
        self._copy(self._painted.texture, (0, height - rows, width, rows))
        self._video.SDL_RenderPresent(self._renderer)

    def _copy(self, texture: Any, place: tuple[int, int, int, int]) -> None:
        """Copy all of a texture to a place, in the pixels of `drawing_size`."""
        rect = self._video.SDL_Rect(*place)
        answer = self._video.SDL_RenderCopy(
            self._renderer, texture, None, ctypes.byref(rect)
        )
        if answer != 0:
            raise self._error("the display shows nothing")

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
        self._painted.drop()
        self._picture.drop()
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
