"""A virtual clock: days of waiting pass in no time, and in the right order."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class _InstantSelector(selectors.SelectSelector):
    """Where a real selector would wait for a timer, the clock jumps to it."""

    def __init__(self) -> None:
        super().__init__()
        self.elapsed_s = 0.0

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            # Something is to be done already; sockets are looked at after it.
            return []
        ready = super().select(0)
        if ready or (timeout is None and not self.get_map()):
            return ready
        if timeout is None:
            # Nothing is timed: a thread will hand something over.
            return super().select(5.0)
        self.elapsed_s += max(timeout, 0.0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only while nothing else is to be done."""

    def __init__(self) -> None:
        self.instant = _InstantSelector()
        super().__init__(self.instant)

    def time(self) -> float:
        return self.instant.elapsed_s

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Do it at once: a thread's work takes no virtual time."""
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done


class VirtualClock:
    """The wall clock of a virtual loop; `start` is the time at this moment.

    The wall clock is kept in UTC, so that a change to summer time comes out as
    on a real clock.
    """

    def __init__(self, loop: VirtualLoop, start: datetime) -> None:
        self._loop = loop
        self._start = start.astimezone(UTC) - timedelta(seconds=loop.time())

    def now(self) -> datetime:
        now = self._start + timedelta(seconds=self._loop.time())
        return now.astimezone(AMSTERDAM)


def run(main: Coroutine[Any, Any, T], loop: VirtualLoop) -> T:
    """Run a story to its end."""
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main)
