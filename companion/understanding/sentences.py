"""The language pack's sentence templates, and all that they stand for.

Templates are hassil's. They are expanded once, when first needed: looking a phrase
up then costs microseconds where matching every template would cost tens of
milliseconds on a Pi, and the recogniser's grammar comes from the same phrases.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain, product
from typing import Final, cast

import yaml
from hassil import Intents
from hassil.expression import (
    Alternative,
    Expression,
    ListReference,
    RuleReference,
    Sentence,
    Sequence,
    TextChunk,
)
from hassil.intents import IntentData, TextSlotList

from companion.understanding.intents import Intent
from companion.understanding.words import normalise

# A template that stands for more is a mistake in the language pack: start-up
# would take seconds on a Pi.
MOST_PHRASES_PER_TEMPLATE: Final = 7000


class SentencesError(Exception):
    """A sentence file of the language pack cannot be used."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way of saying something.

    Attributes:
        spoken: As people say it and a recogniser's dictionary writes it.
        plain: In the form of `words.normalise`.
        intent: What it means.
        slot: Name of the list its value comes from, or None.
        value: Its value: a name from that list, or None.
        rank: 0 for the most usual way of saying it, rising.
    """

    spoken: str
    plain: str
    intent: Intent
    slot: str | None
    value: str | None
    rank: int


class Sentences:
    """Everything that the language pack knows people to say.

    Templates are expanded when an intent is first asked for: all together take
    seconds on a Pi, and no question needs them all.

    Args:
        intents: The templates, as hassil read them.
        hints: Words to which an engine may lean, by intent.
        usual: What is said most for an intent, the most usual first.
        relations: How people call a daughter, a neighbour and so on.
        named: Sentences in which somebody is named, with {who}, by intent.

    Attributes:
        padding: What may stand beside any meaning, in `words.normalise`'s form.
        hints: As given.
        usual: As given.
        relations: As given.
        named: As given.
    """

    def __init__(
        self,
        intents: Intents,
        hints: Mapping[Intent, tuple[str, ...]],
        usual: Mapping[Intent, tuple[str, ...]],
        relations: Mapping[str, tuple[str, ...]],
        named: Mapping[Intent, tuple[str, ...]],
    ) -> None:
        self._intents = intents
        self.relations = relations
        self.named = named
        self.hints = hints
        self.usual = usual
        self.padding = frozenset(
            normalise(spoken)
            for data in intents.intents["padding"].data
            for sentence in data.sentences
            for spoken in _Expander(_all_lists(intents), intents).expand(sentence)
        ) - {""}
        self.of = cache(self._of)

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        """All phrases of all intents.

        Raises:
            SentencesError: If a template has an error.
        """
        return tuple(phrase for intent in Intent for phrase in self.of(intent))

    def _of(self, intent: Intent) -> tuple[Phrase, ...]:
        """The phrases of an intent, the most usual first; kept.

        Raises:
            SentencesError: If a template has an error.
        """
        entry = self._intents.intents.get(intent)
        return () if entry is None else _expand(intent, entry.data, self._intents)


@cache
def load_sentences(language: str = "nl") -> Sentences:
    """Read the templates of a language.

    Raises:
        SentencesError: If a file is missing, has an error, or names an intent that
            does not exist.
    """
    folder = files("companion") / language / "sentences"
    raw: dict[str, dict[str, object]] = {}
    for part in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if part.name.endswith(".yaml"):
            for key, entries in _read_yaml(part.read_text("utf-8")).items():
                if isinstance(entries, dict):
                    raw.setdefault(key, {}).update(entries)
    if not raw.get("intents"):
        raise SentencesError(f"no sentences found for language {language!r}")
    for name in raw["intents"]:
        if name not in set(Intent) and name != "padding":
            raise SentencesError(f"sentences for {name!r}, which is no intent")
    source = {"language": language, **raw, "intents": _in_hassils_form(raw["intents"])}
    return Sentences(
        Intents.from_dict(source),
        _by_intent(raw.get("hints", {})),
        _by_intent(raw.get("usual", {})),
        _lists(raw.get("relations", {})),
        _by_intent(raw.get("named", {})),
    )


def _by_intent(entries: Mapping[str, object]) -> dict[Intent, tuple[str, ...]]:
    return {Intent(name): words for name, words in _lists(entries).items()}


def _lists(entries: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    lists = cast(Mapping[str, list[str]], entries)
    return {name: tuple(words) for name, words in lists.items()}


# libyaml's loader reads the same ten times as fast; some builds come without.
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _read_yaml(text: str) -> dict[str, object]:
    return cast(dict[str, object], yaml.load(text, Loader=_Loader) or {})


def _in_hassils_form(intents: Mapping[str, object]) -> dict[str, object]:
    return {
        name: {"data": [{"sentences": sentences}]}
        for name, sentences in intents.items()
    }


def _expand(
    intent: Intent, data: list[IntentData], intents: Intents
) -> tuple[Phrase, ...]:
    """Expand the templates of an intent, the most usual phrases first.

    Usual is what comes first: the first alternative of every template before the
    second of any.
    """
    ranked: dict[tuple[str, str | None], tuple[int, int, str, str | None]] = {}
    order = 0
    for block in data:
        for sentence in block.sentences:
            for slot, value, lists in _choices(sentence, intents):
                for nth, spoken in enumerate(
                    _Expander(lists, intents).expand(sentence)
                ):
                    key = normalise(spoken)
                    if not key:
                        raise SentencesError(f"{intent}: {spoken!r} says nothing")
                    if (key, value) not in ranked:
                        ranked[key, value] = (nth, order, spoken, slot)
                order += 1
    usual = sorted(ranked.items(), key=lambda item: item[1][:2])
    return tuple(
        Phrase(spoken, key, intent, slot, value, rank)
        for rank, ((key, value), (_, _, spoken, slot)) in enumerate(usual)
    )


def _all_lists(intents: Intents) -> dict[str, TextSlotList]:
    return {
        name: slots
        for name, slots in intents.slot_lists.items()
        if isinstance(slots, TextSlotList)
    }


def _choices(
    sentence: Sentence, intents: Intents
) -> Iterator[tuple[str | None, str | None, dict[str, TextSlotList]]]:
    """Each value that the sentence's list may have, alone in its list."""
    name = next(iter(sentence.list_names(intents.expansion_rules)), None)
    if name is None:
        yield None, None, {}
        return
    slots = intents.slot_lists.get(name)
    if not isinstance(slots, TextSlotList):
        raise SentencesError(f"{sentence.text!r} names the unknown list {name!r}")
    for value in dict.fromkeys(str(entry.value_out) for entry in slots.values):
        entries = [entry for entry in slots.values if str(entry.value_out) == value]
        yield name, value, {name: TextSlotList(name=name, values=entries)}


class _Expander:
    """All that one template stands for.

    Hassil's own sampling gives the same, but cleans each part of each phrase.
    """

    def __init__(self, lists: Mapping[str, TextSlotList], intents: Intents) -> None:
        self._lists = lists
        self._rules = intents.expansion_rules

    def expand(self, sentence: Sentence) -> list[str]:
        """The phrases, each once; the short ones first, for those are said most.

        Raises:
            SentencesError: If there are too many, or a list or rule is missing.
        """
        short = self._expand(sentence.expression, is_short=True)
        every = self._expand(sentence.expression, is_short=False)
        if len(every) > MOST_PHRASES_PER_TEMPLATE:
            raise SentencesError(
                f"{sentence.text!r} stands for more than {MOST_PHRASES_PER_TEMPLATE} "
                "phrases; split it up"
            )
        spoken = (" ".join(text.split()) for text in chain(short, every))
        return [text for text in dict.fromkeys(spoken) if text]

    def _expand(self, part: Expression, is_short: bool) -> list[str]:
        match part:
            case TextChunk():
                return [str(part.original_text)]
            case Alternative(is_optional=True) if is_short:
                return [""]
            case Alternative():
                return [t for item in part.items for t in self._expand(item, is_short)]
            case Sequence():
                parts = [self._expand(item, is_short) for item in part.items]
                return ["".join(texts) for texts in product(*parts)]
            case ListReference() if part.list_name in self._lists:
                return [
                    text
                    for entry in self._lists[part.list_name].values
                    for text in self._expand(entry.text_in, is_short)
                ]
            case RuleReference() if part.rule_name in self._rules:
                return self._expand(self._rules[part.rule_name].expression, is_short)
        raise SentencesError(f"cannot read {part!r} in a template")
