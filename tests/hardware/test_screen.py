"""Views become pixels, on a display and without one."""

import asyncio
import logging
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hardware.layout import GROUND, LETTERS, Weight
from hardware.painter import Painter, find_font, render_png
from hardware.panel import HardwareError
from hardware.screen import NoScreen, View
from hardware.sdl_screen import SdlScreen
from tests.scanner import ADDRESS, code_of, scan, seen_from_afar

VIEW = View(
    clock="14:05",
    date="zondag 22 november",
    said="Goedemiddag. Hoe voelt u zich vandaag?",
    heard="het gaat wel, dank u",
    state="Ik luister",
    buttons=(("Praten", "Stop"), ("Familie", "Stop"), ("Luisterlijn", "Stop")),
)


class Watcher:
    """Waits in the loop for views that SDL's thread has shown."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[View] = asyncio.Queue()

    def shown(self, view: View) -> None:
        self._loop.call_soon_threadsafe(self._queue.put_nowait, view)

    async def wait_for(self, view: View) -> None:
        async with asyncio.timeout(20.0):
            while await self._queue.get() != view:
                pass


def last_picture(folder: Path) -> NDArray[np.uint8]:
    """Lightness of each pixel of the newest picture, 0 to 255."""
    with Image.open(max(folder.glob("*.bmp"))) as image:
        return np.asarray(image.convert("L"))


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
def test_a_view_becomes_a_picture(tmp_path: Path, width: int, height: int) -> None:
    file = tmp_path / "view.png"
    render_png(VIEW, width, height, file)
    with Image.open(file) as image:
        image.load()
        assert (image.width, image.height, image.mode) == (width, height, "RGB")
        colours = dict(
            (colour, count) for count, colour in image.getcolors(1 << 24) or []
        )
    letters = colours[(LETTERS.red, LETTERS.green, LETTERS.blue)]
    ground = colours[(GROUND.red, GROUND.green, GROUND.blue)]
    assert letters > 0.01 * width * height
    assert ground > 0.5 * width * height


@pytest.mark.parametrize(("width", "height"), [(800, 480), (1280, 720), (1920, 1080)])
def test_a_telephone_reads_the_code(tmp_path: Path, width: int, height: int) -> None:
    file = tmp_path / "code.png"
    view = replace(VIEW, said="", heard="", code=code_of())
    render_png(view, width, height, file)
    with Image.open(file) as image:
        light = np.asarray(image.convert("L"))
    assert scan(light) == [ADDRESS]
    # From 2 m a telephone's picture (2160 pixels, 65 degrees) has a television of
    # 32 inch, 71 cm wide, on 600 pixels; a small screen is held closer.
    assert scan(seen_from_afar(light, 600)) == [ADDRESS]


def test_letters_stay_within_what_was_measured() -> None:
    painter = Painter()
    pixels = painter.paint(View(alert="Bel 112"), 1280, 720)
    is_lit = (pixels[:, :, :3] > 200).all(axis=2)
    columns = np.flatnonzero(is_lit.any(axis=0))
    size_px = max(
        size
        for size in (187, 160, 133)
        if painter.measure("Bel 112", size, Weight.BOLD) <= 1200
    )
    wide = painter.measure("Bel 112", size_px, Weight.BOLD)
    assert columns[0] >= (1280 - wide) // 2 - 1
    assert columns[-1] <= (1280 + wide) // 2 + 1
    painter.close()
    painter.close()


def test_odd_letters_do_no_harm() -> None:
    painter = Painter()
    view = View(clock="\x00", said="a\x00b\x1b[31m\n\t🙂 é \ud800", heard=" \u200b ")
    assert painter.paint(view, 1280, 720).shape == (720, 1280, 4)
    painter.close()


def test_a_missing_font_is_said(tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match="install fonts-dejavu-core"):
        find_font(Weight.BOLD, [tmp_path])


def test_a_broken_font_is_said(tmp_path: Path) -> None:
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"):
        (tmp_path / name).write_bytes(b"no font")
    painter = Painter([tmp_path])
    with pytest.raises(HardwareError, match="is broken"):
        painter.paint(VIEW, 1280, 720)
    painter.close()


async def test_a_view_comes_on_the_display(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SDL's dummy driver writes each picture it would show into this folder.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SDL_VIDEO_DUMMY_SAVE_FRAMES", "1")
    watcher = Watcher()
    screen = SdlScreen(driver="dummy", on_shown=watcher.shown)
    screen.show(VIEW)
    await screen.open()
    await watcher.wait_for(VIEW)
    await screen.close()
    light = last_picture(tmp_path)
    assert light.shape == (720, 1280)
    assert 0.01 < (light > 200).mean() < 0.3


async def test_the_newest_view_wins() -> None:
    watcher = Watcher()
    is_first, go_on = threading.Event(), threading.Event()
    seen: list[View] = []

    def hold(view: View) -> None:
        seen.append(view)
        if len(seen) == 1:
            is_first.set()
            go_on.wait(20.0)
        watcher.shown(view)

    screen = SdlScreen(driver="dummy", on_shown=hold)
    screen.show(View(said="0"))
    await screen.open()
    assert await asyncio.to_thread(is_first.wait, 20.0)
    for number in range(1, 500):
        screen.show(View(said=str(number)))
    go_on.set()
    await watcher.wait_for(View(said="499"))
    await screen.close()
    assert [view.said for view in seen] == ["0", "499"]


async def test_a_lost_display_comes_back_and_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watcher = Watcher()
    attempts: list[View] = []

    def lose(view: View) -> None:
        attempts.append(view)
        if len(attempts) < 4:
            raise OSError("no television")
        watcher.shown(view)

    caplog.set_level(logging.INFO)
    screen = SdlScreen(driver="dummy", on_shown=lose, retry_s=0.001)
    screen.show(VIEW)
    await screen.open()
    await watcher.wait_for(VIEW)
    await screen.close()
    assert len(attempts) == 4
    messages = [record.getMessage() for record in caplog.records]
    assert messages == ["the display is lost and tried again", "the display is back"]


async def test_closing_twice_unopened_and_showing_afterwards_do_no_harm() -> None:
    screen = SdlScreen(driver="dummy")
    await screen.close()
    await screen.close()
    screen.show(VIEW)


async def test_a_screen_can_be_made_again_after_closing() -> None:
    for _ in range(3):
        watcher = Watcher()
        screen = SdlScreen(driver="dummy", on_shown=watcher.shown)
        await screen.open()
        screen.show(VIEW)
        await watcher.wait_for(VIEW)
        await screen.close()
        await screen.close()


async def test_a_missing_display_is_said() -> None:
    screen = SdlScreen(driver="no-such-display")
    with pytest.raises(HardwareError, match="no display to draw on"):
        await screen.open()
    await screen.close()


async def test_a_display_that_nobody_sees_is_never_fallen_back_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # An empty place to look in hides a Wayland desktop that has no name.
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    screen = SdlScreen()
    with pytest.raises(HardwareError, match="no desktop"):
        await screen.open()
    await screen.close()


async def test_a_screen_without_its_font_is_said(tmp_path: Path) -> None:
    screen = SdlScreen(driver="dummy", font_folders=[tmp_path])
    with pytest.raises(HardwareError, match="fonts-dejavu-core"):
        await screen.open()
    await screen.close()


async def test_no_screen_takes_anything() -> None:
    screen = NoScreen()
    await screen.open()
    screen.show(VIEW)
    await screen.close()
    await screen.close()
