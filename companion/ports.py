"""What the companion needs from the world around it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from hardware.panel import Panel
from hardware.screen import Screen
from voice.hearing import Deaf, Expectation, Heard, Silence
from voice.speech import Chime, Speech

__all__ = ["Clock", "Ears", "Mouth", "Panel", "Screen"]


class Clock(Protocol):
    """The time on the wall."""

    def now(self) -> datetime:
        """Local time, aware of its zone."""


class Mouth(Protocol):
    """Speaks Dutch aloud, or types it."""

    async def say(self, speech: Speech) -> None:
        """Say it all; returns when the last sound was heard.

        Cancelling silences the loudspeaker within 150 ms. Never raises for a
        broken engine: another voice or the caption takes over.
        """

    async def chime(self, chime: Chime) -> None:
        """Play a short tone."""

    def prepare(self, speeches: Iterable[Speech]) -> None:
        """Render ahead what is likely to be said next; returns at once."""

    @property
    def volume(self) -> int:
        """Volume step, 0 (softest, still audible) to 6."""

    def set_volume(self, step: int) -> None:
        """Set the volume step; clipped to its range."""

    @property
    def rate_wpm(self) -> int:
        """Speaking rate, in words per minute."""

    def set_rate(self, rate_wpm: int) -> None:
        """Set the rate; clipped to 120..180 words per minute."""


class Ears(Protocol):
    """Hear one turn of a person, by voice or by keyboard."""

    async def listen(self, expectation: Expectation) -> Heard | Silence | Deaf:
        """Open the microphone for one turn, and close it again.

        Cancelling closes the microphone at once. Outside this call no sound
        reaches a recogniser.
        """

    async def interrupted(self) -> None:
        """Return as soon as somebody speaks over the device's own voice.

        What is listened to next begins with their first syllable. Never returns, and
        never raises, where they cannot be heard: half duplex, no microphone, a
        keyboard.
        """
