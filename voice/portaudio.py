"""PortAudio's devices: found by name, opened as the card allows, kept quiet."""

import ctypes
import functools
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyaudio

from voice.audio import BLOCK_S, RATE_HZ, AudioError, DeviceMissing

logger = logging.getLogger(__name__)

# More channels than this is a studio's card or a plug-in that takes any number.
MOST_CHANNELS = 8

# Half a second here; the sound server may be slow to say that it is not there.
PROBE_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One device as PortAudio lists it.

    Attributes:
        index: PortAudio's number; changes when devices come and go.
        name: What the card calls itself.
        inputs: Microphone channels.
        outputs: Loudspeaker channels.
        rate_hz: Its own rate, in Hz.
        is_default_input: Whether it is the microphone one gets without a name.
        is_default_output: The same for the loudspeaker.
    """

    index: int
    name: str
    inputs: int
    outputs: int
    rate_hz: int
    is_default_input: bool
    is_default_output: bool


@dataclass(frozen=True, slots=True)
class Form:
    """How a stream is opened: its rate and its number of channels."""

    rate_hz: int
    channels: int

    @property
    def frames(self) -> int:
        """Frames in BLOCK_S."""
        return round(self.rate_hz * BLOCK_S)


def hush() -> None:
    """Stop ALSA and JACK from writing a page of complaints to standard error.

    They try every plug-in of the system's configuration at each start; what
    matters comes back as an error code.
    """
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    for library, function, callback in (
        ("libasound.so.2", "snd_lib_error_set_handler", _ignore_alsa),
        ("libjack.so.0", "jack_set_error_function", _ignore_jack),
        ("libjack.so.0", "jack_set_info_function", _ignore_jack),
    ):
        try:
            getattr(ctypes.CDLL(library), function)(callback)
        except (OSError, AttributeError):
            logger.debug("%s is not here, so it is quiet", library)


# The variable arguments after the format are not read.
_AlsaHandler = ctypes.CFUNCTYPE(
    None,
    ctypes.c_char_p,
    ctypes.c_int,
    ctypes.c_char_p,
    ctypes.c_int,
    ctypes.c_char_p,
)
_ignore_alsa = _AlsaHandler(lambda *_: None)
_JackHandler = ctypes.CFUNCTYPE(None, ctypes.c_char_p)
_ignore_jack = _JackHandler(lambda _: None)


def start() -> pyaudio.PyAudio:
    """Begin with PortAudio; the list of devices is as of now.

    Raises:
        AudioError: If it does not start.
    """
    hush()
    _prove_harmless()
    try:
        return pyaudio.PyAudio()
    except OSError as error:
        raise AudioError(f"PortAudio does not start: {error}") from error


@functools.cache
def _prove_harmless() -> None:
    """Start PortAudio in a process of its own, until that went well once.

    Where ALSA's configuration names no device at all, an assertion in PortAudio
    ends the whole process: `pa_linux_alsa.c`, BuildDeviceList.

    Raises:
        AudioError: If it does not survive.
    """
    command = [sys.executable, "-c", "import pyaudio; pyaudio.PyAudio().terminate()"]
    try:
        probe = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_WITHIN_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AudioError(f"PortAudio does not start: {error}") from error
    if probe.returncode != 0:
        raise AudioError(
            f"PortAudio ends with status {probe.returncode} when it looks for sound "
            "cards; is ALSA's configuration in order?"
        )


def devices(audio: pyaudio.PyAudio) -> tuple[DeviceInfo, ...]:
    """All devices, as PortAudio numbers them."""
    default_input = _default(audio.get_default_input_device_info)
    default_output = _default(audio.get_default_output_device_info)
    return tuple(
        DeviceInfo(
            index=index,
            name=str(info["name"]),
            inputs=int(info["maxInputChannels"]),
            outputs=int(info["maxOutputChannels"]),
            rate_hz=int(info["defaultSampleRate"]),
            is_default_input=index == default_input,
            is_default_output=index == default_output,
        )
        for index in range(audio.get_device_count())
        for info in [audio.get_device_info_by_index(index)]
    )


def _default(ask: Callable[[], dict[str, object]]) -> int | None:
    try:
        index = ask()["index"]
    except OSError:
        return None
    return index if isinstance(index, int) else None


def choose(found: tuple[DeviceInfo, ...], name: str, *, is_input: bool) -> DeviceInfo:
    """Find a microphone or loudspeaker.

    Args:
        found: All devices.
        name: Its name or a part of it, in any case; "" takes the default, or
            the first where the system names none.
        is_input: Whether a microphone is looked for.

    Raises:
        DeviceMissing: If there is none; names what was found.
    """
    kind = "microphone" if is_input else "loudspeaker"
    able = [info for info in found if (info.inputs if is_input else info.outputs)]
    if not able:
        raise DeviceMissing(f"no {kind} is connected")
    if not name:
        for info in able:
            if info.is_default_input if is_input else info.is_default_output:
                return info
        return able[0]
    wanted = name.casefold()
    for info in able:
        if info.name.casefold() == wanted:
            return info
    for info in able:
        if wanted in info.name.casefold():
            return info
    names = ", ".join(repr(info.name) for info in able)
    raise DeviceMissing(f"no {kind} named {name!r}; found {names}")


def forms(info: DeviceInfo, *, is_input: bool) -> Iterator[Form]:
    """Ways to open a device, best first: ours, then what the card has itself."""
    most = min(info.inputs if is_input else info.outputs, MOST_CHANNELS)
    tried = set()
    for channels in (1, 2, most):
        for rate_hz in (RATE_HZ, info.rate_hz, 44_100):
            form = Form(rate_hz, channels)
            if channels <= most and rate_hz > 0 and form not in tried:
                tried.add(form)
                yield form


def open_stream(
    audio: pyaudio.PyAudio,
    info: DeviceInfo,
    callback: Callable[..., tuple[bytes | None, int]],
    *,
    is_input: bool,
) -> tuple[pyaudio.Stream, Form]:
    """Open a stream in the first form that the card takes; it is not started.

    Raises:
        AudioError: If it takes none.
    """
    refusals = []
    for form in forms(info, is_input=is_input):
        try:
            stream = audio.open(
                format=pyaudio.paInt16,
                rate=form.rate_hz,
                channels=form.channels,
                input=is_input,
                output=not is_input,
                input_device_index=info.index if is_input else None,
                output_device_index=None if is_input else info.index,
                frames_per_buffer=form.frames,
                stream_callback=callback,
                start=False,
            )
        except (OSError, ValueError) as error:
            refusals.append(f"{form.rate_hz} Hz x {form.channels}: {error}")
        else:
            return stream, form
    raise AudioError(f"{info.name} cannot be opened ({'; '.join(refusals)})")
