"""What can be set about hearing and speaking."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class SoundSettings:
    """Which microphone and which loudspeaker."""

    microphone: str = field(
        default="",
        metadata={"help": "Part of the microphone's name; empty: find one."},
    )
    loudspeaker: str = field(
        default="",
        metadata={"help": "Part of the loudspeaker's name; empty: find one."},
    )


@dataclass(frozen=True, slots=True)
class EarsSettings:
    """How it listens.

    The times are where a person starts; older people pause longer inside a
    sentence than the 0.5 to 0.7 s at which other devices cut them off.
    """

    recogniser: Literal["auto", "vosk", "whisper"] = field(
        default="auto",
        metadata={"help": "Engine; auto takes Vosk where its model is installed."},
    )
    model: str = field(
        default="",
        metadata={"help": "Name of an installed model; empty: the engine's first."},
    )
    end_of_turn_closed_s: float = field(
        default=1.5,
        metadata={
            "help": "Silence that ends the answer to a closed question.",
            "unit": "s",
            "lowest": 0.5,
            "highest": 6.0,
        },
    )
    end_of_turn_open_s: float = field(
        default=2.5,
        metadata={
            "help": "Silence that ends the answer to an open question.",
            "unit": "s",
            "lowest": 0.5,
            "highest": 6.0,
        },
    )
    patience_s: float = field(
        default=10.0,
        metadata={
            "help": "How long it waits for the first word.",
            "unit": "s",
            "lowest": 3.0,
            "highest": 60.0,
        },
    )
    interruption: bool = field(
        default=True,
        metadata={"help": "Fall silent when the person speaks over it."},
    )


@dataclass(frozen=True, slots=True)
class MouthSettings:
    """How it speaks, before the person changes it by voice or button."""

    engine: Literal["auto", "espeak", "piper", "mbrola"] = field(
        default="auto",
        metadata={"help": "Voice engine; auto takes the clearest installed."},
    )
    voice: str = field(
        default="",
        metadata={"help": "Name of a voice; empty: the engine's Dutch one."},
    )
    rate_wpm: int = field(
        default=150,
        metadata={
            "help": "Speaking rate to start with.",
            "unit": "words per minute",
            "lowest": 120,
            "highest": 180,
        },
    )
    volume: int = field(
        default=3,
        metadata={
            "help": "Volume to start with.",
            "unit": "step",
            "lowest": 0,
            "highest": 6,
        },
    )
    recordings: str = field(
        default="",
        metadata={
            "help": "Folder with recorded sentences; empty: `recordings` in `state`."
        },
    )
