"""Several tabs: all show the device, one lends its sound."""

import asyncio
import json
from typing import Any

import numpy as np
import pytest

from companion.simulator.tabs import WAITING_BLOCKS, Tab, Tabs
from voice.audio import BLOCK_SAMPLES, Samples


class RecordingWire:
    """Keeps what is sent; breaks off after `most` messages."""

    def __init__(self, most: int) -> None:
        self.texts: list[dict[str, Any]] = []
        self.blocks: list[bytes] = []
        self._left = most

    async def send_str(self, data: str) -> None:
        self.texts.append(json.loads(data))
        self._count()

    async def send_bytes(self, data: bytes) -> None:
        self.blocks.append(data)
        self._count()

    def _count(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise ConnectionResetError


async def sent_by(tab: Tab, count: int) -> RecordingWire:
    """What the tab sends, up to `count` messages."""
    wire = RecordingWire(count)
    async with asyncio.timeout(30):
        with pytest.raises(ConnectionResetError):
            await tab.send_all(wire)
    return wire


async def sound_state(tab: Tab) -> str:
    """The state of the sound that the tab is told."""
    state: str = (await sent_by(tab, 1)).texts[0]["state"]
    return state


def block_of(value: int) -> Samples:
    return np.full(BLOCK_SAMPLES, value, dtype=np.int16)


async def test_a_slow_tab_gets_the_newest_of_each_kind() -> None:
    tab = Tab()
    for step in range(1000):
        tab.tell("light", json.dumps({"light": step}))
    tab.tell("view", json.dumps({"view": "last"}))

    wire = await sent_by(tab, 2)

    assert wire.texts == [{"light": 999}, {"view": "last"}]


async def test_a_frozen_tab_keeps_little_sound() -> None:
    tab = Tab()
    for value in range(500):
        tab.play(bytes([value % 256]))

    wire = await sent_by(tab, WAITING_BLOCKS)

    assert wire.blocks == [bytes([value % 256]) for value in range(490, 500)]


async def test_a_flush_forgets_waiting_sound() -> None:
    tab = Tab()
    tab.play(b"old")
    tab.flush()
    tab.play(b"new")

    wire = await sent_by(tab, 2)

    assert wire.texts == [{"type": "flush"}]
    assert wire.blocks == [b"new"]


async def test_a_later_tab_is_shown_what_the_others_show() -> None:
    tabs = Tabs()
    tabs.show("view", json.dumps({"view": 1}))
    tabs.show("view", json.dumps({"view": 2}))
    tab = Tab()
    tabs.add(tab)

    wire = await sent_by(tab, 2)

    assert wire.texts == [{"view": 2}, {"type": "sound", "state": "unused"}]


async def test_the_newest_tab_that_asks_has_the_sound() -> None:
    heard: list[Samples] = []
    tabs, first, second = Tabs(), Tab(), Tab()
    tabs.add(first)
    tabs.add(second)
    tabs.use_sound(heard.append)
    tabs.take_sound(first)
    tabs.take_sound(second)
    tabs.lend_microphone(first, is_lent=True)
    assert not tabs.microphone_is_lent
    tabs.lend_microphone(second, is_lent=True)

    tabs.hear(first, block_of(1))
    tabs.hear(second, block_of(2))
    tabs.play(block_of(3))

    assert tabs.microphone_is_lent
    assert [block[0] for block in heard] == [2]
    assert await sound_state(first) == "elsewhere"
    wire = await sent_by(second, 2)
    assert wire.texts[0]["state"] == "here"
    assert len(wire.blocks) == 1


async def test_when_the_lending_tab_closes_the_sound_is_free() -> None:
    tabs, first, second = Tabs(), Tab(), Tab()
    tabs.add(first)
    tabs.add(second)
    tabs.use_sound(lambda block: None)
    tabs.take_sound(second)
    tabs.lend_microphone(second, is_lent=True)

    tabs.remove(second)
    tabs.play(block_of(1))

    assert not tabs.microphone_is_lent
    assert await sound_state(first) == "free"
    assert tabs.any_open.is_set()
    tabs.remove(first)
    assert not tabs.any_open.is_set()


async def test_no_tab_takes_the_sound_of_a_device_with_a_sound_card() -> None:
    tabs, tab = Tabs(), Tab()
    tabs.add(tab)

    tabs.take_sound(tab)
    tabs.lend_microphone(tab, is_lent=True)

    assert not tabs.microphone_is_lent
    assert await sound_state(tab) == "unused"
