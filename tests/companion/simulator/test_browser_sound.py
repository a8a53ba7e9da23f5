"""The browser's sound keeps time, with a tab or without."""

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.simulator.browser_sound import BrowserSound, Pacer
from companion.simulator.tabs import Tab, Tabs
from voice.audio import BLOCK_S, BLOCK_SAMPLES, AudioError, Samples

SILENT = np.zeros(BLOCK_SAMPLES, dtype=np.int16)


def ignore(_: object) -> None:
    """Take no notice."""


@given(st.lists(st.floats(0.0001, 0.15), max_size=200))
def test_the_pacer_loses_and_doubles_nothing(steps_s: list[float]) -> None:
    pacer, now_s, count = Pacer(100.0), 100.0, 0

    for step_s in steps_s:
        now_s += step_s
        count += pacer.take_due(now_s)

    assert count == pytest.approx((now_s - 100.0) / BLOCK_S, abs=1.001)


def test_after_a_sleep_the_pacer_does_not_catch_up() -> None:
    pacer = Pacer(0.0)

    assert pacer.take_due(3600.0) == 1
    assert pacer.wait_s(3600.0) == pytest.approx(BLOCK_S)


async def test_without_a_tab_time_goes_on() -> None:
    heard: asyncio.Queue[Samples] = asyncio.Queue()
    played = 0

    def next_block() -> Samples:
        nonlocal played
        played += 1
        return SILENT

    sound = BrowserSound(Tabs())
    await sound.open(heard.put_nowait, next_block, ignore)
    async with asyncio.timeout(30):
        blocks = [await heard.get() for _ in range(10)]
    await sound.close()

    assert played >= 10
    assert not any(block.any() for block in blocks)
    assert not sound.has_microphone


async def test_a_lent_microphone_is_heard_and_closing_forgets_it() -> None:
    heard: list[Samples] = []
    tabs, tab = Tabs(), Tab()
    tabs.add(tab)
    sound = BrowserSound(tabs)
    await sound.open(heard.append, lambda: SILENT, ignore)
    tabs.take_sound(tab)
    tabs.lend_microphone(tab, is_lent=True)
    assert sound.has_microphone

    loud = np.full(BLOCK_SAMPLES, 1234, dtype=np.int16)
    tabs.hear(tab, loud)
    await sound.close()
    await sound.close()
    tabs.hear(tab, loud)

    assert sum(block[0] == 1234 for block in heard) == 1
    assert not sound.has_microphone


async def test_it_can_be_opened_again_but_not_twice() -> None:
    sound = BrowserSound(Tabs())
    await sound.open(ignore, lambda: SILENT, ignore)
    with pytest.raises(AudioError, match="close it first"):
        await sound.open(ignore, lambda: SILENT, ignore)
    await sound.close()

    heard: asyncio.Queue[Samples] = asyncio.Queue()
    await sound.open(heard.put_nowait, lambda: SILENT, ignore)
    async with asyncio.timeout(30):
        await heard.get()
    await sound.close()


async def test_a_feeder_that_breaks_is_told_once() -> None:
    failures: asyncio.Queue[AudioError] = asyncio.Queue()

    def next_block() -> Samples:
        raise ZeroDivisionError("no sound left")

    sound = BrowserSound(Tabs())
    await sound.open(ignore, next_block, failures.put_nowait)
    async with asyncio.timeout(30):
        failure = await failures.get()
    await sound.close()

    assert "no sound left" in str(failure)
    assert failures.empty()
