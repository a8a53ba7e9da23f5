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


def is_filler(text: str) -> bool:
    """Whether nothing else is said: "eh", "even denken", or no word at all."""
    said = plain(text)
    return not said or said in load_fillers().thinking


def goes_on(text: str) -> bool:
    """Whether something follows after the last words: "mijn", "goed maar"."""
    words = plain(text).split()
    fillers = load_fillers()
    endings = (" ".join(words[start:]) for start in range(len(words)))
    return any(end in fillers.thinking or end in fillers.open_words for end in endings)
