"""Cameras: pictures from their thread to the loop, and what goes wrong with them."""

import asyncio
import itertools
import logging
import os
import struct
import threading
from collections.abc import Generator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from hardware import camera as camera_module
from hardware import pattern, v4l2
from hardware.camera import CameraError, CameraMissing, ThreadCamera
from hardware.cameras import FileCamera, TestCamera, V4l2Camera


def blank(number: int = 0) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(pattern.draw(number, 320, 240), format="yuv420p")


# From the thread to the loop


async def test_pictures_of_the_test_camera_are_new_and_in_order() -> None:
    camera = TestCamera(width=320, height=240, rate=200)
    await camera.open()
    numbers = [pattern.read(await camera.picture()) for _ in range(5)]
    await camera.close()
    assert None not in numbers
    assert numbers == sorted(set(numbers), key=numbers.index)


async def test_only_the_newest_picture_waits() -> None:
    made = threading.Event()

    def film(is_over: threading.Event) -> Generator[av.VideoFrame]:
        for number in range(10):
            yield blank(number)
        made.set()
        is_over.wait()

    camera = ThreadCamera("quick", film)
    await camera.open()
    await asyncio.to_thread(made.wait, 5)
    assert pattern.read(await camera.picture()) == 9
    await camera.close()


async def test_it_films_only_while_it_is_open_and_says_so() -> None:
    camera = TestCamera(width=320, height=240)
    told: list[bool] = []
    stop = camera.on_change(told.append)
    before = threading.active_count()
    for _ in range(2):
        await camera.open()
        await camera.open()
        assert camera.is_on
        await camera.close()
        await camera.close()
        assert not camera.is_on
    assert told == [True, False, True, False]
    assert threading.active_count() <= before + 1
    assert not [one for one in threading.enumerate() if one.name == "camera"]
    stop()
    with pytest.raises(CameraError, match="open"):
        await camera.picture()


async def test_a_camera_that_breaks_tells_why_and_may_be_opened_again() -> None:
    is_there = True
    pulled = threading.Event()

    def film(is_over: threading.Event) -> Generator[av.VideoFrame]:
        if not is_there:
            raise CameraMissing("it was unplugged")
        yield blank()
        pulled.wait(5)
        raise CameraMissing("it was unplugged")

    camera = ThreadCamera("loose cable", film)
    await camera.open()
    pulled.set()
    with pytest.raises(CameraMissing, match="unplugged"):
        for _ in range(2):
            await camera.picture()
    await camera.close()
    is_there = False
    with pytest.raises(CameraMissing):
        await camera.open()
    assert not camera.is_on


async def test_a_driver_that_breaks_in_an_unknown_way_is_a_fault_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    breaks = threading.Event()

    def film(is_over: threading.Event) -> Generator[av.VideoFrame]:
        yield blank()
        breaks.wait(5)
        raise ZeroDivisionError

    camera = ThreadCamera("odd", film)
    with caplog.at_level(logging.ERROR):
        await camera.open()
        breaks.set()
        with pytest.raises(CameraError, match="ZeroDivisionError"):
            for _ in range(2):
                await camera.picture()
    assert "the camera broke" in caplog.text
    await camera.close()


async def test_a_camera_that_hangs_holds_nothing_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OPENING_S", "PICTURE_S", "CLOSING_S"):
        monkeypatch.setattr(camera_module, name, 0.05)
    hang = threading.Event()

    def film(is_over: threading.Event) -> Generator[av.VideoFrame]:
        hang.wait(20)
        yield blank()

    camera = ThreadCamera("hangs", film)
    with pytest.raises(CameraError, match="no picture"):
        await camera.open()
    assert not camera.is_on
    hang.set()


async def test_a_broken_callback_does_not_keep_it_open(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def breaks(is_on: bool) -> None:
        raise RuntimeError("broken")

    camera = TestCamera(width=320, height=240)
    camera.on_change(breaks)
    with caplog.at_level(logging.ERROR):
        await camera.open()
        await camera.close()
    assert not camera.is_on
    assert len(caplog.records) == 2


# Files


def write_video(path: Path, pictures: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(30))
        stream.width, stream.height = 320, 240
        stream.pix_fmt = "yuv420p"
        for number in range(pictures):
            container.mux(stream.encode(blank(number)))
        container.mux(stream.encode(None))


async def test_a_video_begins_again_at_its_end(tmp_path: Path) -> None:
    write_video(tmp_path / "film.mp4", 4)
    camera = FileCamera(tmp_path / "film.mp4")
    await camera.open()
    numbers = [pattern.read(await camera.picture()) for _ in range(12)]
    await camera.close()
    assert set(numbers) <= {0, 1, 2, 3}
    assert any(
        later is not None and earlier is not None and later < earlier
        for earlier, later in itertools.pairwise(numbers)
    )


async def test_a_photograph_is_shown_for_ever_and_in_720_lines(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("png")
        stream.width, stream.height, stream.pix_fmt = 1600, 1200, "rgb24"
        frame = av.VideoFrame.from_ndarray(
            np.full((1200, 1600, 3), 200, np.uint8), format="rgb24"
        )
        container.mux(stream.encode(frame))
    camera = FileCamera(path)
    await camera.open()
    for _ in range(3):
        picture = await camera.picture()
        assert (picture.width, picture.height) == (960, 720)
        assert picture.format.name == "yuv420p"
    await camera.close()


async def test_a_file_that_is_missing_or_no_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(CameraMissing, match=r"gone\.mp4"):
        await FileCamera(tmp_path / "gone.mp4").open()
    (tmp_path / "letter.mp4").write_text("no video", encoding="utf-8")
    with pytest.raises(CameraError, match=r"letter\.mp4"):
        await FileCamera(tmp_path / "letter.mp4").open()


# V4L2


class Socket:
    """A USB socket: what is plugged in, and what FFmpeg makes of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "video0"
        self.asked: list[dict[str, str]] = []
        self.can = {"640x480"}

    def plug_in(self, name: str = "video0") -> None:
        self.path = self.folder / name
        self.path.touch()

    def find(self, wanted: str) -> v4l2.Device:
        if not self.path.exists():
            raise CameraMissing("no camera is connected")
        return v4l2.Device(str(self.path), "Some Camera", ("mjpeg", "yuyv422"))

    def open_input(
        self, path: str, options: dict[str, str]
    ) -> "av.container.InputContainer":
        assert path == str(self.path)
        self.asked.append(options)
        if options["video_size"] not in self.can:
            raise OSError(22, "Invalid argument")
        source = f"testsrc=size={options['video_size']}:rate=30:duration=0.1"
        return av.open(source, format="lavfi")


async def test_it_asks_for_the_largest_size_first_and_takes_what_it_gets(
    tmp_path: Path,
) -> None:
    socket = Socket(tmp_path)
    socket.plug_in()
    camera = V4l2Camera(find=socket.find, open_input=socket.open_input)
    await camera.open()
    picture = await camera.picture()
    assert (picture.width, picture.height) == (640, 480)
    assert picture.format.name == "yuv420p"
    assert [(one["video_size"], one["input_format"]) for one in socket.asked] == [
        ("1280x720", "mjpeg"),
        ("1280x720", "yuyv422"),
        ("640x480", "mjpeg"),
    ]
    assert camera.name == "Some Camera"
    await camera.close()


async def test_an_unplugged_camera_is_missing_and_found_again_under_another_number(
    tmp_path: Path,
) -> None:
    socket = Socket(tmp_path)
    camera = V4l2Camera(find=socket.find, open_input=socket.open_input)
    with pytest.raises(CameraMissing):
        await camera.open()
    socket.plug_in()
    await camera.open()
    socket.path.unlink()
    with pytest.raises(CameraError):
        for _ in range(10):
            await camera.picture()
    await camera.close()
    with pytest.raises(CameraMissing):
        await camera.open()
    socket.plug_in("video2")
    await camera.open()
    await camera.close()


async def test_a_camera_that_cannot_film_says_why(tmp_path: Path) -> None:
    socket = Socket(tmp_path)
    socket.plug_in()
    socket.can = set()
    with pytest.raises(CameraError, match="Some Camera cannot film"):
        await V4l2Camera(find=socket.find, open_input=socket.open_input).open()


class Kernel:
    """Answers V4L2's questions about devices that are plain files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.devices: dict[int, tuple[str, int, list[bytes]]] = {}

    def add(self, number: int, name: str, caps: int, formats: list[bytes]) -> None:
        path = self.folder / f"video{number}"
        path.touch()
        self.devices[path.stat().st_ino] = (name, caps, formats)

    def ask(self, handle: int, question: int, answer: bytearray) -> int:
        name, caps, formats = self.devices[os.fstat(handle).st_ino]
        if question == 0x80685600:
            answer[16 : 16 + len(name)] = name.encode()
            struct.pack_into("<II", answer, 84, 0x8000_0001, caps)
            return 0
        assert question == 0xC0405602
        index = struct.unpack_from("<I", answer)[0]
        if index >= len(formats):
            raise OSError(22, "Invalid argument")
        answer[44:48] = formats[index]
        return 0


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    kernel = Kernel(tmp_path)
    kernel.add(10, "bcm2835-codec", 0x0400_8000, [b"H264"])
    kernel.add(9, "Integrated: metadata", 0x0080_0000, [])
    kernel.add(2, "USB Video: Kitchen", 1, [b"YUYV", b"MJPG"])
    kernel.add(11, "USB Video: Garden", 1, [b"YUYV"])
    kernel.add(12, "unicam", 1, [b"pBAA"])
    (tmp_path / "video-like").touch()
    return kernel


def test_of_all_devices_only_cameras_count(kernel: Kernel) -> None:
    found = v4l2.cameras(kernel.folder, kernel.ask)
    assert [one.name for one in found] == ["USB Video: Kitchen", "USB Video: Garden"]
    assert found[0].formats == ("mjpeg", "yuyv422")


def test_a_camera_is_found_by_part_of_its_name_or_its_path(kernel: Kernel) -> None:
    def find(wanted: str) -> str:
        return v4l2.find(wanted, kernel.folder, kernel.ask).name

    assert find("") == "USB Video: Kitchen"
    assert find("garden") == "USB Video: Garden"
    assert find(str(kernel.folder / "video11")) == "USB Video: Garden"
    with pytest.raises(CameraMissing, match="Kitchen"):
        find("attic")


def test_without_a_camera_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(CameraMissing, match="no camera"):
        v4l2.find("", tmp_path)


# The test picture


@pytest.mark.parametrize("number", [0, 1, 0x5555, 0xFFFF])
@pytest.mark.parametrize("size", [(1280, 720), (640, 360), (640, 480)])
def test_the_number_can_be_read_from_a_smaller_picture(
    number: int, size: tuple[int, int]
) -> None:
    pixels = pattern.draw(number, 1280, 720)
    picture = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
    assert pattern.read(picture.reformat(width=size[0], height=size[1])) == number


def test_from_a_grey_picture_no_number_is_read() -> None:
    grey = np.full((480, 640), 128, np.uint8)
    assert pattern.read(av.VideoFrame.from_ndarray(grey, format="gray")) is None
