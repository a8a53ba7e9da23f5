"""The one audio path, over a device driven by hand."""

import asyncio
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
from voice.audio import (
    BLOCK_S,
    BLOCK_SAMPLES,
    HEARING_BLOCK_SAMPLES,
    RATE_HZ,
    AudioError,
    DeviceMissing,
    Samples,
)
from voice.blocks import SILENCE_DB
from voice.echo import EchoError
from voice.interruption import LEARNS_S
from voice.listening import MOST_WAITING_S
from voice.mixing import FADE_SAMPLES
from voice.path import (
    KEPT_S,
    PRE_ROLL_S,
    AudioPath,
    HalfDuplex,
    MicrophoneOff,
    NoMicrophone,
    NotInConversation,
    PathClosed,
    SoundState,
)


class Bench:
    """A path, its device, and the time that drives its waits."""

    def __init__(self, *failures: AudioError) -> None:
        self.device = HandmadeDevice()
        self.device.fails_to_open = list(failures)
        self.time = HandmadeTime()
        self.path = AudioPath(self.device, sleep=self.time.sleep)
        self.states: list[SoundState] = []
        self.path.on_state(self.states.append)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.path.open()
    yield bench
    await bench.path.close()


def constant(value: int, blocks: float = 1) -> Samples:
    return np.full(int(blocks * BLOCK_SAMPLES), value, np.int16)


async def begin_play(
    path: AudioPath, samples: Samples, gain_db: float = 0.0
) -> "asyncio.Task[None]":
    task = asyncio.create_task(path.play(samples, gain_db))
    await let_tasks_run()
    return task


# Playing


async def test_silence_flows_when_nothing_is_played(bench: Bench) -> None:
    assert not bench.device.pull(3).any()


async def test_a_sound_leaves_whole_and_then_play_returns(bench: Bench) -> None:
    sound = tone(440, 0.05)
    play = await begin_play(bench.path, sound)
    bench.device.pull(2)
    await let_tasks_run()
    assert not play.done()
    bench.device.pull(1)
    await asyncio.wait_for(play, 30)


async def test_samples_are_not_changed_at_0_db(bench: Bench) -> None:
    sound = tone(440, 0.05)
    play = await begin_play(bench.path, sound)
    played = bench.device.pull(3)
    await play
    assert np.array_equal(played[: sound.size], sound)
    assert not played[sound.size :].any()


async def test_play_returns_when_the_device_had_time_to_sound(bench: Bench) -> None:
    bench.device.failed(AudioError("pulled out"))
    await let_tasks_run()
    bench.device.output_latency_s = 0.06
    await bench.time.pass_s(1)
    play = await begin_play(bench.path, constant(100))
    bench.device.pull(3)
    await let_tasks_run()
    assert not play.done()
    bench.device.pull(1)
    await asyncio.wait_for(play, 30)


async def test_two_sounds_are_added_and_saturate(bench: Bench) -> None:
    first = await begin_play(bench.path, constant(20_000))
    second = await begin_play(bench.path, constant(-5_000, 2))
    third = await begin_play(bench.path, constant(30_000, 0.5))
    played = bench.device.pull(2)
    half = BLOCK_SAMPLES // 2
    assert (played[:half] == 32_767).all()
    assert (played[half:BLOCK_SAMPLES] == 15_000).all()
    assert (played[BLOCK_SAMPLES:] == -5_000).all()
    await asyncio.gather(first, second, third)


async def test_volume_and_gain_add_up(bench: Bench) -> None:
    bench.path.gain_db = -20.0
    bench.device.pull(1)
    play = await begin_play(bench.path, constant(10_000), gain_db=6.0206)
    assert np.allclose(bench.device.pull(1), 2_000, atol=1)
    await play
    assert bench.path.gain_db == -20.0


async def test_volume_glides_without_a_step(bench: Bench) -> None:
    play = await begin_play(bench.path, constant(10_000, 3))
    first = bench.device.pull(1)
    bench.path.gain_db = -20.0
    rest = bench.device.pull(2)
    await play
    steps = np.abs(np.diff(np.concatenate([first, rest]).astype(int)))
    assert steps.max() < 20
    assert rest[-1] == 1_000


async def test_cancelling_fades_that_sound_only(bench: Bench) -> None:
    cancelled = await begin_play(bench.path, constant(10_000, 50))
    other = await begin_play(bench.path, constant(500, 3))
    bench.device.pull(1)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    played = bench.device.pull(2)
    assert np.abs(np.diff(played.astype(int))).max() < 100
    assert (played[FADE_SAMPLES:] == 500).all()
    await other


async def test_stop_silences_everything_and_plays_return(bench: Bench) -> None:
    plays = [await begin_play(bench.path, constant(1_000, 50)) for _ in range(3)]
    bench.device.pull(1)
    bench.path.stop_playing()
    await asyncio.wait_for(asyncio.gather(*plays), 30)
    assert not bench.device.pull(1)[FADE_SAMPLES:].any()


async def test_a_sound_of_no_samples_returns_at_once(bench: Bench) -> None:
    await asyncio.wait_for(bench.path.play(np.zeros(0, np.int16)), 30)


async def test_playing_needs_an_open_path() -> None:
    with pytest.raises(PathClosed):
        await Bench().path.play(constant(1))


async def test_closing_ends_plays_and_may_be_repeated(bench: Bench) -> None:
    play = await begin_play(bench.path, constant(1_000, 50))
    await bench.path.close()
    await bench.path.close()
    await asyncio.wait_for(play, 30)
    assert not bench.device.is_open
    assert bench.states[-1] == SoundState(False, "closed")


# Listening


async def take(blocks: AsyncIterator[Samples], count: int) -> Samples:
    async with asyncio.timeout(30):
        return np.concatenate([await anext(blocks) for _ in range(count)])


def is_silent(samples: Samples) -> bool:
    """Whether there is nothing in it but the resampler's dither of one step."""
    return bool(np.abs(samples).max() <= 2)


async def test_nothing_is_heard_outside_a_conversation(bench: Bench) -> None:
    with pytest.raises(NotInConversation):
        async with bench.path.listen():
            pass
    bench.device.push(tone(440, 1))
    bench.path.begin_conversation()
    async with bench.path.listen() as blocks:
        bench.device.push(np.zeros(RATE_HZ, np.int16))
        assert is_silent(await take(blocks, 40))


async def test_hears_at_16_khz_in_blocks_of_20_ms(bench: Bench) -> None:
    bench.path.begin_conversation()
    async with bench.path.listen() as blocks:
        bench.device.push(tone(440, 1))
        first = await take(blocks, 1)
        assert first.shape == (HEARING_BLOCK_SAMPLES,)
        assert first.dtype == np.int16
        assert pitch_hz(await take(blocks, 40)) == pytest.approx(440, abs=3)


async def test_who_answers_before_we_listen_is_heard(bench: Bench) -> None:
    bench.path.begin_conversation()
    bench.device.push(tone(900, 1))
    bench.device.push(tone(440, KEPT_S))
    async with bench.path.listen() as blocks:
        early = await take(blocks, int(KEPT_S / BLOCK_S))
        assert pitch_hz(early) == pytest.approx(440, abs=5)
        waiting = asyncio.ensure_future(anext(blocks))
        await let_tasks_run()
        assert not waiting.done()
        bench.device.push(tone(440, 0.1))
        await asyncio.wait_for(waiting, 30)


async def test_a_conversation_that_ended_leaves_nothing(bench: Bench) -> None:
    bench.path.begin_conversation()
    bench.device.push(tone(440, 0.5))
    bench.path.end_conversation()
    bench.path.begin_conversation()
    async with bench.path.listen() as blocks:
        bench.device.push(np.zeros(RATE_HZ, np.int16))
        assert is_silent(await take(blocks, 40))


async def test_ending_a_conversation_ends_listening(bench: Bench) -> None:
    bench.path.begin_conversation()
    async with bench.path.listen() as blocks:
        bench.device.push(tone(440, 0.2))
        bench.path.end_conversation()
        with pytest.raises(NotInConversation):
            await anext(blocks)


async def test_our_own_voice_is_not_in_the_pre_roll(bench: Bench) -> None:
    bench.path.begin_conversation()
    play = await begin_play(bench.path, constant(5_000, 10))
    for _ in range(10):
        bench.device.pull(1)
        assert bench.path.hears_itself
        bench.device.push(tone(440, BLOCK_S))
    await play
    for _ in range(20):
        bench.device.pull(1)
        bench.device.push(np.zeros(BLOCK_SAMPLES, np.int16))
    assert not bench.path.hears_itself
    async with bench.path.listen() as blocks:
        early = await take(blocks, 10)
    assert np.abs(early).max() < 50


async def test_who_speaks_while_the_machine_plays_nothing_is_no_echo(
    bench: Bench,
) -> None:
    bench.path.begin_conversation()
    play = await begin_play(bench.path, constant(5_000, 10))
    bench.device.pull(10)
    await play
    # Too busy to give the loudspeaker anything, for a second.
    bench.device.push(tone(440, 1))
    assert not bench.path.hears_itself
    async with bench.path.listen() as blocks:
        assert pitch_hz(await take(blocks, 35)) == pytest.approx(440, abs=5)


class Subtracts:
    """An echo canceller for a room without delay."""

    def __init__(self) -> None:
        self.leaves_our_voice = False
        self.restarts = 0
        self.pairs: list[tuple[int, int]] = []
        self.breaks = False
        self._played: Samples = constant(0)

    def restart(self) -> None:
        self.restarts += 1

    def played(self, block: Samples) -> None:
        self._played = block

    def heard(self, block: Samples) -> Samples:
        if self.breaks:
            raise EchoError("no reason")
        self.pairs.append((int(self._played[-1]), int(block[0])))
        return block - self._played


class Duplex(Bench):
    """A bench whose path takes our own voice out of what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.canceller = Subtracts()
        self.path = AudioPath(
            self.device, cancel_echo=self.canceller, sleep=self.time.sleep
        )

    async def speak(self, spoken_over: Samples) -> None:
        """Play a loud sound for as long as this is heard over it."""
        count = spoken_over.size // BLOCK_SAMPLES
        play = await begin_play(self.path, constant(7_000, count))
        for block in np.split(spoken_over, count):
            played = self.device.pull(1)
            self.device.push(played + block)
        await play


@pytest.fixture
async def duplex() -> AsyncIterator[Duplex]:
    duplex = Duplex()
    await duplex.path.open()
    yield duplex
    await duplex.path.close()


async def test_the_canceller_gets_what_was_played_and_heard(duplex: Duplex) -> None:
    duplex.path.begin_conversation()
    play = await begin_play(duplex.path, constant(700))
    duplex.device.pull(1)
    duplex.device.push(constant(1_700))
    await play
    assert duplex.canceller.pairs == [(700, 1_700)]
    assert duplex.path.cancels_echo
    assert not duplex.path.hears_itself


async def test_outside_a_conversation_the_canceller_gets_nothing(
    duplex: Duplex,
) -> None:
    duplex.device.pull(1)
    duplex.device.push(constant(1_700))
    assert duplex.canceller.pairs == []
    assert duplex.path.heard_level_db == pytest.approx(20 * np.log10(1_700 / 32_768))


async def test_the_canceller_begins_anew_with_each_conversation_and_device(
    duplex: Duplex,
) -> None:
    for _ in range(2):
        before = duplex.canceller.restarts
        duplex.path.begin_conversation()
        duplex.path.begin_conversation()
        assert duplex.canceller.restarts == before + 1
        duplex.path.end_conversation()
    duplex.device.failed(AudioError("unplugged"))
    before = duplex.canceller.restarts
    await duplex.time.pass_s(0.5)
    assert duplex.path.state.is_working
    assert duplex.canceller.restarts == before + 1


async def test_who_speaks_over_us_is_heard_from_the_beginning(duplex: Duplex) -> None:
    duplex.path.begin_conversation()
    async with duplex.path.overhear() as blocks:
        await duplex.speak(np.zeros(50 * BLOCK_SAMPLES, np.int16))
        silent = [await anext(blocks) for _ in range(45)]
        await duplex.speak(tone(440, 0.6))
        spoken = [await anext(blocks) for _ in range(30)]
    assert all(one.is_over_voice for one in spoken)
    assert is_silent(np.concatenate([one.samples for one in silent[3:]]))
    assert spoken[-1].raw_db > -11
    loud = [one.at for one in spoken if np.abs(one.samples).max() > 5_000]
    async with duplex.path.listen(since=loud[0]) as heard:
        early = await take(heard, int(PRE_ROLL_S / BLOCK_S))
        assert is_silent(early[: -2 * HEARING_BLOCK_SAMPLES])
        assert pitch_hz(await take(heard, 20)) == pytest.approx(440, abs=5)


async def test_our_own_voice_is_in_no_pre_roll_unless_somebody_spoke_over_it(
    duplex: Duplex,
) -> None:
    duplex.path.begin_conversation()
    await duplex.speak(tone(440, 1))
    async with duplex.path.listen() as blocks:
        waiting = asyncio.ensure_future(anext(blocks))
        await let_tasks_run()
        assert not waiting.done()
        duplex.device.push(constant(0, 2))
        await asyncio.wait_for(waiting, 30)


async def test_what_was_listened_to_is_not_heard_again(bench: Bench) -> None:
    bench.path.begin_conversation()
    async with bench.path.listen() as blocks:
        bench.device.push(tone(900, 1))
        await take(blocks, 40)
    bench.device.push(tone(440, 0.5))
    async with bench.path.listen() as blocks:
        assert pitch_hz(await take(blocks, 20)) == pytest.approx(440, abs=5)


async def test_a_beginning_that_is_long_gone_means_all_that_was_kept(
    duplex: Duplex,
) -> None:
    duplex.path.begin_conversation()
    duplex.device.push(tone(900, KEPT_S + 1))
    async with duplex.path.listen(since=0) as blocks:
        await take(blocks, int(KEPT_S / BLOCK_S))
        waiting = asyncio.ensure_future(anext(blocks))
        await let_tasks_run()
        assert not waiting.done()
        waiting.cancel()


async def test_after_a_gap_the_canceller_learns_anew(duplex: Duplex) -> None:
    duplex.path.begin_conversation()
    async with duplex.path.overhear() as blocks:
        await duplex.speak(constant(0, 50))
        learnt_s = [(await anext(blocks)).learnt_s for _ in range(45)]
        assert learnt_s[-1] >= 0.8
        duplex.device.gaps += 1
        await duplex.speak(constant(0, 10))
        learnt_s = [(await anext(blocks)).learnt_s for _ in range(13)]
        assert 0.1 <= learnt_s[-1] <= 0.2


async def test_a_canceller_of_another_kind_is_never_fully_trusted(
    duplex: Duplex,
) -> None:
    duplex.canceller.leaves_our_voice = True
    duplex.path.begin_conversation()
    async with duplex.path.overhear() as blocks:
        await duplex.speak(constant(0, 100))
        learnt_s = [(await anext(blocks)).learnt_s for _ in range(95)]
    assert max(learnt_s) < LEARNS_S


async def test_without_a_canceller_nobody_is_heard_over_us(bench: Bench) -> None:
    bench.path.begin_conversation()
    assert not bench.path.cancels_echo
    with pytest.raises(HalfDuplex):
        async with bench.path.overhear():
            pass


async def test_a_canceller_that_breaks_makes_it_half_duplex(duplex: Duplex) -> None:
    duplex.path.begin_conversation()
    async with duplex.path.overhear() as blocks:
        duplex.canceller.breaks = True
        duplex.device.push(constant(100))
        with pytest.raises(HalfDuplex):
            await anext(blocks)
    assert not duplex.path.cancels_echo
    assert duplex.path.echo_fault == "no reason"
    play = await begin_play(duplex.path, constant(7_000, 2))
    duplex.device.pull(2)
    assert duplex.path.hears_itself
    await play


async def test_what_is_heard_over_us_ends_with_the_conversation(
    duplex: Duplex,
) -> None:
    duplex.path.begin_conversation()
    async with duplex.path.overhear() as blocks:
        duplex.path.end_conversation()
        with pytest.raises(NotInConversation):
            await anext(blocks)
    with pytest.raises(NotInConversation):
        async with duplex.path.overhear():
            pass


async def test_a_slow_listener_loses_the_oldest_and_is_counted(bench: Bench) -> None:
    bench.path.begin_conversation()
    async with bench.path.listen() as blocks:
        bench.device.push(tone(900, 2))
        bench.device.push(tone(440, MOST_WAITING_S + 1))
        assert pitch_hz(await take(blocks, 20)) == pytest.approx(440, abs=5)
    assert bench.path.blocks_dropped > 50


async def test_a_microphone_that_is_off_hears_nothing(bench: Bench) -> None:
    bench.path.begin_conversation()
    bench.device.push(tone(440, 0.5))
    bench.path.set_microphone(False)
    assert not bench.path.microphone_is_on
    bench.device.push(tone(440, 0.5))
    assert bench.path.heard_level_db == SILENCE_DB
    with pytest.raises(MicrophoneOff):
        async with bench.path.listen():
            pass
    bench.path.set_microphone(True)
    async with bench.path.listen() as blocks:
        bench.device.push(np.zeros(RATE_HZ, np.int16))
        assert is_silent(await take(blocks, 40))


async def test_switching_the_microphone_off_tells_listeners(bench: Bench) -> None:
    bench.path.begin_conversation()
    async with bench.path.listen() as blocks:
        waiting = asyncio.ensure_future(anext(blocks))
        await let_tasks_run()
        bench.path.set_microphone(False)
        with pytest.raises(MicrophoneOff):
            await asyncio.wait_for(waiting, 30)


async def test_the_level_is_measured_without_a_conversation(bench: Bench) -> None:
    bench.device.push(tone(1_000, BLOCK_S, level=32_767))
    assert bench.path.heard_level_db == pytest.approx(-3.01, abs=0.05)
    bench.device.push(np.zeros(BLOCK_SAMPLES, np.int16))
    assert bench.path.heard_level_db == SILENCE_DB


# Faults


async def test_a_missing_device_is_tried_again_for_ever() -> None:
    bench = Bench(*[DeviceMissing("no microphone named 'usb'")] * 6)
    await bench.path.open()
    assert bench.path.state == SoundState(
        False, "device_missing", "no microphone named 'usb'"
    )
    for wait_s in (0.5, 1, 2, 5, 5, 5):
        await bench.time.pass_s(wait_s - 0.01)
        assert not bench.path.state.is_working
        await bench.time.pass_s(0.01)
    assert bench.path.state == SoundState(True)
    assert [state.is_working for state in bench.states] == [False, True]
    await bench.path.close()


async def test_a_device_that_fails_is_opened_again(bench: Bench) -> None:
    bench.path.begin_conversation()
    async with bench.path.listen() as blocks:
        bench.device.failed(AudioError("unplugged"))
        bench.device.failed(AudioError("unplugged, said twice"))
        with pytest.raises(NoMicrophone):
            await asyncio.wait_for(anext(blocks), 30)
    assert bench.path.state == SoundState(False, "device_failed", "unplugged")
    assert not bench.device.is_open
    with pytest.raises(NoMicrophone):
        async with bench.path.listen():
            pass
    await bench.time.pass_s(0.5)
    assert bench.path.state == SoundState(True)
    assert bench.device.times_opened == 2
    async with bench.path.listen() as blocks:
        bench.device.push(tone(440, 0.1))
        await take(blocks, 1)


async def test_plays_end_in_time_without_a_device(bench: Bench) -> None:
    play = await begin_play(bench.path, constant(100, 10))
    bench.device.fails_to_open = [AudioError("gone")] * 100
    bench.device.failed(AudioError("unplugged"))
    await bench.time.pass_s(9 * BLOCK_S)
    assert not play.done()
    await bench.time.pass_s(2 * BLOCK_S)
    assert play.done()
    await play


async def test_a_device_that_breaks_in_an_unknown_way_is_a_fault_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Breaks(HandmadeDevice):
        async def open(self, *_: object) -> None:
            raise ZeroDivisionError

    time = HandmadeTime()
    path = AudioPath(Breaks(), sleep=time.sleep)
    await path.open()
    assert path.state == SoundState(
        False, "device_failed", "handmade broke: ZeroDivisionError"
    )
    assert "ZeroDivisionError" in caplog.text
    await path.close()


async def test_a_broken_callback_does_not_stop_the_recovery(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(_: SoundState) -> None:
        raise ZeroDivisionError

    stop = bench.path.on_state(break_down)
    bench.device.failed(AudioError("unplugged"))
    await bench.time.pass_s(0.6)
    assert bench.path.state.is_working
    assert "ZeroDivisionError" in caplog.text
    stop()


async def test_the_device_rests_between_conversations(bench: Bench) -> None:
    rests: list[bool] = []
    vars(bench.device)["rest"] = rests.append
    bench.path.begin_conversation()
    bench.path.begin_conversation()
    bench.path.end_conversation()
    assert rests == [False, True]
