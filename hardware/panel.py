"""What a panel is: presses out, a light in."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class HardwareError(Exception):
    """Base of the errors of hardware."""


class Button(StrEnum):
    """One button, one meaning."""

    TALK = "talk"
    FAMILY = "family"
    LINE = "line"
    YES = "yes"
    NO = "no"
    LOUDER = "louder"
    QUIETER = "quieter"


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button went down, and it was not a tremor's repeat.

    Attributes:
        button: Which one.
        at_s: Monotonic time of the edge, in seconds.
    """

    button: Button
    at_s: float


@dataclass(frozen=True, slots=True)
class MicrophoneSwitched:
    """The hardware switch that cuts the microphone was moved.

    Attributes:
        is_on: Whether the microphone is connected now.
    """

    is_on: bool


@dataclass(frozen=True, slots=True)
class ButtonStuck:
    """A button has been down for so long that it must be jammed, or came free.

    Attributes:
        button: Which one.
        is_stuck: True when it jams, False when it came free.
    """

    button: Button
    is_stuck: bool


PanelEvent = Pressed | MicrophoneSwitched | ButtonStuck


class Light(StrEnum):
    """What the device is doing, as its light shows it."""

    READY = "ready"
    LISTENING = "listening"
    SPEAKING = "speaking"
    ATTENTION = "attention"
    RINGING = "ringing"
    MICROPHONE_OFF = "microphone_off"
    FAULT = "fault"
    OFF = "off"


class Panel(Protocol):
    """Buttons, a light and, where there is one, a microphone switch."""

    @property
    def buttons(self) -> frozenset[Button]:
        """The buttons that are there."""

    @property
    def microphone_is_on(self) -> bool:
        """Position of the hardware switch; True where there is none."""

    async def open(self) -> None:
        """Claim the pins.

        Raises:
            HardwareError: If a pin or its chip is not there.
        """

    def events(self) -> AsyncIterator[PanelEvent]:
        """Presses and switch movements, as they come, until the panel closes."""

    def show(self, light: Light) -> None:
        """Show a pattern until another one is shown."""

    async def close(self) -> None:
        """Light off, pins free; may be called twice."""
