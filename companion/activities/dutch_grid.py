"""Coordinates of the Dutch grid (Rijksdriehoeksstelsel, RD), made into degrees.

The maps of municipalities count metres east and north of a point near Paris. The
polynomial is that of Schreutelkamp and Strang van Hees ("Benaderingsformules voor de
transformatie tussen RD- en WGS84-kaartcoördinaten", NGT Geodesia 2001-2): right to a
metre, and nobody walks less.
"""

from typing import Final

# The tower in Amersfoort, in metres and in degrees.
_MIDDLE_M: Final = (155_000.0, 463_000.0)
_MIDDLE: Final = (52.15517440, 5.38720621)

# Power of x, power of y (both in 100 km), and seconds of arc.
_LATITUDE: Final = (
    (0, 1, 3235.65389), (2, 0, -32.58297), (0, 2, -0.24750), (2, 1, -0.84978),
    (0, 3, -0.06550), (2, 2, -0.01709), (1, 0, -0.00738), (4, 0, 0.00530),
    (2, 3, -0.00039), (4, 1, 0.00033), (1, 1, -0.00012),
)  # fmt: skip
_LONGITUDE: Final = (
    (1, 0, 5260.52916), (1, 1, 105.94684), (1, 2, 2.45656), (3, 0, -0.81885),
    (1, 3, 0.05594), (3, 1, -0.05607), (0, 1, 0.01199), (3, 2, -0.00256),
    (1, 4, 0.00128), (0, 2, 0.00022), (2, 0, -0.00022), (5, 0, 0.00026),
)  # fmt: skip

# Where there is land: the coast lies further east the further north one goes. So
# degrees that lost their comma, such as 520907 and 51214, are never taken for metres.
_COAST: Final = ((306_000, 10_000), (420_000, 55_000), (480_000, 88_000),
                 (530_000, 104_000))  # fmt: skip
_NORTH_M, _EAST_M = 622_000, 280_000


def is_on_grid(x: float, y: float) -> bool:
    """Whether these can only be metres east and north, on Dutch land."""
    west = max((it for south, it in _COAST if y >= south), default=None)
    return west is not None and west <= x <= _EAST_M and y <= _NORTH_M


def to_degrees(x: float, y: float) -> tuple[float, float]:
    """Latitude and longitude (WGS 84), to a metre.

    Args:
        x: Metres east; `is_on_grid`.
        y: Metres north.
    """
    east, north = (
        (it - of) / 100_000 for it, of in zip((x, y), _MIDDLE_M, strict=True)
    )
    latitude, longitude = (
        start + sum(k * east**p * north**q for p, q, k in terms) / 3_600
        for start, terms in zip(_MIDDLE, (_LATITUDE, _LONGITUDE), strict=True)
    )
    return round(latitude, 6), round(longitude, 6)
