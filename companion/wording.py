"""The language pack: every sentence said or shown, and which one to take today."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from string import Formatter
from types import MappingProxyType

import yaml

from voice.speech import Speech

# Thirty days of check-ins repeat no wording within three days: today's choice
# looks back over this many earlier days.
FRESH_DAYS = 3


class WordingError(Exception):
    """Base of the errors of the language pack."""


class WordingMissing(WordingError, LookupError):
    """The language pack has no sentence by this name."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to say one thing.

    Attributes:
        key: What it says, by name: "checkin.mood.ask".
        variant: Which of the wordings of that name, from 0.
        sentences: Templates with {names} for facts; one sentence each.
    """

    key: str
    variant: int
    sentences: tuple[str, ...]

    @property
    def facts(self) -> frozenset[str]:
        """Names of the facts that the sentences need."""
        return frozenset(
            name
            for sentence in self.sentences
            for _, name, _, _ in Formatter().parse(sentence)
            if name
        )

    def speak(self, facts: Mapping[str, str], holds_fact: bool = False) -> Speech:
        """Fill in the facts.

        Raises:
            WordingError: If a fact that a sentence needs is not given.
        """
        try:
            filled = tuple(_fill(sentence, facts) for sentence in self.sentences)
        except KeyError as error:
            raise WordingError(f"{self.key} needs the fact {error}") from error
        return Speech(sentences=filled, holds_fact=holds_fact, is_fixed=not self.facts)


def _fill(sentence: str, facts: Mapping[str, str]) -> str:
    """A sentence that begins with a fact still begins with a capital."""
    filled = sentence.format_map(facts)
    is_fact_first = sentence.startswith("{")
    return filled[:1].upper() + filled[1:] if is_fact_first else filled


@dataclass(frozen=True, slots=True)
class Line:
    """Something that may be said, by its name, in whichever wording is due.

    Attributes:
        key: Its name.
        facts: What fills its templates, beside the facts of the conversation.
    """

    key: str
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Phrasebook:
    """All wordings of one language, by name."""

    def __init__(self, wordings: Mapping[str, Sequence[Wording]]) -> None:
        self._wordings = dict(wordings)

    def __contains__(self, key: object) -> bool:
        return key in self._wordings

    @property
    def keys(self) -> Collection[str]:
        """Names of everything that can be said."""
        return self._wordings.keys()

    def variants(self, key: str) -> Sequence[Wording]:
        """All wordings of a name, in the order of the language pack.

        Raises:
            WordingMissing: If there is none.
        """
        try:
            return self._wordings[key]
        except KeyError:
            raise WordingMissing(f"the language pack has no {key!r}") from None

    def choose(self, key: str, used: Sequence[tuple[str, int]]) -> Wording:
        """Take the wording that was used longest ago, unused ones first.

        Args:
            key: What to say.
            used: (key, variant) of the last days, oldest first.
        """
        last_use = {variant: at for at, (k, variant) in enumerate(used) if k == key}
        return min(
            self.variants(key),
            key=lambda wording: (last_use.get(wording.variant, -1), wording.variant),
        )

    def text(self, key: str, **facts: str) -> str:
        """The first wording as one line, for screens and the command line."""
        return self.variants(key)[0].speak(facts).text


def greet(phrasebook: Phrasebook, part: str, name: str) -> str:
    """The greeting of a part of the day: "Goedemorgen mevrouw De Vries."

    Args:
        phrasebook: Has "greeting.morning" and so on.
        part: "morning", "afternoon" or "evening".
        name: How the person is addressed; empty: not at all.
    """
    greeting = phrasebook.text(f"greeting.{part}").rstrip(".")
    return f"{greeting} {name}." if name else f"{greeting}."


@cache
def load_phrasebook(language: str = "nl") -> Phrasebook:
    """Read `<language>/replies/talk/*.yaml`, once.

    A file is a tree of names. A leaf is one sentence, or a list of wordings; a
    wording is a sentence or a list of sentences.

    Raises:
        WordingError: If a file is not such a tree.
    """
    wordings: dict[str, list[Wording]] = {}
    folder = resources.files("companion") / language / "replies" / "talk"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".yaml"):
            tree = yaml.safe_load(file.read_text(encoding="utf-8"))
            _collect(tree, "", file.name, wordings)
    return Phrasebook(wordings)


def _collect(
    tree: object, prefix: str, file: str, found: dict[str, list[Wording]]
) -> None:
    if isinstance(tree, dict):
        for name, branch in tree.items():
            _collect(branch, f"{prefix}.{name}" if prefix else str(name), file, found)
        return
    if prefix in found:
        raise WordingError(f"{file}: {prefix} stands in another file too")
    variants = tree if isinstance(tree, list) else [tree]
    found[prefix] = [
        Wording(prefix, number, _sentences(variant, prefix, file))
        for number, variant in enumerate(variants)
    ]


def _sentences(variant: object, key: str, file: str) -> tuple[str, ...]:
    sentences = variant if isinstance(variant, list) else [variant]
    if not sentences or not all(isinstance(s, str) and s for s in sentences):
        raise WordingError(f"{file}: {key} holds {variant!r}, which is no sentence")
    return tuple(sentences)
