"""How words sound: espeak-ng's word for it, and variants."""

import sys

import pytest

from voice.model.errors import DamagedModel, EspeakMissing, NotPronounced
from voice.model.lexicon import from_text, pronounce, pronounce_all, to_text, variants
from voice.model.pronouncing import pronunciations


@pytest.mark.parametrize(
    ("phones", "expected"),
    [
        ("j a:", {"j a:"}),
        ("l o: p @ n", {"l o: p @ n", "l o: p @"}),
        ("v A n", {"v A n", "f A n"}),
        ("z E v @ n", {"z E v @ n", "z E v @", "s E f @ n", "s E f @"}),
        # "En" is short already.
        ("@ n", {"@ n"}),
    ],
)
def test_people_say_words_in_several_ways(phones: str, expected: set[str]) -> None:
    forms = variants(tuple(phones.split()))
    assert forms[0] == tuple(phones.split())
    assert {" ".join(form) for form in forms} == expected


def test_a_lexicon_is_read_back() -> None:
    words = {"zeven": variants(("z", "e:", "v", "@", "n")), "ja": (("j", "a:"),)}
    assert dict(from_text(to_text(words))) == words


@pytest.mark.parametrize("text", ["ja\n", "ja j Q\n", "ja j a:\n\n", "\0"])
def test_a_damaged_lexicon_is_told(text: str) -> None:
    with pytest.raises(DamagedModel, match="line"):
        from_text(text)


@pytest.mark.real
def test_espeak_pronounces_dutch() -> None:
    words = pronounce(["nee", "ja", "een", "weekend", "zoë", "nee"])
    assert list(words) == ["nee", "ja", "een", "weekend", "zoë"]
    assert words["nee"] == (("n", "e:"),)
    assert ("@", "n") in words["een"]
    assert ("e:", "n") in words["een"]
    assert words["weekend"][0] == ("w", "i", "k", "E", "n", "t")


@pytest.mark.real
def test_a_word_that_cannot_be_said_is_named() -> None:
    with pytest.raises(NotPronounced, match=r"'\.\.\.', 'van der berg'"):
        pronounce_all(["ja", "...", "van der berg"])
    assert list(pronounce(["...", "ja", "entertainment", ""])) == ["ja"]


_DIES_AT_KRAK = """
import os, sys
for word in sys.stdin:
    if word == "krak\\n":
        os.abort()
    print("j a:", flush=True)
"""

_HAS_NO_LIBRARY = """
import ctypes, runpy
def missing(name):
    raise OSError
ctypes.CDLL = missing
runpy.run_module("voice.model.pronouncing", run_name="__main__")
"""


def test_a_crash_costs_the_word_that_did_it_and_no_other() -> None:
    child = (sys.executable, "-c", _DIES_AT_KRAK)
    said = pronunciations(["ja", "krak", "nee", "krak", "krak", "ook"], child)
    assert list(said) == ["ja", "nee", "ook"]


def test_espeak_that_is_missing_is_told() -> None:
    with pytest.raises(EspeakMissing, match="apt-get install libespeak-ng1"):
        pronunciations(["ja"], (sys.executable, "-c", _HAS_NO_LIBRARY))
