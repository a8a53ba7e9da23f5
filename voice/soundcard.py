"""A real sound card, through PyAudio."""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyaudio

from voice import portaudio
from voice.audio import BLOCK_S, BLOCK_SAMPLES, RATE_HZ, AudioError, Samples
from voice.blocks import BlockStream
from voice.portaudio import Form

logger = logging.getLogger(__name__)

# Blocks mixed ahead of the card. Two bridge a pause of 40 ms in the event loop;
# a machine that once was slower gets a third. More would break the promise that
# a press is silent within 150 ms.
QUEUED_BLOCKS = 2
MOST_QUEUED_BLOCKS = 3

# While nobody talks, so many blocks go each way at once: being woken is most of what a
# device at rest does. The first sound after a rest is this much later.
RESTING_BLOCKS = 5

# A card that is there calls each 20 ms; one that is gone never does again.
STALL_S = 2.0
CHECK_EACH_S = 0.5

# A card fills its own buffer at once when it starts, faster than we mix; gaps in
# that silence mean nothing.
SETTLE_S = 0.3

# So much of the microphone is kept while the event loop is busy: 3 s.
MOST_HEARD_BLOCKS = 150


class SoundCard:
    """One microphone and one loudspeaker of this machine.

    PortAudio's threads call back each 20 ms; they only touch queues (`_Handover`).
    Opening and closing block, and hang where a sound server died, so they have a
    thread of their own, and the next one waits for the last.
    """

    def __init__(self, microphone: str = "", loudspeaker: str = "") -> None:
        """Name the devices by a part of their names; "" takes the default."""
        self.name = "sound card"
        self.output_latency_s = 0.0
        self.input_latency_s = 0.0
        self._microphone = microphone
        self._loudspeaker = loudspeaker
        self._streams: _Streams | None = None
        self._handover: _Handover | None = None
        self._is_resting = False
        self._work: asyncio.Future[_Streams | None] | None = None

    @property
    def gaps(self) -> int:
        """How often the loudspeaker had to wait for us since it was opened."""
        return 0 if self._handover is None else self._handover.gaps

    async def open(
        self,
        heard: Callable[[Samples], None],
        next_block: Callable[[], Samples],
        failed: Callable[[AudioError], None],
    ) -> None:
        """Start both streams (see `voice.audio.SoundDevice`).

        Raises:
            DeviceMissing: If a named device is not there, or none at all.
            AudioError: If a stream cannot be opened.
        """
        await self.close()
        handover = _Handover(asyncio.get_running_loop(), heard, next_block, failed)
        handover.rest(self._is_resting)
        self._handover = handover
        self._work = _in_thread(
            lambda: _open(self._microphone, self._loudspeaker, handover)
        )
        await self._finish_work()
        if self._streams is None:
            raise AudioError("the sound card was closed while it was opened")
        self.name = self._streams.name
        self.input_latency_s = self._streams.input_latency_s
        self.output_latency_s = self._streams.output_latency_s + QUEUED_BLOCKS * BLOCK_S
        handover.begin_watching()
        logger.info(
            "%s: %d ms in, %d ms out",
            self.name,
            1000 * self.input_latency_s,
            1000 * self.output_latency_s,
        )

    def rest(self, is_resting: bool) -> None:
        """Save the processor while nobody talks: sound may be late by 0.1 s."""
        self._is_resting = is_resting
        if self._handover is not None:
            self._handover.rest(is_resting)

    async def close(self) -> None:
        """Stop both streams; may be called twice."""
        if self._handover is not None:
            self._handover.end()
        try:
            await self._finish_work()
        except AudioError as error:
            logger.debug("an earlier opening failed: %s", error)
        streams, self._streams = self._streams, None
        if streams is not None:
            self._work = _in_thread(streams.close)
            await self._finish_work()

    async def _finish_work(self) -> None:
        """Wait for the thread; cancelled, the next call waits for it again."""
        if self._work is None:
            return
        work = self._work
        await asyncio.wait([work])
        if self._work is work:
            self._work = None
            self._streams = work.result()


@dataclass(frozen=True)
class _Streams:
    """Both streams, running."""

    audio: pyaudio.PyAudio
    streams: tuple[pyaudio.Stream, ...]
    name: str
    input_latency_s: float
    output_latency_s: float

    def close(self) -> None:
        """Blocks until PortAudio let go."""
        _close(self.audio, self.streams)


def _close(audio: pyaudio.PyAudio, streams: tuple[pyaudio.Stream, ...]) -> None:
    for stream in streams:
        try:
            stream.close()
        except OSError as error:
            logger.debug("a stream was closed already: %s", error)
    audio.terminate()


def _open(microphone: str, loudspeaker: str, handover: "_Handover") -> _Streams:
    """Open and start both streams; blocks."""
    audio = portaudio.start()
    streams: list[pyaudio.Stream] = []
    try:
        found = portaudio.devices(audio)
        source = portaudio.choose(found, microphone, is_input=True)
        sink = portaudio.choose(found, loudspeaker, is_input=False)
        heard, form = portaudio.open_stream(
            audio, source, handover.on_heard, is_input=True
        )
        streams.append(heard)
        handover.from_card = _FromCard(form)
        played, form = portaudio.open_stream(
            audio, sink, handover.on_wanted, is_input=False
        )
        streams.append(played)
        handover.begin_playing(form)
        for stream in streams:
            stream.start_stream()
    except OSError as error:
        _close(audio, tuple(streams))
        raise AudioError(f"the sound card does not start: {error}") from error
    except BaseException:
        _close(audio, tuple(streams))
        raise
    return _Streams(
        audio,
        tuple(streams),
        f"{source.name} / {sink.name}",
        heard.get_input_latency(),
        played.get_output_latency(),
    )


def _in_thread(
    work: "Callable[[], _Streams | None]",
) -> "asyncio.Future[_Streams | None]":
    """Run in a thread that does not keep the process alive when it hangs."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_Streams | None] = loop.create_future()

    def tell(result: _Streams | None, error: BaseException | None) -> None:
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

    def run() -> None:
        result, problem = None, None
        try:
            result = work()
        except BaseException as error:
            problem = error
        try:
            loop.call_soon_threadsafe(tell, result, problem)
        except RuntimeError:
            logger.debug("the sound card was ready after everybody left")

    threading.Thread(target=run, name="sound card", daemon=True).start()
    return future


class _FromCard:
    """Turns what a card gives into blocks of ours."""

    def __init__(self, form: Form) -> None:
        self._channels = form.channels
        self._stream = BlockStream(form.rate_hz, RATE_HZ, BLOCK_SAMPLES)

    def __call__(self, data: bytes) -> list[Samples]:
        samples = np.frombuffer(data, np.int16)
        if self._channels > 1:
            mean = samples.reshape(-1, self._channels).mean(axis=1)
            samples = mean.astype(np.int16)
        return self._stream(samples)


class _ToCard:
    """Turns blocks of ours into what a card takes at once."""

    def __init__(self, form: Form) -> None:
        self.bytes_at_once = form.frames * form.channels * 2
        self._channels = form.channels
        self._stream = BlockStream(RATE_HZ, form.rate_hz, form.frames)

    def __call__(self, block: Samples) -> list[bytes]:
        pieces = self._stream(block)
        if self._channels > 1:
            pieces = [np.repeat(piece, self._channels) for piece in pieces]
        return [piece.tobytes() for piece in pieces]


class _Handover:
    """The one place where PortAudio's threads and the event loop meet.

    The threads append to and take from queues that lock themselves, and wake
    the loop; all else happens in `_serve`, on the loop.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        heard: Callable[[Samples], None],
        next_block: Callable[[], Samples],
        failed: Callable[[AudioError], None],
    ) -> None:
        self.gaps = 0
        self._queued_blocks = QUEUED_BLOCKS
        self.from_card = _FromCard(Form(RATE_HZ, 1))
        self.to_card = _ToCard(Form(RATE_HZ, 1))
        self._loop = loop
        self._heard = heard
        self._next_block = next_block
        self._failed = failed
        self._from_microphone: deque[bytes] = deque(maxlen=MOST_HEARD_BLOCKS)
        self._to_loudspeaker: deque[bytes] = deque()
        self._heard_at_s = self._wanted_at_s = time.monotonic()
        self._settled_at_s = float("inf")
        self._is_resting = False
        self._is_woken = False
        self._is_sounding = False
        self._has_ended = False
        self._timer: asyncio.TimerHandle | None = None

    def begin_playing(self, form: Form) -> None:
        """Fill the queue before the loudspeaker's stream starts."""
        self.to_card = _ToCard(form)
        silence = bytes(self.to_card.bytes_at_once)
        self._to_loudspeaker.extend([silence] * QUEUED_BLOCKS)

    # In PortAudio's threads

    def on_heard(
        self, data: bytes | None, _count: int, _time: object, _status: int
    ) -> tuple[bytes | None, int]:
        """PyAudio's callback of the microphone."""
        self._heard_at_s = time.monotonic()
        if data:
            self._from_microphone.append(data)
        # At rest the loudspeaker does, unless it is stuck.
        if not self._is_resting or len(self._from_microphone) > 2 * RESTING_BLOCKS:
            self._wake()
        return None, pyaudio.paContinue

    def on_wanted(
        self, _data: bytes | None, _count: int, _time: object, _status: int
    ) -> tuple[bytes | None, int]:
        """PyAudio's callback of the loudspeaker."""
        self._wanted_at_s = time.monotonic()
        try:
            data = self._to_loudspeaker.popleft()
        except IndexError:
            if self._wanted_at_s >= self._settled_at_s:
                self.gaps += 1
                self._queued_blocks = MOST_QUEUED_BLOCKS
            data = bytes(self.to_card.bytes_at_once)
        # In silence the microphone wakes the loop in time for both, but for a rest.
        least = 1 if self._is_resting else 0
        if self._is_sounding or len(self._to_loudspeaker) <= least:
            self._wake()
        return data, pyaudio.paContinue

    def _wake(self) -> None:
        if self._is_woken or self._has_ended:
            return
        self._is_woken = True
        try:
            self._loop.call_soon_threadsafe(self._serve)
        except RuntimeError:
            # The loop is gone; the streams are about to be.
            self._has_ended = True

    # On the event loop

    def _serve(self) -> None:
        self._is_woken = False
        if self._has_ended:
            return
        # What comes meanwhile wakes the loop again: on a machine that is behind,
        # others get their turn in between.
        for _ in range(len(self._from_microphone)):
            for block in self.from_card(self._from_microphone.popleft()):
                self._heard(block)
        while len(self._to_loudspeaker) < self._wanted_blocks:
            block = self._next_block()
            self._is_sounding = bool(block.any())
            self._to_loudspeaker.extend(self.to_card(block))

    @property
    def _wanted_blocks(self) -> int:
        is_resting = self._is_resting and not self._is_sounding
        return RESTING_BLOCKS if is_resting else self._queued_blocks

    def rest(self, is_resting: bool) -> None:
        """Let the loop sleep for longer; what waits from a rest is not heard."""
        if self._is_resting and not is_resting:
            self._from_microphone.clear()
        self._is_resting = is_resting

    def begin_watching(self, settle_s: float = SETTLE_S) -> None:
        """From here on a card that is silent is broken."""
        # Opening may take longer than a stall.
        self._heard_at_s = self._wanted_at_s = time.monotonic()
        self._settled_at_s = self._wanted_at_s + settle_s
        self.watch()

    def watch(self) -> None:
        """Look now and then whether the card still calls."""
        now_s = time.monotonic()
        for what, at_s in (
            ("microphone", self._heard_at_s),
            ("loudspeaker", self._wanted_at_s),
        ):
            if now_s - at_s > STALL_S:
                self.end()
                self._failed(AudioError(f"the {what} gave no sign for {STALL_S} s"))
                return
        self._timer = self._loop.call_later(CHECK_EACH_S, self.watch)

    def end(self) -> None:
        """Touch nobody from here on."""
        self._has_ended = True
        if self._timer is not None:
            self._timer.cancel()
