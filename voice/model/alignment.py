"""Which output the network should give at each 30 ms."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voice.model.acoustic import SUBSAMPLING
from voice.model.features import SHIFT, WINDOW, frame_count
from voice.model.phones import SILENCE, first_pdf, rest_pdf

_OUTPUT_SHIFT = SUBSAMPLING * SHIFT


def output_count(samples: int) -> int:
    """How many outputs there are for so many samples at 16 kHz."""
    return -(-frame_count(samples) // SUBSAMPLING)


def targets(
    phones: Sequence[tuple[str, int]], end: int, samples: int
) -> NDArray[np.int16] | None:
    """The number of the right output for each 30 ms.

    Args:
        phones: With the sample at which each begins; silence is around them.
        end: The sample at which the last one ends.
        samples: How many samples the sound has.

    Returns:
        Shape (output_count(samples),): for each phone its first output once, then
        its rest output. None if there are more phones than outputs.
    """
    spans = [(SILENCE, 0), *phones, (SILENCE, end)]
    if phones[0][0] == SILENCE:
        del spans[1]
    if phones[-1][0] == SILENCE:
        del spans[-1]
    count = output_count(samples)
    if count < len(spans):
        return None
    firsts = _distinct([_first_output(start) for _, start in spans], count)
    made = np.empty(count, np.int16)
    for (phone, _), first, until in zip(
        spans, firsts, [*firsts[1:], count], strict=True
    ):
        made[first] = first_pdf(phone)
        made[first + 1 : until] = rest_pdf(phone)
    return made


def _first_output(start: int) -> int:
    """The first output the middle of whose window is at or after a sample."""
    return max(0, -(-(start - WINDOW // 2) // _OUTPUT_SHIFT))


def _distinct(firsts: list[int], count: int) -> list[int]:
    """Move starts so that each span has an output of its own."""
    made = [0]
    for first in firsts[1:]:
        made.append(max(first, made[-1] + 1))
    for place in range(len(made)):
        made[place] = min(made[place], count - (len(made) - place))
    return made
