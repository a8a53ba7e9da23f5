"""The television is woken by the first picture or code, and rests after the last."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from av.video.frame import VideoFrame

from companion.call_screen import CallScreen, WatchedScreen
from hardware.screen import View
from hardware.television import Shown, Television
from tests.hardware.test_television import Set
from tests.scanner import code_of

PICTURE = VideoFrame(16, 16, "yuv420p")


class Telly:
    """Notes what it is asked; breaks without an answer."""

    def __init__(self, shown: Shown | None = Shown.SHOWN) -> None:
        self.asked: asyncio.Queue[str] = asyncio.Queue()
        self._shown = shown

    async def show(self) -> Shown:
        self.asked.put_nowait("show")
        if self._shown is None:
            raise OSError("no such command")
        return self._shown

    async def rest(self) -> None:
        self.asked.put_nowait("rest")


class Told:
    """Whether it was dark, each time that it was told."""

    def __init__(self, screen: CallScreen) -> None:
        self.told: asyncio.Queue[bool] = asyncio.Queue()
        screen.on_dark(self.told.put_nowait)

    async def next(self) -> bool:
        async with asyncio.timeout(10):
            return await self.told.get()


class Drawn:
    """A screen that keeps what it was shown."""

    def __init__(self) -> None:
        self.views: list[View] = []
        self.is_open = False

    async def open(self) -> None:
        self.is_open = True

    def show(self, view: View) -> None:
        self.views.append(view)

    async def close(self) -> None:
        self.is_open = False


@asynccontextmanager
async def running(screen: CallScreen) -> AsyncIterator[None]:
    task = asyncio.create_task(screen.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("shown", [Shown.SHOWN, None])
async def test_it_is_woken_once_and_rests_after_the_call(shown: Shown | None) -> None:
    seen: list[VideoFrame | None] = []
    telly = Telly(shown)
    screen = CallScreen(seen.append, telly)
    async with running(screen), asyncio.timeout(60):
        for _ in range(2):
            for picture in (PICTURE, PICTURE, PICTURE):
                screen.show(picture)
            assert await telly.asked.get() == "show"
            screen.show(None)
            screen.show(None)
            assert await telly.asked.get() == "rest"
    assert telly.asked.empty()
    assert seen == [PICTURE, PICTURE, PICTURE, None, None] * 2


@pytest.mark.parametrize(
    ("shown", "is_dark"),
    [
        (Shown.SHOWN, False),
        (Shown.NO_ANSWER, True),
        (Shown.NOT_THERE, True),
        (None, True),
    ],
)
async def test_one_that_stays_dark_is_told(shown: Shown | None, is_dark: bool) -> None:
    screen = CallScreen(lambda picture: None, Telly(shown))
    told = Told(screen)
    async with running(screen):
        screen.show(PICTURE)
        assert await told.next() is is_dark
        screen.show(None)
        assert await told.next() is False


async def test_a_real_command_that_is_not_there_is_told(tmp_path: Path) -> None:
    gone = Television("x", command=str(tmp_path / "gone"), devices=tmp_path)
    screen = CallScreen(lambda picture: None, gone)
    told = Told(screen)
    async with running(screen):
        screen.show(PICTURE)
        assert await told.next() is True


async def test_a_code_wakes_a_real_one_and_puts_it_to_rest(tmp_path: Path) -> None:
    tv, drawn = Set(tmp_path), Drawn()
    screen = CallScreen(lambda picture: None, tv.television)
    watched, told = WatchedScreen(drawn, screen), Told(screen)
    code = View(code=code_of())
    async with running(screen):
        await watched.open()
        for view in (View(), code, code):
            watched.show(view)
        assert await told.next() is False
        assert tv["power"] == "on"
        watched.show(View())
        assert await told.next() is False
        assert tv["power"] == "standby"
        await watched.close()
    assert drawn.views == [View(), code, code, View()] and not drawn.is_open


async def test_a_picture_after_the_code_keeps_it_on() -> None:
    telly = Telly()
    screen = CallScreen(lambda picture: None, telly)
    told = Told(screen)
    async with running(screen):
        screen.show_code(True)
        await told.next()
        screen.show(PICTURE)
        screen.show_code(False)
        screen.show(None)
        await told.next()
    assert [telly.asked.get_nowait() for _ in range(2)] == ["show", "rest"]
    assert telly.asked.empty()


async def test_no_picture_wakes_nothing() -> None:
    telly = Telly()
    screen = CallScreen(lambda picture: None, telly)
    async with running(screen):
        screen.show(None)
        await asyncio.sleep(0)
    assert telly.asked.empty()


async def test_a_screen_without_cec_only_shows() -> None:
    seen: list[VideoFrame | None] = []
    screen = CallScreen(seen.append, None)
    await screen.run()
    screen.show(PICTURE)
    assert seen == [PICTURE]
