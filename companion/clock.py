"""The time on the wall."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

TIMESYNC: Final = Path("/run/systemd/timesync")
RTC: Final = Path("/sys/class/rtc/rtc0/since_epoch")

# A clock with a battery drifts by a minute in months, and is read in whole seconds.
_RTC_WITHIN_S: Final = 120


class SystemClock:
    """The computer's clock in the person's time zone.

    Not the computer's own zone: a Pi that nobody configured is on UTC, and would
    say the wrong time.
    """

    def __init__(
        self, time_zone: str, timesync: Path = TIMESYNC, rtc: Path = RTC
    ) -> None:
        """Choose the zone.

        Args:
            time_zone: Its name.
            timesync: Where systemd-timesyncd tells how it stands.
            rtc: The time of a clock with a battery, in seconds since 1970.

        Raises:
            ZoneInfoNotFoundError: If there is no such zone.
        """
        self._zone = ZoneInfo(time_zone)
        self._timesync = timesync
        self._rtc = rtc

    def now(self) -> datetime:
        """Local time, aware of its zone."""
        return datetime.now(self._zone)

    def is_sure(self) -> bool:
        """Whether the clock was set since this computer started, as far as is known.

        A Pi goes on, after a power cut, from where it stopped, until the network tells
        the time; systemd-timesyncd then makes a file. Or a clock with a battery told
        it; one whose battery is empty begins in 1970. Where another program keeps the
        clock that is trusted.
        """
        if not self._timesync.is_dir() or (self._timesync / "synchronized").exists():
            return True
        try:
            told_s = int(self._rtc.read_text())
        except (OSError, ValueError):
            return False
        return abs(told_s - datetime.now(UTC).timestamp()) < _RTC_WITHIN_S
