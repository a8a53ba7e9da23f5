"""A device in a process of its own, and a person who talks with it by voice.

The device is the real command with a sound card of its own; what it shows is read
from the simulator's page, what it plays is recorded at the loudspeaker, and what it
keeps is read from its journal.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from companion.understanding.intents import Intent
from companion.wording import Phrasebook, load_phrasebook
from tests.noon import zone_at
from tests.peers.device import (
    NOTHING_SHOWN,
    READY,
    Page,
    RunningDevice,
    started_device,
)
from tests.sound.spoken_person import (
    PersonVoice,
    Saying,
    SpokenPerson,
    Television,
    Voices,
    watching,
)
from tests.sound.virtual_card import Recording, VirtualCard, record
from tests.stories.person import key_of
from tests.stories.village import village
from voice.audio import RATE_HZ, Samples

LISTENS = "Ik luister"
SPEAKS = "Ik praat"

MODEL = "praatpaal-nl-synthetic"
EARS = {"recogniser": "vosk", "model": MODEL, "patience_s": 6.0}

# A caption, its sound and the answer to it take some seconds; a television may hold
# a turn open for 20 s.
SHOWN_WITHIN_S = 60.0
TURNS_AT_MOST = 40
# Longer than any story; without a change the page says nothing.
WATCHED_FOR_S = 600.0
BLOCK_S = 0.02
# The player tells of its end some 30 ms after the last sound, later on a busy machine;
# who is cut off in a pause has more than this still to say.
CUT_OFF_S = 0.3
# A hundredth of full scale; between sentences there is nothing at all.
AUDIBLE = 300

Replies = Mapping[str, Saying | list[Saying]]
"""What the person says, by the beginning of the name of what was asked; the longest
that fits. A list is used up, its last reply stays. Nothing that fits is silence."""

GUESSED = "talk.did_you_mean"
"""What the device asks that is not sure what it heard."""

YES: Saying = ("ja",)
NO: Saying = ("nee",)


@dataclass(slots=True)
class Said:
    """Something that the device said.

    Attributes:
        text: The caption.
        begins: Where in the recording it was shown, in samples.
        ends: Where the next thing was shown.
    """

    text: str
    begins: int
    ends: int = -1

    @property
    def key(self) -> str:
        """Its name in the language pack."""
        return key_of(self.text)

    @property
    def length_s(self) -> float:
        """How long it was shown, once it is not any more."""
        return (self.ends - self.begins) / RATE_HZ


@dataclass(slots=True)
class Turn:
    """A turn of the person.

    Attributes:
        asked: Name of what the device said last.
        replied: What the person said; empty for silence.
        was_cut_off: Whether the device went on before the person had finished.
    """

    asked: str
    replied: Saying
    was_cut_off: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """What the journal holds.

    Attributes:
        answers: Question and intent, oldest first.
        outcomes: Of each check-in.
        words: Everything that was kept word for word.
        messages: Messages to pass on.
        agenda: What each entry of the agenda is about.
        opinions: What came of things to do, oldest first.
    """

    answers: list[tuple[str, str]]
    outcomes: list[str]
    words: list[str]
    messages: list[str]
    agenda: list[str]
    opinions: list[str]

    def answer(self, question: str) -> str | None:
        """The last answer to a question."""
        return dict(self.answers).get(question)


@dataclass(slots=True)
class SpokenHome:
    """A device and a person, with everything a story looks at.

    Attributes:
        said: What the device said, in order.
        turns: What was answered to it.
        shown: What it shows now.
        alerts: Numbers to call that it showed.
    """

    device: RunningDevice
    page: Page
    card: VirtualCard
    person: SpokenPerson
    folder: Path
    said: list[Said] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    shown: Mapping[str, Any] = field(default_factory=lambda: NOTHING_SHOWN)
    listened: int = 0
    phrasebook: Phrasebook = field(default_factory=load_phrasebook)
    _has_heard_at_s: float = 0.0
    _played: list[Samples] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    # What happens, as it happens

    async def watch(self) -> None:
        """Follow what is shown, without end."""
        while True:
            seen = self.page.view

            def has_changed(page: Page, seen: Mapping[str, Any] = seen) -> bool:
                return page.view is not seen

            await self.page.until(has_changed, WATCHED_FOR_S)
            async with self._news:
                self._take(self.page.view)
                self._news.notify_all()

    def _take(self, view: Mapping[str, Any]) -> None:
        before, self.shown = self.shown, view
        if view["state"] == LISTENS != before["state"]:
            self.listened += 1
        if before["state"] == LISTENS != view["state"]:
            self._has_heard_at_s = time.monotonic()
        if view["alert"] != before["alert"] and view["alert"]:
            self.alerts.append(view["alert"])
        if (view["state"], view["said"]) == (before["state"], before["said"]):
            return
        if self.said and self.said[-1].ends < 0:
            self.said[-1].ends = self.played
        if view["state"] == SPEAKS:
            self.said.append(Said(view["said"], self.played))

    async def hear(self, recording: Recording) -> None:
        """Record what is played, without end."""
        while True:
            block = await recording.read(BLOCK_S)
            async with self._news:
                self._played.append(block)
                self._news.notify_all()

    @property
    def played(self) -> int:
        """How many samples were recorded so far."""
        return len(self._played) * round(BLOCK_S * RATE_HZ)

    @property
    def keys(self) -> list[str]:
        """Names, in the language pack, of what was said."""
        return [said.key for said in self.said]

    def sound_of(self, said: Said) -> Samples:
        """What was played while this was shown."""
        return np.concatenate(self._played)[said.begins : said.ends]

    async def until(self, is_so: Callable[[], object]) -> None:
        """Wait until it is so; asked again at each block and each view."""
        try:
            async with asyncio.timeout(SHOWN_WITHIN_S), self._news:
                await self._news.wait_for(lambda: bool(is_so()))
        except TimeoutError:
            raise AssertionError(f"it stays at {self.shown}; {self.story}") from None

    @property
    def story(self) -> str:
        """What happened, for a test that fails."""
        lines = [f"said: {self.keys}"]
        lines += [f"turn: {turn}" for turn in self.turns]
        return "\n".join([*lines, self.device.log[-2000:]])

    # Talking

    async def press(self) -> None:
        """Press the talk button of a device at rest, and wait until it talks."""
        await self.page.press("talk")
        await self.until(lambda: self.shown["state"])

    async def stop(self) -> None:
        """Press the talk button while somebody talks, and wait for rest."""
        await self.page.press("talk")
        await self.until(lambda: self.is_at_rest)

    async def begins(self, key: str, times: int = 1) -> Said:
        """Wait until this is heard at the loudspeaker, for the second time perhaps."""

        def is_heard() -> bool:
            if self.keys.count(key) < times or self.keys[-1] != key:
                return False
            return self._is_audible_since(self.said[-1].begins)

        await self.until(is_heard)
        return self.said[-1]

    def _is_audible_since(self, place: int) -> bool:
        blocks = self._played[place // round(BLOCK_S * RATE_HZ) :]
        return any(np.abs(block).max() > AUDIBLE for block in blocks)

    @property
    def is_at_rest(self) -> bool:
        """Whether nobody talks."""
        return not self.shown["state"]

    async def converse(
        self, replies: Replies, meant: Collection[Intent] = (), until: str = ""
    ) -> None:
        """Answer by the name of what was asked, until nobody talks any more.

        Args:
            replies: What the person says to what.
            meant: What the person means by it: other guesses are denied.
            until: Name of a question to stop at; it is not answered.
        """
        meanings = [self.phrasebook.text(f"meaning.{intent}") for intent in meant]
        left = {n: list(r) if isinstance(r, list) else [r] for n, r in replies.items()}
        for sayings in (*left.values(), [YES, NO]):
            await self.person.prepare(sayings)
        answered = self.listened - (self.shown["state"] == LISTENS)
        while True:
            await self._is_asked_since(answered)
            if self.is_at_rest or self.keys[-1] == until:
                return
            assert len(self.turns) < TURNS_AT_MOST, f"no end: {self.story}"
            answered = self.listened
            asked = self.said[-1]
            reply = _reply_to(asked.key, left)
            if asked.key.startswith(GUESSED):
                is_meant = any(meaning in asked.text for meaning in meanings)
                reply = YES if is_meant else NO
            await self._take_turn(reply)

    async def is_asked(self) -> None:
        """Wait until the device listens."""
        await self.until(lambda: self.shown["state"] == LISTENS)

    async def _is_asked_since(self, count: int) -> None:
        await self.until(lambda: self.is_at_rest or self.listened > count)

    async def _take_turn(self, reply: Saying) -> None:
        turn = Turn(self.said[-1].key, reply)
        self.turns.append(turn)
        count = self.listened
        if reply:
            begun_s = time.monotonic()
            await self.person.answer(reply)
            ended_s = time.monotonic()
            has_moved_on = begun_s < self._has_heard_at_s < ended_s - CUT_OFF_S
            turn.was_cut_off = has_moved_on or self.listened > count

    def kept(self) -> Kept:
        """Read the journal."""
        path = self.folder / "state" / "journal.db"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as journal:
            rows = journal.execute
            return Kept(
                list(rows("select question, intent from answer order by id")),
                [o for (o,) in rows("select outcome from check_in order by id")],
                [w for (w,) in rows("select words from answer where words not null")],
                [t for (t,) in rows("select text from message")],
                [w for (w,) in rows("select what from agenda_entry")],
                [k for (k,) in rows("select kind from opinion order by id")],
            )


def _reply_to(key: str, left: Mapping[str, list[Saying]]) -> Saying:
    name = max((n for n in left if key.startswith(n)), key=len, default="")
    sayings = left.get(name, [()])
    return sayings.pop(0) if len(sayings) > 1 else sayings[0]


@asynccontextmanager
async def spoken_home(
    voice: PersonVoice,
    shared: Voices,
    starts: asyncio.Semaphore,
    *,
    seed: int = 0,
    television: Television | None = None,
) -> AsyncIterator[SpokenHome]:
    """A device that is ready, with a sound card and a person of its own.

    Args:
        voice: Of the person.
        shared: Voices of everybody.
        starts: Lets so many devices start at once.
        seed: Decides the person's reaction times and pauses.
        television: What is on in the room, if anything.
    """
    with tempfile.TemporaryDirectory(prefix="home-") as name:
        folder = Path(name)
        (folder / "state").mkdir()
        zone = zone_at(12)
        village(folder / "state", datetime.now(ZoneInfo(zone)))
        card = VirtualCard(folder)
        async with AsyncExitStack() as room:
            async with starts:
                room.callback(card.kill)
                await asyncio.to_thread(card.start)
                device = await room.enter_async_context(
                    started_device(
                        folder,
                        card.environment,
                        device={"sound": "soundcard", "time_zone": zone},
                        ears=EARS,
                        mouth={"engine": "espeak", "rate_wpm": 180},
                    )
                )
                await device.logs(READY)
                await device.logs(f"recogniser {MODEL} is ready")
            # Followed from here on: a page that takes nothing is closed.
            page = await room.enter_async_context(device.page())
            recording = await room.enter_async_context(record(card))
            person = SpokenPerson(card, shared, voice, seed=seed)
            home = SpokenHome(device, page, card, person, folder)
            await room.enter_async_context(_followed(home, recording))
            if television is not None:
                await room.enter_async_context(watching(card, television, shared))
            yield home


@asynccontextmanager
async def _followed(home: SpokenHome, recording: Recording) -> AsyncIterator[None]:
    """Watch and hear while the story goes on; the end of either ends the story."""
    async with asyncio.TaskGroup() as tasks:
        following = [
            tasks.create_task(home.watch()),
            tasks.create_task(home.hear(recording)),
        ]
        try:
            await home.until(lambda: home.shown["clock"] and home.is_at_rest)
            yield
        finally:
            for task in following:
                task.cancel()
