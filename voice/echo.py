"""Takes our own voice out of what the microphone hears, and noise out of speech.

WebRTC's audio processing does both, as the package livekit carries it.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np

from voice.audio import HEARING_RATE_HZ, RATE_HZ, AudioError, Samples

if TYPE_CHECKING:
    from livekit.rtc import AudioFrame, AudioProcessingModule

logger = logging.getLogger(__name__)

# WebRTC takes frames of 10 ms, no other (its `AudioProcessing::GetFrameSize`).
FRAMES_PER_S = 100


class EchoError(AudioError):
    """WebRTC's audio processing is not here, or refuses."""


class EchoCanceller(Protocol):
    """Takes what is played out of what is heard; blocks are mono at RATE_HZ.

    It finds the delay between the two by itself, up to some 400 ms, so that
    nobody needs to know it.
    """

    @property
    def leaves_our_voice(self) -> bool:
        """Whether more of our voice may remain than the next to nothing of AEC3."""

    def restart(self) -> None:
        """Begin: forget the room, the delay and all sound.

        Raises:
            EchoError: If it is not installed, or broken.
        """

    def played(self, block: Samples) -> None:
        """Take a block in the moment that the loudspeaker's device gets it.

        Raises:
            EchoError: If it broke, or never began.
        """

    def heard(self, block: Samples) -> Samples:
        """What remains of a block from the microphone.

        Raises:
            EchoError: If it broke, or never began.
        """


class WebRtcEchoCanceller:
    """AEC3, with a high-pass filter against hum and handling noise.

    2 % of a processor core (x86, 3 GHz) while it runs, at RATE_HZ.
    """

    leaves_our_voice = False

    def __init__(self) -> None:
        """Load nothing yet: that takes a third of a second."""
        self._processing: AudioProcessingModule | None = None

    def restart(self) -> None:
        """Forget the room, the delay and all sound; 0.3 ms once it is loaded."""
        self._processing = _processing(echo_cancellation=True, high_pass_filter=True)

    def played(self, block: Samples) -> None:
        """Take a block that goes to the loudspeaker."""
        _in_frames(block, RATE_HZ, self._running.process_reverse_stream)

    def heard(self, block: Samples) -> Samples:
        """What remains of a block from the microphone."""
        return _in_frames(block, RATE_HZ, self._running.process_stream)

    @property
    def _running(self) -> "AudioProcessingModule":
        if self._processing is None:
            raise EchoError("the echo canceller was not started")
        return self._processing


class CancelledBefore:
    """For sound that comes without our voice already: a browser took it out.

    Once more would do harm. The way to a page and back has jitter, so that a
    canceller would learn the room anew all the time, and until it knows it takes the
    person's voice for ours.
    """

    leaves_our_voice = True

    def restart(self) -> None:
        """Nothing to forget."""

    def played(self, block: Samples) -> None:
        """Nothing to learn."""

    def heard(self, block: Samples) -> Samples:
        """All of it."""
        return block


class NoiseSuppressor:
    """Takes steady noise out of speech, for the voice activity only.

    Never for a recogniser: it turned "stop" into "Stel".
    """

    def __init__(self) -> None:
        """Begin with unknown noise.

        Raises:
            EchoError: If WebRTC's audio processing is not installed, or broken.
        """
        self._processing = _processing(noise_suppression=True, high_pass_filter=True)

    def __call__(self, block: Samples) -> Samples:
        """The block without its noise; mono at HEARING_RATE_HZ, whole 10 ms.

        Raises:
            EchoError: If WebRTC refuses it.
        """
        return _in_frames(block, HEARING_RATE_HZ, self._processing.process_stream)


def _processing(**features: bool) -> "AudioProcessingModule":
    try:
        # Here, since the device works without it, half duplex.
        from livekit.rtc import AudioProcessingModule

        return AudioProcessingModule(**features)
    except Exception as error:
        # A library for another processor, or another version, fails in any way.
        raise EchoError(f"WebRTC's audio processing fails: {error!r}") from error


def _in_frames(
    block: Samples, rate_hz: int, process: "Callable[[AudioFrame], None]"
) -> Samples:
    """Process a block in frames of 10 ms."""
    from livekit.rtc import AudioFrame

    size = rate_hz // FRAMES_PER_S
    pieces: list[Samples] = []
    try:
        for start in range(0, block.size, size):
            frame = AudioFrame(
                bytearray(block[start : start + size].tobytes()), rate_hz, 1, size
            )
            process(frame)
            pieces.append(np.frombuffer(frame.data, np.int16).copy())
    except Exception as error:
        raise EchoError(f"WebRTC's audio processing fails: {error!r}") from error
    return np.concatenate(pieces) if pieces else block


class Cancelling:
    """A canceller that may be missing, or break: then nothing is taken out.

    Attributes:
        works: Whether our own voice is taken out of what is heard.
        fault: Why not, for the technician; "" while it works, before it began,
            and where nobody wants it.
    """

    def __init__(self, canceller: EchoCanceller | None) -> None:
        """Take a canceller, or None for half duplex."""
        self.works = False
        self.fault = ""
        self._canceller = canceller

    @property
    def leaves_our_voice(self) -> bool:
        """Whether what remains over our voice may well be our voice."""
        return self._canceller is None or self._canceller.leaves_our_voice

    def restart(self) -> None:
        """Begin anew: another device, or another conversation."""
        if self._canceller is None:
            return
        try:
            self._canceller.restart()
        except EchoError as error:
            self._give_up(error)
            return
        if not self.works:
            logger.info("our own voice is taken out of what is heard")
        self.works, self.fault = True, ""

    def played(self, block: Samples) -> None:
        """Take a block that goes to the loudspeaker."""
        if self._canceller is None or not self.works:
            return
        try:
            self._canceller.played(block)
        except EchoError as error:
            self._give_up(error)

    def heard(self, block: Samples) -> Samples:
        """What remains of a block; all of it where nothing is taken out."""
        if self._canceller is None or not self.works:
            return block
        try:
            return self._canceller.heard(block)
        except EchoError as error:
            self._give_up(error)
            return block

    def _give_up(self, error: EchoError) -> None:
        if self.works or not self.fault:
            logger.warning("half duplex from here on: %s", error)
        self.works, self.fault = False, str(error)
