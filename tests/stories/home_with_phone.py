"""A home in which there is a phone of paper, and people who are called with it."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from calls.call import CallState
from calls.call_messages import Reason
from companion.people import Person, PersonId, Relation, make_person
from companion.settings import CheckInSettings, Settings
from hardware.panel import Button
from tests.stories.paper_phone import Happening, PaperCall, PaperPhone, connected
from tests.stories.person import Answers, Home, living
from tests.virtual_time import AMSTERDAM, VirtualLoop, run
from voice.hearing import Heard

START = datetime(2026, 3, 23, 14, 0, tzinfo=AMSTERDAM)
SETTINGS = Settings(checkin=CheckInSettings(is_on=False))
NIGHT = datetime(2026, 3, 23, 23, 30, tzinfo=AMSTERDAM)
STOPPERS = (Button.TALK, Button.FAMILY, Button.LINE)

Said = dict[str, str | Heard | list[str | Heard | None] | None]
Story = Callable[[Home, PaperPhone], Coroutine[None, None, None]]


def person(
    number: int, name: str, relation: Relation, phone: str | None = None
) -> Person:
    made = make_person(name, relation.value, START)
    return Person(
        PersonId(number),
        name,
        made.spoken_name,
        relation,
        phone,
        START,
        video=f"member-{number}",
    )


ANNA = person(1, "Anna Bos", Relation.DAUGHTER, "+31612345678")
PIET = person(2, "Piet Bakker", Relation.NEIGHBOUR)
TRUUS = person(3, "Truus Bos", Relation.DAUGHTER)


def at_home(
    folder: Path,
    story: Story,
    scripts: dict[str, list[Sequence[Happening]]] | None = None,
    answers: Said | None = None,
    people: Sequence[Person] = (ANNA, PIET),
    settings: Settings = SETTINGS,
    has_camera: bool = True,
    start: datetime = START,
) -> Home:
    """A home with a phone, and a person who says little of their own accord."""

    async def listed() -> Sequence[Person]:
        return people

    async def main() -> Home:
        phone = PaperPhone(scripts, has_camera)
        said = Answers(answers or {}, base={})
        async with living(
            folder, start, said, settings, people=listed, phone=phone
        ) as home:
            await asyncio.sleep(1)
            await story(home, phone)
            return home

    folder.mkdir(exist_ok=True)
    return run(main(), VirtualLoop())


async def calls_of(home: Home) -> list[tuple[str, str, bool]]:
    """(direction, reason, answered) of what was kept, oldest first."""
    now = home.clock.now()
    kept = await home.journal.calls(
        now - timedelta(days=30), now + timedelta(seconds=1)
    )
    return [(c.direction.value, str(c.reason), c.answered_at is not None) for c in kept]


def rang_out(call: PaperCall) -> None:
    """The page rings no longer, unless it was answered."""
    if call.now.state is CallState.RINGING:
        call.over(Reason.UNANSWERED)


RINGS_OUT: tuple[Happening, ...] = ((45.0, rang_out),)


async def let_connect(call: PaperCall) -> None:
    """The media find their way."""
    assert call.accepted_with
    connected(call)
    await asyncio.sleep(2)
    assert call.now.state is CallState.ACTIVE
