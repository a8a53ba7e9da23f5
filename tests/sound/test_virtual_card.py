"""The virtual card's echo is as late and as loud as it was asked to be."""

import asyncio
import time

import numpy as np
import pytest

from tests.sound.virtual_card import Echo, Recording, VirtualCard, record
from voice.audio import RATE_HZ, Samples
from voice.files import write_wav

BURST_S = 0.05
PLAY_S = 2.0
BLOCK_S = 0.01

# Both recordings are placed in time by when their blocks came; a busy machine
# hands them over a few milliseconds late.
DELAY_WITHIN_S = 0.01


def burst() -> Samples:
    """Noise below 1 kHz: a shift by part of a sample does not change its level."""
    noise = np.random.default_rng(1).normal(0.0, 12000.0, round(BURST_S * RATE_HZ) + 39)
    return np.convolve(noise, np.full(40, 1 / 40), "valid").astype(np.int16)


async def timed(recording: Recording, length_s: float) -> tuple[float, Samples]:
    """Record; returns when the first sample was there, and the samples."""
    blocks: list[Samples] = []
    began_s = float("inf")
    while len(blocks) * BLOCK_S < length_s:
        blocks.append(await recording.read(BLOCK_S))
        began_s = min(began_s, time.monotonic() - len(blocks) * BLOCK_S)
    return began_s, np.concatenate(blocks)


def find(sound: Samples, recorded: Samples) -> tuple[float, float]:
    """Where the sound is in a recording, in seconds, and its factor there."""
    wanted, heard = sound.astype(np.float64), recorded.astype(np.float64)
    size = 1 << (len(heard) + len(wanted)).bit_length()
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size))
    likeness = np.fft.irfft(spectrum, size)[: len(heard)]
    place = int(np.argmax(np.abs(likeness)))
    return place / RATE_HZ, float(likeness[place] / np.dot(wanted, wanted))


async def play_a_burst(card: VirtualCard) -> Samples:
    sound = burst()
    silence = np.zeros(RATE_HZ // 2, np.int16)
    path = card.folder / "burst.wav"
    write_wav(path, np.concatenate((silence, sound, silence)), RATE_HZ)
    player = await card.run("paplay", "-d", "speaker", str(path))
    assert await player.wait() == 0
    return sound


@pytest.mark.real
@pytest.mark.parametrize(
    "echo", [Echo(level_db=-6.0, delay_s=0.04), Echo(level_db=-20.0, delay_s=0.3)]
)
async def test_an_echo_is_as_late_and_as_loud_as_asked(
    virtual_card: VirtualCard, echo: Echo
) -> None:
    virtual_card.set_echo(echo)
    async with (
        record(virtual_card) as played,
        record(virtual_card, "mic") as heard,
    ):
        sound, (played_s, out), (heard_s, back) = await asyncio.gather(
            play_a_burst(virtual_card), timed(played, PLAY_S), timed(heard, PLAY_S)
        )
    out_s, out_factor = find(sound, out)
    back_s, back_factor = find(sound, back)
    delay_s = (heard_s + back_s) - (played_s + out_s)
    assert delay_s == pytest.approx(echo.delay_s, abs=DELAY_WITHIN_S)
    level_db = 20 * np.log10(back_factor / out_factor)
    assert level_db == pytest.approx(echo.level_db, abs=0.5)


@pytest.mark.real
async def test_there_is_no_echo_unless_asked(virtual_card: VirtualCard) -> None:
    virtual_card.set_echo(Echo())
    virtual_card.set_echo(None)
    async with record(virtual_card, "mic") as heard:
        _, (_, back) = await asyncio.gather(
            play_a_burst(virtual_card), timed(heard, PLAY_S)
        )
    assert not back.any()


def test_an_echo_that_the_server_cannot_keep_to_is_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        Echo(delay_s=0.001)
