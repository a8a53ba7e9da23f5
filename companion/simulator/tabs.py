"""The open tabs: what each is still to be sent, and which one lends its sound."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from companion.simulator.messages import FLUSH, SoundState, write_block, write_sound
from voice.audio import Samples

# 200 ms of sound. A tab that falls further behind than this is frozen; old sound
# would only be heard too late.
WAITING_BLOCKS = 10


class Wire(Protocol):
    """The sending half of a WebSocket."""

    async def send_str(self, data: str) -> None: ...

    async def send_bytes(self, data: bytes) -> None: ...


class Tab:
    """One open page, and what it has not been sent yet.

    Of each kind of message only the newest waits: a slow tab misses steps, never
    the last word, and memory is bounded.
    """

    def __init__(self) -> None:
        self._messages: dict[str, str] = {}
        self._blocks: deque[bytes] = deque(maxlen=WAITING_BLOCKS)
        self._has_work = asyncio.Event()

    def tell(self, kind: str, message: str) -> None:
        """Send this soon; replaces an unsent message of the same kind."""
        self._messages[kind] = message
        self._has_work.set()

    def play(self, block: bytes) -> None:
        """Send a block of sound soon; the oldest gives way."""
        self._blocks.append(block)
        self._has_work.set()

    def flush(self) -> None:
        """Forget sound that waits, here and in the page."""
        self._blocks.clear()
        self.tell("flush", FLUSH)

    async def send_all(self, wire: Wire) -> None:
        """Send what comes, until cancelled or the wire breaks.

        Raises:
            ConnectionError: If the page is gone.
        """
        while True:
            await self._has_work.wait()
            self._has_work.clear()
            messages, self._messages = list(self._messages.values()), {}
            for message in messages:
                await wire.send_str(message)
            while self._blocks:
                await wire.send_bytes(self._blocks.popleft())


class Tabs:
    """All open tabs. Each shows the device; at most one lends its sound."""

    def __init__(self) -> None:
        self._tabs: list[Tab] = []
        self._shown: dict[str, str] = {}
        self._sounding: Tab | None = None
        self._microphone_is_lent = False
        self._sound_is_used = False
        self._heard: Callable[[Samples], None] | None = None
        self.any_open = asyncio.Event()

    def __len__(self) -> int:
        return len(self._tabs)

    def add(self, tab: Tab) -> None:
        """A page opened: show it all that the others show."""
        self._tabs.append(tab)
        self.any_open.set()
        for kind, message in self._shown.items():
            tab.tell(kind, message)
        self._tell_sound(tab)

    def remove(self, tab: Tab) -> None:
        """A page closed; when it lent its sound, nobody does now."""
        self._tabs.remove(tab)
        if not self._tabs:
            self.any_open.clear()
        if tab is self._sounding:
            self._give_sound(None)

    def show(self, kind: str, message: str) -> None:
        """Show this in every tab, later ones included."""
        self._shown[kind] = message
        for tab in self._tabs:
            tab.tell(kind, message)

    # Sound: used by BrowserSound on one side, by the server on the other.

    @property
    def microphone_is_lent(self) -> bool:
        """Whether the tab that has the sound also has a microphone."""
        return self._microphone_is_lent

    def use_sound(self, heard: Callable[[Samples], None]) -> None:
        """The device wants sound through a tab from now on."""
        self._heard = heard
        self._sound_is_used = True
        self._tell_everybody_sound()

    def leave_sound(self) -> None:
        """The device wants no sound any more; may be called twice."""
        self._heard = None
        self._sound_is_used = False
        self._give_sound(None)

    def take_sound(self, tab: Tab) -> None:
        """The newest tab that asks gets the sound."""
        if self._sound_is_used:
            self._give_sound(tab)

    def lend_microphone(self, tab: Tab, is_lent: bool) -> None:
        """The tab that has the sound got a microphone, or lost it."""
        if tab is self._sounding:
            self._microphone_is_lent = is_lent

    def hear(self, tab: Tab, block: Samples) -> None:
        """A block from a microphone; only that of the lending tab counts."""
        if tab is self._sounding and self._microphone_is_lent and self._heard:
            self._heard(block)

    def play(self, block: Samples) -> None:
        """Let the lending tab play a block; without one it is lost."""
        if self._sounding is not None:
            self._sounding.play(write_block(block))

    def flush(self) -> None:
        """Silence the lending tab at once."""
        if self._sounding is not None:
            self._sounding.flush()

    def _give_sound(self, tab: Tab | None) -> None:
        self._sounding = tab
        self._microphone_is_lent = False
        self._tell_everybody_sound()

    def _tell_everybody_sound(self) -> None:
        for tab in self._tabs:
            self._tell_sound(tab)

    def _tell_sound(self, tab: Tab) -> None:
        if not self._sound_is_used:
            state = SoundState.UNUSED
        elif self._sounding is None:
            state = SoundState.FREE
        else:
            state = SoundState.HERE if tab is self._sounding else SoundState.ELSEWHERE
        tab.tell("sound", write_sound(state))
