"""One turn of a person, over a device driven by hand and scripted engines."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from tests.sound.handmade import HandmadeDevice, HandmadeTime, let_tasks_run, tone
from voice.activity import VoiceActivity
from voice.audio import (
    BLOCK_SAMPLES,
    HEARING_RATE_HZ,
    RATE_HZ,
    AudioError,
    Samples,
)
from voice.ears import Ears
from voice.files import read_wav, resample
from voice.hearing import Deaf, Expectation, Heard, Silence, Standing
from voice.path import AudioPath, NotInConversation
from voice.recogniser import Hypothesis, RecogniserError, Session


class LoudIsSpeech:
    """Voice activity for tests: whatever is loud."""

    probability = 0.0

    def __call__(self, block: Samples) -> bool:
        is_speech = bool(np.abs(block).max() > 1_000)
        self.probability = float(is_speech)
        return is_speech


class ScriptedEngine:
    """A recogniser that hears "ja" in any speech, and breaks when told to."""

    def __init__(self, name: str = "first", is_streaming: bool = True) -> None:
        self.name = name
        self.is_streaming = is_streaming
        self.fails_to_start = 0
        self.breaks_at: str | None = None
        self.hears = "ja"
        self.turns_per_feed = 0
        self.starts = 0
        self.is_started = False
        self.sessions: list[ScriptedSession] = []
        self.may_finish = asyncio.Event()
        self.may_finish.set()

    async def start(self) -> None:
        self.starts += 1
        if self.fails_to_start:
            self.fails_to_start -= 1
            raise RecogniserError(f"{self.name} has no model")
        self.is_started = True

    async def open(self, expectation: Expectation) -> Session:
        self._maybe_break("open")
        assert self.is_started
        session = ScriptedSession(self)
        self.sessions.append(session)
        return session

    async def close(self) -> None:
        self.is_started = False

    def _maybe_break(self, where: str) -> None:
        if self.breaks_at == where:
            self.breaks_at = None
            raise RecogniserError(f"{self.name} broke at {where}")
        if self.breaks_at == f"unknown {where}":
            self.breaks_at = None
            raise ZeroDivisionError


class ScriptedSession:
    def __init__(self, engine: ScriptedEngine) -> None:
        self.engine = engine
        self.pieces: list[Samples] = []
        self.is_closed = False

    @property
    def fed_s(self) -> float:
        return sum(piece.size for piece in self.pieces) / HEARING_RATE_HZ

    async def feed(self, samples: Samples) -> str:
        self.engine._maybe_break("feed")
        for _ in range(self.engine.turns_per_feed):
            await asyncio.sleep(0)
        self.pieces.append(samples)
        return self.engine.hears if self.engine.is_streaming else ""

    async def finish(self) -> Hypothesis:
        self.engine._maybe_break("finish")
        await self.engine.may_finish.wait()
        return Hypothesis(self.engine.hears, 0.9, "ja hoor", 0.05)

    async def close(self) -> None:
        self.is_closed = True


class Room:
    """A person in front of ears with two engines."""

    def __init__(self) -> None:
        self.device = HandmadeDevice()
        self.path = AudioPath(self.device)
        self.first = ScriptedEngine("first")
        self.second = ScriptedEngine("second", is_streaming=False)
        self.time = HandmadeTime()
        self.ears = Ears(
            self.path, LoudIsSpeech, [self.first, self.second], sleep=self.time.sleep
        )
        self.hearing: list[bool] = []
        self.ears.on_hearing(self.hearing.append)

    async def open(self) -> None:
        await self.path.open()
        await self.ears.open()
        await let_tasks_run()
        self.path.begin_conversation()

    async def close(self) -> None:
        await self.ears.close()
        await self.path.close()

    async def begin_listening(
        self, expectation: Expectation
    ) -> "asyncio.Task[Heard | Silence | Deaf]":
        task = asyncio.create_task(self.ears.listen(expectation))
        await let_tasks_run()
        return task

    async def hear(self, samples: Samples) -> None:
        for start in range(0, samples.size, BLOCK_SAMPLES):
            self.device.push(samples[start : start + BLOCK_SAMPLES])
            for _ in range(6):
                await asyncio.sleep(0)

    async def hear_speech(self, length_s: float) -> None:
        await self.hear(tone(440, length_s))

    async def hear_silence(self, length_s: float) -> None:
        await self.hear(np.zeros(round(length_s * RATE_HZ), np.int16))


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    room = Room()
    await room.open()
    yield room
    await room.close()


async def result(
    listening: "asyncio.Task[Heard | Silence | Deaf]",
) -> Heard | Silence | Deaf:
    return await asyncio.wait_for(listening, 30)


async def test_speech_is_heard_with_its_figures(room: Room) -> None:
    listening = await room.begin_listening(Expectation(end_of_turn_s=1.5))
    await room.hear_silence(1.0)
    await room.hear_speech(1.0)
    await room.hear_silence(1.4)
    assert not listening.done()
    await room.hear_silence(0.3)
    heard = await result(listening)
    assert isinstance(heard, Heard)
    assert (heard.text, heard.confidence, heard.open_text) == ("ja", 0.9, "ja hoor")
    assert (heard.engine, heard.cpu_s) == ("first", 0.05)
    assert heard.audio_s == pytest.approx(1.8, abs=0.1)
    assert heard.end_of_turn_s >= 0


async def test_only_speech_reaches_the_engine(room: Room) -> None:
    listening = await room.begin_listening(Expectation(end_of_turn_s=3.0))
    await room.hear_silence(3.0)
    await room.hear_speech(0.5)
    await room.hear_silence(2.0)
    await room.hear_speech(0.5)
    await room.hear_silence(3.3)
    await result(listening)
    [session] = room.first.sessions
    assert session.fed_s == pytest.approx(2 * (0.4 + 0.5 + 0.4), abs=0.15)
    assert session.is_closed


async def test_nobody_speaks(room: Room) -> None:
    listening = await room.begin_listening(Expectation(patience_s=2.0))
    await room.hear_silence(2.2)
    assert await result(listening) == Silence()
    [session] = room.first.sessions
    assert session.pieces == []
    assert session.is_closed


async def test_a_complete_answer_ends_the_turn_early(room: Room) -> None:
    expectation = Expectation(
        end_of_turn_s=6.0, standing=lambda words: Standing.WHOLE, whole_s=0.5
    )
    listening = await room.begin_listening(expectation)
    await room.hear_speech(0.5)
    await room.hear_silence(0.4)
    assert not listening.done()
    await room.hear_silence(0.4)
    assert isinstance(await result(listening), Heard)


async def test_an_engine_that_works_on_silence_does_not_hold_the_turn(
    room: Room,
) -> None:
    # More than two blocks come while it works on one.
    room.first.turns_per_feed = 15
    expectation = Expectation(
        end_of_turn_s=6.0, standing=lambda words: Standing.WHOLE, whole_s=0.2
    )
    listening = await room.begin_listening(expectation)
    await room.hear_speech(0.5)
    await room.hear_silence(0.3)
    heard = await result(listening)
    assert isinstance(heard, Heard)
    assert heard.silence_s < 0.3


async def test_a_loud_television_does_not_hold_the_turn(room: Room) -> None:
    listening = await room.begin_listening(Expectation(longest_s=3.0))
    await room.hear_speech(2.9)
    assert not listening.done()
    await room.hear_speech(0.3)
    heard = await result(listening)
    assert isinstance(heard, Heard)
    assert heard.audio_s == pytest.approx(3.0, abs=0.05)


async def test_the_light_can_show_that_speech_is_heard(room: Room) -> None:
    listening = await room.begin_listening(Expectation(end_of_turn_s=1.0))
    await room.hear_silence(0.5)
    assert room.hearing == []
    await room.hear_speech(0.5)
    assert room.hearing == [True]
    await room.hear_silence(0.5)
    assert room.hearing == [True, False]
    await room.hear_silence(0.8)
    await result(listening)
    assert room.hearing[-1] is False


async def test_outside_a_conversation_nobody_listens(room: Room) -> None:
    room.path.end_conversation()
    with pytest.raises(NotInConversation):
        await room.ears.listen(Expectation())
    assert room.first.sessions == []


async def test_our_own_voice_is_not_taken_for_an_answer(room: Room) -> None:
    listening = await room.begin_listening(Expectation(patience_s=1.0))
    play = asyncio.create_task(room.path.play(tone(440, 0.5)))
    await let_tasks_run()
    for _ in range(25):
        room.device.pull()
        await room.hear_speech(0.02)
    await play
    for _ in range(40):
        room.device.pull()
        await room.hear_silence(0.02)
    assert await result(listening) == Silence()
    assert room.first.sessions[0].pieces == []


async def test_a_microphone_that_is_off(room: Room) -> None:
    listening = await room.begin_listening(Expectation())
    room.path.set_microphone(False)
    assert await result(listening) == Deaf("microphone_off")
    assert await room.ears.listen(Expectation()) == Deaf("microphone_off")


async def test_a_device_that_is_away(room: Room) -> None:
    listening = await room.begin_listening(Expectation())
    room.device.failed(AudioError("pulled out"))
    assert await result(listening) == Deaf("no_microphone")
    assert await room.ears.listen(Expectation()) == Deaf("no_microphone")


async def test_cancelling_closes_the_turn(room: Room) -> None:
    listening = await room.begin_listening(Expectation())
    await room.hear_speech(0.5)
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    assert room.first.sessions[0].is_closed
    fed_s = room.first.sessions[0].fed_s
    await room.hear_speech(0.5)
    assert room.first.sessions[0].fed_s == fed_s


async def test_a_turn_cancelled_while_it_is_recognised_leaves_nothing_behind(
    room: Room,
) -> None:
    room.first.may_finish.clear()
    listening = await room.begin_listening(Expectation(end_of_turn_s=1.0))
    await room.hear_speech(0.5)
    await room.hear_silence(1.2)
    assert not listening.done()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await result(listening)
    assert room.first.sessions[0].is_closed
    room.first.may_finish.set()
    following = await room.begin_listening(Expectation(end_of_turn_s=1.0))
    await room.hear_speech(1.0)
    await room.hear_silence(1.2)
    heard = await result(following)
    assert isinstance(heard, Heard)
    # Its own second, with a pause around it; nothing of the 0.5 s before.
    assert heard.audio_s == pytest.approx(1.5, abs=0.2)
    assert room.ears.ready == ("first", "second")


@pytest.mark.parametrize(
    "where", ["open", "feed", "finish", "unknown feed", "unknown finish"]
)
async def test_an_engine_that_dies_is_replaced_within_the_turn(
    room: Room, where: str
) -> None:
    room.first.breaks_at = where
    listening = await room.begin_listening(Expectation(end_of_turn_s=1.0))
    await room.hear_speech(1.0)
    await room.hear_silence(1.2)
    heard = await result(listening)
    assert isinstance(heard, Heard)
    assert heard.engine == "second"
    [session] = room.second.sessions
    assert session.fed_s == pytest.approx(1.4, abs=0.1)
    assert "first" in room.ears.faults
    await room.time.pass_s(1.0)
    assert room.ears.ready == ("first", "second")
    assert room.first.starts == 2


async def test_when_every_engine_dies_it_says_so(room: Room) -> None:
    room.first.breaks_at = room.second.breaks_at = "finish"
    listening = await room.begin_listening(Expectation(end_of_turn_s=1.0))
    await room.hear_speech(0.5)
    await room.hear_silence(1.2)
    assert await result(listening) == Deaf("no_recogniser")
    assert await room.ears.listen(Expectation()) == Deaf("no_recogniser")


async def test_an_engine_that_dies_before_speech_ends_the_listening(
    room: Room,
) -> None:
    room.first.breaks_at = room.second.breaks_at = "open"
    listening = await room.begin_listening(Expectation())
    await room.hear_silence(0.1)
    assert await result(listening) == Deaf("no_recogniser")


@pytest.fixture
def spoken(tmp_path: Path) -> Samples:
    wav = tmp_path / "spoken.wav"
    sentence = "Ik heb vannacht heel goed geslapen, dank u wel."
    subprocess.run(["espeak-ng", "-v", "nl", "-w", str(wav), sentence], check=True)
    return resample(*read_wav(wav), RATE_HZ)


@pytest.mark.real
async def test_a_spoken_sentence_is_cut_out_of_silence(spoken: Samples) -> None:
    room = Room()
    room.ears = Ears(room.path, VoiceActivity, [room.first])
    await room.open()
    listening = await room.begin_listening(Expectation(end_of_turn_s=1.5))
    await room.hear_silence(1.0)
    await room.hear(spoken)
    await room.hear_silence(2.0)
    heard = await result(listening)
    assert isinstance(heard, Heard)
    # 0.4 s before and after; espeak's file ends in some silence of its own.
    assert heard.audio_s == pytest.approx(spoken.size / RATE_HZ + 0.6, abs=0.4)
    await room.close()


# Starting engines


async def opened(change: Callable[[Room], None]) -> Room:
    room = Room()
    change(room)
    await room.open()
    return room


async def test_the_next_engine_serves_while_the_first_has_no_model(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def change(room: Room) -> None:
        room.first.fails_to_start = 2

    room = await opened(change)
    assert list(room.ears.ready) == ["second"]
    assert room.ears.faults == {"first": "first has no model"}
    await room.time.pass_s(1.0)
    assert room.first.starts == 2
    await room.time.pass_s(5.0)
    assert room.ears.ready == ("first", "second")
    assert room.ears.faults == {}
    # Twice the same is said once: a missing model is tried again for ever.
    errors = [it.getMessage() for it in caplog.records if it.levelname == "ERROR"]
    assert errors == ["recogniser first: first has no model"]
    await room.close()
    assert not room.first.is_started
    assert not room.second.is_started


async def test_no_engine_at_all_is_said_and_not_waited_for() -> None:
    def change(room: Room) -> None:
        room.first.fails_to_start = room.second.fails_to_start = 1

    room = await opened(change)
    assert await room.ears.listen(Expectation()) == Deaf("no_recogniser")
    await room.close()
    await room.close()


async def test_ears_without_engines() -> None:
    path = AudioPath(HandmadeDevice())
    ears = Ears(path, LoudIsSpeech, [])
    await asyncio.wait_for(ears.open(), 30)
    await path.open()
    path.begin_conversation()
    assert await ears.listen(Expectation()) == Deaf("no_recogniser")
    await path.close()
    await ears.close()


# Interruption


class SilentRoom:
    """An echo canceller for a microphone that hears no loudspeaker."""

    leaves_our_voice = False

    def restart(self) -> None:
        pass

    def played(self, block: Samples) -> None:
        pass

    def heard(self, block: Samples) -> Samples:
        return block


class Duplex(Room):
    """Ears that hear who speaks over the device."""

    def __init__(self, is_interruptible: bool = True) -> None:
        super().__init__()
        self.path = AudioPath(self.device, cancel_echo=SilentRoom())
        self.ears = Ears(
            self.path,
            LoudIsSpeech,
            [self.first],
            is_interruptible=is_interruptible,
            sleep=self.time.sleep,
        )

    async def begin_waiting(self) -> "asyncio.Task[None]":
        task = asyncio.create_task(self.ears.interrupted())
        await let_tasks_run()
        return task


async def test_who_speaks_over_the_device_is_noticed_and_heard_whole() -> None:
    duplex = Duplex()
    await duplex.open()
    waiting = await duplex.begin_waiting()
    await duplex.hear_silence(0.5)
    assert not waiting.done()
    await duplex.hear_speech(0.3)
    await asyncio.wait_for(waiting, 30)
    # Until the device is silent and listens the person has spoken on.
    await duplex.hear_speech(0.3)
    listening = await duplex.begin_listening(Expectation())
    await duplex.hear_silence(2)
    heard = await asyncio.wait_for(listening, 30)
    assert isinstance(heard, Heard)
    [session] = duplex.first.sessions
    assert session.fed_s >= 0.6
    assert 0.59 <= loud_s(np.concatenate(session.pieces)) <= 0.65
    await duplex.close()


def loud_s(samples: Samples) -> float:
    loud = np.flatnonzero(np.abs(samples) > 1_000)
    return float(loud[-1] - loud[0]) / HEARING_RATE_HZ


async def test_who_began_as_the_device_ended_is_heard_from_there() -> None:
    duplex = Duplex()
    await duplex.open()
    waiting = await duplex.begin_waiting()
    await duplex.hear_silence(0.5)
    await duplex.hear_speech(0.06)
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await duplex.hear_speech(0.8)
    listening = await duplex.begin_listening(Expectation())
    await duplex.hear_silence(2)
    assert isinstance(await asyncio.wait_for(listening, 30), Heard)
    [session] = duplex.first.sessions
    assert 0.85 <= loud_s(np.concatenate(session.pieces)) <= 0.9
    await duplex.close()


async def test_a_television_that_was_heard_beside_an_answer_does_not_interrupt() -> (
    None
):
    duplex = Duplex()
    await duplex.open()
    television = tone(440, 2.0, level=1_500)
    assert await is_interrupted_by(duplex, television), "nobody knows it yet"
    listening = await duplex.begin_listening(Expectation(end_of_turn_s=1.5))
    await duplex.hear_speech(0.5)
    await duplex.hear(tone(440, 5.0, level=1_500))
    assert isinstance(await result(listening), Heard)

    assert not await is_interrupted_by(duplex, television)
    assert await is_interrupted_by(duplex, tone(440, 0.5))
    # Nobody talks beside this answer: it is off.
    listening = await duplex.begin_listening(Expectation(end_of_turn_s=1.5))
    await duplex.hear_speech(0.5)
    await duplex.hear_silence(2.0)
    assert isinstance(await result(listening), Heard)
    assert await is_interrupted_by(duplex, television)
    await duplex.close()


async def test_who_talks_without_end_and_without_an_answer_is_a_television() -> None:
    duplex = Duplex()
    duplex.first.hears = ""
    await duplex.open()
    listening = await duplex.begin_listening(Expectation(longest_s=3.0))
    television = tone(440, 4.0, level=1_500)
    await duplex.hear(television)
    heard = await result(listening)
    assert isinstance(heard, Heard) and heard.is_endless

    assert not await is_interrupted_by(duplex, television)
    await duplex.close()


async def is_interrupted_by(duplex: Duplex, sound: Samples) -> bool:
    waiting = await duplex.begin_waiting()
    await duplex.hear_silence(0.5)
    await duplex.hear(sound)
    is_interrupted = waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    return is_interrupted


@pytest.mark.parametrize("why", ["half duplex", "not wanted", "microphone", "alone"])
async def test_it_waits_for_ever_where_nobody_can_be_heard(why: str) -> None:
    room = Room() if why == "half duplex" else Duplex(why != "not wanted")
    await room.open()
    if why == "microphone":
        room.path.set_microphone(False)
    if why == "alone":
        room.path.end_conversation()
    waiting = asyncio.create_task(room.ears.interrupted())
    await room.hear_speech(2)
    assert not waiting.done()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await room.close()
