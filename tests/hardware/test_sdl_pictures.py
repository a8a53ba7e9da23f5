"""The picture of a call on the display, above who it is and what a press does."""

from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame
from hypothesis import given
from hypothesis import strategies as some
from numpy.typing import NDArray
from PIL import Image

from hardware.layout import GROUND, Text, arrange_strip, strip_height
from hardware.screen import View
from hardware.sdl_display import placed
from hardware.sdl_screen import SdlScreen
from tests.hardware.test_screen import VIEW, Watcher

CALL = View(
    caller="Anja",
    call="In gesprek",
    buttons=(("talk", "Ophangen"), ("family", "Ophangen"), ("line", "Ophangen")),
)
GREEN = (20, 160, 60)


def green(width: int = 640, height: int = 360, form: str = "yuv420p") -> VideoFrame:
    pixels = np.full((height, width, 3), GREEN, np.uint8)
    return VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format=form)


def newest(folder: Path) -> NDArray[np.int16]:
    """What SDL's dummy driver showed last: red, green, blue."""
    with Image.open(max(folder.glob("*.bmp"))) as image:
        return np.asarray(image.convert("RGB"), np.int16)


def is_green(pixels: NDArray[np.int16]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.all(abs(pixels - GREEN) < 12, axis=-1)
    return found


@pytest.fixture
def shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SDL_VIDEO_DUMMY_SAVE_FRAMES", "1")
    return tmp_path


@pytest.mark.parametrize("form", ["yuv420p", "yuvj420p", "rgb24"])
async def test_a_picture_fills_the_display_above_the_name(
    shows: Path, form: str
) -> None:
    watcher = Watcher()
    screen = SdlScreen(driver="dummy", on_shown=watcher.shown)
    screen.show(CALL)
    screen.show_picture(green(form=form))
    await screen.open()
    await watcher.wait_for(CALL)
    await screen.close()
    shown = newest(shows)
    rows = strip_height(720)
    picture, strip = shown[:-rows], shown[-rows:]
    # 16:9 in what is left of 16:9: bars at both sides, none above.
    _, _, width, height = placed(640, 360, (1280, 720 - rows))
    assert is_green(picture).mean() == pytest.approx(width / 1280, abs=0.02)
    assert height == 720 - rows
    assert not is_green(strip).any()
    assert 0.01 < (strip.min(axis=-1) > 200).mean() < 0.3


async def test_after_the_call_the_whole_view_is_back(shows: Path) -> None:
    watcher = Watcher()
    screen = SdlScreen(driver="dummy", on_shown=watcher.shown)
    screen.show(CALL)
    screen.show_picture(green())
    await screen.open()
    await watcher.wait_for(CALL)
    screen.show_picture(None)
    screen.show(VIEW)
    await watcher.wait_for(VIEW)
    await screen.close()
    assert not is_green(newest(shows)).any()


async def test_pictures_of_another_size_follow_each_other(shows: Path) -> None:
    watcher = Watcher()
    screen = SdlScreen(driver="dummy", on_shown=watcher.shown)
    screen.show(CALL)
    await screen.open()
    await watcher.wait_for(CALL)
    for number, size in enumerate([(320, 180), (640, 480), (480, 640), (320, 180)]):
        screen.show_picture(green(*size))
        view = View(caller=f"Anja {number}")
        screen.show(view)
        await watcher.wait_for(view)
    await screen.close()
    assert is_green(newest(shows)).mean() > 0.6


sides = some.integers(1, 4000)


@given(sides, sides, some.tuples(sides, sides))
def test_a_picture_stands_whole_in_its_room(
    width: int, height: int, room: tuple[int, int]
) -> None:
    left, top, wide, high = placed(width, height, room)
    assert left >= 0 and top >= 0
    assert left + wide <= room[0] and top + high <= room[1]
    assert wide == room[0] or high == room[1]


@given(some.text(max_size=300), some.text(max_size=300), some.sampled_from([480, 720]))
def test_the_strip_keeps_its_letters_in_and_apart(
    name: str, state: str, height: int
) -> None:
    view = View(caller=name, call=state, buttons=CALL.buttons)
    width = height * 16 // 9

    def measure(text: str, size_px: int, weight: object) -> int:
        return len(text) * size_px * 6 // 10

    items = arrange_strip(view, width, height, measure)
    for item in items:
        assert 0 <= item.x and 0 <= item.y
        if isinstance(item, Text):
            assert item.x + measure(item.text, item.size_px, None) <= width
            assert item.ground == GROUND or item.text == "Ophangen"
