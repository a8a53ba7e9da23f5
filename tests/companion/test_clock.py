"""Whether the clock may be trusted."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from companion.clock import SystemClock


@pytest.fixture
def clock(tmp_path: Path) -> SystemClock:
    return SystemClock("Europe/Amsterdam", tmp_path / "timesync", tmp_path / "rtc")


def test_a_clock_that_another_program_keeps_is_trusted(clock: SystemClock) -> None:
    assert clock.is_sure()


def test_a_clock_is_sure_once_the_network_told_the_time(
    clock: SystemClock, tmp_path: Path
) -> None:
    (tmp_path / "timesync").mkdir()
    assert not clock.is_sure()
    (tmp_path / "timesync" / "synchronized").touch()
    assert clock.is_sure()


def test_a_clock_with_a_battery_will_do_and_one_without_will_not(
    clock: SystemClock, tmp_path: Path
) -> None:
    (tmp_path / "timesync").mkdir()
    (tmp_path / "rtc").write_text("77\n")
    assert not clock.is_sure()
    (tmp_path / "rtc").write_text("nonsense")
    assert not clock.is_sure()
    (tmp_path / "rtc").write_text(f"{int(datetime.now(UTC).timestamp())}\n")
    assert clock.is_sure()
