"""espeak-ng for real, and engine processes that hang, die and lie."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from tests.voice.espeak_gone import break_espeak
from voice.audio import RATE_HZ
from voice.espeak_synthesiser import EspeakSynthesiser, list_voices
from voice.render_process import RenderProcess
from voice.synthesiser import (
    TARGET_DBFS,
    EngineMissing,
    SynthesisError,
    VoiceMissing,
    speech_level_dbfs,
)

SENTENCE = "Goedemorgen, heeft u vannacht goed geslapen?"


def odd_engine(*arguments: str, timeout_s: float = 20.0) -> RenderProcess:
    return RenderProcess(
        "odd",
        "tests.voice.odd_engine",
        arguments,
        start_timeout_s=0.3 if "hang" in arguments else 20.0,
        render_timeout_s=timeout_s,
    )


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
async def espeak() -> AsyncIterator[EspeakSynthesiser]:
    synthesiser = EspeakSynthesiser()
    await synthesiser.start()
    yield synthesiser
    await synthesiser.close()


@pytest.mark.real
async def test_it_speaks_at_the_level_of_all_voices(espeak: EspeakSynthesiser) -> None:
    sound = await espeak.render(SENTENCE, 150)
    assert sound.dtype == np.int16
    assert 2.0 < sound.size / RATE_HZ < 4.5
    assert speech_level_dbfs(sound) == pytest.approx(TARGET_DBFS, abs=0.5)
    # Trimmed: it starts to sound within 30 ms.
    assert np.abs(sound[: RATE_HZ * 3 // 100]).max() > 50


@pytest.mark.real
async def test_each_change_of_rate_is_heard(espeak: EspeakSynthesiser) -> None:
    rates = [150, 180, 150, 165, 180, 165, 150, 180]
    lengths = {rate: set[float]() for rate in rates}
    for rate in rates:
        lengths[rate].add((await espeak.render(SENTENCE, rate)).size / RATE_HZ)
    assert min(lengths[150]) > max(lengths[165]) > max(lengths[180])
    assert max(lengths[150]) - min(lengths[150]) < 0.1


@pytest.mark.real
@pytest.mark.parametrize("text", ["", "...", "\x00", "☃", " - "])
async def test_nothing_to_pronounce_is_silence(
    espeak: EspeakSynthesiser, text: str
) -> None:
    assert (await espeak.render(text, 150)).size == 0


@pytest.mark.real
async def test_odd_text_does_no_harm(espeak: EspeakSynthesiser) -> None:
    for text in ("a\x00b", "<speak>ja</speak>", "[[ja]]", "\n{ja}\n", "ja " * 300):
        assert (await espeak.render(text, 150)).size > 0


@pytest.mark.real
async def test_callers_share_it_and_each_gets_their_own(
    espeak: EspeakSynthesiser,
) -> None:
    words = ["ja", "vandaag wordt het mooi weer", "het is nu tien over half acht"]
    alone = [await espeak.render(word, 150) for word in words]
    together = await asyncio.gather(*(espeak.render(word, 150) for word in words))
    for one, other in zip(alone, together, strict=True):
        assert abs(one.size - other.size) < RATE_HZ // 20


@pytest.mark.real
async def test_it_is_back_after_it_was_killed(espeak: EspeakSynthesiser) -> None:
    assert espeak.pid is not None
    os.kill(espeak.pid, signal.SIGKILL)
    with pytest.raises(SynthesisError, match="died"):
        await espeak.render(SENTENCE, 150)
    await espeak.start()
    assert (await espeak.render(SENTENCE, 150)).size > 0


@pytest.mark.real
async def test_no_text_touches_a_disk(espeak: EspeakSynthesiser) -> None:
    """Everything the engine has open is a pipe, memory or the null device."""
    await espeak.render(SENTENCE, 150)
    opened = [
        os.readlink(f"/proc/{espeak.pid}/fd/{number}")
        for number in os.listdir(f"/proc/{espeak.pid}/fd")
    ]
    assert any("memfd:speech" in one for one in opened)
    assert all(
        one.startswith(("pipe:", "socket:", "/memfd:", "/dev/null", "anon_inode:"))
        for one in opened
    )


@pytest.mark.real
async def test_a_voice_that_is_missing_is_no_other_voice() -> None:
    synthesiser = EspeakSynthesiser("nosuchlanguage")
    with pytest.raises(VoiceMissing, match="no voice 'nosuchlanguage'"):
        await synthesiser.start()
    assert synthesiser.pid is None
    await synthesiser.close()


@pytest.mark.real
async def test_variants_and_pitch_change_the_voice() -> None:
    sounds = []
    voices = [("nl", 50), ("nl+f2", 50), ("nl", 80)]
    for voice, pitch in voices:
        synthesiser = EspeakSynthesiser(voice, pitch)
        await synthesiser.start()
        sounds.append((synthesiser.voice, await synthesiser.render(SENTENCE, 150)))
        await synthesiser.close()
    assert len({name for name, _ in sounds}) == 3
    middles = [_middle_hz(sound) for _, sound in sounds]
    assert middles[0] < middles[1]
    assert middles[0] < middles[2]


def _middle_hz(sound: np.ndarray[tuple[int], np.dtype[np.int16]]) -> float:
    """Pitch by the first peak of the autocorrelation, 60 to 400 Hz."""
    part = sound[RATE_HZ // 4 : RATE_HZ // 4 + RATE_HZ].astype(float)
    power = np.abs(np.fft.rfft(part, 2 * part.size)) ** 2
    correlation = np.fft.irfft(power)
    lowest, highest = RATE_HZ // 400, RATE_HZ // 60
    return RATE_HZ / (lowest + float(np.argmax(correlation[lowest:highest])))


@pytest.mark.real
async def test_dutch_is_installed() -> None:
    assert "nl" in await list_voices("nl")


def test_a_pitch_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 99"):
        EspeakSynthesiser(pitch=100)


async def test_rendering_before_the_start_is_an_error() -> None:
    with pytest.raises(SynthesisError, match="not running"):
        await EspeakSynthesiser().render("ja", 150)


async def test_an_engine_that_hangs_is_killed() -> None:
    engine = odd_engine(timeout_s=0.3)
    await engine.start()
    pid = engine.pid
    assert pid is not None
    with pytest.raises(SynthesisError, match="longer than"):
        await engine.render("hang", 150)
    assert not is_alive(pid)
    await engine.close()
    await engine.close()


@pytest.mark.parametrize(
    ("text", "message"), [("die", "died"), ("raise", "ValueError"), ("lie", "3 Hz")]
)
async def test_an_engine_that_fails_can_be_started_again(
    text: str, message: str
) -> None:
    engine = odd_engine()
    await engine.start()
    with pytest.raises(SynthesisError, match=message) as told:
        await engine.render(text, 150)
    assert "what was said" not in str(told.value)
    await engine.start()
    assert (await engine.render("abcd", 150)).samples.tobytes() == b"abcdabcd"
    await engine.close()


async def test_what_an_engine_prints_is_not_sound() -> None:
    engine = odd_engine()
    await engine.start()
    assert (await engine.render("print", 150)).samples.tobytes() == b"printprint"
    await engine.close()


@pytest.mark.parametrize(
    ("how", "message"), [("hang", "ready"), ("refuse", "no such voice")]
)
async def test_an_engine_that_does_not_start_says_why(how: str, message: str) -> None:
    engine = odd_engine(how)
    with pytest.raises(SynthesisError, match=message):
        await engine.start()
    assert engine.pid is None


async def test_a_cancelled_sentence_does_not_come_out_as_the_next() -> None:
    engine = odd_engine()
    await engine.start()
    for number in range(20):
        task = asyncio.create_task(engine.render(f"gone{number:02}", 150))
        for _ in range(number % 5):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        text = f"kept{number:02}"
        assert (await engine.render(text, 150)).samples.tobytes() == 2 * text.encode()
    await engine.close()


async def test_a_machine_without_espeak_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_espeak(tmp_path, monkeypatch)
    with pytest.raises(EngineMissing, match="espeak-ng"):
        await EspeakSynthesiser().start()
    with pytest.raises(EngineMissing, match="espeak-ng"):
        await list_voices("nl")


async def test_an_espeak_that_crashes_is_told_from_one_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_espeak(tmp_path, monkeypatch, "crashing")
    with pytest.raises(SynthesisError, match="died") as caught:
        await EspeakSynthesiser().start()
    assert not isinstance(caught.value, EngineMissing)
