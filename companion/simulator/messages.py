"""What the page and the device tell each other (pure).

Text messages are JSON objects with a "type"; binary messages are one block of
sound each, 16 bit little endian. Everything that comes in is checked here.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum

import numpy as np

from hardware.lights import Colour
from hardware.panel import Button
from hardware.screen import View
from voice.audio import BLOCK_SAMPLES, Samples

WIRE_SAMPLE = np.dtype("<i2")
BLOCK_BYTES = BLOCK_SAMPLES * WIRE_SAMPLE.itemsize

# The longest honest text message is a press with its button: under 100 bytes. A
# sound block is 1920 bytes.
MESSAGE_BYTES = 4096


class BadMessage(ValueError):
    """The page sent something that no page of ours sends."""


@dataclass(frozen=True, slots=True)
class ButtonMoved:
    """A button of the drawing went down or up."""

    button: Button
    is_down: bool


@dataclass(frozen=True, slots=True)
class SwitchMoved:
    """The microphone switch of the drawing was moved."""

    is_on: bool


@dataclass(frozen=True, slots=True)
class SoundTaken:
    """The page wants to be the loudspeaker and the microphone from now on."""


@dataclass(frozen=True, slots=True)
class MicrophoneLent:
    """The page that has the sound got a microphone, or lost it."""

    is_lent: bool


FromPage = ButtonMoved | SwitchMoved | SoundTaken | MicrophoneLent


class SoundState(StrEnum):
    """Where the sound of the device goes, as one page sees it."""

    UNUSED = "unused"  # the device has a sound card of its own
    FREE = "free"  # no page lends its sound yet
    HERE = "here"
    ELSEWHERE = "elsewhere"


def read_message(text: str) -> FromPage:
    """Understand a text message of the page.

    Raises:
        BadMessage: If it is not one of ours.
    """
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadMessage("not JSON") from error
    match fields:
        case {"type": "press" | "release" as kind, "button": str(name)}:
            return ButtonMoved(_button(name), is_down=kind == "press")
        case {"type": "switch_microphone", "is_on": bool(is_on)}:
            return SwitchMoved(is_on)
        case {"type": "take_sound"}:
            return SoundTaken()
        case {"type": "lend_microphone", "is_lent": bool(is_lent)}:
            return MicrophoneLent(is_lent)
        case _:
            raise BadMessage("not a message of this page")


def _button(name: str) -> Button:
    try:
        return Button(name)
    except ValueError as error:
        raise BadMessage("no such button") from error


def read_block(data: bytes) -> Samples:
    """One microphone block, shape (BLOCK_SAMPLES,).

    Raises:
        BadMessage: If it is not exactly one block.
    """
    if len(data) != BLOCK_BYTES:
        raise BadMessage(f"{len(data)} bytes of sound instead of {BLOCK_BYTES}")
    return np.frombuffer(data, dtype=WIRE_SAMPLE).astype(np.int16)


def write_block(block: Samples) -> bytes:
    """One loudspeaker block as it travels."""
    return block.astype(WIRE_SAMPLE).tobytes()


def write_view(view: View) -> str:
    """What is on the screen."""
    return json.dumps({"type": "view", "view": asdict(view)})


def write_light(light: Colour) -> str:
    """Colour of the light, each part 0 to 255."""
    parts = [round(255 * part) for part in (light.red, light.green, light.blue)]
    return json.dumps({"type": "light", "colour": parts})


def write_panel(buttons: Iterable[Button]) -> str:
    """Which buttons are there."""
    return json.dumps({"type": "panel", "buttons": [each.value for each in buttons]})


def write_switch(is_on: bool) -> str:
    """Position of the microphone switch."""
    return json.dumps({"type": "switch", "is_on": is_on})


def write_sound(state: SoundState) -> str:
    """Where the sound goes."""
    return json.dumps({"type": "sound", "state": state.value})


def write_camera(is_wanted: bool) -> str:
    """Whether the device wants to see what the page's camera sees."""
    return json.dumps({"type": "camera", "is_wanted": is_wanted})


FLUSH = json.dumps({"type": "flush"})
"""Throw away what waits to be played."""
