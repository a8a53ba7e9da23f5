"""What a recogniser makes of the device's own speech."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from companion.wording import load_phrasebook
from voice.audio import HEARING_RATE_HZ, RATE_HZ, Samples
from voice.files import resample
from voice.hearing import Expectation
from voice.vosk_recogniser import VoskRecogniser


def words_of(caption: str) -> tuple[str, ...]:
    """A caption as a recogniser would write it: hoe gaat het met u."""
    return tuple(re.findall(r"[^\W\d_]+(?:['-][^\W\d_]+)*", caption.lower()))


@cache
def all_wordings() -> frozenset[tuple[str, ...]]:
    """Everything that may be said in a conversation without names or numbers in it."""
    book = load_phrasebook()
    return frozenset(
        words_of(" ".join(wording.sentences))
        for key in book.keys
        for wording in book.variants(key)
        if not wording.facts
    )


def nearest(heard: Sequence[str]) -> tuple[str, ...]:
    """The wording of ours that these words are most like."""
    return min(
        sorted(all_wordings()),
        key=lambda wording: Levenshtein.normalized_distance(heard, wording),
    )


async def recognise(model: Path, sounds: Sequence[Samples]) -> list[tuple[str, ...]]:
    """The words in sounds at RATE_HZ, as a recogniser hears them that expects none."""
    recogniser = VoskRecogniser(model)
    await recogniser.start()
    try:
        return [await _hear(recogniser, sound) for sound in sounds]
    finally:
        await recogniser.close()


async def _hear(recogniser: VoskRecogniser, sound: Samples) -> tuple[str, ...]:
    session = await recogniser.open(Expectation())
    try:
        await session.feed(resample(sound, RATE_HZ, HEARING_RATE_HZ))
        return words_of((await session.finish()).text)
    finally:
        await session.close()
