"""Every question that can be asked, by name."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from types import MappingProxyType

from companion.asked import STATEMENT
from companion.asking import Question, expectation_of, yes_or_no
from companion.outings import OFFERED
from companion.overhearing import overheard
from companion.topics.activities import FITS, GUESSES, WHY_NOT
from companion.topics.activity_after import AFTER, MISSED
from companion.topics.agenda import ABOUT, DAY, HOUR, RETELL
from companion.topics.agenda_changes import WHICH
from companion.topics.checkin import (
    CONVENIENT,
    MESSAGE,
    MESSAGE_WORDS,
    QUESTIONS,
)
from companion.topics.conversation import MORE, WISH
from companion.topics.helped import GIFT
from companion.topics.helping import MOMENT, MOMENT_WORDS, WHAT
from companion.topics.helping import RETELL as RETELL_HELP
from companion.topics.one_call import TO_A_RING
from companion.topics.reminding import HEARD, TAKE
from companion.topics.tastes import ASKED as TASTES
from companion.topics.visits import (
    DUE,
    DUE_DAY,
    MORE_PROMISED,
    MORE_WISHES,
    PROMISED,
    WISHES,
    WORDS,
)
from companion.understanding import grammar
from companion.understanding.cries import CRIES, DENIALS
from companion.understanding.intents import Intent
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
            ABOUT,
            DAY,
            HOUR,
            RETELL,
            WHICH,
            HEARD,
            TAKE,
            *WHAT.values(),
            MOMENT,
            MOMENT_WORDS,
            RETELL_HELP,
            GIFT,
            FITS,
            WHY_NOT,
            *GUESSES,
            AFTER,
            MISSED,
            *TASTES,
            OFFERED,
            WISHES,
            MORE_WISHES,
            WORDS,
            PROMISED,
            MORE_PROMISED,
            DUE,
            DUE_DAY,
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
    for question, expected in _stands():
        if is_over():
            return
        understanding.prepare(expected)
        expectation_of(question, expected, understanding)


def _stands() -> Iterator[tuple[Question, frozenset[Intent]]]:
    """What is expected while a question stands, as it is first put and rephrased."""
    for question in (*ALL_QUESTIONS.values(), STATEMENT, overheard(TO_A_RING)):
        yield question, question.expected()
        if question.rephrased_yes is not None and question.yes is None:
            yield question, question.expected(is_rephrased=True)


def own_phrases() -> tuple[str, ...]:
    """What may be answered to any question, and cries for help; nobody's names."""
    asked = (grammar.phrases(expected) for _, expected in _stands())
    return tuple(dict.fromkeys((*chain.from_iterable(asked), *CRIES, *DENIALS)))
