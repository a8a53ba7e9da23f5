"""What is asked, what may be answered, and what the ears expect meanwhile."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from companion.understanding import grammar
from companion.understanding.cries import CRIES, DENIALS
from companion.understanding.emergency import find_danger_in_phrase
from companion.understanding.fillers import load_fillers
from companion.understanding.intents import Intent, Meaning
from companion.understanding.meaning import Understanding
from companion.understanding.standing import WordsSoFar
from voice.hearing import Expectation

# An open answer may not end in a thinking pause: it gets the longer silence.
OPEN_INTENTS = frozenset({Intent.FREE_TEXT, Intent.PLANS})
SPELT_INTENTS = frozenset({Intent.NUMBER, Intent.TIME_OF_DAY})

# An answer in one's own words that is whole may still be added to: a breath longer
# than after a bare "ja", and less than the whole wait.
OPEN_WHOLE_S = 1.0

# After what is unfinished or unclear; help must not wait for a second thought.
URGENT_HOLD_S = 2.0

# Twice as long after an answer is still quick.
MOST_SLOWNESS = 2.0


class TurnKind(StrEnum):
    """How a person answers, which decides when the turn is over."""

    CLOSED = "closed"
    OPEN = "open"  # in words of one's own
    SPELT = "spelt"  # a number or a time, said part by part
    URGENT = "urgent"  # somebody may be in danger


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
        ends_early: Whether a whole answer may end the turn at once; never for
            calls, sharing and deletion, nor where it is urgent.
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

    def expected(self, is_rephrased: bool = False) -> frozenset[Intent]:
        """Everything that would be understood as an answer.

        Args:
            is_rephrased: Whether it was put as yes or no.
        """
        extra: set[Intent] = set()
        if self.yes is not None or is_rephrased:
            extra |= {Intent.YES, Intent.NO}
        if self.is_kept:
            extra.add(Intent.UNSURE)
        return self.answers | extra

    @property
    def turn_kind(self) -> TurnKind:
        """How it will be answered."""
        if self.is_urgent:
            return TurnKind.URGENT
        if self.is_open:
            return TurnKind.OPEN
        if self.answers & SPELT_INTENTS:
            return TurnKind.SPELT
        return TurnKind.CLOSED


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
        end_spelt_s: Silence that ends a number or a time. People group digits, with
            pauses of up to a second between the groups.
        end_urgent_s: Silence that ends an answer where somebody may be in danger.
    """

    think_s: float = 10.0
    end_closed_s: float = 1.5
    end_open_s: float = 2.5
    end_spelt_s: float = 2.0
    end_urgent_s: float = 1.5

    def end_of_turn_s(self, kind: TurnKind) -> float:
        """Silence that ends such a turn."""
        return {
            TurnKind.CLOSED: self.end_closed_s,
            TurnKind.OPEN: self.end_open_s,
            TurnKind.SPELT: self.end_spelt_s,
            TurnKind.URGENT: self.end_urgent_s,
        }[kind]


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
    phrases = grammar.phrases(expected)
    if phrases:
        named = understanding.callees.phrases(expected)
        phrases = tuple(dict.fromkeys((*phrases, *named, *CRIES, *DENIALS)))
    kind = question.turn_kind
    asked = _asked(
        frozenset(expected),
        understanding,
        phrases,
        question.yes or question.rephrased_yes or Intent.YES,
        question.no or question.rephrased_no or Intent.NO,
    )
    end_of_turn_s = patience.end_of_turn_s(kind)
    whole_s, final_s = _early_s(kind, end_of_turn_s)
    fillers = load_fillers()
    return Expectation(
        phrases=phrases,
        senses=_senses(understanding, frozenset(expected), phrases),
        hints=grammar.hints(expected),
        patience_s=patience.think_s,
        end_of_turn_s=end_of_turn_s,
        hold_s=URGENT_HOLD_S if kind is TurnKind.URGENT else Expectation().hold_s,
        whole_s=whole_s,
        final_s=final_s,
        standing=asked.standing if _may_end_early(question) else asked.unfinished,
        hesitations=fillers.hesitations,
        joiners=fillers.joiners,
    )


def _early_s(kind: TurnKind, end_of_turn_s: float) -> tuple[float, float]:
    """Silence after which a whole and a final answer are taken.

    Who pauses longer than most inside turns gets more time after an answer too.
    """
    usual = Expectation()
    if kind is TurnKind.OPEN:
        whole_s = final_s = OPEN_WHOLE_S
    else:
        whole_s, final_s = usual.whole_s, usual.final_s
    slowness = end_of_turn_s / Patience().end_of_turn_s(kind)
    factor = max(1.0, min(slowness, MOST_SLOWNESS))
    return factor * whole_s, factor * final_s


def _may_end_early(question: Question) -> bool:
    return question.ends_early and question.turn_kind in (
        TurnKind.CLOSED,
        TurnKind.OPEN,
    )


@lru_cache(maxsize=64)
def _asked(
    expected: frozenset[Intent],
    understanding: Understanding,
    phrases: tuple[str, ...],
    yes: Intent,
    no: Intent,
) -> WordsSoFar:
    """What judges the words so far; made once for all questions with these answers."""
    table = {Intent.YES: yes, Intent.NO: no}
    return WordsSoFar(
        understanding, expected, phrases, lambda intent: table.get(intent, intent)
    )


@lru_cache(maxsize=64)
def _senses(
    understanding: Understanding, expected: frozenset[Intent], phrases: tuple[str, ...]
) -> tuple[str, ...]:
    """What each phrase means, by name, so that synonyms do not compete."""

    def sense(phrase: str) -> str:
        danger = find_danger_in_phrase(phrase)
        if danger is not None:
            return f"danger {danger}"
        meaning = understanding.interpret(phrase, expected)
        return phrase if meaning is None else f"{meaning.intent} {meaning.value}"

    return tuple(sense(phrase) for phrase in phrases)
