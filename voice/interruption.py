"""When somebody speaks over our own voice (pure).

The canceller leaves next to nothing of our voice, and pieces of who speaks over it:
the quieter the person against the echo, the smaller the pieces, until voice
activity recognises no speech in them. So loud pieces are evidence as well, and
evidence is added up.

The numbers were chosen with `python -m benchmarks.interruption` on synthetic
rooms and voices; it prints what they come to.
"""

from dataclasses import dataclass

from voice.audio import BLOCK_S
from voice.blocks import SILENCE_DB

# Quieter than any person in the room: the level of a far television.
LEAST_DB = -52.0
# Above the noise of the room, in dB.
OVER_NOISE_DB = 8.0
# Above the loudest of those who talk all the time, such as a television, in dB.
OVER_OTHERS_DB = 3.0
# The microphone's quietest block is the noise; it may rise by this much per
# second. Our own sentences have pauses more often than every few seconds. Until the
# first, this loud at most: nobody talks beside louder noise.
NOISE_RISES_DB_PER_S = 3.0
NOISE_BEGINS_DB = -40.0

# A canceller that knows the room takes out 35 dB and more, and now and then, when
# it adapts, for some 100 ms less than this.
LEAST_REDUCTION_DB = 28.0

# How much a loud block tells over our voice, where even speech sounds like
# rattling; beside its probability of being speech, 0 to 1.
LOUD_OVER_VOICE = 0.7
# And where our voice is silent: whoever speaks then is clear to hear as speech.
LOUD_IN_SILENCE = 0.1
# How long the canceller gets to know the room: what it leaves means nothing at
# first, and then only where it sounds like speech.
BEGINS_S = 0.5
LEARNS_S = 2.5

FORGETS = 0.1
"""How much evidence a quiet block takes away."""

ENOUGH = 5.0
"""Evidence that interrupts: eight loud blocks, or three of clear speech."""

SOME = 2.0
"""Evidence with which somebody may have begun to speak as we ended."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A block of 20 ms that was heard while we speak.

    Attributes:
        at: Its number.
        raw_db: Level on the microphone, in dB below full scale.
        level_db: Level of what remains without our voice.
        probability: Of speech in what remains, 0 to 1.
        is_over_voice: Whether our voice may have been in it.
        learnt_s: How long the canceller has heard our voice, in seconds.
    """

    at: int
    raw_db: float
    level_db: float
    probability: float
    is_over_voice: bool
    learnt_s: float


class Interruption:
    """Adds up the evidence within one utterance of ours.

    Attributes:
        blocks: From the first piece of speech to the moment when it was enough; 0
            before.
    """

    def __init__(self, others_db: float = SILENCE_DB) -> None:
        """Begin with no evidence.

        Args:
            others_db: Level of the loudest block of those who talk all the time, in
                dB below full scale.
        """
        self._least_db = max(LEAST_DB, others_db + OVER_OTHERS_DB)
        self.blocks = 0
        self._evidence = 0.0
        self._noise_db = NOISE_BEGINS_DB
        self._began_at = 0

    @property
    def began_at(self) -> int | None:
        """With which block somebody began to speak; None where nobody seems to."""
        return self._began_at if self._evidence >= SOME else None

    def judge(self, moment: Moment) -> bool:
        """Take the next block; True once somebody speaks over us."""
        rise_db = NOISE_RISES_DB_PER_S * BLOCK_S
        self._noise_db = min(moment.raw_db, self._noise_db + rise_db)
        if not self._is_loud(moment):
            self._evidence = max(0.0, self._evidence - FORGETS)
            return False
        if self._evidence == 0:
            self._began_at = moment.at
        self._evidence += moment.probability + _loudness_tells(moment)
        if self._evidence < ENOUGH:
            return False
        self.blocks = moment.at - self._began_at + 1
        return True

    def _is_loud(self, moment: Moment) -> bool:
        if moment.is_over_voice and moment.learnt_s < BEGINS_S:
            return False
        if moment.level_db <= max(self._least_db, self._noise_db + OVER_NOISE_DB):
            return False
        return moment.level_db > moment.raw_db - LEAST_REDUCTION_DB


def _loudness_tells(moment: Moment) -> float:
    if not moment.is_over_voice:
        return LOUD_IN_SILENCE
    return LOUD_OVER_VOICE if moment.learnt_s >= LEARNS_S else 0.0
