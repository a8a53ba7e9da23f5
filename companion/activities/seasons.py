"""Weeks of the year in which some activities fit better than in others (pure)."""

from datetime import date, timedelta

from companion.activities.record import Category

WEEK_AGAINST_LONELINESS = "week_tegen_eenzaamheid"

# Each year since 2010 it begins on a Thursday, and 1 October, the day of older people,
# is in it: 27 September 2018, 1 October 2020, 30 September 2021, 26 September 2024. Of
# late it lasts seven days (26 September to 2 October 2024).
_THURSDAY = 3
_LASTS = timedelta(days=7)

# What the week is for: meeting others.
_FITTING = frozenset(
    {Category.MEETING, Category.EATING, Category.COMPANY, Category.VOLUNTEERING}
)


def season_of(day: date) -> str:
    """The season that a day is in; empty: none."""
    begins = date(day.year, 10, 1)
    begins -= timedelta(days=(begins.weekday() - _THURSDAY) % 7)
    return WEEK_AGAINST_LONELINESS if begins <= day < begins + _LASTS else ""


def fits_season(category: Category, season: str) -> bool:
    """Whether this kind of thing is what the season is for."""
    return season == WEEK_AGAINST_LONELINESS and category in _FITTING


def season_named(text: str) -> str:
    """The season that an activity says it belongs to; empty: none."""
    plain = " ".join(text.casefold().split())
    return WEEK_AGAINST_LONELINESS if "week tegen eenzaamheid" in plain else ""
