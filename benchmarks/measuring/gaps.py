"""The gap between the end of an answer and the first sound of the reply.

A real device without a companion round it: virtual sound card, echo canceller,
ears, talk, mouth. A synthesised person answers into the microphone. Both ends of
the gap are seen at the card: the end of the speech on what the microphone hears,
the beginning of the reply on what the loudspeaker plays.
"""

import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.measuring.pauses import Change
from benchmarks.measuring.voices import espeak_voices, speak_all
from companion.clock import SystemClock
from companion.followups import History, follow_up
from companion.journal import Journal
from companion.memory import Memory
from companion.stage import Stage
from companion.store import open_memory_store, open_store
from companion.talk import Talk
from companion.topics.questions import ALL_QUESTIONS
from companion.understanding.intents import Intent, Meaning
from companion.understanding.meaning import Understanding
from companion.wording import Line, load_phrasebook
from tests.sound.virtual_card import Recording, VirtualCard, record, speak_into
from tests.stories.person import PaperPanel, PaperScreen
from voice.activity import activity_in_noise
from voice.audio import RATE_HZ, Samples
from voice.chimes import chime_samples
from voice.ears import Ears
from voice.echo import WebRtcEchoCanceller
from voice.espeak_synthesiser import EspeakSynthesiser
from voice.hearing import Deaf, Expectation, Heard, Silence
from voice.mouth import Mouth
from voice.path import AudioPath
from voice.phrase_cache import PhraseCache
from voice.recogniser import Recogniser
from voice.soundcard import SoundCard
from voice.speech import Chime, Speech

PARTS = (
    "way in, end of speech noticed",
    "silence waited for",
    "recogniser's result",
    "choosing the reply",
    "voice or its cache",
    "way out",
)

ANSWERS = (
    ("checkin.company", "ja"),
    ("checkin.mood", "het gaat goed"),
    ("checkin.company", "nee"),
    ("checkin.sleep", "goed geslapen"),
    ("checkin.pain", "nee geen pijn"),
    ("checkin.company", "ja graag"),
    ("checkin.mood", "prima"),
    ("checkin.eating", "ik heb goed gegeten"),
    ("checkin.drinking", "ja genoeg"),
    ("checkin.mood", "het gaat niet zo goed"),
    ("checkin.sleep", "slecht geslapen"),
    ("checkin.company", "nee dank u"),
)
"""Short answers as most people give them most days; a bare ja and nee among them."""

VOICES = ("nl", "nl+f4", "nl+Alex")
_RATE_WPM = 140

# A short thing to say before the person answers, which is no part of the gap.
_PROMPT = "volume.changed"
_PERSON_WAITS_S = 0.3
_REPLY_WITHIN_S = 8.0

# Of the loudest of what is said: the soft end of a word is still speech.
_SPEECH_SHARE = 0.02
_REPLY_LEVEL = 100


@dataclass(frozen=True, slots=True)
class Gap:
    """One answer and its reply.

    Attributes:
        question: Name of what was asked.
        text: What was said.
        is_right: Whether it was understood, for certain.
        gap_s: From the last sound of the answer to the first of the reply.
        parts_s: What it is made of, in the order of PARTS.
    """

    question: str
    text: str
    is_right: bool
    gap_s: float
    parts_s: tuple[float, ...]


class Timeline:
    """What a source of the card gives, with the time of each sample."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._chunks: list[Samples] = []
        self._count = 0
        self._origin_s = float("inf")

    async def follow(self) -> None:
        """Record without end."""
        while True:
            chunk = await self._recording.read(0.01)
            self._chunks.append(chunk)
            self._count += chunk.size
            # The chunk that was least late tells when the recording began.
            begun_s = time.monotonic() - self._count / RATE_HZ
            self._origin_s = min(self._origin_s, begun_s)

    def since(self, at_s: float) -> tuple[float, Samples]:
        """Monotonic time of the first sample after `at_s`, and all from there on."""
        whole = np.concatenate(self._chunks)
        first = max(0, round((at_s - self._origin_s) * RATE_HZ))
        return self._origin_s + first / RATE_HZ, whole[first:]

    def first_loud_s(self, since_s: float, level: int) -> float | None:
        """When it is first as loud as that; None if not yet."""
        start_s, sound = self.since(since_s)
        loud = np.flatnonzero(np.abs(sound) >= level)
        return start_s + float(loud[0]) / RATE_HZ if loud.size else None

    def last_loud_s(self, since_s: float, share: float) -> float:
        """When it was last as loud as that share of its loudest."""
        start_s, sound = self.since(since_s)
        size = np.abs(sound.astype(np.int32))
        loud = np.flatnonzero(size >= share * size.max())
        return start_s + float(loud[-1]) / RATE_HZ


class TimedEars:
    """Ears that note when they had heard an answer."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self.change: Change = lambda expectation: expectation
        self.is_listening = asyncio.Event()
        self.heard: Heard | None = None
        self.heard_at_s = 0.0

    async def listen(self, expectation: Expectation) -> Heard | Silence | Deaf:
        """As the real ones."""
        self.is_listening.set()
        heard = await self._ears.listen(self.change(expectation))
        self.heard_at_s = time.monotonic()
        self.heard = heard if isinstance(heard, Heard) else None
        return heard

    async def interrupted(self) -> None:
        """Nobody interrupts here."""
        await asyncio.Event().wait()


class TimedPath:
    """Where sound goes, with the time at which it was handed over."""

    def __init__(self, path: AudioPath) -> None:
        self._path = path
        self.played_at_s: list[float] = []

    async def play(self, samples: Samples, gain_db: float = 0.0) -> None:
        """As the real one."""
        self.played_at_s.append(time.monotonic())
        await self._path.play(samples, gain_db)


class TimedMouth:
    """A mouth that notes when it was asked to say something."""

    def __init__(self, mouth: Mouth) -> None:
        self._mouth = mouth
        self.asked_at_s = 0.0
        self.volume = mouth.volume
        self.rate_wpm = mouth.rate_wpm

    async def say(self, speech: Speech) -> None:
        """As the real one."""
        self.asked_at_s = time.monotonic()
        await self._mouth.say(speech)

    async def chime(self, chime: Chime) -> None:
        """As the real one."""
        await self._mouth.chime(chime)

    def prepare(self, speeches: Iterable[Speech]) -> None:
        """As the real one."""
        self._mouth.prepare(speeches)

    def set_volume(self, step: int) -> None:
        """As the real one."""
        self._mouth.set_volume(step)

    def set_rate(self, rate_wpm: int) -> None:
        """As the real one."""
        self._mouth.set_rate(rate_wpm)


@dataclass(slots=True)
class Room:
    """The device, and both ends of the card."""

    talk: Talk
    path: TimedPath
    ears: TimedEars
    mouth: TimedMouth
    card: VirtualCard
    microphone: Timeline
    loudspeaker: Timeline


@asynccontextmanager
async def furnished(
    card: VirtualCard, recogniser: Recogniser, folder: Path
) -> AsyncIterator[Room]:
    """A device on the card, with a journal on disk, as in a home."""
    clock = SystemClock("Europe/Amsterdam")
    path = AudioPath(SoundCard(), cancel_echo=WebRtcEchoCanceller())
    timed_path = TimedPath(path)
    cache = PhraseCache(folder / "phrases")
    mouth = Mouth(timed_path, [EspeakSynthesiser()], cache, chime_samples)
    ears = Ears(path, activity_in_noise, [recogniser])
    journal = Journal(open_store(folder / "journal.db", clock.now()))
    memory = Memory(journal, Journal(open_memory_store()), lambda is_faulty: None)
    phrasebook = load_phrasebook()
    stage = Stage(PaperPanel(), PaperScreen(), clock, phrasebook)
    timed_ears, timed_mouth = TimedEars(ears), TimedMouth(mouth)
    talk = Talk(
        mouth=timed_mouth,
        ears=timed_ears,
        stage=stage,
        clock=clock,
        phrasebook=phrasebook,
        understanding=Understanding(),
        memory=memory,
    )
    await path.open()
    await asyncio.gather(mouth.start(), ears.open())
    if not ears.ready:
        raise RuntimeError(f"no recogniser works: {ears.faults}")
    path.begin_conversation()
    try:
        async with record(card, "mic") as heard, record(card) as played:
            microphone, loudspeaker = Timeline(heard), Timeline(played)
            following = [
                asyncio.create_task(line.follow()) for line in (microphone, loudspeaker)
            ]
            try:
                yield Room(
                    talk,
                    timed_path,
                    timed_ears,
                    timed_mouth,
                    card,
                    microphone,
                    loudspeaker,
                )
            finally:
                for task in following:
                    task.cancel()
                await asyncio.gather(*following, return_exceptions=True)
    finally:
        await ears.close()
        await mouth.close()
        await path.close()
        await memory.close()


async def measure(
    card: VirtualCard,
    recogniser: Recogniser,
    changes: Sequence[Change],
    count: int,
    tell: Callable[[str], None],
) -> list[list[Gap]]:
    """Answer so many times under each change, in turn.

    Args:
        card: Running, and in this process's environment.
        recogniser: Not started.
        changes: What to make of each expectation; one column of the result each.
        count: Answers under each.
        tell: Gets a line now and then.
    """
    spoken: list[tuple[str, str, Samples]] = []
    for voice in espeak_voices(VOICES):
        texts = [text for _, text in ANSWERS]
        sounds = await speak_all(voice.synthesiser, texts, _RATE_WPM)
        spoken += [
            (question, text, sound)
            for (question, text), sound in zip(ANSWERS, sounds, strict=True)
        ]
    # Each voice its share, however few are asked for.
    order = [spoken[(at * (len(ANSWERS) + 1)) % len(spoken)] for at in range(count)]
    found: list[list[Gap]] = [[] for _ in changes]
    with tempfile.TemporaryDirectory() as folder:
        async with furnished(card, recogniser, Path(folder)) as room:
            for number, (question, text, sound) in enumerate(order):
                if number % 10 == 0:
                    tell(f"{number} of {count} answers given")
                for column, change in zip(found, changes, strict=True):
                    room.ears.change = change
                    column.append(await _answer(room, question, text, sound))
    return found


async def _answer(room: Room, question: str, text: str, sound: Samples) -> Gap:
    """Ask, answer, and cut the reply off as soon as it sounds."""
    wanted = _meant(room.talk.understanding, question, text)
    reply_key = _reply_to(question, wanted)
    room.ears.is_listening.clear()
    conversation = asyncio.create_task(_converse(room, question, wanted, reply_key))
    listening = asyncio.create_task(room.ears.is_listening.wait())
    try:
        await asyncio.wait(
            {conversation, listening}, return_when=asyncio.FIRST_COMPLETED
        )
        if conversation.done():
            conversation.result()
        await asyncio.sleep(_PERSON_WAITS_S)
        begun_s = time.monotonic()
        await speak_into(room.card, sound)
        reply_s = await _reply_heard(room, begun_s)
    finally:
        listening.cancel()
        conversation.cancel()
        with suppress(asyncio.CancelledError):
            await conversation
    return _gap(room, question, text, wanted, begun_s, reply_s)


async def _converse(room: Room, question: str, wanted: Meaning, reply: str) -> None:
    asked = ALL_QUESTIONS[question]
    likely = (Line(reply),)
    found = await room.talk.ask(asked, prompt=_PROMPT, likely=likely)
    is_right = isinstance(found, Meaning) and found.intent is wanted.intent
    await room.talk.say(reply if is_right else "checkin.no_answer")


async def _reply_heard(room: Room, begun_s: float) -> float:
    async with asyncio.timeout(_REPLY_WITHIN_S):
        while True:
            found = room.loudspeaker.first_loud_s(begun_s, _REPLY_LEVEL)
            if found is not None:
                return found
            await asyncio.sleep(0.05)


def _gap(
    room: Room,
    question: str,
    text: str,
    wanted: Meaning,
    begun_s: float,
    reply_s: float,
) -> Gap:
    ended_s = room.microphone.last_loud_s(begun_s, _SPEECH_SHARE)
    heard = room.ears.heard
    if heard is None:
        return Gap(question, text, False, reply_s - ended_s, (0.0,) * len(PARTS))
    last_speech_s = room.ears.heard_at_s - heard.end_of_turn_s
    moments_s = (
        ended_s,
        last_speech_s,
        last_speech_s + heard.silence_s,
        room.ears.heard_at_s,
        room.mouth.asked_at_s,
        room.path.played_at_s[-1],
        reply_s,
    )
    parts_s = tuple(after - at for at, after in itertools.pairwise(moments_s))
    found = _meant(room.talk.understanding, question, heard.text)
    return Gap(question, text, found == wanted, reply_s - ended_s, parts_s)


def _meant(understanding: Understanding, question: str, text: str) -> Meaning:
    """What the question takes the words for; UNSURE for anything else."""
    asked = ALL_QUESTIONS[question]
    bare = {Intent.YES, Intent.NO} if asked.yes is not None else set()
    meaning = understanding.read(text, asked.answers | bare) or Meaning(Intent.UNSURE)
    as_answer = {Intent.YES: asked.yes, Intent.NO: asked.no}
    return Meaning(as_answer.get(meaning.intent) or meaning.intent, meaning.value)


def _reply_to(question: str, wanted: Meaning) -> str:
    """What the check-in says to this answer."""
    history = History(datetime.now(UTC).date())
    reaction = follow_up(question, wanted, history)
    return reaction.say if reaction is not None else "checkin.skipped"
