"""Who may be called, invited and so on, and how a person names them.

A name means the same in a sentence as "mijn dochter" does, so the templates need
no names: a name that was heard is put in its place, and the sentence read again.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from companion.people import Person
from companion.understanding.intents import Intent
from companion.understanding.words import normalise

# In the place of a name; every template in which somebody is named knows it.
SOMEBODY: Final = "mijn dochter"

# Said of those who follow only.
ABOUT_FOLLOWERS: Final = frozenset({Intent.WITHDRAW, Intent.ALLOW, Intent.FORBID})

# A grammar has no room for the village; those who were added first are called most.
MOST_PEOPLE: Final = 12

Relations = Mapping[str, tuple[str, ...]]
"""How somebody is called who is a daughter, a neighbour and so on."""

Named = Mapping[Intent, tuple[str, ...]]
"""Sentences in which somebody is named, with {who}, by what they mean."""


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody named in a sentence.

    Attributes:
        words: The sentence with "mijn dochter" in the place of the name.
        ids: Numbers of those who are called so, in the order of the list.
    """

    words: tuple[str, ...]
    ids: tuple[int, ...]


def spoken_names(person: Person) -> tuple[str, ...]:
    """The names that a person has, as they are said: lower case, short ones first.

    "Uw dochter Anna" is "mijn dochter Anna" to who says it, or just Anna.
    """
    said = _as_said(person.spoken_name)
    whole = _as_said(person.name)
    names = [whole.split()[0], whole]
    if said.startswith("uw "):
        names.append("mijn " + said.removeprefix("uw "))
    else:
        names.insert(0, said)
    return tuple(dict.fromkeys(names))


def name_words(person: Person) -> tuple[str, ...]:
    """The words that a recogniser must know to hear the name that is listened for."""
    return tuple(dict.fromkeys(spoken_names(person)[0].split()))


def _as_said(name: str) -> str:
    # "Anne-Marie" is said, and written by a recogniser, as two words.
    kept = (c if c.isalpha() or c in "'’" else " " for c in name.lower())
    return " ".join("".join(kept).replace("’", "'").split())


class Callees:
    """The people who may be named.

    Args:
        people: In the order in which they were added.
        relations: How people call a daughter, a neighbour and so on.
        named: Sentences in which somebody is named.
    """

    def __init__(
        self,
        people: Sequence[Person] = (),
        relations: Relations | None = None,
        named: Named | None = None,
    ) -> None:
        self._relations = relations or {}
        ids: dict[tuple[str, ...], dict[int, None]] = {}
        for person in people:
            for form in self._forms(person):
                words = tuple(normalise(form).split())
                if words and person.id is not None:
                    ids.setdefault(words, {})[person.id] = None
        # The longest first: "mijn dochter Anna" before "Anna".
        self._ids = dict(sorted(ids.items(), key=lambda item: -len(item[0])))
        # By their first word: this is asked of each phrase that anybody may say.
        self._named: dict[str, set[tuple[str, ...]]] = {}
        for alias in chain.from_iterable(self._relations.values()):
            name = tuple(normalise(alias).split())
            self._named.setdefault(name[0], set()).add(name)
        self._phrases = {
            intent: tuple(
                dict.fromkeys(
                    sentence.format(who=who)
                    for sentence in sentences
                    for who in self._asked_for(intent, people[:MOST_PEOPLE])
                )
            )
            for intent, sentences in (named or {}).items()
        }

    def phrases(self, expected: Collection[Intent]) -> tuple[str, ...]:
        """What a recogniser must expect where somebody may be named."""
        return tuple(
            chain.from_iterable(
                phrases
                for intent, phrases in self._phrases.items()
                if intent in expected
            )
        )

    def find(self, words: Sequence[str]) -> Iterator[Found]:
        """Find each person named in a sentence, the longest name first.

        Args:
            words: In the form of `words.normalise`.
        """
        for name, ids in self._ids.items():
            for start in _places(name, words):
                rest = words[start + len(name) :]
                replaced = (*words[:start], *SOMEBODY.split(), *rest)
                yield Found(replaced, tuple(ids))

    def find_relations(self, words: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """The sentence for each that it names by what they are, known or not.

        "Mijn zoon" in it has become "mijn dochter".
        """
        for start, word in enumerate(words):
            for name in self._named.get(word, ()):
                if _is_at(start, name, words):
                    rest = words[start + len(name) :]
                    yield (*words[:start], *SOMEBODY.split(), *rest)

    def alias_of(self, person: Person, knows: Callable[[str], bool]) -> str | None:
        """What a recogniser hears in the place of a name that it does not know."""
        aliases = self._relations.get(person.relation.value, ())
        known = (a for a in aliases if all(knows(word) for word in a.split()))
        return next(known, None)

    def _forms(self, person: Person) -> Iterator[str]:
        names = spoken_names(person)
        aliases = self._relations.get(person.relation.value, ())
        yield from names
        yield from aliases
        yield from (f"{alias} {name}" for alias in aliases for name in names)

    def _asked_for(self, intent: Intent, people: Sequence[Person]) -> Iterator[str]:
        """How they are most likely called: by name, and by what they are."""
        for person in people:
            if intent in ABOUT_FOLLOWERS and not person.video:
                continue
            yield spoken_names(person)[0]
            aliases = self._relations.get(person.relation.value, ())
            yield from aliases[: 1 if intent in ABOUT_FOLLOWERS else 2]


def _places(name: Sequence[str], words: Sequence[str]) -> list[int]:
    """Where a name begins among the words."""
    last = len(words) - len(name)
    return [start for start in range(last + 1) if _is_at(start, name, words)]


def _is_at(start: int, name: Sequence[str], words: Sequence[str]) -> bool:
    return tuple(words[start : start + len(name)]) == tuple(name)
