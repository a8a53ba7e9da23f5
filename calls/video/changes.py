"""How a call stands, for those who want to know of each change."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from calls.call import CallChange, CallState

# Of one call there are some ten.
MOST_WAITING = 64


class _Watcher:
    """Changes that wait for one who wants to know them; the oldest give way."""

    def __init__(self, now: CallChange) -> None:
        self.waiting = deque([now], maxlen=MOST_WAITING)
        self.news = asyncio.Event()


class Changes:
    """How it stands, and who watches it.

    Attributes:
        now: How it stands.
    """

    def __init__(self, now: CallChange) -> None:
        """Begin so."""
        self.now = now
        self._watchers: list[_Watcher] = []

    def set(self, change: CallChange) -> None:
        """From now on it stands so; nothing where it did before."""
        if change == self.now:
            return
        self.now = change
        for watcher in self._watchers:
            watcher.waiting.append(change)
            watcher.news.set()

    def watch(self) -> AsyncIterator[CallChange]:
        """How it stands, now and at each change, up to and with the end."""
        # From this moment on, not from when the first one is taken.
        watcher = _Watcher(self.now)
        self._watchers.append(watcher)
        return self._take(watcher)

    async def _take(self, watcher: _Watcher) -> AsyncIterator[CallChange]:
        try:
            while True:
                while watcher.waiting:
                    change = watcher.waiting.popleft()
                    yield change
                    if change.state is CallState.ENDED:
                        return
                watcher.news.clear()
                await watcher.news.wait()
        finally:
            self._watchers.remove(watcher)
