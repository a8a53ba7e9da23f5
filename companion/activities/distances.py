"""How far it is to go somewhere, and how long that takes on foot (pure)."""

from collections.abc import Sequence
from math import asin, ceil, cos, radians, sin, sqrt

from companion.activities.tastes import Aid, Home

_EARTH_M = 6_371_000.0  # mean radius

# Streets are longer than straight lines: some 1.2 times for cars (Newell 1980; 1.21 to
# 1.23 in O'Sullivan 1996), more for who walks around a pond or a block of houses.
DETOUR = 1.3

# Normal pace of people of 80 and over is 0.94 (women) and 0.97 m/s (men), over some
# metres (Bohannon and Williams Andrews 2011, a review). Streets have crossings.
_WALKS_M_S = 0.8
# Patients of 84.5 (median) with a wheeled walker go 1.07 m/s over ten level metres
# ("Effect of uphill and downhill walking on walking performance in geriatric patients
# using a wheeled walker"). Kerbs, slopes and a rest on the seat take nearly half of it.
_WITH_AID_M_S = 0.6


def straight_m(latitude: float, longitude: float, home: Home) -> float:
    """As the crow flies (haversine), in metres."""
    north = radians(latitude - home.latitude)
    east = radians(longitude - home.longitude)
    a = (
        sin(north / 2) ** 2
        + cos(radians(home.latitude))
        * cos(radians(latitude))
        * sin(east / 2) ** 2
    )  # fmt: skip
    return 2 * _EARTH_M * asin(min(1.0, sqrt(a)))


def way_m(latitude: float, longitude: float, home: Home) -> int:
    """How far one has to go, in metres."""
    return round(DETOUR * straight_m(latitude, longitude, home))


def walk_min(distance_m: int, aid: Aid) -> int:
    """How long that takes on foot, in minutes."""
    speed = _WALKS_M_S if aid is Aid.NONE else _WITH_AID_M_S
    return ceil(distance_m / speed / 60)


def middle(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The middle of some places, as latitude and longitude; of one at least.

    The median of each: one place with a wrong coordinate does not move it.
    """
    return _median([it[0] for it in points]), _median([it[1] for it in points])


def _median(numbers: list[float]) -> float:
    return sorted(numbers)[len(numbers) // 2]
