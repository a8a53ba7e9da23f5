"""A simulator on a free port, over the real panel on mock pins."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from companion.simulator.browser_screen import BrowserScreen
from companion.simulator.browser_sound import BrowserSound
from companion.simulator.server import Simulator
from hardware.gpio import GpioPanel, LightPins, Pins
from hardware.mock_pins import MockPins
from hardware.panel import Button

PINS = Pins(
    {
        Button.TALK: 17,
        Button.FAMILY: 27,
        Button.LINE: 22,
        Button.YES: 5,
        Button.NO: 6,
    },
    microphone_switch=25,
    light=LightPins(),
)


@dataclass(frozen=True, slots=True)
class Device:
    """A simulated device, open."""

    simulator: Simulator
    panel: GpioPanel
    screen: BrowserScreen
    sound: BrowserSound


@asynccontextmanager
async def simulated_device() -> AsyncIterator[Device]:
    """One that runs; its sound is opened by the test."""
    wires = MockPins(PINS)
    panel = GpioPanel(PINS, wires.open)
    await panel.open()
    simulator = Simulator(0, wires, panel.buttons, has_switch=True)
    await simulator.open()
    screen = BrowserScreen(simulator.tabs, simulator.pictures)
    await screen.open()
    sound = BrowserSound(simulator.tabs)
    yield Device(simulator, panel, screen, sound)
    await sound.close()
    await screen.close()
    await simulator.close()
    await panel.close()


@pytest.fixture
async def device() -> AsyncIterator[Device]:
    """The device a browser may open; its sound is opened by the test."""
    async with simulated_device() as found:
        yield found
