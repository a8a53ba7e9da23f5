"""What each light looks like as time goes by.

Pure. Every pattern is a smooth wave of at most one period a second, far below
the 3 flashes a second above which light can provoke a seizure (WCAG 2.2, 2.3.1),
and is told apart by colour and by movement, for eyes that see no red or green.
"""

import math
from dataclasses import dataclass

from hardware.panel import Light


@dataclass(frozen=True, slots=True)
class Colour:
    """How strongly each of three lamps burns, 0 (off) to 1 (full current)."""

    red: float
    green: float
    blue: float

    def at(self, brightness: float) -> "Colour":
        """Return the same colour at a part of its brightness, 0 to 1."""
        return Colour(
            self.red * brightness, self.green * brightness, self.blue * brightness
        )


WHITE = Colour(1.0, 1.0, 1.0)
# Light of a reading lamp, about 2700 K on common RGB lamps.
WARM_WHITE = Colour(1.0, 0.62, 0.28)
GREEN = Colour(0.0, 1.0, 0.0)
RED = Colour(1.0, 0.0, 0.0)
AMBER = Colour(1.0, 0.45, 0.0)
DARK = Colour(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A colour that stands still or swells.

    Attributes:
        colour: At full strength.
        highest: Brightest moment, 0 to 1.
        lowest: Darkest moment, 0 to 1.
        period_s: From bright to bright, in seconds; None for a steady light.
        starts_bright: A press must be answered by light at once; a light that
            asks for attention comes up slowly.
    """

    colour: Colour
    highest: float
    lowest: float
    period_s: float | None = None
    starts_bright: bool = True

    def at(self, elapsed_s: float) -> Colour:
        """Return the colour so many seconds after the pattern began."""
        if self.period_s is None:
            return self.colour.at(self.highest)
        turn = elapsed_s / self.period_s + (0.0 if self.starts_bright else 0.5)
        wave = (1.0 + math.cos(2.0 * math.pi * turn)) / 2.0
        # The eye sees twice the current as a little brighter only; squared,
        # the wave looks even.
        return self.colour.at(self.lowest + (self.highest - self.lowest) * wave**2)


PATTERNS = {
    # Dim: it also burns in a dark bedroom, all night.
    Light.READY: Pattern(WHITE, 0.06, 0.06),
    Light.LISTENING: Pattern(WHITE, 1.0, 0.30, period_s=1.4),
    Light.SPEAKING: Pattern(WARM_WHITE, 0.8, 0.8),
    # The check-in's chime: as gentle as its sound, and from the dark.
    Light.ATTENTION: Pattern(WARM_WHITE, 0.8, 0.0, period_s=2.5, starts_bright=False),
    Light.RINGING: Pattern(GREEN, 1.0, 0.05, period_s=1.0),
    Light.MICROPHONE_OFF: Pattern(RED, 0.6, 0.6),
    Light.FAULT: Pattern(AMBER, 0.5, 0.04, period_s=4.0),
    Light.OFF: Pattern(DARK, 0.0, 0.0),
}


def colour_at(light: Light, elapsed_s: float) -> Colour:
    """Return what a light shows so many seconds after it was put on."""
    return PATTERNS[light].at(elapsed_s)


def is_moving(light: Light) -> bool:
    """Say whether a light has to be refreshed while it is on."""
    return PATTERNS[light].period_s is not None
