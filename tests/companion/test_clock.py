"""Whether the clock may be trusted."""

from pathlib import Path

from companion.clock import SystemClock


def test_a_clock_is_sure_once_the_network_told_the_time(tmp_path: Path) -> None:
    timesync = tmp_path / "timesync"
    clock = SystemClock("Europe/Amsterdam", timesync)
    # Another program keeps this clock.
    assert clock.is_sure()
    timesync.mkdir()
    assert not clock.is_sure()
    (timesync / "synchronized").touch()
    assert clock.is_sure()
