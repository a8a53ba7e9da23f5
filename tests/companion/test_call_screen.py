"""The television is woken by the first picture of a call, and rests after it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from av.video.frame import VideoFrame

from companion.call_screen import CallScreen

PICTURE = VideoFrame(16, 16, "yuv420p")


class Television:
    """Notes what it is asked, and breaks if it should."""

    def __init__(self, is_broken: bool = False) -> None:
        self.asked: asyncio.Queue[str] = asyncio.Queue()
        self._is_broken = is_broken

    async def show(self) -> str:
        self.asked.put_nowait("show")
        if self._is_broken:
            raise OSError("no such command")
        return "shown"

    async def rest(self) -> None:
        self.asked.put_nowait("rest")


@asynccontextmanager
async def running(screen: CallScreen) -> AsyncIterator[None]:
    task = asyncio.create_task(screen.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("is_broken", [False, True])
async def test_it_is_woken_once_and_rests_after_the_call(is_broken: bool) -> None:
    shown: list[VideoFrame | None] = []
    television = Television(is_broken)
    screen = CallScreen(shown.append, television)
    async with running(screen), asyncio.timeout(30):
        for _ in range(2):
            for picture in (PICTURE, PICTURE, PICTURE):
                screen.show(picture)
            assert await television.asked.get() == "show"
            screen.show(None)
            screen.show(None)
            assert await television.asked.get() == "rest"
    assert television.asked.empty()
    assert shown == [PICTURE, PICTURE, PICTURE, None, None] * 2


async def test_no_picture_wakes_nothing() -> None:
    television = Television()
    screen = CallScreen(lambda picture: None, television)
    async with running(screen):
        screen.show(None)
        await asyncio.sleep(0)
    assert television.asked.empty()


async def test_a_screen_without_cec_only_shows() -> None:
    shown: list[VideoFrame | None] = []
    screen = CallScreen(shown.append, None)
    await screen.run()
    screen.show(PICTURE)
    assert shown == [PICTURE]
