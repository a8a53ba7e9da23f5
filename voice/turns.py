"""When a person's turn is over (pure)."""

from enum import StrEnum
from typing import Final

from voice.hearing import Expectation, Standing
from voice.segmenter import Segment

# A streaming recogniser still changes its last word while it hears on; words that
# stayed the same for this much sound do not change any more.
STABLE_S: Final = 0.1

# Shorter silences lie inside words and between the words of a phrase: the pauses of
# speech fall in brief ones up to 0.2 s, medium ones up to 1 s, and long ones in
# spontaneous speech only (Campione and Veronis, Speech Prosody 2002).
PAUSE_S: Final = 0.25


class Verdict(StrEnum):
    """What to do after a block."""

    GO_ON = "go_on"
    OVER = "over"
    SILENCE = "silence"


class Turn:
    """The end-of-turn rules for one expectation; time comes with each call.

    Attributes:
        pauses_s: The silences inside the turn so far, in seconds, oldest first.
        silence_s: The silence at the end of the turn so far, in seconds.
        is_early: Whether it was over because of the words, sooner than usual.
        is_endless: Whether it was over only because it lasted so long.
    """

    def __init__(self, expectation: Expectation) -> None:
        """Begin a turn."""
        self.pauses_s: tuple[float, ...] = ()
        self.silence_s = 0.0
        self.is_early = False
        self.is_endless = False
        self._may_be_early = True
        self._expectation = expectation
        self._words: str | None = None
        self._words_at_s = 0.0
        self._standing = Standing.UNKNOWN

    def judge(
        self,
        at_s: float,
        segment: Segment,
        words: str | None,
        *,
        is_up_to_date: bool,
    ) -> Verdict:
        """Decide after a block.

        Args:
            at_s: Time since the turn began.
            segment: What the last block meant.
            words: The recogniser's words so far; None where it does not stream.
            is_up_to_date: Whether the recogniser has taken all speech so far.
        """
        self._take_words(at_s, words)
        self.silence_s = segment.silence_s
        if segment.pause_s >= PAUSE_S:
            self.pauses_s = (*self.pauses_s, segment.pause_s)
        if segment.has_spoken and segment.spoken_s >= self._expectation.longest_s:
            self.is_endless = True
            return Verdict.OVER
        if segment.is_speaking or segment.is_starting:
            return Verdict.GO_ON
        if not segment.has_spoken:
            nobody = at_s >= self._expectation.patience_s
            return Verdict.SILENCE if nobody else Verdict.GO_ON
        is_stable = is_up_to_date and at_s - self._words_at_s >= STABLE_S
        if segment.silence_s < self._silence_needed_s(is_stable):
            return Verdict.GO_ON
        self.is_early = segment.silence_s < self._expectation.end_of_turn_s
        return Verdict.OVER

    def confirm(self, text: str) -> bool:
        """Whether the final words bear out an early end; otherwise the turn goes on.

        Words so far are a recogniser's best guess; what "eh" sounds like may be
        "nee" for a moment. A turn that was doubted once ends no more before its
        usual time.
        """
        standing = self._expectation.standing
        if text and standing is not None:
            if standing(text) in (Standing.WHOLE, Standing.FINAL):
                return True
        self._may_be_early = False
        return False

    def _take_words(self, at_s: float, words: str | None) -> None:
        if words == self._words:
            return
        self._words, self._words_at_s = words, at_s
        standing = self._expectation.standing
        if words is None or standing is None:
            self._standing = Standing.UNKNOWN
        elif words:
            self._standing = standing(words)
        else:
            # Something was said that is no word: "uhm", or a cough. The answer is
            # still to come.
            self._standing = Standing.UNFINISHED

    def _silence_needed_s(self, is_stable: bool) -> float:
        expected = self._expectation
        match self._standing:
            case Standing.UNFINISHED:
                return max(expected.hold_s, expected.end_of_turn_s)
            case Standing.WHOLE if is_stable and self._may_be_early:
                return min(expected.whole_s, expected.end_of_turn_s)
            case Standing.FINAL if is_stable and self._may_be_early:
                return min(expected.final_s, expected.end_of_turn_s)
        return expected.end_of_turn_s
