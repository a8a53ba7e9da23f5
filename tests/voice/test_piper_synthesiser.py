"""Piper for real, with the one English voice."""

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.installed import installed_model
from voice.audio import RATE_HZ
from voice.piper_synthesiser import PiperSynthesiser, VoiceFilesMissing
from voice.synthesiser import TARGET_DBFS, SynthesisError, speech_level_dbfs

VOICE = "en_US-joe-medium"
SENTENCE = "Good morning, did you sleep well last night?"


@pytest.fixture
async def piper() -> AsyncIterator[PiperSynthesiser]:
    synthesiser = PiperSynthesiser(installed_model(VOICE))
    await synthesiser.start()
    yield synthesiser
    await synthesiser.close()


@pytest.mark.real
async def test_piper_speaks_faster_when_asked_and_survives_a_crash(
    piper: PiperSynthesiser,
) -> None:
    ordinary = await piper.render(SENTENCE, 150)
    fast = await piper.render(SENTENCE, 180)
    assert 1.5 < ordinary.size / RATE_HZ < 5.0
    assert fast.size < ordinary.size
    assert speech_level_dbfs(ordinary) == pytest.approx(TARGET_DBFS, abs=0.5)
    assert (await piper.render("...", 150)).size == 0
    assert piper.pid is not None
    os.kill(piper.pid, signal.SIGKILL)
    with pytest.raises(SynthesisError, match="died"):
        await piper.render(SENTENCE, 150)
    await piper.start()
    assert (await piper.render(SENTENCE, 150)).size > 0


@pytest.mark.real
async def test_a_broken_voice_file_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "nl_NL-piet"
    folder.mkdir()
    (folder / "voice.onnx").write_bytes(b"no model")
    (folder / "voice.onnx.json").write_text("{}")
    synthesiser = PiperSynthesiser(folder)
    assert synthesiser.voice == "nl_NL-piet"
    with pytest.raises(SynthesisError, match="piper nl_NL-piet"):
        await synthesiser.start()


async def test_a_voice_that_lost_its_files_stops_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "voice.onnx").write_bytes(b"its json is missing")
    synthesiser = PiperSynthesiser(tmp_path)
    with pytest.raises(VoiceFilesMissing, match=tmp_path.name):
        await synthesiser.start()
    with pytest.raises(SynthesisError, match="not running"):
        await synthesiser.render("Dag.", 150)
    assert synthesiser.pid is None
    await synthesiser.close()
