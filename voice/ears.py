"""Hears one turn of a person through the audio path."""

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from voice.activity import Activity
from voice.audio import (
    BLOCK_S,
    HEARING_BLOCK_SAMPLES,
    HEARING_RATE_HZ,
    Samples,
)
from voice.blocks import SILENCE_DB, level_db
from voice.engines import Engines
from voice.hearing import Deaf, Expectation, Heard, Silence
from voice.interruption import Interruption, Moment
from voice.nearness import OTHERS_S, NearSpeech, others_db, part_beside_others
from voice.path import (
    PRE_ROLL_S,
    AudioPath,
    HalfDuplex,
    MicrophoneOff,
    NoMicrophone,
    NotInConversation,
)
from voice.recogniser import Hypothesis, Recogniser, RecogniserError, Session
from voice.segmenter import Segmenter
from voice.turns import Turn, Verdict

logger = logging.getLogger(__name__)

# Blocks come each 20 ms; the path itself tells of a card that stalls for 2 s.
BLOCK_WITHIN_S = 4.0

# Four times what Whisper takes on a Pi 4 (7 to 9 s): by then it hangs.
OPEN_WITHIN_S = 10.0
FEED_WITHIN_S = 15.0
FINISH_WITHIN_S = 35.0
CLOSE_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class _Spoken:
    """Who spoke over our own voice, by the numbers of blocks.

    Attributes:
        began_at: With which block.
        blocks: How many blocks of speech it was until that was noticed; 0 where
            our voice ended before one could be sure.
    """

    began_at: int
    blocks: int


class Ears:
    """Microphone, voice activity and recognisers, as `companion.ports.Ears`."""

    def __init__(
        self,
        path: AudioPath,
        activity_factory: Callable[[], Activity],
        recognisers: Sequence[Recogniser],
        *,
        is_interruptible: bool = True,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take the parts; nothing is loaded yet.

        Args:
            path: Where sound comes from; somebody else opens it and begins and
                ends the conversations.
            activity_factory: Makes a voice activity detector for each turn.
            recognisers: In order of preference.
            is_interruptible: Whether to listen for who speaks over our own voice.
            sleep: Wait for some seconds, before an engine is started again.
        """
        self._path = path
        self._make_activity = activity_factory
        self._engines = Engines(recognisers, sleep=sleep)
        self._hearing_callbacks: list[Callable[[bool], None]] = []
        self._is_interruptible = is_interruptible
        self._spoken: _Spoken | None = None
        self._others_db = SILENCE_DB

    @property
    def ready(self) -> tuple[str, ...]:
        """Names of the engines that can be used now, best first."""
        return tuple(recogniser.name for recogniser in self._engines.ready)

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong with each engine that cannot be used, by its name."""
        return self._engines.faults

    def on_hearing(self, callback: Callable[[bool], None]) -> Callable[[], None]:
        """Call back when speech begins (True) and pauses (False).

        Returns:
            How to stop that.
        """
        self._hearing_callbacks.append(callback)
        return lambda: self._hearing_callbacks.remove(callback)

    async def open(self) -> None:
        """Load the engines; returns when one is ready, or each was tried once."""
        await self._engines.open()

    async def close(self) -> None:
        """Stop the engines; may be called twice."""
        await self._engines.close()

    async def listen(self, expectation: Expectation) -> Heard | Silence | Deaf:
        """Hear one turn; cancelling closes the microphone at once.

        Who was speaking over our own voice is heard from the beginning. Nothing of
        the sound is left afterwards.

        Raises:
            voice.path.NotInConversation: If no conversation was begun, or it was
                ended meanwhile.
        """
        hearing = _Hearing(self._engines, expectation)
        turn = Turn(expectation)
        spoken, self._spoken = self._spoken, None
        since = None if spoken is None else spoken.began_at
        try:
            async with self._path.listen(since) as blocks:
                verdict = await _follow(
                    blocks,
                    hearing,
                    turn,
                    _KnownSpeech(self._make_activity(), spoken),
                    hears_itself=lambda: self._path.hears_itself,
                    tell_speaking=self._tell_hearing,
                )
            if verdict is Verdict.SILENCE:
                self._others_db = SILENCE_DB
                return Silence()
            sound = hearing.sound
            heard = await hearing.finish(turn)
            self._learn_others(turn, sound, heard)
            return heard
        except MicrophoneOff:
            return Deaf("microphone_off")
        except (NoMicrophone, TimeoutError):
            return Deaf("no_microphone")
        except _NoRecogniser:
            return Deaf("no_recogniser")
        finally:
            self._tell_hearing(False)
            await hearing.close()

    def _learn_others(self, turn: Turn, sound: Sequence[Samples], heard: Heard) -> None:
        """Learn how loud a television is, so that it does not interrupt us."""
        if turn.is_endless and not heard.text:
            # Nobody who answers talks on like that.
            self._others_db = max(map(level_db, sound))
            return
        now_db = others_db(sound)
        # A short turn may end before they are heard again.
        if now_db > SILENCE_DB or turn.silence_s >= OTHERS_S:
            self._others_db = now_db

    async def interrupted(self) -> None:
        """Return when somebody speaks over our own voice; the next turn begins there.

        Never returns where that cannot be heard: half duplex, no microphone, or not
        wanted.
        """
        self._spoken = None
        if self._is_interruptible:
            try:
                await self._overhear()
                return
            except (NotInConversation, MicrophoneOff, NoMicrophone, HalfDuplex) as why:
                logger.debug("who speaks over us is not heard: %s", why)
        await asyncio.Event().wait()

    async def _overhear(self) -> None:
        activity = self._make_activity()
        interruption = Interruption(self._others_db)
        try:
            async with self._path.overhear() as blocks:
                async for block in blocks:
                    activity(block.samples)
                    moment = Moment(
                        at=block.at,
                        raw_db=block.raw_db,
                        level_db=level_db(block.samples),
                        probability=activity.probability,
                        is_over_voice=block.is_over_voice,
                        learnt_s=block.learnt_s,
                    )
                    if interruption.judge(moment):
                        return
                    # Where blocks wait in a row, others get their turn in between.
                    await asyncio.sleep(0)
        finally:
            began_at = interruption.began_at
            if began_at is not None:
                self._spoken = _Spoken(began_at, interruption.blocks)

    def _tell_hearing(self, is_speaking: bool) -> None:
        for callback in tuple(self._hearing_callbacks):
            callback(is_speaking)


class _KnownSpeech:
    """Voice activity that knows already who began to speak over our own voice.

    Echo cancelling leaves pieces of what was spoken over us, which by themselves
    sound like no speech.
    """

    def __init__(self, activity: Activity, spoken: _Spoken | None) -> None:
        self._activity = activity
        self._at = 0
        self._begins_at = round(PRE_ROLL_S / BLOCK_S)
        self._ends_at = self._begins_at + (spoken.blocks if spoken else 0)

    @property
    def probability(self) -> float:
        """Of speech, 0 to 1."""
        return self._activity.probability

    def __call__(self, block: Samples) -> bool:
        """Whether somebody is speaking now."""
        is_speech = self._activity(block)
        self._at += 1
        return is_speech or self._begins_at < self._at <= self._ends_at


async def hear_blocks(
    blocks: AsyncIterator[Samples],
    expectation: Expectation,
    recogniser: Recogniser,
    is_speech: Activity,
) -> Heard | Silence:
    """Hear one turn in sound that comes from elsewhere, such as a file.

    May be faster than real time: the engine is waited for after each block, so that
    the turn ends where it would have ended with an engine that keeps up.

    Args:
        blocks: HEARING_BLOCK_SAMPLES at HEARING_RATE_HZ each; at least as much
            silence at their end as ends a turn.
        expectation: What may be said.
        recogniser: An engine that was started.
        is_speech: Decides for each block.

    Raises:
        RecogniserError: If the engine fails.
    """
    engine = _OneEngine(recogniser)
    hearing = _Hearing(engine, expectation)
    turn = Turn(expectation)
    try:
        verdict = await _follow(
            blocks, hearing, turn, is_speech, keep_up=hearing.catch_up
        )
        if verdict is Verdict.SILENCE:
            return Silence()
        return await hearing.finish(turn)
    except _NoRecogniser:
        raise RecogniserError(
            f"{recogniser.name} failed during this turn: {engine.error!r}"
        ) from engine.error
    finally:
        await hearing.close()


async def recorded_blocks(sound: Samples, patience_s: float) -> AsyncIterator[Samples]:
    """Recorded sound in blocks, then enough silence to end any turn.

    Args:
        sound: Samples at HEARING_RATE_HZ.
        patience_s: Longest silence that the turn waits for, in seconds.
    """
    blocks = math.ceil(sound.size / HEARING_BLOCK_SAMPLES)
    blocks += math.ceil((patience_s + 1.0) / BLOCK_S)
    whole = np.zeros(blocks * HEARING_BLOCK_SAMPLES, np.int16)
    whole[: sound.size] = sound
    for block in whole.reshape(blocks, HEARING_BLOCK_SAMPLES):
        yield block
        # Without a pause of its own it would keep all other tasks from going on.
        await asyncio.sleep(0)


async def _nothing() -> None:
    """Wait for nobody: real time goes on."""


async def _follow(
    blocks: AsyncIterator[Samples],
    hearing: "_Hearing",
    turn: Turn,
    is_speech: Activity,
    hears_itself: Callable[[], bool] = lambda: False,
    tell_speaking: Callable[[bool], None] = lambda is_speaking: None,
    keep_up: Callable[[], Awaitable[None]] = _nothing,
) -> Verdict:
    """Take blocks until the turn is over."""
    hearing.open()
    is_near_speech = NearSpeech(is_speech)
    segmenter = Segmenter()
    at_s = 0.0
    was_speaking = False
    while True:
        async with asyncio.timeout(BLOCK_WITHIN_S):
            block = await anext(blocks)
        at_s += BLOCK_S
        if hears_itself():
            segment = segmenter.skip()
        else:
            segment = segmenter.add(block, is_near_speech(block))
        hearing.feed(segment.to_recognise, is_speech=segment.is_speaking)
        await keep_up()
        if segment.is_speaking:
            hearing.last_speech_s = time.monotonic()
        if segment.is_speaking != was_speaking:
            was_speaking = segment.is_speaking
            tell_speaking(was_speaking)
        verdict = turn.judge(
            at_s, segment, hearing.words, is_up_to_date=hearing.is_up_to_date
        )
        if verdict is Verdict.GO_ON:
            continue
        if verdict is Verdict.OVER and turn.is_early:
            if not turn.confirm(await hearing.conclude()):
                hearing.resume()
                continue
        return verdict


class _HasEngines(Protocol):
    """Engines to choose from, best first."""

    @property
    def ready(self) -> tuple[Recogniser, ...]: ...

    def report_broken(self, recogniser: Recogniser, error: Exception) -> None: ...


class _OneEngine:
    """A single engine; when it breaks there is no other."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.ready: tuple[Recogniser, ...] = (recogniser,)
        self.error: Exception | None = None

    def report_broken(self, recogniser: Recogniser, error: Exception) -> None:
        self.ready = ()
        self.error = error


class _NoRecogniser(Exception):
    """No engine is left for this turn."""


class _Hearing:
    """One turn on its way through an engine, or the next one when it dies.

    A task feeds the engine, so that a slow one does not hold up the detection of
    speech. The speech of the turn is kept until the turn is over: the next
    engine begins with it.

    Attributes:
        words: So far; None where the engine does not stream.
        last_speech_s: Monotonic time of the last speech.
    """

    def __init__(self, engines: _HasEngines, expectation: Expectation) -> None:
        self.words: str | None = None
        self.last_speech_s = time.monotonic()
        self._engines = engines
        self._expectation = expectation
        self._pieces: list[Samples] = []
        self._fed = 0
        self._spoken = 0
        self._is_over = False
        self._news = asyncio.Event()
        self._caught_up = asyncio.Event()
        self._task: asyncio.Task[tuple[str, Hypothesis]] | None = None

    @property
    def is_up_to_date(self) -> bool:
        """Whether the engine has taken all speech so far, if not the silence since.

        A block of silence that it works on says nothing new.
        """
        return self._fed >= self._spoken

    @property
    def _has_taken_all(self) -> bool:
        return self._fed == len(self._pieces)

    @property
    def sound(self) -> tuple[Samples, ...]:
        """The speech of the turn so far, in blocks."""
        return tuple(self._pieces)

    def open(self) -> None:
        """Begin with the best engine.

        Raises:
            _NoRecogniser: If there is none.
        """
        if not self._engines.ready:
            raise _NoRecogniser
        self._task = asyncio.create_task(self._recognise(), name="recognition")

    def feed(self, pieces: Sequence[Samples], *, is_speech: bool) -> None:
        """Hand on speech, or silence after it.

        Raises:
            _NoRecogniser: If every engine died in this turn.
        """
        if self._task is not None and self._task.done():
            self._task.result()
        if pieces:
            self._pieces.extend(pieces)
            if is_speech:
                self._spoken = len(self._pieces)
            self._caught_up.clear()
            self._news.set()

    async def catch_up(self) -> None:
        """Wait until the engine has taken all speech so far, or has failed."""
        if not self._has_taken_all:
            await self._caught_up.wait()

    async def conclude(self) -> str:
        """Take what was said for all; returns the final words.

        Raises:
            _NoRecogniser: If every engine died in this turn.
        """
        assert self._task is not None, "open first"
        self._is_over = True
        self._news.set()
        _, hypothesis = await self._task
        return hypothesis.text

    def resume(self) -> None:
        """It was not all: go on, with what was said so far heard once more."""
        self._is_over = False
        self.open()

    async def finish(self, turn: Turn) -> Heard:
        """The turn is over: what was it?

        Raises:
            _NoRecogniser: If every engine died in this turn.
        """
        assert self._task is not None, "open first"
        self._is_over = True
        self._news.set()
        samples = sum(piece.size for piece in self._pieces)
        engine, hypothesis = await self._task
        cpu_s = hypothesis.cpu_s
        # A cry for help counts from wherever it came.
        open_text = hypothesis.open_text
        is_clear = hypothesis.text and self._expectation.phrases
        if not is_clear and self._leave_out_others():
            self._task = asyncio.create_task(self._recognise(), name="recognition")
            engine, hypothesis = await self._task
            cpu_s += hypothesis.cpu_s
        return Heard(
            text=hypothesis.text,
            confidence=hypothesis.confidence,
            open_text=open_text,
            engine=engine,
            audio_s=samples / HEARING_RATE_HZ,
            cpu_s=cpu_s,
            end_of_turn_s=time.monotonic() - self.last_speech_s,
            silence_s=turn.silence_s,
            pauses_s=turn.pauses_s,
            is_endless=turn.is_endless,
        )

    def _leave_out_others(self) -> bool:
        """Keep what was spoken near; False if that is all, or too little to matter."""
        near = part_beside_others(self._pieces)
        if near is None:
            return False
        self._pieces = self._pieces[near]
        return True

    async def close(self) -> None:
        """Give the turn up and forget its sound; may be called twice."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            # Takes its result too: what it came to no longer matters.
            await asyncio.gather(task, return_exceptions=True)
        self._pieces.clear()

    async def _recognise(self) -> tuple[str, Hypothesis]:
        try:
            return await self._recognise_with_any()
        finally:
            self._caught_up.set()

    async def _recognise_with_any(self) -> tuple[str, Hypothesis]:
        tried: list[Recogniser] = []
        while True:
            untried = [r for r in self._engines.ready if r not in tried]
            if not untried:
                raise _NoRecogniser
            engine = untried[0]
            tried.append(engine)
            try:
                return engine.name, await self._recognise_with(engine)
            except (RecogniserError, TimeoutError) as error:
                self._engines.report_broken(engine, error)
            except Exception as error:
                logger.exception("recogniser %s broke", engine.name)
                self._engines.report_broken(engine, error)

    async def _recognise_with(self, engine: Recogniser) -> Hypothesis:
        self.words = "" if engine.is_streaming else None
        self._fed = 0
        self._caught_up.clear()
        async with asyncio.timeout(OPEN_WITHIN_S):
            session = await engine.open(self._expectation)
        try:
            while not (self._is_over and self._has_taken_all):
                count = len(self._pieces)
                if count == self._fed:
                    self._news.clear()
                    await self._news.wait()
                    continue
                samples = np.concatenate(self._pieces[self._fed : count])
                async with asyncio.timeout(FEED_WITHIN_S):
                    words = await session.feed(samples)
                if engine.is_streaming:
                    self.words = words
                self._fed = count
                if self._has_taken_all:
                    self._caught_up.set()
            async with asyncio.timeout(FINISH_WITHIN_S):
                return await session.finish()
        finally:
            await self._close_session(engine, session)

    async def _close_session(self, engine: Recogniser, session: Session) -> None:
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await session.close()
        except Exception:
            logger.exception("a session of recogniser %s did not close", engine.name)
