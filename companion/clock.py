"""The time on the wall."""

from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

TIMESYNC: Final = Path("/run/systemd/timesync")


class SystemClock:
    """The computer's clock in the person's time zone.

    Not the computer's own zone: a Pi that nobody configured is on UTC, and would
    say the wrong time.
    """

    def __init__(self, time_zone: str, timesync: Path = TIMESYNC) -> None:
        """Choose the zone.

        Args:
            time_zone: Its name.
            timesync: Where systemd-timesyncd tells how it stands.

        Raises:
            ZoneInfoNotFoundError: If there is no such zone.
        """
        self._zone = ZoneInfo(time_zone)
        self._timesync = timesync

    def now(self) -> datetime:
        """Local time, aware of its zone."""
        return datetime.now(self._zone)

    def is_sure(self) -> bool:
        """Whether the clock was set since this computer started, as far as is known.

        A Pi without a battery goes on, after a power cut, from where it stopped, until
        the network tells the time; systemd-timesyncd then makes a file. Where another
        program keeps the clock that is trusted.
        """
        return not self._timesync.is_dir() or (self._timesync / "synchronized").exists()
