"""What the benchmarks of calls reckon out of what they saw."""

import pytest

from benchmarks.calls_network import Log, waits_ms
from benchmarks.calls_ring import row_of


def test_a_row_has_the_middle_and_the_slow_ones() -> None:
    row = row_of([float(one) for one in range(1, 101)])
    assert (row.count, row.median_ms, row.most_ms) == (100, 50.5, 100.0)
    assert row.p95_ms == pytest.approx(95.05)


def test_sound_that_is_played_as_it_comes_waits_for_nothing() -> None:
    log = Log()
    for number in range(100):
        log.packets.append((5.0 + number / 50, 700.0 + number / 50))
        log.played.append((5.0 + number / 50, number / 50))
    assert waits_ms(log, 0.0) == pytest.approx(0.0, abs=0.001)


def test_sound_that_waits_is_late_by_the_clock_of_its_stream() -> None:
    log = Log()
    for number in range(100):
        log.packets.append((5.0 + number / 50, 700.0 + number / 50))
        # As if each waited for four others.
        log.played.append((5.08 + number / 50, number / 50))
    assert waits_ms(log, 0.0) == pytest.approx(80.0, abs=0.001)
    # What was before is not counted.
    log.played.insert(0, (0.5, -300.0))
    assert waits_ms(log, 1.0) == pytest.approx(80.0, abs=0.001)
