"""What people say while they think: the turn stays theirs after it."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import yaml

from companion.understanding.sentences import SentencesError
from companion.understanding.words import plain

_LISTS: Final = ("hesitations", "joiners", "goes_on")


@dataclass(frozen=True, slots=True)
class Fillers:
    """The language pack's list.

    Attributes:
        hesitations: Words that mean nothing wherever they stand: "eh".
        joiners: Phrases that may stand before, between and after answers: "maar".
        thinking: All of these, in `words.plain`'s form.
        open_words: Words after which something follows, in that form: "mijn".
    """

    hesitations: tuple[str, ...]
    joiners: tuple[str, ...]
    thinking: frozenset[str]
    open_words: frozenset[str]


@cache
def load_fillers(language: str = "nl") -> Fillers:
    """Read `<language>/fillers.yaml`.

    Raises:
        SentencesError: If it is not three lists of words.
    """
    text = (files("companion") / language / "fillers.yaml").read_text("utf-8")
    raw = yaml.safe_load(text)
    if not isinstance(raw, dict) or set(raw) != set(_LISTS):
        raise SentencesError(f"fillers.yaml needs the lists {', '.join(_LISTS)}")
    lists = {name: _words(name, raw[name]) for name in _LISTS}
    hesitations, joiners, open_words = (lists[name] for name in _LISTS)
    return Fillers(
        hesitations,
        joiners,
        frozenset(map(plain, (*hesitations, *joiners))),
        frozenset(map(plain, open_words)),
    )


def _words(name: str, entries: object) -> tuple[str, ...]:
    if not isinstance(entries, list) or not all(isinstance(e, str) for e in entries):
        # YAML reads a bare no, on or yes as a truth value.
        raise SentencesError(f"fillers.yaml: {name} must be a list of words")
    return tuple(entries)


def ends_thinking(text: str) -> bool:
    """Whether the last words are those of somebody who thinks: "eh", "even denken"."""
    words = plain(text).split()
    thinking = load_fillers().thinking
    return not words or any(
        " ".join(words[-length:]) in thinking for length in range(1, len(words) + 1)
    )


def goes_on(text: str) -> bool:
    """Whether the last word is one after which something follows: "mijn"."""
    return plain(text).split(" ")[-1] in load_fillers().open_words
