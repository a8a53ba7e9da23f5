"""The exam for the Dutch understanding: what people really say, and what it means.

The sentences were written without sight of the templates and rules. A sentence
that fails asks for a better template; it is never taken out to pass.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TypeVar

import yaml

from companion.understanding.emergency import find_danger
from companion.understanding.intents import (
    BODY_PARTS,
    PLAN_KINDS,
    Danger,
    Intent,
    Meaning,
    Value,
)
from companion.understanding.meaning import Understanding

SENTENCES = Path(__file__).parent / "nl"
FILES = ("answers", "commands", "must_not_match")

LEAST_SENTENCES = 300
LEAST_SAFETY_SENTENCES = 100

# Whoever is told to call 112 after "ik ben niet gevallen" stops talking to it.
MOST_ALARMS_ON_NEGATIONS = 0
# A cry for help in words nobody thought of stays possible, and the device says so
# at set-up; above three in a hundred it could not be called a help any more.
MOST_MISSED_DANGERS = 0.03
# A wrong certain meaning is written in the journal and acted upon; a missed one
# only costs a question more. So it may be five times as rare.
MOST_WRONG = 0.02
LEAST_RIGHT = 0.90

T = TypeVar("T")
Interpret = Callable[[str, tuple[Intent, ...]], Meaning | None]
FindDanger = Callable[[str], Danger | None]

AVAILABLE_IN_ANY_QUESTION = frozenset(
    {
        Intent.STOP,
        Intent.SKIP,
        Intent.REPEAT,
        Intent.LOUDER,
        Intent.QUIETER,
        Intent.SLOWER,
        Intent.FASTER,
        Intent.WAIT,
        Intent.TELL_TIME,
        Intent.TELL_DATE,
        Intent.ABILITIES,
        Intent.IS_COMPUTER,
        Intent.WHAT_IS_KEPT,
        Intent.FORGET_LAST,
        Intent.FORGET_ALL,
    }
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said in answer to a question, and what it means.

    Attributes:
        say: The words, as a recogniser gives them or as somebody types them.
        expected: Answers the question accepts.
        means: Any of these is right; empty when nothing certain was meant.
        values: Any of these is right; empty when the value does not matter.
            Minutes, "HH:MM", names and numbers.
    """

    say: str
    expected: tuple[Intent, ...]
    means: tuple[Intent, ...]
    values: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class SafetySentence:
    """What is said, and the danger it tells of.

    Attributes:
        say: The words.
        danger: What must be found, or None when there must be no alarm.
        because: Why there must be no alarm: "negation", "past", ...
    """

    say: str
    danger: Danger | None
    because: str = ""


class Outcome(StrEnum):
    """How one sentence fared."""

    RIGHT = "right"
    MISSED = "missed"  # nothing, or only a guess, where something was meant
    WRONG = "wrong"  # a certain meaning that was not meant
    FALSE_ALARM = "false_alarm"


@dataclass(frozen=True, slots=True)
class Score:
    """The counts of one file.

    Attributes:
        right: Understood as meant, or rightly left alone.
        missed: Nothing, or only a guess, where something was meant.
        wrong: A certain meaning, or a kind of danger, that was not meant.
        false_alarms: Alarms where there was no danger.
        fuzzy: Guesses among all of these, whether or not something was meant.
        fuzzy_as_meant: Guesses that would have been right.
    """

    right: int = 0
    missed: int = 0
    wrong: int = 0
    false_alarms: int = 0
    fuzzy: int = 0
    fuzzy_as_meant: int = 0

    @property
    def sentences(self) -> int:
        """How many sentences were scored."""
        return self.right + self.missed + self.wrong + self.false_alarms

    def __add__(self, other: "Score") -> "Score":
        """Both files as one."""
        return Score(
            self.right + other.right,
            self.missed + other.missed,
            self.wrong + other.wrong,
            self.false_alarms + other.false_alarms,
            self.fuzzy + other.fuzzy,
            self.fuzzy_as_meant + other.fuzzy_as_meant,
        )


def _as_tuple(value: T | list[T] | None) -> tuple[T, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)


@cache
def load_sentences(name: str) -> tuple[Sentence, ...]:
    """Read one of `FILES`.

    Raises:
        KeyError, ValueError: If an entry lacks something or names no intent.
    """
    text = (SENTENCES / f"{name}.yaml").read_text(encoding="utf-8")
    return tuple(
        Sentence(
            say=entry["say"],
            expected=tuple(Intent(intent) for intent in entry["expected"]),
            means=tuple(Intent(intent) for intent in _as_tuple(entry["means"])),
            values=_as_tuple(entry.get("value")),
        )
        for entry in yaml.safe_load(text)["sentences"]
    )


@cache
def load_safety() -> tuple[SafetySentence, ...]:
    """Read the sentences about danger.

    Raises:
        KeyError, ValueError: If an entry lacks something or names no danger.
    """
    text = (SENTENCES / "safety.yaml").read_text(encoding="utf-8")
    return tuple(
        SafetySentence(
            say=entry["say"],
            danger=None if entry["danger"] is None else Danger(entry["danger"]),
            because=entry.get("because", ""),
        )
        for entry in yaml.safe_load(text)["sentences"]
    )


def is_value_right(value: Value | None, wanted: str | int) -> bool:
    """Whether the value is the one meant.

    A wanted number is minutes for a duration and itself otherwise; a wanted
    "HH:MM" is compared with the time of day, on whatever day.
    """
    match value:
        case timedelta():
            return isinstance(wanted, int) and value == timedelta(minutes=wanted)
        case datetime() | time():
            return value.strftime("%H:%M") == wanted
        case str():
            return isinstance(wanted, str) and value.casefold() == wanted.casefold()
        case _:
            return value == wanted


def judge(sentence: Sentence, meaning: Meaning | None) -> Outcome:
    """Compare what was understood with what was meant."""
    if meaning is None or not meaning.is_certain:
        return Outcome.MISSED if sentence.means else Outcome.RIGHT
    if meaning.intent not in sentence.means:
        return Outcome.WRONG
    if not sentence.values:
        return Outcome.RIGHT
    if meaning.value is None:
        # Nothing wrong is acted upon: the companion can still ask which.
        return Outcome.MISSED
    is_right = any(is_value_right(meaning.value, wanted) for wanted in sentence.values)
    return Outcome.RIGHT if is_right else Outcome.WRONG


def judge_danger(sentence: SafetySentence, danger: Danger | None) -> Outcome:
    """Compare the danger found with the danger told of."""
    if danger == sentence.danger:
        return Outcome.RIGHT
    if sentence.danger is None:
        return Outcome.FALSE_ALARM
    return Outcome.MISSED if danger is None else Outcome.WRONG


def count(outcomes: Iterable[Outcome], fuzzy: int = 0, as_meant: int = 0) -> Score:
    """Count outcomes by kind."""
    found = list(outcomes)
    return Score(
        right=found.count(Outcome.RIGHT),
        missed=found.count(Outcome.MISSED),
        wrong=found.count(Outcome.WRONG),
        false_alarms=found.count(Outcome.FALSE_ALARM),
        fuzzy=fuzzy,
        fuzzy_as_meant=as_meant,
    )


def score_sentences(
    sentences: Sequence[Sentence], interpret: Interpret, find: FindDanger
) -> Score:
    """Examine sentences in which nobody is in danger.

    An alarm outweighs the meaning: the conversation would be interrupted.
    """
    outcomes = []
    fuzzy = as_meant = 0
    for sentence in sentences:
        meaning = interpret(sentence.say, sentence.expected)
        if meaning is not None and not meaning.is_certain:
            fuzzy += 1
            as_meant += meaning.intent in sentence.means
        outcomes.append(
            judge(sentence, meaning)
            if find(sentence.say) is None
            else Outcome.FALSE_ALARM
        )
    return count(outcomes, fuzzy, as_meant)


def score_safety(sentences: Iterable[SafetySentence], find: FindDanger) -> Score:
    """Examine sentences about danger."""
    return count(judge_danger(sentence, find(sentence.say)) for sentence in sentences)


def report(interpret: Interpret, find: FindDanger) -> dict[str, Score]:
    """Hold the whole exam.

    Args:
        interpret: Words and the answers a question accepts, to a meaning.
        find: Words to the danger they tell of.

    Returns:
        The score by file, in the order of the exam.
    """
    scores = {
        name: score_sentences(load_sentences(name), interpret, find) for name in FILES
    }
    scores["safety"] = score_safety(load_safety(), find)
    return scores


def as_table(scores: Mapping[str, Score]) -> str:
    """The counts as text, a line per file."""
    titles = ("sentences", "right", "missed", "wrong", "false alarms", "fuzzy (right)")
    lines = [f"{'file':<16}" + "".join(f"{title:>14}" for title in titles)]
    for name, score in scores.items():
        numbers = (
            score.sentences,
            score.right,
            score.missed,
            score.wrong,
            score.false_alarms,
            f"{score.fuzzy} ({score.fuzzy_as_meant})",
        )
        lines.append(f"{name:<16}" + "".join(f"{number:>14}" for number in numbers))
    return "\n".join(lines)


@cache
def understanding_report() -> dict[str, Score]:
    """The exam of the understanding as it is built; held once."""
    understanding = Understanding()
    return report(understanding.interpret, find_danger)


def test_the_exam_is_large_enough() -> None:
    safety = load_safety()
    together = len(safety) + sum(len(load_sentences(name)) for name in FILES)

    assert together >= LEAST_SENTENCES
    assert len(safety) >= LEAST_SAFETY_SENTENCES
    assert {sentence.danger for sentence in safety} == {*Danger, None}
    assert sum(sentence.because == "negation" for sentence in safety) >= 30


def test_the_exam_asks_for_what_can_be_answered() -> None:
    for name in FILES:
        for sentence in load_sentences(name):
            accepted = AVAILABLE_IN_ANY_QUESTION | set(sentence.expected)
            assert accepted.issuperset(sentence.means), sentence
            if Intent.PAIN in sentence.means:
                assert set(BODY_PARTS).issuperset(sentence.values), sentence
            if Intent.PLANS in sentence.means:
                assert set(PLAN_KINDS).issuperset(sentence.values), sentence


def test_the_exam_asks_nothing_twice() -> None:
    questions = [
        (sentence.say, sentence.expected)
        for name in FILES
        for sentence in load_sentences(name)
    ]
    dangers = [sentence.say for sentence in load_safety()]

    twice = {question for question in questions if questions.count(question) > 1}
    assert not twice
    assert len(set(dangers)) == len(dangers)


def test_every_intent_is_examined() -> None:
    examined = {
        intent
        for name in FILES
        for sentence in load_sentences(name)
        for intent in sentence.means
    }

    assert examined == set(Intent)


def test_marking_tells_missed_from_wrong() -> None:
    expected = (Intent.PAIN, Intent.NO_PAIN)
    knee = Sentence("mijn knie", expected, (Intent.PAIN,), ("knee", "leg"))
    nothing = Sentence("de hond blaft", expected, ())

    assert judge(knee, Meaning(Intent.PAIN, "leg")) is Outcome.RIGHT
    assert judge(knee, Meaning(Intent.PAIN, "head")) is Outcome.WRONG
    assert judge(knee, Meaning(Intent.PAIN)) is Outcome.MISSED
    assert judge(knee, Meaning(Intent.NO_PAIN)) is Outcome.WRONG
    assert judge(knee, Meaning(Intent.PAIN, "knee", is_certain=False)) is (
        Outcome.MISSED
    )
    assert judge(knee, None) is Outcome.MISSED
    assert judge(nothing, None) is Outcome.RIGHT
    assert judge(nothing, Meaning(Intent.NO_PAIN)) is Outcome.WRONG


def test_marking_reads_minutes_and_times() -> None:
    assert is_value_right(timedelta(minutes=30), 30)
    assert not is_value_right(timedelta(minutes=3), 30)
    assert is_value_right(time(8, 30), "08:30")
    assert not is_value_right(time(20, 30), "08:30")
    assert is_value_right(84, 84)
    assert not is_value_right(timedelta(minutes=30), "00:30")


def test_marking_outweighs_the_meaning_with_an_alarm() -> None:
    calm = Sentence("mijn knie", (Intent.PAIN,), (Intent.PAIN,))

    def cry_wolf(_: str) -> Danger:
        return Danger.MEDICAL

    score = score_sentences([calm], lambda *_: Meaning(Intent.PAIN), cry_wolf)

    assert (score.false_alarms, score.right) == (1, 0)


def test_a_denied_danger_never_alarms() -> None:
    denied = [sentence for sentence in load_safety() if sentence.because == "negation"]

    score = score_safety(denied, find_danger)

    assert score.false_alarms <= MOST_ALARMS_ON_NEGATIONS, as_table({"denied": score})


def test_hardly_any_danger_is_missed() -> None:
    told = [sentence for sentence in load_safety() if sentence.danger is not None]

    score = score_safety(told, find_danger)

    most = MOST_MISSED_DANGERS * score.sentences
    assert score.missed <= most, as_table({"told": score})


def test_certain_meanings_are_hardly_ever_wrong() -> None:
    scores = understanding_report()
    total = sum(scores.values(), Score())

    most = MOST_WRONG * total.sentences
    assert total.wrong + total.false_alarms <= most, "\n" + as_table(scores)


def test_most_of_what_people_say_is_understood() -> None:
    scores = understanding_report()

    # Per file: the many sentences to leave alone must not hide missed answers.
    enough = [score.right >= LEAST_RIGHT * score.sentences for score in scores.values()]
    assert all(enough), "\n" + as_table(scores)
