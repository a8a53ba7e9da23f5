"""Every question that can be asked, by name."""

from collections.abc import Callable, Mapping
from itertools import chain
from types import MappingProxyType

from companion.asking import Question, expectation_of, yes_or_no
from companion.topics.checkin import (
    CONVENIENT,
    MESSAGE,
    MESSAGE_WORDS,
    QUESTIONS,
)
from companion.topics.conversation import MORE, WISH
from companion.understanding import grammar
from companion.understanding.cries import CRIES, DENIALS
from companion.understanding.meaning import Understanding

YES_OR_NO = yes_or_no("ja_of_nee")

ALL_QUESTIONS: Mapping[str, Question] = MappingProxyType(
    {
        question.name: question
        for question in (
            *QUESTIONS.values(),
            CONVENIENT,
            MESSAGE,
            MESSAGE_WORDS,
            WISH,
            MORE,
            YES_OR_NO,
        )
    }
)


def prepare(
    understanding: Understanding, is_over: Callable[[], bool] = lambda: False
) -> None:
    """Read what may be answered to every question, so that no first answer waits.

    Takes seconds on a Pi; for a thread, at the start.

    Args:
        understanding: Keeps what was read.
        is_over: Whether nobody will ask any more; looked at before each question.
    """
    for question in ALL_QUESTIONS.values():
        if is_over():
            return
        understanding.prepare(question.answers)
        expectation_of(question, question.answers, understanding)


def own_phrases() -> tuple[str, ...]:
    """What may be answered to any question, and cries for help; nobody's names."""
    asked = (grammar.phrases(it.answers) for it in ALL_QUESTIONS.values())
    return tuple(dict.fromkeys((*chain.from_iterable(asked), *CRIES, *DENIALS)))
