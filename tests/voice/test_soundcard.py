"""The sound card: choosing a device, converting, and a real stream."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np
import pytest

from tests.sound.handmade import let_tasks_run, pitch_hz, tone
from tests.sound.torn import torn_if_it_has_gaps, untorn
from tests.sound.virtual_card import Recording, VirtualCard, record, speak_into
from voice.audio import (
    BLOCK_SAMPLES,
    HEARING_RATE_HZ,
    RATE_HZ,
    AudioError,
    DeviceMissing,
    Samples,
)
from voice.devices import list_devices
from voice.path import AudioPath, SoundState
from voice.portaudio import DeviceInfo, Form, choose, forms
from voice.soundcard import (
    MOST_HEARD_BLOCKS,
    MOST_QUEUED_BLOCKS,
    QUEUED_BLOCKS,
    RESTING_BLOCKS,
    SoundCard,
    _FromCard,
    _Handover,
    _ToCard,
)

USB = DeviceInfo(0, "USB Speakerphone: Audio (hw:1,0)", 1, 2, 48_000, False, False)
HDMI = DeviceInfo(1, "vc4-hdmi-0", 0, 8, 44_100, False, True)
PULSE = DeviceInfo(2, "pulse", 32, 32, 44_100, True, False)
ALL = (USB, HDMI, PULSE)


# Choosing


def test_without_a_name_the_default_is_taken() -> None:
    assert choose(ALL, "", is_input=True) is PULSE
    assert choose(ALL, "", is_input=False) is HDMI


def test_without_a_default_the_first_that_can_is_taken() -> None:
    assert choose((HDMI, USB), "", is_input=True) is USB


def test_a_part_of_the_name_in_any_case_is_enough() -> None:
    assert choose(ALL, "usb speaker", is_input=True) is USB
    assert choose(ALL, "USB", is_input=False) is USB


def test_the_whole_name_goes_before_a_part() -> None:
    front = DeviceInfo(3, "front pulse", 2, 2, 48_000, False, False)
    assert choose((front, PULSE), "pulse", is_input=True) is PULSE


def test_a_wrong_name_says_what_is_there() -> None:
    with pytest.raises(DeviceMissing) as caught:
        choose(ALL, "Jabra", is_input=True)
    assert str(caught.value) == (
        "no microphone named 'Jabra'; found 'USB Speakerphone: Audio (hw:1,0)', 'pulse'"
    )


def test_a_loudspeaker_is_no_microphone() -> None:
    with pytest.raises(DeviceMissing, match="no microphone named 'hdmi'"):
        choose(ALL, "hdmi", is_input=True)
    with pytest.raises(DeviceMissing, match="no microphone is connected"):
        choose((HDMI,), "", is_input=True)


def test_forms_begin_with_ours_and_end_with_the_cards() -> None:
    assert list(forms(USB, is_input=True)) == [Form(48_000, 1), Form(44_100, 1)]
    hdmi = list(forms(HDMI, is_input=False))
    assert hdmi[0] == Form(48_000, 1)
    assert Form(44_100, 2) in hdmi
    assert hdmi[-1] == Form(44_100, 8)
    assert len(set(hdmi)) == len(hdmi)


# Converting


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_there_and_back_keeps_the_sound(rate_hz: int, channels: int) -> None:
    form = Form(rate_hz, channels)
    to_card, from_card = _ToCard(form), _FromCard(form)
    pieces = [
        piece for block in np.split(tone(440, 1.0), 50) for piece in to_card(block)
    ]
    assert {len(piece) for piece in pieces} == {round(rate_hz * 0.02) * channels * 2}
    blocks = [block for piece in pieces for block in from_card(piece)]
    assert {block.shape for block in blocks} == {(BLOCK_SAMPLES,)}
    sound = np.concatenate(blocks)
    assert sound.size >= 0.9 * RATE_HZ
    assert pitch_hz(sound, RATE_HZ) == pytest.approx(440, abs=2)
    assert np.abs(sound).max() == pytest.approx(10_000, rel=0.02)


# The virtual card


class Ends:
    """Both ends of a device."""

    def __init__(self, level: int = 0) -> None:
        self.heard: list[Samples] = []
        self.failures: list[AudioError] = []
        self.given = 0
        self._level = level

    def next_block(self) -> Samples:
        self.given += 1
        return np.full(BLOCK_SAMPLES, self._level, np.int16)


@asynccontextmanager
async def opened(device: SoundCard) -> AsyncIterator[AudioPath]:
    path = AudioPath(device)
    await path.open()
    try:
        assert path.state == SoundState(True)
        path.begin_conversation()
        with torn_if_it_has_gaps(device):
            yield path
    finally:
        await path.close()


async def until(path: AudioPath, is_so: Callable[[SoundState], bool]) -> SoundState:
    """Wait for a state, at most 20 s."""
    news = asyncio.Event()
    stop = path.on_state(lambda _: news.set())
    try:
        async with asyncio.timeout(20):
            while not is_so(path.state):
                news.clear()
                await news.wait()
    finally:
        stop()
    return path.state


async def silent_again(recording: Recording) -> float:
    """Monotonic time at which a sound that is or comes on is over, in seconds."""
    has_sounded, quiet = False, 0
    # A tenth of a second of silence: a busy machine may tear a hole into the sound.
    while quiet < 10:
        is_loud = np.abs(await recording.read(0.01)).max() > 1_000
        has_sounded = has_sounded or is_loud
        quiet = quiet + 1 if has_sounded and not is_loud else 0
    return time.monotonic() - 0.1


@pytest.mark.real
def test_the_card_is_listed(virtual_card: VirtualCard) -> None:
    found = {info.name: info for info in list_devices()}
    assert {"pulse", "default"} <= set(found)
    assert found["default"].is_default_input
    assert found["default"].is_default_output


@pytest.mark.real
@untorn
async def test_what_is_played_is_heard_whole(virtual_card: VirtualCard) -> None:
    sound = np.concatenate([tone(400, 0.5), tone(800, 0.5)])
    async with opened(SoundCard()) as path, record(virtual_card) as recording:
        begun_s = time.monotonic()
        play = asyncio.create_task(path.play(sound))
        heard = await recording.read(3.0)
        await play
        assert 1.0 <= time.monotonic() - begun_s
        loud = np.flatnonzero(np.abs(heard) > 500)
        start, end = int(loud[0]), int(loud[-1])
        assert (end - start) / RATE_HZ == pytest.approx(1.0, abs=0.03)
        assert pitch_hz(
            heard[start + 2_000 : start + 22_000], RATE_HZ
        ) == pytest.approx(400, abs=5)
        assert pitch_hz(heard[end - 22_000 : end - 2_000], RATE_HZ) == pytest.approx(
            800, abs=5
        )


@pytest.mark.real
async def test_play_returns_when_the_sound_was_heard(
    virtual_card: VirtualCard,
) -> None:
    async with opened(SoundCard()) as path, record(virtual_card) as recording:
        reading = asyncio.create_task(silent_again(recording))
        await path.play(tone(440, 2.0))
        returned_s = time.monotonic()
        silent_s = await asyncio.wait_for(reading, 30)
    # The recorder adds some 30 ms, a busy machine more; the sound lasts 2 s.
    assert abs(returned_s - silent_s) < 1.0


@pytest.mark.real
async def test_a_cancelled_sound_is_silent_soon(virtual_card: VirtualCard) -> None:
    async with opened(SoundCard()) as path, record(virtual_card) as recording:
        play = asyncio.create_task(path.play(tone(440, 10.0)))
        while np.abs(await recording.read(0.01)).max() < 5_000:
            pass
        reading = asyncio.create_task(silent_again(recording))
        cancelled_s = time.monotonic()
        play.cancel()
        silent_s = await asyncio.wait_for(reading, 30)
    # Not after its 10 s; how soon exactly is measured by benchmarks/sound_latency.py.
    assert silent_s - cancelled_s < 2.0


@pytest.mark.real
async def test_what_is_spoken_is_heard(virtual_card: VirtualCard) -> None:
    async with opened(SoundCard()) as path, path.listen() as blocks:
        speaking = asyncio.create_task(speak_into(virtual_card, tone(600, 1.0)))
        heard: list[Samples] = []
        quiet = 0
        async with asyncio.timeout(30):
            async for block in blocks:
                if np.abs(block).max() > 1_000:
                    heard.append(block)
                    quiet = 0
                elif heard:
                    # A busy machine's sound server may stutter; 0.5 s is the end.
                    quiet += 1
                    if quiet == 25:
                        break
        await speaking
    sound = np.concatenate(heard)
    assert sound.size / HEARING_RATE_HZ == pytest.approx(1.0, abs=0.1)
    assert pitch_hz(sound) == pytest.approx(600, abs=5)


@pytest.mark.real
async def test_named_devices_are_taken(virtual_card: VirtualCard) -> None:
    device = SoundCard(microphone="PULSE", loudspeaker="defau")
    async with opened(device) as path, record(virtual_card) as recording:
        assert path.device_name == "pulse / default"
        play = asyncio.create_task(path.play(tone(440, 0.5)))
        assert np.abs(await recording.read(0.5)).max() > 5_000
        await play


@pytest.mark.real
async def test_a_wrong_name_is_said_with_what_was_found(
    virtual_card: VirtualCard,
) -> None:
    ends = Ends()
    device = SoundCard(microphone="Jabra")
    with pytest.raises(DeviceMissing, match=r"no microphone named 'Jabra'.*'pulse'"):
        await device.open(ends.heard.append, ends.next_block, ends.failures.append)
    await device.close()
    await device.close()
    assert ends.failures == []


@pytest.mark.real
async def test_a_card_that_vanishes_is_said_and_comes_back(
    virtual_card: VirtualCard,
) -> None:
    async with opened(SoundCard()) as path:
        play = asyncio.create_task(path.play(tone(440, 60.0)))
        virtual_card.kill()
        state = await until(path, lambda state: not state.is_working)
        assert state.reason == "device_failed"
        assert "gave no sign" in state.detail
        virtual_card.start()
        await until(path, lambda state: state.is_working)
        async with record(virtual_card) as recording:
            assert np.abs(await recording.read(0.5)).max() > 5_000
        play.cancel()
        async with path.listen() as blocks:
            speaking = asyncio.create_task(speak_into(virtual_card, tone(600, 0.5)))
            async with asyncio.timeout(30):
                while np.abs(await anext(blocks)).max() < 1_000:
                    pass
            await speaking


@pytest.mark.real
async def test_it_opens_again_and_again_without_leaving_threads(
    virtual_card: VirtualCard,
) -> None:
    device = SoundCard()
    threads = []
    for _ in range(10):
        ends = Ends()
        await device.open(ends.heard.append, ends.next_block, ends.failures.append)
        await device.close()
        await device.close()
        assert ends.failures == []
        threads.append(len(os.listdir("/proc/self/task")))
    # Our own thread may take a moment to leave after its last word.
    assert threads[-1] <= threads[0] + 1


@pytest.mark.real
async def test_an_opening_that_is_cancelled_leaves_no_stream(
    virtual_card: VirtualCard,
) -> None:
    device, ends = SoundCard(), Ends()
    opening = asyncio.create_task(
        device.open(ends.heard.append, ends.next_block, ends.failures.append)
    )
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await device.close()
    assert ends.heard == []
    async with opened(device):
        assert device.name == "default / default"


# The handover between PortAudio's threads and the loop


async def handed_over(ends: Ends, settle_s: float = 0.0) -> _Handover:
    handover = _Handover(
        asyncio.get_running_loop(),
        ends.heard.append,
        ends.next_block,
        ends.failures.append,
    )
    handover.begin_playing(Form(RATE_HZ, 1))
    handover.begin_watching(settle_s)
    return handover


def want(handover: _Handover) -> bytes | None:
    data, _ = handover.on_wanted(None, BLOCK_SAMPLES, None, 0)
    return data


async def test_a_loop_that_is_late_gets_a_gap_and_then_a_longer_queue() -> None:
    handover = await handed_over(Ends())
    for _ in range(QUEUED_BLOCKS):
        assert want(handover) == bytes(2 * BLOCK_SAMPLES)
    assert handover.gaps == 0
    assert want(handover) == bytes(2 * BLOCK_SAMPLES)
    assert handover.gaps == 1
    await let_tasks_run()
    for _ in range(MOST_QUEUED_BLOCKS):
        want(handover)
    assert handover.gaps == 1
    handover.end()


async def test_in_silence_the_loudspeaker_leaves_it_to_the_microphone_to_wake() -> None:
    ends = Ends()
    handover = await handed_over(ends)
    want(handover)
    await let_tasks_run()
    assert ends.given == 0
    handover.on_heard(bytes(2 * BLOCK_SAMPLES), BLOCK_SAMPLES, None, 0)
    await let_tasks_run()
    assert ends.given == 1
    # A microphone that says nothing must not make the queue run dry.
    for _ in range(QUEUED_BLOCKS):
        want(handover)
    await let_tasks_run()
    assert ends.given == 1 + QUEUED_BLOCKS
    assert handover.gaps == 0
    handover.end()


async def test_at_rest_the_loop_sleeps_longer() -> None:
    ends = Ends()
    handover = await handed_over(ends)
    handover.rest(True)
    woken = 0
    for _ in range(100):
        given, heard = ends.given, len(ends.heard)
        handover.on_heard(bytes(2 * BLOCK_SAMPLES), BLOCK_SAMPLES, None, 0)
        want(handover)
        await let_tasks_run()
        woken += (ends.given, len(ends.heard)) != (given, heard)
    assert woken <= 100 / (RESTING_BLOCKS - 1) + 1
    assert handover.gaps == 0
    assert len(ends.heard) >= 95
    handover.end()


async def test_what_was_heard_at_rest_is_not_heard_after_it() -> None:
    ends = Ends()
    handover = await handed_over(ends)
    handover.rest(True)
    handover.on_heard(bytes(2 * BLOCK_SAMPLES), BLOCK_SAMPLES, None, 0)
    handover.rest(False)
    block = np.ones(BLOCK_SAMPLES, np.int16)
    handover.on_heard(block.tobytes(), BLOCK_SAMPLES, None, 0)
    await let_tasks_run()
    assert [int(block[0]) for block in ends.heard] == [1]
    handover.end()


async def test_a_sound_after_a_rest_has_the_usual_queue() -> None:
    ends = Ends(level=1_000)
    handover = await handed_over(ends)
    handover.rest(True)
    want(handover)
    await let_tasks_run()
    assert ends.given == 1
    want(handover)
    await let_tasks_run()
    assert ends.given == 2
    handover.end()


async def test_a_sound_is_brought_as_soon_as_there_is_room() -> None:
    ends = Ends(level=1_000)
    handover = await handed_over(ends)
    for count in range(1, 4):
        want(handover)
        handover.on_heard(bytes(2 * BLOCK_SAMPLES), BLOCK_SAMPLES, None, 0)
        await let_tasks_run()
        assert ends.given == count
    want(handover)
    await let_tasks_run()
    assert ends.given == 4
    handover.end()


async def test_a_card_that_fills_its_buffer_makes_no_gap() -> None:
    handover = await handed_over(Ends(), settle_s=60.0)
    for _ in range(10):
        want(handover)
    assert handover.gaps == 0
    handover.end()


async def test_a_microphone_waits_for_a_busy_loop_but_not_for_ever() -> None:
    ends = Ends()
    handover = await handed_over(ends)
    for number in range(MOST_HEARD_BLOCKS + 7):
        block = np.full(BLOCK_SAMPLES, number, np.int16)
        handover.on_heard(block.tobytes(), BLOCK_SAMPLES, None, 0)
    assert ends.heard == []
    await let_tasks_run()
    assert [int(block[0]) for block in ends.heard] == [*range(7, MOST_HEARD_BLOCKS + 7)]
    handover.end()


async def test_after_its_end_nobody_is_touched() -> None:
    ends = Ends()
    handover = await handed_over(ends)
    handover.on_heard(bytes(2 * BLOCK_SAMPLES), BLOCK_SAMPLES, None, 0)
    handover.end()
    handover.on_heard(bytes(2 * BLOCK_SAMPLES), BLOCK_SAMPLES, None, 0)
    await let_tasks_run()
    assert ends.heard == []
