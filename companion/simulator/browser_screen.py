"""The screen of the device, drawn by the page."""

from av.video.frame import VideoFrame

from companion.simulator.messages import write_view
from companion.simulator.pictures import Pictures
from companion.simulator.tabs import Tabs
from hardware.screen import View


class BrowserScreen:
    """Shows each view in every open tab (a `hardware.screen.Screen`)."""

    def __init__(self, tabs: Tabs, pictures: Pictures) -> None:
        self._tabs = tabs
        self._pictures = pictures

    async def open(self) -> None:
        """Start with an empty screen; needs no open tab."""
        self.show(View())

    def show(self, view: View) -> None:
        """Show this from now on; the newest view wins."""
        self._tabs.show("view", write_view(view))

    def show_picture(self, picture: VideoFrame | None) -> None:
        """Show the other side of a call; None: nothing of it."""
        self._pictures.show(picture)

    async def close(self) -> None:
        """Leave an empty screen; may be called twice."""
        self.show(View())
