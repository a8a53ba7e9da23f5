"""What is asked, what may be answered, and what the ears expect meanwhile."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from companion.understanding import grammar
from companion.understanding.cries import CRIES, DENIALS
from companion.understanding.emergency import find_danger
from companion.understanding.intents import Danger, Intent, Meaning
from companion.understanding.meaning import Understanding
from voice.hearing import Expectation

# An open answer may not end in a thinking pause: it gets the longer silence.
OPEN_INTENTS = frozenset({Intent.FREE_TEXT, Intent.PLANS})


@dataclass(frozen=True, slots=True)
class Skipped:
    """The person would rather not answer; that is a good answer."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing was said, or nothing that was understood; never "bad"."""

    was_silent: bool


Reply = Meaning | Skipped | NoAnswer


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked and what may be answered, in one declaration.

    The recogniser's grammar, the parser's meaning, the caption and the sense of
    the yes and no buttons all follow from it.

    Attributes:
        name: Its name in the language pack (`<name>.ask`, `<name>.rephrase`) and
            in the journal.
        answers: What may be meant. FREE_TEXT makes it an open question.
        yes: What a bare "ja", or the yes button, means here.
        no: What a bare "nee", or the no button, means here.
        rephrased_yes: What "ja" means once it was rephrased as yes or no.
        rephrased_no: What "nee" means then.
        is_kept: Whether the answer goes into the journal.
        ends_early: Whether a complete answer may end the turn at once; never for
            calls, sharing and deletion.
        is_urgent: Whether somebody may be in danger: then nobody is told that
            there is no haste, and silence brings the question back sooner.
    """

    name: str
    answers: frozenset[Intent]
    yes: Intent | None = None
    no: Intent | None = None
    rephrased_yes: Intent | None = None
    rephrased_no: Intent | None = None
    is_kept: bool = False
    ends_early: bool = True
    is_urgent: bool = False

    @property
    def is_open(self) -> bool:
        """Whether an answer may be a sentence of one's own."""
        return bool(self.answers & OPEN_INTENTS)


def yes_or_no(name: str, ends_early: bool = True) -> Question:
    """A question that is answered with yes or no, and not kept."""
    return Question(
        name=name,
        answers=frozenset({Intent.YES, Intent.NO}),
        yes=Intent.YES,
        no=Intent.NO,
        rephrased_yes=Intent.YES,
        rephrased_no=Intent.NO,
        ends_early=ends_early,
    )


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a person, in seconds.

    Attributes:
        think_s: Silence before "u mag rustig nadenken", and again after it.
        end_closed_s: Silence that ends a short answer.
        end_open_s: Silence that ends an answer in one's own words.
    """

    think_s: float = 10.0
    end_closed_s: float = 1.5
    end_open_s: float = 2.5


def expectation_of(
    question: Question,
    expected: Collection[Intent],
    understanding: Understanding,
    patience: Patience | None = None,
) -> Expectation:
    """What the ears listen for while this question stands.

    Args:
        question: What was asked.
        expected: What would be understood as an answer now.
        understanding: Knows when an answer is whole.
        patience: How long to wait.
    """
    patience = patience or Patience()
    is_open = Intent.FREE_TEXT in expected

    def is_complete(words: str) -> bool:
        # A cry for help is heard to its end.
        return find_danger(words) is None and understanding.is_complete(words, expected)

    phrases = grammar.phrases(expected)
    if phrases:
        calls = understanding.callees.phrases if Intent.CALL_FAMILY in expected else ()
        phrases = tuple(dict.fromkeys((*phrases, *calls, *CRIES, *DENIALS)))
    return Expectation(
        phrases=phrases,
        senses=_senses(understanding, frozenset(expected), phrases),
        hints=grammar.hints(expected),
        patience_s=patience.think_s,
        end_of_turn_s=(
            patience.end_open_s if question.is_open else patience.end_closed_s
        ),
        is_complete=is_complete if question.ends_early and not is_open else None,
    )


@lru_cache(maxsize=4096)
def _danger_of_phrase(phrase: str) -> Danger | None:
    """As `find_danger`, for phrases of our own: what people say is not cached."""
    return find_danger(phrase)


@lru_cache(maxsize=64)
def _senses(
    understanding: Understanding, expected: frozenset[Intent], phrases: tuple[str, ...]
) -> tuple[str, ...]:
    """What each phrase means, by name, so that synonyms do not compete."""

    def sense(phrase: str) -> str:
        danger = _danger_of_phrase(phrase)
        if danger is not None:
            return f"danger {danger}"
        meaning = understanding.interpret(phrase, expected)
        return phrase if meaning is None else f"{meaning.intent} {meaning.value}"

    return tuple(sense(phrase) for phrase in phrases)
