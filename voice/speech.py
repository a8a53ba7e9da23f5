"""What the mouth is asked to say."""

from dataclasses import dataclass
from enum import StrEnum


class Chime(StrEnum):
    """Short tones between 300 and 1000 Hz, which old ears hear best."""

    ATTENTION = "attention"
    LISTENING = "listening"
    DONE = "done"
    FAULT = "fault"
    RINGS_SOFTLY = "rings_softly"  # somebody calls: the first time
    RINGS = "rings"
    RINGS_LOUDLY = "rings_loudly"
    RINGS_THERE = "rings_there"  # a call that goes out rings at the other side


@dataclass(frozen=True, slots=True)
class Speech:
    """Sentences that belong together.

    Attributes:
        sentences: One sentence each, with its punctuation; pauses lie between.
        louder_db: Raise over the volume in force, in dB ("wat zegt u?" adds 3).
        holds_fact: The last sentence tells a fact (a time, a number): a longer
            pause follows.
        is_fixed: The wording has no names or numbers in it, so its sound may
            be kept on disk.
    """

    sentences: tuple[str, ...]
    louder_db: float = 0.0
    holds_fact: bool = False
    is_fixed: bool = False

    @property
    def text(self) -> str:
        """All sentences in one line, as the caption shows them."""
        return " ".join(self.sentences)
