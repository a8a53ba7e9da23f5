"""espeak-ng's library tells where each phone begins; it runs in a child process."""

from collections.abc import Sequence

import pytest

from voice.model.children import map_in_children
from voice.model.errors import EspeakMissing, ForeignSounds
from voice.model.speaker import Spoken, phones_of, speak

pytestmark = pytest.mark.real


def spoken(texts: Sequence[tuple[str, str]]) -> list[Spoken]:
    return [speak(text, voice, rate_wpm=150, pitch=50) for text, voice in texts]


def pronounced(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [phones_of(word) for word in words]


def test_phones_have_places_in_the_sound() -> None:
    [[said]] = map_in_children(spoken, [[("ja nee", "nl+m3")]])
    phones = [phone for phone, _ in said.phones]
    starts = [start for _, start in said.phones]
    assert phones == ["j", "a:", "n", "e:", "SIL"]
    assert starts == sorted(starts)
    assert starts[0] == 0
    assert starts[-1] < len(said.samples)
    assert 0.4 < len(said.samples) / said.rate_hz < 1.5


def test_single_words_are_pronounced() -> None:
    [made] = map_in_children(pronounced, [["hulp", "oranje"]])
    assert made == [("h", "Y", "l", "p"), ("o:", "r", "A", "n", "j", "@")]


def test_english_is_refused() -> None:
    with pytest.raises(ForeignSounds):
        list(map_in_children(pronounced, [["laptop"]]))


def test_a_voice_that_is_not_there_is_named() -> None:
    with pytest.raises(EspeakMissing, match="nobody"):
        list(map_in_children(spoken, [[("ja", "nl+nobody")]]))
