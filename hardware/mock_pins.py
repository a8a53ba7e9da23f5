"""Fingers and eyes for gpiozero's mock pins.

The simulator and the tests press these; `GpioPanel` above them is the very code
that runs on the Pi.
"""

from typing import Any

from gpiozero.pins.mock import MockFactory, MockPWMPin

from hardware.gpio import Pins
from hardware.lights import DARK, Colour
from hardware.panel import Button, HardwareError


class MockPins:
    """The wires of a panel that has no hardware.

    Contacts keep their position while no panel is open, as real ones do.
    """

    def __init__(self, pins: Pins) -> None:
        """Wire up; no button is down and the microphone switch is on."""
        self._pins = pins
        self._closed: set[int] = set()
        self._factory: Any = None
        if pins.microphone_switch is not None:
            self._closed.add(pins.microphone_switch)

    def open(self) -> Any:
        """Give a pin factory; to be passed to `GpioPanel`."""
        self._factory = MockFactory(pin_class=_contact_pin_class(self._closed))
        return self._factory

    def press(self, button: Button) -> None:
        """Push a button down, and keep it down.

        Raises:
            HardwareError: If there is no such button.
        """
        self._set_contact(self._button_pin(button), is_closed=True)

    def release(self, button: Button) -> None:
        """Let a button come up.

        Raises:
            HardwareError: If there is no such button.
        """
        self._set_contact(self._button_pin(button), is_closed=False)

    def switch_microphone(self, is_on: bool) -> None:
        """Move the microphone switch.

        Raises:
            HardwareError: If there is no such switch.
        """
        if self._pins.microphone_switch is None:
            raise HardwareError("this panel has no microphone switch")
        self._set_contact(self._pins.microphone_switch, is_closed=is_on)

    @property
    def microphone_is_on(self) -> bool:
        """Position of the microphone switch; True when there is none."""
        switch = self._pins.microphone_switch
        return switch is None or switch in self._closed

    @property
    def light(self) -> Colour:
        """What the lamps show now; dark without a light or an open panel."""
        light = self._pins.light
        if light is None or self._factory is None:
            return DARK
        red, green, blue = (
            self._brightness(pin, light.is_lit_by_low)
            for pin in (light.red, light.green, light.blue)
        )
        return Colour(red, green, blue)

    def _brightness(self, pin: int, is_lit_by_low: bool) -> float:
        state = self._pin(pin)
        if state is None or state.function != "output":
            return 0.0
        level = float(state.state)
        return 1.0 - level if is_lit_by_low else level

    def _button_pin(self, button: Button) -> int:
        if button not in self._pins.buttons:
            raise HardwareError(f"this panel has no button {button.value!r}")
        return self._pins.buttons[button]

    def _set_contact(self, number: int, *, is_closed: bool) -> None:
        if is_closed:
            self._closed.add(number)
        else:
            self._closed.discard(number)
        pin = self._pin(number)
        if pin is None:
            return
        if is_closed:
            pin.drive_low()
        else:
            pin.drive_high()

    def _pin(self, number: int) -> Any:
        """Return the mock pin, or None while no panel has claimed it."""
        if self._factory is None:
            return None
        for info, pin in self._factory.pins.items():
            if info.name == f"GPIO{number}":
                return pin
        return None


def _contact_pin_class(closed: set[int]) -> Any:
    """Make a kind of mock pin whose contact is stronger than its pull-up.

    gpiozero's own drives a pin to its pull when it is claimed, as if every
    contact were open. Made with `type`, because gpiozero has no types and a
    class statement could not be checked.
    """

    def set_pull(self: Any, value: str) -> None:
        MockPWMPin._set_pull(self, value)
        if self.function == "input" and any(
            self.info.name == f"GPIO{number}" for number in closed
        ):
            self.drive_low()

    return type("ContactPin", (MockPWMPin,), {"_set_pull": set_pull})
