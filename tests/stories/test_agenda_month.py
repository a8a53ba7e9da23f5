"""A month of the agenda across each change of the clock."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from companion.agenda import Entry, Kind
from companion.agenda_book import AgendaBook
from companion.settings import CheckInSettings, Settings
from tests.stories.person import Answers, Home, key_of, living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run

# A month across the change to summer time is in every run too: `test_activities`.
pytestmark = pytest.mark.long

SETTINGS = Settings(checkin=CheckInSettings(is_on=False))
DAYS = 30

# The nights in which 02:30 is there twice, and not at all.
CHANGES = {"winter": date(2026, 10, 25), "summer": date(2027, 3, 28)}


def month(folder: Path, since: date) -> Home:
    """A month of medicine, and of what lies at midnight and within the change."""
    start = datetime.combine(since, time(12), AMSTERDAM)
    entries = [
        Entry(
            None, Kind.MEDICINE, "mijn pillen", since, start, (time(8),), "FREQ=DAILY"
        ),
        Entry(None, Kind.REMINDER, "het raam", since, start, (time(0),), "FREQ=WEEKLY"),
        Entry(
            None, Kind.REMINDER, "de kat", since, start, (time(2, 30),), "FREQ=DAILY"
        ),
        Entry(None, Kind.APPOINTMENT, "de kapper", since + timedelta(20), start),
    ]

    async def main() -> Home:
        said = Answers({"agenda": "ja"}, base={})
        async with living(folder, start, said, SETTINGS) as home:
            book = AgendaBook(home.journal._store.agenda)
            for each in entries:
                book.add(each)
            await home.until(start + timedelta(days=DAYS))
            return home

    return run(main(), VirtualLoop())


@pytest.fixture(scope="module", params=CHANGES)
def lived(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[date, Home]:
    """The month that began 15 days before the change, lived once."""
    since = CHANGES[request.param] - timedelta(days=15)
    return since, month(tmp_path_factory.mktemp("month"), since)


def told(home: Home, key: str, what: str) -> list[datetime]:
    """When something was said of the agenda, local."""
    return [at for at, text in home.person.said if key_of(text) == key and what in text]


def test_medicine_is_asked_for_once_a_day_at_eight(lived: tuple[date, Home]) -> None:
    since, home = lived
    asked = told(home, "agenda.take.ask", "pillen")
    assert [at.date() for at in asked] == [
        since + timedelta(n + 1) for n in range(DAYS)
    ]
    assert {f"{at:%H:%M}" for at in asked} == {"08:00"}
    # Two offsets: the clock really changed within this month.
    assert len({at.utcoffset() for at in asked}) == 2


def test_what_lies_at_midnight_is_told_at_midnight(lived: tuple[date, Home]) -> None:
    since, home = lived
    asked = told(home, "agenda.now.ask", "het raam")
    assert [at.date() for at in asked] == [
        since + timedelta(7 * n) for n in range(1, 5)
    ]
    assert {f"{at:%H:%M}" for at in asked} == {"00:00"}


def test_a_time_that_is_there_twice_or_never_is_told_once(
    lived: tuple[date, Home],
) -> None:
    since, home = lived
    asked = told(home, "agenda.now.ask", "de kat")
    days = Counter(at.date() for at in asked)
    assert days == {since + timedelta(n + 1): 1 for n in range(DAYS)}
    odd = {
        f"{at:%m-%d %H:%M}"
        for at in asked
        if at.time().replace(second=0, microsecond=0) != time(2, 30)
    }
    # In spring half past two comes an hour later, as clocks that were set show it.
    assert odd == ({"03-28 03:30"} if since.month == 3 else set())


def test_what_lasts_all_day_is_told_the_evening_before_and_in_the_morning(
    lived: tuple[date, Home],
) -> None:
    since, home = lived
    asked = told(home, "agenda.soon.ask", "de kapper")
    days = [at.date() for at in asked]
    assert days == [since + timedelta(19), since + timedelta(20)]
