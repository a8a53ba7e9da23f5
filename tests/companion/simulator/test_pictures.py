"""Pictures between device and page."""

import asyncio
from collections.abc import AsyncIterator
from fractions import Fraction

import numpy as np
import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSServerHandshakeError
from av.video.frame import VideoFrame

from companion.simulator.jpeg import JPEG_BYTES, WIDEST, JpegWriter, read_jpeg
from companion.simulator.messages import BadMessage
from companion.simulator.pictures import NO_PICTURE
from tests.companion.simulator.conftest import Device


def grey(brightness: int, width: int = 640, height: int = 360) -> VideoFrame:
    pixels = np.full((height, width, 3), brightness, np.uint8)
    return VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")


def brightness(picture: VideoFrame) -> float:
    return float(picture.to_ndarray(format="rgb24").mean())


@pytest.fixture
async def page(device: Device) -> AsyncIterator[ClientWebSocketResponse]:
    url = device.simulator.url
    async with (
        ClientSession() as http,
        http.ws_connect(
            f"{url}pictures", origin=url.rstrip("/"), max_msg_size=JPEG_BYTES
        ) as socket,
    ):
        yield socket


async def shown(page: ClientWebSocketResponse, wanted: float | None) -> VideoFrame:
    """The next picture of that brightness; None: any."""
    async with asyncio.timeout(30):
        while True:
            data = await page.receive_bytes()
            if data != NO_PICTURE:
                picture = read_jpeg(data)
                if wanted is None or abs(brightness(picture) - wanted) < 5:
                    return picture


@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (321, 241), (16, 2000)])
def test_a_picture_travels_as_jpeg(size: tuple[int, int]) -> None:
    writer = JpegWriter()
    for level in (30, 200):
        read = read_jpeg(writer.write(grey(level, *size)))
        assert abs(brightness(read) - level) < 5
        assert read.width <= WIDEST and read.width % 2 == read.height % 2 == 0
        assert abs(read.width / read.height / (size[0] / size[1]) - 1) < 0.05


def test_pictures_of_a_call_follow_each_other() -> None:
    """As a decoder gives them: with times of its own, and larger after a while."""
    writer = JpegWriter()
    for number, size in enumerate([(640, 360)] * 4 + [(1280, 720)] * 3 + [(640, 360)]):
        picture = grey(40 + 20 * number, *size)
        picture.pts, picture.time_base = 3000 * number, Fraction(1, 90_000)
        read = read_jpeg(writer.write(picture))
        assert abs(brightness(read) - 40 - 20 * number) < 5


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xd8", b"\x89PNG\r\n", bytes(JPEG_BYTES + 1)],
    ids=["empty", "begun", "png", "long"],
)
def test_what_is_no_jpeg_is_refused(data: bytes) -> None:
    with pytest.raises(BadMessage):
        read_jpeg(data)


async def test_the_page_shows_the_other_side_until_it_is_taken_away(
    device: Device, page: ClientWebSocketResponse
) -> None:
    pictures = device.simulator.pictures
    pictures.show(grey(40))
    await shown(page, 40)
    pictures.show(grey(220))
    await shown(page, 220)
    pictures.show(None)
    async with asyncio.timeout(30):
        while await page.receive_bytes() != NO_PICTURE:
            pass


async def test_the_device_sees_what_the_camera_of_the_page_sees(
    device: Device, page: ClientWebSocketResponse
) -> None:
    seen: asyncio.Queue[VideoFrame] = asyncio.Queue()
    device.simulator.pictures.use_camera(seen.put_nowait)
    await page.send_bytes(b"no picture at all")
    await page.send_bytes(JpegWriter().write(grey(90)))
    async with asyncio.timeout(30):
        picture = await seen.get()
    assert abs(brightness(picture) - 90) < 5 and picture.format.name == "yuv420p"
    assert seen.empty()


async def test_a_camera_that_nobody_asked_for_is_not_looked_at(
    device: Device, page: ClientWebSocketResponse
) -> None:
    pictures = device.simulator.pictures
    seen: list[VideoFrame] = []
    pictures.use_camera(seen.append)
    pictures.use_camera(None)
    await pictures.see(JpegWriter().write(grey(90)))
    assert not seen


async def test_another_site_sees_nothing(device: Device) -> None:
    async with ClientSession() as http:
        for origin in (None, "http://example.org"):
            with pytest.raises(WSServerHandshakeError) as refused:
                await http.ws_connect(f"{device.simulator.url}pictures", origin=origin)
            assert refused.value.status == 403
