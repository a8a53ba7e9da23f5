"""Where speech begins and ends in a run of blocks (pure)."""

from collections import deque
from dataclasses import dataclass

from voice.audio import BLOCK_S, Samples
from voice.path import PRE_ROLL_S

# A knock or a cough is over by then; the shortest "ja" lasts 0.15 s and more.
ONSET_S = 0.1

# Words end in soft sounds that the detector calls silence; recognisers also
# want some silence to close the last word.
HANGOVER_S = 0.4


@dataclass(frozen=True, slots=True)
class Segment:
    """What a block meant.

    Attributes:
        to_recognise: Blocks that the recogniser gets now, oldest first.
        is_speaking: Whether a person is in the middle of speaking.
        is_starting: Whether this may be the first syllable, or a knock.
        has_spoken: Whether speech has begun in this turn.
        spoken_s: From the first speech until now; 0 before.
        silence_s: Since the last speech, or since the turn began.
        pause_s: Length of the pause that this block ended; 0 if it ended none.
    """

    to_recognise: tuple[Samples, ...]
    is_speaking: bool
    is_starting: bool
    has_spoken: bool
    spoken_s: float
    silence_s: float
    pause_s: float = 0.0


class Segmenter:
    """Cuts one turn into speech and pauses; its time is that of the blocks.

    Only speech comes out, with PRE_ROLL_S before it and HANGOVER_S after it.
    """

    def __init__(self, block_s: float = BLOCK_S) -> None:
        """Begin a turn.

        Args:
            block_s: Length of each block, in seconds.

        Raises:
            ValueError: If it is not positive.
        """
        if block_s <= 0:
            raise ValueError(f"a block cannot last {block_s} s")
        self._block_s = block_s
        self._onset = _blocks(ONSET_S, block_s)
        self._hangover = _blocks(HANGOVER_S, block_s)
        self._before: deque[Samples] = deque(
            maxlen=_blocks(PRE_ROLL_S, block_s) + self._onset - 1
        )
        self._at = 0
        self._began_at: int | None = None
        self._last_speech_at = 0
        self._run = 0
        self._is_speaking = False

    def add(self, block: Samples, is_speech: bool) -> Segment:
        """Take the next block with the decision about it."""
        self._at += 1
        self._run = self._run + 1 if is_speech else 0
        to_recognise: tuple[Samples, ...] = ()
        pause = 0
        if self._run >= self._onset or (self._run and self._is_speaking):
            if self._began_at is None:
                self._began_at = self._at - self._run
            elif not self._is_speaking:
                pause = self._at - self._run - self._last_speech_at
            self._is_speaking = True
            self._last_speech_at = self._at
            to_recognise = (*self._before, block)
            self._before.clear()
        elif self._began_at is not None and self._silence <= self._hangover:
            self._is_speaking = False
            to_recognise = (*self._before, block)
            self._before.clear()
        else:
            self._is_speaking = False
            self._before.append(block)
        return self._segment(to_recognise, pause)

    def skip(self) -> Segment:
        """Let a block pass unheard: our own voice may be in it."""
        self._before.clear()
        self._at += 1
        self._run = 0
        self._is_speaking = False
        return self._segment(())

    def _segment(self, to_recognise: tuple[Samples, ...], pause: int = 0) -> Segment:
        spoken = 0 if self._began_at is None else self._at - self._began_at
        return Segment(
            to_recognise=to_recognise,
            is_speaking=self._is_speaking,
            is_starting=self._run > 0 and not self._is_speaking,
            has_spoken=self._began_at is not None,
            spoken_s=spoken * self._block_s,
            silence_s=self._silence * self._block_s,
            pause_s=pause * self._block_s,
        )

    @property
    def _silence(self) -> int:
        return self._at - self._last_speech_at


def _blocks(length_s: float, block_s: float) -> int:
    # Rounded first: 0.1 / 0.02 is a little more than 5.
    return max(1, round(length_s / block_s))
