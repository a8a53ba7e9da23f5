"""Tasks of the hub: kept, ended with it, and never silent when they fail."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

logger = logging.getLogger(__name__)

MOST_TASKS = 10_000


class Tasks:
    """Runs what goes on beside a request; `close` ends all of it."""

    def __init__(self, most: int = MOST_TASKS) -> None:
        self._most = most
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def __len__(self) -> int:
        """How many run."""
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, None], name: str) -> bool:
        """Run it until it ends or the hub closes. False: there is no room for it."""
        if self._is_closed or len(self._tasks) >= self._most:
            work.close()
            if not self._is_closed:
                logger.error("too much goes on at once: no %s", name)
            return False
        task = asyncio.create_task(_watched(work, name), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # One that is ended before it began has not even looked at its work.
        task.add_done_callback(lambda _: work.close())
        return True

    async def close(self) -> None:
        """End all of them; may be called twice."""
        self._is_closed = True
        ended = list(self._tasks)
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)


async def _watched(work: Coroutine[Any, Any, None], name: str) -> None:
    try:
        await work
    except Exception:
        # The edge of what runs by itself: the rest of the hub goes on.
        logger.exception("%s failed", name)
