"""What the ears are asked to listen for, and what they heard."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """What the words so far are, as an answer."""

    UNKNOWN = "unknown"
    """Nothing to go by: words of one's own, or an answer that the next may turn."""

    UNFINISHED = "unfinished"
    """The answer is still to come: "eh", "ik heb", "goed maar", or no sense yet."""

    WHOLE = "whole"
    """An expected answer, which may be said at more length: "ja" and "ja hoor"."""

    FINAL = "final"
    """An expected answer, from which no expected one goes on."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a person may answer to the question just asked.

    Attributes:
        phrases: Answers and commands as people say them, lower case, without
            punctuation: the recogniser's grammar. Empty means that anything may
            be said.
        senses: What each phrase means, by a name that is the same for phrases that
            mean the same ("ja", "jazeker"): an engine that doubts between those
            need not doubt. Empty where that is not known.
        hints: Words likely in a free answer; engines that can, lean to them.
        patience_s: Silence after which nobody is going to speak, in seconds.
        end_of_turn_s: Silence after speech that ends the turn, in seconds.
        hold_s: Silence that ends it after words that are UNFINISHED.
        whole_s: Silence that ends it after words that are WHOLE. Speech counts until
            0.1 s after its end, because the detector is that slow.
        final_s: Silence that ends it after words that are FINAL.
        longest_s: Cap on one turn, in seconds; a television never ends its own.
        standing: What the words so far are. None: that is not known, and only
            `end_of_turn_s` counts.
        hesitations: Words that mean nothing wherever they stand ("eh"): heard, and
            left out of the answer.
        joiners: Phrases that may stand before, between and after answers ("maar",
            "ik denk"); an engine with a grammar hears them beside `phrases`.
        with_open_vocabulary: Also hear the same sound without a grammar, so
            that a cry for help is not forced onto "ja".
    """

    phrases: tuple[str, ...] = ()
    senses: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    patience_s: float = 10.0
    end_of_turn_s: float = 1.5
    hold_s: float = 3.0
    whole_s: float = 0.14
    final_s: float = 0.12
    longest_s: float = 20.0
    standing: Callable[[str], Standing] | None = None
    hesitations: tuple[str, ...] = ()
    joiners: tuple[str, ...] = ()
    with_open_vocabulary: bool = True

    def __post_init__(self) -> None:
        """Check that phrases and senses go together.

        Raises:
            ValueError: If there are senses, but not one for each phrase.
        """
        if self.senses and len(self.senses) != len(self.phrases):
            raise ValueError("each phrase needs its sense")


@dataclass(frozen=True, slots=True)
class Heard:
    """One turn of a person, in words.

    Attributes:
        text: Lower case words. One of the expected phrases where the question
            was closed; empty when speech fitted none of them.
        confidence: 0 to 1, as the engine sees it.
        open_text: The same sound without a grammar; None if it was not heard so.
        engine: Name of the recogniser.
        audio_s: Length of the speech, in seconds.
        cpu_s: Processor time that recognition took, in seconds.
        end_of_turn_s: From the last speech to this result, in seconds.
        silence_s: Of that the silence that was waited for, in seconds of sound.
        pauses_s: Silences inside the turn, in seconds; see `voice.turns.PAUSE_S`.
        is_endless: Whether somebody talked on until `Expectation.longest_s`.
    """

    text: str
    confidence: float
    open_text: str | None = None
    engine: str = ""
    audio_s: float = 0.0
    cpu_s: float = 0.0
    end_of_turn_s: float = 0.0
    silence_s: float = 0.0
    pauses_s: tuple[float, ...] = ()
    is_endless: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody spoke within the patience of the expectation."""


@dataclass(frozen=True, slots=True)
class Deaf:
    """Listening is impossible: microphone off, no device, no recogniser.

    Attributes:
        reason: A name from the language pack: "microphone_off",
            "no_microphone", "no_recogniser".
    """

    reason: str
