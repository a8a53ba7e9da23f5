"""Weeks of the year in which some activities fit better than in others (pure)."""

from datetime import date, timedelta

from companion.activities.record import Category

WEEK_AGAINST_LONELINESS = "week_tegen_eenzaamheid"

# As announced until 2024; only in 2020 it was not the last Thursday of September. For
# 2025 and 2026 that Thursday is taken: a calendar of October 2026 and later has it as
# over, "end of September".
_BEGAN = {
    2018: date(2018, 9, 27),
    2020: date(2020, 10, 1),
    2021: date(2021, 9, 30),
    2022: date(2022, 9, 29),
    2024: date(2024, 9, 26),
    2025: date(2025, 9, 25),
    2026: date(2026, 9, 24),
}
# "Elk jaar vanaf de laatste donderdag in september", says the guide for municipalities
# of Eén tegen eenzaamheid (2024). Of late it lasts seven days (26 September to
# 2 October 2024).
_THURSDAY = 3
_LASTS = timedelta(days=7)

# What the week is for: meeting others.
_FITTING = frozenset(
    {Category.MEETING, Category.EATING, Category.COMPANY, Category.VOLUNTEERING}
)


def season_of(day: date) -> str:
    """The season that a day is in; empty: none."""
    begins = _BEGAN.get(day.year) or _last_thursday_of_september(day.year)
    return WEEK_AGAINST_LONELINESS if begins <= day < begins + _LASTS else ""


def _last_thursday_of_september(year: int) -> date:
    last = date(year, 9, 30)
    return last - timedelta(days=(last.weekday() - _THURSDAY) % 7)


def fits_season(category: Category, season: str) -> bool:
    """Whether this kind of thing is what the season is for."""
    return season == WEEK_AGAINST_LONELINESS and category in _FITTING


def season_named(text: str) -> str:
    """The season that an activity says it belongs to; empty: none."""
    plain = " ".join(text.casefold().split())
    return WEEK_AGAINST_LONELINESS if "week tegen eenzaamheid" in plain else ""
