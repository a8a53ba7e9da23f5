"""The parts of one device, real and simulated, as the settings name them.

What cannot be opened is said on the light and the screen, and tried again; the rest
works meanwhile.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from av.video.frame import VideoFrame

from companion.call_screen import CallScreen, WatchedScreen
from companion.choosing import LANGUAGE, choose, hears_people
from companion.companion import address, shown_name
from companion.family_line import FamilyLine
from companion.lasting import LastingPanel, LastingScreen, OnFault
from companion.ports import Ears, Panel, Screen
from companion.recordable import recordables, sentences_by_name
from companion.settings import MouthSettings, Settings, resolve, resolve_camera
from companion.simulator.browser_camera import BrowserCamera
from companion.simulator.browser_ears import BrowserEars
from companion.simulator.browser_screen import BrowserScreen
from companion.simulator.browser_sound import BrowserSound
from companion.simulator.server import Simulator
from companion.vocabulary import sentence_words
from companion.wording import load_phrasebook
from hardware.camera import Camera
from hardware.cameras import FileCamera, TestCamera, V4l2Camera
from hardware.gpio import GpioPanel, LightPins, Pins, open_lgpio
from hardware.mock_pins import MockPins
from hardware.panel import Button
from hardware.pi import is_raspberry_pi
from hardware.screen import NoScreen, ShowsPictures
from hardware.sdl_screen import SdlScreen
from hardware.settings import ABSENT, ButtonsSettings
from hardware.television import Television
from hardware.terminal import TerminalPanel
from voice.activity import activity_in_noise
from voice.audio import SoundDevice
from voice.chimes import chime_samples
from voice.ears import Ears as VoiceEars
from voice.echo import CancelledBefore, WebRtcEchoCanceller
from voice.engines import LOADING
from voice.espeak_synthesiser import EspeakSynthesiser
from voice.files import FileSound
from voice.growing import GrowingModel
from voice.models import Model, ModelStore
from voice.mouth import Mouth
from voice.own_words import growing
from voice.path import AudioPath, SoundState
from voice.phrase_cache import PhraseCache
from voice.piper_synthesiser import PiperSynthesiser
from voice.recogniser import Recogniser
from voice.recordings import Recordings
from voice.soundcard import SoundCard
from voice.synthesiser import Synthesiser
from voice.vosk_recogniser import VoskRecogniser
from voice.whisper_recogniser import WhisperRecogniser

logger = logging.getLogger(__name__)

MBROLA_VOICE = "mb-nl2"

TELEVISION_NAME = "Praatpaal"
"""What a television calls our input."""

# A press is answered within 8 s of the start, whatever still loads; a Pi spends
# up to 3 s of those on reading the program itself.
OPEN_WITHIN_S = 5.0
CLOSE_WITHIN_S = 1.5
LOOK_AT_ENGINES_S = 2.0

# The simulator has every button, so that all can be tried; wires are free there.
SIMULATED_PINS = Pins(
    buttons=dict(zip(Button, (17, 27, 22, 5, 6, 23, 24), strict=True)),
    microphone_switch=25,
    light=LightPins(),
)

Names = Callable[[], Sequence[str] | None]
"""The words of people's names; None while they cannot be read. May block for disk."""


def chosen_models(settings: Settings, models: ModelStore) -> tuple[Model, ...]:
    """The recognisers that the settings choose among the installed ones."""
    sound = resolve(settings.device, is_raspberry_pi()).sound
    return choose(settings.ears, sound, models.installed)


def build_recognisers(
    settings: Settings, models: ModelStore, names: Names | None = None
) -> list[Recogniser]:
    """The chosen recognisers, best first; empty when none is installed.

    Args:
        settings: What was chosen.
        models: What is installed.
        names: Of the people, for a model to which they can be added; None: those
            that were added before.
    """
    chosen = chosen_models(settings, models)
    return [build_recogniser(model, models, names) for model in chosen]


def build_recogniser(
    model: Model, models: ModelStore, names: Names | None = None
) -> Recogniser:
    """The engine that an installed model is for."""
    folder = models.path_of(model)
    if model.kind == "whisper":
        return WhisperRecogniser(folder, LANGUAGE, name=model.name)
    if not model.is_bundled:
        return VoskRecogniser(folder, name=model.name)
    grown = build_growing(model, models)
    return VoskRecogniser(
        lambda: grown.follow(None if names is None else names()),
        name=model.name,
        marks=models.folder,
    )


def build_growing(model: Model, models: ModelStore) -> GrowingModel:
    """A bundled model, to which words can be added; it knows those of all sentences."""
    return growing(models.path_of(model), models.folder, sentence_words)


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


def build_recordings(settings: Settings) -> Recordings:
    """What people recorded in place of the voice; `open` looks what there is."""
    person = address(settings.person)
    return Recordings(
        settings.recordings_path(),
        settings.folders.state_path() / "recordings-kept",
        sentences_by_name(recordables(load_phrasebook(LANGUAGE), person)),
    )


def build_panel(settings: Settings) -> Panel:
    """Buttons and light on the Pi's own pins."""
    return GpioPanel(pins_of(settings.buttons), open_lgpio)


def build_screen() -> Screen:
    """The television or window."""
    return SdlScreen()


def build_sound_card(settings: Settings) -> SoundCard:
    """The microphone and loudspeaker of this machine."""
    return SoundCard(settings.sound.microphone, settings.sound.loudspeaker)


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


class Faults:
    """What is broken now, told to the companion as soon as there is one."""

    def __init__(self) -> None:
        """Begin with everything whole, and nobody to tell."""
        self._broken: set[str] = set()
        self._show: Callable[[str, bool], None] | None = None

    def of(self, part: str) -> OnFault:
        """What a part calls when it breaks and when it works again."""
        return lambda is_faulty: self._tell(part, is_faulty)

    def show_to(self, show: Callable[[str, bool], None]) -> None:
        """Show what is broken already, and every change from here on."""
        self._show = show
        for part in sorted(self._broken):
            show(part, True)

    def _tell(self, part: str, is_faulty: bool) -> None:
        if is_faulty == (part in self._broken):
            return
        if is_faulty:
            self._broken.add(part)
        else:
            self._broken.remove(part)
        logger.warning("%s %s", part, "is broken" if is_faulty else "works again")
        if self._show is not None:
            self._show(part, is_faulty)


class Device:
    """All parts of one device, real and simulated, as the settings name them.

    Attributes:
        panel: Buttons and light.
        screen: What is looked at.
        path: The one way of all sound.
        mouth: Speaks.
        ears: Hears.
        call_screen: Where the picture of a call is seen.
        family: The telephone to family.
        hears_people: False where only synthetic speech is understood.
        simulator: The page; None where every part is real.
    """

    def __init__(
        self, settings: Settings, faults: Faults, names: Names | None = None
    ) -> None:
        """Choose the parts; nothing is opened yet.

        Args:
            settings: What was chosen.
            faults: Told of parts that break, and that work again.
            names: As for `build_recognisers`.
        """
        self._settings = settings
        self._kinds = resolve(settings.device, is_raspberry_pi())
        self._faults = faults
        self._opening: list[asyncio.Task[None]] = []
        self._expected: Sequence[str] = ()
        self._told_missing: set[str] = set()
        pins = MockPins(SIMULATED_PINS)
        self.simulator = self._make_simulator(pins)
        self.panel: Panel = self._make_panel(pins)
        self._drawn = self._make_screen()
        sound = self._make_sound()
        self.path = AudioPath(
            sound,
            # The page asks the browser to take our voice out.
            cancel_echo=(
                CancelledBefore()
                if isinstance(sound, BrowserSound)
                else WebRtcEchoCanceller()
            ),
        )
        models = ModelStore(settings.folders.models_path())
        self._recordings = build_recordings(settings)
        self.mouth = Mouth(
            self.path,
            build_synthesisers(settings.mouth, models),
            PhraseCache(settings.folders.state_path() / "phrases"),
            chime_samples,
            recorded=self._recordings,
            volume=settings.mouth.volume,
            rate_wpm=settings.mouth.rate_wpm,
        )
        self.path.follow_volume(lambda: self.mouth.gain_db)
        chosen = chosen_models(settings, models)
        self.hears_people = hears_people(chosen)
        if not (chosen and self.hears_people):
            logger.warning(
                "no recogniser here understands people; there is one with:"
                " praatpaal models install --default"
            )
        self._recognisers = build_recognisers(settings, models, names)
        self._voice_ears = VoiceEars(
            self.path,
            activity_in_noise,
            self._recognisers,
            is_interruptible=settings.ears.interruption,
        )
        self.ears: Ears = self._voice_ears
        if isinstance(sound, BrowserSound):
            self.ears = BrowserEars(self._voice_ears, sound)
        self.call_screen = CallScreen(
            self._show_picture,
            Television(TELEVISION_NAME) if self._kinds.television == "yes" else None,
        )
        self.screen: Screen = WatchedScreen(self._drawn, self.call_screen)
        self.family = FamilyLine(
            settings.hub,
            settings.calls.hub,
            settings.folders.state_path(),
            shown_name(settings.person),
            open_line=self.path.open_line,
            camera=self._make_camera(),
            show=self.call_screen.show,
            on_fault=faults.of("hub"),
            is_busy=lambda: self.path.is_in_conversation,
        )

    @property
    def simulated(self) -> tuple[str, ...]:
        """Names of the parts that are simulated, such as "panel"."""
        real = {"gpio", "sdl", "soundcard", "v4l2", "none"}
        kinds = {
            "panel": self._kinds.panel,
            "screen": self._kinds.screen,
            "sound": self._kinds.sound,
            "camera": resolve_camera(self._settings.camera, self._kinds).kind,
        }
        return tuple(name for name, kind in kinds.items() if kind not in real)

    async def open(self) -> None:
        """Open all parts side by side; returns when each was tried once.

        Or when a press must be answered: a part that takes longer goes on.

        Raises:
            SimulatorError: If the port of the page is taken.
        """
        self.path.on_state(self._tell_sound)
        self.mouth.on_fault(
            lambda state: self._faults.of("mouth")(state.speaking_with is None)
        )
        if self.simulator is not None:
            await self.simulator.open()
        self._opening = [
            asyncio.create_task(_careful(name, opening))
            for name, opening in (
                ("panel", self.panel.open()),
                ("screen", self.screen.open()),
                ("sound", self.path.open()),
                ("mouth", self.mouth.start()),
                ("ears", self._voice_ears.open()),
            )
        ]
        await asyncio.wait(self._opening, timeout=OPEN_WITHIN_S)
        # New recordings may take minutes; until then the voice says those.
        looking = _careful("recordings", self._recordings.open())
        self._opening.append(asyncio.create_task(looking))
        # A card that hangs has told nothing yet.
        self._faults.of("sound")(not self.path.state.is_working)

    def _tell_sound(self, state: SoundState) -> None:
        if state.reason != "closed":
            self._faults.of("sound")(not state.is_working)

    async def watch(self) -> None:
        """Tell of recognisers and of an echo canceller that break, without end."""
        while True:
            self._tell_missing_words()
            ears = self._voice_ears
            # One that still loads is no fault: nobody needs to do anything.
            is_loading = LOADING in ears.faults.values()
            self._faults.of("recogniser")(not ears.ready and not is_loading)
            is_wanted = self._settings.ears.interruption
            self._faults.of("echo")(is_wanted and bool(self.path.echo_fault))
            await asyncio.sleep(LOOK_AT_ENGINES_S)

    def expect(self, phrases: Sequence[str]) -> None:
        """Take what may be answered, to tell once which words a model lacks."""
        self._expected = phrases

    def _tell_missing_words(self) -> None:
        for recogniser in self._recognisers:
            name = recogniser.name
            if (
                isinstance(recogniser, VoskRecogniser)
                and self._expected
                and name in self._voice_ears.ready
                and name not in self._told_missing
            ):
                self._told_missing.add(name)
                if missing := recogniser.missing_words(self._expected):
                    # Words of our own phrases: nobody said them, none is a name.
                    listed = ", ".join(missing)
                    logger.warning("%s does not know: %s", name, listed)

    async def close(self) -> None:
        """Close all parts side by side; one that hangs does not keep the others."""
        for task in self._opening:
            task.cancel()
        closing = [
            asyncio.create_task(_careful(name, part))
            for name, part in (
                ("ears", self._voice_ears.close()),
                ("mouth", self.mouth.close()),
                ("sound", self.path.close()),
                ("panel", self.panel.close()),
                ("screen", self.screen.close()),
            )
        ]
        if self.simulator is not None:
            page = _careful("simulator", self.simulator.close())
            closing.append(asyncio.create_task(page))
        _, hanging = await asyncio.wait(
            [*self._opening, *closing], timeout=CLOSE_WITHIN_S
        )
        for task in hanging:
            logger.warning("a part does not close in time")
            task.cancel()

    def open_conversation(self, is_open: bool) -> None:
        """Outside a conversation no sound reaches a recogniser."""
        if is_open:
            self.path.begin_conversation()
        else:
            self.path.end_conversation()

    def _make_simulator(self, pins: MockPins) -> Simulator | None:
        kinds = self._kinds
        if "browser" not in (kinds.panel, kinds.screen, kinds.sound):
            return None
        has_panel = kinds.panel == "browser"
        return Simulator(
            kinds.simulator_port,
            pins=pins if has_panel else None,
            buttons=SIMULATED_PINS.buttons,
            has_switch=has_panel,
        )

    def _make_panel(self, pins: MockPins) -> Panel:
        match self._kinds.panel:
            case "browser":
                return GpioPanel(SIMULATED_PINS, pins.open)
            case "terminal":
                return LastingPanel(
                    TerminalPanel, frozenset(Button), self._faults.of("panel")
                )
            case _:
                wired = pins_of(self._settings.buttons)
                return LastingPanel(
                    lambda: build_panel(self._settings),
                    frozenset(wired.buttons),
                    self._faults.of("panel"),
                    has_switch=wired.microphone_switch is not None,
                )

    def _make_screen(self) -> Screen:
        if self._kinds.screen == "browser" and self.simulator is not None:
            return BrowserScreen(self.simulator.tabs, self.simulator.pictures)
        if self._kinds.screen == "none":
            return NoScreen()
        return LastingScreen(build_screen, self._faults.of("screen"))

    def _make_camera(self) -> Camera | None:
        chosen = resolve_camera(self._settings.camera, self._kinds)
        match chosen.kind:
            case "browser" if self.simulator is not None:
                return BrowserCamera(self.simulator.tabs, self.simulator.pictures)
            case "v4l2":
                return V4l2Camera(chosen.device)
            case "file":
                return FileCamera(Path(chosen.file))
            case "test":
                return TestCamera()
        return None

    def _show_picture(self, picture: VideoFrame | None) -> None:
        if isinstance(self._drawn, ShowsPictures):
            self._drawn.show_picture(picture)

    def _make_sound(self) -> SoundDevice:
        kinds = self._kinds
        if kinds.sound == "browser" and self.simulator is not None:
            return BrowserSound(self.simulator.tabs)
        if kinds.sound == "files":
            return FileSound(
                kinds.microphone_file or None, kinds.loudspeaker_file or None
            )
        return build_sound_card(self._settings)


async def _careful(part: str, work: Coroutine[Any, Any, None]) -> None:
    """Open or close a part; whatever goes wrong there, the others go on."""
    try:
        await work
    except Exception:
        logger.exception("%s does not open or close", part)
