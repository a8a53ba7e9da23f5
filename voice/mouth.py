"""Speaks: the next words are made while the present ones are heard."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from voice.audio import RATE_HZ, AudioError, Samples
from voice.phrase_cache import PhraseCache, PhraseKey, RecentSounds
from voice.prosody import (
    DEFAULT_RATE_WPM,
    Phrase,
    articulation_wpm,
    clip_rate,
    phrases,
    reading_s,
)
from voice.speech import Chime, Speech
from voice.synthesiser import Synthesiser, SynthesisError, amplify

logger = logging.getLogger(__name__)

HIGHEST_VOLUME = 6
DEFAULT_VOLUME = 3
VOLUME_STEP_DB = 3.0
"""Seven steps of 3 dB make 18 dB; less than 3 dB is hard to notice."""

MOST_WAITING = 500
"""Speeches that wait to be rendered ahead; beyond, the oldest are dropped."""

# A broken engine that was well for this long starts its back-off anew.
_WELL_AFTER_S = 300.0
# espeak-ng is back 0.3 s after a crash; longer than this nobody waits in silence.
_PATIENCE_S = 4.0
# An engine that failed more often in a row is not waited for.
_HOPEFUL_FAILURES = 2
_WAIT_FOR_BEST_S = 4.0


class Recorded(Protocol):
    """What people recorded; `voice.recordings.Recordings` is one."""

    def has(self, sentence: str) -> bool:
        """Whether this sentence was recorded."""

    async def sound(self, sentence: str) -> Samples | None:
        """Its sound, made as a synthesiser makes it; None if it is gone."""


class NoRecordings:
    """Nobody recorded anything."""

    def has(self, sentence: str) -> bool:
        """No."""
        return False

    async def sound(self, sentence: str) -> Samples | None:
        """None."""
        return None


class Player(Protocol):
    """Where sound goes; `voice.path.AudioPath` is one."""

    async def play(self, samples: Samples, gain_db: float = 0.0) -> None:
        """Return when the last sample was heard; cancelling silences it.

        Raises:
            AudioError: If there is no loudspeaker.
        """


@dataclass(frozen=True, slots=True)
class MouthState:
    """Which voices work.

    Attributes:
        speaking_with: The engine that speaks, the most wanted one that works;
            None where none does and only captions remain.
        broken: Engines that failed and are being started again.
    """

    speaking_with: str | None
    broken: tuple[str, ...]


class _Engine:
    """A synthesiser, and whether it can be used now."""

    def __init__(self, synthesiser: Synthesiser) -> None:
        self.synthesiser = synthesiser
        self.works = asyncio.Event()
        self.failed = asyncio.Event()
        self.was_tried = asyncio.Event()
        self.failures = 0

    def key(self, text: str, rate_wpm: int) -> PhraseKey:
        voice = self.synthesiser
        return PhraseKey(voice.name, voice.voice, articulation_wpm(rate_wpm), text)

    async def render(self, text: str, rate_wpm: int) -> Samples:
        try:
            return await self.synthesiser.render(text, articulation_wpm(rate_wpm))
        except SynthesisError:
            self.works.clear()
            self.failed.set()
            raise


class Mouth:
    """Says sentences as somebody recorded them, else through the first working voice.

    An engine that fails is started again with growing waits, while the next
    one speaks. Where none works, `say` takes as long as reading would, so
    that the caption can be read and the conversation goes on.
    """

    def __init__(
        self,
        player: Player,
        synthesisers: Sequence[Synthesiser],
        cache: PhraseCache | None,
        chime_samples: Callable[[Chime], Samples],
        *,
        recorded: Recorded | None = None,
        volume: int = DEFAULT_VOLUME,
        rate_wpm: int = DEFAULT_RATE_WPM,
        restart_after_s: Sequence[float] = (0.1, 1.0, 5.0, 30.0, 120.0),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare; `start` starts the engines.

        Args:
            player: Where sound goes.
            synthesisers: The most wanted voice first.
            cache: For fixed phrases; None to keep nothing on disk.
            chime_samples: The sound of a chime.
            recorded: Sentences that people recorded, said in their own tempo.
            volume: Step to start with, 0 to 6.
            rate_wpm: Words per minute to start with, 120 to 180.
            restart_after_s: Waits before a broken engine is started again;
                the last one for ever.
            sleep: Waits so many seconds.
        """
        self._player = player
        self._engines = [_Engine(one) for one in synthesisers]
        self._cache = cache
        self._chime_samples = chime_samples
        self._recorded = recorded or NoRecordings()
        self._restart_after_s = restart_after_s
        self._sleep = sleep
        self._recent = RecentSounds()
        self._floor = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._waiting: deque[Speech] = deque()
        self._has_waiting = asyncio.Event()
        self._is_free = asyncio.Event()
        self._is_free.set()
        self._settled = asyncio.Event()
        self._on_fault: Callable[[MouthState], None] | None = None
        self._told = MouthState(None, ())
        self._silence_until_s = 0.0
        self._volume = DEFAULT_VOLUME
        self._rate_wpm = DEFAULT_RATE_WPM
        self.set_volume(volume)
        self.set_rate(rate_wpm)

    # -- life

    async def start(self) -> None:
        """Start all engines at once; returns when one can speak.

        The most wanted one gets some seconds more. Also returns when each was
        tried and none can: see `on_fault`.
        """
        if self._tasks:
            return
        self._tasks = [
            asyncio.create_task(self._keep_running(engine)) for engine in self._engines
        ]
        self._tasks.append(asyncio.create_task(self._render_waiting()))
        if self._engines:
            await self._settled.wait()
            # Changing voices soon after the first words is worse than waiting.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_WAIT_FOR_BEST_S):
                    await self._engines[0].was_tried.wait()

    async def close(self) -> None:
        """Stop the engines and all work under way."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for engine in self._engines:
            engine.works.clear()
            await engine.synthesiser.close()
        self._recent.clear()
        self._waiting.clear()

    @property
    def state(self) -> MouthState:
        """Which voices work now."""
        working = [one.synthesiser.name for one in self._engines if one.works.is_set()]
        return MouthState(
            speaking_with=working[0] if working else None,
            broken=tuple(
                one.synthesiser.name
                for one in self._engines
                if one.was_tried.is_set() and not one.works.is_set()
            ),
        )

    def on_fault(self, callback: Callable[[MouthState], None]) -> None:
        """Have each change of `state` told, good ones too; on the event loop."""
        self._on_fault = callback

    # -- volume and rate

    @property
    def volume(self) -> int:
        """Volume step, 0 (softest, still audible) to 6."""
        return self._volume

    def set_volume(self, step: int) -> None:
        """Set the volume step; clipped to its range. Counts from the next phrase."""
        self._volume = max(0, min(HIGHEST_VOLUME, step))

    @property
    def rate_wpm(self) -> int:
        """Speaking rate, in words per minute."""
        return self._rate_wpm

    def set_rate(self, rate_wpm: int) -> None:
        """Set the rate; clipped to 120..180. Counts from the next speech."""
        self._rate_wpm = clip_rate(rate_wpm)

    @property
    def gain_db(self) -> float:
        """Gain of the volume step in force, in dB; 0 at the loudest."""
        return (self._volume - HIGHEST_VOLUME) * VOLUME_STEP_DB

    # -- speaking

    async def say(self, speech: Speech) -> None:
        """Say it all; returns when the last sound was heard.

        Cancelling silences the player. Never raises for a broken engine or
        loudspeaker: it then takes the time the caption needs.
        """
        async with self._floor:
            todo = phrases(speech, self._rate_wpm, self._recorded.has)
            if not todo:
                return
            ahead = self._begin(todo[0], speech.is_fixed)
            try:
                await self._keep_distance()
                for number, phrase in enumerate(todo):
                    sound = await ahead
                    if number + 1 < len(todo):
                        ahead = self._begin(todo[number + 1], speech.is_fixed)
                    if number > 0:
                        await self._keep_distance()
                    await self._speak(phrase, sound, speech.louder_db)
            finally:
                ahead.cancel()
                await asyncio.wait({ahead})
            if speech.holds_fact:
                await self._keep_distance()

    async def chime(self, chime: Chime) -> None:
        """Play a short tone at the volume in force."""
        async with self._floor:
            with contextlib.suppress(AudioError):
                await self._player.play(
                    amplify(self._chime_samples(chime), self.gain_db)
                )

    def prepare(self, speeches: Iterable[Speech]) -> None:
        """Render ahead what is likely to be said next; returns at once.

        The last call goes first, since it knows best what comes next.
        """
        self._waiting.extendleft(reversed(list(speeches)))
        while len(self._waiting) > MOST_WAITING:
            self._waiting.pop()
        self._has_waiting.set()

    def _begin(self, phrase: Phrase, is_fixed: bool) -> asyncio.Task[Samples | None]:
        return asyncio.create_task(self._sound_now(phrase.text, is_fixed))

    async def _speak(
        self, phrase: Phrase, sound: Samples | None, louder_db: float
    ) -> None:
        loop = asyncio.get_running_loop()
        self._silence_until_s = loop.time()
        if sound is None:
            await self._sleep(reading_s(phrase.text, self._rate_wpm))
            return
        started_s = loop.time()
        try:
            await self._player.play(amplify(sound, self.gain_db + louder_db))
        except AudioError as error:
            logger.warning("nothing can be heard: %s", error)
            spent_s = loop.time() - started_s
            await self._sleep(max(0.0, sound.size / RATE_HZ - spent_s))
        self._silence_until_s = loop.time() + phrase.pause_s

    async def _keep_distance(self) -> None:
        """Let the last phrase's pause pass, as far as it did not yet."""
        left_s = self._silence_until_s - asyncio.get_running_loop().time()
        if left_s > 0:
            await self._sleep(left_s)

    # -- rendering

    async def _sound_now(self, text: str, is_fixed: bool) -> Samples | None:
        """The sound of a phrase that somebody waits for; None without a voice."""
        self._is_free.clear()
        try:
            sound = await self._sound(text, is_fixed)
            if sound is None and await self._wait_for_an_engine():
                sound = await self._sound(text, is_fixed)
            return sound
        finally:
            self._is_free.set()

    async def _sound(self, text: str, is_fixed: bool) -> Samples | None:
        """Find or make a sound: a person's, or that of the first engine that can."""
        rate_wpm = self._rate_wpm
        recorded = await self._recorded.sound(text)
        if recorded is not None:
            return recorded
        for engine in self._engines:
            sound = await self._kept(engine.key(text, rate_wpm), is_fixed)
            if sound is not None:
                return sound
            if not engine.works.is_set():
                continue
            try:
                sound = await engine.render(text, rate_wpm)
            except SynthesisError as error:
                logger.warning("a voice failed: %s", error)
                self._tell()
                continue
            await self._keep(engine.key(text, rate_wpm), sound, is_fixed)
            return sound
        return None

    async def _kept(self, key: PhraseKey, is_fixed: bool) -> Samples | None:
        sound = self._recent.get(key)
        if sound is None and is_fixed and self._cache is not None:
            sound = await asyncio.to_thread(self._cache.get, key)
        return sound

    async def _keep(self, key: PhraseKey, sound: Samples, is_fixed: bool) -> None:
        """On disk what is fixed, in memory everything else, names included."""
        if is_fixed and self._cache is not None:
            if await asyncio.to_thread(self._cache.put, key, sound):
                return
        self._recent.put(key, sound)

    async def _wait_for_an_engine(self) -> bool:
        """Wait a moment for one that is starting; whether one works then."""
        hopeful = [one for one in self._engines if one.failures <= _HOPEFUL_FAILURES]
        if not self._tasks or not hopeful:
            return False
        waits = [asyncio.create_task(one.works.wait()) for one in hopeful]
        try:
            done, _ = await asyncio.wait(
                waits, timeout=_PATIENCE_S, return_when=asyncio.FIRST_COMPLETED
            )
            return bool(done)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.wait(waits)

    async def _render_waiting(self) -> None:
        """Work through what `prepare` asked, when nobody waits for a sound."""
        while True:
            await self._has_waiting.wait()
            if not self._waiting:
                self._has_waiting.clear()
                continue
            try:
                await self._render_ahead(self._waiting.popleft())
            except Exception:
                logger.exception("a speech could not be rendered ahead")

    async def _render_ahead(self, speech: Speech) -> None:
        for phrase in phrases(speech, self._rate_wpm, self._recorded.has):
            await self._is_free.wait()
            if not await self._is_kept(phrase.text, speech.is_fixed):
                await self._sound(phrase.text, speech.is_fixed)

    async def _is_kept(self, text: str, is_fixed: bool) -> bool:
        """Whether the voice in force has it already, or there is no voice."""
        if self._recorded.has(text):
            return True
        for engine in self._engines:
            if engine.works.is_set():
                key = engine.key(text, self._rate_wpm)
                if key in self._recent:
                    return True
                if not is_fixed or self._cache is None:
                    return False
                return await asyncio.to_thread(self._cache.has, key)
        return True

    # -- engines

    async def _keep_running(self, engine: _Engine) -> None:
        """Start an engine, and start it again whenever it fails."""
        loop = asyncio.get_running_loop()
        while True:
            engine.failed.clear()
            started_s = loop.time()
            try:
                await engine.synthesiser.start()
            except SynthesisError as error:
                # Loud once: a missing voice is tried again every two minutes.
                level = logging.DEBUG if engine.failures else logging.WARNING
                logger.log(level, "a voice cannot start: %s", error)
            except Exception:
                logger.exception("a voice cannot start")
            else:
                engine.works.set()
                engine.was_tried.set()
                self._tell()
                await engine.failed.wait()
            engine.works.clear()
            engine.was_tried.set()
            if loop.time() - started_s > _WELL_AFTER_S:
                engine.failures = 0
            waits_s = self._restart_after_s
            wait_s = waits_s[min(engine.failures, len(waits_s) - 1)]
            engine.failures += 1
            self._tell()
            await self._sleep(wait_s)

    def _tell(self) -> None:
        """Tell a change of state, and let `start` go on when it is settled."""
        state = self.state
        tried = all(one.was_tried.is_set() for one in self._engines)
        if state.speaking_with is not None or tried:
            self._settled.set()
        if state != self._told:
            self._told = state
            if self._on_fault is not None:
                self._on_fault(state)
