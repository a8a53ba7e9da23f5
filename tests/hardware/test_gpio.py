"""The panel on gpiozero's pins: threads, floods, jams and missing parts."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory, MockPin, MockPWMPin

from hardware.gpio import LIGHT_STEP_S, GpioPanel, LightPins, Pins, open_lgpio
from hardware.inbox import MOST_PRESSES, HandOver, Inbox
from hardware.lights import Colour
from hardware.mock_pins import MockPins
from hardware.panel import (
    Button,
    ButtonStuck,
    HardwareError,
    Light,
    MicrophoneSwitched,
    PanelEvent,
    Pressed,
)

PINS = Pins(
    {Button.TALK: 17, Button.FAMILY: 27}, microphone_switch=6, light=LightPins()
)


class StepClock:
    """Each look at it finds that a second went by."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 1.0
        return self.now_s


async def next_of(events: AsyncIterator[PanelEvent]) -> PanelEvent:
    async with asyncio.timeout(5.0):
        return await anext(events)


async def test_a_press_from_another_thread_arrives() -> None:
    mock = MockPins(PINS)
    panel = GpioPanel(PINS, mock.open)
    await panel.open()
    finger = threading.Thread(target=mock.press, args=(Button.FAMILY,))
    finger.start()
    event = await next_of(panel.events())
    finger.join()
    assert isinstance(event, Pressed) and event.button is Button.FAMILY
    await panel.close()


async def test_a_flood_of_edges_stays_small_and_keeps_the_newest() -> None:
    mock = MockPins(PINS)
    panel = GpioPanel(PINS, mock.open, now=StepClock())
    await panel.open()
    for _ in range(5000):
        mock.press(Button.TALK)
        mock.release(Button.TALK)
    mock.press(Button.FAMILY)
    mock.switch_microphone(False)
    events, heard = panel.events(), list[PanelEvent]()
    while MicrophoneSwitched(is_on=False) not in heard:
        heard.append(await next_of(events))
    presses = [event for event in heard if isinstance(event, Pressed)]
    assert len(presses) == MOST_PRESSES
    assert presses[-1].button is Button.FAMILY
    await panel.close()


async def test_a_flood_asks_the_loop_for_one_call_at_a_time() -> None:
    loop = asyncio.get_running_loop()
    taken: list[int] = []
    done = asyncio.Event()

    def take(item: int) -> None:
        taken.append(item)
        if item == 999:
            done.set()

    hand_over = HandOver[int](loop, take)

    def flood() -> None:
        for number in range(1000):
            hand_over.give(number)

    thread = threading.Thread(target=flood)
    thread.start()
    thread.join()
    async with asyncio.timeout(5.0):
        await done.wait()
    assert len(taken) == 256
    assert taken == list(range(744, 1000))
    hand_over.close()
    hand_over.give(1)
    assert taken[-1] == 999


def test_states_wait_once_and_are_never_dropped() -> None:
    inbox = Inbox()
    inbox.put(MicrophoneSwitched(is_on=False))
    inbox.put(ButtonStuck(Button.TALK, True))
    for i in range(100):
        inbox.put(MicrophoneSwitched(is_on=False))
        inbox.put(ButtonStuck(Button.TALK, i % 2 == 0))
        inbox.put(ButtonStuck(Button.LINE, True))
        inbox.put(Pressed(Button.TALK, float(i)))
    assert len(inbox) == MOST_PRESSES + 3


async def test_a_jammed_button_is_reported_and_so_is_its_freedom() -> None:
    mock = MockPins(PINS)
    panel = GpioPanel(PINS, mock.open, stuck_s=0.02)
    await panel.open()
    events = panel.events()
    mock.press(Button.TALK)
    assert isinstance(await next_of(events), Pressed)
    assert await next_of(events) == ButtonStuck(Button.TALK, is_stuck=True)
    mock.release(Button.TALK)
    assert await next_of(events) == ButtonStuck(Button.TALK, is_stuck=False)
    await panel.close()


async def test_a_button_jammed_at_the_start_is_no_press() -> None:
    mock = MockPins(PINS)
    mock.press(Button.TALK)
    panel = GpioPanel(PINS, mock.open, stuck_s=0.02)
    await panel.open()
    assert await next_of(panel.events()) == ButtonStuck(Button.TALK, is_stuck=True)
    await panel.close()


async def test_a_microphone_switched_off_before_the_start_is_off() -> None:
    mock = MockPins(PINS)
    mock.switch_microphone(False)
    panel = GpioPanel(PINS, mock.open)
    await panel.open()
    assert not panel.microphone_is_on
    await panel.close()


async def test_a_switch_with_a_broken_wire_reads_as_off() -> None:
    panel = GpioPanel(PINS, lambda: MockFactory(pin_class=MockPWMPin))
    await panel.open()
    assert not panel.microphone_is_on
    await panel.close()


async def test_a_panel_without_a_switch_has_its_microphone_on() -> None:
    pins = Pins({Button.TALK: 17})
    mock = MockPins(pins)
    panel = GpioPanel(pins, mock.open)
    await panel.open()
    panel.show(Light.RINGING)
    assert panel.microphone_is_on
    assert panel.buttons == {Button.TALK}
    assert mock.light == Colour(0.0, 0.0, 0.0)
    with pytest.raises(HardwareError, match="no microphone switch"):
        mock.switch_microphone(False)
    with pytest.raises(HardwareError, match="no button 'line'"):
        mock.press(Button.LINE)
    await panel.close()


class WatchedClock:
    """Tells when somebody looked at it."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.was_read = asyncio.Event()

    def __call__(self) -> float:
        self.was_read.set()
        return self.now_s


async def test_the_light_moves_while_it_should_and_stands_when_it_should() -> None:
    clock = WatchedClock()
    mock = MockPins(PINS)
    panel = GpioPanel(PINS, mock.open, now=clock)
    await panel.open()
    panel.show(Light.LISTENING)
    assert mock.light == Colour(1.0, 1.0, 1.0)
    clock.now_s = 0.7
    clock.was_read.clear()
    async with asyncio.timeout(5.0):
        await clock.was_read.wait()
    assert mock.light.red == pytest.approx(0.3)
    panel.show(Light.SPEAKING)
    clock.was_read.clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(4 * LIGHT_STEP_S):
            await clock.was_read.wait()
    await panel.close()
    assert mock.light == Colour(0.0, 0.0, 0.0)


async def test_asking_for_the_same_light_again_does_not_make_it_jump() -> None:
    clock = WatchedClock()
    mock = MockPins(PINS)
    panel = GpioPanel(PINS, mock.open, now=clock)
    await panel.open()
    panel.show(Light.ATTENTION)
    clock.now_s = 1.25
    clock.was_read.clear()
    async with asyncio.timeout(5.0):
        await clock.was_read.wait()
    before = mock.light
    panel.show(Light.ATTENTION)
    assert mock.light == before
    await panel.close()


async def test_lamps_with_a_common_plus_shine_alike() -> None:
    pins = Pins({Button.TALK: 17}, light=LightPins(is_lit_by_low=True))
    mock = MockPins(pins)
    panel = GpioPanel(pins, mock.open)
    await panel.open()
    panel.show(Light.MICROPHONE_OFF)
    assert mock.light.red == pytest.approx(0.6)
    assert (mock.light.green, mock.light.blue) == (0.0, 0.0)
    await panel.close()


async def test_a_lamp_that_fails_leaves_the_buttons_working(
    caplog: pytest.LogCaptureFixture,
) -> None:
    factory = MockFactory(pin_class=MockPWMPin)
    panel = GpioPanel(PINS, lambda: factory)
    await panel.open()
    # Somebody else turns the lamp's pin into an input: setting it is an error.
    factory.pin(12).function = "input"
    panel.show(Light.RINGING)
    factory.pin(17).drive_low()
    assert isinstance(await next_of(panel.events()), Pressed)
    assert "the light could not be set" in caplog.text
    await panel.close()


def no_chip() -> Any:
    raise HardwareError("no chip")


async def test_a_missing_chip_is_said_and_closing_still_works() -> None:
    panel = GpioPanel(PINS, no_chip)
    with pytest.raises(HardwareError, match="no chip"):
        await panel.open()
    await panel.close()


def test_a_missing_library_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiozero.pins.lgpio", None)
    with pytest.raises(HardwareError, match=r"lgpio.*cannot be loaded"):
        open_lgpio()


@pytest.mark.parametrize(
    ("pins", "sentence"),
    [
        (Pins({Button.LINE: 99}), "the button 'line' cannot use pin 99"),
        (Pins({}, microphone_switch=77), "the microphone switch cannot use pin 77"),
        (Pins({}, light=LightPins(green=55)), "the green lamp cannot use pin 55"),
        (
            Pins({Button.TALK: 17, Button.LINE: 17}),
            "the button 'talk' and the button 'line' share pin 17",
        ),
        (
            Pins({Button.TALK: 12}, light=LightPins()),
            "the button 'talk' and the red lamp share pin 12",
        ),
    ],
)
async def test_a_wrong_pin_is_named(pins: Pins, sentence: str) -> None:
    panel = GpioPanel(pins, MockPins(pins).open)
    with pytest.raises(HardwareError, match=sentence):
        await panel.open()
    await panel.close()


async def test_lamps_on_pins_that_cannot_be_dimmed_are_said() -> None:
    panel = GpioPanel(PINS, lambda: MockFactory(pin_class=MockPin))
    with pytest.raises(HardwareError, match="the red lamp cannot use pin 12"):
        await panel.open()


async def test_pins_are_free_again_after_a_failed_opening() -> None:
    factory = MockFactory(pin_class=MockPWMPin)
    wrong = Pins({Button.TALK: 17, Button.LINE: 99}, light=LightPins())
    with pytest.raises(HardwareError):
        await GpioPanel(wrong, lambda: factory).open()
    panel = GpioPanel(PINS, lambda: factory)
    await panel.open()
    await panel.close()


def test_the_usual_wiring_shares_no_pin_and_stays_clear_of_buses() -> None:
    numbers = [number for _, number in Pins.usual().named()]
    assert len(numbers) == len(set(numbers))
    assert not set(numbers) & {2, 3, 14, 15, 18, 19, 20, 21}
