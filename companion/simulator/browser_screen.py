"""The screen of the device, drawn by the page."""

from companion.simulator.messages import write_view
from companion.simulator.tabs import Tabs
from hardware.screen import View


class BrowserScreen:
    """Shows each view in every open tab (a `hardware.screen.Screen`)."""

    def __init__(self, tabs: Tabs) -> None:
        self._tabs = tabs

    async def open(self) -> None:
        """Start with an empty screen; needs no open tab."""
        self.show(View())

    def show(self, view: View) -> None:
        """Show this from now on; the newest view wins."""
        self._tabs.show("view", write_view(view))

    async def close(self) -> None:
        """Leave an empty screen; may be called twice."""
        self.show(View())
