"""Listening for a few words beside something else, such as a call that rings.

Not a question that stands: nobody is told that they were not understood, nor that
they may think it over. Only words that matter silence the device.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from companion.asking import Question, expectation_of
from companion.speaking import (
    LONGEST_BESIDE_S,
    WORDS_WITHIN_S,
    Speaking,
    WordsOnly,
)
from companion.talk import DangerHeard, Talk
from companion.understanding.emergency import find_danger
from companion.understanding.intents import Intent, Meaning
from companion.understanding.meaning import COMMANDS
from voice.hearing import Deaf, Expectation, Heard, Silence

# "Ja hoor, ik kom eraan": so many words of one's own go with a yes that is meant.
MOST_BESIDE_A_YES = 3


def overheard(answers: Collection[Intent]) -> Question:
    """What is listened for, as a question; commands are understood anyway."""
    return Question("overheard", frozenset(answers) - COMMANDS, ends_early=False)


def _is_among_others(heard: Heard) -> bool:
    """Whether a yes stood in the middle of other talk, as on a television.

    A camera is not switched on by what an actor says; who meant it says it again.
    """
    words = len(heard.text.split())
    others = len((heard.open_text or "").split()) - words
    return heard.is_endless or others > words + MOST_BESIDE_A_YES


@dataclass(slots=True)
class Overhearing:
    """Speaks and listens for some answers only.

    Attributes:
        talk: The conversation that has the floor.
        answers: What is acted upon.
        minds_danger: Whether a cry for help ends it; not where a human listens.
    """

    talk: Talk
    answers: Collection[Intent]
    minds_danger: bool = True
    _speaking: Speaking = field(init=False)

    def __post_init__(self) -> None:
        """Speak with the mouth of the conversation."""
        self._speaking = Speaking(self.talk.mouth, self.talk.ears)

    async def say(self, key: str, **facts: str) -> Meaning | None:
        """Say it, to its end unless something that matters is said meanwhile.

        Raises:
            DangerHeard: If the person says something that needs help now.
        """
        speech = await self.talk.word(key, **facts)
        self.talk.stage.speak(speech.text)
        self._move()
        expectation = self._expectation(WORDS_WITHIN_S)
        over = await self._speaking.say(
            speech, words_only=WordsOnly(expectation, self._matters)
        )
        return self._read(over.heard) if over and over.heard else None

    async def listen(self, seconds: float) -> Meaning | None:
        """Listen for so long; None if nothing of it was said, or nothing is heard.

        Who speaks at its end is heard out, for some seconds at most.

        Raises:
            DangerHeard: If the person says something that needs help now.
        """
        self.talk.stage.listen()
        self._move()
        loop = asyncio.get_running_loop()
        until_s = loop.time() + seconds
        while (left_s := until_s - loop.time()) > 0:
            heard = await self.talk.ears.listen(self._expectation(left_s))
            if isinstance(heard, Silence):
                return None
            if isinstance(heard, Deaf):
                await asyncio.sleep(until_s - loop.time())
            elif meaning := self._read(heard):
                return meaning
        return None

    def _expectation(self, patience_s: float) -> Expectation:
        question = overheard(self.answers)
        expected = expectation_of(
            question,
            question.answers,
            self.talk.understanding,
            self.talk.patience,
        )
        # A television is not listened to while the telephone rings on.
        return replace(expected, patience_s=patience_s, longest_s=LONGEST_BESIDE_S)

    def _matters(self, heard: Heard) -> bool:
        return self._read(heard, raises=False) is not None

    def _read(self, heard: Heard, raises: bool = True) -> Meaning | None:
        """What was meant for certain; None if it is nothing to act on."""
        for words in (heard.text, heard.open_text):
            danger = find_danger(words) if words and self.minds_danger else None
            if danger is not None:
                if raises:
                    raise DangerHeard(danger)
                return Meaning(Intent.STOP)
        if not heard.text:
            return None
        meaning = self.talk.understanding.interpret(
            heard.text, overheard(self.answers).answers, heard.confidence
        )
        if meaning is None or meaning.intent not in self.answers:
            return None
        if meaning.intent is Intent.YES and _is_among_others(heard):
            return None
        if not meaning.is_certain:
            return None
        self.talk.has_heard = True
        return meaning

    def _move(self) -> None:
        self.talk.moved_at_s = asyncio.get_running_loop().time()
