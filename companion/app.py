"""Builds Praatpaal from real parts; the only place that does.

Parts are opened side by side. What cannot be opened is said on the light and the
screen, and tried again; the rest works meanwhile.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TextIO

from companion.clock import SystemClock
from companion.companion import Companion, Parts
from companion.journal import Journal
from companion.lasting import LastingPanel, LastingScreen
from companion.memory import Memory
from companion.people import People, Person
from companion.ports import Clock, Ears, Panel, Screen
from companion.settings import (
    DeviceSettings,
    MouthSettings,
    Settings,
    resolve,
)
from companion.simulator.browser_ears import BrowserEars
from companion.simulator.browser_screen import BrowserScreen
from companion.simulator.browser_sound import BrowserSound
from companion.simulator.server import Simulator
from companion.store import Store, StoreError, open_memory_store, open_store
from companion.systemd import ServiceManager
from companion.typed import TypedDevice, TypedScreen, lines_of
from companion.understanding.meaning import Understanding
from companion.wording import load_phrasebook
from hardware.gpio import GpioPanel, LightPins, Pins, open_lgpio
from hardware.mock_pins import MockPins
from hardware.panel import Button
from hardware.pi import is_raspberry_pi
from hardware.screen import NoScreen
from hardware.sdl_screen import SdlScreen
from hardware.settings import ABSENT, ButtonsSettings
from hardware.terminal import TerminalPanel
from voice.activity import VoiceActivity
from voice.audio import SoundDevice
from voice.chimes import chime_samples
from voice.ears import Ears as VoiceEars
from voice.espeak_synthesiser import EspeakSynthesiser
from voice.files import FileSound
from voice.models import Model, ModelStore
from voice.mouth import Mouth
from voice.path import AudioPath
from voice.phrase_cache import PhraseCache
from voice.piper_synthesiser import PiperSynthesiser
from voice.recogniser import Recogniser
from voice.soundcard import SoundCard
from voice.synthesiser import Synthesiser
from voice.vosk_recogniser import VoskRecogniser
from voice.whisper_recogniser import WhisperRecogniser

logger = logging.getLogger(__name__)

LANGUAGE = "nl"
MBROLA_VOICE = "mb-nl2"

# A press must be answered this soon after the start, whatever still loads.
READY_WITHIN_S = 8.0
CLOSE_WITHIN_S = 1.5
LOOK_AT_ENGINES_S = 2.0

# The simulator has every button, so that all can be tried; wires are free there.
SIMULATED_PINS = Pins(
    buttons=dict(zip(Button, (17, 27, 22, 5, 6, 23, 24), strict=True)),
    microphone_switch=25,
    light=LightPins(12, 13, 19),
)

Tell = Callable[[str], None]


def build_recognisers(settings: Settings, models: ModelStore) -> list[Recogniser]:
    """The installed recognisers, best first; empty when none is installed."""
    chosen = settings.ears
    kinds = ("vosk", "whisper") if chosen.recogniser == "auto" else (chosen.recogniser,)
    installed = [
        model
        for kind in kinds
        for model in models.manifest
        if model.kind == kind
        and model.language in (LANGUAGE, "multi")
        and chosen.model in ("", model.name)
        and models.is_installed(model)
    ]
    return [build_recogniser(model, models.path_of(model)) for model in installed]


def build_recogniser(model: Model, folder: Path) -> Recogniser:
    """The engine that an installed model is for."""
    if model.kind == "vosk":
        return VoskRecogniser(folder, name=model.name)
    return WhisperRecogniser(folder, LANGUAGE, name=model.name)


def build_synthesisers(chosen: MouthSettings, models: ModelStore) -> list[Synthesiser]:
    """The voices that can speak, the most wanted first; espeak-ng is always last."""
    voices: list[Synthesiser] = []
    if chosen.engine in ("auto", "piper"):
        voices += [
            PiperSynthesiser(models.path_of(model))
            for model in models.manifest
            if model.kind == "piper"
            and model.language == LANGUAGE
            and chosen.voice in ("", model.name)
            and models.is_installed(model)
        ]
    if chosen.engine == "mbrola":
        voices.append(EspeakSynthesiser(chosen.voice or MBROLA_VOICE))
    if chosen.engine == "espeak" and chosen.voice:
        voices.append(EspeakSynthesiser(chosen.voice))
    return [*voices, EspeakSynthesiser()]


def build_panel(settings: Settings) -> Panel:
    """Buttons and light on the Pi's own pins."""
    return GpioPanel(pins_of(settings.buttons), open_lgpio)


def build_screen() -> Screen:
    """The television or window."""
    return SdlScreen()


def pins_of(buttons: ButtonsSettings) -> Pins:
    """What is wired to which pin."""
    return Pins(
        buttons={
            button: getattr(buttons, button.value)
            for button in Button
            if getattr(buttons, button.value) != ABSENT
        },
        microphone_switch=_fitted(buttons.microphone_switch),
        light=(
            None
            if ABSENT in (buttons.light_red, buttons.light_green, buttons.light_blue)
            else LightPins(buttons.light_red, buttons.light_green, buttons.light_blue)
        ),
    )


def _fitted(pin: int) -> int | None:
    return None if pin == ABSENT else pin


class _Faults:
    """Collects faults until there is a companion to show them."""

    def __init__(self) -> None:
        self.companion: Companion | None = None
        self._early: dict[str, bool] = {}

    def of(self, part: str) -> Callable[[bool], None]:
        """What a part calls when it breaks and when it works again."""

        def tell(is_faulty: bool) -> None:
            if self.companion is None:
                self._early[part] = is_faulty
            else:
                self.companion.fault(part, is_faulty)

        return tell

    def attach(self, companion: Companion) -> None:
        """Show what was collected, and pass on what comes."""
        self.companion = companion
        for part, is_faulty in self._early.items():
            companion.fault(part, is_faulty)
        self._early.clear()


@asynccontextmanager
async def open_memory(
    settings: Settings, clock: Clock, on_fault: Callable[[bool], None]
) -> AsyncIterator[tuple[Memory, Store]]:
    """The journal, with a spare in memory for what a broken card refuses.

    Yields:
        The memory, and the store that also holds the people.
    """
    try:
        store = await asyncio.to_thread(
            open_store, settings.folders.journal_path(), clock.now()
        )
    except StoreError as error:
        logger.error("the journal cannot be opened: %s", type(error).__name__)
        on_fault(True)
        store = open_memory_store()
    else:
        on_fault(store.was_damaged is not None)
    memory = Memory(
        Journal(store, settings.journal.keep_words),
        Journal(open_memory_store()),
        on_fault,
    )
    try:
        yield memory, store
    finally:
        await memory.close()


class Device:
    """All parts of one device, real and simulated, as the settings name them."""

    def __init__(self, settings: Settings, faults: _Faults) -> None:
        """Choose the parts; nothing is opened yet."""
        self.settings = settings
        self.kinds = resolve(settings.device, is_raspberry_pi())
        self.pins = MockPins(SIMULATED_PINS)
        self.simulator = self._simulator() if self._needs_page() else None
        self.panel: Panel = self._panel(faults)
        self.screen: Screen = self._screen(faults)
        self.sound = self._sound()
        self.path = AudioPath(self.sound)
        models = ModelStore(settings.folders.models_path())
        self.mouth = Mouth(
            self.path,
            build_synthesisers(settings.mouth, models),
            PhraseCache(settings.folders.state_path() / "phrases"),
            chime_samples,
            volume=settings.mouth.volume,
            rate_wpm=settings.mouth.rate_wpm,
        )
        self.voice_ears = VoiceEars(
            self.path, VoiceActivity, build_recognisers(settings, models)
        )
        self.ears: Ears = (
            BrowserEars(self.voice_ears, self.sound)
            if isinstance(self.sound, BrowserSound)
            else self.voice_ears
        )
        self._faults = faults
        self._loading: set[asyncio.Task[None]] = set()

    @property
    def simulated(self) -> tuple[str, ...]:
        """Names of the parts that are simulated: "panel", "screen", "sound"."""
        real = {"gpio", "sdl", "soundcard", "none"}
        kinds = {
            "panel": self.kinds.panel,
            "screen": self.kinds.screen,
            "sound": self.kinds.sound,
        }
        return tuple(name for name, kind in kinds.items() if kind not in real)

    async def open(self) -> None:
        """Open all parts side by side; returns when each was tried once."""
        self.path.on_state(lambda state: self._faults.of("sound")(not state.is_working))
        self.mouth.on_fault(
            lambda state: self._faults.of("mouth")(state.speaking_with is None)
        )
        if self.simulator is not None:
            await self.simulator.open()
        opened = [
            asyncio.create_task(part)
            for part in (
                self.panel.open(),
                self.screen.open(),
                self.path.open(),
                self.mouth.start(),
                self.voice_ears.open(),
            )
        ]
        done, loading = await asyncio.wait(opened, timeout=READY_WITHIN_S)
        self._loading = loading
        for part in done:
            part.result()
        self._faults.of("sound")(not self.path.state.is_working)

    async def watch(self) -> None:
        """Tell of recognisers that break and come back, without end."""
        while True:
            self._faults.of("recogniser")(not self.voice_ears.ready)
            await asyncio.sleep(LOOK_AT_ENGINES_S)

    async def close(self) -> None:
        """Close all parts side by side; one that hangs does not keep the others."""
        for task in self._loading:
            task.cancel()
        parts: list[Awaitable[None]] = [
            self.voice_ears.close(),
            self.mouth.close(),
            self.path.close(),
            self.panel.close(),
            self.screen.close(),
        ]
        if self.simulator is not None:
            parts.append(self.simulator.close())
        closing = [asyncio.ensure_future(part) for part in parts]
        _, hanging = await asyncio.wait(closing, timeout=CLOSE_WITHIN_S)
        for task in hanging:
            logger.warning("a part does not close in time")
            task.cancel()

    def open_conversation(self, is_open: bool) -> None:
        """Outside a conversation no sound reaches a recogniser."""
        if is_open:
            self.path.begin_conversation()
        else:
            self.path.end_conversation()

    def _needs_page(self) -> bool:
        kinds = self.kinds
        return "browser" in (kinds.panel, kinds.screen, kinds.sound)

    def _simulator(self) -> Simulator:
        has_panel = self.kinds.panel == "browser"
        return Simulator(
            self.kinds.simulator_port,
            pins=self.pins if has_panel else None,
            buttons=SIMULATED_PINS.buttons,
            has_switch=has_panel,
        )

    def _panel(self, faults: _Faults) -> Panel:
        match self.kinds.panel:
            case "browser":
                return GpioPanel(SIMULATED_PINS, self.pins.open)
            case "terminal":
                return TerminalPanel()
            case _:
                return LastingPanel(
                    lambda: build_panel(self.settings),
                    frozenset(pins_of(self.settings.buttons).buttons),
                    faults.of("panel"),
                )

    def _screen(self, faults: _Faults) -> Screen:
        if self.kinds.screen == "browser" and self.simulator is not None:
            return BrowserScreen(self.simulator.tabs)
        if self.kinds.screen == "none":
            return NoScreen()
        return LastingScreen(build_screen, faults.of("screen"))

    def _sound(self) -> SoundDevice:
        device: DeviceSettings = self.kinds
        if device.sound == "browser" and self.simulator is not None:
            return BrowserSound(self.simulator.tabs)
        if device.sound == "files":
            return FileSound(device.microphone_file, device.loudspeaker_file)
        return SoundCard(
            self.settings.sound.microphone, self.settings.sound.loudspeaker
        )


async def run_device(
    settings: Settings,
    banner: Callable[[Sequence[str]], str],
    ready: Callable[[str], None],
) -> None:
    """Be a Praatpaal until SIGTERM or SIGINT.

    Args:
        settings: What was chosen.
        banner: The text that names these simulated parts.
        ready: Told the address of the simulator's page (empty without one) when
            a press is answered.

    Raises:
        SimulatorError: If its port is taken.
    """
    manager = ServiceManager()
    clock = SystemClock(settings.device.time_zone)
    faults = _Faults()
    stop = _stop_on_signals()
    async with AsyncExitStack() as stack:
        memory, store = await stack.enter_async_context(
            open_memory(settings, clock, faults.of("store"))
        )
        device = Device(settings, faults)
        stack.push_async_callback(device.close)
        companion = Companion(
            Parts(
                ears=device.ears,
                mouth=device.mouth,
                panel=device.panel,
                screen=device.screen,
                memory=memory,
                clock=clock,
                people=_people_of(store),
                open_conversation=device.open_conversation,
                switch_microphone=device.path.set_microphone,
            ),
            settings,
            load_phrasebook(LANGUAGE),
            Understanding(),
            banner(device.simulated),
        )
        faults.attach(companion)
        await device.open()
        running = asyncio.gather(
            companion.run(),
            device.watch(),
            manager.keep_alive(lambda: companion.is_alive),
        )
        manager.ready()
        ready(device.simulator.url if device.simulator else "")
        await _until(stop, running)
        manager.stopping()


async def run_typed(
    settings: Settings, lines: TextIO, write: Tell, unknown: str
) -> None:
    """Be a Praatpaal on a keyboard until the input ends.

    Args:
        settings: What was chosen.
        lines: What is typed, or a script.
        write: Prints a line.
        unknown: Said about a slash word that is no button, with {word}.
    """
    clock = SystemClock(settings.device.time_zone)
    faults = _Faults()
    typed = TypedDevice(write, unknown)
    async with open_memory(settings, clock, faults.of("store")) as (memory, store):
        companion = Companion(
            Parts(
                ears=typed,
                mouth=typed,
                panel=typed,
                screen=TypedScreen(typed),
                memory=memory,
                clock=clock,
                people=_people_of(store),
                open_conversation=typed.converse,
            ),
            settings,
            load_phrasebook(LANGUAGE),
            Understanding(),
        )
        faults.attach(companion)
        running = asyncio.ensure_future(companion.run())
        reading = asyncio.ensure_future(typed.read(lines_of(lines)))
        await _until(reading, running)


def _people_of(store: Store) -> Callable[[], Awaitable[Sequence[Person]]]:
    people = People(store)

    async def list_people() -> Sequence[Person]:
        try:
            return await asyncio.to_thread(people.all)
        except StoreError:
            return ()

    return list_people


def _stop_on_signals() -> asyncio.Future[None]:
    """Resolved at the first SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()

    def on_signal() -> None:
        if not stop.done():
            stop.set_result(None)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    return stop


async def _until(end: asyncio.Future[None], work: asyncio.Future[Any]) -> None:
    """Work until the end comes; a work that fails raises its error."""
    both: set[asyncio.Future[Any]] = {end, work}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    if work.done():
        work.result()
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work
