"""Where a question stands in a conversation."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from companion.asking import Question
from companion.speaking import SpokenOver
from companion.understanding.intents import Intent, Meaning
from companion.understanding.meaning import COMMANDS
from companion.wording import Line
from voice.speech import Speech

# Who speaks over a statement commands; there is nothing to answer.
STATEMENT = Question(name="statement", answers=frozenset())


@dataclass(slots=True)
class StandingQuestion:
    """A question that was put and is not answered yet.

    Attributes:
        question: What may be answered.
        facts: Names and times that its wordings need.
        likely: What will probably be said after the answer.
        is_rephrased: Whether it was put as yes or no.
        misses: How often nothing was understood.
        silences: How often nothing was said.
        others: How often somebody talked on and on, and no answer was in it.
        repeats: How often it was asked for once more.
        spoken: How it was put.
        told: What was said before it, without which it cannot be answered.
        over: What the person spoke over, and is to be heard instead of.
        pressed: What the yes or no button means to it.
    """

    question: Question
    facts: Mapping[str, str]
    likely: Sequence[Line] = ()
    is_rephrased: bool = False
    misses: int = 0
    silences: int = 0
    others: int = 0
    repeats: int = 0
    spoken: Speech | None = None
    told: Speech | None = None
    over: SpokenOver | None = None
    pressed: asyncio.Future[Intent] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def take_press(self) -> Intent:
        """What was pressed; the next press is a new one."""
        intent = self.pressed.result()
        self.pressed = asyncio.get_running_loop().create_future()
        return intent

    @property
    def expected(self) -> frozenset[Intent]:
        """Everything that would be understood as an answer now."""
        return self.question.expected(self.is_rephrased)

    def as_answer(self, meaning: Meaning) -> Meaning:
        """What a bare yes or no means to this question."""
        question = self.question
        table = (
            {Intent.YES: question.rephrased_yes, Intent.NO: question.rephrased_no}
            if self.is_rephrased
            else {Intent.YES: question.yes, Intent.NO: question.no}
        )
        intent = table.get(meaning.intent)
        return meaning if intent is None else replace(meaning, intent=intent)

    def takes(self, meaning: Meaning, is_put: bool) -> bool:
        """Whether something said over our voice is an answer or a command.

        Args:
            meaning: What was said.
            is_put: Whether the question itself was heard.
        """
        bare = (Intent.YES, Intent.NO, Intent.FREE_TEXT)
        if meaning.intent in bare and not is_put:
            return False
        if meaning.intent is Intent.YES and not self.question.ends_early:
            # Calls, sharing, deletion: nobody agrees to what was not said to its end.
            return False
        intent = self.as_answer(meaning).intent
        return intent in self.question.answers | COMMANDS | {Intent.UNSURE}
