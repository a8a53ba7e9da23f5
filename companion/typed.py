"""The whole device on a keyboard: typed instead of spoken, for try-out and scripts.

A line is what a person says. An empty line is silence. A line that starts with a
slash is a press: /praat /familie /lijn /ja /nee /harder /zachter, and /microfoon
moves the microphone switch. A script on standard input is read line by line, each
line when it is wanted.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import TextIO

from hardware.layout import QUIET_ZONE
from hardware.panel import Button, Light, MicrophoneSwitched, PanelEvent, Pressed
from hardware.screen import Code, View
from voice.hearing import Deaf, Expectation, Heard, Silence
from voice.speech import Chime, Speech

logger = logging.getLogger(__name__)

PRESSES = {
    "/praat": Button.TALK,
    "/familie": Button.FAMILY,
    "/lijn": Button.LINE,
    "/ja": Button.YES,
    "/nee": Button.NO,
    "/harder": Button.LOUDER,
    "/zachter": Button.QUIETER,
}
SWITCH = "/microfoon"
# By the modules of two rows, of which 1 is dark.
HALVES = {("0", "0"): "█", ("0", "1"): "▀", ("1", "0"): "▄", ("1", "1"): " "}
VOLUME_STEPS = 6
RATES_WPM = (120, 180)


class TypedDevice:
    """Ears, mouth, panel and screen at once, since a terminal is all of them."""

    def __init__(self, write: Callable[[str], None], unknown: str) -> None:
        """Build it.

        Args:
            write: Prints one line.
            unknown: Said about a slash word that is no button, with {word}.
        """
        self._write = write
        self._unknown = unknown
        self._listener: asyncio.Future[Heard | Silence | Deaf] | None = None
        self._events: asyncio.Queue[PanelEvent] = asyncio.Queue(maxsize=16)
        self._moved = asyncio.Event()
        self._is_talking = False
        self._is_shown = False
        self._has_ended = False
        self._view = View()
        self._volume = 3
        self._rate_wpm = 150
        self._microphone_is_on = True

    # -- what was typed ---------------------------------------------------

    async def read(self, lines: AsyncIterator[str]) -> None:
        """Hand over each line when it is wanted; ends with the last line."""
        async for line in lines:
            await self._until_wanted()
            words = line.strip()
            if words.startswith("/"):
                await self._press(words.lower())
            elif self._listener is not None:
                self._answer(words)
            elif words:
                await self._press("/praat")
                await self._until_wanted()
                self._answer(words)
        self._has_ended = True
        while not self._is_at_rest:
            self._answer("")
            await self._move()

    @property
    def _is_at_rest(self) -> bool:
        return self._is_shown and not self._is_talking and not self._view.state

    async def _until_wanted(self) -> None:
        while not self._is_at_rest and self._listener is None:
            await self._move()

    async def _move(self) -> None:
        self._moved.clear()
        await self._moved.wait()

    async def _press(self, word: str) -> None:
        event: PanelEvent
        if word == SWITCH:
            self._microphone_is_on = not self._microphone_is_on
            if not self._microphone_is_on:
                self._hand_over(Deaf("microphone_off"))
            event = MicrophoneSwitched(self._microphone_is_on)
        elif word in PRESSES:
            event = Pressed(PRESSES[word], asyncio.get_running_loop().time())
        else:
            self._write(self._unknown.format(word=word))
            return
        self._events.put_nowait(event)
        # Until it was acted upon: what it began or ended holds for the next line.
        await self._events.join()

    def _answer(self, words: str) -> None:
        heard = words.lower()
        self._hand_over(Heard(heard, 1.0, heard, "toetsenbord") if words else Silence())

    def _hand_over(self, turn: Heard | Silence | Deaf) -> None:
        listener, self._listener = self._listener, None
        if listener is not None and not listener.done():
            listener.set_result(turn)

    # -- ears -------------------------------------------------------------

    async def listen(self, expectation: Expectation) -> Heard | Silence | Deaf:
        """Wait for a typed line; a script that has ended is silent."""
        if not self._microphone_is_on:
            return Deaf("microphone_off")
        if self._has_ended:
            return Silence()
        listener: asyncio.Future[Heard | Silence | Deaf] = (
            asyncio.get_running_loop().create_future()
        )
        self._listener = listener
        self._moved.set()
        try:
            return await listener
        finally:
            if self._listener is listener:
                self._listener = None

    async def interrupted(self) -> None:
        """Never: a line is read when it is wanted."""
        await asyncio.Event().wait()

    # -- mouth ------------------------------------------------------------

    async def say(self, speech: Speech) -> None:
        """Print it."""
        self._write(speech.text)

    async def chime(self, chime: Chime) -> None:
        """Print which tone would sound."""
        self._write(f"♪ {chime}")

    def prepare(self, speeches: Iterable[Speech]) -> None:
        """Nothing to render."""

    @property
    def volume(self) -> int:
        """Volume step, as it would be."""
        return self._volume

    def set_volume(self, step: int) -> None:
        """Set the volume step; clipped to its range."""
        self._volume = min(max(step, 0), VOLUME_STEPS)

    @property
    def rate_wpm(self) -> int:
        """Speaking rate, as it would be, in words per minute."""
        return self._rate_wpm

    def set_rate(self, rate_wpm: int) -> None:
        """Set the rate; clipped to its range."""
        self._rate_wpm = min(max(rate_wpm, RATES_WPM[0]), RATES_WPM[1])

    # -- panel and screen ---------------------------------------------------

    @property
    def buttons(self) -> frozenset[Button]:
        """All of them; a keyboard has keys enough."""
        return frozenset(Button)

    @property
    def microphone_is_on(self) -> bool:
        """Position of the switch."""
        return self._microphone_is_on

    async def open(self) -> None:
        """Nothing to claim."""

    async def close(self) -> None:
        """Nothing to free."""

    def show(self, light: Light) -> None:
        """A terminal has no light; what it would show is in the words."""

    def see(self, view: View) -> None:
        """The screen shows this: print what is not spoken, and note who talks."""
        before, self._view = self._view, view
        for text in (view.alert, view.notice):
            if text and text not in (before.alert, before.notice):
                self._write(f"[{text}]")
        if view.code is not None and view.code != before.code:
            for line in _drawn(view.code):
                self._write(line)
        self._is_shown = True
        self._moved.set()

    def converse(self, is_open: bool) -> None:
        """A conversation opens or closes."""
        self._is_talking = is_open
        self._moved.set()

    async def events(self) -> AsyncIterator[PanelEvent]:
        """Typed presses, without end."""
        while True:
            yield await self._events.get()
            self._events.task_done()


def _drawn(code: Code) -> Iterator[str]:
    """A code as a terminal can show it: two rows of modules a line, and its texts.

    Light is drawn and dark left open, as terminals are dark.
    """
    side = len(code.rows) + 2 * QUIET_ZONE
    edge = "0" * QUIET_ZONE
    rows = [
        *["0" * side] * QUIET_ZONE,
        *(edge + row + edge for row in code.rows),
        # Codes have an odd number of rows: one more of light makes whole lines.
        *["0" * side] * (QUIET_ZONE + side % 2),
    ]
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        yield "".join(HALVES[pair] for pair in zip(upper, lower, strict=True))
    yield from filter(None, (code.title, code.address, code.note))


class TypedScreen:
    """Prints what the screen would show that is not spoken."""

    def __init__(self, device: TypedDevice) -> None:
        self._device = device

    async def open(self) -> None:
        """Nothing to start."""

    async def close(self) -> None:
        """Nothing to stop."""

    def show(self, view: View) -> None:
        """Print notices and alerts; the rest is on the terminal already."""
        self._device.see(view)


async def lines_of(stream: TextIO) -> AsyncIterator[str]:
    """Lines of a stream, read in a thread; ends at its end.

    The thread is a daemon: a terminal that nobody types on does not keep the
    program from ending.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue(maxsize=1)

    def pump() -> None:
        try:
            for line in stream:
                asyncio.run_coroutine_threadsafe(queue.put(line), loop).result()
        except RuntimeError:
            # The loop has ended: nobody waits for lines any more.
            return
        except (OSError, ValueError) as error:
            logger.error("the lines cannot be read: %s", type(error).__name__)
        with contextlib.suppress(RuntimeError):
            asyncio.run_coroutine_threadsafe(queue.put(None), loop).result()

    threading.Thread(target=pump, name="keyboard", daemon=True).start()
    while (line := await queue.get()) is not None:
        yield line
