"""Every phone gets its 30 ms, where it is heard."""

import numpy as np
import pytest

from voice.model.acoustic import AcousticNetwork, Layer
from voice.model.alignment import output_count, targets
from voice.model.phones import PDFS, first_pdf, rest_pdf

SHIFT = 480
"""Samples of 30 ms."""


def test_phones_are_where_they_begin() -> None:
    phones = [("j", 10 * SHIFT), ("a:", 13 * SHIFT)]
    made = targets(phones, 17 * SHIFT, 30 * SHIFT)
    assert made is not None
    expected = [first_pdf("SIL"), *[rest_pdf("SIL")] * 9]
    expected += [first_pdf("j"), rest_pdf("j"), rest_pdf("j")]
    expected += [first_pdf("a:"), *[rest_pdf("a:")] * 3]
    expected += [first_pdf("SIL"), *[rest_pdf("SIL")] * (len(made) - 18)]
    assert made.tolist() == expected


def test_phones_that_begin_together_have_an_output_each() -> None:
    at = 10 * SHIFT
    made = targets([("s", at), ("t", at), ("r", at), ("a:", at)], 12 * SHIFT, 9600)
    assert made is not None
    firsts = [first_pdf(phone) for phone in ("s", "t", "r", "a:")]
    assert made.tolist()[10:14] == firsts


def test_silence_is_not_doubled() -> None:
    phones = [("SIL", 0), ("a:", 5 * SHIFT), ("SIL", 9 * SHIFT)]
    made = targets(phones, 12 * SHIFT, 20 * SHIFT)
    assert made is not None
    assert made.tolist().count(first_pdf("SIL")) == 2


def test_the_end_is_not_pushed_out() -> None:
    made = targets([("a:", 0), ("n", 17 * SHIFT)], 20 * SHIFT, 20 * SHIFT)
    assert made is not None
    assert made.tolist()[-2:] == [rest_pdf("n"), first_pdf("SIL")]


def test_too_many_phones_have_no_place() -> None:
    assert targets([("a:", 0)] * 30, 4800, 4800) is None


@pytest.mark.parametrize("samples", [400, 879, 880, 1360, 16_000])
def test_there_are_as_many_as_the_network_gives(samples: int) -> None:
    layer = Layer((0,), np.ones((1, 1), np.float32), np.zeros(1, np.float32))
    network = AcousticNetwork(
        (layer,),
        np.ones((PDFS, 1), np.float32),
        np.zeros(PDFS, np.float32),
        np.zeros(PDFS, np.float32),
    )
    frames = 1 + (samples - 400) // 160
    given = network.log_posteriors(np.zeros((frames, 1), np.float32))
    assert output_count(samples) == len(given)
