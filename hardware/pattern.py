"""A picture whose number can be read from it, also after a lossy codec."""

import av
import numpy as np
from numpy.typing import NDArray

BITS = 16

# Fields of a sixteenth of the width, black or white, in the topmost sixth.
DARK, BRIGHT = 16, 235


def draw(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """Draw a picture in yuv420p: its number on top, a bar that goes round below.

    Args:
        number: Counts the pictures; the lowest BITS of it can be read again.
        width: In pixels; divisible by 32, so that fields end with whole pixels.
        height: In lines; divisible by 12.
    """
    bright = np.tile(np.linspace(60, 180, width).astype(np.uint8), (height, 1))
    bar = width // 16
    at = number * 8 % (width - bar)
    bright[height // 6 :, at : at + bar] = BRIGHT
    field = width // BITS
    for bit in range(BITS):
        value = BRIGHT if number >> bit & 1 else DARK
        bright[: height // 6, bit * field : (bit + 1) * field] = value
    colour = np.full((height // 2, width), 128, np.uint8)
    colour[:, : width // 2] = 100 + number % 56
    return np.concatenate([bright, colour])


def read(picture: av.VideoFrame) -> int | None:
    """The number of a picture, scaled or not; None where none can be read."""
    bright = picture.to_ndarray(format="gray")
    height, width = bright.shape
    number = 0
    for bit in range(BITS):
        middle = round((bit + 0.5) * width / BITS)
        field = bright[height // 24 : height // 8, middle - 4 : middle + 4]
        mean = float(field.mean())
        if 80 < mean < 170:
            return None
        number |= (mean >= 170) << bit
    return number
