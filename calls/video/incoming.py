"""Sound and picture on their way in, for one connection."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import numpy as np
from aiortc import RTCRtpReceiver
from aiortc.rtp import RtpPacket

from calls.video.aiortc_ext import PictureStream
from calls.video.arriving import Arriving, Guess, Piece, Play, Recover
from calls.video.assembling import Action, AskAgain, AskWhole, Assembling, Decode, Part
from calls.video.opus import OpusDecoder
from voice.audio import BLOCK_SAMPLES, Samples


class IncomingSound:
    """Packets of Opus in, blocks of sound out; in order and without holes.

    Attributes:
        arriving: Counts of what came and was lost.
    """

    def __init__(self, play: Callable[[Samples], None]) -> None:
        """Hand blocks of BLOCK_SAMPLES at RATE_HZ to `play`.

        Raises:
            NoOpus: If libopus is not installed.
        """
        self.arriving = Arriving()
        self._play = play
        self._decoder = OpusDecoder()
        self._rest = np.zeros(0, np.int16)
        self._later: asyncio.TimerHandle | None = None

    def take(self, packet: RtpPacket) -> None:
        """Take a packet that arrived; on the loop."""
        if not packet.payload:
            return
        now_s = asyncio.get_running_loop().time()
        self._act(self.arriving.put(packet.sequence_number, packet.payload, now_s))

    def close(self) -> None:
        """Play nothing more; may be called twice."""
        if self._later is not None:
            self._later.cancel()
            self._later = None

    def _act(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            self._hand_on(self._sound_of(piece))
        self.close()
        if (until_s := self.arriving.until_s) is not None:
            loop = asyncio.get_running_loop()
            self._later = loop.call_at(until_s, self._wait_no_longer)

    def _wait_no_longer(self) -> None:
        self._later = None
        self._act(self.arriving.due(asyncio.get_running_loop().time()))

    def _sound_of(self, piece: Piece) -> Samples:
        match piece:
            case Play(packet):
                return self._decoder.decode(packet)
            case Recover(next_packet):
                return self._decoder.recover(next_packet)
            case Guess():
                return self._decoder.guess()

    def _hand_on(self, samples: Samples) -> None:
        if self._rest.size:
            samples = np.concatenate([self._rest, samples])
        whole = samples.size // BLOCK_SAMPLES * BLOCK_SAMPLES
        for start in range(0, whole, BLOCK_SAMPLES):
            self._play(samples[start : start + BLOCK_SAMPLES])
        self._rest = samples[whole:]


class IncomingPicture:
    """Packets in, pictures to the decoder; what is lost is asked for."""

    def __init__(
        self,
        receiver: RTCRtpReceiver,
        do: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        """Take what the receiver will get.

        Args:
            receiver: Not receiving yet.
            do: Runs what is sent to the other end, and ends it with the connection.
        """
        self._stream = PictureStream(receiver, self._take)
        self._assembling = Assembling()
        self._do = do
        self._later: asyncio.TimerHandle | None = None
        self._is_closed = False

    def close(self) -> None:
        """Ask for nothing more; may be called twice."""
        self._is_closed = True
        self._forget_timer()

    def _take(self, part: Part) -> None:
        if self._is_closed:
            return
        if self._stream.is_behind:
            # Rather a new picture now than all the old ones, too fast.
            self._stream.forget_undecoded()
            self._assembling.begin_anew()
        now_s = asyncio.get_running_loop().time()
        self._act(self._assembling.put(part, now_s))

    def _wait_no_longer(self) -> None:
        self._later = None
        self._act(self._assembling.due(asyncio.get_running_loop().time()))

    def _act(self, actions: Iterable[Action]) -> None:
        for action in actions:
            match action:
                case Decode():
                    self._stream.decode(action)
                case AskAgain(numbers):
                    self._do(self._stream.ask_again(numbers))
                case AskWhole():
                    self._do(self._stream.ask_whole())
        self._forget_timer()
        if (until_s := self._assembling.until_s) is not None:
            loop = asyncio.get_running_loop()
            self._later = loop.call_at(until_s, self._wait_no_longer)

    def _forget_timer(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
