"""The page's camera as the camera of the device."""

import asyncio
import json

import pytest

from companion.simulator.browser_camera import BrowserCamera
from companion.simulator.jpeg import JpegWriter
from companion.simulator.pictures import Pictures
from companion.simulator.tabs import Tab, Tabs
from hardware.camera import CameraError, CameraMissing
from tests.companion.simulator.test_pictures import brightness, grey
from tests.virtual_time import VirtualLoop, run


class Sent:
    """A tab's wire: what the page was told of the camera."""

    def __init__(self) -> None:
        self.camera: list[bool] = []

    async def send_str(self, data: str) -> None:
        message = json.loads(data)
        if message["type"] == "camera":
            self.camera.append(message["is_wanted"])

    async def send_bytes(self, data: bytes) -> None:
        raise AssertionError("no sound was played")


def jpeg(level: int) -> bytes:
    return JpegWriter().write(grey(level))


async def test_it_films_only_while_it_is_open() -> None:
    tabs, pictures, sent, tab = Tabs(), Pictures(), Sent(), Tab()
    tabs.add(tab)
    camera = BrowserCamera(tabs, pictures)
    changes: list[bool] = []
    camera.on_change(changes.append)
    sending = asyncio.create_task(tab.send_all(sent))
    await pictures.see(jpeg(50))
    await camera.open()
    for level in (90, 160):
        await pictures.see(jpeg(level))
        assert abs(brightness(await camera.picture()) - level) < 5
    assert camera.is_on and sent.camera == [True]
    await camera.close()
    await camera.close()
    await asyncio.sleep(0)
    assert not camera.is_on and sent.camera == [True, False]
    assert changes == [True, False]
    sending.cancel()


async def test_only_the_newest_picture_waits() -> None:
    tabs, pictures = Tabs(), Pictures()
    tabs.add(Tab())
    camera = BrowserCamera(tabs, pictures)
    await camera.open()
    for level in (40, 80, 200):
        await pictures.see(jpeg(level))
    assert abs(brightness(await camera.picture()) - 200) < 5
    await camera.close()


async def test_without_a_page_there_is_no_camera() -> None:
    camera = BrowserCamera(Tabs(), Pictures())
    with pytest.raises(CameraMissing):
        await camera.open()
    with pytest.raises(CameraError):
        await camera.picture()


def test_a_page_that_refuses_is_a_camera_that_is_gone() -> None:
    async def refused() -> None:
        tabs = Tabs()
        tabs.add(Tab())
        camera = BrowserCamera(tabs, Pictures())
        await camera.open()
        with pytest.raises(CameraMissing):
            await camera.picture()
        await camera.close()

    run(refused(), VirtualLoop())


async def test_who_waits_when_it_closes_is_told() -> None:
    tabs = Tabs()
    tabs.add(Tab())
    camera = BrowserCamera(tabs, Pictures())
    await camera.open()
    waiting = asyncio.create_task(camera.picture())
    await asyncio.sleep(0)
    await camera.close()
    with pytest.raises(CameraError):
        await waiting
