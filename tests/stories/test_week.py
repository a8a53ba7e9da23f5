"""A week of check-ins on the virtual clock."""

from datetime import datetime, timedelta
from pathlib import Path

from companion.checkins import Outcome
from tests.stories.person import living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run

MONDAY = datetime(2026, 3, 23, 8, 55, tzinfo=AMSTERDAM)


def answers_everything(said: str) -> str:
    """Answers by what is asked about, as a person would."""
    for word, answer in (
        ("gelegen", "ja hoor"),
        ("doorgeven", "nee dank u"),
        ("geslapen", "goed geslapen"),
        ("sliep", "goed geslapen"),
        ("pijn", "nee geen pijn"),
        ("last", "nee geen pijn"),
        ("gegeten", "ja een boterham"),
        ("gedronken", "ja genoeg"),
        ("plannen", "ik ga wandelen"),
    ):
        if word in said.lower():
            return answer
    return "ja"


def test_a_week_of_check_ins(tmp_path: Path) -> None:
    async def story() -> list[Outcome | None]:
        async with living(tmp_path, MONDAY, answers_everything) as home:
            await home.until(MONDAY + timedelta(days=7))
            check_ins = await home.journal.check_ins(
                MONDAY.date(), MONDAY.date() + timedelta(days=7)
            )
            return [check_in.outcome for check_in in check_ins]

    outcomes = run(story(), VirtualLoop())
    assert outcomes == [Outcome.DONE] * 7
