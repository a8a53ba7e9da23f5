"""What is on the screen."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from av.video.frame import VideoFrame


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code to point a telephone at, and what stands beside it.

    Attributes:
        rows: Its modules from top to bottom: a letter each, "1" is dark and "0" is
            light. Without the quiet zone around it.
        title: What it is for, in one sentence.
        address: Where it leads, for who would rather type.
        note: How long it is of use.
    """

    rows: tuple[str, ...]
    title: str
    address: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """All a screen shows at one moment; texts come from the language pack.

    Attributes:
        clock: "14:05".
        date: "zondag 22 november".
        said: What the device says now or said last; empty for nothing.
        heard: What it understood last; empty for nothing.
        state: One or two words: "Ik luister", "Ik praat".
        buttons: (button name, what a press does now), in the order of the panel.
        notice: A fault or a state that lasts ("Microfoon staat uit").
        alert: Large, over everything: the number to call in danger.
        simulated: The banner that names what is simulated; empty on a device.
        caller: With whom there is a call, or who rings; empty without a call.
        call: How that call stands: "Gaat over", "Belt u".
        code: To be scanned; None for nothing.
        card: What is spoken of, a line each, the first its name; empty for nothing.
    """

    clock: str = ""
    date: str = ""
    said: str = ""
    heard: str = ""
    state: str = ""
    buttons: tuple[tuple[str, str], ...] = ()
    notice: str = ""
    alert: str = ""
    simulated: str = ""
    caller: str = ""
    call: str = ""
    code: Code | None = None
    card: str = ""


class Screen(Protocol):
    """A television, a window, a browser page, or nothing at all."""

    async def open(self) -> None:
        """Start showing.

        Raises:
            HardwareError: If there is no display to draw on.
        """

    def show(self, view: View) -> None:
        """Show this from now on; the newest view wins, nothing waits."""

    async def close(self) -> None:
        """Stop showing; may be called twice."""


@runtime_checkable
class ShowsPictures(Protocol):
    """A screen that can show the other side of a call."""

    def show_picture(self, picture: VideoFrame | None) -> None:
        """Show this picture from now on; None: none. The newest wins, nothing waits."""


class NoScreen:
    """For a device without a screen."""

    async def open(self) -> None:
        """Nothing to open."""

    def show(self, view: View) -> None:
        """Nobody sees it."""

    async def close(self) -> None:
        """Nothing to close."""
