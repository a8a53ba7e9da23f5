"""A person near the device, and others who talk farther away."""

from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest

from voice.audio import BLOCK_S, HEARING_BLOCK_SAMPLES, Samples
from voice.blocks import SILENCE_DB, level_db
from voice.ears import hear_blocks
from voice.hearing import Expectation, Heard
from voice.nearness import MURMUR_S, NearSpeech, near_part, others_db
from voice.recogniser import Hypothesis

PERSON_DB = -20.0
MURMUR_DB = -30.0
TELEVISION_DB = -35.0


def sound(length_s: float, level: float) -> list[Samples]:
    """Blocks of noise at a level, in dB; of nothing at SILENCE_DB."""
    count = round(length_s / BLOCK_S)
    if level == SILENCE_DB:
        return [np.zeros(HEARING_BLOCK_SAMPLES, np.int16)] * count
    noise = np.random.default_rng(1)
    scale = 32768 * 10 ** (level / 20)
    return [
        noise.normal(0, scale, HEARING_BLOCK_SAMPLES).astype(np.int16)
        for _ in range(count)
    ]


class AnySound:
    """A detector for which all sound is speech."""

    probability = 1.0

    def __call__(self, block: Samples) -> bool:
        return bool(block.any())


def speech_s(blocks: Sequence[Samples]) -> tuple[float, float]:
    """How much counts as speech, and where it ends, in seconds."""
    detector = NearSpeech(AnySound())
    decisions = [detector(block) for block in blocks]
    last = max((n + 1 for n, is_near in enumerate(decisions) if is_near), default=0)
    return sum(decisions) * BLOCK_S, last * BLOCK_S


def test_a_person_in_silence_is_heard_whole() -> None:
    blocks = [*sound(1.0, SILENCE_DB), *sound(3.0, PERSON_DB), *sound(2.0, SILENCE_DB)]
    assert speech_s(blocks) == pytest.approx((3.0, 4.0))


def test_a_television_does_not_keep_a_turn_open() -> None:
    blocks = [*sound(0.3, PERSON_DB), *sound(10.0, TELEVISION_DB)]
    _, ends_s = speech_s(blocks)
    assert ends_s < 0.3 + MURMUR_S + 0.5


def test_somebody_is_heard_who_comes_after_a_television() -> None:
    blocks = [
        *sound(3.0, TELEVISION_DB),
        *sound(0.5, PERSON_DB),
        *sound(5.0, TELEVISION_DB),
        *sound(2.0, PERSON_DB),
    ]
    detector = NearSpeech(AnySound())
    decisions = [detector(block) for block in blocks]
    second = decisions[-round(2.0 / BLOCK_S) :]
    # It takes a part of the window until the voice outweighs what was before.
    assert sum(second) * BLOCK_S == pytest.approx(2.0, abs=0.1)


def test_the_murmured_end_of_a_sentence_counts() -> None:
    blocks = [*sound(1.0, PERSON_DB), *sound(1.4, MURMUR_DB)]
    assert speech_s(blocks) == pytest.approx((2.4, 2.4))


def test_a_knock_makes_nobody_far_away() -> None:
    knock = sound(0.02, -6.0)
    blocks = [*knock, *sound(1.0, SILENCE_DB), *sound(4.0, PERSON_DB - 5)]
    assert speech_s(blocks)[1] == pytest.approx(5.02)


def test_the_near_part_is_what_the_person_said() -> None:
    blocks = [
        *sound(4.0, TELEVISION_DB),
        *sound(0.5, PERSON_DB),
        *sound(0.6, TELEVISION_DB),
        *sound(0.8, PERSON_DB),
        *sound(5.0, TELEVISION_DB),
    ]
    near = near_part(blocks)
    assert near.start * BLOCK_S == pytest.approx(3.7, abs=0.15)
    assert near.stop * BLOCK_S == pytest.approx(6.2, abs=0.15)


def test_without_others_the_near_part_is_all() -> None:
    blocks = sound(3.0, PERSON_DB)
    assert blocks[near_part(blocks)] == blocks
    assert near_part([]) == slice(0, 0)


def test_others_are_as_loud_as_they_are_around_the_answer() -> None:
    television = sound(3.0, TELEVISION_DB)
    blocks = [*television[:75], *sound(1.0, PERSON_DB), *television[75:]]
    assert others_db(blocks) == max(map(level_db, television))


def test_nobody_else_is_heard_where_nobody_talks_on() -> None:
    murmured = [*sound(3.0, PERSON_DB), *sound(0.9, TELEVISION_DB)]
    assert others_db(murmured) == SILENCE_DB
    assert others_db([]) == SILENCE_DB


class Strict:
    """An engine that understands "ja" unless somebody else talks along."""

    name = "strict"
    is_streaming = False

    def __init__(self) -> None:
        self.sessions: list[StrictSession] = []

    async def start(self) -> None:
        pass

    async def open(self, expectation: Expectation) -> "StrictSession":
        self.sessions.append(StrictSession())
        return self.sessions[-1]

    async def close(self) -> None:
        pass


class StrictSession:
    def __init__(self) -> None:
        self.sound: list[Samples] = []

    async def feed(self, samples: Samples) -> str:
        self.sound.append(samples)
        return ""

    async def finish(self) -> Hypothesis:
        whole = np.concatenate(self.sound)
        blocks = np.split(whole, whole.size // HEARING_BLOCK_SAMPLES)
        others = sum(level_db(block) < PERSON_DB - 5 for block in blocks)
        text = "ja" if others * BLOCK_S < 1.0 else ""
        return Hypothesis(text, 0.9 if text else 0.0, f"er is brand {text}", 0.1)

    async def close(self) -> None:
        self.sound.clear()


async def heard_in(blocks: Sequence[Samples], phrases: tuple[str, ...]) -> Heard:
    async def come() -> AsyncIterator[Samples]:
        for block in blocks:
            yield block

    expectation = Expectation(phrases=phrases)
    heard = await hear_blocks(come(), expectation, Strict(), AnySound())
    assert isinstance(heard, Heard)
    return heard


AMONG_OTHERS = [
    *sound(3.0, TELEVISION_DB),
    *sound(1.0, PERSON_DB),
    *sound(6.0, TELEVISION_DB),
]


async def test_an_answer_is_understood_among_a_television() -> None:
    heard = await heard_in(AMONG_OTHERS, ("ja", "nee"))
    assert (heard.text, heard.confidence) == ("ja", 0.9)
    assert heard.cpu_s == pytest.approx(0.2)
    assert heard.audio_s < 3.0 + 1.0 + MURMUR_S + 1.0


async def test_words_in_the_television_are_still_held_against_danger() -> None:
    heard = await heard_in(AMONG_OTHERS, ("ja", "nee"))
    assert heard.open_text == "er is brand "


async def test_an_open_answer_is_that_of_the_person() -> None:
    heard = await heard_in(AMONG_OTHERS, ())
    assert heard.text == "ja"


async def test_a_television_alone_is_heard_once() -> None:
    blocks = [*sound(4.0, TELEVISION_DB), *sound(4.0, SILENCE_DB)]
    heard = await heard_in(blocks, ("ja", "nee"))
    assert heard.text == ""
    assert heard.cpu_s == pytest.approx(0.1)
    assert heard.audio_s == pytest.approx(4.0 + 0.4, abs=0.1)
