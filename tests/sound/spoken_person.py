"""A person whose voice is a synthesiser's, and a television that talks along.

What they do follows from what is said to them and from a seed; nothing waits for
a fixed time. Their pauses are silence in the sound that they speak, so that a busy
machine does not change them.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np

from tests.sound.virtual_card import VirtualCard, speak_into
from voice.audio import RATE_HZ, Samples
from voice.espeak_synthesiser import EspeakSynthesiser
from voice.files import write_wav
from voice.synthesiser import amplify

# "eh", 1.5, "wel goed": words, and seconds of silence between them.
Saying = tuple[str | float, ...]

# From the end of a question to the first sound of an answer. Younger people take
# 0.2 s; these are the more patient ones.
REACTION_S = (0.3, 0.8)

TELEVISION_LOOP_S = 30.0
TELEVISION_LASTS_S = 300.0


@dataclass(frozen=True, slots=True)
class PersonVoice:
    """How somebody sounds.

    Attributes:
        name: espeak-ng's name of it.
        rate_wpm: Speaking rate, in words per minute.
        pitch: 0 to 99.
    """

    name: str
    rate_wpm: int = 140
    pitch: int = 50


class Voices:
    """Synthesisers that several stories share."""

    def __init__(self) -> None:
        self._running: dict[PersonVoice, asyncio.Task[EspeakSynthesiser]] = {}
        self._sounds: dict[tuple[PersonVoice, str], Samples] = {}

    async def render(self, voice: PersonVoice, words: str) -> Samples:
        """The sound of these words, at TARGET_DBFS and RATE_HZ."""
        if (voice, words) not in self._sounds:
            if voice not in self._running:
                self._running[voice] = asyncio.create_task(_start(voice))
            # A story that fails meanwhile takes no voice from the others.
            synthesiser = await asyncio.shield(self._running[voice])
            sound = await synthesiser.render(words, voice.rate_wpm)
            self._sounds[voice, words] = sound
        return self._sounds[voice, words]

    async def close(self) -> None:
        """Stop them all."""
        for starting in self._running.values():
            await (await starting).close()


async def _start(voice: PersonVoice) -> EspeakSynthesiser:
    synthesiser = EspeakSynthesiser(voice.name, voice.pitch)
    await synthesiser.start()
    return synthesiser


@asynccontextmanager
async def voices() -> AsyncIterator[Voices]:
    """Voices that are stopped in the end."""
    shared = Voices()
    try:
        yield shared
    finally:
        await shared.close()


class SpokenPerson:
    """Speaks into a card's microphone.

    Attributes:
        level_db: Of speech, over the level of a synthesiser (-20 dBFS), in dB.
    """

    def __init__(
        self,
        card: VirtualCard,
        shared: Voices,
        voice: PersonVoice,
        *,
        seed: int = 0,
        level_db: float = 0.0,
    ) -> None:
        self.level_db = level_db
        self._card = card
        self._voices = shared
        self._voice = voice
        self._random = random.Random(seed)

    def pause(self, shortest_s: float = 0.5, longest_s: float = 2.5) -> float:
        """A thinking pause, in seconds."""
        return self._random.uniform(shortest_s, longest_s)

    async def prepare(self, sayings: Iterable[Saying]) -> None:
        """Think of what may be said, so that nothing is rendered in a turn."""
        for saying in sayings:
            await self._sound(saying)

    async def answer(self, saying: Saying) -> None:
        """Speak after the time that a person takes; returns when all was said."""
        await self.speak((self._random.uniform(*REACTION_S), *saying))

    async def speak(self, saying: Saying) -> None:
        """Speak at once; returns when all was said."""
        await speak_into(self._card, await self._sound(saying))

    async def _sound(self, saying: Saying) -> Samples:
        pieces = [
            silence(part)
            if isinstance(part, float)
            else await self._voices.render(self._voice, part)
            for part in saying
        ]
        return amplify(np.concatenate(pieces), self.level_db)


def silence(length_s: float) -> Samples:
    """Nothing, for this long."""
    return np.zeros(round(length_s * RATE_HZ), np.int16)


@dataclass(frozen=True, slots=True)
class Television:
    """Several people on it talk all the time.

    Attributes:
        below_person_db: How much softer than the person, in dB.
        voices: Who talks.
        sentences: What about.
        seed: Decides who says what when.
    """

    below_person_db: float
    voices: Sequence[PersonVoice]
    sentences: Sequence[str]
    seed: int = 0

    async def sound(self, shared: Voices) -> Samples:
        """Sound of TELEVISION_LOOP_S: at each moment two of them speak."""
        chance = random.Random(self.seed)
        size = round(TELEVISION_LOOP_S * RATE_HZ)
        both = np.zeros(size)
        for _ in range(2):
            track: list[Samples] = []
            while sum(map(len, track)) < size:
                words = chance.choice(self.sentences)
                track.append(await shared.render(chance.choice(self.voices), words))
            both += np.concatenate(track)[:size]
        level_db = -self.below_person_db - 10 * np.log10(2)
        return amplify(np.clip(both, -32768, 32767).astype(np.int16), level_db)


@asynccontextmanager
async def watching(
    card: VirtualCard, television: Television, shared: Voices
) -> AsyncIterator[None]:
    """Let the television be on, in the microphone's hearing."""
    loop = await television.sound(shared)
    path = card.folder / "television.wav"
    write_wav(path, np.tile(loop, round(TELEVISION_LASTS_S / TELEVISION_LOOP_S)))
    player = await card.run("paplay", "-d", "mouth", str(path))
    try:
        yield
        assert player.returncode is None, "the television went off"
    finally:
        if player.returncode is None:
            player.kill()
            await player.wait()
