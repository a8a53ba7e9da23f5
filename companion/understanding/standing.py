"""How the words so far stand as an answer, so that a turn ends at the right time.

Judged against what the recogniser was told to expect: what it cannot hear cannot
follow either.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence

from companion.understanding.emergency import find_danger, find_danger_in_phrase
from companion.understanding.fillers import goes_on, is_filler
from companion.understanding.intents import Danger, Intent, Meaning, Value
from companion.understanding.meaning import COMMANDS, GRAVE, Understanding
from companion.understanding.worded import WORDED
from companion.understanding.words import normalise, plain
from voice.hearing import Standing

# "Herinner mij ... aan de kapper": what no grammar knows may still follow.
_IN_OWN_WORDS = WORDED - {Intent.TELL_AGENDA}

Sense = Danger | tuple[Intent, Value | None] | None


class WordsSoFar:
    """Judges the words so far of the answers to one question."""

    def __init__(
        self,
        understanding: Understanding,
        expected: Collection[Intent],
        phrases: Sequence[str],
        as_answer: Callable[[Intent], Intent] = lambda intent: intent,
    ) -> None:
        """Read what may be said.

        Args:
            understanding: Knows what words mean.
            expected: Answers to the question.
            phrases: What the recogniser listens for; empty where anything may be
                said.
            as_answer: What an intent means here: a bare yes is often another answer.
        """
        self._understanding = understanding
        self._expected = frozenset(expected)
        self._as_answer = as_answer
        self._said = frozenset(map(plain, phrases))
        self._senses = {
            " ".join(normalise(phrase).split()): self._sense_of(phrase)
            for phrase in phrases
        }
        self._ordered = sorted({*self._senses, *self._said})

    def standing(self, words: str) -> Standing:
        """What the words so far are, as an answer."""
        standing = self.unfinished(words)
        if standing is not Standing.UNKNOWN or Intent.FREE_TEXT in self._expected:
            return standing
        if find_danger(words) is not None:
            # "Help, help" is near to "help mij eens", which asks what it can do.
            return Standing.UNKNOWN
        meaning = self._meaning(words)
        if meaning is None or meaning.intent in GRAVE | _IN_OWN_WORDS:
            return Standing.UNKNOWN
        if meaning.intent not in self._expected | COMMANDS:
            return Standing.UNKNOWN
        sense = self._sense(meaning)
        more = [self._senses.get(longer) for longer in self._longer(normalise(words))]
        # "Ik heb pijn ... in mijn knie": the next words may turn or complete it.
        if any(other is not None and other != sense for other in more):
            return Standing.UNKNOWN
        return Standing.WHOLE if more else Standing.FINAL

    def unfinished(self, words: str) -> Standing:
        """UNFINISHED if the answer is still to come, else UNKNOWN.

        A cry for help is never waited for any longer.
        """
        if find_danger(words) is not None:
            return Standing.UNKNOWN
        if is_filler(words):
            return Standing.UNFINISHED
        # "Doe maar" and "nergens last van" are answers, whatever their last word.
        if goes_on(words) and plain(words) not in self._said:
            return Standing.UNFINISHED
        # "Ik heb niet genoeg" can be read as an answer, but is the beginning of one.
        text = normalise(words)
        is_one_word = " " not in text
        if not is_one_word and text not in self._senses and any(self._beginning(text)):
            return Standing.UNFINISHED
        if Intent.FREE_TEXT in self._expected or self._meaning(words) is not None:
            return Standing.UNKNOWN
        # "Ik heb", or what nobody understands: the answer is still to come, and who
        # is told too soon that he was not understood was cut off.
        return Standing.UNFINISHED

    def _longer(self, text: str) -> Iterator[str]:
        """The phrases that go on from these words, or from the last phrase in them."""
        yield from self._beginning(text)
        if text in self._senses:
            return
        words = text.split()
        for start in range(1, len(words)):
            tail = " ".join(words[start:])
            if tail in self._senses:
                yield from self._beginning(tail)

    def _beginning(self, text: str) -> Iterator[str]:
        """The phrases that begin with these words and are longer."""
        start = f"{text} "
        for phrase in self._ordered[bisect_right(self._ordered, start) :]:
            if not phrase.startswith(start):
                return
            yield phrase

    def _meaning(self, words: str) -> Meaning | None:
        return self._understanding.read(words, self._expected)

    def _sense_of(self, phrase: str) -> Sense:
        danger = find_danger_in_phrase(phrase)
        if danger is not None:
            return danger
        meaning = self._meaning(phrase)
        return None if meaning is None else self._sense(meaning)

    def _sense(self, meaning: Meaning) -> Sense:
        return self._as_answer(meaning.intent), meaning.value
