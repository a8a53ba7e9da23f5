"""Draws a view into pixels, with SDL's letters and without any display."""

import ctypes
import importlib
import os
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.layout import (
    Box,
    Item,
    Paint,
    Text,
    Weight,
    arrange,
    arrange_strip,
    line_height,
    strip_height,
)
from hardware.panel import HardwareError
from hardware.screen import View

# Where Debian, Fedora and Arch keep DejaVu Sans. Looked up by path: fontconfig
# would be one more part that can be set up wrongly.
FONT_FOLDERS = (
    Path("/usr/share/fonts/truetype/dejavu"),
    Path("/usr/share/fonts/dejavu-sans-fonts"),
    Path("/usr/share/fonts/TTF"),
)
FONT_FILES = {
    Weight.REGULAR: "DejaVuSans.ttf",
    Weight.BOLD: "DejaVuSans-Bold.ttf",
}

# Rows, columns, and blue, green, red and alpha: SDL's ARGB8888 in memory.
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Sdl:
    """SDL's functions and those of its letters."""

    video: Any
    letters: Any


def load_sdl() -> Sdl:
    """Load SDL and SDL_ttf.

    Raises:
        HardwareError: If one of the libraries cannot be loaded.
    """
    try:
        # Loaded first, it tells where its libraries are without a warning.
        # PYSDL2_DLL_PATH, where set, points to others.
        importlib.import_module("sdl2dll")
    except ImportError:
        pass  # Then the system's own libraries are used.
    try:
        return Sdl(
            importlib.import_module("sdl2"), importlib.import_module("sdl2.sdlttf")
        )
    except (ImportError, RuntimeError) as error:
        raise HardwareError(
            f"the screen needs the libraries SDL2 and SDL2_ttf: {error}"
        ) from error


def find_font(weight: Weight, folders: Sequence[Path] = FONT_FOLDERS) -> Path:
    """Find the file with the letters.

    Raises:
        HardwareError: If it is in none of the folders.
    """
    for folder in folders:
        file = folder / FONT_FILES[weight]
        if file.is_file():
            return file
    raise HardwareError(
        f"the font {FONT_FILES[weight]} is in none of "
        f"{', '.join(map(str, folders))}; install fonts-dejavu-core"
    )


class Painter:
    """Draws views; for use in one thread."""

    def __init__(self, font_folders: Sequence[Path] = FONT_FOLDERS) -> None:
        """Get the letters ready.

        Raises:
            HardwareError: If SDL or a font is missing.
        """
        self._files = {weight: find_font(weight, font_folders) for weight in Weight}
        self._sdl = load_sdl()
        if self._sdl.letters.TTF_Init() != 0:
            raise HardwareError(f"SDL_ttf cannot start: {self._error()}")
        self._fonts: dict[tuple[Weight, int], Any] = {}
        self._is_closed = False

    def paint(self, view: View, width: int, height: int) -> Pixels:
        """Draw a view.

        Returns:
            Shape (height, width, 4): blue, green, red, alpha.
        """
        return self._draw(arrange(view, width, height, self.measure), width, height)

    def paint_strip(self, view: View, width: int, height: int) -> Pixels:
        """Draw what stays of a view below a picture, on a screen of that size.

        Returns:
            Shape (height of the strip, width, 4), as `paint`.
        """
        items = arrange_strip(view, width, height, self.measure)
        return self._draw(items, width, strip_height(height))

    def _draw(self, items: Sequence[Item], width: int, height: int) -> Pixels:
        pixels: Pixels = np.full((height, width, 4), 255, dtype=np.uint8)
        surface = self._sdl.video.SDL_CreateRGBSurfaceWithFormatFrom(
            pixels.ctypes.data_as(ctypes.c_void_p),
            width,
            height,
            32,
            pixels.strides[0],
            self._sdl.video.SDL_PIXELFORMAT_ARGB8888,
        )
        if not surface:
            raise HardwareError(f"SDL cannot draw: {self._error()}")
        try:
            for item in items:
                match item:
                    case Box():
                        _fill(pixels, item)
                    case Text():
                        self._write(surface, item)
        finally:
            self._sdl.video.SDL_FreeSurface(surface)
        return pixels

    def measure(self, text: str, size_px: int, weight: Weight) -> int:
        """Tell how wide a text is, in pixels."""
        width = ctypes.c_int(0)
        self._sdl.letters.TTF_SizeUTF8(
            self._font(size_px, weight), _bytes(text), ctypes.byref(width), None
        )
        return width.value

    def close(self) -> None:
        """Give the letters back; may be called twice."""
        if self._is_closed:
            return
        self._is_closed = True
        for font in self._fonts.values():
            self._sdl.letters.TTF_CloseFont(font)
        self._fonts.clear()
        self._sdl.letters.TTF_Quit()

    def _font(self, size_px: int, weight: Weight) -> Any:
        key = (weight, size_px)
        if key not in self._fonts:
            font = self._sdl.letters.TTF_OpenFont(
                os.fsencode(self._files[weight]), size_px
            )
            if not font:
                raise HardwareError(
                    f"the font {self._files[weight]} is broken: {self._error()}"
                )
            self._fonts[key] = font
        return self._fonts[key]

    def _write(self, surface: Any, item: Text) -> None:
        video = self._sdl.video
        colour = video.SDL_Color(
            item.colour.red, item.colour.green, item.colour.blue, 255
        )
        letters = self._sdl.letters.TTF_RenderUTF8_Blended(
            self._font(item.size_px, item.weight), _bytes(item.text), colour
        )
        if not letters:
            # A text of no width has nothing to draw.
            return
        try:
            below = (line_height(item.size_px) - letters.contents.h) // 2
            place = video.SDL_Rect(item.x, item.y + below, 0, 0)
            video.SDL_BlitSurface(letters, None, surface, ctypes.byref(place))
        finally:
            video.SDL_FreeSurface(letters)

    def _error(self) -> str:
        message: bytes = self._sdl.video.SDL_GetError()
        return message.decode(errors="replace")


def render_png(view: View, width: int, height: int, path: Path) -> None:
    """Draw a view into a picture file.

    Raises:
        HardwareError: If SDL or a font is missing.
        OSError: If the file cannot be written.
    """
    painter = Painter()
    try:
        pixels = painter.paint(view, width, height)
    finally:
        painter.close()
    path.write_bytes(_as_png(pixels))


def _bytes(text: str) -> bytes:
    """Encode for C; control characters have no letters and could end the text."""
    return "".join(c if c.isprintable() else " " for c in text).encode(
        "utf-8", errors="replace"
    )


def _fill(pixels: Pixels, box: Box) -> None:
    """Fill a box; its corners are rounded by how much of each pixel they cover."""
    area = pixels[box.y : box.y + box.height, box.x : box.x + box.width]
    colour = _bgra(box.colour)
    radius = min(box.radius, box.width // 2, box.height // 2)
    if radius <= 0:
        area[:] = colour
        return
    before = area.copy()
    area[:] = colour
    offsets = np.arange(radius) + 0.5 - radius
    distance = np.hypot(offsets[:, None], offsets[None, :])
    cover = np.clip(radius - distance + 0.5, 0.0, 1.0)[:, :, None]
    corners = (
        (slice(None, radius), slice(None, radius), cover),
        (slice(None, radius), slice(-radius, None), cover[:, ::-1]),
        (slice(-radius, None), slice(None, radius), cover[::-1]),
        (slice(-radius, None), slice(-radius, None), cover[::-1, ::-1]),
    )
    for rows, columns, part in corners:
        mixed = part * colour + (1.0 - part) * before[rows, columns]
        area[rows, columns] = np.rint(mixed).astype(np.uint8)


def _bgra(colour: Paint) -> NDArray[np.uint8]:
    return np.array([colour.blue, colour.green, colour.red, 255], dtype=np.uint8)


def _as_png(pixels: Pixels) -> bytes:
    """Encode as a PNG of 8-bit RGB (W3C PNG, third edition, 5.3 and 11.2)."""
    height, width = pixels.shape[:2]
    rgb = pixels[:, :, 2::-1].reshape(height, width * 3)
    # Each row begins with its filter; 0 is "none".
    rows = np.hstack([np.zeros((height, 1), dtype=np.uint8), rgb])
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _png_chunk(b"IHDR", header),
            _png_chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)),
            _png_chunk(b"IEND", b""),
        )
    )


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return (
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", zlib.crc32(kind + data))
    )
