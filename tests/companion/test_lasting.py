"""Parts that are missing at the start, and come back."""

import asyncio
from collections.abc import AsyncIterator

from companion.lasting import TRY_AGAIN_S, LastingPanel, LastingScreen
from hardware.panel import (
    Button,
    HardwareError,
    Light,
    MicrophoneSwitched,
    PanelEvent,
    Pressed,
)
from hardware.screen import View
from tests.virtual_time import VirtualLoop, run


class World:
    """What is plugged in."""

    def __init__(self) -> None:
        self.is_there = False
        self.microphone_is_on = True
        self.opened = 0
        self.closed = 0


class Plug:
    """A panel and a screen that fail while they are not plugged in."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.lights: list[Light] = []
        self.views: list[View] = []
        self.buttons = frozenset(Button)
        self.microphone_is_on = world.microphone_is_on

    async def open(self) -> None:
        if not self.world.is_there:
            raise HardwareError("not plugged in")
        self.world.opened += 1

    async def close(self) -> None:
        self.world.closed += 1

    async def events(self) -> AsyncIterator[PanelEvent]:
        yield Pressed(Button.TALK, 0.0)


class PanelPlug(Plug):
    def show(self, light: Light) -> None:
        self.lights.append(light)


class ScreenPlug(Plug):
    def show(self, view: View) -> None:
        self.views.append(view)


def test_a_panel_that_is_plugged_in_later_works() -> None:
    async def story() -> None:
        world, faults, made = World(), list[bool](), list[PanelPlug]()

        def make() -> PanelPlug:
            made.append(PanelPlug(world))
            return made[-1]

        panel = LastingPanel(make, frozenset({Button.TALK}), faults.append)
        await panel.open()
        assert faults == [True] and panel.microphone_is_on
        panel.show(Light.READY)
        presses = panel.events()
        first = asyncio.ensure_future(anext(presses))
        await asyncio.sleep(2.5 * TRY_AGAIN_S)
        assert len(made) == world.closed == 3 and not first.done()

        world.is_there, world.microphone_is_on = True, False
        await asyncio.sleep(TRY_AGAIN_S + 1)
        assert faults == [True, False]
        assert made[-1].lights == [Light.READY]
        # The switch was off all the time: that is told before any press.
        assert await first == MicrophoneSwitched(False)
        assert await anext(presses) == Pressed(Button.TALK, 0.0)
        assert not panel.microphone_is_on
        await panel.close()
        await panel.close()

    run(story(), VirtualLoop())


def test_a_screen_that_is_switched_on_later_shows_the_newest_view() -> None:
    async def story() -> None:
        world, faults, made = World(), list[bool](), list[ScreenPlug]()

        def make() -> ScreenPlug:
            made.append(ScreenPlug(world))
            return made[-1]

        screen = LastingScreen(make, faults.append)
        await screen.open()
        screen.show(View(said="oud"))
        screen.show(View(said="nieuw"))
        world.is_there = True
        await asyncio.sleep(TRY_AGAIN_S + 1)
        assert faults == [True, False]
        assert made[-1].views == [View(said="nieuw")]
        screen.show(View(said="nog nieuwer"))
        assert made[-1].views[-1] == View(said="nog nieuwer")
        await screen.close()

    run(story(), VirtualLoop())


def test_closing_ends_the_tries() -> None:
    async def story() -> None:
        world, made = World(), list[ScreenPlug]()

        def make() -> ScreenPlug:
            made.append(ScreenPlug(world))
            return made[-1]

        screen = LastingScreen(make, lambda is_faulty: None)
        await screen.open()
        await screen.close()
        await screen.close()
        await asyncio.sleep(10 * TRY_AGAIN_S)
        assert len(made) == 1

    run(story(), VirtualLoop())
