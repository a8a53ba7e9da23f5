"""Word error rate."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

_NOT_A_WORD = re.compile(r"[^\w' ]+")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u00b4": "'", "`": "'"})


def words_of(text: str) -> list[str]:
    """The words of a text, lower case, without punctuation.

    "'t" keeps its apostrophe; one that quotes a word is taken off.
    """
    plain = _NOT_A_WORD.sub(" ", text.lower().translate(_APOSTROPHES))
    words = [word.rstrip("'") for word in plain.split()]
    # Of the words that begin with one, only these short ones are Dutch.
    return [
        word if len(word) <= 2 else word.lstrip("'") for word in words if word != ""
    ]


@dataclass(frozen=True, slots=True)
class WordErrors:
    """Words said, and the fewest changes that make them of those heard.

    Attributes:
        said: Words in the transcript.
        errors: Words left out, put in and taken for another.
    """

    said: int = 0
    errors: int = 0

    def __add__(self, other: "WordErrors") -> "WordErrors":
        return WordErrors(self.said + other.said, self.errors + other.errors)

    @property
    def rate(self) -> float | None:
        """Errors for each word said; above 1 for much invention, None for no words."""
        return self.errors / self.said if self.said else None


def word_errors(said: str, heard: str) -> WordErrors:
    """Compare what was heard with what was said."""
    said_words, heard_words = words_of(said), words_of(heard)
    return WordErrors(len(said_words), Levenshtein.distance(said_words, heard_words))


def total(parts: Iterable[WordErrors]) -> WordErrors:
    """All together: long sentences weigh more than short ones."""
    return sum(parts, WordErrors())
