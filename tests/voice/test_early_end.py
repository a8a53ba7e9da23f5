"""A turn that ended early is borne out by the final words, or goes on."""

import numpy as np

from tests.sound.handmade import tone
from voice.audio import HEARING_RATE_HZ, Samples
from voice.ears import hear_blocks, recorded_blocks
from voice.hearing import Expectation, Heard, Standing
from voice.recogniser import Hypothesis, Session


class LoudIsSpeech:
    """Voice activity for tests: whatever is loud."""

    probability = 0.0

    def __call__(self, block: Samples) -> bool:
        is_speech = bool(np.abs(block).max() > 1_000)
        self.probability = float(is_speech)
        return is_speech


class Hasty:
    """Takes any first second of speech for "nee" so far, and hears it right at the
    end: "nee" only if there is nothing more to come."""

    name = "hasty"
    is_streaming = True

    def __init__(self, final: list[str]) -> None:
        self.final = final
        self.fed_s: list[float] = []

    async def start(self) -> None:
        pass

    async def open(self, expectation: Expectation) -> Session:
        self.fed_s.append(0.0)
        return _HastySession(self)

    async def close(self) -> None:
        pass


class _HastySession:
    def __init__(self, engine: Hasty) -> None:
        self.engine = engine

    async def feed(self, samples: Samples) -> str:
        self.engine.fed_s[-1] += samples.size / HEARING_RATE_HZ
        return "nee"

    async def finish(self) -> Hypothesis:
        return Hypothesis(self.engine.final.pop(0), 0.9, None, 0.0)

    async def close(self) -> None:
        pass


def standing(words: str) -> Standing:
    return Standing.FINAL if words in ("nee", "nee hoor") else Standing.UNKNOWN


def speech(*lengths_s: float, pause_s: float) -> Samples:
    pieces = []
    for length_s in lengths_s:
        pieces.append(tone(440, length_s, rate_hz=HEARING_RATE_HZ))
        pieces.append(np.zeros(round(pause_s * HEARING_RATE_HZ), np.int16))
    return np.concatenate(pieces)


async def hear(engine: Hasty, sound: Samples) -> Heard:
    expectation = Expectation(end_of_turn_s=1.5, final_s=0.3, standing=standing)
    blocks = recorded_blocks(sound, expectation.patience_s)
    heard = await hear_blocks(blocks, expectation, engine, LoudIsSpeech())
    assert isinstance(heard, Heard)
    return heard


async def test_the_final_words_bear_it_out() -> None:
    engine = Hasty(["nee"])
    heard = await hear(engine, speech(0.5, 0.5, pause_s=1.0))
    assert heard.text == "nee"
    assert heard.silence_s < 0.5
    assert len(engine.fed_s) == 1 and engine.fed_s[0] < 1.0


async def test_otherwise_the_turn_goes_on_with_all_that_was_said() -> None:
    engine = Hasty(["", "nee hoor"])
    heard = await hear(engine, speech(0.5, 0.5, pause_s=1.0))
    assert heard.text == "nee hoor"
    assert heard.silence_s >= 1.5
    # What was said before the doubt is heard once more.
    assert engine.fed_s[1] > engine.fed_s[0] + 0.5
    assert len(heard.pauses_s) == 1 and 0.9 < heard.pauses_s[0] < 1.1
