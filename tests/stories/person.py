"""A person of paper for the stories: hears questions, and answers them in words."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from companion.companion import Companion, Parts
from companion.journal import Journal
from companion.memory import Memory
from companion.people import Person
from companion.settings import Settings
from companion.store import open_memory_store, open_store
from companion.understanding.meaning import Understanding
from companion.wording import load_phrasebook
from hardware.panel import Button, Light, PanelEvent, Pressed
from hardware.screen import View
from tests.virtual_time import VirtualClock, VirtualLoop
from voice.hearing import Deaf, Expectation, Heard, Silence
from voice.speech import Chime, Speech

# What a person does when a question has been asked: words, or None for silence.
Answer = Callable[[str], str | None]

SAY_S = 3.0
ANSWER_S = 2.0


@dataclass(slots=True)
class PaperPerson:
    """Mouth and ears of the device, with a person on the other side.

    Attributes:
        answer: Gets the last sentences that were said, and answers them.
        said: Everything the device said, with the time it began.
        heard: Everything the person said.
    """

    clock: VirtualClock
    answer: Answer
    said: list[tuple[datetime, str]] = field(default_factory=list)
    speeches: list[Speech] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    chimes: list[Chime] = field(default_factory=list)
    deaf: str = ""
    volume: int = 3
    rate_wpm: int = 150

    async def say(self, speech: Speech) -> None:
        self.said.append((self.clock.now(), speech.text))
        self.speeches.append(speech)
        await asyncio.sleep(SAY_S)

    async def chime(self, chime: Chime) -> None:
        self.chimes.append(chime)
        await asyncio.sleep(0.5)

    def prepare(self, speeches: Iterable[Speech]) -> None:
        pass

    def set_volume(self, step: int) -> None:
        self.volume = min(max(step, 0), 6)

    def set_rate(self, rate_wpm: int) -> None:
        self.rate_wpm = min(max(rate_wpm, 120), 180)

    async def listen(self, expectation: Expectation) -> Heard | Silence | Deaf:
        if self.deaf:
            return Deaf(self.deaf)
        words = self.answer(self.said[-1][1])
        if words is None:
            await asyncio.sleep(expectation.patience_s)
            return Silence()
        await asyncio.sleep(ANSWER_S)
        self.heard.append(words)
        return Heard(words, 0.9, words, "paper")

    def texts(self) -> list[str]:
        return [text for _, text in self.said]


class PaperPanel:
    """Buttons that a story presses."""

    def __init__(self, buttons: Iterable[Button] = Button) -> None:
        self.buttons = frozenset(buttons)
        self.microphone_is_on = True
        self.lights: list[Light] = []
        self._events: asyncio.Queue[PanelEvent] = asyncio.Queue()

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    def show(self, light: Light) -> None:
        self.lights.append(light)

    def press(self, button: Button) -> None:
        self._events.put_nowait(Pressed(button, 0.0))

    def put(self, event: PanelEvent) -> None:
        self._events.put_nowait(event)

    async def events(self) -> AsyncIterator[PanelEvent]:
        while True:
            yield await self._events.get()


class PaperScreen:
    """Keeps what it was shown."""

    def __init__(self) -> None:
        self.view = View()

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    def show(self, view: View) -> None:
        self.view = view


@dataclass(slots=True)
class Home:
    """A device in a home, with everything a story needs to look at."""

    person: PaperPerson
    panel: PaperPanel
    screen: PaperScreen
    companion: Companion
    journal: Journal
    clock: VirtualClock
    is_open: list[bool]

    async def until(self, moment: datetime) -> None:
        """Let time pass."""
        await asyncio.sleep(moment.timestamp() - self.clock.now().timestamp())

    async def press(self, button: Button, seconds: float = 60.0) -> None:
        """Press, and let some time pass."""
        self.panel.press(button)
        await asyncio.sleep(seconds)


async def _nobody() -> list[Person]:
    return []


@asynccontextmanager
async def living(
    folder: Path,
    start: datetime,
    answer: Answer,
    settings: Settings | None = None,
    buttons: Iterable[Button] = Button,
) -> AsyncIterator[Home]:
    """A home in which a companion runs on a virtual clock."""
    settings = settings or Settings()
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    clock = VirtualClock(loop, start)
    person = PaperPerson(clock, answer)
    panel, screen = PaperPanel(buttons), PaperScreen()
    journal = Journal(
        open_store(folder / "journal.db", start), settings.journal.keep_words
    )
    spare = Journal(open_memory_store())
    conversations: list[bool] = []
    faults: list[bool] = []
    parts = Parts(
        ears=person,
        mouth=person,
        panel=panel,
        screen=screen,
        memory=Memory(journal, spare, faults.append),
        clock=clock,
        people=_nobody,
        open_conversation=conversations.append,
    )
    companion = Companion(parts, settings, load_phrasebook(), Understanding())
    running = asyncio.ensure_future(companion.run())
    try:
        yield Home(person, panel, screen, companion, journal, clock, conversations)
    finally:
        if running.done():
            running.result()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await journal.close()
        await spare.close()
