"""Cries for help stand in every grammar, and so do their denials."""

import pytest

from companion.asking import expectation_of
from companion.topics.questions import ALL_QUESTIONS
from companion.understanding.cries import CRIES, DENIALS
from companion.understanding.emergency import find_danger
from companion.understanding.meaning import Understanding


def test_every_cry_alarms_and_no_denial_does() -> None:
    assert [cry for cry in CRIES if find_danger(cry) is None] == []
    assert [denial for denial in DENIALS if find_danger(denial) is not None] == []


@pytest.mark.parametrize("name", sorted(ALL_QUESTIONS))
def test_a_closed_question_listens_for_them_and_tells_them_apart(name: str) -> None:
    question = ALL_QUESTIONS[name]
    expectation = expectation_of(question, question.answers, Understanding())
    if not expectation.phrases:
        return  # an open question hears anything
    senses = dict(zip(expectation.phrases, expectation.senses, strict=True))
    assert {*CRIES, *DENIALS} <= senses.keys()
    assert all(senses[cry].startswith("danger") for cry in CRIES)
    # Pain in the chest is an answer to "waar?" that must alarm all the same.
    alarming = [p for p, sense in senses.items() if sense.startswith("danger")]
    assert all("borst" in phrase for phrase in alarming if phrase not in CRIES)
