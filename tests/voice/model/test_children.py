"""A child process that dies takes only its own work along."""

import os
import time
from collections.abc import Sequence

import pytest

from voice.model.children import in_parts, map_in_children


def doubled(numbers: Sequence[int]) -> list[int]:
    """Dies on 13, as espeak-ng does on some texts."""
    if 13 in numbers:
        os.abort()
    return [2 * number for number in numbers]


def halted(numbers: Sequence[int]) -> list[int]:
    if 3 in numbers:
        time.sleep(600)
    return list(numbers)


def refused(numbers: Sequence[int]) -> list[int]:
    raise ValueError(f"no {numbers[0]}")


def test_all_is_done_but_what_crashes() -> None:
    made = map_in_children(doubled, [range(11, 15)], workers=2)
    assert sorted(number for part in made for number in part) == [22, 24, 28]


def test_a_child_that_hangs_is_ended() -> None:
    # The time of starting a child (0.3 s here) must fit in what counts as hanging.
    made = map_in_children(halted, [range(3, 4)], timeout_s=0.01)
    assert list(made) == []


def test_an_error_is_an_error_here() -> None:
    with pytest.raises(ValueError, match="no 1"):
        list(map_in_children(refused, [range(1, 3)]))


def test_nothing_is_no_work() -> None:
    assert list(map_in_children(doubled, [])) == []


def test_the_last_part_may_be_shorter() -> None:
    assert list(in_parts("abcde", 2)) == ["ab", "cd", "e"]
