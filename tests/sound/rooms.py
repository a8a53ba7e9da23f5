"""Synthetic rooms: what a microphone hears of a loudspeaker and of a person."""

import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice.audio import RATE_HZ, Samples
from voice.files import read_wav, resample

Sound = NDArray[np.float32]

# Sound is reckoned in pieces of this length; longer than any impulse response.
_PIECE = 1 << 16

# A block counts as speech for its level when it is within this of the loudest.
_ACTIVE_DB = 40.0


@dataclass(frozen=True, slots=True)
class Room:
    """How sound goes from a mouth or a loudspeaker to the microphone.

    Attributes:
        delay_s: Until the direct sound arrives; buffers of the sound card included.
        reverberation_s: Until the room is 60 dB softer; a furnished living room
            has 0.4 s, an empty one 0.8 s.
        direct_db: Direct sound against all of the reverberation.
        seed: Another room of the same kind.
    """

    delay_s: float = 0.0
    reverberation_s: float = 0.4
    direct_db: float = 3.0
    seed: int = 0

    def __call__(self, sound: Sound) -> Sound:
        """What arrives; as long as what was sent."""
        response = np.fft.rfft(self._response(), 2 * _PIECE)
        arrived = np.zeros(sound.size + 2 * _PIECE, np.float32)
        for start in range(0, sound.size, _PIECE):
            piece = np.fft.rfft(sound[start : start + _PIECE], 2 * _PIECE)
            arrived[start : start + 2 * _PIECE] += np.fft.irfft(piece * response)
        return arrived[: sound.size]

    def _response(self) -> NDArray[np.float64]:
        at_s = np.arange(round(self.reverberation_s * RATE_HZ)) / RATE_HZ
        random = np.random.default_rng(self.seed)
        tail = random.standard_normal(at_s.size) * 10 ** (
            -3 * at_s / self.reverberation_s
        )
        # The first reflection comes after 2 ms: from the table below the device.
        tail[: round(0.002 * RATE_HZ)] = 0
        tail *= 10 ** (-self.direct_db / 20) / np.sqrt(np.sum(tail**2))
        tail[0] = 1
        response = np.concatenate([np.zeros(round(self.delay_s * RATE_HZ)), tail])
        assert response.size <= _PIECE, "such a room is too large to reckon"
        return response


def through_loudspeaker(sound: Sound) -> Sound:
    """What a small loudspeaker makes of it: loud parts are rounded off."""
    return np.asarray(20_000 * np.tanh(sound / 20_000), np.float32)


def noise(samples: int, level_db: float, seed: int = 0) -> Sound:
    """The room when nobody speaks, at a level in dB below full scale."""
    random = np.random.default_rng(seed)
    hiss = random.standard_normal(samples) * 32768 * 10 ** (level_db / 20)
    return hiss.astype(np.float32)


def at_level(sound: Sound, level_db: float) -> Sound:
    """The same sound with its speech at this level, in dB below full scale."""
    return sound * np.float32(10 ** ((level_db - speech_level_db(sound)) / 20))


def speech_level_db(sound: Sound) -> float:
    """Level of the blocks that are speech, its pauses left out."""
    block = RATE_HZ // 50
    count = sound.size // block
    powers = np.mean(np.square(sound[: count * block].reshape(count, block)), axis=1)
    powers = powers[powers > powers.max() * 10 ** (-_ACTIVE_DB / 10)]
    return float(10 * np.log10(powers.mean() / 32768.0**2))


def loudness_db(sound: NDArray[Any]) -> float:
    """Level of all of a sound, in dB below full scale; -120 at least."""
    power = float(np.mean(np.square(sound.astype(np.float64) / 32768)))
    return 10 * float(np.log10(max(power, 1e-12)))


def samples_of(sound: Sound) -> Samples:
    """As a sound card gives it."""
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)


@cache
def spoken(text: str, voice: str = "nl", rate_wpm: int = 150) -> Sound:
    """A sentence by espeak-ng at RATE_HZ, without silence before it.

    Args:
        text: What is said.
        voice: Its voice, with a variant such as "nl+f2" for another person.
        rate_wpm: Words per minute.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        command = ("espeak-ng", "-v", voice, "-s", str(rate_wpm), "-w", str(path))
        subprocess.run([*command, text], check=True, timeout=20)
        samples, rate_hz = read_wav(path)
    sound = resample(samples, rate_hz, RATE_HZ).astype(np.float32)
    return sound[int(np.argmax(np.abs(sound) > 200)) :]
