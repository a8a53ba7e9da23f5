"""A call's line: one more that plays and one more that hears, over a handmade card."""

import asyncio
import logging
from collections.abc import AsyncIterator

import numpy as np
import pytest

from tests.sound.handmade import (
    HandmadeDevice,
    HandmadeTime,
    let_tasks_run,
    pitch_hz,
    tone,
)
from voice.audio import BLOCK_SAMPLES, RATE_HZ, AudioError, Samples, SoundLine
from voice.blocks import SILENCE_DB
from voice.line import MOST_WAITING_BLOCKS
from voice.path import DUCKING, AudioPath, NotInConversation, PathClosed
from voice.streaming import (
    CALM_BLOCKS,
    FADE_SAMPLES,
    LEAST_BLOCKS,
    MOST_BLOCKS,
    ROOM_BLOCKS,
    SURPLUS_BLOCKS,
    Stream,
)


class TakesOut:
    """An EchoCanceller that subtracts the last block played."""

    leaves_our_voice = False

    def __init__(self) -> None:
        self.restarts = 0
        self.blocks_played = 0
        self._last = np.zeros(BLOCK_SAMPLES, np.int16)

    def restart(self) -> None:
        self.restarts += 1

    def played(self, block: Samples) -> None:
        self.blocks_played += 1
        self._last = block

    def heard(self, block: Samples) -> Samples:
        return block - self._last


class Bench:
    def __init__(self, *, is_duplex: bool = True) -> None:
        self.device = HandmadeDevice()
        self.time = HandmadeTime()
        self.canceller = TakesOut()
        canceller = self.canceller if is_duplex else None
        self.path = AudioPath(self.device, cancel_echo=canceller, sleep=self.time.sleep)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.path.open()
    yield bench
    await bench.path.close()


def block(value: int) -> Samples:
    return np.full(BLOCK_SAMPLES, value, np.int16)


async def take(blocks: AsyncIterator[Samples], count: int) -> Samples:
    async with asyncio.timeout(30):
        return np.concatenate([await anext(blocks) for _ in range(count)])


def in_blocks(samples: Samples) -> list[Samples]:
    return np.split(samples, samples.size // BLOCK_SAMPLES)


# Hearing


async def test_a_line_hears_whole_blocks_at_48_khz_in_order(bench: Bench) -> None:
    said = tone(440, 0.1)
    async with bench.path.open_line() as line:
        bench.device.push(said)
        heard = await take(line.hear(), 5)
    assert np.array_equal(heard, said)


async def test_no_recogniser_hears_a_call(bench: Bench) -> None:
    async with bench.path.open_line():
        bench.device.push(tone(440, 0.5))
        with pytest.raises(NotInConversation):
            async with bench.path.listen():
                raise AssertionError("listened outside a conversation")
        bench.path.begin_conversation()
        bench.device.push(tone(1_000, 0.2))
        async with bench.path.listen() as listener:
            heard = await take(listener, 9)
    assert pitch_hz(heard) == pytest.approx(1_000, abs=10)


async def test_a_conversation_within_a_call_leaves_the_call_alone(bench: Bench) -> None:
    async with bench.path.open_line() as line:
        restarts = bench.canceller.restarts
        bench.path.begin_conversation()
        bench.path.end_conversation()
        assert bench.canceller.restarts == restarts
        bench.device.push(block(500))
        assert (await take(line.hear(), 1) == 500).all()


async def test_their_sound_and_ours_are_taken_out(bench: Bench) -> None:
    async with bench.path.open_line() as line:
        our_play = asyncio.create_task(bench.path.play(block(1_000).repeat(5)))
        await let_tasks_run()
        for _ in range(LEAST_BLOCKS):
            line.play(block(2_000))
        bench.device.pull(1)
        # The second block: the first one fades in.
        played = bench.device.pull(1)
        bench.device.push(np.asarray(played + 7, np.int16))
        heard = await take(line.hear(), 1)
        our_play.cancel()
    assert (played == 3_000).all()
    assert (heard == 7).all()


async def test_the_canceller_works_only_while_a_line_is_open(bench: Bench) -> None:
    bench.device.pull(2)
    assert bench.canceller.blocks_played == 0
    restarts = bench.canceller.restarts
    async with bench.path.open_line():
        bench.device.pull(2)
        assert bench.canceller.restarts == restarts + 1
    bench.device.pull(2)
    assert bench.canceller.blocks_played == 2


async def test_without_a_canceller_who_calls_hardly_hears_themselves() -> None:
    bench = Bench(is_duplex=False)
    bench.device.output_latency_s = 0.04
    await bench.path.open()
    async with bench.path.open_line() as line:
        hear = line.hear()
        bench.device.push(block(8_000))
        assert (await take(hear, 1) == 8_000).all()
        for _ in range(4):
            line.play(tone(300, 0.02))
        bench.device.pull(2)
        bench.device.push(block(8_000))
        assert (await take(hear, 1) == 8_000 // DUCKING).all()
        bench.device.pull(20)
        bench.device.push(block(8_000))
        assert (await take(hear, 1) == 8_000).all()
    await bench.path.close()


async def test_a_microphone_that_is_off_sends_silence_and_says_so(bench: Bench) -> None:
    told: list[bool] = []
    async with bench.path.open_line() as line:
        stop = line.on_microphone(told.append)
        hear = line.hear()
        bench.device.push(block(900))
        bench.path.set_microphone(False)
        bench.device.push(block(900).repeat(2))
        silent = await take(hear, 2)
        assert not silent.any()
        assert not line.microphone_is_on
        assert line.heard_level_db == SILENCE_DB
        bench.path.set_microphone(True)
        bench.device.push(block(900))
        assert (await take(hear, 1) == 900).all()
        assert told == [False, True]
        stop()
        stop()
        bench.path.set_microphone(False)
        assert told == [False, True]


async def test_a_microphone_that_was_off_before_is_told_at_once(bench: Bench) -> None:
    bench.path.set_microphone(False)
    async with bench.path.open_line() as line:
        assert not line.microphone_is_on


async def test_a_lost_card_sends_silence_and_the_line_goes_on(bench: Bench) -> None:
    told: list[bool] = []
    async with bench.path.open_line() as line:
        line.on_microphone(told.append)
        hear = line.hear()
        bench.device.failed(AudioError("pulled out"))
        await bench.time.pass_s(0.1)
        assert not (await take(hear, 3)).any()
        assert told == [False]
        await bench.time.pass_s(5)
        assert bench.device.times_opened == 2
        await take(hear, MOST_WAITING_BLOCKS)
        bench.device.push(block(300))
        assert (await take(hear, 1) == 300).all()
        assert told == [False, True]
        for _ in range(3):
            line.play(block(200))
        assert (bench.device.pull(3)[BLOCK_SAMPLES:] == 200).all()


async def test_who_listens_too_slowly_hears_the_newest(bench: Bench) -> None:
    async with bench.path.open_line() as line:
        for number in range(MOST_WAITING_BLOCKS + 5):
            bench.device.push(block(number))
        heard = await take(line.hear(), MOST_WAITING_BLOCKS)
    assert heard[0] == 5
    assert heard[-1] == MOST_WAITING_BLOCKS + 4


async def test_listening_ends_with_the_line_and_with_the_path(bench: Bench) -> None:
    async def listen(line: SoundLine) -> int:
        return len([block async for block in line.hear()])

    async with bench.path.open_line() as line:
        listening = asyncio.create_task(listen(line))
        await let_tasks_run()
    async with asyncio.timeout(30):
        assert await listening == 0
    async with bench.path.open_line() as line:
        listening = asyncio.create_task(listen(line))
        await bench.path.close()
        async with asyncio.timeout(30):
            assert await listening == 0


async def test_a_line_needs_an_open_path() -> None:
    with pytest.raises(PathClosed):
        async with Bench().path.open_line():
            raise AssertionError("opened a line on a closed path")


async def test_a_broken_callback_does_not_stop_the_sound(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(is_on: bool) -> None:
        raise RuntimeError("broken")

    with caplog.at_level(logging.ERROR):
        async with bench.path.open_line() as line:
            line.on_microphone(breaks)
            bench.path.set_microphone(False)
            bench.path.set_microphone(True)
            bench.device.push(block(5))
            assert (await take(line.hear(), 1) == 5).all()
    assert len(caplog.records) == 2


# Playing


async def test_their_sound_is_mixed_with_ours_and_follows_the_volume(
    bench: Bench,
) -> None:
    bench.path.gain_db = -20.0
    bench.device.pull(1)
    async with bench.path.open_line() as line:
        for _ in range(LEAST_BLOCKS):
            line.play(block(10_000))
        played = bench.device.pull(2)
    assert (played[BLOCK_SAMPLES:] == 1_000).all()


async def test_a_call_is_as_loud_as_the_knob_says_and_glides_there(
    bench: Bench,
) -> None:
    volume_db = [0.0]
    bench.path.follow_volume(lambda: volume_db[0])
    async with bench.path.open_line() as line:
        for _ in range(LEAST_BLOCKS + 2):
            line.play(block(10_000))
        assert bench.device.pull(1)[-1] == 10_000
        volume_db[0] = -20.0
        gliding = bench.device.pull(1)
        assert gliding[0] == 10_000 and gliding[-1] == 1_000
        assert (np.diff(gliding) <= 0).all()
        assert (bench.device.pull(1) == 1_000).all()


async def test_what_silences_our_voice_leaves_theirs(bench: Bench) -> None:
    async with bench.path.open_line() as line:
        for _ in range(LEAST_BLOCKS + 1):
            line.play(block(1_000))
        bench.device.pull(1)
        bench.path.stop_playing()
        assert (bench.device.pull(1) == 1_000).all()


async def test_a_closed_line_is_silent_at_once(bench: Bench) -> None:
    async with bench.path.open_line() as line:
        for _ in range(10):
            line.play(block(1_000))
        bench.device.pull(1)
    line.play(block(1_000))
    assert not bench.device.pull(5).any()


async def test_the_device_is_awake_in_a_call_and_rests_after_it() -> None:
    class Rests(HandmadeDevice):
        is_resting = False

        def rest(self, is_resting: bool) -> None:
            self.is_resting = is_resting

    device = Rests()
    path = AudioPath(device)
    await path.open()
    assert device.is_resting
    async with path.open_line():
        assert not device.is_resting
        path.begin_conversation()
        path.end_conversation()
        assert not device.is_resting
    assert device.is_resting
    await path.close()


# The queue of their sound


def play_all(stream: Stream, blocks: int) -> Samples:
    silence = np.zeros(BLOCK_SAMPLES, np.float32)
    taken = [stream.take() for _ in range(blocks)]
    return np.concatenate([silence if one is None else one for one in taken]).astype(
        np.int16
    )


def test_it_gathers_a_little_and_then_plays_all_in_order() -> None:
    stream = Stream()
    said = in_blocks(tone(500, 0.2))
    stream.put(said[0])
    assert stream.take() is None
    played = []
    for number in range(1, len(said)):
        stream.put(said[number])
        played.append(stream.take())
    whole = np.concatenate([one for one in played if one is not None])
    expected = np.concatenate(said[: len(played)]).astype(np.float32)
    assert np.array_equal(whole[FADE_SAMPLES:], expected[FADE_SAMPLES:])
    assert stream.holes == stream.dropped == 0


def test_a_hole_does_not_click_and_makes_it_wait_for_more() -> None:
    stream = Stream()
    for _ in range(LEAST_BLOCKS):
        stream.put(block(10_000))
    played = play_all(stream, LEAST_BLOCKS + 2)
    assert np.abs(np.diff(played.astype(int))).max() < 100
    assert stream.holes == 1
    for _ in range(LEAST_BLOCKS):
        stream.put(block(10_000))
    assert stream.take() is None
    stream.put(block(10_000))
    assert stream.take() is not None


def test_it_never_waits_for_more_than_120_ms_and_becomes_quick_again() -> None:
    stream = Stream()
    for _ in range(20):
        while stream.take() is not None:
            pass
        for _ in range(stream.wanted):
            stream.put(block(100))
    assert stream.wanted == MOST_BLOCKS
    for _ in range(CALM_BLOCKS * MOST_BLOCKS):
        stream.put(block(100))
        assert stream.take() is not None
    assert stream.wanted == LEAST_BLOCKS


def test_after_an_outage_it_goes_on_with_what_is_said_now() -> None:
    stream = Stream()
    for number in range(ROOM_BLOCKS + 1):
        stream.put(block(100 + number))
    assert stream.dropped == ROOM_BLOCKS + 1 - LEAST_BLOCKS
    played = play_all(stream, LEAST_BLOCKS)
    assert played[-1] == 100 + ROOM_BLOCKS


@pytest.mark.parametrize("level", [0, 5_000])
def test_a_faster_clock_at_the_other_side_does_not_add_up(level: int) -> None:
    stream = Stream()
    for turn in range(20_000):
        stream.put(block(level))
        if turn % 200 == 0:
            stream.put(block(level))
        stream.take()
    waiting = 0
    while stream.take() is not None:
        waiting += 1
    # The hole at the end counts as a block taken.
    assert waiting <= LEAST_BLOCKS + 2 * SURPLUS_BLOCKS // 200 + 2
    assert stream.holes == 1


def test_a_block_of_another_length_is_our_mistake() -> None:
    with pytest.raises(ValueError, match=str(BLOCK_SAMPLES)):
        Stream().put(np.zeros(RATE_HZ, np.int16))


def test_room_noise_at_the_other_side_is_nobodys_voice() -> None:
    stream = Stream()
    for level in (20, 20, 3_000):
        stream.put(block(level))
    stream.take()
    assert not stream.is_audible
    stream.take()
    stream.take()
    assert stream.is_audible
