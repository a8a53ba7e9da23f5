"""The microphone and loudspeaker of the laptop, lent by the page."""

import asyncio
import logging
import time
from collections.abc import Callable

import numpy as np

from companion.simulator.tabs import Tabs
from voice.audio import BLOCK_S, BLOCK_SAMPLES, AudioError, Samples

logger = logging.getLogger(__name__)

# A tab whose microphone says nothing for this long is frozen or has none; a busy
# laptop delivers its blocks in bursts of at most 100 ms.
MICROPHONE_PATIENCE_S = 0.2

# Behind by more than this, the process slept (laptop closed): blocks of then are
# not worth playing now.
MOST_BEHIND_S = 0.2

SILENCE: Samples = np.zeros(BLOCK_SAMPLES, dtype=np.int16)


class Pacer:
    """Says how many blocks are due, so that none is lost or doubled (pure).

    A sleep of 20 ms always lasts a little longer; counting from the start keeps
    the long run exact.
    """

    def __init__(self, now_s: float) -> None:
        self._next_s = now_s + BLOCK_S

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next block is due; 0 when it is."""
        return max(0.0, self._next_s - now_s)

    def take_due(self, now_s: float) -> int:
        """How many blocks are due since last asked."""
        if now_s - self._next_s > MOST_BEHIND_S:
            self._next_s = now_s
        count = 0
        while self._next_s <= now_s:
            self._next_s += BLOCK_S
            count += 1
        return count


class BrowserSound:
    """A `voice.audio.SoundDevice` whose sound card is a browser tab.

    It is always there: tabs come and go, time goes on. Without a tab that lends
    its sound, what is played is lost, as with a loudspeaker that is unplugged.
    While no microphone block comes, silence takes its place at the same pace, so
    that whoever listens hears its time pass; `has_microphone` tells the truth.
    It never fails once opened.
    """

    name = "browser"

    # From the last block given until Chromium's output is silent: 136 to 144 ms,
    # of which 60 ms is the page's buffer against jitter.
    output_latency_s = 0.140

    # Not measured: the browser's capture buffer, a block, and the way here.
    input_latency_s = 0.060

    def __init__(self, tabs: Tabs, now_s: Callable[[], float] = time.monotonic) -> None:
        self._tabs = tabs
        self._now_s = now_s
        self._task: asyncio.Task[None] | None = None
        self._heard: Callable[[Samples], None] | None = None
        self._heard_at_s = float("-inf")

    @property
    def has_microphone(self) -> bool:
        """Whether a tab lends its microphone now.

        False before somebody pressed the page's start button, when the browser
        refused the microphone, and after the tab closed. The microphone switch
        is another matter: that is the panel's.
        """
        return self._tabs.microphone_is_lent

    async def open(
        self,
        heard: Callable[[Samples], None],
        next_block: Callable[[], Samples],
        failed: Callable[[AudioError], None],
    ) -> None:
        """Start the clock of both streams; needs no open tab.

        Args:
            heard: As in SoundDevice.
            next_block: As in SoundDevice; called each 20 ms, tab or no tab.
            failed: Called when `next_block` or `heard` raises: this device has
                no other way to break.

        Raises:
            AudioError: If it is open already.
        """
        if self._task is not None:
            raise AudioError("the browser's sound is open already; close it first")
        self._heard = heard
        self._tabs.use_sound(self._hear)
        self._task = asyncio.create_task(
            self._run(heard, next_block, failed), name="browser sound"
        )

    async def close(self) -> None:
        """Stop both streams; may be called twice."""
        task, self._task = self._task, None
        self._heard = None
        self._tabs.flush()
        self._tabs.leave_sound()
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def flush(self) -> None:
        """Throw away what was taken but not heard yet, about 80 ms."""
        self._tabs.flush()

    def _hear(self, block: Samples) -> None:
        if self._heard is not None:
            self._heard_at_s = self._now_s()
            self._heard(block)

    async def _run(
        self,
        heard: Callable[[Samples], None],
        next_block: Callable[[], Samples],
        failed: Callable[[AudioError], None],
    ) -> None:
        pacer = Pacer(self._now_s())
        try:
            while True:
                await asyncio.sleep(pacer.wait_s(self._now_s()))
                now_s = self._now_s()
                is_deaf = now_s - self._heard_at_s > MICROPHONE_PATIENCE_S
                for _ in range(pacer.take_due(now_s)):
                    self._tabs.play(next_block())
                    if is_deaf:
                        heard(SILENCE.copy())
        except Exception as error:
            # The outer edge of this stream: whoever feeds it broke, and the owner
            # is told so that it can start again.
            logger.exception("the browser's sound stopped")
            failed(AudioError(f"the browser's sound stopped: {error!r}"))
