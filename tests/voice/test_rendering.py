"""Running text with its pauses, in the voices of people and engines."""

import numpy as np
import pytest

from voice.audio import RATE_HZ, Samples
from voice.espeak_synthesiser import EspeakSynthesiser
from voice.rendering import render_text


class Daughter:
    """Recorded one sentence."""

    def has(self, sentence: str) -> bool:
        return sentence == "Hoe gaat het, mam?"

    async def sound(self, sentence: str) -> Samples | None:
        return np.full(RATE_HZ, 7, np.int16) if self.has(sentence) else None


def gaps_s(samples: Samples) -> list[float]:
    """Silences of at least 0.3 s, the longest last."""
    between = np.diff(np.flatnonzero(samples)) / RATE_HZ
    return sorted(float(gap) for gap in between[between > 0.3])


@pytest.mark.real
async def test_text_sounds_as_it_would_be_said() -> None:
    espeak = EspeakSynthesiser()
    await espeak.start()
    text = "Goedemorgen, mevrouw. Hoe gaat het, mam? Dag."
    said = await render_text(espeak, text)
    assert gaps_s(said) == pytest.approx([0.4, 0.4, 0.8, 0.8], abs=0.06)

    # Her sentence in one go, and the pauses around it as before.
    said = await render_text(espeak, text, recorded=Daughter())
    assert gaps_s(said) == pytest.approx([0.4, 0.8, 0.8], abs=0.06)
    hers = np.flatnonzero(said == 7)
    assert hers[-1] - hers[0] + 1 >= RATE_HZ
    assert (await render_text(espeak, "...")).size == 0
    await espeak.close()
