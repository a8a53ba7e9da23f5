"""Streams cut into blocks, and levels."""

import numpy as np
import pytest

from voice.audio import RATE_HZ
from voice.blocks import SILENCE_DB, BlockStream, level_db

SIZE = 8


def counted(begin: int, end: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.arange(begin, end, dtype=np.int16)


@pytest.mark.parametrize("cuts", [(8, 16, 24), (3, 8, 24), (0, 8, 17, 24), (24,)])
def test_pieces_of_any_length_become_blocks_in_order(cuts: tuple[int, ...]) -> None:
    stream = BlockStream(RATE_HZ, RATE_HZ, SIZE)
    blocks = []
    for begin, end in zip((0, *cuts), cuts, strict=False):
        blocks += stream(counted(begin, end))
    assert [block.size for block in blocks] == [SIZE] * 3
    assert np.concatenate(blocks).tolist() == list(range(24))


def test_a_whole_block_is_not_a_view_of_its_piece() -> None:
    piece = np.frombuffer(counted(0, SIZE).tobytes(), np.int16)
    (block,) = BlockStream(RATE_HZ, RATE_HZ, SIZE)(piece)
    block[0] = 99
    assert piece[0] == 0


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (np.zeros(0, np.int16), SILENCE_DB),
        (np.zeros(960, np.int16), SILENCE_DB),
        (np.full(960, -32768, np.int16), 0.0),
        (np.full(960, 3277, np.int16), -20.0),
        (np.tile(np.array([1, -1], np.int16), 480), -90.31),
    ],
)
def test_level(
    samples: np.ndarray[tuple[int], np.dtype[np.int16]], expected: float
) -> None:
    assert level_db(samples) == pytest.approx(expected, abs=0.01)
