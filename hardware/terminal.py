"""The panel on a keyboard: one key, one button, no Enter."""

import asyncio
import atexit
import logging
import os
import sys
import termios
import time
import tty
from collections.abc import AsyncIterator, Callable
from typing import Any

from hardware.gestures import Gestures
from hardware.inbox import Inbox
from hardware.panel import Button, HardwareError, Light, MicrophoneSwitched, PanelEvent

logger = logging.getLogger(__name__)

KEYS = {
    "t": Button.TALK,
    "f": Button.FAMILY,
    "l": Button.LINE,
    "j": Button.YES,
    "n": Button.NO,
    "+": Button.LOUDER,
    "-": Button.QUIETER,
}
MICROPHONE_KEY = "m"


def write_light(light: Light) -> None:
    """Show the light as one word on standard error."""
    sys.stderr.write(f"[{light.value}]\n")
    sys.stderr.flush()


class TerminalPanel:
    """Buttons and a microphone switch on keys; the light as a word.

    Keys obey the same gestures as buttons: a key that is held down and repeats
    by itself gives a press every 0.7 s at most.
    """

    def __init__(
        self,
        keyboard_fd: int = 0,
        *,
        show_light: Callable[[Light], None] = write_light,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare a panel; the terminal is left alone before `open`.

        Args:
            keyboard_fd: File descriptor of a terminal; 0 is standard input.
            show_light: Called with each new light.
            now: Monotonic time in seconds.
        """
        self._fd = keyboard_fd
        self._show_light = show_light
        self._now = now
        self._gestures = Gestures()
        self._inbox = Inbox()
        self._light = Light.OFF
        self._microphone_is_on = True
        self._saved: list[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def buttons(self) -> frozenset[Button]:
        """All buttons: each has its key."""
        return frozenset(KEYS.values())

    @property
    def microphone_is_on(self) -> bool:
        """Position of the switch on the key m."""
        return self._microphone_is_on

    async def open(self) -> None:
        """Read keys one by one, without echo.

        Raises:
            HardwareError: If there is no terminal.
        """
        try:
            self._saved = termios.tcgetattr(self._fd)
            # TCSANOW: what was typed ahead is kept, it may be a script's.
            tty.setcbreak(self._fd, termios.TCSANOW)
        except termios.error as error:
            self._saved = None
            raise HardwareError(
                "the panel 'terminal' needs a keyboard, and standard input is no "
                f"terminal: {error}"
            ) from error
        # Also when the program ends without closing us: a shell without echo
        # looks broken.
        atexit.register(self._restore)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._read)
        if self._light is not Light.OFF:
            self._show_light(self._light)

    def events(self) -> AsyncIterator[PanelEvent]:
        """Presses and switch movements, as they come, until the panel closes."""
        return self._inbox.read()

    def show(self, light: Light) -> None:
        """Show a word until another one is shown."""
        if self._saved is None or light is self._light:
            self._light = light
            return
        self._light = light
        self._show_light(light)

    async def close(self) -> None:
        """Give the terminal back as it was; may be called twice."""
        self._stop_reading()
        if self._saved is not None and self._light is not Light.OFF:
            self.show(Light.OFF)
        self._restore()
        atexit.unregister(self._restore)
        self._inbox.close()

    def _stop_reading(self) -> None:
        if self._loop is not None:
            self._loop.remove_reader(self._fd)
            self._loop = None

    def _restore(self) -> None:
        if self._saved is None:
            return
        saved, self._saved = self._saved, None
        try:
            termios.tcsetattr(self._fd, termios.TCSANOW, saved)
        except termios.error:
            # The window was closed; there is nothing left to restore.
            logger.debug("the terminal was gone before it could be restored")

    def _read(self) -> None:
        try:
            keys = os.read(self._fd, 64)
        except OSError:
            keys = b""
        if not keys:
            logger.warning("the keyboard is gone; no key will be heard any more")
            self._stop_reading()
            return
        for key in keys.decode("ascii", errors="ignore").lower():
            self._take(key)

    def _take(self, key: str) -> None:
        if key == MICROPHONE_KEY:
            self._microphone_is_on = not self._microphone_is_on
            self._inbox.put(MicrophoneSwitched(self._microphone_is_on))
        elif key in KEYS:
            now_s = self._now()
            pressed = self._gestures.down(KEYS[key], now_s)
            self._gestures.up(KEYS[key], now_s)
            if pressed is not None:
                self._inbox.put(pressed)
