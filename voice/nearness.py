"""Who speaks near the device, among others that talk farther away (pure).

A television talks all the time, so that silence never comes after an answer. It is
softer than the person who sits before the device: speech that stays well below the
loudest speech of a turn is somebody else's.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence

from voice.audio import BLOCK_S, Samples
from voice.blocks import SILENCE_DB, level_db

# Within one answer the loudest syllables of a phrase differ by less; a television
# across a room is softer than somebody at arm's length by this much and more.
FARTHER_DB = 12.0

# The end of a sentence may be murmured; what is soft for longer than this is not
# the end of the same sentence any more.
MURMUR_S = 1.5

# Loudness is that of 0.4 s, as broadcasters measure it ("momentary", EBU R 128): a
# knock is too short to count as a loud voice, and a pause between words to count as
# a soft one.
WINDOW_S = 0.4

# Others who talked for less than this around an answer do not matter.
OTHERS_S = 1.0

# Soft sounds at the beginning and at the end of words.
MARGIN_S = 0.4


class NearSpeech:
    """As another activity detector, without those who talk farther away.

    Begins anew with each turn, as a detector does. Until the person speaks, others
    count as speech: who is near is only known by comparison.
    """

    def __init__(self, is_speech: Callable[[Samples], bool]) -> None:
        """Take a detector that was made for the same turn."""
        self._is_speech = is_speech
        self._loudness = _Loudness()
        self._loudest_db = SILENCE_DB
        self._soft = 0

    def __call__(self, block: Samples) -> bool:
        """Whether somebody near is speaking now."""
        is_speech = self._is_speech(block)
        now_db = self._loudness(block)
        if is_speech:
            self._loudest_db = max(self._loudest_db, now_db)
        is_near = now_db >= self._loudest_db - FARTHER_DB
        self._soft = 0 if is_near else self._soft + 1
        return is_speech and self._soft < _blocks(MURMUR_S)


def near_part(blocks: Sequence[Samples]) -> slice:
    """Where in the sound of a turn somebody near spoke.

    All of it where nobody talks farther away, or nobody talks long enough.

    Args:
        blocks: The turn, HEARING_BLOCK_SAMPLES each.
    """
    loudness = _Loudness()
    levels_db = [loudness(block) for block in blocks]
    loudest_db = max(levels_db, default=SILENCE_DB)
    near = [n for n, db in enumerate(levels_db) if db >= loudest_db - FARTHER_DB]
    if not near:
        return slice(0, 0)
    # A window is loud from its last block on.
    margin, window = _blocks(MARGIN_S), _blocks(WINDOW_S)
    return slice(max(0, near[0] - margin), near[-1] + 1 + max(0, margin - window))


def part_beside_others(blocks: Sequence[Samples]) -> slice | None:
    """As `near_part`; None where others talk for less than OTHERS_S beside it."""
    near = near_part(blocks)
    left_out = len(blocks) - len(blocks[near])
    return near if left_out >= _blocks(OTHERS_S) else None


def others_db(blocks: Sequence[Samples]) -> float:
    """How loud those are, at their loudest, who talk farther away in a turn.

    Returns:
        The level of a block, in dB below full scale; SILENCE_DB where nobody talks
        for OTHERS_S beside the person.
    """
    near = part_beside_others(blocks)
    if near is None:
        return SILENCE_DB
    return max(map(level_db, (*blocks[: near.start], *blocks[near.stop :])))


class _Loudness:
    """Of the last WINDOW_S, in dB below full scale."""

    def __init__(self) -> None:
        size = _blocks(WINDOW_S)
        self._powers = deque([0.0] * size, maxlen=size)

    def __call__(self, block: Samples) -> float:
        """Take the next block; returns the loudness with it."""
        self._powers.append(10 ** (level_db(block) / 10))
        return 10 * math.log10(sum(self._powers) / len(self._powers))


def _blocks(length_s: float) -> int:
    return round(length_s / BLOCK_S)
