"""espeak-ng's library tells where each phone begins."""

import pytest

from voice.model.speaker import pronunciations

pytestmark = pytest.mark.real


def test_single_words_are_spoken() -> None:
    found = pronunciations(["ja", "nee", "hulp", "oranje"])
    assert found == {
        "ja": ("j", "a:"),
        "nee": ("n", "e:"),
        "hulp": ("h", "Y", "l", "p"),
        "oranje": ("o:", "r", "A", "n", "j", "@"),
    }


def test_english_words_are_left_out() -> None:
    assert set(pronunciations(["laptop", "huis"])) == {"huis"}
