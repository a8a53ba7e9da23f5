"""Saying, pausing, falling silent, and going on when voices break."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from voice.audio import RATE_HZ, AudioError, Samples
from voice.mouth import Mouth, MouthState
from voice.phrase_cache import PhraseCache
from voice.speech import Chime, Speech
from voice.synthesiser import SynthesisError

LONG_S = 1000.0
"""A wait before a restart; it lasts until the test lets it end."""

CHIME = np.full(480, 8000, np.int16)


class FakePlayer:
    """Remembers what was played; plays until told to go on."""

    def __init__(self, events: list[str]) -> None:
        self.events = events
        self.peaks: list[int] = []
        self.is_silent = True
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.starts = asyncio.Event()
        self.is_broken = False

    async def play(self, samples: Samples, gain_db: float = 0.0) -> None:
        if self.is_broken:
            raise AudioError("no loudspeaker")
        assert gain_db == 0.0
        self.peaks.append(int(np.abs(samples.astype(int)).max()))
        self.events.append("play")
        self.is_silent = False
        self.starts.set()
        try:
            await self.goes_on.wait()
        finally:
            self.is_silent = True


class FakeVoice:
    """Makes a sound of each text, and breaks on demand."""

    voice = "v"

    def __init__(self, name: str, events: list[str]) -> None:
        self.name = name
        self.events = events
        self.starts = 0
        self.is_broken = False
        self.fails_on = ""
        self.waits: asyncio.Event | None = None
        self.is_busy = False
        self.rates: list[int] = []

    async def start(self) -> None:
        self.starts += 1
        if self.is_broken:
            raise SynthesisError(f"{self.name} is broken")

    async def render(self, text: str, rate_wpm: int) -> Samples:
        if self.is_broken or text == self.fails_on:
            raise SynthesisError(f"{self.name} is broken")
        if self.waits is not None:
            self.is_busy = True
            await self.waits.wait()
        self.events.append(f"{self.name} {text}")
        self.rates.append(rate_wpm)
        return np.full(RATE_HZ // 10, 3000, np.int16)

    async def close(self) -> None:
        self.is_broken = True


class FakeRecorded:
    """Sentences that somebody recorded, as loud as they like."""

    def __init__(self) -> None:
        self.sounds: dict[str, Samples | None] = {}

    def has(self, sentence: str) -> bool:
        return sentence in self.sounds

    async def sound(self, sentence: str) -> Samples | None:
        return self.sounds.get(sentence)


class Rig:
    """A mouth with everything around it."""

    def __init__(self, tmp_path: Path, voices: int = 1) -> None:
        self.recorded = FakeRecorded()
        self.events: list[str] = []
        self.slept: list[float] = []
        self.restart = asyncio.Event()
        self.player = FakePlayer(self.events)
        names = ["first", "second"][:voices]
        self.voices = [FakeVoice(name, self.events) for name in names]
        self.folder = tmp_path / "phrases"
        self.states: list[MouthState] = []
        self.mouth = self.another()

    def another(self) -> Mouth:
        mouth = Mouth(
            self.player,
            self.voices,
            PhraseCache(self.folder),
            lambda _: CHIME,
            recorded=self.recorded,
            restart_after_s=(LONG_S,),
            sleep=self.sleep,
        )
        mouth.on_fault(self.states.append)
        return mouth

    async def sleep(self, seconds: float) -> None:
        if seconds == LONG_S:
            await self.restart.wait()
            self.restart.clear()
        else:
            self.slept.append(seconds)

    def has_started(self, times: int) -> bool:
        return sum(voice.starts for voice in self.voices) >= times

    def files(self) -> int:
        return len(list(self.folder.iterdir())) if self.folder.exists() else 0


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


@pytest.fixture
def rig_of_two(tmp_path: Path) -> Rig:
    return Rig(tmp_path, voices=2)


async def until(condition: Callable[[], bool]) -> None:
    """Let other tasks run until it is so; the loop's time-out guards it."""
    async with asyncio.timeout(30):
        while True:
            if condition():
                return
            await asyncio.sleep(0)


async def test_the_next_words_are_made_while_the_present_ones_play(rig: Rig) -> None:
    await rig.mouth.start()
    rig.player.goes_on.clear()
    saying = asyncio.create_task(rig.mouth.say(Speech(("Een, twee.", "Drie."))))
    await rig.player.starts.wait()
    await until(lambda: len(rig.events) == 3)
    assert rig.events == ["first Een,", "play", "first twee."]
    rig.player.goes_on.set()
    await saying
    assert rig.events[3:] == ["play", "first Drie.", "play"]
    await rig.mouth.close()


async def test_pauses_lie_between_and_after_a_fact(rig: Rig) -> None:
    await rig.mouth.start()
    await rig.mouth.say(
        Speech(("Nou, het is zo.", "Het is tien uur."), holds_fact=True)
    )
    assert rig.slept == pytest.approx([0.4, 0.8, 1.2], abs=0.05)
    await rig.mouth.close()


async def test_two_speeches_keep_their_distance_too(rig: Rig) -> None:
    await rig.mouth.start()
    await rig.mouth.say(Speech(("Een.",)))
    assert rig.slept == []
    await rig.mouth.say(Speech(("Twee.",)))
    assert rig.slept == pytest.approx([0.8], abs=0.05)
    await rig.mouth.close()


async def test_volume_spans_18_db_and_repeats_are_3_db_louder(rig: Rig) -> None:
    await rig.mouth.start()
    for step in range(-1, 8):
        rig.mouth.set_volume(step)
        assert rig.mouth.volume == min(6, max(0, step))
        await rig.mouth.say(Speech(("Ja.",)))
    levels = 20 * np.log10(np.array(rig.player.peaks) / 3000)
    assert levels == pytest.approx([-18, -18, -15, -12, -9, -6, -3, 0, 0], abs=0.05)
    await rig.mouth.say(Speech(("Ja.",), louder_db=3.0))
    assert 20 * np.log10(rig.player.peaks[-1] / 3000) == pytest.approx(3, abs=0.05)
    await rig.mouth.say(Speech(("Ja.",), louder_db=60.0))
    assert rig.player.peaks[-1] < 30_000
    await rig.mouth.close()


async def test_rate_is_clipped_and_words_are_never_slowed(rig: Rig) -> None:
    await rig.mouth.start()
    for rate in (90, 150, 180, 400):
        rig.mouth.set_rate(rate)
        await rig.mouth.say(Speech((f"Woord {rate}.",)))
    assert rig.mouth.rate_wpm == 180
    assert rig.voices[0].rates == [150, 150, 180, 180]
    await rig.mouth.close()


async def test_cancelling_silences_and_the_next_speech_is_whole(rig: Rig) -> None:
    await rig.mouth.start()
    rig.player.goes_on.clear()
    saying = asyncio.create_task(rig.mouth.say(Speech(("Een.", "Twee."))))
    await rig.player.starts.wait()
    saying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saying
    assert rig.player.is_silent
    rig.player.goes_on.set()
    rig.events.clear()
    await rig.mouth.say(Speech(("Drie.",)))
    assert rig.events == ["first Drie.", "play"]
    await rig.mouth.close()


async def test_cancelling_while_a_voice_is_busy_does_not_wait_for_it(rig: Rig) -> None:
    await rig.mouth.start()
    rig.voices[0].waits = asyncio.Event()
    saying = asyncio.create_task(rig.mouth.say(Speech(("Een.",))))
    await until(lambda: rig.voices[0].is_busy)
    saying.cancel()
    async with asyncio.timeout(30):
        with pytest.raises(asyncio.CancelledError):
            await saying
    await rig.mouth.close()


async def test_fixed_phrases_are_made_once_in_a_life(rig: Rig) -> None:
    await rig.mouth.start()
    speech = Speech(("Goedemorgen.",), is_fixed=True)
    await rig.mouth.say(speech)
    await rig.mouth.close()
    assert rig.files() == 1
    rig.voices[0].is_broken = False
    again = rig.another()
    await again.start()
    rig.events.clear()
    await again.say(speech)
    assert rig.events == ["play"]
    await again.close()


async def test_what_holds_names_never_goes_to_disk(rig: Rig) -> None:
    await rig.mouth.start()
    await rig.mouth.say(Speech(("Dag, mevrouw Jansen.",)))
    rig.mouth.prepare([Speech(("Uw dochter belt.",))])
    await until(lambda: "first Uw dochter belt." in rig.events)
    await rig.mouth.say(Speech(("Uw dochter belt.",)))
    assert rig.files() == 0
    # Made once nevertheless: it was kept in memory.
    assert rig.events.count("first Uw dochter belt.") == 1
    await rig.mouth.close()


async def test_the_latest_preparation_goes_first(rig: Rig) -> None:
    await rig.mouth.start()
    rig.mouth.prepare(Speech((f"Oud {number}.",)) for number in range(600))
    rig.mouth.prepare([Speech(("Nieuw.",)), Speech(("Daarna.",))])
    await until(lambda: len(rig.events) == 500)
    assert rig.events[:3] == ["first Nieuw.", "first Daarna.", "first Oud 0."]
    assert "first Oud 599." not in rig.events
    await rig.mouth.close()


async def test_another_voice_takes_over_and_the_first_comes_back(
    rig_of_two: Rig,
) -> None:
    rig = rig_of_two
    await rig.mouth.start()
    assert rig.mouth.state == MouthState("first", ())
    rig.voices[0].is_broken = True
    await rig.mouth.say(Speech(("Een.",)))
    assert rig.events == ["second Een.", "play"]
    await until(lambda: rig.mouth.state == MouthState("second", ("first",)))
    rig.voices[0].is_broken = False
    rig.restart.set()
    await until(lambda: rig.mouth.state == MouthState("first", ()))
    await rig.mouth.say(Speech(("Twee.",)))
    assert rig.events[2:] == ["first Twee.", "play"]
    assert rig.states[-2:] == [
        MouthState("second", ("first",)),
        MouthState("first", ()),
    ]
    await rig.mouth.close()


async def test_without_any_voice_the_caption_gets_its_time(rig_of_two: Rig) -> None:
    rig = rig_of_two
    for voice in rig.voices:
        voice.is_broken = True
    await rig.mouth.start()
    assert rig.mouth.state == MouthState(None, ("first", "second"))
    # Far into a day of failures nobody waits for a voice any more.
    for number in range(6):
        rig.restart.set()
        await until(partial(rig.has_started, 2 + number + 1))
    await until(lambda: rig.mouth.state.speaking_with is None)
    await rig.mouth.say(Speech(("Een twee drie vier vijf.",)))
    assert rig.slept == pytest.approx([2.0])
    await rig.mouth.close()


async def test_a_sole_voice_that_crashed_says_the_sentence_after_all(rig: Rig) -> None:
    await rig.mouth.start()
    rig.voices[0].fails_on = "Een."
    saying = asyncio.create_task(rig.mouth.say(Speech(("Een.",))))
    await until(lambda: rig.mouth.state.speaking_with is None)
    rig.voices[0].fails_on = ""
    rig.restart.set()
    await saying
    assert rig.events == ["first Een.", "play"]
    await rig.mouth.close()


async def test_without_voices_or_loudspeaker_say_still_returns(tmp_path: Path) -> None:
    mute = Rig(tmp_path, voices=0)
    await mute.mouth.start()
    await mute.mouth.say(Speech(("Een twee drie vier vijf.",)))
    assert mute.slept == pytest.approx([2.0])
    await mute.mouth.close()
    deaf = Rig(tmp_path)
    await deaf.mouth.start()
    deaf.player.is_broken = True
    await deaf.mouth.say(Speech(("Ja.",)))
    await deaf.mouth.chime(Chime.DONE)
    assert deaf.slept == pytest.approx([0.1], abs=0.05)
    await deaf.mouth.close()


async def test_nothing_to_say_and_chimes(rig: Rig) -> None:
    await rig.mouth.start()
    await rig.mouth.say(Speech(()))
    await rig.mouth.say(Speech(("...",)))
    assert rig.events == []
    rig.mouth.set_volume(6)
    await rig.mouth.chime(Chime.ATTENTION)
    assert rig.player.peaks == [8000]
    await rig.mouth.close()
    await rig.mouth.close()


async def test_one_speaks_at_a_time(rig: Rig) -> None:
    await rig.mouth.start()
    said: list[Awaitable[None]] = [
        rig.mouth.say(Speech((f"Een {name}, twee {name}.",))) for name in "ab"
    ]
    await asyncio.gather(*said)
    made = [event for event in rig.events if event != "play"]
    assert [event[-2] for event in made] == ["a", "a", "b", "b"]
    await rig.mouth.close()


async def test_what_somebody_recorded_replaces_the_voice(rig: Rig) -> None:
    rig.recorded.sounds["Goedemorgen, mam."] = np.full(RATE_HZ, 5000, np.int16)
    rig.mouth.set_volume(6)
    await rig.mouth.start()
    await rig.mouth.say(Speech(("Goedemorgen, mam.", "Hoe gaat het, nu?")))
    # In one go, though it has a comma, and with the pause after a sentence.
    assert rig.events == ["play", "first Hoe gaat het,", "play", "first nu?", "play"]
    assert rig.player.peaks == [5000, 3000, 3000]
    assert rig.slept == pytest.approx([0.8, 0.4], abs=0.05)
    # "Wat zegt u?" is louder for a person too.
    await rig.mouth.say(Speech(("Goedemorgen, mam.",), louder_db=3.0))
    assert rig.player.peaks[-1] == pytest.approx(5000 * 10 ** (3 / 20), rel=0.01)
    assert rig.files() == 0
    await rig.mouth.close()


async def test_a_recording_keeps_its_tempo_and_gets_longer_pauses(rig: Rig) -> None:
    sound = np.full(RATE_HZ, 5000, np.int16)
    rig.recorded.sounds["Goedemorgen, mam."] = sound
    rig.mouth.set_rate(120)
    await rig.mouth.start()
    await rig.mouth.say(Speech(("Goedemorgen, mam.", "Dag.")))
    # Two words would have taken 0.2 s longer.
    assert rig.slept == pytest.approx([1.0], abs=0.05)
    await rig.mouth.close()


async def test_a_recording_is_heard_where_no_voice_works(rig: Rig) -> None:
    rig.recorded.sounds["Dag."] = np.full(RATE_HZ, 5000, np.int16)
    rig.voices[0].is_broken = True
    await rig.mouth.start()
    await rig.mouth.say(Speech(("Dag.",)))
    assert rig.events == ["play"]
    assert rig.mouth.state.speaking_with is None
    await rig.mouth.close()


async def test_a_recording_that_is_gone_is_said_by_the_voice(rig: Rig) -> None:
    rig.recorded.sounds["Ja, dag."] = None
    await rig.mouth.start()
    await rig.mouth.say(Speech(("Ja, dag.",)))
    assert rig.events == ["first Ja, dag.", "play"]
    await rig.mouth.close()


async def test_what_is_recorded_is_not_rendered_ahead(rig: Rig) -> None:
    rig.recorded.sounds["Dag."] = np.full(RATE_HZ, 5000, np.int16)
    await rig.mouth.start()
    rig.mouth.prepare([Speech(("Dag.", "Tot straks."))])
    await until(lambda: bool(rig.events))
    assert rig.events == ["first Tot straks."]
    await rig.mouth.close()
