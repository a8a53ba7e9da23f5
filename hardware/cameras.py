"""Cameras: one on V4L2, a file, and a test picture."""

import itertools
import threading
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import av
from av.container import InputContainer

from hardware import pattern, v4l2
from hardware.camera import CameraError, CameraMissing, ThreadCamera

SIZES = ((1280, 720), (640, 480))
"""What is asked of a camera, the first that it can."""

RATE = 30
"""Pictures per second at most."""

# A still picture costs as much as a moving one; nobody sees a difference above this.
STILL_RATE = 15

OpenInput = Callable[[str, dict[str, str]], InputContainer]
"""Opens a device by its path and options of FFmpeg."""


def _open_v4l2(path: str, options: dict[str, str]) -> InputContainer:
    return av.open(path, format="v4l2", options=options)


class V4l2Camera(ThreadCamera):
    """A camera of Linux, mostly on USB.

    Unplugged, it raises CameraMissing; opened again when it is back, it films again,
    also where it got another number meanwhile.
    """

    def __init__(
        self,
        device: str = "",
        *,
        find: Callable[[str], v4l2.Device] = v4l2.find,
        open_input: OpenInput = _open_v4l2,
        sizes: Sequence[tuple[int, int]] = SIZES,
        rate: int = RATE,
    ) -> None:
        """Take a camera; nothing is opened before `open`.

        Args:
            device: Part of its name, or its path; empty: the first one.
            find: Finds the device.
            open_input: Opens it.
            sizes: Width and height to ask for, the first that it can.
            rate: Pictures per second at most.
        """
        super().__init__(device or "camera", self._shoot)
        self._device = device
        self._find = find
        self._open_input = open_input
        self._sizes = tuple(sizes)
        self._rate = rate

    def _shoot(self, is_over: threading.Event) -> Generator[av.VideoFrame]:
        device = self._find(self._device)
        self.name = device.name
        container = self._open_any(device)
        try:
            for frame in container.decode(video=0):
                if is_over.is_set():
                    return
                yield frame.reformat(format="yuv420p")
        except (av.FFmpegError, OSError) as error:
            # ENODEV: unplugged; what else breaks is mostly the cable as well.
            if not Path(device.path).exists():
                raise CameraMissing(f"{device.name} was unplugged") from error
            raise CameraError(f"{device.name} broke: {error}") from error
        finally:
            container.close()

    def _open_any(self, device: v4l2.Device) -> InputContainer:
        """Open it in the first size and format that it can."""
        failure: Exception | None = None
        for (width, height), kind in itertools.product(self._sizes, device.formats):
            options = {
                "video_size": f"{width}x{height}",
                "framerate": str(self._rate),
                "input_format": kind,
            }
            try:
                return self._open_input(device.path, options)
            except (av.FFmpegError, OSError) as error:
                failure = error
        if not Path(device.path).exists():
            raise CameraMissing(f"{device.name} was unplugged") from failure
        raise CameraError(f"{device.name} cannot film: {failure}") from failure


class FileCamera(ThreadCamera):
    """A video or a picture from a file, again and again."""

    def __init__(self, file: Path) -> None:
        """Take a file; it is opened by `open`."""
        super().__init__(file.name, self._shoot)
        self._file = file

    def _shoot(self, is_over: threading.Event) -> Generator[av.VideoFrame]:
        clock = _Clock(is_over)
        last: av.VideoFrame | None = None
        rate = float(STILL_RATE)
        while last is None or rate != STILL_RATE:
            last = None
            for last, rate in self._frames():
                yield last
                clock.wait(1 / rate)
                if is_over.is_set():
                    return
            if last is None:
                raise CameraError(f"{self._file} holds no picture")
        pixels = last.to_ndarray()
        while not is_over.is_set():
            yield av.VideoFrame.from_ndarray(pixels, format="yuv420p")
            clock.wait(1 / rate)

    def _frames(self) -> Generator[tuple[av.VideoFrame, float]]:
        """Each picture of the file once, and the rate to show it at."""
        try:
            with av.open(str(self._file)) as container:
                stream = container.streams.video[0]
                rate = min(max(float(stream.average_rate or RATE), 1.0), RATE)
                if container.format.name.endswith("_pipe"):
                    # One picture only; its rate means nothing.
                    rate = STILL_RATE
                for frame in container.decode(stream):
                    yield _fitting(frame), rate
        except FileNotFoundError as error:
            raise CameraMissing(f"there is no file {self._file}") from error
        except (av.FFmpegError, OSError, IndexError) as error:
            raise CameraError(f"{self._file} is no video or picture") from error


class TestCamera(ThreadCamera):
    """A test picture that moves, with a number that tests can read."""

    __test__ = False
    """It is none of pytest's."""

    def __init__(
        self, *, width: int = 1280, height: int = 720, rate: float = RATE
    ) -> None:
        """Take a size (see `pattern.draw`) and a rate."""
        super().__init__("test picture", self._shoot)
        self._size = (width, height)
        self._rate = rate

    def _shoot(self, is_over: threading.Event) -> Generator[av.VideoFrame]:
        clock = _Clock(is_over)
        for number in itertools.count():
            pixels = pattern.draw(number, *self._size)
            yield av.VideoFrame.from_ndarray(pixels, format="yuv420p")
            clock.wait(1 / self._rate)
            if is_over.is_set():
                return


class _Clock:
    """Waits so that pictures come at their rate, however long each one took."""

    def __init__(self, is_over: threading.Event) -> None:
        self._is_over = is_over
        self._next_s = time.monotonic()

    def wait(self, seconds: float) -> None:
        """Until so long after the last picture was due, or until it is over."""
        now_s = time.monotonic()
        self._next_s = max(self._next_s + seconds, now_s)
        self._is_over.wait(self._next_s - now_s)


def _fitting(frame: av.VideoFrame) -> av.VideoFrame:
    """At most 720 lines, even, in yuv420p: a photograph has ten times that."""
    height = min(frame.height, SIZES[0][1])
    width = round(frame.width * height / frame.height)
    return frame.reformat(
        width=max(2, width // 2 * 2), height=max(2, height // 2 * 2), format="yuv420p"
    )
