"""The one audio path: everything played and everything heard passes here."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from voice.audio import (
    BLOCK_S,
    HEARING_BLOCK_SAMPLES,
    HEARING_RATE_HZ,
    RATE_HZ,
    AudioError,
    DeviceMissing,
    Samples,
    SoundDevice,
    SoundLine,
)
from voice.blocks import SILENCE_DB, BlockStream, level_db
from voice.echo import Cancelling, EchoCanceller
from voice.line import Line
from voice.listening import HeardSound, Overheard
from voice.mixing import USUAL_LATENCY_S, Mixer

logger = logging.getLogger(__name__)

# Whose first sound is noticed is heard from the first syllable: 0.4 s is a syllable
# and a half before it, and no earlier talk.
PRE_ROLL_S = 0.4

# What is kept of a conversation, so that who spoke over us is heard from the first
# syllable: half a second until it is noticed, as long until we are silent and
# listen, and a pre-roll; twice that for a busy machine, which may also take as long
# from the end of a question to listening.
KEPT_S = 3.0

# Where more of our voice may remain, nothing is learnt that makes loud pieces in it
# evidence of a person.
LEARNT_AT_MOST_S = 1.0

# A living room answers this long after a word, 30 dB down.
ROOM_ECHO_S = 0.1

# The microphone's blocks may come this much before the loudspeaker's; more, and our
# machine is too busy to give it any.
JITTER_S = 0.06

BACK_OFF_S = (0.5, 1.0, 2.0, 5.0)
"""Waits before a broken device is opened again; the last one for ever."""

OPEN_WITHIN_S = 15.0
CLOSE_WITHIN_S = 5.0

# Where our own voice is not taken out, who calls must not hear themselves: while they
# sound, what is heard goes out 24 dB softer.
DUCKING = 16

# A play may last this much longer than its sound before it is given up.
PLAY_GRACE_S = 3.0


class NoMicrophone(AudioError):
    """The sound device is away or broken, so nothing can be heard."""


class MicrophoneOff(AudioError):
    """The person switched the microphone off."""


class NotInConversation(AudioError, RuntimeError):
    """Somebody wants to listen outside a conversation."""


class HalfDuplex(AudioError):
    """Nobody can be heard over our own voice, which is not taken out."""


class PathClosed(AudioError, RuntimeError):
    """The audio path is used before it was opened or after it was closed."""


@dataclass(frozen=True, slots=True)
class SoundState:
    """Whether the sound device works.

    Attributes:
        is_working: Both streams run.
        reason: "" while working; otherwise "closed", "device_missing" or
            "device_failed".
        detail: For the technician: what the device said.
    """

    is_working: bool
    reason: str = ""
    detail: str = ""


@runtime_checkable
class KnowsLatency(Protocol):
    """A sound device that can tell how long sound is under way."""

    output_latency_s: float
    """From `next_block` to the air, in seconds."""

    input_latency_s: float
    """From the air to `heard`, in seconds."""


@runtime_checkable
class CanFlush(Protocol):
    """A sound device that holds sound for longer than a stop may take."""

    def flush(self) -> None:
        """Throw away what was taken but not heard yet."""


@runtime_checkable
class CanRest(Protocol):
    """A sound device that saves the processor while nobody talks."""

    def rest(self, is_resting: bool) -> None:
        """Let sound be somewhat later, or in time again."""


@runtime_checkable
class KnowsGaps(Protocol):
    """A sound device that can tell that its sound was torn."""

    @property
    def gaps(self) -> int:
        """How often the loudspeaker had nothing to play since it was opened."""


class AudioPath:
    """One microphone and one loudspeaker, shared by all who hear and speak.

    Outside a conversation no sound goes anywhere: only its level is kept. A call's
    line hears and plays as well, and no recogniser gets anything of that.

    Attributes:
        blocks_dropped: Blocks that listeners were too slow for.
    """

    def __init__(
        self,
        device: SoundDevice,
        *,
        cancel_echo: EchoCanceller | None = None,
        back_off_s: Sequence[float] = BACK_OFF_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take a device; nothing is opened yet.

        Args:
            device: Where sound comes from and goes to.
            cancel_echo: Takes what is played out of what is heard; None, or one
                that breaks, makes it half duplex.
            back_off_s: Waits before a broken device is opened again.
            sleep: Wait for some seconds.
        """
        self.blocks_dropped = 0
        self._device = device
        self._echo = Cancelling(cancel_echo)
        self._back_off_s = tuple(back_off_s)
        self._sleep = sleep
        self._mixer = Mixer()
        self._input_latency_s = USUAL_LATENCY_S
        self._state = SoundState(False, "closed")
        self._state_callbacks: list[Callable[[SoundState], None]] = []
        self._sound = HeardSound(KEPT_S, PRE_ROLL_S)
        self._learnt_blocks = 0
        self._gaps = 0
        self._heard_since_played = 0
        self._is_in_conversation = False
        self._lines: list[Line] = []
        self._microphone_is_on = True
        self._to_hearing_rate = _to_hearing_rate()
        self._heard_level_db = SILENCE_DB
        self._supervisor: asyncio.Task[None] | None = None

    # Opening, health

    @property
    def device_name(self) -> str:
        """What the device calls itself."""
        return self._device.name

    @property
    def state(self) -> SoundState:
        """Whether the device works; it is opened again for ever."""
        return self._state

    def on_state(self, callback: Callable[[SoundState], None]) -> Callable[[], None]:
        """Call back at each change of state; returns how to stop that."""
        self._state_callbacks.append(callback)
        return lambda: self._state_callbacks.remove(callback)

    async def open(self) -> None:
        """Start the device, and keep it going from here on.

        Returns after the first attempt; whether it worked is in `state`, since
        a device without sound must still answer a press.
        """
        if self._supervisor is not None:
            return
        self._rest(not self._is_used)
        # Loads a library the first time, so not on the loop.
        await asyncio.to_thread(self._echo.restart)
        if self._supervisor is not None:
            return
        tried = asyncio.Event()
        self._supervisor = asyncio.create_task(self._keep_open(tried), name="sound")
        await tried.wait()

    async def close(self) -> None:
        """Stop the device; plays end, listeners fail. May be called twice."""
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is None:
            return
        supervisor.cancel()
        await asyncio.wait([supervisor])
        self._change_state(SoundState(False, "closed"))
        self.end_conversation()
        for line in self._lines:
            line.close()
        self._mixer.finish_all()

    async def _keep_open(self, tried: asyncio.Event) -> None:
        """Open the device, and again whenever it fails."""
        loop = asyncio.get_running_loop()
        attempt = 0
        while True:
            broke: asyncio.Future[AudioError] = loop.create_future()
            pretending = asyncio.create_task(self._pretend(), name="sound pretended")
            try:
                failure = await self._try_to_open(broke)
                if failure is None:
                    await _cancel(pretending)
                    self._change_state(SoundState(True))
                    tried.set()
                    opened_s = loop.time()
                    failure = await broke
                    if loop.time() - opened_s > self._back_off_s[-1]:
                        attempt = 0
                    pretending = asyncio.create_task(self._pretend())
                self._tell_fault(failure)
                await self._close_device()
                tried.set()
                await self._sleep(self._back_off_s[attempt])
                attempt = min(attempt + 1, len(self._back_off_s) - 1)
            finally:
                await _cancel(pretending)
                await self._close_device()

    async def _try_to_open(
        self, broke: "asyncio.Future[AudioError]"
    ) -> AudioError | None:
        def fail(error: AudioError) -> None:
            if not broke.done():
                broke.set_result(error)

        self._to_hearing_rate = _to_hearing_rate()
        self._learn_anew()
        try:
            async with asyncio.timeout(OPEN_WITHIN_S):
                await self._device.open(self._take_heard, self._take_next, fail)
        except AudioError as error:
            return error
        except TimeoutError:
            return AudioError(f"{self.device_name} did not open in {OPEN_WITHIN_S} s")
        except Exception as error:
            logger.exception("sound device broke while it was opened")
            return AudioError(f"{self.device_name} broke: {type(error).__name__}")
        if isinstance(self._device, KnowsLatency):
            self._mixer.latency_s = self._device.output_latency_s
            self._input_latency_s = self._device.input_latency_s
        return None

    async def _close_device(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._device.close()
        except Exception:
            logger.exception("sound device did not close")

    async def _pretend(self) -> None:
        """Take blocks as a working device would, so that nobody waits for ever."""
        while True:
            await self._sleep(BLOCK_S)
            self._mixer.next_block()
            for line in self._lines:
                line.put_heard(None)

    def _tell_fault(self, error: AudioError) -> None:
        missing = isinstance(error, DeviceMissing)
        reason = "device_missing" if missing else "device_failed"
        self._change_state(SoundState(False, reason, str(error)))

    def _change_state(self, state: SoundState) -> None:
        if state == self._state:
            return
        self._state = state
        if state.is_working:
            logger.info("sound works: %s", self.device_name)
        elif state.reason != "closed":
            logger.warning("no sound (%s): %s", state.reason, state.detail)
        if not state.is_working:
            self._heard_level_db = SILENCE_DB
            self._sound.forget()
            self._sound.fail(NoMicrophone(f"no sound device: {state.reason}"))
        self._tell_lines()
        for callback in tuple(self._state_callbacks):
            try:
                callback(state)
            except Exception:
                # Whoever shows the fault must not stop the sound's recovery.
                logger.exception("a callback for the state of the sound broke")

    # Playing

    @property
    def gain_db(self) -> float:
        """Volume of everything played, in dB; changes what is playing too."""
        return self._mixer.gain_db

    @gain_db.setter
    def gain_db(self, gain_db: float) -> None:
        self._mixer.gain_db = gain_db

    def follow_volume(self, gain_db: Callable[[], float]) -> None:
        """Let calls be as loud as our own voice, whose volume is set elsewhere.

        Args:
            gain_db: Volume of calls, in dB; asked at each block.
        """
        self._mixer.stream_gain_db = gain_db

    async def play(self, samples: Samples, gain_db: float = 0.0) -> None:
        """Play a sound over whatever else plays; silent again when cancelled.

        Returns when its last sample left the loudspeaker, or when as much time
        has passed where there is no working device.

        Args:
            samples: Mono at RATE_HZ.
            gain_db: Added to the volume, in dB.

        Raises:
            PathClosed: If the path is not open.
        """
        if self._supervisor is None:
            raise PathClosed("open the audio path before playing")
        if samples.size == 0:
            return
        longest_s = samples.size / RATE_HZ + self._mixer.latency_s + PLAY_GRACE_S
        sound = self._mixer.add(samples, gain_db)
        try:
            async with asyncio.timeout(longest_s):
                await sound.done
        except TimeoutError:
            logger.warning("%s takes no sound; a play was given up", self.device_name)
        except asyncio.CancelledError:
            self._flush()
            raise
        finally:
            sound.is_fading = True

    def stop_playing(self) -> None:
        """Fade everything out within 5 ms of the next block; plays return."""
        self._mixer.fade_all()
        self._flush()

    def _flush(self) -> None:
        """Silence what the device took but did not play yet."""
        if isinstance(self._device, CanFlush):
            self._device.flush()

    def _take_next(self) -> Samples:
        self._heard_since_played = 0
        block = self._mixer.next_block()
        if self._takes_sound:
            self._echo.played(block)
        return block

    # Hearing

    @property
    def heard_level_db(self) -> float:
        """Level of the last block heard, in dB below full scale."""
        return self._heard_level_db

    @property
    def hears_itself(self) -> bool:
        """Whether what is heard now may be our own voice."""
        return not self._echo.works and self._is_over_voice

    @property
    def cancels_echo(self) -> bool:
        """Whether our own voice is taken out; half duplex otherwise."""
        return self._echo.works

    @property
    def echo_fault(self) -> str:
        """Why it is not taken out, for the technician; "" where nobody wants it."""
        return self._echo.fault

    @property
    def microphone_is_on(self) -> bool:
        """The software state of the microphone."""
        return self._microphone_is_on

    @property
    def is_in_conversation(self) -> bool:
        """Whether somebody may listen."""
        return self._is_in_conversation

    def begin_conversation(self) -> None:
        """From here on one may listen, and what is heard is kept for KEPT_S."""
        if not self._is_in_conversation:
            self._begin_use()
            self._is_in_conversation = True

    def end_conversation(self) -> None:
        """Forget what was heard; whoever still listens fails."""
        self._is_in_conversation = False
        self._rest(not self._is_used)
        self._forget()
        self._sound.fail(NotInConversation("the conversation is over"))

    @property
    def _is_used(self) -> bool:
        """Whether anybody hears, in a conversation or in a call."""
        return self._is_in_conversation or bool(self._lines)

    def _begin_use(self) -> None:
        if not self._is_used:
            self._learn_anew()
            self._rest(False)

    def _rest(self, is_resting: bool) -> None:
        if isinstance(self._device, CanRest):
            self._device.rest(is_resting)

    def set_microphone(self, is_on: bool) -> None:
        """Switch the microphone; off forgets what was heard at once."""
        if is_on and not self._microphone_is_on:
            self._learn_anew()
        self._microphone_is_on = is_on
        if not is_on:
            self._forget()
            self._heard_level_db = SILENCE_DB
            self._sound.fail(MicrophoneOff("the microphone was switched off"))
        self._tell_lines()

    @asynccontextmanager
    async def open_line(self) -> AsyncIterator[SoundLine]:
        """A line for a call: one more that plays, and one more that hears.

        It goes on, silent, while the microphone is off or the device is away.

        Raises:
            PathClosed: If the path is not open.
        """
        if self._supervisor is None:
            raise PathClosed("open the audio path before a line")
        line = Line(microphone_is_on=self._microphone_is_on and self._state.is_working)
        self._begin_use()
        self._lines.append(line)
        self._mixer.begin(line.stream)
        try:
            yield line
        finally:
            line.close()
            self._mixer.end(line.stream)
            self._lines = [one for one in self._lines if one is not line]
            self._rest(not self._is_used)
            self._flush()
            logger.info(
                "a call's sound had %d holes; %d blocks too many, %d not sent",
                line.stream.holes,
                line.stream.dropped,
                line.lost_blocks,
            )

    def _tell_lines(self) -> None:
        is_on = self._microphone_is_on and self._state.is_working
        for line in tuple(self._lines):
            line.tell_microphone(is_on)

    @asynccontextmanager
    async def listen(
        self, since: int | None = None
    ) -> AsyncIterator[AsyncIterator[Samples]]:
        """Hear blocks of HEARING_BLOCK_SAMPLES at HEARING_RATE_HZ.

        They begin with what was heard since our own voice was last in it or since
        somebody listened, up to KEPT_S: who answers at once is not missed by a
        machine that is busy. A listener that is too slow loses the oldest.

        Args:
            since: The number of the block with which somebody began to speak over
                us (see `Overheard.at`): what was heard before begins PRE_ROLL_S
                before that, and our own voice was taken out of it.

        Raises:
            NotInConversation: If no conversation was begun, or it ended.
            MicrophoneOff: If the microphone is off, or goes off.
            NoMicrophone: If the device does not work, or breaks.
        """
        self._check_hearing()
        listener = self._sound.begin_listening(since)
        try:
            yield listener
        finally:
            self._sound.leave(listener)
            self.blocks_dropped += listener.dropped
            if listener.dropped:
                logger.warning("a listener was %d blocks too slow", listener.dropped)

    @asynccontextmanager
    async def overhear(self) -> AsyncIterator[AsyncIterator[Overheard]]:
        """Hear who speaks over us; takes nothing from who listens afterwards.

        Raises:
            NotInConversation: If no conversation was begun, or it ended.
            MicrophoneOff: If the microphone is off, or goes off.
            NoMicrophone: If the device does not work, or breaks.
            HalfDuplex: If our own voice is not taken out, or no longer.
        """
        self._check_hearing()
        if not self._echo.works:
            raise HalfDuplex("our own voice is not taken out of what is heard")
        overhearer = self._sound.begin_overhearing()
        try:
            yield overhearer
        finally:
            self._sound.leave(overhearer)

    def _check_hearing(self) -> None:
        if not self._is_in_conversation:
            raise NotInConversation("begin a conversation before listening")
        if not self._microphone_is_on:
            raise MicrophoneOff("the microphone is off")
        if not self._state.is_working:
            raise NoMicrophone(f"no sound device: {self._state.reason}")

    @property
    def _takes_sound(self) -> bool:
        """While nobody hears no sound goes anywhere, not even ours."""
        return self._is_used and self._microphone_is_on

    @property
    def _is_over_voice(self) -> bool:
        tail_s = self._input_latency_s + ROOM_ECHO_S
        # Who got nothing more to play was silent meanwhile, and a person may speak.
        late_s = self._heard_since_played * BLOCK_S - JITTER_S
        return self._mixer.is_audible(tail_s - max(0.0, late_s))

    def _take_heard(self, block: Samples) -> None:
        self._heard_since_played += 1
        if not self._microphone_is_on:
            for line in self._lines:
                line.put_heard(None)
            return
        self._heard_level_db = raw_db = level_db(block)
        if not self._is_used:
            return
        remaining = self._cancel_echo(block)
        is_over_voice = self._is_over_voice
        learnt_s = self._learn(is_over_voice)
        if self._lines:
            is_echo = is_over_voice and not self._echo.works
            for line in self._lines:
                line.put_heard(remaining // DUCKING if is_echo else remaining)
        if not self._is_in_conversation:
            return
        for piece in self._to_hearing_rate(remaining):
            at = self._sound.next_at
            self._sound.add(Overheard(piece, at, raw_db, is_over_voice, learnt_s))

    def _cancel_echo(self, block: Samples) -> Samples:
        did_work = self._echo.works
        remaining = self._echo.heard(block)
        if did_work and not self._echo.works:
            self._sound.fail_overhearers(HalfDuplex("the echo canceller broke"))
        return remaining

    def _learn(self, is_over_voice: bool) -> float:
        """How long the canceller has learnt from our voice, in seconds."""
        gaps = self._device.gaps if isinstance(self._device, KnowsGaps) else 0
        if gaps != self._gaps:
            # From here on the echo is later than it was.
            self._gaps, self._learnt_blocks = gaps, 0
        self._learnt_blocks += is_over_voice
        learnt_s = self._learnt_blocks * BLOCK_S
        return (
            min(learnt_s, LEARNT_AT_MOST_S) if self._echo.leaves_our_voice else learnt_s
        )

    def _learn_anew(self) -> None:
        """The canceller stood still, or is about to hear another device."""
        self._echo.restart()
        self._learnt_blocks = 0

    def _forget(self) -> None:
        self._sound.forget()
        self._to_hearing_rate = _to_hearing_rate()


def _to_hearing_rate() -> BlockStream:
    return BlockStream(RATE_HZ, HEARING_RATE_HZ, HEARING_BLOCK_SAMPLES)


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])
