"""When a person's turn is over (pure)."""

from enum import StrEnum

from voice.hearing import Expectation
from voice.segmenter import Segment

# A complete answer is taken after this much silence: people leave 0.2 s between
# words of a phrase, and "ja ... nee toch niet" comes within half a second.
EARLY_SILENCE_S = 0.5

# A streaming recogniser still changes its last word for about this long.
STABLE_S = 0.2


class Verdict(StrEnum):
    """What to do after a block."""

    GO_ON = "go_on"
    OVER = "over"
    SILENCE = "silence"


class Turn:
    """The end-of-turn rules for one expectation; time comes with each call."""

    def __init__(self, expectation: Expectation) -> None:
        """Begin a turn."""
        self._expectation = expectation
        self._words = ""
        self._words_at_s = 0.0
        self._is_complete = False

    def judge(
        self, at_s: float, segment: Segment, words: str, *, is_up_to_date: bool
    ) -> Verdict:
        """Decide after a block.

        Args:
            at_s: Time since the turn began.
            segment: What the last block meant.
            words: The recogniser's words so far; "" where it does not stream.
            is_up_to_date: Whether the recogniser has taken all speech so far.
        """
        if words != self._words:
            self._words, self._words_at_s = words, at_s
            accept = self._expectation.is_complete
            self._is_complete = bool(words) and accept is not None and accept(words)
        if segment.has_spoken and segment.spoken_s >= self._expectation.longest_s:
            return Verdict.OVER
        if segment.is_speaking or segment.is_starting:
            return Verdict.GO_ON
        if not segment.has_spoken:
            nobody = at_s >= self._expectation.patience_s
            return Verdict.SILENCE if nobody else Verdict.GO_ON
        if segment.silence_s >= self._expectation.end_of_turn_s:
            return Verdict.OVER
        is_stable = is_up_to_date and at_s - self._words_at_s >= STABLE_S
        if self._is_complete and is_stable and segment.silence_s >= EARLY_SILENCE_S:
            return Verdict.OVER
        return Verdict.GO_ON
