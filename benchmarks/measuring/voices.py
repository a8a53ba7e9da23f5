"""The voices that can speak Dutch here, and those that are wanting."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from companion.settings import Settings
from companion.voice_offers import ESPEAK_VOICES
from voice.audio import Samples
from voice.espeak_synthesiser import EspeakSynthesiser
from voice.models import ModelStore
from voice.piper_synthesiser import PiperSynthesiser, find_model
from voice.synthesiser import Synthesiser

MBROLA_VOICES = ("mb-nl2", "mb-nl3")


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice that can be started.

    Attributes:
        name: How the tables call it.
        synthesiser: Not started yet.
    """

    name: str
    synthesiser: EspeakSynthesiser | PiperSynthesiser


def models() -> ModelStore:
    """The models of whoever runs this."""
    return ModelStore(Settings().folders.models_path())


def piper_voices(folders: Sequence[Path] = ()) -> tuple[list[Voice], list[str]]:
    """The Dutch Piper voices that are installed, and notes on those that are not.

    Args:
        folders: Further folders of Piper voices.

    Raises:
        VoiceFilesMissing: If one of those holds none.
    """
    for folder in folders:
        find_model(folder)
    store = models()
    dutch = [m for m in store.manifest if m.kind == "piper" and m.language == "nl"]
    there = [store.path_of(model) for model in dutch if store.is_installed(model)]
    absent = [model.name for model in dutch if not store.is_installed(model)]
    notes = [f"Piper's voices that are not here: {', '.join(absent)}"] if absent else []
    return [
        Voice(f"piper {folder.name}", PiperSynthesiser(folder))
        for folder in (*there, *folders)
    ], notes


def espeak_voices(names: Sequence[str] = ESPEAK_VOICES) -> list[Voice]:
    """Voices of espeak-ng by name; those that are offered to people."""
    return [Voice(f"espeak {name}", EspeakSynthesiser(name)) for name in names]


def mbrola_voices() -> tuple[list[Voice], list[str]]:
    """MBROLA's, which somebody may have added; and a note where there are none."""
    if shutil.which("mbrola") is None:
        return [], ["MBROLA is not here (mb-nl2, mb-nl3)"]
    return espeak_voices(MBROLA_VOICES), []


async def speak_all(
    voice: Synthesiser, texts: Sequence[str], rate_wpm: int
) -> list[Samples]:
    """Say each text with one voice, started and stopped for it.

    Raises:
        SynthesisError: If the voice does not start or breaks.
    """
    try:
        await voice.start()
        return [await voice.render(text, rate_wpm) for text in texts]
    finally:
        await voice.close()
