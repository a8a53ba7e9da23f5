"""What every panel does, whatever its buttons are made of.

To add a panel: write a case with the methods of `Case`, and put it in `CASES`.
"""

import asyncio
import os
import pty
from collections.abc import AsyncIterator, Callable
from typing import Protocol

import pytest

from hardware.gpio import GpioPanel, LightPins, Pins
from hardware.lights import Colour
from hardware.mock_pins import MockPins
from hardware.panel import (
    Button,
    Light,
    MicrophoneSwitched,
    Panel,
    PanelEvent,
    Pressed,
)
from hardware.terminal import KEYS, TerminalPanel


class TestClock:
    """Monotonic time that passes when a test says so."""

    __test__ = False

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Case(Protocol):
    """One panel and the fingers and eyes that go with it."""

    panel: Panel

    def tap(self, button: Button) -> None:
        """Press a button and let it go."""

    def switch_microphone(self, is_on: bool) -> None:
        """Move the switch to the other side, which is `is_on`."""

    def seen(self) -> object:
        """What the light shows; equal for equal lights that stand still."""

    def clean_up(self) -> None:
        """Give back what the case itself opened."""


class GpioCase:
    """gpiozero's mock pins."""

    def __init__(self, clock: TestClock) -> None:
        pins = Pins(
            dict(zip(Button, range(17, 24), strict=True)),
            microphone_switch=6,
            light=LightPins(),
        )
        self.mock = MockPins(pins)
        self.panel: Panel = GpioPanel(pins, self.mock.open, now=clock)

    def tap(self, button: Button) -> None:
        self.mock.press(button)
        self.mock.release(button)

    def switch_microphone(self, is_on: bool) -> None:
        self.mock.switch_microphone(is_on)

    def seen(self) -> Colour:
        return self.mock.light

    def clean_up(self) -> None:
        """Nothing was opened beside the panel."""


class TerminalCase:
    """A keyboard on a pseudo terminal."""

    def __init__(self, clock: TestClock) -> None:
        self.master, self.keyboard = pty.openpty()
        self.light = Light.OFF
        self.panel: Panel = TerminalPanel(
            self.keyboard, show_light=self._show, now=clock
        )

    def _show(self, light: Light) -> None:
        self.light = light

    def tap(self, button: Button) -> None:
        keys = {button: key for key, button in KEYS.items()}
        os.write(self.master, keys[button].encode())

    def switch_microphone(self, is_on: bool) -> None:
        os.write(self.master, b"m")

    def seen(self) -> Light:
        return self.light

    def clean_up(self) -> None:
        os.close(self.master)
        os.close(self.keyboard)


CASES: dict[str, Callable[[TestClock], Case]] = {
    "gpio": GpioCase,
    "terminal": TerminalCase,
}


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture(params=CASES)
async def case(request: pytest.FixtureRequest, clock: TestClock) -> AsyncIterator[Case]:
    made = CASES[request.param](clock)
    yield made
    await made.panel.close()
    made.clean_up()


async def next_of(events: AsyncIterator[PanelEvent]) -> PanelEvent:
    async with asyncio.timeout(5.0):
        return await anext(events)


async def test_a_press_comes_out_with_its_time(case: Case, clock: TestClock) -> None:
    await case.panel.open()
    case.tap(Button.TALK)
    assert await next_of(case.panel.events()) == Pressed(Button.TALK, clock.now_s)


async def test_each_button_is_itself(case: Case) -> None:
    await case.panel.open()
    assert Button.TALK in case.panel.buttons
    events = case.panel.events()
    for button in sorted(case.panel.buttons):
        case.tap(button)
        event = await next_of(events)
        assert isinstance(event, Pressed) and event.button is button


async def test_a_tremor_is_one_press(case: Case, clock: TestClock) -> None:
    await case.panel.open()
    events = case.panel.events()
    case.tap(Button.TALK)
    await next_of(events)
    clock.now_s += 0.3
    case.tap(Button.TALK)
    case.tap(Button.FAMILY)
    assert await next_of(events) == Pressed(Button.FAMILY, clock.now_s)


async def test_after_the_tremor_a_press_is_heard(case: Case, clock: TestClock) -> None:
    await case.panel.open()
    events = case.panel.events()
    for _ in range(3):
        case.tap(Button.TALK)
        assert await next_of(events) == Pressed(Button.TALK, clock.now_s)
        clock.now_s += 0.8


async def test_presses_wait_for_a_late_reader(case: Case) -> None:
    await case.panel.open()
    case.tap(Button.TALK)
    case.tap(Button.YES)
    events = case.panel.events()
    heard = [await next_of(events), await next_of(events)]
    assert [e.button for e in heard if isinstance(e, Pressed)] == [
        Button.TALK,
        Button.YES,
    ]


async def test_the_microphone_switch_is_told_and_remembered(
    case: Case, clock: TestClock
) -> None:
    await case.panel.open()
    assert case.panel.microphone_is_on
    events = case.panel.events()
    case.switch_microphone(False)
    assert await next_of(events) == MicrophoneSwitched(is_on=False)
    assert not case.panel.microphone_is_on
    case.switch_microphone(True)
    clock.now_s += 0.1
    assert await next_of(events) == MicrophoneSwitched(is_on=True)
    assert case.panel.microphone_is_on


async def test_steady_lights_differ(case: Case) -> None:
    await case.panel.open()
    seen = []
    for light in (Light.READY, Light.SPEAKING, Light.MICROPHONE_OFF, Light.OFF):
        case.panel.show(light)
        seen.append(case.seen())
    assert len(set(seen)) == 4


async def test_the_newest_light_wins(case: Case) -> None:
    await case.panel.open()
    case.panel.show(Light.SPEAKING)
    speaking = case.seen()
    case.panel.show(Light.READY)
    case.panel.show(Light.SPEAKING)
    assert case.seen() == speaking


async def test_closing_puts_the_light_out_and_ends_the_events(case: Case) -> None:
    dark = case.seen()
    await case.panel.open()
    case.panel.show(Light.SPEAKING)
    events = case.panel.events()
    await case.panel.close()
    assert case.seen() == dark
    assert [event async for event in events] == []


async def test_closing_wakes_a_reader_that_waits(case: Case) -> None:
    await case.panel.open()
    events = case.panel.events()

    async def read_all() -> list[PanelEvent]:
        return [event async for event in events]

    async with asyncio.timeout(5.0), asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(read_all())
        tasks.create_task(case.panel.close())
    assert reading.result() == []


async def test_closing_twice_or_unopened_does_no_harm(case: Case) -> None:
    await case.panel.close()
    await case.panel.close()
    case.panel.show(Light.READY)


async def test_showing_before_opening_and_after_closing_does_no_harm(
    case: Case,
) -> None:
    dark = case.seen()
    case.panel.show(Light.READY)
    await case.panel.open()
    await case.panel.close()
    case.panel.show(Light.SPEAKING)
    assert case.seen() == dark


async def test_a_light_chosen_before_opening_is_shown_when_open(case: Case) -> None:
    dark = case.seen()
    case.panel.show(Light.SPEAKING)
    await case.panel.open()
    assert case.seen() != dark
