"""The language pack's sentence templates, and all that they stand for.

Templates are hassil's. They are expanded once, at the start: looking a phrase up
then costs microseconds where matching every template would cost tens of
milliseconds on a Pi, and the recogniser's grammar comes from the same phrases.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Final, cast

import yaml
from hassil import Intents
from hassil.expression import Sentence
from hassil.intents import IntentData, SlotList, TextSlotList
from hassil.sample import sample_sentence

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


@dataclass(frozen=True, slots=True)
class Sentences:
    """Everything that the language pack knows people to say."""

    phrases: tuple[Phrase, ...]
    padding: frozenset[str]
    hints: Mapping[Intent, tuple[str, ...]]


@cache
def load_sentences(language: str = "nl") -> Sentences:
    """Read and expand the templates of a language.

    Raises:
        SentencesError: If a file is missing, has an error, or names an intent that
            does not exist.
    """
    folder = files("companion") / language / "sentences"
    raw: dict[str, dict[str, object]] = {}
    for part in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if part.name.endswith(".yaml"):
            for key, entries in yaml.safe_load(part.read_text("utf-8")).items():
                if isinstance(entries, dict):
                    raw.setdefault(key, {}).update(entries)
    if not raw.get("intents"):
        raise SentencesError(f"no sentences found for language {language!r}")
    source = {"language": language, **raw, "intents": _in_hassils_form(raw["intents"])}
    intents = Intents.from_dict(source)
    phrases: list[Phrase] = []
    for name, entry in intents.intents.items():
        if name not in set(Intent):
            if name != "padding":
                raise SentencesError(f"sentences for {name!r}, which is no intent")
            continue
        phrases += _expand(Intent(name), entry.data, intents)
    padding = frozenset(
        normalise(spoken)
        for data in intents.intents["padding"].data
        for sentence in data.sentences
        for spoken in _sample(sentence, {}, intents)
    )
    hints = cast(dict[str, list[str]], raw.get("hints", {}))
    return Sentences(
        tuple(phrases),
        padding - {""},
        {Intent(name): tuple(words) for name, words in hints.items()},
    )


def _in_hassils_form(intents: Mapping[str, object]) -> dict[str, object]:
    return {
        name: {"data": [{"sentences": sentences}]}
        for name, sentences in intents.items()
    }


def _expand(intent: Intent, data: list[IntentData], intents: Intents) -> list[Phrase]:
    """Expand the templates of an intent, the most usual phrases first.

    Usual is what comes first: the first alternative of every template before the
    second of any.
    """
    ranked: dict[tuple[str, str | None], tuple[int, int, str, str | None]] = {}
    order = 0
    for block in data:
        for sentence in block.sentences:
            for slot, value, lists in _choices(sentence, intents):
                for nth, spoken in enumerate(_sample(sentence, lists, intents)):
                    key = normalise(spoken)
                    if not spoken:
                        continue
                    if not key:
                        raise SentencesError(f"{intent}: {spoken!r} says nothing")
                    if (key, value) not in ranked:
                        ranked[key, value] = (nth, order, spoken, slot)
                order += 1
    usual = sorted(ranked.items(), key=lambda item: item[1][:2])
    return [
        Phrase(spoken, key, intent, slot, value, rank)
        for rank, ((key, value), (_, _, spoken, slot)) in enumerate(usual)
    ]


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


def _sample(
    sentence: Sentence, lists: Mapping[str, TextSlotList], intents: Intents
) -> Iterator[str]:
    values: dict[str, SlotList] = dict(lists)
    rules = intents.expansion_rules
    # People say the short form most.
    short = sample_sentence(sentence, values, rules, skip_optionals=True)
    every = sample_sentence(sentence, values, rules)
    for nth, spoken in enumerate(chain(short, every)):
        if nth >= MOST_PHRASES_PER_TEMPLATE:
            raise SentencesError(
                f"{sentence.text!r} stands for more than {MOST_PHRASES_PER_TEMPLATE} "
                "phrases; split it up"
            )
        yield " ".join(spoken.split())
