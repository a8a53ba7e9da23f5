"""Voice activity, with a scripted detector and with Silero itself."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from voice.activity import WINDOW_SAMPLES, VoiceActivity
from voice.audio import HEARING_BLOCK_SAMPLES, HEARING_RATE_HZ, Samples
from voice.files import read_wav, resample

LOUD: Samples = np.full(HEARING_BLOCK_SAMPLES, 3_000, np.int16)
FAINT: Samples = np.full(HEARING_BLOCK_SAMPLES, 20, np.int16)


class Script:
    """A detector that says what it was told to, window by window."""

    def __init__(self, *probabilities: float) -> None:
        self.probabilities = list(probabilities)
        self.windows: list[Samples] = []

    def __call__(self, audio: bytes) -> float:
        self.windows.append(np.frombuffer(audio, np.int16))
        return self.probabilities.pop(0)


def test_blocks_become_windows_without_loss() -> None:
    script = Script(*[0.0] * 5)
    activity = VoiceActivity(script)
    sound = np.arange(8 * HEARING_BLOCK_SAMPLES, dtype=np.int16)
    for block in np.split(sound, 8):
        activity(block)
    assert [window.size for window in script.windows] == [WINDOW_SAMPLES] * 5
    assert np.array_equal(np.concatenate(script.windows), sound)


def test_speech_begins_at_05_and_lasts_until_below_035() -> None:
    activity = VoiceActivity(Script(0.49, 0.5, 0.36, 0.34, 0.49))
    # 8 blocks of 320 are 5 windows of 512, complete at blocks 2, 4, 5, 7, 8.
    decisions = [activity(LOUD) for _ in range(8)]
    assert decisions == [False, False, False, True, True, True, False, False]
    assert activity.probability == 0.49


def test_faint_speech_does_not_begin_but_goes_on() -> None:
    activity = VoiceActivity(Script(*[0.9] * 20))
    activity(LOUD)
    assert [activity(FAINT) for _ in range(20)][-1]
    other = VoiceActivity(Script(*[0.9] * 20))
    assert not any([other(FAINT) for _ in range(20)])
    assert other.probability == 0.9


def test_the_gate_can_be_set() -> None:
    activity = VoiceActivity(Script(0.9, 0.9), gate_db=-80.0)
    assert [activity(FAINT) for _ in range(4)][-1]


def _share_of_speech(samples: Samples) -> float:
    activity = VoiceActivity()
    count = samples.size // HEARING_BLOCK_SAMPLES
    blocks = np.split(samples[: count * HEARING_BLOCK_SAMPLES], count)
    return sum(activity(block) for block in blocks) / count


def test_silero_hears_no_speech_in_silence_noise_and_tones() -> None:
    length = 3 * HEARING_RATE_HZ
    noise = np.random.default_rng(1).normal(0, 1_000, length).astype(np.int16)
    hum = 3_000 * np.sin(2 * np.pi * 100 * np.arange(length) / HEARING_RATE_HZ)
    assert _share_of_speech(np.zeros(length, np.int16)) == 0
    assert _share_of_speech(noise) < 0.05
    assert _share_of_speech(hum.astype(np.int16)) < 0.1


@pytest.mark.real
def test_silero_hears_speech(tmp_path: Path) -> None:
    path = tmp_path / "spoken.wav"
    sentence = "Ik heb vannacht goed geslapen, dank u wel."
    subprocess.run(["espeak-ng", "-v", "nl", "-w", str(path), sentence], check=True)
    samples, rate_hz = read_wav(path)
    assert _share_of_speech(resample(samples, rate_hz, HEARING_RATE_HZ)) > 0.7
