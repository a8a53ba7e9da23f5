"""Which cameras Linux has: asked of the kernel (V4L2, linux/videodev2.h)."""

import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hardware.camera import CameraError, CameraMissing

# A Pi has some twenty: most of them are its codecs.
DEVICES = Path("/dev")
MOST_FORMATS = 32

_QUERYCAP = 0x80685600  # _IOR('V', 0, struct v4l2_capability), 104 bytes
_ENUM_FMT = 0xC0405602  # _IOWR('V', 2, struct v4l2_fmtdesc), 64 bytes
_CAPTURE = 0x0000_0001  # V4L2_CAP_VIDEO_CAPTURE
_HAS_DEVICE_CAPS = 0x8000_0000  # V4L2_CAP_DEVICE_CAPS
_BUFFER_CAPTURE = 1  # V4L2_BUF_TYPE_VIDEO_CAPTURE

# What FFmpeg calls them, best first: at 720p only JPEG fits through USB 2.
FORMATS = {b"MJPG": "mjpeg", b"YUYV": "yuyv422", b"NV12": "nv12", b"YU12": "yuv420p"}

Ask = Callable[[int, int, bytearray], int]
"""fcntl.ioctl: asks an open device, and writes the answer into the array."""


@dataclass(frozen=True, slots=True)
class Device:
    """A camera.

    Attributes:
        path: "/dev/video0"; another one when it was plugged in again.
        name: As it calls itself.
        formats: What it can, as FFmpeg names it, best first.
    """

    path: str
    name: str
    formats: tuple[str, ...]


def cameras(folder: Path = DEVICES, ask: Ask = fcntl.ioctl) -> list[Device]:
    """The cameras that are connected, in the order of their numbers."""
    found = [_look(path, ask) for path in _paths(folder)]
    return [device for device in found if device is not None]


def find(wanted: str, folder: Path = DEVICES, ask: Ask = fcntl.ioctl) -> Device:
    """The first camera with this in its name, or with this path; "" is the first.

    Raises:
        CameraMissing: If there is none.
        CameraError: If there is one that we may not use.
    """
    there = cameras(folder, ask)
    for device in there:
        is_path = Path(wanted).is_absolute() and Path(wanted).exists()
        if is_path and os.path.samefile(wanted, device.path):
            return device
        if wanted.lower() in device.name.lower():
            return device
    closed = [path for path in _paths(folder) if not os.access(path, os.R_OK | os.W_OK)]
    if closed and not there:
        raise CameraError(f"no right to use {closed[0]}; add the user to group video")
    names = ", ".join(device.name for device in there) or "none"
    if wanted:
        raise CameraMissing(f"no camera named {wanted!r}; found {names}")
    raise CameraMissing("no camera is connected")


def _paths(folder: Path) -> list[Path]:
    def number(path: Path) -> int:
        return int(path.name.removeprefix("video"))

    found = folder.glob("video*")
    return sorted((p for p in found if p.name[5:].isdecimal()), key=number)


def _look(path: Path, ask: Ask) -> Device | None:
    """A camera that we can use; None for codecs, metadata and what is not ours."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        answer = bytearray(104)
        ask(handle, _QUERYCAP, answer)
        all_caps, device_caps = struct.unpack_from("<II", answer, 84)
        caps = device_caps if all_caps & _HAS_DEVICE_CAPS else all_caps
        if not caps & _CAPTURE:
            return None
        there = set(_formats(handle, ask))
        formats = tuple(name for code, name in FORMATS.items() if code in there)
        name = bytes(answer[16:48]).split(b"\0", 1)[0].decode(errors="replace")
        return Device(str(path), name, formats) if formats else None
    except OSError:
        return None
    finally:
        os.close(handle)


def _formats(handle: int, ask: Ask) -> Iterator[bytes]:
    for index in range(MOST_FORMATS):
        answer = bytearray(struct.pack("<II", index, _BUFFER_CAPTURE) + bytes(56))
        try:
            ask(handle, _ENUM_FMT, answer)
        except OSError:
            # EINVAL: there are no more.
            return
        yield bytes(answer[44:48])
