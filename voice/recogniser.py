"""The seam between the ears and the engines that turn sound into words."""

from dataclasses import dataclass
from typing import Protocol

from voice.audio import Samples
from voice.hearing import Expectation


class RecogniserError(Exception):
    """An engine cannot be loaded, or broke off while it was listening.

    After it the session is of no use; the owner closes the recogniser and
    starts it again.
    """


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What an engine makes of one turn.

    Attributes:
        text: Lower case words: one of the expected phrases, or words that
            follow them closely, where the question was closed; "" when the
            sound fitted none of them or held no speech.
        confidence: 0 to 1, as the engine sees it; 0 when `text` is empty.
        open_text: The same sound without a grammar; None if it was not heard so.
        cpu_s: Processor time that this turn took, in seconds.
    """

    text: str
    confidence: float
    open_text: str | None
    cpu_s: float


class Session(Protocol):
    """One turn being recognised. Used from the event loop, one call at a time."""

    async def feed(self, samples: Samples) -> str:
        """Take the next piece of sound.

        Args:
            samples: Mono at 16 kHz (HEARING_RATE_HZ), int16, any length.

        Returns:
            The words so far; "" for an engine that does not stream.

        Raises:
            RecogniserError: If the engine broke.
        """

    async def finish(self) -> Hypothesis:
        """End the turn and say what was heard; feed nothing after it.

        Raises:
            RecogniserError: If the engine broke or does not answer in time.
        """

    async def close(self) -> None:
        """Give the turn up and free what it holds; may be called twice."""


class Recogniser(Protocol):
    """An engine with its model."""

    name: str
    """Short name for reports and the log: "vosk", "whisper"."""

    is_streaming: bool
    """Whether `Session.feed` returns words before the turn is over."""

    async def start(self) -> None:
        """Load the model; again after `close` or after a failure.

        Raises:
            RecogniserError: If the model is missing, damaged or does not load.
        """

    async def open(self, expectation: Expectation) -> Session:
        """Begin a turn in which the person may say what is expected.

        Raises:
            RecogniserError: If the engine is not started or broke.
        """

    async def close(self) -> None:
        """Stop the engine and free its model; may be called twice."""
