"""A person of paper for the stories: hears questions, and answers them in words."""

import asyncio
import re
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from calls.call import Phone
from companion.activities.upcoming import Suggester
from companion.agenda_book import AgendaBook, AgendaMemory
from companion.checkins import Outcome
from companion.companion import Companion
from companion.following import Following
from companion.helping_book import HelpBook, HelpMemory
from companion.inviting import Hub, Inviting
from companion.journal import Answer, Journal
from companion.memory import Memory
from companion.notes import Notes
from companion.notes_book import NotesBook
from companion.occupied import when_taken
from companion.outbox import HubLine
from companion.parts import Parts
from companion.people import People, Person
from companion.proposal_book import ProposalBook
from companion.settings import Settings
from companion.store import StoreError, open_memory_store, open_store
from companion.tastes_book import TastesBook, TastesMemory
from companion.understanding.meaning import Understanding
from companion.visits_book import VisitsBook, VisitsMemory
from companion.wording import Phrasebook, load_phrasebook
from hardware.panel import Button, Light, PanelEvent, Pressed
from hardware.screen import View
from tests.virtual_time import VirtualClock, VirtualLoop
from voice.hearing import Deaf, Expectation, Heard, Silence
from voice.speech import Chime, Speech

# What a person does when a question has been asked: words, or None for silence.
Reaction = Callable[[str], str | Heard | None]

SAY_S = 3.0
NEVER_S = 1e6
ANSWER_S = 2.0


@dataclass(slots=True)
class PaperPerson:
    """Mouth and ears of the device, with a person on the other side.

    Attributes:
        answer: Gets the last sentences that were said, and answers them.
        said: Everything the device said, with the time it began.
        heard: Everything the person said.
        prepared: What was to be rendered ahead, after how many things were said.
    """

    clock: VirtualClock
    answer: Reaction
    said: list[tuple[datetime, str]] = field(default_factory=list)
    speeches: list[Speech] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    chimes: list[Chime] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)
    prepared: list[tuple[int, tuple[Speech, ...]]] = field(default_factory=list)
    speaks_over: dict[str, list[float]] = field(default_factory=dict)
    """By the name of what is said: after how many seconds something is heard over it,
    each time that it is said or listened over."""
    deaf: str = ""
    breaks: Exception | None = None
    volume: int = 3
    rate_wpm: int = 150

    async def say(self, speech: Speech) -> None:
        self.said.append((self.clock.now(), speech.text))
        self.speeches.append(speech)
        if self.breaks is not None:
            raise self.breaks
        await asyncio.sleep(SAY_S)

    async def chime(self, chime: Chime) -> None:
        self.chimes.append(chime)
        await asyncio.sleep(0.5)

    def prepare(self, speeches: Iterable[Speech]) -> None:
        self.prepared.append((len(self.said), tuple(speeches)))

    def set_volume(self, step: int) -> None:
        self.volume = min(max(step, 0), 6)

    def set_rate(self, rate_wpm: int) -> None:
        self.rate_wpm = min(max(rate_wpm, 120), 180)

    async def listen(self, expectation: Expectation) -> Heard | Silence | Deaf:
        if self.deaf:
            return Deaf(self.deaf)
        words = self.answer(self.said[-1][1])
        self.expectations.append(expectation)
        if words is None:
            await asyncio.sleep(expectation.patience_s)
            return Silence()
        if isinstance(words, Heard):
            await asyncio.sleep(ANSWER_S)
            return words
        await asyncio.sleep(ANSWER_S)
        self.heard.append(words)
        return Heard(words, 0.9, words, "paper")

    async def interrupted(self) -> None:
        delays_s = self.speaks_over.get(key_of(self.said[-1][1]), [])
        await asyncio.sleep(delays_s.pop(0) if delays_s else NEVER_S)

    def texts(self) -> list[str]:
        return [text for _, text in self.said]

    def keys(self) -> list[str]:
        """Names, in the language pack, of everything the device said."""
        return [key_of(text) for text in self.texts()]


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

    def light(self) -> Light:
        """What the light shows now."""
        return self.lights[-1]

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
        self.views: list[View] = []

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    def show(self, view: View) -> None:
        self.view = view
        self.views.append(view)


@dataclass(slots=True)
class Home:
    """A device in a home, with everything a story needs to look at."""

    person: PaperPerson
    panel: PaperPanel
    screen: PaperScreen
    companion: Companion
    journal: Journal
    card: "Card"
    faults: list[bool]
    clock: VirtualClock
    is_open: list[bool]
    told: list[Answer] = field(default_factory=list)
    outcomes: list[Outcome | None] = field(default_factory=list)

    async def until(self, moment: datetime) -> None:
        """Let time pass."""
        await asyncio.sleep(moment.timestamp() - self.clock.now().timestamp())

    async def press(self, button: Button, seconds: float = 60.0) -> None:
        """Press, and let some time pass."""
        self.panel.press(button)
        await asyncio.sleep(seconds)


@cache
def understanding() -> Understanding:
    """Shared, since its sentences take seconds to expand."""
    return Understanding()


@cache
def phrasebook() -> Phrasebook:
    return load_phrasebook()


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    found = []
    for key in phrasebook().keys:
        for wording in phrasebook().variants(key):
            text = re.escape(" ".join(wording.sentences))
            pattern = re.sub(r"\\{\w+\\}", "(.+)", text)
            found.append((re.compile(pattern, re.IGNORECASE), key))
    # The most literal first.
    return sorted(found, key=lambda pair: -len(pair[0].pattern.replace("(.+)", "")))


@cache
def key_of(text: str) -> str:
    """The name, in the language pack, of something that was said."""
    return next((key for pattern, key in _templates() if pattern.fullmatch(text)), "?")


ALL_WELL: Mapping[str, str | None] = {
    "checkin.convenient": "ja hoor",
    "checkin.first_press": "ja",
    "checkin.mood": "het gaat goed",
    "checkin.sleep": "goed geslapen",
    "checkin.pain": "nee geen pijn",
    "checkin.more": "ja",
    "checkin.eating": "ja een boterham",
    "checkin.drinking": "ja genoeg",
    "checkin.plans": "ik ga wandelen",
    "checkin.plan_done": "ja",
    "checkin.company": "nee",
    "checkin.message": "nee",
}


class Answers:
    """Answers by what is asked; the longest name that fits decides.

    A list is used up, its last answer stays. What has no name gets silence.
    """

    def __init__(
        self,
        answers: Mapping[str, str | Heard | list[str | Heard | None] | None],
        base: Mapping[str, str | None] = ALL_WELL,
    ) -> None:
        self.answers = {**base, **answers}

    def __call__(self, said: str) -> str | Heard | None:
        key = key_of(said)
        name = max((n for n in self.answers if key.startswith(n)), key=len, default="")
        found = self.answers.get(name)
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found


R = TypeVar("R")


class Card(Journal):
    """A journal whose card can be full ("write") or dead ("all")."""

    refuses: Literal["", "write", "all"] = ""
    seconds: float = 0.0
    """How long it takes to write a call."""

    async def _run(self, call: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        reads = {
            "state", "check_ins", "answers", "last_answer", "messages", "wordings",
            "pauses", "calls", "alarms",
        }  # fmt: skip
        is_read = getattr(call, "__name__", "") in reads
        if self.refuses == "all" or (self.refuses == "write" and not is_read):
            raise StoreError("the card refuses")
        if self.seconds and getattr(call, "__name__", "") == "keep_call":
            await asyncio.sleep(self.seconds)
        return await super()._run(call, *args, **kwargs)


@asynccontextmanager
async def living(
    folder: Path,
    start: datetime,
    answer: Reaction,
    settings: Settings | None = None,
    buttons: Iterable[Button] = Button,
    people: Callable[[], Awaitable[Sequence[Person]]] | None = None,
    phone: Phone | None = None,
    clock_is_sure: Callable[[], bool] = lambda: True,
    line: HubLine | None = None,
    hub: Hub | None = None,
    social_map: Path | None = None,
) -> AsyncIterator[Home]:
    """A home in which a companion runs on a virtual clock."""
    settings = settings or Settings()
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    clock = VirtualClock(loop, start)
    person = PaperPerson(clock, answer)
    panel, screen = PaperPanel(buttons), PaperScreen()
    store = open_store(folder / "journal.db", start)
    following = Following(People(store), line)
    journal = Card(store, settings.journal.keep_words)
    spare = Journal(open_memory_store())
    conversations: list[bool] = []
    faults: list[bool] = []
    tell: list[Callable[[bool], None]] = []

    def on_fault(is_faulty: bool) -> None:
        faults.append(is_faulty)
        for show in tell:
            show(is_faulty)

    memory = Memory(journal, spare, on_fault)
    agenda = AgendaMemory(AgendaBook(store.agenda))
    tastes = TastesMemory(TastesBook(store.tastes))
    memory.on_forget(tastes.forget)
    suggester = None
    if social_map is not None:
        place = settings.person.whereabouts()
        taken = partial(when_taken, agenda, memory)
        suggester = Suggester(social_map, tastes, clock, place, taken)
    parts = Parts(
        ears=person,
        mouth=person,
        panel=panel,
        screen=screen,
        memory=memory,
        clock=clock,
        people=people or following.everybody,
        agenda=agenda,
        proposals=ProposalBook(store.proposals),
        tastes=tastes,
        suggester=suggester,
        visits=VisitsMemory(VisitsBook(store.visits, AgendaBook(store.agenda))),
        helping=HelpMemory(HelpBook(store.helps)),
        following=following,
        open_conversation=conversations.append,
        phone=phone,
        clock_is_sure=clock_is_sure,
        line=line,
        notes=(
            Notes(NotesBook(store.notes), following.followers, line, clock)
            if line
            else None
        ),
        inviting=Inviting(People(store), following, hub, clock) if hub else None,
    )
    companion = Companion(parts, settings, phrasebook(), understanding())
    tell.append(lambda is_faulty: companion.fault("store", is_faulty))
    running = asyncio.ensure_future(companion.run())
    try:
        yield Home(
            person,
            panel,
            screen,
            companion,
            journal,
            journal,
            faults,
            clock,
            conversations,
        )
    finally:
        if running.done():
            running.result()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await journal.close()
        await spare.close()


async def until_said(home: Home, key: str) -> None:
    """Go on until this was said, for ten minutes at most."""
    for _ in range(1200):
        if key in home.person.keys():
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"it never said {key}")
