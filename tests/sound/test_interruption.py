"""Speaking over the device through a sound card that hears its own loudspeaker."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from tests.sound.rooms import at_level, loudness_db, samples_of, spoken
from tests.sound.torn import torn_if_it_has_gaps, untorn
from tests.sound.virtual_card import Echo, Recording, VirtualCard, record, speak_into
from voice.activity import activity_in_noise
from voice.audio import Samples
from voice.ears import Ears
from voice.echo import WebRtcEchoCanceller
from voice.path import AudioPath
from voice.soundcard import SoundCard

OWN_DB = -20.0
# The way out and in comes on top of this: 0.2 s in all.
ECHO = Echo(level_db=-6.0, delay_s=0.1)
# 6 dB softer than the echo.
PERSON_DB = OWN_DB - 12.0

# From the first syllable until the loudspeaker is silent, of the six seconds that are
# left: some 0.5 s, and what the start of paplay, the card and a busy machine take. How
# soon exactly is measured by benchmarks/interruption.py.
SILENT_WITHIN_S = 3.0
QUIET = 100


def own_voice() -> Samples:
    """What the device says: some eight seconds."""
    texts = (
        "Goedemorgen mevrouw De Vries, het is vandaag zondag.",
        "U mag rustig nadenken, ik wacht op u.",
        "De luisterlijn is dag en nacht bereikbaar.",
    )
    return samples_of(at_level(np.concatenate([spoken(t) for t in texts]), OWN_DB))


@asynccontextmanager
async def hearing(card: VirtualCard) -> AsyncIterator[tuple[AudioPath, Ears]]:
    """A path and ears in a conversation, with the microphone near the loudspeaker."""
    card.set_echo(ECHO)
    device = SoundCard()
    path = AudioPath(device, cancel_echo=WebRtcEchoCanceller())
    await path.open()
    try:
        assert path.state.is_working, path.state
        path.begin_conversation()
        with torn_if_it_has_gaps(device):
            yield path, Ears(path, activity_in_noise, [])
    finally:
        await path.close()


async def silent_at_s(recording: Recording) -> float:
    """When a tenth of a second of silence has begun."""
    quiet = 0
    while quiet < 10:
        piece = await recording.read(0.01)
        quiet = quiet + 1 if np.abs(piece).max() < QUIET else 0
    return time.monotonic() - 0.1


@pytest.mark.real
@untorn
async def test_a_person_over_it_silences_it_and_its_own_voice_does_not(
    virtual_card: VirtualCard,
) -> None:
    person = samples_of(
        at_level(spoken("wacht eens even, ik wil iets vragen", "nl+f2"), PERSON_DB)
    )
    async with hearing(virtual_card) as (path, ears):
        interrupted = asyncio.create_task(ears.interrupted())
        await path.play(own_voice())
        assert not interrupted.done(), "it heard itself"
        interrupted.cancel()
        await asyncio.gather(interrupted, return_exceptions=True)

        interrupted = asyncio.create_task(ears.interrupted())
        speaking = asyncio.create_task(path.play(own_voice()))
        await asyncio.sleep(1.5)
        async with record(virtual_card) as recording:
            began_s = time.monotonic()
            person_speaks = asyncio.create_task(speak_into(virtual_card, person))
            await asyncio.wait({interrupted}, timeout=5)
            assert interrupted.done(), "nobody was noticed"
            speaking.cancel()
            took_s = await silent_at_s(recording) - began_s
            await asyncio.gather(speaking, person_speaks, return_exceptions=True)
        assert took_s < SILENT_WITHIN_S
        assert speaking.cancelled()


@pytest.mark.real
@untorn
async def test_our_own_voice_is_taken_out_through_the_card(
    virtual_card: VirtualCard,
) -> None:
    async with hearing(virtual_card) as (path, _):
        raw_db: list[float] = []
        left: list[Samples] = []
        async with path.overhear() as blocks:
            playing = asyncio.create_task(path.play(own_voice()))
            while not playing.done():
                block = await anext(blocks)
                if block.learnt_s > 3:
                    raw_db.append(block.raw_db)
                    left.append(block.samples)
        raw_power = np.mean(10 ** (np.array(raw_db) / 10))
        left_db = loudness_db(np.concatenate(left))
        assert 10 * np.log10(raw_power) - left_db >= 25
