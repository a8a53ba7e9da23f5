"""Weeks of check-ins on the virtual clock."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from companion.checkins import Outcome
from companion.followups import RULES, _always
from tests.stories.person import ALL_WELL, Answers, Home, key_of, living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run

# Summer time begins on the Sunday of this week.
MONDAY = datetime(2026, 3, 23, 8, 55, tzinfo=AMSTERDAM)


def test_a_week_of_check_ins_over_the_change_to_summer_time(tmp_path: Path) -> None:
    async def story() -> Home:
        async with living(tmp_path, MONDAY, Answers({})) as home:
            await home.until(MONDAY + timedelta(days=7))
            last = MONDAY.date() + timedelta(days=7)
            check_ins = await home.journal.check_ins(MONDAY.date(), last)
            assert [c.outcome for c in check_ins] == [Outcome.DONE] * 7
            assert [f"{c.begun_at:%H:%M}" for c in check_ins] == ["09:00"] * 7
            offsets = [c.begun_at.utcoffset() for c in check_ins]
            assert offsets == [timedelta(hours=1)] * 6 + [timedelta(hours=2)]
            return home

    home = run(story(), VirtualLoop())
    assert home.is_open == [True, False] * 7


# One entry a day, in turn; the lengths have no common factor, so that the days mix.
VARIED: dict[str, list[str | None]] = {
    "checkin.mood": [
        "goed", "goed", "het gaat goed", "niet zo goed", "somber", "redelijk",
        "ik voel me eenzaam", "het gaat goed", None, "ik voel me eenzaam",
        "sla over",
    ],
    "checkin.sleep": [
        "slecht geslapen", "slecht geslapen", "slecht geslapen", "goed geslapen",
        "slecht geslapen", "redelijk", "sla over",
    ],
    "checkin.pain": [
        "ja mijn knie", "ja mijn knie", "ja mijn knie", "ja mijn rug", "nee geen pijn",
        "ja", "het is erger", "het is minder", "nee",
    ],
    "checkin.pain_where": ["mijn heup"],
    "checkin.eating": ["weinig", "weinig", "weinig", "ja een boterham", "nee"],
    "checkin.drinking": ["weinig", "weinig", "genoeg", "weinig"],
    "checkin.plans": [
        "niets", "niets", "niets", "ik ga wandelen", "naar de kapper",
        "boodschappen doen", "geen plannen", "ik ga lezen",
    ],
    "checkin.plan_done": ["ja", "nee", "ja"],
    "checkin.company": ["nee", "ja", "nee"],
    "checkin.more": ["ja"],
    "checkin.message": ["nee"],
}  # fmt: skip


class VariedPerson:
    """Another mood each day, and sometimes no word at all."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._first = now().date()

    def __call__(self, said: str) -> str | None:
        day = (self._now().date() - self._first).days
        if day == 13:
            return None
        key = key_of(said)
        name = max((n for n in VARIED if key.startswith(n)), key=len, default="")
        if name:
            return VARIED[name][day % len(VARIED[name])]
        name = max((n for n in ALL_WELL if key.startswith(n)), key=len, default="")
        return ALL_WELL.get(name)


def _thirty_days(folder: Path) -> list[tuple[datetime, str]]:
    async def story() -> list[tuple[datetime, str]]:
        async with living(folder, MONDAY, Answers({})) as home:
            home.person.answer = VariedPerson(home.clock.now)
            await home.until(MONDAY + timedelta(days=30))
            last = MONDAY.date() + timedelta(days=30)
            check_ins = await home.journal.check_ins(MONDAY.date(), last)
            outcomes = [c.outcome for c in check_ins]
            assert outcomes.count(Outcome.DONE) == 29
            assert outcomes.count(Outcome.MISSED) == 1
            return home.person.said

    return run(story(), VirtualLoop())


@pytest.mark.long
def test_thirty_days_repeat_no_wording_and_remember_earlier_days(
    tmp_path: Path,
) -> None:
    said = _thirty_days(tmp_path)

    # Every fact was filled in, and everything said stands in the language pack.
    assert not [text for _, text in said if "{" in text or key_of(text) == "?"]

    repeated: list[tuple[date, str]] = []
    last_said: dict[str, date] = {}
    for at, text in said:
        before = last_said.get(text)
        if before is not None and (at.date() - before).days <= 3:
            repeated.append((at.date(), key_of(text)))
        last_said[text] = at.date()
    assert repeated == []

    from_earlier_days = {rule.say for rule in RULES if rule.when is not _always}
    heard = {key_of(text) for _, text in said}
    assert len(heard & from_earlier_days) >= 10
    openers = {
        "checkin.mood.ask_after_low", "checkin.mood.ask_after_missed",
        "checkin.sleep.ask_after_bad", "checkin.pain.ask_about",
        "checkin.eating.ask_after_little", "checkin.plan_done.ask",
    }  # fmt: skip
    assert openers <= heard

    # The knee of the day before is named.
    tuesday = MONDAY.date() + timedelta(days=1)
    asked = [
        text
        for at, text in said
        if at.date() == tuesday and key_of(text) == "checkin.pain.ask_about"
    ]
    assert len(asked) == 1 and "uw knie" in asked[0]
