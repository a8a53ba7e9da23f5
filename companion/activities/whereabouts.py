"""Where the person lives, as far as the settings tell (pure)."""

from collections.abc import Callable
from dataclasses import dataclass

from companion.activities.tastes import Home


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What the settings tell of the person.

    Attributes:
        postcode: Of their home, "1234AB" or "1234"; empty: not known.
        latitude: Of their home, in degrees (WGS 84); None: by the postcode.
        longitude: As `latitude`.
        birth_year: None: not known.
    """

    postcode: str = ""
    latitude: float | None = None
    longitude: float | None = None
    birth_year: int | None = None

    def home(self, find: Callable[[str], tuple[float, float] | None]) -> Home | None:
        """Where home is, by what the map itself tells of postcodes; None: unknown.

        Args:
            find: Where a postcode of six or four positions is.
        """
        if self.latitude is not None and self.longitude is not None:
            return Home(self.latitude, self.longitude)
        code = self.postcode.replace(" ", "").upper()
        # A street; a part of a town, some two kilometres across.
        for known, within_m in ((code[:6], 100), (code[:4], 1_000)):
            if len(known) in (4, 6) and (point := find(known)) is not None:
                return Home(*point, within_m=within_m)
        return None
