"""Sound and picture of one connection, packet by packet."""

import asyncio
import random
from collections.abc import Sequence

import av
import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket
from numpy.typing import NDArray

from calls.video.aiortc_ext import VoiceEncoder
from calls.video.incoming import IncomingSound
from calls.video.ladder import STEPS
from calls.video.tracks import MOST_BLOCKS, OutgoingPicture, OutgoingSound
from hardware import pattern
from tests.calls.video.far_end import until
from voice.audio import BLOCK_SAMPLES, RATE_HZ, Samples


def voice(seconds: float) -> Samples:
    """What a codec for speech takes for a voice: harmonics, in syllables."""
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    pitch_hz = 140 + 15 * np.sin(2 * np.pi * 0.7 * at_s)
    turn = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    wave = sum(np.sin(turn * n) / n for n in range(1, 20))
    loudness = 0.3 + 0.7 * np.sin(2 * np.pi * 2 * at_s) ** 2
    return np.asarray(np.rint(5_000 * loudness * wave), np.int16)


def packets(sound: Samples) -> list[bytes]:
    encoder = VoiceEncoder()
    made: list[bytes] = []
    for number, block in enumerate(sound.reshape(-1, BLOCK_SAMPLES)):
        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.pts = RATE_HZ, number * BLOCK_SAMPLES
        made += encoder.encode(frame)[0]
    return made


def loudness_of(blocks: Sequence[Samples]) -> NDArray[np.float64]:
    return np.array([np.sqrt(np.mean(one.astype(float) ** 2)) for one in blocks])


def rtp(number: int, payload: bytes) -> RtpPacket:
    packet = RtpPacket(payload_type=111, sequence_number=number % 65_536)
    packet.payload = payload
    return packet


@pytest.mark.parametrize("loss", [0.05, 0.1, 0.2])
async def test_a_voice_comes_through_a_bad_network(loss: float) -> None:
    dice = random.Random(3)
    sent = packets(voice(8.0))
    whole: list[Samples] = []
    played: list[Samples] = []
    clean, lossy = IncomingSound(whole.append), IncomingSound(played.append)
    for number, payload in enumerate(sent):
        clean.take(rtp(number, payload))
        if dice.random() >= loss:
            lossy.take(rtp(number, payload))
    lossy.close()
    assert len(whole) == len(sent)
    assert all(block.shape == (BLOCK_SAMPLES,) for block in played)
    # As long as it was spoken, and each syllable about as loud.
    assert abs(len(played) - len(sent)) <= 4
    assert lossy.arriving.played >= 0.99 * lossy.arriving.arrived
    count = len(played)
    difference_db = 20 * np.log10(loudness_of(played) / loudness_of(whole[:count]))
    assert np.mean(np.abs(difference_db) < 6) > 1 - 0.3 * loss


async def test_a_gap_at_the_end_of_a_word_is_not_waited_for_in_vain() -> None:
    played: list[Samples] = []
    incoming = IncomingSound(played.append)
    sent = packets(voice(0.2))
    # Mixed once: from here on it waits for more than one.
    for number in (0, 2, 1, 4):
        incoming.take(rtp(number, sent[number]))
    before = len(played)
    await until(lambda: len(played) == before + 2)
    incoming.close()


async def test_packets_of_other_lengths_and_damaged_ones_make_whole_blocks() -> None:
    played: list[Samples] = []
    incoming = IncomingSound(played.append)
    incoming.take(rtp(0, b""))
    for number in range(20):
        # A configuration of 60 ms of silence, and bytes that mean nothing.
        incoming.take(rtp(number, b"\x18" if number % 2 else bytes([255, 255, 1, 9])))
    assert played
    assert {block.shape for block in played} == {(BLOCK_SAMPLES,)}
    incoming.close()
    incoming.close()


async def test_blocks_go_out_in_order_and_old_ones_give_way() -> None:
    track = OutgoingSound()
    for number in range(MOST_BLOCKS + 2):
        track.put(np.full(BLOCK_SAMPLES, number, np.int16))
    frames = [await track.recv() for _ in range(MOST_BLOCKS)]
    assert [frame.pts for frame in frames] == [
        number * BLOCK_SAMPLES for number in range(2, MOST_BLOCKS + 2)
    ]
    assert int(frames[0].to_ndarray()[0, 0]) == 2
    assert (frames[0].layout.name, frames[0].sample_rate) == ("mono", RATE_HZ)


async def test_a_track_that_ends_tells_who_waits_for_it() -> None:
    for track in (OutgoingSound(), OutgoingPicture()):
        waiting = asyncio.create_task(track.recv())
        await asyncio.sleep(0)
        track.stop()
        with pytest.raises(MediaStreamError):
            await waiting


def picture(number: int) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(pattern.draw(number, 320, 240), format="yuv420p")


async def test_only_the_newest_picture_is_sent_and_time_goes_on() -> None:
    track = OutgoingPicture()
    for number in range(5):
        track.put(picture(number))
    first = await track.recv()
    assert pattern.read(first) == 4
    track.put(picture(5))
    second = await track.recv()
    assert first.pts is not None and second.pts is not None
    # No faster than the ladder says, in 1/90000 s.
    assert second.pts - first.pts >= 0.7 * 90_000 / STEPS[0].rate


async def test_a_hidden_picture_is_not_sent() -> None:
    track = OutgoingPicture()
    track.put(picture(1))
    track.hide()
    waiting = asyncio.create_task(track.recv())
    await asyncio.sleep(0)
    track.put(picture(2))
    assert pattern.read(await waiting) == 2


async def test_slow_encoding_makes_the_picture_smaller() -> None:
    track = OutgoingPicture()
    assert track.step is STEPS[0]
    track.limit(100_000)
    track.took(0.1)
    track.learn(0.0)
    assert track.bps <= STEPS[-1].least_bps
