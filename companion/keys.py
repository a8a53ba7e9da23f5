"""What buttons and the microphone switch mean to a call."""

import asyncio

from companion.buttons import Press


class CallKeys:
    """What was pressed in a call, for the call to act upon.

    Attributes:
        moved: Set when the microphone switch was moved, or anything else of the call
            changed that is to be looked at.
    """

    def __init__(self) -> None:
        """Begin with nothing pressed."""
        self.moved = asyncio.Event()
        self._pressed: asyncio.Future[Press] = (
            asyncio.get_running_loop().create_future()
        )

    @property
    def pressed(self) -> asyncio.Future[Press]:
        """Done at the next press that was not taken yet."""
        return self._pressed

    def press(self, press: Press) -> bool:
        """Take a press; False while the one before it was not acted upon."""
        if self._pressed.done():
            return False
        self._pressed.set_result(press)
        return True

    def take(self) -> Press | None:
        """What was pressed; the next press is a new one."""
        if not self._pressed.done():
            return None
        press = self._pressed.result()
        self._pressed = asyncio.get_running_loop().create_future()
        return press
