"""A thread that owns an engine, so that its long calls stall nobody."""

import asyncio
import functools
import logging
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from voice.recogniser import RecogniserError

logger = logging.getLogger(__name__)

T = TypeVar("T")

# A session never has more than a few calls under way; more means that the
# engine cannot keep up and nobody noticed.
_MOST_JOBS = 16

# A thread that is idle ends at once; one that hangs in the engine's C++ code
# cannot be ended, and must not delay the stop of the whole device (2 s).
_JOIN_S = 1.0


class EngineThread:
    """Runs calls one after the other in a thread of its own.

    A call whose caller was cancelled before its turn came is not made at all. One
    that does not come back in time makes the thread broken: it is left
    behind (as a daemon, so the process can still stop) and every later call
    fails until a new EngineThread takes over.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: queue.Queue[Callable[[], None] | None] = queue.Queue(_MOST_JOBS)
        self._is_broken = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether calls can be expected to return."""
        return self._thread.is_alive() and not self._is_broken

    async def run(self, function: Callable[[], T], timeout_s: float) -> T:
        """Call `function` in the thread and wait for its value.

        Raises:
            RecogniserError: If the thread is dead or behind, the call fails, or
                takes longer than `timeout_s` seconds.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def succeed(value: T) -> None:
            if not done.done():
                done.set_result(value)

        def fail(error: RecogniserError) -> None:
            if not done.done():
                done.set_exception(error)

        def job() -> None:
            if done.done():
                # Whoever asked gave up while this waited for its turn.
                return
            try:
                value = function()
            except RecogniserError as error:
                _hand_over(loop, functools.partial(fail, error))
            except Exception as error:
                # No more than its kind: its message may quote what was heard.
                kind = type(error).__name__
                wrapped = RecogniserError(f"{self._name} failed with {kind}")
                wrapped.__cause__ = error
                _hand_over(loop, functools.partial(fail, wrapped))
            else:
                _hand_over(loop, functools.partial(succeed, value))

        self._put(job)
        try:
            # Not `asyncio.wait_for`: until Python 3.12 that loses a cancel that comes
            # in the moment of the answer, and the caller goes on for ever.
            async with asyncio.timeout(timeout_s):
                return await done
        except TimeoutError:
            self._is_broken = True
            raise RecogniserError(
                f"{self._name} did not answer within {timeout_s:g} s"
            ) from None

    def _put(self, job: Callable[[], None] | None) -> None:
        if not self.is_alive:
            raise RecogniserError(f"{self._name} is not running")
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            self._is_broken = True
            raise RecogniserError(f"{self._name} is too far behind") from None

    async def close(self) -> None:
        """End the thread; may be called twice."""
        if not self._thread.is_alive():
            return
        try:
            self._jobs.put_nowait(None)
        except queue.Full:
            self._is_broken = True
        await asyncio.to_thread(self._thread.join, 0 if self._is_broken else _JOIN_S)
        self._is_broken = True

    def _work(self) -> None:
        # A thread that was left behind in a call ends after it, and frees the
        # model that its calls hold.
        while not self._is_broken and (job := self._jobs.get()) is not None:
            job()
            # A call holds the sound of its turn, which must not stay.
            del job


def _hand_over(loop: asyncio.AbstractEventLoop, settle: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:
        logger.debug("a call ended after its event loop: nobody waits for it")
