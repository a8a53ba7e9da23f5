"""Ears of the simulator: no microphone is said at once, and heard with at once."""

import asyncio

import numpy as np

from companion.simulator.browser_ears import BrowserEars
from companion.simulator.browser_sound import BrowserSound
from companion.simulator.tabs import Tab, Tabs
from voice.audio import BLOCK_SAMPLES
from voice.hearing import Deaf, Expectation, Heard, Silence

SILENT = np.zeros(BLOCK_SAMPLES, dtype=np.int16)


class ScriptedEars:
    """Hears what the test says, and notes what it was asked for."""

    def __init__(self, heard: Heard | Silence | Deaf) -> None:
        self.asked: list[Expectation] = []
        self._heard = heard

    async def listen(self, expectation: Expectation) -> Heard | Silence | Deaf:
        self.asked.append(expectation)
        return self._heard

    async def interrupted(self) -> None:
        """At once."""


async def test_only_a_page_that_lends_its_microphone_is_listened_to() -> None:
    tabs, tab = Tabs(), Tab()
    sound = BrowserSound(tabs)
    heard, expectation = Silence(), Expectation(phrases=("ja", "nee"))
    inner = ScriptedEars(heard)
    ears = BrowserEars(inner, sound)
    await sound.open(lambda block: None, lambda: SILENT, lambda error: None)
    tabs.add(tab)
    tabs.take_sound(tab)

    assert await ears.listen(expectation) == Deaf("no_microphone")
    assert inner.asked == []

    tabs.lend_microphone(tab, is_lent=True)
    assert await ears.listen(expectation) is heard
    assert inner.asked == [expectation]

    # Refused, pulled out, or the tab was closed.
    tabs.lend_microphone(tab, is_lent=False)
    assert await ears.listen(expectation) == Deaf("no_microphone")
    assert inner.asked == [expectation]
    await sound.close()


async def test_who_speaks_over_the_device_is_heard_through_the_page() -> None:
    ears = BrowserEars(ScriptedEars(Silence()), BrowserSound(Tabs()))

    await asyncio.wait_for(ears.interrupted(), 30)


async def test_what_the_inner_ears_cannot_hear_is_passed_on() -> None:
    tabs, tab = Tabs(), Tab()
    sound = BrowserSound(tabs)
    await sound.open(lambda block: None, lambda: SILENT, lambda error: None)
    tabs.add(tab)
    tabs.take_sound(tab)
    tabs.lend_microphone(tab, is_lent=True)

    ears = BrowserEars(ScriptedEars(Deaf("microphone_off")), sound)

    assert await ears.listen(Expectation()) == Deaf("microphone_off")
    await sound.close()
