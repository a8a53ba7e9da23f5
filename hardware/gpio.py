"""The panel on the pins of a Raspberry Pi, or on gpiozero's mock pins.

Each button closes its pin to ground; the pin's own pull-up holds it high. The
microphone switch closes its pin to ground when it is *on*, so that a broken wire
reads as "off": deaf and red, never secretly open. The light is three lamps
(red, green, blue) on PWM pins.
"""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import gpiozero

from hardware.gestures import STUCK_S, Gestures, MicrophoneSwitch
from hardware.inbox import HandOver, Inbox
from hardware.lights import DARK, colour_at, is_moving
from hardware.panel import Button, HardwareError, Light, PanelEvent

logger = logging.getLogger(__name__)

# 25 pictures a second: the eye sees a wave instead of steps.
LIGHT_STEP_S = 0.040


@dataclass(frozen=True, slots=True)
class LightPins:
    """BCM numbers of the three lamps of the light.

    Attributes:
        red: Pin of the red lamp.
        green: Pin of the green lamp.
        blue: Pin of the blue lamp.
        is_lit_by_low: True for lamps that share their plus (common anode).
    """

    red: int = 12
    green: int = 13
    blue: int = 16
    is_lit_by_low: bool = False


def _usual_buttons() -> Mapping[Button, int]:
    return {Button.TALK: 17, Button.FAMILY: 27, Button.LINE: 22}


@dataclass(frozen=True, slots=True)
class Pins:
    """What is wired to which pin, in BCM numbers (GPIO17 is 17).

    The usual numbers stay clear of I2C (2, 3), the serial port (14, 15) and
    I2S sound cards (18 to 21).

    Attributes:
        buttons: The buttons that are there, in the order of the panel.
        microphone_switch: None where there is no switch.
        light: None where there is no light.
    """

    buttons: Mapping[Button, int]
    microphone_switch: int | None = None
    light: LightPins | None = None

    @classmethod
    def usual(cls) -> "Pins":
        """Return three buttons and a light, as the wiring guide has them."""
        return cls(_usual_buttons(), light=LightPins())

    def named(self) -> list[tuple[str, int]]:
        """List all pins with the name of what is wired to them."""
        pins = [(f"the button {b.value!r}", pin) for b, pin in self.buttons.items()]
        if self.microphone_switch is not None:
            pins.append(("the microphone switch", self.microphone_switch))
        if self.light is not None:
            pins.append(("the red lamp", self.light.red))
            pins.append(("the green lamp", self.light.green))
            pins.append(("the blue lamp", self.light.blue))
        return pins


def open_lgpio() -> Any:
    """Open the Pi's own pins; to be passed to `GpioPanel`.

    Raises:
        HardwareError: If there is no chip with pins, or no access to it.
    """
    try:
        from gpiozero.pins.lgpio import LGPIOFactory
    except ImportError as error:
        raise HardwareError(
            f"the library lgpio, which drives the Pi's pins, cannot be loaded: {error}"
        ) from error
    except OSError as error:
        # lgpio makes its notification pipe where the process was started.
        raise HardwareError(
            "lgpio cannot make its pipe; the folder Praatpaal is started in, "
            f"{os.getcwd()}, must be writable: {error}"
        ) from error
    try:
        return LGPIOFactory()
    except Exception as error:
        # lgpio's own error has no base that can be imported everywhere.
        raise HardwareError(
            "no chip with pins could be opened; is this a Raspberry Pi, and may "
            f"this user read and write /dev/gpiochip0? ({error})"
        ) from error


@dataclass(frozen=True, slots=True)
class _Edge:
    """A contact that moved; `button` is None for the microphone switch."""

    button: Button | None
    is_closed: bool
    at_s: float


class GpioPanel:
    """Buttons, a light and a microphone switch on gpiozero's pins.

    gpiozero's threads only hand edges over; all deciding is done in the loop.
    A panel is opened once; after `close` or a failed `open`, make a new one.
    """

    def __init__(
        self,
        pins: Pins,
        open_factory: Callable[[], Any] = open_lgpio,
        *,
        now: Callable[[], float] = time.monotonic,
        stuck_s: float = STUCK_S,
    ) -> None:
        """Prepare a panel; nothing is claimed before `open`.

        Args:
            pins: What is wired where.
            open_factory: Gives a gpiozero pin factory, which the panel closes:
                `open_lgpio` on a Pi, `MockPins.open` elsewhere.
            now: Monotonic time in seconds.
            stuck_s: A button down for longer is reported as jammed, in seconds.
        """
        self._pins = pins
        self._open_factory = open_factory
        self._now = now
        self._gestures = Gestures(stuck_s)
        self._switch = MicrophoneSwitch(is_on=True)
        self._inbox = Inbox()
        self._light = Light.OFF
        self._light_since_s = now()
        self._light_changed = asyncio.Event()
        self._factory: Any = None
        self._devices: list[Any] = []
        self._lamps: tuple[Any, ...] = ()
        self._shown = DARK
        self._hand_over: HandOver[_Edge] | None = None
        self._light_task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    @property
    def buttons(self) -> frozenset[Button]:
        """The buttons that are wired."""
        return frozenset(self._pins.buttons)

    @property
    def microphone_is_on(self) -> bool:
        """Position of the hardware switch; True where there is none."""
        return self._switch.is_on

    async def open(self) -> None:
        """Claim the pins.

        Raises:
            HardwareError: If the chip or a pin is not there; names which.
        """
        self._refuse_shared_pins()
        self._factory = self._open_factory()
        self._hand_over = HandOver(asyncio.get_running_loop(), self._take)
        try:
            self._claim_light()
            for button, pin in self._pins.buttons.items():
                contact = self._claim_input(f"the button {button.value!r}", pin, button)
                if contact.is_active:
                    self._gestures.found_down(button, self._now())
            if self._pins.microphone_switch is not None:
                contact = self._claim_input(
                    "the microphone switch", self._pins.microphone_switch, None
                )
                self._switch = MicrophoneSwitch(is_on=bool(contact.is_active))
        except HardwareError:
            await self.close()
            raise
        self._paint()
        self._light_task = asyncio.create_task(self._move_light(), name="light")
        self._set_timer()
        logger.info("panel is open: %d buttons", len(self._pins.buttons))

    def events(self) -> AsyncIterator[PanelEvent]:
        """Presses and switch movements, as they come, until the panel closes.

        For one reader. At most 16 presses wait; when the reader is later than
        that, the oldest press is dropped.
        """
        return self._inbox.read()

    def show(self, light: Light) -> None:
        """Show a pattern until another one is shown."""
        if light is self._light:
            # The wave goes on undisturbed, however often it is asked for.
            return
        self._light = light
        self._light_since_s = self._now()
        self._paint()
        self._light_changed.set()

    async def close(self) -> None:
        """Light off, pins free; may be called twice."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._light_task is not None:
            task, self._light_task = self._light_task, None
            task.cancel()
            await asyncio.wait([task])
        if self._hand_over is not None:
            self._hand_over.close()
        self._lamps = ()
        while self._devices:
            self._devices.pop().close()
        if self._factory is not None:
            self._factory.close()
            self._factory = None
        self._inbox.close()

    def _refuse_shared_pins(self) -> None:
        users: dict[int, str] = {}
        for name, pin in self._pins.named():
            if pin in users:
                raise HardwareError(f"{users[pin]} and {name} share pin {pin}")
            users[pin] = name

    def _claim_input(self, name: str, pin: int, button: Button | None) -> Any:
        """Claim a pin with a contact to ground, and listen to its edges."""
        assert self._hand_over is not None
        try:
            contact = gpiozero.DigitalInputDevice(
                pin, pull_up=True, pin_factory=self._factory
            )
        except Exception as error:
            # Each pin library has errors of its own, without a common base.
            raise _claim_error(name, pin, error) from error
        self._devices.append(contact)
        contact.when_activated = partial(self._edge, button, True)
        contact.when_deactivated = partial(self._edge, button, False)
        return contact

    def _claim_light(self) -> None:
        light = self._pins.light
        if light is not None:
            self._lamps = (
                self._claim_lamp("the red lamp", light.red, light.is_lit_by_low),
                self._claim_lamp("the green lamp", light.green, light.is_lit_by_low),
                self._claim_lamp("the blue lamp", light.blue, light.is_lit_by_low),
            )

    def _claim_lamp(self, name: str, pin: int, is_lit_by_low: bool) -> Any:
        try:
            lamp = gpiozero.PWMLED(
                pin, active_high=not is_lit_by_low, pin_factory=self._factory
            )
        except Exception as error:
            # As above: the pin libraries' errors have no common base.
            raise _claim_error(name, pin, error) from error
        self._devices.append(lamp)
        return lamp

    def _edge(self, button: Button | None, is_closed: bool) -> None:
        """Hand over one edge; runs in a thread of the pin library."""
        assert self._hand_over is not None
        self._hand_over.give(_Edge(button, is_closed, self._now()))

    def _take(self, edge: _Edge) -> None:
        """Decide on one edge; runs in the loop."""
        if self._is_closed:
            return
        event: PanelEvent | None = None
        if edge.button is None:
            event = self._switch.moved(edge.is_closed, edge.at_s)
        elif edge.is_closed:
            event = self._gestures.down(edge.button, edge.at_s)
        else:
            self._gestures.up(edge.button, edge.at_s)
        if event is not None:
            self._inbox.put(event)
        self._set_timer()

    def _set_timer(self) -> None:
        """Wake up when a button may be jammed or the switch has come to rest."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        times = (self._gestures.next_due_s(), self._switch.next_due_s())
        due_s = min((time_s for time_s in times if time_s is not None), default=None)
        if due_s is not None:
            # A millisecond more: a timer may fire a hair early.
            wait_s = max(0.0, due_s - self._now()) + 0.001
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._due)

    def _due(self) -> None:
        now_s = self._now()
        switched = self._switch.due(now_s)
        if switched is not None:
            self._inbox.put(switched)
        for stuck in self._gestures.due(now_s):
            what = "is jammed" if stuck.is_stuck else "came free"
            logger.warning("the button %s %s", stuck.button, what)
            self._inbox.put(stuck)
        self._set_timer()

    async def _move_light(self) -> None:
        """Refresh the lamps while the pattern moves; sleep while it stands."""
        while True:
            self._light_changed.clear()
            if is_moving(self._light) and self._lamps:
                try:
                    async with asyncio.timeout(LIGHT_STEP_S):
                        await self._light_changed.wait()
                except TimeoutError:
                    self._paint()
            else:
                await self._light_changed.wait()

    def _paint(self) -> None:
        if not self._lamps:
            return
        colour = colour_at(self._light, self._now() - self._light_since_s)
        if colour == self._shown:
            return
        self._shown = colour
        try:
            for lamp, brightness in zip(
                self._lamps, (colour.red, colour.green, colour.blue), strict=True
            ):
                lamp.value = brightness
        except Exception:
            # A lamp that fails must not take the buttons with it.
            logger.exception("the light could not be set; it is left as it is")
            self._lamps = ()


def _claim_error(name: str, pin: int, error: Exception) -> HardwareError:
    return HardwareError(f"{name} cannot use pin {pin}: {error}")
