"""All settings of one device: what they are, and where they are found."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time
from pathlib import Path
from typing import Literal

from calls.hub.settings import HubSettings
from companion.activities.fetching_rules import UrlError, check_url
from companion.activities.whereabouts import Whereabouts
from companion.settings_reader import (
    Problem,
    ProblemKind,
    Secret,
    SettingsError,
    read_settings,
)
from hardware.settings import ABSENT, ButtonsSettings, CameraSettings
from voice.settings import EarsSettings, MouthSettings, SoundSettings

__all__ = [
    "ABSENT",
    "ActivitiesSettings",
    "ButtonsSettings",
    "CallsSettings",
    "CameraSettings",
    "CheckInSettings",
    "DeviceSettings",
    "EarsSettings",
    "FoldersSettings",
    "HubSettings",
    "JournalSettings",
    "MouthSettings",
    "PersonSettings",
    "Problem",
    "ProblemKind",
    "QuietSettings",
    "Secret",
    "Settings",
    "SettingsError",
    "SoundSettings",
    "find",
    "load",
    "resolve",
    "with_overrides",
]

WEEKDAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
OFF = "off"
"""A weekday's check-in time that means: not on this day."""

PanelKind = Literal["auto", "gpio", "browser", "terminal"]
ScreenKind = Literal["auto", "sdl", "browser", "none"]
TelevisionKind = Literal["auto", "yes", "no"]
SoundKind = Literal["auto", "soundcard", "browser", "files"]


@dataclass(frozen=True, slots=True)
class PersonSettings:
    """Whom it speaks with."""

    name: str = field(
        default="",
        metadata={"help": "Surname, as it is said aloud.", "longest": 60},
    )
    address: Literal["", "mevrouw", "meneer"] = field(
        default="", metadata={"help": "Form of address; empty: none."}
    )
    birth_year: int = field(
        default=0,
        metadata={
            "help": "For whom an activity is, is compared with it; 0: not known.",
            "unit": "year",
            "lowest": 0,
            "highest": 2100,
        },
    )
    postcode: str = field(
        default="",
        metadata={
            "help": "Of their home: how far it is to activities; empty: not known.",
            "longest": 7,
        },
    )
    # Nobody lives at 0, 0: that is in the sea off Ghana.
    latitude: float = field(
        default=0.0,
        metadata={
            "help": "Of their home, where the postcode does not tell; 0: by postcode.",
            "unit": "degrees",
            "lowest": -90.0,
            "highest": 90.0,
        },
    )
    longitude: float = field(
        default=0.0,
        metadata={
            "help": "Of their home, as `latitude`.",
            "unit": "degrees",
            "lowest": -180.0,
            "highest": 180.0,
        },
    )

    def whereabouts(self) -> Whereabouts:
        """What of this activities are chosen by."""
        has_place = bool(self.latitude or self.longitude)
        return Whereabouts(
            postcode=self.postcode,
            latitude=self.latitude if has_place else None,
            longitude=self.longitude if has_place else None,
            birth_year=self.birth_year or None,
        )


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """Which parts are real. `resolve` replaces every "auto"."""

    panel: PanelKind = field(
        default="auto",
        metadata={"help": "Buttons and light; auto: gpio on a Pi, else browser."},
    )
    screen: ScreenKind = field(
        default="auto", metadata={"help": "Screen; auto: sdl on a Pi, else browser."}
    )
    television: TelevisionKind = field(
        default="auto",
        metadata={
            "help": "Whether the screen is a television, which may be off;"
            " auto: yes on a Pi with sdl. It is switched on for calls, or else said."
        },
    )
    sound: SoundKind = field(
        default="auto",
        metadata={"help": "Sound; auto: soundcard on a Pi, else browser."},
    )
    # Below 32768, where Linux starts to hand out ports to outgoing connections.
    simulator_port: int = field(
        default=8137,
        metadata={
            "help": "Local port of the browser simulator.",
            "unit": "port",
            "lowest": 1024,
            "highest": 32767,
        },
    )
    time_zone: str = field(
        default="Europe/Amsterdam",
        metadata={"help": "Time zone of the person.", "kind": "time_zone"},
    )
    microphone_file: str = field(
        default="",
        metadata={"help": 'WAV file heard instead of a microphone (sound = "files").'},
    )
    loudspeaker_file: str = field(
        default="",
        metadata={"help": 'WAV file written instead of sounding (sound = "files").'},
    )


def _weekday() -> str:
    made: str = field(
        default="",
        metadata={
            "help": 'Time on this day; empty: as `at`; "off": no check-in.',
            "kind": "time_or_off",
        },
    )
    return made


@dataclass(frozen=True, slots=True)
class CheckInSettings:
    """When it asks how the person is."""

    is_on: bool = field(
        default=True, metadata={"help": "Whether it does the daily check-in."}
    )
    at: time = field(default=time(9, 0), metadata={"help": "Time of the check-in."})
    monday: str = _weekday()
    tuesday: str = _weekday()
    wednesday: str = _weekday()
    thursday: str = _weekday()
    friday: str = _weekday()
    saturday: str = _weekday()
    sunday: str = _weekday()
    at_first_press: bool = field(
        default=True,
        metadata={"help": "Start at the first press of the day, if that is sooner."},
    )
    first_press_from: time = field(
        default=time(8, 0),
        metadata={"help": "Before this a press does not start the check-in."},
    )

    def times(self) -> tuple[time | None, ...]:
        """The time on each weekday, Monday first; None: no check-in that day."""
        if not self.is_on:
            return (None,) * len(WEEKDAYS)
        return tuple(self._on(getattr(self, day)) for day in WEEKDAYS)

    def _on(self, value: str) -> time | None:
        if value == OFF:
            return None
        return time.fromisoformat(value) if value else self.at


@dataclass(frozen=True, slots=True)
class QuietSettings:
    """When it starts nothing of its own. Equal times: no quiet hours."""

    starts: time = field(default=time(21, 30), metadata={"help": "From."})
    ends: time = field(default=time(8, 0), metadata={"help": "Until."})


@dataclass(frozen=True, slots=True)
class CallsSettings:
    """Calling people, and being called."""

    hub: str = field(
        default="",
        metadata={
            "help": "Address of the hub, https://...; empty: its own, here only.",
            "longest": 200,
        },
    )
    ring_s: int = field(
        default=30,
        metadata={
            "help": "How long somebody is rung before the next one is offered.",
            "unit": "s",
            "lowest": 15,
            "highest": 60,
        },
    )
    # Long enough to come in from the kitchen and to say no.
    countdown_s: int = field(
        default=10,
        metadata={
            "help": "How long it counts down before it answers by itself.",
            "unit": "s",
            "lowest": 10,
            "highest": 30,
        },
    )


@dataclass(frozen=True, slots=True)
class ActivitiesSettings:
    """Where it learns what there is to do."""

    sources: str = field(
        default="",
        metadata={
            "help": "Addresses of social maps, https://..., with spaces between.",
            "longest": 2000,
        },
    )
    interval_h: int = field(
        default=24,
        metadata={
            "help": "How often each is read.",
            "unit": "hours",
            "lowest": 1,
            "highest": 744,
        },
    )

    def urls(self) -> tuple[str, ...]:
        """The addresses, each once."""
        return tuple(dict.fromkeys(self.sources.split()))


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """What is kept of what was told."""

    keep_words: bool = field(
        default=False,
        metadata={"help": "Keep the literal words, besides what they meant."},
    )
    keep_days: int = field(
        default=365,
        metadata={
            "help": "Answers older than this are deleted.",
            "unit": "days",
            "lowest": 7,
            "highest": 3650,
        },
    )


@dataclass(frozen=True, slots=True)
class FoldersSettings:
    """Where things are kept."""

    state: str = field(
        default="",
        metadata={
            "help": "Journal; empty: $PRAATPAAL_STATE or ~/.local/share/praatpaal."
        },
    )
    models: str = field(
        default="",
        metadata={"help": "Recognisers and voices; empty: `models` in `state`."},
    )

    def state_path(self, environ: Mapping[str, str] = os.environ) -> Path:
        """Where the device keeps things; systemd's own variable serves as well."""
        named = (
            self.state
            or environ.get("PRAATPAAL_STATE")
            or environ.get("STATE_DIRECTORY")
        )
        return Path(named or "~/.local/share/praatpaal").expanduser()

    def journal_path(self, environ: Mapping[str, str] = os.environ) -> Path:
        """The database of all that was told."""
        return self.state_path(environ) / "journal.db"

    def activities_path(self, environ: Mapping[str, str] = os.environ) -> Path:
        """The database of what there is to do; it can be read anew at any time."""
        return self.state_path(environ) / "activities.db"

    def models_path(self, environ: Mapping[str, str] = os.environ) -> Path:
        """Where recognisers and voices are installed."""
        if self.models:
            return Path(self.models).expanduser()
        return self.state_path(environ) / "models"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, by section of the file."""

    person: PersonSettings = field(default_factory=PersonSettings)
    device: DeviceSettings = field(default_factory=DeviceSettings)
    sound: SoundSettings = field(default_factory=SoundSettings)
    ears: EarsSettings = field(default_factory=EarsSettings)
    mouth: MouthSettings = field(default_factory=MouthSettings)
    buttons: ButtonsSettings = field(default_factory=ButtonsSettings)
    checkin: CheckInSettings = field(default_factory=CheckInSettings)
    quiet: QuietSettings = field(default_factory=QuietSettings)
    calls: CallsSettings = field(default_factory=CallsSettings)
    camera: CameraSettings = field(default_factory=CameraSettings)
    hub: HubSettings = field(default_factory=HubSettings)
    activities: ActivitiesSettings = field(default_factory=ActivitiesSettings)
    journal: JournalSettings = field(default_factory=JournalSettings)
    folders: FoldersSettings = field(default_factory=FoldersSettings)

    def recordings_path(self, environ: Mapping[str, str] = os.environ) -> Path:
        """Where recorded sentences are."""
        if self.mouth.recordings:
            return Path(self.mouth.recordings).expanduser()
        return self.folders.state_path(environ) / "recordings"


SYSTEM_FILE = Path("/etc/praatpaal/praatpaal.toml")


def usual_places(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Where settings are looked for when none are named, best first."""
    home = Path(environ.get("HOME") or "/")
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    return (SYSTEM_FILE, config / "praatpaal" / "praatpaal.toml")


def find(
    given: Path | None,
    environ: Mapping[str, str] = os.environ,
    places: Sequence[Path] | None = None,
) -> Path | None:
    """Find the file of settings.

    Args:
        given: What `--settings` named.
        environ: Where $PRAATPAAL_SETTINGS is looked up.
        places: Where to look when neither names one; None: the usual places.

    Returns:
        A file that was named, there or not; else the first that is there; None
        if there is none, and the defaults hold.
    """
    if given is not None:
        return given
    if named := environ.get("PRAATPAAL_SETTINGS"):
        return Path(named)
    if places is None:
        places = usual_places(environ)
    # Unlike Path.exists, this says no to a folder that may not be entered.
    return next((place for place in places if os.path.exists(place)), None)


def load(
    path: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    places: Sequence[Path] | None = None,
) -> Settings:
    """Read and check the settings that `find` finds.

    Raises:
        SettingsError: With every problem there is, not only the first.
    """
    found = find(path, environ, places)
    if found is None:
        return Settings()
    return read_settings(Settings, found, check=_check_together)


def resolve(device: DeviceSettings, is_pi: bool) -> DeviceSettings:
    """Replace each "auto": the real parts on a Pi, the simulator elsewhere."""
    panel: PanelKind = "gpio" if is_pi else "browser"
    screen: ScreenKind = "sdl" if is_pi else "browser"
    sound: SoundKind = "soundcard" if is_pi else "browser"
    screen = screen if device.screen == "auto" else device.screen
    television: TelevisionKind = "yes" if is_pi and screen == "sdl" else "no"
    return replace(
        device,
        panel=panel if device.panel == "auto" else device.panel,
        screen=screen,
        television=television if device.television == "auto" else device.television,
        sound=sound if device.sound == "auto" else device.sound,
    )


def resolve_camera(camera: CameraSettings, device: DeviceSettings) -> CameraSettings:
    """Replace "auto": the page's camera where it lends the sound, else a real one.

    Args:
        camera: What was chosen.
        device: Resolved.
    """
    if camera.kind != "auto":
        return camera
    return replace(camera, kind="browser" if device.sound == "browser" else "v4l2")


def with_overrides(
    settings: Settings,
    panel: PanelKind | None = None,
    screen: ScreenKind | None = None,
    sound: SoundKind | None = None,
) -> Settings:
    """The settings with what the command line named in their place.

    Raises:
        SettingsError: If they do not go together any more.
    """
    device = settings.device
    changed = replace(
        settings,
        device=replace(
            device,
            panel=panel or device.panel,
            screen=screen or device.screen,
            sound=sound or device.sound,
        ),
    )
    if problems := _check_together(changed):
        raise SettingsError(problems)
    return changed


def _check_together(settings: Settings) -> list[Problem]:
    """Find what is right by itself and wrong together."""
    return [
        *_check_pins(settings.buttons),
        *_check_files(settings.device),
        *_check_sources(settings.activities),
        *_check_postcode(settings.person),
    ]


def _check_pins(buttons: ButtonsSettings) -> list[Problem]:
    problems = []
    taken: dict[int, str] = {}
    for name in ButtonsSettings.__dataclass_fields__:
        pin = getattr(buttons, name)
        if pin == ABSENT:
            continue
        if pin in taken:
            problems.append(
                Problem(
                    ProblemKind.SAME_PIN,
                    section="buttons",
                    key=name,
                    given=str(pin),
                    wanted=taken[pin],
                )
            )
        taken.setdefault(pin, name)
    if buttons.talk == ABSENT:
        problems.append(
            Problem(ProblemKind.NO_TALK_BUTTON, section="buttons", key="talk")
        )
    return problems


def _check_sources(activities: ActivitiesSettings) -> list[Problem]:
    problems = []
    for url in activities.urls():
        try:
            check_url(url)
        except UrlError:
            kind = ProblemKind.NOT_A_SOURCE
            given = f'"{url[:60]}"'
            problems.append(Problem(kind, "activities", "sources", given=given))
    return problems


_POSTCODE = re.compile(r"[1-9]\d{3}\s?([A-Za-z]{2})?")


def _check_postcode(person: PersonSettings) -> list[Problem]:
    if not person.postcode or _POSTCODE.fullmatch(person.postcode):
        return []
    kind, given = ProblemKind.NOT_A_POSTCODE, f'"{person.postcode}"'
    return [Problem(kind, section="person", key="postcode", given=given)]


def _check_files(device: DeviceSettings) -> list[Problem]:
    if device.sound == "files" and not device.microphone_file:
        return [
            Problem(ProblemKind.NEEDS_FILE, section="device", key="microphone_file")
        ]
    return []
