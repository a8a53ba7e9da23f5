"""A telephone's camera, as far as a code on a screen concerns it."""

import numpy as np
import segno
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

from hardware.screen import Code

ADDRESS = (
    "https://praatpaal.voorbeeld.nl/join#Kx7-aZ_qT3mB9vWc2LrYd8NfHs5PgJ4uQeXoRi1kZtA"
)
"""As long as that of an invitation: a hub, and a token of 43 letters."""


def code_of(address: str = ADDRESS) -> Code:
    """A code as an invitation shows it."""
    matrix = segno.make(address, error="m").matrix
    return Code(
        tuple("".join(str(int(module)) for module in row) for row in matrix),
        "Anna kan dit met de telefoon scannen.",
        address,
        "Geldig tot en met zondag 29 november.",
    )


def scan(light: NDArray[np.uint8]) -> list[str]:
    """What stands in the codes of a picture.

    Args:
        light: Lightness of each pixel, shape (height, width).
    """
    return [code.text for code in zxingcpp.read_barcodes(light)]


def seen_from_afar(light: NDArray[np.uint8], across: int) -> NDArray[np.uint8]:
    """The picture as a camera has it for which it is so many pixels wide.

    Small, grey, and with the noise of a dark room.
    """
    height, width = light.shape
    size = across, round(height * across / width)
    small = np.asarray(Image.fromarray(light).resize(size, Image.Resampling.BOX))
    noise = np.random.default_rng(7).normal(0.0, 8.0, small.shape)
    grey: NDArray[np.uint8] = np.clip(small * 0.6 + 40.0 + noise, 0, 255).astype(
        np.uint8
    )
    return grey
