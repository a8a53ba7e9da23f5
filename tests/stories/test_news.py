"""Who presses for something of their own hears one piece of news first."""

from datetime import time, timedelta
from pathlib import Path

from companion.agenda import Entry, Kind
from companion.agenda_book import AgendaBook
from hardware.panel import Button
from tests.stories.person import Home, key_of
from tests.stories.test_visits import MONDAY, at_home, visit


def test_of_two_things_one_is_told_at_each_press(tmp_path: Path) -> None:
    pressed: list[list[str]] = []

    async def story(home: Home) -> None:
        yesterday = MONDAY.date() - timedelta(days=1)
        AgendaBook(home.journal._store.agenda).add(
            Entry(
                id=None,
                kind=Kind.APPOINTMENT,
                what="Koffieochtend",
                day=yesterday,
                created_at=MONDAY - timedelta(days=2),
                times=(time(10),),
                source="kaart",
                activity="koffie",
            )
        )
        for _ in range(3):
            before = len(home.person.texts())
            await home.press(Button.TALK, 100)
            pressed.append([key_of(text) for text in home.person.texts()[before:]])

    answers = {"outings.after": "ja", "visits": "ja", "conversation.wish": "stop"}
    at_home(tmp_path, story, {**answers}, visit())

    groups = [{key.split(".")[0] for key in keys} for keys in pressed]
    assert "outings" in groups[0] and "visits" not in groups[0], pressed
    assert "visits" in groups[1] and "outings" not in groups[1], pressed
    assert not {"visits", "outings"} & groups[2], pressed
