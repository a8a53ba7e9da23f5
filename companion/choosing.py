"""Which recogniser listens: a rule without I/O, and what follows from it."""

from collections.abc import Sequence

from voice.models import Model
from voice.settings import EarsSettings

LANGUAGE = "nl"

REAL_MICROPHONE = "soundcard"
"""The sound through which a person in the room is heard."""


def choose(
    ears: EarsSettings, sound: str, installed: Sequence[Model]
) -> tuple[Model, ...]:
    """Choose the recognisers, best first; the others stand in after a fault.

    One that does not understand people never stands in for one that does, and with
    a real microphone only its name chooses it: a device that is deaf says so, one
    that misunderstands harms.

    Args:
        ears: What was chosen.
        sound: Kind of the sound, as `settings.resolve` gives it.
        installed: In the order of the manifest.

    Returns:
        Models that understand people, or only models that do not.
    """
    kinds = ("vosk", "whisper") if ears.recogniser == "auto" else (ears.recogniser,)
    usable = [
        model
        for kind in kinds
        for model in recognisers(installed)
        if model.kind == kind and ears.model in ("", model.name)
    ]
    for_people = [model for model in usable if model.hears_people]
    is_allowed = sound != REAL_MICROPHONE or ears.model != ""
    return tuple(for_people or (usable if is_allowed else ()))


def recognisers(installed: Sequence[Model]) -> tuple[Model, ...]:
    """Those that hear our language, chosen or not."""
    return tuple(
        model
        for model in installed
        if model.kind != "piper" and model.language in (LANGUAGE, "multi")
    )


def hears_people(chosen: Sequence[Model]) -> bool:
    """Whether who talks to it may be understood; True where nothing hears at all.

    A device without a recogniser says that it cannot hear, in another way.
    """
    return all(model.hears_people for model in chosen)
