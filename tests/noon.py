"""A time zone for real devices, so that no test minds at what hour it runs."""

from datetime import UTC, datetime


def zone_at(hour: int = 12) -> str:
    """The name of a zone in which this hour of the day began less than an hour ago.

    Args:
        hour: 0 to 23; at noon midnight and usual quiet hours are hours away.
    """
    ahead = hour - datetime.now(UTC).hour
    # There are zones from 12 hours behind to 14 ahead. Their names count the other
    # way: Etc/GMT-2 is two hours ahead.
    return f"Etc/GMT{-(ahead if ahead >= -12 else ahead + 24):+d}"
