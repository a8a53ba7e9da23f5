"""espeak-ng's phonemes become phones of the model."""

import pytest

from voice.model.errors import ForeignSounds
from voice.model.espeak_phonemes import merge, phones_of_names
from voice.model.phones import SPEECH_PHONES

RATE_HZ = 22_050


def test_names_are_merged() -> None:
    names = ["Q", "u", "d", "@", "m", "O", "r", "Q", "@", "n", "_:", "_"]
    assert phones_of_names(names) == tuple("x u d @ m O r x @ n".split())


@pytest.mark.parametrize(
    ("name", "phones"),
    [
        ("tS", ("t", "S")),
        ("n^", ("n", "j")),
        ("eU", ("e:", "w")),
        ("8", ("Y",)),
        ("O:", ("o:",)),
    ],
)
def test_a_phoneme_may_become_two_phones(name: str, phones: tuple[str, ...]) -> None:
    assert phones_of_names([name]) == phones
    assert set(phones) <= set(SPEECH_PHONES)


def test_english_is_refused() -> None:
    with pytest.raises(ForeignSounds, match="aI"):
        phones_of_names(["s", "aI", "t"])


def test_only_pauses_are_refused() -> None:
    with pytest.raises(ForeignSounds, match="nothing"):
        merge([("_:", 0), ("_", 100)], 4000, RATE_HZ)


def test_the_end_is_silence() -> None:
    marks = [("j", 0), ("a:", 3456), ("_:", 9549), ("_", 10_033)]
    assert merge(marks, 10_100, RATE_HZ) == (("j", 0), ("a:", 3456), ("SIL", 9549))


def test_a_short_pause_belongs_to_the_next_phone() -> None:
    marks = [("d", 100), ("@", 2000), ("_|", 5000), ("O", 5500), ("_", 9000)]
    assert merge(marks, 9000, RATE_HZ) == (("d", 0), ("@", 2000), ("O", 5000))


def test_a_long_pause_is_one_silence() -> None:
    marks = [("d", 0), ("_:", 3000), ("_", 4000), ("_|", 9000), ("O", 9000)]
    assert merge(marks, 12_000, RATE_HZ) == (("d", 0), ("SIL", 3000), ("O", 9000))


def test_an_l_that_colours_its_vowel_gets_a_third_of_it() -> None:
    marks = [("h", 0), ("A", 1800), ("l", 6000), ("f", 6000), ("_", 8000)]
    expected = (("h", 0), ("A", 1800), ("l", 4600), ("f", 6000))
    assert merge(marks, 8000, RATE_HZ) == expected


def test_a_split_phoneme_shares_its_time() -> None:
    marks = [("tS", 0), ("E", 3000), ("x", 6000)]
    assert merge(marks, 8000, RATE_HZ) == (
        ("t", 0), ("S", 1500), ("E", 3000), ("x", 6000),
    )  # fmt: skip
