"""Events of a panel on their way to the loop, from any thread."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

from hardware.panel import Button, ButtonStuck, MicrophoneSwitched, PanelEvent, Pressed

Item = TypeVar("Item")

# Far more than anybody presses while the loop is busy; a broken contact can
# give thousands.
MOST_PRESSES = 16
MOST_EDGES = 256


class Inbox:
    """Events that wait to be read, never more than a handful.

    When the reader is late, the oldest press is dropped: what a person wants
    now counts. Of the microphone switch and of each jammed button only the
    newest state waits; that one is never dropped.
    """

    def __init__(self) -> None:
        """Start empty and open."""
        self._events: deque[PanelEvent] = deque()
        self._arrived = asyncio.Event()
        self._is_closed = False

    def __len__(self) -> int:
        """Count the events that wait."""
        return len(self._events)

    def put(self, event: PanelEvent) -> None:
        """Add an event; only from the loop's own thread."""
        if self._is_closed:
            return
        match event:
            case Pressed():
                presses = [e for e in self._events if isinstance(e, Pressed)]
                if len(presses) >= MOST_PRESSES:
                    self._events.remove(presses[0])
            case MicrophoneSwitched():
                self._forget(lambda e: isinstance(e, MicrophoneSwitched))
            case ButtonStuck(button=button):
                self._forget(lambda e: _is_about_jam(e, button))
        self._events.append(event)
        self._arrived.set()

    def close(self) -> None:
        """End the reading; what still waits is not given any more."""
        self._is_closed = True
        self._events.clear()
        self._arrived.set()

    async def read(self) -> AsyncIterator[PanelEvent]:
        """Give each event once, until the inbox is closed."""
        while not self._is_closed:
            if self._events:
                yield self._events.popleft()
            else:
                self._arrived.clear()
                await self._arrived.wait()

    def _forget(self, is_outdated: Callable[[PanelEvent], bool]) -> None:
        self._events = deque(e for e in self._events if not is_outdated(e))


def _is_about_jam(event: PanelEvent, button: Button) -> bool:
    return isinstance(event, ButtonStuck) and event.button is button


class HandOver(Generic[Item]):
    """The one place where a thread hands its findings over to the loop.

    Bounded on the thread's side too: `call_soon_threadsafe` alone would queue
    a call for each edge of a chattering contact. At most one call waits in the
    loop; of more than `MOST_EDGES` findings the oldest are dropped, so that the
    last state of a contact always arrives.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, take: Callable[[Item], None]
    ) -> None:
        """Deliver to `take`, which is called in the loop's thread."""
        self._loop = loop
        self._take = take
        self._lock = threading.Lock()
        self._waiting: deque[Item] = deque(maxlen=MOST_EDGES)
        self._is_called = False
        self._is_closed = False

    def give(self, item: Item) -> None:
        """Hand over one finding; from any thread, returns at once."""
        with self._lock:
            self._waiting.append(item)
            if self._is_called or self._is_closed:
                return
            self._is_called = True
            # Within the lock, so that `close` cannot come in between and the
            # loop be gone before the call.
            self._loop.call_soon_threadsafe(self._deliver)

    def close(self) -> None:
        """Hand over nothing any more; before the loop goes."""
        with self._lock:
            self._is_closed = True
            self._waiting.clear()

    def _deliver(self) -> None:
        with self._lock:
            items = list(self._waiting)
            self._waiting.clear()
            self._is_called = False
        for item in items:
            self._take(item)
