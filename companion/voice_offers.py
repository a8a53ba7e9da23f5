"""Which voices a person can choose from. Pure."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from companion.settings import MouthSettings
from voice.espeak_synthesiser import DEFAULT_VOICE
from voice.models import Model

AUTO = "auto"
"""The choice to leave the choice to the device."""

# Variants of espeak-ng's Dutch: two men and two women, of the hundred that there
# are; the first is understood best.
ESPEAK_VOICES = (DEFAULT_VOICE, "nl", "nl+f2", "nl+f5")

# mb-nl1 is hard to understand.
MBROLA_VOICES = ("mb-nl2", "mb-nl3")


@dataclass(frozen=True, slots=True)
class Offer:
    """A voice that can be chosen.

    Attributes:
        name: What it is called, here and in the settings.
        engine: What makes its sound.
        licence: Of the voice; empty: as the language pack says of the engine.
        size: Bytes to fetch; 0 where the system's packages bring it.
    """

    name: str
    engine: Literal["espeak", "mbrola", "piper"]
    licence: str = ""
    size: int = 0

    @property
    def settings(self) -> dict[str, str]:
        """What stands under [mouth] when it is chosen."""
        return {"engine": self.engine, "voice": self.name}


def offers(models: Sequence[Model], language: str) -> tuple[Offer, ...]:
    """All voices of a language; those that are always there first."""
    return (
        *(Offer(name, "espeak") for name in ESPEAK_VOICES),
        *(Offer(name, "mbrola") for name in MBROLA_VOICES),
        *(
            Offer(model.name, "piper", model.licence, model.size)
            for model in models
            if model.kind == "piper" and model.language == language
        ),
    )


def find_offer(name: str, among: Sequence[Offer]) -> Offer | None:
    """The voice of this name, however its capitals are."""
    wanted = name.strip().casefold()
    return next((it for it in among if it.name.casefold() == wanted), None)


def suggest(name: str, among: Sequence[Offer]) -> str | None:
    """The name that was probably meant: "pim" is nl_NL-pim-medium."""
    wanted = name.strip().casefold()
    names = [it.name for it in among]
    holding = [it for it in names if wanted and wanted in it.casefold()]
    if len(holding) == 1:
        return holding[0]
    by_name = {it.casefold(): it for it in names}
    close = difflib.get_close_matches(wanted, by_name, n=1)
    return by_name[close[0]] if close else None


def chosen_name(chosen: MouthSettings) -> str:
    """The voice that the settings name; AUTO where they leave it to the device."""
    if chosen.voice:
        return chosen.voice
    return {
        "auto": AUTO,
        "piper": AUTO,
        "espeak": DEFAULT_VOICE,
        "mbrola": MBROLA_VOICES[0],
    }[chosen.engine]
