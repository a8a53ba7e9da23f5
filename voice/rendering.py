"""Running text as the device would say it, as one sound."""

import numpy as np

from voice.audio import RATE_HZ, Samples
from voice.mouth import NoRecordings, Recorded
from voice.prosody import (
    DEFAULT_RATE_WPM,
    articulation_wpm,
    phrases,
    split_sentences,
)
from voice.speech import Speech
from voice.synthesiser import Synthesiser


async def render_text(
    synthesiser: Synthesiser,
    text: str,
    *,
    rate_wpm: int = DEFAULT_RATE_WPM,
    recorded: Recorded | None = None,
) -> Samples:
    """Make the sound of running text, with its pauses.

    Args:
        synthesiser: A voice that was started.
        text: One or more sentences.
        rate_wpm: 120 to 180 words per minute.
        recorded: Sentences that people recorded and that replace the voice.

    Returns:
        Samples at RATE_HZ; empty where there is nothing to pronounce.

    Raises:
        SynthesisError: If the voice failed.
    """
    recorded = recorded or NoRecordings()
    parts: list[Samples] = [np.zeros(0, np.int16)]
    todo = phrases(Speech(split_sentences(text)), rate_wpm, recorded.has)
    for number, phrase in enumerate(todo, start=1):
        sound = await recorded.sound(phrase.text)
        if sound is None:
            rate = articulation_wpm(rate_wpm)
            sound = await synthesiser.render(phrase.text, rate)
        parts.append(sound)
        if number < len(todo):
            parts.append(np.zeros(round(phrase.pause_s * RATE_HZ), np.int16))
    return np.concatenate(parts)
