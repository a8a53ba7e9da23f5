"""Voices that measure the model never train it."""

from collections.abc import Sequence

import pytest

from voice.espeak_synthesiser import DEFAULT_VOICE
from voice.model.children import map_in_children
from voice.model.corpus import Plan
from voice.model.speaker import STOCK_VOICE, speak
from voice.model.texts import Material
from voice.model.voices import HELD_OUT_VOICES, TRAINING_VOICES


def test_no_voice_does_both() -> None:
    assert not set(HELD_OUT_VOICES) & set(TRAINING_VOICES)
    assert len(set(HELD_OUT_VOICES)) >= 8
    assert len(set(TRAINING_VOICES)) == len(TRAINING_VOICES)


def test_no_name_of_a_held_out_voice_is_that_of_a_trained_speaker() -> None:
    def speaker(voice: str) -> str:
        variant = voice.partition("+")[2].lower()
        # m1 to m8 and f1 to f5 are different speakers; steph2 is steph.
        return variant if variant[:-1] in ("m", "f") else variant.rstrip("0123456789")

    held_out = {speaker(voice) for voice in HELD_OUT_VOICES}
    assert not held_out & {speaker(voice) for voice in TRAINING_VOICES}


def test_a_corpus_has_the_training_voices_only() -> None:
    plan = Plan(Material(("ja",), ("boom",)), sentences=1, seed=1)
    assert plan.voices == TRAINING_VOICES


def test_the_voices_of_the_product_are_trained() -> None:
    assert {STOCK_VOICE, DEFAULT_VOICE} <= set(TRAINING_VOICES)


def prints(voices: Sequence[str]) -> list[int]:
    return [hash(speak("ja", voice, 150, 50).samples.tobytes()) for voice in voices]


@pytest.mark.real
def test_all_are_installed_and_sound_different() -> None:
    every = (*TRAINING_VOICES, *HELD_OUT_VOICES)
    [made] = map_in_children(prints, [every])
    assert len(set(made)) == len(every)
