"""A sentence from which pieces are taken until only what they tell about is left."""

import re

from companion.understanding.words import plain


class Pieces:
    """A sentence of which pieces are taken, one after the other."""

    def __init__(self, text: str) -> None:
        text = re.sub(r"\bt/m\b", "tot en met", text)
        self._written = text.split()
        self._ends: list[tuple[int, int]] = []
        plain_words: list[str] = []
        at = 0
        for number, word in enumerate(self._written):
            for one in _plain_words(word):
                self._ends.append((at, number))
                plain_words.append(one)
                at += len(one) + 1
        self.text = " ".join(plain_words)
        self._taken: set[int] = set()

    def take(self, start: int, end: int) -> None:
        """These words say when; nothing else finds them again."""
        for at, number in self._ends:
            if start <= at < end:
                self._taken.add(number)
        self.text = self.text[:start] + "#" * (end - start) + self.text[end:]

    def find(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first piece of a form, which is taken."""
        if found := pattern.search(self.text):
            self.take(found.start(), found.end())
        return found

    def taken(self) -> str:
        """The words that were taken, as they were written."""
        said = (w for n, w in enumerate(self._written) if n in self._taken)
        return " ".join(said)

    def rest(self) -> str:
        """The words that are left, as they were written."""
        left = (w for n, w in enumerate(self._written) if n not in self._taken)
        return " ".join(left)


_FIGURES = re.compile(r"\d{1,2}[-/]\d{1,2}(?:[-/]\d{2,4})?")


def _plain_words(word: str) -> list[str]:
    bare = word.strip(".,;:!?()")
    return [bare] if _FIGURES.fullmatch(bare) else plain(word).split()
