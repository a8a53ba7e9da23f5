"""What can be set about buttons, lights and the camera."""

from dataclasses import dataclass, field
from typing import Any, Literal

ABSENT = -1
"""Pin of a button, light or switch that is not fitted."""


def _pin(default: int, help_text: str) -> Any:
    # BCM 0..27 are the lines of the 40-pin header of every Raspberry Pi.
    return field(
        default=default,
        metadata={
            "help": help_text,
            "unit": "BCM pin, -1 = absent",
            "lowest": ABSENT,
            "highest": 27,
        },
    )


@dataclass(frozen=True, slots=True)
class ButtonsSettings:
    """Pins by BCM number, 0 to 27; -1 where the part is not fitted.

    A button connects its pin to ground. The three lights are the anodes of one
    RGB light, on pins with hardware or DMA-timed PWM.
    """

    talk: int = _pin(17, "The white button: talk, or stop what is going on.")
    family: int = _pin(27, "The green button: family.")
    line: int = _pin(22, "The blue button: the listening line.")
    yes: int = _pin(ABSENT, "Optional button that answers yes.")
    no: int = _pin(ABSENT, "Optional button that answers no.")
    louder: int = _pin(ABSENT, "Optional button: louder.")
    quieter: int = _pin(ABSENT, "Optional button: quieter.")
    microphone_switch: int = _pin(
        ABSENT,
        "Microphone switch: a contact to ground is on; a broken wire reads as off.",
    )
    light_red: int = _pin(12, "Red of the light.")
    light_green: int = _pin(13, "Green of the light.")
    light_blue: int = _pin(16, "Blue of the light.")


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """Where our picture in a video call comes from."""

    kind: Literal["auto", "v4l2", "file", "test", "browser", "none"] = field(
        default="auto",
        metadata={
            "help": "Camera; auto: v4l2 on a Pi, else browser; none: calls without."
        },
    )
    device: str = field(
        default="",
        metadata={
            "help": "Part of the camera's name, or its path; empty: the first one."
        },
    )
    file: str = field(
        default="",
        metadata={"help": 'Video or picture shown instead (kind = "file").'},
    )
