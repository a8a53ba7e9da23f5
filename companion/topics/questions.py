"""Every question that can be asked, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from companion.talk import Question, yes_or_no
from companion.topics.checkin import (
    CONVENIENT,
    MESSAGE,
    MESSAGE_WORDS,
    QUESTIONS,
)
from companion.topics.conversation import MORE, WISH

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
