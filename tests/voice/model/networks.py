"""Networks for tests: no training, yet it is known what they hear."""

import numpy as np

from voice.model.acoustic import AcousticNetwork, Floats, Layer
from voice.model.phones import PDFS

COEFFICIENTS = 40
WIDTH = 24


def random_network(seed: int = 1) -> AcousticNetwork:
    """A small network of the shape of the real one, with weights by chance."""
    chance = np.random.default_rng(seed)

    def floats(*shape: int) -> Floats:
        return np.asarray(chance.normal(size=shape) / np.sqrt(shape[-1]), np.float32)

    def layer(inputs: int, offsets: tuple[int, ...], is_residual: bool) -> Layer:
        weights = floats(WIDTH, len(offsets) * inputs)
        return Layer(offsets, weights, floats(WIDTH), is_residual)

    first = layer(COEFFICIENTS, (-2, -1, 0, 1, 2), is_residual=False)
    return AcousticNetwork(
        layers=(
            # Coefficients are tens; what follows expects about one.
            Layer(first.offsets, first.weights / np.float32(10), first.bias),
            layer(WIDTH, (-1, 0, 1), is_residual=False),
            layer(WIDTH, (-3, 0, 3), is_residual=True),
            layer(WIDTH, (-3, 0, 3), is_residual=True),
        ),
        # Decided enough that no two words are as good.
        output_weights=4 * floats(PDFS, WIDTH),
        output_bias=floats(PDFS),
        log_priors=np.full(PDFS, -np.log(PDFS), np.float32),
    )
