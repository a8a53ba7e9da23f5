"""The time on the wall."""

from datetime import datetime
from zoneinfo import ZoneInfo


class SystemClock:
    """The computer's clock in the person's time zone.

    Not the computer's own zone: a Pi that nobody configured is on UTC, and would
    say the wrong time.
    """

    def __init__(self, time_zone: str) -> None:
        """Choose the zone.

        Raises:
            ZoneInfoNotFoundError: If there is no such zone.
        """
        self._zone = ZoneInfo(time_zone)

    def now(self) -> datetime:
        """Local time, aware of its zone."""
        return datetime.now(self._zone)
